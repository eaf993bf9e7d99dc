"""The cheapest cells that satisfy rows: blocks that share nothing are solved by themselves, in whole cells."""

from __future__ import annotations

import numpy as np

from kvalreg.disclosure.blocks import Block, Row, split

COST = np.array([1.1, 1.0, 1.05, 1.0])


def either(*cells: int) -> Row:
    """One of these cells at least."""
    return tuple((cell, 1.0) for cell in cells), 1.0


def test_rows_that_share_a_cell_are_one_block() -> None:
    """0 and 1 meet in 1, and 2 and 3 are by themselves; a row that stands twice counts once."""
    rows = [either(0, 1), either(2, 3), either(1), either(2, 3)]
    assert split(rows) == [(either(0, 1), either(1)), (either(2, 3),)]


def test_the_cheapest_cell_is_taken() -> None:
    """Of 0 and 1, 1 costs less."""
    assert Block((either(0, 1),), COST).cheapest == [1]


def test_cells_are_hidden_whole_or_not_at_all() -> None:
    """Each two of three: half of each would be enough, and two whole ones are taken."""
    found = Block((either(0, 1), either(1, 2), either(0, 2)), COST).cheapest
    assert found is not None
    assert len(found) == 2


def test_a_sum_costs_nothing() -> None:
    """4 is a sum of 1 and 3 that counts as hidden with any of them: it does not say which, so it asks for no cell."""
    assert Block((either(4),), COST).cheapest == []


def test_what_cannot_be_is_told() -> None:
    """A row of nothing, and two of one cell."""
    assert Block((((), 1.0),), COST).cheapest is None
    assert Block(((((0, 1.0),), 2.0),), COST).cheapest is None
