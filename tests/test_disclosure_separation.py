"""What limits a hidden count: least cuts of a network, and of a linear program where there is none."""

from __future__ import annotations

from kvalreg.disclosure.relations import Relations, Sum
from kvalreg.disclosure.separation import OUTSIDE, Room, Surroundings

TRUST = Relations.of(4, [Sum(3, (0, 1, 2))])


def test_a_count_rises_only_as_others_fall() -> None:
    """HF = A 3 + B 4 + C 20, only A hidden: it rises by 3 with B, by 19 with C (one stays), with the HF without end."""
    around = Surroundings(TRUST, (0,))
    room = Room([2, 3, 19, 26], [0])
    assert around.barriers(0, 1, room, 5) == [{1: 3.0, 2: 19.0, 3: 5.0}]


def test_a_count_falls_as_far_as_it_can_itself() -> None:
    """A 3 and B 4 hidden: A can fall by 2, whatever else is hidden."""
    around = Surroundings(TRUST, (0, 1))
    assert around.barriers(0, -1, Room([2, 3, 19, 26], [0]), 5) == [{0: 2.0}]
    assert around.barriers(0, -1, Room([0, 3, 19, 26], [0]), 5) == [{0: 0.0}]


def test_nothing_limits_a_count_that_can_move_enough() -> None:
    """A 9 and B 9 hidden: each can rise and fall by 5."""
    around = Surroundings(TRUST, (0, 1))
    room = Room([8, 8, 19, 36], [0])
    assert around.barriers(0, 1, room, 5) is None
    assert around.barriers(0, -1, room, 5) is None


def test_what_an_incomplete_total_holds_beside_its_parts_helps() -> None:
    """HF = A 3 + B 4 + 2 unlisted, A hidden: it can rise by 2, and by 3 more with B."""
    around = Surroundings(Relations.of(3, [Sum(2, (0, 1), complete=False)]), (0,))
    assert around.barriers(0, 1, Room([2, 3, 8], [2]), 9) == [{OUTSIDE: 2.0, 1: 3.0, 2: 9.0}]


def test_both_ends_of_a_chain_are_told_where_they_differ() -> None:
    """HF = A 3 + B 1, county = B + C 6, A and B hidden: A rises if the HF does, or if B can fall, so C rise."""
    relations = Relations.of(5, [Sum(3, (0, 1)), Sum(4, (1, 2))])
    around = Surroundings(relations, (0, 1))
    room = Room([2, 0, 5, 3, 6], [0, 0])
    assert around.barriers(0, 1, room, 5) == [{2: 5.0, 3: 5.0, 4: 6.0}, {1: 0.0, 3: 5.0}]


def test_a_linear_program_finds_the_same_where_sums_are_no_network() -> None:
    """A in three totals with B 10, C 10 and D 5, all hidden: A rises by D's 4, and further only with D's total."""
    relations = Relations.of(7, [Sum(4, (0, 1)), Sum(5, (0, 2)), Sum(6, (0, 3))])
    around = Surroundings(relations, (0, 1, 2, 3))
    assert around.sides is None
    (barrier,) = around.barriers(0, 1, Room([2, 9, 9, 4, 11, 11, 6], [0, 0, 0]), 5) or [{}]
    assert barrier == {3: 4.0, 6: 5.0}
