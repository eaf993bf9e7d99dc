"""The attack: how far can what is published pin down a suppressed count?

Owns the attacker's reasoning. What comes in is a `System` and which groups are suppressed; what goes out are the counts
that are given away (`Exposure`), with the reasons why (`cuts`), or the exact bounds of every count. It decides nothing.

The attacker knows every published count, every equation, that counts are whole and at least 0, and that a cell marked
as suppressed has a patient. With v the true counts, every other possible world is ``v + d`` with ``A d = 0``,
``d_j >= -(v_j - l_j)`` for suppressed counts and ``d_j = 0`` for published ones. The suppressed counts fall into
components that share no equation, and each is looked at by itself:

1. a linear program moves a count up by what it needs, or as far as it can be moved, and the same downwards. Where even
   the linear program, which allows fractions, moves it less than it needs, the count is exposed, and the dual solution
   tells why;
2. whole solutions met on the way are worlds that fit what is published (*witnesses*): two of them that lie far enough
   apart prove that a count is safe. Most solutions are whole, and each serves all counts of its component;
3. where neither decides, an integer program does.

Worked example: a trust of 12 patients, hospitals A 3 and B 5 suppressed, C 4 shown. A + B = 8 and both are at least 1:
A can rise by 4 (B falls to 1) and fall by 2, so its bounds are 1 and 7, 6 apart: 5 are needed, and A is safe.

Source: Fischetti M, Salazar-González JJ, *Management Science* 2001;47:1008-1027, the attacker subproblems.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor
from typing import NamedTuple

import numpy as np

from kvalreg.arrays import BoolArray, FloatArray, IntArray
from kvalreg.disclosure.cuts import Cut, CutCoefficients, adjacency_cut, cut_coefficients, protection_cut
from kvalreg.disclosure.solver import LinearConstraints, LinearProgram, Solution
from kvalreg.disclosure.system import NO_SLACK, PUBLIC, EquationRole, TableSystem

UNBOUNDED = int(np.iinfo(np.int64).max)
"""The upper bound of a count that nothing limits."""
UNBOUNDED_FROM = 10**7
"""A count that can be this great is told as unbounded: far above any national count, and far below where the tolerances
of the solver matter."""
MIN_BATCH, MAX_IDLE_ATTEMPTS = 60, 3
"""Counts that are moved one by one, and attempts at moving many at once that do not help, before that."""
MAX_POOLED_SOLUTIONS = 400
"""Worlds that are remembered of a system."""
MAX_EXPLAINED = 4
"""Exposed counts of one component that are explained at a time: more make fewer but slower attempts."""
_INTEGRALITY_TOLERANCE = 1e-6


class Exposure(NamedTuple):
    """A suppressed count that is given away: its bounds are too close, or the least of a small one is raised."""

    variable: int
    """The count's number."""
    lower_bound_raised: bool = False


@dataclass(frozen=True)
class AttackResult:
    """What the attack found in one component.

    Parameters
    ----------
    counts
        Its suppressed counts.
    exposures, cuts
        Some of its exposed counts, at least one where there is any, and why: inequalities that every safe choice
        satisfies and this one breaks.
    """

    variables: tuple[int, ...]
    exposures: tuple[Exposure, ...] = ()
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True, eq=False)
class FeasibilityIntervals:
    """Least and greatest possible value of each count, shape (counts,); `UNBOUNDED` where nothing limits it."""

    low: IntArray
    high: IntArray


