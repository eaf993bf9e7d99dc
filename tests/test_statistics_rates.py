"""Rules of `kvalreg.statistics.rates`, against published tables and hand calculations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from kvalreg.statistics.rates import (
    byar_interval,
    dsr,
    exact_poisson_interval,
    expected_count,
    isr,
    poisson_interval,
    rate,
)
from statistics_reference import published

CONFIDENCES = [(0.95, "95"), (0.998, "99_8")]


def test_no_events_by_hand() -> None:
    """With no events the upper limit u solves e^-u = 0.025: u = -ln 0.025 = 3.6889."""
    low, high = poisson_interval(0)
    assert float(low) == 0
    assert float(high) == pytest.approx(-math.log(0.025), rel=1e-12)


@pytest.mark.parametrize(("x", "low", "high"), [(1, 0.0253, 5.5716), (5, 1.6235, 11.6683), (9, 4.1154, 17.0848)])
def test_exact_limits_below_ten(x: int, low: float, high: float) -> None:
    """Garwood's limits, as printed in tables of the Poisson distribution."""
    assert [round(float(limit), 4) for limit in poisson_interval(x)] == [low, high]


def test_byar_by_hand() -> None:
    """x = 16, z = 3: 16·(1 - 1/144 - 3/12)³ = 6.5668 below; x + 1 = 17 gives 17·(1 - 1/153 + 3/12.3693)³ = 32.0835."""
    low, high = byar_interval(16, confidence=0.9973002039367398)
    assert float(low) == pytest.approx(16 * (107 / 144) ** 3, rel=1e-9)
    assert float(high) == pytest.approx(17 * (1 - 1 / 153 + 1 / math.sqrt(17)) ** 3, rel=1e-9)


def test_the_method_changes_at_ten() -> None:
    """9 has the exact limits, 10 has Byar's."""
    low, _ = poisson_interval([9, 10])
    assert low[0] == exact_poisson_interval(9).low
    assert low[1] == byar_interval(10).low


def test_byar_agrees_with_the_published_table() -> None:
    """UKHSA's table, including Byar's limits of a single event; an empty limit there is not compared."""
    for confidence, text in ((0.95, "95%"), (0.998, "99.8%")):
        table = published("phe/byars_wilson.csv").where(method="Byars", confidence=text)
        low, high = byar_interval(table["x"], confidence)
        stated = ~np.isnan(table["lowercl"])
        np.testing.assert_allclose(low[stated], table["lowercl"][stated], rtol=1e-9)
        np.testing.assert_allclose(high, table["uppercl"], rtol=1e-9)


def test_rate_agrees_with_the_published_table() -> None:
    """UKHSA's rates: exact and Byar, several multipliers, missing numbers, more events than persons."""
    table = published("phe/rates.csv")
    for multiplier in sorted(set(table["multiplier"])):
        rows = table.where(multiplier=f"{multiplier:.0f}")
        for confidence, suffix in CONFIDENCES:
            value, low, high = rate(rows["x"], rows["n"], multiplier, confidence)
            np.testing.assert_allclose(value, rows["value"], rtol=1e-12)
            np.testing.assert_allclose(low, rows[f"lower{suffix}"], rtol=1e-9)
            np.testing.assert_allclose(high, rows[f"upper{suffix}"], rtol=1e-9)


def test_dsr_by_hand() -> None:
    """Bands 10/100 and 20/400, standard 1:3: (0.1 + 3·0.05)/4 = 0.0625 with Dobson's limits 0.0420 and 0.0895."""
    assert [round(float(part), 4) for part in dsr([10, 20], [100, 400], [1, 3])] == [0.0625, 0.0420, 0.0895]


def test_dsr_agrees_with_the_published_table() -> None:
    """UKHSA's four areas at two multipliers; the area with 9 events is withheld."""
    inputs, outputs = published("phe/dsr_input.csv"), published("phe/dsr_expected.csv")
    for row in range(len(outputs.rows)):
        bands = inputs.where(area=outputs.text("area")[row])
        for confidence, suffix in CONFIDENCES:
            found = dsr(bands["count"], bands["pop"], bands["stdpop"], confidence).times(outputs["multiplier"][row])
            expected = [outputs[name][row] for name in ("value", f"lower{suffix}", f"upper{suffix}")]
            np.testing.assert_allclose([float(part) for part in found], expected, rtol=1e-9)


