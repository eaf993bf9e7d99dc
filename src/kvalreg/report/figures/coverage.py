"""Coverage: how many of each unit's patients are in the registry.

Comes in: published cells of a coverage indicator, of the year in which it was last measured. Goes out: a figure: a bar
per unit, and the limit below which results are not shown.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from kvalreg.report.figures.cells import chart_row, end_html, file_rows, ordered, shown_of, value_cells
from kvalreg.report.figures.compare import ROW, columns, frame, line_chart, line_scale, unit_row
from kvalreg.report.figures.component import Cell, Chart, Figure, Line, Table
from kvalreg.report.figures.theme import ACCENT, layers, target_rule, value_axis, value_labels
from kvalreg.report.figures.view import View
from kvalreg.report.wording import words
from kvalreg.statistics.funnel import MIN_COVERAGE

_COLUMNS = ("unit", "value", "interval", "patients")
_ROLES = ("unit", "value", "interval", "n")


def coverage(view: View) -> Figure | None:
    """The units' coverage, the highest first; None when fewer than two are shown."""
    units = ordered(view.units_now, view.indicator, "value")
    shown = shown_of(units)
    if len(shown) < 2:
        return None
    say, indicator = view.words, view.indicator
    axis = value_axis(indicator, [0.0, 1.0], say)
    chart = Chart(
        layers=_layers(say.language),
        rows=[unit_row(cell) | chart_row(cell, indicator, say) for cell in shown],
        params=[*axis.params, {"name": "target", "value": MIN_COVERAGE}],
        height=ROW * len(shown),
    )
    notes = view.notes(units)
    told = [value_cells(cell, indicator, say, view.in_place(cell, notes))[:3] for cell in units]
    lines = [Line((Cell(cell["unit"]), *row), cell["orgnr"]) for cell, row in zip(units, told, strict=True)]
    table = Table(tuple(say(f"table.{name}") for name in _COLUMNS), _ROLES, tuple(lines), notes=notes.lines(say))
    title = say("figure.coverage_title", unit_word=view.unit_word(2), year=view.year)
    text = say.html(
        "figure.coverage_alt",
        year=view.year,
        count=len(shown),
        number=say.count_html(len(shown), "units-shown"),
        unit_word=view.unit_word(len(shown)),
        lowest=end_html(shown, indicator, say, "lowest"),
        highest=end_html(shown, indicator, say, "highest"),
    )
    return Figure(view.subject("coverage"), title, text, chart, table, file_rows(units), say("figure.coverage_note"))


@cache
@debug_mode(False)
def _layers(language: str) -> list[dict[str, Any]]:
    say = words(language)
    scale, axis = line_scale(), value_labels(grid=True, description=say("figure.axis_value"))
    line = line_chart()
    tips = [alt.Tooltip("unit:N", title=say("table.unit")), alt.Tooltip("text:N", title=say("table.value"))]
    bar = line.mark_rule(aria=True, description=alt.ExprRef("datum.unit+': '+datum.text"), color=ACCENT, strokeWidth=11)
    bars = bar.encode(x=alt.X("value:Q", scale=scale, axis=axis), x2=alt.datum(0), tooltip=tips)
    return layers(
        [bars, *target_rule(say.percent(MIN_COVERAGE), "x", scale=scale, axis=axis), frame(line), *columns(line)]
    )
