"""Sets of cells that satisfy everything learned so far: the cheapest one, and a good one quickly.

Owns what may be hidden, what a choice costs, and the cuts (`cuts`) that attacks have taught. What comes in are attempts
that failed; what goes out are new attempts. It never attacks: whether an attempt is safe is for `attack` to say.
"""

from __future__ import annotations

from itertools import islice

import numpy as np

from kvalreg.disclosure.attack import Exposure, Measure
from kvalreg.disclosure.blocks import COST_OF_PATIENTS, Block, Row, Rows
from kvalreg.disclosure.cells import Policy, Table, View
from kvalreg.disclosure.components import groups
from kvalreg.disclosure.cuts import Cut, Reasons
from kvalreg.disclosure.mending import Demands, mend
from kvalreg.disclosure.relations import BoolArray

TAUGHT_BY = 8
"""Exposed cells of one component that a failed attempt is explained by: more make fewer but slower attempts."""
COST_OF_KEPT = 1000.0
COST_OF_HIDDEN_BEFORE = 0.75


class Choice:
    """What can be hidden, what it costs, and what has been learned.

    Parameters
    ----------
    table, policy
        As for `suppress`.
    possible
        The cells that can be hidden.
    hopeless
        Cells that nothing protects: nothing is learned from them.
    """

    def __init__(self, table: Table, policy: Policy, possible: BoolArray, hopeless: frozenset[int]) -> None:
        self.table = table
        self.relations = table.relations
        self.reasons = Reasons(table, policy)
        self.demanded = table.demanded
        self.possible = possible
        size = table.relations.size
        self.hopeless = hopeless | {size + number for cell in hopeless for number in table.relations.touching[cell]}
        self.settled = np.zeros(size, dtype=np.bool_)
        self.is_total = np.zeros(size, dtype=np.bool_)
        self.is_total[table.relations.total] = True
        self.cuts: dict[Cut, None] = {}
        self.demands = Demands(self.reasons.judged, size)
        self.sums: set[int] = set()
        rank = np.empty(size)
        rank[np.lexsort((np.arange(size), table.n))] = np.arange(size)
        cost = np.where(table.mask("previously_hidden"), COST_OF_HIDDEN_BEFORE, 1.0)
        cost = np.where(table.mask("keep"), COST_OF_KEPT, cost)
        self.cost = cost + rank * COST_OF_PATIENTS / (size * min(size, 50))
        self._fix()

    def price(self, hidden: BoolArray) -> float:
        """What a choice costs beyond what must be hidden."""
        return float(self.cost[hidden & ~self.demanded].sum())

    def settle(self, view: View, exposures: list[Exposure]) -> BoolArray:
        """Hide, once and for all, a single cell wherever one cell is enough and asks for no further one.

        Sums around exposed cells are taken together where they share a cell that could be hidden; each such group needs
        at least one more hidden cell, so one that satisfies all of them is as few as can be.
        """
        touched = {number for number, cells in enumerate(self.reasons.judged) if view.hidden[list(cells)].any()}
        places: list[tuple[set[int], list[Row]]] = []
        for number in sorted(touched & self._around(view, exposures)):
            rows = [row for cut in self.reasons.of_one_sum(number) if (row := self._row(cut)) is not None]
            if rows:
                cells = {cell for weights, _ in rows for cell, _ in weights}
                joined = [place for place in places if not cells.isdisjoint(place[0])]
                places = [place for place in places if cells.isdisjoint(place[0])]
                for other_cells, other_rows in joined:
                    cells |= other_cells
                    rows += other_rows
                places.append((cells, rows))
        chosen: dict[int, set[int]] = {}
        open_totals = np.zeros(self.relations.size, dtype=np.bool_)
        for cells, rows in places:
            enough = [
                cell
                for cell in sorted(cells)
                if all(dict(weights).get(cell, 0.0) >= need for weights, need in rows)
                and touched.issuperset(self.relations.touching[cell])
                and not self.is_total[cell]
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
            under = self.relations.below(open_totals & self.is_total)
            undone = [cell for cell in chosen if under[cell]]
            if not undone:
                break
            for cell in undone:
                open_totals[sorted(chosen.pop(cell))] = True
        self.settled[list(chosen)] = True
        self._fix()

    def reconsider(self, view: View, exposures: list[Exposure]) -> None:
        """Take back what was settled beside cells that are exposed all the same."""
        near = self._around(view, exposures)
        self.settled[[cell for number in near for cell in self.relations.members[number]]] = False
        self._fix()

    def _fix(self) -> None:
        self.fixed = self.demanded | self.settled
        self.candidates = ~self.fixed & self.possible
        self._fixed: list[bool] = self.fixed.tolist()
        self._candidates: list[bool] = self.candidates.tolist()
        members = self.relations.members
        self.rows = Rows(self.cost, [[cell for cell in cells if self._candidates[cell]] for cells in members])
        self._read = 0
        self._known: list[Block] | None = None

    def _around(self, view: View, exposures: list[Exposure]) -> set[int]:
        """The sums that hold a cell of a component with an exposed cell."""
        cells = {one.cell for one in exposures}
        inside = {cell for group in groups(view) if not cells.isdisjoint(group) for cell in group}
        return {number for cell in inside for number in self.relations.touching[cell]}

    def learn(self, view: View, exposures: list[Exposure]) -> None:
        """Take in why an attempt failed: from the sums around it where they were not looked at yet, else from duals."""
        near = self._around(view, exposures)
        if near <= self.sums:
            for group, chosen in _representatives(view, exposures):
                self.cuts |= dict.fromkeys(self.reasons.of_attempt(view, group, chosen))
            return
        beside = {cell for number in near for cell in self.relations.members[number] if self.candidates[cell]}
        near |= {number for cell in beside for number in self.relations.touching[cell]}
        for number in sorted(near - self.sums):
            taught = self.reasons.of_one_sum(number)
            self.cuts |= {cut: None for cut in taught if self.hopeless.isdisjoint(cut.owners)}
        self.sums |= near

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
        for owner in free:  # Leaving any owner unhidden satisfies the cut as well.
            weights[owner] = weights.get(owner, 0.0) - need
        return tuple((cell, weight / need) for cell, weight in sorted(weights.items())), 1.0 - len(free)

    def _sure(self, owner: int) -> bool:
        """True for a cell that must be hidden, or a sum that holds one."""
        number = owner - self.relations.size
        cells = (owner,) if number < 0 else self.reasons.judged[number]
        return any(self._fixed[cell] for cell in cells)


def _representatives(view: View, exposures: list[Exposure]) -> list[tuple[tuple[int, ...], list[Exposure]]]:
    """A few exposures of each component, denominators first: what protects them often protects the rest too."""
    parts = groups(view)
    home = {cell: part for part in parts for cell in part}
    chosen: dict[tuple[int, ...], dict[int, Exposure]] = {}
    for one in sorted(exposures, key=lambda one: one.measure is not Measure.DENOMINATOR):
        mine = chosen.setdefault(home[one.cell], {})
        if len(mine) < TAUGHT_BY:
            mine.setdefault(one.cell, one)
    return [(part, [*mine.values()]) for part, mine in chosen.items()]
