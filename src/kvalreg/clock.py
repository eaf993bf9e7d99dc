"""The day of a run: the only place that asks what day it is.

Comes in: the environment variable `SOURCE_DATE_EPOCH`, where it is set, so that two builds of the same inputs are the
same to the byte. Goes out: a date.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

from kvalreg.errors import UsageError

SOURCE_DATE = "SOURCE_DATE_EPOCH"
"""Seconds since 1970, as other tools that build reproducibly read it."""


def today() -> date:
    """The day that `SOURCE_DATE_EPOCH` names (in UTC), else today.

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
