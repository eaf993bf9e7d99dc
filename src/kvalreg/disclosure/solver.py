"""Exact bounds of a component with cycles: witnesses first, integer programming where they do not settle it.

What comes in is a `Component` whose bounds have been narrowed by reasoning; it leaves with exact ones, or with bounds
at least as wide as was asked for. It sees no hidden count, unless the caller lends a solution to start from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from kvalreg.disclosure.cells import Policy
from kvalreg.disclosure.components import INFINITE, Component, agree
from kvalreg.disclosure.flows import Witnesses
from kvalreg.disclosure.found import Found
from kvalreg.disclosure.programs import Constraints, Program
from kvalreg.disclosure.relations import BoolArray, IntArray

CAP = 10**7
"""A count that can be this great is reported as unbounded. Far above any national count, so that a true bound is never
mistaken for none, and far below where the tolerances of the solver matter."""


@dataclass(frozen=True, eq=False)
class Enough:
    """When to stop looking: bounds at least this wide, or surely less wide, need not be exact.

    Parameters
    ----------
    policy
        The width asked for.
    small
        Cells whose least denominator is to be exact all the same.
    solution
        One table that fits what is published, (x, misses, n) or (n,), from those who know it; it saves finding one.
    found
        Where those who know it keep the other tables that fit; they save finding these again.
    """

    policy: Policy
    small: BoolArray | None = None
    solution: tuple[IntArray, ...] | None = None
    found: Found | None = None


def solve(component: Component, enough: Enough | None = None) -> bool:
    """Write the bounds into the component; False when the published numbers contradict each other."""
    return _Search(component, enough).run()


class _Search:
    """Exact bounds of one component with cycles.

    Solutions found by `flows` are tried first; a program is solved only for a count whose range of witnessed values is
    neither wide enough nor as wide as the bounds found by reasoning.
    """

    def __init__(self, component: Component, enough: Enough | None) -> None:
        self.component = component
        self.enough = enough
        self.variables = len(component.cells)
        self.last = component.measures - 1
        self.witnesses: Witnesses | None = None
        self.program: _Program | None = None

    def run(self) -> bool:
        """Write the bounds into the component; False when the published numbers have no solution."""
        solution = self._first()
        if solution is None:
            return False
        witnesses = self.witnesses = Witnesses(self.component, solution)
        self._recall()
        places = [variable for variable, cell in enumerate(self.component.cells) if cell >= 0]
        for variable in places:
            self._move(variable)
            for measure in reversed(range(self.last + 1)):
                for direction in (-1, 1):
                    if not self._settled(variable, measure, direction) and not self._confined(
                        variable, measure, direction
                    ):
                        found = self._programmed().extreme([variable], measure, direction)
                        if found is not None:
                            witnesses.record(found)
        for measure in range(self.last + 1):
            for variable in range(self.variables):
                if not self._narrow(variable, measure):
                    most = witnesses.most[measure][variable]
                    self.component.low[measure][variable] = witnesses.least[measure][variable]
                    self.component.high[measure][variable] = most if most < CAP else INFINITE
        return True

    def _recall(self) -> None:
        """Take in the tables found before, and remember those found from now on."""
        assert self.witnesses is not None
        found = None if self.enough is None else self.enough.found
        if found is None:
            return
        hidden = np.zeros(found.truth.shape[1], dtype=np.bool_)
        places = [variable for variable, cell in enumerate(self.component.cells) if cell >= 0]
        cells = [self.component.cells[variable] for variable in places]
        hidden[cells] = True
        least, most = found.ranges(hidden)
        self.witnesses.widen(places, least[:, cells].tolist(), most[:, cells].tolist())
        self.witnesses.kept = lambda solution: found.add(self.component.cells, solution)

    def _confined(self, variable: int, measure: int, direction: int) -> bool:
        """True when the limits of the measures one by one show that the witnessed bound is the true one."""
        assert self.witnesses is not None
        limit = CAP if self.enough is None or direction < 0 else self.enough.policy.minimum
        for one in {measure, *(range(self.last) if measure == self.last else ())}:
            self.witnesses.confine(variable, direction, one, limit)
        agree(self.component, variable)
        return self._settled(variable, measure, direction)

    def _narrow(self, variable: int, measure: int) -> bool:
        """True when the true bounds are surely narrower than is asked for."""
        if self.enough is None or self.component.cells[variable] < 0:
            return False
        policy = self.enough.policy
        need = policy.minimum if measure == self.last else policy.numerator_width
        return self.component.high[measure][variable] - self.component.low[measure][variable] < need

    def _first(self) -> list[list[int]] | None:
        known = None if self.enough is None else self.enough.solution
        if known is not None and min(self.component.cells) >= 0:
            return [values[self.component.cells].tolist() for values in known]
        return self._programmed().extreme(range(self.variables), self.last, -1)

    def _programmed(self) -> _Program:
        if self.program is None:
            self.program = _Program(self.component)
        return self.program

    def _move(self, variable: int) -> None:
        """Look for witnesses that settle one cell's counts."""
        assert self.witnesses is not None
        shares = tuple(range(max(1, self.last)))
        for direction in (1, -1):
            limit = CAP if self.enough is None or direction < 0 else self.enough.policy.minimum
            for order in (shares, shares[::-1]):
                for measure in range(self.last + 1):
                    if not self._settled(variable, measure, direction):
                        self.witnesses.move(variable, direction, order, limit)
                        break

    def _settled(self, variable: int, measure: int, direction: int) -> bool:
        """True when the witnessed bound is the true one, or already as far as anyone asks."""
        assert self.witnesses is not None
        if direction < 0 and self.witnesses.least[measure][variable] == self.component.low[measure][variable]:
            return True
        if direction > 0 and self.witnesses.most[measure][variable] >= min(self.component.high[measure][variable], CAP):
            return True
        if self.enough is None:
            return False
        if self._narrow(variable, measure):
            return True
        wide = self.witnesses.width(measure, variable)
        if measure == self.last:
            small = self.enough.small
            exact_least = direction < 0 and small is not None and small[self.component.cells[variable]]
            return not exact_least and wide >= self.enough.policy.minimum
        return wide >= self.enough.policy.numerator_width


