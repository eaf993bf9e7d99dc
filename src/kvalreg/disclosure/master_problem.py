"""The master problem: the cheapest suppression pattern that satisfies all cuts so far.

Owns what may be suppressed, what a pattern costs, and the cuts (`cuts`) that attacks have given. Input: results of
attacks on patterns that are not safe. Output: new patterns, the cheapest one or a good one quickly. It never attacks:
whether a pattern is safe is for `attack`.

Notation: h_g is 1 if group g is suppressed. A cut ``sum of a_g h_g + constant >= rhs``, conditioned on groups O, is

    sum of a_g h_g  -  rhs * sum over o in O of h_o  >=  rhs - constant - rhs * |O|,

which holds trivially as soon as one group of O is published. Groups that are suppressed in any case (``fixed``) are
constants, and so are groups that can never be.

Worked example: A is primary; the cut ``2 h_A + 3 h_B + 5 h_C >= 5`` applies while A is suppressed.
A is fixed: its 2 go to the right-hand side, and the condition is always met: ``3 h_B + 5 h_C >= 3``.
No coefficient need exceed the right-hand side: ``3 h_B + 3 h_C >= 3``; divided by it: ``h_B + h_C >= 1``.
B and C cost 1 each and have 4 and 20 patients, so B costs a little less: the solution is A and B.

Source: Fischetti M, Salazar-González JJ, *Management Science* 2001;47:1008-1027.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np

from kvalreg.arrays import BoolArray
from kvalreg.disclosure.attacker_subproblem import AttackResult
from kvalreg.disclosure.blocks import COST_OF_PATIENTS, BlockDecomposition, Inequality, MasterBlock
from kvalreg.disclosure.cuts import Cut, GroupSums
from kvalreg.disclosure.greedy_repair import CoverConstraints, greedy_repair
from kvalreg.disclosure.system import TableSystem


class MasterProblem:
    """What can be suppressed, what it costs, and the cuts so far.

    Parameters
    ----------
    system
        The groups, and the sums that they are in.
    """

    def __init__(self, system: TableSystem) -> None:
        self.system = system
        self.sums = GroupSums(system)
        self.primary = system.primary
        self.suppressible = system.suppressible
        n_groups = system.n_groups
        self.preselected = np.zeros(n_groups, dtype=np.bool_)
        self.cuts: dict[Cut, None] = {}
        self.cover_constraints = CoverConstraints(tuple(self.sums.protecting_groups), n_groups)
        self.sums_with_cuts: set[int] = set()
        # Patients add less than `COST_STEP` to the cost of all suppressed groups together, by rank: they only decide
        # between patterns that cost the same otherwise.
        rank = np.empty(n_groups)
        rank[np.lexsort((np.arange(n_groups), system.patients))] = np.arange(n_groups)
        self.cost = system.cost + rank * COST_OF_PATIENTS / (n_groups * min(n_groups, 50))
        self._update_fixed()

    def additional_cost(self, suppressed: BoolArray) -> float:
        """What a pattern costs beyond primary suppression."""
        return float(self.cost[suppressed & ~self.primary].sum())

    def preselect(self, suppressed: BoolArray, attack_results: Sequence[AttackResult]) -> BoolArray:
        """Suppress, before any search, a single group wherever one is enough and asks for no further one.

        Sums around exposed variables form a region where they share a group that could be suppressed. Each region needs
        at least one more suppressed group, so one that satisfies all its cuts is as few as can be.
        """
        # 1. The regions: sums next to exposed variables, joined while they share a candidate.
        is_suppressed: list[bool] = suppressed.tolist()
        touched_sums = {
            sum_index
            for sum_index, protecting_groups in enumerate(self.sums.protecting_groups)
            if any(is_suppressed[group] for group in protecting_groups)
        }
        regions: list[tuple[set[int], list[Inequality]]] = []
        for sum_index in sorted(touched_sums & self._adjacent_sums(attack_results)):
            inequalities = [
                inequality for cut in self.sums.cuts(sum_index) if (inequality := self._to_inequality(cut)) is not None
            ]
            if inequalities:
                groups = {group for coefficients, _ in inequalities for group, _ in coefficients}
                overlapping = [region for region in regions if not groups.isdisjoint(region[0])]
                regions = [region for region in regions if groups.isdisjoint(region[0])]
                for other_groups, other_inequalities in overlapping:
                    groups |= other_groups
                    inequalities += other_inequalities
                regions.append((groups, inequalities))
        # 2. Per region the cheapest group that satisfies all its cuts and meets no condition of a further sum.
        selected: dict[int, set[int]] = {}
        open_totals = np.zeros(self.system.n_groups, dtype=np.bool_)
        for groups, inequalities in regions:
            sufficient = [
                group
                for group in sorted(groups)
                if all(dict(coefficients).get(group, 0.0) >= rhs for coefficients, rhs in inequalities)
                and touched_sums.issuperset(self.sums.sums_by_group[group])
                and not self.sums.is_total[group]
            ]
            if sufficient:
                selected[min(sufficient, key=lambda group: float(self.cost[group]))] = groups
            else:
                open_totals[sorted(groups)] = True
        self._preselect_outside(selected, open_totals)
        return self.fixed.copy()

    def _preselect_outside(self, selected: dict[int, set[int]], open_totals: BoolArray) -> None:
        """Fix the selected groups, except below totals that may have to be suppressed.

        A suppressed total protects what is below it too, so a group there could turn out redundant. Dropping one makes
        its region open, with totals of its own: this repeats until nothing is dropped.
        """
        while True:
            is_below = self.sums.groups_below(open_totals & self.sums.is_total)
            dropped = [group for group in selected if is_below[group]]
            if not dropped:
                break
            for group in dropped:
                open_totals[sorted(selected.pop(group))] = True
        self.preselected[list(selected)] = True
        self._update_fixed()

    def deselect_near(self, attack_results: Sequence[AttackResult]) -> None:
        """Undo the preselection next to variables that are exposed all the same."""
        sum_indices = self._adjacent_sums(attack_results)
        self.preselected[[group for sum_index in sum_indices for group in self.sums.members[sum_index]]] = False
        self._update_fixed()

    def _update_fixed(self) -> None:
        self.fixed = self.primary | self.preselected
        self.candidates = ~self.fixed & self.suppressible
        self._fixed_list: list[bool] = self.fixed.tolist()
        self._candidate_list: list[bool] = self.candidates.tolist()
        sum_members = [
            [group for group in groups if self._candidate_list[group]] for groups in self.sums.protecting_groups
        ]
        self.decomposition = BlockDecomposition(self.cost, sum_members)
        self._n_cuts_read = 0
        self._cached_blocks: list[MasterBlock] | None = None

    def _adjacent_sums(self, attack_results: Sequence[AttackResult]) -> set[int]:
        """The sums with a group of a component that has an exposed variable."""
        groups = {self.system.group_list[variable] for result in attack_results for variable in result.variables}
        return {sum_index for group in groups for sum_index in self.sums.sums_by_group[group]}

    def add_cuts(self, attack_results: Sequence[AttackResult]) -> None:
        """Add cuts that exclude an unsafe pattern.

        First those of the sums around it, which need no solver; where these are known already, those from dual values.
        """
        sum_indices = self._adjacent_sums(attack_results)
        if sum_indices <= self.sums_with_cuts:
            self.cuts |= dict.fromkeys(cut for result in attack_results for cut in result.cuts)
            return
        neighbours = {
            group for sum_index in sum_indices for group in self.sums.members[sum_index] if self.candidates[group]
        }
        sum_indices |= {sum_index for group in neighbours for sum_index in self.sums.sums_by_group[group]}
        for sum_index in sorted(sum_indices - self.sums_with_cuts):
            self.cuts |= dict.fromkeys(self.sums.cuts(sum_index))
        self.sums_with_cuts |= sum_indices

    def solve(self) -> BoolArray | None:
        """The cheapest mask; None when the cuts cannot all be satisfied, or the search would take long."""
        mask = self.fixed.copy()
        for block in self._blocks():
            if block.optimal_groups is None:
                return None
            mask[block.optimal_groups] = True
        return mask

    def is_known_optimal(self, suppressed: BoolArray) -> bool:
        """True if the lower bound shows, without a search, that no mask that satisfies all cuts is cheaper.

        Patients do not count here.
        """
        blocks = self._blocks()
        # Where `solve` needs no search either, its mask is preferred: of equals it has the fewest patients.
        if all(block.is_integral for block in blocks):
            return False
        lower_bound = self.additional_cost(self.fixed) + sum(block.lower_bound for block in blocks)
        return self.additional_cost(suppressed) < lower_bound + COST_OF_PATIENTS

    def _blocks(self) -> list[MasterBlock]:
        """All cuts as inequalities, in blocks."""
        # Cuts are only ever appended (`cuts` is an ordered set): those read before need not be read again.
        if self._cached_blocks is None or self._n_cuts_read < len(self.cuts):
            for cut in islice(self.cuts, self._n_cuts_read, None):
                inequality = self._to_inequality(cut)
                if inequality is not None:
                    self.decomposition.add(inequality)
            self._n_cuts_read = len(self.cuts)
            self._cached_blocks = self.decomposition.blocks()
        return self._cached_blocks

    def repair(self, suppressed: BoolArray) -> BoolArray | None:
        """A mask that satisfies all cuts, near this one and cheap; None if there is none."""
        cost_by_group = {group: float(self.cost[group]) for group in np.flatnonzero(self.candidates).tolist()}
        self.cover_constraints.add(islice(self.cuts, len(self.cover_constraints.cuts), None))
        return greedy_repair(self.cover_constraints, suppressed | self.fixed, cost_by_group)

    def _to_inequality(self, cut: Cut) -> Inequality | None:
        """A cut over the candidates, divided by its right-hand side (see above); None where it holds in any case."""
        coefficients: dict[int, float] = {}
        rhs = cut.rhs - cut.constant
        for group, coefficient in cut.coefficients:
            if self._fixed_list[group]:
                rhs -= coefficient
            elif self._candidate_list[group]:
                coefficients[group] = coefficients.get(group, 0.0) + coefficient
        if rhs <= 1e-7:
            return None
        coefficients = {group: min(coefficient, rhs) for group, coefficient in coefficients.items()}
        open_conditions = [condition for condition in cut.condition_on if not self._is_certain(condition)]
        if any(
            condition < len(self._fixed_list) and not self._candidate_list[condition] for condition in open_conditions
        ):
            return None  # a condition that is never met
        for condition in open_conditions:  # Publishing any of them satisfies the cut as well.
            coefficients[condition] = coefficients.get(condition, 0.0) - rhs
        return tuple((group, coefficient / rhs) for group, coefficient in sorted(coefficients.items())), 1.0 - len(
            open_conditions
        )

    def _is_certain(self, condition: int) -> bool:
        """True for a group that is suppressed in any case, or a sum with such a member."""
        sum_index = condition - self.system.n_groups
        groups = (condition,) if sum_index < 0 else self.sums.protecting_groups[sum_index]
        return any(self._fixed_list[group] for group in groups)
