"""Three tasks in three clicks, filters that live in the address, and the search: the ways into the demo's site."""

from __future__ import annotations

import re
from typing import Any

import pytest

from test_browser_access import DESKTOP, PHONE, READERS, violations

UNIT_PAGE = "sykehus/havskjaer-sykehus/index.html"
INDICATOR = "registre/slag/indikator/slag_svelgetest/index.html"
FIELD = "fagomrade/hjerte-og-kar/index.html"
PAGES = ("sykehus/index.html", UNIT_PAGE, "fagomrade/index.html", FIELD, INDICATOR, "en/index.html")


def test_how_did_my_hospital_do_at_this(demo_address: str, visit: Any) -> None:
    """A word of the disease, one press on the indicator, and the hospital's line is there: two clicks."""
    page = visit(f"{demo_address}/index.html?enhet=000010201", viewport=PHONE)
    page.locator("html[data-unit]").wait_for()
    page.get_by_role("searchbox", name="Søk etter sykdom").fill("svelget")
    page.get_by_role("link", name="Fikk svelget undersøkt").click()
    page.wait_for_url("**/slag_svelgetest/**")
    chosen = page.locator("tr.kv-chosen").first
    chosen.wait_for()
    assert chosen.inner_text().startswith("Havskjær")
    assert re.search(r"\d+ av 100", chosen.inner_text())


def test_the_hospitals_own_page_is_three_clicks_away(demo_address: str, visit: Any) -> None:
    """All hospitals, the hospital, the indicator; without typing a letter."""
    page = visit(f"{demo_address}/index.html", viewport=DESKTOP)
    page.get_by_role("link", name="Se alle sykehus").click()
    page.get_by_role("link", name="Havskjær sykehus", exact=True).click()
    page.locator("table.kv-stack").get_by_role("link", name="Fikk svelget undersøkt").click()
    assert page.locator("h1").inner_text() == "Fikk svelget undersøkt"


def test_which_hospitals_improved(demo_address: str, visit: Any) -> None:
    """The field, the indicator, the filter: only hospitals that are better for certain are left, with their number."""
    page = visit(f"{demo_address}/index.html", viewport=DESKTOP)
    page.get_by_role("link", name="Hjerte og kar").first.click()
    page.get_by_role("link", name="Fikk svelget undersøkt").click()
    page.locator("select[name=endring]").select_option(label="Bedre")
    shown = [row.inner_text() for row in page.locator("table.kv-stack tbody tr").all() if row.is_visible()]
    assert shown
    assert all("Bedre enn i" in row for row in shown)
    assert page.get_by_role("status").filter(has_text="Viser").inner_text().startswith(f"Viser {len(shown)} av ")


def test_get_the_data(demo_address: str, visit: Any) -> None:
    """From the front page to all data in one click; from an indicator's page in two."""
    page = visit(f"{demo_address}/index.html", viewport=DESKTOP)
    page.locator(".navbar").get_by_role("link", name="Data").click()
    page.wait_for_url("**/data/**")
    page.goto(f"{demo_address}/{INDICATOR}")
    page.locator("main").get_by_role("link", name="Last ned", exact=True).click()
    page.locator("#last-ned").get_by_role("link").first.click()
    page.wait_for_url("**/data/slag/**")


def test_filters_stand_in_the_address_and_the_back_button_undoes_them(demo_address: str, visit: Any) -> None:
    """Shared, the address shows the same rows; back takes the last choice away."""
    page = visit(f"{demo_address}/registre/index.html", viewport=DESKTOP)
    rows = page.locator("#alle tbody tr:visible")
    every = rows.count()
    page.get_by_label("Fagområde").select_option("Lunger")
    assert page.url.endswith("?fagomrade=Lunger")
    assert rows.count() == 1
    other = visit(page.url, viewport=DESKTOP)
    assert other.locator("#alle tbody tr:visible").count() == 1
    page.get_by_label("År").select_option("2020")
    page.go_back()
    page.wait_for_function("document.querySelector('select[name=ar]').value === ''")
    assert page.get_by_label("Fagområde").input_value() == "Lunger"
    page.get_by_role("button", name="Vis alt").click()
    rows.nth(every - 1).wait_for()
    assert rows.count() == every
    assert "fagomrade" not in page.url


