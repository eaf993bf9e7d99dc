"""The level of presentation: hospital where quality allows it, else a coarser level, and why."""

from __future__ import annotations

from dataclasses import fields

import pytest

from kvalreg.disclosure.presentation import Presentation, PresentationReason
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.units import Level
from small_tree import HOSPITALS, REGISTRY, Row, gated

TOLD = {"ind_id", "context", "year", "level", "reason", "passed_over"}
"""All that a presentation says: no number of units, since the gate has not decided yet which of them are secret."""


def presentation(rows: list[Row], registry: Registry = REGISTRY, ind_id: str = "a") -> Presentation:
    """How an indicator is presented in 2024."""
    return gated(rows, registry=registry).published.presentation(ind_id, "caregiver", 2024)


def levels(rows: list[Row], registry: Registry = REGISTRY) -> set[str]:
    """The levels of which cells of indicator a are published."""
    cells = gated(rows, registry=registry).published.cells
    return set(cells.loc[cells["ind_id"] == "a", "level"])


def covered(share: dict[str, int]) -> list[Row]:
    """80 patients per hospital, and each hospital's coverage in per cent."""
    rows: list[Row] = [("a", 2024, orgnr, 40, 80) for orgnr in HOSPITALS]
    return rows + [("dg", 2024, orgnr, per_cent, 100) for orgnr, per_cent in share.items()]


def test_hospitals_are_shown_where_quality_allows() -> None:
    """2 of 6 hospitals with too low a coverage are a third, not more: hospitals are shown, with every level above."""
    rows = covered({"111": 50, "112": 59, "113": 60, "121": 90, "122": 90, "211": 90})
    found = presentation(rows)
    assert (found.level, found.reason, found.passed_over) == (Level.HOSPITAL, PresentationReason.QUALITY, None)
    assert levels(rows) == set(Level)


def test_low_coverage_of_many_hospitals_moves_up_to_the_trusts() -> None:
    """3 of 6 hospitals are more than a third, and no more than 1 of 3 HFs is: no hospital and no county is published.

    HF A: (50 + 50 + 90) / 300 = 63 %. HF B: (50 + 60) / 200 = 55 %. HF C: 90 %.
    """
    rows = covered({"111": 50, "112": 50, "113": 90, "121": 50, "122": 60, "211": 90})
    found = presentation(rows)
    assert (found.level, found.reason, found.passed_over) == (Level.HF, PresentationReason.COVERAGE, Level.HOSPITAL)
    assert {field.name for field in fields(found)} == TOLD
    assert levels(rows) == {Level.HF, Level.RHF, Level.NATION}


def test_small_hospitals_move_up_without_a_number() -> None:
    """4 of 6 hospitals below 5 patients are more than half."""
    rows: list[Row] = [("a", 2024, orgnr, 1, 4) for orgnr in ("111", "112", "113", "121")]
    rows += [("a", 2024, orgnr, 20, 40) for orgnr in ("122", "211")]
    found = presentation(rows)
    assert (found.level, found.reason) == (Level.HF, PresentationReason.SIZE)


def test_two_small_hospitals_are_marked_one_by_one() -> None:
    """More than half of two hospitals are both of them: the level is shown, and its cells have their marks.

    With 4 and 40 patients half are small, which is allowed anyway; with 4 and 3, all are. Neither says more than the
    marks do.
    """
    for few in (40, 3):
        found = presentation([("a", 2024, "111", 2, 4), ("a", 2024, "112", 2, few)])
        assert (found.level, found.reason, found.passed_over) == (Level.HOSPITAL, PresentationReason.QUALITY, None)
    low: list[Row] = [
        ("a", 2024, "111", 40, 80),
        ("a", 2024, "112", 40, 80),
        ("dg", 2024, "111", 50, 100),
        ("dg", 2024, "112", 80, 90),
    ]
    published = gated(low).published
    assert published.presentation("a", "caregiver", 2024).level is Level.HOSPITAL
    own = (published.cells["ind_id"] == "a") & (published.cells["level"] == "hospital")
    cells = published.cells[own].set_index("orgnr")
    assert cells["status"].to_dict() == {"111": "low_coverage", "112": "shown"}


def test_three_small_hospitals_move_up() -> None:
    """3 of 3 are more than half, and "too many" names none of them."""
    found = presentation([("a", 2024, orgnr, 2, 4) for orgnr in ("111", "112", "121")])
    assert (found.reason, found.passed_over) == (PresentationReason.SIZE, Level.HOSPITAL)


