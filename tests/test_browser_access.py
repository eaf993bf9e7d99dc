"""Every kind of page for every reader: axe finds nothing, it fits, prints whole, and works without scripts."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
YEAR = "registre/slag/2025/index.html"
PAGES = (
    "index.html",
    "registre/index.html",
    "registre/slag/index.html",
    YEAR,
    "registre/slag/2026-forelopig/index.html",
    "registre/kols/2025/index.html",
    "om/index.html",
    "en/om/tilgjengelighet/index.html",
    "data/kols/index.html",
    "api/index.html",
    "404.html",
)
READERS: dict[str, dict[str, Any]] = {
    "phone": {"viewport": PHONE, "color_scheme": "light"},
    "desktop": {"viewport": DESKTOP, "color_scheme": "dark"},
}
UNIT = "000010201"


def open_whole(page: Any) -> None:
    """Everything folded is opened, and the first figures are live."""
    page.evaluate("document.querySelectorAll('main details').forEach(part => (part.open = true))")
    page.evaluate("document.querySelectorAll('.kv-fold[aria-expanded=false]').forEach(button => button.click())")
    for figure in page.locator(".kv-figure").all()[:3]:
        figure.scroll_into_view_if_needed()
        figure.locator(".kv-live svg").wait_for()


def violations(page: Any, options: dict[str, Any] | None = None) -> list[str]:
    """What axe-core finds, with its own options, as rule, number of places, and the first of them."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("async options => (await axe.run(document, options)).violations", options or {})
    return [f"{one['id']} x {len(one['nodes'])}: {one['nodes'][0]['html'][:200]}" for one in found]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing(demo_address: str, visit: Any, address: str, reader: str) -> None:
    """No violation with a hospital chosen, everything open and figures live; nor in the open dialog."""
    page = visit(f"{demo_address}/{address}?enhet={UNIT}", bypass_csp=True, **READERS[reader])
    page.locator("html[data-unit]").wait_for()
    open_whole(page)
    assert violations(page) == []
    page.locator(".kv-chooser button").first.click()
    page.locator(".kv-unit-list button").first.wait_for()
    assert violations(page) == []


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("address", PAGES)
def test_no_page_scrolls_sideways(demo_address: str, visit: Any, address: str, reader: str) -> None:
    """Neither as it opens, nor with a hospital chosen, everything open and figures live."""
    page = visit(f"{demo_address}/{address}", **READERS[reader])
    width = READERS[reader]["viewport"]["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(f"{demo_address}/{address}?enhet={UNIT}")
    page.locator("html[data-unit]").wait_for()
    open_whole(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_paper_has_the_whole_report(demo_address: str, visit: Any, scripts: bool) -> None:
    """What was folded is open, controls are gone, and no figure is wider than the paper."""
    page = visit(f"{demo_address}/{YEAR}", viewport=DESKTOP, java_script_enabled=scripts)
    table = page.locator("details.kv-data table").first
    assert not table.is_visible()
    page.emulate_media(media="print")
    table.wait_for()
    for part in (".kv-downloads", ".kv-button", "#TOC", "#quarto-search", "footer"):
        assert not any(found.is_visible() for found in page.locator(part).all()), part
    assert page.locator(".kv-chart svg").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="screen")
    if scripts:
        table.wait_for(state="hidden")


def test_without_scripts_everything_but_choosing_and_sorting_works(demo_address: str, visit: Any) -> None:
    """Messages, drawings, tables, CSV and addresses are there, and no control that does nothing."""
    page = visit(f"{demo_address}/{YEAR}", viewport=PHONE, java_script_enabled=False)
    assert page.locator(".kv-message").count() >= 2
    assert page.locator(".kv-chart svg").first.is_visible()
    page.locator("details.kv-data summary").first.click()
    assert page.locator("details.kv-data table").first.is_visible()
    assert page.locator("a.kv-csv").first.get_attribute("href").startswith("data:text/csv")
    assert page.get_by_role("button").count() == 0
    assert not page.locator(".kv-yours, .kv-yours-cell, .kv-yours-head").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("address", PAGES)
def test_pages_leave_nothing_but_the_choice_on_the_device(demo_address: str, visit: Any, address: str) -> None:
    """No cookie, and no storage before the reader has chosen."""
    page = visit(f"{demo_address}/{address}", viewport=DESKTOP)
    page.get_by_role("button").first.wait_for()
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
