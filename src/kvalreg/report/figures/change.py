"""Change: how much each unit's result has moved since the year before, and for which of them it is more than chance.

Comes in: published cells of one level of units. Goes out: a figure for the second layer: a dot per unit, piled up where
many have moved alike. A unit takes part when both years are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from kvalreg.report.cell_markup import Html, year_html
from kvalreg.report.figures.cells import PublishedCell, shown_of
from kvalreg.report.figures.chart_data import Rows
from kvalreg.report.figures.component import Cell, Chart, Figure, Line, Table
from kvalreg.report.figures.theme import (
    ACCENT,
    CHOSEN,
    LEVEL_COLOURS,
    ONCE,
    PAPER,
    QUIET,
    drawn,
    layers,
    value_axis,
    value_labels,
    value_scale,
)
from kvalreg.report.figures.view import View
from kvalreg.report.wording import words

DOT = 15
"""Pixels from one dot of a pile to the next."""
_LEAST = 5
"""Fewer dots are no distribution."""
_BINS = 30
"""Piles across the figure."""
_SHAPES = {"better": "triangle-up", "increased": "triangle-up", "unclear": "circle", "worse": "triangle-down"}
_SHAPES |= {"decreased": "triangle-down"}
_FILLS = {"better": LEVEL_COLOURS["high"], "increased": ACCENT, "unclear": PAPER, "worse": LEVEL_COLOURS["low"]}
_FILLS |= {"decreased": ACCENT}
_COLUMNS = ("unit", "before", "value", "change")
_ROLES = ("unit", "value-before", "value", "change")


def change(view: View) -> Figure | None:
    """The units' differences from the year before; None when fewer than five units have both years."""
    before = {cell["orgnr"]: cell["value"] for cell in shown_of(view.units_before)}
    moved = [
        {**cell, "before": before[cell["orgnr"]], "difference": cell["value"] - before[cell["orgnr"]]}
        for cell in shown_of(view.units_now)
        if cell["change"] and cell["change_from"] == view.year - 1 and cell["orgnr"] in before
    ]
    if len(moved) < _LEAST:
        return None
    moved.sort(key=lambda cell: cell["difference"])
    say = view.words
    axis = value_axis(view.indicator, [0.0, *(cell["difference"] for cell in moved)], say)
    rows = _rows(moved, (axis.highest - axis.lowest) / _BINS, view)
    tallest = max(row["pile"] for row in rows)
    chart = Chart(
        layers=_layers(say.language),
        rows=rows,
        params=[*axis.params, {"name": "tallest", "value": tallest + 1}],
        height=max(90, DOT * (tallest + 1)),
    )
    title = say("figure.change_title", unit_word=view.unit_word(2), before=view.year - 1, year=view.year)
    note = say("figure.change_note")
    return Figure(view.subject("change"), title, _alt(moved, view), chart, _table(moved, view), _file(moved), note)


def _rows(moved: Sequence[PublishedCell], width: float, view: View) -> Rows:
    """A dot per unit, on top of those that have moved as much."""
    piles: dict[int, int] = {}
    rows: Rows = []
    for cell in moved:
        at = round(cell["difference"] / width)
        piles[at] = piles.get(at, 0) + 1
        row = {"orgnr": cell["orgnr"], "unit": cell["unit"], "difference": drawn(at * width), "pile": piles[at]}
        rows.append(row | {"change": cell["change"], "said": _said(cell, view)})
    return rows


def _said(cell: PublishedCell, view: View) -> str:
    return view.words(f"change.{cell['change']}", year=view.year - 1)


@cache
@debug_mode(False)
def _layers(language: str) -> list[dict[str, Any]]:
    say = words(language)
    x = alt.X("difference:Q", scale=value_scale(), axis=value_labels(grid=True, description=say("table.change")))
    up = alt.Scale(domain=[0, alt.ExprRef("tallest")], nice=False, zero=False)
    y = alt.Y("pile:Q", axis=None, scale=up)
    zero = alt.XDatum(0, type="quantitative", scale=value_scale())
    chosen = alt.condition("datum.orgnr===chosen", alt.value(1), alt.value(0))
    fills = alt.Scale(domain=list(_FILLS), range=list(_FILLS.values()))
    shapes = alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values()))
    tips = [alt.Tooltip("unit:N", title=say("table.unit")), alt.Tooltip("said:N", title=say("table.change"))]
    said = alt.ExprRef("datum.unit+': '+datum.said")
    point = alt.Chart().mark_point(aria=True, description=said, size=95, opacity=1, strokeWidth=1.5, stroke=QUIET)
    ring = alt.Chart().mark_point(shape="circle", size=330, opacity=1, strokeWidth=2.5, stroke=CHOSEN, filled=False)
    points = point.encode(
        x=x,
        y=y,
        shape=alt.Shape("change:N", scale=shapes),
        fill=alt.Fill("change:N", scale=fills),
        tooltip=tips,
    )
    rule = alt.Chart(alt.NamedData(name=ONCE)).mark_rule(color=QUIET, strokeWidth=1.5).encode(x=zero)
    return layers([rule, points, ring.encode(x=x, y=y, strokeOpacity=chosen)])


def _alt(moved: Sequence[PublishedCell], view: View) -> Html:
    counts = Counter(cell["change"] for cell in moved)
    up, down = ("increased", "decreased") if view.indicator.level_direction is None else ("better", "worse")
    return view.words.html(
        "figure.change_alt",
        title=view.indicator.title,
        before=year_html(view.year - 1),
        year=view.year,
        count=len(moved),
        number=view.words.count_html(len(moved), "units-moved"),
        unit_word=view.unit_word(len(moved)),
        up_word=view.words(f"figure.change_{up}"),
        up=view.words.count_html(counts[up], f"units-{up}"),
        down_word=view.words(f"figure.change_{down}"),
        down=view.words.count_html(counts[down], f"units-{down}"),
        unclear=view.words.count_html(counts["unclear"], "units-unclear"),
    )


def _table(moved: Sequence[PublishedCell], view: View) -> Table:
    order = list(_SHAPES)
    lines = []
    for cell in reversed(moved):
        values = [Cell(view.words.value(view.indicator, cell[name]), drawn(cell[name])) for name in ("before", "value")]
        lines.append(
            Line((Cell(cell["unit"]), *values, Cell(_said(cell, view), order.index(cell["change"]))), cell["orgnr"])
        )
    names = [view.words(f"table.{name}", year=view.year - 1) for name in _COLUMNS]
    return Table(tuple(names), _ROLES, tuple(lines))


def _file(moved: Sequence[PublishedCell]) -> Rows:
    return [
        {
            "orgnr": cell["orgnr"],
            "unit": cell["unit"],
            "year": int(cell["year"]),
            "value": drawn(cell["value"]),
            "value_before": drawn(cell["before"]),
            "change": cell["change"],
        }
        for cell in moved
    ]
