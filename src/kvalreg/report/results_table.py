"""Tables of results for the site's own pages: one line for each indicator of a unit, or for each unit of an indicator.

Comes in: published cells with what their lines are called. Goes out: HTML with a word and a symbol for every level,
a note for each reason why a value is not shown, and attributes that tell filters and the audit what a line is about.
Made by hand and not with great-tables, since a national site has tens of thousands of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kvalreg.inputs.descriptor import LEAST_SECRET, Indicator
from kvalreg.report.cell_markup import source_link
from kvalreg.report.figures.cells import PublishedCell
from kvalreg.report.markup import escape
from kvalreg.report.not_shown import Notes, not_shown
from kvalreg.report.tables import ROLES, CellContent, result_contents, target_content
from kvalreg.report.wording import Words

YOURS = {"unit": "yours.hospital", "above": "yours.hf"}
"""Columns that the page fills in once the reader has chosen a unit."""


@dataclass(frozen=True)
class ResultLine:
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
    words: Words
    attributes: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    secret_below: int = LEAST_SECRET


@dataclass(frozen=True)
class TableLook:
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


def results_table(lines: Sequence[ResultLine], look: TableLook, words: Words) -> str:
    """A table in a box that scrolls by itself where the page is narrow, and its notes."""
    first, *others = look.columns
    labels = {name: escape(words(YOURS.get(name, f"table.{name}"))) for name in others}
    yours = ' class="kv-yours-head"'
    heads = "".join(
        f'<th scope="col"{yours if name in YOURS else ""} data-kv-role="{ROLES.get(name, name)}">{label}</th>'
        for name, label in labels.items()
    )
    notes = Notes((not_shown(line.cell, line.indicator, line.secret_below) for line in lines), look.anchor)
    rows = "\n".join(_row(line, labels, notes) for line in lines)
    caption = escape(look.caption)
    source = f"<p>{source_link(words('number.link'), *look.source)}</p>" if look.source else ""
    return (
        f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{caption}">'
        f'<table class="kv-table kv-stack" data-sortable{attributes_html(look.attributes)}><caption>{caption}</caption>'
        f'<thead><tr><th scope="col" data-kv-role="{first}">{escape(words(f"table.{first}"))}</th>{heads}</tr>'
        "</thead>\n"
        f"<tbody>{rows}</tbody></table></div>{notes.below(words)}{source}"
    )


def attributes_html(attributes: Mapping[str, str]) -> str:
    """Attributes as HTML; those without a value are left out."""
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items() if value)


def _row(line: ResultLine, labels: Mapping[str, str], notes: Notes) -> str:
    contents = {"target": target_content(line.indicator, line.words)} | result_contents(line, notes, line.words)
    cells = "".join(_cell(name, contents.get(name, CellContent()), line, label) for name, label in labels.items())
    sort = f' data-sort="{escape(line.sort)}"' if line.sort else ""
    return f'<tr{attributes_html(line.attributes)}><th scope="row"{sort}>{line.name}</th>{cells}</tr>'


def _cell(name: str, content: CellContent, line: ResultLine, label: str) -> str:
    if name in YOURS:
        about = f'data-ind="{escape(line.indicator.id)}" data-context="{line.cell["context"]}" data-what="{name}"'
        return f'<td data-label="{label}" class="kv-yours-cell" {about}></td>'
    sort = f' data-sort="{escape(str(content.sort))}"' if content.sort != "" else ' data-sort=""'
    return f'<td data-label="{label}"{sort}>{content.html}</td>'
