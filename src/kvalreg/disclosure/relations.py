"""Sums that hold among cells: hospital -> HF -> RHF -> nation, hospitals -> county, years -> pooled years, editions.

Owns the form of a relation ``total = sum of parts`` and how one is built from a tree or a grouping. What comes in are
cell indices; what goes out are sums of them. It never sees a count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Sum(NamedTuple):
    """``total = sum of parts``, or ``total >= sum of parts`` when other, unlisted parts may belong to it too."""

    total: int
    parts: tuple[int, ...]
    complete: bool = True


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
