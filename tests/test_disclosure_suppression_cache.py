"""A cached suppression pattern stands for the very system that it was computed for, and for no other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from disclosure_tables import counts, tables
from kvalreg.arrays import BoolArray
from kvalreg.disclosure import suppression_cache
from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.relations import Sum
from kvalreg.disclosure.suppression import suppress
from kvalreg.disclosure.suppression_cache import SuppressionCache
from kvalreg.disclosure.suppression_table import SuppressionTable
from kvalreg.disclosure.system import TableSystem


def trust(*n: int) -> SuppressionTable:
    """One HF, cell 0, with hospitals; those below five must be hidden."""
    sums = [Sum(0, tuple(range(1, len(n) + 1)))]
    total = counts(sum(n), *n)
    return SuppressionTable(sums, total, None, primary=(total > 0) & (total < 5), preserved=total == sum(n))


def chosen_by(memory: SuppressionCache, table: SuppressionTable) -> BoolArray:
    """The mask for a table, from memory or chosen anew."""
    system = table.to_system()
    return memory.suppress(system, Attack(system))


def refused(_system: TableSystem, _attack: Attack) -> BoolArray:
    """Stands in where nothing may be chosen anew."""
    raise AssertionError("it is chosen anew")


@given(tables())
@settings(max_examples=60, deadline=None)
def test_a_remembered_choice_is_the_one_that_was_made(table: SuppressionTable) -> None:
    """For every table the mask of `suppress`, at first and again."""
    first = SuppressionCache()
    chosen = chosen_by(first, table)
    again = SuppressionCache(first.used_masks)
    np.testing.assert_array_equal(chosen, suppress(table.to_system()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suppression_cache, "suppress", refused)
        np.testing.assert_array_equal(chosen_by(again, table), chosen)
    assert again.used_masks == first.used_masks


def test_another_table_is_chosen_for_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """One patient more, another mark, another sum, another minimum: each is another table."""
    table = trust(3, 12, 25)
    first = SuppressionCache()
    assert np.flatnonzero(chosen_by(first, table)).tolist() == [1, 2]
    others = [
        trust(3, 12, 26),
        replace(table, preserved=None),
        replace(table, x=np.zeros(4, dtype=np.int64)),
        replace(table, suppressed_before=np.array([False, False, False, True])),
        replace(table, sums=[Sum(0, (1, 2, 3), complete=False)]),
        replace(table, minimum=6),
        replace(table, primary=np.array([False, True, True, False])),
    ]
    monkeypatch.setattr(suppression_cache, "suppress", refused)
    known = SuppressionCache(first.used_masks)
    assert np.flatnonzero(chosen_by(known, table)).tolist() == [1, 2]
    for other in others:
        with pytest.raises(AssertionError, match="chosen anew"):
            chosen_by(known, other)


def test_what_was_not_asked_for_again_is_forgotten() -> None:
    """Else what is kept would grow with each delivery."""
    first = SuppressionCache()
    chosen_by(first, trust(3, 12, 25))
    later = SuppressionCache(first.used_masks)
    chosen_by(later, trust(3, 12, 26))
    assert len(later.used_masks) == 1
    assert later.used_masks.keys().isdisjoint(first.used_masks)
