"""Filters of a list: the control as HTML, which the extension's `filters.js` makes work.

Comes in: which filters a list has. Goes out: a form that is hidden until a script runs, so that without one everything
shows and no control does nothing. Rows carry ``data-f`` and, for each filter, ``data-f-<key>`` with what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from kvalreg.disclosure.published import Status
from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.figures.cells import PublishedCell
from kvalreg.report.wording import Words

WHOLE_PAGE = "quarto-document-content"
"""The target of a filter that looks at all rows of the page."""
TEXT = "sok"
FIELD, YEAR, LEVEL, CERTAINTY, CHANGE, REGION = "fagomrade", "ar", "niva", "sikkerhet", "endring", "region"
"""The filters' names in a page's address."""
BETWEEN = "|"
"""What stands between several values of one row."""
NOT_SHOWN = (Status.SECRET.value, Status.FEW_PATIENTS.value, Status.LOW_COVERAGE.value)
_CHANGES = {"better": "improved", "worse": "worsened", "unclear": "unchanged"}


@dataclass(frozen=True)
class Filter:
    """One filter: its name in the address, its label, and its choices as value and text; none for a field of text."""

    key: str
    label: str
    choices: tuple[tuple[str, str], ...] = ()


def text_filter(words: Words) -> Filter:
    """A field that finds rows by any of their words."""
    return Filter(TEXT, words("filter.text"))


def choice(key: str, label: str, values: Iterable[str]) -> Filter:
    """A filter whose values are their own names."""
    return Filter(key, label, tuple((value, value) for value in values))


def result_filters(words: Words) -> tuple[Filter, ...]:
    """Level, certainty and change of results."""
    named = {
        LEVEL: ("level", ("high", "moderate", "low", "without", *NOT_SHOWN)),
        CERTAINTY: ("certainty", ("certain", "uncertain")),
        CHANGE: ("change", ("improved", "worsened", "unchanged")),
    }
    return tuple(
        Filter(key, words(f"filter.{label}"), tuple((value, words(f"filter.{value}")) for value in values))
        for key, (label, values) in named.items()
    )


def result_values(cell: PublishedCell, indicator: Indicator) -> dict[str, str]:
    """What `result_filters` find a row by, as attributes."""
    level = cell["achievement"] or "without" if cell["shown"] else cell["status"]
    values = {LEVEL: level}
    if cell["shown"]:
        values |= {CERTAINTY: cell["certainty"], CHANGE: _changed(cell, indicator)}
    return row_values({key: (value,) for key, value in values.items()})


def row_values(values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The attributes of a row that filters look at."""
    return {"data-f": "rad"} | {f"data-f-{key}": BETWEEN.join(found) for key, found in values.items()}


def filter_form(target: str, filters: Iterable[Filter], words: Words) -> str:
    """The control of the list in the element `target`."""
    fields = "".join(_field(one, words) for one in filters)
    said = escape(words("filter.shown", count="{count}", total="{total}"))
    return (
        f'<form class="kv-filters" data-for="{target}" aria-label="{escape(words("filter.title"))}" hidden>{fields}'
        f'<button type="reset" class="kv-button">{escape(words("filter.reset"))}</button>'
        f'<p class="kv-note" role="status" data-said="{said}"></p></form>'
    )


def _field(one: Filter, words: Words) -> str:
    if not one.choices:
        control = f'<input type="search" name="{one.key}" autocomplete="off">'
    else:
        choices = "".join(f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in one.choices)
        control = f'<select name="{one.key}"><option value="">{escape(words("filter.all"))}</option>{choices}</select>'
    return f"<label><span>{escape(one.label)}</span>{control}</label>"


def _changed(cell: PublishedCell, indicator: Indicator) -> str:
    if indicator.level_direction is None and cell["change"] in ("increased", "decreased"):
        return ""
    return _CHANGES.get(cell["change"], "")
