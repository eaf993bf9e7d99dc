"""The sums around some hidden cells as rows of coefficients, untangled where editions repeat each other.

Owns these rows. What comes in are relations and the hidden cells; what goes out are rows that say the same as the sums
do. It never sees a count.

Two editions of a total, of which one hospital has changed, share all the other hospitals. Where hidden cells are in
more than two sums for that reason, one of the sums is replaced by the difference of the two: nearly all of its terms
are gone, and what is left is a network again (`flows`), or has no cycle at all (`components`).
"""

from __future__ import annotations

from collections.abc import Sequence

from kvalreg.disclosure.relations import Relations

Row = dict[int, int]
"""``sum(coefficient * cell) = 0``; the key ``~r`` stands for what the incomplete total of sum r holds beside parts."""


def rows_of(relations: Relations, hidden: Sequence[int]) -> list[Row]:
    """The sums that these hidden cells are in, all other members included.

    Parameters
    ----------
    relations
        All sums.
    hidden
        One component of hidden cells.

    Returns
    -------
    Rows that no common solution distinguishes from the sums.
    """
    sums = sorted({number for cell in hidden for number in relations.touching[cell]})
    rows = []
    for number in sums:
        total, *parts = relations.members[number]
        row = {total: -1} | dict.fromkeys(parts, 1)
        if not relations.complete[number]:
            row[~number] = 1
        rows.append(row)
    where: dict[int, list[tuple[int, int]]] = {cell: [] for cell in hidden}
    for number, row in enumerate(rows):
        for cell, factor in row.items():
            if cell in where:
                where[cell].append((number, factor))
    return rows if sides(list(where.values()), len(rows)) is not None else _untangled(rows, frozenset(hidden))


def sides(where: list[list[tuple[int, int]]], sums: int) -> list[int] | None:
    """A sign per sum so that each variable leaves one and enters another; None when there is none.

    Parameters
    ----------
    where
        Per variable: the sums that it is in, each with its sign there.
    sums
        The number of sums, or of rows.
    """
    neighbours: list[list[tuple[int, int]]] = [[] for _ in range(sums)]
    for places in where:
        if len(places) > 2:
            return None
        if len(places) == 2:
            (one, sign), (other, other_sign) = places
            neighbours[one].append((other, -sign * other_sign))
            neighbours[other].append((one, -sign * other_sign))
    side = [0] * sums
    for start in range(sums):
        if side[start]:
            continue
        side[start] = 1
        waiting = [start]
        while waiting:
            number = waiting.pop()
            for other, ratio in neighbours[number]:
                if side[other] == 0:
                    side[other] = side[number] * ratio
                    waiting.append(other)
                elif side[other] != side[number] * ratio:
                    return None
    return side


def _untangled(rows: list[Row], free: frozenset[int]) -> list[Row]:
    """Rows replaced by their difference to another one as long as that leaves fewer unknown terms."""
    unknown = [{cell for cell in row if cell in free or cell < 0} for row in rows]
    changed = True
    while changed:
        changed = False
        for one in range(len(rows)):
            for other in range(len(rows)):
                if one != other and len(unknown[one] & unknown[other]) * 2 > len(unknown[other]):
                    less = _difference(rows[one], rows[other], unknown[one] & unknown[other])
                    if less is not None:
                        rows[one] = less
                        unknown[one] = {cell for cell in less if cell in free or cell < 0}
                        changed = True
    return rows


def _difference(row: Row, other: Row, shared: set[int]) -> Row | None:
    """The row without what it shares with the other; None where they share it with different signs."""
    ratios = {row[cell] * other[cell] for cell in shared}
    if len(ratios) != 1:
        return None
    ratio = ratios.pop()
    less = {cell: row.get(cell, 0) - ratio * other.get(cell, 0) for cell in row | other}
    return {cell: factor for cell, factor in less.items() if factor}
