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
from kvalreg.report.figures.cells import CellRecords, PublishedCell, csv_rows, known_values, shown_cells
from kvalreg.report.figures.chart_data import Records
from kvalreg.report.figures.component import Figure, FigureCell, FigureChart, FigureRow, FigureTable
from kvalreg.report.figures.theme import (
    ACCENT,
    CHOSEN,
    INK,
    LEVEL_COLOURS,
    LINE,
    PAPER,
    QUIET,
    SINGLE_ROW,
    chart_number,
    layer_specs,
    round_ticks,
    value_axis,
    value_labels,
    value_scale,
)
from kvalreg.report.figures.view import IndicatorView
from kvalreg.report.translation import get_translator
from kvalreg.statistics.funnel import Funnel, Verdict, verdicts
from kvalreg.statistics.funnel import funnel as compared

HEIGHT = 320
_MIN_UNITS = 5
"""Fewer units say nothing about how much units vary."""
_CURVE_POINTS = 24
"""Points that a limit is drawn through."""
_CONFIDENCE_LEVELS = {"95": 0.95, "998": 0.998}
_SHAPES = {"as_expected": "circle", "possible_deviation": "diamond", "deviation": "triangle-up", "none": "square"}
_FILLS = {"as_expected": ACCENT, "possible_deviation": LEVEL_COLOURS["moderate"], "deviation": LEVEL_COLOURS["low"]}
_FILLS |= {"none": PAPER}
_COLUMNS = ("unit", "value", "patients", "verdict")
_ROLES = ("unit", "value", "n", "verdict")


def funnel(view: IndicatorView) -> Figure | None:
    """The units around their common share; None for other types than summed shares, or with fewer than five units."""
    shown = sorted(shown_cells(view.current_units), key=lambda cell: str(cell["unit"]))
    if not view.indicator.type.is_summed or len(shown) < _MIN_UNITS:
        return None
    x, n, coverage = (np.array([cell[name] for cell in shown], float) for name in ("var", "denominator", "coverage"))
    model = compared(x, n)
    codes = [str(code) for code in verdicts(model, view.indicator.min_denominator, coverage)]
    limit_rows = _limits(model, n)
    translator, indicator = view.translator, view.indicator
    numbers = [*known_values(shown, "value"), *(row[name] for row in limit_rows for name in ("low998", "high998"))]
    axis = value_axis(indicator, numbers, translator)
    ticks = round_ticks(0.0, float(n.max()))
    axis_params = {"most": max(ticks), "patients": [int(tick) for tick in ticks]}
    tick_labels = {str(int(tick)): translator.format_number(tick) for tick in ticks}
    chart = FigureChart(
        layers=_layers(translator.language),
        rows=[_row(cell, code, view) for cell, code in zip(shown, codes, strict=True)],
        params=[
            *axis.params,
            *({"name": name, "value": value} for name, value in (axis_params | {"names": tick_labels}).items()),
            {"name": "centre", "value": chart_number(float(model.target[0]))},
        ],
        height=HEIGHT,
        datasets={"limits": limit_rows},
    )
    title = translator("figure.funnel_title", unit_word=view.unit_noun(2), year=view.year)
    csv_records = [row | {"verdict": code} for row, code in zip(csv_rows(shown), codes, strict=True)]
    note = translator.html("figure.funnel_note", centre=_centre(view, model))
    return Figure(
        view.subject("funnel"),
        title,
        _alt_text(view, model, codes),
        chart,
        _table(shown, codes, view),
        csv_records,
        note,
    )


def _limits(model: Funnel, n: Any) -> Records:
    """The limits at numbers of patients from the fewest to the most, closer where they bend."""
    patient_counts = np.unique(np.geomspace(max(1.0, n.min() * 0.8), n.max() * 1.05, _CURVE_POINTS).round())
    rows: Records = [{"n": int(count)} for count in patient_counts]
    for name, confidence in _CONFIDENCE_LEVELS.items():
        low, high = model.limits(patient_counts, confidence)
        for row, lower, upper in zip(rows, low, high, strict=True):
            row |= {f"low{name}": chart_number(float(lower)), f"high{name}": chart_number(float(upper))}
    return rows


def _row(cell: PublishedCell, code: str, view: IndicatorView) -> dict[str, Any]:
    chart_verdict = code if Verdict(code).is_verdict else "none"
    texts = {
        "text": view.translator.format_value(view.indicator, cell["value"]),
        "verdict": chart_verdict,
        "said": _verdict_text(code, view),
    }
    numbers = {"n": int(cell["denominator"]), "value": chart_number(cell["value"])}
    return {"orgnr": cell["orgnr"], "unit": cell["unit"]} | numbers | texts


