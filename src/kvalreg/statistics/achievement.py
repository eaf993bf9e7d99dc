"""Level of achievement: a value against its targets, and whether its interval agrees.

Input: values and intervals before rounding, with the indicator's targets. Output: codes. Words and symbols belong to
`report`.

Why plain comparison is exact. A share is one division of two integers, and IEEE 754 rounds a division to the float
nearest to the true quotient; reading the target's decimal text does the same. So 63/70 and "0.9" are the same float,
and rounding never swaps the order of two numbers. Only two *different* fractions that round to one float could go
wrong. A share x/n and a target p/q (q = 100 for two decimals) that differ, differ by at least 1/(nq), and floats
between 0 and 1 are at most 2⁻⁵³ apart: as long as nq < 2⁵³, that is fewer than 9,000,000,000 patients with a target of
six decimals, the comparison gives the answer of exact arithmetic. No tolerance is needed, and none is used: one of
10⁻⁹ would let 899,999,999 of 1,000,000,000 reach 90 %. It holds for float64 only; `as_floats` refuses shorter floats.

Bad input, for each element: no value, no green target or no direction (or one that is neither 0 nor 1) gives no level;
a missing yellow target equals the green one. A value without interval has a level of unknown certainty.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from kvalreg.arrays import CodeArray, IndexArray
from kvalreg.statistics.intervals import as_floats


class Achievement(StrEnum):
    """Level of achievement (*måloppnåelse*)."""

    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"
    NONE = "none"


class Certainty(StrEnum):
    """Whether the interval stays inside the level. NONE: no level, or no interval."""

    CERTAIN = "certain"
    UNCERTAIN = "uncertain"
    NONE = "none"


_ACHIEVEMENTS: CodeArray = np.array([Achievement.NONE, Achievement.LOW, Achievement.MODERATE, Achievement.HIGH], object)
_CERTAINTIES: CodeArray = np.array([Certainty.NONE, Certainty.UNCERTAIN, Certainty.CERTAIN], object)


def achievement(
    value: npt.ArrayLike, green: npt.ArrayLike, yellow: npt.ArrayLike, direction: npt.ArrayLike
) -> CodeArray:
    """Level of achievement of each value, before rounding.

    Direction 1 (high is good): high from green up, low below yellow, else moderate. Direction 0 (low is good): high up
    to green, low above yellow, else moderate.

    Parameters
    ----------
    value
        Values in the unit of their targets (a share from 0 to 1 for proportions).
    green, yellow
        Targets; NaN or None where there is none.
    direction
        1, 0, or NaN or None.

    Returns
    -------
    Codes
        `Achievement` members in the broadcast shape.

    Notes
    -----
    Source: the rule of the national site, `docs/methods/achievement.md`.

    Examples
    --------
    27 of 30 is 90 % exactly and reaches a target of 90 %; 26 of 30 is 86.7 %.

    >>> print(*achievement([27 / 30, 26 / 30, 23 / 30], 0.9, 0.8, 1))
    high moderate low
    """
    return _ACHIEVEMENTS[_ranks(value, green, yellow, direction)]


def certainty(
    low: npt.ArrayLike, high: npt.ArrayLike, green: npt.ArrayLike, yellow: npt.ArrayLike, direction: npt.ArrayLike
) -> CodeArray:
    """Whether the whole interval has one level: CERTAIN when its two ends have the same, UNCERTAIN when not.

    The level only rises or only falls with the value, so the two ends decide for everything between them. Which levels
    the interval allows are ``achievement(low, ...)`` and ``achievement(high, ...)``.

    Examples
    --------
    54 of 60 is 90 % with the interval 79.9 to 95.3 %; 588 of 600 is 98 % with 96.5 to 98.9 %.

    >>> print(*certainty([0.799, 0.965], [0.953, 0.989], 0.9, 0.8, 1))
    uncertain certain
    """
    # Rank 0 is "no level": of a missing end, or a missing target.
    ends = _ranks(low, green, yellow, direction), _ranks(high, green, yellow, direction)
    known = (ends[0] > 0) & (ends[1] > 0)
    return _CERTAINTIES[np.where(known, 1 + (ends[0] == ends[1]), 0)]


def _ranks(value: npt.ArrayLike, green: npt.ArrayLike, yellow: npt.ArrayLike, direction: npt.ArrayLike) -> IndexArray:
    """0 none, 1 low, 2 moderate, 3 high."""
    values, greens, yellows, directions = as_floats(value, green, yellow, direction)
    # Changing the sign of a float is exact, and turns "low is good" into "high is good".
    sign = np.where(directions == 1, 1.0, np.where(directions == 0, -1.0, np.nan))
    signed = values * sign
    # Any comparison with NaN is False, so a missing target neither reaches nor fails; `known` makes it no level.
    reached = signed >= greens * sign
    failed = signed < np.where(np.isnan(yellows), greens, yellows) * sign
    known = ~np.isnan(signed + greens)
    return np.where(known, np.where(reached, 3, np.where(failed, 1, 2)), 0)
