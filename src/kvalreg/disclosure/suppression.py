"""Complementary suppression: which further cells to hide so that nobody can work out the hidden ones.

Owns the choice. What comes in is a `Table` (SECRET) and a `Policy`; what goes out is a mask of hidden cells on which
the attack fails. It knows nothing of registries, never chooses by chance, and hides nothing where nothing must be.

Method
------
Start with the cells that must be hidden, attack, and turn every exposed cell into cuts (`cuts`): inequalities that
every safe choice satisfies. The cheapest choice that satisfies all cuts so far (`choice`) is the next attempt; if it
withstands the attack it is a cheapest safe choice, since no cut ever excludes a safe one: Benders' decomposition as in
Fischetti and Salazar-Gonzalez (2001), with the exact attack of `attack` as the judge. Beside it a choice that satisfies
the cuts is made quickly (`mending`), attacked and mended until it is safe. As soon as no choice can be cheaper by a
cell, by the cuts alone, the search is over.

Two shortcuts give up a little for speed. Where one more cell settles a place and asks for no further one, it is taken
at once. And after `ATTEMPTS` attempts the best safe choice is taken, proven cheapest or not. On small tables the number
of hidden cells is the optimum in more than 99 of 100 cases, and one more otherwise (`docs/methods/disclosure.md`).

What is already public may leave no safe choice. Then everything is hidden for a moment: what is exposed even so is
hopeless, and left out of account; everything else is protected as ever.

"Cheapest" is, in this order: the nation is not hidden; few cells; cells hidden earlier rather than others (four of them
for three others); few patients (by rank), as far as that costs no search; first in the order of the cells.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kvalreg.disclosure.attack import Exposure, Judge
from kvalreg.disclosure.blocks import COST_OF_PATIENTS
from kvalreg.disclosure.cells import Policy, Table
from kvalreg.disclosure.choice import Choice
from kvalreg.disclosure.relations import BoolArray

ATTEMPTS = 12
"""Attempts at a cheapest choice before the best safe one is taken."""
MENDS = 30
"""Steps towards a safe choice in one attempt; without any, everything is hidden at last, and shown one by one."""


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
    Mask of shape (cells,). Nothing beyond `Table.demanded` when nothing of that is exposed. What facts that are already
    public (`Table.known`) give away whatever is hidden now cannot be protected: run `exposed` on the result, as for any
    release.

    Notes
    -----
    Worked example: nation 100 = HF1 40 + HF2 60, HF1 = A 3 + B 12 + C 25. A must be hidden. B is hidden with it: their
    sum 15 leaves A between 1 and 14. C would do as well, but has more patients.
    """
    judge = Judge(table, policy)
    everything = _Limits(~table.mask("known") & (table.n > 0), frozenset())
    found = _search(table, judge, everything)
    if found is None:
        found = _search(table, judge, _limits(table, judge))
    return table.demanded if found is None else found


class _Limits(NamedTuple):
    """What can be hidden at all, and what is exposed even then."""

    possible: BoolArray
    hopeless: frozenset[Exposure]


def _limits(table: Table, judge: Judge) -> _Limits:
    """Hide everything, and learn from what is exposed all the same: public facts give it away.

    A cell that need not be hidden is shown then: hidden, it would be exposed and protect nobody.
    """
    possible = ~table.mask("known") & (table.n > 0)
    while True:
        hopeless = frozenset(judge.exposures(table.demanded | possible))
        useless = {one.cell for one in hopeless if possible[one.cell] and not table.demanded[one.cell]}
        if not useless:
            return _Limits(possible, hopeless)
        possible[list(useless)] = False


def _search(table: Table, judge: Judge, limits: _Limits) -> BoolArray | None:
    """A mask on which the attack finds nothing but what is hopeless; None where there is none."""
    choice = Choice(table, judge.policy, limits.possible, frozenset(one.cell for one in limits.hopeless))
    search = _Search(choice, judge, limits.hopeless)
    hidden = table.demanded
    exposures = search.exposures(hidden)
    if exposures:
        hidden = choice.settle(table.view(hidden), exposures)
        exposures = search.exposures(hidden)
    if not exposures:
        return hidden
    choice.reconsider(table.view(hidden), exposures)
    found = search.run(hidden)
    return None if found is None else search.thin(found, choice.settled)


class _Search:
    """Attempts at a cheapest safe choice, and the best safe one met on the way."""

    def __init__(self, choice: Choice, judge: Judge, hopeless: frozenset[Exposure]) -> None:
        self.choice = choice
        self.judge = judge
        self.hopeless = hopeless

    def run(self, hidden: BoolArray) -> BoolArray | None:
        """Attempt, attack, learn, until an attempt is safe or shows that none is cheaper than the best safe one."""
        best: BoolArray | None = None
        price = self.choice.price
        for _ in range(ATTEMPTS):
            exposures = self.exposures(hidden)
            if not exposures:
                return hidden
            self.choice.learn(self.choice.table.view(hidden), exposures)
            best = min((one for one in (best, self._mend(hidden)) if one is not None), key=price, default=None)
            if best is not None and self.choice.none_cheaper(best):
                return best
            cheapest = self.choice.cheapest()
            if cheapest is None:
                return best
            hidden = cheapest
            if best is not None and price(best) < price(hidden) + COST_OF_PATIENTS:
                return best if self.exposures(hidden) else min(best, hidden, key=price)
        return self._thinned() if best is None else best

    def exposures(self, hidden: BoolArray) -> list[Exposure]:
        """What the attack finds, except what is hopeless."""
        return [one for one in self.judge.exposures(hidden) if one not in self.hopeless]

    def _mend(self, hidden: BoolArray) -> BoolArray | None:
        """A safe choice that satisfies all that has been learned, on the way too; None where none is met."""
        for _ in range(MENDS):
            mended = self.choice.mended(hidden)
            if mended is None:
                return None
            exposures = self.exposures(mended)
            if not exposures:
                return mended
            self.choice.learn(self.choice.table.view(mended), exposures)
            hidden = mended
        return None

    def _thinned(self) -> BoolArray | None:
        """Everything hidden, as far as that is safe, and shown again one by one."""
        everything = self.choice.demanded | self.choice.possible
        return None if self.exposures(everything) else self.thin(everything, self.choice.possible)

    def thin(self, hidden: BoolArray, cells: BoolArray) -> BoolArray:
        """Show again, the costliest first, each of these cells without which the attack still fails."""
        extra = np.flatnonzero(hidden & cells & ~self.choice.demanded).tolist()
        for cell in sorted(extra, key=lambda cell: -float(self.choice.cost[cell])):
            fewer = hidden.copy()
            fewer[cell] = False
            if not self.exposures(fewer):
                hidden = fewer
        return hidden