class Attack:
    """The attack on one system; components that have been met before are remembered.

    Parameters
    ----------
    system
        What there is to know.
    every
        Find every exposed count, not some of each component alone.
    known
        An attack on the same counts with these equations and perhaps more: the worlds it has met fit here too.
    """

    def __init__(self, system: TableSystem, *, find_all: bool = False, previous: Attack | None = None) -> None:
        self.system = system
        self.max_explained = len(system.value) if find_all else MAX_EXPLAINED
        self._result_by_component: dict[tuple[tuple[int, ...], tuple[bool, ...]], AttackResult] = {}
        self._solutions: _SolutionPool = _SolutionPool(system.value) if previous is None else previous._solutions.copy()
        self._revealing_groups = sorted({group for group in system.revealing_group.tolist() if group >= 0})

    def run(self, suppressed: BoolArray, max_explained: int | None = None) -> list[AttackResult]:
        """What each component of suppressed counts gives away, of `most` counts; empty findings are left out."""
        is_suppressed: list[bool] = suppressed.tolist()
        revealing_state = tuple(is_suppressed[group] for group in self._revealing_groups)
        keys = [(variables, revealing_state) for variables in suppressed_components(self.system, is_suppressed)]
        new_keys = [key for key in keys if key not in self._result_by_component]
        if new_keys:
            ranges = self._solutions.ranges(suppressed[self.system.group] & (self.system.group != PUBLIC))
            for key in new_keys:
                subproblem = _AttackerSubproblem(self.system, key[0], ranges, self._solutions)
                self._result_by_component[key] = subproblem.run(is_suppressed, max_explained or self.max_explained)
        return [self._result_by_component[key] for key in keys if self._result_by_component[key].exposures]

    def exposures(self, suppressed: BoolArray) -> set[Exposure]:
        """Counts that are given away, at least one of each component that gives any away."""
        return {exposure for result in self.run(suppressed) for exposure in result.exposures}

    def widths(self, suppressed: BoolArray, variables: Iterable[int]) -> dict[int, int]:
        """How far apart the bounds of some suppressed counts are, of what each needs at most."""
        requested, width_by_variable = set(variables), dict[int, int]()
        for component in suppressed_components(self.system, suppressed.tolist()):
            subproblem = _AttackerSubproblem(self.system, component, None, self._solutions)
            for variable in sorted(requested.intersection(component)):
                value, protection_level = self.system.value_list[variable], int(self.system.protection_level[variable])
                low, high = (
                    subproblem.integer_extreme(variable, -1, value - protection_level),
                    subproblem.integer_extreme(variable, 1, value + protection_level),
                )
                width_by_variable[variable] = 0 if low is None or high is None else min(protection_level, high - low)
        return width_by_variable


def suppressed_components(system: TableSystem, is_suppressed: Sequence[bool]) -> list[tuple[int, ...]]:
    """The suppressed counts that equations connect; one in no equation is a component of its own."""
    group_list, equations_by_variable, rows = system.group_list, system.equations_by_variable, system.equations.rows
    variables_by_group = system.variables_by_group
    visited: set[int] = set()
    used_equations: set[int] = set()
    result = []
    for group, suppressed in enumerate(is_suppressed):
        if not suppressed:
            continue
        for start in variables_by_group[group]:
            if start in visited:
                continue
            visited.add(start)
            component = [start]
            for variable in component:  # it grows while it is walked through
                for equation in equations_by_variable[variable]:
                    if equation in used_equations:
                        continue
                    used_equations.add(equation)
                    for neighbour, _ in rows[equation]:
                        if (
                            neighbour not in visited
                            and group_list[neighbour] >= 0
                            and is_suppressed[group_list[neighbour]]
                        ):
                            visited.add(neighbour)
                            component.append(neighbour)
            result.append(tuple(sorted(component)))
    return result


def feasibility_intervals(system: TableSystem, suppressed: BoolArray) -> FeasibilityIntervals:
    """The exact bounds of every count, by two integer programs each.

    It uses no true value but published ones, so that it cannot cheat; it is slow, and for those who want the bounds
    themselves. Whether they are wide enough `Attack` tells much sooner.
    """
    is_suppressed: list[bool] = suppressed.tolist()
    low, high = system.value.copy(), system.value.copy()
    for component in suppressed_components(system, is_suppressed):
        subproblem = _AttackerSubproblem(system, component)
        for variable in component:
            minimum, maximum = subproblem.integer_extreme(variable, -1), subproblem.integer_extreme(variable, 1)
            if minimum is None or maximum is None:
                raise ValueError("The published numbers contradict each other. Correct the system's equations.")
            low[variable], high[variable] = minimum, maximum if maximum < UNBOUNDED_FROM else UNBOUNDED
    return FeasibilityIntervals(low, high)


