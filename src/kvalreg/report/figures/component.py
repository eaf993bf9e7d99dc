"""The HTML component of every figure: static SVG, alternative text, table, downloads, link, and the chart's spec.

Input: a chart's layers and rows, with the same numbers as text. Output: a `<figure>` that displays without JavaScript.
Its attributes are the interface to the site's JavaScript; docs/figures.md lists them.
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

from kvalreg.report.cell_markup import Html, cell_attribute, label_attribute, labelled_text, source_link
from kvalreg.report.drawing import CHART_PLACEHOLDER, svg_or_placeholder
from kvalreg.report.figures.chart_data import Records, compact_data, to_columns
from kvalreg.report.figures.theme import CONFIG, SINGLE_ROW
from kvalreg.report.footnotes import LIMIT_ROLE
from kvalreg.report.html_fragment import HtmlFragment, html_fragment
from kvalreg.report.markup import escape
from kvalreg.report.spreadsheet import as_text
from kvalreg.report.translation import Translator

_URL_RESERVED = re.compile(r"[^\w.~;,:()+/-]+")
"""Characters that a URL in HTML must percent-encode; letters such as å may stay (they are encoded on use)."""


@dataclass(frozen=True)
class FigureCell:
    """A cell of a table: its text, and its sort key when that differs; empty text is always sorted last."""

    text: str
    sort: float | int | str | None = None


@dataclass(frozen=True)
class FigureRow:
    """A row of a table; `orgnr` when it is about one unit, else `address` with the row's part of the cell address."""

    cells: tuple[FigureCell, ...]
    orgnr: str = ""
    address: str = ""


@dataclass(frozen=True)
class FigureTable:
    """The figure's numbers as text.

    Parameters
    ----------
    headings
        One column label per column; a row's first cell is its heading.
    roles
        The role of each column's numbers.
    has_unit_counts
        True when rows count units, so that no number is the result of a unit.
    footnotes
        Why values are not shown.
    """

    headings: tuple[str, ...]
    roles: tuple[str, ...]
    rows: tuple[FigureRow, ...]
    has_unit_counts: bool = False
    footnotes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FigureChart:
    """The chart: Vega-Lite in parts.

    Parameters
    ----------
    layers
        A template without numbers, shared by all figures of a kind.
    rows
        Published cells only.
    params
        The differences between figures of a kind: ends of the axis, the target.
    datasets
        Further rows, by name. The page fills an empty one called ``chosen`` with the selected unit.
    height
        Pixels.
    """

    layers: list[dict[str, Any]]
    rows: Records
    params: list[dict[str, Any]]
    height: int
    datasets: Mapping[str, Records] = field(default_factory=dict)

    @property
    def spec(self) -> dict[str, Any]:
        """The complete chart as Vega-Lite."""
        size = {"width": "container", "height": self.height, "background": "transparent"}
        content = {"params": [{"name": "chosen", "value": ""}, *self.params], "data": {"values": self.rows}}
        return {
            **size,
            **content,
            "datasets": {SINGLE_ROW: [{}], **self.datasets},
            "layer": self.layers,
            "config": CONFIG,
        }


@dataclass(frozen=True)
class FigureSubject:
    """The subject of a figure, for its id and attributes; `cell_address` is the address of its cells."""

    kind: str
    anchor: str
    ind_id: str
    context: str
    cell_address: str = ""


