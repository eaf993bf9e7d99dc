"""The day on which a page last changed: when it was first staged with what it says now.

Comes in: a page's source with the day of what it is made of, and marks where a day is told; and the same page's source
as it was staged before. Goes out: the source with its day, which stays the old one while nothing else has changed. So
one changed number moves the day of the pages that show it, and of no other. No day is today's: the same inputs give the
same bytes.
"""

from __future__ import annotations

import re
from datetime import date

from kvalreg.report.translation import LANGUAGES, get_translator

_DATE_LINE = re.compile(rb"^kv-changed: (\d{4}-\d{2}-\d{2})$", re.MULTILINE)
"""Stands in the front matter, before anything that a registry has written."""
_DATE_PLACEHOLDER = re.compile(f"\ue0d0({'|'.join(LANGUAGES)})\ue0d1")


def date_placeholder(language: str) -> str:
    """What stands in a page's body until its day is known."""
    return f"\ue0d0{language}\ue0d1"


def date_front_matter(day: date) -> str:
    """The line of the front matter that tells a page's day."""
    return f"kv-changed: {day.isoformat()}"


def modified_date(source: bytes) -> date | None:
    """The day that a page's source tells; None where it tells none."""
    match = _DATE_LINE.search(source)
    return date.fromisoformat(match[1].decode()) if match else None


def without_date(source: bytes) -> bytes:
    """A source with marks that is the same on every day."""
    return _DATE_LINE.sub(b"", source, count=1)


def resolve_date(source: bytes, previous: bytes | None) -> tuple[bytes, date | None]:
    """A page's source with its day, and the day.

    Parameters
    ----------
    source
        With marks, and the day of what the page is made of.
    before
        As it was staged last; None where it was not.

    Notes
    -----
    Worked example: staged on 30 November with "91 of 100"; on 1 December another page's number is corrected, and what
    all pages are made of is of that day. With 30 November in its marks the source is what it was: it keeps that day.
    """
    day = modified_date(source)
    if day is None:
        return source, None
    previous_day = modified_date(previous) if previous is not None else None
    if previous_day is not None and (unchanged := _fill_date(source, previous_day)) == previous:
        return unchanged, previous_day
    return _fill_date(source, day), day


def _fill_date(source: bytes, day: date) -> bytes:
    text = _DATE_LINE.sub(date_front_matter(day).encode(), source, count=1).decode()
    return _DATE_PLACEHOLDER.sub(lambda match: get_translator(match[1]).date_html(day), text).encode()
