"""Rows of open data held against the published cells, all rows of a table at once: there are millions of them.

Comes in: tables of open data, and one registry's cells. Goes out: the rows that are not those of their cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kvalreg.audit.cells import PublishedCells
from kvalreg.audit.claims import Table
from kvalreg.report.footnotes import FOOTNOTE_CODES

_SIX_DIGITS = 5e-6
"""Numbers have six significant digits."""
_KEYS = ("ind_id", "context", "year", "orgnr")
_NUMBERS = ("var", "denominator", "value", "low", "high", "dg", "dg_year", "change_from", "series_from")
_WORDS = ("achievement", "certainty", "change", "series_change", "unit_level", "footnote")
_PUBLISHED_AS = {"coverage": "dg", "coverage_year": "dg_year", "level": "unit_level"}


class OpenData:
    """All cells of one registry as open data has them."""

    def __init__(self, cells: PublishedCells) -> None:
        self._cells = cells

    def wrong_rows(self, table: Table) -> list[tuple[int, tuple[str, ...]]] | None:
        """Number and keys of each row that is not that of its cell; None where a column has no role."""
        columns = table.columns
        if not {*_KEYS} <= {*columns} <= {*_KEYS, *_NUMBERS, *_WORDS, "unit_name"}:
            return None
        keys = [tuple(map(str, key)) for key in zip(*(columns[name] for name in _KEYS), strict=True)]
        places = np.array([self._places.get(key, -1) for key in keys], np.intp)
        wrong = places < 0
        for name in {*columns} - {*_KEYS}:
            wrong |= ~self._is_right(name, columns[name], places)
        return [(row, keys[row]) for row in np.flatnonzero(wrong).tolist()]

    @cached_property
    def _columns(self) -> dict[str, NDArray[Any]]:
        """Every column that open data has of the cells, in the cells' order."""
        frame = self._cells.published.cells.rename(columns=_PUBLISHED_AS)
        marks = (frame[name].tolist() for name in ("status", "provisional", "shown", "low"))
        notes = [
            (FOOTNOTE_CODES[status], "provisional" * provisional, "no_interval" * (shown and math.isnan(low)))
            for status, provisional, shown, low in zip(*marks, strict=True)
        ]
        frame["footnote"] = [" ".join(filter(None, note)) for note in notes]
        words = {name: frame[name].to_numpy(object) for name in (*_WORDS, "orgnr")}
        return words | {name: frame[name].to_numpy(float) for name in _NUMBERS}

    @cached_property
    def _places(self) -> dict[tuple[str, ...], int]:
        """Where each cell stands among all, by its key."""
        columns = (self._cells.published.cells[name].astype(str).tolist() for name in _KEYS)
        return {key: place for place, key in enumerate(zip(*columns, strict=True))}

    def _is_right(self, name: str, values: Sequence[Any], places: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which values of a column are those of their cells."""
        meant = self._columns["orgnr" if name == "unit_name" else name][places]
        if name in _NUMBERS:
            right = np.isclose(_numbers(values), meant, rtol=_SIX_DIGITS, atol=1e-12, equal_nan=True)
        elif name in _WORDS:
            right = np.equal(np.array([value or "" for value in values], object), meant)
        else:
            pairs = list(zip(values, meant.tolist(), strict=True))
            names = {pair for pair in {*pairs} if " ".join(pair[0].split()) in self._cells.names(pair[1], "nb")}
            right = np.array([pair in names for pair in pairs])
        found: NDArray[np.bool_] = right.astype(bool)
        return found


def _numbers(values: Sequence[Any]) -> NDArray[np.float64]:
    """Numbers with a decimal comma or point; NaN for none, and infinite where one of them is no number."""
    plain = [(value.replace(",", ".") or "nan") if isinstance(value, str) else value for value in values]
    try:
        return np.array(plain, float)
    except (TypeError, ValueError):
        return np.full(len(plain), np.inf)
