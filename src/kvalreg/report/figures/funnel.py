"""Funnel: every unit against what chance allows for its number of patients.

Comes in: published cells of one level and year, with numerators. Goes out: a figure for the second layer. The limits
are made of the units that are shown and of nobody else, so that they tell nothing of the hidden ones. A unit outside is
a deviation that should be looked into, not a bad hospital.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt
import numpy as np
from altair.utils.schemapi import debug_mode

from kvalreg.report.cell_markup import Html, number_html
from kvalreg.report.figures.cells import Cells, PublishedCell, file_rows, numbers_of, shown_of
from kvalreg.report.figures.chart_data import Rows
from kvalreg.report.figures.component import Cell, Chart, Figure, Line, Table
from kvalreg.report.figures.theme import (
    ACCENT,
    CHOSEN,
    INK,
    LEVEL_COLOURS,
    LINE,
    ONCE,
    PAPER,
    QUIET,
    drawn,
    layers,
    round_ticks,
    value_axis,
    value_labels,
    value_scale,
)
from kvalreg.report.figures.view import View
from kvalreg.report.wording import words
from kvalreg.statistics.funnel import Funnel, Verdict, verdicts
from kvalreg.statistics.funnel import funnel as compared

HEIGHT = 320
_LEAST = 5
"""Fewer units say nothing about how much units vary."""
_STEPS = 24
"""Points that a limit is drawn through."""
_LIMITS = {"95": 0.95, "998": 0.998}
_SHAPES = {"as_expected": "circle", "possible_deviation": "diamond", "deviation": "triangle-up", "none": "square"}
_FILLS = {"as_expected": ACCENT, "possible_deviation": LEVEL_COLOURS["moderate"], "deviation": LEVEL_COLOURS["low"]}
_FILLS |= {"none": PAPER}
_COLUMNS = ("unit", "value", "patients", "verdict")
_ROLES = ("unit", "value", "n", "verdict")


def funnel(view: View) -> Figure | None:
    """The units around their common share; None for other types than summed shares, or with fewer than five units."""
    shown = sorted(shown_of(view.units_now), key=lambda cell: str(cell["unit"]))
    if not view.indicator.type.summed or len(shown) < _LEAST:
        return None
    x, n, covered = (np.array([cell[name] for cell in shown], float) for name in ("var", "denominator", "coverage"))
    found = compared(x, n)
    coded = [str(code) for code in verdicts(found, view.indicator.min_denominator, covered)]
    lines = _limits(found, n)
    say, indicator = view.words, view.indicator
    numbers = [*numbers_of(shown, "value"), *(row[name] for row in lines for name in ("low998", "high998"))]
    axis = value_axis(indicator, numbers, say)
    ticks = round_ticks(0.0, float(n.max()))
    patients = {"most": max(ticks), "patients": [int(tick) for tick in ticks]}
    names = {str(int(tick)): say.number(tick) for tick in ticks}
    chart = Chart(
        layers=_layers(say.language),
        rows=[_row(cell, code, view) for cell, code in zip(shown, coded, strict=True)],
        params=[
            *axis.params,
            *({"name": name, "value": value} for name, value in (patients | {"names": names}).items()),
            {"name": "centre", "value": drawn(float(found.target[0]))},
        ],
        height=HEIGHT,
        datasets={"limits": lines},
    )
    title = say("figure.funnel_title", unit_word=view.unit_word(2), year=view.year)
    file = [row | {"verdict": code} for row, code in zip(file_rows(shown), coded, strict=True)]
    note = say.html("figure.funnel_note", centre=_centre(view, found))
    return Figure(
        view.subject("funnel"), title, _alt(view, found, coded), chart, _table(shown, coded, view), file, note
    )


def _limits(found: Funnel, n: Any) -> Rows:
    """The limits at numbers of patients from the fewest to the most, closer where they bend."""
    at = np.unique(np.geomspace(max(1.0, n.min() * 0.8), n.max() * 1.05, _STEPS).round())
    rows: Rows = [{"n": int(number)} for number in at]
    for name, confidence in _LIMITS.items():
        low, high = found.limits(at, confidence)
        for row, lower, upper in zip(rows, low, high, strict=True):
            row |= {f"low{name}": drawn(float(lower)), f"high{name}": drawn(float(upper))}
    return rows


def _row(cell: PublishedCell, code: str, view: View) -> dict[str, Any]:
    given = code if Verdict(code).given else "none"
    said = {"text": view.words.value(view.indicator, cell["value"]), "verdict": given, "said": _word(code, view)}
    numbers = {"n": int(cell["denominator"]), "value": drawn(cell["value"])}
    return {"orgnr": cell["orgnr"], "unit": cell["unit"]} | numbers | said


def _word(code: str, view: View) -> str:
    return view.words(f"verdicts.{code}")


@cache
@debug_mode(False)
def _layers(language: str) -> list[dict[str, Any]]:
    """The template: it holds no number, so it is made once for all indicators."""
    say = words(language)
    labels = value_labels(grid=True, description=say("figure.axis_value"))
    amounts = alt.Axis(
        values=alt.ExprRef("patients"), labelExpr="names[datum.value]", title=say("table.patients"), grid=False,
        description=say("table.patients"), titleColor=QUIET, titleFontWeight="normal", titleFontSize=13,
    )  # fmt: skip
    x = alt.X("n:Q", axis=amounts, scale=alt.Scale(domain=[0, alt.ExprRef("most")], nice=False, zero=False))

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=value_scale(), axis=labels)

    limits = alt.Chart(alt.NamedData(name="limits")).encode(x=x)
    once = alt.Chart(alt.NamedData(name=ONCE))
    centre = alt.YDatum(alt.ExprRef("centre"), type="quantitative", scale=value_scale(), axis=labels)
    drawn_layers = [
        limits.mark_area(color=LINE, opacity=0.35).encode(y=y("low998"), y2="high998:Q"),
        limits.mark_area(color=LINE, opacity=0.6).encode(y=y("low95"), y2="high95:Q"),
        once.mark_rule(color=QUIET, strokeWidth=1.5).encode(y=centre),
    ]
    for name, dash in (("95", [4, 3]), ("998", [1, 0])):
        for end in ("low", "high"):
            edge = limits.mark_line(color=QUIET, strokeWidth=1, strokeDash=dash)
            drawn_layers.append(edge.encode(y=y(f"{end}{name}")))
    tips = [alt.Tooltip(f"{field}:N", title=say(f"table.{word}")) for field, word in
            (("unit", "unit"), ("text", "value"), ("n", "patients"), ("said", "verdict"))]  # fmt: skip
    said = alt.ExprRef("datum.unit+': '+datum.text+', '+datum.said")
    shapes = alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values()))
    fills = alt.Scale(domain=list(_FILLS), range=list(_FILLS.values()))
    point = alt.Chart().mark_point(aria=True, description=said, size=70, opacity=1, strokeWidth=1, stroke=INK)
    ring = alt.Chart().mark_point(shape="circle", size=320, opacity=1, strokeWidth=2.5, stroke=CHOSEN, filled=False)
    chosen = alt.condition("datum.orgnr===chosen", alt.value(1), alt.value(0))
    points = point.encode(
        x=x,
        y=y("value"),
        shape=alt.Shape("verdict:N", scale=shapes),
        fill=alt.Fill("verdict:N", scale=fills),
        tooltip=tips,
    )
    return layers([*drawn_layers, points, ring.encode(x=x, y=y("value"), strokeOpacity=chosen)])


def _centre(view: View, found: Funnel) -> Html:
    """The share of all units together."""
    share = float(found.target[0])
    return number_html(view.words.value(view.indicator, share), drawn(share), "common")


def _alt(view: View, found: Funnel, coded: list[str]) -> Html:
    return view.words.html(
        "figure.funnel_alt",
        title=view.indicator.title,
        year=view.year,
        count=len(coded),
        number=view.words.count_html(len(coded), "units-shown"),
        unit_word=view.unit_word(len(coded)),
        centre=_centre(view, found),
        expected=view.words.count_html(coded.count(Verdict.AS_EXPECTED), "units-as_expected"),
        possible=view.words.count_html(coded.count(Verdict.POSSIBLE_DEVIATION), "units-possible_deviation"),
        deviating=view.words.count_html(coded.count(Verdict.DEVIATION), "units-deviation"),
    )


def _table(shown: Cells, coded: list[str], view: View) -> Table:
    order = [str(code) for code in Verdict]
    lines = []
    for cell, code in zip(shown, coded, strict=True):
        value = Cell(view.words.value(view.indicator, cell["value"]), drawn(cell["value"]))
        patients = int(cell["denominator"])
        cells = (Cell(cell["unit"]), value, Cell(view.words.number(patients), patients))
        lines.append(Line((*cells, Cell(_word(code, view), order.index(code))), cell["orgnr"]))
    return Table(tuple(view.words(f"table.{name}") for name in _COLUMNS), _ROLES, tuple(lines))
