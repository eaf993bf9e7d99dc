"""Other tables that fit what is published, remembered from one attempt at hiding a table to the next.

Owns this memory, for those who know the true counts. What comes in are solutions of components (`flows`); what goes out
are ranges of counts that are certainly possible under another mask. A table that differs from the true one in hidden
cells only fits whatever else is hidden, so that what proved a cell safe once often proves it again, at no cost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kvalreg.disclosure.relations import BoolArray, IntArray

MOST = 800
"""So many tables are kept; the newest takes the oldest one's place."""


class Found:
    """The tables met so far.

    Parameters
    ----------
    truth
        The true counts (x, misses, n) or (n,), each of shape (cells,). SECRET.
    """

    def __init__(self, truth: tuple[IntArray, ...]) -> None:
        self.truth = np.array(truth, dtype=np.int64)
        self.tables = np.zeros((0, *self.truth.shape), dtype=np.int64)
        self.differs: NDArray[np.bool_] = np.zeros((0, self.truth.shape[1]), dtype=np.bool_)
        self.count = 0

    def add(self, cells: list[int], values: list[list[int]]) -> None:
        """Remember a solution: a row of values per measure, a value per cell; -1 is no cell, and left out."""
        kept = [place for place, cell in enumerate(cells) if cell >= 0]
        if self.count == len(self.tables) < MOST:
            more = min(max(16, len(self.tables)), MOST - len(self.tables))
            self.tables = np.concatenate([self.tables, np.repeat(self.truth[np.newaxis], more, axis=0)])
            self.differs = np.concatenate([self.differs, np.zeros((more, self.differs.shape[1]), dtype=np.bool_)])
        row = self.count % len(self.tables)
        table = self.tables[row]
        table[:] = self.truth
        table[:, [cells[place] for place in kept]] = [[own[place] for place in kept] for own in values]
        self.differs[row] = (table != self.truth).any(axis=0)
        self.count += 1

    def ranges(self, hidden: BoolArray) -> tuple[IntArray, IntArray]:
        """Least and greatest counts met where only these cells are hidden, of shape (measures, cells)."""
        fits = ~(self.differs & ~hidden).any(axis=1)
        if not fits.any():
            return self.truth, self.truth
        tables = self.tables[fits]
        return np.minimum(self.truth, tables.min(axis=0)), np.maximum(self.truth, tables.max(axis=0))
