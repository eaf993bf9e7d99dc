"""Rules of `kvalreg.statistics.funnel`, against published limits and hand calculations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from kvalreg.statistics.funnel import Funnel, Verdict, binomial_limits, funnel, limits, verdicts
from statistics_reference import published

EXPECTED, POSSIBLE, DEVIATION = Verdict.AS_EXPECTED, Verdict.POSSIBLE_DEVIATION, Verdict.DEVIATION


def by_chance_only(found: Funnel) -> Funnel:
    """The same comparison as if the units differed by chance only."""
    return Funnel(found.x, found.n, found.target, found.phi, np.zeros_like(found.tau2))


def test_exact_limits_by_hand() -> None:
    """n = 2, target 1/2: cumulative 1/4, 3/4, 1. At 0.4, r = 1 and α = 0.35/0.5: limit 0.3/2. At 0.6, 0.7/2."""
    low, high = binomial_limits(2, 0.5, confidence=0.2)
    assert float(low) == pytest.approx(0.15)
    assert float(high) == pytest.approx(0.35)


@pytest.mark.parametrize("year", ["1991", "2012"])
def test_limits_and_verdicts_agree_with_the_published_table(year: str) -> None:
    """Children's heart surgery: four limits for each hospital, and where it lies. Bristol is beyond 99.8 % in 1991."""
    table = published(f"funnel/child_heart_surgery_{year}_binomial_limits.csv")
    for confidence, name in ((0.95, "95"), (0.998, "998")):
        low, high = binomial_limits(table["n"], table["target"], confidence)
        np.testing.assert_allclose(low, table[f"lo{name}_interp"], atol=1e-12)
        np.testing.assert_allclose(high, table[f"hi{name}_interp"], atol=1e-12)
    found = funnel(table["x"], table["n"])
    np.testing.assert_allclose(found.target[0], table["target"])
    codes = {"within": EXPECTED, "95": POSSIBLE, "99.8": DEVIATION}
    stated = [codes[text.removeprefix("above").removeprefix("below")] for text in table.text("class_interp")]
    assert verdicts(by_chance_only(found), 5, np.nan).tolist() == stated


def test_bristol() -> None:
    """41 deaths in 143 operations where 11.96 % died in all: the exact limits at 99.8 % are 4.05 and 20.73 %."""
    low, high = binomial_limits(143, 0.11961434166917746, 0.998)
    assert [round(float(low), 4), round(float(high), 4)] == [0.0405, 0.2073]
    one = funnel([41], [143], target=0.11961434166917746)
    assert verdicts(one, 5, np.nan).tolist() == [DEVIATION]


def test_overdispersion_by_hand() -> None:
    """10, 20 and 30 of 100: arcsines 0.32175, 0.46365, 0.57964 give z = -2.8379, 0, 2.3198; see the docstring."""
    found = funnel([10, 20, 30], 100)
    low, high = 0.8 * -2.83794, 0.8 * 2.31984
    assert found.phi[0] == pytest.approx((low**2 + high**2) / 3, abs=1e-4)
    assert found.tau2[0] == pytest.approx((low**2 + high**2 - 2) / (1200 - 3 * 400**2 / 1200), abs=1e-7)


def test_winsorising_draws_in_the_ends_only() -> None:
    """Of eleven units the percentiles are the second and tenth z-score: a wild unit counts like its neighbour."""
    x = np.array([20, 46, 47, 48, 49, 50, 51, 52, 53, 54, 80])
    z = 20 * (np.arcsin(np.sqrt(x / 100)) - np.arcsin(np.sqrt(0.5)))
    drawn_in = np.array([z[1], *z[1:10], z[9]])
    assert funnel(x, 100, target=0.5).phi[0] == pytest.approx(float((drawn_in**2).mean()))


def test_units_that_differ_by_chance_have_no_overdispersion() -> None:
    """Equal shares give φ = 0 and τ² = 0, and the exact limits stand alone."""
    found = funnel([10, 20, 30], [100, 200, 300])
    assert found.phi[0] == pytest.approx(0, abs=1e-20)
    assert found.tau2[0] == 0
    np.testing.assert_array_equal(found.limits([100, 200], 0.95).low, binomial_limits([100, 200], 0.1, 0.95).low)


def test_overdispersion_only_widens() -> None:
    """arcsin √0.2 = 0.46365; ± 1.96·√(0.0025 + 0.0082) gives 6.65 % to 38.21 %; a tiny τ² leaves the exact limits."""
    low, high = limits(100, 0.2, 0.0082, 0.95)
    assert [round(float(low), 4), round(float(high), 4)] == [0.0665, 0.3821]
    exact, wide = binomial_limits(5, 0.02, 0.95), limits(5, 0.02, 1e-9, 0.95)
    assert wide.low <= exact.low
    assert wide.high >= exact.high


def test_overdispersed_comparison_forgives_what_a_naive_one_flags() -> None:
    """Two groups of hospitals with 86 and 93.5 % of 1000: naive limits flag all ten, the widened ones none."""
    x, n = np.array([860, 935] * 5), np.full(10, 1000)
    found = funnel(x, n)
    naive = verdicts(by_chance_only(found), 5, np.nan)
    assert (naive == DEVIATION).all()
    assert (verdicts(found, 5, np.nan) == EXPECTED).all()