class _SolutionPool:
    """Worlds met so far: a world that differs from the true one in suppressed counts alone fits whatever else is
    suppressed, so that what proved a count safe once often proves it again, at no cost.

    Parameters
    ----------
    truth
        The true counts.
    """

    def __init__(self, true_values: IntArray) -> None:
        self.true_values = true_values
        self.values = np.zeros((0, len(true_values)), dtype=np.int64)
        self.is_changed = np.zeros((0, len(true_values)), dtype=np.bool_)
        self.n_added = 0

    def copy(self) -> _SolutionPool:
        """The same worlds, to which others can be added."""
        pool = _SolutionPool(self.true_values)
        pool.values, pool.is_changed, pool.n_added = self.values.copy(), self.is_changed.copy(), self.n_added
        return pool

    def add(self, variables: Sequence[int], values: IntArray) -> None:
        """Remember a world; the newest takes the oldest one's place."""
        if self.n_added == len(self.values) < MAX_POOLED_SOLUTIONS:
            n_new_rows = min(max(16, len(self.values)), MAX_POOLED_SOLUTIONS - len(self.values))
            self.values = np.concatenate([self.values, np.repeat(self.true_values[np.newaxis], n_new_rows, axis=0)])
            self.is_changed = np.concatenate(
                [self.is_changed, np.zeros((n_new_rows, len(self.true_values)), dtype=np.bool_)]
            )
        row = self.n_added % len(self.values)
        self.values[row] = self.true_values
        self.values[row, variables] = values
        self.is_changed[row] = self.values[row] != self.true_values
        self.n_added += 1

    def ranges(self, is_suppressed: BoolArray) -> tuple[IntArray, IntArray]:
        """Least and greatest values met in worlds that differ in these counts alone."""
        is_feasible = ~self.is_changed[:, ~is_suppressed].any(axis=1)
        if not is_feasible.any():
            return self.true_values, self.true_values
        values = self.values[is_feasible]
        return np.minimum(self.true_values, values.min(axis=0)), np.maximum(self.true_values, values.max(axis=0))


