"""Cuts: inequalities over the groups to suppress that every safe pattern satisfies.

Owns the form of a cut, and how one follows from the dual solution of an attack or from one sum by itself. Input: true
counts (SECRET). Output: cuts for the master problem. It attacks nothing.

Notation: v_j true value, l_j lower bound, h_j 1 if the group of variable j is suppressed and 0 if it is published; A
the matrix of the equations (slacks are columns too), p its dual values, PL the protection level of variable i.

The derivation (Fischetti and Salazar-González 2001, *Management Science* 47:1008-1027)
----------------------------------------------------------------------------------------
Let d be any feasible solution minus the true values: ``A d = 0``, ``d_j >= -(v_j - l_j)`` for suppressed variables,
``d_j = 0`` for others. For any dual values p and reduced costs ``z = c - A'p``: ``c d = z d``. So with c = -1 at
variable i, ``d_i <= sum of z_j (v_j - l_j)`` over suppressed j where z_j > 0, and nothing limits it where z_j < 0. So

    how far i moves up  <=  sum of w_j h_j,   w_j = z_j (v_j - l_j) if z_j >= 0, else without limit,

and the same downwards. The protection level asks for ``sum of min(PL, up_j + down_j) h_j >= PL`` while i is protected.

Worked example: trust = A + B + C published, A suppressed with 3, B = 4, C = 20, l = 1, PL = 5.
Upwards the row's dual value is 1, so z_B = z_C = 1: A can rise by at most 3 h_B + 19 h_C.
Downwards it is 0, so z_A = 1: A can fall by at most its own distance to the lower bound, 2 h_A.
A's width is at most ``2 h_A + 3 h_B + 19 h_C``, and nothing needs more than 5 of any group:
the cut ``2 h_A + 3 h_B + 5 h_C >= 5`` while A is suppressed, so B or C is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kvalreg.arrays import BoolArray, FloatArray
from kvalreg.disclosure.system import NO_SLACK, PUBLIC, EquationRole, TableSystem

CutCoefficients = dict[int, float]
"""Per group, how far suppressing it lets a variable move; `PUBLIC` stands for slacks, which are never published."""
_TOLERANCE = 1e-6


class Move(NamedTuple):
    """A variable that is moved from its true value: up (1) or down (-1), by `max_distance` at most."""

    variable: int
    direction: int
    max_distance: int


@dataclass(frozen=True)
class Cut:
    """``sum(coefficient of each suppressed group) + constant >= rhs``, while all of `condition_on` are suppressed.

    A condition ``n_groups + r`` is the indicator of sum r: "a protecting group of sum r is suppressed"
    (`GroupSums.protecting_groups`). The constant is what slacks give, which are never published.
    """

    coefficients: tuple[tuple[int, float], ...]
    rhs: float
    condition_on: tuple[int, ...]
    constant: float = 0.0

    def is_violated(self, suppressed: set[int]) -> bool:
        """True when these groups, among them all of `condition_on`, violate the cut."""
        return (
            self.constant + sum(coefficient for group, coefficient in self.coefficients if group in suppressed)
            < self.rhs - _TOLERANCE
        )


def cut_coefficients(
    system: TableSystem,
    equation_indices: Sequence[int],
    dual_values: FloatArray,
    move: Move,
) -> CutCoefficients:
    """What limits a move, by the dual values of the program that maximised it (see the derivation above)."""
    reduced_costs: dict[int, float] = {move.variable: -float(move.direction)}  # c
    coefficients: CutCoefficients = {}
    slacks = system.equations.slack
    # z = c - A'p, of published variables as well: they may be suppressed in the next pattern.
    for equation, dual_value in zip(equation_indices, dual_values.tolist(), strict=True):
        if abs(dual_value) < _TOLERANCE:
            continue
        for entry_variable, entry_coefficient in system.equations.rows[equation]:
            reduced_costs[entry_variable] = reduced_costs.get(entry_variable, 0.0) - dual_value * entry_coefficient
        if slacks[equation] != NO_SLACK:  # its column has coefficient -1 and cost 0, so z = p
            coefficients[PUBLIC] = coefficients.get(PUBLIC, 0.0) + max(0.0, dual_value) * float(slacks[equation])
    # w = z (v - l), or as far as the move may go where nothing limits it.
    for entry_variable, reduced_cost in reduced_costs.items():
        group = system.group_list[entry_variable]
        if group == PUBLIC or abs(reduced_cost) < _TOLERANCE:
            continue
        coefficient = (
            reduced_cost * (system.value_list[entry_variable] - system.lower_bound_list[entry_variable])
            if reduced_cost > 0
            else float(move.max_distance)
        )
        if coefficient > _TOLERANCE:
            coefficients[group] = coefficients.get(group, 0.0) + coefficient
    return coefficients


def protection_cut(system: TableSystem, variable: int, rhs: int, coefficient_sets: Sequence[CutCoefficients]) -> Cut:
    """The cut that asks for `rhs` of these coefficients together."""
    coefficient_by_group: dict[int, float] = {}
    for coefficient_set in coefficient_sets:
        for group, coefficient in coefficient_set.items():
            coefficient_by_group[group] = coefficient_by_group.get(group, 0.0) + coefficient
    constant = coefficient_by_group.pop(PUBLIC, 0.0)
    # Strengthened for integers: distances are integers, so each coefficient is rounded up and then limited to the rhs,
    # since no group need give more than that.
    coefficients = tuple(
        (group, min(float(rhs), float(np.ceil(coefficient - _TOLERANCE))))
        for group, coefficient in sorted(coefficient_by_group.items())
        if coefficient > _TOLERANCE
    )
    return Cut(coefficients, float(rhs), (int(system.protecting_group[variable]),), constant)


def adjacency_cut(system: TableSystem, variables: Sequence[int], exposed: int) -> Cut:
    """The weakest cut, always valid: while this component is suppressed, something next to it must be as well.

    It is for exposures that only an integer program finds: there no dual solution tells more. Without a neighbour
    suppressed, the same component would be attacked again with the same result.
    """
    component_groups = {system.group_list[variable] for variable in variables}
    rows = system.equations.rows
    touched_groups = {
        system.group_list[neighbour]
        for variable in variables
        for equation in system.equations_by_variable[variable]
        for neighbour, _ in rows[equation]
    }
    adjacent_groups = sorted(touched_groups - component_groups - {PUBLIC})
    condition_on = component_groups | {int(system.protecting_group[exposed])}
    return Cut(tuple((group, 1.0) for group in adjacent_groups), 1.0, tuple(sorted(condition_on)))


class GroupSums:
    """The sums of a system by the groups of their members, and the cuts that each implies by itself.

    Sums of several tables whose members are the same groups are one here, with an equation for each.

    Parameters
    ----------
    system
        All variables and equations.

    Attributes
    ----------
    members, totals
        Per sum: the groups of its total and of its parts, public ones left out; and its total's group, or `PUBLIC`.
    protecting_groups
        Per sum: those of them that protect a member while they are suppressed.
    sums_by_group
        Per group: the sums it is in.
    is_total
        Per group: whether it is the total of a sum.

    Examples
    --------
    Trust = A + B + C, all groups of their own, is one sum with members (trust, A, B, C). It implies two cuts while a
    protected member is suppressed: at least two members are suppressed, and their distances to the lower bounds reach
    the protection level together. With A 3, B 4, C 20, level 5: ``2 h_A + 3 h_B + 5 h_C + 5 h_trust >= 5``.
    """

    def __init__(self, system: TableSystem) -> None:
        self.system = system
        rows, roles = system.equations.rows, system.equations.role.tolist()
        index_by_groups: dict[tuple[int, ...], int] = {}
        self._equations_by_sum: list[list[int]] = []
        self.members: list[tuple[int, ...]] = []
        self.totals: list[int] = []
        # Equations with the same groups in the same order are one sum.
        for equation, row in enumerate(rows):
            groups = tuple(system.group_list[variable] for variable, _ in row)
            members = tuple(group for group in groups if group != PUBLIC)
            # A group that is a member twice moves two variables at once: the cuts of a sum do not hold for it.
            if roles[equation] == EquationRole.GENERAL or len(set(members)) < len(members):
                continue
            sum_index = index_by_groups.setdefault(groups, len(self._equations_by_sum))
            if sum_index == len(self._equations_by_sum):
                self._equations_by_sum.append([])
                self.members.append(members)
                self.totals.append(groups[0])
            self._equations_by_sum[sum_index].append(equation)
        # What is looked up by group, and which groups protect a member of each sum.
        self.sums_by_group: list[list[int]] = [[] for _ in range(system.n_groups)]
        self.is_total = np.zeros(system.n_groups, dtype=np.bool_)
        self.protecting_groups: list[tuple[int, ...]] = []
        for sum_index, groups in enumerate(self.members):
            for group in groups:
                self.sums_by_group[group].append(sum_index)
            rows_of_sum = [rows[equation] for equation in self._equations_by_sum[sum_index]]
            protecting = set[int]().union(*(self._protecting_groups_of(row) for row in rows_of_sum))
            self.protecting_groups.append(tuple(sorted(protecting)))
            if self.totals[sum_index] != PUBLIC:
                self.is_total[self.totals[sum_index]] = True

    def __len__(self) -> int:
        return len(self.members)

    def groups_below(self, totals: BoolArray) -> BoolArray:
        """The groups below any of these totals, at any depth."""
        is_below = np.zeros(self.system.n_groups, dtype=np.bool_)
        pending = np.flatnonzero(totals).tolist()
        while pending:
            total = pending.pop()
            for sum_index in self.sums_by_group[total]:
                if self.totals[sum_index] == total:
                    new_parts = [part for part in self.members[sum_index][1:] if not is_below[part]]
                    is_below[new_parts] = True
                    pending += new_parts
        return is_below

    def _is_protected(self, variable: int) -> bool:
        system = self.system
        return (
            bool(system.protection_level[variable])
            and system.group_list[variable] != PUBLIC
            and system.revealing_group[variable] < 0
        )

    def cuts(self, sum_index: int) -> list[Cut]:
        """The cuts of one sum while a protected member is suppressed: a second member, and enough width together."""
        if not self.protecting_groups[sum_index]:
            return []
        system = self.system
        condition_on = (system.n_groups + sum_index,)
        cuts: dict[Cut, None] = {}
        for equation in self._equations_by_sum[sum_index]:
            row, slack = system.equations.rows[equation], int(system.equations.slack[equation])
            protection_levels = [
                int(system.protection_level[variable]) for variable, _ in row if self._is_protected(variable)
            ]
            if not protection_levels or not self._always_applies(sum_index, row):
                continue
            # 1. One suppressed member alone is the difference of the published ones.
            if slack == NO_SLACK:
                cuts[Cut(tuple((group, 1.0) for group in self.members[sum_index]), 2.0, condition_on)] = None
            # 2. A part can move by no more than the others can give way: parts downwards to their lower bounds, the
            #    total upwards without limit, the slack to 0. The smallest protection level holds for every member.
            rhs = float(min(protection_levels))
            coefficients = [
                (
                    system.group_list[variable],
                    rhs if is_total else min(rhs, float(self._distance_to_lower_bound(variable))),
                )
                for is_total, (variable, _) in zip([True, *[False] * (len(row) - 1)], row, strict=True)
                if system.group_list[variable] != PUBLIC
            ]
            positive_coefficients = tuple(
                (group, coefficient) for group, coefficient in coefficients if coefficient > 0
            )
            cuts[Cut(positive_coefficients, rhs, condition_on, float(max(0, slack)))] = None
        return list(cuts)

    def _always_applies(self, sum_index: int, row: Sequence[tuple[int, int]]) -> bool:
        """Whether the row has a protected variable for every group on which the sum's cuts are conditioned."""
        return self._protecting_groups_of(row).issuperset(self.protecting_groups[sum_index])

    def _protecting_groups_of(self, row: Sequence[tuple[int, int]]) -> set[int]:
        return {int(self.system.protecting_group[variable]) for variable, _ in row if self._is_protected(variable)}

    def _distance_to_lower_bound(self, variable: int) -> int:
        return self.system.value_list[variable] - self.system.lower_bound_list[variable]
