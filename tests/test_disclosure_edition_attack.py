"""The attack on all editions finds what they expose, and nothing where they expose nothing."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from disclosure_cells import edition, lines, units
from kvalreg.disclosure.edition_attack import ExposedCell, exposed_cells
from kvalreg.disclosure.ledger import Edition, LedgerState

TREE = units("1", "2", "3")
ROWS = lines("a", [(1, 3), (6, 12), (20, 25)])
SAFE = edition("2026-06", ROWS, TREE, (("a", "1"), ("a", "2")))


def with_state(one: Edition, orgnr: str, state: LedgerState) -> Edition:
    """The same edition with another mark on one unit."""
    rows = pd.DataFrame(one.secret).copy()
    rows.loc[rows["orgnr"] == orgnr, "state"] = state.value
    return replace(one, secret=rows)


def test_two_hidden_siblings_give_nothing_away() -> None:
    """3 + 12 = 15 leaves 1 to 14, and their numerators 0 to 7."""
    assert exposed_cells([SAFE], 5) == set()


@pytest.mark.parametrize(("shown", "found"), [("2", "1"), ("1", "2")])
def test_a_planted_give_away_is_found(shown: str, found: str) -> None:
    """One of two hidden siblings is marked as shown: the other one is the HF less all others."""
    planted = with_state(SAFE, shown, LedgerState.SHOWN)
    assert exposed_cells([planted], 5) == {ExposedCell("2026-06", "a", "caregiver", 2024, "hospital", found)}


def test_the_patients_alone_give_a_sibling_away() -> None:
    """Of hospital 2 the 12 patients are told, and no more: hospital 1 has 3."""
    planted = with_state(SAFE, "2", LedgerState.NOT_RELIABLE)
    assert {one.orgnr for one in exposed_cells([planted], 5)} == {"1"}


def test_two_editions_give_away_what_each_one_hides() -> None:
    """December, as a whole by itself safe, hides hospitals 1 and 3 of the same patients and shows the 12 of June."""
    december = edition("2026-12", ROWS, TREE, (("a", "1"), ("a", "3")))
    assert exposed_cells([december], 5) == set()
    found = exposed_cells([SAFE, december], 5)
    assert {(one.edition, one.orgnr) for one in found} >= {("2026-06", "1"), ("2026-12", "1")}


def test_what_earlier_editions_give_away_by_themselves_is_not_told_again() -> None:
    """June gave hospital 1 away; December, which changes nothing, adds nothing to that."""
    planted = with_state(SAFE, "2", LedgerState.SHOWN)
    assert exposed_cells([planted], 5)
    found = exposed_cells([planted, replace(planted, name="2026-12")], 5)
    assert {one.edition for one in found} <= {"2026-12"}


def test_no_edition_gives_nothing_away() -> None:
    """A registry that was never published."""
    assert exposed_cells([], 5) == set()
