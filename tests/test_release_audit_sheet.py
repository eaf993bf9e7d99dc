"""What an edition tells of one registry, put together from what its files have left."""

from __future__ import annotations

import numpy as np
import pytest

from kvalreg.release.audit_files import Edition
from kvalreg.release.audit_parts import Part, dump_part, load_part
from kvalreg.release.audit_public import Key, Place, Spot
from kvalreg.release.audit_readings import Claim, Reading
from kvalreg.release.audit_sheet import Sheet, sheet_of_edition, sheet_of_parts
from kvalreg.release.published_numbers import Numbers, Span, apart, whole

VIK, NES = Place("hospital", "31"), Place("hospital", "32")
HUNDRED = Numbers(n=Span(100, 100))
ROUNDED = Numbers(n=Span(99.5, 100.5), value=Span(0.865, 0.875))
EIGHTY_SEVEN = Numbers(x=Span(87, 87), value=Span(0.86995, 0.87005))


def key(place: Place, context: str = "caregiver", ind_id: str = "a") -> Key:
    """A cell of the registry alfa in 2024."""
    return Key("alfa", ind_id, context, 2024, place)


def sheet(*parts: Part) -> Sheet:
    """What these parts tell together, after they have been kept."""
    return sheet_of_parts(load_part(dump_part(part)) for part in parts)


def test_all_that_files_tell_of_a_cell_is_put_together() -> None:
    """Two files: 100 patients, and 86.5 to 87.5 % with 87; the narrower limits win, whichever file has them."""
    found = sheet(Part({key(VIK): [ROUNDED]}), Part({key(VIK): [HUNDRED]}), Part({key(VIK): [EIGHTY_SEVEN]}))
    assert len(found) == 1
    assert found.torn == {}
    assert found.numbers(0) == [Numbers(Span(100, 100), Span(87, 87), Span(0.86995, 0.87005))]


def test_cells_that_contradict_themselves_keep_every_word() -> None:
    """One file says 100 patients and another 90: both stay, in the files' order."""
    ninety = Numbers(n=Span(90, 90))
    found = sheet(Part({key(VIK): [HUNDRED], key(NES): [HUNDRED]}), Part({key(VIK): [ninety]}))
    assert found.torn == {0: [HUNDRED, ninety]}
    assert found.torn_in(slice(0, 1)) == [0]
    assert found.torn_in(slice(1, 2)) == []


def test_a_mark_hides_whatever_else_is_told() -> None:
    """A cell that one file hides is hidden, and that another tells of it is known too."""
    found = sheet(Part(hidden={key(VIK): "table 1", key(NES): "table 1"}), Part({key(VIK): [HUNDRED]}))
    assert found.hidden_keys == [key(VIK), key(NES)]
    assert found.told.tolist() == [True, False]
    assert not found.shows(key(VIK))
    assert sheet(Part({key(VIK): [HUNDRED]})).shows(key(VIK))


def test_words_without_context_belong_to_the_only_one() -> None:
    """Where an indicator has one context in a year, it is meant; where it has two, nobody can tell."""
    nameless = Part({key(VIK, ""): [EIGHTY_SEVEN]}, {key(NES, ""): "list"})
    found = sheet(Part({key(VIK): [HUNDRED]}), nameless)
    assert list(found.slices) == [("alfa", "a", "caregiver", 2024)]
    assert found.numbers(0) == [Numbers(Span(100, 100), Span(87, 87), Span(0.86995, 0.87005))]
    assert found.hidden_keys == [key(NES)]
    assert not found.unsettled
    both = sheet(Part({key(VIK): [HUNDRED], key(VIK, "resident"): [HUNDRED]}), nameless)
    assert both.unsettled
    assert len(both) == 2
    assert list(sheet(nameless).slices) == [("alfa", "a", "", 2024)]


def test_words_without_context_are_put_together_first() -> None:
    """87 and 87 % without a context, and 80 with it: two words contradict each other, not three."""
    eighty = Numbers(x=Span(80, 80))
    first = Part({key(VIK, ""): [Numbers(x=Span(87, 87))]})
    found = sheet(first, Part({key(VIK): [eighty]}), Part({key(VIK, ""): [EIGHTY_SEVEN]}))
    assert found.torn == {0: [eighty, EIGHTY_SEVEN]}


def test_word_by_word_gives_the_same_sheet() -> None:
    """Readings and parts of the same page tell the same."""
    edition = Edition()
    edition.readings = {
        key(VIK): [Reading(key(VIK), told, Spot("page")) for told in (ROUNDED, HUNDRED)],
        key(NES): [Reading(key(NES), None, Spot("page"))],
    }
    read, kept = sheet_of_edition(edition), sheet(Part({key(VIK): [ROUNDED, HUNDRED]}, {key(NES): "table 1"}))
    assert read.numbers(0) == kept.numbers(0) == [Numbers(n=Span(100, 100), value=Span(0.865, 0.875))]
    assert read.slices == kept.slices == {("alfa", "a", "caregiver", 2024): slice(0, 2)}
    assert read.places_in(slice(0, 2)) == kept.places_in(slice(0, 2)) == (VIK, NES)
    assert read.hidden_keys == kept.hidden_keys == [key(NES)]


def test_claims_are_kept() -> None:
    """A number beside a unit is kept with all that is known of it but its file, which differs between editions."""
    claim = Claim((VIK,), (2024,), Spot("page", "", "alfa", "a"))
    assert sheet(Part(claims={(1,): claim})).claims == [claim._replace(spot=Spot("", "", "alfa", "a"))]
    assert len(sheet()) == 0


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(86.5, 87.5, (87, 87)), (87.0, 87.0, (87, 87)), (208.4, 215.6, (209, 215)), (np.nan, np.nan, (np.nan, np.nan))],
)
def test_whole_numbers_of_many_spans(low: float, high: float, expected: tuple[float, float]) -> None:
    """A printed whole number is itself; of wider spans, the whole numbers inside are left."""
    found = whole(np.array([low]), np.array([high]))
    assert np.array_equal([found[0][0], found[1][0]], expected, equal_nan=True)


def test_limits_on_the_wrong_side_are_apart() -> None:
    """88 to 87 is a contradiction; a difference in the last bit is none, nor is what is not printed."""
    low, high = np.array([88.0, 0.1 + 0.2, np.nan]), np.array([87.0, 0.3, np.nan])
    assert apart(low, high).tolist() == [True, False, False]
