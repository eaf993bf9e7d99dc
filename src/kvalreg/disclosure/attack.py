"""The attack: how far can what is published narrow down a suppressed count?

Owns the attacker's reasoning. Input: a `TableSystem`, and which groups are suppressed. Output: the variables that are
exposed (`Exposure`) with the cuts that exclude such a pattern, or the exact feasibility interval of every variable. It
chooses nothing.

The attacker knows every published count, every equation, that counts are integers of at least 0, and that a cell marked
as suppressed has a patient. With v the true values, every feasible solution is ``v + d`` with ``A d = 0``,
``d_j >= -(v_j - l_j)`` for suppressed variables and ``d_j = 0`` for published ones. The suppressed variables fall into
components that share no equation, and each is attacked by itself (`attacker_subproblem`):

1. a linear program moves a variable up by its protection level, or as far as possible, and the same downwards. If the
   relaxation moves it by less than it needs, the variable is exposed, and the dual solution gives the cut;
2. integral solutions found on the way are pooled (`solution_pool`): two of them that lie far enough apart prove that a
   variable is safe. Most solutions are integral, and each serves all variables of its component;
3. where neither decides, an integer program does.

Worked example: a trust of 12 patients, hospitals A 3 and B 5 suppressed, C 4 published. A + B = 8 and both are at least
1: A can rise by 4 (B falls to 1) and fall by 2, so its interval is 1 to 7, 6 apart: 5 are needed, and A is safe.

Source: Fischetti M, Salazar-González JJ, *Management Science* 2001;47:1008-1027, the attacker subproblems.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from kvalreg.arrays import BoolArray, IntArray
from kvalreg.disclosure.attacker_subproblem import AttackerSubproblem, AttackResult, Exposure
from kvalreg.disclosure.component_program import UNBOUNDED_FROM, ComponentProgram
from kvalreg.disclosure.solution_pool import SolutionPool
from kvalreg.disclosure.system import PUBLIC, TableSystem

UNBOUNDED = int(np.iinfo(np.int64).max)
"""The upper bound of a variable that nothing limits."""
MAX_EXPLAINED = 4
"""Exposed variables of one component that get a cut at a time: more make fewer but slower iterations."""


@dataclass(frozen=True, eq=False)
class FeasibilityIntervals:
    """Least and greatest possible value of each variable, shape (variables,); `UNBOUNDED` where nothing limits it."""

    low: IntArray
    high: IntArray


class Attack:
    """The attack on one system; results of components are cached.

    Parameters
    ----------
    system
        What the attacker knows, and what is to be protected.
    find_all
        Find every exposed variable, not some of each component alone.
    previous
        An attack on the same variables with these equations and perhaps more: its feasible solutions fit here too.
    """

    def __init__(self, system: TableSystem, *, find_all: bool = False, previous: Attack | None = None) -> None:
        self.system = system
        self.max_explained = len(system.value) if find_all else MAX_EXPLAINED
        self.solutions: SolutionPool = SolutionPool(system.value) if previous is None else previous.solutions.copy()
        self._result_by_component: dict[tuple[tuple[int, ...], tuple[bool, ...]], AttackResult] = {}
        self._revealing_groups = sorted({group for group in system.revealing_group.tolist() if group >= 0})

    def run(self, suppressed: BoolArray, max_explained: int | None = None) -> list[AttackResult]:
        """What each component of suppressed variables discloses; components that disclose nothing are left out."""
        is_suppressed: list[bool] = suppressed.tolist()
        # A revealing group may lie outside the component that it reveals, so its state is part of the key.
        revealing_state = tuple(is_suppressed[group] for group in self._revealing_groups)
        keys = [(variables, revealing_state) for variables in suppressed_components(self.system, is_suppressed)]
        new_keys = [key for key in keys if key not in self._result_by_component]
        if new_keys:
            ranges = self.solutions.ranges(suppressed[self.system.group] & (self.system.group != PUBLIC))
            for key in new_keys:
                subproblem = AttackerSubproblem(self.system, key[0], ranges, self.solutions)
                self._result_by_component[key] = subproblem.run(is_suppressed, max_explained or self.max_explained)
        return [self._result_by_component[key] for key in keys if self._result_by_component[key].exposures]

    def exposures(self, suppressed: BoolArray) -> set[Exposure]:
        """Exposed variables, at least one of each component that has any."""
        return {exposure for result in self.run(suppressed) for exposure in result.exposures}

    def widths(self, suppressed: BoolArray, variables: Iterable[int]) -> dict[int, int]:
        """The width of the feasibility interval of some suppressed variables, up to the protection level of each."""
        requested, width_by_variable = set(variables), dict[int, int]()
        for component in suppressed_components(self.system, suppressed.tolist()):
            program = ComponentProgram(self.system, component, solutions=self.solutions)
            for variable in sorted(requested.intersection(component)):
                value, protection_level = self.system.value_list[variable], int(self.system.protection_level[variable])
                low, high = (
                    program.integer_extreme(variable, -1, value - protection_level),
                    program.integer_extreme(variable, 1, value + protection_level),
                )
                width_by_variable[variable] = 0 if low is None or high is None else min(protection_level, high - low)
        return width_by_variable


def suppressed_components(system: TableSystem, is_suppressed: Sequence[bool]) -> list[tuple[int, ...]]:
    """The suppressed variables that equations connect; one in no equation is a component of its own."""
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
            for variable in component:  # breadth-first: the list grows while it is walked through
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
    """The exact feasibility interval of every variable, by two integer programs each.

    The true values of suppressed variables are not used, so that it cannot cheat. It is slow, and for those who want
    the intervals themselves: whether they are wide enough, `Attack` finds out much sooner.
    """
    is_suppressed: list[bool] = suppressed.tolist()
    low, high = system.value.copy(), system.value.copy()
    for component in suppressed_components(system, is_suppressed):
        program = ComponentProgram(system, component)
        for variable in component:
            minimum, maximum = program.integer_extreme(variable, -1), program.integer_extreme(variable, 1)
            if minimum is None or maximum is None:
                raise ValueError("The published numbers contradict each other. Correct the system's equations.")
            low[variable], high[variable] = minimum, maximum if maximum < UNBOUNDED_FROM else UNBOUNDED
    return FeasibilityIntervals(low, high)
