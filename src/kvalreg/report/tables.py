"""The table of indicators, made with great-tables.

Comes in: one published cell per indicator. Goes out: one HTML table with words and symbols, a place for the reader's
own unit, and a note for each reason why a value is not shown. The look is the site's own style sheet; great-tables'
style block is left out, since it would repeat itself.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
from great_tables import GT

from kvalreg.inputs.descriptor import LEAST_SECRET, Indicator
from kvalreg.report.cell_markup import cell_address, cell_attribute, source_link
from kvalreg.report.display import Piece, html_piece
from kvalreg.report.figures.cells import PublishedCell, certainty_rank, known, level_text
from kvalreg.report.figures.theme import drawn
from kvalreg.report.markup import escape, own_words
from kvalreg.report.not_shown import Notes, not_shown
from kvalreg.report.wording import Words

_SYMBOLS = {
    "high": '<circle cx="8" cy="8" r="6.5" fill="currentColor"/>',
    "moderate": '<path d="M8 1.5a6.5 6.5 0 0 0 0 13z" fill="currentColor"/>',
    "low": "",
}
_COLUMNS = ("indicator", "value", "unit", "above", "patients", "target", "level", "change")
_YOURS = {"unit": "yours.hospital", "above": "yours.hf"}
"""Columns that the page fills in once the reader has chosen a unit."""
ROLES = {"patients": "n", "unit": "yours", "above": "yours", "level": "achievement"}
"""The roles of columns, where a role is called otherwise than its column."""
_CHANGES = {"better": 0, "increased": 1, "unclear": 2, "decreased": 3, "worse": 4}


class _Line(Protocol):
    """A line of a table of results."""

    @property
    def indicator(self) -> Indicator:
        """What is told of."""

    @property
    def cell(self) -> PublishedCell:
        """The published cell."""

    @property
    def secret_below(self) -> int:
        """The number below which the indicator's numbers of patients are secret."""


@dataclass(frozen=True)
class IndicatorLine:
    """One indicator's line: its cell, where its name leads, in which context it is counted, and what is secret."""

    indicator: Indicator
    cell: PublishedCell
    href: str
    note: str = ""
    secret_below: int = LEAST_SECRET


@dataclass(frozen=True)
class CellContent:
    """A cell of a table: HTML, what it is sorted by, and further attributes."""

    html: str = ""
    sort: float | int | str = ""
    attributes: str = ""


def level_symbol(achievement: str) -> str:
    """A level as a circle: filled, half, empty; told apart by shape before colour. Decoration beside a word."""
    if not achievement:
        return ""
    return (
        '<svg class="kv-symbol" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">'
        '<circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        f"{_SYMBOLS[achievement]}</svg>"
    )


ACHIEVEMENT = ' data-kv-role="achievement"'
"""For a level that stands elsewhere than in a column of levels."""


def level_html(achievement: str, text: str, role: str = "") -> str:
    """A level as symbol and word."""
    if not achievement:
        return escape(text)
    return f'<span class="kv-level kv-{achievement}"{role}>{level_symbol(achievement)} {escape(text)}</span>'


def indicator_table(anchor: str, lines: list[IndicatorLine], caption: str, words: Words, registry: str = "") -> Piece:
    """The table of indicators: value as natural frequency, patients, target, level, certainty, change."""
    notes = Notes((not_shown(line.cell, line.indicator, line.secret_below) for line in lines), anchor)
    contents = [_contents(line, notes, words) for line in lines]
    frame = pa.table({name: [row[name].html for row in contents] for name in _COLUMNS})
    labels = {name: words(_YOURS.get(name, f"table.{name}")) for name in _COLUMNS}
    with warnings.catch_warnings():
        # great-tables calls Arrow's tables experimental; from them it makes the same table four times as fast
        warnings.simplefilter("ignore", UserWarning)
        table = GT(frame, rowname_col="indicator", id=anchor).fmt_passthrough(list(_COLUMNS), escape=False)
        table = table.cols_label({name: labels[name] for name in _COLUMNS[1:]})
        html = _plain(table.tab_stubhead(label=labels["indicator"]).as_raw_html())
    html = html.replace("<table>", f'<table class="kv-table" data-sortable><caption>{escape(caption)}</caption>', 1)
    html = html.replace("<th ", '<th data-kv-role="indicator" ', 1)
    for name in _COLUMNS[1:]:
        mark = ' class="kv-yours-head"' if name in _YOURS else ""
        mark += f' data-kv-role="{ROLES.get(name, name)}"'
        html = re.sub(rf'<th( scope="col" id="{anchor}-{name}")', rf"<th{mark}\1", html, count=1)
    rows = iter([cell_attribute(_address(line.cell, registry)) for line in lines])
    head, body, rest = html.partition("<tbody>")
    html = head + body + re.sub("<tr>", lambda _: f"<tr{next(rows)}>", rest)
    attributes = iter([f'data-label="{escape(labels[name])}"{_attributes(content)}' for row in contents
                       for name, content in row.items() if name != "indicator"])  # fmt: skip
    html = re.sub(r"<td [^>]*>", lambda _: f"<td {next(attributes)}>", html)
    html = re.sub(r'(<th[^>]*) id="[^"]*"', r"\1", html)
    box = f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{escape(caption)}">{html}</div>'
    source = f"<p>{source_link(words('number.link'), registry)}</p>" if registry else ""
    return html_piece(box + notes.below(words) + source)


