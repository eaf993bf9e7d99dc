"""Tables of results for the site's own pages: one line for each indicator of a unit, or for each unit of an indicator.

Comes in: published cells with what their lines are called. Goes out: HTML with a word and a symbol for every level,
a note for each reason why a value is not shown, and attributes that tell filters and the audit what a line is about.
Made by hand and not with great-tables, since a national site has tens of thousands of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kvalreg.inputs.descriptor import MIN_SECRET_BELOW, Indicator
from kvalreg.report.cell_markup import source_link
from kvalreg.report.figures.cells import PublishedCell
from kvalreg.report.footnotes import Footnotes, not_shown_reason
from kvalreg.report.indicator_table import COLUMN_ROLES, CellContent, result_contents, target_content
from kvalreg.report.markup import escape
from kvalreg.report.translation import Translator

SELECTED_UNIT_COLUMNS = {"unit": "yours.hospital", "above": "yours.hf"}
"""Columns that the page fills in once the reader has chosen a unit."""


@dataclass(frozen=True)
class ResultRow:
    """One line.

    Parameters
    ----------
    name
        What the line is called, as finished HTML.
    words
        The page's language, and that of the registry's own texts.
    attributes
        More attributes of the row: ``data-kv-cell`` for the audit, ``data-f-...`` for filters.
    sort
        What the name is sorted by.
    secret_below
        The number below which the indicator's numbers of patients are secret.
    """

    name: str
    indicator: Indicator
    cell: PublishedCell
    translator: Translator
    attributes: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    secret_below: int = MIN_SECRET_BELOW


@dataclass(frozen=True)
class TableOptions:
    """What a table is called, its columns, and what its lines have in common.

    Parameters
    ----------
    columns
        Of ``indicator`` or ``unit`` first, then ``value``, ``unit``, ``above``, ``patients``, ``target``, ``level``,
        ``change``.
    anchor
        What the ids of its notes begin with; no other table of the page has the same.
    attributes
        ``data-kv-cell`` with what holds for every line.
    source
        The registry, and the indicator where all lines are of one, whose rows of open data the numbers come from.
    """

    caption: str
    columns: tuple[str, ...]
    anchor: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    source: tuple[str, ...] = ()


def results_table(rows: Sequence[ResultRow], options: TableOptions, translator: Translator) -> str:
    """A table in a box that scrolls by itself where the page is narrow, and its notes."""
    first_column, *other_columns = options.columns
    labels = {name: escape(translator(SELECTED_UNIT_COLUMNS.get(name, f"table.{name}"))) for name in other_columns}
    selected_class = ' class="kv-yours-head"'
    header_cells = "".join(
        f'<th scope="col"{selected_class if name in SELECTED_UNIT_COLUMNS else ""} data-kv-role="{COLUMN_ROLES.get(name, name)}">{label}</th>'
        for name, label in labels.items()
    )
    footnotes = Footnotes((not_shown_reason(row.cell, row.indicator, row.secret_below) for row in rows), options.anchor)
    body = "\n".join(_row_html(row, labels, footnotes) for row in rows)
    caption = escape(options.caption)
    source = f"<p>{source_link(translator('number.link'), *options.source)}</p>" if options.source else ""
    return (
        f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{caption}">'
        f'<table class="kv-table kv-stack" data-sortable{attributes_html(options.attributes)}><caption>{caption}</caption>'
        f'<thead><tr><th scope="col" data-kv-role="{first_column}">{escape(translator(f"table.{first_column}"))}</th>{header_cells}</tr>'
        "</thead>\n"
        f"<tbody>{body}</tbody></table></div>{footnotes.to_html(translator)}{source}"
    )


def attributes_html(attributes: Mapping[str, str]) -> str:
    """Attributes as HTML; those without a value are left out."""
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items() if value)


def _row_html(row: ResultRow, labels: Mapping[str, str], footnotes: Footnotes) -> str:
    contents = {"target": target_content(row.indicator, row.translator)} | result_contents(
        row, footnotes, row.translator
    )
    cells = "".join(_cell_html(name, contents.get(name, CellContent()), row, label) for name, label in labels.items())
    sort = f' data-sort="{escape(row.sort)}"' if row.sort else ""
    return f'<tr{attributes_html(row.attributes)}><th scope="row"{sort}>{row.name}</th>{cells}</tr>'


def _cell_html(name: str, content: CellContent, row: ResultRow, label: str) -> str:
    if name in SELECTED_UNIT_COLUMNS:
        data_attributes = (
            f'data-ind="{escape(row.indicator.id)}" data-context="{row.cell["context"]}" data-what="{name}"'
        )
        return f'<td data-label="{label}" class="kv-yours-cell" {data_attributes}></td>'
    sort = f' data-sort="{escape(str(content.sort))}"' if content.sort != "" else ' data-sort=""'
    return f'<td data-label="{label}"{sort}>{content.html}</td>'
