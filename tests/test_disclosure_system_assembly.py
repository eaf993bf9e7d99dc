"""From cells to the system: what is one variable, which missing rows get a mark, and what editions have published."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from disclosure_cells import Line, cells, decided, edition, frame, lines, place, units
from kvalreg.disclosure.cells import CellArrays, PrintedPart, collect_cells
from kvalreg.disclosure.links import NUMERATOR, PATIENTS, find_links
from kvalreg.disclosure.system import PUBLIC
from kvalreg.disclosure.system_assembly import SystemAssembly, assemble_system


def assembled(found: CellArrays) -> SystemAssembly:
    """The system of these cells, whose equations are all true."""
    assembly = assemble_system(found, find_links(found, {}))
    assert assembly.system.violated_equations().tolist() == []
    return assembly


def at(assembly: SystemAssembly, ind_id: str, orgnr: str, edition_number: int | None = None) -> int:
    """The number of a cell, in the newest edition unless another is asked for."""
    found = assembly.cells
    number = found.current_edition if edition_number is None else edition_number
    mine = (found.edition == number) & (found.unit == place(found, orgnr))
    (cell,) = np.flatnonzero(mine & (found.indicator == found.ind_ids.index(ind_id))).tolist()
    return int(cell)


def test_equal_counts_of_linked_columns_are_one_fact_and_unequal_ones_are_two() -> None:
    """Two indicators count 30, 40, 50, and at the fourth hospital 6 and 7: three facts shared, two of their own."""
    one = assembled(cells([*lines("a", [30, 40, 50, 6]), *lines("b", [30, 40, 50, 7])]))
    for orgnr, same in (("1", True), ("2", True), ("3", True), ("4", False), ("h", False)):
        left, right = (one.variables[at(one, ind_id, orgnr), PATIENTS] for ind_id in ("a", "b"))
        assert bool(left == right) is same
        together = one.group_by_cell[at(one, "a", orgnr)] == one.group_by_cell[at(one, "b", orgnr)]
        assert bool(together) is same, "what prints one fact is suppressed together"


def test_equal_counts_of_columns_that_are_not_linked_are_two_facts() -> None:
    """30 here and 30 there is chance where all else differs."""
    one = assembled(cells([*lines("a", [30, 40, 50, 60]), *lines("b", [30, 44, 55, 66])]))
    assert one.variables[at(one, "a", "1"), PATIENTS] != one.variables[at(one, "b", "1"), PATIENTS]


def test_a_numerator_that_another_indicator_counts_is_one_fact() -> None:
    """3 of 8 have the outcome at hospital 4, and the other indicator counts these 3: both are suppressed together."""
    shares, patients = [(30, 60), (40, 70), (50, 80), (3, 8)], [30, 40, 50, 3]
    one = assembled(cells([*lines("a", shares), *lines("b", patients)]))
    assert one.variables[at(one, "a", "4"), NUMERATOR] == one.variables[at(one, "b", "4"), PATIENTS]
    group = one.group_by_cell[at(one, "a", "4")]
    assert group == one.group_by_cell[at(one, "b", "4")]
    assert one.system.primary[group]


def test_a_unit_without_a_row_gets_a_secret_one_where_a_numerator_of_0_would_be_told() -> None:
    """Nobody of 8 had the outcome at hospital 4; b, which counts those, has no row there, and so says "0 of 8".

    A row of nobody is in the group of a's cell, so that it is marked whenever that cell is. With a row of 1 of 8 and
    its 1 among b's there is none to add.
    """
    shares = [(30, 60), (40, 70), (50, 80), (0, 8)]
    one = assembled(cells([*lines("a", shares), *lines("b", [30, 40, 50])]))
    assert one.n_implicit_zeros == 1
    row = len(one.cells.n) - 1
    assert one.cells.n[row] == 0
    assert one.group_by_cell[row] == one.group_by_cell[at(one, "a", "4")]
    assert at(one, "b", "4") == row
    told = assembled(cells([*lines("a", [*shares[:3], (1, 8)]), *lines("b", [30, 40, 50, 1])]))
    assert told.n_implicit_zeros == 0


def test_a_cell_marked_as_poorly_covered_follows_its_coverage() -> None:
    """dg of hospital 1 is 2 of 4, secret; a has 80 there and a mark "coverage below 60 %", which tells of the 2 of 4.

    So either both are one group, or the coverage's group is followed by that of a. Without the mark, neither is.
    """
    rows: list[Line] = [*lines("a", [80, 90, 95]), *lines("d", [(2, 4), (70, 90), (60, 95)])]
    table = frame(rows)
    coverage = np.full(len(rows), -1)
    coverage[0] = 4  # the first of d's lines, four of a's stand before it
    prints = np.full(len(rows), PrintedPart.ALL, dtype=np.int64)
    prints[0] = PrintedPart.PATIENTS
    for marked in (True, False):
        now = decided(table)
        now = replace(now, coverage=coverage, printed_part=prints) if marked else now
        one = assembled(collect_cells(table, now, units("1", "2", "3"), (), 5))
        mine, its = int(one.group_by_cell[at(one, "a", "1")]), int(one.group_by_cell[at(one, "d", "1")])
        assert (mine == its or [its, mine] in one.implied_suppressions.tolist()) is marked


JUNE = lines("a", [(1, 3), (6, 12), (20, 25)])
HIDDEN = (("a", "1"), ("a", "2"))


def later(december: list[Line]) -> SystemAssembly:
    """December after a June that hid hospitals 1 and 2."""
    tree = units("1", "2", "3")
    return assembled(cells(december, tree, [edition("2026-06", JUNE, tree, HIDDEN)]))


def test_what_an_edition_showed_is_public() -> None:
    """Hospital 3 and the HF stood in June with n and x: unchanged, they are public, and can protect nobody."""
    one = later(JUNE)
    for orgnr in ("3", "h"):
        facts = one.variables[at(one, "a", orgnr)]
        assert (one.system.group[facts] == PUBLIC).all()
        assert not one.system.suppressible[one.group_by_cell[at(one, "a", orgnr)]]


def test_what_an_edition_hid_and_has_not_changed_stays_hidden() -> None:
    """Hospital 2 with 12 is not small, and is hidden as in June; hospital 1 has grown to 20 and need not be."""
    one = later(lines("a", [(9, 20), (6, 12), (20, 25)]))
    assert one.system.primary[one.group_by_cell[at(one, "a", "2")]]
    assert not one.system.primary[one.group_by_cell[at(one, "a", "1")]]


def test_patients_and_numerators_of_two_editions_are_linked_each_by_itself() -> None:
    """Hospital 2 has 12 patients as in June, of whom 7 and no longer 6 have the outcome: one n, two x."""
    one = later(lines("a", [(1, 3), (7, 12), (20, 25)]))
    june, december = (one.variables[at(one, "a", "2", number)] for number in (0, 1))
    assert june[PATIENTS] == december[PATIENTS]
    assert june[NUMERATOR] != december[NUMERATOR]
    assert one.system.primary[one.group_by_cell[at(one, "a", "2")]], "its n was hidden, and stays so"


def test_an_earlier_small_count_stays_protected_when_it_has_changed() -> None:
    """June's 3 patients of hospital 1 still need bounds 5 apart in December, when it has 20."""
    one = later(lines("a", [(9, 20), (6, 12), (20, 25)]))
    june = one.variables[at(one, "a", "1", 0), PATIENTS]
    assert one.system.value[june] == 3
    assert one.system.protection_level[june] == 5


