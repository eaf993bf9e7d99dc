"""The date when a page was last modified: when it was first staged with its present content.

Input: a page's source with the date of its inputs, and placeholders where the date is shown; and the same page's source
as it was staged before. Output: the source with its date, which stays the old one while nothing else has changed. So a
corrected number changes the date of the pages that show it, and of no other. Today's date is never used: the same
inputs give the same bytes.
"""

from __future__ import annotations

import re
from datetime import date

from kvalreg.report.translation import LANGUAGES, get_translator

_DATE_LINE = re.compile(rb"^kv-changed: (\d{4}-\d{2}-\d{2})$", re.MULTILINE)
"""The first line of the front matter, before any text of a registry's, which might look the same."""
_DATE_PLACEHOLDER = re.compile(f"\ue0d0({'|'.join(LANGUAGES)})\ue0d1")


def date_placeholder(language: str) -> str:
    """The placeholder for the date in a page's body, in private-use characters of Unicode."""
    return f"\ue0d0{language}\ue0d1"


def date_front_matter(day: date) -> str:
    """The line of the front matter with a page's date."""
    return f"kv-changed: {day.isoformat()}"


def modified_date(source: bytes) -> date | None:
    """The date in a page's front matter; None where it has none."""
    match = _DATE_LINE.search(source)
    return date.fromisoformat(match[1].decode()) if match else None


def without_date(source: bytes) -> bytes:
    """A source with placeholders that is the same whatever its date is."""
    return _DATE_LINE.sub(b"", source, count=1)


def resolve_date(source: bytes, previous: bytes | None) -> tuple[bytes, date | None]:
    """A page's source with its date, and the date.

    Parameters
    ----------
    source
        With placeholders, and the date of the page's inputs.
    previous
        As it was staged last; None where it was not.

    Notes
    -----
    Worked example: a page is staged on 30 November with "91 of 100". On 1 December a number of another page is
    corrected, so the inputs of all pages have that date. With 30 November for its placeholders the page's source equals
    the previous one: it keeps 30 November.
    """
    day = modified_date(source)
    if day is None:
        return source, None
    # does the page say anything new, its date apart? Then it is compared as if it kept its date
    previous_day = modified_date(previous) if previous is not None else None
    if previous_day is not None and (unchanged := _fill_date(source, previous_day)) == previous:
        return unchanged, previous_day
    return _fill_date(source, day), day


def _fill_date(source: bytes, day: date) -> bytes:
    text = _DATE_LINE.sub(date_front_matter(day).encode(), source, count=1).decode()
    return _DATE_PLACEHOLDER.sub(lambda match: get_translator(match[1]).date_html(day), text).encode()
