"""Funnel plot: every unit against the variation expected by chance for its number of patients.

Input: published cells of one level and year, with numerators. Output: a figure for the second layer. The limits are
computed from the shown units only, so that they disclose nothing about the hidden ones. A unit outside the limits is a
deviation to be examined, not a bad hospital. Methods: docs/methods/funnel.md.
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
    INK,
    LEVEL_COLOURS,
    LINE,
    PAPER,
    QUIET,
    SINGLE_ROW,
    chart_number,
    discrete_scale,
    layer_specs,
    round_ticks,
    selected_opacity,
    selection_ring,
    tooltips,
    value_axis,
    value_labels,
    value_scale,
)
from kvalreg.report.figures.view import IndicatorView
from kvalreg.report.translation import get_translator
from kvalreg.statistics.funnel import Funnel, Verdict, verdicts
from kvalreg.statistics.funnel import funnel as fit_funnel

HEIGHT = 320
_MIN_UNITS = 5
"""Fewer units are too few to estimate the variation between units."""
_CURVE_POINTS = 24
"""Points of a limit's curve."""
_CONFIDENCE_LEVELS = {"95": 0.95, "998": 0.998}
_SHAPES = {"as_expected": "circle", "possible_deviation": "diamond", "deviation": "triangle-up", "none": "square"}
_FILLS = {"as_expected": ACCENT, "possible_deviation": LEVEL_COLOURS["moderate"], "deviation": LEVEL_COLOURS["low"]}
_FILLS |= {"none": PAPER}
_COLUMNS = ("unit", "value", "patients", "verdict")
_ROLES = ("unit", "value", "n", "verdict")


def funnel(view: IndicatorView) -> Figure | None:
    """The units around their common share; None for other types than summed shares, or with fewer than five units."""
    # Model: control limits around the share of all shown units together, which needs numerators and denominators.
    shown = sorted(shown_cells(view.current_units), key=lambda cell: str(cell["unit"]))
    if not view.indicator.type.is_summed or len(shown) < _MIN_UNITS:
        return None
    x, n, coverage = (np.array([cell[name] for cell in shown], float) for name in ("var", "denominator", "coverage"))
    model = fit_funnel(x, n)
    # A unit with too few patients or too low a coverage gets no verdict, and a symbol of its own.
    codes = [str(code) for code in verdicts(model, view.indicator.min_denominator, coverage)]
    limit_rows = _limits(model, n)
    translator, indicator = view.translator, view.indicator
    # Both axes contain the outermost limits and all units; their ticks and labels are parameters of the template.
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
    # Their width falls with 1 / sqrt(n), so a geometric sequence spends most points on small n: for 20 to 500 patients
    # 16, 19, 22, 25, ... 451, 525. Rounding may make equal ones, which np.unique removes.
    patient_counts = np.unique(np.geomspace(max(1.0, n.min() * 0.8), n.max() * 1.05, _CURVE_POINTS).round())
    rows: Records = [{"n": int(count)} for count in patient_counts]
    for name, confidence in _CONFIDENCE_LEVELS.items():
        low, high = model.limits(patient_counts, confidence)
        for row, lower, upper in zip(rows, low, high, strict=True):
            row |= {f"low{name}": chart_number(float(lower)), f"high{name}": chart_number(float(upper))}
    return rows


def _row(cell: PublishedCell, code: str, view: IndicatorView) -> dict[str, Any]:
    # The reasons for having no verdict share a symbol; the text names the reason.
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
@debug_mode(arg=False)
def _layers(language: str) -> list[dict[str, Any]]:
    """The chart's template without numbers: cached, and shared by all indicators."""
    # From back to front: areas between the limits, centre, limits, points, and the ring of the selected unit.
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
    description = alt.ExprRef("datum.unit+': '+datum.text+', '+datum.said")
    point = alt.Chart().mark_point(aria=True, description=description, size=70, opacity=1, strokeWidth=1, stroke=INK)
    points = point.encode(
        x=x,
        y=y("value"),
        shape=alt.Shape("verdict:N", scale=discrete_scale(_SHAPES)),
        fill=alt.Fill("verdict:N", scale=discrete_scale(_FILLS)),
        tooltip=tooltips(translator, unit="unit", text="value", n="patients", said="verdict"),
    )
    ring = selection_ring(320).encode(x=x, y=y("value"), strokeOpacity=selected_opacity())
    return layer_specs([*charts, points, ring])


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