class _Program:
    """The integer program of one component: variables x and misses of each cell, or n alone."""

    def __init__(self, component: Component) -> None:
        self.variables = len(component.cells)
        self.blocks = 2 if component.measures == 3 else 1
        entries = list[tuple[int, int, float]]()
        lows: list[float] = []
        for equation in component.equations:
            for block in range(self.blocks):
                entries += [
                    (len(lows), block * self.variables + variable, float(sign)) for variable, sign in equation.terms
                ]
                lows.append(float(equation.constants[block]))
        highs = lows.copy()
        if self.blocks == 2:
            for variable in range(self.variables):
                entries += [(len(lows), variable, 1.0), (len(lows), self.variables + variable, 1.0)]
                ceiling = component.high[2][variable]
                lows.append(float(component.low[2][variable]))
                highs.append(float(ceiling) if ceiling < INFINITE else np.inf)
        floors = [low for block in range(self.blocks) for low in component.low[block][: self.variables]]
        ceilings = [high for block in range(self.blocks) for high in component.high[block][: self.variables]]
        box = np.array(floors, dtype=float), np.minimum(np.array(ceilings, dtype=float), CAP)
        self.program = Program(Constraints(entries, (np.array(lows), np.array(highs)), box), presolve="on")

    def extreme(self, variables: Iterable[int], measure: int, direction: int) -> list[list[int]] | None:
        """The solution that makes the sum of these counts least (-1) or greatest (1); None when there is none."""
        objective = np.zeros(self.blocks * self.variables)
        for variable in variables:
            for block in (0, 1) if measure == 2 else (measure,):
                objective[block * self.variables + variable] -= direction
        found = self.program.whole_minimum(objective)
        if found is None:
            return None
        values = np.rint(found.values).astype(np.int64).reshape(self.blocks, self.variables)
        rows: list[list[int]] = values.tolist()
        return [*rows, values.sum(axis=0).tolist()] if self.blocks == 2 else rows
