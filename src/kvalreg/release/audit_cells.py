"""Numbers of many cells as columns, since a nation has millions of them: put together cell by cell, and kept.

Owns `Cells`, and how all that one file prints about a cell becomes one row. Comes in: blocks of rows that tell of
cells. Goes out: for each cell what its numbers lie between; one row after the other where these contradict each other.
It knows nothing of tables or texts.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from kvalreg.disclosure.system import IntArray
from kvalreg.release.audit_public import Key, Place
from kvalreg.release.published_numbers import Numbers, Plain, Span, apart
from kvalreg.statistics.intervals import Floats

Group = tuple[str, str, str, int]
"""Registry, indicator, context and year of a cell."""
LIMITS = 2 * len(Numbers._fields)
"""The least and the greatest of each of `Numbers`."""
WIDE = 1 << 20
"""A cell's number is its group's times this, and its place's."""
_NOT_PRINTED = (math.nan, math.nan)
_T = TypeVar("_T", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Cells(Mapping[Key, Sequence[Plain]]):
    """What is printed about cells.

    Parameters
    ----------
    groups, places
        What the cells' keys are made of.
    ids
        Per row: its group and its place, in one number. The rows of a cell stand together.
    limits
        Per row: the least and the greatest of each of `Numbers`; nan for what is not printed.
    """

    groups: Sequence[Group]
    places: Sequence[Place]
    ids: IntArray
    limits: Floats

    @classmethod
    def of(cls, numbers: Mapping[Key, Sequence[Plain]]) -> Cells:
        """The same from what is printed about each cell."""
        block = Block()
        for key, told in numbers.items():
            block.add(key[:4], key.place, told)
        return cls(list(block.groups), list(block.places), *block.rows())

    @classmethod
    def put_together(cls, block: Block) -> Cells:
        """What is told of each cell as one row, unless any of it contradicts the rest."""
        ids, limits = block.rows()
        order = np.argsort(ids, kind="stable")
        ids, limits = ids[order], limits[order]
        starts, low, high = by_cell(ids, limits)
        if len(starts) < len(ids):
            torn = apart(low, high).any(axis=1)
            both = np.stack([low, high], axis=2).reshape(-1, LIMITS)
            if torn.any():
                times = np.diff(starts, append=len(ids))
                row_torn = np.repeat(torn, times)
                kept = row_torn.copy()
                kept[starts] = True
                limits[starts[~torn]] = both[~torn]
                ids, limits = ids[kept], limits[kept]
            else:
                ids, limits = ids[starts], both
        return cls(list(block.groups), list(block.places), ids, limits)

    def about(self, registry: str) -> Cells:
        """Those of one registry, with no more groups and places than these need, in an order of their own."""
        group, place = self.ids // WIDE, self.ids % WIDE
        of = np.array([one[0] == registry for one in self.groups], dtype=np.bool_)
        if not of.all():
            here = of[group]
            group, place = group[here], place[here]
            limits = self.limits[here]
        else:
            limits = self.limits
        groups, group = _sorted(self.groups, group)
        places, place = _sorted(self.places, place)
        ids = group * WIDE + place
        order = np.argsort(ids, kind="stable")
        return Cells(groups, places, ids[order], limits[order])

    @cached_property
    def _rows_of(self) -> dict[Key, list[int]]:
        found: dict[Key, list[int]] = {}
        for at, (group, place) in enumerate(zip((self.ids // WIDE).tolist(), (self.ids % WIDE).tolist(), strict=True)):
            registry, ind_id, context, year = self.groups[group]
            found.setdefault(Key(registry, ind_id, context, year, self.places[place]), []).append(at)
        return found

    def __getitem__(self, key: Key) -> Sequence[Plain]:
        return [plain_of(self.limits[at]) for at in self._rows_of[key]]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._rows_of)

    def __len__(self) -> int:
        return len(self._rows_of)


class Block:
    """Rows that tell of cells, one after the other."""

    def __init__(self) -> None:
        self.groups: dict[Group, int] = {}
        self.places: dict[Place, int] = {}
        self._ids: list[IntArray] = []
        self._limits: list[Floats] = []
        self._single: list[int] = []
        self._spans: list[float] = []

    def cell(self, group: Group, place: Place) -> int:
        """A cell's number."""
        return self.groups.setdefault(group, len(self.groups)) * WIDE + self.places.setdefault(place, len(self.places))

    def add(self, group: Group, place: Place, told: Iterable[Plain]) -> None:
        """What is told of one cell."""
        cell = self.cell(group, place)
        for one in told:
            self._single.append(cell)
            self._spans += limits_of_spans(one)

    def add_rows(self, ids: IntArray, limits: Floats) -> None:
        """Many rows, by their cells' numbers."""
        self._ids.append(ids)
        self._limits.append(limits)

    def rows(self) -> tuple[IntArray, Floats]:
        """All rows."""
        single = np.array(self._single, dtype=np.int64)
        spans = np.array(self._spans, dtype=np.float64).reshape(-1, LIMITS)
        return np.concatenate([*self._ids, single]), np.concatenate([*self._limits, spans])


def by_cell(ids: IntArray, limits: Floats) -> tuple[IntArray, Floats, Floats]:
    """Where each cell's rows begin, and what all of them together leave: the least and the greatest of each number.

    The rows of a cell stand together. Where they contradict each other, the least is above the greatest.
    """
    starts = np.flatnonzero(np.diff(ids, prepend=-1))
    if not len(starts):
        return starts, limits[:, ::2], limits[:, 1::2]
    return starts, np.fmax.reduceat(limits[:, ::2], starts), np.fmin.reduceat(limits[:, 1::2], starts)


def limits_of_spans(spans: Iterable[Span | tuple[float, float] | None]) -> list[float]:
    """The least and the greatest of each; nan for what is not printed."""
    return [limit for span in spans for limit in span or _NOT_PRINTED]


def numbered(of: Sequence[_T], used: IntArray, numbers: dict[_T, int]) -> IntArray:
    """Things by their numbers elsewhere: what is not there yet is given the next one."""
    here = np.flatnonzero(np.bincount(used, minlength=len(of)))
    table = np.zeros(len(of), dtype=np.int64)
    table[here] = [numbers.setdefault(of[at], len(numbers)) for at in here.tolist()]
    return table[used]


def plain_of(limits: Floats) -> Plain:
    """A row's numbers."""
    told: list[float] = limits.tolist()
    pairs = zip(told[::2], told[1::2], strict=True)
    return tuple([None if math.isnan(low) else (low, high) for low, high in pairs])


def _sorted(of: Sequence[_T], used: IntArray) -> tuple[list[_T], IntArray]:
    """Those that are used, in their order."""
    here = np.flatnonzero(np.bincount(used, minlength=len(of))).tolist()
    listed = sorted(here, key=lambda at: of[at])  # type: ignore[arg-type, return-value]
    table = np.zeros(len(of), dtype=np.int64)
    table[listed] = np.arange(len(listed))
    return [of[at] for at in listed], table[used]
