"""Trend: the nation over the years with its interval and target, and the selected unit against it.

Input: published cells of the nation, and of requested units. Output: a figure. Provisional years are dashed and hollow.
A year that is not shown leaves a gap: a line across it would be a guess. Improvement projects that concern the
indicator are shown above their years, as bars with letters.

The page fills the dataset ``chosen`` with the selected unit's rows, which have the same fields; the last one has the
flag ``last``. The axis has labels for ticks as far as any unit's numbers extend, so that the page can widen it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from kvalreg.report.cell_markup import Html, cell_address, year_html
from kvalreg.report.figures.cells import (
    CellRecords,
    chart_row,
    csv_rows,
    known_values,
    shown_cells,
    value_cells,
    value_html,
)
from kvalreg.report.figures.chart_data import Records
from kvalreg.report.figures.component import Figure, FigureCell, FigureChart, FigureRow, FigureTable
from kvalreg.report.figures.improvement_projects import (
    ProjectBar,
    bar_rows,
    letters_in_year,
    project_bars,
    projects_alt_text,
)
from kvalreg.report.figures.theme import (
    ACCENT,
    CHOSEN,
    INK,
    PAPER,
    QUIET,
    layer_specs,
    target_rule,
    tooltips,
    value_axis,
    value_labels,
    value_scale,
)
from kvalreg.report.figures.view import IndicatorView
from kvalreg.report.translation import Translator, get_translator

HEIGHT = 240
_LANE_HEIGHT = 18
"""Pixels from one lane of project bars to the next; the lowest is right above the plot."""
_COLUMNS = ("year", "value", "interval", "patients", "certainty")
_ROLES = ("year", "value", "interval", "n", "achievement")


def trend(view: IndicatorView, compared_cells: CellRecords | None = None) -> Figure | None:
    """The nation over the years; None below two shown years.

    Parameters
    ----------
    compared_cells
        Cells of units, with names, that are shown with the nation from the start.
    """
    cells = sorted(view.nation, key=lambda cell: cell["year"])
    shown = shown_cells(cells)
    if len(shown) < 2:
        return None
    indicator, translator = view.indicator, view.translator
    unit_cells = sorted(compared_cells or [], key=lambda cell: (cell["unit"], cell["year"]))
    drawn_cells = [*shown, *shown_cells(unit_cells)]
    target = indicator.level_green
    targets = [] if target is None else [target]
    axis = value_axis(
        indicator, [*known_values(drawn_cells, "value", "low", "high"), *targets], translator, view.value_extent
    )
    bars = project_bars(view.improvement_projects, _years(cells))
    # The template has only the layers that this figure needs, so it depends on features and not on numbers.
    features = {
        "chosen": True,
        "target": target is not None,
        "interval": bool(known_values(drawn_cells, "low")),
        "units": bool(unit_cells),
        **{f"work{bar.lane}": True for bar in bars},
    }
    chart = FigureChart(
        layers=_layers(
            translator.language, frozenset(feature for feature, is_present in features.items() if is_present)
        ),
        rows=_rows(cells, view),
        params=[*axis.params, {"name": "target", "value": target}],
        height=HEIGHT,
        datasets=_datasets(bars, unit_cells, view),
    )
    table_cells = [*cells, *unit_cells]
    title, table = translator("figure.trend_title"), _table(table_cells, bars, view)
    alt_text = Html(
        " ".join(sentence for sentence in (_alt_text(shown, view), projects_alt_text(bars, translator)) if sentence)
    )
    return Figure(view.subject("trend"), title, alt_text, chart, table, csv_rows(table_cells))


def _datasets(bars: Sequence[ProjectBar], unit_cells: CellRecords, view: IndicatorView) -> dict[str, Records]:
    """The rows besides the nation's: projects, requested units, and those that the page adds."""
    datasets: dict[str, Records] = {"chosen": []}
    if bars:
        datasets["works"] = bar_rows(bars)
    if unit_cells:
        series_by_unit = groupby(unit_cells, key=lambda cell: cell["unit"])
        datasets["units"] = [row for _, series in series_by_unit for row in _rows(list(series), view)]
    return datasets


def _years(cells: CellRecords) -> range:
    """The years of the axis, the first to the last; those without a cell are gaps."""
    return range(int(cells[0]["year"]), int(cells[-1]["year"]) + 1)


def _rows(cells: CellRecords, view: IndicatorView) -> Records:
    """A unit's years, first to last; one that is not shown, or has no cell, has no value."""
    # A row without a value breaks line and area there, and keeps the year's position on the axis.
    rows: Records = []
    cells_by_year = {int(cell["year"]): cell for cell in cells}
    unit = cells[0]["unit"]
    for year in range(min(cells_by_year), max(cells_by_year) + 1):
        cell = cells_by_year.get(year)
        row: dict[str, Any] = {"year": year, "unit": unit, "value": None}
        if cell is not None and cell["shown"]:
            row |= chart_row(cell, view.indicator, view.translator) | {"provisional": int(cell["provisional"])}
        rows.append(row)
    rows[-1]["last"] = 1
    return rows


