"""A system of one table: the counts of one indicator in one year, for examples, tests and benchmarks.

Input: sums, patients, numerators, and primary suppressions. Output: a `TableSystem` with a group for each cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kvalreg.arrays import BoolArray, IntArray
from kvalreg.disclosure.relations import Sum
from kvalreg.disclosure.requirements import COST_OF_NATION, COST_OF_SUPPRESSED_BEFORE, NUMERATOR_PROTECTION_LEVEL
from kvalreg.disclosure.system import NO_SLACK, PUBLIC, EquationRole, Equations, TableSystem


@dataclass(frozen=True, eq=False)
class SuppressionTable:
    """True counts and the requirements of each cell. SECRET. All arrays have shape (cells,).

    Parameters
    ----------
    sums
        The sums that hold among the cells.
    n, x
        Patients, and those of them with the outcome; None where no outcome is counted.
    primary
        Primary suppression.
    minimum
        ``secret_below``: the protection level of a suppressed number of patients.
    absent
        Not presented at all. Its number of patients needs protection only where it is below `minimum`.
    public
        An earlier edition published it, so suppressing it protects nothing.
    preserved
        Suppressed only if nothing else protects: the nation.
    suppressed_before
        Suppressed in an earlier edition; preferred among equals.
    """

    sums: Sequence[Sum]
    n: IntArray = field(repr=False)
    x: IntArray | None = field(repr=False)
    primary: BoolArray = field(repr=False)
    minimum: int = 5
    absent: BoolArray | None = field(default=None, repr=False)
    public: BoolArray | None = field(default=None, repr=False)
    preserved: BoolArray | None = field(default=None, repr=False)
    suppressed_before: BoolArray | None = field(default=None, repr=False)

    def mask(self, name: str) -> BoolArray:
        """An optional mask, all False where it was not given."""
        mask: BoolArray | None = getattr(self, name)
        return np.zeros(len(self.n), dtype=np.bool_) if mask is None else mask

    def to_system(self) -> TableSystem:
        """The same as a system: group i is cell i, and its variables are i (n), size + i (x) and 2 size + i (n - x).

        Raises
        ------
        ValueError
            A sum does not hold, or a numerator is above its denominator.
        """
        size, absent, public = len(self.n), self.mask("absent"), self.mask("public")
        counts = [self.n] if self.x is None else [self.n, self.x, self.n - self.x]
        value = np.concatenate(counts)
        if (value < 0).any():
            raise ValueError("Counts are at least 0, and a numerator at most its denominator. Correct the cells.")
        # As `system_assembly` does for a registry: how wide each interval must be, and where it begins.
        cell_by_variable = np.tile(np.arange(size), len(counts))
        is_small = (self.n > 0) & (self.n < self.minimum)
        patient_levels = np.where(absent & ~is_small, 0, self.minimum) * (self.n > 0)
        outcome_levels = np.where(absent | (self.n == 0), 0, NUMERATOR_PROTECTION_LEVEL)
        zeros = np.zeros(size, dtype=np.int64)
        primary = (self.primary | absent) & ~public
        system = TableSystem(
            value=value,
            lower_bound=np.concatenate([np.where(absent | (self.n == 0), 0, 1), *[zeros] * (len(counts) - 1)]),
            group=np.where(public[cell_by_variable], PUBLIC, cell_by_variable),
            protection_level=np.where(
                public[cell_by_variable], 0, np.concatenate([patient_levels, *[outcome_levels] * (len(counts) - 1)])
            ),
            protecting_group=cell_by_variable,
            is_small=np.concatenate([is_small & ~public & ~absent, np.zeros(size * (len(counts) - 1), dtype=np.bool_)]),
            revealing_group=self._revealing_groups(counts),
            equations=self._build_equations(counts),
            primary=primary,
            suppressible=~primary & ~public & (self.n > 0),
            cost=np.where(
                self.mask("preserved"),
                COST_OF_NATION,
                np.where(self.mask("suppressed_before"), COST_OF_SUPPRESSED_BEFORE, 1.0),
            ),
            patients=self.n,
        )
        if len(system.violated_equations()):
            raise ValueError("A sum does not hold. Leave it out, or mark it incomplete.")
        return system

    def _revealing_groups(self, counts: Sequence[IntArray]) -> IntArray:
        """A nation that is published with 0 reveals that everything below it is 0."""
        revealing_groups = [np.full(len(self.n), -1) for _ in counts]
        for nation in np.flatnonzero(self.mask("preserved")).tolist():
            for measure in range(1, len(counts)):
                if counts[measure][nation] == 0:
                    revealing_groups[measure][:] = nation
        return np.concatenate(revealing_groups)

    def _build_equations(self, counts: Sequence[IntArray]) -> Equations:
        rows: list[tuple[list[int], list[int], int, EquationRole]] = []
        size = len(self.n)
        for relation in self.sums:
            members, coefficients = [relation.total, *relation.parts], [1, *[-1] * len(relation.parts)]
            for measure, values in enumerate(counts):
                slack = (
                    NO_SLACK if relation.complete else int(values[relation.total] - values[list(relation.parts)].sum())
                )
                if slack < NO_SLACK or (not relation.complete and slack < 0):
                    raise ValueError("A sum does not hold. Leave it out, or mark it incomplete.")
                role = EquationRole.REDUNDANT if measure == 2 and relation.complete else EquationRole.SUM
                rows.append(([measure * size + cell for cell in members], coefficients, slack, role))
        if self.x is not None:
            rows += [
                ([cell, size + cell, 2 * size + cell], [1, -1, -1], NO_SLACK, EquationRole.GENERAL)
                for cell in range(size)
            ]
        return Equations(
            row_start=np.cumsum([0, *(len(variables) for variables, *_ in rows)]),
            variable=np.array([variable for variables, *_ in rows for variable in variables], dtype=np.int64),
            coefficient=np.array(
                [coefficient for _, coefficients, *_ in rows for coefficient in coefficients], dtype=np.int64
            ),
            slack=np.array([slack for *_, slack, _ in rows], dtype=np.int64),
            role=np.array([role for *_, role in rows], dtype=np.int64),
            certainty=np.zeros(len(rows), dtype=np.int64),
        )
