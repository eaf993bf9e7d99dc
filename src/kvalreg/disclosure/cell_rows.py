"""Published cells as rows, by indicator, context and level; a row is made when it is needed.

Input: the cells of `PublishedResults`, a data frame. Output: plain dicts, in the frame's order. A page looks up a few
hundred of a registry's thousands of cells, and single look-ups in a data frame are slow. It decides nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kvalreg.arrays import IndexArray

CellGroupKey = tuple[str, str, str]
"""Indicator, context and level."""
_KEY_COLUMNS = ("ind_id", "context", "level")
_NO_POSITIONS: IndexArray = np.empty(0, np.intp)


class CellRows:
    """One registry's published cells.

    Parameters
    ----------
    cells
        The cells of `PublishedResults`.
    """

    def __init__(self, cells: pd.DataFrame) -> None:
        self._columns = {str(name): _to_array(cells[name]) for name in cells}
        self._positions_by_key = self._group_positions([cells[name] for name in _KEY_COLUMNS]) if len(cells) else {}

    def keys_in(self, year: int) -> set[CellGroupKey]:
        """The groups that have a cell in a year."""
        years = self._columns["year"]
        return {key for key, positions in self._positions_by_key.items() if (years[positions] == year).any()}

    def rows(self, key: CellGroupKey, first_year: int, last_year: int) -> list[dict[str, Any]]:
        """The cells of a group from the first year to the last."""
        positions = self._positions(key, first_year, last_year)
        return _to_dicts({name: column[positions] for name, column in self._columns.items()})

    def extent(self, key: CellGroupKey, last_year: int, *names: str) -> tuple[float, ...]:
        """The lowest and the highest number in these columns, of a group's shown cells up to a year; () if none."""
        positions = self._positions(key, 0, last_year)
        positions = positions[self._columns["shown"][positions]]
        numbers = np.concatenate([self._columns[name][positions] for name in names])
        numbers = numbers[~np.isnan(numbers)]
        return (float(numbers.min()), float(numbers.max())) if len(numbers) else ()

    def _positions(self, key: CellGroupKey, first_year: int, last_year: int) -> IndexArray:
        positions = self._positions_by_key.get(key, _NO_POSITIONS)
        years = self._columns["year"][positions]
        return positions[(first_year <= years) & (years <= last_year)]

    def _group_positions(self, columns: list[pd.Series]) -> dict[CellGroupKey, IndexArray]:
        """The row positions of each group."""
        # Three texts become one integer, so that one sort groups the rows; stable, so each group keeps its order.
        group_codes = np.zeros(len(columns[0]), np.int64)
        for column in columns:
            codes, texts = pd.factorize(column)
            group_codes = group_codes * len(texts) + codes
        order = np.argsort(group_codes, kind="stable")
        position_groups = np.split(order, np.flatnonzero(np.diff(group_codes[order])) + 1)
        ind_ids, contexts, levels = (self._columns[name] for name in _KEY_COLUMNS)
        return {
            (ind_ids[positions[0]], contexts[positions[0]], levels[positions[0]]): positions
            for positions in position_groups
        }


def cell_records(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """All of a few cells, one by one, as plain dicts."""
    return _to_dicts({str(name): _to_array(cells[name]) for name in cells})


def _to_dicts(columns: dict[str, NDArray[Any]]) -> list[dict[str, Any]]:
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _to_array(column: pd.Series) -> NDArray[Any]:
    """A column's values as an array."""
    if not isinstance(column.dtype, pd.StringDtype):
        return column.to_numpy()
    # A few texts are repeated by many cells: each is decoded from Arrow once.
    codes, texts = pd.factorize(column, use_na_sentinel=False)
    return np.asarray(texts, dtype=object)[codes]
