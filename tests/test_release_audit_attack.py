"""The attack on one family of cells, by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kvalreg.disclosure.attack import Measure
from kvalreg.disclosure.cells import Policy
from kvalreg.inputs.units import Units, read_units
from kvalreg.release.audit_attack import HIDDEN, Family, Known, adds_up, bound
from kvalreg.release.audit_public import Place
from kvalreg.release.published_numbers import Span
from small_project import UNITS


@pytest.fixture
def units(tmp_path: Path) -> Units:
    """The small project's tree."""
    (tmp_path / "units.csv").write_text(UNITS, encoding="utf-8")
    return read_units(tmp_path / "units.csv", "units.csv")


def exactly(n: int, x: int) -> Known:
    """A cell shown with both counts."""
    return Known(Span(n, n), Span(x, x))


NATION, HF, A, B = Place("nation", "0"), Place("hf", "12"), Place("hospital", "121"), Place("hospital", "122")


def test_hidden_total_protects_its_parts(units: Units) -> None:
    """HF 12 shown gives A + B = 7: each 1 to 6. A minimum of 6 asks for more."""
    cells = {HF: exactly(7, 3), A: HIDDEN, B: HIDDEN}
    family = Family(units, cells, Policy(5), summed=True, share=True)
    assert bound(family).exposed == {}
    assert bound(replace(family, policy=Policy(6))).exposed == {A: (Measure.DENOMINATOR,), B: (Measure.DENOMINATOR,)}


def test_county_gives_away_what_the_tree_hides(units: Units) -> None:
    """A hidden in its HF with B, but B shown by its county's total: Østfylke has these two hospitals alone."""
    county = Place("county", "Østfylke")
    cells = {county: exactly(20, 9), A: HIDDEN, B: exactly(16, 8)}
    outcome = bound(Family(units, cells, Policy(5), summed=True, share=True))
    assert outcome.exposed[A] == (Measure.DENOMINATOR, Measure.MISSES, Measure.NUMERATOR)


def test_all_or_none_is_known_without_any_count(units: Units) -> None:
    """HF 12 with 0 of 30 says that A and B have 0 each."""
    cells = {HF: exactly(30, 0), A: HIDDEN, B: HIDDEN}
    outcome = bound(Family(units, cells, Policy(5), summed=True, share=True))
    assert outcome.exposed == {A: (Measure.NUMERATOR,), B: (Measure.NUMERATOR,)}


def test_rounded_numerator_leaves_its_doubt(units: Units) -> None:
    """HF 12 with 0 to 1 of 30 does not say that A has none; 0 of 30 would."""
    cells = {HF: Known(Span(30, 30), Span(0, 1)), A: HIDDEN, B: HIDDEN}
    assert bound(Family(units, cells, Policy(5), summed=True, share=True)).exposed == {}


def test_means_tell_patients_too(units: Units) -> None:
    """Patients of a mean add up as well, so that 20 - 16 tells the hidden hospital's."""
    cells = {HF: Known(Span(20, 20)), A: HIDDEN, B: Known(Span(16, 16))}
    assert bound(Family(units, cells, Policy(5), summed=False, share=False)).exposed == {A: (Measure.DENOMINATOR,)}


def test_totals_that_hold_more_are_not_subtracted_from(units: Units) -> None:
    """Where a mean's other years show a trust with patients of no hospital, 30 - 16 tells only a maximum."""
    cells = {HF: Known(Span(30, 30)), A: HIDDEN, B: Known(Span(16, 16))}
    family = Family(units, cells, Policy(5), summed=False, share=False, additive=False)
    assert bound(family).exposed == {}
    assert not adds_up(replace(family, cells={HF: Known(Span(30, 30)), A: Known(Span(9, 9)), B: Known(Span(16, 16))}))
    assert adds_up(replace(family, cells={HF: Known(Span(25, 25)), A: Known(Span(9, 9)), B: Known(Span(16, 16))}))
