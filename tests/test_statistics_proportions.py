"""Rules of `kvalreg.statistics.proportions`, against published tables and hand calculations."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.proportion import confint_proportions_2indep

from kvalreg.statistics.intervals import Interval
from kvalreg.statistics.proportions import newcombe_difference, proportion, wilson_interval
from statistics_reference import published


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_newcombe_1998_table_1(x: int, n: int, low: float, high: float) -> None:
    """Newcombe, Stat Med 1998;17:857, table I, method 3, to its four decimals."""
    assert [round(float(limit), 4) for limit in wilson_interval(x, n)] == [low, high]


def test_wilson_by_hand() -> None:
    """0 of 4 with z = 2: upper limit (0 + 4/8 + 2·√(4/64)) / (1 + 4/4) = (0.5 + 0.5)/2 = 0.5."""
    low, high = wilson_interval(0, 4, confidence=0.9544997361036416)
    assert float(low) == 0
    assert float(high) == pytest.approx(0.5, abs=1e-12)


def test_wilson_agrees_with_the_published_tables() -> None:
    """Newcombe's table, R's binom package and the fixtures of UKHSA, to the digits they print."""
    for name in ("newcombe_1998_table1.csv", "binom_confint_R.csv"):
        table = published(name).where(method="wilson")
        digits = 4 if name.startswith("newcombe") else 7
        lower, upper = ("lower", "upper") if digits == 4 else ("lower_R_binom", "upper_R_binom")
        _agree(wilson_interval(table["x"], table["n"]), table[lower], table[upper], atol=0.5000001 * 10**-digits)
    table = published("phe/proportions.csv")
    for confidence, suffix in ((0.95, "95"), (0.998, "99_8")):
        value, low, high = proportion(table["x"], table["n"], confidence)
        scale = table["multiplier"]
        np.testing.assert_allclose(value * scale, table["value"], rtol=1e-12)
        _agree(Interval(low * scale, high * scale), table[f"lower{suffix}"], table[f"upper{suffix}"], rtol=1e-9)
        others = published("phe/byars_wilson.csv").where(
            method="Wilson", confidence=f"{confidence:.1%}".replace(".0", "")
        )
        _agree(wilson_interval(others["x"], others["n"], confidence), others["lowercl"], others["uppercl"], rtol=1e-9)


def _agree(found: Interval, low: np.ndarray, high: np.ndarray, atol: float = 0, rtol: float = 0) -> None:
    np.testing.assert_allclose(found.low, low, atol=atol, rtol=rtol)
    np.testing.assert_allclose(found.high, high, atol=atol, rtol=rtol)


@pytest.mark.parametrize(
    ("x1", "n1", "x2", "n2", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (10, 10, 0, 10, 0.6075, 1.0000),
        (0, 10, 0, 10, -0.2775, 0.2775),
    ],
)
def test_newcombe_1998_table_2(x1: int, n1: int, x2: int, n2: int, low: float, high: float) -> None:
    """Newcombe, Stat Med 1998;17:873, table II, method 10, to its four decimals."""
    found = newcombe_difference(x1, n1, x2, n2)
    assert [round(float(limit), 4) for limit in (found.low, found.high)] == [low, high]


def test_newcombe_agrees_with_statsmodels() -> None:
    """Our formula serves other measures too; for proportions statsmodels has its own, and both must say the same."""
    random = np.random.default_rng(20240615)
    n1, n2 = random.integers(1, 500, (2, 2000))
    x1, x2 = random.binomial(n1, 0.8), random.binomial(n2, 0.9)
    _, low, high = newcombe_difference(x1, n1, x2, n2)
    expected = confint_proportions_2indep(x1, n1, x2, n2, method="newcomb", compare="diff")
    np.testing.assert_allclose(low, expected[0], atol=1e-12)
    np.testing.assert_allclose(high, expected[1], atol=1e-12)


@pytest.mark.parametrize(("n1", "n2", "share"), [(10, 10, 0.5), (30, 300, 0.87), (100, 60, 0.95), (15, 15, 0.05)])
def test_a_difference_is_rarely_claimed_where_there_is_none(n1: int, n2: int, share: float) -> None:
    """Two hospitals with the same true share: 0 lies outside the interval in at most 5 % of all outcomes."""
    x1, x2 = np.arange(n1 + 1)[:, np.newaxis], np.arange(n2 + 1)
    _, low, high = newcombe_difference(x1, n1, x2, n2)
    claimed = (low > 0) | (high < 0)
    assert float((binom.pmf(x1, n1, share) * binom.pmf(x2, n2, share) * claimed).sum()) <= 0.05


@pytest.mark.parametrize(("x", "n"), [(5, 0), (5, -1), (-1, 10), (np.nan, 10), (5, np.nan), (None, None)])
def test_bad_counts_give_nothing(x: float | None, n: float | None) -> None:
    """No patients, negative and missing numbers: no share, no interval, no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(proportion(np.array(x, dtype=float), np.array(n, dtype=float))).all()
        assert np.isnan(newcombe_difference(np.array(x, dtype=float), np.array(n, dtype=float), 5, 10)).all()


def test_numerator_above_denominator_keeps_its_share_without_interval() -> None:
    """12 of 10 is a warning at delivery: the share is shown as delivered, and nothing is claimed about it."""
    value, low, high = proportion(12, 10)
    assert float(value) == 1.2
    assert np.isnan([low, high]).all()
    assert np.isnan(newcombe_difference(12, 10, 5, 10)).all()


def test_one_bad_cell_leaves_its_neighbours_alone() -> None:
    """Arrays of any shapes that broadcast; each element stands for itself."""
    low, high = wilson_interval([[0], [10]], [10, 0, 20])
    assert low.shape == high.shape == (2, 3)
    assert np.isnan(low).tolist() == [[False, True, False]] * 2
    assert low[0, 0] == 0.0
    assert high[1, 0] == 1.0


@given(n=st.integers(1, 10**9), data=st.data(), confidence=st.floats(0.5, 0.999))
def test_interval_holds_the_share(n: int, data: st.DataObject, confidence: float) -> None:
    """0 <= low <= share <= high <= 1, and the other outcome has the mirrored interval."""
    x = data.draw(st.integers(0, n))
    value, low, high = (float(part) for part in proportion(x, n, confidence))
    assert 0 <= low <= value * (1 + 1e-12)
    assert value * (1 - 1e-12) <= high <= 1
    mirrored = wilson_interval(n - x, n, confidence)
    assert float(mirrored.low) == pytest.approx(1 - high, abs=1e-9)