@dataclass(frozen=True)
class Figure:
    """A chart with its caption, alternative text, table and file.

    Parameters
    ----------
    title, alt
        Caption, and the alternative text: what the chart shows, with tagged numbers.
    table
        The same numbers as text.
    csv_rows
        The same numbers for programs.
    note
        How to read it, when that is not obvious; HTML when it has a number.
    """

    subject: FigureSubject
    title: str
    alt: Html
    chart: FigureChart
    table: FigureTable
    csv_rows: Records
    note: str = ""

    def with_provisional_mark(self, year: int, translator: Translator) -> Figure:
        """The same figure, whose caption and alternative text state that a year's numbers are provisional."""
        key = "figure.provisional_title" if str(year) in self.title else "figure.provisional_year"
        caption = translator(key, title=self.title, year=year)
        alt_note = translator.html("figure.provisional_alt", year=year)
        return replace(self, title=caption, alt=Html(f"{self.alt} {alt_note}"))

    def to_fragment(self, translator: Translator) -> HtmlFragment:
        """The figure as HTML."""
        subject = self.subject
        # A chart that our own renderer does not support is rendered by Vega from the spec in the page, which must then
        # be complete; otherwise the spec is for the page's JavaScript, which restores the rows from file and table.
        svg = svg_or_placeholder(self.chart.spec)
        spec = self.chart.spec if svg == CHART_PLACEHOLDER else self._compact_spec()
        attributes = (
            f'data-figure="{subject.kind}" data-ind="{escape(subject.ind_id)}" data-context="{subject.context}"'
        )
        attributes += cell_attribute(subject.cell_address)
        # Labels of the buttons that JavaScript adds: it has no translations of its own.
        png_label, svg_label = (escape(translator(f"figure.download_{format_}")) for format_ in ("png", "svg"))
        download_labels = f'data-png="{png_label}" data-svg="{svg_label}"'
        note_html = self.note if isinstance(self.note, Html) else escape(self.note)
        note = f'<p class="kv-note">{note_html}</p>\n' if self.note else ""
        labelled_alt = labelled_text(self.alt)
        label = f'aria-label="{escape(labelled_alt.text)}"{label_attribute(labelled_alt.label)}'
        registry = subject.cell_address.partition("/")[0]
        source = f"<p>{source_link(translator('number.link'), registry, subject.ind_id)}</p>" if registry else ""
        return html_fragment(
            f'<figure class="kv-figure" id="{escape(subject.anchor)}" {attributes} {download_labels}>\n'
            f"<figcaption>{escape(self.title)}</figcaption>\n"
            f'<div class="kv-chart" role="img" {label}>{svg}</div>\n{note}'
            f'<details class="kv-data"><summary>{escape(translator("figure.show_data"))}</summary>\n'
            f"{table_html(self.table, self.title)}{source}</details>\n"
            f'<p class="kv-downloads"><a class="kv-csv" download="{escape(subject.anchor)}.csv"'
            f' href="{escape(_csv_data_url(self.csv_rows))}">{escape(translator("figure.download_csv"))}</a>'
            f'<a class="kv-address" href="#{escape(subject.anchor)}">{escape(translator("figure.address"))}</a></p>\n'
            f'<script type="application/json" class="kv-spec">{script_json(spec)}</script>\n'
            "</figure>"
        )

    def _compact_spec(self) -> dict[str, Any]:
        """The chart without the values that the figure's file and table have."""
        datasets = {name: to_columns(rows) for name, rows in self.chart.datasets.items()}
        data = compact_data(self.chart.rows, self.csv_rows, self.table.rows)
        return {**self.chart.spec, "data": data, "datasets": {SINGLE_ROW: [{}], **datasets}}


def table_html(table: FigureTable, label: str) -> str:
    """A plain table in a labelled box that scrolls by itself; the page's JavaScript makes it sortable."""
    columns = zip(table.headings, table.roles, strict=True)
    heading = "".join(f'<th scope="col" data-kv-role="{role}">{escape(text)}</th>' for text, role in columns)
    rows = "\n".join(_row_html(row) for row in table.rows)
    classes = "kv-table kv-counts" if table.has_unit_counts else "kv-table"
    footnotes = "".join(f'\n<p class="kv-note"{LIMIT_ROLE}>{escape(footnote)}</p>' for footnote in table.footnotes)
    return (
        f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{escape(label)}">'
        f'<table class="{classes}" data-sortable><thead><tr>{heading}</tr></thead>\n<tbody>{rows}</tbody></table></div>'
        f"{footnotes}"
    )


def _cell_html(cell: FigureCell) -> str:
    """A cell, with its sort key when that is not its text."""
    sort = "" if cell.sort is None or str(cell.sort) == cell.text else f' data-sort="{cell.sort}"'
    return f"<td{sort}>{escape(cell.text)}</td>"


def script_json(value: object) -> str:
    """JSON that is safe inside a `<script>` and inside a raw block of Markdown."""
    # A "</script>" or "<!--" in a text would end or change the element, whatever it is quoted by; backticks would end a
    # raw block. All are equal in JSON to their escapes.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("`", "\\u0060")


def _row_html(row: FigureRow) -> str:
    attribute = f' data-unit="{escape(row.orgnr)}"' if row.orgnr else cell_attribute(row.address)
    cells = "".join(_cell_html(cell) for cell in row.cells[1:])
    return f'<tr{attribute}><th scope="row">{escape(row.cells[0].text)}</th>{cells}</tr>'


def _csv_data_url(rows: Records) -> str:
    """The file as a data URL, which needs no server. Percent-encoding compresses well; base64 does not."""
    # As Norwegian Excel expects: semicolons, decimal commas, CRLF, and a byte order mark (%EF%BB%BF) for UTF-8.
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(rows[0])
    writer.writerows(
        [_decimal_comma(one) if type(one) is float else as_text(one) for one in row.values()] for row in rows
    )
    return "data:text/csv;charset=utf-8,%EF%BB%BF" + _URL_RESERVED.sub(
        lambda match: _percent_encode(match[0]), buffer.getvalue()
    )


@cache
def _percent_encode(characters: str) -> str:
    """Percent-encoded characters. Cached: a page has thousands, and few different ones."""
    return quote(characters)


@lru_cache(maxsize=1 << 14)
def _decimal_comma(number: float) -> str:
    return str(number).replace(".", ",")
