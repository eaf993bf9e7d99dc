"""Trend: the nation over the years with its interval and target, and the reader's own unit against it.

Comes in: published cells of the nation, and of units that are asked for. Goes out: a figure. Provisional years are
dashed and hollow. A year that is not shown leaves a gap: a line across it would be a guess. Quality improvement work
that concerns the indicator is drawn above the years in which it went on, as bars with letters.

The page fills the dataset ``chosen`` with its unit's rows, with the same fields; the last one is
marked ``last``. The axis has words for ticks as far as any unit's numbers go, so that the page can widen it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from kvalreg.report.cell_markup import Html, cell_address, year_html
from kvalreg.report.figures.cells import Cells, chart_row, file_rows, numbers_of, shown_of, value_cells, value_html
from kvalreg.report.figures.chart_data import Rows
from kvalreg.report.figures.component import Cell, Chart, Figure, Line, Table
from kvalreg.report.figures.theme import (
    ACCENT,
    CHOSEN,
    INK,
    PAPER,
    QUIET,
    layers,
    target_rule,
    value_axis,
    value_labels,
    value_scale,
)
from kvalreg.report.figures.view import View
from kvalreg.report.figures.works import DrawnWork, drawn_works, letters_of, work_rows, works_alt
from kvalreg.report.wording import Words, words

HEIGHT = 240
_LANE = 18
"""Pixels from one bar of quality improvement work to the next; the lowest stands right above the figure."""
_COLUMNS = ("year", "value", "interval", "patients", "certainty")
_ROLES = ("year", "value", "interval", "n", "achievement")


def trend(view: View, beside: Cells | None = None) -> Figure | None:
    """The nation over the years; None below two shown years.

    Parameters
    ----------
    view
        What is looked at.
    beside
        Cells of units, with names, that stand beside the nation from the start.
    """
    cells = sorted(view.nation, key=lambda cell: cell["year"])
    shown = shown_of(cells)
    if len(shown) < 2:
        return None
    indicator, say = view.indicator, view.words
    others = sorted(beside or [], key=lambda cell: (cell["unit"], cell["year"]))
    told = [*shown, *shown_of(others)]
    target = indicator.level_green
    targets = [] if target is None else [target]
    axis = value_axis(indicator, [*numbers_of(told, "value", "low", "high"), *targets], say, view.reach)
    works = drawn_works(view.works, _years(cells))
    parts = {"target": target is not None, "interval": bool(numbers_of(told, "low")), "units": len(others) > 0}
    parts |= {f"work{one.lane}": True for one in works}
    datasets: dict[str, Rows] = {"chosen": []}
    if works:
        datasets["works"] = work_rows(works)
    if others:
        units = groupby(others, key=lambda cell: cell["unit"])
        datasets["units"] = [row for _, of_unit in units for row in _rows(list(of_unit), view)]
    chart = Chart(
        layers=_layers(say.language, frozenset({"chosen", *(part for part, there in parts.items() if there)})),
        rows=_rows(cells, view),
        params=[*axis.params, {"name": "target", "value": target}],
        height=HEIGHT,
        datasets=datasets,
    )
    listed = [*cells, *others]
    title, table = say("figure.trend_title"), _table(listed, works, view)
    text = Html(" ".join(part for part in (_alt(shown, view), works_alt(works, say)) if part))
    return Figure(view.subject("trend"), title, text, chart, table, file_rows(listed))


def _years(cells: Cells) -> range:
    """The years of the axis, the first to the last; those without a cell are gaps."""
    return range(int(cells[0]["year"]), int(cells[-1]["year"]) + 1)


def _rows(cells: Cells, view: View) -> Rows:
    """A unit's years, first to last; one that is not shown, or has no cell, has no value."""
    rows: Rows = []
    by_year = {int(cell["year"]): cell for cell in cells}
    unit = cells[0]["unit"]
    for year in range(min(by_year), max(by_year) + 1):
        cell = by_year.get(year)
        row: dict[str, Any] = {"year": year, "unit": unit, "value": None}
        if cell is not None and cell["shown"]:
            row |= chart_row(cell, view.indicator, view.words) | {"provisional": int(cell["provisional"])}
        rows.append(row)
    rows[-1]["last"] = 1
    return rows


