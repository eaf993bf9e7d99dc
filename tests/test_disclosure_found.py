"""Tables found before: they show what is possible only where nothing is published that they contradict."""

from __future__ import annotations

import numpy as np
import pytest

from kvalreg.disclosure.found import MOST, Found
from kvalreg.disclosure.relations import BoolArray


def mask(*cells: int) -> BoolArray:
    """These of four cells."""
    hidden = np.zeros(4, dtype=np.bool_)
    hidden[list(cells)] = True
    return hidden


@pytest.fixture
def found() -> Found:
    """Three hospitals with 3, 12 and 25 patients of 40; once 1 of them moved from the first to the second."""
    found = Found((np.array([3, 12, 25, 40]),))
    found.add([0, 1], [[2, 13]])
    return found


def test_a_table_counts_where_all_that_it_changes_is_hidden(found: Found) -> None:
    """The first hospital may have 2 or 3 patients, the second 12 or 13; nothing else moves."""
    least, most = found.ranges(mask(0, 1, 2))
    assert least.tolist() == [[2, 12, 25, 40]]
    assert most.tolist() == [[3, 13, 25, 40]]


def test_a_table_that_a_published_count_contradicts_shows_nothing(found: Found) -> None:
    """With the second hospital shown, the first cannot have given it a patient."""
    least, most = found.ranges(mask(0, 2))
    assert least.tolist() == most.tolist() == [[3, 12, 25, 40]]


def test_a_solution_equal_to_the_truth_in_a_cell_asks_nothing_of_it(found: Found) -> None:
    """Of three hospitals in the solution only two differ from the truth: these alone must be hidden."""
    found.add([0, 1, 2], [[1, 12, 27]])
    least, most = found.ranges(mask(0, 2))
    assert least.tolist() == [[1, 12, 25, 40]]
    assert most.tolist() == [[3, 12, 27, 40]]


def test_what_an_incomplete_total_holds_beside_its_parts_is_no_cell(found: Found) -> None:
    """-1 stands for it."""
    found.add([0, -1], [[1, 9]])
    least, _ = found.ranges(mask(0))
    assert least.tolist() == [[1, 12, 25, 40]]


def test_only_so_many_tables_are_kept(found: Found) -> None:
    """Memory stays small: the newest takes the oldest one's place."""
    for _ in range(MOST):
        found.add([2, 3], [[24, 39]])
    assert len(found.tables) == MOST
    assert found.ranges(mask(0, 1))[0].tolist() == [[3, 12, 25, 40]], "the first one is forgotten"
