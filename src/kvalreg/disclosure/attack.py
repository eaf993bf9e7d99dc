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

from kvalreg.disclosure.cuts import Barrier, Cut, barrier, cut_of, surroundings
from kvalreg.disclosure.programs import Constraints, FloatArray, Program, Solution
from kvalreg.disclosure.system import NO_REST, PUBLIC, BoolArray, IntArray, Role, System

UNBOUNDED = int(np.iinfo(np.int64).max)
"""The upper bound of a count that nothing limits."""
CAP = 10**7
"""A count that can be this great is told as unbounded: far above any national count, and far below where the tolerances
of the solver matter."""
FEW, IDLE = 60, 3
"""Counts that are moved one by one, and attempts at moving many at once that do not help, before that."""
MOST_WORLDS = 400
"""Worlds that are remembered of a system."""
MOST_REASONS = 4
"""Exposed counts of one component that are explained at a time: more make fewer but slower attempts."""
_WHOLE = 1e-6


class Exposure(NamedTuple):
    """A suppressed count that is given away: its bounds are too close, or the least of a small one is raised."""

    at: int
    """The count's number."""
    raised: bool = False


@dataclass(frozen=True)
class Finding:
    """What the attack found in one component.

    Parameters
    ----------
    counts
        Its suppressed counts.
    exposures, cuts
        Some of its exposed counts, at least one where there is any, and why: inequalities that every safe choice
        satisfies and this one breaks.
    """

    counts: tuple[int, ...]
    exposures: tuple[Exposure, ...] = ()
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True, eq=False)
class Bounds:
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

    def __init__(self, system: System, *, every: bool = False, known: Attack | None = None) -> None:
        self.system = system
        self.most = len(system.value) if every else MOST_REASONS
        self._found: dict[tuple[tuple[int, ...], tuple[bool, ...]], Finding] = {}
        self._worlds: _Worlds = _Worlds(system.value) if known is None else known._worlds.copy()
        self._told = sorted({group for group in system.told_by.tolist() if group >= 0})

    def findings(self, suppressed: BoolArray, most: int | None = None) -> list[Finding]:
        """What each component of suppressed counts gives away, of `most` counts; empty findings are left out."""
        hidden: list[bool] = suppressed.tolist()
        told = tuple(hidden[group] for group in self._told)
        keys = [(counts, told) for counts in components(self.system, hidden)]
        fresh = [key for key in keys if key not in self._found]
        if fresh:
            ranges = self._worlds.ranges(suppressed[self.system.group] & (self.system.group != PUBLIC))
            for key in fresh:
                component = _Component(self.system, key[0], ranges, self._worlds)
                self._found[key] = component.finding(hidden, most or self.most)
        return [self._found[key] for key in keys if self._found[key].exposures]

    def exposures(self, suppressed: BoolArray) -> set[Exposure]:
        """Counts that are given away, at least one of each component that gives any away."""
        return {one for finding in self.findings(suppressed) for one in finding.exposures}

    def widths(self, suppressed: BoolArray, counts: Iterable[int]) -> dict[int, int]:
        """How far apart the bounds of some suppressed counts are, of what each needs at most."""
        wanted, found = set(counts), dict[int, int]()
        for inside in components(self.system, suppressed.tolist()):
            component = _Component(self.system, inside, None, self._worlds)
            for count in sorted(wanted.intersection(inside)):
                value, need = self.system.values[count], int(self.system.need[count])
                low, high = component.extreme(count, -1, value - need), component.extreme(count, 1, value + need)
                found[count] = 0 if low is None or high is None else min(need, high - low)
        return found


def components(system: System, hidden: Sequence[bool]) -> list[tuple[int, ...]]:
    """The suppressed counts that equations connect; one in no equation is a component of its own."""
    group_of, touching, rows = system.group_of, system.touching, system.equations.rows
    counts_of = system.counts_of
    seen: set[int] = set()
    used: set[int] = set()
    found = []
    for group, is_hidden in enumerate(hidden):
        if not is_hidden:
            continue
        for first in counts_of[group]:
            if first in seen:
                continue
            seen.add(first)
            inside = [first]
            for count in inside:  # it grows while it is walked through
                for number in touching[count]:
                    if number in used:
                        continue
                    used.add(number)
                    for other, _ in rows[number]:
                        if other not in seen and group_of[other] >= 0 and hidden[group_of[other]]:
                            seen.add(other)
                            inside.append(other)
            found.append(tuple(sorted(inside)))
    return found


