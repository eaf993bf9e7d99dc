"""Ditt sykehus in a browser: chosen once, followed from page to page, marked in texts, tables and figures, cleared."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kvalreg.pipeline import RunResult
from kvalreg.project import Project

DESKTOP = {"width": 1280, "height": 900}
YEAR = "registre/slag/2025/index.html"
IND, CONTEXT = "slag_enhet", "caregiver"


@pytest.fixture(scope="session")
def units(demo: tuple[Project, RunResult]) -> dict[str, dict[str, str]]:
    """The site's own list of units, by number."""
    listed = json.loads((demo[0].site / "enheter.json").read_text("utf-8"))
    return {unit["orgnr"]: unit for unit in listed}


def blocks(page: Path) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    """What a page knows of every unit, by indicator and context."""
    listed = json.loads(page.with_name("enheter.json").read_text("utf-8"))
    return {(block["ind_id"], block["context"]): block["units"] for block in listed}


@pytest.fixture(scope="session")
def cells(demo: tuple[Project, RunResult]) -> dict[str, dict[str, Any]]:
    """What the page of 2025 knows of every unit for its first indicator."""
    return blocks(demo[0].site / YEAR)[IND, CONTEXT]


@pytest.fixture(scope="session")
def hospital(units: dict[str, dict[str, str]], cells: dict[str, dict[str, Any]]) -> dict[str, str]:
    """A hospital whose number is shown."""
    return next(unit for unit in units.values() if unit["level"] == "hospital" and cells[unit["orgnr"]]["shown"])


def yours(page: Any) -> Any:
    """The sentence about the reader's unit for the first indicator."""
    return page.locator(f'.kv-yours[data-ind="{IND}"][data-context="{CONTEXT}"]')


def figure(page: Any, kind: str) -> Any:
    """The first indicator's figure of a kind, in view and live."""
    found = page.locator(f'.kv-figure[data-figure="{kind}"][data-ind="{IND}"][data-context="{CONTEXT}"]')
    found.scroll_into_view_if_needed()
    found.locator(".kv-live svg").wait_for()
    return found


def test_a_hospital_is_chosen_and_marked_everywhere(
    demo_address: str, visit: Any, hospital: dict[str, str], cells: dict[str, dict[str, Any]]
) -> None:
    """One choice fills the text, two columns of the table of indicators, a row of the units' table, and the figures."""
    page = visit(f"{demo_address}/{YEAR}", viewport=DESKTOP)
    drawn_before = figure(page, "trend").locator(".kv-live svg").inner_html()
    page.get_by_role("button", name="Velg sykehus").click()
    page.get_by_role("searchbox", name="Søk etter sykehus").fill(hospital["name"])
    page.get_by_role("button", name=hospital["name"], exact=True).click()
    own = cells[hospital["orgnr"]]

    yours(page).wait_for()
    assert yours(page).inner_text() == f"Ditt sykehus: {own['text']}"
    column = page.locator(f'td[data-ind="{IND}"][data-context="{CONTEXT}"]')
    assert column.first.locator("strong").inner_text() == own["value"]
    above = cells[hospital["parent"]]
    assert (column.nth(1).locator("strong").inner_text() == above["value"]) if above["shown"] else above
    assert page.locator("th.kv-yours-head").first.inner_text().startswith(f"Ditt sykehus: {hospital['name']}")

    trend = figure(page, "trend")
    trend.get_by_text(f"Uthevet: {hospital['name']}").wait_for()
    page.wait_for_function(
        "([figure, before]) => document.getElementById(figure).querySelector('.kv-live svg')?.innerHTML !== before",
        arg=[trend.get_attribute("id"), drawn_before],
    )
    assert trend.locator(".kv-live svg").get_by_text(hospital["name"]).count() == 1
    assert own["text"] in trend.locator(".kv-chart").get_attribute("aria-label")
    compare = figure(page, "compare")
    compare.locator("summary").click()
    marked = compare.locator("tr.kv-chosen")
    assert marked.get_attribute("data-unit") == hospital["orgnr"]
    assert "Ditt sykehus" in marked.locator("th").inner_text()
    assert own["value"] in marked.inner_text()


