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
from kvalreg.report.figures.cells import CellRecords, shown_cells
from kvalreg.report.figures.chart_data import Records
from kvalreg.report.figures.component import Figure, FigureCell, FigureChart, FigureRow, FigureTable
from kvalreg.report.figures.theme import LEVEL_COLOURS, PAPER, layer_specs
from kvalreg.report.figures.view import IndicatorView
from kvalreg.report.translation import get_translator

HEIGHT = 240
LevelCounts = Mapping[int, Counter[str]]
"""By year, how many units are at each level."""
LEVEL_SYMBOLS = {"high": "●", "moderate": "◐", "low": "○"}
_MIN_LABEL_SHARE = 0.075
"""A part of a bar lower than this has no room for its number; the table has it."""


def levels(view: IndicatorView) -> Figure | None:
    """Units at each level per year, provisional ones marked; None without targets or below two years."""
    cells = [cell for cell in shown_cells(view.units) if cell["achievement"]]
    counts = {year: Counter(cell["achievement"] for cell in cells if cell["year"] == year) for year in _years(cells)}
    if view.indicator.level_green is None or len(counts) < 2:
        return None
    provisional = {int(cell["year"]) for cell in cells if cell["provisional"]}
    translator = view.translator
    present_levels = list(LEVEL_SYMBOLS) if view.indicator.level_yellow is not None else ["high", "low"]
    chart = FigureChart(_layers(translator.language), _rows(counts, provisional, view), [], HEIGHT)
    title = translator("figure.levels_title", unit_word=view.unit_noun(2))
    note = "  ".join(f"{LEVEL_SYMBOLS[level]} {translator(f'levels.{level}')}" for level in present_levels)
    alt_text = _alt_text(counts, view)
    return Figure(
        view.subject("levels"),
        title,
        alt_text,
        chart,
        _table(counts, provisional, present_levels, view),
        _csv_rows(counts, provisional),
        note,
    )


def _years(cells: CellRecords) -> list[int]:
    return sorted({int(cell["year"]) for cell in cells})


def _rows(counts: LevelCounts, provisional: set[int], view: IndicatorView) -> Records:
    """A part of a bar per year and level, from its lower to its upper end; low stands lowest."""
    rows: Records = []
    for year, level_counts in counts.items():
        total, cumulative = level_counts.total(), 0
        for level in reversed(LEVEL_SYMBOLS):
            count = level_counts[level]
            if count:
                share = count / total
                segment = {"year": _short_year(year, provisional), "at": level, "from": round(cumulative / total, 3)}
                segment |= {
                    "to": round((cumulative + count) / total, 3),
                    "middle": round((cumulative + count / 2) / total, 3),
                }
                segment |= {
                    "count": f"{LEVEL_SYMBOLS[level]}{count}" if share >= _MIN_LABEL_SHARE else "",
                    "said": _count_text(level, count, view),
                }
                rows.append(segment)
            cumulative += count
    return rows


def _short_year(year: int, provisional: set[int]) -> str:
    """The year where there is little room; the figure's title says what the sign stands for."""
    return f"{year}*" if year in provisional else str(year)


def _full_year(year: int, provisional: set[int], view: IndicatorView) -> str:
    return f"{year} ({view.translator('figure.provisional')})" if year in provisional else str(year)


def _count_text(level: str, count: int, view: IndicatorView) -> str:
    return f"{count} {view.unit_noun(count)}: {view.translator(f'levels.{level}')}"


@cache
@debug_mode(False)
def _layers(language: str) -> list[dict[str, Any]]:
    translator = get_translator(language)
    year_axis = alt.Axis(
        labelAngle=0, labelOverlap="greedy", title=None, domain=False, description=translator("figure.axis_year")
    )
    x = alt.X("year:O", axis=year_axis, scale=alt.Scale(type="band", paddingInner=0.12, paddingOuter=0.06))
    y = alt.Y("from:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=None)
    colours = {level: LEVEL_COLOURS[level] for level in LEVEL_SYMBOLS}
    colour_scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    text_scale = alt.Scale(domain=list(colours), range=[PAPER, *list(LEVEL_COLOURS.values())[1:3]])
    base = alt.Chart().encode(x=x)
    description = alt.ExprRef("datum.year+', '+datum.said")
    tooltips = [
        alt.Tooltip("year:O", title=translator("table.year")),
        alt.Tooltip("said:N", title=translator("table.level")),
    ]
    opacity = {"high": 0.9, "moderate": 0.3, "low": 0.08}
    bars = [
        base.mark_rect(
            aria=True, description=description, strokeWidth=1.5, fillOpacity=opacity[level]
        ).transform_filter(alt.FieldEqualPredicate(field="at", equal=level))
        for level in LEVEL_SYMBOLS
    ]
    text = base.mark_text(baseline="middle", fontSize=11, fontWeight="bold")
    return layer_specs(
        [
            *(
                bar.encode(
                    y=y,
                    y2="to:Q",
                    fill=alt.Fill("at:N", scale=colour_scale),
                    stroke=alt.Stroke("at:N", scale=colour_scale),
                    tooltip=tooltips,
                )
                for bar in bars
            ),
            text.encode(
                y=alt.Y("middle:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False)),
                text="count:N",
                color=alt.Color("at:N", scale=text_scale),
            ),
        ]
    )


def _alt_text(counts: LevelCounts, view: IndicatorView) -> Html:
    end_years = {"first": min(counts), "last": max(counts)}
    values: dict[str, Any] = {name: year_html(year) for name, year in end_years.items()}
    for name, year in end_years.items():
        address = cell_address(year=year)
        values[f"{name}_high"] = view.translator.count_html(counts[year]["high"], "units-high", address)
        values[f"{name}_all"] = view.translator.count_html(counts[year].total(), "units", address)
    return view.translator.html("figure.levels_alt", title=view.indicator.title, unit_word=view.unit_noun(2), **values)


def _table(counts: LevelCounts, provisional: set[int], present_levels: list[str], view: IndicatorView) -> FigureTable:
    headings = (view.translator("table.year"), *(view.translator(f"levels.{level}") for level in present_levels))
    rows = [
        FigureRow(
            (
                FigureCell(_full_year(year, provisional, view), year),
                *(FigureCell(str(level_counts[level])) for level in present_levels),
            ),
            address=cell_address(year=year),
        )
        for year, level_counts in counts.items()
    ]
    return FigureTable(
        headings, ("year", *(f"units-{level}" for level in present_levels)), tuple(rows), has_unit_counts=True
    )


def _csv_rows(counts: LevelCounts, provisional: set[int]) -> Records:
    return [
        {"year": year, "provisional": str(year in provisional).lower()}
        | {f"units_{level}": level_counts[level] for level in LEVEL_SYMBOLS}
        for year, level_counts in counts.items()
    ]
