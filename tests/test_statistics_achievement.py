"""Rules of `kvalreg.statistics.achievement`, against exact arithmetic."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kvalreg.statistics.achievement import Achievement, Certainty, achievement, certainty

HIGH, MODERATE, LOW, NONE = Achievement.HIGH, Achievement.MODERATE, Achievement.LOW, Achievement.NONE


def decimal_text(digits: int, places: int) -> str:
    """What a person writes: 95 with 2 places is 0.95."""
    return f"{Decimal(digits).scaleb(-places):f}"


def exact(value: Fraction, green: str, yellow: str, direction: int) -> Achievement:
    """The rule of the field in exact arithmetic, on the decimal text of the targets."""
    reached, passed = Fraction(green), Fraction(yellow)
    if direction == 1:
        return HIGH if value >= reached else LOW if value < passed else MODERATE
    return HIGH if value <= reached else LOW if value > passed else MODERATE


@st.composite
def targets(draw: st.DrawFn, decimals: int = 6) -> tuple[str, str, int]:
    """Green and yellow as decimal texts in their right order, and the direction."""
    places = draw(st.integers(1, decimals))
    one, other = sorted(draw(st.tuples(st.integers(0, 10**places), st.integers(0, 10**places))))
    direction = draw(st.sampled_from([0, 1]))
    texts = [decimal_text(part, places) for part in (one, other)]
    return (texts[1], texts[0], 1) if direction == 1 else (texts[0], texts[1], 0)


@given(n=st.integers(1, 10**7), target=targets(), data=st.data())
def test_any_share_gets_the_level_of_exact_arithmetic(
    n: int, target: tuple[str, str, int], data: st.DataObject
) -> None:
    """x / n against decimal targets: what fractions say, also one patient to either side of a target."""
    green, yellow, direction = target
    edge = data.draw(st.sampled_from([green, yellow]))
    near = int(Fraction(edge) * n)
    x = data.draw(st.one_of(st.integers(0, n), st.integers(max(0, near - 1), min(n, near + 1))))
    found = achievement(np.int64(x) / np.int64(n), float(green), float(yellow), direction)
    assert found == exact(Fraction(x, n), green, yellow, direction)


@given(places=st.integers(1, 6), data=st.data(), factor=st.integers(1, 10**4))
@example(places=1, data=None, factor=7)
def test_a_target_reached_exactly_is_reached(places: int, data: st.DataObject | None, factor: int) -> None:
    """k·p of k·q patients against the target p/q, for every target with up to six decimals: high in both directions."""
    p = data.draw(st.integers(0, 10**places)) if data is not None else 9
    share, text = Fraction(p, 10**places), decimal_text(p, places)
    value = np.array([share.numerator * factor]) / np.array([share.denominator * factor])
    assert achievement(value, float(text), np.nan, 1) == HIGH
    assert achievement(value, float(text), np.nan, 0) == HIGH


@pytest.mark.parametrize(
    ("x", "n", "green"), [(90, 100, 0.9), (63, 70, 0.9), (27, 30, 0.9), (3, 20, 0.15), (7, 100, 0.07), (29, 100, 0.29)]
)
def test_known_float_traps(x: int, n: int, green: float) -> None:
    """Shares that a detour over percent or a product misses (0.29 · 100 is 28.999999999999996)."""
    assert achievement(x / n, green, green, 1) == HIGH
    assert achievement((x - 1) / n, green, green, 1) == LOW


@given(places=st.integers(0, 6), data=st.data())
def test_delivered_decimals_meet_equal_decimals(places: int, data: st.DataObject) -> None:
    """A mean delivered as text against a target as text: the order is that of the two decimal numbers."""
    value, green, lag = (data.draw(st.integers(-(10**8), 10**8)) for _ in range(3))
    yellow = green - abs(lag)
    texts = [decimal_text(part, places) for part in (value, green, yellow)]
    found = achievement(float(texts[0]), float(texts[1]), float(texts[2]), 1)
    assert found == exact(Fraction(texts[0]), texts[1], texts[2], 1)


def test_no_tolerance() -> None:
    """One patient short of a billion is short."""
    assert achievement(899_999_999 / 10**9, 0.9, 0.9, 1) == LOW


@pytest.mark.parametrize(
    ("value", "level"), [(0.95, HIGH), (0.9, HIGH), (0.85, MODERATE), (0.8, MODERATE), (0.79, LOW)]
)
def test_high_is_good(value: float, level: Achievement) -> None:
    """Green 0.9 and yellow 0.8, both belonging to the better level."""
    assert achievement(value, 0.9, 0.8, 1) == level


@pytest.mark.parametrize(
    ("value", "level"), [(0.05, HIGH), (0.1, HIGH), (0.15, MODERATE), (0.2, MODERATE), (0.21, LOW)]
)
def test_low_is_good(value: float, level: Achievement) -> None:
    """Green 0.1 and yellow 0.2, both belonging to the better level."""
    assert achievement(value, 0.1, 0.2, 0) == level


def test_missing_yellow_is_green() -> None:
    """Without yellow there is no moderate level."""
    assert achievement([0.9, 0.89], 0.9, np.nan, 1).tolist() == [HIGH, LOW]


@pytest.mark.parametrize(
    ("value", "green", "direction"),
    [(np.nan, 0.9, 1), (0.9, np.nan, 1), (0.9, 0.9, np.nan), (0.9, None, 1), (0.9, 0.9, None), (0.9, 0.9, 2)],
)
def test_what_is_missing_gives_no_level(value: float, green: float | None, direction: float | None) -> None:
    """No value, no target or no direction; a yellow target alone is no target."""
    assert achievement(value, np.array(green, float), 0.8, np.array(direction, float)) == NONE


def test_a_division_by_zero_reaches_no_target() -> None:
    """Infinity is what 5 of 0 patients leaves behind; it is not a very good result."""
    assert achievement([np.inf, -np.inf], 0.9, 0.8, [1, 0]).tolist() == [NONE, NONE]


def test_each_cell_has_its_own_targets() -> None:
    """Columns of one table: targets and directions differ from row to row, and codes are StrEnum members."""
    found = achievement([0.9, 0.9, 4.0], [0.9, 0.1, 7.5], np.array([0.8, 0.2, None]), [1, 0, 0])
    assert found.tolist() == [HIGH, LOW, HIGH]
    assert (found == "high").tolist() == [True, False, True]
    assert achievement(np.full((2, 3), 0.5), [[0.4], [0.6]], np.nan, 1).shape == (2, 3)


@pytest.mark.parametrize(
    ("low", "high", "code"),
    [
        (0.9, 1.0, Certainty.CERTAIN),
        (0.8999, 1.0, Certainty.UNCERTAIN),
        (0.8, 0.8999, Certainty.CERTAIN),
        (0.8, 0.9, Certainty.UNCERTAIN),
        (0.7, 0.95, Certainty.UNCERTAIN),
        (0.1, 0.7999, Certainty.CERTAIN),
        (np.nan, np.nan, Certainty.NONE),
    ],
)
def test_certain_when_the_interval_stays_inside_one_level(low: float, high: float, code: Certainty) -> None:
    """Green 0.9, yellow 0.8: an end on a limit belongs to the level that the limit belongs to."""
    assert certainty(low, high, 0.9, 0.8, 1) == code


def test_certainty_needs_a_target() -> None:
    """Without target or direction there is no level to be certain of."""
    assert certainty(0.8, 0.9, np.nan, np.nan, 1) == Certainty.NONE
    assert certainty(0.8, 0.9, 0.9, 0.8, np.nan) == Certainty.NONE
    assert certainty(0.05, 0.1, 0.1, 0.2, 0) == Certainty.CERTAIN


@pytest.mark.parametrize(("low", "high"), [(np.nan, 0.95), (0.95, np.nan), (np.nan, np.nan)])
def test_certainty_needs_both_ends_of_the_interval(low: float, high: float) -> None:
    """Of half an interval nobody knows whether the other half has the same level."""
    assert certainty(low, high, 0.9, 0.8, 1) == Certainty.NONE
