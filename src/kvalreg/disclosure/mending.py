"""A good choice quickly: cells are added until all cuts are satisfied, and what proves superfluous is taken back.

Owns this one greedy step. What comes in are cuts and a mask that breaks some of them; what goes out is a mask that
breaks none, usually a cheap one, and nothing is left to chance. It never attacks, and proves nothing optimal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from kvalreg.disclosure.cuts import Cut
from kvalreg.disclosure.relations import BoolArray

Sums = tuple[tuple[int, ...], ...]

_NOTHING = 1e-6


def mend(cuts: Iterable[Cut], sums: Sums, hidden: BoolArray, price: dict[int, float]) -> BoolArray | None:
    """A mask that satisfies the cuts.

    Parameters
    ----------
    cuts
        What must hold.
    sums
        Per sum that owners of cuts refer to: its cells that count.
    hidden
        Where to begin.
    price
        The cells that may be hidden or shown, and what each costs hidden. All others stay as they are.

    Returns
    -------
    The mask, or None when hiding all of these cells does not satisfy the cuts.
    """
    deficit = _Deficit(list(cuts), sums, hidden)
    while deficit.total > _NOTHING:
        useful = sorted(deficit.useful() & price.keys() - deficit.hidden)
        if not useful:
            return None
        gains = [(deficit.gain(cell) / price[cell], -price[cell], -cell) for cell in useful]
        deficit.hide(-max(gains)[2])
    for cell in sorted(deficit.hidden & price.keys(), key=lambda cell: (-price[cell], cell)):
        deficit.show(cell)
        if deficit.total > _NOTHING:
            deficit.hide(cell)
    mask = np.zeros(len(hidden), dtype=np.bool_)
    mask[list(deficit.hidden)] = True
    return mask


class _Deficit:
    """How far a mask is from satisfying all cuts: the sum of what each lacks, as a share of its need."""

    def __init__(self, cuts: list[Cut], sums: Sums, mask: BoolArray) -> None:
        self.cuts = cuts
        self.size = len(mask)
        self.hidden: set[int] = set(np.flatnonzero(mask).tolist())
        self.touching: defaultdict[int, list[int]] = defaultdict(list)
        for number, cells in enumerate(sums):
            for cell in cells:
                self.touching[cell].append(number)
        self.filled = [cut.beside + sum(weight for cell, weight in cut.weights if cell in self.hidden) for cut in cuts]
        self.in_sum = [sum(cell in self.hidden for cell in cells) for cells in sums]
        self.shown_owners = [sum(not self._holds(owner) for owner in cut.owners) for cut in cuts]
        self.weighed: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        self.owned: defaultdict[int, list[int]] = defaultdict(list)
        for number, cut in enumerate(cuts):
            for cell, weight in cut.weights:
                self.weighed[cell].append((number, weight))
            for owner in cut.owners:
                self.owned[owner].append(number)
        self.gaps = [self._gap(number) for number in range(len(cuts))]
        self.total = sum(self.gaps)

    def useful(self) -> set[int]:
        """The cells that a broken cut asks for."""
        broken = [cut for cut, gap in zip(self.cuts, self.gaps, strict=True) if gap > 0]
        return {cell for cut in broken for cell, _ in cut.weights}

    def gain(self, cell: int) -> float:
        """How much less would be lacking with this cell hidden; below 0 where it asks for more than it gives."""
        before = self.total
        self.hide(cell)
        gained = before - self.total
        self.show(cell)
        self.total = before
        return gained

    def hide(self, cell: int) -> None:
        """Hide a cell."""
        self._turn(cell, 1)

    def show(self, cell: int) -> None:
        """Show a cell."""
        self._turn(cell, -1)

    def _turn(self, cell: int, sign: int) -> None:
        owners = [cell]
        for number in self.touching[cell]:
            before = self.in_sum[number]
            self.in_sum[number] += sign
            if 0 in (before, self.in_sum[number]):
                owners.append(self.size + number)
        concerned = {number for number, _ in self.weighed[cell]}.union(*(self.owned[owner] for owner in owners))
        for number, weight in self.weighed[cell]:
            self.filled[number] += sign * weight
        for owner in owners:
            for number in self.owned[owner]:
                self.shown_owners[number] -= sign
        if sign > 0:
            self.hidden.add(cell)
        else:
            self.hidden.discard(cell)
        for number in concerned:
            gap = self._gap(number)
            self.total += gap - self.gaps[number]
            self.gaps[number] = gap

    def _holds(self, owner: int) -> bool:
        number = owner - self.size
        return owner in self.hidden if number < 0 else self.in_sum[number] > 0

    def _gap(self, number: int) -> float:
        cut = self.cuts[number]
        if self.shown_owners[number]:
            return 0.0
        lacking = (cut.need - self.filled[number]) / cut.need
        return lacking if lacking > _NOTHING else 0.0
