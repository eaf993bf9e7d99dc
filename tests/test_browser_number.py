"""Any number can be asked where it comes from: by mouse, keyboard and touch, in each language, and without scripts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from kvalreg.inputs.descriptor_file import read_descriptor
from kvalreg.pipeline import RunResult
from kvalreg.project import Project
from kvalreg.report.translation import get_translator
from test_browser_access import DESKTOP, PHONE, violations

PAGE = "registre/slag/indikator/slag_enhet/index.html"
YEAR = "registre/slag/2025/index.html"
UNIT = "000010104"
CELL = f"slag/slag_enhet/caregiver/2025/{UNIT}"
ROW = f'table.kv-stack tr[data-unit="{UNIT}"]'
HIDDEN = re.compile("Vises ikke|Få pasienter|Lav dekningsgrad")


def answer(page: Any, *, waits: bool = True) -> Any:
    """The open answer, once all of it is there."""
    dialog = page.locator("dialog.kv-number[open]")
    dialog.wait_for()
    if waits:
        dialog.locator("a[href$='.json']").first.wait_for()
    return dialog


def cells(demo: tuple[Project, RunResult], registry: str, ind: str) -> list[dict[str, Any]]:
    """An indicator's rows of open data."""
    path = demo[0].site / f"api/v1/data/{registry}/indicators/{ind}.json"
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["data"]
    return found


def test_a_click_on_a_number_tells_all_of_it(demo: tuple[Project, RunResult], demo_address: str, visit: Any) -> None:
    """What it counts, definition, delivery, how it is worked out, row, earlier editions; nothing is fetched before."""
    page = visit(f"{demo_address}/{PAGE}", viewport=DESKTOP)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator(ROW).first.scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    assert not [url for url in asked if "tall.js" in url or "/api/" in url]
    page.locator(f"{ROW} td").first.click()
    told = answer(page).inner_text()
    row = next(
        row for row in cells(demo, "slag", "slag_enhet")
        if (row["orgnr"], row["year"], row["context"]) == (UNIT, 2025, "caregiver")
    )  # fmt: skip
    for part in (
        "Hvor kommer tallet fra?", "Behandlet på slagenhet", "2025, etter behandlingssted", "Dette er resultatet.",
        f"Det gjelder {row['var']} av {row['denominator']} pasienter.", "En slagenhet er en egen del",
        "Tallene ble sist oppdatert 5. november 2026.", "Tallene for året er endelige.", "Wilsons metode",
        "Målet er minst 90 av 100.", "Dette er den første utgaven",
    ):  # fmt: skip
        assert part in told, part
    page.locator("dialog summary").click()
    assert str(row["low"]) in page.locator(".kv-row").inner_text()
    for link in page.locator("dialog .kv-number-body a").all():
        assert page.request.get(link.evaluate("a => a.href")).ok


@pytest.mark.parametrize(("column", "text"), [("Pasienter", "hvor mange pasienter"), ("Endring", "et tidligere år")])
def test_every_number_of_a_row_answers_for_itself(demo_address: str, visit: Any, column: str, text: str) -> None:
    """Patients and change, each with its own sentence."""
    page = visit(f"{demo_address}/{PAGE}", viewport=DESKTOP)
    page.locator(f'{ROW} td[data-label="{column}"]').first.click()
    assert text in answer(page).inner_text()


def test_the_keyboard_alone(demo_address: str, visit: Any) -> None:
    """One stop of the tab key in the table, arrows from row to row, Enter asks, Escape leads back."""
    page = visit(f"{demo_address}/{PAGE}", viewport=DESKTOP)
    page.locator("table.kv-stack button.kv-ask").first.wait_for(state="attached")
    page.locator("section#enheter-caregiver .kv-scroll").first.focus()
    stops = []
    for _ in range(12):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.matches('.kv-ask')"))
    assert stops.count(True) <= 1 + stops[5:].count(True)
    page.keyboard.press("Home")
    page.locator("table.kv-stack").first.locator("button.kv-ask").first.focus()
    page.keyboard.press("ArrowDown")
    focused = "document.activeElement.closest('tr').rowIndex"
    assert page.evaluate(focused) == 2
    page.keyboard.press("Enter")
    assert "Hvor kommer tallet fra?" in answer(page).inner_text()
    page.keyboard.press("Escape")
    page.locator("dialog.kv-number").wait_for(state="hidden")
    assert page.evaluate(focused) == 2
    assert page.locator("table.kv-stack").first.locator('button.kv-ask[tabindex="0"]').count() == 1


def test_a_number_in_a_sentence_is_asked_with_the_space_key(demo_address: str, visit: Any) -> None:
    """The share, and the number of hospitals that reach the target, which has no row of its own."""
    page = visit(f"{demo_address}/{YEAR}", viewport=DESKTOP)
    numbers = page.locator("#messages .kv-message").first.locator("data")
    numbers.first.focus()
    page.keyboard.press("Space")
    assert "Hele landet, 2025" in answer(page).inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    told = answer(page).inner_text()
    assert "Dette er hvor mange enheter som har høy måloppnåelse." in told
    assert "Tallet er regnet ut fra alle radene for 2025." in told
    assert "Tallet har ingen egen rad." in told


