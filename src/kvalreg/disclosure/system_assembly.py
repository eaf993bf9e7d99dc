"""From cells to the system: one unknown for each fact, and every equation that holds among them.

Comes in: all cells and their links, SECRET. Goes out: the `System`, and which cells each of its groups suppresses. Owns
when two printed numbers are one fact: counts of linked series of the same unit, year and context that are equal.
It chooses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from kvalreg.arrays import BoolArray, FloatArray, IntArray
from kvalreg.disclosure.cells import MISSING, CellArrays, PrintedPart
from kvalreg.disclosure.equations import EquationBuilder, Variables, cell_counts
from kvalreg.disclosure.links import COMPLEMENT, NUMERATOR, PATIENTS, SeriesLinks
from kvalreg.disclosure.system import PUBLIC, TableSystem

COST_OF_NATION = 1000.0
COST_OF_UNRELIABLE, COST_OF_SUPPRESSED_BEFORE = 0.5, 0.75
NUMERATOR_PROTECTION_LEVEL = 1
"""How far apart the bounds of a numerator, and of the misses, must be: neither is exact, the share not 0 or 100 %."""


@dataclass(frozen=True, eq=False)
class SystemAssembly:
    """A registry's system.

    Parameters
    ----------
    cells, phantoms
        All cells, those that stand for units without a row last, so many.
    facts
        Per cell: its number of patients, numerator and misses among the system's counts, or -1; shape (cells, 3).
    group
        Per cell: the group that suppresses it; -1 for no candidate.
    system
        The whole.
    follows
        Pairs of groups: where the first is suppressed, the second must be too, for its mark tells of the first. Shape
        (pairs, 2).
    """

    cells: CellArrays = field(repr=False)
    variables: IntArray = field(repr=False)
    group_by_cell: IntArray = field(repr=False)
    system: TableSystem = field(repr=False)
    implied_suppressions: IntArray = field(repr=False)
    n_implicit_zeros: int


def assemble_system(cells: CellArrays, links: SeriesLinks) -> SystemAssembly:
    """The system of these cells."""
    implicit_zeros = _implicit_zeros(cells, links)
    earlier_zeros = _earlier_implicit_zeros(cells, links)
    cells = cells if implicit_zeros is None else cells.concatenate(implicit_zeros)
    variables, values = _assign_variables(cells, links)
    is_public = _public_variables(cells, variables, len(values)) | _zeros_implied_by_absence(
        earlier_zeros, variables, cells, links, len(values)
    )
    pairs = _low_coverage_pairs(cells)
    group_by_cell, n_groups = _suppression_groups(cells, variables, is_public, np.zeros((0, 2), dtype=np.int64))
    system = _build_system(cells, links, Variables(variables, values, is_public, group_by_cell, n_groups))
    is_same_part = system.part_by_group[group_by_cell[pairs[:, 0]]] == system.part_by_group[group_by_cell[pairs[:, 1]]]
    if is_same_part.any():  # within a part they are one group
        group_by_cell, n_groups = _suppression_groups(cells, variables, is_public, pairs[is_same_part])
        system = _build_system(cells, links, Variables(variables, values, is_public, group_by_cell, n_groups))
    n_implicit_zeros = 0 if implicit_zeros is None else len(implicit_zeros.n)
    return SystemAssembly(
        cells,
        variables,
        group_by_cell,
        system,
        np.unique(group_by_cell[pairs[~is_same_part]], axis=0),
        n_implicit_zeros,
    )


# --- facts -----------------------------------------------------------------------------------------------------------
def _variable_keys(cells: CellArrays, links: SeriesLinks, indices: IntArray, cluster: IntArray) -> IntArray:
    """One number for each cluster, context, year and unit; the nation is the same in both contexts."""
    context = np.where(cells.is_nation[indices], 0, cells.context[indices])
    unit = links.canonical_unit[cells.unit[indices]]
    return ((cluster * 2 + context) * 10_000 + cells.year[indices]) * len(cells.unit_refs) + unit


def _assign_variables(cells: CellArrays, links: SeriesLinks) -> tuple[IntArray, IntArray]:
    """The fact that each count is, and each fact's value.

    Equal counts of a cluster are one fact within an edition, and from one edition to another within a column: that a
    number is unchanged can be seen. Equal numbers of two indicators in two editions are two facts. Misses are unchanged
    where patients and numerators are: nobody is shown them by themselves.
    """
    all_cells = np.arange(len(cells.n))
    key_chunks, value_chunks, cell_chunks, measure_chunks, lineage_chunks = (list[IntArray]() for _ in range(5))
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
    """Equal pairs by equal numbers, from 0 on."""
    _, first_codes = np.unique(first, return_inverse=True)
    codes: IntArray = np.unique(first_codes * (int(second.max(initial=0)) + 1) + second, return_inverse=True)[1]
    return codes.astype(np.int64)


def _series_lineages(cells: CellArrays, links: SeriesLinks) -> IntArray:
    """Per series the one it goes on as: an indicator that begins in an edition where another of its cluster ended."""
    n_indicators = len(links.cluster)
    lineage = np.arange(n_indicators * 3).reshape(n_indicators, 3)
    if cells.current_edition == 0:
        return lineage
    is_present = np.zeros((n_indicators, cells.current_edition + 1), dtype=np.bool_)
    is_present[cells.indicator, cells.edition] = True
    is_disjoint = ~(is_present[:, np.newaxis] & is_present).any(axis=2)
    for first, second in np.argwhere(np.triu(is_disjoint, 1)).tolist():
        for measure in range(3):
            if links.cluster[first, measure] == links.cluster[second, measure]:
                lineage[lineage == lineage[second, measure]] = lineage[first, measure]
    return lineage


def _implicit_zeros(cells: CellArrays, links: SeriesLinks) -> CellArrays | None:
    """Cells of nobody that must be marked when they would tell: an indicator has no row for a unit, and so says that
    the numerator of another one, which it counts, is 0."""
    return _zeros_without_row(cells, links, cells.current_edition)


def _earlier_implicit_zeros(cells: CellArrays, links: SeriesLinks) -> list[CellArrays]:
    """The same of earlier editions, which have told already."""
    editions = range(cells.current_edition)
    return [zeros for edition in editions if (zeros := _zeros_without_row(cells, links, edition)) is not None]


def _zeros_without_row(cells: CellArrays, links: SeriesLinks, edition: int) -> CellArrays | None:
    """The cells of nobody that stand for a 0 in a series of the same cluster."""
    patient_clusters = links.cluster[:, PATIENTS]
    edition_cells = np.flatnonzero(cells.edition == edition)
    table_keys = (cells.indicator * 2 + cells.context) * 10_000 + cells.year
    level_codes = np.unique([unit_ref[0] for unit_ref in cells.unit_refs], return_inverse=True)[1][cells.unit]
    visible_cells = edition_cells[
        cells.is_candidate[edition_cells]
        | (cells.printed_part[edition_cells] != PrintedPart.NOTHING)
        | cells.is_marked[edition_cells]
    ]
    existing_keys = set((table_keys[edition_cells] * len(cells.unit_refs) + cells.unit[edition_cells]).tolist())
    visible_levels = set((table_keys[visible_cells] * 10 + level_codes[visible_cells]).tolist())
    additions: list[tuple[int, int]] = []
    for measure, counts in (
        (NUMERATOR, cells.x),
        (COMPLEMENT, np.where(cells.x == MISSING, MISSING, cells.n - cells.x)),
    ):
        zero_cells = edition_cells[
            (counts[edition_cells] == 0) & (cells.is_candidate[edition_cells] | cells.is_marked[edition_cells])
        ]
        zero_cells = zero_cells[np.isin(links.cluster[cells.indicator[zero_cells], measure], patient_clusters)]
        for cell, cluster in zip(
            zero_cells.tolist(), links.cluster[cells.indicator[zero_cells], measure].tolist(), strict=True
        ):
            for indicator in np.flatnonzero(patient_clusters == cluster).tolist():
                table_key = (indicator * 2 + int(cells.context[cell])) * 10_000 + int(cells.year[cell])
                key = table_key * len(cells.unit_refs) + int(cells.unit[cell])
                if key not in existing_keys and table_key * 10 + int(level_codes[cell]) in visible_levels:
                    existing_keys.add(key)
                    additions.append((cell, indicator))
    if not additions:
        return None
    cell, indicator = np.array(additions, dtype=np.int64).T
    all_false = np.zeros(len(cell), dtype=np.bool_)
    is_current = edition == cells.current_edition
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
    """The facts that an earlier edition has shown."""
    is_public = np.zeros(n_variables, dtype=np.bool_)
    is_earlier = cells.edition < cells.current_edition
    is_public[variables[is_earlier & (cells.printed_part != PrintedPart.NOTHING), PATIENTS]] = True
    shown_variables = variables[is_earlier & (cells.printed_part == PrintedPart.ALL)][:, [NUMERATOR, COMPLEMENT]]
    is_public[shown_variables[shown_variables != MISSING]] = True
    return is_public


def _zeros_implied_by_absence(
    earlier_zeros: Sequence[CellArrays], variables: IntArray, cells: CellArrays, links: SeriesLinks, n_variables: int
) -> BoolArray:
    """The facts of 0 that an earlier edition has told by having no row."""
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
    """Pairs of a coverage and a cell that is marked as poorly covered: the mark tells of the coverage."""
    flagged_cells = np.flatnonzero(
        cells.is_candidate & (cells.printed_part == PrintedPart.PATIENTS) & (cells.coverage >= 0)
    )
    flagged_cells = flagged_cells[cells.is_candidate[cells.coverage[flagged_cells]]]
    return np.stack([cells.coverage[flagged_cells], flagged_cells], axis=1)


def _suppression_groups(
    cells: CellArrays, variables: IntArray, is_public: BoolArray, tied_pairs: IntArray
) -> tuple[IntArray, int]:
    """Candidates that share a fact that is not public are suppressed together, and these pairs of cells."""
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


def _build_system(cells: CellArrays, links: SeriesLinks, variables: Variables) -> TableSystem:
    n_printed_groups = variables.n_groups
    group = _printing_group(cells, variables)
    unprinted = np.flatnonzero((group == PUBLIC) & ~variables.is_public)
    group[unprinted] = n_printed_groups + np.arange(len(unprinted))  # nobody prints these: they are never shown
    protection_level, protecting_group = _protection_levels(cells, variables, group)
    lower_bound, is_small = _lower_bounds(cells, variables, group)
    revealing_group, is_revealed = _revealing_groups(cells, variables)
    protection_level[is_revealed | variables.is_public] = 0
    n_groups = n_printed_groups + len(unprinted)
    primary, suppressible = np.ones(n_groups, dtype=np.bool_), np.zeros(n_groups, dtype=np.bool_)
    cost, patients = np.ones(n_groups), np.zeros(n_groups, dtype=np.int64)
    primary[:n_printed_groups], suppressible[:n_printed_groups] = (
        _primary_groups(cells, variables),
        _suppressible_groups(cells, variables),
    )
    cost[:n_printed_groups], patients[:n_printed_groups] = (
        _group_costs(cells, variables),
        _group_patients(cells, variables),
    )
    return TableSystem(
        value=variables.value,
        lower_bound=lower_bound,
        group=group,
        protection_level=protection_level,
        protecting_group=protecting_group,
        is_small=is_small & (protection_level > 0),
        revealing_group=revealing_group,
        equations=EquationBuilder(cells, links, variables, group).build(),
        primary=primary,
        suppressible=suppressible & ~primary,
        cost=cost,
        patients=patients,
    )


def _printing_group(cells: CellArrays, variables: Variables) -> IntArray:
    """The group that prints each fact; `PUBLIC` for public ones and those that none prints."""
    group = np.full(len(variables.value), PUBLIC)
    for measure in (PATIENTS, NUMERATOR, COMPLEMENT):
        required_part = PrintedPart.PATIENTS if measure == PATIENTS else PrintedPart.ALL
        is_printed = (
            cells.is_candidate & (cells.printed_part >= required_part) & (variables.by_cell[:, measure] != MISSING)
        )
        group[variables.by_cell[is_printed, measure]] = variables.group_by_cell[is_printed]
    group[variables.is_public] = PUBLIC
    return group


def _protection_levels(cells: CellArrays, variables: Variables, group: IntArray) -> tuple[IntArray, IntArray]:
    """How uncertain each fact must remain, and the group that asks for it by being suppressed."""
    protection_level, protecting_group = np.zeros(len(variables.value), dtype=np.int64), group.copy()
    is_protected = cells.is_candidate | cells.is_marked
    is_unseen_small = (
        ~is_protected & (cells.printed_part == PrintedPart.NOTHING) & (cells.n > 0) & (cells.n < cells.minimum)
    )
    is_implicit_zero = cells.is_candidate & (cells.n == 0) & (cells.printed_part == PrintedPart.PATIENTS)  # a phantom
    patient_cells = np.flatnonzero(((is_protected | is_unseen_small) & (cells.n > 0)) | is_implicit_zero)
    np.maximum.at(protection_level, variables.by_cell[patient_cells, PATIENTS], cells.minimum[patient_cells])
    for measure in (NUMERATOR, COMPLEMENT):
        indices = np.flatnonzero(is_protected & (variables.by_cell[:, measure] != MISSING))
        np.maximum.at(protection_level, variables.by_cell[indices, measure], NUMERATOR_PROTECTION_LEVEL)
    is_partly_printed = cells.is_candidate & (cells.printed_part != PrintedPart.ALL)
    for measure in (PATIENTS, NUMERATOR, COMPLEMENT):
        indices = np.flatnonzero(is_partly_printed & (variables.by_cell[:, measure] != MISSING))
        variable = variables.by_cell[indices, measure]
        is_unprinted = group[variable] >= variables.n_groups
        protecting_group[variable[is_unprinted]] = variables.group_by_cell[indices[is_unprinted]]
    marked_cells = np.flatnonzero(cells.is_marked)
    for measure in (PATIENTS, NUMERATOR, COMPLEMENT):  # a mark of an earlier edition protects for good
        variable = variables.by_cell[marked_cells, measure]
        variable = variable[variable != MISSING]
        protecting_group[variable] = group[variable]
    return protection_level, protecting_group


def _lower_bounds(cells: CellArrays, variables: Variables, group: IntArray) -> tuple[IntArray, BoolArray]:
    """The least that each fact can be, and whether it is small: a mark says that there is a patient."""
    lower_bound = np.zeros(len(variables.value), dtype=np.int64)
    is_marked = (cells.is_candidate | cells.is_marked) & (cells.n > 0)
    lower_bound[variables.by_cell[is_marked, PATIENTS]] = 1
    is_small = np.zeros(len(variables.value), dtype=np.bool_)
    has_few_patients = is_marked & (cells.n < cells.minimum)
    is_small[variables.by_cell[has_few_patients, PATIENTS]] = True
    return lower_bound, is_small & (group != PUBLIC)


def _revealing_groups(cells: CellArrays, variables: Variables) -> tuple[IntArray, BoolArray]:
    """The group of the nation whose 0 tells that a fact is 0 while it is shown; and the facts told for good."""
    revealing_group, is_revealed = (
        np.full(len(variables.value), MISSING),
        np.zeros(len(variables.value), dtype=np.bool_),
    )
    counts = cell_counts(cells)
    for table_cells in cells.tables:
        nation_cells = table_cells[cells.is_nation[table_cells]]
        if len(nation_cells) != 1:
            continue
        nation = int(nation_cells[0])
        for measure in (NUMERATOR, COMPLEMENT):
            if counts[measure][nation] != 0:
                continue
            variables_below = variables.by_cell[table_cells, measure]
            variables_below = variables_below[variables_below != MISSING]
            if cells.is_candidate[nation] and cells.printed_part[nation] == PrintedPart.ALL:
                revealing_group[variables_below] = variables.group_by_cell[nation]
            elif cells.printed_part[nation] == PrintedPart.ALL:
                is_revealed[variables_below] = True
    return revealing_group, is_revealed


def _primary_groups(cells: CellArrays, variables: Variables) -> BoolArray:
    """Groups with a cell that must be suppressed, or with a fact that an earlier edition has suppressed and nobody has
    shown: what was suppressed and has not changed, stays so."""
    primary = np.zeros(variables.n_groups, dtype=np.bool_)
    primary[variables.group_by_cell[cells.is_candidate & cells.primary]] = True
    is_suppressed_before = np.zeros(len(variables.value), dtype=np.bool_)
    marked_variables = variables.by_cell[cells.is_marked]
    is_suppressed_before[marked_variables[marked_variables != MISSING]] = True
    is_suppressed_before &= ~variables.is_public
    variable_by_cell = variables.by_cell
    is_repeated = (variable_by_cell != MISSING) & is_suppressed_before[variable_by_cell]
    is_printed = np.stack(
        [
            cells.printed_part >= PrintedPart.PATIENTS,
            cells.printed_part == PrintedPart.ALL,
            cells.printed_part == PrintedPart.ALL,
        ],
        axis=1,
    )
    stays_suppressed = cells.is_candidate & (is_repeated & is_printed).any(axis=1)
    primary[variables.group_by_cell[stays_suppressed]] = True
    return primary


def _suppressible_groups(cells: CellArrays, variables: Variables) -> BoolArray:
    """Groups with a patient nobody knows of: a unit without patients is shown as one."""
    suppressible = np.zeros(variables.n_groups, dtype=np.bool_)
    variable_by_cell = variables.by_cell
    is_unknown_positive = (
        (variable_by_cell != MISSING) & ~variables.is_public[variable_by_cell] & (variables.value[variable_by_cell] > 0)
    )
    suppressible[variables.group_by_cell[cells.is_candidate & is_unknown_positive.any(axis=1)]] = True
    return suppressible


def _group_costs(cells: CellArrays, variables: Variables) -> FloatArray:
    cost = np.where(cells.printed_part == PrintedPart.PATIENTS, COST_OF_UNRELIABLE, 1.0) * (cells.n > 0)
    is_suppressed_before = np.zeros(len(variables.value), dtype=np.bool_)
    is_suppressed_before[variables.by_cell[cells.is_marked, PATIENTS]] = True
    cost = np.where(is_suppressed_before[variables.by_cell[:, PATIENTS]], COST_OF_SUPPRESSED_BEFORE * cost, cost)
    cost = np.where(cells.is_nation, COST_OF_NATION, np.ceil(cost * 4) / 4)
    is_candidate = cells.is_candidate
    return np.maximum(
        np.bincount(variables.group_by_cell[is_candidate], weights=cost[is_candidate], minlength=variables.n_groups),
        0.25,
    )


def _group_patients(cells: CellArrays, variables: Variables) -> IntArray:
    patients = np.zeros(variables.n_groups, dtype=np.int64)
    np.maximum.at(patients, variables.group_by_cell[cells.is_candidate], cells.n[cells.is_candidate])
    return patients
