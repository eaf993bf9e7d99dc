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

from kvalreg.arrays import BoolArray
from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.attacker_subproblem import AttackResult, Exposure
from kvalreg.disclosure.blocks import COST_OF_PATIENTS
from kvalreg.disclosure.master_problem import MasterProblem
from kvalreg.disclosure.system import PUBLIC, EquationCertainty, TableSystem

MAX_ITERATIONS = 4
"""Attempts at a cheapest choice before the best safe one is taken."""
MAX_REPAIRS = 100
"""Steps towards a safe choice in one attempt; without any, everything is suppressed at last, and shown one by one."""


def suppress(system: TableSystem, attack: Attack | None = None) -> BoolArray:
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
    attackers = (
        Attackers.from_system(system)
        if (system.group == PUBLIC).any()
        else Attackers(system, (attack or Attack(system),))
    )
    mask = _find_safe_mask(attackers)
    return attackers.system.primary | attackers.system.suppressible if mask is None else mask


@dataclass(frozen=True, eq=False)
class Attackers:
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

    system: TableSystem
    attacks: tuple[Attack, ...]

    @classmethod
    def from_system(cls, system: TableSystem) -> Self:
        """What can be protected from each, as long as something cannot be protected from the one before."""
        first = attack = Attack(system, find_all=True)
        attainable_attacks = [(with_attainable_protection(system, attack), attack)]
        for max_certainty, without_slack in (
            (EquationCertainty.LIKELY, False),
            (EquationCertainty.LIKELY, True),
            (EquationCertainty.CERTAIN, False),
        ):
            if attainable_attacks[-1][0] is attainable_attacks[-1][1].system:
                break
            restricted = system.restricted_to(max_certainty, without_slack=without_slack)
            if len(restricted.equations) == len(attainable_attacks[-1][1].system.equations):
                continue
            attack = Attack(restricted, find_all=True, previous=first)
            attainable_attacks.append((with_attainable_protection(restricted, attack), attack))
        suppressible = attainable_attacks[-1][0].suppressible
        attacks = [
            Attack(replace(attainable, suppressible=suppressible), previous=attack)
            for attainable, attack in attainable_attacks
        ]
        return cls(attacks[0].system, tuple(attacks))

    def run(self, suppressed: BoolArray, max_explained: int | None = None) -> list[AttackResult]:
        """What is given away to any of them."""
        return [result for attack in self.attacks for result in attack.run(suppressed, max_explained)]

    def exposures(self, suppressed: BoolArray) -> set[Exposure]:
        """Counts that are given away to any of them."""
        return {exposure for result in self.run(suppressed) for exposure in result.exposures}


def with_attainable_protection(system: TableSystem, attack: Attack | None = None) -> TableSystem:
    """The same system with the protection that is possible, and without groups that would hide nothing.

    A count that is narrower than it must be where everything is suppressed keeps the width it has there; one that is
    told exactly is left out of account. A group whose counts are all told exactly guards nobody: it is shown.

    Parameters
    ----------
    attack
        An attack on the same system that finds every exposed count.
    """
    attack = attack or Attack(system, find_all=True)
    full_suppression = system.primary | system.suppressible
    unavoidable = attack.exposures(full_suppression)
    if not unavoidable:
        return system
    protection_level, is_small, suppressible = (
        system.protection_level.copy(),
        system.is_small.copy(),
        system.suppressible.copy(),
    )
    is_small[[exposure.variable for exposure in unavoidable if exposure.lower_bound_raised]] = False
    widths = attack.widths(
        full_suppression, [exposure.variable for exposure in unavoidable if not exposure.lower_bound_raised]
    )
    protection_level[list(widths)] = list(widths.values())
    determined = [variable for variable, width in widths.items() if not width]
    is_small[determined] = False
    suppressible[
        _determined_groups(system, sorted({int(system.group[variable]) for variable in determined} - {PUBLIC}))
    ] = False
    return replace(system, protection_level=protection_level, is_small=is_small, suppressible=suppressible)


