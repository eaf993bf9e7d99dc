"""Complementary suppression: which further cells to hide so that nobody can work out the hidden ones.

Owns the choice. What comes in is a `Table` (SECRET) and a `Policy`; what goes out is a mask of hidden cells on which
the attack fails. It knows nothing of registries, never chooses by chance, and hides nothing where nothing must be.

Method
------
Start with the cells that must be hidden, attack, and turn every exposed cell into cuts (`cuts`): inequalities that
every safe choice satisfies. The cheapest choice that satisfies all cuts so far is the next attempt
(``scipy.optimize.milp``). The first attempt that withstands the attack is therefore a cheapest safe choice, since no
cut ever excludes a safe one: Benders' decomposition as in Fischetti and Salazar-Gonzalez (2001), with the exact attack
of `attack` as the judge.

Two shortcuts give up a little of that for speed. Where one more cell settles a place and asks for no further one, it is
taken at once. And after `ATTEMPTS` attempts what is hidden stays hidden, so that the search always comes to an end;
what proves superfluous is shown again. On small tables the number of hidden cells is the optimum in more than 99 of 100
cases, and one more otherwise (`docs/methods/disclosure.md`).

"Cheapest" is, in this order: the nation is not hidden; few cells; cells hidden earlier rather than others (four of them
for three others); few patients (by rank); first in the order of the cells.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from kvalreg.disclosure.attack import Exposure, Judge, Measure
from kvalreg.disclosure.cells import Policy, Table, View
from kvalreg.disclosure.components import groups
from kvalreg.disclosure.cuts import Cut, Reasons
from kvalreg.disclosure.relations import BoolArray

ATTEMPTS = 12
"""Attempts before what is hidden stays hidden."""
TAUGHT_BY = 2
"""Exposed cells of one component that a failed attempt is explained by: more make fewer but slower attempts."""
COST_OF_KEPT = 1000.0
COST_OF_HIDDEN_BEFORE = 0.75


def suppress(table: Table, policy: Policy) -> BoolArray:
    """The cells to hide: all primary and absent ones, and as few others as are needed.

    Parameters
    ----------
    table
        True counts, sums, and what must be hidden.
    policy
        How uncertain a reader must remain.

    Returns
    -------
    Mask of shape (cells,). Nothing beyond `Table.absent` when nothing is primary. What facts that are already public
    (`Table.known`) give away whatever is hidden now cannot be protected: run `exposed` on the result, as for any
    release.

    Notes
    -----
    Worked example: nation 100 = HF1 40 + HF2 60, HF1 = A 3 + B 12 + C 25. A must be hidden. B is hidden with it: their
    sum 15 leaves A between 1 and 14. C would do as well, but has more patients.
    """
    judge = Judge(table, policy)
    hidden = table.primary | table.mask("absent")
    exposures = judge.exposures(hidden)
    if not exposures:
        return hidden
    choice = _Choice(table, policy)
    hidden = choice.settle(table.view(hidden), exposures)
    exposures = judge.exposures(hidden)
    if not exposures:
        return hidden
    choice.reconsider(table.view(hidden), exposures)
    return _search(choice, judge, hidden)


def _search(choice: _Choice, judge: Judge, hidden: BoolArray) -> BoolArray:
    """Attempt, attack, learn, until an attempt withstands the attack."""
    hopeless: set[int] = set()
    attempts = 0
    while exposures := [one for one in judge.exposures(hidden) if one.cell not in hopeless]:
        choice.learn(choice.table.view(hidden), exposures)
        if attempts >= ATTEMPTS:
            choice.keep(hidden)
        cheapest = choice.cheapest()
        if cheapest is None:
            everything = choice.demanded | choice.possible
            hopeless = {one.cell for one in judge.exposures(everything)}
            choice.forget(hopeless)
            cheapest = choice.cheapest()
            if cheapest is None:
                return everything
        hidden = cheapest
        attempts += 1
    return hidden if attempts <= ATTEMPTS else _thin(choice, judge, hidden)


def _thin(choice: _Choice, judge: Judge, hidden: BoolArray) -> BoolArray:
    """Show again, the costliest first, each cell without which the attack still fails."""
    before = judge.exposures(hidden)
    extra = np.flatnonzero(hidden & ~choice.demanded).tolist()
    for cell in sorted(extra, key=lambda cell: -float(choice.cost[cell])):
        fewer = hidden.copy()
        fewer[cell] = False
        if judge.exposures(fewer) == before:
            hidden = fewer
    return hidden


class _Choice:
    """The cheapest set of cells that satisfies everything learned so far.

    Variables of its program: one per cell (hidden or not), and one per sum (some cell of it is hidden).
    """

    def __init__(self, table: Table, policy: Policy) -> None:
        self.table = table
        self.policy = policy
        self.reasons = Reasons(table, policy)
        self.relations = table.relations
        self.demanded = table.primary | table.mask("absent")
        self.possible = ~table.mask("known") & (table.n > 0)
        self.settled = np.zeros(table.relations.size, dtype=np.bool_)
        self.is_total = np.zeros(table.relations.size, dtype=np.bool_)
        self.is_total[table.relations.total] = True
        self._fix()
        self.cuts: dict[Cut, None] = {}
        self.sums: set[int] = set()
        rank = np.empty(table.relations.size)
        rank[np.lexsort((np.arange(len(rank)), table.n))] = np.arange(len(rank))
        cost = np.where(table.mask("previously_hidden"), COST_OF_HIDDEN_BEFORE, 1.0)
        cost = np.where(table.mask("keep"), COST_OF_KEPT, cost)
        self.cost = cost + rank * 0.2 / (len(rank) * min(len(rank), 50))

    def settle(self, view: View, exposures: list[Exposure]) -> BoolArray:
        """Hide, once and for all, a single cell wherever one cell is enough and asks for no further one.

        Sums around exposed cells are taken together where they share a cell that could be hidden; each such group needs
        at least one more hidden cell, so one that satisfies all of them is as few as can be.
        """
        places: list[tuple[set[int], list[tuple[dict[int, float], float]]]] = []
        for number in sorted(self._around(view, exposures)):
            rows = [row for cut in self.reasons.of_one_sum(number) if (row := self._row(cut)) is not None]
            if rows:
                cells = {cell for weights, _ in rows for cell in weights}
                joined = [place for place in places if not cells.isdisjoint(place[0])]
                places = [place for place in places if cells.isdisjoint(place[0])]
                for other_cells, other_rows in joined:
                    cells |= other_cells
                    rows += other_rows
                places.append((cells, rows))
        hidden = view.hidden
        touched = {number for number, cells in enumerate(self.relations.members) if hidden[list(cells)].any()}
        chosen: dict[int, set[int]] = {}
        open_totals = np.zeros(self.relations.size, dtype=np.bool_)
        for cells, rows in places:
            enough = [
                cell
                for cell in sorted(cells)
                if all(weights.get(cell, 0.0) >= need for weights, need in rows)
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

    def _around(self, view: View, exposures: list[Exposure]) -> set[int]:
        """The sums that hold a cell of a component with an exposed cell."""
        cells = {one.cell for one in exposures}
        inside = {cell for group in groups(view) if not cells.isdisjoint(group) for cell in group}
        return {number for cell in inside for number in self.relations.touching[cell]}

    def learn(self, view: View, exposures: list[Exposure]) -> None:
        """Take in why an attempt failed: from the sums around it where they were not looked at yet, else from duals."""
        near = self._around(view, exposures)
        if near <= self.sums:
            hidden = set(np.flatnonzero(view.hidden).tolist())
            for one in _representatives(view, exposures):
                combined = [cut for cut in self.reasons.of_many_sums(one, view) if cut.broken(hidden)]
                self.cuts |= dict.fromkeys(combined or [self.reasons.of_surroundings(one.cell, view)])
            return
        beside = {cell for number in near for cell in self.relations.members[number] if self.candidates[cell]}
        near |= {number for cell in beside for number in self.relations.touching[cell]}
        for number in sorted(near - self.sums):
            self.cuts |= dict.fromkeys(self.reasons.of_one_sum(number))
        self.sums |= near

    def keep(self, attempt: BoolArray) -> None:
        """Let what is hidden now stay hidden."""
        self.settled |= attempt & self.possible
        self._fix()

    def forget(self, owners: set[int]) -> None:
        """Drop the cuts of cells that cannot be protected."""
        owners = owners | {self.relations.size + number for cell in owners for number in self.relations.touching[cell]}
        self.cuts = {cut: None for cut in self.cuts if owners.isdisjoint(cut.owners)}

    def cheapest(self) -> BoolArray | None:
        """The cheapest mask, or None when the cuts cannot all be satisfied."""
        rows = [row for cut in self.cuts if (row := self._row(cut)) is not None]
        touched = sorted({cell for weights, _ in rows for cell in weights if cell >= self.relations.size})
        links = [
            ({owner: 1.0, cell: -1.0}, 0.0)
            for owner in touched
            for cell in self.relations.members[owner - self.relations.size]
            if self.candidates[cell]
        ]
        rows += links
        columns = sorted({cell for weights, _ in rows for cell in weights})
        mask = self.fixed.copy()
        if not rows:
            return mask
        if not columns:
            return None
        place = {cell: column for column, cell in enumerate(columns)}
        cells = len(columns) - len(touched)
        entries = [
            (at, place[cell], weight) for at, (weights, _) in enumerate(rows) for cell, weight in weights.items()
        ]
        at_row, at_column, values = zip(*entries, strict=True)
        matrix = csr_array((values, (at_row, at_column)), shape=(len(rows), len(columns)))
        needs = np.array([need for _, need in rows])
        result = milp(
            np.concatenate([self.cost[columns[:cells]], np.zeros(len(touched))]),
            integrality=np.ones(len(columns), dtype=np.int64),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(matrix, needs, np.inf),
            # Presolving saves no time here, and makes this version of the solver print a debugging line now and then.
            options={"mip_rel_gap": 0.0, "presolve": False},
        )
        if result.x is None:
            return None
        mask[np.array(columns[:cells], dtype=np.int64)[result.x[:cells] > 0.5]] = True
        return mask

    def _row(self, cut: Cut) -> tuple[dict[int, float], float] | None:
        """A cut over what can be chosen; None where it is satisfied in any case."""
        weights: dict[int, float] = {}
        need = cut.need - cut.beside
        for cell, weight in cut.weights:
            if self.fixed[cell]:
                need -= weight
            elif self.candidates[cell]:
                weights[cell] = weights.get(cell, 0.0) + weight
        if need <= 1e-7:
            return None
        weights = {cell: min(weight, need) for cell, weight in weights.items()}
        free = [owner for owner in cut.owners if not self._sure(owner)]
        for owner in free:  # Leaving any owner unhidden satisfies the cut as well.
            weights[owner] = weights.get(owner, 0.0) - need
        return {cell: weight / need for cell, weight in weights.items()}, 1.0 - len(free)

    def _sure(self, owner: int) -> bool:
        """True for a cell that must be hidden, or a sum that holds one."""
        number = owner - self.relations.size
        cells = (owner,) if number < 0 else self.relations.members[number]
        return any(bool(self.fixed[cell]) for cell in cells)


def _representatives(view: View, exposures: list[Exposure]) -> list[Exposure]:
    """A few exposures of each component, denominators first: what protects them often protects the rest too."""
    home = {cell: place for place, group in enumerate(groups(view)) for cell in group}
    chosen: dict[int, dict[int, Exposure]] = {}
    for one in sorted(exposures, key=lambda one: one.measure is not Measure.DENOMINATOR):
        mine = chosen.setdefault(home[one.cell], {})
        if len(mine) < TAUGHT_BY:
            mine.setdefault(one.cell, one)
    return [one for mine in chosen.values() for one in mine.values()]