def _verdict_text(code: str, view: IndicatorView) -> str:
    return view.translator(f"verdicts.{code}")


@cache
@debug_mode(False)
def _layers(language: str) -> list[dict[str, Any]]:
    """The template: it holds no number, so it is made once for all indicators."""
    translator = get_translator(language)
    labels = value_labels(grid=True, description=translator("figure.axis_value"))
    patients_axis = alt.Axis(
        values=alt.ExprRef("patients"), labelExpr="names[datum.value]", title=translator("table.patients"), grid=False,
        description=translator("table.patients"), titleColor=QUIET, titleFontWeight="normal", titleFontSize=13,
    )  # fmt: skip
    x = alt.X("n:Q", axis=patients_axis, scale=alt.Scale(domain=[0, alt.ExprRef("most")], nice=False, zero=False))

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=value_scale(), axis=labels)

    limits = alt.Chart(alt.NamedData(name="limits")).encode(x=x)
    single_row = alt.Chart(alt.NamedData(name=SINGLE_ROW))
    centre = alt.YDatum(alt.ExprRef("centre"), type="quantitative", scale=value_scale(), axis=labels)
    charts = [
        limits.mark_area(color=LINE, opacity=0.35).encode(y=y("low998"), y2="high998:Q"),
        limits.mark_area(color=LINE, opacity=0.6).encode(y=y("low95"), y2="high95:Q"),
        single_row.mark_rule(color=QUIET, strokeWidth=1.5).encode(y=centre),
    ]
    for name, dash in (("95", [4, 3]), ("998", [1, 0])):
        for bound in ("low", "high"):
            limit_line = limits.mark_line(color=QUIET, strokeWidth=1, strokeDash=dash)
            charts.append(limit_line.encode(y=y(f"{bound}{name}")))
    tooltips = [alt.Tooltip(f"{field}:N", title=translator(f"table.{key}")) for field, key in
            (("unit", "unit"), ("text", "value"), ("n", "patients"), ("said", "verdict"))]  # fmt: skip
    description = alt.ExprRef("datum.unit+': '+datum.text+', '+datum.said")
    shapes = alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values()))
    fills = alt.Scale(domain=list(_FILLS), range=list(_FILLS.values()))
    point = alt.Chart().mark_point(aria=True, description=description, size=70, opacity=1, strokeWidth=1, stroke=INK)
    ring = alt.Chart().mark_point(shape="circle", size=320, opacity=1, strokeWidth=2.5, stroke=CHOSEN, filled=False)
    selected_opacity = alt.condition("datum.orgnr===chosen", alt.value(1), alt.value(0))
    points = point.encode(
        x=x,
        y=y("value"),
        shape=alt.Shape("verdict:N", scale=shapes),
        fill=alt.Fill("verdict:N", scale=fills),
        tooltip=tooltips,
    )
    return layer_specs([*charts, points, ring.encode(x=x, y=y("value"), strokeOpacity=selected_opacity)])


def _centre(view: IndicatorView, model: Funnel) -> Html:
    """The share of all units together."""
    share = float(model.target[0])
    return number_html(view.translator.format_value(view.indicator, share), chart_number(share), "common")


def _alt_text(view: IndicatorView, model: Funnel, codes: list[str]) -> Html:
    return view.translator.html(
        "figure.funnel_alt",
        title=view.indicator.title,
        year=view.year,
        count=len(codes),
        number=view.translator.count_html(len(codes), "units-shown"),
        unit_word=view.unit_noun(len(codes)),
        centre=_centre(view, model),
        expected=view.translator.count_html(codes.count(Verdict.AS_EXPECTED), "units-as_expected"),
        possible=view.translator.count_html(codes.count(Verdict.POSSIBLE_DEVIATION), "units-possible_deviation"),
        deviating=view.translator.count_html(codes.count(Verdict.DEVIATION), "units-deviation"),
    )


def _table(shown: CellRecords, codes: list[str], view: IndicatorView) -> FigureTable:
    verdict_order = [str(code) for code in Verdict]
    rows = []
    for cell, code in zip(shown, codes, strict=True):
        value = FigureCell(view.translator.format_value(view.indicator, cell["value"]), chart_number(cell["value"]))
        patients = int(cell["denominator"])
        cells = (FigureCell(cell["unit"]), value, FigureCell(view.translator.format_number(patients), patients))
        rows.append(
            FigureRow((*cells, FigureCell(_verdict_text(code, view), verdict_order.index(code))), cell["orgnr"])
        )
    return FigureTable(tuple(view.translator(f"table.{name}") for name in _COLUMNS), _ROLES, tuple(rows))
