"""Rules of `kvalreg.statistics.change`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from kvalreg.statistics.change import Change, change_between_years, change_over_series, trend
from kvalreg.statistics.intervals import Estimate
from kvalreg.statistics.proportions import newcombe_difference, proportion
from kvalreg.statistics.rates import rate

UNKNOWN = np.full(3, np.nan)


def test_newcombe_decides_for_proportions() -> None:
    """48 of 80 before, 56 of 70 now (Newcombe 1998, table II): 0.0524 to 0.3339, 0 is outside."""
    found = change_between_years(proportion(56, 70), proportion(48, 80), 1)
    assert [round(float(part), 4) for part in found.difference] == [0.2, 0.0524, 0.3339]
    assert found.change == Change.BETTER


@pytest.mark.parametrize(
    ("direction", "up", "down"),
    [(1, Change.BETTER, Change.WORSE), (0, Change.WORSE, Change.BETTER), (np.nan, Change.INCREASED, Change.DECREASED)],
)
def test_the_good_direction_gives_the_word(direction: float, up: Change, down: Change) -> None:
    """The same increase is better, worse or only an increase."""
    fewer, more = proportion(400, 1000), proportion(600, 1000)
    assert change_between_years(more, fewer, direction).change == up
    assert change_between_years(fewer, more, direction).change == down
    assert change_between_years(more, more, direction).change == Change.UNCLEAR


def test_zero_on_the_limit_is_not_a_change() -> None:
    """ "Changed" only when 0 lies outside: an interval that ends at 0 holds it."""
    now = Estimate(np.array(2.0), np.array(1.0), np.array(3.0))
    before = Estimate(np.array(1.0), np.array(1.0), np.array(1.0))
    assert change_between_years(now, before, 1).difference.low == 0
    assert change_between_years(now, before, 1).change == Change.UNCLEAR


def test_without_spread_nothing_is_claimed() -> None:
    """Two means without intervals: the difference is a number, what it means is not known."""
    now, before = (
        Estimate(np.array([7.0]), *UNKNOWN[:2, np.newaxis]),
        Estimate(np.array([9.0]), *UNKNOWN[:2, np.newaxis]),
    )
    found = change_between_years(now, before, 0)
    assert found.difference.value.tolist() == [-2.0]
    assert found.change.tolist() == [Change.NOT_KNOWN]


def test_missing_year_is_not_known() -> None:
    """No number in one of the years, a zero denominator or an impossible count: not known, no warning."""
    now = proportion([50, 50, 50, np.nan], [100, 0, 40, 100])
    assert change_between_years(now, proportion(10, 100), 1).change.tolist() == [Change.BETTER] + [Change.NOT_KNOWN] * 3


def test_counts_by_hand() -> None:
    """0 events before (0 to 3.6889) and 10 now (from 4.7875): at least 10 - √(5.2125² + 3.6889²) = 3.6142 more."""
    found = change_between_years(rate(10, 1), rate(0, 1), 0)
    assert float(found.difference.low) == pytest.approx(3.6142, abs=1e-4)
    assert found.change == Change.WORSE
    assert change_between_years(rate(1, 1), rate(0, 1), 0).change == Change.UNCLEAR


@pytest.mark.parametrize("mean", [0.5, 3, 8, 10, 20, 100])
def test_change_of_counts_is_rarely_claimed_where_there_is_none(mean: float) -> None:
    """Two years with the same true count: a change is claimed in at most 5 % of all outcomes."""
    x = np.arange(int(mean + 12 * mean**0.5 + 12))
    found = change_between_years(rate(x[:, np.newaxis], 1), rate(x, 1), np.nan).change
    claimed = (found == Change.INCREASED) | (found == Change.DECREASED)
    chance = poisson.pmf(x, mean)
    assert float((chance[:, np.newaxis] * chance * claimed).sum()) <= 0.05


def test_series_from_first_to_last_known_year() -> None:
    """Gaps and provisional years (set to NaN by the caller) are passed over; fewer than two years say nothing."""
    x = np.array(
        [[np.nan, 40, 90, 60, np.nan], [10, 20, 30, 40, 50], [np.nan, np.nan, 7, np.nan, np.nan], [np.nan] * 5]
    )
    found = change_over_series(proportion(x, 100), direction=[1, 0, 1, 1])
    assert found.first.tolist() == [1, 0, -1, -1]
    assert found.last.tolist() == [3, 4, -1, -1]
    np.testing.assert_allclose(found.difference.value, [0.2, 0.4, np.nan, np.nan])
    assert found.change.tolist() == [Change.BETTER, Change.WORSE, Change.NOT_KNOWN, Change.NOT_KNOWN]
    np.testing.assert_allclose(found.difference.low[0], newcombe_difference(60, 100, 40, 100).low)


def test_trend_by_hand() -> None:
    """40, 50, 60 of 100: weights -1/2, 0, 1/2. Wilson limits 0.3094-0.4980 and 0.5020-0.6906 give 0.0307 to 0.1641."""
    found = trend(proportion([40, 50, 60], 100), [2021, 2022, 2023], 1)
    assert [round(float(part), 4) for part in found.difference] == [0.1, 0.0307, 0.1641]
    assert found.change == Change.BETTER


def test_trend_is_per_year_also_over_gaps() -> None:
    """2019, 2021 and 2023 with 40, 50 and 60 of 100 is half the slope of three years in a row."""
    x = [40, np.nan, 50, np.nan, 60]
    found = trend(proportion(x, 100), range(2019, 2024), 1)
    assert [round(float(part), 4) for part in found.difference] == [0.05, round(0.0307 / 2, 4), round(0.1641 / 2, 4)]


def test_trend_needs_three_known_years() -> None:
    """Two years are a difference, not a trend; a year without interval leaves the slope and no claim."""
    x = np.array([[40, np.nan, 60], [np.nan, np.nan, np.nan], [40, 50, 60]])
    assert trend(proportion(x, 100), [1, 2, 3], 1).change.tolist() == [
        Change.NOT_KNOWN,
        Change.NOT_KNOWN,
        Change.BETTER,
    ]
    bare = Estimate(np.array([7.0, 8.0, 9.0]), UNKNOWN, UNKNOWN)
    found = trend(bare, [2021, 2022, 2023], 1)
    assert float(found.difference.value) == pytest.approx(1.0)
    assert found.change == Change.NOT_KNOWN


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(50, 99)), min_size=3, max_size=12))
def test_slope_is_that_of_the_straight_line(counts: list[tuple[int, int]]) -> None:
    """The slope equals ordinary least squares, and lies inside its interval."""
    x, n = np.array(counts).T
    years = np.arange(2010, 2010 + len(counts))
    found = trend(proportion(x, n), years, 1).difference
    assert float(found.value) == pytest.approx(float(np.cov(years, x / n)[0, 1] / np.var(years, ddof=1)), abs=1e-12)
    assert found.low <= found.value <= found.high
