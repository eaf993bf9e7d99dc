"""Change: between two years, and over a series, classified by the interval of the difference.

Input: estimates with their intervals (`proportions.proportion`, `rates.rate`, ...) and the direction that is good.
Output: differences with intervals, and codes. Words belong to `report`. Leaving out provisional years is the caller's
choice: set them to NaN.

A change is claimed only when 0 lies outside the interval of the difference. A value without interval (a mean or a
median delivered without standard deviation or interval) gives a difference whose meaning is not known.

Bad input, for each element: a missing value or interval gives NOT_KNOWN; no direction (or one that is neither 0 nor 1)
gives INCREASED or DECREASED instead of BETTER or WORSE.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kvalreg.arrays import CodeArray, FloatArray, IndexArray
from kvalreg.statistics.intervals import Estimate, as_floats, contrast, difference


class Change(StrEnum):
    """What can be said about a difference. UNCLEAR: the interval holds 0."""

    BETTER = "better"
    WORSE = "worse"
    INCREASED = "increased"
    DECREASED = "decreased"
    UNCLEAR = "unclear"
    NOT_KNOWN = "not_known"


class EstimatedChange(NamedTuple):
    """A difference with its interval, and what can be said about it."""

    difference: Estimate
    change: CodeArray


@dataclass(frozen=True)
class SeriesChange:
    """Change from the first to the last known year of each series.

    Parameters
    ----------
    first, last
        Positions on the year axis; -1 where a series has fewer than two known years.
    difference, change
        Last minus first, and what can be said about it.
    """

    first: IndexArray
    last: IndexArray
    difference: Estimate
    change: CodeArray


MIN_TREND_YEARS = 3
"""A trend needs at least this many known years; two years are a difference."""

_CHANGE_CODES: CodeArray = np.array(
    [
        [Change.WORSE, Change.UNCLEAR, Change.BETTER],
        [Change.DECREASED, Change.UNCLEAR, Change.INCREASED],
        [Change.BETTER, Change.UNCLEAR, Change.WORSE],
    ],
    object,
)
"""Rows: high is good, no direction, low is good. Columns: below 0, holds 0, above 0."""


def change_between_years(now: Estimate, before: Estimate, direction: npt.ArrayLike) -> EstimatedChange:
    """Change from one year to another.

    The interval of the difference is made from the two intervals (`intervals.contrast`): for proportions with Wilson
    intervals it is Newcombe's hybrid (1998, method 10), for counts and rates with Poisson intervals the same
    construction by Zou and Donner (2008).

    Parameters
    ----------
    now, before
        Estimates of shapes that broadcast, in the same unit.
    direction
        1 (high is good), 0 (low is good), NaN or None.

    Examples
    --------
    Newcombe 1998, table II: 48 of 80 before and 56 of 70 now is 20 percentage points more, from 5.24 to 33.39.

    >>> from kvalreg.statistics.proportions import proportion
    >>> result = change_between_years(proportion(56, 70), proportion(48, 80), direction=1)
    >>> print(*(f"{part:.4f}" for part in result.difference), result.change)
    0.2000 0.0524 0.3339 better
    """
    estimate = difference(now, before)
    return EstimatedChange(estimate, _classify(estimate, direction))


def change_over_series(series: Estimate, direction: npt.ArrayLike) -> SeriesChange:
    """Change from the first to the last known year. Years are the last axis; those between the two do not count.

    Examples
    --------
    40 of 100, a missing year, 50 of 100, 60 of 100: from year 0 to year 3 the share is 0.2 higher.

    >>> from kvalreg.statistics.proportions import proportion
    >>> result = change_over_series(proportion([40, np.nan, 50, 60], [100, np.nan, 100, 100]), direction=1)
    >>> print(result.first, result.last, f"{result.difference.value:.1f}", result.change)
    0 3 0.2 better
    """
    series = Estimate(*as_floats(*series))
    known = ~np.isnan(series.value)
    is_comparable = known.sum(axis=-1) >= 2
    # argmax of a mask is its first True; of the reversed mask, the last one counted from the end.
    first = np.where(is_comparable, known.argmax(axis=-1), -1)
    last = np.where(is_comparable, known.shape[-1] - 1 - known[..., ::-1].argmax(axis=-1), -1)

    def estimate_at(position: IndexArray) -> Estimate:
        def take_year(part: FloatArray) -> FloatArray:
            values = np.take_along_axis(part, np.maximum(position, 0)[..., np.newaxis], axis=-1)[..., 0]
            return np.where(is_comparable, values, np.nan)

        return Estimate(*(take_year(part) for part in series))

    estimated_change = change_between_years(estimate_at(last), estimate_at(first), direction)
    return SeriesChange(first, last, *estimated_change)


def trend(series: Estimate, years: npt.ArrayLike, direction: npt.ArrayLike) -> EstimatedChange:
    r"""Mean change per year over all known years: the slope of a straight line, with its interval.

    .. math:: b = \sum_t \frac{(t - \bar t)}{\sum_s (s - \bar t)^2}\, \hat\theta_t

    It is a weighted sum of the years' values, so its interval comes from theirs (`intervals.contrast`). Every known
    year counts equally. The interval holds chance in each year's patients; that the years themselves vary more than
    that is not in it, so with very many patients almost any slope differs from 0 and its size is what matters. A value
    without interval makes the trend NOT_KNOWN; so do fewer than 3 known years.

    Parameters
    ----------
    series
        Estimates; years are the last axis, NaN where a year is missing.
    years
        The calendar years of that axis.
    direction
        As for `change_between_years`, without the year axis.

    Examples
    --------
    40, 50 and 60 of 100 in three years: weights -1/2, 0 and 1/2, slope 0.1 per year. The Wilson intervals of 40 (30.94
    to 49.80) and 60 (50.20 to 69.06) reach 0.0980 towards each other and 0.0906 apart, so the slope's goes from
    0.1 - √2·0.0980/2 to 0.1 + √2·0.0906/2.

    >>> from kvalreg.statistics.proportions import proportion
    >>> result = trend(proportion([40, 50, 60], 100), [2021, 2022, 2023], direction=1)
    >>> print(*(f"{part:.4f}" for part in result.difference), result.change)
    0.1000 0.0307 0.1641 better
    """
    series = Estimate(*as_floats(*series))
    known = ~np.isnan(series.value)
    times = np.where(known, np.broadcast_to(as_floats(years)[0], known.shape), 0.0)
    count = known.sum(axis=-1, keepdims=True)
    centred = np.where(known, times - times.sum(axis=-1, keepdims=True) / np.maximum(count, 1), 0.0)
    sum_of_squares = (centred**2).sum(axis=-1, keepdims=True)
    weights = centred / np.where((count >= MIN_TREND_YEARS) & (sum_of_squares > 0), sum_of_squares, np.nan)
    # A missing year has weight 0, and 0 · NaN would still be NaN.
    filled = Estimate(*(np.where(known, part, 0.0) for part in series))
    slope = contrast(
        (weights[..., year], Estimate(*(part[..., year] for part in filled))) for year in range(known.shape[-1])
    )
    return EstimatedChange(slope, _classify(slope, direction))


def _classify(estimate: Estimate, direction: npt.ArrayLike) -> CodeArray:
    """A code for each difference, by where 0 lies."""
    low, high, directions = as_floats(estimate.low, estimate.high, direction)
    # Row and column of `_CHANGE_CODES`. An interval that ends at 0 holds 0: no change is claimed.
    side = np.where(low > 0, 2, np.where(high < 0, 0, 1))
    row = np.where(directions == 1, 0, np.where(directions == 0, 2, 1))
    codes = _CHANGE_CODES[row, side]
    return np.where(np.isnan(low) | np.isnan(high), np.array(Change.NOT_KNOWN, object), codes)