def test_too_few_is_the_greater_of_what_is_secret_and_what_is_reliable() -> None:
    """6 patients are above the minimum of 5; where fewer than 10 are secret, or not reliable, 4 of 6 are too small."""
    rows: list[Row] = [("a", 2024, orgnr, 3, 6) for orgnr in ("111", "112", "113", "121")]
    rows += [("a", 2024, orgnr, 20, 40) for orgnr in ("122", "211")]
    assert presentation(rows).reason is PresentationReason.QUALITY
    secret = REGISTRY.model_copy(update={"secret_below": 10})
    one = REGISTRY.indicator("a").model_copy(update={"min_denominator": 10, "dg_id": None})
    reliable = REGISTRY.model_copy(update={"indicators": (one,)})
    assert [presentation(rows, registry).reason for registry in (secret, reliable)] == [
        PresentationReason.SIZE,
        PresentationReason.SIZE,
    ]


def test_patients_of_no_hospital_move_up() -> None:
    """A mean delivered per hospital for 60 of the nation's 100 patients: the hospitals are not the whole."""
    mean = REGISTRY.model_copy(update={"indicators": (REGISTRY.indicator("m"),)})
    rows: list[Row] = [("m", 2024, "111", 3.5, 30), ("m", 2024, "121", 4.0, 30), ("m", 2024, "0", 3.9, 100)]
    found = presentation(rows, mean, "m")
    assert (found.level, found.reason, found.passed_over) == (
        Level.NATION,
        PresentationReason.COMPLETENESS,
        Level.HOSPITAL,
    )


def test_what_is_delivered_per_trust_is_shown_per_trust() -> None:
    """No row is a hospital's: the HF is the finest level, and the reason is not the quality."""
    found = presentation([("a", 2024, orgnr, 20, 40) for orgnr in ("11", "12", "21")])
    assert (found.level, found.reason, found.passed_over) == (Level.HF, PresentationReason.DELIVERED, None)


@pytest.mark.parametrize(
    ("level", "published"),
    [
        (Level.HF, {Level.HF, Level.RHF, Level.NATION}),
        (Level.RHF, {Level.RHF, Level.NATION}),
        (Level.COUNTY, {Level.COUNTY, Level.NATION}),
        (Level.NATION, {Level.NATION}),
    ],
)
def test_a_registry_can_set_the_level(level: Level, published: set[Level]) -> None:
    """What the registry sets is the finest level shown, though quality would allow hospitals."""
    registry = REGISTRY.model_copy(update={"presentation_level": level})
    rows: list[Row] = [("a", 2024, orgnr, 40, 80) for orgnr in HOSPITALS]
    assert presentation(rows, registry).reason is PresentationReason.REGISTRY
    assert levels(rows, registry) == published


def test_an_indicators_own_level_goes_before_the_registrys() -> None:
    """The indicator says RHF, the registry HF."""
    one = REGISTRY.indicator("a").model_copy(update={"presentation_level": Level.RHF})
    registry = REGISTRY.model_copy(update={"presentation_level": Level.HF, "indicators": (one,)})
    assert presentation([("a", 2024, orgnr, 40, 80) for orgnr in HOSPITALS], registry).level is Level.RHF


def test_a_set_level_cannot_be_finer_than_quality_allows() -> None:
    """The registry asks for HFs, but 2 of 3 have too low a coverage. Of the two RHFs one has, and is marked so."""
    registry = REGISTRY.model_copy(update={"presentation_level": Level.HF})
    rows = covered({"111": 50, "112": 50, "113": 50, "121": 50, "122": 50, "211": 100})
    found = presentation([*rows, ("dg", 2024, "211", 900, 900)], registry)
    assert (found.level, found.reason, found.passed_over) == (Level.RHF, PresentationReason.COVERAGE, Level.HF)


def test_where_the_nations_coverage_is_too_low_units_are_judged_one_by_one() -> None:
    """50 % in the nation: no level is good, but the hospital with 90 % of its patients has nothing to hide."""
    rows = covered({"111": 40, "112": 40, "113": 40, "121": 40, "122": 50, "211": 90})
    found = gated(rows).published
    assert found.presentation("a", "caregiver", 2024).reason is PresentationReason.SINGLE
    cells = found.cells[found.cells["ind_id"] == "a"].set_index("orgnr")["shown"]
    assert not cells["0"]
    assert not cells["111"]


def test_coverage_carried_forward_decides_too_and_keeps_its_year() -> None:
    """Coverage was measured in 2022: it decides the level of 2024, and the cell says which year it is from."""
    rows: list[Row] = [("a", 2024, orgnr, 40, 80) for orgnr in HOSPITALS]
    rows += [("dg", 2022, orgnr, 50 if orgnr in ("111", "112", "121") else 90, 100) for orgnr in HOSPITALS]
    found = gated(rows).published
    assert found.presentation("a", "caregiver", 2024).level is Level.HF
    nation = found.cells[(found.cells["ind_id"] == "a") & (found.cells["level"] == "nation")].iloc[0]
    assert (nation["coverage"], nation["coverage_year"]) == (pytest.approx(420 / 600), 2022)
