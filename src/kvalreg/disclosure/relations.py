"""Sums that hold among cells: hospital -> HF -> RHF -> nation, and hospitals -> county.

Owns the form of a relation ``total = sum of parts``, and how one is built from a tree or a grouping. Input: cell
indices. Output: sums of them. It never sees a count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Sum(NamedTuple):
    """``total = sum of parts``, or ``total >= sum of parts`` when other, unlisted parts may belong to it too."""

    total: int
    parts: tuple[int, ...]
    complete: bool = True


def sums_from_tree(parent: Sequence[int], cell_by_unit: Sequence[int], incomplete: Iterable[int] = ()) -> list[Sum]:
    """One sum per unit of a tree that has a cell and has units with cells below it.

    A unit without a cell is skipped: its children count as children of the nearest ancestor that has one. (With RHF not
    presented, the nation is the sum of the HFs.)

    Parameters
    ----------
    parent
        Index of each unit's parent, -1 for the top.
    cell_by_unit
        Cell index of each unit, -1 where the unit has none.
    incomplete
        Units whose total may hold patients of no listed unit: of rows delivered for the HF itself, for example.

    Raises
    ------
    ValueError
        The tree has a cycle.
    """
    cells_by_unit: dict[int, list[int]] = {}
    for unit, cell in enumerate(cell_by_unit):
        if cell < 0:
            continue
        ancestor, steps = parent[unit], 0
        while ancestor >= 0 and cell_by_unit[ancestor] < 0:
            ancestor, steps = parent[ancestor], steps + 1
            if steps > len(parent):
                raise ValueError(f"unit {unit}: its parents go round in a cycle. Correct the parent in units.csv.")
        if ancestor >= 0:
            cells_by_unit.setdefault(ancestor, []).append(cell)
    _check_acyclic(parent)
    open_totals = set(incomplete)
    return [
        Sum(cell_by_unit[unit], tuple(cells), unit not in open_totals) for unit, cells in sorted(cells_by_unit.items())
    ]


def sums_from_groups(
    group_by_cell: Sequence[int], total_by_group: Sequence[int], incomplete: Iterable[int] = ()
) -> list[Sum]:
    """One sum per group (county) that has a cell of its own.

    Parameters
    ----------
    group_by_cell
        Group number of each cell, -1 for a cell in no group.
    total_by_group
        Cell index of each group's total, -1 where it is not presented (then there is no sum).
    incomplete
        Groups that may hold patients of no listed cell.
    """
    cells_by_group: dict[int, list[int]] = {}
    for cell, group in enumerate(group_by_cell):
        if group >= 0 and total_by_group[group] >= 0:
            cells_by_group.setdefault(group, []).append(cell)
    open_totals = set(incomplete)
    return [
        Sum(total_by_group[group], tuple(cells), group not in open_totals)
        for group, cells in sorted(cells_by_group.items())
    ]


def _check_acyclic(parent: Sequence[int]) -> None:
    checked: set[int] = set()
    for unit in range(len(parent)):
        path: set[int] = set()
        ancestor = unit
        while ancestor >= 0 and ancestor not in checked:
            if ancestor in path:
                raise ValueError(f"unit {unit}: its parents go round in a cycle. Correct the parent in units.csv.")
            path.add(ancestor)
            ancestor = parent[ancestor]
        checked |= path
