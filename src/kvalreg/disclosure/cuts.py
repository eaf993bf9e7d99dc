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
from math import ceil

import numpy as np

from kvalreg.disclosure.attack import Exposure, Measure
from kvalreg.disclosure.cells import Policy, Table, View
from kvalreg.disclosure.coupling import Coupling, Shares
from kvalreg.disclosure.relations import IntArray
from kvalreg.disclosure.separation import OUTSIDE, Barrier, Room, Surroundings


@dataclass(frozen=True)
class Cut:
    """``sum(weight of the hidden cells) + beside >= need``, asked only while every cell of `owners` is hidden.

    An owner ``size + r`` stands for "some judged cell of sum r is hidden" (`Reasons.judged`). `beside` is what is never
    shown anyway: what an incomplete total holds besides its listed parts.
    """

    weights: tuple[tuple[int, float], ...]
    need: float
    owners: tuple[int, ...]
    beside: float = 0.0

    def broken(self, hidden: set[int]) -> bool:
        """True when these hidden cells, among them all owners, break the cut."""
        return self.beside + sum(weight for cell, weight in self.weights if cell in hidden) < self.need - 1e-6


class Reasons:
    """Derives cuts for one table under one policy.

    `judged`: per sum, the members that must not be known when hidden. A cell that is not presented is none of them
    unless it is small, and its numerator never is.
    """

    def __init__(self, table: Table, policy: Policy) -> None:
        self.table = table
        self.policy = policy
        excess = table.relations.excess
        misses = None if table.x is None else table.n - table.x
        self.counts: dict[Measure, IntArray] = {Measure.DENOMINATOR: table.n}
        if table.x is not None and misses is not None:
            self.counts |= {Measure.NUMERATOR: table.x, Measure.MISSES: misses}
        absent = table.mask("absent")
        self.judged = tuple(
            tuple(cell for cell in cells if not absent[cell] or 0 < table.n[cell] < policy.minimum)
            for cells in table.relations.members
        )
        self.seen = [not absent[list(cells)].any() for cells in table.relations.members]
        self.lists = {measure: values.tolist() for measure, values in self.counts.items()}
        self.beside = {measure: excess(values).tolist() for measure, values in self.counts.items()}
        self.least = np.where(absent | (table.n == 0), 0, 1)
        self.floor = self.least.tolist()
        self.nothing = [0] * len(self.floor)
        start = table.view(table.primary)
        floors = {
            measure: np.minimum(self.least if measure is Measure.DENOMINATOR else 0, values)
            for measure, values in self.counts.items()
        }
        self._rooms = {
            measure: Room((values - floors[measure]).tolist(), self.beside[measure])
            for measure, values in self.counts.items()
        }
        self.shares = (
            None
            if table.x is None
            else Shares(self._rooms[Measure.NUMERATOR], self._rooms[Measure.MISSES], self.least.tolist())
        )
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
            unasked = need == 0 or not self.seen[number] or self.told[measure][parts].all()
            if measure is not Measure.DENOMINATOR and unasked:
                continue
            floor = self.floor if measure is Measure.DENOMINATOR else self.nothing
            weights = [(cell, min(need, float(values[cell] - floor[cell]))) for cell in parts]
            kept = tuple((cell, weight) for cell, weight in [*weights, (total, need)] if weight > 0)
            cuts.append(Cut(kept, need, (touched,), float(self.beside[measure][number])))
        return cuts

    def of_attempt(self, view: View, group: tuple[int, ...], exposures: list[Exposure]) -> list[Cut]:
        """Why these cells of one component are exposed: cuts that this attempt breaks, at least one for each."""
        around = Surroundings(self.table.relations, group)
        coupling = None if self.shares is None else Coupling(around, self.shares)
        hidden = set(np.flatnonzero(view.hidden).tolist())
        cuts = list[Cut]()
        for one in exposures:
            broken = [cut for cut in self.of_many_sums(one, view, around) if cut.broken(hidden)]
            if not broken and coupling is not None:
                broken = [cut for cut in self.of_both_shares(one, view, coupling) if cut.broken(hidden)]
            cuts += broken or [self.of_surroundings(one.cell, view)]
        return cuts

    def of_many_sums(self, one: Exposure, view: View, around: Surroundings) -> list[Cut]:
        """Cuts that the best combinations of sums give, `around` the component of the exposed cell."""
        need = self._need(one.measure)
        room = self._rooms[one.measure]
        up, down = around.barriers(one.cell, 1, room, need), around.barriers(one.cell, -1, room, need)
        cuts = []
        if up is not None and down is not None:
            cuts += [_capped(one.cell, need, [*pair]) for pair in zip(_both(up), _both(down), strict=True)]
        if one.measure is Measure.DENOMINATOR and self.table.n[one.cell] < self.policy.minimum:
            below = int(self.table.n[one.cell] - view.floor[one.cell])
            reach = around.barriers(one.cell, -1, room, below) if below > 0 else None
            cuts += [_capped(one.cell, below, [barrier]) for barrier in reach or ()]
        return list(dict.fromkeys(cuts))

    def of_both_shares(self, one: Exposure, view: View, coupling: Coupling) -> list[Cut]:
        """The same from numerators and misses together."""
        need = self._need(one.measure)
        moved = (one.measure is not Measure.MISSES, one.measure is not Measure.NUMERATOR)
        up = coupling.barrier(one.cell, 1, moved, need)
        down = coupling.barrier(one.cell, -1, moved, need)
        cuts = [] if up is None or down is None else [_capped(one.cell, need, [up, down])]
        if one.measure is Measure.DENOMINATOR and self.table.n[one.cell] < self.policy.minimum:
            below = int(self.table.n[one.cell] - view.floor[one.cell])
            reach = coupling.barrier(one.cell, -1, moved, below) if below > 0 else None
            cuts += [] if reach is None else [_capped(one.cell, below, [reach])]
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


def _both(barriers: list[Barrier]) -> list[Barrier]:
    """The two barriers, which may be the same."""
    return [barriers[0], barriers[-1]]


def _capped(cell: int, need: int, sides: list[Barrier]) -> Cut:
    """The cut that asks for `need` of the sides together; nothing counts for more than that."""
    together: dict[int, float] = {}
    for side in sides:
        for other, weight in side.items():
            together[other] = together.get(other, 0.0) + weight
    beside = together.pop(OUTSIDE, 0.0)
    kept = tuple(
        (other, min(float(need), float(ceil(weight - 1e-6))))
        for other, weight in sorted(together.items())
        if weight > 1e-6
    )
    return Cut(kept, float(need), (cell,), beside)
