"""How far a hidden count can move when numerators and misses must agree: barriers by linear programming.

Owns the question of `separation` for both shares of a cell together. What comes in are the surroundings of an exposed
cell and how far each count may fall; what goes out are barriers. Alone, each measure may look free where the two are
not: a cell of 1 of 1 keeps a patient, so its numerator can fall only as its misses rise.

Let ``p`` and ``q`` be the rates of a cell's numerator and misses in a combination of the sums (`cuts`), both 0 or
falling. With x, y and x + y at least 0, 0 and ``least``, the cell contributes at most ``p x + q y - min(p, q) least``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kvalreg.disclosure.programs import Constraints, Program
from kvalreg.disclosure.separation import OUTSIDE, Barrier, Room, Surroundings

_NOTHING = 1e-9


@dataclass(frozen=True, eq=False)
class Shares:
    """How far numerators and misses may fall, and the least denominator of each cell.

    Parameters
    ----------
    numerators, misses
        Down to 0.
    least
        Per cell.
    """

    numerators: Room
    misses: Room
    least: list[int]

    def least_of(self, cell: int) -> int:
        """The least denominator of this cell, or 0 for what an incomplete total holds beside its parts."""
        return self.least[cell] if cell >= 0 else 0


class Coupling:
    """One component of hidden cells, with both shares of each.

    Parameters
    ----------
    around
        The component.
    shares
        Of all cells.
    """

    def __init__(self, around: Surroundings, shares: Shares) -> None:
        self.around = around
        self.shares = shares

    @cached_property
    def _place(self) -> dict[int, int]:
        """The column of each cell's numerator; its misses stand as many columns further on as there are cells."""
        return {cell: column for column, cell in enumerate(self.around.loose)}

    @cached_property
    def _program(self) -> Program:
        """All sums, of numerators and of misses, and last a row per cell: what its denominator may fall."""
        shares, cells = self.shares, self.around.loose
        width, nodes = len(cells), self.around.nodes
        both = (shares.numerators, shares.misses)
        entries = [
            (block * nodes + node, block * width + column, float(sign))
            for block in range(2)
            for cell, column in self._place.items()
            for node, sign in self.around.terms[cell]
        ]
        entries += [(2 * nodes + column, block * width + column, 1.0) for column in range(width) for block in range(2)]
        room = [sum(share.of(cell) for share in both) - shares.least_of(cell) for cell in cells]
        least = np.concatenate([np.zeros(2 * nodes), -np.array(room, dtype=float)])
        most = np.concatenate([np.zeros(2 * nodes), np.full(width, np.inf)])
        floor = np.array([-float(share.of(cell)) for share in both for cell in cells])
        return Program(Constraints(sorted(entries), (least, most), (floor, np.full(2 * width, np.inf))))

    def barrier(self, cell: int, direction: int, moved: tuple[bool, bool], need: int) -> Barrier | None:
        """What keeps the shares that are `moved` from moving by `need` together; None where nothing does."""
        aim = [float(direction * one) for one in moved]
        column, width = self._place[cell], len(self._place)
        costs = np.zeros(2 * width)
        costs[[column, width + column]] = [-one for one in aim]
        found = self._program.minimum(costs)
        if found is None or -found.cost > need - 1e-6:
            return None
        return self._weights(cell, aim, found.prices.tolist(), need)

    def _weights(self, cell: int, aim: list[float], prices: list[float], need: int) -> Barrier:
        """The barrier that this combination of the sums makes."""
        shares, nodes = self.shares, self.around.nodes
        barrier: Barrier = {}
        for other, terms in self.around.terms.items():
            x, y = aim if other == cell else (0.0, 0.0)
            for node, sign in terms:
                x += prices[node] * sign
                y += prices[nodes + node] * sign
            if max(x, y) > _NOTHING:
                weight = float(need)
            else:
                weight = max(x, y) * shares.least_of(other)
                weight -= x * shares.numerators.of(other) + y * shares.misses.of(other)
            if weight > _NOTHING:
                place = max(other, OUTSIDE)
                barrier[place] = barrier.get(place, 0.0) + weight
        return barrier
