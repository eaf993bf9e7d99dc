"""Linked tables: which series of counts are about the same patients, as an attacker would infer and assume.

Owns the links between *series*: the patients (n), the numerators (x) and the complements (n - x) of one indicator over
all units, contexts and years. Series of one *cluster* count the same patients: where two of their counts of one unit
and year are equal, they are one variable. Input: all cells, SECRET. Output: clusters, sums of series (pooled years,
indicators that are the sum of others), and units that are another's successors. It suppresses nothing.

Which series are linked
-----------------------
Two series are linked where at least three of their counts above 0 are equal, and that is half of all they share, or
80 % of a year's, or half of those under 20: nearly equal series differ in large cells and agree in small ones. The most
similar pairs are linked first, and a numerator never with what its own denominator is linked with: near 100 % the two
are mostly equal, and that means nothing.

Worked example: 24-hour and 48-hour survival of 30 hospitals have the same n at 27 of them, all 9 under 20 included.
27 of 30 is more than half, so the two series of patients are in one cluster.
Each of the 27 is one variable: suppressed in one table and published in the other, it would be no secret.
The other 3 are two variables each.
A third indicator whose n equals the 48-hour numerator x in 10 of 12 hospitals is linked with x, unless that would link
x with its own n by way of others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice, product
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from kvalreg.arrays import BoolArray, IntArray
from kvalreg.disclosure.cells import MISSING, CellArrays
from kvalreg.disclosure.unit_successors import MIN_EQUAL_COUNTS, unit_successors

PATIENTS, NUMERATOR, COMPLEMENT = range(3)
MIN_SHARE_OVERALL, MIN_SHARE_IN_YEAR, MIN_SHARE_OF_SMALL = 0.5, 0.8, 0.5
SMALL_COUNT_BELOW = 20
MAX_CANDIDATE_PARTS = 16
"""Series that are tried as parts of another, at most."""
MAX_COMBINATIONS = 256
"""Combinations of one indicator of each part's cluster that are tried, at most."""
MAX_POOLED_YEARS = 5
"""Years of a pooled period, at most."""


class Series(NamedTuple):
    """One measure of one indicator."""

    indicator: int
    measure: int


class PooledPeriod(NamedTuple):
    """An indicator whose year is the sum of `n_years` years of another one, the last of them the same year."""

    indicator: int
    annual_indicator: int
    n_years: int


class IndicatorSum(NamedTuple):
    """An indicator that is the sum of others, in each year."""

    indicator: int
    parts: tuple[int, ...]
    includes_numerators: bool
    """Whether its numerators are the sum of theirs as well."""


@dataclass(frozen=True)
class SeriesLinks:
    """What is linked.

    Parameters
    ----------
    cluster
        Number of each series' cluster, shape (indicators, 3).
    canonical_unit
        Per unit: the unit that it is counted as; its own number, but for units that have been renumbered.
    mergers
        Successors with their predecessors: the sum of these units of an earlier edition is the later unit.
    pooled_periods, indicator_sums
        Sums of series.
    similarity
        The pairs of series that are similar, and the share of equal counts.
    """

    cluster: IntArray = field(repr=False)
    canonical_unit: IntArray = field(repr=False)
    mergers: tuple[tuple[int, tuple[int, ...]], ...]
    pooled_periods: frozenset[PooledPeriod]
    indicator_sums: frozenset[IndicatorSum]
    similarity: dict[tuple[Series, Series], float] = field(repr=False)

    def extends(self, other: SeriesLinks) -> bool:
        """Whether these hold links that the others do not."""
        return not (
            self.similarity.keys() <= other.similarity.keys()
            and self.pooled_periods <= other.pooled_periods
            and self.indicator_sums <= other.indicator_sums
        )


