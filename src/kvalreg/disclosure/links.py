"""Which columns of numbers tell of the same patients: what a reader sees from the cells that are shown, and supposes.

Owns the links between *series*: the patients (n), the numerators (x) and the misses (n - x) of one indicator over all
units, contexts and years. Series of one *cluster* count the same patients: where two of their counts of one unit and
year are equal, they are one unknown. Comes in: all cells, SECRET. Goes out: clusters, sums of series (pooled years,
parts of a whole), and units that are another's successors. It suppresses nothing.

Which links are drawn
---------------------
Two series are linked where at least three of their counts above 0 are equal, and that is half of all they share, or
80 % of a year's, or half of those under 20: nearly equal columns differ in large cells and agree in small ones. The
closest pairs are linked first, and a numerator never with what its own denominator is linked with: near 100 % the two
are mostly equal, and that tells nothing. Worked number: of 30 hospitals 24-hour and 48-hour survival count the same
patients at 27, all 9 under 20 among them: 27/30 is more than half, and each of the 27 is one unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np

from kvalreg.disclosure.cells import NONE, Cells
from kvalreg.disclosure.system import IntArray
from kvalreg.inputs.units import Level

PATIENTS, NUMERATOR, MISSES = range(3)
LEAST_EQUAL = 3
MOST_OF_ALL, MOST_OF_A_YEAR, MOST_OF_THE_SMALL = 0.5, 0.8, 0.5
SMALL = 20
LONGEST_POOL = 5
"""Years that are looked for in a pooled period at most."""


class Series(NamedTuple):
    """One measure of one indicator."""

    indicator: int
    measure: int


class Pool(NamedTuple):
    """An indicator whose year tells of `years` years of another one, the last of them the same year."""

    indicator: int
    of: int
    years: int


class Whole(NamedTuple):
    """An indicator that is the sum of others, in each year."""

    indicator: int
    parts: tuple[int, ...]


@dataclass(frozen=True)
class Links:
    """What is linked.

    Parameters
    ----------
    cluster
        Number of each series' cluster, shape (indicators, 3).
    alias
        Per place: the place that it is counted as; its own number but for renumbered units.
    mergers
        Places that another has taken over: of an earlier edition's places, the sum is the later place.
    pools, wholes
        Sums of series.
    """

    cluster: IntArray = field(repr=False)
    alias: IntArray = field(repr=False)
    mergers: tuple[tuple[int, tuple[int, ...]], ...]
    pools: tuple[Pool, ...]
    wholes: tuple[Whole, ...]


def find_links(cells: Cells, names: dict[int, str]) -> Links:
    """The links among all columns.

    Parameters
    ----------
    cells
        All cells.
    names
        The names of places by number, as readers know them: a unit that keeps its name is the same.
    """
    alias, mergers = _successors(cells, names)
    counts = _Counts(cells, alias)
    return Links(_clusters(counts), alias, mergers, tuple(_pools(counts)), tuple(_wholes(counts)))


class _Counts:
    """All series side by side: a row for each unit, context and year, as the newest edition that has it tells it."""

    def __init__(self, cells: Cells, alias: IntArray) -> None:
        self.cells = cells
        place = alias[cells.place]
        self.latest = cells.edition == cells.newest
        years = cells.year - cells.year.min()
        self.years = int(years.max()) + 1
        key = (cells.context * len(cells.places) + place) * self.years + years
        keys, row = np.unique(key, return_inverse=True)
        self.year = keys % self.years
        self.unit = keys // self.years
        size = len(cells.ind_ids)
        self.values = np.full((3, size, len(keys)), NONE, dtype=np.int64)
        has_x = cells.x != NONE
        misses = np.where(has_x, cells.n - cells.x, NONE)
        order = np.argsort(cells.edition, kind="stable")  # a later edition's count takes an earlier one's place
        for measure, counts in enumerate((cells.n, cells.x, misses)):
            self.values[measure, cells.indicator[order], row[order]] = counts[order]
        self.first = np.full(size, len(cells.trees))
        self.last = np.full(size, -1)
        np.minimum.at(self.first, cells.indicator, cells.edition)
        np.maximum.at(self.last, cells.indicator, cells.edition)

    def of(self, series: Series) -> IntArray:
        """The counts of one series, `NONE` where there are none."""
        counts: IntArray = self.values[series.measure, series.indicator]
        return counts

    @cached_property
    def has_numerators(self) -> list[bool]:
        """Per indicator: whether it has numerators."""
        found: list[bool] = (self.values[NUMERATOR] != NONE).any(axis=1).tolist()
        return found

    def likeness(self, one: Series, other: Series) -> float:
        """Which share of the shared counts above 0 is equal, where that is enough for a link; otherwise 0."""
        left, right = self.of(one), self.of(other)
        shared = (left > 0) & (right > 0)
        equal = shared & (left == right)
        found = int(equal.sum())
        if found < LEAST_EQUAL:
            return 0.0
        small = shared & (np.minimum(left, right) < SMALL)
        share = found / int(shared.sum())
        of_small = int((equal & small).sum())
        by_year, equal_by_year = (np.bincount(self.year[mask], minlength=self.years) for mask in (shared, equal))
        enough = (
            share >= MOST_OF_ALL
            or (of_small >= LEAST_EQUAL and of_small >= MOST_OF_THE_SMALL * int(small.sum()))
            or ((equal_by_year >= LEAST_EQUAL) & (equal_by_year >= MOST_OF_A_YEAR * by_year)).any()
        )
        return share if enough else 0.0


def _clusters(counts: _Counts) -> IntArray:
    """Series that count the same patients: the closest pairs first."""
    size = len(counts.first)
    indicators = range(size)
    pairs = [(Series(one, PATIENTS), Series(other, PATIENTS)) for one, other in combinations(indicators, 2)]
    shares = [one for one in indicators if counts.has_numerators[one]]
    pairs += [
        (Series(one, measure), Series(other, PATIENTS))
        for one in shares
        for other in indicators
        for measure in (NUMERATOR, MISSES)
        if one != other
    ]
    pairs += [  # an indicator that goes on under another id keeps its numerators too
        (Series(one, measure), Series(other, measure))
        for one, other in combinations(shares, 2)
        for measure in (NUMERATOR, MISSES)
        if counts.last[one] < counts.first[other] or counts.last[other] < counts.first[one]
    ]
    close = sorted((-counts.likeness(*pair), pair) for pair in pairs)
    cluster = np.arange(size * 3).reshape(size, 3)
    for likeness, (one, other) in close:
        if likeness == 0:
            break
        kept, gone = sorted((int(cluster[one]), int(cluster[other])))
        joined = np.isin(cluster, (kept, gone))
        if not (joined.sum(axis=1) > 1).any():  # never a numerator with its own denominator
            cluster[joined] = kept
    return cluster


def _pools(counts: _Counts) -> Iterator[Pool]:
    """Indicators that tell of several years of another one."""
    if counts.years < 2:
        return
    units, unit = np.unique(counts.unit, return_inverse=True)
    cube = np.zeros((len(counts.first), len(units), counts.years), dtype=np.int64)
    cube[:, unit, counts.year] = np.maximum(counts.values[PATIENTS], 0)
    for years in range(2, min(LONGEST_POOL, counts.years) + 1):
        pooled = sum(cube[:, :, years - 1 - back : counts.years - back] for back in range(years))
        several = sum((cube[:, :, years - 1 - back : counts.years - back] > 0).astype(int) for back in range(years)) > 1
        for at, one in enumerate(cube):
            there = (one[:, years - 1 :] > 0) & several
            equal = (there & (pooled == one[:, years - 1 :])).sum(axis=(1, 2))
            enough = (equal >= LEAST_EQUAL) & (equal >= MOST_OF_A_YEAR * there.sum(axis=(1, 2)))
            yield from (Pool(at, int(of), years) for of in np.flatnonzero(enough) if of != at)


def _wholes(counts: _Counts) -> Iterator[Whole]:
    """Indicators that are the sum of two to four others, everywhere: quarters of a year, sexes, age groups.

    Sums are compared by random weights of their counts: equal sums have equal fingerprints, and others almost never.
    """
    n = np.maximum(counts.values[PATIENTS], 0)
    weights = np.random.default_rng(0).integers(1, 2**62, n.shape[1], dtype=np.uint64)
    prints: list[int] = (n.astype(np.uint64) * weights).sum(axis=1, dtype=np.uint64).tolist()
    rich = [at for at in range(len(n)) if int((n[at] > 0).sum()) >= LEAST_EQUAL]
    distinct = {prints[at]: at for at in reversed(rich)}
    parts = sorted(distinct.values())
    pairs: dict[int, list[tuple[int, int]]] = {}
    for one, other in combinations(parts, 2):
        pairs.setdefault((prints[one] + prints[other]) % 2**64, []).append((one, other))
    for whole in rich:
        found: set[tuple[int, ...]] = set(pairs.get(prints[whole], ()))
        for part in parts:
            for pair in pairs.get((prints[whole] - prints[part]) % 2**64, ()):
                found.add(tuple(sorted({part, *pair})))
        for total, firsts in pairs.items():
            for pair in pairs.get((prints[whole] - total) % 2**64, ()):
                found |= {tuple(sorted({*first, *pair})) for first in firsts}
        for chosen in sorted(found):
            if whole not in chosen and len(chosen) > 1 and (n[list(chosen)].sum(axis=0) == n[whole]).all():
                yield Whole(whole, chosen)


# --- units from one edition to the next ------------------------------------------------------------------------------
def _successors(cells: Cells, names: dict[int, str]) -> tuple[IntArray, tuple[tuple[int, tuple[int, ...]], ...]]:
    """Units that go on under another number, and those that have become part of another."""
    alias = np.arange(len(cells.places))
    mergers: list[tuple[int, tuple[int, ...]]] = []
    now = set(cells.place[cells.edition == cells.newest].tolist())
    before = set(cells.place[cells.edition < cells.newest].tolist())
    county = Level.COUNTY.value
    gone = [at for at in sorted(before - now) if cells.places[at][0] != county]
    new = [at for at in sorted(now - before) if cells.places[at][0] != county]
    if not gone:
        return alias, ()
    told = _by_place(cells)
    for one in gone:
        same = [at for at in new if cells.places[at][0] == cells.places[one][0]]
        named = [at for at in same if names.get(at) == names.get(one)]
        like = named or [at for at in same if _equal(told[one][0], told[at][1], LEAST_EQUAL)]
        if like:
            alias[one] = like[0]
    left = [at for at in gone if alias[at] == at]
    for later in sorted(now):
        level = cells.places[later][0]
        mine = [at for at in left if cells.places[at][0] == level]
        own = [later] if later in before else []
        for size in range(1, 4):
            for parts in combinations(mine, size):
                joined = (*own, *parts)
                if len(joined) > 1 and _equal(_added([told[at][0] for at in joined]), told[later][1], 1):
                    mergers.append((later, joined))
    return alias, tuple(mergers)


_Told = dict[tuple[int, int, int], int]
"""Patients by indicator, context and year."""


def _by_place(cells: Cells) -> dict[int, tuple[_Told, _Told]]:
    """Per place: what the newest earlier edition that has it tells, and what this one tells."""
    told: dict[int, tuple[_Told, _Told]] = {at: ({}, {}) for at in range(len(cells.places))}
    order = np.argsort(cells.edition, kind="stable").tolist()
    columns = (cells.edition, cells.indicator, cells.context, cells.year, cells.place, cells.n)
    edition, indicator, context, year, place, n = (column.tolist() for column in columns)
    for at in order:
        told[place[at]][int(edition[at] == cells.newest)][indicator[at], context[at], year[at]] = n[at]
    return told


def _equal(before: _Told, now: _Told, least: int) -> bool:
    """Whether at least so many counts, and half of all they share, are equal."""
    shared = before.keys() & now.keys()
    equal = sum(before[key] == now[key] > 0 for key in shared)
    return equal >= least and equal * 2 >= len(shared)


def _added(parts: list[_Told]) -> _Told:
    shared = set.intersection(*(set(one) for one in parts))
    return {key: sum(one[key] for one in parts) for key in shared}
