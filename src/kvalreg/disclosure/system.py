"""The system of all counts of a registry: variables, linear equations among them, and the groups that print them.

Owns the form of the system. A *variable* is a count: so many patients of a unit in a year, or so many of these with an
outcome. It is one variable however many cells of whatever indicator, context or edition print it. *Equations* hold
among variables: sums over units, ``n = x + y`` (patients = those with the outcome + those without), sums over years,
editions. A *group* is a set of cells that print the same variables, and so are suppressed together. The attacker knows
the variables of every published group, and no others. SECRET: a system holds true counts.

Notation: v true value, l lower bound, h 1 for a suppressed group and 0 for a published one; A the matrix of the
equations, so that ``A v = slack``.

Worked example: a trust of 40 with A 3, B 12 and C 25, and two of A's patients have the outcome. Variables and values:

    n: trust 40, A 3, B 12, C 25      x of A: 2      y of A: 1

Groups: {trust's n}, {A's n, x and y}, {B's n}, {C's n}. Equations: trust - A - B - C = 0 (a sum), n_A - x_A - y_A = 0.
With A's group primary its protection levels are 5 for n, 1 for x and 1 for y; l is 1 for n_A, the mark says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from functools import cached_property
from itertools import pairwise
from typing import Self

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from kvalreg.arrays import BoolArray, FloatArray, IntArray

PUBLIC = -1
"""In place of a group: the variable is public, whatever is suppressed."""
NO_SLACK = -1
"""In place of a slack: the equation holds exactly."""


class EquationCertainty(IntEnum):
    """How certain an attacker is of an equation."""

    CERTAIN = 0
    """It follows from what is published and how it is counted."""
    LIKELY = 1
    """An indicator is the sum of others, or a unit has taken over another: the published numbers suggest it."""
    ASSUMED = 2
    """Late registrations only add."""


class EquationRole(IntEnum):
    """How an equation is used."""

    SUM = 0
    """A total of parts: it implies cuts by itself (`cuts.GroupSums`)."""
    REDUNDANT = 1
    """The same, but it follows from other equations: it gives cuts, and is left out of linear programs."""
    GENERAL = 2
    """Any other: it is in linear programs, and gives no cuts by itself."""


@dataclass(frozen=True, eq=False)
class Equations:
    """Linear equations ``sum(coefficient * variable) = slack`` with an unknown ``slack >= 0``, or 0 (`NO_SLACK`).

    A sparse matrix by rows. In a sum, the total comes first and has coefficient 1; each part has coefficient -1.

    Parameters
    ----------
    row_start
        Equation r has the entries ``row_start[r]:row_start[r + 1]``; shape (equations + 1,).
    variable, coefficient
        Per entry.
    slack, role
        Per equation: the true slack, and its `EquationRole`.
    certainty
        Per equation: its `EquationCertainty`.
    """

    row_start: IntArray
    variable: IntArray
    coefficient: IntArray
    slack: IntArray
    role: IntArray
    certainty: IntArray

    def __len__(self) -> int:
        return len(self.slack)

    @cached_property
    def equation_by_entry(self) -> IntArray:
        """The equation of each entry."""
        return np.repeat(np.arange(len(self)), np.diff(self.row_start))

    @cached_property
    def rows(self) -> list[list[tuple[int, int]]]:
        """Per equation: its variables with their coefficients."""
        entries = list(zip(self.variable.tolist(), self.coefficient.tolist(), strict=True))
        bounds = self.row_start.tolist()
        return [entries[first:last] for first, last in pairwise(bounds)]

    def select(self, selected: IntArray, new_index: IntArray) -> Equations:
        """These equations, with `new_index` giving each variable's new index."""
        # All entries of the selected rows at once: each row's first entry, and the position within the row.
        lengths = np.diff(self.row_start)[selected]
        start = np.concatenate([[0], np.cumsum(lengths)])
        entries = np.repeat(self.row_start[selected] - start[:-1], lengths) + np.arange(start[-1])
        return Equations(
            start,
            new_index[self.variable[entries]],
            self.coefficient[entries],
            self.slack[selected],
            self.role[selected],
            self.certainty[selected],
        )


