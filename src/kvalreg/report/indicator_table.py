"""The table of indicators, generated with great-tables.

Input: one published cell per indicator. Output: an HTML table with words and symbols, empty columns for the selected
unit, and a footnote for each reason why a value is not shown. It is styled by the site's style sheet; great-tables'
style block is removed, since every table would repeat it.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
from great_tables import GT

from kvalreg.inputs.descriptor import MIN_SECRET_BELOW, Indicator
from kvalreg.report.cell_markup import cell_address, cell_attribute, source_link
from kvalreg.report.figures.cells import PublishedCell, certainty_rank, is_known, level_text
from kvalreg.report.figures.theme import chart_number
from kvalreg.report.footnotes import Footnotes, not_shown_reason
from kvalreg.report.html_fragment import HtmlFragment, html_fragment
from kvalreg.report.markup import escape, mark_registry_language
from kvalreg.report.translation import Translator

_LEVEL_SHAPES = {
    "high": '<circle cx="8" cy="8" r="6.5" fill="currentColor"/>',
    "moderate": '<path d="M8 1.5a6.5 6.5 0 0 0 0 13z" fill="currentColor"/>',
    "low": "",
}
_COLUMNS = ("indicator", "value", "unit", "above", "patients", "target", "level", "change")
SELECTED_UNIT_COLUMNS = {"unit": "yours.hospital", "above": "yours.hf"}
"""Columns that the page's JavaScript fills in for the selected unit, and the message keys of their labels."""
COLUMN_ROLES = {"patients": "n", "unit": "yours", "above": "yours", "level": "achievement"}
"""The roles of columns, where a role's name differs from its column's."""
_CHANGE_RANKS = {"better": 0, "increased": 1, "unclear": 2, "decreased": 3, "worse": 4}


class _CellRow(Protocol):
    """A row of a table of results."""

    @property
    def indicator(self) -> Indicator:
        """The indicator."""

    @property
    def cell(self) -> PublishedCell:
        """The published cell."""

    @property
    def secret_below(self) -> int:
        """The number below which the indicator's numbers of patients are secret."""


@dataclass(frozen=True)
class IndicatorRow:
    """One indicator's row: its cell, the link of its title, a note on its context, and the disclosure threshold."""

    indicator: Indicator
    cell: PublishedCell
    href: str
    note: str = ""
    secret_below: int = MIN_SECRET_BELOW


@dataclass(frozen=True)
class CellContent:
    """A cell of a table: HTML, sort key, and further attributes."""

    html: str = ""
    sort: float | int | str = ""
    attributes: str = ""


def level_symbol(achievement: str) -> str:
    """A level as a filled, half or empty circle: distinguished by shape and not by colour alone. Decorates a word."""
    if not achievement:
        return ""
    return (
        '<svg class="kv-symbol" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">'
        '<circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        f"{_LEVEL_SHAPES[achievement]}</svg>"
    )


ACHIEVEMENT_ROLE = ' data-kv-role="achievement"'
"""For a level outside a column of levels."""


def level_html(achievement: str, text: str, role: str = "") -> str:
    """A level as symbol and word."""
    if not achievement:
        return escape(text)
    return f'<span class="kv-level kv-{achievement}"{role}>{level_symbol(achievement)} {escape(text)}</span>'


def indicator_table(
    anchor: str, rows: list[IndicatorRow], caption: str, translator: Translator, registry: str = ""
) -> HtmlFragment:
    """The table of indicators: value as natural frequency, patients, target, level, certainty, change."""
    footnotes = Footnotes((not_shown_reason(row.cell, row.indicator, row.secret_below) for row in rows), anchor)
    contents = [_row_contents(row, footnotes, translator) for row in rows]
    frame = pa.table({name: [content_row[name].html for content_row in contents] for name in _COLUMNS})
    labels = {name: translator(SELECTED_UNIT_COLUMNS.get(name, f"table.{name}")) for name in _COLUMNS}
    with warnings.catch_warnings():
        # great-tables warns that Arrow tables are experimental; it renders them four times as fast as data frames.
        warnings.simplefilter("ignore", UserWarning)
        table = GT(frame, rowname_col="indicator", id=anchor).fmt_passthrough(list(_COLUMNS), escape=False)
        table = table.cols_label({name: labels[name] for name in _COLUMNS[1:]})
        html = _strip_styles(table.tab_stubhead(label=labels["indicator"]).as_raw_html())
    # great-tables has no attributes for single headers, rows and cells, so they are written into its HTML afterwards.
    html = html.replace("<table>", f'<table class="kv-table" data-sortable><caption>{escape(caption)}</caption>', 1)
    html = html.replace("<th ", '<th data-kv-role="indicator" ', 1)
    for name in _COLUMNS[1:]:
        head_attributes = ' class="kv-yours-head"' if name in SELECTED_UNIT_COLUMNS else ""
        head_attributes += f' data-kv-role="{COLUMN_ROLES.get(name, name)}"'
        html = re.sub(rf'<th( scope="col" id="{anchor}-{name}")', rf"<th{head_attributes}\1", html, count=1)
    # Rows and cells are in the order of `rows` and `_COLUMNS`: the n-th tag gets the n-th attributes. An escaped text
    # holds no "<", so no registry's text can be mistaken for a tag.
    row_attributes = iter([cell_attribute(_cell_address(row.cell, registry)) for row in rows])
    head, body, tail = html.partition("<tbody>")
    html = head + body + re.sub("<tr>", lambda _: f"<tr{next(row_attributes)}>", tail)
    attributes = iter([f'data-label="{escape(labels[name])}"{_content_attributes(content)}' for content_row in contents
                       for name, content in content_row.items() if name != "indicator"])  # fmt: skip
    html = re.sub(r"<td [^>]*>", lambda _: f"<td {next(attributes)}>", html)
    html = re.sub(r'(<th[^>]*) id="[^"]*"', r"\1", html)
    scroll_box = f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{escape(caption)}">{html}</div>'
    source = f"<p>{source_link(translator('number.link'), registry)}</p>" if registry else ""
    return html_fragment(scroll_box + footnotes.to_html(translator) + source)


