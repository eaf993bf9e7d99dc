"""The attacker subproblem: which variables of one component are exposed, and which cuts exclude that?

Input: one component of suppressed variables. Output: an `AttackResult`. It solves programs by way of
`ComponentProgram`, and owns the two conditions that a protected variable must satisfy:

- *sliding protection*: the greatest possible value minus the least is at least its protection level;
- *lower bound*: what is published does not raise the least possible value of a small number of patients above what the
  marks alone say. Who knows that the unit is small is then left with all of its small values.

Worked example (secret below 5): trust 40 and C 25 published, A 3 and B 12 suppressed: A + B = 15, each at least 1.
A lies in 1 to 14, 13 apart, and its least value 1 is that of the mark: neither A nor B is exposed.
With B published, A = 40 - 12 - 25 = 3: 0 apart, exposed. The cut asks for the trust, B or C beside A.
Were B 1 and the trust 29: A + B = 4, so A lies in 1 to 3, 2 apart, exposed. The cut asks for the trust or C as well.
With C suppressed too, A + B + C = 29: A lies in 1 to 27, and is safe.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kvalreg.arrays import IntArray
from kvalreg.disclosure.component_program import ComponentProgram
from kvalreg.disclosure.cuts import Cut, Move, adjacency_cut, protection_cut
from kvalreg.disclosure.solution_pool import SolutionPool
from kvalreg.disclosure.system import NO_SLACK, TableSystem


class Exposure(NamedTuple):
    """A suppressed variable that is disclosed: too narrow an interval, or a raised lower bound of a small one."""

    variable: int
    """Its index."""
    lower_bound_raised: bool = False


@dataclass(frozen=True)
class AttackResult:
    """What the attack finds in one component.

    Parameters
    ----------
    variables
        Its suppressed variables.
    exposures, cuts
        Some of its exposed variables, at least one where there is any, and the cuts that exclude them: inequalities
        that every safe pattern satisfies and this one violates.
    """

    variables: tuple[int, ...]
    exposures: tuple[Exposure, ...] = ()
    cuts: tuple[Cut, ...] = ()


class AttackerSubproblem:
    """One component under one suppression pattern.

    Parameters
    ----------
    system
        All variables and equations.
    variables
        The component's.
    ranges
        Least and greatest value of every variable in feasible solutions found before.
    solutions
        Where new solutions are stored.
    """

    def __init__(
        self,
        system: TableSystem,
        variables: tuple[int, ...],
        ranges: tuple[IntArray, IntArray],
        solutions: SolutionPool,
    ) -> None:
        self.system, self.variables = system, variables
        self.program = ComponentProgram(system, variables, ranges, solutions)

    def run(self, is_suppressed: Sequence[bool], max_explained: int) -> AttackResult:
        """The exposed variables, `max_explained` at most, with a violated cut for each."""
        system = self.system
        exposures: list[Exposure] = []
        cuts: dict[Cut, None] = {}
        suppressed_groups = {group for group, suppressed in enumerate(is_suppressed) if suppressed}
        protected_variables = [variable for variable in self.variables if self._is_protected(variable, is_suppressed)]
        self.program.explore_randomly(protected_variables)
        explained_groups: set[int] = set()
        # A large component is explained in more places at a time, or it would take too many iterations.
        max_explained = max(max_explained, len(protected_variables) // 10) if max_explained > 1 else max_explained
        # Those that need most first: their cuts are the strongest.
        for variable in sorted(
            protected_variables, key=lambda variable: (-int(system.protection_level[variable]), variable)
        ):
            # What protects one variable of a group mostly protects the others.
            if system.group_list[variable] in explained_groups and max_explained < len(system.value):
                continue
            for exposure, cut in (
                *self._width_exposures(variable),
                *self._lower_bound_exposures(variable, is_suppressed),
            ):
                exposures.append(exposure)
                explained_groups.add(system.group_list[variable])
                # Invariant: every exposure yields a cut that this pattern violates, or the search would not go on.
                is_violated = cut is not None and cut.is_violated(suppressed_groups)
                cuts[cut if cut and is_violated else adjacency_cut(system, self.variables, variable)] = None
            if len(exposures) >= max_explained:
                break
        return AttackResult(self.variables, tuple(exposures), tuple(cuts))

    def _is_protected(self, variable: int, is_suppressed: Sequence[bool]) -> bool:
        system = self.system
        if not system.protection_level[variable] or not is_suppressed[system.protecting_group[variable]]:
            return False
        # A nation that is published with 0 reveals the 0 of all its units: there is nothing to protect.
        revealing_group = int(system.revealing_group[variable])
        return revealing_group < 0 or is_suppressed[revealing_group]

    def _width_exposures(self, variable: int) -> Iterable[tuple[Exposure, Cut | None]]:
        """The variable, if its interval is narrower than its protection level; each step costs more than the last."""
        protection_level, value = int(self.system.protection_level[variable]), self.system.value_list[variable]
        # 1. Two known solutions that lie far enough apart prove it safe.
        if self.program.observed_width(variable) >= protection_level:
            return
        # 2. The relaxation, upwards and downwards: its solutions are mostly integral, and extend what is known.
        up = self.program.solve_relaxation(Move(variable, 1, protection_level))
        if self.program.observed_width(variable) >= protection_level:
            return
        down = self.program.solve_relaxation(Move(variable, -1, protection_level))
        if self.program.observed_width(variable) >= protection_level:
            return
        # 3. If even fractions move it too little, it is exposed, and the dual solutions give the cut.
        if up.integer_distance + down.integer_distance < protection_level:
            yield (
                Exposure(variable),
                protection_cut(self.system, variable, protection_level, (up.coefficients, down.coefficients)),
            )
            return
        # 4. Otherwise integer programs decide.
        low, high = (
            self.program.integer_extreme(variable, -1, value - protection_level),
            self.program.integer_extreme(variable, 1, value + protection_level),
        )
        if low is None or high is None or high - low < protection_level:
            yield Exposure(variable), None

    def _lower_bound_exposures(
        self, variable: int, is_suppressed: Sequence[bool]
    ) -> Iterable[tuple[Exposure, Cut | None]]:
        """The variable, if it is small and what is published raises its least possible value; in the same steps."""
        if not self.system.is_small[variable]:
            return
        value, implied_bound = self.system.value_list[variable], self._implied_lower_bound(variable, is_suppressed)
        if self.program.lowest_value(variable) <= implied_bound:
            return
        down = self.program.solve_relaxation(Move(variable, -1, value - implied_bound))
        if self.program.lowest_value(variable) <= implied_bound:
            return
        if down.integer_distance < value - implied_bound:
            yield (
                Exposure(variable, lower_bound_raised=True),
                protection_cut(self.system, variable, value - implied_bound, (down.coefficients,)),
            )
            return
        minimum = self.program.integer_extreme(variable, -1, implied_bound)
        if minimum is None or minimum > implied_bound:
            yield Exposure(variable, lower_bound_raised=True), None

    def _implied_lower_bound(
        self, variable: int, is_suppressed: Sequence[bool], visited: frozenset[int] = frozenset()
    ) -> int:
        """The least value that the marks alone imply, whatever is published.

        A suppressed total has a patient for each part that is marked as suppressed, and a total's only part has what
        the total has. `visited` are the variables that led here.
        """
        system = self.system
        lower_bound = system.lower_bound_list[variable]
        visited |= {variable}
        # Bounds may rise along a chain of totals and parts: it is followed, each variable once, so that it ends.
        for equation in system.equations_by_variable[variable]:
            (total, total_coefficient), *part_entries = system.equations.rows[equation]
            parts = [part for part, _ in part_entries]
            if total_coefficient != 1 or any(coefficient != -1 for _, coefficient in part_entries):
                continue
            if total == variable:
                new_parts = [part for part in parts if self._is_suppressed(part, is_suppressed) and part not in visited]
                implied_bounds = [self._implied_lower_bound(part, is_suppressed, visited) for part in new_parts]
                lower_bound = max(lower_bound, sum(implied_bounds))
            elif (
                parts == [variable]
                and system.equations.slack[equation] == NO_SLACK
                and total not in visited
                and self._is_suppressed(total, is_suppressed)
            ):
                lower_bound = max(lower_bound, self._implied_lower_bound(total, is_suppressed, visited))
        return lower_bound

    def _is_suppressed(self, variable: int, is_suppressed: Sequence[bool]) -> bool:
        group = self.system.group_list[variable]
        return group >= 0 and is_suppressed[group]
