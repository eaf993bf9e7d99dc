"""From a registry's cells to the cells to suppress.

Comes in: every true cell, what is decided of each beforehand, and earlier editions. Goes out: the cells that nobody may
see, so that nothing secret can be worked out from all that is or has been shown, and a proof by attack. The choice is
`suppression`'s, one part of the registry's system at a time; here the parts are put together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from kvalreg.arrays import BoolArray
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.attacker_subproblem import Exposure
from kvalreg.disclosure.cells import CONTEXTS, CellArrays, CellRequirements, PrintedPart, collect_cells
from kvalreg.disclosure.ledger import Edition
from kvalreg.disclosure.links import find_links
from kvalreg.disclosure.published import RegistrySource
from kvalreg.disclosure.suppression import Attackers
from kvalreg.disclosure.suppression_cache import SuppressionCache
from kvalreg.disclosure.system import TableSystem
from kvalreg.disclosure.system_assembly import SystemAssembly, assemble_system
from kvalreg.errors import Diagnostic, DisclosureError
from kvalreg.inputs.units import Units

_MAX_NAMED_CELLS = 5
"""Cells that a message names at most."""


@dataclass(frozen=True, eq=False)
class SuppressedCells:
    """What is suppressed.

    Parameters
    ----------
    secret
        Per cell of the edition that is being made.
    without_row
        Units that have no row in an indicator, context and year, and get a mark all the same: columns ``ind_id context
        year level orgnr``.
    """

    is_secret: BoolArray = field(repr=False)
    implicit_zeros: pd.DataFrame = field(repr=False)


def complementary_suppression(
    table: pd.DataFrame,
    requirements: CellRequirements,
    source: RegistrySource,
    editions: Sequence[Edition],
    cache: SuppressionCache,
) -> SuppressedCells:
    """The cells to suppress so that nobody can work out a secret one from what is or has been shown.

    Parameters
    ----------
    table
        Every true cell of a registry: ``ind_id context year level orgnr n x``.
    now
        Which of them can be shown, and which must be suppressed.
    source
        The registry and its units, the tree whose sums are published.
    editions
        What readers have seen before, oldest first.
    remembered
        What was chosen before: it is attacked like a new choice.

    Raises
    ------
    DisclosureError
        When the attack still finds a count that earlier editions do not give away by themselves.
    """
    units, registry = source.units, source.registry
    cells = collect_cells(table, requirements, units, editions, registry.secret_below)
    if not len(cells.n):
        return SuppressedCells(
            requirements.primary, pd.DataFrame(table).iloc[:0][["ind_id", "context", "year", "level", "orgnr"]]
        )
    unit_names = unit_names_by_index([*(edition.units for edition in editions), units], cells)
    links = find_links(cells, unit_names)
    while True:
        assembly = assemble_system(cells, links)
        suppressed = _suppressed_groups(assembly, registry.id, source, cache)
        visible_links = find_links(cells, unit_names, _visible_cells(assembly, suppressed), links)
        if not visible_links.extends(links):
            break
        links = visible_links  # to who sees the shown cells alone, more columns are alike
    is_suppressed = (assembly.group_by_cell >= 0) & suppressed[assembly.group_by_cell]
    current_cells = np.flatnonzero(assembly.cells.edition == cells.current_edition)
    return SuppressedCells(
        is_suppressed[current_cells[: len(table)]],
        _implicit_zero_rows(assembly.cells, current_cells[len(table) :], is_suppressed),
    )


def _visible_cells(assembly: SystemAssembly, suppressed: BoolArray) -> BoolArray:
    """The cells of a delivery or an edition that a reader sees."""
    cells, group_by_cell = assembly.cells, assembly.group_by_cell
    is_shown = cells.is_candidate & (group_by_cell >= 0) & ~suppressed[group_by_cell]
    is_visible: BoolArray = (is_shown | ~cells.is_candidate) & (cells.printed_part != PrintedPart.NOTHING)
    return is_visible[: len(is_visible) - assembly.n_implicit_zeros]


def _suppressed_groups(
    assembly: SystemAssembly, registry_id: str, source: RegistrySource, cache: SuppressionCache
) -> BoolArray:
    """The groups to suppress, part by part: first where others' marks tell of a part, then those others."""
    system, implied_suppressions = assembly.system, assembly.implied_suppressions
    primary, suppressed = system.primary.copy(), system.primary.copy()
    pending_parts = dict.fromkeys(system.active_parts())
    leading_parts = set(system.part_by_group[implied_suppressions[:, 0]].tolist())
    while pending_parts:
        part = next((pending for pending in pending_parts if pending in leading_parts), next(iter(pending_parts)))
        del pending_parts[part]
        groups, subsystem = system.extract_part(part)
        is_demanded = primary[groups]
        subsystem = replace(subsystem, primary=is_demanded, suppressible=subsystem.suppressible & ~is_demanded)
        mask, exposures = _suppress_part(subsystem, cache)
        if exposures:
            raise _exposure_error(registry_id, assembly, groups, subsystem, exposures, source)
        suppressed[groups] = mask
        implied_groups = implied_suppressions[
            suppressed[implied_suppressions[:, 0]] & ~suppressed[implied_suppressions[:, 1]], 1
        ]
        primary[implied_groups] = suppressed[implied_groups] = True
        pending_parts |= dict.fromkeys(system.part_by_group[implied_groups].tolist())
    return suppressed


