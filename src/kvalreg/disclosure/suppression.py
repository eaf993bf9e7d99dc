"""Complementary suppression: which further groups to suppress so that nobody can compute the primary ones.

Owns the search. Input: a `TableSystem` (SECRET). Output: a mask of suppressed groups on which the attack fails. It
knows nothing of registries, uses no randomness, and suppresses nothing where nothing must be.

Method
------
Start with the primary groups, attack, and turn every exposed variable into cuts (`cuts`): inequalities that every safe
pattern satisfies. The cheapest pattern that satisfies all cuts so far (`master_problem`) is attacked next. If it is
safe it is optimal, since no cut ever excludes a safe pattern: Benders' decomposition with cuts from the attacker
subproblems. In each iteration a pattern that satisfies the cuts is also found quickly (`greedy_repair`), attacked and
repaired until it is safe: the incumbent. As soon as the lower bound shows that no pattern is cheaper than the incumbent
by a cell, the search is over.

Two shortcuts give up a little optimality for speed. Where one more group protects a region and needs no further one, it
is suppressed before the search (preselection). And after `MAX_ITERATIONS` iterations the incumbent is taken, proven
optimal or not.

What is already public may leave no safe pattern. Then the attack on full suppression tells which exposures are
unavoidable: these are not counted, and everything else is protected as ever.

"Cheapest" is, in this order: the nation is published; few cells; cells suppressed earlier rather than others (four of
them for three others); few patients (by rank), as far as that needs no search; first in the order of the groups.

Worked example: trust 40 = A 3 + B 12 + C 25, secret below 5, A primary.
Attack on {A}: A = 40 - 12 - 25, exposed. Its sum gives ``h_trust + h_A + h_B + h_C >= 2`` and ``2 h_A + 5 h_B + 5 h_C
+ 5 h_trust >= 5``.
B and C and the trust each satisfy both; they cost 1 each, and B has the fewest patients: {A, B}.
Attack on {A, B}: A lies in 1 to 14, B too. Nothing is exposed, so {A, B} is the answer.

Source: Fischetti M, Salazar-González JJ. Solving the cell suppression problem on tabular data with linear constraints.
*Management Science* 2001;47:1008-1027.
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
"""Solutions of the master problem that are attacked before the incumbent is taken."""
MAX_REPAIRS = 100
"""Repairs in one iteration. If none is safe, full suppression is reduced group by group."""


def suppress(system: TableSystem, attack: Attack | None = None) -> BoolArray:
    """The groups to suppress: all primary ones, and as few others as are needed.

    Parameters
    ----------
    system
        Variables, equations, and what must be suppressed.
    attack
        An attack on the same system, with its cached results.

    Returns
    -------
    Mask of shape (groups,). What is already public may expose variables whatever is suppressed: attack the result, as
    before any release.

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
    """The attackers from whom a system is protected: one who makes all assumptions, and others who make fewer.

    An attacker with more equations computes more, so mostly the first is the only one that matters. But what earlier
    editions expose to the first, whatever is suppressed, can often still be protected from the others.

    Parameters
    ----------
    system
        What can be suppressed, and what can be protected from the first.
    attacks
        One for each.

    Notes
    -----
    Worked example: June suppressed A 3; in December hospital D appears with 3. Who assumes that A has become D knows A,
    whatever is suppressed now. Who does not must not be able to subtract: A is protected from this second attacker.
    """

    system: TableSystem
    attacks: tuple[Attack, ...]

    @classmethod
    def from_system(cls, system: TableSystem) -> Self:
        """The attackers of a system: the next one is needed only while something is unavoidable for the one before."""
        # From all assumptions to none; the third uses likely equations, but only those that hold exactly.
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
        # All must agree on what can be suppressed: the last one, for whom the most can be protected, decides.
        suppressible = attainable_attacks[-1][0].suppressible
        attacks = [
            Attack(replace(attainable, suppressible=suppressible), previous=attack)
            for attainable, attack in attainable_attacks
        ]
        return cls(attacks[0].system, tuple(attacks))

    def run(self, suppressed: BoolArray, max_explained: int | None = None) -> list[AttackResult]:
        """What is exposed to any of them."""
        return [result for attack in self.attacks for result in attack.run(suppressed, max_explained)]

    def exposures(self, suppressed: BoolArray) -> set[Exposure]:
        """Variables that are exposed to any of them."""
        return {exposure for result in self.run(suppressed) for exposure in result.exposures}


