"""A greedy repair heuristic: groups are suppressed until all cuts are satisfied, and redundant ones published again.

Input: cuts and a mask that violates some of them. Output: a mask that violates none, usually a cheap one; equal inputs
have equal outputs. It never attacks, and proves nothing optimal.

It is the greedy algorithm for covering problems: as long as a cut is violated, the group with the greatest gain per
cost is added. The gain is how much it reduces the shortfall, the sum over violated cuts of what each lacks as a share
of its right-hand side. A cut is violated only while all its conditions are met, so suppressing a group can also open
new cuts: its gain may be negative.

Worked example: cuts ``3 h_B + 5 h_C >= 3`` and ``h_B + h_D >= 1``; B costs 1, C 1 and D 0.5, nothing is suppressed.
Each cut lacks all of its right-hand side: the shortfall is 1 + 1 = 2.
B satisfies both (gain 2 per cost 1), C one (1 per 1), D one (1 / 0.5 = 2 per 1): B ties with D, and costs more.
D is cheaper, so D is first; then B and C tie, and the first in order is B. Now B alone satisfies both cuts,
and when the redundant groups are published again, the costliest first, B must stay and D goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from kvalreg.arrays import BoolArray
from kvalreg.disclosure.cuts import Cut

SumMembers = tuple[tuple[int, ...], ...]
"""Per sum: its protecting groups."""
_TOLERANCE = 1e-6


class CoverConstraints:
    """Cuts, and where each group and each sum occurs in them; cuts are added, and none is removed.

    Parameters
    ----------
    sum_members
        Per sum that conditions refer to: the groups that set its indicator.
    n_groups
        The number of groups.
    """

    def __init__(self, sum_members: SumMembers, n_groups: int) -> None:
        self.sum_members = sum_members
        self.n_groups = n_groups
        self.cuts: list[Cut] = []
        self.sums_by_group: defaultdict[int, list[int]] = defaultdict(list)
        self.entries_by_group: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        self.cuts_by_condition: defaultdict[int, list[int]] = defaultdict(list)
        for sum_index, groups in enumerate(sum_members):
            for group in groups:
                self.sums_by_group[group].append(sum_index)

    def add(self, cuts: Iterable[Cut]) -> None:
        """Add cuts."""
        for cut_index, cut in enumerate(cuts, len(self.cuts)):
            self.cuts.append(cut)
            for group, coefficient in cut.coefficients:
                self.entries_by_group[group].append((cut_index, coefficient))
            for condition in cut.condition_on:
                self.cuts_by_condition[condition].append(cut_index)


def greedy_repair(
    constraints: CoverConstraints, suppressed: BoolArray, cost_by_group: dict[int, float]
) -> BoolArray | None:
    """A mask that satisfies the cuts.

    Parameters
    ----------
    constraints
        The cuts.
    suppressed
        Where to begin.
    cost_by_group
        The groups that may be suppressed or published, and what each costs suppressed. All others stay as they are.

    Returns
    -------
    The mask, or None when suppressing all of these groups does not satisfy the cuts.
    """
    shortfall = _Shortfall(constraints, suppressed)
    # Add the group with the greatest gain per cost; of equals the cheapest, then the first.
    while shortfall.total > _TOLERANCE:
        candidates = sorted(shortfall.helpful_groups() & cost_by_group.keys() - shortfall.suppressed)
        if not candidates:
            return None
        gains = [(shortfall.gain(group) / cost_by_group[group], -cost_by_group[group], -group) for group in candidates]
        shortfall.suppress(-max(gains)[2])
    # Publish again what proves redundant, the costliest first.
    for group in sorted(shortfall.suppressed & cost_by_group.keys(), key=lambda group: (-cost_by_group[group], group)):
        shortfall.publish(group)
        if shortfall.total > _TOLERANCE:
            shortfall.suppress(group)
    mask = np.zeros(len(suppressed), dtype=np.bool_)
    mask[list(shortfall.suppressed)] = True
    return mask


class _Shortfall:
    """How far a mask is from satisfying all cuts: the sum of what each lacks, as a share of its right-hand side.

    Invariant: all attributes belong to the current mask. `_toggle` updates those that a group changes, which is what
    makes thousands of steps affordable.
    """

    def __init__(self, constraints: CoverConstraints, mask: BoolArray) -> None:
        self.constraints = constraints
        self.cuts = cuts = constraints.cuts
        self.n_groups = constraints.n_groups
        self.suppressed: set[int] = set(np.flatnonzero(mask).tolist())
        self.entries_by_group, self.cuts_by_condition, self.sums_by_group = (
            constraints.entries_by_group,
            constraints.cuts_by_condition,
            constraints.sums_by_group,
        )
        self.n_suppressed_in_sum = [
            sum(group in self.suppressed for group in groups) for groups in constraints.sum_members
        ]
        coefficient_sums = [0.0] * len(cuts)
        for group in self.suppressed:
            for cut_index, coefficient in self.entries_by_group[group]:
                coefficient_sums[cut_index] += coefficient
        self.right_hand_sides = [cut.rhs for cut in cuts]
        self.left_hand_sides = [
            cut.constant + coefficient_sum for cut, coefficient_sum in zip(cuts, coefficient_sums, strict=True)
        ]
        self.n_open_conditions = [sum(not self._is_met(condition) for condition in cut.condition_on) for cut in cuts]
        self.gaps = [self._gap(cut_index) for cut_index in range(len(cuts))]
        self.total = sum(self.gaps)

    def helpful_groups(self) -> set[int]:
        """The groups that a violated cut asks for."""
        violated = [cut for cut, gap in zip(self.cuts, self.gaps, strict=True) if gap > 0]
        return {group for cut in violated for group, _ in cut.coefficients}

    def gain(self, group: int) -> float:
        """How much the shortfall would fall with this group suppressed; below 0 where it opens more than it closes."""
        n_suppressed_in_sum, gaps, n_open_conditions = self.n_suppressed_in_sum, self.gaps, self.n_open_conditions
        # Conditions that would be met: the group itself, and the sums of which it would be the first suppressed member.
        n_newly_met: dict[int, int] = dict.fromkeys(self.cuts_by_condition[group], 1)
        for index in self.sums_by_group[group]:
            if n_suppressed_in_sum[index] == 0:
                for cut_index in self.cuts_by_condition[self.n_groups + index]:
                    n_newly_met[cut_index] = n_newly_met.get(cut_index, 0) + 1
        # What it gives to cuts that are violated now; a cut whose conditions change is counted below.
        added_coefficients = {}
        total_gain = 0.0
        for index, coefficient in self.entries_by_group[group]:
            if index in n_newly_met:
                added_coefficients[index] = coefficient
            elif gaps[index] > 0.0:
                total_gain += gaps[index] - self._gap(index, coefficient)
        # What cuts would lack that would then apply.
        for index, n_conditions in n_newly_met.items():
            if n_open_conditions[index] == n_conditions:
                total_gain -= self._gap(index, added_coefficients.get(index, 0.0), n_conditions)
        return total_gain

    def suppress(self, group: int) -> None:
        """Suppress a group."""
        self._toggle(group, 1)

    def publish(self, group: int) -> None:
        """Publish a group again."""
        self._toggle(group, -1)

    def _toggle(self, group: int, sign: int) -> None:
        # The conditions that change: the group, and sums that get their first or lose their last suppressed member.
        conditions = [group]
        for index in self.sums_by_group[group]:
            before = self.n_suppressed_in_sum[index]
            self.n_suppressed_in_sum[index] += sign
            if 0 in (before, self.n_suppressed_in_sum[index]):
                conditions.append(self.n_groups + index)
        affected_cuts = {cut_index for cut_index, _ in self.entries_by_group[group]}.union(
            *(self.cuts_by_condition[condition] for condition in conditions)
        )
        for index, coefficient in self.entries_by_group[group]:
            self.left_hand_sides[index] += sign * coefficient
        for condition in conditions:
            for index in self.cuts_by_condition[condition]:
                self.n_open_conditions[index] -= sign
        if sign > 0:
            self.suppressed.add(group)
        else:
            self.suppressed.discard(group)
        for index in affected_cuts:
            gap = self._gap(index)
            self.total += gap - self.gaps[index]
            self.gaps[index] = gap

    def _is_met(self, condition: int) -> bool:
        sum_index = condition - self.n_groups
        return condition in self.suppressed if sum_index < 0 else self.n_suppressed_in_sum[sum_index] > 0

    def _gap(self, cut_index: int, added_coefficient: float = 0.0, n_newly_met: int = 0) -> float:
        """What a cut lacks, with this much added to its left-hand side and this many more of its conditions met."""
        if self.n_open_conditions[cut_index] != n_newly_met:
            return 0.0  # it does not apply
        rhs = self.right_hand_sides[cut_index]
        shortfall = (rhs - (self.left_hand_sides[cut_index] + added_coefficient)) / rhs
        return shortfall if shortfall > _TOLERANCE else 0.0
