"""Rows of open data compared with the published cells, a column at a time: there are millions of rows.

Input: tables of open data, and one registry's cells. Output: the rows that differ from their cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kvalreg.audit.cells import PublishedCells
from kvalreg.audit.claims import OpenDataTable
from kvalreg.report.footnotes import FOOTNOTE_CODES

_SIX_DIGITS = 5e-6
"""Half a unit of the sixth digit: files write numbers with six significant digits."""
_KEY_COLUMNS = ("ind_id", "context", "year", "orgnr")
_NUMBER_COLUMNS = ("var", "denominator", "value", "low", "high", "dg", "dg_year", "change_from", "series_from")
_CODE_COLUMNS = ("achievement", "certainty", "change", "series_change", "unit_level", "footnote")
# Names of columns in the published cells that open data calls otherwise, after imongr's.
_PUBLISHED_AS = {"coverage": "dg", "coverage_year": "dg_year", "level": "unit_level"}


class OpenData:
    """All cells of one registry, in the columns of open data."""

    def __init__(self, cells: PublishedCells) -> None:
        self._cells = cells

    def wrong_rows(self, table: OpenDataTable) -> list[tuple[int, tuple[str, ...]]] | None:
        """Index and key of each row that differs from its cell; None where a column has no role."""
        columns = table.columns
        if not {*_KEY_COLUMNS} <= {*columns} <= {*_KEY_COLUMNS, *_NUMBER_COLUMNS, *_CODE_COLUMNS, "unit_name"}:
            return None
        keys = [tuple(map(str, key)) for key in zip(*(columns[name] for name in _KEY_COLUMNS), strict=True)]
        rows = np.array([self._row_by_key.get(key, -1) for key in keys], np.intp)
        # A key of no cell has the row -1: it is wrong already, so that comparing it with the last cell does no harm.
        wrong = rows < 0
        for name in {*columns} - {*_KEY_COLUMNS}:
            wrong |= ~self._is_equal(name, columns[name], rows)
        return [(row, keys[row]) for row in np.flatnonzero(wrong).tolist()]

    @cached_property
    def _columns(self) -> dict[str, NDArray[Any]]:
        """Every column of open data, computed from the cells, in the cells' order."""
        frame = self._cells.published.cells.rename(columns=_PUBLISHED_AS)
        marks = (frame[name].tolist() for name in ("status", "provisional", "shown", "low"))
        footnotes = [
            (FOOTNOTE_CODES[status], "provisional" * provisional, "no_interval" * (shown and math.isnan(low)))
            for status, provisional, shown, low in zip(*marks, strict=True)
        ]
        frame["footnote"] = [" ".join(filter(None, codes)) for codes in footnotes]
        codes_and_units = {name: frame[name].to_numpy(object) for name in (*_CODE_COLUMNS, "orgnr")}
        return codes_and_units | {name: frame[name].to_numpy(float) for name in _NUMBER_COLUMNS}

    @cached_property
    def _row_by_key(self) -> dict[tuple[str, ...], int]:
        """The index of each cell, by its key."""
        columns = (self._cells.published.cells[name].astype(str).tolist() for name in _KEY_COLUMNS)
        return {key: row for row, key in enumerate(zip(*columns, strict=True))}

    def _is_equal(self, name: str, values: Sequence[Any], rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which values of a column are those of their cells."""
        expected = self._columns["orgnr" if name == "unit_name" else name][rows]
        if name in _NUMBER_COLUMNS:
            # NaN equals NaN: a suppressed number is published as none, and must be none in the file.
            is_equal = np.isclose(_numbers(values), expected, rtol=_SIX_DIGITS, atol=1e-12, equal_nan=True)
        elif name in _CODE_COLUMNS:
            is_equal = np.equal(np.array([value or "" for value in values], object), expected)
        else:
            # A unit has several names; each pair of name and unit is looked up once, however many rows have it.
            pairs = list(zip(values, expected.tolist(), strict=True))
            names = {pair for pair in {*pairs} if " ".join(pair[0].split()) in self._cells.names(pair[1], "nb")}
            is_equal = np.array([pair in names for pair in pairs])
        mask: NDArray[np.bool_] = is_equal.astype(bool)
        return mask


def _numbers(values: Sequence[Any]) -> NDArray[np.float64]:
    """Numbers with a decimal comma or point; NaN for none, and all infinite (never equal) where one is no number."""
    plain = [(value.replace(",", ".") or "nan") if isinstance(value, str) else value for value in values]
    try:
        return np.array(plain, float)
    except (TypeError, ValueError):
        return np.full(len(plain), np.inf)
