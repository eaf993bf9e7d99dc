"""The example site by each renderer in a browser: phone and desktop, dark, without JavaScript, on paper, from disk."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kvalreg.site import pandoc, quarto
from kvalreg.site.search_index import SEARCH_INDEX
from kvalreg.site.staging import stage
from site_example import ADDRESSES, PAGES, RESOURCES, example_project

YEAR = "registre/slag/2023/index.html"
PHONE, DESKTOP = {"width": 320, "height": 640}, {"width": 1280, "height": 800}
pytestmark = pytest.mark.xdist_group("quarto")


@pytest.fixture(scope="module", params=["pandoc", "quarto"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Path], str]) -> str:
    """The example by each renderer, on a server."""
    renderer, reason = {"pandoc": pandoc, "quarto": quarto}[request.param].find()
    if renderer is None:
        pytest.skip(f"needs {request.param}, and {reason}")
    root = tmp_path_factory.mktemp(request.param)
    staged = stage(example_project(root), PAGES, RESOURCES)
    renderer.render(staged, root / "_site")
    return serve(root / "_site")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("address", sorted(ADDRESSES))
def test_no_page_scrolls_sideways(site: str, visit: Any, address: str, size: dict[str, int]) -> None:
    """Wide tables scroll inside their own box; the page never does."""
    page = visit(f"{site}/{address}", viewport=size)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_figure_is_drawn_when_it_comes_into_view(site: str, visit: Any, size: dict[str, int]) -> None:
    """The static drawing stands until then; the live one takes its place and its width, and nothing is evaluated."""
    page = visit(f"{site}/{YEAR}", viewport=size)
    assert page.locator(".kv-chart > svg").count() == 1
    page.locator(".kv-figure").scroll_into_view_if_needed()
    page.wait_for_selector(".kv-live svg")
    page.wait_for_selector(".kv-chart > svg", state="detached")
    width = page.evaluate("document.querySelector('.kv-live svg').getBoundingClientRect().width")
    assert width == pytest.approx(page.evaluate("document.querySelector('.kv-chart').clientWidth"), abs=2)
    assert page.locator(".kv-live svg .mark-rect path").count() == 2


def test_a_page_from_disk_shows_what_it_holds(visit: Any, tmp_path: Path) -> None:
    """A browser loads no modules from a disk: drawing, table and file are there, and no dead control."""
    renderer, _ = pandoc.find()
    assert renderer is not None
    renderer.render(stage(example_project(tmp_path), PAGES, RESOURCES), tmp_path / "_site")
    page = visit(f"{(tmp_path / '_site').as_uri()}/{YEAR}", viewport=DESKTOP)
    assert page.locator(".kv-chart > svg").is_visible()
    page.locator("details.kv-data summary").click()
    assert page.get_by_role("cell", name="87 %").is_visible()
    assert page.get_by_role("link", name="Last ned CSV").is_visible()
    assert page.get_by_role("button").count() == 0


def test_a_choice_follows_the_reader(site: str, visit: Any) -> None:
    """Chosen once, the hospital is in the address, on the next page, on the device, and gone when it is cleared."""
    page = visit(f"{site}/{YEAR}", viewport=DESKTOP)
    page.get_by_role("button", name="Velg sykehus").click()
    page.get_by_role("searchbox", name="Søk etter sykehus").fill("vik s")
    page.keyboard.press("Enter")
    chooser = page.locator(".kv-chooser > p")
    chooser.get_by_text("Vik sykehus").wait_for()
    assert page.url.endswith("?enhet=111")
    assert page.locator("tr.kv-chosen").inner_text().startswith("Vik\nDitt sykehus")
    page.locator("main").get_by_role("link", name="nyre").click()
    page.wait_for_url(re.compile(r"/nyre/(index\.html)?\?enhet=111$"))
    page.locator(".kv-chooser > p").get_by_text("Ditt sjukehus").wait_for()
    page.goto(f"{site}/index.html")
    page.wait_for_url("**/index.html?enhet=111")
    page.get_by_role("button", name="Fjern valget").click()
    page.wait_for_url("**/index.html")
    page.reload()
    assert page.locator("html[data-unit]").count() == 0


def test_everything_shows_without_javascript(site: str, visit: Any) -> None:
    """Drawing, numbers and navigation are there for a reader whose browser runs no scripts."""
    page = visit(f"{site}/{YEAR}", viewport=PHONE, java_script_enabled=False)
    assert page.locator(".kv-chart > svg").is_visible()
    assert page.get_by_role("link", name="Registre").first.is_visible()
    page.locator("details.kv-data summary").click()
    assert page.get_by_role("cell", name="87 %").is_visible()


def test_a_figure_that_cannot_be_drawn_keeps_its_drawing(site: str, visit: Any) -> None:
    """When Vega cannot be loaded, the static drawing is shown again."""
    page = visit("about:blank", viewport=DESKTOP)
    page.route("**/vega.js", lambda route: route.abort())
    page.goto(f"{site}/{YEAR}")
    page.locator(".kv-figure").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    assert page.locator(".kv-chart > svg").is_visible()
    assert page.locator(".kv-live").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "part",
    ["h1", ".kv-lead", ".kv-level", ".navbar .nav-link", ".kv-breadcrumb a", "#TOC a", "footer a", ".kv-synthetic p"],
)
def test_text_has_contrast_in_both_colour_schemes(site: str, visit: Any, scheme: str, part: str) -> None:
    """WCAG 1.4.3: at least 4.5 to 1 against what lies behind."""
    page = visit(f"{site}/{YEAR}", viewport=DESKTOP, color_scheme=scheme)
    colours = page.evaluate(
        """part => {
            let element = document.querySelector(part);
            const text = getComputedStyle(element).color;
            while (element && /rgba?\\(0, 0, 0, 0\\)/.test(getComputedStyle(element).backgroundColor)) {
                element = element.parentElement;
            }
            return [text, element ? getComputedStyle(element).backgroundColor : "rgb(255, 255, 255)"];
        }""",
        part,
    )
    assert _contrast(*(_rgb(colour) for colour in colours)) >= 4.5


def test_targets_are_large_enough(site: str, visit: Any) -> None:
    """Navigation, search, summaries and downloads are at least 44 pixels high on a phone."""
    page = visit(f"{site}/{YEAR}", viewport=PHONE)
    page.locator("details.kv-data summary").click()
    for part in (".navbar .nav-link", "main summary", ".kv-downloads a", ".navbar-brand"):
        box = page.locator(part).first.bounding_box()
        assert box["height"] >= 44, part


def test_the_skip_link_is_first_and_shows_with_focus(site: str, visit: Any) -> None:
    """The first press of Tab offers the way past the navigation."""
    page = visit(f"{site}/{YEAR}", viewport=DESKTOP)
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.inner_text() == "Hopp til hovedinnhold"
    assert focused.bounding_box()["y"] >= 0
    focused.press("Enter")
    assert page.url.endswith("#quarto-document-content")


def test_print_shows_the_report_alone(site: str, visit: Any) -> None:
    """On paper there is no navigation, search or footer, and the content is whole."""
    page = visit(f"{site}/{YEAR}", viewport=DESKTOP)
    page.emulate_media(media="print")
    for part in (".navbar-nav", "#quarto-search", "#TOC", "footer"):
        assert not page.locator(part).first.is_visible(), part
    assert page.locator("h1").is_visible()
    assert page.locator(".kv-synthetic").is_visible()


def test_search_finds_pages_from_disk(visit: Any, tmp_path: Path) -> None:
    """The embedded renderer's search answers without a server, in the page's language."""
    renderer, _ = pandoc.find()
    assert renderer is not None
    listed = b'window.kvSearch=[["registre/slag/2023/index.html","Andre tall","year","",""]];'
    renderer.render(stage(example_project(tmp_path), PAGES, {**RESOURCES, SEARCH_INDEX: listed}), tmp_path / "_site")
    page = visit(f"{(tmp_path / '_site').as_uri()}/{YEAR}", viewport=DESKTOP)
    page.get_by_role("searchbox", name="Søk").fill("andre tall")
    page.locator(".kv-found").get_by_text("1 treff").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/registre/slag/2023/index.html")
    page.get_by_role("searchbox").fill("finnes ikke")
    page.locator(".kv-found").get_by_text("Ingen treff").wait_for()


def _rgb(colour: str) -> list[float]:
    return [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]


def _contrast(foreground: list[float], background: list[float]) -> float:
    """WCAG 2.1: (lighter + 0.05) / (darker + 0.05) of relative luminances; black on white is 21."""

    def luminance(rgb: list[float]) -> float:
        linear = [(c / 255 / 12.92) if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(foreground), luminance(background)))
    return (light + 0.05) / (dark + 0.05)
