"""The table of indicators, made with great-tables.

Comes in: one published cell per indicator. Goes out: one HTML table with words and symbols, and a footnote for hidden
cells. The look is the site's own style sheet; great-tables' style block is left out, since it would repeat itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd
from great_tables import GT

from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.display import Piece, html_piece
from kvalreg.report.figures import level_text
from kvalreg.report.wording import Words

_SYMBOLS = {
    "high": '<circle cx="8" cy="8" r="6.5" fill="currentColor"/>',
    "moderate": '<path d="M8 1.5a6.5 6.5 0 0 0 0 13z" fill="currentColor"/>',
    "low": "",
}
_COLUMNS = ("indicator", "value", "patients", "target", "level", "certainty", "change")


@dataclass(frozen=True)
class Line:
    """One indicator's line: its cell, where its name leads, and in which context it is counted."""

    indicator: Indicator
    cell: pd.Series[Any]
    href: str
    note: str = ""


def level_symbol(achievement: str) -> str:
    """A level as a circle: filled, half, empty; told apart by shape before colour. Decoration beside a word."""
    if not achievement:
        return ""
    return (
        '<svg class="kv-symbol" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">'
        '<circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        f"{_SYMBOLS[achievement]}</svg>"
    )


def level_html(achievement: str, text: str) -> str:
    """A level as symbol and word."""
    if not achievement:
        return escape(text)
    return f'<span class="kv-level kv-{achievement}">{level_symbol(achievement)} {escape(text)}</span>'


def indicator_table(anchor: str, lines: list[Line], caption: str, words: Words) -> Piece:
    """The table of indicators: value as natural frequency, patients, target, level, certainty, change."""
    frame = pd.DataFrame([_texts(line, words) for line in lines], columns=_COLUMNS)
    table = GT(frame, rowname_col="indicator", id=anchor).fmt_passthrough(list(_COLUMNS), escape=False)
    table = table.cols_label({name: words(f"table.{name}") for name in _COLUMNS[1:]})
    table = table.tab_stubhead(label=words("table.indicator"))
    html = re.sub(r"<style>.*?</style>", "", table.as_raw_html(), flags=re.DOTALL)
    html = html[html.index("<table") : html.index("</table>") + len("</table>")]
    html = re.sub(r"<table [^>]*>", f'<table class="kv-table"><caption>{escape(caption)}</caption>', html, count=1)
    html = re.sub(r' class="gt_[^"]*"| (?:row|col)span="1"', "", html)
    box = f'<div class="kv-scroll" tabindex="0" role="region" aria-label="{escape(caption)}">{html}</div>'
    hidden = [line for line in lines if not line.cell["shown"]]
    if hidden:
        minimum = max(line.indicator.min_denominator for line in hidden)
        box += f'\n<p class="kv-note">{escape(words("states.hidden_note", minimum=minimum))}</p>'
    return html_piece(box)


def _texts(line: Line, words: Words) -> tuple[str, ...]:
    indicator, cell = line.indicator, line.cell
    note = f' <span class="kv-note">{escape(line.note)}</span>' if line.note else ""
    name = f'<a href="{escape(line.href)}">{escape(indicator.title)}</a>{note}'
    target = "" if indicator.level_green is None else words.value(indicator, indicator.level_green)
    if not cell["shown"]:
        return (name, escape(words("states.hidden")), "", escape(target), "", "", "")
    value = f"<strong>{escape(words.value(indicator, cell['value']))}</strong>"
    if pd.notna(cell["low"]):
        value += f' <span class="kv-note">({escape(words.interval(indicator, cell["low"], cell["high"]))})</span>'
    level = words(f"levels.{cell['achievement'] or 'none'}")
    patients = words.patients(indicator, cell["denominator"])
    change = words(f"change.{cell['change'] or 'none'}", year=_year(cell["change_from"]))
    return (
        name,
        value,
        patients,
        escape(target),
        level_html(cell["achievement"], level),
        escape(level_text(cell, words)) if cell["achievement"] else "",
        escape(change),
    )


def _year(year: float) -> str:
    return "" if pd.isna(year) else str(int(year))
