"""How a page says which cell a number is: attributes, `<data>` and `<time>`, and the same for texts in attributes.

Owns the written form of the contract that ``docs/pages.md`` tells: the address of a cell is ``registry/indicator/
context/year/unit``, and a part that is left empty is that of the nearest element around. Comes in: ids, numbers and
their texts. Goes out: HTML. `kvalreg.audit` reads it with code of its own.
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
_RESERVED = re.compile(r"[%/@\s]")


class Html(str):
    """A text that is finished HTML: it is put into sentences as it is, where others are escaped."""

    __slots__ = ()


class LabelledText(NamedTuple):
    """A sentence as an attribute can hold it.

    Parameters
    ----------
    text
        The sentence, plain.
    label
        What its numbers are, in order, for the attribute ``data-kv-label``: ``value:///2016 year target``.
    """

    text: str
    label: str


@lru_cache(maxsize=1 << 14)
def cell_address(registry: str = "", ind_id: str = "", context: str = "", year: int | str = "", unit: str = "") -> str:
    """The address of a cell, or of what is known of it; the ends that are left open are not written.

    >>> cell_address("slag", "slag_enhet", "caregiver", 2025, "000010203")
    'slag/slag_enhet/caregiver/2025/000010203'
    >>> cell_address(year=2016)
    '///2016'
    """
    parts = [_percent_encode(str(part)) for part in (registry, ind_id, context, year)]
    return "/".join([*parts, unit if unit.startswith("@") else _percent_encode(unit)]).rstrip("/")


def units_address(level: str) -> str:
    """The last part of the address of all units of a level together: ``@hospital``."""
    return f"@{level}"


def cell_attribute(address: str) -> str:
    """The attribute that gives an element, and all in it, an address."""
    return f' data-kv-cell="{escape(address)}"' if address else ""


def number_html(text: str, value: float | None = None, role: str = "", cell: str = "") -> Html:
    """A number in a sentence, with what it is.

    Parameters
    ----------
    value
        For programs; left out, the element has the text alone.
    role
        One of the contract's roles; a result's value when empty.
    cell
        The parts of its address that differ from those around.
    """
    machine_value = "" if value is None else repr(value)
    role_attribute = f' data-kv-role="{role}"' if role else ""
    return Html(f'<data value="{machine_value}"{cell_attribute(cell)}{role_attribute}>{escape(text)}</data>')


def year_html(year: int | str) -> Html:
    """A year in a sentence."""
    return Html(f"<time>{int(year)}</time>")


def day_html(text: str, iso_date: str) -> Html:
    """A day in a sentence; `day` is written as ``2026-11-30``."""
    return Html(f'<time datetime="{escape(iso_date)}">{escape(text)}</time>')


def labelled_text(html: str) -> LabelledText:
    """A sentence with its numbers marked, as an attribute holds it."""
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
    """The first address in a piece of HTML; empty where it has none."""
    match = _CELL_ATTRIBUTE.search(html)
    return unescape(match[1]) if match else ""


def source_link(text: str, registry: str, ind_id: str = "") -> str:
    """The way from numbers to the rows of open data that they come from, which needs no script.

    >>> source_link("Kilde", "slag", "slag_enhet")
    '<a class="kv-source" href="/data/slag/index.qmd#ind-slag_enhet">Kilde</a>'
    """
    fragment = anchor(ind_id) if ind_id else INDICATORS_ANCHOR
    return f'<a class="kv-source" href="/{data_page(registry)}#{fragment}">{escape(text)}</a>'


def label_attribute(label: str) -> str:
    """What the numbers of an element's ``aria-label`` are; nothing where it has none."""
    return f' data-kv-label="{label}"' if label else ""


def _percent_encode(part: str) -> str:
    return _RESERVED.sub(lambda match: f"%{ord(match[0]):02X}", part)
