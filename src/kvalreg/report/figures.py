"""Figures: Altair charts as components that show without JavaScript.

Comes in: published cells. Goes out: a `<figure>` with a pre-rendered SVG, alt text, a data table, a CSV download and
the Vega-Lite spec that takes over when the figure comes into view. A hidden cell is in none of them.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import math
from dataclasses import dataclass
from html import escape
from typing import Any

import altair as alt
import pandas as pd
from altair.utils.schemapi import debug_mode

from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.display import Piece, html_piece
from kvalreg.report.drawing import UNDRAWN
from kvalreg.report.wording import Words

ACCENT, GREY, TARGET = "#0b5c8f", "#5c6670", "#3d6b35"
SHAPES = {"high": "circle", "moderate": "diamond", "low": "triangle-down", "": "square"}
FILLS = {"high": "#0b5c8f", "moderate": "#8fb8d8", "low": "#ffffff", "": "#5c6670"}


_CONFIG = {
    "aria": False,
    "font": "system-ui, Roboto, sans-serif",
    "padding": 6,
    "axis": {"labelFontSize": 13, "labelColor": "#2b3238", "domainColor": "#b9c0c6", "gridColor": "#e4e8eb"},
    "text": {"color": TARGET, "fontWeight": "bold", "fontSize": 12},
    "view": {"stroke": None},
}
_as_written = debug_mode(False)
"""Altair checks every part of a chart as it is made, which takes longer than drawing it; a test checks the whole."""


@dataclass(frozen=True)
class Table:
    """The figure's numbers as a reader sees them: a heading row and rows of text."""

    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Figure:
    """A chart with all that must stand beside it.

    Parameters
    ----------
    anchor
        Id on the page, unique there.
    title, alt
        Caption, and the text for those who do not see the chart: what it shows, with numbers.
    layers
        The chart's layers as Vega-Lite, without data.
    rows
        What the chart draws: published cells only.
    height
        Pixels.
    table
        The same numbers as text.
    """

    anchor: str
    title: str
    alt: str
    layers: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    height: int
    table: Table

    @property
    def spec(self) -> dict[str, Any]:
        """The whole chart as Vega-Lite."""
        size = {"width": "container", "height": self.height, "background": "transparent"}
        return {**size, "data": {"values": self.rows}, "layer": self.layers, "config": _CONFIG}

    def piece(self, words: Words) -> Piece:
        """The figure as HTML."""
        return html_piece(
            f'<figure class="kv-figure" id="{escape(self.anchor)}">\n'
            f"<figcaption>{escape(self.title)}</figcaption>\n"
            f'<div class="kv-chart" role="img" aria-label="{escape(self.alt)}">{UNDRAWN}</div>\n'
            f'<details class="kv-data"><summary>{escape(words("figure.show_data"))}</summary>\n'
            f"{table_html(self.table, self.title)}\n"
            f'<p class="kv-downloads"><a download="{escape(self.anchor)}.csv" href="{_csv_uri(self.table)}">'
            f"{escape(words('figure.download_csv'))}</a></p></details>\n"
            f'<script type="application/json" class="kv-spec">{_json(self.spec)}</script>\n'
            "</figure>"
        )


@_as_written
def trend(anchor: str, indicator: Indicator, cells: pd.DataFrame, words: Words) -> Figure | None:
    """The nation over the years, with interval, target and dashed provisional years; None below two years."""
    shown = cells[cells["shown"]].sort_values("year")
    if len(shown) < 2:
        return None
    data = _chart_rows(shown, indicator, words)
    scale = _scale(indicator, shown)
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy"))
    y = alt.Y("value:Q", title=None, scale=scale, axis=_axis(indicator, words))
    base = alt.Chart().encode(x=x)
    tips = [alt.Tooltip("year:O", title=words("table.year")), alt.Tooltip("text:N", title=words("table.value"))]
    layers: list[alt.Chart] = []
    if shown["low"].notna().any():
        layers.append(
            base.mark_area(color=ACCENT, opacity=0.15).encode(y=alt.Y("low:Q", title=None, scale=scale), y2="high:Q")
        )
    layers += [
        base.mark_line(color=ACCENT, strokeWidth=2.5).transform_filter("!datum.provisional").encode(y=y),
        base.mark_line(color=ACCENT, strokeWidth=2.5, strokeDash=[5, 4]).transform_filter("datum.dashed").encode(y=y),
        base.mark_point(size=70, filled=True, opacity=1, stroke=ACCENT)
        .encode(
            y=y,
            fill=alt.condition("datum.provisional", alt.value("#ffffff"), alt.value(ACCENT)),
            tooltip=tips,
        ),
    ]  # fmt: skip
    first, last = shown.iloc[0], shown.iloc[-1]
    text = words(
        "figure.trend_alt",
        title=indicator.title,
        first=first["year"],
        last=last["year"],
        start_value=words.value(indicator, first["value"]),
        end_value=words.value(indicator, last["value"]),
        target=words.target(indicator),
    )
    drawn = [*_target_rule(indicator, words, scale, along="y"), *_layers(layers)]
    return Figure(
        anchor, words("figure.trend_title"), text.strip(), drawn, data, 220, _trend_table(cells, indicator, words)
    )


