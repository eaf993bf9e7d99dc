"""Sets of groups that satisfy everything learned so far: the cheapest one, and a good one quickly.

Owns what may be suppressed, what a choice costs, and the cuts (`cuts`) that attacks have taught. What comes in are
attempts that failed; what goes out are new attempts. It never attacks: whether an attempt is safe is for `attack`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np

from kvalreg.disclosure.attack import Finding
from kvalreg.disclosure.blocks import COST_OF_PATIENTS, Block, Row, Rows
from kvalreg.disclosure.cuts import Cut, Sums
from kvalreg.disclosure.mending import Demands, mend
from kvalreg.disclosure.system import BoolArray, System


class Choice:
    """What can be suppressed, what it costs, and what has been learned.

    Parameters
    ----------
    system
        What there is to know.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.sums = Sums(system)
        self.primary = system.primary
        self.possible = system.possible
        size = system.groups
        self.settled = np.zeros(size, dtype=np.bool_)
        self.cuts: dict[Cut, None] = {}
        self.demands = Demands(tuple(self.sums.protected), size)
        self.known: set[int] = set()
        rank = np.empty(size)
        rank[np.lexsort((np.arange(size), system.patients))] = np.arange(size)
        self.cost = system.cost + rank * COST_OF_PATIENTS / (size * min(size, 50))
        self._fix()

    def price(self, hidden: BoolArray) -> float:
        """What a choice costs beyond what must be hidden."""
        return float(self.cost[hidden & ~self.primary].sum())

    def settle(self, suppressed: BoolArray, findings: Sequence[Finding]) -> BoolArray:
        """Suppress, once and for all, a single group wherever one is enough and asks for no further one.

        Sums around exposed counts are taken together where they share a group that could be suppressed; each such place
        needs at least one more suppressed group, so one that satisfies all of them is as few as can be.
        """
        hidden: list[bool] = suppressed.tolist()
        touched = {at for at, groups in enumerate(self.sums.protected) if any(hidden[group] for group in groups)}
        places: list[tuple[set[int], list[Row]]] = []
        for number in sorted(touched & self._around(findings)):
            rows = [row for cut in self.sums.cuts(number) if (row := self._row(cut)) is not None]
            if rows:
                cells = {cell for weights, _ in rows for cell, _ in weights}
                joined = [place for place in places if not cells.isdisjoint(place[0])]
                places = [place for place in places if cells.isdisjoint(place[0])]
                for other_cells, other_rows in joined:
                    cells |= other_cells
                    rows += other_rows
                places.append((cells, rows))
        chosen: dict[int, set[int]] = {}
        open_totals = np.zeros(self.system.groups, dtype=np.bool_)
        for cells, rows in places:
            enough = [
                cell
                for cell in sorted(cells)
                if all(dict(weights).get(cell, 0.0) >= need for weights, need in rows)
                and touched.issuperset(self.sums.touching[cell])
                and not self.sums.is_total[cell]
            ]
            if enough:
                chosen[min(enough, key=lambda cell: float(self.cost[cell]))] = cells
            else:
                open_totals[sorted(cells)] = True
        self._settle_outside(chosen, open_totals)
        return self.fixed.copy()

    def _settle_outside(self, chosen: dict[int, set[int]], open_totals: BoolArray) -> None:
        """Take the chosen cells, except below totals that may have to be hidden: those would protect more than they."""
        while True:
            under = self.sums.below(open_totals & self.sums.is_total)
            undone = [cell for cell in chosen if under[cell]]
            if not undone:
                break
            for cell in undone:
                open_totals[sorted(chosen.pop(cell))] = True
        self.settled[list(chosen)] = True
        self._fix()

    def reconsider(self, findings: Sequence[Finding]) -> None:
        """Take back what was settled beside counts that are exposed all the same."""
        near = self._around(findings)
        self.settled[[group for number in near for group in self.sums.members[number]]] = False
        self._fix()

    def _fix(self) -> None:
        self.fixed = self.primary | self.settled
        self.candidates = ~self.fixed & self.possible
        self._fixed: list[bool] = self.fixed.tolist()
        self._candidates: list[bool] = self.candidates.tolist()
        parts = [[group for group in groups if self._candidates[group]] for groups in self.sums.protected]
        self.rows = Rows(self.cost, parts)
        self._read = 0
        self._known: list[Block] | None = None

    def _around(self, findings: Sequence[Finding]) -> set[int]:
        """The sums that hold a group of a component with an exposed count."""
        inside = {self.system.group_of[count] for finding in findings for count in finding.counts}
        return {number for group in inside for number in self.sums.touching[group]}

    def learn(self, findings: Sequence[Finding]) -> None:
        """Take in why an attempt failed: from the sums around it where they were not looked at yet, else from duals."""
        near = self._around(findings)
        if near <= self.known:
            self.cuts |= dict.fromkeys(cut for finding in findings for cut in finding.cuts)
            return
        beside = {group for number in near for group in self.sums.members[number] if self.candidates[group]}
        near |= {number for group in beside for number in self.sums.touching[group]}
        for number in sorted(near - self.known):
            self.cuts |= dict.fromkeys(self.sums.cuts(number))
        self.known |= near

    def cheapest(self) -> BoolArray | None:
        """The cheapest mask, or None when the cuts cannot all be satisfied."""
        mask = self.fixed.copy()
        for block in self._blocks():
            if block.cheapest is None:
                return None
            mask[block.cheapest] = True
        return mask

    def none_cheaper(self, hidden: BoolArray) -> bool:
        """True where it is known without a search that no mask which satisfies all cuts is cheaper than this one.

        Patients do not count here. So where the cheapest mask is found without a search as well, the answer is no:
        that mask may have fewer patients.
        """
        blocks = self._blocks()
        if all(block.whole for block in blocks):
            return False
        least = self.price(self.fixed) + sum(block.least for block in blocks)
        return self.price(hidden) < least + COST_OF_PATIENTS

    def _blocks(self) -> list[Block]:
        """All cuts as blocks of rows."""
        if self._known is None or self._read < len(self.cuts):
            for cut in islice(self.cuts, self._read, None):
                row = self._row(cut)
                if row is not None:
                    self.rows.add(row)
            self._read = len(self.cuts)
            self._known = self.rows.blocks()
        return self._known

    def mended(self, hidden: BoolArray) -> BoolArray | None:
        """A mask that satisfies all cuts, near this one and cheap; None when there is none."""
        price = {cell: float(self.cost[cell]) for cell in np.flatnonzero(self.candidates).tolist()}
        self.demands.add(islice(self.cuts, len(self.demands.cuts), None))
        return mend(self.demands, hidden | self.fixed, price)

    def _row(self, cut: Cut) -> Row | None:
        """A cut over what can be chosen; None where it is satisfied in any case."""
        weights: dict[int, float] = {}
        need = cut.need - cut.beside
        for cell, weight in cut.weights:
            if self._fixed[cell]:
                need -= weight
            elif self._candidates[cell]:
                weights[cell] = weights.get(cell, 0.0) + weight
        if need <= 1e-7:
            return None
        weights = {cell: min(weight, need) for cell, weight in weights.items()}
        free = [owner for owner in cut.owners if not self._sure(owner)]
        if any(owner < len(self._fixed) and not self._candidates[owner] for owner in free):
            return None  # an owner that is always shown
        for owner in free:  # Leaving any owner unhidden satisfies the cut as well.
            weights[owner] = weights.get(owner, 0.0) - need
        return tuple((cell, weight / need) for cell, weight in sorted(weights.items())), 1.0 - len(free)

    def _sure(self, owner: int) -> bool:
        """True for a cell that must be hidden, or a sum that holds one."""
        number = owner - self.system.groups
        cells = (owner,) if number < 0 else self.sums.protected[number]
        return any(self._fixed[cell] for cell in cells)
