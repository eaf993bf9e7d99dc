"""Sums among cells: how they are built, and that wrong ones are refused."""

from __future__ import annotations

import numpy as np
import pytest

from disclosure_tables import counts
from kvalreg.disclosure.relations import Relations, Sum, from_groups, from_tree


def test_a_tree_gives_one_sum_per_unit_with_cells_below() -> None:
    """Nation 0 with HFs 1 and 2, hospitals 3 and 4 in HF 1, 5 in HF 2: three sums."""
    assert from_tree([-1, 0, 0, 1, 1, 2], [0, 1, 2, 3, 4, 5]) == [Sum(0, (1, 2)), Sum(1, (3, 4)), Sum(2, (5,))]


def test_a_level_without_cells_is_passed_through() -> None:
    """With HFs not presented, the nation is the sum of the hospitals."""
    assert from_tree([-1, 0, 0, 1, 1, 2], [0, -1, -1, 1, 2, 3]) == [Sum(0, (1, 2, 3))]


def test_a_tree_with_a_cycle_is_refused() -> None:
    """Units that are each other's parents have no totals; the message says where to correct it."""
    with pytest.raises(ValueError, match=r"cycle.*units\.csv"):
        from_tree([1, 0], [0, 1])
    with pytest.raises(ValueError, match="cycle"):
        from_tree([1, 2, 1], [0, -1, -1])


def test_a_county_without_a_cell_makes_no_sum() -> None:
    """Cells 0 and 1 in county 0, presented as cell 4; cell 2 in county 1, which is not presented."""
    assert from_groups([0, 0, 1, -1, -1], [4, -1]) == [Sum(4, (0, 1))]
    assert from_groups([0, 0, 1, -1, -1], [4, -1], incomplete=[0]) == [Sum(4, (0, 1), complete=False)]


def test_impossible_sums_are_refused() -> None:
    """A total among its own parts, a part twice, no parts, an index outside."""
    for wrong in (Sum(0, (0, 1)), Sum(0, (1, 1)), Sum(0, ()), Sum(0, (7,))):
        with pytest.raises(ValueError, match="sum 0"):
            Relations.of(3, [wrong])


def test_broken_sums_are_found() -> None:
    """5 = 2 + 3 holds; 5 = 2 + 2 does not, unless the total may hold others; 5 = 3 + 3 never does."""
    complete = Relations.of(3, [Sum(0, (1, 2))])
    incomplete = Relations.of(3, [Sum(0, (1, 2), complete=False)])
    assert complete.broken(counts(5, 2, 3)).tolist() == []
    assert complete.broken(counts(5, 2, 2)).tolist() == [0]
    assert incomplete.broken(counts(5, 2, 2)).tolist() == []
    assert incomplete.broken(counts(5, 3, 3)).tolist() == [0]


def test_below_reaches_every_depth() -> None:
    """Under the nation lies all but itself; under HF 1 its two hospitals."""
    relations = Relations.of(6, from_tree([-1, 0, 0, 1, 1, 2], [0, 1, 2, 3, 4, 5]))
    nation, trust = np.zeros((2, 6), dtype=np.bool_)
    nation[0] = trust[1] = True
    assert relations.below(nation).tolist() == [False, True, True, True, True, True]
    assert relations.below(trust).tolist() == [False, False, False, True, True, False]
