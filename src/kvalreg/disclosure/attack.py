"""The attack: for every hidden count, the least and the greatest value that all published numbers together allow.

Owns the attacker's knowledge and reasoning. What comes in is a `View`, which holds no hidden count; what goes out are
bounds, and which cells they give away. It hides nothing and decides nothing.

The attacker knows: every published n and x, exactly; every sum; that counts are whole numbers; that 0 <= x <= n; that a
cell marked as hidden has at least one patient. Components without cycles are solved by reasoning (`components`), the
others by integer programming (``scipy.optimize.milp``), so that the bounds are exact either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds as Box
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_array

from kvalreg.disclosure.cells import UNBOUNDED, Policy, View
from kvalreg.disclosure.components import INFINITE, Component, narrow, split
from kvalreg.disclosure.flows import Witnesses
from kvalreg.disclosure.relations import BoolArray, IntArray


CAP = 10**7
"""A count that can be this great is reported as unbounded. Far above any national count, so that a true bound is never
mistaken, and far below where the solver's tolerances matter."""


class Measure(StrEnum):
    """Which of a cell's counts."""

    NUMERATOR = "numerator"
    MISSES = "misses"
    DENOMINATOR = "denominator"


@dataclass(frozen=True, eq=False)
class Range:
    """Least and greatest possible count per cell, shape (cells,); `UNBOUNDED` where nothing limits it."""

    low: IntArray
    high: IntArray

    @property
    def width(self) -> IntArray:
        """Greatest minus least; 0 for a published count."""
        return self.high - self.low


@dataclass(frozen=True, eq=False)
class Bounds:
    """What an attacker can say about every cell.

    Parameters
    ----------
    n, x, misses
        Bounds of denominators, numerators and denominators minus numerators; the last two are None without numerators.
    consistent
        False for hidden cells about which the published numbers contradict each other: nothing is proven about them.
    """

    n: Range
    x: Range | None
    misses: Range | None
    consistent: BoolArray


class Exposure(NamedTuple):
    """A hidden cell that published numbers give away, and by which count."""

    cell: int
    measure: Measure


@dataclass(frozen=True, eq=False)
class Enough:
    """When to stop looking: bounds at least this wide are wide enough, and need not be exact.

    Parameters
    ----------
    policy
        The width asked for.
    small
        Cells whose least denominator is to be exact all the same.
    solution
        One table that fits the view, [x, misses, n] or [n] per cell, from those who know it; it saves finding one.
    """

    policy: Policy
    small: BoolArray
    solution: tuple[IntArray, ...] | None = None


def attack(view: View, enough: Enough | None = None) -> Bounds:
    """Bounds on every hidden count.

    Parameters
    ----------
    view
        What is published.
    enough
        Bounds are then exact or at least as wide as this asks. Without it all bounds are exact.

    Returns
    -------
    Bounds of all cells; published cells have equal bounds.

    Notes
    -----
    Worked example: a health trust of 12 patients, hospitals A and B hidden, C shown with 4. A + B = 8 and each is at
    least 1, so both lie between 1 and 7.
    """
    return _bounds(view, lambda component: _Solver(component, enough).solve())


def reason(view: View) -> Bounds:
    """Bounds that are true but perhaps too wide, fast: what they give away is given away, but they prove nothing safe."""
    return _bounds(view, lambda _: True)


def _bounds(view: View, solve: Callable[[Component], bool]) -> Bounds:
    consistent = np.ones(view.relations.size, dtype=np.bool_)
    counts = [view.n] if view.x is None else [view.x, view.n - view.x, view.n]
    ranges = [Range(values.copy(), values.copy()) for values in counts]
    for component in split(view):
        cells = [cell for cell in component.cells if cell >= 0]
        exact = narrow(component)
        if exact is None or not (exact or solve(component)):
            consistent[cells] = False
        for measure, bounds in enumerate(ranges):
            bounds.low[cells] = component.low[measure][: len(cells)]
            high = component.high[measure][: len(cells)]
            bounds.high[cells] = [bound if bound < INFINITE else UNBOUNDED for bound in high]
    if view.x is None:
        return Bounds(n=ranges[0], x=None, misses=None, consistent=consistent)
    return Bounds(n=ranges[2], x=ranges[0], misses=ranges[1], consistent=consistent)


