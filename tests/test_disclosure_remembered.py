"""A choice of what to hide stands for the very table that it was made for, and for no other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from disclosure_tables import counts, tables
from kvalreg.disclosure import remembered
from kvalreg.disclosure.cells import Policy, Table
from kvalreg.disclosure.relations import BoolArray, Relations, Sum
from kvalreg.disclosure.remembered import Remembered
from kvalreg.disclosure.suppression import suppress

POLICY = Policy(minimum=5)


def trust(*n: int) -> Table:
    """One HF, cell 0, with hospitals; those below five must be hidden."""
    relations = Relations.of(len(n) + 1, [Sum(0, tuple(range(1, len(n) + 1)))])
    total = counts(sum(n), *n)
    return Table(relations, total, None, primary=(total > 0) & (total < 5), keep=total == sum(n))


def refused(_table: Table, _policy: Policy) -> BoolArray:
    """Stands in where nothing may be chosen anew."""
    raise AssertionError("it is chosen anew")


@given(tables())
@settings(max_examples=60, deadline=None)
def test_a_remembered_choice_is_the_one_that_was_made(table: Table) -> None:
    """For every table the mask of `suppress`, at first and again."""
    first = Remembered()
    chosen = first.suppress(table, POLICY)
    again = Remembered(first.used)
    np.testing.assert_array_equal(chosen, suppress(table, POLICY))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remembered, "suppress", refused)
        np.testing.assert_array_equal(again.suppress(table, POLICY), chosen)
    assert again.used == first.used


def test_another_table_is_chosen_for_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """One patient more, another mark, another sum, another policy: each is another table."""
    table = trust(3, 12, 25)
    first = Remembered()
    assert np.flatnonzero(first.suppress(table, POLICY)).tolist() == [1, 2]
    others = [
        trust(3, 12, 26),
        replace(table, keep=None),
        replace(table, x=np.zeros(4, dtype=np.int64)),
        replace(table, previously_hidden=np.array([False, False, False, True])),
        replace(table, relations=Relations.of(4, [Sum(0, (1, 2, 3), complete=False)])),
        replace(table, primary=np.array([False, True, True, False])),
    ]
    monkeypatch.setattr(remembered, "suppress", refused)
    known = Remembered(first.used)
    assert np.flatnonzero(known.suppress(table, POLICY)).tolist() == [1, 2]
    for other in others:
        with pytest.raises(AssertionError, match="chosen anew"):
            known.suppress(other, POLICY)
    for policy in (Policy(minimum=6), Policy(minimum=5, numerator_width=0)):
        with pytest.raises(AssertionError, match="chosen anew"):
            known.suppress(table, policy)


def test_what_was_not_asked_for_again_is_forgotten() -> None:
    """Else what is kept would grow with each delivery."""
    first = Remembered()
    first.suppress(trust(3, 12, 25), POLICY)
    later = Remembered(first.used)
    later.suppress(trust(3, 12, 26), POLICY)
    assert len(later.used) == 1
    assert later.used.keys().isdisjoint(first.used)
