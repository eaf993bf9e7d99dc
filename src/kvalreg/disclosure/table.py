"""A system of one table: the counts of one indicator in one year, for examples, tests and benchmarks.

Comes in: sums, patients, numerators, and what must be suppressed. Goes out: a `System` with a group for each cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kvalreg.disclosure.assembly import COST_OF_HIDDEN_BEFORE, COST_OF_NATION, NUMERATOR_WIDTH
from kvalreg.disclosure.relations import Sum
from kvalreg.disclosure.system import NO_REST, PUBLIC, BoolArray, Equations, IntArray, Role, System


@dataclass(frozen=True, eq=False)
class Table:
    """True counts and what is decided of each cell. SECRET. All arrays have shape (cells,).

    Parameters
    ----------
    sums
        The sums that hold among the cells.
    n, x
        Patients, and those of them with the outcome; None where no outcome is counted.
    primary
        Must be suppressed.
    minimum
        ``secret_below``: how far apart the bounds of a suppressed number of patients must be.
    absent
        Not presented at all. Its number of patients needs protection only where it is below `minimum`.
    known
        An earlier edition shows it, so suppressing it protects nothing.
    keep
        Suppressed only if nothing else protects: the nation.
    suppressed_before
        In an earlier edition; preferred where there is a choice.
    """

    sums: Sequence[Sum]
    n: IntArray = field(repr=False)
    x: IntArray | None = field(repr=False)
    primary: BoolArray = field(repr=False)
    minimum: int = 5
    absent: BoolArray | None = field(default=None, repr=False)
    known: BoolArray | None = field(default=None, repr=False)
    keep: BoolArray | None = field(default=None, repr=False)
    suppressed_before: BoolArray | None = field(default=None, repr=False)

    def mask(self, name: str) -> BoolArray:
        """An optional mask, all False where it was not given."""
        mask: BoolArray | None = getattr(self, name)
        return np.zeros(len(self.n), dtype=np.bool_) if mask is None else mask

    def system(self) -> System:
        """The same as a system: group i is cell i, and its counts are i (n), size + i (x) and 2 size + i (n - x).

        Raises
        ------
        ValueError
            A sum does not hold, or a numerator is above its denominator.
        """
        size, absent, known = len(self.n), self.mask("absent"), self.mask("known")
        counts = [self.n] if self.x is None else [self.n, self.x, self.n - self.x]
        value = np.concatenate(counts)
        if (value < 0).any():
            raise ValueError("Counts are at least 0, and a numerator at most its denominator. Correct the cells.")
        own = np.tile(np.arange(size), len(counts))
        small = (self.n > 0) & (self.n < self.minimum)
        need = np.where(absent & ~small, 0, self.minimum) * (self.n > 0)
        shares = np.where(absent | (self.n == 0), 0, NUMERATOR_WIDTH)
        nothing = np.zeros(size, dtype=np.int64)
        primary = (self.primary | absent) & ~known
        system = System(
            value=value,
            least=np.concatenate([np.where(absent | (self.n == 0), 0, 1), *[nothing] * (len(counts) - 1)]),
            group=np.where(known[own], PUBLIC, own),
            need=np.where(known[own], 0, np.concatenate([need, *[shares] * (len(counts) - 1)])),
            protected_with=own,
            small=np.concatenate([small & ~known & ~absent, np.zeros(size * (len(counts) - 1), dtype=np.bool_)]),
            told_by=self._told(counts),
            equations=self._equations(counts),
            primary=primary,
            possible=~primary & ~known & (self.n > 0),
            cost=np.where(
                self.mask("keep"),
                COST_OF_NATION,
                np.where(self.mask("suppressed_before"), COST_OF_HIDDEN_BEFORE, 1.0),
            ),
            patients=self.n,
        )
        if len(system.broken()):
            raise ValueError("A sum does not hold. Leave it out, or mark it incomplete.")
        return system

    def _told(self, counts: Sequence[IntArray]) -> IntArray:
        """Below a nation that is shown with 0, everything is told to be 0."""
        told = [np.full(len(self.n), -1) for _ in counts]
        for top in np.flatnonzero(self.mask("keep")).tolist():
            for measure in range(1, len(counts)):
                if counts[measure][top] == 0:
                    told[measure][:] = top
        return np.concatenate(told)

    def _equations(self, counts: Sequence[IntArray]) -> Equations:
        rows: list[tuple[list[int], list[int], int, Role]] = []
        size = len(self.n)
        for one in self.sums:
            members, factors = [one.total, *one.parts], [1, *[-1] * len(one.parts)]
            for measure, values in enumerate(counts):
                rest = NO_REST if one.complete else int(values[one.total] - values[list(one.parts)].sum())
                if rest < NO_REST or (not one.complete and rest < 0):
                    raise ValueError("A sum does not hold. Leave it out, or mark it incomplete.")
                role = Role.IMPLIED if measure == 2 and one.complete else Role.SUM
                rows.append(([measure * size + cell for cell in members], factors, rest, role))
        if self.x is not None:
            rows += [([cell, size + cell, 2 * size + cell], [1, -1, -1], NO_REST, Role.PLAIN) for cell in range(size)]
        return Equations(
            start=np.cumsum([0, *(len(counted) for counted, *_ in rows)]),
            count=np.array([count for counted, *_ in rows for count in counted], dtype=np.int64),
            factor=np.array([factor for _, factors, *_ in rows for factor in factors], dtype=np.int64),
            rest=np.array([rest for *_, rest, _ in rows], dtype=np.int64),
            role=np.array([role for *_, role in rows], dtype=np.int64),
            certainty=np.zeros(len(rows), dtype=np.int64),
        )
