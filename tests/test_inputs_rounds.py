"""The two deadlines a year, and how a registry stands to them."""

from __future__ import annotations

from datetime import date

import pytest

from kvalreg.inputs.rounds import Deadline, DeadlineStatus, deadlines


def test_a_year_has_two_deadlines() -> None:
    """Final results of the year before by 15 June, results so far by 15 December."""
    assert deadlines(date(2024, 3, 1)) == (
        Deadline("final", 2023, date(2024, 6, 15)),
        Deadline("interim", 2024, date(2024, 12, 15)),
    )


@pytest.mark.parametrize(
    ("delivered", "today", "standing"),
    [
        ({2022}, date(2024, 6, 15), DeadlineStatus.AHEAD),
        ({2022}, date(2024, 6, 16), DeadlineStatus.LATE),
        ({2022, 2023}, date(2024, 6, 16), DeadlineStatus.DONE),
        (set(), date(2024, 12, 31), DeadlineStatus.LATE),
    ],
)
def test_the_last_day_is_in_time(delivered: set[int], today: date, standing: DeadlineStatus) -> None:
    """On the day itself there is time left; the day after it is late."""
    assert deadlines(today)[0].status(delivered, today) is standing
