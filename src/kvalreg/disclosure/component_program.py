"""The linear program of one component of suppressed variables: how far can each be moved from its true value?

Input: a system, and variables that equations connect. Output: distances with the cut coefficients that limit them, and
exact least and greatest integer values. It does not know how far is far enough: that is for `attacker_subproblem`.

Notation: x_j the attacker's value of a suppressed variable, v_j its true value, l_j its lower bound, s_r >= 0 the slack
of an equation that has one. Published variables are constants::

    sum over suppressed j of a_rj x_j  -  s_r  =  - sum over published j of a_rj v_j,      x_j >= l_j

Worked example: trust 12 published, hospitals A 3 and B 5 suppressed, C 4 published; the equation is T - A - B - C = 0.
The program has two columns and one row, -A - B = -(12 - 4) = -8, with A >= 1 and B >= 1.
Moving A up by at most 5: minimise -A with A <= 8. The answer is A = 7 (B = 1), so the distance is 4, less than 5.
The dual value of the row tells what limits it, B's distance to its lower bound (`cuts.cut_coefficients`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import ceil, floor
from typing import NamedTuple

import numpy as np

from kvalreg.arrays import FloatArray, IntArray
from kvalreg.disclosure.cuts import CutCoefficients, Move, cut_coefficients
from kvalreg.disclosure.solution_pool import SolutionPool
from kvalreg.disclosure.solver import LinearConstraints, LinearProgram, Solution
from kvalreg.disclosure.system import NO_SLACK, EquationRole, TableSystem

UNBOUNDED_FROM = 10**7
"""A variable that can be this great counts as unbounded: far above any national count, and far below where the
tolerances of the solver matter."""
MIN_BATCH, MAX_IDLE_ATTEMPTS = 60, 3
"""Fewer variables are moved one by one; and attempts at moving many at once that do not help, before that."""
INTEGRALITY_TOLERANCE = 1e-6


class Displacement(NamedTuple):
    """How far a variable can be moved in the relaxation, and the cut coefficients that say why not further."""

    distance: float
    coefficients: CutCoefficients

    @property
    def integer_distance(self) -> int:
        """The distance rounded down: no integer solution is further away than the relaxation's."""
        return floor(self.distance + INTEGRALITY_TOLERANCE)