def test_filters_and_the_chosen_hospital_share_the_address(demo_address: str, visit: Any) -> None:
    """Neither drives the other out."""
    page = visit(f"{demo_address}/{FIELD}?enhet=000010201&niva=high", viewport=DESKTOP)
    page.locator("html[data-unit]").wait_for()
    assert "niva=high" in page.url
    page.get_by_label("Nivå").select_option(label="Middels")
    assert "enhet=000010201" in page.url
    page.wait_for_function(
        "(cell) => cell.innerText", arg=page.locator("td.kv-yours-cell:visible").first.element_handle()
    )


def test_a_tree_is_filtered_with_what_lies_above_and_below(demo_address: str, visit: Any) -> None:
    """A hospital keeps its HF in sight; regions without a hit are gone."""
    page = visit(f"{demo_address}/sykehus/index.html", viewport=DESKTOP)
    page.get_by_label("Søk i listen").press_sequentially("teiste")
    shown = [link.inner_text() for link in page.locator(".kv-units-list a:visible").all()]
    assert shown == ["Havskjær sykehus HF", "Teistevåg sykehus"]
    assert page.url.endswith("?sok=teiste")


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("hoftebrudd", "Demoregister for hoftebrudd"),
        ("ærfugl", "Ærfuglsund sjukehus"),
        ("aerfugl", "Ærfuglsund sjukehus"),
        ("slag", "Demoregister for hjerneslag"),
        ("hjernesla", "Demoregister for hjerneslag"),
        ("lunger", "Lunger"),
    ],
)
def test_the_search_finds_what_it_is_asked_for(demo_address: str, visit: Any, typed: str, first: str) -> None:
    """Norwegian letters with and without their own keys, parts of words, and fields."""
    page = visit(f"{demo_address}/index.html", viewport=DESKTOP)
    page.get_by_role("searchbox", name="Søk etter sykdom").fill(typed)
    found = page.locator(".kv-find .kv-found li a")
    found.first.wait_for()
    assert first in [link.evaluate("link => link.firstChild.textContent") for link in found.all()][:3]


def test_the_search_is_used_with_the_keyboard_alone(demo_address: str, visit: Any) -> None:
    """Arrows walk through what was found, Escape closes it, Enter follows."""
    page = visit(f"{demo_address}/index.html", viewport=DESKTOP)
    page.get_by_role("searchbox", name="Søk etter sykdom").fill("kols")
    page.locator(".kv-find .kv-found a").first.wait_for()
    page.keyboard.press("ArrowDown")
    assert page.locator(":focus").inner_text().startswith("Demoregister for kols")
    page.keyboard.press("Escape")
    assert not page.locator(".kv-find .kv-found").is_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/registre/kols/**")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_nothing_and_the_page_fits(demo_address: str, visit: Any, address: str, reader: str) -> None:
    """With a hospital chosen and everything folded open; no scrolling sideways, at 320 pixels either."""
    page = visit(f"{demo_address}/{address}?enhet=000010201", bypass_csp=True, **READERS[reader])
    page.locator("html[data-unit]").wait_for()
    page.evaluate("document.querySelectorAll('main details').forEach(part => (part.open = true))")
    assert violations(page) == []
    for width in (READERS[reader]["viewport"]["width"], 320):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


@pytest.mark.parametrize("address", PAGES)
def test_without_scripts_everything_shows(demo_address: str, visit: Any, address: str) -> None:
    """No filter, no search and no button that does nothing; every row is there."""
    page = visit(f"{demo_address}/{address}", viewport=PHONE, java_script_enabled=False)
    assert page.get_by_role("button").count() == 0
    assert not any(form.is_visible() for form in page.locator("form").all())
    assert all(row.is_visible() for row in page.locator("[data-f]").all()[:50])
