"""Sums among cells: how they are built from a tree and from groups, and that wrong ones are refused."""

from __future__ import annotations

import pytest

from kvalreg.disclosure.relations import Sum, sums_from_groups, sums_from_tree


def test_a_tree_gives_one_sum_per_unit_with_cells_below() -> None:
    """Nation 0 with HFs 1 and 2, hospitals 3 and 4 in HF 1, 5 in HF 2: three sums."""
    assert sums_from_tree([-1, 0, 0, 1, 1, 2], [0, 1, 2, 3, 4, 5]) == [Sum(0, (1, 2)), Sum(1, (3, 4)), Sum(2, (5,))]


def test_a_level_without_cells_is_passed_through() -> None:
    """With HFs not presented, the nation is the sum of the hospitals."""
    assert sums_from_tree([-1, 0, 0, 1, 1, 2], [0, -1, -1, 1, 2, 3]) == [Sum(0, (1, 2, 3))]


def test_a_total_that_may_hold_others_is_incomplete() -> None:
    """Rows were delivered for HF 1 itself: its hospitals are not all of it."""
    found = sums_from_tree([-1, 0, 1, 1], [0, 1, 2, 3], incomplete=[1])
    assert found == [Sum(0, (1,)), Sum(1, (2, 3), complete=False)]


def test_a_tree_with_a_cycle_is_refused() -> None:
    """Units that are each other's parents have no totals; the message says where to correct it."""
    with pytest.raises(ValueError, match=r"cycle.*units\.csv"):
        sums_from_tree([1, 0], [0, 1])
    with pytest.raises(ValueError, match="cycle"):
        sums_from_tree([1, 2, 1], [0, -1, -1])


def test_a_county_without_a_cell_makes_no_sum() -> None:
    """Cells 0 and 1 in county 0, presented as cell 4; cell 2 in county 1, which is not presented."""
    assert sums_from_groups([0, 0, 1, -1, -1], [4, -1]) == [Sum(4, (0, 1))]
    assert sums_from_groups([0, 0, 1, -1, -1], [4, -1], incomplete=[0]) == [Sum(4, (0, 1), complete=False)]
