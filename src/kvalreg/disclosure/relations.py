"""Sums that hold among cells: hospital -> HF -> RHF -> nation, hospitals -> county, years -> pooled years, editions.

Owns the form of a relation ``total = sum of parts`` and how one is built from a tree or a grouping. What comes in are
cell indices; what goes out is one frozen `Relations`. It never sees a count, except to say which sums do not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Sum(NamedTuple):
    """``total = sum of parts``, or ``total >= sum of parts`` when other, unlisted parts may belong to it too."""

    total: int
    parts: tuple[int, ...]
    complete: bool = True


@dataclass(frozen=True, eq=False)
class Relations:
    """All sums among `size` cells, stored in compressed rows.

    Parameters
    ----------
    size
        Number of cells; cell indices are 0 to ``size - 1``.
    total
        Cell index of each sum's total, shape (sums,).
    start, parts
        The parts of sum r are ``parts[start[r]:start[r + 1]]``; `start` has shape (sums + 1,).
    complete
        Shape (sums,): False where the total may hold more than the listed parts.
    """

    size: int
    total: IntArray
    start: IntArray
    parts: IntArray
    complete: BoolArray

    @classmethod
    def of(cls, size: int, sums: Iterable[Sum]) -> Self:
        """The relations that these sums make.

        Raises
        ------
        ValueError
            A sum without parts, with a part twice, with itself as a part, or with an index outside the cells.
        """
        kept = list(dict.fromkeys(sums))
        for number, one in enumerate(kept):
            cells = (one.total, *one.parts)
            if not one.parts or len(set(cells)) < len(cells) or not all(0 <= cell < size for cell in cells):
                raise ValueError(
                    f"sum {number}: a sum needs parts, each cell at most once, all below {size}. Correct its indices."
                )
        return cls(
            size=size,
            total=np.array([one.total for one in kept], dtype=np.int64),
            start=np.cumsum([0, *(len(one.parts) for one in kept)], dtype=np.int64),
            parts=np.array([part for one in kept for part in one.parts], dtype=np.int64),
            complete=np.array([one.complete for one in kept], dtype=np.bool_),
        )

    def __len__(self) -> int:
        return len(self.total)

    @cached_property
    def members(self) -> tuple[tuple[int, ...], ...]:
        """Per sum: its total first, then its parts."""
        bounds = self.start.tolist()
        parts = self.parts.tolist()
        return tuple(
            (total, *parts[begin:end])
            for total, begin, end in zip(self.total.tolist(), bounds[:-1], bounds[1:], strict=True)
        )

    @cached_property
    def touching(self) -> tuple[tuple[int, ...], ...]:
        """Per cell: the sums it takes part in, as total or as part."""
        found: list[list[int]] = [[] for _ in range(self.size)]
        for number, cells in enumerate(self.members):
            for cell in cells:
                found[cell].append(number)
        return tuple(tuple(numbers) for numbers in found)

    @cached_property
    def _of_total(self) -> dict[int, list[int]]:
        """Per cell that is a total: the sums it is the total of."""
        found: dict[int, list[int]] = {}
        for number, total in enumerate(self.total.tolist()):
            found.setdefault(total, []).append(number)
        return found

    def excess(self, counts: IntArray) -> IntArray:
        """Per sum: the total minus its listed parts, shape (sums,). Zero where a complete sum holds."""
        if len(self) == 0:
            return np.zeros(0, dtype=np.int64)
        return counts[self.total] - np.add.reduceat(counts[self.parts], self.start[:-1])

    def broken(self, counts: IntArray) -> IntArray:
        """Numbers of the sums that these counts contradict: parts exceed the total, or a complete sum differs."""
        excess = self.excess(counts)
        return np.flatnonzero((excess < 0) | (self.complete & (excess != 0)))

    def below(self, totals: BoolArray) -> BoolArray:
        """The cells that lie under any of these totals, at any depth; the totals themselves are not included."""
        under = np.zeros(self.size, dtype=np.bool_)
        waiting = np.flatnonzero(totals).tolist()
        while waiting:
            for number in self._of_total.get(waiting.pop(), ()):
                for part in self.members[number][1:]:
                    if not under[part]:
                        under[part] = True
                        waiting.append(part)
        return under


def from_tree(parent: Sequence[int], cell: Sequence[int], incomplete: Iterable[int] = ()) -> list[Sum]:
    """One sum per unit of a tree that has a cell and has units with cells below it.

    A unit without a cell is passed through: its children count as children of the nearest unit above that has one.
    (With RHF not presented, the nation is the sum of the HFs.)

    Parameters
    ----------
    parent
        Index of each unit's parent, -1 for the top.
    cell
        Cell index of each unit, -1 where the unit has none.
    incomplete
        Units whose total may hold patients of no listed unit: rows delivered for the HF itself, say.

    Raises
    ------
    ValueError
        The tree has a cycle.
    """
    parts: dict[int, list[int]] = {}
    for unit, own in enumerate(cell):
        if own < 0:
            continue
        above, steps = parent[unit], 0
        while above >= 0 and cell[above] < 0:
            above, steps = parent[above], steps + 1
            if steps > len(parent):
                raise ValueError(f"unit {unit}: its parents go round in a cycle. Correct the parent in units.csv.")
        if above >= 0:
            parts.setdefault(above, []).append(own)
    _refuse_cycles(parent)
    open_totals = set(incomplete)
    return [Sum(cell[unit], tuple(below), unit not in open_totals) for unit, below in sorted(parts.items())]


def from_groups(group: Sequence[int], total: Sequence[int], incomplete: Iterable[int] = ()) -> list[Sum]:
    """One sum per group (county) that has a cell of its own.

    Parameters
    ----------
    group
        Group number of each cell, -1 for a cell in no group.
    total
        Cell index of each group's total, -1 where it is not presented (then it makes no sum).
    incomplete
        Groups that may hold patients of no listed cell.
    """
    parts: dict[int, list[int]] = {}
    for own, number in enumerate(group):
        if number >= 0 and total[number] >= 0:
            parts.setdefault(number, []).append(own)
    open_totals = set(incomplete)
    return [Sum(total[number], tuple(below), number not in open_totals) for number, below in sorted(parts.items())]


def _refuse_cycles(parent: Sequence[int]) -> None:
    checked: set[int] = set()
    for unit in range(len(parent)):
        path: set[int] = set()
        at = unit
        while at >= 0 and at not in checked:
            if at in path:
                raise ValueError(f"unit {unit}: its parents go round in a cycle. Correct the parent in units.csv.")
            path.add(at)
            at = parent[at]
        checked |= path