def _cell_address(cell: PublishedCell, registry: str) -> str:
    return cell_address(registry, cell["ind_id"], cell["context"], int(cell["year"]), cell["orgnr"])


def _strip_styles(html: str) -> str:
    """great-tables' HTML without its styles and classes."""
    html = html[html.index("<table") : html.index("</table>") + len("</table>")]
    html = re.sub(r"<table [^>]*>", "<table>", html, count=1)
    return re.sub(r' class="gt_[^"]*"| (?:row|col)span="1"', "", html)


def _content_attributes(content: CellContent) -> str:
    return f' data-sort="{escape(str(content.sort))}"{content.attributes}'


def _row_contents(row: IndicatorRow, footnotes: Footnotes, translator: Translator) -> dict[str, CellContent]:
    indicator, cell = row.indicator, row.cell
    note = f' <span class="kv-note">{escape(row.note)}</span>' if row.note else ""
    title = mark_registry_language(escape(indicator.title), translator)
    data_attributes = f' data-ind="{escape(indicator.id)}" data-context="{cell["context"]}"'
    contents = {name: CellContent() for name in _COLUMNS}
    contents["indicator"] = CellContent(f'<a href="{escape(row.href)}">{title}</a>{note}')
    for name in SELECTED_UNIT_COLUMNS:
        contents[name] = CellContent(attributes=f' class="kv-yours-cell"{data_attributes} data-what="{name}"')
    contents["target"] = target_content(indicator, translator)
    return contents | result_contents(row, footnotes, translator)


def result_contents(row: _CellRow, footnotes: Footnotes, translator: Translator) -> dict[str, CellContent]:
    """A row's contents by column: the result, or why it is not shown and the published number of patients."""
    reason = not_shown_reason(row.cell, row.indicator, row.secret_below)
    if reason is None:
        return shown_contents(row.indicator, row.cell, translator)
    contents = {"value": CellContent(footnotes.label_html(reason, translator))}
    return contents | _patients_content(row.indicator, row.cell, translator)


def target_content(indicator: Indicator, translator: Translator) -> CellContent:
    """An indicator's target; empty when it has none."""
    if indicator.level_green is None:
        return CellContent()
    return CellContent(
        escape(translator.format_value(indicator, indicator.level_green)), chart_number(indicator.level_green) or 0
    )


def shown_contents(indicator: Indicator, cell: PublishedCell, translator: Translator) -> dict[str, CellContent]:
    """The contents of a shown cell by column: value with its interval, level with certainty, change, patients."""
    value = f"<strong>{escape(translator.format_value(indicator, cell['value']))}</strong>"
    if is_known(cell["low"]):
        interval = translator.format_interval(indicator, cell["low"], cell["high"])
        value += f' <span class="kv-note">({escape(interval)})</span>'
    achievement = cell["achievement"]
    year = str(int(cell["change_from"])) if is_known(cell["change_from"]) else ""
    contents = {
        "value": CellContent(value, chart_number(cell["value"]) or 0),
        "level": CellContent(
            level_html(achievement, level_text(cell, translator)), certainty_rank(cell) if achievement else ""
        ),
        "change": CellContent(
            escape(translator(f"change.{cell['change'] or 'none'}", year=year)), _CHANGE_RANKS.get(cell["change"], "")
        ),
    }
    return contents | _patients_content(indicator, cell, translator)


def _patients_content(indicator: Indicator, cell: PublishedCell, translator: Translator) -> dict[str, CellContent]:
    """How many patients a cell counts; empty when that is not published."""
    # An empty content has an empty sort key too: the order of rows must not disclose a secret number.
    patients = translator.format_patients(indicator, cell["denominator"])
    return {"patients": CellContent(escape(patients), int(cell["denominator"]))} if patients else {}
