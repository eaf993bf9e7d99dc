"""What must be suppressed, said as inequalities: the reasons that `suppression` learns from a failed attempt.

Owns the form of such an inequality and how one follows from the dual solution of an attack, or from one sum by itself.
What comes in are true counts (SECRET); what goes out are cuts that every safe choice satisfies.

The derivation (Fischetti and Salazar-González 2001, *Management Science* 47:1008-1027)
----------------------------------------------------------------------------------------
Let d be any other world minus the true one: ``A d = 0`` (rests are columns too), ``d_j >= -(v_j - l_j)`` for suppressed
counts, ``d_j = 0`` for others. For any prices p of the equations and ``z = c - A'p``: ``c d = z d``. So with c = -1 at
count i, ``d_i <= sum of z_j (v_j - l_j)`` over suppressed j where z_j > 0, and nothing limits it where z_j < 0. In all,

    how far i moves up  <=  sum of w_j h_j,   w_j = z_j (v_j - l_j) if z_j >= 0, else without limit,

and the same downwards. Width `need` asks for ``sum of min(need, up_j + down_j) h_j >= need`` while i is protected.

Worked example: trust = A + B + C published, A suppressed with 3, B = 4, C = 20, need 5. A's width is at most
``2 h_A + 3 h_B + 19 h_C``; the cut ``2 + 3 h_B + 5 h_C >= 5`` says that B or C is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kvalreg.arrays import BoolArray, FloatArray
from kvalreg.disclosure.system import NO_SLACK, PUBLIC, EquationRole, TableSystem

CutCoefficients = dict[int, float]
"""Per group, how far suppressing it lets a count move; `PUBLIC` stands for rests, which nobody can show."""
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Cut:
    """``sum(weight of the suppressed groups) + beside >= need``, asked while every one of `owners` is suppressed.

    An owner ``groups + r`` stands for "a protected group of sum r is suppressed" (`Sums.protected`). `beside` is what
    is never shown anyway.
    """

    coefficients: tuple[tuple[int, float], ...]
    rhs: float
    condition_on: tuple[int, ...]
    constant: float = 0.0

    def is_violated(self, suppressed: set[int]) -> bool:
        """True when these groups, among them all owners, break the cut."""
        return (
            self.constant + sum(coefficient for group, coefficient in self.coefficients if group in suppressed)
            < self.rhs - _TOLERANCE
        )


def cut_coefficients(
    system: TableSystem,
    equation_indices: Sequence[int],
    dual_values: FloatArray,
    variable: int,
    direction: int,
    max_distance: int,
) -> CutCoefficients:
    """What stops a count, by the prices of the equations in the program that moved it (see the derivation above)."""
    reduced_costs: dict[int, float] = {variable: -float(direction)}
    coefficients: CutCoefficients = {}
    slacks = system.equations.slack
    for equation, dual_value in zip(equation_indices, dual_values.tolist(), strict=True):
        if abs(dual_value) < _TOLERANCE:
            continue
        for entry_variable, entry_coefficient in system.equations.rows[equation]:
            reduced_costs[entry_variable] = reduced_costs.get(entry_variable, 0.0) - dual_value * entry_coefficient
        if slacks[equation] != NO_SLACK:  # its column has factor -1 and cost 0
            coefficients[PUBLIC] = coefficients.get(PUBLIC, 0.0) + max(0.0, dual_value) * float(slacks[equation])
    for entry_variable, reduced_cost in reduced_costs.items():
        group = system.group_list[entry_variable]
        if group == PUBLIC or abs(reduced_cost) < _TOLERANCE:
            continue
        coefficient = (
            reduced_cost * (system.value_list[entry_variable] - system.lower_bound_list[entry_variable])
            if reduced_cost > 0
            else float(max_distance)
        )
        if coefficient > _TOLERANCE:
            coefficients[group] = coefficients.get(group, 0.0) + coefficient
    return coefficients


def protection_cut(system: TableSystem, variable: int, rhs: int, coefficient_sets: Sequence[CutCoefficients]) -> Cut:
    """The cut that asks for `need` of the barriers together; nothing counts for more than that."""
    coefficient_by_group: dict[int, float] = {}
    for coefficient_set in coefficient_sets:
        for group, coefficient in coefficient_set.items():
            coefficient_by_group[group] = coefficient_by_group.get(group, 0.0) + coefficient
    constant = coefficient_by_group.pop(PUBLIC, 0.0)
    coefficients = tuple(
        (group, min(float(rhs), float(np.ceil(coefficient - _TOLERANCE))))
        for group, coefficient in sorted(coefficient_by_group.items())
        if coefficient > _TOLERANCE
    )
    return Cut(coefficients, float(rhs), (int(system.protecting_group[variable]),), constant)


def adjacency_cut(system: TableSystem, variables: Sequence[int], exposed: int) -> Cut:
    """The weakest cut, always right: unless something beside this component is suppressed too, nothing changes."""
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
    """The sums of a system by the groups of their members, and what each asks for by itself.

    Sums of several columns whose members are the same groups are one here, with a row for each.

    Parameters
    ----------
    system
        What there is to know.

    Attributes
    ----------
    members, totals
        Per sum: the groups of its total and of its parts, public ones left out; and its total's group, or `PUBLIC`.
    protected
        Per sum: those of them that protect a member while they are suppressed.
    touching
        Per group: the sums it is in.
    is_total
        Per group: whether it is the total of a sum.
    """

    def __init__(self, system: TableSystem) -> None:
        self.system = system
        rows, roles = system.equations.rows, system.equations.role.tolist()
        index_by_groups: dict[tuple[int, ...], int] = {}
        self._equations_by_sum: list[list[int]] = []
        self.members: list[tuple[int, ...]] = []
        self.totals: list[int] = []
        for equation, row in enumerate(rows):
            groups = tuple(system.group_list[variable] for variable, _ in row)
            if roles[equation] == EquationRole.GENERAL or len(set(groups) - {PUBLIC}) < len(
                [group for group in groups if group != PUBLIC]
            ):
                continue
            sum_index = index_by_groups.setdefault(groups, len(self._equations_by_sum))
            if sum_index == len(self._equations_by_sum):
                self._equations_by_sum.append([])
                self.members.append(tuple(group for group in groups if group != PUBLIC))
                self.totals.append(groups[0])
            self._equations_by_sum[sum_index].append(equation)
        self.sums_by_group: list[list[int]] = [[] for _ in range(system.n_groups)]
        self.is_total = np.zeros(system.n_groups, dtype=np.bool_)
        self.protecting_groups: list[tuple[int, ...]] = []
        for sum_index, groups in enumerate(self.members):
            for group in groups:
                self.sums_by_group[group].append(sum_index)
            variables = [variable for equation in self._equations_by_sum[sum_index] for variable, _ in rows[equation]]
            self.protecting_groups.append(
                tuple(
                    sorted(
                        {
                            int(system.protecting_group[variable])
                            for variable in variables
                            if self._is_protected(variable)
                        }
                    )
                )
            )
            if self.totals[sum_index] != PUBLIC:
                self.is_total[self.totals[sum_index]] = True

    def __len__(self) -> int:
        return len(self.members)

    def groups_below(self, totals: BoolArray) -> BoolArray:
        """The groups that lie under any of these totals, at any depth."""
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
        """What one sum asks of its members while a protected one is suppressed: a second one, and enough together."""
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
            if slack == NO_SLACK:
                cuts[Cut(tuple((group, 1.0) for group in self.members[sum_index]), 2.0, condition_on)] = None
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
        """Whether the row has a protected count for every group that makes the sum ask."""
        row_groups = {
            int(self.system.protecting_group[variable]) for variable, _ in row if self._is_protected(variable)
        }
        return row_groups.issuperset(self.protecting_groups[sum_index])

    def _distance_to_lower_bound(self, variable: int) -> int:
        return self.system.value_list[variable] - self.system.lower_bound_list[variable]
