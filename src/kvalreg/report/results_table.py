"""Tables of results for the site's pages: a row for each indicator of a unit, or for each unit of an indicator.

Input: published cells with the names of their rows. Output: HTML with a word and a symbol for every level, a footnote
for each reason why a value is not shown, and attributes of rows for filters and the audit. Written as f-strings and not
with great-tables, since a national site has tens of thousands of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kvalreg.inputs.descriptor import MIN_SECRET_BELOW, Indicator
from kvalreg.report.cell_markup import source_link
from kvalreg.report.figures.cells import PublishedCell
from kvalreg.report.footnotes import Footnotes, not_shown_reason
from kvalreg.report.indicator_table import (
    COLUMN_ROLES,
    SELECTED_UNIT_COLUMNS,
    CellContent,
    result_contents,
    target_content,
)
from kvalreg.report.markup import escape
from kvalreg.report.translation import Translator


@dataclass(frozen=True)
class ResultRow:
    """One row.

    Parameters
    ----------
    name
        The row's heading, as finished HTML.
    translator
        The page's language, and that of the registry's own texts.
    attributes
        More attributes of the row: ``data-kv-cell`` for the audit, ``data-f-...`` for filters.
    sort
        The sort key of the name.
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
    """A table's caption, its columns, and what its rows have in common.

    Parameters
    ----------
    columns
        ``indicator`` or ``unit`` first, then any of ``value``, ``unit``, ``above``, ``patients``, ``target``,
        ``level``, ``change``.
    anchor
        The prefix of its footnotes' ids; unique on the page.
    attributes
        ``data-kv-cell`` with the parts of the address that all rows share.
    source
        The registry, and the indicator when all rows are of one, whose rows of open data the numbers come from.
    """

    caption: str
    columns: tuple[str, ...]
    anchor: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    source: tuple[str, ...] = ()


def results_table(rows: Sequence[ResultRow], options: TableOptions, translator: Translator) -> str:
    """A table in a box that scrolls by itself on a narrow page, and its footnotes."""
    first_column, *other_columns = options.columns
    labels = {name: escape(translator(SELECTED_UNIT_COLUMNS.get(name, f"table.{name}"))) for name in other_columns}
    first_header = f'<th scope="col" data-kv-role="{first_column}">{escape(translator(f"table.{first_column}"))}</th>'
    headers = first_header + "".join(_header_html(name, label) for name, label in labels.items())
    footnotes = Footnotes((not_shown_reason(row.cell, row.indicator, row.secret_below) for row in rows), options.anchor)
    body = "\n".join(_row_html(row, labels, footnotes) for row in rows)
    # The box is focusable, so that a keyboard can scroll it, and therefore needs a name of its own (WCAG 2.1.1, 4.1.2).
    caption = escape(options.caption)
    source = f"<p>{source_link(translator('number.link'), *options.source)}</p>" if options.source else ""
    return (
        f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{caption}">'
        f'<table class="kv-table kv-stack" data-sortable{attributes_html(options.attributes)}>'
        f"<caption>{caption}</caption><thead><tr>{headers}</tr></thead>\n"
        f"<tbody>{body}</tbody></table></div>{footnotes.to_html(translator)}{source}"
    )


def attributes_html(attributes: Mapping[str, str]) -> str:
    """Attributes as HTML; those without a value are omitted."""
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items() if value)


def _header_html(name: str, label: str) -> str:
    selected_class = ' class="kv-yours-head"' if name in SELECTED_UNIT_COLUMNS else ""
    return f'<th scope="col"{selected_class} data-kv-role="{COLUMN_ROLES.get(name, name)}">{label}</th>'


def _row_html(row: ResultRow, labels: Mapping[str, str], footnotes: Footnotes) -> str:
    contents = {"target": target_content(row.indicator, row.translator)} | result_contents(
        row, footnotes, row.translator
    )
    cells = "".join(_cell_html(name, contents.get(name, CellContent()), row, label) for name, label in labels.items())
    sort = f' data-sort="{escape(row.sort)}"' if row.sort else ""
    return f'<tr{attributes_html(row.attributes)}><th scope="row"{sort}>{row.name}</th>{cells}</tr>'


def _cell_html(name: str, content: CellContent, row: ResultRow, label: str) -> str:
    # Empty until the reader selects a unit: the page's JavaScript finds the cell by indicator and context.
    if name in SELECTED_UNIT_COLUMNS:
        data_attributes = (
            f'data-ind="{escape(row.indicator.id)}" data-context="{row.cell["context"]}" data-what="{name}"'
        )
        return f'<td data-label="{label}" class="kv-yours-cell" {data_attributes}></td>'
    # `data-label` is shown in front of each cell on a phone, where a row becomes a block.
    return f'<td data-label="{label}" data-sort="{escape(str(content.sort))}">{content.html}</td>'
