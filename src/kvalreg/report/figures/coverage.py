"""Coverage: the share of each unit's patients that the registry has.

Input: published cells of a coverage indicator, of the year in which it was last measured. Output: a figure with a bar
per unit, and the limit below which results are not shown.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from kvalreg.report.figures.cells import chart_row, csv_rows, extreme_html, shown_cells, sort_cells, value_cells
from kvalreg.report.figures.compare import ROW_HEIGHT, row_chart, row_scale, selection_frame, text_columns, unit_row
from kvalreg.report.figures.component import Figure, FigureCell, FigureChart, FigureRow, FigureTable
from kvalreg.report.figures.theme import ACCENT, layer_specs, target_rule, tooltips, value_axis, value_labels
from kvalreg.report.figures.view import IndicatorView
from kvalreg.report.translation import get_translator
from kvalreg.statistics.funnel import MIN_COVERAGE

_COLUMNS = ("unit", "value", "interval", "patients")
_ROLES = ("unit", "value", "interval", "n")


def coverage(view: IndicatorView) -> Figure | None:
    """The units' coverage, the highest first; None when fewer than two are shown."""
    units = sort_cells(view.current_units, view.indicator, "value")
    shown = shown_cells(units)
    if len(shown) < 2:
        return None
    translator, indicator = view.translator, view.indicator
    # Always the whole axis: a bar's length means its share only when it begins at 0.
    axis = value_axis(indicator, [0.0, 1.0], translator)
    chart = FigureChart(
        layers=_layers(translator.language),
        rows=[unit_row(cell) | chart_row(cell, indicator, translator) for cell in shown],
        params=[*axis.params, {"name": "target", "value": MIN_COVERAGE}],
        height=ROW_HEIGHT * len(shown),
    )
    # Without the last column, level of achievement: coverage has a limit and no target.
    footnotes = view.footnotes(units)
    row_cells = [value_cells(cell, indicator, translator, view.not_shown_text(cell, footnotes))[:3] for cell in units]
    rows = [
        FigureRow((FigureCell(cell["unit"]), *row), cell["orgnr"]) for cell, row in zip(units, row_cells, strict=True)
    ]
    table = FigureTable(
        tuple(translator(f"table.{name}") for name in _COLUMNS),
        _ROLES,
        tuple(rows),
        footnotes=footnotes.marked_sentences(translator),
    )
    title = translator("figure.coverage_title", unit_word=view.unit_noun(2), year=view.year)
    alt_text = translator.html(
        "figure.coverage_alt",
        year=view.year,
        count=len(shown),
        number=translator.count_html(len(shown), "units-shown"),
        unit_word=view.unit_noun(len(shown)),
        lowest=extreme_html(shown, indicator, translator, "lowest"),
        highest=extreme_html(shown, indicator, translator, "highest"),
    )
    return Figure(
        view.subject("coverage"), title, alt_text, chart, table, csv_rows(units), translator("figure.coverage_note")
    )


@cache
@debug_mode(arg=False)
def _layers(language: str) -> list[dict[str, Any]]:
    """The chart's template without numbers: cached, and shared by all indicators."""
    translator = get_translator(language)
    scale, axis = row_scale(), value_labels(grid=True, description=translator("figure.axis_value"))
    base = row_chart()
    # Thick rules and not bars, which our SVG renderer does not support.
    bar = base.mark_rule(aria=True, description=alt.ExprRef("datum.unit+': '+datum.text"), color=ACCENT, strokeWidth=11)
    tooltip = tooltips(translator, unit="unit", text="value")
    bars = bar.encode(x=alt.X("value:Q", scale=scale, axis=axis), x2=alt.datum(0), tooltip=tooltip)
    return layer_specs(
        [
            bars,
            *target_rule(translator.format_percent(MIN_COVERAGE), "x", scale=scale, axis=axis),
            selection_frame(base),
            *text_columns(base),
        ]
    )
