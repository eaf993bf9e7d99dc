"""The component that every figure is: drawing, alt text, table, downloads, address, and the chart itself.

Comes in: a chart's layers and rows, with the same numbers as text. Goes out: one `<figure>`, which shows without
JavaScript. What the site's JavaScript needs of it is in its attributes; docs/figures.md lists them.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

from kvalreg.report.cell_markup import Html, cell_attribute, label_attribute, source_link, statement
from kvalreg.report.display import Piece, html_piece
from kvalreg.report.drawing import UNDRAWN, drawing
from kvalreg.report.figures.chart_data import Rows, columns_of, data_told
from kvalreg.report.figures.theme import CONFIG, ONCE
from kvalreg.report.markup import escape
from kvalreg.report.not_shown import LIMIT
from kvalreg.report.wording import Words

_QUOTED = re.compile(r"[^\w.~;,:()+/-]+")
"""What an address in a page may not hold as it is; letters such as å it may."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, and what it is sorted by where that differs; empty text is always last."""

    text: str
    sort: float | int | str | None = None


@dataclass(frozen=True)
class Line:
    """A row of a table; `orgnr` where it tells of one unit, `address` where it differs from the others otherwise."""

    cells: tuple[Cell, ...]
    orgnr: str = ""
    address: str = ""


@dataclass(frozen=True)
class Table:
    """The figure's numbers as a reader sees them.

    Parameters
    ----------
    heading
        One word per column; a row's first cell is its heading.
    roles
        What the numbers of each column are.
    counts
        True where rows count units, so that none of them is the result of a unit.
    notes
        What stands below: why values are not shown.
    """

    heading: tuple[str, ...]
    roles: tuple[str, ...]
    lines: tuple[Line, ...]
    counts: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chart:
    """What is drawn: Vega-Lite in parts.

    Parameters
    ----------
    layers
        A template without numbers, shared by all figures of a kind.
    rows
        Published cells only.
    params
        What differs between figures of a kind: where the axis ends, where the target is.
    datasets
        More rows, by name. An empty one called ``chosen`` is filled by the page with the reader's own unit.
    height
        Pixels.
    """

    layers: list[dict[str, Any]]
    rows: Rows
    params: list[dict[str, Any]]
    height: int
    datasets: Mapping[str, Rows] = field(default_factory=dict)

    @property
    def spec(self) -> dict[str, Any]:
        """The whole chart as Vega-Lite."""
        size = {"width": "container", "height": self.height, "background": "transparent"}
        given = {"params": [{"name": "chosen", "value": ""}, *self.params], "data": {"values": self.rows}}
        return {**size, **given, "datasets": {ONCE: [{}], **self.datasets}, "layer": self.layers, "config": CONFIG}


@dataclass(frozen=True)
class Subject:
    """What a figure is about, which its address and its attributes tell; `cell` is the address of its cells."""

    kind: str
    anchor: str
    ind_id: str
    context: str
    cell: str = ""