@pytest.mark.parametrize(
    ("address", "last"),
    [
        ("registre/slag/2023/index.html", "2023"),
        ("registre/slag/index.html", "2025"),
        (f"registre/slag/indikator/{IND}/index.html", "2025"),
        ("en/registre/rygg/2024/index.html", "2024"),
    ],
)
def test_a_trend_has_the_units_years_up_to_the_pages_own(
    demo_address: str, visit: Any, hospital: dict[str, str], address: str, last: str
) -> None:
    """On a year's page, the registry's, an indicator's and an English one, though all share one file of years."""
    page = visit(f"{demo_address}/{address}?enhet={hospital['orgnr']}", viewport=DESKTOP)
    trend = page.locator('.kv-figure[data-figure="trend"]').first
    trend.locator("td.kv-marked").first.wait_for(state="attached")
    trend.scroll_into_view_if_needed()
    drawn = trend.locator(".kv-live svg")
    unit = trend.locator("th.kv-marked").text_content()
    drawn.get_by_text(unit).wait_for()
    years = re.findall(r"\b20\d\d\b", " ".join(drawn.locator("text").all_text_contents()))
    assert max(years) == last
    told = trend.locator("td.kv-marked").all_text_contents()
    assert set(told) - {"–"}


def test_the_choice_follows_links_and_the_address(demo_address: str, visit: Any, hospital: dict[str, str]) -> None:
    """A link to another page of the site carries the choice; a link within the page, or to a file, is left alone."""
    page = visit(f"{demo_address}/{YEAR}?enhet={hospital['orgnr']}", viewport=DESKTOP)
    page.locator(".kv-chooser > p").get_by_text(hospital["name"]).wait_for()
    assert page.locator('a[href^="#"]').count() > 5
    assert not [link for link in page.locator("a.kv-csv").all() if "enhet=" in (link.get_attribute("href") or "")]
    page.locator(".kv-breadcrumb a").last.click()
    page.wait_for_url(f"**/registre/slag/index.html?enhet={hospital['orgnr']}")
    page.locator(".kv-chooser > p").get_by_text(hospital["name"]).wait_for()
    page.get_by_role("link", name="Forside").click()
    page.wait_for_url(f"**/index.html?enhet={hospital['orgnr']}")


def test_the_address_wins_over_the_device_and_leaves_it_alone(
    demo_address: str, visit: Any, units: dict[str, dict[str, str]]
) -> None:
    """Somebody's link shows their hospital; the reader's own is back when the address says nothing."""
    own, other = [unit for unit in units.values() if unit["level"] == "hospital"][:2]
    page = visit(f"{demo_address}/index.html", viewport=DESKTOP)
    page.get_by_role("button", name="Velg sykehus").click()
    page.get_by_role("button", name=own["name"], exact=True).click()
    page.wait_for_url(f"**/index.html?enhet={own['orgnr']}")
    page.goto(f"{demo_address}/om/index.html?enhet={other['orgnr']}")
    page.locator(".kv-chooser > p").get_by_text(other["name"], exact=True).wait_for()
    page.goto(f"{demo_address}/om/index.html")
    page.locator(".kv-chooser > p").get_by_text(own["name"], exact=True).wait_for()


def test_a_cleared_choice_is_gone(demo_address: str, visit: Any, hospital: dict[str, str]) -> None:
    """Nothing of it is left in the address, on the page or on the device, and focus is where it was made."""
    page = visit(f"{demo_address}/{YEAR}?enhet={hospital['orgnr']}", viewport=DESKTOP)
    page.get_by_role("button", name="Fjern valget").click()
    page.wait_for_url(f"**/{YEAR}")
    yours(page).wait_for(state="hidden")
    assert page.locator("tr.kv-chosen, .kv-marked, .kv-tag").count() == 0
    assert not page.locator(".kv-yours-head").first.is_visible()
    assert page.evaluate("document.activeElement.textContent") == "Velg sykehus"
    assert page.evaluate("localStorage.length") == 0
    assert not [link for link in page.locator("a[href]").all() if "enhet=" in link.get_attribute("href")]


def test_a_choice_that_is_cleared_while_cells_are_on_their_way_stays_cleared(
    demo_address: str, visit: Any, hospital: dict[str, str]
) -> None:
    """What a slow answer says of a unit that is chosen no longer is not shown."""
    page, held = visit(f"{demo_address}/{YEAR}", viewport=DESKTOP), []
    page.route(f"**/{Path(YEAR).parent}/enheter.json", lambda route: held.append(route))
    page.goto(f"{demo_address}/{YEAR}?enhet={hospital['orgnr']}")
    page.get_by_role("button", name="Fjern valget").click()
    page.wait_for_url(f"**/{YEAR}")
    assert held
    with page.expect_response("**/enheter.json"):
        for one in held:
            one.continue_()
    page.wait_for_timeout(300)
    assert not yours(page).is_visible()
    assert page.locator("tr.kv-chosen, .kv-marked, .kv-tag").count() == 0


