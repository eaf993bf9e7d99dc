"""From cells to the system: its variables, groups and equations.

Input: all cells and their links, SECRET. Output: the `TableSystem`, and which cells each of its groups suppresses. Owns
when two printed numbers are one variable: equal counts of linked series of the same unit, year and context. What each
variable and group requires is in `requirements`. It suppresses nothing.

Worked example: 24-hour and 48-hour survival are linked; hospital A has n = 3 in both, B 12 in both, C 25 and 24.
Variables of n: A 3, B 12 (one each), C 25 and C 24 (two, for they differ).
A's two cells print the same variable, so they are one group, suppressed in both tables or in none; B's likewise.
C's cells are two groups. If only 24-hour survival suppressed A, the other table would publish the 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from kvalreg.arrays import BoolArray, IntArray
from kvalreg.disclosure.cells import MISSING, CellArrays, PrintedPart
from kvalreg.disclosure.equations import Variables, cell_counts
from kvalreg.disclosure.links import COMPLEMENT, NUMERATOR, PATIENTS, SeriesLinks
from kvalreg.disclosure.requirements import build_system
from kvalreg.disclosure.system import TableSystem


@dataclass(frozen=True, eq=False)
class SystemAssembly:
    """A registry's system.

    Parameters
    ----------
    cells, n_implicit_zeros
        All cells; the last ones, so many, are implicit zeros, which stand for units without a row.
    variables
        Per cell: the variables of its patients, numerator and complement, or -1; shape (cells, 3).
    group_by_cell
        Per cell: the group that suppresses it; -1 for no candidate.
    system
        All of it.
    implied_suppressions
        Pairs of groups: where the first is suppressed, the second must be too, since its mark discloses the first.
        Shape (pairs, 2).
    """

    cells: CellArrays = field(repr=False)
    variables: IntArray = field(repr=False)
    group_by_cell: IntArray = field(repr=False)
    system: TableSystem = field(repr=False)
    implied_suppressions: IntArray = field(repr=False)
    n_implicit_zeros: int


def assemble_system(cells: CellArrays, links: SeriesLinks) -> SystemAssembly:
    """The system of these cells."""
    # 1. Variables, and which of them earlier editions have published.
    implicit_zeros = _implicit_zeros(cells, links)
    earlier_zeros = _earlier_implicit_zeros(cells, links)
    cells = cells if implicit_zeros is None else cells.concatenate(implicit_zeros)
    variables, values = _assign_variables(cells, links)
    is_public = _public_variables(cells, variables, len(values)) | _zeros_implied_by_absence(
        earlier_zeros, variables, cells, links, len(values)
    )
    # 2. Groups. The mark "low coverage" discloses something of the coverage. Where the two are in one part anyhow, they
    #    are tied into one group; otherwise the parts stay separate, and `protection` follows the implication.
    pairs = _low_coverage_pairs(cells)
    group_by_cell, n_groups = _suppression_groups(cells, variables, is_public, np.zeros((0, 2), dtype=np.int64))
    system = build_system(cells, links, Variables(variables, values, is_public, group_by_cell, n_groups))
    is_same_part = system.part_by_group[group_by_cell[pairs[:, 0]]] == system.part_by_group[group_by_cell[pairs[:, 1]]]
    if is_same_part.any():
        group_by_cell, n_groups = _suppression_groups(cells, variables, is_public, pairs[is_same_part])
        system = build_system(cells, links, Variables(variables, values, is_public, group_by_cell, n_groups))
    n_implicit_zeros = 0 if implicit_zeros is None else len(implicit_zeros.n)
    return SystemAssembly(
        cells,
        variables,
        group_by_cell,
        system,
        np.unique(group_by_cell[pairs[~is_same_part]], axis=0),
        n_implicit_zeros,
    )


# --- variables -------------------------------------------------------------------------------------------------------
def _variable_keys(cells: CellArrays, links: SeriesLinks, indices: IntArray, cluster: IntArray) -> IntArray:
    """One integer for each cluster, context, year and unit; the nation is the same in both contexts."""
    context = np.where(cells.is_nation[indices], 0, cells.context[indices])
    unit = links.canonical_unit[cells.unit[indices]]
    return ((cluster * 2 + context) * 10_000 + cells.year[indices]) * len(cells.unit_refs) + unit


def _assign_variables(cells: CellArrays, links: SeriesLinks) -> tuple[IntArray, IntArray]:
    """The variable of each count, and each variable's value.

    Equal counts of a cluster are one variable within an edition, and from one edition to another within a lineage (an
    indicator, or one that continues under another id): that a number is unchanged is visible. Equal numbers of two
    indicators in two editions are two variables. A complement is unchanged only where the patients are as well, for it
    is never published by itself.
    """
    all_cells = np.arange(len(cells.n))
    key_chunks, value_chunks, cell_chunks, measure_chunks, lineage_chunks = (list[IntArray]() for _ in range(5))
    # All counts of all measures, one after the other, with the key under which equal ones are the same.
    lineages = _series_lineages(cells, links)
    for measure, counts in enumerate(cell_counts(cells)):
        present = all_cells[counts != MISSING]
        key_chunks.append(_variable_keys(cells, links, present, links.cluster[cells.indicator[present], measure]))
        value_chunks.append(counts[present])
        cell_chunks.append(present)
        measure_chunks.append(np.full(len(present), measure))
        lineage_chunks.append(lineages[cells.indicator[present], measure])
    keys, values, indices, measures = (
        np.concatenate(chunks) for chunks in (key_chunks, value_chunks, cell_chunks, measure_chunks)
    )
    # A variable is a connected component of counts that share a code of either kind: a graph of counts and codes.
    size = len(keys)
    equal_codes = _pair_codes(keys, values)
    within_edition = _pair_codes(equal_codes, cells.edition[indices])
    patients = np.where(measures == COMPLEMENT, cells.n[indices], 0)
    across_editions = _pair_codes(_pair_codes(equal_codes, np.concatenate(lineage_chunks)), patients)
    sources = np.concatenate([np.arange(size), np.arange(size)])
    targets = np.concatenate([size + within_edition, size + size + across_editions])
    graph = coo_matrix((np.ones(len(sources), dtype=np.int8), (sources, targets)), shape=(size * 3, size * 3))
    _, first, variable = np.unique(
        connected_components(graph, directed=False)[1][:size], return_index=True, return_inverse=True
    )
    variables = np.full((len(cells.n), 3), MISSING, dtype=np.int64)
    variables[indices, measures] = variable
    return variables, values[first]


def _pair_codes(first: IntArray, second: IntArray) -> IntArray:
    """Codes from 0 on, equal for equal pairs."""
    _, first_codes = np.unique(first, return_inverse=True)
    codes: IntArray = np.unique(first_codes * (int(second.max(initial=0)) + 1) + second, return_inverse=True)[1]
    return codes.astype(np.int64)


def _series_lineages(cells: CellArrays, links: SeriesLinks) -> IntArray:
    """Per series the one that it continues: an indicator that is never in an edition with another of its cluster."""
    n_indicators = len(links.cluster)
    lineage = np.arange(n_indicators * 3).reshape(n_indicators, 3)
    if cells.current_edition == 0:
        return lineage
    is_present = np.zeros((n_indicators, cells.current_edition + 1), dtype=np.bool_)
    is_present[cells.indicator, cells.edition] = True
    # Indicators that are never published together: the one may continue the other.
    is_disjoint = ~(is_present[:, np.newaxis] & is_present).any(axis=2)
    for first, second in np.argwhere(np.triu(is_disjoint, 1)).tolist():
        for measure in range(3):
            if links.cluster[first, measure] == links.cluster[second, measure]:
                lineage[lineage == lineage[second, measure]] = lineage[first, measure]
    return lineage


def _implicit_zeros(cells: CellArrays, links: SeriesLinks) -> CellArrays | None:
    """Zeros of the current edition that a missing row would disclose.

    An indicator that counts the operated patients has no row for a unit, and so discloses that the numerator "operated"
    of another indicator is 0 there. While that 0 is secret, the missing row gets a mark.
    """
    return _zeros_without_row(cells, links, cells.current_edition)


def _earlier_implicit_zeros(cells: CellArrays, links: SeriesLinks) -> list[CellArrays]:
    """The same of earlier editions, which have disclosed it already."""
    editions = range(cells.current_edition)
    return [zeros for edition in editions if (zeros := _zeros_without_row(cells, links, edition)) is not None]


def _zeros_without_row(cells: CellArrays, links: SeriesLinks, edition: int) -> CellArrays | None:
    """Cells for the missing rows that would disclose a 0 in a series of the same cluster; None if there are none."""
    patient_clusters = links.cluster[:, PATIENTS]
    edition_cells = np.flatnonzero(cells.edition == edition)
    # Which rows there are, and which levels of which tables are published at all.
    table_keys = (cells.indicator * 2 + cells.context) * 10_000 + cells.year
    level_codes = np.unique([unit_ref[0] for unit_ref in cells.unit_refs], return_inverse=True)[1][cells.unit]
    visible_cells = edition_cells[
        cells.is_candidate[edition_cells]
        | (cells.printed_part[edition_cells] != PrintedPart.NOTHING)
        | cells.is_marked[edition_cells]
    ]
    existing_keys = set((table_keys[edition_cells] * len(cells.unit_refs) + cells.unit[edition_cells]).tolist())
    visible_levels = set((table_keys[visible_cells] * 10 + level_codes[visible_cells]).tolist())
    # For each secret 0, the indicators whose patients it counts and that have no row for the unit.
    additions: list[tuple[int, int]] = []
    for cell, cluster in _zeros_of_clusters(cells, links, edition_cells):
        for indicator in np.flatnonzero(patient_clusters == cluster).tolist():
            table_key = (indicator * 2 + int(cells.context[cell])) * 10_000 + int(cells.year[cell])
            key = table_key * len(cells.unit_refs) + int(cells.unit[cell])
            if key not in existing_keys and table_key * 10 + int(level_codes[cell]) in visible_levels:
                existing_keys.add(key)
                additions.append((cell, indicator))
    if not additions:
        return None
    cell_indices, indicators = np.array(additions, dtype=np.int64).T
    return _zero_cells(cells, cell_indices, indicators, is_current=edition == cells.current_edition)


def _zeros_of_clusters(cells: CellArrays, links: SeriesLinks, edition_cells: IntArray) -> Iterator[tuple[int, int]]:
    """Cells with a numerator or complement of 0 that other indicators count as their patients, with its cluster."""
    edition_cells = edition_cells[cells.is_candidate[edition_cells] | cells.is_marked[edition_cells]]
    for measure in (NUMERATOR, COMPLEMENT):
        zero_cells = edition_cells[cell_counts(cells)[measure][edition_cells] == 0]
        clusters = links.cluster[cells.indicator[zero_cells], measure]
        is_counted = np.isin(clusters, links.cluster[:, PATIENTS])
        yield from zip(zero_cells[is_counted].tolist(), clusters[is_counted].tolist(), strict=True)


def _zero_cells(cells: CellArrays, cell: IntArray, indicator: IntArray, *, is_current: bool) -> CellArrays:
    """Cells of 0 patients of these indicators, with the other keys of these cells."""
    all_false = np.zeros(len(cell), dtype=np.bool_)
    return CellArrays(
        cells.ind_ids,
        cells.unit_refs,
        cells.trees,
        edition=cells.edition[cell],
        indicator=indicator,
        context=cells.context[cell],
        year=cells.year[cell],
        unit=cells.unit[cell],
        n=np.zeros(len(cell), dtype=np.int64),
        x=np.where(np.isin(indicator, cells.indicator[cells.x != MISSING]), 0, MISSING),
        is_candidate=np.full(len(cell), is_current),
        printed_part=np.full(len(cell), PrintedPart.PATIENTS if is_current else PrintedPart.NOTHING, dtype=np.int64),
        primary=all_false,
        minimum=cells.minimum[cell],
        coverage=np.full(len(cell), MISSING),
        is_marked=all_false,
        is_nation=cells.is_nation[cell],
    )


def _public_variables(cells: CellArrays, variables: IntArray, n_variables: int) -> BoolArray:
    """The variables that an earlier edition has published."""
    is_public = np.zeros(n_variables, dtype=np.bool_)
    is_earlier = cells.edition < cells.current_edition
    is_public[variables[is_earlier & (cells.printed_part != PrintedPart.NOTHING), PATIENTS]] = True
    shown_variables = variables[is_earlier & (cells.printed_part == PrintedPart.ALL)][:, [NUMERATOR, COMPLEMENT]]
    is_public[shown_variables[shown_variables != MISSING]] = True
    return is_public


def _zeros_implied_by_absence(
    earlier_zeros: Sequence[CellArrays], variables: IntArray, cells: CellArrays, links: SeriesLinks, n_variables: int
) -> BoolArray:
    """The variables of value 0 that an earlier edition has disclosed by having no row."""
    is_implied = np.zeros(n_variables, dtype=np.bool_)
    if not earlier_zeros:
        return is_implied
    keys = []
    for zeros in earlier_zeros:
        all_cells = np.arange(len(zeros.n))
        keys.append(_variable_keys(zeros, links, all_cells, links.cluster[zeros.indicator, PATIENTS]))
    implied_keys = np.concatenate(keys)
    for measure, counts in enumerate(cell_counts(cells)):
        zero_cells = np.flatnonzero(counts == 0)
        key = _variable_keys(cells, links, zero_cells, links.cluster[cells.indicator[zero_cells], measure])
        is_implied[variables[zero_cells[np.isin(key, implied_keys)], measure]] = True
    return is_implied


# --- groups ----------------------------------------------------------------------------------------------------------
def _low_coverage_pairs(cells: CellArrays) -> IntArray:
    """Pairs of a coverage and a cell that is marked as poorly covered: the mark discloses something of the coverage."""
    flagged_cells = np.flatnonzero(
        cells.is_candidate & (cells.printed_part == PrintedPart.PATIENTS) & (cells.coverage >= 0)
    )
    flagged_cells = flagged_cells[cells.is_candidate[cells.coverage[flagged_cells]]]
    return np.stack([cells.coverage[flagged_cells], flagged_cells], axis=1)


def _suppression_groups(
    cells: CellArrays, variables: IntArray, is_public: BoolArray, tied_pairs: IntArray
) -> tuple[IntArray, int]:
    """The group of each candidate: those that share a variable that is not public, or are tied, are in one group."""
    # Connected components of a graph of candidates and variables.
    candidates = np.flatnonzero(cells.is_candidate)
    candidate_variables = variables[candidates]
    is_shared = (candidate_variables != MISSING) & ~is_public[candidate_variables]
    candidate_index = np.full(len(cells.n), MISSING)
    candidate_index[candidates] = np.arange(len(candidates))
    sources = np.concatenate([np.nonzero(is_shared)[0], candidate_index[tied_pairs[:, 0]]])
    targets = np.concatenate([len(candidates) + candidate_variables[is_shared], candidate_index[tied_pairs[:, 1]]])
    n_nodes = len(candidates) + len(is_public)
    graph = coo_matrix((np.ones(len(sources), dtype=np.int8), (sources, targets)), shape=(n_nodes, n_nodes))
    labels = connected_components(graph, directed=False)[1][: len(candidates)]
    _, group_codes = np.unique(labels, return_inverse=True)
    group_by_cell = np.full(len(cells.n), MISSING)
    group_by_cell[candidates] = group_codes
    return group_by_cell, int(group_codes.max(initial=-1)) + 1
