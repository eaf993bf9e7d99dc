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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice, product
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from kvalreg.disclosure.cells import NONE, Cells
from kvalreg.disclosure.system import BoolArray, IntArray
from kvalreg.inputs.units import Level

PATIENTS, NUMERATOR, MISSES = range(3)
LEAST_EQUAL = 3
MOST_OF_ALL, MOST_OF_A_YEAR, MOST_OF_THE_SMALL = 0.5, 0.8, 0.5
SMALL = 20
MOST_PARTS = 16
"""Series that are tried as parts of another at most."""
MOST_CHOICES = 256
"""Choices of one indicator of each part's cluster that are tried at most."""
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
    numerators: bool
    """Whether its numerators are the sum of theirs as well."""


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
    likeness
        The pairs of series that were found alike, and how much.
    """

    cluster: IntArray = field(repr=False)
    alias: IntArray = field(repr=False)
    mergers: tuple[tuple[int, tuple[int, ...]], ...]
    pools: frozenset[Pool]
    wholes: frozenset[Whole]
    likeness: dict[tuple[Series, Series], float] = field(repr=False)

    def adds_to(self, others: Links) -> bool:
        """Whether these say more than others do."""
        return not (
            self.likeness.keys() <= others.likeness.keys()
            and self.pools <= others.pools
            and self.wholes <= others.wholes
        )


def find_links(cells: Cells, names: dict[int, str], seen: BoolArray | None = None, known: Links | None = None) -> Links:
    """The links among all columns.

    Parameters
    ----------
    cells
        All cells.
    names
        The names of places by number, as readers know them: a unit that keeps its name is the same.
    seen
        The cells to compare; all if None. Which pairs are alike can look otherwise to who sees some of them alone.
    known
        Links found before, which stay.
    """
    alias, mergers = (known.alias, known.mergers) if known else _successors(cells, names)
    counts = _Counts(cells, alias, np.ones(len(cells.n), dtype=np.bool_) if seen is None else seen)
    likeness = dict(known.likeness) if known else {}
    for pair in _pairs(counts):
        found = counts.likeness(*pair)
        if found:
            likeness[pair] = max(found, likeness.get(pair, 0.0))
    cluster = _clusters(len(cells.ind_ids), likeness)
    pools, wholes = frozenset(_pools(counts)), frozenset(_wholes(counts, cluster))
    if known:
        pools, wholes = pools | known.pools, wholes | known.wholes
    return Links(cluster, alias, mergers, pools, wholes, likeness)


class _Counts:
    """All series side by side: a row for each unit, context and year, as the newest edition that has it tells it."""

    def __init__(self, cells: Cells, alias: IntArray, seen: BoolArray) -> None:
        place = alias[cells.place]
        years = cells.year - cells.year.min()
        self.years = int(years.max()) + 1
        key = (cells.context * len(cells.places) + place) * self.years + years
        keys, row = np.unique(key, return_inverse=True)
        self.year = keys % self.years
        self.unit = keys // self.years
        context = self.unit // len(cells.places)
        size = len(cells.ind_ids)
        self.values = np.full((3, size, len(keys)), NONE, dtype=np.int64)
        misses = np.where(cells.x != NONE, cells.n - cells.x, NONE)
        order = np.flatnonzero(seen)
        order = order[np.argsort(cells.edition[order], kind="stable")]  # a later count takes an earlier one's place
        for measure, counts in enumerate((cells.n, cells.x, misses)):
            self.values[measure, cells.indicator[order], row[order]] = counts[order]
        self.first, self.last = np.full(size, len(cells.trees)), np.full(size, -1)
        np.minimum.at(self.first, cells.indicator, cells.edition)
        np.maximum.at(self.last, cells.indicator, cells.edition)
        self.has_numerators: list[bool] = (self.values[NUMERATOR] != NONE).any(axis=1).tolist()
        self.scopes = [(np.ones(len(keys), dtype=np.bool_), False)]
        self.scopes += [(self.year == year, True) for year in range(self.years)]
        if len(np.unique(context)) > 1:
            for one in range(2):
                self.scopes.append((context == one, False))
                self.scopes += [((context == one) & (self.year == year), True) for year in range(self.years)]

    def likeness(self, one: Series, other: Series) -> float:
        """Which share of the shared counts above 0 is equal, where that is enough for a link; otherwise 0."""
        left, right = (self.values[series.measure, series.indicator] for series in (one, other))
        shared = (left > 0) & (right > 0)
        equal = shared & (left == right)
        found = int(equal.sum())
        if found < LEAST_EQUAL:
            return 0.0
        small = shared & (np.minimum(left, right) < SMALL)
        enough = any(self._enough(equal & scope, shared & scope, small, one_year) for scope, one_year in self.scopes)
        return found / int(shared.sum()) if enough else 0.0

    def _enough(self, equal: BoolArray, shared: BoolArray, small: BoolArray, one_year: bool) -> bool:
        found = int(equal.sum())
        if found < LEAST_EQUAL:
            return False
        if one_year:
            return found >= MOST_OF_A_YEAR * int(shared.sum())
        of_small = int((equal & small).sum())
        few = int((shared & small).sum())
        return found >= MOST_OF_ALL * int(shared.sum()) or of_small >= max(LEAST_EQUAL, MOST_OF_THE_SMALL * few)


def _pairs(counts: _Counts) -> Iterator[tuple[Series, Series]]:
    """The pairs of series that may count the same patients."""
    indicators = range(len(counts.first))
    for one, other in combinations(indicators, 2):
        yield Series(one, PATIENTS), Series(other, PATIENTS)
    shares = [one for one in indicators if counts.has_numerators[one]]
    for one in shares:
        for other in indicators:
            if one != other:
                yield Series(one, NUMERATOR), Series(other, PATIENTS)
                yield Series(one, MISSES), Series(other, PATIENTS)
    for one, other in combinations(shares, 2):  # an indicator that goes on under another id keeps its numerators too
        if counts.last[one] < counts.first[other] or counts.last[other] < counts.first[one]:
            yield Series(one, NUMERATOR), Series(other, NUMERATOR)
            yield Series(one, MISSES), Series(other, MISSES)


def _clusters(size: int, likeness: dict[tuple[Series, Series], float]) -> IntArray:
    """Series that count the same patients: the closest pairs first.

    A numerator is never linked with its own denominator, neither at once nor by way of others: from ``x1 = n2`` and
    ``x2 = n1`` would follow that all four are equal, for no numerator is greater than its denominator.
    """
    cluster = np.arange(size * 3).reshape(size, 3)
    for one, other in sorted(likeness, key=lambda pair: (-likeness[pair], pair)):
        kept, gone = sorted((int(cluster[one]), int(cluster[other])))
        joined = np.where(cluster == gone, kept, cluster)
        if not _is_cyclic(joined):
            cluster = joined
    return cluster


def _is_cyclic(cluster: IntArray) -> bool:
    """Whether some numerator or misses are, by way of others, the whole of which they are a part."""
    whole = np.repeat(cluster[:, PATIENTS], 2)
    part = cluster[:, [NUMERATOR, MISSES]].ravel()
    size = int(cluster.max()) + 1
    if (whole == part).any() or (cluster[:, NUMERATOR] == cluster[:, MISSES]).any():
        return True
    graph = coo_matrix((np.ones(len(whole), dtype=np.int8), (whole, part)), shape=(size, size))
    return bool(connected_components(graph, connection="strong")[0] < size)


def _pools(counts: _Counts) -> Iterator[Pool]:
    """Indicators that tell of several years of another one."""
    if counts.years < 2:
        return
    units, unit = np.unique(counts.unit, return_inverse=True)
    cube = np.full((len(counts.first), len(units), counts.years), NONE, dtype=np.int64)
    cube[:, unit, counts.year] = counts.values[PATIENTS]
    told, n = cube != NONE, np.maximum(cube, 0)
    for years in range(2, min(LONGEST_POOL, counts.years) + 1):
        windows = [slice(years - 1 - back, counts.years - back) for back in range(years)]
        pooled = np.sum([n[:, :, window] for window in windows], axis=0)
        several = np.sum([n[:, :, window] > 0 for window in windows], axis=0) > 1
        for at in range(len(n)):
            there = told[at][:, years - 1 :] & several
            equal = (there & (pooled == n[at][:, years - 1 :])).sum(axis=(1, 2))
            enough = (equal >= LEAST_EQUAL) & (equal >= MOST_OF_ALL * there.sum(axis=(1, 2)))
            yield from (Pool(at, int(of), years) for of in np.flatnonzero(enough) if of != at)


def _wholes(counts: _Counts, cluster: IntArray) -> Iterator[Whole]:
    """Indicators that are the sum of two to four others: quarters of a year, sexes, age groups."""
    told = counts.values[PATIENTS]
    n = np.maximum(told, 0)
    members: dict[int, list[int]] = {}
    for at, one in enumerate(cluster[:, PATIENTS].tolist()):
        members.setdefault(one, []).append(at)
    distinct = np.array(sorted(several[0] for several in members.values()))
    for whole in range(len(n)):
        there = n[whole] > 0
        less, more = (
            (there & (n[distinct] > 0) & compare(n[distinct], n[whole])).sum(axis=1)
            for compare in (np.less, np.greater)
        )
        parts = distinct[(less >= LEAST_EQUAL) & (more <= less * 0.1) & (distinct != whole)][:MOST_PARTS]
        for size in (2, 3, 4):
            chosen = np.array(list(combinations(parts.tolist(), size)), dtype=np.int64).reshape(-1, size)
            if not len(chosen):
                continue
            equal = there & (n[chosen].sum(axis=1) == n[whole])
            shared = there & (told[chosen] != NONE).any(axis=1)
            enough = equal.sum(axis=1) >= np.maximum(LEAST_EQUAL, MOST_OF_ALL * shared.sum(axis=1))
            for at in np.flatnonzero(enough).tolist():
                if ((n[chosen[at]] > 0) & equal[at]).sum(axis=1).min() >= LEAST_EQUAL:
                    yield Whole(whole, tuple(chosen[at].tolist()), numerators=False)
                    alike = [members[int(cluster[part, PATIENTS])] for part in chosen[at].tolist()]
                    yield from _with_numerators(counts.values[NUMERATOR], whole, alike)


def _with_numerators(x: IntArray, whole: int, alike: Sequence[Sequence[int]]) -> Iterator[Whole]:
    """The choices of one indicator of each part's cluster whose numerators add up to the whole's as well.

    Indicators of a cluster count the same patients and tell different outcomes of them.
    """
    for parts in islice(product(*alike), MOST_CHOICES):
        chosen = x[list(parts)]
        there = (x[whole] != NONE) & (chosen != NONE).any(axis=0)
        equal = there & (np.maximum(chosen, 0).sum(axis=0) == x[whole]) & (x[whole] > 0)
        if equal.sum() >= max(LEAST_EQUAL, MOST_OF_ALL * int((there & (x[whole] > 0)).sum())):
            yield Whole(whole, tuple(parts), numerators=True)


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
