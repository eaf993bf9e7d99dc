"""Unknown whole numbers with linear relations, and the least and greatest value of each.

Owns `Program`: bounds are passed along the relations first; what is still open falls into components, and each is an
integer program for SciPy's `milp`. It knows nothing of cells.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

MOST = 1_000_000
"""No unknown is greater: where nothing bounds it, it counts as free."""
_SLACK = 1e-7
_INFEASIBLE = 2


class Row(NamedTuple):
    """A relation: least <= sum of factor times unknown <= greatest."""

    factors: tuple[tuple[int, float], ...]
    least: float
    greatest: float


class Target(NamedTuple):
    """An unknown that is asked for, and the distance of its bounds with which the asker is content."""

    unknown: int
    enough: int


@dataclass(frozen=True)
class Range:
    """What is known of an unknown. Where it is not `proven`, both values are possible, and perhaps others beyond."""

    least: int
    greatest: int
    proven: bool = True

    @property
    def exact(self) -> bool:
        """Whether it is one number."""
        return self.least == self.greatest


class Program:
    """A system of relations between whole numbers."""

    def __init__(self) -> None:
        self.low: list[float] = []
        self.high: list[float] = []
        self.rows: list[Row] = []
        self.solved = 0
        self.impossible: set[int] = set()
        """Unknowns of components whose relations contradict each other."""

    def unknown(self, low: float, high: float) -> int:
        """A new unknown with its bounds."""
        self.low.append(low)
        self.high.append(high if high < math.inf else MOST)
        return len(self.low) - 1

    def relate(self, factors: Iterable[tuple[int, float]], least: float, greatest: float) -> None:
        """A relation; an unknown may be named several times."""
        added: dict[int, float] = defaultdict(float)
        for unknown, factor in factors:
            added[unknown] += factor
        self.rows.append(Row(tuple((one, factor) for one, factor in added.items() if factor), least, greatest))

    def groups(self) -> list[list[int]]:
        """The unknowns that are still open once bounds have been passed along, by component."""
        self._narrow()
        groups: dict[int, list[int]] = defaultdict(list)
        for one, part in self._parts().items():
            groups[part].append(one)
        return list(groups.values())

    def one_is_below(self, unknowns: Sequence[int], limit: int) -> None:
        """At least one of these is less than a limit."""
        signs = [self.unknown(0, 1) for _ in unknowns]
        for one, sign in zip(unknowns, signs, strict=True):
            beyond = max(0.0, self.high[one] - (limit - 1))
            self.relate([(one, 1), (sign, beyond)], -math.inf, limit - 1 + beyond)
        self.relate([(sign, 1) for sign in signs], 1, math.inf)

    def ranges(self, targets: Sequence[Target]) -> dict[int, Range]:
        """The range of each unknown that is asked for; those of an impossible component are left out."""
        self._narrow()
        found: dict[int, Range] = {}
        open_: dict[int, list[Target]] = defaultdict(list)
        parts = self._parts()
        for target in targets:
            one = target.unknown
            if one in self.impossible or parts.get(one, -1) in {parts.get(bad, -2) for bad in self.impossible}:
                self.impossible.add(one)
            elif self.low[one] == self.high[one]:
                found[one] = Range(int(self.low[one]), int(self.high[one]))
            else:
                open_[parts[one]].append(target)
        members: dict[int, list[int]] = defaultdict(list)
        for one, part in parts.items():
            members[part].append(one)
        rows: dict[int, list[Row]] = defaultdict(list)
        for row in self.rows:
            among = [parts[one] for one, _ in row.factors if one in parts]
            if among:
                rows[among[0]].append(row)
        for part, asked in open_.items():
            component = _Component(self, members[part], rows[part])
            found |= component.ranges(asked)
            if not component.possible:
                self.impossible |= set(members[part])
            self.solved += component.solved
        return found

    def _narrow(self) -> None:
        """Pass bounds along the relations until nothing changes."""
        of: dict[int, list[int]] = defaultdict(list)
        for number, row in enumerate(self.rows):
            for one, _ in row.factors:
                of[one].append(number)
        waiting = dict.fromkeys(range(len(self.rows)))
        steps = 50 * len(self.rows)
        while waiting and steps:
            steps -= 1
            number = next(iter(waiting))
            del waiting[number]
            for one in self._narrowed(self.rows[number]):
                if self.low[one] > self.high[one]:
                    self.impossible.add(one)
                    self.low[one] = self.high[one] = max(0.0, self.high[one])
                else:
                    waiting |= dict.fromkeys(of[one])

    def _narrowed(self, row: Row) -> list[int]:
        """The unknowns whose bounds this relation has narrowed."""
        low, high = self.low, self.high
        ends = [(f * low[i], f * high[i]) if f > 0 else (f * high[i], f * low[i]) for i, f in row.factors]
        least, greatest = sum(end[0] for end in ends), sum(end[1] for end in ends)
        changed = []
        for (one, factor), (own_least, own_greatest) in zip(row.factors, ends, strict=True):
            limits = ((row.least - (greatest - own_greatest)) / factor, (row.greatest - (least - own_least)) / factor)
            lowest, highest = min(limits), max(limits)
            if math.isfinite(lowest) and math.ceil(lowest - _SLACK) > low[one]:
                low[one] = math.ceil(lowest - _SLACK)
                changed.append(one)
            if math.isfinite(highest) and math.floor(highest + _SLACK) < high[one]:
                high[one] = math.floor(highest + _SLACK)
                changed.append(one)
            if changed and changed[-1] == one:
                if low[one] > high[one]:
                    return changed
                end = (factor * low[one], factor * high[one]) if factor > 0 else (factor * high[one], factor * low[one])
                least, greatest = least + end[0] - own_least, greatest + end[1] - own_greatest
        return changed

    def _parts(self) -> dict[int, int]:
        """The component of every unknown that is still open."""
        part = {one: one for one in range(len(self.low)) if self.low[one] != self.high[one] or one in self.impossible}

        def root(one: int) -> int:
            while part[one] != one:
                part[one] = part[part[one]]
                one = part[one]
            return one

        for row in self.rows:
            among = [root(one) for one, _ in row.factors if one in part]
            for one in among[1:]:
                part[root(one)] = root(among[0])
        return {one: root(one) for one in part}


class _Component:
    """Open unknowns that hang together."""

    def __init__(self, program: Program, members: Sequence[int], rows: Sequence[Row]) -> None:
        self.members = list(members)
        self.place = {one: at for at, one in enumerate(self.members)}
        self.low = np.array([program.low[one] for one in self.members])
        self.high = np.array([program.high[one] for one in self.members])
        self.matrix, self.least, self.greatest = self._relations(program, rows)
        self.seen_low, self.seen_high = self.high.copy(), self.low.copy()
        self.possible, self.solved = True, 0

    def ranges(self, asked: Sequence[Target]) -> dict[int, Range]:
        """First a few values of everything at once, then each unknown that has not moved far enough by itself."""
        chance = np.random.default_rng(len(self.members))
        at = np.array([self.place[target.unknown] for target in asked])
        content = np.array([target.enough for target in asked])
        found: dict[int, Range] = {}
        self._seek(np.zeros(len(self.members)), 0)
        if not self.possible:
            return found
        for _ in range(6):
            short = at[self.seen_high[at] - self.seen_low[at] < content]
            if len(short) < 4:
                break
            aim = np.zeros(len(self.members))
            aim[short] = chance.choice([-1.0, 1.0], len(short))
            self._seek(aim, None)
            self._seek(-aim, None)
        for target, place in zip(asked, at, strict=True):
            ends: list[float] = []
            for sign in (1.0, -1.0):
                if self.seen_high[place] - self.seen_low[place] < target.enough:
                    aim = np.zeros(len(self.members))
                    aim[place] = sign
                    ends.append(self._seek(aim, place))
            least, greatest = int(self.seen_low[place]), int(self.seen_high[place])
            proven = len(ends) == 2 and bool(np.isfinite(ends).all())
            if proven:
                least, greatest = math.ceil(ends[0] - _SLACK), math.floor(-ends[1] + _SLACK)
            found[target.unknown] = Range(least, greatest, proven)
        return found

    def _seek(self, aim: NDArray[np.float64], place: int | None) -> float:
        """Solve once; what is found widens what has been seen. The least value of the aim, as far as it is proven."""
        self.solved += 1
        result = milp(
            aim,
            integrality=np.ones(len(aim), dtype=np.int64),
            bounds=Bounds(self.low, self.high),
            constraints=LinearConstraint(self.matrix, self.least, self.greatest) if len(self.least) else (),
            options={"time_limit": 20.0 if place is not None else 2.0},
        )
        if result.status == _INFEASIBLE:
            self.possible = False
        if result.x is not None:
            values = np.rint(result.x)
            sums = np.asarray(self.matrix @ values)
            if (sums >= self.least - _SLACK).all() and (sums <= self.greatest + _SLACK).all():
                self.seen_low, self.seen_high = np.minimum(self.seen_low, values), np.maximum(self.seen_high, values)
        bound = result.get("mip_dual_bound")
        if result.status == 0 and bound is None:
            bound = result.fun
        return -math.inf if bound is None else float(bound)

    def _relations(
        self, program: Program, rows: Sequence[Row]
    ) -> tuple[csr_array, NDArray[np.float64], NDArray[np.float64]]:
        """The rows as a matrix with its least and greatest sums; what is known already is taken off."""
        places: list[int] = []
        numbers: list[int] = []
        factors: list[float] = []
        least: list[float] = []
        greatest: list[float] = []
        for number, row in enumerate(rows):
            fixed = sum(factor * program.low[one] for one, factor in row.factors if one not in self.place)
            for one, factor in row.factors:
                if one in self.place:
                    numbers.append(number)
                    places.append(self.place[one])
                    factors.append(factor)
            least.append(row.least - fixed)
            greatest.append(row.greatest - fixed)
        matrix = csr_array((factors, (numbers, places)), shape=(len(rows), len(self.members)))
        return matrix, np.array(least), np.array(greatest)
