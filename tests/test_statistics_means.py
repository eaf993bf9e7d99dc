"""Rules of `kvalreg.statistics.means`."""

from __future__ import annotations

import numpy as np
import pytest

from kvalreg.statistics.means import mean_interval
from statistics_reference import published


def test_t_interval_by_hand() -> None:
    """Mean 10, sd 2, 16 patients: t(0.975; 15) = 2.13145, so 10 ± 1.0657."""
    low, high = mean_interval(10, 2, 16)
    assert float(low) == pytest.approx(10 - 2.13145 / 2, abs=1e-5)
    assert float(high) == pytest.approx(10 + 2.13145 / 2, abs=1e-5)


def test_t_interval_agrees_with_the_published_table() -> None:
    """UKHSA's means of two areas and of both together, 95 and 99.8 %; the spread is computed from the values here."""
    values, expected = published("phe/means_input.csv"), published("phe/means_expected.csv")
    for row, area in enumerate(expected.text("area")):
        sample = (values if area == "No grouping" else values.where(area=area))["values"]
        for confidence, suffix in ((0.95, "95_0cl"), (0.998, "99_8cl")):
            low, high = mean_interval(sample.mean(), sample.std(ddof=1), sample.size, confidence)
            assert float(low) == pytest.approx(expected[f"lower{suffix}"][row], rel=1e-9)
            assert float(high) == pytest.approx(expected[f"upper{suffix}"][row], rel=1e-9)


@pytest.mark.parametrize(
    ("mean", "sd", "n"), [(10, np.nan, 16), (np.nan, 2, 16), (10, 2, np.nan), (10, 2, 1), (10, 2, 0), (10, -2, 16)]
)
def test_a_mean_without_spread_claims_nothing(mean: float, sd: float, n: float) -> None:
    """Missing spread, one patient, impossible spread: no interval and no warning."""
    assert np.isnan(mean_interval(mean, sd, n)).all()


def test_no_spread_at_all_is_an_interval_of_no_width() -> None:
    """All patients alike: sd 0 is known, and different from a missing sd."""
    assert [limit.tolist() for limit in mean_interval([10, 10], [0, np.nan], 16)] == [
        [10, pytest.approx(np.nan, nan_ok=True)],
        [10, pytest.approx(np.nan, nan_ok=True)],
    ]
