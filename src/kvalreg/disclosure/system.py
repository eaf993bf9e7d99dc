"""The system of all counts of a registry: unknowns, linear equations among them, and the cells that print them.

Owns the form of the system. A *count* is a fact: so many patients of a unit in a year, or so many of these with an
outcome. It is one unknown however many cells of whatever indicator, context or edition print it. *Equations* hold among
counts: sums over units, ``n = x + y`` (patients = those with the outcome + those without), sums over years, editions.
A *group* is a set of cells that print the same counts, and so are suppressed together. What a reader knows is which
groups are shown: then all their counts are known, and nothing else is. SECRET: a system holds true counts.

Notation: v true value, l least possible value, h 1 for a suppressed group and 0 for a shown one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from functools import cached_property
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

PUBLIC = -1
"""In place of a group: the count is public, whatever is suppressed."""
NO_REST = -1
"""In place of a rest: the equation holds exactly."""


class Certainty(IntEnum):
    """How certain a reader is of an equation."""

    CERTAIN = 0
    """It follows from what is published and how it is counted."""
    LIKELY = 1
    """An indicator is the sum of others, or a unit has taken over another: the shown numbers speak for it."""
    SUPPOSED = 2
    """Registrations that come late only add."""


class Role(IntEnum):
    """How an equation is used."""

    SUM = 0
    """A total of parts: from it alone follows what must be suppressed beside one of its members."""
    IMPLIED = 1
    """The same, but it follows from other equations: a program need not hold it."""
    PLAIN = 2
    """Any other: a program holds it, and nothing is concluded from it alone."""


@dataclass(frozen=True, eq=False)
class Equations:
    """Linear equations ``sum(factor * count) = rest`` with ``rest >= 0`` unknown, or 0 (`NO_REST`).

    In a sum, the total has factor 1 and stands first; each part has factor -1.

    Parameters
    ----------
    start
        Equation r has the entries ``start[r]:start[r + 1]``; shape (equations + 1,).
    count, factor
        Per entry.
    rest, role
        Per equation: the true rest, and its `Role`.
    certainty
        Per equation: its `Certainty`.
    """

    start: IntArray
    count: IntArray
    factor: IntArray
    rest: IntArray
    role: IntArray
    certainty: IntArray

    def __len__(self) -> int:
        return len(self.rest)

    @cached_property
    def of_entry(self) -> IntArray:
        """The equation of each entry."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    @cached_property
    def rows(self) -> list[list[tuple[int, int]]]:
        """Per equation: its counts with their factors."""
        entries = list(zip(self.count.tolist(), self.factor.tolist(), strict=True))
        bounds = self.start.tolist()
        return [entries[first:last] for first, last in pairwise(bounds)]

    def take(self, chosen: IntArray, number: IntArray) -> Equations:
        """These equations, with `number` giving each count's new number."""
        lengths = np.diff(self.start)[chosen]
        start = np.concatenate([[0], np.cumsum(lengths)])
        entries = np.repeat(self.start[chosen] - start[:-1], lengths) + np.arange(start[-1])
        return Equations(
            start,
            number[self.count[entries]],
            self.factor[entries],
            self.rest[chosen],
            self.role[chosen],
            self.certainty[chosen],
        )


