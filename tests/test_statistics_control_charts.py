"""Rules of `kvalreg.statistics.control_charts`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvalreg.statistics.control_charts import runs, xmr


def test_xmr_by_hand() -> None:
    """10 and 12 in turn: mean 11, mean moving range 2, limits 11 ± 6/1.128."""
    chart = xmr([10, 12] * 6)
    assert chart is not None
    assert [chart.centre, chart.low, chart.high] == pytest.approx([11, 11 - 6 / 1.128, 11 + 6 / 1.128])
    assert not chart.outside.any()


def test_a_single_outlier_is_outside() -> None:
    """Twenty points in turn 10 and 12, one of them 40: that one, and no other, is outside, at its own place."""
    values = [10.0, 12.0] * 10
    values[7], values[13] = 40.0, float("nan")
    chart = xmr(values)
    assert chart is not None
    assert np.flatnonzero(chart.outside).tolist() == [7]


@pytest.mark.parametrize("method", [xmr, runs])
def test_eleven_points_are_too_few(method: object) -> None:
    """Missing points do not count: eleven and a gap are still too few. Nor do no points at all."""
    assert callable(method)
    assert method(np.arange(11)) is None
    assert method([*range(11), np.nan]) is None
    assert method([]) is None
    assert method(np.arange(12)) is not None


@pytest.mark.parametrize(("n", "longest", "crossings"), [(12, 7, 3), (20, 7, 6), (24, 8, 8), (30, 8, 10)])
def test_limits_of_the_anhoj_rules(n: int, longest: int, crossings: int) -> None:
    """round(log2 n + 3), and the 5 % point of B(n - 1, 1/2): for 24 points P(B ≤ 7) = 0.047 and P(B ≤ 8) = 0.105."""
    found = runs(np.arange(n))
    assert found is not None
    assert (found.longest_allowed, found.crossings_needed) == (longest, crossings)


def test_a_shift_is_a_signal() -> None:
    """Twelve low and twelve high points: a run of 12 where 8 are allowed, 1 crossing where 8 are needed."""
    found = runs([1] * 12 + [2] * 12)
    assert found is not None
    assert (found.longest, found.crossings, found.signal) == (12, 1, True)


def test_a_steady_series_is_no_signal() -> None:
    """Up and down in turn crosses the median every time: runs of 1, 23 crossings."""
    found = runs([1, 2] * 12)
    assert found is not None
    assert (found.longest, found.crossings, found.signal) == (1, 23, False)


def test_points_on_the_median_say_nothing() -> None:
    """Of thirteen different values the middle one is the median, and twelve remain; of equal values none remain."""
    found = runs([7, *range(1, 7), *range(8, 14)])
    assert found is not None
    assert (found.longest, found.crossings) == (6, 1)
    assert runs([5] * 30) is None


def test_a_series_has_one_axis() -> None:
    """Several series in one array are a mistake, said in words."""
    with pytest.raises(ValueError, match="one axis"):
        xmr(np.zeros((2, 12)))


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0]), max_size=40))
def test_runs_and_crossings_count_the_same_thing(values: list[float]) -> None:
    """A series with k crossings has k + 1 runs, so its longest run is at least its length over k + 1."""
    found = runs(values)
    if found is not None:
        useful = sum(value != np.median(values) for value in values)
        assert useful / (found.crossings + 1) <= found.longest <= useful - found.crossings