def test_registrations_that_come_late_only_add() -> None:
    """June's 3 and December's 20 of hospital 1: an equation says that the later is at least the earlier."""
    one = later(lines("a", [(9, 20), (6, 12), (20, 25)]))
    pair = [int(one.variables[at(one, "a", "1", number), PATIENTS]) for number in (1, 0)]
    rows = zip(one.system.equations.rows, one.system.equations.slack.tolist(), strict=True)
    assert ([(pair[0], 1), (pair[1], -1)], 17) in list(rows)


def test_nobody_has_a_numerator_of_0_and_ends_no_sum() -> None:
    """Hospital 3 has no patients and so no numerator; the HF's is the sum of the others' all the same: 9 + 6 = 15."""
    one = assembled(cells([*lines("a", [(9, 20), (6, 12)])[:-1], ("a", 2024, "3", 0, None), ("a", 2024, "h", 32, 15)]))
    total, first, second, third = (int(one.variables[at(one, "a", orgnr), NUMERATOR]) for orgnr in ("h", "1", "2", "3"))
    assert one.system.value[third] == 0
    assert [(total, 1), (first, -1), (second, -1), (third, -1)] in one.system.equations.rows


def test_equal_numbers_of_two_indicators_in_two_editions_are_two_facts() -> None:
    """Hospital 1 had 20 in a and 21 in b in June; b has 20 in December: that is June's number of another indicator."""
    june = [*lines("a", [20, 30, 40, 50]), *lines("b", [21, 30, 40, 50])]
    now = [*lines("a", [25, 30, 40, 50]), *lines("b", [20, 30, 40, 50])]
    tree = units(*"1234")
    one = assembled(cells(now, tree, [edition("2025-06", june, tree)]))
    assert one.variables[at(one, "b", "1"), PATIENTS] != one.variables[at(one, "a", "1", 0), PATIENTS]
    assert one.variables[at(one, "b", "2"), PATIENTS] == one.variables[at(one, "a", "2", 0), PATIENTS]


def test_a_total_below_its_parts_is_no_sum_and_one_above_has_a_rest() -> None:
    """Hospitals 30 and 40: an HF of 60 counts some patients once, and says nothing; one of 75 has 5 others."""
    for total, rests in ((60, []), (75, [5]), (70, [-1])):
        one = assembled(cells([*lines("a", [30, 40])[:-1], ("a", 2024, "h", total, None)]))
        assert one.system.equations.slack.tolist() == rests
