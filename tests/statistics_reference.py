"""Reads the published tables that lie beside the checkout, and skips the test where they are absent.

What comes in is the name of a table in `../shared/reference`; what goes out are its columns. It copies nothing.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from kvalreg.arrays import FloatArray

REFERENCE = Path(__file__).parents[1].parent / "shared" / "reference"


class Table:
    """Rows of a published table; a column is text or numbers (NaN where empty)."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.rows = rows

    def where(self, **values: str) -> Table:
        """The rows that hold all these texts."""
        return Table([row for row in self.rows if all(row[key] == value for key, value in values.items())])

    def text(self, column: str) -> list[str]:
        return [row[column] for row in self.rows]

    def __getitem__(self, column: str) -> FloatArray:
        return np.array([float(row[column] or "nan") for row in self.rows])


def published(name: str) -> Table:
    """A table of `../shared/reference`; the test is skipped, with the reason, where it is not there."""
    path = REFERENCE / name
    if not path.is_file():
        pytest.skip(f"the published table {name} is not beside this checkout (../shared/reference)")
    with path.open(encoding="utf-8", newline="") as file:
        table = Table(list(csv.DictReader(file)))
    assert table.rows, name
    return table
