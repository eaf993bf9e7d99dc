"""The two rounds of publication a year, and how a registry stands to them.

Owns the deadlines: final results of a year are due by 15 June of the next, results so far this year by 15 December of
the same year. Input: a day, and the years that a registry has delivered. Output: deadlines and standings. It reads no
file and asks for no clock.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_FINAL, _INTERIM = (6, 15), (12, 15)
"""Month and day."""


class DeadlineStatus(StrEnum):
    """How a registry stands to a deadline."""

    DONE = "done"
    """The results are delivered."""
    LATE = "late"
    """The day has passed without them."""
    AHEAD = "ahead"
    """They are not delivered, and there is time left."""


@dataclass(frozen=True)
class Deadline:
    """What is due: the round (``final`` or ``interim``), the year of the results, and the last day."""

    round: str
    year: int
    due: date

    def status(self, delivered_years: Collection[int], today: date) -> DeadlineStatus:
        """How a registry that has delivered results of these years stands on a day.

        Worked: final results of 2025 that are not delivered are ahead on 2026-06-15 and late on 2026-06-16.
        """
        if self.year in delivered_years:
            return DeadlineStatus.DONE
        return DeadlineStatus.LATE if today > self.due else DeadlineStatus.AHEAD


def deadlines(today: date) -> tuple[Deadline, Deadline]:
    """The two deadlines of a day's year: final results of the year before, then results so far.

    Worked: in 2026 the final results of 2025 are due by 2026-06-15, and the results so far of 2026 by 2026-12-15.
    """
    return (
        Deadline("final", today.year - 1, date(today.year, *_FINAL)),
        Deadline("interim", today.year, date(today.year, *_INTERIM)),
    )