def test_dsr_is_withheld_below_ten_events() -> None:
    """9 events give nothing, 10 give a rate; stacked areas are judged one by one."""
    value, low, high = dsr([[4, 5], [5, 5]], [100, 100], [1, 1])
    assert np.isnan(value).tolist() == np.isnan(low).tolist() == np.isnan(high).tolist() == [True, False]
    assert value[1] == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("counts", "populations", "standard"),
    [
        ([np.nan, 20], [100, 100], [1, 1]),
        ([-1, 20], [100, 100], [1, 1]),
        ([10, 20], [0, 100], [1, 1]),
        ([10, 20], [np.nan, 100], [1, 1]),
        ([10, 20], [100, 100], [0, 0]),
        ([10, 20], [100, 100], [-1, 2]),
    ],
)
def test_one_bad_age_band_makes_the_rate_unknown(
    counts: list[float], populations: list[float], standard: list[float]
) -> None:
    """A band left out is not a band without events."""
    assert np.isnan(dsr(counts, populations, standard)).all()


def test_isr_by_hand() -> None:
    """1000·5/10000 + 500·40/8000 = 3 expected; 6 observed is a ratio of 2 with the exact limits of 6 over 3."""
    expected = expected_count([1000, 500], [5, 40], [10_000, 8_000])
    assert float(expected) == 3
    assert [round(float(part), 4) for part in isr(6, expected)] == [2.0, round(2.20189 / 3, 4), round(13.05947 / 3, 4)]


def test_isr_agrees_with_the_published_table() -> None:
    """UKHSA's ratios and rates. Upstream counts a band without data as empty, so this test fills it with 0."""
    inputs, outputs = published("phe/isr_input.csv"), published("phe/isr_expected.csv")
    for row in range(len(outputs.rows)):
        bands = inputs.where(area=outputs.text("area")[row])
        expected = expected_count(bands["pop"], bands["refcount"], bands["refpop"])
        reference = inputs.where(area="testdata_big")
        filled = expected_count(reference["pop"], reference["refcount"], reference["refpop"])
        assert float(filled) == pytest.approx(outputs["expected"][row], rel=1e-12)
        assert np.isnan(expected) == np.isnan(bands["count"]).any()
        statistic, crude = outputs.text("statistic")[row], outputs["ref_rate"][row]
        unit = crude if statistic.startswith("indirectly standardised rate") else float(statistic.rsplit(" ", 1)[1])
        for confidence, suffix in ((0.95, "95_0cl"), (0.998, "99_8cl")):
            found = isr(np.nansum(bands["count"]), filled, confidence).times(unit)
            stated = [outputs[name][row] for name in ("value", f"lower{suffix}", f"upper{suffix}")]
            np.testing.assert_allclose([float(part) for part in found], stated, rtol=1e-9)


@pytest.mark.parametrize(("x", "n"), [(-1, 10), (np.nan, 10), (5, 0), (5, -10), (5, np.nan)])
def test_bad_counts_give_nothing(x: float, n: float) -> None:
    """Negative and missing counts, no population: NaN, no warning."""
    assert np.isnan(rate(x, n)).all()
    assert np.isnan(poisson_interval(x)).all() == (not x >= 0)


@given(x=st.integers(0, 10**7), confidence=st.floats(0.5, 0.999))
def test_limits_enclose_the_count(x: int, confidence: float) -> None:
    """0 <= low <= x <= high, and low < high."""
    low, high = (float(limit) for limit in poisson_interval(x, confidence))
    assert 0 <= low <= x <= high
    assert low < high


@given(x=st.integers(0, 9))
def test_exact_limits_have_their_tail_probabilities(x: int) -> None:
    """At the lower limit x or more events have probability 0.025, at the upper limit x or fewer."""
    low, high = (float(limit) for limit in exact_poisson_interval(x))
    assert poisson.cdf(x, high) == pytest.approx(0.025, rel=1e-9)
    if x:
        assert poisson.sf(x - 1, low) == pytest.approx(0.025, rel=1e-9)
