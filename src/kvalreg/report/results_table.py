"""Tables of results for the site's own pages: one line for each indicator of a unit, or for each unit of an indicator.

Comes in: published cells with what their lines are called. Goes out: HTML with a word and a symbol for every level,
one mark for every hidden cell, and attributes that tell filters and the audit what a line is about. Made by hand and
not with great-tables, since a national site has tens of thousands of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.figures.cells import PublishedCell
from kvalreg.report.markup import escape
from kvalreg.report.tables import FOOTNOTE, CellContent, shown_contents, target_content
from kvalreg.report.wording import Words

NOTE = "skjult"
"""The id of the page's one footnote for hidden cells."""
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
        More attributes of the row: ``data-kv-...`` for the audit, ``data-f-...`` for filters.
    sort
        What the name is sorted by.
    """

    name: str
    indicator: Indicator
    cell: PublishedCell
    words: Words
    attributes: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""


@dataclass(frozen=True)
class TableLook:
    """What a table is called, its columns, and what its lines have in common.

    Parameters
    ----------
    columns
        Of ``indicator`` or ``unit`` first, then ``value``, ``unit``, ``above``, ``patients``, ``target``, ``level``,
        ``change``.
    attributes
        ``data-kv-...`` that hold for every line.
    """

    caption: str
    columns: tuple[str, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)


def results_table(lines: Sequence[ResultLine], look: TableLook, words: Words) -> str:
    """A table in a box that scrolls by itself where the page is narrow."""
    first, *others = look.columns
    labels = {name: escape(words(YOURS.get(name, f"table.{name}"))) for name in others}
    yours = ' class="kv-yours-head"'
    heads = "".join(f'<th scope="col"{yours if name in YOURS else ""}>{label}</th>' for name, label in labels.items())
    rows = "\n".join(_row(line, labels) for line in lines)
    caption = escape(look.caption)
    return (
        f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{caption}">'
        f'<table class="kv-table kv-stack" data-sortable{attributes_html(look.attributes)}><caption>{caption}</caption>'
        f'<thead><tr><th scope="col">{escape(words(f"table.{first}"))}</th>{heads}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div>"
    )


def hidden_note(words: Words) -> str:
    """The page's one footnote for hidden cells; it holds no number, so that none stands beside a hidden result."""
    return f'<p class="kv-note" id="{NOTE}">{FOOTNOTE} {escape(words("results.hidden_note"))}</p>'


def attributes_html(attributes: Mapping[str, str]) -> str:
    """Attributes as HTML; those without a value are left out."""
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items() if value)


def _row(line: ResultLine, labels: Mapping[str, str]) -> str:
    contents = _contents(line)
    cells = "".join(_cell(name, contents.get(name, CellContent()), line, label) for name, label in labels.items())
    sort = f' data-sort="{escape(line.sort)}"' if line.sort else ""
    return f'<tr{attributes_html(line.attributes)}><th scope="row"{sort}>{line.name}</th>{cells}</tr>'


def _cell(name: str, content: CellContent, line: ResultLine, label: str) -> str:
    if name in YOURS:
        about = f'data-ind="{escape(line.indicator.id)}" data-context="{line.cell["context"]}" data-what="{name}"'
        return f'<td data-label="{label}" class="kv-yours-cell" {about}></td>'
    sort = f' data-sort="{escape(str(content.sort))}"' if content.sort != "" else ' data-sort=""'
    return f'<td data-label="{label}"{sort}>{content.html}</td>'


def _contents(line: ResultLine) -> dict[str, CellContent]:
    indicator, cell, words = line.indicator, line.cell, line.words
    target = {"target": target_content(indicator, words)}
    if cell["shown"]:
        return target | shown_contents(indicator, cell, words)
    mark = f'<a href="#{NOTE}" aria-label="{escape(words("table.footnote"))}">{FOOTNOTE}</a>'
    return target | {"value": CellContent(f"{escape(words('states.hidden'))} {mark}")}
