"""Filters of a list: the control as HTML, to which the extension's `filters.js` adds the behaviour.

Input: which filters a list has. Output: a form that is hidden until a script runs, so that without JavaScript all rows
show and no control is without effect. A row has ``data-f`` and, for each filter, ``data-f-<key>`` with its values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from kvalreg.disclosure.published import CellStatus
from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.figures.cells import PublishedCell
from kvalreg.report.translation import Translator

WHOLE_PAGE = "quarto-document-content"
"""The target of a filter for all rows of the page."""
TEXT = "sok"
FIELD, YEAR, LEVEL, CERTAINTY, CHANGE, REGION = "fagomrade", "ar", "niva", "sikkerhet", "endring", "region"
"""The filters' names, as keys of the page's query string."""
VALUE_SEPARATOR = "|"
"""Separates several values of one row."""
NOT_SHOWN_STATUSES = (CellStatus.SECRET.value, CellStatus.FEW_PATIENTS.value, CellStatus.LOW_COVERAGE.value)
_CHANGE_VALUES = {"better": "improved", "worse": "worsened", "unclear": "unchanged"}


@dataclass(frozen=True)
class Filter:
    """One filter: its key, its label, and its options as value and text; a text field has no options."""

    key: str
    label: str
    options: tuple[tuple[str, str], ...] = ()


def text_filter(translator: Translator) -> Filter:
    """A text field that matches rows by any of their words."""
    return Filter(TEXT, translator("filter.text"))


def choice_filter(key: str, label: str, values: Iterable[str]) -> Filter:
    """A filter whose values are their own labels."""
    return Filter(key, label, tuple((value, value) for value in values))


def result_filters(translator: Translator) -> tuple[Filter, ...]:
    """Level, certainty and change of results."""
    options_by_key = {
        LEVEL: ("level", ("high", "moderate", "low", "without", *NOT_SHOWN_STATUSES)),
        CERTAINTY: ("certainty", ("certain", "uncertain")),
        CHANGE: ("change", ("improved", "worsened", "unchanged")),
    }
    return tuple(
        Filter(key, translator(f"filter.{label}"), tuple((value, translator(f"filter.{value}")) for value in values))
        for key, (label, values) in options_by_key.items()
    )


def result_filter_attributes(cell: PublishedCell, indicator: Indicator) -> dict[str, str]:
    """The attributes by which `result_filters` match a row."""
    # a cell that is not shown can be filtered by the reason why, and by nothing that would tell of its value
    level = cell["achievement"] or "without" if cell["shown"] else cell["status"]
    values = {LEVEL: level}
    if cell["shown"]:
        values |= {CERTAINTY: cell["certainty"], CHANGE: _change_value(cell, indicator)}
    return filter_attributes({key: (value,) for key, value in values.items()})


def filter_attributes(values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The attributes of a row that filters match."""
    return {"data-f": "rad"} | {f"data-f-{key}": VALUE_SEPARATOR.join(texts) for key, texts in values.items()}


def filter_form(target: str, filters: Iterable[Filter], translator: Translator) -> str:
    """The form for the list in the element with the id `target`."""
    fields = "".join(_filter_control(list_filter, translator) for list_filter in filters)
    count_text = escape(translator("filter.shown", count="{count}", total="{total}"))
    return (
        f'<form class="kv-filters" data-for="{target}" aria-label="{escape(translator("filter.title"))}" hidden>'
        f"{fields}"
        f'<button type="reset" class="kv-button">{escape(translator("filter.reset"))}</button>'
        f'<p class="kv-note" role="status" data-said="{count_text}"></p></form>'
    )


def _filter_control(list_filter: Filter, translator: Translator) -> str:
    if not list_filter.options:
        control = f'<input type="search" name="{list_filter.key}" autocomplete="off">'
    else:
        options = "".join(
            f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in list_filter.options
        )
        all_option = f'<option value="">{escape(translator("filter.all"))}</option>'
        control = f'<select name="{list_filter.key}">{all_option}{options}</select>'
    return f"<label><span>{escape(list_filter.label)}</span>{control}</label>"


def _change_value(cell: PublishedCell, indicator: Indicator) -> str:
    # without a direction, more is neither better nor worse, and the change has no value to filter by
    if indicator.level_direction is None and cell["change"] in ("increased", "decreased"):
        return ""
    return _CHANGE_VALUES.get(cell["change"], "")