def _suppress_part(subsystem: TableSystem, cache: SuppressionCache) -> tuple[BoolArray, set[Exposure]]:
    """The groups of a part to suppress, and what is given away all the same though it need not be."""
    attack = Attack(subsystem)
    mask = cache.suppress(subsystem, attack)
    exposures = attack.exposures(mask)
    if exposures:  # of what can be protected, or of what earlier editions give away?
        exposures = Attackers.from_system(subsystem).exposures(mask)
    return mask, exposures


def unit_names_by_index(trees: Sequence[Units], cells: CellArrays) -> dict[int, str]:
    """The name of each place, as its newest edition has it."""
    names = {(unit.level.value, unit.orgnr): unit.name for units in trees for unit in units}
    return {index: names[unit_ref] for index, unit_ref in enumerate(cells.unit_refs) if unit_ref in names}


def _implicit_zero_rows(cells: CellArrays, indices: np.ndarray, is_suppressed: BoolArray) -> pd.DataFrame:
    marked_cells = [index for index in indices.tolist() if is_suppressed[index]]
    return pd.DataFrame(
        {
            "ind_id": [cells.ind_ids[cells.indicator[index]] for index in marked_cells],
            "context": [CONTEXTS[cells.context[index]] for index in marked_cells],
            "year": [int(cells.year[index]) for index in marked_cells],
            "level": [cells.unit_refs[cells.unit[index]][0] for index in marked_cells],
            "orgnr": [cells.unit_refs[cells.unit[index]][1] for index in marked_cells],
        }
    )


def _exposure_error(
    registry_id: str,
    assembly: SystemAssembly,
    groups: np.ndarray,
    subsystem: TableSystem,
    exposures: set[Exposure],
    source: RegistrySource,
) -> DisclosureError:
    """Names the cells, and what can be done; no number."""
    cells = assembly.cells
    exposed_groups = {int(groups[subsystem.protecting_group[exposure.variable]]) for exposure in exposures}
    cell_texts = []
    for index in np.flatnonzero(np.isin(assembly.group_by_cell, list(exposed_groups))).tolist():
        level, orgnr = cells.unit_refs[cells.unit[index]]
        name = source.units[orgnr].name if orgnr in source.units else orgnr
        cell_texts.append(f"{name} ({level}), {cells.ind_ids[cells.indicator[index]]} {cells.year[index]}")
    cell_list = "; ".join(cell_texts[:_MAX_NAMED_CELLS]) + (
        f"; and {len(cell_texts) - _MAX_NAMED_CELLS} more" if len(cell_texts) > _MAX_NAMED_CELLS else ""
    )
    message = f"{registry_id}: what is published would tell how many patients these have: {cell_list or 'cells of an edition'}."
    hint = (
        "Nothing of this registry is published; its last good pages stay. Show these indicators at a coarser level with"
        " presentation_level, or leave the year out of the delivery, and build again."
    )
    return DisclosureError([Diagnostic(message, hint, code=DiagnosticCode.CELL_EXPOSED)])