@cache
@debug_mode(arg=False)
def _layers(language: str, features: frozenset[str]) -> list[dict[str, Any]]:
    """The chart's template without numbers: cached, and shared by all indicators."""
    # From back to front: target, interval, nation, other units, the selected unit, projects.
    translator = get_translator(language)
    labels = value_labels(grid=True, description=translator("figure.axis_value"))
    low = alt.Y("low:Q", scale=value_scale(), axis=labels)
    y = alt.Y("value:Q", scale=value_scale(), axis=labels)
    year_axis = alt.Axis(
        labelAngle=0, labelOverlap="greedy", labelSeparation=6, title=None, description=translator("figure.axis_year")
    )
    x = alt.X("year:O", axis=year_axis)
    base = alt.Chart().encode(x=x)
    charts: list[alt.Chart] = []
    if "target" in features:
        charts += target_rule(translator("figure.target"), "y", scale=value_scale(), axis=labels)
    if "interval" in features:
        charts.append(base.mark_area(color=ACCENT, opacity=0.16).encode(y=low, y2="high:Q"))
    charts += _series_charts(base.encode(y=y), ACCENT, "circle", translator)
    for dataset_name in ("units", "chosen"):
        if dataset_name not in features:
            continue
        colour, shape = (CHOSEN, "diamond") if dataset_name == "chosen" else (INK, "square")
        unit_base = alt.Chart(alt.NamedData(name=dataset_name)).encode(x=x, detail="unit:N")
        # On a phone a long name is truncated; the text above the figure has it in full.
        label_limit = alt.ExprRef("width - 10")
        label = unit_base.mark_text(
            color=colour, fontWeight="bold", align="right", baseline="bottom", dy=-10, dx=8, limit=label_limit
        )
        charts.append(unit_base.mark_rule(color=colour, opacity=0.5).encode(y=low, y2="high:Q"))
        charts += _series_charts(unit_base.encode(y=y), colour, shape, translator)
        is_last = alt.FieldEqualPredicate(field="last", equal=1)
        charts.append(label.transform_filter(is_last).encode(y=y, text="unit:N"))
    for feature in sorted(feature for feature in features if feature.startswith("work")):
        charts += _project_bar_charts(int(feature.removeprefix("work")), x)
    return layer_specs(charts)


def _project_bar_charts(lane: int, x: alt.X) -> list[alt.Chart]:
    """The projects of one lane: a bar over the years of each, and its letter where the bar begins."""
    # Negative pixels are above the plot; the SVG renderer makes room for them.
    y = alt.value(-_LANE_HEIGHT * lane - _LANE_HEIGHT / 2 - 2)
    base = alt.Chart(alt.NamedData(name="works")).transform_filter(alt.FieldEqualPredicate(field="lane", equal=lane))
    bar = base.mark_rule(color=QUIET, strokeWidth=_LANE_HEIGHT - 4, strokeCap="square", opacity=0.3)
    letter = base.mark_text(color=INK, fontWeight="bold", fontSize=11, baseline="middle")
    return [bar.encode(x=x, x2="to:O", y=y), letter.encode(x=x, y=y, text="letter:N")]


def _series_charts(chart: alt.Chart, colour: str, shape: str, translator: Translator) -> list[alt.Chart]:
    """A series: solid over its final years, dashed to its provisional ones, a symbol for each year."""
    # The dashed line is drawn over all years and the solid one on top of it over the final ones, so that the dashes
    # begin at the last final year.
    is_provisional = alt.FieldEqualPredicate(field="provisional", equal=1)
    description = alt.ExprRef("datum.unit+', '+datum.year+': '+datum.text")
    return [
        chart.mark_line(color=colour, strokeWidth=2, strokeDash=[4, 4]),
        chart.mark_line(color=colour, strokeWidth=2.5).transform_filter({"not": is_provisional.to_dict()}),
        chart.mark_point(
            aria=True,
            description=description,
            shape=shape,
            size=70,
            opacity=1,
            stroke=colour,
            strokeWidth=2,
            filled=True,
        ).encode(
            fill=alt.condition(is_provisional, alt.value(PAPER), alt.value(colour)),
            tooltip=tooltips(translator, unit="unit", year="year", text="value"),
        ),
    ]


def _alt_text(shown: CellRecords, view: IndicatorView) -> str:
    translator, end_cells = view.translator, {"start": shown[0], "end": shown[-1]}
    numbers: dict[str, Any] = {
        f"{name}_value": value_html(cell, view.indicator, translator, cell_address(year=int(cell["year"])))
        for name, cell in end_cells.items()
    }
    text = translator.html(
        "figure.trend_alt",
        title=view.indicator.title,
        first=year_html(shown[0]["year"]),
        last=year_html(shown[-1]["year"]),
        target=translator.target_html(view.indicator),
        **numbers,
    )
    return text.strip()


def _table(cells: CellRecords, bars: Sequence[ProjectBar], view: IndicatorView) -> FigureTable:
    # Columns for units and projects only when there are any; with units, each row has its own unit's cell address.
    has_units = len({cell["orgnr"] for cell in cells}) > 1
    rows, footnotes = [], view.footnotes(cells)
    for cell in cells:
        year = str(cell["year"]) + (f" ({view.translator('figure.provisional')})" if cell["provisional"] else "")
        unit_column = (FigureCell(str(cell["unit"])),) if has_units else ()
        result_cells = value_cells(cell, view.indicator, view.translator, view.not_shown_text(cell, footnotes))
        project_column = (FigureCell(letters_in_year(bars, int(cell["year"]))),) if bars else ()
        address = cell_address(year=int(cell["year"]), unit=cell["orgnr"] if has_units else "")
        rows.append(
            FigureRow(
                (*unit_column, FigureCell(year, int(cell["year"])), *result_cells, *project_column), address=address
            )
        )
    columns = (("unit",) if has_units else ()) + _COLUMNS + (("works",) if bars else ())
    roles = (("unit",) if has_units else ()) + _ROLES + (("text",) if bars else ())
    labels = tuple(view.translator(f"table.{name}") for name in columns)
    return FigureTable(labels, roles, tuple(rows), footnotes=footnotes.marked_sentences(view.translator))