@dataclass(frozen=True)
class Figure:
    """A chart with all that must stand beside it.

    Parameters
    ----------
    title, alt
        Caption, and the text for those who do not see the chart: what it shows, with numbers that say which they are.
    table
        The same numbers as text.
    file
        The same numbers for programs: a heading and rows.
    note
        How to read it, where that is not plain; HTML where a number stands in it.
    """

    subject: Subject
    title: str
    alt: Html
    chart: Chart
    table: Table
    file: Rows
    note: str = ""

    def marked_provisional(self, year: int, words: Words) -> Figure:
        """The same figure, whose caption and alternative text say that its numbers of a year are provisional."""
        key = "figure.provisional_title" if str(year) in self.title else "figure.provisional_year"
        caption = words(key, title=self.title, year=year)
        told = words.html("figure.provisional_alt", year=year)
        return replace(self, title=caption, alt=Html(f"{self.alt} {told}"))

    def piece(self, words: Words) -> Piece:
        """The figure as HTML."""
        subject = self.subject
        drawn = drawing(self.chart.spec)
        spec = self.chart.spec if drawn == UNDRAWN else self._light_spec()
        ids = f'data-figure="{subject.kind}" data-ind="{escape(subject.ind_id)}" data-context="{subject.context}"'
        ids += cell_attribute(subject.cell)
        labels = f'data-png="{escape(words("figure.download_png"))}" data-svg="{escape(words("figure.download_svg"))}"'
        text = self.note if isinstance(self.note, Html) else escape(self.note)
        note = f'<p class="kv-note">{text}</p>\n' if self.note else ""
        said = statement(self.alt)
        label = f'aria-label="{escape(said.text)}"{label_attribute(said.label)}'
        registry = subject.cell.partition("/")[0]
        source = f"<p>{source_link(words('number.link'), registry, subject.ind_id)}</p>" if registry else ""
        return html_piece(
            f'<figure class="kv-figure" id="{escape(subject.anchor)}" {ids} {labels}>\n'
            f"<figcaption>{escape(self.title)}</figcaption>\n"
            f'<div class="kv-chart" role="img" {label}>{drawn}</div>\n{note}'
            f'<details class="kv-data"><summary>{escape(words("figure.show_data"))}</summary>\n'
            f"{table_html(self.table, self.title)}{source}</details>\n"
            f'<p class="kv-downloads"><a class="kv-csv" download="{escape(subject.anchor)}.csv"'
            f' href="{escape(_csv_address(self.file))}">{escape(words("figure.download_csv"))}</a>'
            f'<a class="kv-address" href="#{escape(subject.anchor)}">{escape(words("figure.address"))}</a></p>\n'
            f'<script type="application/json" class="kv-spec">{script_json(spec)}</script>\n'
            "</figure>"
        )

    def _light_spec(self) -> dict[str, Any]:
        """The chart without what the figure's file and table tell."""
        given = {name: columns_of(rows) for name, rows in self.chart.datasets.items()}
        data = data_told(self.chart.rows, self.file, self.table.lines)
        return {**self.chart.spec, "data": data, "datasets": {ONCE: [{}], **given}}


def table_html(table: Table, label: str) -> str:
    """A plain table in a labelled box that scrolls by itself, which the page lets a reader sort."""
    heads = zip(table.heading, table.roles, strict=True)
    heading = "".join(f'<th scope="col" data-kv-role="{role}">{escape(text)}</th>' for text, role in heads)
    rows = "\n".join(_line_html(line) for line in table.lines)
    kind = "kv-table kv-counts" if table.counts else "kv-table"
    notes = "".join(f'\n<p class="kv-note"{LIMIT}>{escape(note)}</p>' for note in table.notes)
    return (
        f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{escape(label)}">'
        f'<table class="{kind}" data-sortable><thead><tr>{heading}</tr></thead>\n<tbody>{rows}</tbody></table></div>'
        f"{notes}"
    )


def _cell_html(cell: Cell) -> str:
    """A cell, and what it is sorted by where that is not its text."""
    sort = "" if cell.sort is None or str(cell.sort) == cell.text else f' data-sort="{cell.sort}"'
    return f"<td{sort}>{escape(cell.text)}</td>"


def script_json(value: object) -> str:
    """JSON that may stand inside a `<script>`."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("`", "\\u0060")


def _line_html(line: Line) -> str:
    unit = f' data-unit="{escape(line.orgnr)}"' if line.orgnr else cell_attribute(line.address)
    cells = "".join(_cell_html(cell) for cell in line.cells[1:])
    return f'<tr{unit}><th scope="row">{escape(line.cells[0].text)}</th>{cells}</tr>'


def _csv_address(rows: Rows) -> str:
    """The file as an address of its own, which needs no server. Percent signs compress; base64 would not."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(rows[0])
    writer.writerows([_comma(value) if type(value) is float else value for value in row.values()] for row in rows)
    return "data:text/csv;charset=utf-8,%EF%BB%BF" + _QUOTED.sub(lambda found: _quote(found[0]), text.getvalue())


@cache
def _quote(signs: str) -> str:
    """Signs as an address has them: few differ, and a page has thousands."""
    return quote(signs)


@lru_cache(maxsize=1 << 14)
def _comma(number: float) -> str:
    return str(number).replace(".", ",")