def find_links(
    cells: CellArrays,
    unit_names: dict[int, str],
    is_visible: BoolArray | None = None,
    known_links: SeriesLinks | None = None,
) -> SeriesLinks:
    """The links among all series.

    Parameters
    ----------
    cells
        All cells.
    unit_names
        The published names of units by number: a unit that keeps its name is the same.
    is_visible
        The cells to compare; all if None. An attacker sees the published cells alone, and among these more pairs may be
        similar.
    known_links
        Links found before, which stay.
    """
    # Links only grow from call to call: `protection` repeats until an attacker would find no further one.
    canonical_unit, mergers = (
        (known_links.canonical_unit, known_links.mergers) if known_links else unit_successors(cells, unit_names)
    )
    series_counts = _SeriesCounts(
        cells, canonical_unit, np.ones(len(cells.n), dtype=np.bool_) if is_visible is None else is_visible
    )
    similarity = dict(known_links.similarity) if known_links else {}
    # The greatest similarity counts, of the true cells or of the visible ones.
    for pair in _series_pairs(series_counts):
        score = series_counts.similarity(*pair)
        if score:
            similarity[pair] = max(score, similarity.get(pair, 0.0))
    cluster = _clusters(len(cells.ind_ids), similarity)
    pooled_periods, indicator_sums = (
        frozenset(_find_pooled_periods(series_counts)),
        frozenset(_find_indicator_sums(series_counts, cluster)),
    )
    if known_links:
        pooled_periods, indicator_sums = (
            pooled_periods | known_links.pooled_periods,
            indicator_sums | known_links.indicator_sums,
        )
    return SeriesLinks(cluster, canonical_unit, mergers, pooled_periods, indicator_sums, similarity)


class _SeriesCounts:
    """All series jointly: one value for each unit, context and year, as published in the newest edition that has it.

    `values` has shape (3 measures, indicators, keys), a key being a context, unit and year.
    """

    def __init__(self, cells: CellArrays, canonical_unit: IntArray, is_visible: BoolArray) -> None:
        unit = canonical_unit[cells.unit]
        year_offsets = cells.year - cells.year.min()
        self.n_years = int(year_offsets.max()) + 1
        key = (cells.context * len(cells.unit_refs) + unit) * self.n_years + year_offsets
        keys, row = np.unique(key, return_inverse=True)
        self.year = keys % self.n_years
        self.context_unit = keys // self.n_years
        context = self.context_unit // len(cells.unit_refs)
        n_indicators = len(cells.ind_ids)
        self.values = np.full((3, n_indicators, len(keys)), MISSING, dtype=np.int64)
        complement = np.where(cells.x != MISSING, cells.n - cells.x, MISSING)
        order = np.flatnonzero(is_visible)
        order = order[np.argsort(cells.edition[order], kind="stable")]  # later counts overwrite earlier ones
        for measure, counts in enumerate((cells.n, cells.x, complement)):
            self.values[measure, cells.indicator[order], row[order]] = counts[order]
        self.first_edition, self.last_edition = np.full(n_indicators, len(cells.trees)), np.full(n_indicators, -1)
        np.minimum.at(self.first_edition, cells.indicator, cells.edition)
        np.maximum.at(self.last_edition, cells.indicator, cells.edition)
        self.has_numerator: list[bool] = (self.values[NUMERATOR] != MISSING).any(axis=1).tolist()
        # What is compared: everything, each context, and each year of these. Series may agree in a part only.
        scopes = [np.ones(len(keys), dtype=np.bool_)]
        if len(np.unique(context)) > 1:
            scopes += [context == context_code for context_code in range(2)]
        self.scopes = scopes
        self.year_scopes = [scope & (self.year == year) for scope in scopes for year in range(self.n_years)]

    def similarity(self, first: Series, second: Series) -> float:
        """Which share of the shared counts above 0 is equal, where that is enough for a link; otherwise 0."""
        left, right = (self.values[series.measure, series.indicator] for series in (first, second))
        is_shared = (left > 0) & (right > 0)
        is_equal = is_shared & (left == right)
        n_equal = int(is_equal.sum())
        if n_equal < MIN_EQUAL_COUNTS:
            return 0.0
        is_small = is_shared & (np.minimum(left, right) < SMALL_COUNT_BELOW)
        is_similar = any(
            _is_mostly(is_equal & scope, is_shared & scope, MIN_SHARE_OVERALL)
            or _is_mostly(is_equal & is_small & scope, is_small & scope, MIN_SHARE_OF_SMALL)
            for scope in self.scopes
        ) or any(_is_mostly(is_equal & scope, is_shared & scope, MIN_SHARE_IN_YEAR) for scope in self.year_scopes)
        return n_equal / int(is_shared.sum()) if is_similar else 0.0