def with_attainable_protection(system: TableSystem, attack: Attack | None = None) -> TableSystem:
    """The same system with attainable protection levels, and without groups whose suppression would protect nothing.

    A variable whose interval is too narrow even under full suppression gets the width that it has there as its
    protection level; one that is determined needs none. A group with only determined variables is not suppressible.

    Parameters
    ----------
    attack
        An attack on the same system that finds every exposed variable.
    """
    attack = attack or Attack(system, find_all=True)
    full_suppression = system.primary | system.suppressible
    unavoidable = attack.exposures(full_suppression)
    if not unavoidable:
        return system
    # Lower the requirements to what full suppression attains: small ones whose lower bound is raised anyway, intervals
    # that are too narrow anyway, and variables that are determined anyway.
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
    """What is exposed even under full suppression: what is already public exposes it."""
    return Attack(system, find_all=True).exposures(system.primary | system.suppressible)


def _determined_groups(system: TableSystem, groups: Sequence[int]) -> list[int]:
    """Those of some groups whose variables are all determined even under full suppression."""
    # A probe: the same system in which each of these variables asks for an interval of at least 1.
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
    """A mask on which the attack finds nothing; None if there is none."""
    # 1. Primary suppression may be enough by itself, or with one preselected group per region.
    master = MasterProblem(attackers.system)
    search = _BendersSearch(master, attackers)
    suppressed = attackers.system.primary
    attack_results = attackers.run(suppressed)
    if attack_results:
        suppressed = master.preselect(suppressed, attack_results)
        attack_results = attackers.run(suppressed)
    if not attack_results:
        return suppressed
    # 2. The search, without the preselection that was not enough; 3. what preselection made redundant is published.
    master.deselect_near(attack_results)
    mask = search.run(suppressed)
    return None if mask is None else search.remove_redundant(mask, master.preselected)


class _BendersSearch:
    """Iterations of master problem and attack, with the best safe pattern so far, the incumbent."""

    def __init__(self, master: MasterProblem, attackers: Attackers) -> None:
        self.master = master
        self.attackers = attackers

    def run(self, suppressed: BoolArray) -> BoolArray | None:
        """A safe mask: an optimal one, or the incumbent when the search ends before that; None if there is none."""
        incumbent: BoolArray | None = None
        cost = self.master.additional_cost
        for _ in range(MAX_ITERATIONS):
            # The cheapest pattern for the cuts so far: if it is safe, it is optimal.
            attack_results = self.attackers.run(suppressed)
            if not attack_results:
                return suppressed
            # If not, it is excluded by new cuts, and repaired for a better incumbent.
            self.master.add_cuts(attack_results)
            incumbent = min(
                (mask for mask in (incumbent, self._repair_until_safe(suppressed)) if mask is not None),
                key=cost,
                default=None,
            )
            if incumbent is not None and self.master.is_known_optimal(incumbent):
                return incumbent
            optimum = self.master.solve()
            if optimum is None:
                break
            suppressed = optimum
            # The master's optimum is a lower bound: the incumbent is as good, but for patients.
            if incumbent is not None and cost(incumbent) < cost(suppressed) + COST_OF_PATIENTS:
                return incumbent if self.attackers.run(suppressed) else min(incumbent, suppressed, key=cost)
        return self._reduce_full_suppression() if incumbent is None else incumbent

    def _repair_until_safe(self, suppressed: BoolArray) -> BoolArray | None:
        """A safe pattern that satisfies all cuts, also those added on the way; None if none is found."""
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
        """Full suppression, if that is safe, without its redundant groups."""
        full_suppression = self.master.primary | self.master.suppressible
        return (
            None
            if self.attackers.run(full_suppression)
            else self.remove_redundant(full_suppression, self.master.suppressible)
        )

    def remove_redundant(self, suppressed: BoolArray, removable: BoolArray) -> BoolArray:
        """Publish again, the costliest first, each of these groups without which the attack still fails."""
        extra_groups = np.flatnonzero(suppressed & removable & ~self.master.primary).tolist()
        for group in sorted(extra_groups, key=lambda group: -float(self.master.cost[group])):
            reduced = suppressed.copy()
            reduced[group] = False
            if not self.attackers.run(reduced, max_explained=1):
                suppressed = reduced
        return suppressed
