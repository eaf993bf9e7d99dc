"""What each variable and each group of the system must satisfy, and what suppressing a group costs.

Input: cells, links, and the variables and groups of `system_assembly`. Output: the `TableSystem`, all of it SECRET.

Worked example (secret below 5): hospital A has 3 patients, 1 with the outcome, and B 12, 4 with it.
A's group is primary. While it is suppressed, n = 3 has the protection level 5 and the lower bound 1, and is small;
x = 1 and n - x = 2 have the protection level 1: neither may be known exactly, so the share is not 0 or 100 % plainly.
B's group has the same levels if it is suppressed for A's sake: an attacker cannot distinguish the two.
B costs 1 and A nothing more; had an earlier edition suppressed B, it would cost 0.75, and the nation costs 1000.
"""

from __future__ import annotations

import numpy as np

from kvalreg.arrays import BoolArray, FloatArray, IntArray
from kvalreg.disclosure.cells import MISSING, CellArrays, PrintedPart
from kvalreg.disclosure.equations import EquationBuilder, Variables, cell_counts
from kvalreg.disclosure.links import COMPLEMENT, NUMERATOR, PATIENTS, SeriesLinks
from kvalreg.disclosure.system import PUBLIC, TableSystem

COST_OF_NATION = 1000.0
COST_OF_UNRELIABLE, COST_OF_SUPPRESSED_BEFORE = 0.5, 0.75
NUMERATOR_PROTECTION_LEVEL = 1
"""Protection level of numerators and complements: neither is known exactly, so the share is not plainly 0 or 100 %."""


def build_system(cells: CellArrays, links: SeriesLinks, variables: Variables) -> TableSystem:
    """The system of these variables, with all equations."""
    n_printed_groups = variables.n_groups
    group = _printing_group(cells, variables)
    unprinted = np.flatnonzero((group == PUBLIC) & ~variables.is_public)
    # What no candidate prints and nobody has published is never published: a primary group of its own for each.
    group[unprinted] = n_printed_groups + np.arange(len(unprinted))
    protection_level, protecting_group = _protection_levels(cells, variables, group)
    lower_bound, is_small = _lower_bounds(cells, variables, group)
    revealing_group, is_revealed = _revealing_groups(cells, variables)
    protection_level[is_revealed | variables.is_public] = 0
    n_groups = n_printed_groups + len(unprinted)
    # Printed groups come first; the others are primary, not suppressible, and cost and count nothing that matters.
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
    """The group that prints each variable; `PUBLIC` for public ones and those that no group prints."""
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
    """The protection level of each variable, and the group that protects it by being suppressed."""
    # Patients: of candidates and of marked cells, and of small ones that are not presented.
    protection_level, protecting_group = np.zeros(len(variables.value), dtype=np.int64), group.copy()
    is_protected = cells.is_candidate | cells.is_marked
    is_unseen_small = (
        ~is_protected & (cells.printed_part == PrintedPart.NOTHING) & (cells.n > 0) & (cells.n < cells.minimum)
    )
    # An implicit zero is another indicator's numerator of 0: suppressed, it must not be known to be 0.
    is_implicit_zero = cells.is_candidate & (cells.n == 0) & (cells.printed_part == PrintedPart.PATIENTS)
    patient_cells = np.flatnonzero(((is_protected | is_unseen_small) & (cells.n > 0)) | is_implicit_zero)
    # A variable that several cells print has the highest of their levels.
    np.maximum.at(protection_level, variables.by_cell[patient_cells, PATIENTS], cells.minimum[patient_cells])
    for measure in (NUMERATOR, COMPLEMENT):
        indices = np.flatnonzero(is_protected & (variables.by_cell[:, measure] != MISSING))
        np.maximum.at(protection_level, variables.by_cell[indices, measure], NUMERATOR_PROTECTION_LEVEL)
    # Cells that publish only their patients, or nothing: their other variables are protected while the cell's group is.
    is_partly_printed = cells.is_candidate & (cells.printed_part != PrintedPart.ALL)
    for measure in (PATIENTS, NUMERATOR, COMPLEMENT):
        indices = np.flatnonzero(is_partly_printed & (variables.by_cell[:, measure] != MISSING))
        variable = variables.by_cell[indices, measure]
        is_unprinted = group[variable] >= variables.n_groups
        protecting_group[variable[is_unprinted]] = variables.group_by_cell[indices[is_unprinted]]
    # A mark of an earlier edition protects for good: whatever the current edition does, by the variable's own group.
    marked_cells = np.flatnonzero(cells.is_marked)
    for measure in (PATIENTS, NUMERATOR, COMPLEMENT):
        variable = variables.by_cell[marked_cells, measure]
        variable = variable[variable != MISSING]
        protecting_group[variable] = group[variable]
    return protection_level, protecting_group


def _lower_bounds(cells: CellArrays, variables: Variables, group: IntArray) -> tuple[IntArray, BoolArray]:
    """The lower bound of each variable, and whether it is small: a mark implies that there is a patient."""
    lower_bound = np.zeros(len(variables.value), dtype=np.int64)
    is_marked = (cells.is_candidate | cells.is_marked) & (cells.n > 0)
    lower_bound[variables.by_cell[is_marked, PATIENTS]] = 1
    is_small = np.zeros(len(variables.value), dtype=np.bool_)
    has_few_patients = is_marked & (cells.n < cells.minimum)
    is_small[variables.by_cell[has_few_patients, PATIENTS]] = True
    return lower_bound, is_small & (group != PUBLIC)


def _revealing_groups(cells: CellArrays, variables: Variables) -> tuple[IntArray, BoolArray]:
    """The nation's group that reveals by its 0 that a variable is 0; and the variables revealed by earlier editions."""
    revealing_group, is_revealed = (
        np.full(len(variables.value), MISSING),
        np.zeros(len(variables.value), dtype=np.bool_),
    )
    counts = cell_counts(cells)
    # Only the nation's 0 is accepted as revealing: it says the same of every unit, and is not suppressed for that.
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
    """Groups with a primary cell, or with a variable that an earlier edition has suppressed and none has published.

    What was suppressed and has not changed stays suppressed: published now, it could be subtracted in the earlier one.
    """
    primary = np.zeros(variables.n_groups, dtype=np.bool_)
    primary[variables.group_by_cell[cells.is_candidate & cells.primary]] = True
    is_suppressed_before = np.zeros(len(variables.value), dtype=np.bool_)
    marked_variables = variables.by_cell[cells.is_marked]
    is_suppressed_before[marked_variables[marked_variables != MISSING]] = True
    is_suppressed_before &= ~variables.is_public
    # A cell repeats it only where it would print that variable: patients, or the result as well.
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
    """Groups with a variable above 0 that is not public: 0 patients are published as 0, and protect nothing."""
    suppressible = np.zeros(variables.n_groups, dtype=np.bool_)
    variable_by_cell = variables.by_cell
    is_unknown_positive = (
        (variable_by_cell != MISSING) & ~variables.is_public[variable_by_cell] & (variables.value[variable_by_cell] > 0)
    )
    suppressible[variables.group_by_cell[cells.is_candidate & is_unknown_positive.any(axis=1)]] = True
    return suppressible


def _group_costs(cells: CellArrays, variables: Variables) -> FloatArray:
    """The sum of the costs of a group's cells: 1 for a result, less for one that publishes less or was suppressed."""
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
