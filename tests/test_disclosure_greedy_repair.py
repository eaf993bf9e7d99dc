"""The greedy repair: all cuts are satisfied in the end, by few and cheap groups, and always by the same ones."""

from __future__ import annotations

import numpy as np

from kvalreg.disclosure.cuts import Cut
from kvalreg.disclosure.greedy_repair import CoverConstraints, greedy_repair

SUMS = ((4, 0, 1, 2, 3),)
PRICE = {1: 1.1, 2: 1.2, 3: 1.3}


def mended(cuts: list[Cut], *hidden: int) -> list[int] | None:
    """The cells hidden in the end."""
    mask = np.zeros(5, dtype=np.bool_)
    mask[list(hidden)] = True
    demands = CoverConstraints(SUMS, len(mask))
    demands.add(cuts)
    found = greedy_repair(demands, mask, PRICE)
    return None if found is None else np.flatnonzero(found).tolist()


def test_the_cheapest_cell_that_is_enough_is_taken() -> None:
    """Two of the sum must be hidden, 0 is: 1 costs least."""
    assert mended([Cut(tuple((cell, 1.0) for cell in range(4)), 2.0, (0,))], 0) == [0, 1]


def test_a_cell_that_settles_two_cuts_is_better_than_two_cheaper_ones() -> None:
    """1 helps the one cut, 2 the other, 3 both."""
    cuts = [Cut(((1, 1.0), (3, 1.0)), 1.0, (0,)), Cut(((2, 1.0), (3, 1.0)), 1.0, (0,))]
    assert mended(cuts, 0) == [0, 3]


def test_a_cut_whose_owner_is_shown_asks_for_nothing() -> None:
    """The sum (owner 5) is not touched, so it asks for no cell; 0 may not be shown, 3 need not be hidden."""
    assert mended([Cut(((1, 1.0),), 1.0, (5,))]) == []
    assert mended([Cut(((1, 1.0),), 1.0, (5,))], 0) == [0, 1]
    assert mended([Cut(((1, 1.0),), 1.0, (0,))], 0, 3) == [0, 1]


def test_cuts_that_nothing_satisfies_are_reported() -> None:
    """4 may not be chosen."""
    assert mended([Cut(((4, 1.0),), 1.0, (0,))], 0) is None
