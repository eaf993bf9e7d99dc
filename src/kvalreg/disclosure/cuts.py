"""What must be hidden, said as inequalities: the reasons that `suppression` learns from a failed attempt.

Owns the form of such an inequality and how one is derived from a cell that an attack exposed. What comes in are true
counts (SECRET) and exposed cells; what goes out are cuts that every safe choice satisfies and the failed one breaks.

The derivation (Fischetti and Salazar-Gonzalez 2001, *Management Science* 47:1008-1027, sliding protection levels)
------------------------------------------------------------------------------------------------------------------
Let d be any other solution of the sums minus the true counts v; hidden cells j have ``d_j >= -(v_j - least_j)``,
published ones ``d_j = 0``. Adding multiples of the sums to d_i gives ``d_i = sum_j r_j d_j``, which is at most the sum
over hidden j of ``|r_j| (v_j - least_j)`` where r_j < 0, and unlimited where r_j > 0. The same holds for -d_i. So the
width of cell i's bounds is at most ``sum_j a_j h_j`` with h_j = 1 for hidden cells, and a width of at least w needs
``sum_j min(w, a_j) h_j >= w h_i``.

Worked example: HF = A + B + C published, A hidden with 3, B = 4, C = 20, minimum 5. The width of A is at most
``2 h_A + 3 h_B + 19 h_C``; the cut ``2 + 3 h_B + 5 h_C >= 5`` says that B or C is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from kvalreg.disclosure.attack import Exposure, Measure
from kvalreg.disclosure.cells import Policy, Table, View
from kvalreg.disclosure.relations import IntArray


@dataclass(frozen=True)
class Cut:
    """``sum(weight of the hidden cells) + beside >= need``, asked only while every cell of `owners` is hidden.

    An owner ``size + r`` stands for "some cell of sum r is hidden". `beside` is what is never shown anyway: what an
    incomplete total holds besides its listed parts.
    """

    weights: tuple[tuple[int, float], ...]
    need: float
    owners: tuple[int, ...]
    beside: float = 0.0

    def broken(self, hidden: set[int]) -> bool:
        """True when these hidden cells, among them all owners, break the cut."""
        return self.beside + sum(weight for cell, weight in self.weights if cell in hidden) < self.need - 1e-6


class Reasons:
    """Derives cuts for one table under one policy."""

    def __init__(self, table: Table, policy: Policy) -> None:
        self.table = table
        self.policy = policy
        excess = table.relations.excess
        misses = None if table.x is None else table.n - table.x
        self.counts: dict[Measure, IntArray] = {Measure.DENOMINATOR: table.n}
        if table.x is not None and misses is not None:
            self.counts |= {Measure.NUMERATOR: table.x, Measure.MISSES: misses}
        self.lists = {measure: values.tolist() for measure, values in self.counts.items()}
        self.beside = {measure: excess(values).tolist() for measure, values in self.counts.items()}
        self.least = np.where(table.mask("absent") | (table.n == 0), 0, 1)
        self.floor = self.least.tolist()
        self.nothing = [0] * len(self.floor)
        start = table.view(table.primary)
        self.told = {measure: start.told(np.where(start.hidden, -1, values)) for measure, values in self.counts.items()}

    def of_one_sum(self, number: int) -> list[Cut]:
        """What one sum asks of its members, whoever of them is hidden: a second one, and enough patients together."""
        relations = self.table.relations
        total, *parts = relations.members[number]
        cuts = []
        touched = relations.size + number
        if relations.complete[number]:
            cuts.append(Cut(tuple((cell, 1.0) for cell in (total, *parts)), 2.0, (touched,)))
        for measure, values in self.lists.items():
            need = float(self._need(measure))
            if measure is not Measure.DENOMINATOR and (need == 0 or self.told[measure][parts].all()):
                continue
            floor = self.floor if measure is Measure.DENOMINATOR else self.nothing
            weights = [(cell, min(need, float(values[cell] - floor[cell]))) for cell in parts]
            kept = tuple((cell, weight) for cell, weight in [*weights, (total, need)] if weight > 0)
            cuts.append(Cut(kept, need, (touched,), float(self.beside[measure][number])))
        return cuts

    def of_many_sums(self, one: Exposure, view: View) -> list[Cut]:
        """Cuts that the best combinations of sums give: the dual solutions of the attacker's linear programs."""
        cuts = []
        need = float(self._need(one.measure))
        up, down = self._side(one, view, -1.0, need), self._side(one, view, 1.0, need)
        if up is not None and down is not None:
            cuts.append(_capped(one.cell, need, [up, down]))
        if one.measure is Measure.DENOMINATOR and self.table.n[one.cell] < self.policy.minimum:
            below = float(self.table.n[one.cell] - view.floor[one.cell])
            reach = self._side(one, view, 1.0, below)
            if below > 0 and reach is not None:
                cuts.append(_capped(one.cell, below, [reach]))
        return cuts

    def of_surroundings(self, cell: int, view: View) -> Cut:
        """The weakest cut, always right: unless something beside this component is hidden too, nothing changes."""
        relations = self.table.relations
        inside, waiting = {cell}, [cell]
        beside = set[int]()
        while waiting:
            for number in relations.touching[waiting.pop()]:
                for other in relations.members[number]:
                    if not view.hidden[other]:
                        beside.add(other)
                    elif other not in inside:
                        inside.add(other)
                        waiting.append(other)
        return Cut(tuple((other, 1.0) for other in sorted(beside)), 1.0, tuple(sorted(inside)))

    def _need(self, measure: Measure) -> int:
        return self.policy.minimum if measure is Measure.DENOMINATOR else self.policy.numerator_width

    def _side(self, one: Exposure, view: View, direction: float, need: float) -> dict[int, float] | None:
        """Per cell, how far hiding it can move the exposed count one way; -1 stands for what sums hold beside parts."""
        relations = self.table.relations
        cells, sums = self._component(one.cell, view)
        place = {cell: column for column, cell in enumerate(cells)}
        rows, columns, signs, slack = list[int](), list[int](), list[float](), list[int]()
        for row, number in enumerate(sums):
            for position, cell in enumerate(relations.members[number]):
                rows.append(row)
                columns.append(place[cell])
                signs.append(-1.0 if position == 0 else 1.0)
            if not relations.complete[number]:
                rows.append(row)
                columns.append(len(cells) + len(slack))
                signs.append(1.0)
                slack.append(number)
        values = self.counts[one.measure][cells]
        floor = self.least[cells] if one.measure is Measure.DENOMINATOR else np.zeros(len(cells), dtype=np.int64)
        floor = np.minimum(floor, values)
        unseen = view.hidden[cells]
        room = np.concatenate([values - floor, np.array([self.beside[one.measure][n] for n in slack], dtype=np.int64)])
        objective = np.zeros(len(room))
        objective[place[one.cell]] = direction
        free = [*unseen.tolist(), *[True] * len(slack)]
        box: list[tuple[float, float | None]] = [
            (-float(space), None) if loose else (0.0, 0.0) for space, loose in zip(room, free, strict=True)
        ]
        matrix = np.zeros((len(sums), len(room)))
        matrix[rows, columns] = signs
        result = linprog(objective, A_eq=matrix, b_eq=np.zeros(len(sums)), bounds=box, method="highs")
        if result.status != 0:
            return None
        reduced = objective - matrix.T @ result.eqlin.marginals
        weights: dict[int, float] = {}
        for cell, rate, space in zip([*cells, *[-1] * len(slack)], reduced, room, strict=True):
            # The count moves by -rate * d: with a positive rate downwards only as far as there is room, else unlimited.
            weight = rate * float(space) if rate > 1e-9 else need if rate < -1e-9 else 0.0
            weights[cell] = weights.get(cell, 0.0) + weight
        return weights

    def _component(self, cell: int, view: View) -> tuple[list[int], list[int]]:
        relations = self.table.relations
        sums, seen, waiting = set[int](), {cell}, [cell]
        while waiting:
            for number in relations.touching[waiting.pop()]:
                if number not in sums:
                    sums.add(number)
                    fresh = [other for other in relations.members[number] if view.hidden[other] and other not in seen]
                    seen.update(fresh)
                    waiting.extend(fresh)
        cells = sorted({member for number in sums for member in relations.members[number]} | {cell})
        return cells, sorted(sums)


def _capped(cell: int, need: float, sides: list[dict[int, float]]) -> Cut:
    """The cut that asks for `need` of the sides together; nothing counts for more than that."""
    together: dict[int, float] = {}
    for side in sides:
        for other, weight in side.items():
            together[other] = together.get(other, 0.0) + weight
    beside = together.pop(-1, 0.0)
    kept = tuple(
        (other, min(need, float(np.ceil(weight - 1e-6)))) for other, weight in sorted(together.items()) if weight > 1e-6
    )
    return Cut(kept, need, (cell,), beside)
