"""The attack: for every hidden count, the least and the greatest value that all published numbers together allow.

Owns the attacker's knowledge and reasoning. What comes in is a `View`, which holds no hidden count; what goes out are
bounds, and which cells they give away. It hides nothing and decides nothing.

The attacker knows: every published n and x, exactly; every sum; that counts are whole numbers; that 0 <= x <= n; that a
cell marked as hidden has at least one patient. Components without cycles are solved by reasoning (`components`), the
others by integer programming (``scipy.optimize.milp``), so that the bounds are exact either way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds as Box
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_array

from kvalreg.disclosure.cells import UNBOUNDED, Policy, View
from kvalreg.disclosure.components import INFINITE, Component, narrow, split
from kvalreg.disclosure.relations import BoolArray, IntArray


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


def attack(view: View, enough: Policy | None = None) -> Bounds:
    """Bounds on every hidden count.

    Parameters
    ----------
    view
        What is published.
    enough
        Stop looking further where the bounds are already as wide as this policy asks. Bounds are then exact or at
        least that wide; the least denominator is exact in any case. Without it all bounds are exact.

    Returns
    -------
    Bounds of all cells; published cells have equal bounds.

    Notes
    -----
    Worked example: a health trust of 12 patients, hospitals A and B hidden, C shown with 4. A + B = 8 and each is at
    least 1, so both lie between 1 and 7.
    """
    consistent = np.ones(view.relations.size, dtype=np.bool_)
    counts = [view.n] if view.x is None else [view.x, view.n - view.x, view.n]
    ranges = [Range(values.copy(), values.copy()) for values in counts]
    for component in split(view):
        exact = narrow(component)
        if exact is False:
            exact = _Solver(component, enough).solve()
        real = len([cell for cell in component.cells if cell >= 0])
        cells = component.cells[:real]
        if exact is None:
            consistent[cells] = False
        for measure, bounds in enumerate(ranges):
            bounds.low[cells] = component.low[measure][:real]
            high = component.high[measure][:real]
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
    """Exact bounds of one component with cycles, by integer programming.

    Keeps for every count the least and greatest value met in any solution so far ("witnessed"), and solves only where
    that differs from the bounds found by reasoning.
    """

    def __init__(self, component: Component, enough: Policy | None) -> None:
        self.component = component
        self.enough = enough
        self.variables = len(component.cells)
        self.measures = component.measures
        rows, columns, signs, constants = list[int](), list[int](), list[float](), list[float]()
        blocks = 2 if self.measures == 3 else 1
        for equation in component.equations:
            for block in range(blocks):
                for variable, sign in equation.terms:
                    rows.append(len(constants))
                    columns.append(block * self.variables + variable)
                    signs.append(float(sign))
                constants.append(float(equation.constants[block]))
        width = blocks * self.variables
        lows, highs = constants[:], constants[:]
        if blocks == 2:
            for variable in range(self.variables):
                rows += [len(lows)] * 2
                columns += [variable, self.variables + variable]
                signs += [1.0, 1.0]
                lows.append(float(component.low[2][variable]))
                ceiling = component.high[2][variable]
                highs.append(float(ceiling) if ceiling < INFINITE else np.inf)
        # A bound at the cap is reported as none. Sums have coefficients 1 and -1, so a true bound lies far below it; were
        # one above it, the reader's interval would still be wider than any policy asks.
        self.cap = 2 * int(sum(abs(constant) for constant in constants)) + 4 * max(map(max, component.low)) + 1000
        matrix = csr_array((signs, (rows, columns)), shape=(len(lows), width))
        self.constraints = LinearConstraint(matrix, np.array(lows), np.array(highs))
        floors = [low for block in range(blocks) for low in component.low[block][: self.variables]]
        ceilings = [min(high, self.cap) for block in range(blocks) for high in component.high[block][: self.variables]]
        self.box = Box(np.array(floors, dtype=float), np.array(ceilings, dtype=float))
        self.least: NDArray[np.int64] | None = None
        self.most: NDArray[np.int64] | None = None

    def solve(self) -> bool | None:
        """True when the component's bounds are exact (or wide enough); None when there is no solution."""
        if not self._witness([(variable, self.measures - 1) for variable in range(self.variables)], 1.0):
            return None
        for variable, cell in enumerate(self.component.cells):
            if cell < 0:
                continue
            for measure in reversed(range(self.measures)):
                for direction in (1.0, -1.0):
                    if not self._settled(variable, measure, direction):
                        self._witness([(variable, measure)], direction)
        assert self.least is not None
        assert self.most is not None
        for measure in range(self.measures):
            for variable in range(self.variables):
                most = int(self.most[measure, variable])
                self.component.low[measure][variable] = int(self.least[measure, variable])
                self.component.high[measure][variable] = most if most < self.cap else INFINITE
        return True

    def _settled(self, variable: int, measure: int, direction: float) -> bool:
        """True when the witnessed bound is the true one, or already as far as anyone asks."""
        assert self.least is not None
        assert self.most is not None
        least, most = int(self.least[measure, variable]), int(self.most[measure, variable])
        if direction > 0 and least == self.component.low[measure][variable]:
            return True
        if direction < 0 and most >= min(self.component.high[measure][variable], self.cap):
            return True
        if self.enough is None:
            return False
        if measure == self.measures - 1:
            return direction < 0 and most - least >= self.enough.minimum
        return most - least >= self.enough.numerator_width

    def _witness(self, counts: Iterable[tuple[int, int]], direction: float) -> bool:
        """Find the solution that makes these counts least (direction 1) or greatest (-1), and remember it."""
        objective = np.zeros(len(self.box.lb))
        for variable, measure in counts:
            if measure == 2:
                objective[[variable, self.variables + variable]] += direction
            else:
                objective[measure * self.variables + variable] += direction
        result = milp(
            objective, integrality=np.ones(len(objective), dtype=np.int64), bounds=self.box, constraints=self.constraints,
            options={"mip_rel_gap": 0.0},
        )  # fmt: skip
        if result.x is None:
            return False
        values = np.rint(result.x).astype(np.int64).reshape(-1, self.variables)
        if self.measures == 3:
            values = np.vstack([values, values.sum(axis=0)])
        self.least = values if self.least is None else np.minimum(self.least, values)
        self.most = values if self.most is None else np.maximum(self.most, values)
        return True
