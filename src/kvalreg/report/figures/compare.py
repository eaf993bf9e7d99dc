"""Comparison: one row per unit with a point, its interval and its value, over the zones of the target.

Input: published cells of one level and year, and the nation's. Output: a figure. The nation is first, the units follow
by value, name or certainty. The page sets the parameter `chosen` to the selected unit, whose row is framed.
"""

from __future__ import annotations

from functools import cache
from textwrap import wrap
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from kvalreg.report.cell_markup import Html, cell_address
from kvalreg.report.figures.cells import (
    CellRecords,
    PublishedCell,
    certainty_rank,
    chart_row,
    csv_rows,
    extreme_html,
    known_values,
    level_text,
    shown_cells,
    sort_cells,
    unit_table_row,
    value_html,
)
from kvalreg.report.figures.chart_data import Records
from kvalreg.report.figures.component import Figure, FigureChart, FigureTable
from kvalreg.report.figures.theme import (
    CHOSEN,
    LEVEL_COLOURS,
    QUIET,
    discrete_scale,
    layer_specs,
    level_encodings,
    selected_opacity,
    target_rule,
    tooltips,
    value_axis,
    value_labels,
    value_scale,
)
from kvalreg.report.figures.view import IndicatorView
from kvalreg.report.translation import get_translator

ROW_HEIGHT = 25
"""Pixels of a row."""
NAMES_END = "min(180,width*0.41)"
"""The right end of the names, as a Vega expression: narrower on a phone."""
VALUES_START = "width-100"
"""The left end of the values, as a Vega expression."""
_LONG_NAME_LENGTH, _WRAP_WIDTH = 24, 30
"""A name of more letters is set smaller, and wrapped at this width."""
_COLUMNS = ("unit", "value", "interval", "patients", "certainty")
_ROLES = ("unit", "value", "interval", "n", "achievement")


def compare(view: IndicatorView, order: str = "value") -> Figure | None:
    """The units of one level side by side; None when fewer than two are shown.

    Parameters
    ----------
    order
        ``value``, ``name`` or ``certainty``.
    """
    # Table and file have all units, the chart only the shown ones.
    nation, units = view.current_nation, sort_cells(view.current_units, view.indicator, order)
    table_cells = [*nation, *units]
    shown = shown_cells(table_cells)
    if len(shown_cells(units)) < 2:
        return None
    indicator, translator = view.indicator, view.translator
    targets = [level for level in (indicator.level_green, indicator.level_yellow) if level is not None]
    axis = value_axis(indicator, [*known_values(shown, "value", "low", "high"), *targets], translator)
    # The template has only the layers that this indicator needs, so it depends on features and not on numbers.
    features = {"target": bool(targets), "interval": bool(known_values(shown, "low"))}
    chart = FigureChart(
        layers=_layers(
            translator.language, frozenset(feature for feature, is_present in features.items() if is_present)
        ),
        rows=[_row(cell, view) for cell in shown],
        params=[
            *axis.params,
            {"name": "target", "value": indicator.level_green},
            {"name": "first", "value": next((cell["orgnr"] for cell in shown_cells(nation)), "")},
        ],
        height=ROW_HEIGHT * len(shown),
        datasets={"zones": _zones(view, axis.lowest, axis.highest)} if targets else {},
    )
    title = translator("figure.compare_title", unit_word=view.unit_noun(2), year=view.year)
    footnotes = view.footnotes(table_cells)
    rows = tuple(
        unit_table_row(cell, indicator, translator, view.not_shown_text(cell, footnotes)) for cell in table_cells
    )
    table = FigureTable(
        tuple(translator(f"table.{name}") for name in _COLUMNS),
        _ROLES,
        rows,
        footnotes=footnotes.marked_sentences(translator),
    )
    alt_text = _alt_text(view, shown_cells(units), nation)
    return Figure(view.subject("compare"), title[0].upper() + title[1:], alt_text, chart, table, csv_rows(table_cells))


def _row(cell: PublishedCell, view: IndicatorView) -> dict[str, Any]:
    """A row: the unit, its numbers, and the rank that orders by certainty."""
    level_fields = {
        "achievement": cell["achievement"],
        "level": level_text(cell, view.translator),
        "rank": certainty_rank(cell),
    }
    return unit_row(cell) | chart_row(cell, view.indicator, view.translator) | level_fields


def _zones(view: IndicatorView, lowest: float, highest: float) -> Records:
    """High, moderate and low as parts of the axis."""
    # Axis 0.5 to 1, green 0.9, yellow 0.8, high values good: high 0.9-1, moderate 0.8-0.9, low 0.5-0.8.
    # Without yellow, moderate would be 0.9-0.9: an empty zone, which is left out.
    green = float(view.indicator.level_green or 0)
    yellow = green if view.indicator.level_yellow is None else view.indicator.level_yellow
    is_higher_better = view.indicator.level_direction == 1
    bounds = {"high": (green, highest), "moderate": (yellow, green), "low": (lowest, yellow)}
    if not is_higher_better:
        bounds = {"high": (lowest, green), "moderate": (green, yellow), "low": (yellow, highest)}
    return [{"zone": zone, "from": start, "to": end} for zone, (start, end) in bounds.items() if start < end]


