"""The cheapest cells that satisfy rows of inequalities, block by block.

Owns this one question. What comes in are rows over cells that can be hidden, and what each costs; what goes out are the
cheapest cells, and what no choice can cost less than. It knows nothing of tables, and attacks nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import ceil

import numpy as np

from kvalreg.arrays import FloatArray
from kvalreg.disclosure.solver import LinearConstraints, LinearProgram, Solution

Inequality = tuple[tuple[tuple[int, float], ...], float]
"""``sum(weight * hidden) >= need`` over cells that can be chosen, and over sums (``size + r``: some cell is hidden)."""

COST_STEP = 0.25
"""All costs are multiples of it, but for what patients add."""
COST_OF_PATIENTS = 0.2
"""What all patients of a choice cost at most: less than one cell, and than hiding others instead of the same again."""
MAX_INTEGER_COLUMNS = 250
"""Cells and sums among which the cheapest are looked for, where the relaxed choice is not whole."""


class MasterBlock:
    """Rows that share cells, and the cheapest choice of these.

    Parameters
    ----------
    rows
        What must hold.
    cost
        Of each cell, of shape (cells,); sums cost nothing.
    """

    def __init__(self, inequalities: tuple[Inequality, ...], cost: FloatArray) -> None:
        self._inequalities = inequalities
        self._columns = sorted({index for coefficients, _ in inequalities for index, _ in coefficients})
        self._groups = [index for index in self._columns if index < len(cost)]
        self._costs = np.concatenate([cost[self._groups], np.zeros(len(self._columns) - len(self._groups))])

    @cached_property
    def _program(self) -> LinearProgram:
        column_by_index = {index: column for column, index in enumerate(self._columns)}
        entries = [
            (row_index, column_by_index[index], coefficient)
            for row_index, (coefficients, _) in enumerate(self._inequalities)
            for index, coefficient in coefficients
        ]
        right_hand_sides, n_columns = np.array([rhs for _, rhs in self._inequalities]), len(self._columns)
        row_bounds = (right_hand_sides, np.full(len(right_hand_sides), np.inf))
        return LinearProgram(LinearConstraints(entries, row_bounds, (np.zeros(n_columns), np.ones(n_columns))))

    @cached_property
    def _relaxation(self) -> Solution | None:
        """The cheapest values where a cell can be hidden in part: found quickly, and often whole all the same."""
        return self._program.minimize(self._costs) if self._columns else None

    @cached_property
    def lower_bound(self) -> float:
        """What all choices cost at least, patients left out.

        It is a multiple of the step that all costs are multiples of, so what the relaxed choice costs is rounded up.
        """
        if self._relaxation is None:
            return 0.0
        steps = np.rint(self._costs / COST_STEP)
        step = COST_STEP if (steps % (1 / COST_STEP)).any() else 1.0
        return step * ceil((self._relaxation.objective - COST_OF_PATIENTS - 1e-6) / step)

    @cached_property
    def is_integral(self) -> bool:
        """True where the relaxed choice hides no cell in part: the cheapest choice is known then."""
        return self._relaxation is None or bool(
            (np.abs(self._relaxation.values - np.rint(self._relaxation.values)) <= 1e-6).all()
        )

    @cached_property
    def optimal_groups(self) -> list[int] | None:
        """The cheapest cells, or None where there are none, or the search for them would be long.

        Where the relaxed choice is not whole, the patients are left out of the costs, for the solver is faster where
        all costs are multiples of one number.
        """
        solution = self._relaxation
        if not self.is_integral and len(self._columns) > MAX_INTEGER_COLUMNS:
            return None
        if not self.is_integral:
            solution = self._program.minimize_integer(np.rint(self._costs / COST_STEP))
        if solution is None:
            return None
        return [group for group, value in zip(self._groups, solution.values.tolist(), strict=False) if value > 0.5]


class BlockDecomposition:
    """Rows that are added one by one, and the blocks that they make: rows of two blocks share nothing.

    Parameters
    ----------
    cost
        Of each cell, of shape (cells,).
    parts
        Per sum: the cells that can be chosen and make it count as hidden.
    """

    def __init__(self, cost: FloatArray, sum_members: Sequence[Sequence[int]]) -> None:
        self._cost = cost
        self._sum_members = sum_members
        self._inequalities: dict[Inequality, None] = {}
        self._sums: set[int] = set()
        self._parents: dict[int, int] = {}
        self._blocks: dict[tuple[int, ...], MasterBlock] = {}

    def add(self, inequality: Inequality) -> None:
        """Ask for this as well."""
        if inequality in self._inequalities:
            return
        self._inequalities[inequality] = None
        for index, _ in inequality[0]:
            self._union(index, inequality[0][0][0])
            if index >= len(self._cost) and index not in self._sums:
                self._sums.add(index)
                for group in self._members_of(index):
                    self._union(group, index)

    def blocks(self) -> list[MasterBlock]:
        """All blocks; one that no row was added to is the same as before, with what it has found."""
        positions_by_root: dict[int, list[int]] = {}
        for position, (coefficients, _) in enumerate(self._inequalities):
            positions_by_root.setdefault(self._root(coefficients[0][0]) if coefficients else -1, []).append(position)
        sums_by_root: dict[int, list[int]] = {}
        for sum_index in sorted(self._sums):
            sums_by_root.setdefault(self._root(sum_index), []).append(sum_index)
        inequalities = list(self._inequalities)
        blocks = []
        for root, positions in positions_by_root.items():
            block = self._blocks.get(tuple(positions))
            if block is None:
                sum_inequalities = [
                    (((group, -1.0), (sum_index, 1.0)), 0.0)
                    for sum_index in sums_by_root.get(root, ())
                    for group in self._members_of(sum_index)
                ]
                block = MasterBlock(
                    (*(inequalities[position] for position in positions), *sum_inequalities), self._cost
                )
                self._blocks[tuple(positions)] = block
            blocks.append(block)
        return blocks

    def _members_of(self, sum_index: int) -> Sequence[int]:
        return self._sum_members[sum_index - len(self._cost)]

    def _root(self, index: int) -> int:
        """The one cell that stands for all that this one is in a block with."""
        parent = self._parents.setdefault(index, index)
        while parent != index:
            self._parents[index] = self._parents[parent]
            index, parent = parent, self._parents[parent]
        return index

    def _union(self, first: int, second: int) -> None:
        self._parents[self._root(first)] = self._root(second)