class ComponentProgram:
    """One component: suppressed variables, the equations they are in, and the range of values found so far.

    Parameters
    ----------
    system
        All variables and equations.
    variables
        The component's.
    ranges
        Least and greatest value of every variable of the system in feasible solutions found before.
    solutions
        Where new solutions are stored.
    """

    def __init__(
        self,
        system: TableSystem,
        variables: tuple[int, ...],
        ranges: tuple[IntArray, IntArray] | None = None,
        solutions: SolutionPool | None = None,
    ) -> None:
        self.system, self.variables, self.solutions = system, variables, solutions
        self.column_by_variable = {variable: column for column, variable in enumerate(variables)}
        self.equation_indices = sorted(
            {equation for variable in variables for equation in system.equations_by_variable[variable]}
        )
        indices = list(variables)
        lowest, highest = (system.value, system.value) if ranges is None else ranges
        self.lowest, self.highest = lowest[indices], highest[indices]

    # --- the two programs --------------------------------------------------------------------------------------------
    @cached_property
    def lower_bounds(self) -> FloatArray:
        """The lower bound of each suppressed variable."""
        return np.array([self.system.lower_bound_list[variable] for variable in self.variables], dtype=float)

    @cached_property
    def integral_lower_bounds(self) -> FloatArray:
        """Tighter lower bounds under which solutions are mostly integral.

        The numerators by themselves form a network, and so do the complements: networks have integral solutions.
        ``n = x + y >= 1`` ties the two together, and fractions appear. ``x >= 1`` or ``y >= 1`` implies it and leaves
        them apart. Every solution under the tighter bounds is feasible under the true ones, so what it proves safe is
        safe; it proves nothing exposed.
        """
        lower_bounds, values, rows = self.lower_bounds.copy(), self.system.value_list, self.system.equations.rows
        for equation in self.equation_indices:
            row = rows[equation]
            if self.system.equations.role[equation] == EquationRole.GENERAL and len(row) == 3:
                total, *outcome_parts = (variable for variable, _ in row)
                candidates = [part for part in outcome_parts if part in self.column_by_variable and values[part] > 0]
                if self.system.lower_bound_list[total] > 0 and candidates:
                    column = self.column_by_variable[max(candidates, key=lambda part: values[part])]
                    lower_bounds[column] = max(1.0, lower_bounds[column])
        return lower_bounds

    @cached_property
    def program(self) -> LinearProgram:
        """The equations, with a column per suppressed variable and one per slack."""
        return self._build_program()

    @cached_property
    def integral_program(self) -> LinearProgram:
        """The same program with `integral_lower_bounds`."""
        program = self._build_program()
        for column, lower_bound in enumerate(self.integral_lower_bounds.tolist()):
            program.set_bounds(column, lower_bound, np.inf)
        return program

    def _build_program(self) -> LinearProgram:
        system, n_columns = self.system, len(self.variables)
        rows, slacks = system.equations.rows, system.equations.slack.tolist()
        entries: list[tuple[int, int, float]] = []
        right_hand_sides: list[float] = []
        for row_index, equation in enumerate(self.equation_indices):
            # What is published is known: it goes to the right-hand side.
            constant = 0
            for variable, coefficient in rows[equation]:
                column = self.column_by_variable.get(variable)
                if column is None:
                    constant += coefficient * system.value_list[variable]
                else:
                    entries.append((row_index, column, float(coefficient)))
            # The attacker knows of a slack only that it is at least 0.
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

    # --- the range of values found so far ----------------------------------------------------------------------------
    def lowest_value(self, variable: int) -> int:
        """The least value of a variable in the feasible solutions found so far."""
        return int(self.lowest[self.column_by_variable[variable]])

    def observed_width(self, variable: int) -> int:
        """How far apart the values of a variable are in the feasible solutions found so far."""
        column = self.column_by_variable[variable]
        return int(self.highest[column] - self.lowest[column])

    def _record_solution(self, solution: Solution) -> bool:
        """Extend the ranges by a solution if it is integral: it fits all that is published."""
        values = solution.values[: len(self.variables)]
        if np.abs(solution.values - np.rint(solution.values)).max() > INTEGRALITY_TOLERANCE:
            return False
        integer_values = np.rint(values).astype(np.int64)
        self.lowest, self.highest = np.minimum(self.lowest, integer_values), np.maximum(self.highest, integer_values)
        if self.solutions is not None:
            self.solutions.add(self.variables, integer_values)
        return True

    # --- moving variables --------------------------------------------------------------------------------------------
    def explore_randomly(self, protected_variables: Sequence[int]) -> None:
        """Move all variables that need it at once, each up or down at random: one solution mostly serves many of them.

        The generator has a fixed seed, so equal systems have equal results.
        """
        protection_levels = np.array(
            [self.system.protection_level[variable] for variable in protected_variables], dtype=np.int64
        )
        columns = np.array([self.column_by_variable[variable] for variable in protected_variables], dtype=np.int64)
        true_values = self.system.value[list(self.variables)]
        generator, n_idle = np.random.default_rng(0), 0
        while n_idle < MAX_IDLE_ATTEMPTS:
            narrow = self._narrow_positions(columns, protection_levels)
            if len(narrow) < MIN_BATCH:
                return
            program, narrow_columns = self.integral_program, columns[narrow]
            objective = np.zeros(program.n_columns)
            objective[narrow_columns] = generator.choice((-1.0, 1.0), len(narrow))
            # No variable needs to move further than its protection level: the bounds leave the slack to others.
            values = true_values[narrow_columns]
            lower_limits = np.maximum(self.integral_lower_bounds[narrow_columns], values - protection_levels[narrow])
            limits = zip(lower_limits.tolist(), (values + protection_levels[narrow]).tolist(), strict=True)
            for column, (lower_limit, upper_limit) in zip(narrow_columns.tolist(), limits, strict=True):
                program.set_bounds(column, float(lower_limit), float(upper_limit))
            solution = program.minimize(objective)
            for column in narrow_columns.tolist():
                program.set_bounds(column, self.integral_lower_bounds[column], np.inf)
            is_recorded = solution is not None and self._record_solution(solution)
            if not is_recorded or len(self._narrow_positions(columns, protection_levels)) == len(narrow):
                n_idle += 1

    def _narrow_positions(self, columns: IntArray, protection_levels: IntArray) -> IntArray:
        return np.flatnonzero(self.highest[columns] - self.lowest[columns] < protection_levels).astype(np.int64)

    def solve_relaxation(self, move: Move) -> Displacement:
        """How far a variable can be moved where fractions are allowed, and the dual solution's reason."""
        column, value = self.column_by_variable[move.variable], self.system.value_list[move.variable]
        solution = self._maximize_distance(self.program, self.lower_bounds, move)
        # No answer of the solver proves nothing: the caller then solves the integer program.
        if solution is None:
            return Displacement(float(move.max_distance), {})
        distance = abs(float(solution.values[column]) - value)
        if not self._record_solution(solution):
            integral_solution = self._maximize_distance(self.integral_program, self.integral_lower_bounds, move)
            if integral_solution is not None:
                self._record_solution(integral_solution)
        if distance > move.max_distance - INTEGRALITY_TOLERANCE:
            return Displacement(distance, {})
        return Displacement(distance, cut_coefficients(self.system, self.equation_indices, solution.dual_values, move))

    def _maximize_distance(self, program: LinearProgram, lower_bounds: FloatArray, move: Move) -> Solution | None:
        """The solution, perhaps with fractions, in which a variable is moved furthest."""
        column, value = self.column_by_variable[move.variable], self.system.value_list[move.variable]
        if move.direction > 0:
            program.set_bounds(column, lower_bounds[column], float(value + move.max_distance))
        else:
            program.set_bounds(column, max(lower_bounds[column], float(value - move.max_distance)), np.inf)
        objective = np.zeros(program.n_columns)
        objective[column] = -move.direction
        solution = program.minimize(objective)
        program.set_bounds(column, lower_bounds[column], np.inf)
        return solution

    def integer_extreme(self, variable: int, direction: int, stop_at: int | None = None) -> int | None:
        """The least (-1) or greatest (1) integer value of a variable, not searched beyond `stop_at`; None: none found.

        By an integer program: slow, and exact.
        """
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
        # Only the solver's tolerance is rounded away.
        value = float(solution.values[column])
        return ceil(value - INTEGRALITY_TOLERANCE) if direction < 0 else floor(value + INTEGRALITY_TOLERANCE)