@cache
@debug_mode(arg=False)
def _layers(language: str, features: frozenset[str]) -> list[dict[str, Any]]:
    """The chart's template without numbers: cached, and shared by all indicators."""
    # From back to front: zones, target, frame, intervals, points, texts.
    translator = get_translator(language)
    scale = row_scale()
    axis = value_labels(grid=True, description=translator("figure.axis_value"))
    x = alt.X("value:Q", scale=scale, axis=axis)
    base = row_chart()
    charts: list[alt.Chart] = []
    if "target" in features:
        bands = alt.Chart(alt.NamedData(name="zones")).mark_rect(fillOpacity=0.1)
        charts.append(
            bands.encode(
                x=alt.X("from:Q", scale=scale, axis=axis),
                x2="to:Q",
                color=alt.Color("zone:N", scale=discrete_scale(LEVEL_COLOURS)),
            )
        )
        charts += target_rule(translator("figure.target"), "x", scale=scale, axis=axis)
    charts.append(selection_frame(base))
    if "interval" in features:
        whisker = base.mark_rule(color=QUIET, strokeWidth=1.5)
        charts.append(whisker.encode(x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"))
    description = alt.ExprRef("datum.unit+': '+datum.text+', '+datum.level")
    point = base.mark_point(aria=True, description=description, size=90, opacity=1, strokeWidth=1.5)
    points = point.encode(
        x=x, tooltip=tooltips(translator, unit="unit", text="value", level="certainty"), **level_encodings()
    )
    return layer_specs([*charts, points, *text_columns(base)])


def unit_row(cell: PublishedCell) -> dict[str, Any]:
    """The unit of a row; a long name takes two lines."""
    # Broken here and not by Vega, which cannot wrap text: `long` is the number of lines that the name needs.
    if len(cell["unit"]) <= _LONG_NAME_LENGTH:
        return {"orgnr": cell["orgnr"], "unit": cell["unit"]}
    name_lines = wrap(cell["unit"], _WRAP_WIDTH)
    return {
        "orgnr": cell["orgnr"],
        "unit": "\n".join([name_lines[0], " ".join(name_lines[1:])]).strip(),
        "long": len(name_lines[:2]),
    }


def row_chart() -> alt.Chart:
    """A band for each row, in the order of the rows."""
    return alt.Chart().encode(y=alt.Y("orgnr:N", sort=None, axis=None, scale=alt.Scale(type="band", padding=0)))


def row_scale() -> alt.Scale:
    """The scale of values, between the columns of names and of values."""
    return value_scale(range=[alt.ExprRef(NAMES_END), alt.ExprRef(VALUES_START)])


def selection_frame(base: alt.Chart) -> alt.Chart:
    """The frame around the selected unit's row."""
    rect = base.mark_rect(fillOpacity=0, stroke=CHOSEN, strokeWidth=2, cornerRadius=3)
    encoded: alt.Chart = rect.encode(x=alt.value(0), x2=alt.value("width"), strokeOpacity=selected_opacity())
    return encoded


def text_columns(base: alt.Chart) -> list[alt.Chart]:
    """The units' names to the left, their values to the right."""
    # A mark has one font size, so names of different lengths are three layers with filters.
    text_options: dict[str, Any] = {"align": "left", "limit": alt.ExprRef(NAMES_END + "-8"), "dx": 4}
    options_by_line_count: dict[int, dict[str, Any]] = {
        0: {},
        1: {"fontSize": 11},
        2: {"fontSize": 11, "lineBreak": "\n", "lineHeight": 12, "dy": -6},
    }
    names = [
        base.mark_text(**text_options, **options)
        .transform_filter(_name_lines_filter(line_count))
        .encode(x=alt.value(0), text="unit:N")
        for line_count, options in options_by_line_count.items()
    ]
    value = base.mark_text(align="right", dx=-4, fontWeight="bold")
    return [*names, value.encode(x=alt.value("width"), text="text:N")]


def _name_lines_filter(line_count: int) -> alt.FieldEqualPredicate | dict[str, Any]:
    """The rows with long names of this many lines; with 0, all other rows."""
    if line_count:
        return alt.FieldEqualPredicate(field="long", equal=line_count)
    return {"not": {"field": "long", "oneOf": [1, 2]}}


def _alt_text(view: IndicatorView, shown: CellRecords, nation: CellRecords) -> Html:
    translator, indicator = view.translator, view.indicator
    reason = view.not_shown_reason(nation[0]) if nation else None
    nation_text = translator("states.no_data") if reason is None else reason.label(translator)
    if nation and reason is None:
        nation_text = value_html(nation[0], indicator, translator, cell_address(unit=nation[0]["orgnr"]))
    text = translator.html(
        "figure.compare_alt",
        title=indicator.title,
        year=view.year,
        count=len(shown),
        number=translator.count_html(len(shown), "units-shown"),
        unit_word=view.unit_noun(len(shown)),
        lowest=extreme_html(shown, indicator, translator, "lowest"),
        highest=extreme_html(shown, indicator, translator, "highest"),
        nation=nation_text,
        target=translator.target_html(indicator),
    )
    return Html(text.strip())
