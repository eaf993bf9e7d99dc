"""Figures and tables in a browser: drawn when seen, spoken in the page's language, downloaded, sorted."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from report_example import spec_of

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
YEAR, REGISTRY = "registre/slag/2025/index.html", "registre/slag/index.html"
HOSPITAL = "000010201"
COMPARE, TREND = '.kv-figure[data-figure="compare"]', '.kv-figure[data-figure="trend"]'


def live(page: Any, selector: str) -> Any:
    """The first figure of a kind, in view and live."""
    figure = page.locator(selector).first
    figure.scroll_into_view_if_needed()
    figure.locator(".kv-live svg").wait_for()
    return figure


def rows_in(page: Any, selector: str) -> list[dict[str, Any]]:
    """The rows that the page's JavaScript gives the chart of the first figure of a kind."""
    rows = "async (name) => (await import('/site_libs/kvalreg/rows.js')).rowsOf(document.querySelector(name))"
    found: list[dict[str, Any]] = page.evaluate(rows, selector)
    return found


def download(page: Any, control: Any, folder: Path) -> Path:
    """What a download control gives, as a file."""
    with page.expect_download() as found:
        control.click()
    path: Path = folder / found.value.suggested_filename
    found.value.save_as(path)
    return path


def test_vega_is_loaded_once_and_only_when_a_figure_is_near(demo_address: str, visit: Any) -> None:
    """Reading the top of a page costs no Vega; reading all of it costs one."""
    page = visit("about:blank", viewport=DESKTOP)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("vega.js") else None)
    page.goto(f"{demo_address}/{YEAR}")
    page.get_by_role("button", name="Velg sykehus").wait_for()
    assert asked == []
    live(page, TREND)
    live(page, COMPARE)
    assert len(asked) == 1


def test_a_live_chart_speaks_norwegian(demo_address: str, visit: Any) -> None:
    """Points have the words of the spec, the chart its alt text; none of Vega's own English is left."""
    page = visit(f"{demo_address}/{YEAR}", viewport=DESKTOP)
    for selector in (TREND, COMPARE):
        figure = live(page, selector)
        figure.locator('[role="graphics-symbol"][aria-label]').first.wait_for()
        assert figure.locator("[aria-roledescription]").count() == 0
        labels = [one.get_attribute("aria-label") for one in figure.locator(".kv-live [aria-label]").all()]
        assert len(labels) > 5
        assert not [label for label in labels if re.search(r"\b(axis|titled|value|values|mark|with|of)\b", label)]
        assert len(figure.locator(".kv-chart").get_attribute("aria-label")) > 40


@pytest.mark.parametrize("kind", ["trend", "compare", "funnel", "change", "levels", "coverage"])
def test_the_page_puts_a_charts_rows_together(demo_address: str, visit: Any, kind: str) -> None:
    """From the file, the table and the spec come the same rows as by another reader of the three."""
    page = visit(f"{demo_address}/{YEAR}", viewport=DESKTOP)
    selector = f'.kv-figure[data-figure="{kind}"]'
    if not page.locator(selector).count():
        page = visit(f"{demo_address}/{REGISTRY}", viewport=DESKTOP)
    html = page.locator(selector).first.evaluate("figure => figure.outerHTML")
    rows = spec_of(html)["data"]["values"]
    assert len(rows) > 3
    assert rows_in(page, selector) == rows


