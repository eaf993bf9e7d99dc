"""Cells as arrays: what is kept of each edition, places over editions, and impossible numerators."""

from __future__ import annotations

from disclosure_cells import cells, edition, lines, place, units
from kvalreg.disclosure.cells import MISSING, PrintedPart
from kvalreg.disclosure.relations import Sum

JUNE = lines("a", [(1, 3), (6, 12)])


def test_earlier_editions_come_first_and_decide_nothing_now() -> None:
    """June hid hospital 1 and showed the rest: its cells are no candidates, and keep their marks."""
    tree = units("1", "2")
    found = cells(lines("a", [(2, 4), (6, 12)]), tree, [edition("2026-06", JUNE, tree, (("a", "1"),))])
    assert found.edition.tolist() == [0, 0, 0, 1, 1, 1]
    assert (found.current_edition, found.newest_edition) == (1, 1)
    assert found.is_candidate.tolist() == [False] * 3 + [True] * 3
    assert found.is_marked.tolist() == [True, False, False, False, False, False]
    assert found.printed_part[:3].tolist() == [PrintedPart.NOTHING, PrintedPart.ALL, PrintedPart.ALL]
    assert found.primary.tolist() == [False, False, False, True, False, False]
    assert found.n.tolist() == [3, 12, 15, 4, 12, 16]


def test_a_unit_that_is_gone_stays_a_place_of_its_own() -> None:
    """Hospital 2 is in June's tree alone: December's tree does not have it."""
    before, after = units("1", "2"), units("1", "3")
    found = cells([("a", 2024, "1", 9, None), ("a", 2024, "3", 8, None)], after, [edition("2026-06", JUNE, before)])
    gone = place(found, "2")
    assert [tree.parent[gone] >= 0 for tree in found.trees] == [True, False]
    assert len({place(found, one) for one in ("1", "2", "3")}) == 3


def test_each_edition_has_the_sums_of_its_own_tree() -> None:
    """HF = hospitals 1 and 2 in June, of whom only 1 is left; places without a cell are passed through."""
    before, after = units("1", "2"), units("1")
    found = cells(lines("a", [9]), after, [edition("2026-06", JUNE, before)])
    june, december = found.tables
    assert found.trees[0].sums(found.unit[june].tolist()) == [Sum(2, (0, 1))]
    assert found.trees[1].sums(found.unit[december].tolist()) == [Sum(1, (0,))]


def test_columns_are_an_indicator_and_a_year_of_an_edition() -> None:
    """Two indicators, of which one has two years: three columns."""
    found = cells([*lines("a", [9, 8]), *lines("a", [7, 6], 2023), *lines("b", [5, 4])])
    assert sorted(len(column) for column in found.tables) == [3, 3, 3]
    for column in found.tables:
        assert len({(found.indicator[cell], found.year[cell]) for cell in column.tolist()}) == 1


def test_no_numerator_is_told_as_none() -> None:
    """A mean has patients alone."""
    assert cells(lines("a", [9, 8])).x.tolist() == [MISSING] * 3


def test_an_impossible_numerator_is_taken_for_all_patients_and_totals_are_lowered() -> None:
    """33 of 30 and 40 of 60 under an HF of 73 of 90: 30, 40 and 70, so that all sums hold."""
    found = cells(lines("a", [(33, 30), (40, 60)]))
    assert found.x.tolist() == [30, 40, 70]
    assert found.n.tolist() == [30, 60, 90]


def test_true_counts_are_in_no_repr() -> None:
    """Neither patients nor numerators."""
    assert "28173" not in repr(cells(lines("a", [(28173, 28173), (5, 8)])))
