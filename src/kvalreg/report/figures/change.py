"""Change: each unit's difference from the year before, and which differences are statistically certain.

Input: published cells of one level of units. Output: a figure for the second layer, a dot plot with a dot per unit,
stacked when differences are about equal. A unit is included when both years are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from kvalreg.report.cell_markup import Html, year_html
from kvalreg.report.figures.cells import PublishedCell, shown_cells
from kvalreg.report.figures.chart_data import Records
from kvalreg.report.figures.component import Figure, FigureCell, FigureChart, FigureRow, FigureTable
from kvalreg.report.figures.theme import (
    ACCENT,
    LEVEL_COLOURS,
    PAPER,
    QUIET,
    SINGLE_ROW,
    chart_number,
    discrete_scale,
    layer_specs,
    selected_opacity,
    selection_ring,
    tooltips,
    value_axis,
    value_labels,
    value_scale,
)
from kvalreg.report.figures.view import IndicatorView
from kvalreg.report.translation import get_translator

DOT_SPACING = 15
"""Pixels from one dot of a stack to the next."""
_MIN_UNITS = 5
"""Fewer dots show no distribution."""
_BIN_COUNT = 30
"""Bins across the figure."""
# Direction is a shape and not a colour alone. Better and increased look up, also when a lower value is the better one.
_SHAPES = {"better": "triangle-up", "increased": "triangle-up", "unclear": "circle", "worse": "triangle-down"}
_SHAPES |= {"decreased": "triangle-down"}
_FILLS = {"better": LEVEL_COLOURS["high"], "increased": ACCENT, "unclear": PAPER, "worse": LEVEL_COLOURS["low"]}
_FILLS |= {"decreased": ACCENT}
_COLUMNS = ("unit", "before", "value", "change")
_ROLES = ("unit", "value-before", "value", "change")


def change(view: IndicatorView) -> Figure | None:
    """The units' differences from the year before; None when fewer than five units have both years."""
    # A cell's change may refer to an earlier year when the last one is not shown: this figure has one and the same pair
    # of years for all units.
    previous_values = {cell["orgnr"]: cell["value"] for cell in shown_cells(view.previous_units)}
    changed_cells = [
        {**cell, "before": previous_values[cell["orgnr"]], "difference": cell["value"] - previous_values[cell["orgnr"]]}
        for cell in shown_cells(view.current_units)
        if cell["change"] and cell["change_from"] == view.year - 1 and cell["orgnr"] in previous_values
    ]
    if len(changed_cells) < _MIN_UNITS:
        return None
    changed_cells.sort(key=lambda cell: cell["difference"])
    translator = view.translator
    # The axis includes 0, no change, which the vertical rule marks.
    axis = value_axis(view.indicator, [0.0, *(cell["difference"] for cell in changed_cells)], translator)
    rows = _rows(changed_cells, (axis.highest - axis.lowest) / _BIN_COUNT, view)
    tallest = max(row["pile"] for row in rows)
    chart = FigureChart(
        layers=_layers(translator.language),
        rows=rows,
        params=[*axis.params, {"name": "tallest", "value": tallest + 1}],
        height=max(90, DOT_SPACING * (tallest + 1)),
    )
    title = translator("figure.change_title", unit_word=view.unit_noun(2), before=view.year - 1, year=view.year)
    note = translator("figure.change_note")
    return Figure(
        view.subject("change"),
        title,
        _alt_text(changed_cells, view),
        chart,
        _table(changed_cells, view),
        _csv_rows(changed_cells),
        note,
    )


def _rows(changed_cells: Sequence[PublishedCell], bin_width: float, view: IndicatorView) -> Records:
    """A dot per unit, stacked on the other dots of its bin."""
    # A dot plot after Wilkinson L. Dot plots. The American Statistician 1999;53:276-281, with bins of fixed width, so
    # that 0 is the middle of a bin. With bins of 0.01, the differences -0.012, -0.009, 0.002 and 0.013 become
    #   difference  -0.012  -0.009   0.002   0.013
    #   bin             -1      -1       0       1
    #   height           1       2       1       1
    pile_heights: dict[int, int] = {}
    rows: Records = []
    for cell in changed_cells:
        bin_index = round(cell["difference"] / bin_width)
        pile_heights[bin_index] = pile_heights.get(bin_index, 0) + 1
        row = {
            "orgnr": cell["orgnr"],
            "unit": cell["unit"],
            "difference": chart_number(bin_index * bin_width),
            "pile": pile_heights[bin_index],
        }
        rows.append(row | {"change": cell["change"], "said": _change_text(cell, view)})
    return rows