class _AttackerSubproblem:
    """One component: suppressed counts, the equations around them, and the worlds met so far.

    Parameters
    ----------
    system, counts
        What there is to know, and the component's counts.
    ranges
        Least and greatest values of all counts in worlds met before.
    worlds
        Where new worlds are remembered.
    """

    def __init__(
        self,
        system: TableSystem,
        variables: tuple[int, ...],
        ranges: tuple[IntArray, IntArray] | None = None,
        solutions: _SolutionPool | None = None,
    ) -> None:
        self.system, self.variables, self.solutions = system, variables, solutions
        self.column_by_variable = {variable: column for column, variable in enumerate(variables)}
        self.equation_indices = sorted(
            {equation for variable in variables for equation in system.equations_by_variable[variable]}
        )
        indices = list(variables)
        lowest, highest = (system.value, system.value) if ranges is None else ranges
        self.lowest, self.highest = lowest[indices], highest[indices]

    @cached_property
    def lower_bounds(self) -> FloatArray:
        """The least value of each suppressed count."""
        return np.array([self.system.lower_bound_list[variable] for variable in self.variables], dtype=float)

    @cached_property
    def integral_lower_bounds(self) -> FloatArray:
        """Floors that make solutions whole: for who must have a patient, one with the outcome, or else one without.

        ``n = x + y >= 1`` ties two networks together, of numerators and of misses, each of which has whole solutions.
        ``x >= 1`` or ``y >= 1`` asks for more, and leaves them apart.
        """
        lower_bounds, values, rows = self.lower_bounds.copy(), self.system.value_list, self.system.equations.rows
        for equation in self.equation_indices:
            row = rows[equation]
            if self.system.equations.role[equation] == EquationRole.GENERAL and len(row) == 3:
                total, *outcome_parts = (variable for variable, _ in row)
                candidates = [part for part in outcome_parts if part in self.column_by_variable and values[part] > 0]
                if self.system.lower_bound_list[total] > 0 and candidates:
                    largest = max(candidates, key=lambda part: values[part])
                    lower_bounds[self.column_by_variable[largest]] = max(
                        1.0, lower_bounds[self.column_by_variable[largest]]
                    )
        return lower_bounds

    @cached_property
    def integral_program(self) -> LinearProgram:
        """The same program with `whole_floors`."""
        program = self._build_program()
        for column, lower_bound in enumerate(self.integral_lower_bounds.tolist()):
            program.set_bounds(column, lower_bound, np.inf)
        return program

    @cached_property
    def program(self) -> LinearProgram:
        """The equations, with a column per suppressed count and one per rest."""
        return self._build_program()

    def _build_program(self) -> LinearProgram:
        system, n_columns = self.system, len(self.variables)
        rows, slacks = system.equations.rows, system.equations.slack.tolist()
        entries: list[tuple[int, int, float]] = []
        right_hand_sides: list[float] = []
        for row_index, equation in enumerate(self.equation_indices):
            constant = 0
            for variable, coefficient in rows[equation]:
                column = self.column_by_variable.get(variable)
                if column is None:
                    constant += coefficient * system.value_list[variable]
                else:
                    entries.append((row_index, column, float(coefficient)))
            if slacks[equation] != NO_SLACK:
                entries.append((row_index, n_columns, -1.0))
                n_columns += 1
            right_hand_sides.append(float(-constant))
        lower_bounds = np.zeros(n_columns)
        lower_bounds[: len(self.variables)] = self.lower_bounds
        row_limits = np.array(right_hand_sides)
        return LinearProgram(
            LinearConstraints(entries, (row_limits, row_limits), (lower_bounds, np.full(n_columns, np.inf))),
            nearly_integral=True,
        )

    def run(self, is_suppressed: Sequence[bool], max_explained: int) -> AttackResult:
        """What is given away here."""
        system = self.system
        exposures: list[Exposure] = []
        cuts: dict[Cut, None] = {}
        suppressed_groups = {group for group, suppressed in enumerate(is_suppressed) if suppressed}
        protected_variables = [variable for variable in self.variables if self._is_protected(variable, is_suppressed)]
        self._explore_randomly(protected_variables)
        explained_groups: set[int] = set()
        max_explained = max(max_explained, len(protected_variables) // 10) if max_explained > 1 else max_explained
        for variable in sorted(
            protected_variables, key=lambda variable: (-int(system.protection_level[variable]), variable)
        ):
            if system.group_list[variable] in explained_groups and max_explained < len(system.value):
                continue  # what protects one count of a group mostly protects the others
            exposed = [*self._width_exposures(variable), *self._lower_bound_exposures(variable, is_suppressed)]
            for exposure, cut in exposed:
                exposures.append(exposure)
                explained_groups.add(system.group_list[variable])
                is_violated = cut is not None and cut.is_violated(suppressed_groups)
                cuts[cut if cut and is_violated else adjacency_cut(system, self.variables, variable)] = None
            if len(exposures) >= max_explained:
                break
        return AttackResult(self.variables, tuple(exposures), tuple(cuts))

    def _explore_randomly(self, protected_variables: Sequence[int]) -> None:
        """Move all counts that need it at once, up or down by chance: one world mostly serves many of them.

        The chance is the same each time.
        """
        protection_levels = np.array(
            [self.system.protection_level[variable] for variable in protected_variables], dtype=np.int64
        )
        columns = np.array([self.column_by_variable[variable] for variable in protected_variables], dtype=np.int64)
        generator, n_idle = np.random.default_rng(0), 0
        while n_idle < MAX_IDLE_ATTEMPTS:
            narrow = np.flatnonzero(self.highest[columns] - self.lowest[columns] < protection_levels)
            if len(narrow) < MIN_BATCH:
                return
            program = self.integral_program
            objective = np.zeros(program.n_columns)
            objective[columns[narrow]] = generator.choice((-1.0, 1.0), len(narrow))
            values = self.system.value[list(self.variables)][columns[narrow]]
            lower_limits = np.maximum(self.integral_lower_bounds[columns[narrow]], values - protection_levels[narrow])
            for column, lower_limit, upper_limit in zip(
                columns[narrow].tolist(),
                lower_limits.tolist(),
                (values + protection_levels[narrow]).tolist(),
                strict=True,
            ):
                program.set_bounds(column, float(lower_limit), float(upper_limit))
            solution = program.minimize(objective)
            for column in columns[narrow].tolist():
                program.set_bounds(column, self.integral_lower_bounds[column], np.inf)
            if (
                solution is None
                or not self._record_solution(solution)
                or len(np.flatnonzero(self.highest[columns] - self.lowest[columns] < protection_levels)) == len(narrow)
            ):
                n_idle += 1

    def _is_protected(self, variable: int, is_suppressed: Sequence[bool]) -> bool:
        system = self.system
        if not system.protection_level[variable] or not is_suppressed[system.protecting_group[variable]]:
            return False
        revealing_group = int(system.revealing_group[variable])
        return revealing_group < 0 or is_suppressed[revealing_group]

    def _width_exposures(self, variable: int) -> Iterable[tuple[Exposure, Cut | None]]:
        """The count, where it is exposed for its bounds are too close."""
        protection_level, value = int(self.system.protection_level[variable]), self.system.value_list[variable]
        if self._observed_width(variable) >= protection_level:
            return
        up = self._solve_relaxation(variable, 1, protection_level)
        if self._observed_width(variable) >= protection_level:
            return
        down = self._solve_relaxation(variable, -1, protection_level)
        if self._observed_width(variable) >= protection_level:
            return
        if (
            floor(up.distance + _INTEGRALITY_TOLERANCE) + floor(down.distance + _INTEGRALITY_TOLERANCE)
            < protection_level
        ):
            yield (
                Exposure(variable),
                protection_cut(self.system, variable, protection_level, (up.coefficients, down.coefficients)),
            )
            return
        low, high = (
            self.integer_extreme(variable, -1, value - protection_level),
            self.integer_extreme(variable, 1, value + protection_level),
        )
        if low is None or high is None or high - low < protection_level:
            yield Exposure(variable), None

    def _lower_bound_exposures(
        self, variable: int, is_suppressed: Sequence[bool]
    ) -> Iterable[tuple[Exposure, Cut | None]]:
        """The count, where it is small and what is published shows that it is not as small as it might be."""
        if not self.system.is_small[variable]:
            return
        value, implied_bound = self.system.value_list[variable], self._implied_lower_bound(variable, is_suppressed)
        if self.lowest[self.column_by_variable[variable]] <= implied_bound:
            return
        down = self._solve_relaxation(variable, -1, value - implied_bound)
        if self.lowest[self.column_by_variable[variable]] <= implied_bound:
            return
        if floor(down.distance + _INTEGRALITY_TOLERANCE) < value - implied_bound:
            yield (
                Exposure(variable, lower_bound_raised=True),
                protection_cut(self.system, variable, value - implied_bound, (down.coefficients,)),
            )
            return
        minimum = self.integer_extreme(variable, -1, implied_bound)
        if minimum is None or minimum > implied_bound:
            yield Exposure(variable, lower_bound_raised=True), None

    def _implied_lower_bound(
        self, variable: int, is_suppressed: Sequence[bool], visited: frozenset[int] = frozenset()
    ) -> int:
        """The least that the marks alone tell: a suppressed total has a patient for each part marked as suppressed, and
        so has its only part. `passed` are the counts that led here.
        """
        system = self.system
        lower_bound = system.lower_bound_list[variable]
        visited |= {variable}
        for equation in system.equations_by_variable[variable]:
            row = system.equations.rows[equation]
            (total, total_coefficient), *part_entries = row
            parts = [part for part, _ in part_entries]
            if total_coefficient != 1 or any(coefficient != -1 for _, coefficient in part_entries):
                continue
            if total == variable:
                new_parts = [part for part in parts if self._is_suppressed(part, is_suppressed) and part not in visited]
                lower_bound = max(
                    lower_bound, sum(self._implied_lower_bound(part, is_suppressed, visited) for part in new_parts)
                )
            elif parts == [variable] and system.equations.slack[equation] == NO_SLACK and total not in visited:
                lower_bound = max(
                    lower_bound,
                    self._implied_lower_bound(total, is_suppressed, visited)
                    if self._is_suppressed(total, is_suppressed)
                    else 0,
                )
        return lower_bound

    def _is_suppressed(self, variable: int, is_suppressed: Sequence[bool]) -> bool:
        group = self.system.group_list[variable]
        return group >= 0 and is_suppressed[group]

    def _observed_width(self, variable: int) -> int:
        column = self.column_by_variable[variable]
        return int(self.highest[column] - self.lowest[column])

    def _solve_relaxation(self, variable: int, direction: int, max_distance: int) -> _Displacement:
        """How far fractions can move the count by at most `need`, and what stands in the way."""
        column, value = self.column_by_variable[variable], self.system.value_list[variable]
        solution = self._maximize_distance(self.program, self.lower_bounds, variable, direction, max_distance)
        if solution is None:
            return _Displacement(float(max_distance), {})
        distance = abs(float(solution.values[column]) - value)
        if not self._record_solution(solution):
            integral_solution = self._maximize_distance(
                self.integral_program, self.integral_lower_bounds, variable, direction, max_distance
            )
            if integral_solution is not None:
                self._record_solution(integral_solution)
        if distance > max_distance - _INTEGRALITY_TOLERANCE:
            return _Displacement(distance, {})
        return _Displacement(
            distance,
            cut_coefficients(
                self.system, self.equation_indices, solution.dual_values, variable, direction, max_distance
            ),
        )

    def _maximize_distance(
        self, program: LinearProgram, lower_bounds: FloatArray, variable: int, direction: int, max_distance: int
    ) -> Solution | None:
        """The world, perhaps with fractions, in which a count is moved furthest, by at most `need`."""
        column, value = self.column_by_variable[variable], self.system.value_list[variable]
        lower_limit = lower_bounds[column] if direction > 0 else max(lower_bounds[column], float(value - max_distance))
        program.set_bounds(column, lower_limit, float(value + max_distance) if direction > 0 else np.inf)
        objective = np.zeros(program.n_columns)
        objective[column] = -direction
        solution = program.minimize(objective)
        program.set_bounds(column, lower_bounds[column], np.inf)
        return solution

    def _record_solution(self, solution: Solution) -> bool:
        """Take in a solution where it is whole: another world that fits what is published."""
        values = solution.values[: len(self.variables)]
        if np.abs(solution.values - np.rint(solution.values)).max() > _INTEGRALITY_TOLERANCE:
            return False
        integer_values = np.rint(values).astype(np.int64)
        self.lowest, self.highest = np.minimum(self.lowest, integer_values), np.maximum(self.highest, integer_values)
        if self.solutions is not None:
            self.solutions.add(self.variables, integer_values)
        return True

    def integer_extreme(self, variable: int, direction: int, stop_at: int | None = None) -> int | None:
        """The least (-1) or greatest (1) whole value of a count, not looked for beyond `until`; None: there is none."""
        column, lower_bound = self.column_by_variable[variable], self.system.lower_bound_list[variable]
        upper_limit = UNBOUNDED_FROM if stop_at is None or direction < 0 else stop_at
        lower_limit = lower_bound if stop_at is None or direction > 0 else max(lower_bound, stop_at)
        self.program.set_bounds(column, float(lower_limit), float(upper_limit))
        objective = np.zeros(self.program.n_columns)
        objective[column] = -direction
        solution = self.program.minimize_integer(objective)
        self.program.set_bounds(column, float(lower_bound), np.inf)
        if solution is None:
            return None
        self._record_solution(solution)
        value = float(solution.values[column])
        return ceil(value - _INTEGRALITY_TOLERANCE) if direction < 0 else floor(value + _INTEGRALITY_TOLERANCE)


class _Displacement(NamedTuple):
    """How far a count can be moved, and the barrier that stops it."""

    distance: float
    coefficients: CutCoefficients