def _is_mostly(is_equal: BoolArray, is_shared: BoolArray, min_share: float) -> bool:
    n_equal = int(is_equal.sum())
    return n_equal >= MIN_EQUAL_COUNTS and n_equal >= min_share * int(is_shared.sum())


def _series_pairs(series_counts: _SeriesCounts) -> Iterator[tuple[Series, Series]]:
    """The pairs of series that may count the same patients.

    Two numerators of the same edition are not compared: equal numbers of patients with two outcomes are no sign that
    they are the same patients.
    """
    indicators = range(len(series_counts.first_edition))
    for first, second in combinations(indicators, 2):
        yield Series(first, PATIENTS), Series(second, PATIENTS)
    with_numerators = [indicator for indicator in indicators if series_counts.has_numerator[indicator]]
    for first in with_numerators:
        for second in indicators:
            if first != second:
                yield Series(first, NUMERATOR), Series(second, PATIENTS)
                yield Series(first, COMPLEMENT), Series(second, PATIENTS)
    # An indicator that continues under another id keeps its numerators too.
    for first, second in combinations(with_numerators, 2):
        if (
            series_counts.last_edition[first] < series_counts.first_edition[second]
            or series_counts.last_edition[second] < series_counts.first_edition[first]
        ):
            yield Series(first, NUMERATOR), Series(second, NUMERATOR)
            yield Series(first, COMPLEMENT), Series(second, COMPLEMENT)


def _clusters(n_indicators: int, similarity: dict[tuple[Series, Series], float]) -> IntArray:
    """Series that count the same patients: the most similar pairs are linked first (single-linkage clustering).

    A numerator is never linked with its own denominator, neither directly nor by way of others: from ``x1 = n2`` and
    ``x2 = n1`` would follow that all four are equal, for no numerator is greater than its denominator.
    """
    cluster = np.arange(n_indicators * 3).reshape(n_indicators, 3)
    for first, second in sorted(similarity, key=lambda pair: (-similarity[pair], pair)):
        target, merged = sorted((int(cluster[first]), int(cluster[second])))
        candidate = np.where(cluster == merged, target, cluster)
        if not _is_cyclic(candidate):
            cluster = candidate
    return cluster


def _is_cyclic(cluster: IntArray) -> bool:
    """Whether some numerator or complement is, by way of others, the total of which it is a part."""
    # A graph with an edge from the cluster of each n to those of its x and n - x: it must have no cycle, that is, each
    # of its strongly connected components must be a single cluster.
    totals = np.repeat(cluster[:, PATIENTS], 2)
    parts = cluster[:, [NUMERATOR, COMPLEMENT]].ravel()
    n_clusters = int(cluster.max()) + 1
    if (totals == parts).any() or (cluster[:, NUMERATOR] == cluster[:, COMPLEMENT]).any():
        return True
    graph = coo_matrix((np.ones(len(totals), dtype=np.int8), (totals, parts)), shape=(n_clusters, n_clusters))
    return bool(connected_components(graph, connection="strong")[0] < n_clusters)


def _find_pooled_periods(series_counts: _SeriesCounts) -> Iterator[PooledPeriod]:
    """Indicators of which a year is the sum of several years of another one.

    Worked example: 2023 17, 2024 20 and a pooled 2024 of 37, in three units: 37 = 17 + 20 is a period of two years.
    """
    if series_counts.n_years < 2:
        return
    context_units, unit_rows = np.unique(series_counts.context_unit, return_inverse=True)
    patients_by_year = np.full(
        (len(series_counts.first_edition), len(context_units), series_counts.n_years), MISSING, dtype=np.int64
    )
    # Patients by indicator, unit and year, so that all windows of a length are sums of shifted slices.
    patients_by_year[:, unit_rows, series_counts.year] = series_counts.values[PATIENTS]
    is_reported, patients = patients_by_year != MISSING, np.maximum(patients_by_year, 0)
    for n_years in range(2, min(MAX_POOLED_YEARS, series_counts.n_years) + 1):
        windows = [slice(n_years - 1 - offset, series_counts.n_years - offset) for offset in range(n_years)]
        pooled = np.sum([patients[:, :, window] for window in windows], axis=0)
        has_several_years = np.sum([patients[:, :, window] > 0 for window in windows], axis=0) > 1
        for indicator in range(len(patients)):
            # Where only one year of the window has patients, a sum would be a mere equality of two counts.
            is_comparable = is_reported[indicator][:, n_years - 1 :] & has_several_years
            n_equal = (is_comparable & (pooled == patients[indicator][:, n_years - 1 :])).sum(axis=(1, 2))
            is_match = (n_equal >= MIN_EQUAL_COUNTS) & (n_equal >= MIN_SHARE_OVERALL * is_comparable.sum(axis=(1, 2)))
            yield from (
                PooledPeriod(indicator, int(annual_indicator), n_years)
                for annual_indicator in np.flatnonzero(is_match)
                if annual_indicator != indicator
            )


