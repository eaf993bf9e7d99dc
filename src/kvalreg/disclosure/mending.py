"""A good choice quickly: cells are added until all cuts are satisfied, and what proves superfluous is taken back.

Owns this one greedy step. What comes in are cuts and a mask that breaks some of them; what goes out is a mask that
breaks none, usually a cheap one, and nothing is left to chance. It never attacks, and proves nothing optimal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from kvalreg.disclosure.cuts import Cut
from kvalreg.disclosure.system import BoolArray

Sums = tuple[tuple[int, ...], ...]

_NOTHING = 1e-6


class Demands:
    """Cuts, and where each cell and each sum occurs in them; cuts are added, and none is taken away.

    Parameters
    ----------
    sums
        Per sum that owners of cuts refer to: its cells that count.
    size
        The number of cells.
    """

    def __init__(self, sums: Sums, size: int) -> None:
        self.sums = sums
        self.size = size
        self.cuts: list[Cut] = []
        self.touching: defaultdict[int, list[int]] = defaultdict(list)
        self.weighed: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        self.owned: defaultdict[int, list[int]] = defaultdict(list)
        for number, cells in enumerate(sums):
            for cell in cells:
                self.touching[cell].append(number)

    def add(self, cuts: Iterable[Cut]) -> None:
        """Ask for these as well."""
        for number, cut in enumerate(cuts, len(self.cuts)):
            self.cuts.append(cut)
            for cell, weight in cut.weights:
                self.weighed[cell].append((number, weight))
            for owner in cut.owners:
                self.owned[owner].append(number)


def mend(demands: Demands, hidden: BoolArray, price: dict[int, float]) -> BoolArray | None:
    """A mask that satisfies the cuts.

    Parameters
    ----------
    demands
        What must hold.
    hidden
        Where to begin.
    price
        The cells that may be hidden or shown, and what each costs hidden. All others stay as they are.

    Returns
    -------
    The mask, or None when hiding all of these cells does not satisfy the cuts.
    """
    deficit = _Deficit(demands, hidden)
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

    def __init__(self, demands: Demands, mask: BoolArray) -> None:
        self.demands = demands
        self.cuts = cuts = demands.cuts
        self.size = demands.size
        self.hidden: set[int] = set(np.flatnonzero(mask).tolist())
        self.weighed, self.owned, self.touching = demands.weighed, demands.owned, demands.touching
        self.in_sum = [sum(cell in self.hidden for cell in cells) for cells in demands.sums]
        filled = [0.0] * len(cuts)
        for cell in self.hidden:
            for number, weight in self.weighed[cell]:
                filled[number] += weight
        self.needed = [cut.need for cut in cuts]
        self.filled = [cut.beside + weight for cut, weight in zip(cuts, filled, strict=True)]
        self.shown_owners = [sum(not self._holds(owner) for owner in cut.owners) for cut in cuts]
        self.gaps = [self._gap(number) for number in range(len(cuts))]
        self.total = sum(self.gaps)

    def useful(self) -> set[int]:
        """The cells that a broken cut asks for."""
        broken = [cut for cut, gap in zip(self.cuts, self.gaps, strict=True) if gap > 0]
        return {cell for cut in broken for cell, _ in cut.weights}

    def gain(self, cell: int) -> float:
        """How much less would be lacking with this cell hidden; below 0 where it asks for more than it gives."""
        in_sum, gaps, shown_owners = self.in_sum, self.gaps, self.shown_owners
        fewer: dict[int, int] = dict.fromkeys(self.owned[cell], 1)
        for number in self.touching[cell]:
            if in_sum[number] == 0:
                for cut in self.owned[self.size + number]:
                    fewer[cut] = fewer.get(cut, 0) + 1
        more = {}
        gained = 0.0
        for number, weight in self.weighed[cell]:
            if number in fewer:
                more[number] = weight
            elif gaps[number] > 0.0:
                gained += gaps[number] - self._gap(number, weight)
        for number, owners in fewer.items():
            if shown_owners[number] == owners:
                gained -= self._gap(number, more.get(number, 0.0), owners)
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

    def _gap(self, number: int, more: float = 0.0, fewer: int = 0) -> float:
        """What a cut lacks, were so much more filled and so many fewer of its owners shown."""
        if self.shown_owners[number] != fewer:
            return 0.0
        need = self.needed[number]
        lacking = (need - (self.filled[number] + more)) / need
        return lacking if lacking > _NOTHING else 0.0
