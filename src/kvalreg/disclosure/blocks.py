"""The cheapest cells that satisfy rows of inequalities, block by block.

Owns this one question. What comes in are rows over cells that can be hidden, and what each costs; what goes out are the
cheapest cells, and, more quickly, a cost that none can be below. It knows nothing of tables, and attacks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from kvalreg.disclosure.programs import Constraints, FloatArray, Program, Solution

Row = tuple[tuple[tuple[int, float], ...], float]
"""``sum(weight * hidden) >= need`` over cells that can be chosen, and over sums (``size + r``: some cell is hidden)."""

COST_STEP = 0.25
"""All costs are multiples of it, but for what patients add."""


class Block:
    """Rows that share cells, and the cheapest choice of these.

    Parameters
    ----------
    rows
        What must hold.
    cost
        Of each cell, of shape (cells,); sums cost nothing.
    """

    def __init__(self, rows: tuple[Row, ...], cost: FloatArray) -> None:
        self._rows = rows
        self._columns = sorted({cell for weights, _ in rows for cell, _ in weights})
        self._cells = [cell for cell in self._columns if cell < len(cost)]
        self._costs = np.concatenate([cost[self._cells], np.zeros(len(self._columns) - len(self._cells))])

    @cached_property
    def cheapest(self) -> list[int] | None:
        """The cheapest cells, or None where there are none.

        Without whole numbers first: that is quick, and the answer is often whole all the same. Where it is not, the
        patients are left out of the costs, for the solver is faster where all costs are multiples of one number.
        """
        found = self._linear
        if found is not None and not _whole(found):
            found = self._program.whole_minimum(self._steps)
        if found is None:
            return None
        return [cell for cell, value in zip(self._cells, found.values.tolist(), strict=False) if value > 0.5]

    @cached_property
    def _program(self) -> Program:
        place = {cell: column for column, cell in enumerate(self._columns)}
        entries = [(at, place[cell], weight) for at, (weights, _) in enumerate(self._rows) for cell, weight in weights]
        needs, width = np.array([need for _, need in self._rows]), len(self._columns)
        return Program(Constraints(entries, (needs, np.full(len(needs), np.inf)), (np.zeros(width), np.ones(width))))

    @cached_property
    def _linear(self) -> Solution | None:
        return self._program.minimum(self._costs) if self._columns else None

    @property
    def _steps(self) -> FloatArray:
        return np.rint(self._costs / COST_STEP)


def _whole(solution: Solution) -> bool:
    return bool((np.abs(solution.values - np.rint(solution.values)) <= 1e-6).all())


def split(rows: Iterable[Row]) -> list[tuple[Row, ...]]:
    """The rows in blocks that share nothing; a row of nothing, which cannot hold, is a block of its own."""
    rows = dict.fromkeys(rows)
    leader = {cell: cell for weights, _ in rows for cell, _ in weights}

    def lead(cell: int) -> int:
        above = leader[cell]
        while above != cell:
            leader[cell] = leader[above]
            cell, above = above, leader[above]
        return cell

    for weights, _ in rows:
        for cell, _ in weights[1:]:
            leader[lead(cell)] = lead(weights[0][0])
    blocks: dict[int, list[Row]] = {}
    for row in rows:
        blocks.setdefault(lead(row[0][0][0]) if row[0] else -1, []).append(row)
    return [tuple(block) for block in blocks.values()]