def _address(cell: PublishedCell, registry: str) -> str:
    return cell_address(registry, cell["ind_id"], cell["context"], int(cell["year"]), cell["orgnr"])


def _plain(html: str) -> str:
    """great-tables' HTML without its styles and classes."""
    html = html[html.index("<table") : html.index("</table>") + len("</table>")]
    html = re.sub(r"<table [^>]*>", "<table>", html, count=1)
    return re.sub(r' class="gt_[^"]*"| (?:row|col)span="1"', "", html)


def _attributes(content: CellContent) -> str:
    return f' data-sort="{escape(str(content.sort))}"{content.attributes}'


def _contents(line: IndicatorLine, notes: Notes, words: Words) -> dict[str, CellContent]:
    indicator, cell = line.indicator, line.cell
    note = f' <span class="kv-note">{escape(line.note)}</span>' if line.note else ""
    title = own_words(escape(indicator.title), words)
    about = f' data-ind="{escape(indicator.id)}" data-context="{cell["context"]}"'
    row = {name: CellContent() for name in _COLUMNS}
    row["indicator"] = CellContent(f'<a href="{escape(line.href)}">{title}</a>{note}')
    for name in _YOURS:
        row[name] = CellContent(attributes=f' class="kv-yours-cell"{about} data-what="{name}"')
    row["target"] = target_content(indicator, words)
    return row | result_contents(line, notes, words)


def result_contents(line: _Line, notes: Notes, words: Words) -> dict[str, CellContent]:
    """What a line says of its cell, by column: the result, or why it is not shown and how many patients there are."""
    why = not_shown(line.cell, line.indicator, line.secret_below)
    if why is None:
        return shown_contents(line.indicator, line.cell, words)
    told = {"value": CellContent(notes.html(why, words))}
    return told | _patients(line.indicator, line.cell, words)


def target_content(indicator: Indicator, words: Words) -> CellContent:
    """An indicator's target; nothing where it has none."""
    if indicator.level_green is None:
        return CellContent()
    return CellContent(escape(words.value(indicator, indicator.level_green)), drawn(indicator.level_green) or 0)


def shown_contents(indicator: Indicator, cell: PublishedCell, words: Words) -> dict[str, CellContent]:
    """What a shown cell says, by column: value with its interval, level with certainty, change, patients."""
    value = f"<strong>{escape(words.value(indicator, cell['value']))}</strong>"
    if known(cell["low"]):
        value += f' <span class="kv-note">({escape(words.interval(indicator, cell["low"], cell["high"]))})</span>'
    achievement = cell["achievement"]
    year = str(int(cell["change_from"])) if known(cell["change_from"]) else ""
    row = {
        "value": CellContent(value, drawn(cell["value"]) or 0),
        "level": CellContent(
            level_html(achievement, level_text(cell, words)), certainty_rank(cell) if achievement else ""
        ),
        "change": CellContent(
            escape(words(f"change.{cell['change'] or 'none'}", year=year)), _CHANGES.get(cell["change"], "")
        ),
    }
    return row | _patients(indicator, cell, words)


def _patients(indicator: Indicator, cell: PublishedCell, words: Words) -> dict[str, CellContent]:
    """How many patients a cell counts; nothing where that is not told."""
    patients = words.patients(indicator, cell["denominator"])
    return {"patients": CellContent(escape(patients), int(cell["denominator"]))} if patients else {}
