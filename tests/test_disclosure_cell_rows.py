"""Published cells as rows: of a group and some years, in the frame's order."""

from __future__ import annotations

import pandas as pd
import pytest

from kvalreg.disclosure.cell_rows import CellRows, cell_records

HOSPITALS = ("a", "caregiver", "hospital")
NATION = ("a", "caregiver", "nation")


def _cells() -> pd.DataFrame:
    """Two hospitals of which one is hidden in 2024, and the nation."""
    rows = [
        ("a", "caregiver", 2023, "hospital", "2", True, 0.7),
        ("a", "caregiver", 2023, "nation", "0", True, 0.75),
        ("a", "caregiver", 2023, "hospital", "1", True, 0.8),
        ("a", "caregiver", 2024, "hospital", "2", False, float("nan")),
        ("a", "caregiver", 2024, "hospital", "1", True, 0.9),
    ]
    return pd.DataFrame(rows, columns=["ind_id", "context", "year", "level", "orgnr", "shown", "value"])


def test_rows_are_those_of_the_group_and_years_in_the_frames_order() -> None:
    """Other levels and years are left out, and nothing is sorted."""
    rows = CellRows(_cells())
    assert [(one["orgnr"], one["year"]) for one in rows.rows(HOSPITALS, 0, 2024)] == [
        ("2", 2023),
        ("1", 2023),
        ("2", 2024),
        ("1", 2024),
    ]
    assert [one["orgnr"] for one in rows.rows(HOSPITALS, 2023, 2023)] == ["2", "1"]
    assert rows.rows(("b", "caregiver", "hospital"), 0, 2024) == []
    assert CellRows(_cells()[:0]).rows(HOSPITALS, 0, 2024) == []


def test_a_row_is_plain_python() -> None:
    """What JSON and formatting take: no scalar of numpy or pandas."""
    (row,) = CellRows(_cells()).rows(NATION, 0, 2024)
    assert row == {
        "ind_id": "a",
        "context": "caregiver",
        "year": 2023,
        "level": "nation",
        "orgnr": "0",
        "shown": True,
        "value": 0.75,
    }
    assert {name: type(value) for name, value in row.items() if name in ("year", "level", "shown", "value")} == {
        "year": int,
        "level": str,
        "shown": bool,
        "value": float,
    }
    assert cell_records(_cells()[1:2]) == [row]


def test_groups_of_a_year_are_those_with_a_cell_in_it() -> None:
    """A hidden cell is a cell."""
    rows = CellRows(_cells())
    assert rows.keys_in(2023) == {HOSPITALS, NATION}
    assert rows.keys_in(2024) == {HOSPITALS}
    assert rows.keys_in(2022) == set()


@pytest.mark.parametrize(("last", "expected"), [(2024, (0.7, 0.9)), (2023, (0.7, 0.8)), (2022, ())])
def test_reach_is_of_shown_numbers_until_the_year(last: int, expected: tuple[float, ...]) -> None:
    """Hidden and later cells reach nowhere."""
    assert CellRows(_cells()).extent(HOSPITALS, last, "value") == expected
