"""Numbers of drawings, and of the sentence about the reader's own hospital, can be asked where they come from."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from kvalreg.pipeline import RunResult
from kvalreg.project import Project
from report_example import spec_of
from test_browser_access import DESKTOP, PHONE, violations
from test_browser_number import UNIT, YEAR, answer

REGISTRY = "registre/kols/index.html"
PAGES = {"trend": YEAR, "compare": YEAR, "funnel": YEAR, "change": YEAR, "coverage": YEAR, "levels": REGISTRY}
"""A page with each kind of figure."""
MARKS = ".kv-live [role=graphics-symbol][aria-label]"
SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": DESKTOP},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True},
}
UNFOLD = """place => {
  for (let at = place; at; at = at.parentElement) {
    if (at.tagName === "DETAILS") at.open = true;
    if (at.matches(".kv-fold-box[hidden]")) at.parentElement.querySelector(".kv-fold").click();
  }
}"""
ASKED_OF_ALL = """([kind, marks]) => {
  const figure = document.querySelector(`.kv-figure[data-figure="${kind}"]`);
  return [...figure.querySelectorAll(marks)].map((mark) => {
    mark.scrollIntoView({ block: "center" });
    const { left, top, width, height } = mark.getBoundingClientRect();
    const [x, y] = [left + width / 2, top + height / 2];
    if (document.elementsFromPoint(x, y).find((one) => one.matches(marks)) !== mark) return null; // one lies over it
    const field = window.kvDrawn(figure, { clientX: x, clientY: y });
    const row = field.closest("tr");
    return { orgnr: row.dataset.unit, of: row.cells[0].textContent, column: field.cellIndex, text: field.textContent };
  });
}"""


def figure_of(page: Any, kind: str) -> Any:
    """The page's first figure of a kind, unfolded and in view."""
    figure = page.locator(f'.kv-figure[data-figure="{kind}"]').first
    unfold(page, figure)
    figure.scroll_into_view_if_needed()
    return figure


def unfold(page: Any, place: Any) -> None:
    """All that a place lies folded in, once the page has folded it."""
    if page.url.startswith("http"):
        page.locator("#kv-chooser, .kv-chooser button").first.wait_for()
    place.evaluate(UNFOLD)


def press(page: Any, mark: Any, screen: str) -> None:
    """A click or a tap in the middle of a mark."""
    mark.evaluate("mark => mark.scrollIntoView({ block: 'center' })")
    box = mark.bounding_box()
    at = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    (page.touchscreen.tap if screen == "phone" else page.mouse.click)(*at)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("kind", PAGES)
def test_a_mark_of_a_live_figure_is_asked(demo_address: str, visit: Any, kind: str, screen: str) -> None:
    """The answer leads with what the mark itself says, and names its unit or its year."""
    page = visit(f"{demo_address}/{PAGES[kind]}", **SCREENS[screen])
    figure = figure_of(page, kind)
    mark = figure.locator(MARKS).nth(2)
    mark.wait_for(state="attached")  # a bar is a line, which has no height
    said = mark.get_attribute("aria-label")
    press(page, mark, screen)
    lead = answer(page).locator(".kv-number-lead")
    number = lead.locator("strong").inner_text()
    assert re.search(rf"(^|[ :,]){re.escape(number)}($|[ ,])", said)
    whose = re.split(r"[:,]", said)[0]
    assert whose in lead.inner_text()
    page.keyboard.press("Escape")
    page.locator("dialog.kv-number").wait_for(state="hidden")


@pytest.mark.parametrize("kind", PAGES)
def test_every_mark_of_a_still_drawing_is_its_own_number(
    demo: tuple[Project, RunResult], visit: Any, kind: str
) -> None:
    """From a disk, where no Vega draws: mark by mark what another reader of the chart's rows says."""
    page = visit((demo[0].site.resolve() / PAGES[kind]).as_uri(), viewport=DESKTOP)
    figure = figure_of(page, kind)
    marks = ".kv-marks :is(circle, path, rect)" if kind != "coverage" else '[data-kv-role="value"] text'
    press(page, figure.locator(marks).first, "desktop")
    assert answer(page, waits=False).locator("strong").inner_text()
    page.keyboard.press("Escape")
    found = page.evaluate(ASKED_OF_ALL, [kind, marks])
    rows = [row for row in spec_of(figure.evaluate("one => one.outerHTML"))["data"]["values"] if row.get("value", 1)]
    assert len(found) == len(rows) > 5
    if kind == "levels":
        place = {"high": 1, "moderate": 2, "low": 3}
        wanted = {(row["year"].rstrip("*"), place[row["at"]], re.sub(r"\D.*", "", row["said"])) for row in rows}
        assert {(one["of"][:4], one["column"], one["text"]) for one in found} == wanted
        return
    name, said = ("of" if kind == "trend" else "orgnr"), ("said" if kind == "change" else "text")
    whose = "year" if kind == "trend" else "orgnr"
    told = [(one[name], one["text"], str(row[whose]), row[said]) for one, row in zip(found, rows, strict=True) if one]
    assert len(told) > len(rows) * 0.7
    assert [(whose_of, text) for whose_of, text, *_ in told] == [(of_row, text) for *_, of_row, text in told]


def test_a_line_of_a_comparison_is_pressed_as_a_whole(demo: tuple[Project, RunResult], visit: Any) -> None:
    """The unit's name in the still drawing asks for its value, and the space above the lines asks nothing."""
    page = visit((demo[0].site.resolve() / YEAR).as_uri(), viewport=DESKTOP)
    figure = figure_of(page, "compare")
    press(page, figure.locator('[data-kv-role="unit"] text', has_text="Steinrøysa"), "desktop")
    assert "Steinrøysa" in answer(page, waits=False).inner_text()
    page.keyboard.press("Escape")
    box = figure.locator("svg").bounding_box()
    page.mouse.click(box["x"] + 5, box["y"] + 3)
    page.wait_for_timeout(200)
    assert page.locator("dialog[open]").count() == 0


