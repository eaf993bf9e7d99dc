"""Rules of `kvalreg.statistics.intervals`."""

from __future__ import annotations

import numpy as np
import pytest

from kvalreg.statistics.intervals import Estimate, as_floats, contrast, difference, tail_probability


def estimate(value: float, low: float, high: float) -> Estimate:
    """One estimate from plain numbers."""
    return Estimate(np.array(value), np.array(low), np.array(high))


def test_difference_by_hand() -> None:
    """8 (6 to 9) minus 5 (4 to 7) is 3, from 3 - √(2² + 2²) to 3 + √(1² + 1²)."""
    value, low, high = difference(estimate(8, 6, 9), estimate(5, 4, 7))
    assert float(value) == 3
    assert float(low) == pytest.approx(3 - 8**0.5)
    assert float(high) == pytest.approx(3 + 2**0.5)


def test_contrast_of_one_estimate_is_that_estimate() -> None:
    """Weight 1 changes nothing; weight -2 doubles, and swaps the limits."""
    assert [float(part) for part in contrast([(1, estimate(5, 4, 7))])] == [5, 4, 7]
    assert [float(part) for part in contrast([(-2, estimate(5, 4, 7))])] == [-10, -14, -8]


def test_value_without_interval_keeps_its_difference() -> None:
    """A missing interval makes the limits NaN and leaves the difference known."""
    value, low, high = difference(estimate(8, np.nan, np.nan), estimate(5, 4, 7))
    assert float(value) == 3
    assert np.isnan([low, high]).all()


def test_missing_and_infinite_are_the_same() -> None:
    """None, NaN and what a division by zero leaves behind all become NaN, in one common shape."""
    first, second = as_floats(np.array([None, np.inf, -np.inf, 2]), 1)
    np.testing.assert_array_equal(first, [np.nan, np.nan, np.nan, 2])
    np.testing.assert_array_equal(second, [1, 1, 1, 1])


def test_short_floats_are_refused() -> None:
    """0.9 as a 32 bit float is below 0.9: such data would miss targets that they reach."""
    with pytest.raises(TypeError, match="float64"):
        as_floats(np.array([0.9], dtype=np.float32))


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5, float("nan")])
def test_confidence_lies_between_0_and_1(confidence: float) -> None:
    """95 for 95 % is a mistake that must not pass."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        tail_probability(confidence)


def test_times_changes_the_unit_of_all_three() -> None:
    """Per person times 100,000 is per 100,000, for the value and both limits."""
    assert [float(part) for part in estimate(0.5, 0.25, 0.75).times(1000)] == [500, 250, 750]