def test_the_unit_above_stands_in_and_the_text_says_so(
    demo_address: str, visit: Any, units: dict[str, dict[str, str]], cells: dict[str, dict[str, Any]]
) -> None:
    """A hospital without numbers of its own this year is told of by its HF."""
    without = next(u for u in units.values() if u["orgnr"] not in cells and u["parent"] in cells)
    page = visit(f"{demo_address}/{YEAR}?enhet={without['orgnr']}", viewport=DESKTOP)
    yours(page).wait_for()
    said = yours(page).inner_text()
    assert without["name"] in said
    assert units[without["parent"]]["name"] in said
    told = cells[without["parent"]]
    assert said.endswith(told["text"] if told["shown"] else f"{told['text']} {told['note']}")


@pytest.mark.parametrize("word", ["Vises ikke", "Få pasienter", "Lav dekningsgrad"])
def test_a_result_that_is_not_shown_is_told_with_its_reason(
    word: str, demo: tuple[Project, RunResult], demo_address: str, visit: Any, units: dict[str, dict[str, str]]
) -> None:
    """The text and the table say why, the table's reason stands below it, and there is no result."""
    site = demo[0].site
    address, about, orgnr, cell = next(
        (path.relative_to(site).as_posix(), about, orgnr, cell)
        for path in sorted(site.glob("registre/*/20??/index.html"), reverse=True)
        for about, listed in blocks(path).items()
        for orgnr, cell in listed.items()
        if not cell["shown"] and cell["cell"] == word and units[orgnr]["level"] == "hospital"
    )
    page = visit(f"{demo_address}/{address}?enhet={orgnr}", viewport=DESKTOP)
    place = '[data-ind="{}"][data-context="{}"]'.format(*about)
    text = page.locator(f".kv-yours{place}")
    text.wait_for()
    assert text.inner_text().endswith(f"{cell['text']} {cell['note']}")
    assert page.locator(f"td{place}").first.inner_text() == cell["cell"]
    below = page.locator(".kv-scroll:has(.kv-yours-cell) + .kv-yours-notes p")
    told = cell["note"] if cell["note"].startswith(word) else f"{word}. {cell['note']}"
    assert told in below.all_inner_texts()
    assert len(set(below.all_inner_texts())) == below.count()
    page.get_by_role("button", name=re.compile("^Fjern val")).click()
    below.first.wait_for(state="detached")


def test_the_keyboard_alone_is_enough(demo_address: str, visit: Any, hospital: dict[str, str]) -> None:
    """Tab reaches the control, Escape leaves it, arrows walk the list, Enter chooses, and focus comes back."""
    page = visit(f"{demo_address}/{YEAR}", viewport=DESKTOP)
    page.get_by_role("button", name="Velg sykehus").wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Velg sykehus":
            break
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Velg ditt sykehus").wait_for()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
    assert page.evaluate("document.activeElement.textContent") == "Velg sykehus"
    page.keyboard.press("Enter")
    page.keyboard.type(hospital["name"])
    page.get_by_text(re.compile("treff")).wait_for()
    for _ in range(10):
        page.keyboard.press("ArrowDown")
        if page.evaluate("document.activeElement.value") == hospital["orgnr"]:
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"**?enhet={hospital['orgnr']}")
    assert page.evaluate("document.activeElement.textContent") == "Velg et annet"


def test_an_unknown_unit_in_the_address_is_nobodys(demo_address: str, visit: Any) -> None:
    """A number that is not in the list chooses nothing and breaks nothing."""
    page = visit(f"{demo_address}/{YEAR}?enhet=<b>1</b>", viewport=DESKTOP)
    page.get_by_role("button", name="Velg sykehus").wait_for()
    assert page.locator("html[data-unit]").count() == 0


def test_a_browser_that_keeps_nothing_still_follows(demo_address: str, visit: Any, hospital: dict[str, str]) -> None:
    """Where the device may not remember, the address alone carries the choice."""
    page = visit("about:blank", viewport=DESKTOP)
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })")
    page.goto(f"{demo_address}/{YEAR}?enhet={hospital['orgnr']}")
    page.locator(".kv-breadcrumb a").last.click()
    page.wait_for_url(f"**/registre/slag/index.html?enhet={hospital['orgnr']}")
    page.get_by_role("button", name="Fjern valget").click()
    page.wait_for_url("**/registre/slag/index.html")


def test_the_control_speaks_the_pages_language(demo_address: str, visit: Any) -> None:
    """A nynorsk page has a nynorsk control."""
    page = visit(f"{demo_address}/registre/kols/2025/index.html", viewport=DESKTOP)
    page.get_by_role("button", name="Vel sjukehus").click()
    assert page.get_by_role("dialog", name="Vel ditt sjukehus").is_visible()
