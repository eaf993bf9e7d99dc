"""HTML attributes and elements that state which published cell a number comes from.

Owns the markup of the contract in ``docs/pages.md``: the address of a cell is ``registry/indicator/context/year/unit``,
and an empty part is inherited from the nearest enclosing element.

Input: ids, numbers and their texts. Output: HTML. `kvalreg.audit` parses it with separate code.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from typing import NamedTuple

from kvalreg.urls import INDICATORS_ANCHOR, anchor, data_page

_TAG = re.compile(r"<(/?)(\w+)([^>]*)>")
_ROLE_ATTRIBUTE = re.compile(r' data-kv-role="([^"]*)"')
_CELL_ATTRIBUTE = re.compile(r' data-kv-cell="([^"]*)"')
# "/" separates the parts of an address and "@" begins a group of units; "%" is encoded to make decoding unambiguous.
_RESERVED = re.compile(r"[%/@\s]")


class Html(str):
    """Finished HTML: inserted into sentences unchanged, where a plain `str` is escaped."""

    __slots__ = ()


class LabelledText(NamedTuple):
    """A sentence in the form that an attribute can hold.

    Parameters
    ----------
    text
        The sentence as plain text.
    label
        The roles and addresses of its numbers, in order, for the attribute ``data-kv-label``:
        ``value:///2016 year target``.
    """

    text: str
    label: str


# Cached: a page writes the same few hundred addresses in its tables, figures and sentences.
@lru_cache(maxsize=1 << 14)
def cell_address(registry: str = "", ind_id: str = "", context: str = "", year: int | str = "", unit: str = "") -> str:
    """The address of a cell, or the known parts of it; trailing empty parts are omitted.

    >>> cell_address("slag", "slag_enhet", "caregiver", 2025, "000010203")
    'slag/slag_enhet/caregiver/2025/000010203'
    >>> cell_address(year=2016)
    '///2016'
    """
    parts = [_percent_encode(str(part)) for part in (registry, ind_id, context, year)]
    # "@hospital" is all units of a level: the only "@" that is not percent-encoded, so no unit's id can imitate it.
    return "/".join([*parts, unit if unit.startswith("@") else _percent_encode(unit)]).rstrip("/")


def units_address(level: str) -> str:
    """The last part of the address of all units of a level together: ``@hospital``."""
    return f"@{level}"


def cell_attribute(address: str) -> str:
    """The attribute that gives an element and its descendants an address."""
    return f' data-kv-cell="{escape(address)}"' if address else ""


def number_html(text: str, value: float | None = None, role: str = "", cell: str = "") -> Html:
    """A number in a sentence, with its value, role and address.

    Parameters
    ----------
    value
        The machine-readable value; empty when not given.
    role
        One of the contract's roles; empty for the value of a result.
    cell
        The parts of its address that differ from the enclosing element's.
    """
    # repr() and not str(): the audit compares the float exactly, and repr round-trips.
    machine_value = "" if value is None else repr(value)
    role_attribute = f' data-kv-role="{role}"' if role else ""
    return Html(f'<data value="{machine_value}"{cell_attribute(cell)}{role_attribute}>{escape(text)}</data>')


def year_html(year: int | str) -> Html:
    """A year in a sentence."""
    return Html(f"<time>{int(year)}</time>")


def day_html(text: str, iso_date: str) -> Html:
    """A day in a sentence; `iso_date` has the form ``2026-11-30``."""
    return Html(f'<time datetime="{escape(iso_date)}">{escape(text)}</time>')


def labelled_text(html: str) -> LabelledText:
    """A sentence with tagged numbers, in the form that an attribute can hold."""
    # An attribute has no elements, so the tags become a list beside it, one word per number in order of appearance:
    #   <data value="0.87" data-kv-cell="///2016">87 av 100</data> i <time>2016</time>
    #   text "87 av 100 i 2016", label "value:///2016 year"
    labels = []
    for closing, tag, attributes in _TAG.findall(html):
        if closing:
            continue
        if tag == "time":
            labels.append("day" if "datetime" in attributes else "year")
        elif tag == "data":
            role, cell = _ROLE_ATTRIBUTE.search(attributes), _CELL_ATTRIBUTE.search(attributes)
            labels.append((role[1] if role else "value") + (f":{cell[1]}" if cell else ""))
    return LabelledText(unescape(_TAG.sub("", html)), " ".join(labels))


def find_address(html: str) -> str:
    """The first address in an HTML fragment; empty when there is none."""
    match = _CELL_ATTRIBUTE.search(html)
    return unescape(match[1]) if match else ""


def source_link(text: str, registry: str, ind_id: str = "") -> str:
    """A link from numbers to the rows of open data that they come from; works without JavaScript.

    >>> source_link("Kilde", "slag", "slag_enhet")
    '<a class="kv-source" href="/data/slag/index.qmd#ind-slag_enhet">Kilde</a>'
    """
    fragment = anchor(ind_id) if ind_id else INDICATORS_ANCHOR
    return f'<a class="kv-source" href="/{data_page(registry)}#{fragment}">{escape(text)}</a>'


def label_attribute(label: str) -> str:
    """The attribute that labels the numbers of an element's ``aria-label``; empty when there are none."""
    return f' data-kv-label="{label}"' if label else ""


def _percent_encode(part: str) -> str:
    return _RESERVED.sub(lambda match: f"%{ord(match[0]):02X}", part)