def test_touch_on_a_phone(demo_address: str, visit: Any) -> None:
    """A tap asks, the answer fits, and the line under numbers says that it can be done."""
    page = visit(f"{demo_address}/{PAGE}", viewport=PHONE, has_touch=True, is_mobile=True)
    page.locator(ROW).first.scroll_into_view_if_needed()
    button = page.locator(f"{ROW} button.kv-ask").first
    assert button.locator("strong").evaluate("one => getComputedStyle(one).textDecorationStyle") == "dotted"
    page.locator(f"{ROW} td").nth(1).tap()
    answer(page).locator("summary").tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("(box => box.scrollWidth - box.clientWidth)(document.querySelector('dialog[open]'))") <= 0


def test_a_copied_link_asks_again(demo_address: str, visit: Any) -> None:
    """On its own page, and on one that does not have the number; closed, the address is the page's."""
    page = visit(f"{demo_address}/{PAGE}", viewport=DESKTOP, permissions=["clipboard-read", "clipboard-write"])
    page.locator(f'{ROW} td[data-label="Pasienter"]').first.click()
    answer(page).get_by_role("button", name="Kopier lenken").click()
    page.get_by_text("Lenken er kopiert.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    text = answer(page).locator(".kv-number-lead").inner_text()
    page.goto(copied)
    assert answer(page).locator(".kv-number-lead").inner_text() == text
    page.keyboard.press("Escape")
    page.wait_for_url(f"{demo_address}/{PAGE}")
    page.goto(f"{demo_address}/om/index.html?tall={CELL}")
    assert "100 av 100" in answer(page).inner_text()
    page.goto(f"{demo_address}/om/index.html?tall=slag/finnes_ikke/caregiver/2025/1")
    answer(page, waits=False).get_by_text("kunne ikke hentes").wait_for()


def test_a_cell_that_is_not_shown_tells_why_and_no_number(
    demo: tuple[Project, RunResult], demo_address: str, visit: Any
) -> None:
    """Not even of an earlier edition, whatever its file says."""
    row = next(row for row in cells(demo, "muskel", "muskel_hjerte") if row.get("footnote") == "hidden")
    cell = f"muskel/muskel_hjerte/{row['context']}/{row['year']}/{row['orgnr']}"
    page = visit(f"{demo_address}/om/index.html", viewport=DESKTOP)
    serve_change(page, cell, "0.4321,77,,,,hidden")
    page.goto(f"{demo_address}/om/index.html?tall={cell}")
    told = answer(page).inner_text()
    assert told.count("Vises ikke") >= 2
    assert "færre enn 5 pasienter" in told
    assert "Det som sto her, ble endret. Tallet vises ikke nå." in told
    assert not re.search(r"43 av|0,43|77|Det gjelder|Før vi runder", told)
    assert "value" not in page.locator(".kv-row").text_content()


def test_a_hidden_number_in_a_table_can_be_asked(demo_address: str, visit: Any) -> None:
    """The link to its note stays a link of its own."""
    page = visit(f"{demo_address}/registre/muskel/indikator/muskel_gensvar/index.html", viewport=DESKTOP)
    place = page.locator("table.kv-stack td", has_text=HIDDEN).first
    place.scroll_into_view_if_needed()
    place.locator("button.kv-ask").click()
    assert "Vises ikke: færre enn" in answer(page).inner_text()
    page.keyboard.press("Escape")
    place.locator("a").click()
    assert "fotnote" in page.url
    assert page.locator("dialog[open]").count() == 0


def serve_change(page: Any, cell: str, sides: str) -> None:
    """Two editions, in the newer of which a cell changed."""
    registry, ind, context, year, orgnr = cell.split("/")
    names = "registry,ind_id,context,year,level,orgnr,unit,what,value_before,denominator_before,footnote_before,value"
    rows = (
        f'{names},denominator,footnote\n{registry},{ind},{context},{year},hospital,{orgnr},"Nes, ny",changed,{sides}\n'
    )
    since = {
        "since": "2026-06",
        "changed": [],
        "editions": [{"name": "2026-06", "since": "2026-05", "changed": [registry]}],
    }
    page.route("**/endringer/utgaver.json", lambda route: route.fulfill(json=since))
    page.route(f"**/utgaver/2026-06/endringer/{registry}.csv", lambda route: route.fulfill(body=rows))


def test_earlier_editions_tell_what_the_number_was(demo_address: str, visit: Any) -> None:
    """Both numbers as pages write them, and the months of both editions."""
    page = visit(f"{demo_address}/om/index.html", viewport=DESKTOP)
    serve_change(page, CELL, "0.9412,85,,1,85,")
    page.goto(f"{demo_address}/om/index.html?tall={CELL}")
    assert "Fra mai 2026 til juni 2026: 94 av 100 ble til 100 av 100." in answer(page).inner_text()
    page.goto(f"{demo_address}/om/index.html?tall={CELL.replace('2025', '2024')}")
    assert "Tallet er ikke endret fra én utgave til den neste." in answer(page).inner_text()


@pytest.mark.parametrize(
    ("registry", "ind"),
    [
        ("slag", "slag_enhet"), ("slag", "slag_trombolyse_tid"), ("rygg", "rygg_liggetid"), ("hofte", "hofte_antall"),
        ("hofte", "hofte_protese_5ar"), ("rygg", "rygg_betennelse"), ("slag", "slag_dg"),
        ("diabetes-barn", "barnediabetes_hba1c_lt_7-5"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_on_pages(
    demo: tuple[Project, RunResult], demo_address: str, visit: Any, registry: str, ind: str
) -> None:
    """A link to a number that the page does not have tells it as Python writes it, of every type of indicator."""
    project = demo[0]
    own = json.loads((project.site / f"api/v1/data/{registry}/indicators/{ind}.json").read_text("utf-8"))["ind_id"]
    indicator = read_descriptor(project.descriptor(registry), registry).indicator(own)
    row = [row for row in cells(demo, registry, ind) if "value" in row][-1]
    cell = f"{registry}/{own}/{row['context']}/{row['year']}/{row['orgnr']}"
    page = visit(f"{demo_address}/om/index.html?tall={cell}", viewport=DESKTOP)
    assert answer(page).locator(".kv-number-lead strong").inner_text() == get_translator("nb").format_value(
        indicator, row["value"]
    )


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("en/registre/rygg/2024/index.html", ("Where does this number come from?", "patients", "Copy the link")),
        ("registre/kols/2024/index.html", ("Kvar kjem talet frå?", "pasientar", "Kopier lenkja")),
    ],
)
def test_the_answer_is_in_the_pages_language(
    demo_address: str, visit: Any, address: str, parts: tuple[str, ...]
) -> None:
    """English and nynorsk; the registry's own words say which language they are in."""
    page = visit(f"{demo_address}/{address}", viewport=DESKTOP)
    page.locator("#messages data").first.click()
    told = answer(page).inner_text()
    assert all(part in told for part in parts)
    if address.startswith("en/"):
        assert page.locator("dialog.kv-number [lang=nb]").count()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_an_answer(demo_address: str, visit: Any, viewport: dict[str, int], scheme: str) -> None:
    """With the row of open data unfolded."""
    page = visit(f"{demo_address}/{PAGE}?tall={CELL}", viewport=viewport, color_scheme=scheme, bypass_csp=True)
    answer(page).locator("summary").click()
    assert violations(page) == []


def test_without_scripts_there_is_a_link_to_the_row(demo_address: str, visit: Any) -> None:
    """From the table of an indicator's hospitals to its row on the page of open data, and on to the numbers."""
    page = visit(f"{demo_address}/{PAGE}", viewport=PHONE, java_script_enabled=False)
    page.get_by_role("link", name="Hvor kommer tallene fra?").first.click()
    page.wait_for_url("**/data/slag/index.html#ind-slag_enhet")
    row = page.locator("tr:target")
    assert "Behandlet på slagenhet" in row.inner_text()
    assert page.request.get(row.get_by_role("link", name="JSON").evaluate("a => a.href")).ok


def test_from_a_disk_the_page_tells_what_it_knows(demo: tuple[Project, RunResult], visit: Any) -> None:
    """Nothing can be fetched there: register, indicator, year, unit, and the way to the row."""
    page = visit((demo[0].site.resolve() / PAGE).as_uri(), viewport=DESKTOP)
    page.locator(f'{ROW} td[data-label="Resultat"]').first.click()
    dialog = answer(page, waits=False)
    dialog.get_by_text("kunne ikke hentes").wait_for()
    told = dialog.inner_text()
    for part in ("100 av 100", "Demoregister for hjerneslag", "slag_enhet", "2025", "Tåkefjord", "Finn indikatoren"):
        assert part in told, part


def test_the_readers_own_hospital_can_be_asked(demo_address: str, visit: Any) -> None:
    """The column that scripts fill answers about the unit whose number stands there."""
    page = visit(f"{demo_address}/{YEAR}?enhet={UNIT}", viewport=DESKTOP)
    place = page.locator('td.kv-yours-cell[data-ind="slag_enhet"][data-context="caregiver"]').first
    place.locator("button.kv-ask").click()
    assert "Tåkefjord, 2025" in answer(page).inner_text()


def test_paper_has_no_lines_under_numbers(demo_address: str, visit: Any) -> None:
    """Print shows numbers as they are."""
    page = visit(f"{demo_address}/{YEAR}", viewport=DESKTOP)
    page.emulate_media(media="print")
    assert page.locator("#messages data").first.evaluate("one => getComputedStyle(one).textDecorationLine") == "none"
    assert not page.locator(".kv-source").first.is_visible()
