"""The attack: for every hidden count, the least and the greatest value that all published numbers together allow.

Owns the attacker's knowledge and reasoning. What comes in is a `View`, which holds no hidden count; what goes out are
bounds, and which cells they give away. It hides nothing and decides nothing.

The attacker knows: every published n and x, exactly; every sum; that counts are whole numbers; that 0 <= x <= n; that a
cell marked as hidden has at least one patient. Components without cycles are solved by reasoning (`components`), the
others by integer programming (``scipy.optimize.milp``), so that the bounds are exact either way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from kvalreg.disclosure.cells import UNBOUNDED, Policy, Table, View
from kvalreg.disclosure.components import INFINITE, Component, build, groups, narrow
from kvalreg.disclosure.found import Found
from kvalreg.disclosure.relations import BoolArray, IntArray
from kvalreg.disclosure.solver import Enough, solve


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
    return _bounds(view, groups(view), lambda component: solve(component, enough))


def _bounds(view: View, parts: list[tuple[int, ...]], finish: Callable[[Component], bool]) -> Bounds:
    """Bounds of the cells in these groups; other hidden cells are left with what their marks alone tell."""
    consistent = np.ones(view.relations.size, dtype=np.bool_)
    lows = [np.where(view.hidden, 0, values).tolist() for values in view.counts]
    highs = [np.where(view.hidden, UNBOUNDED, values).tolist() for values in view.counts]
    lows[-1] = np.where(view.hidden, view.least, view.n).tolist()
    for group in parts:
        component = build(view, group)
        exact = narrow(component)
        cells = list(group)
        if exact is None or not (exact or finish(component)):
            consistent[cells] = False
        for own, low, high, found in zip(component.low, lows, highs, component.high, strict=True):
            for place, cell in enumerate(group):
                low[cell] = own[place]
                high[cell] = found[place] if found[place] < INFINITE else UNBOUNDED
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
        self.suspected: dict[tuple[bool, tuple[int, ...]], list[Exposure]] = {}
        self.proven: dict[tuple[bool, tuple[int, ...]], list[Exposure]] = {}

    def exposures(self, hidden: BoolArray) -> list[Exposure]:
        """The exposed cells; when reasoning alone finds some, no program is solved for further ones."""
        view = self.table.view(hidden)
        nation = bool((self.table.mask("keep") & ~view.hidden).any())
        parts = [(nation, group) for group in groups(view)]
        found = self._judge(view, parts, self.suspected, lambda _: True)
        return found or self._judge(view, parts, self.proven, lambda component: solve(component, self.enough))

    def _judge(
        self,
        view: View,
        parts: list[tuple[bool, tuple[int, ...]]],
        memory: dict[tuple[bool, tuple[int, ...]], list[Exposure]],
        finish: Callable[[Component], bool],
    ) -> list[Exposure]:
        fresh = [part for part in parts if part not in memory]
        if fresh and self.found.count:
            safe = self._safe(view)
            memory |= {part: [] for part in fresh if all(safe[cell] for cell in part[1])}
            fresh = [part for part in fresh if part not in memory]
        if fresh:
            home = {cell: part for part in fresh for cell in part[1]}
            memory |= {part: [] for part in fresh}
            for one in exposed(_bounds(view, [group for _, group in fresh], finish), view, self.policy, self.small):
                if one.cell in home:
                    memory[home[one.cell]].append(one)
        return sorted(one for part in parts for one in memory[part])

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
