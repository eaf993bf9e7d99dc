"""The demo's site as its readers meet it: every page there, synthetic, within the site, and readable on a phone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kvalreg.disclosure.published import load_published
from kvalreg.pipeline import RunResult
from kvalreg.project import Project

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Demo = tuple[Project, RunResult]
SYNTHETIC = {"nb": "Syntetiske data", "nn": "Syntetiske data", "en": "Synthetic data"}


def language(html: str) -> str:
    """The language that a page says it is written in."""
    found = re.search(r'<html[^>]* lang="(\w+)"', html)
    assert found is not None
    return found[1]


def pages(project: Project) -> dict[str, str]:
    """Every page of the site, by address."""
    return {path.relative_to(project.site).as_posix(): path.read_text("utf-8") for path in project.site.rglob("*.html")}


def test_every_page_of_the_demo_was_made(demo: Demo) -> None:
    """All jobs succeeded: each registry has its page and one per year, with 2026 to date as a page of its own."""
    project, account = demo
    assert [entry.name for entry in account.task_results if not entry.ok] == []
    found = pages(project)
    for registry in (path.parent.name for path in project.descriptors()):
        assert f"registre/{registry}/index.html" in found
        years = [name for name in found if re.fullmatch(rf"registre/{registry}/\d{{4}}(-forelopig)?/index.html", name)]
        assert len(years) >= 5
    assert "registre/slag/2026-forelopig/index.html" in found
    assert "Foreløpige tall" in found["registre/slag/2026-forelopig/index.html"]


def test_every_page_says_that_it_is_synthetic_in_its_own_language(demo: Demo) -> None:
    """Nobody can take a page of the demo for a real result."""
    for address, html in pages(demo[0]).items():
        assert SYNTHETIC[language(html)] in html, address


def test_the_nynorsk_registry_is_nynorsk_throughout(demo: Demo) -> None:
    """Its pages say so to screen readers, and hold none of the catalogue's bokmål."""
    for address, html in pages(demo[0]).items():
        if address.startswith("registre/kols/"):
            assert language(html) == "nn"
            for bokmaal in ("måloppnåelse", "Viktigste resultater", "pasienter i", "Vis tallene"):
                assert bokmaal not in html, (address, bokmaal)


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize(
    "address",
    [
        "index.html",
        "registre/index.html",
        "registre/slag/index.html",
        "registre/slag/2026-forelopig/index.html",
        "registre/kols/2025/index.html",
        "registre/muskel/2025/index.html",
        "registre/rygg/2025/index.html",
        "om/index.html",
    ],
)
def test_pages_fit_the_screen_and_show_from_the_disk(demo: Demo, browser: Browser, address: str, width: int) -> None:
    """Opened from disk: no sideways scrolling, no request to another host, no error, and drawings of the figures."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((demo[0].site / address).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    figures = page.locator("figure.kv-figure .kv-chart svg")
    if "/20" in address and "rygg" not in address:
        assert figures.count() >= 2
        assert figures.first.is_visible()
    assert errors == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    page.close()


def test_pages_show_their_results_without_javascript(demo: Demo, browser: Browser) -> None:
    """Messages, tables and drawn figures are there when no script runs."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((demo[0].site / "registre/slag/2025/index.html").as_uri())
    assert page.locator(".kv-message").count() >= 2
    assert page.locator("table.kv-table").first.is_visible()
    assert page.locator("figure.kv-figure .kv-chart svg").first.is_visible()
    context.close()


def test_every_number_of_a_message_comes_from_its_cell(demo: Demo) -> None:
    """The headline of each national message is recomputed here from numerator and denominator."""
    published = load_published("slag", demo[0].published)
    html = (demo[0].site / "registre/slag/2025/index.html").read_text("utf-8")
    text = re.sub(r"<[^>]+>", "", html)
    checked = 0
    for indicator in published.registry.indicators:
        cells = published.cells
        cell = cells[
            (cells["ind_id"] == indicator.id)
            & (cells["level"] == "nation")
            & (cells["year"] == 2025)
            & (cells["context"] == "caregiver")
        ]
        if indicator.type.is_summed and indicator.include and len(cell) and cell["shown"].iloc[0]:
            share = cell["var"].iloc[0] / cell["denominator"].iloc[0]
            said = re.search(rf"{re.escape(indicator.title)}: (\d+) av (100|1000) pasienter i 2025", text)
            assert said, indicator.id
            assert abs(int(said[1]) / int(said[2]) - share) <= 0.5 / int(said[2]) + 1e-9
            checked += 1
    assert checked >= 4


def test_the_staged_project_is_a_quarto_website(demo: Demo) -> None:
    """A person who knows Quarto finds _quarto.yml, the extension and plain .qmd pages; nothing of the source tree."""
    staged: Path = demo[0].staging
    assert (staged / "_quarto.yml").is_file()
    assert (staged / "_extensions" / "kvalreg" / "_extension.yml").is_file()
    assert (staged / "registre" / "slag" / "2025" / "index.qmd").is_file()
    assert not list(staged.rglob("*.ipynb"))
