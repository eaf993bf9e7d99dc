"""The cheapest cells that satisfy rows of inequalities, block by block.

Owns this one question. What comes in are rows over cells that can be hidden, and what each costs; what goes out are the
cheapest cells, and what no choice can cost less than. It knows nothing of tables, and attacks nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import ceil

import numpy as np

from kvalreg.disclosure.programs import Constraints, FloatArray, Program, Solution

Row = tuple[tuple[tuple[int, float], ...], float]
"""``sum(weight * hidden) >= need`` over cells that can be chosen, and over sums (``size + r``: some cell is hidden)."""

COST_STEP = 0.25
"""All costs are multiples of it, but for what patients add."""
COST_OF_PATIENTS = 0.2
"""What all patients of a choice cost at most: less than one cell, and than hiding others instead of the same again."""
LARGEST = 250
"""Cells and sums among which the cheapest are looked for, where the relaxed choice is not whole."""


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
    def _program(self) -> Program:
        place = {cell: column for column, cell in enumerate(self._columns)}
        entries = [(at, place[cell], weight) for at, (weights, _) in enumerate(self._rows) for cell, weight in weights]
        needs, width = np.array([need for _, need in self._rows]), len(self._columns)
        limits = (needs, np.full(len(needs), np.inf))
        return Program(Constraints(entries, limits, (np.zeros(width), np.ones(width))))

    @cached_property
    def _relaxed(self) -> Solution | None:
        """The cheapest values where a cell can be hidden in part: found quickly, and often whole all the same."""
        return self._program.minimum(self._costs) if self._columns else None

    @cached_property
    def least(self) -> float:
        """What all choices cost at least, patients left out.

        It is a multiple of the step that all costs are multiples of, so what the relaxed choice costs is rounded up.
        """
        if self._relaxed is None:
            return 0.0
        steps = np.rint(self._costs / COST_STEP)
        step = COST_STEP if (steps % (1 / COST_STEP)).any() else 1.0
        return step * ceil((self._relaxed.cost - COST_OF_PATIENTS - 1e-6) / step)

    @cached_property
    def whole(self) -> bool:
        """True where the relaxed choice hides no cell in part: the cheapest choice is known then."""
        return self._relaxed is None or bool(
            (np.abs(self._relaxed.values - np.rint(self._relaxed.values)) <= 1e-6).all()
        )

    @cached_property
    def cheapest(self) -> list[int] | None:
        """The cheapest cells, or None where there are none, or the search for them would be long.

        Where the relaxed choice is not whole, the patients are left out of the costs, for the solver is faster where
        all costs are multiples of one number.
        """
        found = self._relaxed
        if not self.whole and len(self._columns) > LARGEST:
            return None
        if not self.whole:
            found = self._program.whole_minimum(np.rint(self._costs / COST_STEP))
        if found is None:
            return None
        return [cell for cell, value in zip(self._cells, found.values.tolist(), strict=False) if value > 0.5]


class Rows:
    """Rows that are added one by one, and the blocks that they make: rows of two blocks share nothing.

    Parameters
    ----------
    cost
        Of each cell, of shape (cells,).
    parts
        Per sum: the cells that can be chosen and make it count as hidden.
    """

    def __init__(self, cost: FloatArray, parts: Sequence[Sequence[int]]) -> None:
        self._cost = cost
        self._parts = parts
        self._rows: dict[Row, None] = {}
        self._sums: set[int] = set()
        self._above: dict[int, int] = {}
        self._blocks: dict[tuple[int, ...], Block] = {}

    def add(self, row: Row) -> None:
        """Ask for this as well."""
        if row in self._rows:
            return
        self._rows[row] = None
        for cell, _ in row[0]:
            self._join(cell, row[0][0][0])
            if cell >= len(self._cost) and cell not in self._sums:
                self._sums.add(cell)
                for part in self._part(cell):
                    self._join(part, cell)

    def blocks(self) -> list[Block]:
        """All blocks; one that no row was added to is the same as before, with what it has found."""
        together: dict[int, list[int]] = {}
        for number, (weights, _) in enumerate(self._rows):
            together.setdefault(self._lead(weights[0][0]) if weights else -1, []).append(number)
        sums: dict[int, list[int]] = {}
        for one in sorted(self._sums):
            sums.setdefault(self._lead(one), []).append(one)
        rows = list(self._rows)
        found = []
        for lead, numbers in together.items():
            block = self._blocks.get(tuple(numbers))
            if block is None:
                links = [(((part, -1.0), (one, 1.0)), 0.0) for one in sums.get(lead, ()) for part in self._part(one)]
                block = Block((*(rows[number] for number in numbers), *links), self._cost)
                self._blocks[tuple(numbers)] = block
            found.append(block)
        return found

    def _part(self, one: int) -> Sequence[int]:
        return self._parts[one - len(self._cost)]

    def _lead(self, cell: int) -> int:
        """The one cell that stands for all that this one is in a block with."""
        above = self._above.setdefault(cell, cell)
        while above != cell:
            self._above[cell] = self._above[above]
            cell, above = above, self._above[above]
        return cell

    def _join(self, cell: int, other: int) -> None:
        self._above[self._lead(cell)] = self._lead(other)