@dataclass(frozen=True, eq=False)
class System:
    """All counts, equations and groups of a registry, or of a part of it that nothing connects to the rest. SECRET.

    Parameters
    ----------
    value, least
        Per count: its true value, and the least a reader can take it for before any equation is used (1 for the
        patients of a cell marked as suppressed, otherwise 0).
    group
        Per count: the group that prints it, or `PUBLIC`.
    need
        Per count: how far apart its bounds must remain while it is protected; 0 for a count that needs no protection.
    protected_with
        Per count: the group that makes it protected when it is suppressed; mostly its own.
    small
        Per count: its least possible value must not be raised by what is published.
    told_by
        Per count: the group that tells it openly while it is shown (a nation of 0 has only zeros below), or -1.
    equations
        Among the counts.
    primary
        Per group: it must be suppressed.
    possible
        Per group: it can be suppressed if need be. A group that is neither primary nor possible is always shown.
    cost
        Per group: what suppressing it costs, in multiples of 0.25; 1 for a cell.
    patients
        Per group: how many patients it tells of; of equally costly choices few patients are suppressed.
    """

    value: IntArray = field(repr=False)
    least: IntArray = field(repr=False)
    group: IntArray = field(repr=False)
    need: IntArray = field(repr=False)
    protected_with: IntArray = field(repr=False)
    small: BoolArray = field(repr=False)
    told_by: IntArray = field(repr=False)
    equations: Equations = field(repr=False)
    primary: BoolArray = field(repr=False)
    possible: BoolArray = field(repr=False)
    cost: NDArray[np.float64] = field(repr=False)
    patients: IntArray = field(repr=False)

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self.primary)

    def broken(self) -> IntArray:
        """The equations that the true values contradict: there must be none."""
        if not len(self.equations):
            return np.zeros(0, dtype=np.int64)
        equations = self.equations
        sums = np.add.reduceat(equations.factor * self.value[equations.count], equations.start[:-1])
        return np.flatnonzero(sums != np.where(equations.rest == NO_REST, 0, equations.rest))

    def known_to(self, most: Certainty, *, exact: bool = False) -> Self:
        """The same counts, to a reader who uses no equation that is less certain, and with `exact` none with a rest."""
        used = np.flatnonzero(
            (self.equations.certainty <= most) & ((self.equations.rest == NO_REST) | np.bool_(not exact))
        )
        return replace(self, equations=self.equations.take(used, np.arange(len(self.value))))

    # --- as lists, in which single entries are looked up quicker -----------------------------------------------------
    @cached_property
    def values(self) -> list[int]:
        """`value` as a list."""
        values: list[int] = self.value.tolist()
        return values

    @cached_property
    def leasts(self) -> list[int]:
        """`least` as a list."""
        leasts: list[int] = self.least.tolist()
        return leasts

    @cached_property
    def group_of(self) -> list[int]:
        """`group` as a list."""
        groups: list[int] = self.group.tolist()
        return groups

    @cached_property
    def counts_of(self) -> list[list[int]]:
        """Per group: the counts it prints."""
        found: list[list[int]] = [[] for _ in range(self.groups)]
        for count, group in enumerate(self.group_of):
            if group >= 0:
                found[group].append(count)
        return found

    @cached_property
    def touching(self) -> list[list[int]]:
        """Per count: the equations that a program holds and that it is in."""
        found: list[list[int]] = [[] for _ in range(len(self.value))]
        implied = (self.equations.role == Role.IMPLIED).tolist()
        for number, row in enumerate(self.equations.rows):
            if not implied[number]:
                for count, _ in row:
                    found[count].append(number)
        return found

    # --- parts -------------------------------------------------------------------------------------------------------
    @cached_property
    def _labels(self) -> tuple[IntArray, IntArray, IntArray]:
        """The part that each count, group and equation belongs to: what shares an equation or a group is in one."""
        counts, groups, equations = len(self.value), self.groups, self.equations
        hidden = self.group != PUBLIC
        protected = (self.need > 0) & hidden
        entry = hidden[equations.count]
        ends = np.concatenate([equations.count[entry], np.flatnonzero(hidden), np.flatnonzero(protected)])
        others = np.concatenate(
            [
                counts + groups + equations.of_entry[entry],
                counts + self.group[hidden],
                counts + self.protected_with[protected],
            ]
        )
        size = counts + groups + len(equations)
        graph = coo_matrix((np.ones(len(ends), dtype=np.int8), (ends, others)), shape=(size, size))
        label = connected_components(graph, directed=False)[1].astype(np.int64)
        return label[:counts], label[counts : counts + groups], label[counts + groups :]

    @property
    def part_of(self) -> IntArray:
        """The number of each group's part."""
        return self._labels[1]

    def active(self) -> list[int]:
        """The numbers of the parts in which a suppressed count must be protected."""
        if not self.groups:
            return []
        protected = (self.need > 0) & (self.group != PUBLIC)
        found: list[int] = np.unique(self._labels[0][protected & self.primary[self.protected_with]]).tolist()
        return found

    def counts_in(self, number: int) -> IntArray:
        """The numbers, in the whole, of the counts of a part as `part` has them."""
        of_count, _, of_row = self._labels
        entries = self.equations.take(np.flatnonzero(of_row == number), np.arange(len(self.value))).count
        return np.union1d(entries, np.flatnonzero(of_count == number))

    def part(self, number: int) -> tuple[IntArray, Self]:
        """One part: its groups' numbers in the whole, and itself as a system."""
        _, of_group, of_row = self._labels
        groups, rows = np.flatnonzero(of_group == number), np.flatnonzero(of_row == number)
        return groups, self._take(self.counts_in(number), groups, rows)

    def _take(self, counts: IntArray, groups: IntArray, rows: IntArray) -> Self:
        count_number = np.full(len(self.value) + 1, -1)
        count_number[counts] = np.arange(len(counts))
        group_number = np.full(self.groups + 1, PUBLIC)
        group_number[groups] = np.arange(len(groups))
        return type(self)(
            value=self.value[counts],
            least=self.least[counts],
            group=group_number[self.group[counts]],
            need=self.need[counts],
            protected_with=group_number[self.protected_with[counts]],
            small=self.small[counts],
            told_by=group_number[self.told_by[counts]],
            equations=self.equations.take(rows, count_number),
            primary=self.primary[groups],
            possible=self.possible[groups],
            cost=self.cost[groups],
            patients=self.patients[groups],
        )

    def digest_parts(self) -> Iterator[bytes]:
        """Everything that a choice depends on, as bytes."""
        for whole in (self, self.equations):
            for one in fields(whole):
                value = getattr(whole, one.name)
                if isinstance(value, np.ndarray):
                    yield f"{one.name} {value.dtype} {len(value)}\n".encode()
                    yield np.ascontiguousarray(value).tobytes()
