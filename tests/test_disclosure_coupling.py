"""What limits a hidden cell whose numerator and misses are looked at together."""

from __future__ import annotations

import pytest

from kvalreg.disclosure.coupling import Coupling, Shares
from kvalreg.disclosure.relations import Relations, Sum
from kvalreg.disclosure.separation import OUTSIDE, Room, Surroundings

WHOLE, NUMERATOR = (True, True), (True, False)


def coupling(relations: Relations, hidden: tuple[int, ...], shares: list[tuple[int, int]], beside: int = 0) -> Coupling:
    """Cells of so many in the numerator and so many misses; nobody is hidden without patients."""
    x, y = ([*column] for column in zip(*shares, strict=True))
    rest = [beside] * len(relations)
    known = Shares(Room(x, rest), Room(y, rest), [1] * len(shares))
    return Coupling(Surroundings(relations, hidden), known)


def test_shares_that_go_different_ways_do_not_help_each_other() -> None:
    """HF = A 2 of 3 + B 0 of 9 + C 4 of 10, county = A + D 9 of 9 + E 3 of 6; A, B and D hidden.

    A's numerator cannot rise in the HF, nor its misses in the county, though its denominator looks free in both. What
    would let it rise: C's numerator, E's misses, and the totals.
    """
    relations = Relations.of(7, [Sum(5, (0, 1, 2)), Sum(6, (0, 3, 4))])
    shares = [(2, 1), (0, 9), (4, 6), (9, 0), (3, 3), (6, 16), (14, 4)]
    barrier = coupling(relations, (0, 1, 3), shares).barrier(0, 1, WHOLE, 5)
    assert barrier == pytest.approx({2: 4.0, 4: 3.0, 5: 5.0, 6: 5.0})


def test_a_cell_keeps_a_patient() -> None:
    """HF = A 2 of 2 + B 1 of 1 + C 4 of 10, A and B hidden: A's numerator cannot rise, since B would have nobody.

    With C hidden too it could rise by 9 of C's patients, all but one; and without end with the HF.
    """
    trust = Relations.of(4, [Sum(3, (0, 1, 2))])
    found = coupling(trust, (0, 1), [(2, 0), (1, 0), (4, 6), (7, 6)])
    assert found.barrier(0, 1, NUMERATOR, 5) == pytest.approx({2: 9.0, 3: 5.0})
    assert found.barrier(0, 1, WHOLE, 5) == pytest.approx({2: 9.0, 3: 5.0})


def test_a_cell_falls_as_far_as_it_can_itself() -> None:
    """A 3 of 4 keeps one patient: its denominator falls by 3, whoever takes them."""
    trust = Relations.of(4, [Sum(3, (0, 1, 2))])
    found = coupling(trust, (0, 1), [(3, 1), (9, 9), (4, 6), (16, 16)])
    assert found.barrier(0, -1, WHOLE, 5) == pytest.approx({0: 3.0})


def test_nothing_limits_a_cell_that_can_move_enough() -> None:
    """A 9 of 18 and B 9 of 18 hidden: each rises by 5."""
    trust = Relations.of(4, [Sum(3, (0, 1, 2))])
    assert coupling(trust, (0, 1), [(9, 9), (9, 9), (4, 6), (22, 24)]).barrier(0, 1, WHOLE, 5) is None


def test_what_an_incomplete_total_holds_beside_its_parts_helps() -> None:
    """HF = A 2 of 3 + B 2 of 4 + 2 of 4 unlisted, A hidden: it rises by these 4, and by 3 more with B."""
    relations = Relations.of(3, [Sum(2, (0, 1), complete=False)])
    found = coupling(relations, (0,), [(2, 1), (2, 2), (6, 5)], beside=2)
    assert found.barrier(0, 1, WHOLE, 9) == pytest.approx({OUTSIDE: 4.0, 1: 3.0, 2: 9.0})
