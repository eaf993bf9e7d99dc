"""All that an edition tells of one registry, put together cell by cell: a table of numbers, and which are hidden.

Owns `Sheet`, and how all that is printed about a cell becomes one row of it. Comes in: the parts that files have left
on the shelf, or the readings of files read word by word. Goes out: per cell what its numbers lie between; for the few
cells about which places contradict each other, what each of them says. It judges nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kvalreg.disclosure.system import BoolArray, IntArray
from kvalreg.release.audit_cells import LIMITS, WIDE, Group, by_cell, limits_of_spans
from kvalreg.release.audit_files import Edition
from kvalreg.release.audit_parts import Stored
from kvalreg.release.audit_public import Key, Place
from kvalreg.release.audit_readings import Claim
from kvalreg.release.published_numbers import Numbers, Span, apart, named, together, whole
from kvalreg.statistics.intervals import Floats


@dataclass(frozen=True, eq=False)
class Sheet:
    """What an edition tells of one registry. The cells of a group stand together.

    Parameters
    ----------
    groups, places
        What the cells' keys are made of.
    ids
        Per cell: its group and its place, in one number.
    low, high
        Per cell: what each of `Numbers` lies between; nan for what is not printed. Shape (cells, numbers).
    hidden, told
        Whether a cell is marked as hidden anywhere, and whether it is told anywhere.
    unreliable
        Whether it is marked as not reliable anywhere.
    torn
        By cell: what places say that contradict each other, in their order.
    claims
        Numbers beside units, where the cell is known in part.
    unsettled
        Whether anything is told of an indicator in a context that cannot be known.
    """

    groups: tuple[Group, ...]
    places: tuple[Place, ...]
    ids: IntArray
    low: Floats
    high: Floats
    hidden: BoolArray
    told: BoolArray
    unreliable: BoolArray
    torn: dict[int, list[Numbers]]
    claims: list[Claim]
    unsettled: bool = False

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def slices(self) -> dict[Group, slice]:
        """Where each group's cells stand."""
        group = self.ids // WIDE
        starts = np.flatnonzero(np.diff(group, prepend=-1)).tolist()
        ends = [*starts[1:], len(self)]
        of = group[starts].tolist() if starts else []
        return {self.groups[at]: slice(start, end) for at, start, end in zip(of, starts, ends, strict=True)}

    def places_in(self, cells: slice) -> tuple[Place, ...]:
        """The places of some cells."""
        return tuple([self.places[at] for at in (self.ids[cells] % WIDE).tolist()])

    @cached_property
    def hidden_keys(self) -> list[Key]:
        """The hidden cells' keys."""
        return self._keys(self.hidden)

    @cached_property
    def patients(self) -> dict[Key, float]:
        """How many patients each cell has that is not reliable; nan where no number is told."""
        return dict(zip(self._keys(self.unreliable), _exactly(self.low, self.high)[self.unreliable], strict=True))

    def doubtful(self, counts: Collection[Group]) -> list[Key]:
        """The cells that are not reliable, and of which more than the number of patients is told.

        Parameters
        ----------
        counts
            Groups whose results are numbers of patients.
        """
        more = ~np.isnan(self.low[:, 1:]).all(axis=1)
        counted = np.array([group in counts for group in self.groups], dtype=np.bool_)
        if len(counted):
            more |= counted[self.ids // WIDE] & ~np.isnan(self.low[:, 0])
        torn = np.zeros(len(self), dtype=np.bool_)
        torn[list(self.torn)] = True
        return self._keys(self.unreliable & (more | torn))

    def _keys(self, of: BoolArray) -> list[Key]:
        ids = self.ids[of]
        groups: list[int] = (ids // WIDE).tolist()
        places: list[int] = (ids % WIDE).tolist()
        return [Key(*self.groups[group], self.places[at]) for group, at in zip(groups, places, strict=True)]

    def hidden_in(self, group: Group) -> list[Key]:
        """The keys of a group's hidden cells."""
        return self._hidden_by_group.get(group, [])

    @cached_property
    def _hidden_by_group(self) -> dict[Group, list[Key]]:
        found: dict[Group, list[Key]] = {}
        for key in self.hidden_keys:
            found.setdefault(key[:4], []).append(key)
        return found

    def torn_in(self, cells: slice) -> list[int]:
        """Those of some cells about which places contradict each other."""
        return [cell for cell in self.torn if cells.start <= cell < cells.stop]

    @cached_property
    def _shown(self) -> set[tuple[int, int]]:
        ids = self.ids[~self.hidden]
        return set(zip((ids // WIDE).tolist(), (ids % WIDE).tolist(), strict=True))

    @cached_property
    def _positions(self) -> tuple[dict[Group, int], dict[Place, int]]:
        groups = {group: at for at, group in enumerate(self.groups)}
        return groups, {place: at for at, place in enumerate(self.places)}

    def shows(self, key: Key) -> bool:
        """Whether a cell is told of, and not hidden."""
        groups, places = self._positions
        return (groups.get(key[:4], -1), places.get(key.place, -1)) in self._shown

    def numbers(self, cell: int) -> list[Numbers]:
        """What is printed about a cell: put together, or one by one where it contradicts itself."""
        limits = np.stack([self.low[cell], self.high[cell]], axis=1).ravel()
        return self.torn[cell] if cell in self.torn else [_numbers(limits)]


def sheet_of_parts(parts: Iterable[Stored]) -> Sheet:
    """What several files tell of one registry, its contexts settled as far as they can be."""
    groups: dict[Group, int] = {}
    places: dict[tuple[str, str], int] = {}
    told, marked, doubted = list[IntArray](), list[int](), list[int]()
    numbers, claims = list[bytes](), list[Claim]()
    for part in parts:
        group = np.array([groups.setdefault(one, len(groups)) for one in part.groups], dtype=np.int64)
        place = np.array([places.setdefault(one, len(places)) for one in part.places], dtype=np.int64)
        at = np.frombuffer(part.at, dtype=np.intc)
        told.append(group[at[::2]] * WIDE + place[at[1::2]])
        numbers.append(part.numbers)
        marked += [int(group[one]) * WIDE + int(place[other]) for one, other, _ in part.hidden]
        doubted += [int(group[one]) * WIDE + int(place[other]) for one, other, _ in part.unreliable]
        claims += part.claims
    limits = np.frombuffer(b"".join(numbers), dtype=np.float64).reshape(-1, LIMITS)
    rows = _Rows.of(np.concatenate([*told, np.zeros(0, dtype=np.int64)]), limits, marked, doubted)
    belong = _belonging(tuple(groups))
    settled = rows.moved(np.array(belong, dtype=np.int64)) if belong != list(range(len(belong))) else rows
    return _sheet(tuple(groups), tuple(Place(*one) for one in places), settled, claims, unsettled=-1 in belong)


def sheet_of_edition(edition: Edition) -> Sheet:
    """What was read word by word, once its contexts are settled."""
    groups: dict[Group, int] = {}
    places: dict[Place, int] = {}
    told, marked, doubted = list[int](), list[int](), list[int]()
    numbers: list[float] = []
    for key, readings in edition.readings.items():
        cell = groups.setdefault(key[:4], len(groups)) * WIDE + places.setdefault(key.place, len(places))
        for one in readings:
            if one.numbers is None:
                marked.append(cell)
            else:
                told.append(cell)
                numbers += limits_of_spans(one.numbers)
                if one.unreliable:
                    doubted.append(cell)
    limits = np.array(numbers, dtype=np.float64).reshape(-1, LIMITS)
    rows = _Rows.of(np.array(told, dtype=np.int64), limits, marked, doubted)
    return _sheet(tuple(groups), tuple(places), rows, edition.claims, unsettled=False)


def _belonging(groups: Sequence[Group]) -> list[int]:
    """Where what is told of each group belongs: without a context, to the only one there is; -1 for nowhere."""
    contexts: dict[tuple[str, str, int], list[int]] = {}
    for at, (registry, ind_id, context, year) in enumerate(groups):
        if context:
            contexts.setdefault((registry, ind_id, year), []).append(at)
    found = []
    for at, (registry, ind_id, context, year) in enumerate(groups):
        known = [] if context else contexts.get((registry, ind_id, year), [])
        found.append(at if not known else known[0] if len(known) == 1 else -1)
    return found


@dataclass(frozen=True, eq=False)
class _Rows:
    """Places that tell of cells, in their order.

    Parameters
    ----------
    ids
        Which cell each tells of.
    numbers
        What it tells, the least and the greatest of each of `Numbers` in turn; nan for what it does not.
    marks, doubts
        Whether it marks the cell as hidden, or as not reliable.
    later
        Whether it names no context: such places are put together by themselves first.
    """

    ids: IntArray
    numbers: Floats
    marks: BoolArray
    doubts: BoolArray
    later: BoolArray

    @classmethod
    def of(cls, told: IntArray, numbers: Floats, marked: list[int], doubted: list[int]) -> _Rows:
        """Places that tell numbers, then those that mark hidden cells, and cells that are not reliable."""
        ids = np.concatenate([told, np.array(marked, dtype=np.int64), np.array(doubted, dtype=np.int64)])
        nothing = np.full((len(ids) - len(told), LIMITS), np.nan)
        at, doubts = np.arange(len(ids)), len(told) + len(marked)
        return cls(ids, np.concatenate([numbers, nothing]), (at >= len(told)) & (at < doubts), at >= doubts, ids < 0)

    def moved(self, belong: IntArray) -> _Rows:
        """The same, each in the group that it belongs to."""
        group = belong[self.ids // WIDE]
        ids = group * WIDE + self.ids % WIDE
        kept = group >= 0
        return _Rows(ids[kept], self.numbers[kept], self.marks[kept], self.doubts[kept], (ids != self.ids)[kept])


def _sheet(
    groups: tuple[Group, ...], places: tuple[Place, ...], rows: _Rows, claims: list[Claim], *, unsettled: bool
) -> Sheet:
    order = np.argsort(rows.ids, kind="stable")
    ids, marks, doubts = rows.ids[order], rows.marks[order], rows.doubts[order]
    starts, low, high = by_cell(ids, rows.numbers[order])
    if not len(starts):
        none = np.zeros(0, dtype=np.bool_)
        return Sheet(groups, places, ids, low, high, none, none, none, {}, claims, unsettled)
    ends = np.append(starts[1:], len(ids))
    torn = {}
    for cell in np.flatnonzero(apart(low, high).any(axis=1)).tolist():
        of = [row for row in order[starts[cell] : ends[cell]].tolist() if not rows.marks[row]]
        by_context = [[row for row in of if bool(rows.later[row]) is later] for later in (False, True)]
        torn[cell] = [
            named(one) for some in by_context if some for one in together([_numbers(rows.numbers[row]) for row in some])
        ]
    hidden, told = np.logical_or.reduceat(marks, starts), np.logical_or.reduceat(~marks, starts)
    unreliable = np.logical_or.reduceat(doubts, starts)
    return Sheet(groups, places, ids[starts], low, high, hidden, told, unreliable, torn, claims, unsettled)


def _exactly(low: Floats, high: Floats) -> Floats:
    """Numbers of patients; nan where none is told exactly."""
    least, most = whole(low[:, 0], high[:, 0])
    return np.where(least == most, least, np.nan)


def _numbers(limits: Floats) -> Numbers:
    pairs = zip(limits[::2].tolist(), limits[1::2].tolist(), strict=True)
    return Numbers(*(None if math.isnan(low) else Span(low, high) for low, high in pairs))
