"""Feasible solutions found so far: what proved a variable safe once often proves it again, at no cost.

Input: integer solutions of attacks on components. Output: per variable, the least and the greatest value that is known
to be possible. SECRET: a pool holds true counts. It solves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kvalreg.arrays import BoolArray, IntArray

MAX_POOLED_SOLUTIONS = 400
"""Feasible solutions that are stored of a system."""


class SolutionPool:
    """Feasible solutions of one system, the newest ones.

    A solution that differs from the true values in suppressed variables alone fits everything that is published. So a
    solution that was found for one suppression pattern holds for every pattern that suppresses what it changes.

    Parameters
    ----------
    true_values
        The true counts.
    """

    def __init__(self, true_values: IntArray) -> None:
        self.true_values = true_values
        self.values = np.zeros((0, len(true_values)), dtype=np.int64)
        self.is_changed = np.zeros((0, len(true_values)), dtype=np.bool_)
        self.n_added = 0

    def copy(self) -> SolutionPool:
        """The same solutions, to which others can be added."""
        pool = SolutionPool(self.true_values)
        pool.values, pool.is_changed, pool.n_added = self.values.copy(), self.is_changed.copy(), self.n_added
        return pool

    def add(self, variables: Sequence[int], values: IntArray) -> None:
        """Store a solution that gives these variables these values; the newest replaces the oldest."""
        # Most systems need a few solutions only: rows are added as they are filled, twice as many each time.
        if self.n_added == len(self.values) < MAX_POOLED_SOLUTIONS:
            n_new_rows = min(max(16, len(self.values)), MAX_POOLED_SOLUTIONS - len(self.values))
            self.values = np.concatenate([self.values, np.repeat(self.true_values[np.newaxis], n_new_rows, axis=0)])
            self.is_changed = np.concatenate(
                [self.is_changed, np.zeros((n_new_rows, len(self.true_values)), dtype=np.bool_)]
            )
        row = self.n_added % len(self.values)
        self.values[row] = self.true_values
        self.values[row, variables] = values
        self.is_changed[row] = self.values[row] != self.true_values
        self.n_added += 1

    def ranges(self, is_suppressed: BoolArray) -> tuple[IntArray, IntArray]:
        """Least and greatest value of each variable in the solutions that are feasible when these are suppressed."""
        is_feasible = ~self.is_changed[:, ~is_suppressed].any(axis=1)
        if not is_feasible.any():
            return self.true_values, self.true_values
        values = self.values[is_feasible]
        return np.minimum(self.true_values, values.min(axis=0)), np.maximum(self.true_values, values.max(axis=0))