def bounds(system: System, suppressed: BoolArray) -> Bounds:
    """The exact bounds of every count, by two integer programs each.

    It uses no true value but published ones, so that it cannot cheat; it is slow, and for those who want the bounds
    themselves. Whether they are wide enough `Attack` tells much sooner.
    """
    hidden: list[bool] = suppressed.tolist()
    low, high = system.value.copy(), system.value.copy()
    for counts in components(system, hidden):
        component = _Component(system, counts)
        for count in counts:
            least, most = component.extreme(count, -1), component.extreme(count, 1)
            if least is None or most is None:
                raise ValueError("The published numbers contradict each other. Correct the system's equations.")
            low[count], high[count] = least, most if most < CAP else UNBOUNDED
    return Bounds(low, high)


class _Worlds:
    """Worlds met so far: a world that differs from the true one in suppressed counts alone fits whatever else is
    suppressed, so that what proved a count safe once often proves it again, at no cost.

    Parameters
    ----------
    truth
        The true counts.
    """

    def __init__(self, truth: IntArray) -> None:
        self.truth = truth
        self.values = np.zeros((0, len(truth)), dtype=np.int64)
        self.differs = np.zeros((0, len(truth)), dtype=np.bool_)
        self.met = 0

    def copy(self) -> _Worlds:
        """The same worlds, to which others can be added."""
        found = _Worlds(self.truth)
        found.values, found.differs, found.met = self.values.copy(), self.differs.copy(), self.met
        return found

    def add(self, counts: Sequence[int], values: IntArray) -> None:
        """Remember a world; the newest takes the oldest one's place."""
        if self.met == len(self.values) < MOST_WORLDS:
            more = min(max(16, len(self.values)), MOST_WORLDS - len(self.values))
            self.values = np.concatenate([self.values, np.repeat(self.truth[np.newaxis], more, axis=0)])
            self.differs = np.concatenate([self.differs, np.zeros((more, len(self.truth)), dtype=np.bool_)])
        row = self.met % len(self.values)
        self.values[row] = self.truth
        self.values[row, counts] = values
        self.differs[row] = self.values[row] != self.truth
        self.met += 1

    def ranges(self, hidden: BoolArray) -> tuple[IntArray, IntArray]:
        """Least and greatest values met in worlds that differ in these counts alone."""
        fits = ~self.differs[:, ~hidden].any(axis=1)
        if not fits.any():
            return self.truth, self.truth
        values = self.values[fits]
        return np.minimum(self.truth, values.min(axis=0)), np.maximum(self.truth, values.max(axis=0))


