"""The day of a run, which can be told from outside so that builds are reproducible."""

from __future__ import annotations

from datetime import date

import pytest

from kvalreg.clock import SOURCE_DATE, today
from kvalreg.errors import UsageError


def test_the_day_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """SOURCE_DATE_EPOCH names the day in UTC: 86 399 s is still the first day of 1970; without it, it is today."""
    monkeypatch.setenv(SOURCE_DATE, "86399")
    assert today() == date(1970, 1, 1)
    monkeypatch.setenv(SOURCE_DATE, "86400")
    assert today() == date(1970, 1, 2)
    monkeypatch.delenv(SOURCE_DATE)
    before = date.today()
    assert before <= today() <= date.today()


@pytest.mark.parametrize("given", ["yesterday", "9" * 30])
def test_a_day_that_is_none_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word or an impossible number is a usage error that names the variable."""
    monkeypatch.setenv(SOURCE_DATE, given)
    with pytest.raises(UsageError, match=SOURCE_DATE):
        today()