def unavoidable_exposures(system: TableSystem) -> set[Exposure]:
    """What is exposed even where everything that can be is suppressed: public facts give it away."""
    return Attack(system, find_all=True).exposures(system.primary | system.suppressible)


def _determined_groups(system: TableSystem, groups: Sequence[int]) -> list[int]:
    """Those of some groups whose counts are all told exactly where everything that can be is suppressed."""
    is_printed = np.isin(system.group, groups)
    probe = replace(
        system,
        protection_level=is_printed.astype(np.int64),
        is_small=np.zeros_like(system.is_small),
        protecting_group=system.group,
    )
    determined = [exposure.variable for exposure in unavoidable_exposures(probe)]
    n_determined = np.bincount(system.group[determined], minlength=system.n_groups)
    return [
        group
        for group in groups
        if system.suppressible[group] and n_determined[group] == len(system.variables_by_group[group])
    ]


def _find_safe_mask(attackers: Attackers) -> BoolArray | None:
    """A mask on which the attack finds nothing; None where there is none."""
    master = MasterProblem(attackers.system)
    search = _BendersSearch(master, attackers)
    suppressed = attackers.system.primary
    attack_results = attackers.run(suppressed)
    if attack_results:
        suppressed = master.preselect(suppressed, attack_results)
        attack_results = attackers.run(suppressed)
    if not attack_results:
        return suppressed
    master.deselect_near(attack_results)
    mask = search.run(suppressed)
    return None if mask is None else search.remove_redundant(mask, master.preselected)


class _BendersSearch:
    """Attempts at a cheapest safe choice, and the best safe one met on the way."""

    def __init__(self, master: MasterProblem, attackers: Attackers) -> None:
        self.master = master
        self.attackers = attackers

    def run(self, suppressed: BoolArray) -> BoolArray | None:
        """Attempt, attack, learn, until an attempt is safe or shows that none is cheaper than the best safe one."""
        best: BoolArray | None = None
        cost = self.master.additional_cost
        for _ in range(MAX_ITERATIONS):
            attack_results = self.attackers.run(suppressed)
            if not attack_results:
                return suppressed
            self.master.add_cuts(attack_results)
            best = min(
                (mask for mask in (best, self._repair_until_safe(suppressed)) if mask is not None),
                key=cost,
                default=None,
            )
            if best is not None and self.master.is_known_optimal(best):
                return best
            optimum = self.master.solve()
            if optimum is None:
                break
            suppressed = optimum
            if best is not None and cost(best) < cost(suppressed) + COST_OF_PATIENTS:
                return best if self.attackers.run(suppressed) else min(best, suppressed, key=cost)
        return self._reduce_full_suppression() if best is None else best

    def _repair_until_safe(self, suppressed: BoolArray) -> BoolArray | None:
        """A safe choice that satisfies all that has been learned, on the way too; None where none is met."""
        for _ in range(MAX_REPAIRS):
            repaired = self.master.repair(suppressed)
            if repaired is None:
                return None
            attack_results = self.attackers.run(repaired)
            if not attack_results:
                return repaired
            self.master.add_cuts(attack_results)
            suppressed = repaired
        return None

    def _reduce_full_suppression(self) -> BoolArray | None:
        """Everything suppressed, as far as that is safe, and shown again one by one."""
        full_suppression = self.master.primary | self.master.suppressible
        return (
            None
            if self.attackers.run(full_suppression)
            else self.remove_redundant(full_suppression, self.master.suppressible)
        )

    def remove_redundant(self, suppressed: BoolArray, removable: BoolArray) -> BoolArray:
        """Show again, the costliest first, each of these groups without which the attack still fails."""
        extra_groups = np.flatnonzero(suppressed & removable & ~self.master.primary).tolist()
        for group in sorted(extra_groups, key=lambda group: -float(self.master.cost[group])):
            reduced = suppressed.copy()
            reduced[group] = False
            if not self.attackers.run(reduced, max_explained=1):
                suppressed = reduced
        return suppressed
