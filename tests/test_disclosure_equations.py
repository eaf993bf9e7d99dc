"""Rows of sums: the same statements, with fewer unknown terms where editions repeat each other."""

from __future__ import annotations

from kvalreg.disclosure.equations import rows_of, sides
from kvalreg.disclosure.relations import Relations, Sum


def test_sums_that_make_a_network_are_left_as_they_are() -> None:
    """HF 3 = A 0 + B 1 + C 2, of which A and B are hidden: one row with all its members."""
    relations = Relations.of(4, [Sum(3, (0, 1, 2))])
    assert rows_of(relations, (0, 1)) == [{3: -1, 0: 1, 1: 1, 2: 1}]


def test_what_an_incomplete_total_holds_beside_is_a_term_of_its_own() -> None:
    """Sum 0 is incomplete: its rest has the key ~0."""
    relations = Relations.of(3, [Sum(2, (0, 1), complete=False)])
    assert rows_of(relations, (0, 1)) == [{2: -1, 0: 1, 1: 1, ~0: 1}]


def test_three_editions_of_a_total_become_one_sum_and_two_differences() -> None:
    """A and B are hidden in three totals, C changes twice: two rows say only how the shown cells changed."""
    a, b, *others = range(8)
    relations = Relations.of(8, [Sum(total, (a, b, c)) for c, total in zip(others[:3], others[3:], strict=True)])
    rows = rows_of(relations, (a, b))
    unknown = sorted(sum(cell in (a, b) for cell in row) for row in rows)
    assert unknown == [0, 0, 2]
    for n in ((3, 30, 20, 21, 25, 53, 54, 58), (4, 29, 20, 21, 25, 53, 54, 58)):
        assert all(sum(factor * n[cell] for cell, factor in row.items()) == 0 for row in rows)


def test_signs_are_found_where_sums_make_a_network() -> None:
    """A variable in two sums leaves the one and enters the other; one in three sums makes it no network."""
    assert sides([[(0, 1), (1, 1)], [(0, 1)]], 2) == [1, -1]
    assert sides([[(0, 1), (1, -1)], [(0, 1), (1, 1)]], 2) is None
    assert sides([[(0, 1), (1, 1), (2, 1)]], 3) is None