@_as_written
def compare(anchor: str, indicator: Indicator, cells: pd.DataFrame, view: Comparison) -> Figure | None:
    """The units of one level side by side, by value, with intervals; None when fewer than two are shown."""
    words = view.words
    shown = cells[cells["shown"]].sort_values(["value", "unit"], ascending=[indicator.level_direction == 0, True])
    if len(shown) < 2:
        return None
    data = _chart_rows(shown, indicator, words)
    scale = _scale(indicator, shown)
    y = alt.Y(
        "unit:N",
        title=None,
        sort=[row["unit"] for row in data],
        axis=alt.Axis(labelLimit=170, labelLineHeight=12, labelExpr="split(datum.label, ', ')", ticks=False),
    )
    x = alt.X("value:Q", title=None, scale=scale, axis=_axis(indicator, words))
    base = alt.Chart().encode(y=y)
    shape = alt.Shape("achievement:N", scale=alt.Scale(domain=list(SHAPES), range=list(SHAPES.values())), legend=None)
    fill = alt.Fill("achievement:N", scale=alt.Scale(domain=list(FILLS), range=list(FILLS.values())), legend=None)
    tips = [alt.Tooltip("unit:N", title=words("table.unit")), alt.Tooltip("text:N", title=words("table.value"))]
    if indicator.level_green is not None:
        tips.append(alt.Tooltip("level:N", title=words("table.level")))
    layers: list[alt.Chart] = []
    if shown["low"].notna().any():
        layers.append(
            base.mark_rule(color=GREY, strokeWidth=1.5).encode(x=alt.X("low:Q", title=None, scale=scale), x2="high:Q")
        )
    layers.append(
        base.mark_point(size=75, opacity=1, stroke=ACCENT, strokeWidth=1.5).encode(
            x=x, shape=shape, fill=fill, tooltip=tips
        )
    )
    drawn = [*_target_rule(indicator, words, scale, along="x"), *_layers(layers)]
    values = [words.value(indicator, value) for value in (shown["value"].min(), shown["value"].max())]
    text = words(
        "figure.compare_alt",
        title=indicator.title,
        year=view.year,
        count=len(shown),
        unit_word=words(f"units.{view.level}"),
        lowest=values[0],
        highest=values[1],
        nation=view.nation,
        target=words.target(indicator),
    )
    title = words("figure.compare_title", unit_word=words(f"units.{view.level}"), year=view.year)
    table = _unit_table(cells, indicator, view)
    height = max(120, 22 * len(shown))
    return Figure(anchor, title[0].upper() + title[1:], text.strip(), drawn, data, height, table)


@dataclass(frozen=True)
class Comparison:
    """What a comparison of units is about: the year, the level, the nation's value as text."""

    words: Words
    year: int
    level: str
    nation: str


def table_html(table: Table, label: str) -> str:
    """A plain table in a labelled box that scrolls by itself; the first cell of a row is its heading."""
    heading = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.heading)
    rows = "\n".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(c)}</td>" for c in row[1:]) + "</tr>"
        for row in table.rows
    )
    return (
        f'<div class="kv-scroll" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table class="kv-table"><thead><tr>{heading}</tr></thead>\n<tbody>{rows}</tbody></table></div>'
    )


def level_text(cell: pd.Series[Any], words: Words) -> str:
    """Level and certainty of a shown cell in words: ``Sikkert høy``, or the level with its doubt."""
    if not cell["achievement"]:
        return words("levels.none")
    return words(f"levels.{cell['achievement']}_{cell['certainty'] or 'unknown'}")


def _trend_table(cells: pd.DataFrame, indicator: Indicator, words: Words) -> Table:
    names = ("year", "value", "interval", "patients", "certainty")
    rows = []
    for _, cell in cells.sort_values("year").iterrows():
        year = str(cell["year"]) + (f" ({words('figure.provisional')})" if cell["provisional"] else "")
        rows.append((year, *cell_texts(cell, indicator, words)))
    return Table(tuple(words(f"table.{name}") for name in names), tuple(rows))


