"""Levels: how many of the units reach each level of achievement, year by year.

Input: published cells of one level of units, all years. Output: a figure with a stacked bar per year. Only shown units
are counted, so it discloses nothing about the hidden ones. Levels are distinguished by symbol and number in the bar,
and not by colour alone.
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
from kvalreg.report.figures.theme import LEVEL_COLOURS, PAPER, discrete_scale, layer_specs, tooltips
from kvalreg.report.figures.view import IndicatorView
from kvalreg.report.translation import get_translator

HEIGHT = 240
LevelCounts = Mapping[int, Counter[str]]
"""By year, how many units are at each level."""
LEVEL_SYMBOLS = {"high": "●", "moderate": "◐", "low": "○"}
_LEVEL_OPACITIES = {"high": 0.9, "moderate": 0.3, "low": 0.08}
_MIN_LABEL_SHARE = 0.075
"""A segment lower than this has no room for its number; the table has it."""


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
    """A segment per year and level, from its lower to its upper end; low is at the bottom."""
    # 2 low, 3 moderate and 5 high of 10 units: segments 0-0.2, 0.2-0.5 and 0.5-1, with their numbers in the middle.
    # Stacked here, since our SVG renderer does not stack; shares, so that years with other numbers of units compare.
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
    """The year on the axis, where there is little room; the figure's caption explains the asterisk."""
    return f"{year}*" if year in provisional else str(year)


def _full_year(year: int, provisional: set[int], view: IndicatorView) -> str:
    return f"{year} ({view.translator('figure.provisional')})" if year in provisional else str(year)


def _count_text(level: str, count: int, view: IndicatorView) -> str:
    return f"{count} {view.unit_noun(count)}: {view.translator(f'levels.{level}')}"


@cache
@debug_mode(arg=False)
def _layers(language: str) -> list[dict[str, Any]]:
    """The chart's template without numbers: cached, and shared by all indicators."""
    translator = get_translator(language)
    year_axis = alt.Axis(
        labelAngle=0, labelOverlap="greedy", title=None, domain=False, description=translator("figure.axis_year")
    )
    x = alt.X("year:O", axis=year_axis, scale=alt.Scale(type="band", paddingInner=0.12, paddingOuter=0.06))
    y = alt.Y("from:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=None)
    # Numbers are light on the dark segment of high, and in the level's colour on the pale ones.
    colours = {level: LEVEL_COLOURS[level] for level in LEVEL_SYMBOLS}
    text_colours = colours | {"high": PAPER}
    base = alt.Chart().encode(x=x)
    segment_encodings = {
        "y": y,
        "y2": "to:Q",
        "fill": alt.Fill("at:N", scale=discrete_scale(colours)),
        "stroke": alt.Stroke("at:N", scale=discrete_scale(colours)),
        "tooltip": tooltips(translator, year="year", said="level"),
    }
    # A mark has one opacity, so each level is a layer with a filter.
    description = alt.ExprRef("datum.year+', '+datum.said")
    segments = [
        base.mark_rect(aria=True, description=description, strokeWidth=1.5, fillOpacity=opacity)
        .transform_filter(alt.FieldEqualPredicate(field="at", equal=level))
        .encode(**segment_encodings)
        for level, opacity in _LEVEL_OPACITIES.items()
    ]
    text = base.mark_text(baseline="middle", fontSize=11, fontWeight="bold").encode(
        y=alt.Y("middle:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False)),
        text="count:N",
        color=alt.Color("at:N", scale=discrete_scale(text_colours)),
    )
    return layer_specs([*segments, text])


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
