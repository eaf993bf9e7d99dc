"""Complementary suppression: which further groups to suppress so that nobody can work out the primary ones.

Owns the search. What comes in is a `System` (SECRET); what goes out is a mask of suppressed groups on which the attack
fails. It knows nothing of registries, never chooses by chance, and suppresses nothing where nothing must be.

Method
------
Start with the primary groups, attack, and turn every exposed count into cuts (`cuts`): inequalities that every safe
choice satisfies. The cheapest choice that satisfies all cuts so far (`choice`) is the next attempt; if it withstands
the attack it is a cheapest safe choice, since no cut ever excludes a safe one: Benders' decomposition as in Fischetti
and Salazar-González (2001), with the attack itself as the judge. Beside it a choice that satisfies the cuts is made
quickly (`mending`), attacked and mended until it is safe. As soon as no choice can be cheaper by a cell, by the cuts
alone, the search is over.

Two shortcuts give up a little for speed. Where one more group settles a place and asks for no further one, it is taken
at once. And after `ATTEMPTS` attempts the best safe choice is taken, proven cheapest or not.

What is already public may leave no safe choice. Then everything is suppressed for a moment: what is exposed even so is
hopeless, and left out of account; everything else is protected as ever.

"Cheapest" is, in this order: the nation is shown; few cells; cells suppressed earlier rather than others (four of them
for three others); few patients (by rank), as far as that costs no search; first in the order of the groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from kvalreg.disclosure.attack import Attack, Exposure, Finding
from kvalreg.disclosure.blocks import COST_OF_PATIENTS
from kvalreg.disclosure.choice import Choice
from kvalreg.disclosure.system import PUBLIC, BoolArray, Certainty, System

ATTEMPTS = 4
"""Attempts at a cheapest choice before the best safe one is taken."""
MENDS = 100
"""Steps towards a safe choice in one attempt; without any, everything is suppressed at last, and shown one by one."""


def suppress(system: System, attack: Attack | None = None) -> BoolArray:
    """The groups to suppress: all primary ones, and as few others as are needed.

    Parameters
    ----------
    system
        Counts, equations, and what must be suppressed.
    attack
        An attack on the same system, which remembers what it has met.

    Returns
    -------
    Mask of shape (groups,). What facts that are already public give away whatever is suppressed cannot be protected:
    run the attack on the result, as for any release.

    Notes
    -----
    Worked example: nation 100 = HF1 40 + HF2 60, HF1 = A 3 + B 12 + C 25. A is primary. B is suppressed with it: their
    sum 15 leaves A between 1 and 14. C would do as well, but has more patients.
    """
    readers = Readers.of(system) if (system.group == PUBLIC).any() else Readers(system, (attack or Attack(system),))
    found = _search(readers)
    return readers.system.primary | readers.system.possible if found is None else found


@dataclass(frozen=True, eq=False)
class Readers:
    """Those from whom a system is protected: one who supposes all there is to suppose, and those who suppose less.

    Mostly the first is the only one to look at. But what earlier editions give away to the first, whatever is
    suppressed, can often still be protected from the others.

    Parameters
    ----------
    system
        What can be suppressed, and what can be protected from the first.
    attacks
        Of each of them.
    """

    system: System
    attacks: tuple[Attack, ...]

    @classmethod
    def of(cls, system: System) -> Self:
        """What can be protected from each, as long as something cannot be protected from the one before."""
        first = attack = Attack(system, every=True)
        known = [(relaxed(system, attack), attack)]
        for most, exact in ((Certainty.LIKELY, False), (Certainty.LIKELY, True), (Certainty.CERTAIN, False)):
            if known[-1][0] is known[-1][1].system:
                break
            less = system.known_to(most, exact=exact)
            if len(less.equations) == len(known[-1][1].system.equations):
                continue
            attack = Attack(less, every=True, known=first)
            known.append((relaxed(less, attack), attack))
        possible = known[-1][0].possible
        attacks = [Attack(replace(one, possible=possible), known=attack) for one, attack in known]
        return cls(attacks[0].system, tuple(attacks))

    def findings(self, suppressed: BoolArray, most: int | None = None) -> list[Finding]:
        """What is given away to any of them."""
        return [one for attack in self.attacks for one in attack.findings(suppressed, most)]

    def exposures(self, suppressed: BoolArray) -> set[Exposure]:
        """Counts that are given away to any of them."""
        return {one for finding in self.findings(suppressed) for one in finding.exposures}


def relaxed(system: System, attack: Attack | None = None) -> System:
    """The same system with the protection that is possible, and without groups that would hide nothing.

    A count that is narrower than it must be where everything is suppressed keeps the width it has there; one that is
    told exactly is left out of account. A group whose counts are all told exactly guards nobody: it is shown.

    Parameters
    ----------
    attack
        An attack on the same system that finds every exposed count.
    """
    attack = attack or Attack(system, every=True)
    everything = system.primary | system.possible
    left = attack.exposures(everything)
    if not left:
        return system
    need, small, possible = system.need.copy(), system.small.copy(), system.possible.copy()
    small[[one.at for one in left if one.raised]] = False
    widths = attack.widths(everything, [one.at for one in left if not one.raised])
    need[list(widths)] = list(widths.values())
    exact = [at for at, width in widths.items() if not width]
    small[exact] = False
    possible[_told(system, sorted({int(system.group[at]) for at in exact} - {PUBLIC}))] = False
    return replace(system, need=need, small=small, possible=possible)


def hopeless(system: System) -> set[Exposure]:
    """What is exposed even where everything that can be is suppressed: public facts give it away."""
    return Attack(system, every=True).exposures(system.primary | system.possible)


def _told(system: System, groups: Sequence[int]) -> list[int]:
    """Those of some groups whose counts are all told exactly where everything that can be is suppressed."""
    printed = np.isin(system.group, groups)
    own = replace(system, need=printed.astype(np.int64), small=np.zeros_like(system.small), protected_with=system.group)
    exact = [one.at for one in hopeless(own)]
    told = np.bincount(system.group[exact], minlength=system.groups)
    return [one for one in groups if system.possible[one] and told[one] == len(system.counts_of[one])]


def _search(readers: Readers) -> BoolArray | None:
    """A mask on which the attack finds nothing; None where there is none."""
    choice = Choice(readers.system)
    search = _Search(choice, readers)
    suppressed = readers.system.primary
    findings = readers.findings(suppressed)
    if findings:
        suppressed = choice.settle(suppressed, findings)
        findings = readers.findings(suppressed)
    if not findings:
        return suppressed
    choice.reconsider(findings)
    found = search.run(suppressed)
    return None if found is None else search.thin(found, choice.settled)


class _Search:
    """Attempts at a cheapest safe choice, and the best safe one met on the way."""

    def __init__(self, choice: Choice, readers: Readers) -> None:
        self.choice = choice
        self.readers = readers

    def run(self, suppressed: BoolArray) -> BoolArray | None:
        """Attempt, attack, learn, until an attempt is safe or shows that none is cheaper than the best safe one."""
        best: BoolArray | None = None
        price = self.choice.price
        for _ in range(ATTEMPTS):
            findings = self.readers.findings(suppressed)
            if not findings:
                return suppressed
            self.choice.learn(findings)
            best = min((one for one in (best, self._mend(suppressed)) if one is not None), key=price, default=None)
            if best is not None and self.choice.none_cheaper(best):
                return best
            cheapest = self.choice.cheapest()
            if cheapest is None:
                break
            suppressed = cheapest
            if best is not None and price(best) < price(suppressed) + COST_OF_PATIENTS:
                return best if self.readers.findings(suppressed) else min(best, suppressed, key=price)
        return self._thinned() if best is None else best

    def _mend(self, suppressed: BoolArray) -> BoolArray | None:
        """A safe choice that satisfies all that has been learned, on the way too; None where none is met."""
        for _ in range(MENDS):
            mended = self.choice.mended(suppressed)
            if mended is None:
                return None
            findings = self.readers.findings(mended)
            if not findings:
                return mended
            self.choice.learn(findings)
            suppressed = mended
        return None

    def _thinned(self) -> BoolArray | None:
        """Everything suppressed, as far as that is safe, and shown again one by one."""
        everything = self.choice.primary | self.choice.possible
        return None if self.readers.findings(everything) else self.thin(everything, self.choice.possible)

    def thin(self, suppressed: BoolArray, groups: BoolArray) -> BoolArray:
        """Show again, the costliest first, each of these groups without which the attack still fails."""
        extra = np.flatnonzero(suppressed & groups & ~self.choice.primary).tolist()
        for group in sorted(extra, key=lambda group: -float(self.choice.cost[group])):
            fewer = suppressed.copy()
            fewer[group] = False
            if not self.readers.findings(fewer, most=1):
                suppressed = fewer
        return suppressed
