"""Comparison: units as a table with a dot, its interval and its value on each line, over the zones of the target.

Comes in: published cells of one level and year, and the nation's. Goes out: a figure. The nation leads, units follow by
value, name or certainty. The page turns `chosen` into the reader's unit, whose line is framed.
"""

from __future__ import annotations

from functools import cache
from textwrap import wrap
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from kvalreg.report.cell_markup import Html, cell_address
from kvalreg.report.figures.cells import (
    Cells,
    PublishedCell,
    certainty_rank,
    chart_row,
    end_html,
    file_rows,
    level_text,
    numbers_of,
    ordered,
    shown_of,
    unit_line,
    value_html,
)
from kvalreg.report.figures.chart_data import Rows
from kvalreg.report.figures.component import Chart, Figure, Table
from kvalreg.report.figures.theme import (
    CHOSEN,
    LEVEL_COLOURS,
    QUIET,
    layers,
    level_scales,
    target_rule,
    value_axis,
    value_labels,
    value_scale,
)
from kvalreg.report.figures.view import View
from kvalreg.report.wording import words

ROW = 25
"""Pixels of a line."""
NAMES = "min(180,width*0.41)"
"""Where the names end."""
VALUES = "width-100"
"""Where the values begin."""
_LONG_NAME, _LINE = 24, 30
"""A name of more letters is set smaller, in lines of so many."""
_COLUMNS = ("unit", "value", "interval", "patients", "certainty")
_ROLES = ("unit", "value", "interval", "n", "achievement")


def compare(view: View, order: str = "value") -> Figure | None:
    """The units of one level side by side; None when fewer than two are shown.

    Parameters
    ----------
    order
        ``value``, ``name`` or ``certainty``.
    """
    nation, units = view.nation_now, ordered(view.units_now, view.indicator, order)
    listed = [*nation, *units]
    shown = shown_of(listed)
    if len(shown_of(units)) < 2:
        return None
    indicator, say = view.indicator, view.words
    targets = [level for level in (indicator.level_green, indicator.level_yellow) if level is not None]
    axis = value_axis(indicator, [*numbers_of(shown, "value", "low", "high"), *targets], say)
    parts = {"target": bool(targets), "interval": bool(numbers_of(shown, "low"))}
    chart = Chart(
        layers=_layers(say.language, frozenset(part for part, there in parts.items() if there)),
        rows=[_row(cell, view) for cell in shown],
        params=[
            *axis.params,
            {"name": "target", "value": indicator.level_green},
            {"name": "first", "value": next((cell["orgnr"] for cell in shown_of(nation)), "")},
        ],
        height=ROW * len(shown),
        datasets={"zones": _zones(view, axis.lowest, axis.highest)} if targets else {},
    )
    title = say("figure.compare_title", unit_word=view.unit_word(2), year=view.year)
    notes = view.notes(listed)
    lines = tuple(unit_line(cell, indicator, say, view.in_place(cell, notes)) for cell in listed)
    table = Table(tuple(say(f"table.{name}") for name in _COLUMNS), _ROLES, lines, notes=notes.lines(say))
    text = _alt(view, shown_of(units), nation)
    return Figure(view.subject("compare"), title[0].upper() + title[1:], text, chart, table, file_rows(listed))


def _row(cell: PublishedCell, view: View) -> dict[str, Any]:
    """A line: the unit, its numbers, and the rank that orders by certainty."""
    words_ = {"achievement": cell["achievement"], "level": level_text(cell, view.words), "rank": certainty_rank(cell)}
    return unit_row(cell) | chart_row(cell, view.indicator, view.words) | words_


def _zones(view: View, lowest: float, highest: float) -> Rows:
    """High, moderate and low as parts of the axis."""
    green = float(view.indicator.level_green or 0)
    yellow = green if view.indicator.level_yellow is None else view.indicator.level_yellow
    up = view.indicator.level_direction == 1
    ends = {"high": (green, highest), "moderate": (yellow, green), "low": (lowest, yellow)}
    if not up:
        ends = {"high": (lowest, green), "moderate": (green, yellow), "low": (yellow, highest)}
    return [{"zone": zone, "from": start, "to": end} for zone, (start, end) in ends.items() if start < end]