def _change_text(cell: PublishedCell, view: IndicatorView) -> str:
    return view.translator(f"change.{cell['change']}", year=view.year - 1)


@cache
@debug_mode(arg=False)
def _layers(language: str) -> list[dict[str, Any]]:
    """The chart's template without numbers: cached, and shared by all indicators."""
    translator = get_translator(language)
    x = alt.X("difference:Q", scale=value_scale(), axis=value_labels(grid=True, description=translator("table.change")))
    pile_scale = alt.Scale(domain=[0, alt.ExprRef("tallest")], nice=False, zero=False)
    y = alt.Y("pile:Q", axis=None, scale=pile_scale)
    zero = alt.XDatum(0, type="quantitative", scale=value_scale())
    description = alt.ExprRef("datum.unit+': '+datum.said")
    point = alt.Chart().mark_point(
        aria=True, description=description, size=95, opacity=1, strokeWidth=1.5, stroke=QUIET
    )
    points = point.encode(
        x=x,
        y=y,
        shape=alt.Shape("change:N", scale=discrete_scale(_SHAPES)),
        fill=alt.Fill("change:N", scale=discrete_scale(_FILLS)),
        tooltip=tooltips(translator, unit="unit", said="change"),
    )
    rule = alt.Chart(alt.NamedData(name=SINGLE_ROW)).mark_rule(color=QUIET, strokeWidth=1.5).encode(x=zero)
    # The ring is drawn last, above all points.
    ring = selection_ring(330).encode(x=x, y=y, strokeOpacity=selected_opacity())
    return layer_specs([rule, points, ring])


def _alt_text(changed_cells: Sequence[PublishedCell], view: IndicatorView) -> Html:
    counts = Counter(cell["change"] for cell in changed_cells)
    up_code, down_code = ("increased", "decreased") if view.indicator.level_direction is None else ("better", "worse")
    return view.translator.html(
        "figure.change_alt",
        title=view.indicator.title,
        before=year_html(view.year - 1),
        year=view.year,
        count=len(changed_cells),
        number=view.translator.count_html(len(changed_cells), "units-moved"),
        unit_word=view.unit_noun(len(changed_cells)),
        up_word=view.translator(f"figure.change_{up_code}"),
        up=view.translator.count_html(counts[up_code], f"units-{up_code}"),
        down_word=view.translator(f"figure.change_{down_code}"),
        down=view.translator.count_html(counts[down_code], f"units-{down_code}"),
        unclear=view.translator.count_html(counts["unclear"], "units-unclear"),
    )


def _table(changed_cells: Sequence[PublishedCell], view: IndicatorView) -> FigureTable:
    change_order = list(_SHAPES)
    rows = []
    for cell in reversed(changed_cells):
        values = [
            FigureCell(view.translator.format_value(view.indicator, cell[name]), chart_number(cell[name]))
            for name in ("before", "value")
        ]
        rows.append(
            FigureRow(
                (
                    FigureCell(cell["unit"]),
                    *values,
                    FigureCell(_change_text(cell, view), change_order.index(cell["change"])),
                ),
                cell["orgnr"],
            )
        )
    headings = [view.translator(f"table.{name}", year=view.year - 1) for name in _COLUMNS]
    return FigureTable(tuple(headings), _ROLES, tuple(rows))


def _csv_rows(changed_cells: Sequence[PublishedCell]) -> Records:
    return [
        {
            "orgnr": cell["orgnr"],
            "unit": cell["unit"],
            "year": int(cell["year"]),
            "value": chart_number(cell["value"]),
            "value_before": chart_number(cell["before"]),
            "change": cell["change"],
        }
        for cell in changed_cells
    ]
