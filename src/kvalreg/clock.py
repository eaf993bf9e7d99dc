"""The date of a run: the only module that reads the clock for it.

Input: the environment variable `SOURCE_DATE_EPOCH` (https://reproducible-builds.org/specs/source-date-epoch/), where it
is set, so that two builds of the same inputs are identical to the byte. Output: a date.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

from kvalreg.errors import UsageError

SOURCE_DATE = "SOURCE_DATE_EPOCH"
"""Seconds since 1970-01-01 in UTC."""


def today() -> date:
    """The date that `SOURCE_DATE_EPOCH` names (in UTC), else today's.

    Raises
    ------
    UsageError
        When `SOURCE_DATE_EPOCH` is set and is no number of seconds.
    """
    seconds = os.environ.get(SOURCE_DATE)
    if not seconds:
        return date.today()
    try:
        return datetime.fromtimestamp(int(seconds), UTC).date()
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{SOURCE_DATE} is {seconds!r}. Write seconds since 1970, or leave it out.") from None
