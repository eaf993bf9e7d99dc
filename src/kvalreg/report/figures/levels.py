"""Levels: how many of the units reach each level of achievement, year by year.

Comes in: published cells of one level of units, all years. Goes out: a figure. It counts units that are shown, so it
tells nothing of the hidden ones. Levels are told apart by their symbol and number in the bar before their colour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from kvalreg.report.cell_markup import Html, cell_address, year_html
from kvalreg.report.figures.cells import Cells, shown_of
from kvalreg.report.figures.chart_data import Rows
from kvalreg.report.figures.component import Cell, Chart, Figure, Line, Table
from kvalreg.report.figures.theme import LEVEL_COLOURS, PAPER, layers
from kvalreg.report.figures.view import View
from kvalreg.report.wording import words

HEIGHT = 240
Counts = Mapping[int, Counter[str]]
"""By year, how many units are at each level."""
SYMBOLS = {"high": "●", "moderate": "◐", "low": "○"}
_ROOM = 0.075
"""A part of a bar lower than this has no room for its number; the table has it."""


def levels(view: View) -> Figure | None:
    """Units at each level per year, provisional ones marked; None without targets or below two years."""
    cells = [cell for cell in shown_of(view.units) if cell["achievement"]]
    counts = {year: Counter(cell["achievement"] for cell in cells if cell["year"] == year) for year in _years(cells)}
    if view.indicator.level_green is None or len(counts) < 2:
        return None
    provisional = {int(cell["year"]) for cell in cells if cell["provisional"]}
    say = view.words
    present = list(SYMBOLS) if view.indicator.level_yellow is not None else ["high", "low"]
    chart = Chart(_layers(say.language), _rows(counts, provisional, view), [], HEIGHT)
    title = say("figure.levels_title", unit_word=view.unit_word(2))
    note = "  ".join(f"{SYMBOLS[level]} {say(f'levels.{level}')}" for level in present)
    text = _alt(counts, view)
    return Figure(
        view.subject("levels"),
        title,
        text,
        chart,
        _table(counts, provisional, present, view),
        _file(counts, provisional),
        note,
    )


def _years(cells: Cells) -> list[int]:
    return sorted({int(cell["year"]) for cell in cells})


def _rows(counts: Counts, provisional: set[int], view: View) -> Rows:
    """A part of a bar per year and level, from its lower to its upper end; low stands lowest."""
    rows: Rows = []
    for year, row in counts.items():
        total, below = row.total(), 0
        for level in reversed(SYMBOLS):
            count = row[level]
            if count:
                share = count / total
                part = {"year": _year(year, provisional), "at": level, "from": round(below / total, 3)}
                part |= {"to": round((below + count) / total, 3), "middle": round((below + count / 2) / total, 3)}
                part |= {
                    "count": f"{SYMBOLS[level]}{count}" if share >= _ROOM else "",
                    "said": _said(level, count, view),
                }
                rows.append(part)
            below += count
    return rows


def _year(year: int, provisional: set[int]) -> str:
    """The year where there is little room; the figure's title says what the sign stands for."""
    return f"{year}*" if year in provisional else str(year)


def _whole_year(year: int, provisional: set[int], view: View) -> str:
    return f"{year} ({view.words('figure.provisional')})" if year in provisional else str(year)


def _said(level: str, count: int, view: View) -> str:
    return f"{count} {view.unit_word(count)}: {view.words(f'levels.{level}')}"


@cache
@debug_mode(False)
def _layers(language: str) -> list[dict[str, Any]]:
    say = words(language)
    years = alt.Axis(labelAngle=0, labelOverlap="greedy", title=None, domain=False, description=say("figure.axis_year"))
    x = alt.X("year:O", axis=years, scale=alt.Scale(type="band", paddingInner=0.12, paddingOuter=0.06))
    y = alt.Y("from:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=None)
    colours = {level: LEVEL_COLOURS[level] for level in SYMBOLS}
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    ink = alt.Scale(domain=list(colours), range=[PAPER, *list(LEVEL_COLOURS.values())[1:3]])
    base = alt.Chart().encode(x=x)
    said = alt.ExprRef("datum.year+', '+datum.said")
    tips = [alt.Tooltip("year:O", title=say("table.year")), alt.Tooltip("said:N", title=say("table.level"))]
    opacity = {"high": 0.9, "moderate": 0.3, "low": 0.08}
    bars = [
        base.mark_rect(aria=True, description=said, strokeWidth=1.5, fillOpacity=opacity[level]).transform_filter(
            alt.FieldEqualPredicate(field="at", equal=level)
        )
        for level in SYMBOLS
    ]
    text = base.mark_text(baseline="middle", fontSize=11, fontWeight="bold")
    return layers(
        [
            *(
                bar.encode(
                    y=y,
                    y2="to:Q",
                    fill=alt.Fill("at:N", scale=scale),
                    stroke=alt.Stroke("at:N", scale=scale),
                    tooltip=tips,
                )
                for bar in bars
            ),
            text.encode(
                y=alt.Y("middle:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False)),
                text="count:N",
                color=alt.Color("at:N", scale=ink),
            ),
        ]
    )


def _alt(counts: Counts, view: View) -> Html:
    ends = {"first": min(counts), "last": max(counts)}
    told: dict[str, Any] = {name: year_html(year) for name, year in ends.items()}
    for name, year in ends.items():
        address = cell_address(year=year)
        told[f"{name}_high"] = view.words.count_html(counts[year]["high"], "units-high", address)
        told[f"{name}_all"] = view.words.count_html(counts[year].total(), "units", address)
    return view.words.html("figure.levels_alt", title=view.indicator.title, unit_word=view.unit_word(2), **told)


def _table(counts: Counts, provisional: set[int], present: list[str], view: View) -> Table:
    heading = (view.words("table.year"), *(view.words(f"levels.{level}") for level in present))
    lines = [
        Line(
            (Cell(_whole_year(year, provisional, view), year), *(Cell(str(row[level])) for level in present)),
            address=cell_address(year=year),
        )
        for year, row in counts.items()
    ]
    return Table(heading, ("year", *(f"units-{level}" for level in present)), tuple(lines), counts=True)


def _file(counts: Counts, provisional: set[int]) -> Rows:
    return [
        {"year": year, "provisional": str(year in provisional).lower()}
        | {f"units_{level}": row[level] for level in SYMBOLS}
        for year, row in counts.items()
    ]