def _find_indicator_sums(series_counts: _SeriesCounts, cluster: IntArray) -> Iterator[IndicatorSum]:
    """Indicators that are the sum of two to four others: quarters of a year, sexes, age groups.

    Worked example: men 8, women 12, all 20, and alike in at least three units and half of all: all = men + women.
    """
    reported = series_counts.values[PATIENTS]
    patients = np.maximum(reported, 0)
    indicators_by_cluster: dict[int, list[int]] = {}
    for index, cluster_id in enumerate(cluster[:, PATIENTS].tolist()):
        indicators_by_cluster.setdefault(cluster_id, []).append(index)
    representatives = np.array(sorted(indicators[0] for indicators in indicators_by_cluster.values()))
    for total in range(len(patients)):
        # Candidates are one indicator of each cluster that is mostly smaller than the total, and hardly ever greater.
        has_total = patients[total] > 0
        n_smaller, n_greater = (
            (has_total & (patients[representatives] > 0) & compare(patients[representatives], patients[total])).sum(
                axis=1
            )
            for compare in (np.less, np.greater)
        )
        candidates = representatives[
            (n_smaller >= MIN_EQUAL_COUNTS) & (n_greater <= n_smaller * 0.1) & (representatives != total)
        ][:MAX_CANDIDATE_PARTS]
        for n_parts in (2, 3, 4):
            part_sets = np.array(list(combinations(candidates.tolist(), n_parts)), dtype=np.int64).reshape(-1, n_parts)
            if not len(part_sets):
                continue
            is_equal = has_total & (patients[part_sets].sum(axis=1) == patients[total])
            is_shared = has_total & (reported[part_sets] != MISSING).any(axis=1)
            is_match = is_equal.sum(axis=1) >= np.maximum(MIN_EQUAL_COUNTS, MIN_SHARE_OVERALL * is_shared.sum(axis=1))
            for index in np.flatnonzero(is_match).tolist():
                # Every part must have patients in at least three of the sums, or it would be a part of anything.
                if ((patients[part_sets[index]] > 0) & is_equal[index]).sum(axis=1).min() >= MIN_EQUAL_COUNTS:
                    yield IndicatorSum(total, tuple(part_sets[index].tolist()), includes_numerators=False)
                    alternatives = [
                        indicators_by_cluster[int(cluster[part, PATIENTS])] for part in part_sets[index].tolist()
                    ]
                    yield from _numerator_sums(series_counts.values[NUMERATOR], total, alternatives)


def _numerator_sums(numerators: IntArray, total: int, alternatives: Sequence[Sequence[int]]) -> Iterator[IndicatorSum]:
    """The combinations of one indicator of each part's cluster whose numerators add up to the total's as well.

    Indicators of a cluster count the same patients, but different outcomes of them.
    """
    for parts in islice(product(*alternatives), MAX_COMBINATIONS):
        part_numerators = numerators[list(parts)]
        is_shared = (numerators[total] != MISSING) & (part_numerators != MISSING).any(axis=0)
        is_equal = (
            is_shared & (np.maximum(part_numerators, 0).sum(axis=0) == numerators[total]) & (numerators[total] > 0)
        )
        if is_equal.sum() >= max(
            MIN_EQUAL_COUNTS, MIN_SHARE_OVERALL * int((is_shared & (numerators[total] > 0)).sum())
        ):
            yield IndicatorSum(total, tuple(parts), includes_numerators=True)
