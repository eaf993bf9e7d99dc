"""The attack: for every hidden count, the least and the greatest value that all published numbers together allow.

Owns the attacker's knowledge and reasoning. What comes in is a `View`, which holds no hidden count; what goes out are
bounds, and which cells they give away. It hides nothing and decides nothing.

The attacker knows: every published n and x, exactly; every sum; that counts are whole numbers; that 0 <= x <= n; that a
cell marked as hidden has at least one patient. Components without cycles are solved by reasoning (`components`), the
others by integer programming (`solver`), so that the bounds are exact either way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from kvalreg.disclosure.cells import UNBOUNDED, Policy, Table, View
from kvalreg.disclosure.components import INFINITE, Component, build, groups, narrow
from kvalreg.disclosure.found import Found
from kvalreg.disclosure.relations import BoolArray, IntArray
from kvalreg.disclosure.solver import Enough, solve

_Part = tuple[bool, tuple[int, ...]]
"""Whether the nation is shown, and a component's cells: what the attack finds there depends on nothing else."""
_Found = tuple[Component, bool]
"""A component with its bounds, and whether the published numbers agree."""


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
    found: dict[tuple[int, ...], _Found] = {}
    for group in groups(view):
        component = build(view, group)
        exact = narrow(component)
        found[group] = component, exact is not None and (exact or solve(component, enough))
    return _bounds(view, found)


def _bounds(view: View, found: Mapping[tuple[int, ...], _Found]) -> Bounds:
    """Bounds of the cells in these groups; other hidden cells are left with what their marks alone tell."""
    consistent = np.ones(view.relations.size, dtype=np.bool_)
    lows = [np.where(view.hidden, 0, values).tolist() for values in view.counts]
    highs = [np.where(view.hidden, UNBOUNDED, values).tolist() for values in view.counts]
    lows[-1] = np.where(view.hidden, view.least, view.n).tolist()
    for group, (component, agrees) in found.items():
        if not agrees:
            consistent[list(group)] = False
        for least, most, low, high in zip(component.low, component.high, lows, highs, strict=True):
            for place, cell in enumerate(group):
                low[cell] = least[place]
                high[cell] = most[place] if most[place] < INFINITE else UNBOUNDED
    ranges = [Range(np.array(low, np.int64), np.array(high, np.int64)) for low, high in zip(lows, highs, strict=True)]
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
        either, because a reader who knows that the unit is small would have fewer values left than the rule leaves.

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


class Judge:
    """The attack on attempts at hiding one table, by those who know it: remembers the components it has met."""

    def __init__(self, table: Table, policy: Policy) -> None:
        self.table = table
        self.policy = policy
        self.small = table.primary & (table.n < policy.minimum)
        solution = (table.n,) if table.x is None else (table.x, table.n - table.x, table.n)
        self.found = Found(solution)
        self.enough = Enough(policy, self.small, solution, self.found)
        self.suspected: dict[_Part, list[Exposure]] = {}
        self.proven: dict[_Part, list[Exposure]] = {}
        self.reasoned: dict[_Part, tuple[Component, bool | None]] = {}

    def exposures(self, hidden: BoolArray) -> list[Exposure]:
        """The exposed cells; when reasoning alone finds some, no program is solved for further ones."""
        view = self.table.view(hidden)
        nation = bool((self.table.mask("keep") & ~view.hidden).any())
        parts = [(nation, group) for group in groups(view)]
        found = self._judge(view, parts, self.suspected, self._reason)
        return found or self._judge(view, parts, self.proven, self._solve)

    def _judge(
        self, view: View, parts: list[_Part], memory: dict[_Part, list[Exposure]], find: Callable[[View, _Part], _Found]
    ) -> list[Exposure]:
        fresh = [part for part in parts if part not in memory]
        if fresh and self.found.count:
            safe = self._safe(view)
            memory |= {part: [] for part in fresh if all(safe[cell] for cell in part[1])}
            fresh = [part for part in fresh if part not in memory]
        if fresh:
            home = {cell: part for part in fresh for cell in part[1]}
            memory |= {part: [] for part in fresh}
            bounds = _bounds(view, {part[1]: find(view, part) for part in fresh})
            for one in exposed(bounds, view, self.policy, self.small):
                if one.cell in home:
                    memory[home[one.cell]].append(one)
            # What reasoning has found exactly is proven.
            self.proven |= {part: memory[part] for part in fresh if self.reasoned[part][1]}
            for part in fresh:
                if part in self.proven:
                    del self.reasoned[part]
        return sorted(one for part in parts for one in memory[part])

    def _reason(self, view: View, part: _Part) -> _Found:
        """What reasoning alone tells; it is remembered, and `_solve` goes on from there."""
        component = build(view, part[1])
        exact = narrow(component)
        self.reasoned[part] = component, exact
        return component, exact is not None

    def _solve(self, view: View, part: _Part) -> _Found:
        if part not in self.reasoned:
            self._reason(view, part)
        component, exact = self.reasoned[part]
        return component, exact is not None and (exact or solve(component, self.enough))

    def _safe(self, view: View) -> list[bool]:
        """The cells that tables found before show to be uncertain enough."""
        policy, absent = self.policy, self.table.mask("absent")
        least, most = self.found.ranges(view.hidden)
        width = most - least
        safe = (width[-1] >= policy.minimum) & ~(self.small & (least[-1] > view.floor))
        for measure, counts in enumerate(view.counts[:-1]):
            safe &= (width[measure] >= policy.numerator_width) | absent | view.told(counts)
        uncertain: list[bool] = safe.tolist()
        return uncertain
