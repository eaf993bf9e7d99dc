"""Rules of `kvalreg.statistics.medians`."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvalreg.statistics.medians import median_interval, median_ranks
from statistics_reference import published


@pytest.mark.parametrize(("n", "lower", "upper"), [(6, 1, 6), (17, 5, 13), (100, 40, 61)])
def test_ranks_as_published(n: int, lower: int, upper: int) -> None:
    """Six is the fewest (coverage 1 - 2/64); 100 gives 40 and 61 (Campbell and Gardner 1988)."""
    assert [float(rank) for rank in median_ranks(n)] == [lower, upper]


def test_ranks_agree_with_the_table() -> None:
    """Every row of the table of order statistics."""
    table = published("median_ci_ranks.csv")
    lower, upper = median_ranks(table["n"])
    np.testing.assert_array_equal(lower, table["lower_rank"])
    np.testing.assert_array_equal(upper, table["upper_rank"])


@given(n=st.integers(6, 400), confidence=st.sampled_from([0.8, 0.9, 0.95]))
def test_coverage_is_enough_and_one_rank_inwards_is_not(n: int, confidence: float) -> None:
    """By sums of whole numbers: the coverage is at least the confidence, and no tighter pair of ranks has it."""
    rank = int(median_ranks(n, confidence).low)

    def coverage(lower: int) -> float:
        return float(1 - 2 * sum(math.comb(n, k) for k in range(lower)) / 2**n)

    assert coverage(rank) >= confidence - 1e-12
    assert coverage(rank + 1) < confidence


@pytest.mark.parametrize("n", [0, 5, -3, 10.5, np.nan])
def test_too_few_or_impossible_numbers_have_no_ranks(n: float) -> None:
    """Five values cannot enclose a median with 95 %: 1 - 2/32 = 93.75 %."""
    assert np.isnan(median_ranks(n)).all()


def test_interval_of_a_sample() -> None:
    """1 to 10 in any order: median 5.5, second and ninth value."""
    assert [float(part) for part in median_interval([7, 1, 10, 4, 2, 9, 3, 8, 5, 6])] == [5.5, 2, 9]


def test_small_and_incomplete_samples() -> None:
    """Five values have a median and no interval; none, or one missing among many, have neither."""
    value, low, high = median_interval([1, 2, 3, 4, 5])
    assert float(value) == 3
    assert np.isnan([low, high]).all()
    assert np.isnan(median_interval([])).all()
    assert np.isnan(median_interval([*range(20), np.nan])).all()


def test_a_sample_has_one_axis() -> None:
    """A table of several samples is a mistake, said in words."""
    with pytest.raises(ValueError, match="a sample has one"):
        median_interval([[1, 2], [3, 4]])
