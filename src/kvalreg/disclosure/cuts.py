"""What must be suppressed, said as inequalities: the reasons that `suppression` learns from a failed attempt.

Owns the form of such an inequality and how one follows from the dual solution of an attack, or from one sum by itself.
What comes in are true counts (SECRET); what goes out are cuts that every safe choice satisfies.

The derivation (Fischetti and Salazar-González 2001, *Management Science* 47:1008-1027)
----------------------------------------------------------------------------------------
Let d be any other world minus the true one: ``A d = 0`` (rests are columns too), ``d_j >= -(v_j - l_j)`` for suppressed
counts, ``d_j = 0`` for others. For any prices p of the equations and ``z = c - A'p``: ``c d = z d``. So with c = -1 at
count i, ``d_i <= sum of z_j (v_j - l_j)`` over suppressed j where z_j > 0, and nothing limits it where z_j < 0. In all,

    how far i moves up  <=  sum of w_j h_j,   w_j = z_j (v_j - l_j) if z_j >= 0, else without limit,

and the same downwards. Width `need` asks for ``sum of min(need, up_j + down_j) h_j >= need`` while i is protected.

Worked example: trust = A + B + C published, A suppressed with 3, B = 4, C = 20, need 5. A's width is at most
``2 h_A + 3 h_B + 19 h_C``; the cut ``2 + 3 h_B + 5 h_C >= 5`` says that B or C is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kvalreg.disclosure.system import NO_REST, PUBLIC, Role, System

Barrier = dict[int, float]
"""Per group, how far suppressing it lets a count move; `PUBLIC` stands for rests, which nobody can show."""
_NOTHING = 1e-6


@dataclass(frozen=True)
class Cut:
    """``sum(weight of the suppressed groups) + beside >= need``, asked while every one of `owners` is suppressed.

    An owner ``groups + r`` stands for "a protected group of sum r is suppressed" (`Sums.protected`). `beside` is what
    is never shown anyway.
    """

    weights: tuple[tuple[int, float], ...]
    need: float
    owners: tuple[int, ...]
    beside: float = 0.0

    def broken(self, suppressed: set[int]) -> bool:
        """True when these groups, among them all owners, break the cut."""
        return self.beside + sum(weight for group, weight in self.weights if group in suppressed) < self.need - _NOTHING


def barrier(
    system: System, numbers: Sequence[int], prices: NDArray[np.float64], count: int, direction: int, need: int
) -> Barrier:
    """What stops a count, by the prices of the equations in the program that moved it (see the derivation above)."""
    rate: dict[int, float] = {count: -float(direction)}
    found: Barrier = {}
    rests = system.equations.rest
    for number, price in zip(numbers, prices.tolist(), strict=True):
        if abs(price) < _NOTHING:
            continue
        for other, factor in system.equations.rows[number]:
            rate[other] = rate.get(other, 0.0) - price * factor
        if rests[number] != NO_REST:  # its column has factor -1 and cost 0
            found[PUBLIC] = found.get(PUBLIC, 0.0) + max(0.0, price) * float(rests[number])
    for other, z in rate.items():
        group = system.group_of[other]
        if group == PUBLIC or abs(z) < _NOTHING:
            continue
        weight = z * (system.values[other] - system.leasts[other]) if z > 0 else float(need)
        if weight > _NOTHING:
            found[group] = found.get(group, 0.0) + weight
    return found


def cut_of(system: System, count: int, need: int, barriers: Sequence[Barrier]) -> Cut:
    """The cut that asks for `need` of the barriers together; nothing counts for more than that."""
    together: dict[int, float] = {}
    for one in barriers:
        for group, weight in one.items():
            together[group] = together.get(group, 0.0) + weight
    beside = together.pop(PUBLIC, 0.0)
    weights = tuple(
        (group, min(float(need), float(np.ceil(weight - _NOTHING))))
        for group, weight in sorted(together.items())
        if weight > _NOTHING
    )
    return Cut(weights, float(need), (int(system.protected_with[count]),), beside)


def surroundings(system: System, counts: Sequence[int], exposed: int) -> Cut:
    """The weakest cut, always right: unless something beside this component is suppressed too, nothing changes."""
    inside = {system.group_of[count] for count in counts}
    rows = system.equations.rows
    around = {system.group_of[other] for count in counts for at in system.touching[count] for other, _ in rows[at]}
    beside = sorted(around - inside - {PUBLIC})
    owners = inside | {int(system.protected_with[exposed])}
    return Cut(tuple((group, 1.0) for group in beside), 1.0, tuple(sorted(owners)))


class Sums:
    """The sums of a system by the groups of their members, and what each asks for by itself.

    Sums of several columns whose members are the same groups are one here, with a row for each.

    Parameters
    ----------
    system
        What there is to know.

    Attributes
    ----------
    members, totals
        Per sum: the groups of its total and of its parts, public ones left out; and its total's group, or `PUBLIC`.
    protected
        Per sum: those of them that protect a member while they are suppressed.
    touching
        Per group: the sums it is in.
    is_total
        Per group: whether it is the total of a sum.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        rows, roles = system.equations.rows, system.equations.role.tolist()
        place: dict[tuple[int, ...], int] = {}
        self._rows: list[list[int]] = []
        self.members: list[tuple[int, ...]] = []
        self.totals: list[int] = []
        for number, row in enumerate(rows):
            groups = tuple(system.group_of[count] for count, _ in row)
            if roles[number] == Role.PLAIN or len(set(groups) - {PUBLIC}) < len([g for g in groups if g != PUBLIC]):
                continue
            at = place.setdefault(groups, len(self._rows))
            if at == len(self._rows):
                self._rows.append([])
                self.members.append(tuple(group for group in groups if group != PUBLIC))
                self.totals.append(groups[0])
            self._rows[at].append(number)
        self.touching: list[list[int]] = [[] for _ in range(system.groups)]
        self.is_total = np.zeros(system.groups, dtype=np.bool_)
        self.protected: list[tuple[int, ...]] = []
        for at, groups in enumerate(self.members):
            for group in groups:
                self.touching[group].append(at)
            counts = [count for number in self._rows[at] for count, _ in rows[number]]
            self.protected.append(
                tuple(sorted({int(system.protected_with[one]) for one in counts if self._is_protected(one)}))
            )
            if self.totals[at] != PUBLIC:
                self.is_total[self.totals[at]] = True

    def __len__(self) -> int:
        return len(self.members)

    def below(self, totals: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The groups that lie under any of these totals, at any depth."""
        under = np.zeros(self.system.groups, dtype=np.bool_)
        waiting = np.flatnonzero(totals).tolist()
        while waiting:
            total = waiting.pop()
            for number in self.touching[total]:
                if self.totals[number] == total:
                    fresh = [part for part in self.members[number][1:] if not under[part]]
                    under[fresh] = True
                    waiting += fresh
        return under

    def _is_protected(self, count: int) -> bool:
        system = self.system
        return bool(system.need[count]) and system.group_of[count] != PUBLIC and system.told_by[count] < 0

    def cuts(self, number: int) -> list[Cut]:
        """What one sum asks of its members while a protected one is suppressed: a second one, and enough together."""
        if not self.protected[number]:
            return []
        system = self.system
        owner = (system.groups + number,)
        found: dict[Cut, None] = {}
        for at in self._rows[number]:
            row, rest = system.equations.rows[at], int(system.equations.rest[at])
            needs = [int(system.need[count]) for count, _ in row if self._is_protected(count)]
            if not needs or not self._always_asks(number, row):
                continue
            if rest == NO_REST:
                found[Cut(tuple((group, 1.0) for group in self.members[number]), 2.0, owner)] = None
            need = float(min(needs))
            weights = [
                (system.group_of[count], need if at_total else min(need, float(self._room(count))))
                for at_total, (count, _) in zip([True, *[False] * (len(row) - 1)], row, strict=True)
                if system.group_of[count] != PUBLIC
            ]
            kept = tuple((group, weight) for group, weight in weights if weight > 0)
            found[Cut(kept, need, owner, float(max(0, rest)))] = None
        return list(found)

    def _always_asks(self, number: int, row: Sequence[tuple[int, int]]) -> bool:
        """Whether the row has a protected count for every group that makes the sum ask."""
        mine = {int(self.system.protected_with[count]) for count, _ in row if self._is_protected(count)}
        return mine.issuperset(self.protected[number])

    def _room(self, count: int) -> int:
        return self.system.values[count] - self.system.leasts[count]
