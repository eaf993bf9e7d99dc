"""The cheapest groups that satisfy inequalities: blocks that share nothing are solved by themselves."""

from __future__ import annotations

import numpy as np

from kvalreg.disclosure.blocks import BlockDecomposition, Inequality, MasterBlock

COST = np.array([1.1, 1.0, 1.05, 1.0])


def either(*cells: int) -> Inequality:
    """One of these cells at least."""
    return tuple((cell, 1.0) for cell in cells), 1.0


def cheapest(rows: BlockDecomposition) -> list[list[int] | None]:
    """The cells of each block."""
    return [block.optimal_groups for block in rows.blocks()]


def test_rows_that_share_a_cell_are_one_block() -> None:
    """0 and 1 meet in 1, and 2 and 3 are by themselves; a row that stands twice counts once."""
    rows = BlockDecomposition(COST, [])
    for row in (either(0, 1), either(2, 3), either(1), either(2, 3)):
        rows.add(row)
    assert cheapest(rows) == [[1], [3]]


def test_a_block_without_news_is_not_solved_again() -> None:
    """A row that joins two blocks makes a new one of them; the third is the same."""
    rows = BlockDecomposition(COST, [])
    for cell in (0, 1, 2):
        rows.add(either(cell))
    before = rows.blocks()
    rows.add(either(0, 1))
    after = rows.blocks()
    assert len(after) == 2
    assert after[0] not in before
    assert after[1] is before[2]


def test_a_sum_counts_as_hidden_with_any_of_its_parts() -> None:
    """Sum 4 asks for 0 or 2 as well: always where 1 and 3 are its parts, and not at all where 3 is and 1 is hidden."""
    rows = BlockDecomposition(COST, [(1, 3)])
    rows.add(either(1, 3))
    rows.add((((0, 1.0), (2, 1.0), (4, -1.0)), 0.0))
    assert [len(cells or ()) for cells in cheapest(rows)] == [2]
    rows = BlockDecomposition(COST, [(3,)])
    rows.add(either(1, 3))
    rows.add((((0, 1.0), (2, 1.0), (4, -1.0)), 0.0))
    assert cheapest(rows) == [[1]]


def test_the_cheapest_cell_is_taken() -> None:
    """Of 0 and 1, 1 costs less."""
    assert MasterBlock((either(0, 1),), COST).optimal_groups == [1]


def test_cells_are_hidden_whole_or_not_at_all() -> None:
    """Each two of three: half of each would be enough, and two whole ones are taken."""
    found = MasterBlock((either(0, 1), either(1, 2), either(0, 2)), COST).optimal_groups
    assert found is not None
    assert len(found) == 2


def test_a_sum_costs_nothing() -> None:
    """4 is a sum of 1 and 3 that counts as hidden with any of them: it does not say which, so it asks for no cell."""
    assert MasterBlock((either(4),), COST).optimal_groups == []


def test_what_cannot_be_is_told() -> None:
    """A row of nothing, and two of one cell."""
    assert MasterBlock((((), 1.0),), COST).optimal_groups is None
    assert MasterBlock(((((0, 1.0),), 2.0),), COST).optimal_groups is None


def test_no_choice_costs_less_than_what_is_told() -> None:
    """Each two of three: 1.5 cells in parts, and 2 whole ones; of cells that may cost 0.75, 1.25 in parts is 1.25."""
    rows = (either(0, 1), either(1, 2), either(0, 2))
    assert MasterBlock(rows, np.array([1.01, 1.0, 1.02])).lower_bound == 2.0
    assert MasterBlock(rows, np.array([1.0, 0.75, 0.75])).lower_bound == 1.25
    assert MasterBlock(((((0, 1.0),), 2.0),), COST).lower_bound == 0.0