def _unit_table(cells: pd.DataFrame, indicator: Indicator, view: Comparison) -> Table:
    names = ("unit", "value", "interval", "patients", "certainty")
    ordered = cells.sort_values(["shown", "value", "unit"], ascending=[False, indicator.level_direction == 0, True])
    rows = [(str(cell["unit"]), *cell_texts(cell, indicator, view.words)) for _, cell in ordered.iterrows()]
    return Table(tuple(view.words(f"table.{name}") for name in names), tuple(rows))


def cell_texts(cell: pd.Series[Any], indicator: Indicator, words: Words) -> tuple[str, str, str, str]:
    """A cell as text: value, interval, patients, certainty; every one of them hidden when the cell is."""
    if not cell["shown"]:
        return (words("states.hidden"), "", "", "")
    interval = words.interval(indicator, cell["low"], cell["high"]) if pd.notna(cell["low"]) else ""
    patients = words.patients(indicator, cell["denominator"])
    return (words.value(indicator, cell["value"]), interval, patients, level_text(cell, words))


def _chart_rows(shown: pd.DataFrame, indicator: Indicator, words: Words) -> list[dict[str, Any]]:
    """The rows a chart embeds: rounded to what is drawn, with the text of the tooltip."""
    rows: list[dict[str, Any]] = []
    provisional = shown["provisional"].tolist()
    for place, (_, cell) in enumerate(shown.iterrows()):
        row: dict[str, Any] = {"year": int(cell["year"]), "value": _drawn(cell["value"])}
        if pd.notna(cell["low"]):
            row |= {"low": _drawn(cell["low"]), "high": _drawn(cell["high"])}
        if "unit" in shown:
            row |= {"unit": cell["unit"], "achievement": cell["achievement"], "level": level_text(cell, words)}
        next_is_provisional = place + 1 < len(provisional) and provisional[place + 1]
        row |= {"provisional": provisional[place], "dashed": provisional[place] or bool(next_is_provisional)}
        rows.append(row | {"text": words.value(indicator, cell["value"])})
    return rows


def _drawn(value: float) -> float:
    return float(f"{value:.5g}")


def _axis(indicator: Indicator, words: Words) -> alt.Axis:
    """Round numbers with the language's own signs: ``80 %``, ``1,5``."""
    if indicator.type.share:
        label = "format(datum.value * 100, '.0f') + ' %'"
    else:
        label = f"replace(format(datum.value, '{indicator.sformat.lstrip(',')}'), '.', '{words.decimal_sign}')"
    return alt.Axis(grid=True, tickCount=5, labelExpr=label)


def _scale(indicator: Indicator, shown: pd.DataFrame) -> alt.Scale:
    """Whole tens of per cent around everything drawn, so that points and intervals fill the figure."""
    if not indicator.type.share:
        return alt.Scale(zero=True, nice=True)
    drawn = [*shown["value"], *shown["low"].dropna(), *shown["high"].dropna()]
    drawn += [] if indicator.level_green is None else [indicator.level_green]
    lowest, highest = math.floor(min(drawn) * 10) / 10, min(1.0, math.ceil(max(drawn) * 10 + 0.2) / 10)
    return alt.Scale(domain=[lowest, highest])


def _target_rule(indicator: Indicator, words: Words, scale: alt.Scale, along: str) -> list[dict[str, Any]]:
    """The target as a dotted line with its word, drawn once and not once per row."""
    if indicator.level_green is None:
        return []
    rule = alt.Chart().mark_rule(color=TARGET, strokeWidth=2, strokeDash=[2, 3])
    label = alt.Chart().encode(text=alt.datum(words("figure.target")))
    if along == "y":
        y = alt.YDatum(indicator.level_green, title=None, scale=scale)
        layers = [rule.encode(y=y), label.mark_text(align="left", dy=-8).encode(y=y, x=alt.value(4))]
    else:
        x = alt.XDatum(indicator.level_green, title=None, scale=scale)
        layers = [rule.encode(x=x), label.mark_text(baseline="bottom", dy=-4).encode(x=x, y=alt.value(0))]
    return [{**layer, "data": {"values": [{}]}} for layer in _layers(layers)]


def _layers(charts: list[alt.Chart]) -> list[dict[str, Any]]:
    """The charts as layers of one: Altair's own layering copies everything several times."""
    specs = [chart.to_dict(validate=False) for chart in charts]
    return [{key: spec[key] for key in ("mark", "encoding", "transform") if key in spec} for spec in specs]


def _json(spec: dict[str, Any]) -> str:
    text = json.dumps(spec, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _csv_uri(table: Table) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows([table.heading, *table.rows])
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(text.getvalue().encode("utf-8-sig")).decode()