class _Component:
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
        system: System,
        counts: tuple[int, ...],
        ranges: tuple[IntArray, IntArray] | None = None,
        worlds: _Worlds | None = None,
    ) -> None:
        self.system, self.counts, self.worlds = system, counts, worlds
        self.place = {count: at for at, count in enumerate(counts)}
        self.numbers = sorted({number for count in counts for number in system.touching[count]})
        inside = list(counts)
        least, most = (system.value, system.value) if ranges is None else ranges
        self.least, self.most = least[inside], most[inside]

    @cached_property
    def floors(self) -> FloatArray:
        """The least value of each suppressed count."""
        return np.array([self.system.leasts[count] for count in self.counts], dtype=float)

    @cached_property
    def whole_floors(self) -> FloatArray:
        """Floors that make solutions whole: for who must have a patient, one with the outcome, or else one without.

        ``n = x + y >= 1`` ties two networks together, of numerators and of misses, each of which has whole solutions.
        ``x >= 1`` or ``y >= 1`` asks for more, and leaves them apart.
        """
        floors, values, rows = self.floors.copy(), self.system.values, self.system.equations.rows
        for number in self.numbers:
            row = rows[number]
            if self.system.equations.role[number] == Role.PLAIN and len(row) == 3:
                total, *shares = (count for count, _ in row)
                inside = [one for one in shares if one in self.place and values[one] > 0]
                if self.system.leasts[total] > 0 and inside:
                    more = max(inside, key=lambda one: values[one])
                    floors[self.place[more]] = max(1.0, floors[self.place[more]])
        return floors

    @cached_property
    def whole_program(self) -> Program:
        """The same program with `whole_floors`."""
        program = self._program()
        for column, low in enumerate(self.whole_floors.tolist()):
            program.limit(column, low, np.inf)
        return program

    @cached_property
    def program(self) -> Program:
        """The equations, with a column per suppressed count and one per rest."""
        return self._program()

    def _program(self) -> Program:
        system, width = self.system, len(self.counts)
        rows, rests = system.equations.rows, system.equations.rest.tolist()
        entries: list[tuple[int, int, float]] = []
        right: list[float] = []
        for at, number in enumerate(self.numbers):
            known = 0
            for count, factor in rows[number]:
                column = self.place.get(count)
                if column is None:
                    known += factor * system.values[count]
                else:
                    entries.append((at, column, float(factor)))
            if rests[number] != NO_REST:
                entries.append((at, width, -1.0))
                width += 1
            right.append(float(-known))
        low = np.zeros(width)
        low[: len(self.counts)] = self.floors
        limits = np.array(right)
        return Program(Constraints(entries, (limits, limits), (low, np.full(width, np.inf))), nearly_whole=True)

    def finding(self, hidden: Sequence[bool], most: int) -> Finding:
        """What is given away here."""
        system = self.system
        exposures: list[Exposure] = []
        cuts: dict[Cut, None] = {}
        groups = {group for group, is_hidden in enumerate(hidden) if is_hidden}
        protected = [count for count in self.counts if self._is_protected(count, hidden)]
        self._scatter(protected)
        explained: set[int] = set()
        most = max(most, len(protected) // 10) if most > 1 else most
        for count in sorted(protected, key=lambda count: (-int(system.need[count]), count)):
            if system.group_of[count] in explained and most < len(system.value):
                continue  # what protects one count of a group mostly protects the others
            found = [*self._by_width(count), *self._by_least(count, hidden)]
            for exposure, reason in found:
                exposures.append(exposure)
                explained.add(system.group_of[count])
                teaches = reason is not None and reason.broken(groups)
                cuts[reason if reason and teaches else surroundings(system, self.counts, count)] = None
            if len(exposures) >= most:
                break
        return Finding(self.counts, tuple(exposures), tuple(cuts))

    def _scatter(self, protected: Sequence[int]) -> None:
        """Move all counts that need it at once, up or down by chance: one world mostly serves many of them.

        The chance is the same each time.
        """
        need = np.array([self.system.need[count] for count in protected], dtype=np.int64)
        at = np.array([self.place[count] for count in protected], dtype=np.int64)
        chance, idle = np.random.default_rng(0), 0
        while idle < IDLE:
            narrow = np.flatnonzero(self.most[at] - self.least[at] < need)
            if len(narrow) < FEW:
                return
            program = self.whole_program
            cost = np.zeros(program.width)
            cost[at[narrow]] = chance.choice((-1.0, 1.0), len(narrow))
            value = self.system.value[list(self.counts)][at[narrow]]
            low = np.maximum(self.whole_floors[at[narrow]], value - need[narrow])
            for column, least, most in zip(
                at[narrow].tolist(), low.tolist(), (value + need[narrow]).tolist(), strict=True
            ):
                program.limit(column, float(least), float(most))
            found = program.minimum(cost)
            for column in at[narrow].tolist():
                program.limit(column, self.whole_floors[column], np.inf)
            if (
                found is None
                or not self._witness(found)
                or len(np.flatnonzero(self.most[at] - self.least[at] < need)) == len(narrow)
            ):
                idle += 1

    def _is_protected(self, count: int, hidden: Sequence[bool]) -> bool:
        system = self.system
        if not system.need[count] or not hidden[system.protected_with[count]]:
            return False
        told_by = int(system.told_by[count])
        return told_by < 0 or hidden[told_by]

    def _by_width(self, count: int) -> Iterable[tuple[Exposure, Cut | None]]:
        """The count, where it is exposed for its bounds are too close."""
        need, value = int(self.system.need[count]), self.system.values[count]
        if self._width(count) >= need:
            return
        up = self._move(count, 1, need)
        if self._width(count) >= need:
            return
        down = self._move(count, -1, need)
        if self._width(count) >= need:
            return
        if floor(up.reach + _WHOLE) + floor(down.reach + _WHOLE) < need:
            yield Exposure(count), cut_of(self.system, count, need, (up.barrier, down.barrier))
            return
        low, high = self.extreme(count, -1, value - need), self.extreme(count, 1, value + need)
        if low is None or high is None or high - low < need:
            yield Exposure(count), None

    def _by_least(self, count: int, hidden: Sequence[bool]) -> Iterable[tuple[Exposure, Cut | None]]:
        """The count, where it is small and what is published shows that it is not as small as it might be."""
        if not self.system.small[count]:
            return
        value, low = self.system.values[count], self._floor(count, hidden)
        if self.least[self.place[count]] <= low:
            return
        down = self._move(count, -1, value - low)
        if self.least[self.place[count]] <= low:
            return
        if floor(down.reach + _WHOLE) < value - low:
            yield Exposure(count, raised=True), cut_of(self.system, count, value - low, (down.barrier,))
            return
        least = self.extreme(count, -1, low)
        if least is None or least > low:
            yield Exposure(count, raised=True), None

    def _floor(self, count: int, hidden: Sequence[bool], passed: frozenset[int] = frozenset()) -> int:
        """The least that the marks alone tell: a suppressed total has a patient for each part marked as suppressed, and
        so has its only part. `passed` are the counts that led here.
        """
        system = self.system
        low = system.leasts[count]
        passed |= {count}
        for number in system.touching[count]:
            row = system.equations.rows[number]
            (total, factor), *others = row
            parts = [part for part, _ in others]
            if factor != 1 or any(weight != -1 for _, weight in others):
                continue
            if total == count:
                fresh = [one for one in parts if self._is_hidden(one, hidden) and one not in passed]
                low = max(low, sum(self._floor(part, hidden, passed) for part in fresh))
            elif parts == [count] and system.equations.rest[number] == NO_REST and total not in passed:
                low = max(low, self._floor(total, hidden, passed) if self._is_hidden(total, hidden) else 0)
        return low

    def _is_hidden(self, count: int, hidden: Sequence[bool]) -> bool:
        group = self.system.group_of[count]
        return group >= 0 and hidden[group]

    def _width(self, count: int) -> int:
        at = self.place[count]
        return int(self.most[at] - self.least[at])

    def _move(self, count: int, direction: int, need: int) -> _Reach:
        """How far fractions can move the count by at most `need`, and what stands in the way."""
        column, value = self.place[count], self.system.values[count]
        found = self._moved(self.program, self.floors, count, direction, need)
        if found is None:
            return _Reach(float(need), {})
        reach = abs(float(found.values[column]) - value)
        if not self._witness(found):
            less = self._moved(self.whole_program, self.whole_floors, count, direction, need)
            if less is not None:
                self._witness(less)
        if reach > need - _WHOLE:
            return _Reach(reach, {})
        return _Reach(reach, barrier(self.system, self.numbers, found.prices, count, direction, need))

    def _moved(self, program: Program, floors: FloatArray, count: int, direction: int, need: int) -> Solution | None:
        """The world, perhaps with fractions, in which a count is moved furthest, by at most `need`."""
        column, value = self.place[count], self.system.values[count]
        low = floors[column] if direction > 0 else max(floors[column], float(value - need))
        program.limit(column, low, float(value + need) if direction > 0 else np.inf)
        cost = np.zeros(program.width)
        cost[column] = -direction
        found = program.minimum(cost)
        program.limit(column, floors[column], np.inf)
        return found

    def _witness(self, found: Solution) -> bool:
        """Take in a solution where it is whole: another world that fits what is published."""
        values = found.values[: len(self.counts)]
        if np.abs(found.values - np.rint(found.values)).max() > _WHOLE:
            return False
        world = np.rint(values).astype(np.int64)
        self.least, self.most = np.minimum(self.least, world), np.maximum(self.most, world)
        if self.worlds is not None:
            self.worlds.add(self.counts, world)
        return True

    def extreme(self, count: int, direction: int, until: int | None = None) -> int | None:
        """The least (-1) or greatest (1) whole value of a count, not looked for beyond `until`; None: there is none."""
        column, least = self.place[count], self.system.leasts[count]
        high = CAP if until is None or direction < 0 else until
        low = least if until is None or direction > 0 else max(least, until)
        self.program.limit(column, float(low), float(high))
        cost = np.zeros(self.program.width)
        cost[column] = -direction
        found = self.program.whole_minimum(cost)
        self.program.limit(column, float(least), np.inf)
        if found is None:
            return None
        self._witness(found)
        value = float(found.values[column])
        return ceil(value - _WHOLE) if direction < 0 else floor(value + _WHOLE)


class _Reach(NamedTuple):
    """How far a count can be moved, and the barrier that stops it."""

    reach: float
    barrier: Barrier
