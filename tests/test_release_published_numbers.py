"""Printed numbers tell the true ones as exactly as they were printed."""

from __future__ import annotations

import pytest

from kvalreg.release.published_numbers import Numbers, Span, all_met, counts, drawn, printed, printed_interval, together


@pytest.mark.parametrize(
    ("text", "english", "low", "high"),
    [
        ("87 av 100", False, 0.865, 0.875),
        ("3 of 1000", True, 0.0025, 0.0035),
        ("87 %", False, 0.865, 0.875),
        ("1,9 dager", False, 1.85, 1.95),
        ("1\u00a0562", False, 1561.5, 1562.5),
        ("1,562", True, 1561.5, 1562.5),
    ],
)
def test_printed_number_is_a_span(text: str, english: bool, low: float, high: float) -> None:
    """A printed number tells the true one to half a unit of its last digit."""
    span = printed(text, english=english)
    assert span is not None
    assert span == pytest.approx((low, high))


def test_numerator_from_a_frequency_and_patients() -> None:
    """87 av 100 with 100 patients is 87; 27 av 100 with 788 is 209 to 216 (788 x 0.265 = 208.8, x 0.275 = 216.7)."""
    patients = printed("100", english=False)
    assert counts(Numbers(n=patients, value=Span(0.865, 0.875))) == (Span(100, 100), Span(87, 87))
    assert counts(Numbers(n=Span(787.5, 788.5), value=Span(0.265, 0.275)))[1] == Span(209, 216)
    assert counts(Numbers(n=Span(788, 788), value=drawn("0.27030")))[1] == Span(213, 213)


def test_patients_from_a_percentage_with_its_interval() -> None:
    """81 of 263 has the interval 0.2553 to 0.3662 (Newcombe 1998, table I): with 0.30798 it gives away n and x."""
    numbers = Numbers(value=drawn("0.30798"), low=Span(0.25525, 0.25535), high=Span(0.36615, 0.36625))
    assert counts(numbers) == (Span(263, 263), Span(81, 81))


def test_interval_narrows_a_rounded_frequency() -> None:
    """An interval in per cent is two spans."""
    limits = printed_interval("57 av 100 (37–76 %)", english=False)
    assert limits is not None
    assert limits[0] == pytest.approx((0.365, 0.375))
    assert limits[1] == pytest.approx((0.755, 0.765))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("0.8123", 0.81225, 0.81235),
        ("0,8", 0.79995, 0.80005),
        ("36,43", 36.425, 36.435),
        ("-12", -12.0, -12.0),
        ("0.0", 0.0, 0.0),
        ("1.5e-05", 1.4995e-05, 1.5005e-05),
    ],
)
def test_a_programs_number_is_exact_to_its_digits(text: str, low: float, high: float) -> None:
    """Half a unit of the last digit to either side, at least four digits; a whole number is itself."""
    span = drawn(text)
    assert span is not None
    assert span == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize("text", ["", "nan", "inf", "87 av 100"])
def test_what_is_no_programs_number(text: str) -> None:
    """Nothing, or a text for readers."""
    assert drawn(text) is None


def test_what_places_say_together_is_what_all_of_them_allow() -> None:
    """99 to 101 and 100 to 102 patients are 100 or 101; a result that one place alone tells stays."""
    one, other = ((99.0, 101.0), None, (0.8, 0.9), None, None), ((100.0, 102.0), None, None, None, None)
    both = ((100.0, 101.0), None, (0.8, 0.9), None, None)
    assert all_met([one, other]) == both
    assert together([one, other]) == [both]
    assert together([one]) == [one]


def test_places_that_contradict_each_other_are_kept_as_they_are() -> None:
    """100 patients and 102 patients: nobody can be right about both."""
    told = [((100.0, 100.0), None, None, None, None), ((102.0, 102.0), None, None, None, None)]
    assert all_met(told) is None
    assert together(told) == told