def test_the_csv_holds_what_the_figure_draws(demo_address: str, visit: Any, tmp_path: Path) -> None:
    """Unit for unit, the file and the chart's own rows have the same numbers; hidden units have none in either."""
    page = visit(f"{demo_address}/{YEAR}", viewport=DESKTOP)
    figure = page.locator(COMPARE).first
    path = download(page, figure.get_by_role("link", name=re.compile("CSV")), tmp_path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    drawn = {row["orgnr"]: row["value"] for row in rows_in(page, COMPARE)}
    told = {row["orgnr"]: float(row["value"].replace(",", ".")) for row in rows if row["value"]}
    assert len(drawn) >= 10
    assert told == pytest.approx(drawn)


def test_the_table_holds_what_the_figure_draws(demo_address: str, visit: Any) -> None:
    """Opened, the table of numbers has a row for every unit of the chart, with the text that the chart shows."""
    page = visit(f"{demo_address}/{YEAR}", viewport=DESKTOP)
    figure = page.locator(COMPARE).first
    figure.locator("summary").click()
    for row in rows_in(page, COMPARE):
        line = figure.locator(f'tr[data-unit="{row["orgnr"]}"]')
        assert row["text"] in line.inner_text()


def test_pictures_can_be_downloaded_with_the_chosen_unit(demo_address: str, visit: Any, tmp_path: Path) -> None:
    """PNG and SVG carry the figure's heading and the reader's hospital, and need no style sheet."""
    page = visit(f"{demo_address}/{YEAR}?enhet={HOSPITAL}", viewport=DESKTOP)
    page.locator(".kv-marked").first.wait_for()
    figure = page.locator(TREND).first
    name = page.locator(".kv-chooser-name").inner_text()
    png = download(page, figure.get_by_role("button", name=re.compile("PNG")), tmp_path).read_bytes()
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20]) >= 1000
    svg = download(page, figure.get_by_role("button", name=re.compile("SVG")), tmp_path).read_text("utf-8")
    ElementTree.fromstring(svg)
    assert "var(" not in svg
    assert name in svg
    assert page.locator("h3").first.inner_text() in svg


def test_every_figure_has_an_address(demo_address: str, visit: Any) -> None:
    """The link in the figure leads to the figure."""
    page = visit(f"{demo_address}/{YEAR}", viewport=DESKTOP)
    figure = page.locator(COMPARE).first
    figure.locator("a.kv-address").click()
    page.wait_for_url(f"**#{figure.get_attribute('id')}")
    assert figure.bounding_box()["y"] < DESKTOP["height"]


def test_tables_are_sorted_with_the_keyboard(demo_address: str, visit: Any) -> None:
    """Enter on a heading orders by its numbers, once more turns it around, and hidden ones stay last."""
    page = visit(f"{demo_address}/{YEAR}", viewport=DESKTOP)
    figure = page.locator(COMPARE).first
    figure.locator("summary").click()
    heading = figure.locator("thead th").nth(3)
    for way, order in (("ascending", 1), ("descending", -1)):
        heading.get_by_role("button").press("Enter")
        assert heading.get_attribute("aria-sort") == way
        cells = figure.locator("tbody td:nth-child(4)").all()
        numbers = [cell.get_attribute("data-sort") or cell.inner_text().strip() for cell in cells]
        shown = [float(number) for number in numbers if number]
        assert shown == sorted(shown, reverse=order < 0)
        assert all(not number for number in numbers[len(shown) :])
    figure.locator("thead th").first.get_by_role("button").press("Enter")
    names = [name.inner_text() for name in figure.locator("tbody th").all()]
    assert names[0] != names[-1]
    assert heading.get_attribute("aria-sort") is None
    assert figure.locator("thead th").first.get_attribute("aria-sort") == "ascending"
    letters = [name[0] for name in names if name[0] in "BKNSØÆ"]
    assert letters == sorted(letters, key="BKNSÆØ".index)


def test_the_table_of_indicators_fits_a_phone(demo_address: str, visit: Any) -> None:
    """At 360 pixels every cell stands under its row with its column's name, and nothing scrolls sideways."""
    page = visit(f"{demo_address}/{YEAR}?enhet={HOSPITAL}", viewport=PHONE)
    box = page.locator(".kv-scroll:has(.kv-yours-cell)")
    page.locator(".kv-yours-cell strong").first.wait_for()
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    label = box.locator("td").first.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert label == '"Resultat"'
    for part in ("td >> nth=0", ".kv-yours-cell >> nth=0", ".kv-yours-cell >> nth=1"):
        place = box.locator(part).bounding_box()
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= PHONE["width"]