@cache
@debug_mode(False)
def _layers(language: str, parts: frozenset[str]) -> list[dict[str, Any]]:
    """The template: it holds no number, so it is made once for all indicators."""
    say = words(language)
    scale = line_scale()
    axis = value_labels(grid=True, description=say("figure.axis_value"))
    x = alt.X("value:Q", scale=scale, axis=axis)
    line = line_chart()
    drawn: list[alt.Chart] = []
    if "target" in parts:
        zones = alt.Scale(domain=list(LEVEL_COLOURS), range=list(LEVEL_COLOURS.values()))
        bands = alt.Chart(alt.NamedData(name="zones")).mark_rect(fillOpacity=0.1)
        drawn.append(
            bands.encode(
                x=alt.X("from:Q", scale=scale, axis=axis),
                x2="to:Q",
                color=alt.Color("zone:N", scale=zones),
            )
        )
        drawn += target_rule(say("figure.target"), "x", scale=scale, axis=axis)
    drawn.append(frame(line))
    if "interval" in parts:
        whisker = line.mark_rule(color=QUIET, strokeWidth=1.5)
        drawn.append(whisker.encode(x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q"))
    tips = [alt.Tooltip(f"{field}:N", title=say(f"table.{word}")) for field, word in
            (("unit", "unit"), ("text", "value"), ("level", "certainty"))]  # fmt: skip
    said = alt.ExprRef("datum.unit+': '+datum.text+', '+datum.level")
    point = line.mark_point(aria=True, description=said, size=90, opacity=1, strokeWidth=1.5)
    return layers([*drawn, point.encode(x=x, tooltip=tips, **level_scales()), *columns(line)])


def unit_row(cell: PublishedCell) -> dict[str, Any]:
    """Whose line it is; a long name takes two lines."""
    if len(cell["unit"]) <= _LONG_NAME:
        return {"orgnr": cell["orgnr"], "unit": cell["unit"]}
    lines = wrap(cell["unit"], _LINE)
    return {"orgnr": cell["orgnr"], "unit": "\n".join([lines[0], " ".join(lines[1:])]).strip(), "long": len(lines[:2])}


def line_chart() -> alt.Chart:
    """A line for each row, in their order."""
    return alt.Chart().encode(y=alt.Y("orgnr:N", sort=None, axis=None, scale=alt.Scale(type="band", padding=0)))


def line_scale() -> alt.Scale:
    """The scale of values between the names and the values."""
    return value_scale(range=[alt.ExprRef(NAMES), alt.ExprRef(VALUES)])


def frame(line: alt.Chart) -> alt.Chart:
    """The frame around the reader's own unit."""
    chosen = alt.condition("datum.orgnr===chosen", alt.value(1), alt.value(0))
    around = line.mark_rect(fillOpacity=0, stroke=CHOSEN, strokeWidth=2, cornerRadius=3)
    framed: alt.Chart = around.encode(x=alt.value(0), x2=alt.value("width"), strokeOpacity=chosen)
    return framed


def columns(line: alt.Chart) -> list[alt.Chart]:
    """The units' names to the left, their values to the right."""
    look: dict[str, Any] = {"align": "left", "limit": alt.ExprRef(NAMES + "-8"), "dx": 4}
    lines: dict[int, dict[str, Any]] = {
        0: {},
        1: {"fontSize": 11},
        2: {"fontSize": 11, "lineBreak": "\n", "lineHeight": 12, "dy": -6},
    }
    names = [
        line.mark_text(**look, **more).transform_filter(_long(count)).encode(x=alt.value(0), text="unit:N")
        for count, more in lines.items()
    ]
    value = line.mark_text(align="right", dx=-4, fontWeight="bold")
    return [*names, value.encode(x=alt.value("width"), text="text:N")]


def _long(lines: int) -> alt.FieldEqualPredicate | dict[str, Any]:
    """The rows whose names are long and take so many lines; with 0, all others."""
    if lines:
        return alt.FieldEqualPredicate(field="long", equal=lines)
    return {"not": {"field": "long", "oneOf": [1, 2]}}


def _alt(view: View, shown: Cells, nation: Cells) -> Html:
    say, indicator = view.words, view.indicator
    why = view.not_shown(nation[0]) if nation else None
    of_nation = say("states.no_data") if why is None else why.word(say)
    if nation and why is None:
        of_nation = value_html(nation[0], indicator, say, cell_address(unit=nation[0]["orgnr"]))
    text = say.html(
        "figure.compare_alt",
        title=indicator.title,
        year=view.year,
        count=len(shown),
        number=say.count_html(len(shown), "units-shown"),
        unit_word=view.unit_word(len(shown)),
        lowest=end_html(shown, indicator, say, "lowest"),
        highest=end_html(shown, indicator, say, "highest"),
        nation=of_nation,
        target=say.target_html(indicator),
    )
    return Html(text.strip())
