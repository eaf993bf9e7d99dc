"""Published cells as rows, by indicator, context and level; a row is made when somebody asks for it.

Comes in: the cells of `Published`, a data frame. Goes out: plain dicts, in the frame's order. A page looks at a few
hundred of a registry's thousands of cells, and a data frame is slow to ask. It decides nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Key = tuple[str, str, str]
"""Indicator, context and level."""
Places = NDArray[np.intp]
_KEY = ("ind_id", "context", "level")
_NOWHERE: Places = np.empty(0, np.intp)


class CellRows:
    """One registry's published cells.

    Parameters
    ----------
    cells
        The cells of `Published`.
    """

    def __init__(self, cells: pd.DataFrame) -> None:
        self._columns = {str(name): _plain(cells[name]) for name in cells}
        self._groups = self._grouped([cells[name] for name in _KEY]) if len(cells) else {}

    def keys_in(self, year: int) -> set[Key]:
        """The groups that have a cell in a year."""
        years = self._columns["year"]
        return {key for key, places in self._groups.items() if (years[places] == year).any()}

    def rows(self, key: Key, first: int, last: int) -> list[dict[str, Any]]:
        """The cells of a group from the first year to the last."""
        places = self._places(key, first, last)
        return _dicts({name: column[places] for name, column in self._columns.items()})

    def reach(self, key: Key, last: int, *names: str) -> tuple[float, ...]:
        """The lowest and the highest number in these columns, of a group's shown cells until a year; none of none."""
        places = self._places(key, 0, last)
        places = places[self._columns["shown"][places]]
        numbers = np.concatenate([self._columns[name][places] for name in names])
        numbers = numbers[~np.isnan(numbers)]
        return (float(numbers.min()), float(numbers.max())) if len(numbers) else ()

    def _places(self, key: Key, first: int, last: int) -> Places:
        places = self._groups.get(key, _NOWHERE)
        years = self._columns["year"][places]
        return places[(first <= years) & (years <= last)]

    def _grouped(self, columns: list[pd.Series]) -> dict[Key, Places]:
        """Where the rows of each group stand."""
        number = np.zeros(len(columns[0]), np.int64)
        for column in columns:
            codes, texts = pd.factorize(column)
            number = number * len(texts) + codes
        order = np.argsort(number, kind="stable")
        found = np.split(order, np.flatnonzero(np.diff(number[order])) + 1)
        ind_ids, contexts, levels = (self._columns[name] for name in _KEY)
        return {(ind_ids[at[0]], contexts[at[0]], levels[at[0]]): at for at in found}


def records(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """All of a few cells, one by one, as plain dicts."""
    return _dicts({str(name): _plain(cells[name]) for name in cells})


def _dicts(columns: dict[str, NDArray[Any]]) -> list[dict[str, Any]]:
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _plain(column: pd.Series) -> NDArray[Any]:
    """A column's values. Few texts are repeated by many cells, so each is taken out of Arrow once."""
    if not isinstance(column.dtype, pd.StringDtype):
        return column.to_numpy()
    codes, texts = pd.factorize(column, use_na_sentinel=False)
    return np.asarray(texts, dtype=object)[codes]