def exposed(bounds: Bounds, view: View, policy: Policy, small: BoolArray | None = None) -> list[Exposure]:
    """The hidden cells whose bounds are narrower than the policy allows; empty for a safe release.

    Parameters
    ----------
    bounds
        From `attack` on the same view.
    view
        What is published.
    policy
        What must remain uncertain.
    small
        The cells hidden for their own smallness, for those who know them: their least denominator must not be raised
        either, because a reader who knows that the unit is small would then have fewer values left than the rule leaves.

    Returns
    -------
    Exposures by cell, the denominator first.
    """
    marked = view.hidden if view.absent is None else view.hidden & ~view.absent
    thin = bounds.n.width < policy.minimum
    denominator = (marked & thin) | (view.hidden & ~bounds.consistent)
    if view.absent is not None:
        denominator |= view.absent & thin & (bounds.n.low < policy.minimum) & (bounds.n.high > 0)
    if small is not None:
        denominator |= small & view.hidden & (bounds.n.low > view.floor)
    found = [Exposure(cell, Measure.DENOMINATOR) for cell in np.flatnonzero(denominator).tolist()]
    if view.x is not None and bounds.x is not None and bounds.misses is not None:
        for measure, span, counts in (
            (Measure.NUMERATOR, bounds.x, view.x),
            (Measure.MISSES, bounds.misses, view.n - view.x),
        ):
            known = marked & (span.width < policy.numerator_width) & ~view.told(counts)
            found += [Exposure(cell, measure) for cell in np.flatnonzero(known).tolist()]
    return sorted(found, key=lambda one: (one.cell, one.measure is not Measure.DENOMINATOR, one.measure))


class _Solver:
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

    def solve(self) -> bool:
        """Write the bounds into the component; False when the published numbers have no solution."""
        solution = self._first()
        if solution is None:
            return False
        witnesses = self.witnesses = Witnesses(self.component, solution)
        for variable, cell in enumerate(self.component.cells):
            if cell >= 0:
                self._move(variable)
                for measure in reversed(range(self.last + 1)):
                    for direction in (-1, 1):
                        if not self._settled(variable, measure, direction):
                            found = self._programmed().extreme([variable], measure, direction)
                            if found is not None:
                                witnesses.record(found)
        for measure in range(self.last + 1):
            for variable in range(self.variables):
                most = witnesses.most[measure][variable]
                self.component.low[measure][variable] = witnesses.least[measure][variable]
                self.component.high[measure][variable] = most if most < CAP else INFINITE
        return True

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
            for order in (shares, shares[::-1]):
                if not all(self._settled(variable, measure, direction) for measure in range(self.last + 1)):
                    limit = CAP if self.enough is None or direction < 0 else self.enough.policy.minimum
                    self.witnesses.move(variable, direction, order, limit)

    def _settled(self, variable: int, measure: int, direction: int) -> bool:
        """True when the witnessed bound is the true one, or already as far as anyone asks."""
        assert self.witnesses is not None
        if direction < 0 and self.witnesses.least[measure][variable] == self.component.low[measure][variable]:
            return True
        if direction > 0 and self.witnesses.most[measure][variable] >= min(self.component.high[measure][variable], CAP):
            return True
        if self.enough is None:
            return False
        wide = self.witnesses.width(measure, variable)
        if measure == self.last:
            exact_least = direction < 0 and self.enough.small[self.component.cells[variable]]
            return not exact_least and wide >= self.enough.policy.minimum
        return wide >= self.enough.policy.numerator_width


class _Program:
    """The integer program of one component: variables x and misses of each cell, or n alone."""

    def __init__(self, component: Component) -> None:
        self.variables = len(component.cells)
        self.blocks = 2 if component.measures == 3 else 1
        rows, columns, signs = list[int](), list[int](), list[float]()
        lows: list[float] = []
        for equation in component.equations:
            for block in range(self.blocks):
                for variable, sign in equation.terms:
                    rows.append(len(lows))
                    columns.append(block * self.variables + variable)
                    signs.append(float(sign))
                lows.append(float(equation.constants[block]))
        highs = lows.copy()
        if self.blocks == 2:
            for variable in range(self.variables):
                rows += [len(lows)] * 2
                columns += [variable, self.variables + variable]
                signs += [1.0, 1.0]
                ceiling = component.high[2][variable]
                lows.append(float(component.low[2][variable]))
                highs.append(float(ceiling) if ceiling < INFINITE else np.inf)
        matrix = csr_array((signs, (rows, columns)), shape=(len(lows), self.blocks * self.variables))
        self.constraints = LinearConstraint(matrix, np.array(lows), np.array(highs))
        floors = [low for block in range(self.blocks) for low in component.low[block][: self.variables]]
        ceilings = [high for block in range(self.blocks) for high in component.high[block][: self.variables]]
        self.box = Box(np.array(floors, dtype=float), np.minimum(np.array(ceilings, dtype=float), CAP))

    def extreme(self, variables: Iterable[int], measure: int, direction: int) -> list[list[int]] | None:
        """The solution that makes the sum of these counts least (-1) or greatest (1); None when there is none."""
        objective = np.zeros(len(self.box.lb))
        for variable in variables:
            for block in (0, 1) if measure == 2 else (measure,):
                objective[block * self.variables + variable] -= direction
        result = milp(
            objective,
            integrality=np.ones(len(objective), dtype=np.int64),
            bounds=self.box,
            constraints=self.constraints,
            options={"mip_rel_gap": 0.0},
        )
        if result.x is None:
            return None
        values = np.rint(result.x).astype(np.int64).reshape(self.blocks, self.variables)
        rows: list[list[int]] = values.tolist()
        return [*rows, values.sum(axis=0).tolist()] if self.blocks == 2 else rows
