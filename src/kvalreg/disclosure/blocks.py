"""The master problem as integer programs: the cheapest groups that satisfy inequalities, block by block.

Input: inequalities over groups that can be suppressed, and what each costs. Output: the cheapest groups, and a lower
bound on the cost of every solution. It knows nothing of tables, and attacks nothing.

Notation: h_g is 1 if group g is suppressed; s_r, the indicator variable of sum r, is 1 if any of its groups is
(``s_r >= h_g`` for each of them); the program minimises ``sum of cost_g h_g``. Inequalities that share neither a group
nor a sum are solved apart: their optimal solutions together are one of the whole.

Worked example: ``h_B + h_C >= 1`` and ``h_D + h_E >= 1``, with costs B 1, C 1.1, D 1, E 1.
They share nothing, so there are two blocks of two columns instead of one of four.
The relaxation of the first has its optimum at h_B = 1, h_C = 0: it is integral, and B is the answer, without a search.
The second one's is D or E, or half of each: if the solver gives halves, an integer program decides.
The lower bound is the sum of the blocks' bounds, 1 + 1 = 2.

Source: Hundepool A and others, *Statistical Disclosure Control*, Wiley 2012, chapter 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import ceil

import numpy as np

from kvalreg.arrays import FloatArray
from kvalreg.disclosure.solver import LinearConstraints, LinearProgram, Solution

Inequality = tuple[tuple[tuple[int, float], ...], float]
"""``sum(coefficient * h) >= rhs`` over groups that can be suppressed and sum indicators (``n_groups + r``)."""

COST_STEP = 0.25
"""All costs are multiples of it, but for what patients add."""
COST_OF_PATIENTS = 0.2
"""What the patients of all groups cost together at most: less than `COST_STEP`, so they only decide between equals."""
MAX_INTEGER_COLUMNS = 250
"""Groups and sums up to which an integer program is solved where the relaxation is not integral."""


class MasterBlock:
    """Inequalities that share groups, and their cheapest solution.

    Parameters
    ----------
    inequalities
        What must hold.
    cost
        Of each group, of shape (groups,); sum indicators cost nothing.
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
        """The optimal values between 0 and 1: found quickly, and often integral all the same."""
        return self._program.minimize(self._costs) if self._columns else None

    @cached_property
    def lower_bound(self) -> float:
        """What every solution costs at least, patients left out."""
        if self._relaxation is None:
            return 0.0
        # Without patients every integer solution costs a multiple of a step (1 where all costs are integers), so the
        # relaxation's optimum may be rounded up to one.
        steps = np.rint(self._costs / COST_STEP)
        step = COST_STEP if (steps % (1 / COST_STEP)).any() else 1.0
        return step * ceil((self._relaxation.objective - COST_OF_PATIENTS - 1e-6) / step)

    @cached_property
    def is_integral(self) -> bool:
        """True where the relaxation's optimum suppresses no group in part: then it is the cheapest solution."""
        return self._relaxation is None or bool(
            (np.abs(self._relaxation.values - np.rint(self._relaxation.values)) <= 1e-6).all()
        )

    @cached_property
    def optimal_groups(self) -> list[int] | None:
        """The cheapest groups to suppress; None if there are none, or the search for them would take long."""
        solution = self._relaxation
        if not self.is_integral and len(self._columns) > MAX_INTEGER_COLUMNS:
            return None
        if not self.is_integral:
            # Patients are left out: the solver prunes far more where all costs are multiples of one number.
            solution = self._program.minimize_integer(np.rint(self._costs / COST_STEP))
        if solution is None:
            return None
        return [group for group, value in zip(self._groups, solution.values.tolist(), strict=False) if value > 0.5]


class BlockDecomposition:
    """Inequalities that are added one by one, and the blocks that they form: two blocks share nothing.

    A disjoint-set forest (union-find) over groups and sum indicators.

    Parameters
    ----------
    cost
        Of each group, of shape (groups,).
    sum_members
        Per sum: the groups that can be suppressed and set its indicator.
    """

    def __init__(self, cost: FloatArray, sum_members: Sequence[Sequence[int]]) -> None:
        self._cost = cost
        self._sum_members = sum_members
        self._inequalities: dict[Inequality, None] = {}
        self._sums: set[int] = set()
        self._parents: dict[int, int] = {}
        self._blocks: dict[tuple[int, ...], MasterBlock] = {}

    def add(self, inequality: Inequality) -> None:
        """Add an inequality; one that is known changes nothing."""
        if inequality in self._inequalities:
            return
        self._inequalities[inequality] = None
        for index, _ in inequality[0]:
            self._union(index, inequality[0][0][0])
            if index >= len(self._cost) and index not in self._sums:
                self._sums.add(index)
                # s_r >= h_g will be added for each member, so they are in the same block.
                for group in self._members_of(index):
                    self._union(group, index)

    def blocks(self) -> list[MasterBlock]:
        """All blocks; one to which nothing was added is the same object as before, with its solution."""
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
        """The representative of an index's block; the path to it is halved on the way."""
        parent = self._parents.setdefault(index, index)
        while parent != index:
            self._parents[index] = self._parents[parent]
            index, parent = parent, self._parents[parent]
        return index

    def _union(self, first: int, second: int) -> None:
        self._parents[self._root(first)] = self._root(second)