@cache
@debug_mode(False)
def _layers(language: str, parts: frozenset[str]) -> list[dict[str, Any]]:
    """The template: it holds no number, so it is made once for all indicators."""
    say = words(language)
    labels = value_labels(grid=True, description=say("figure.axis_value"))
    low = alt.Y("low:Q", scale=value_scale(), axis=labels)
    y = alt.Y("value:Q", scale=value_scale(), axis=labels)
    years = alt.Axis(
        labelAngle=0, labelOverlap="greedy", labelSeparation=6, title=None, description=say("figure.axis_year")
    )
    x = alt.X("year:O", axis=years)
    nation = alt.Chart().encode(x=x)
    drawn: list[alt.Chart] = []
    if "target" in parts:
        drawn += target_rule(say("figure.target"), "y", scale=value_scale(), axis=labels)
    if "interval" in parts:
        drawn.append(nation.mark_area(color=ACCENT, opacity=0.16).encode(y=low, y2="high:Q"))
    drawn += _line(nation.encode(y=y), ACCENT, "circle", say)
    for name in ("units", "chosen"):
        if name not in parts:
            continue
        colour, shape = (CHOSEN, "diamond") if name == "chosen" else (INK, "square")
        unit = alt.Chart(alt.NamedData(name=name)).encode(x=x, detail="unit:N")
        fits = alt.ExprRef("width - 10")  # on a phone a long name is cut at its end; it stands whole above the figure
        label = unit.mark_text(
            color=colour, fontWeight="bold", align="right", baseline="bottom", dy=-10, dx=8, limit=fits
        )
        drawn.append(unit.mark_rule(color=colour, opacity=0.5).encode(y=low, y2="high:Q"))
        drawn += _line(unit.encode(y=y), colour, shape, say)
        last = alt.FieldEqualPredicate(field="last", equal=1)
        drawn.append(label.transform_filter(last).encode(y=y, text="unit:N"))
    for part in sorted(part for part in parts if part.startswith("work")):
        drawn += _work_bars(int(part.removeprefix("work")), x)
    return layers(drawn)


def _work_bars(lane: int, x: alt.X) -> list[alt.Chart]:
    """The work of one lane: a bar over its years, and its letter where the bar begins."""
    at = alt.value(-_LANE * lane - _LANE / 2 - 2)
    works = alt.Chart(alt.NamedData(name="works")).transform_filter(alt.FieldEqualPredicate(field="lane", equal=lane))
    bar = works.mark_rule(color=QUIET, strokeWidth=_LANE - 4, strokeCap="square", opacity=0.3)
    letter = works.mark_text(color=INK, fontWeight="bold", fontSize=11, baseline="middle")
    return [bar.encode(x=x, x2="to:O", y=at), letter.encode(x=x, y=at, text="letter:N")]


def _line(chart: alt.Chart, colour: str, shape: str, say: Words) -> list[alt.Chart]:
    """A series: solid over its final years, dashed to its provisional ones, a symbol for each year."""
    provisional = alt.FieldEqualPredicate(field="provisional", equal=1)
    tips = [
        alt.Tooltip("unit:N", title=say("table.unit")),
        alt.Tooltip("year:O", title=say("table.year")),
        alt.Tooltip("text:N", title=say("table.value")),
    ]
    said = alt.ExprRef("datum.unit+', '+datum.year+': '+datum.text")
    return [
        chart.mark_line(color=colour, strokeWidth=2, strokeDash=[4, 4]),
        chart.mark_line(color=colour, strokeWidth=2.5).transform_filter({"not": provisional.to_dict()}),
        chart.mark_point(
            aria=True, description=said, shape=shape, size=70, opacity=1, stroke=colour, strokeWidth=2, filled=True
        ).encode(fill=alt.condition(provisional, alt.value(PAPER), alt.value(colour)), tooltip=tips),
    ]


def _alt(shown: Cells, view: View) -> str:
    say, ends = view.words, {"start": shown[0], "end": shown[-1]}
    numbers: dict[str, Any] = {
        f"{name}_value": value_html(cell, view.indicator, say, cell_address(year=int(cell["year"])))
        for name, cell in ends.items()
    }
    text = say.html(
        "figure.trend_alt",
        title=view.indicator.title,
        first=year_html(shown[0]["year"]),
        last=year_html(shown[-1]["year"]),
        target=say.target_html(view.indicator),
        **numbers,
    )
    return text.strip()


def _table(cells: Cells, works: Sequence[DrawnWork], view: View) -> Table:
    several = len({cell["orgnr"] for cell in cells}) > 1
    lines, notes = [], view.notes(cells)
    for cell in cells:
        year = str(cell["year"]) + (f" ({view.words('figure.provisional')})" if cell["provisional"] else "")
        unit = (Cell(str(cell["unit"])),) if several else ()
        told = value_cells(cell, view.indicator, view.words, view.in_place(cell, notes))
        work = (Cell(letters_of(works, int(cell["year"]))),) if works else ()
        address = cell_address(year=int(cell["year"]), unit=cell["orgnr"] if several else "")
        lines.append(Line((*unit, Cell(year, int(cell["year"])), *told, *work), address=address))
    heading = (("unit",) if several else ()) + _COLUMNS + (("works",) if works else ())
    roles = (("unit",) if several else ()) + _ROLES + (("text",) if works else ())
    labels = tuple(view.words(f"table.{name}") for name in heading)
    return Table(labels, roles, tuple(lines), notes=notes.lines(view.words))
