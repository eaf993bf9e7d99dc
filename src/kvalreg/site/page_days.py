"""The day on which a page last changed: when it was first staged with what it says now.

Comes in: a page's source with the day of what it is made of, and marks where a day is told; and the same page's source
as it was staged before. Goes out: the source with its day, which stays the old one while nothing else has changed. So
one changed number moves the day of the pages that show it, and of no other. No day is today's: the same inputs give the
same bytes.
"""

from __future__ import annotations

import re
from datetime import date

from kvalreg.report.wording import LANGUAGES, words

_LINE = re.compile(rb"^kv-changed: (\d{4}-\d{2}-\d{2})$", re.MULTILINE)
"""Stands in the front matter, before anything that a registry has written."""
_MARK = re.compile(f"\ue0d0({'|'.join(LANGUAGES)})\ue0d1")


def day_mark(language: str) -> str:
    """What stands in a page's body until its day is known."""
    return f"\ue0d0{language}\ue0d1"


def front_line(day: date) -> str:
    """The line of the front matter that tells a page's day."""
    return f"kv-changed: {day.isoformat()}"


def day_of(source: bytes) -> date | None:
    """The day that a page's source tells; None where it tells none."""
    found = _LINE.search(source)
    return date.fromisoformat(found[1].decode()) if found else None


def without_day(source: bytes) -> bytes:
    """A source with marks that is the same on every day."""
    return _LINE.sub(b"", source, count=1)


def dated(source: bytes, before: bytes | None) -> tuple[bytes, date | None]:
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
    day = day_of(source)
    if day is None:
        return source, None
    then = day_of(before) if before is not None else None
    if then is not None and (again := _told(source, then)) == before:
        return again, then
    return _told(source, day), day


def _told(source: bytes, day: date) -> bytes:
    text = _LINE.sub(front_line(day).encode(), source, count=1).decode()
    return _MARK.sub(lambda found: words(found[1]).date_html(day), text).encode()