def test_a_finger_beside_a_dot_meets_it(demo_address: str, visit: Any) -> None:
    """Ten pixels from the year's dot; far from all dots nothing opens."""
    page = visit(f"{demo_address}/{YEAR}", **SCREENS["phone"])
    figure = figure_of(page, "trend")
    dot = figure.locator(MARKS).first
    dot.evaluate("mark => mark.scrollIntoView({ block: 'center' })")
    box = dot.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.touchscreen.tap(x, y - 60)
    page.wait_for_timeout(200)
    assert page.locator("dialog[open]").count() == 0
    page.touchscreen.tap(x - 7, y - 7)
    assert "Hele landet, 2016" in answer(page).inner_text()


def test_the_chosen_hospitals_own_points_are_asked(demo_address: str, visit: Any) -> None:
    """In the figure over time, by its dot and by its column in the table beside; the tooltip is there as before."""
    page = visit(f"{demo_address}/{YEAR}?enhet={UNIT}", viewport=DESKTOP)
    figure = figure_of(page, "trend")
    dot = figure.locator(f'{MARKS}[aria-label^="Tåkefjord"]').last
    dot.evaluate("mark => mark.scrollIntoView({ block: 'center' })")
    dot.hover()
    page.locator("#vg-tooltip-element.visible").wait_for()
    press(page, dot, "desktop")
    assert "Tåkefjord, 2025" in answer(page).inner_text()
    page.keyboard.press("Escape")
    figure.locator("details.kv-data > summary").click()
    field = figure.locator("td.kv-marked").last
    field.locator("button.kv-ask").click()
    told = answer(page).inner_text()
    assert "Tåkefjord, 2025" in told
    assert field.inner_text() in told


def test_a_choice_made_later_is_asked_too(demo_address: str, visit: Any) -> None:
    """Another hospital: its own points, and no longer those of the one before."""
    page = visit(f"{demo_address}/{YEAR}?enhet={UNIT}", viewport=DESKTOP)
    page.goto(f"{demo_address}/{YEAR}?enhet=000030102")
    figure = figure_of(page, "trend")
    press(page, figure.locator(f'{MARKS}[aria-label^="Steinrøysa"]').first, "desktop")
    assert "Steinrøysa, 2016" in answer(page).inner_text()


@pytest.mark.parametrize("screen", SCREENS)
def test_the_sentence_about_the_readers_hospital_is_asked(demo_address: str, visit: Any, screen: str) -> None:
    """Its number is a button of the section's one stop of the tab key, by touch and by key."""
    page = visit(f"{demo_address}/{YEAR}?enhet={UNIT}", **SCREENS[screen])
    sentence = page.locator('.kv-yours[data-ind="slag_enhet"][data-context="caregiver"]')
    unfold(page, sentence)
    number = sentence.locator("data")
    number.wait_for()
    assert sentence.inner_text().startswith(
        "Ditt sykehus: Tåkefjord universitetssykehus, avdeling Dypvika: 100 av 100 pasienter i 2025. Sikkert høy."
    )
    if screen == "phone":
        number.tap()
    else:
        number.focus()
        page.keyboard.press("Enter")
    told = answer(page).inner_text()
    for part in ("100 av 100", "Tåkefjord, 2025, etter behandlingssted", "Det gjelder 85 av 85 pasienter."):
        assert part in told, part
    assert page.locator("#kv-number-link").input_value().endswith(f"%2Fslag_enhet%2Fcaregiver%2F2025%2F{UNIT}")
    if screen == "desktop":
        page.keyboard.press("Escape")
        page.keyboard.press("Tab")
        around = number.locator("xpath=ancestor::section[1]")
        stops = around.locator('[role=button].kv-ask[tabindex="0"]')
        own = "(all, group) => all.filter(one => one.closest('section') === group).length"
        assert stops.evaluate_all(own, around.element_handle()) == 1


def test_a_sentence_without_a_result_tells_why(demo: tuple[Project, RunResult], demo_address: str, visit: Any) -> None:
    """The word that the cell is not shown is asked, and no number is told."""
    path = demo[0].site / "registre/muskel/2025/enheter.json"
    blocks = json.loads(path.read_text("utf-8"))
    block, unit = next(
        (block, unit)
        for block in blocks
        for unit, told in block["units"].items()
        if told.get("cell") == "Vises ikke" and told["note"].startswith("Vises ikke: færre enn")
    )
    page = visit(f"{demo_address}/registre/muskel/2025/index.html?enhet={unit}", viewport=DESKTOP)
    sentence = page.locator(f'.kv-yours[data-ind="{block["ind_id"]}"][data-context="{block["context"]}"]')
    sentence.locator("span.kv-ask").click()
    told = answer(page).inner_text()
    assert told.count("Vises ikke") >= 2
    assert "Det gjelder" not in told
    assert "value" not in page.locator(".kv-row").text_content()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_where_a_hospital_is_chosen(demo_address: str, visit: Any, viewport: dict[str, int]) -> None:
    """With the sentence's button and the live figure's marks."""
    page = visit(f"{demo_address}/{YEAR}?enhet={UNIT}", viewport=viewport, bypass_csp=True)
    figure_of(page, "trend").locator(MARKS).first.wait_for()
    assert violations(page) == []