def test_no_verdict_has_a_reason() -> None:
    """Missing comes before coverage, coverage before numbers; 60 % exactly is enough, unknown coverage is not low."""
    found = funnel([5, 5, 5, 5, 5, np.nan], [50, 50, 50, 50, 4, 50], target=0.1)
    codes = verdicts(found, min_patients=50, coverage=[0.59, 0.6, 3 / 5, np.nan, 0.9, 0.1])
    # 5 of 4 is impossible, and so is a missing numerator.
    assert codes.tolist() == [Verdict.LOW_COVERAGE, EXPECTED, EXPECTED, EXPECTED, Verdict.MISSING, Verdict.MISSING]
    few = verdicts(funnel([5, 5], [49, 50], target=0.1), min_patients=50, coverage=[0.9, 0.9])
    assert few.tolist() == [Verdict.TOO_FEW_PATIENTS, EXPECTED]
    assert [code.is_verdict for code in Verdict] == [True, True, True, False, False, False]


@pytest.mark.parametrize(("x", "n"), [(np.nan, 10), (5, 0), (-1, 10), (11, 10), (5, np.nan)])
def test_bad_unit_counts_nowhere(x: float, n: float) -> None:
    """It is missing, and average and overdispersion are those of the others."""
    found, others = funnel([10, 20, x], [100, 100, n]), funnel([10, 20], [100, 100])
    assert found.target == others.target
    assert found.phi == others.phi
    assert found.tau2 == others.tau2
    assert verdicts(found, 5, np.nan)[2] == Verdict.MISSING


@pytest.mark.parametrize("x", [[], [np.nan, np.nan]])
def test_a_comparison_without_units(x: list[float]) -> None:
    """No unit that can be used: a NaN target, no limits, no warning."""
    found = funnel(x, np.full(len(x), 100))
    assert np.isnan(found.target).all()
    assert np.isnan(found.limits([50, 100], 0.95)).all()
    assert verdicts(found, 5, np.nan).tolist() == [Verdict.MISSING] * len(x)


def test_one_unit_alone_is_as_expected() -> None:
    """It is its own average, and one unit shows no variance between units."""
    found = funnel([10], [100])
    assert found.tau2 == 0
    assert np.isnan(found.phi)
    assert verdicts(found, 5, np.nan).tolist() == [EXPECTED]


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_everybody_or_nobody(share: float) -> None:
    """All units at 0 or 100 %: the limits hold the value, and all is as expected."""
    n = np.array([10, 50, 200])
    found = funnel(share * n, n)
    assert found.tau2 == 0
    low, high = found.limits(n, 0.998)
    assert ((low <= share) & (share <= high)).all()
    assert verdicts(found, 5, np.nan).tolist() == [EXPECTED] * 3


def test_everybody_is_no_deviation_when_it_is_likely() -> None:
    """Target 95 %: 10 of 10 has probability 0.95¹⁰ = 0.60, 100 of 100 has 0.0059, 200 of 200 has 0.00004."""
    n = np.array([10, 100, 200])
    assert verdicts(by_chance_only(funnel(n, n, target=0.95)), 5, np.nan).tolist() == [EXPECTED, POSSIBLE, DEVIATION]
    assert binomial_limits(10, 0.95, 0.95).high == 1
    assert binomial_limits(100, 0.95, 0.95).high < 1


def test_stacked_comparisons_are_judged_one_by_one() -> None:
    """Two indicators in one call give what two calls give; a unit missing in one is not missing in the other."""
    x = np.array([[41, 25, 24, 23, np.nan], [10, 20, 30, 40, 50]])
    n = np.array([[143, 187, 323, 122, 100], [100, 100, 100, 100, 100]])
    both, one, other = funnel(x, n), funnel(x[0, :4], n[0, :4]), funnel(x[1], n[1])
    for name in ("target", "phi", "tau2"):
        expected = [getattr(one, name)[0], getattr(other, name)[0]]
        np.testing.assert_allclose(getattr(both, name)[:, 0], expected, rtol=1e-12)
    codes = verdicts(both, 5, np.nan)
    assert codes[0, :4].tolist() == verdicts(one, 5, np.nan).tolist()
    assert codes[1].tolist() == verdicts(other, 5, np.nan).tolist()


@settings(max_examples=200)
@given(n=st.integers(1, 3000), target=st.floats(0.01, 0.99), tau2=st.sampled_from([0.0, 1e-6, 0.01]), data=st.data())
def test_verdicts_are_those_of_the_limits(n: int, target: float, tau2: float, data: st.DataObject) -> None:
    """The short way through P(R ≤ x) says what comparing x / n with the drawn limits says."""
    x = data.draw(st.integers(0, n))
    chance = float(binom.cdf(x, n, target))
    assume(all(abs(chance - p) > 1e-9 for p in (0.001, 0.025, 0.975, 0.999)))
    one = Funnel(np.array([float(x)]), np.array([float(n)]), np.array([target]), np.ones(1), np.array([tau2]))
    outside = 0
    for confidence in (0.95, 0.998):
        low, high = limits(n, target, tau2, confidence)
        outside += bool(x / n < low or x / n > high)
    assert verdicts(one, 0, np.nan).tolist() == [[EXPECTED, POSSIBLE, DEVIATION][outside]]