@dataclass(frozen=True, eq=False)
class TableSystem:
    """All variables, equations and groups of a registry, or of a part that nothing connects to the others. SECRET.

    Parameters
    ----------
    value, lower_bound
        Per variable: its true value, and the least value that an attacker need consider before any equation is used (1
        for the patients of a cell marked as suppressed, otherwise 0).
    group
        Per variable: the group that prints it, or `PUBLIC`.
    protection_level
        Per variable: the least width of its feasibility interval while it is protected (sliding protection); 0 for one
        that needs no protection.
    protecting_group
        Per variable: it is protected while this group is suppressed; mostly its own group.
    is_small
        Per variable: what is published must not raise its least possible value.
    revealing_group
        Per variable: the group that reveals it while published (a nation of 0 has only zeros below), or -1.
    equations
        Among the variables.
    primary
        Per group: primary suppression.
    suppressible
        Per group: it can be suppressed to protect others. One that is neither primary nor suppressible is published.
    cost
        Per group: what suppressing it costs, in multiples of 0.25; 1 for a cell.
    patients
        Per group: how many patients it counts; of equally costly patterns the one with few patients is preferred.
    """

    value: IntArray = field(repr=False)
    lower_bound: IntArray = field(repr=False)
    group: IntArray = field(repr=False)
    protection_level: IntArray = field(repr=False)
    protecting_group: IntArray = field(repr=False)
    is_small: BoolArray = field(repr=False)
    revealing_group: IntArray = field(repr=False)
    equations: Equations = field(repr=False)
    primary: BoolArray = field(repr=False)
    suppressible: BoolArray = field(repr=False)
    cost: FloatArray = field(repr=False)
    patients: IntArray = field(repr=False)

    @property
    def n_groups(self) -> int:
        """How many groups there are."""
        return len(self.primary)

    def violated_equations(self) -> IntArray:
        """The equations that the true values violate. Invariant: there is none."""
        if not len(self.equations):
            return np.zeros(0, dtype=np.int64)
        equations = self.equations
        sums = np.add.reduceat(equations.coefficient * self.value[equations.variable], equations.row_start[:-1])
        return np.flatnonzero(sums != np.where(equations.slack == NO_SLACK, 0, equations.slack))

    def restricted_to(self, max_certainty: EquationCertainty, *, without_slack: bool = False) -> Self:
        """The same variables with the equations of this certainty or better; with `without_slack`, exact ones only."""
        selected = np.flatnonzero(
            (self.equations.certainty <= max_certainty)
            & ((self.equations.slack == NO_SLACK) | np.bool_(not without_slack))
        )
        return replace(self, equations=self.equations.select(selected, np.arange(len(self.value))))

    # --- as lists, in which single entries are looked up quicker -----------------------------------------------------
    @cached_property
    def value_list(self) -> list[int]:
        """`value` as a list."""
        value_list: list[int] = self.value.tolist()
        return value_list

    @cached_property
    def lower_bound_list(self) -> list[int]:
        """`lower_bound` as a list."""
        lower_bound_list: list[int] = self.lower_bound.tolist()
        return lower_bound_list

    @cached_property
    def group_list(self) -> list[int]:
        """`group` as a list."""
        group_list: list[int] = self.group.tolist()
        return group_list

    @cached_property
    def variables_by_group(self) -> list[list[int]]:
        """Per group: the variables that it prints."""
        variables_by_group: list[list[int]] = [[] for _ in range(self.n_groups)]
        for variable, group in enumerate(self.group_list):
            if group >= 0:
                variables_by_group[group].append(variable)
        return variables_by_group

    @cached_property
    def equations_by_variable(self) -> list[list[int]]:
        """Per variable: the equations of linear programs that it is in."""
        equations_by_variable: list[list[int]] = [[] for _ in range(len(self.value))]
        is_redundant = (self.equations.role == EquationRole.REDUNDANT).tolist()
        for equation, row in enumerate(self.equations.rows):
            if not is_redundant[equation]:
                for variable, _ in row:
                    equations_by_variable[variable].append(equation)
        return equations_by_variable

    # --- parts -------------------------------------------------------------------------------------------------------
    @cached_property
    def _part_labels(self) -> tuple[IntArray, IntArray, IntArray]:
        """The part that each variable, group and equation belongs to: what shares an equation or group is in one part.

        Public variables connect nothing: they are constants, and so may be in equations of several parts.
        """
        # Connected components of a graph whose nodes are the variables, then the groups, then the equations.
        n_variables, n_groups, equations = len(self.value), self.n_groups, self.equations
        is_grouped = self.group != PUBLIC
        is_protected = (self.protection_level > 0) & is_grouped
        is_grouped_entry = is_grouped[equations.variable]
        sources = np.concatenate(
            [equations.variable[is_grouped_entry], np.flatnonzero(is_grouped), np.flatnonzero(is_protected)]
        )
        targets = np.concatenate(
            [
                n_variables + n_groups + equations.equation_by_entry[is_grouped_entry],
                n_variables + self.group[is_grouped],
                n_variables + self.protecting_group[is_protected],
            ]
        )
        size = n_variables + n_groups + len(equations)
        graph = coo_matrix((np.ones(len(sources), dtype=np.int8), (sources, targets)), shape=(size, size))
        labels = connected_components(graph, directed=False)[1].astype(np.int64)
        return labels[:n_variables], labels[n_variables : n_variables + n_groups], labels[n_variables + n_groups :]

    @property
    def part_by_group(self) -> IntArray:
        """The number of each group's part."""
        return self._part_labels[1]

    def active_parts(self) -> list[int]:
        """The numbers of the parts in which a suppressed variable must be protected."""
        if not self.n_groups:
            return []
        is_protected = (self.protection_level > 0) & (self.group != PUBLIC)
        parts: list[int] = np.unique(self._part_labels[0][is_protected & self.primary[self.protecting_group]]).tolist()
        return parts

    def part_variables(self, part: int) -> IntArray:
        """The indices, in this system, of the variables of a part in the order of `extract_part`."""
        part_by_variable, _, part_by_equation = self._part_labels
        entries = self.equations.select(np.flatnonzero(part_by_equation == part), np.arange(len(self.value))).variable
        return np.union1d(entries, np.flatnonzero(part_by_variable == part))

    def extract_part(self, part: int) -> tuple[IntArray, Self]:
        """One part: the indices of its groups in this system, and the part as a system."""
        _, part_by_group, part_by_equation = self._part_labels
        groups, equations = np.flatnonzero(part_by_group == part), np.flatnonzero(part_by_equation == part)
        return groups, self._subsystem(self.part_variables(part), groups, equations)

    def _subsystem(self, variables: IntArray, groups: IntArray, equations: IntArray) -> Self:
        # One element more than there are, so that index -1 (`PUBLIC`, or no group) is mapped to itself.
        new_variable_index = np.full(len(self.value) + 1, -1)
        new_variable_index[variables] = np.arange(len(variables))
        new_group_index = np.full(self.n_groups + 1, PUBLIC)
        new_group_index[groups] = np.arange(len(groups))
        return type(self)(
            value=self.value[variables],
            lower_bound=self.lower_bound[variables],
            group=new_group_index[self.group[variables]],
            protection_level=self.protection_level[variables],
            protecting_group=new_group_index[self.protecting_group[variables]],
            is_small=self.is_small[variables],
            revealing_group=new_group_index[self.revealing_group[variables]],
            equations=self.equations.select(equations, new_variable_index),
            primary=self.primary[groups],
            suppressible=self.suppressible[groups],
            cost=self.cost[groups],
            patients=self.patients[groups],
        )

    def digest_chunks(self) -> Iterator[bytes]:
        """Everything that a suppression pattern depends on, as bytes."""
        for container in (self, self.equations):
            for attribute in fields(container):
                value = getattr(container, attribute.name)
                if isinstance(value, np.ndarray):
                    yield f"{attribute.name} {value.dtype} {len(value)}\n".encode()
                    yield np.ascontiguousarray(value).tobytes()
