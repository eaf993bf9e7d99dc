"""Complementary suppression for a registry: from its cells to the cells to suppress.

Input: every true cell with its requirements, and earlier editions. Output: the cells to suppress, so that nothing
secret can be computed from all that is or has been published, as an attack confirms. The patterns are `suppression`'s,
one part of the registry's system at a time; here the system is assembled, and the parts are put together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from kvalreg.arrays import BoolArray, IntArray
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
    is_secret
        Per cell of the current edition.
    implicit_zeros
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
    """The cells to suppress so that no secret one can be computed from what is or has been published.

    Parameters
    ----------
    table
        Every true cell of a registry: ``ind_id context year level orgnr n x``.
    requirements
        Which of them can be published, and which must be suppressed.
    source
        The registry and its units, the tree whose sums are published.
    editions
        What was published before, oldest first.
    cache
        Patterns of earlier runs: they are attacked like new ones.

    Raises
    ------
    DisclosureError
        When the attack still exposes a count that earlier editions do not expose by themselves.
    """
    units, registry = source.units, source.registry
    cells = collect_cells(table, requirements, units, editions, registry.secret_below)
    if not len(cells.n):
        return SuppressedCells(
            requirements.primary, pd.DataFrame(table).iloc[:0][["ind_id", "context", "year", "level", "orgnr"]]
        )
    # Links are found in the true counts first. An attacker sees published cells alone, and among these more series may
    # be similar: those links are added, and everything is done again. Links only grow, so this ends.
    unit_names = unit_names_by_index([*(edition.units for edition in editions), units], cells)
    links = find_links(cells, unit_names)
    while True:
        assembly = assemble_system(cells, links)
        suppressed = _suppressed_groups(assembly, registry.id, source, cache)
        visible_links = find_links(cells, unit_names, _visible_cells(assembly, suppressed), links)
        if not visible_links.extends(links):
            break
        links = visible_links
    # Back from groups to the cells of the current edition: those of the table, then implicit zeros.
    is_suppressed = (assembly.group_by_cell >= 0) & suppressed[assembly.group_by_cell]
    current_cells = np.flatnonzero(assembly.cells.edition == cells.current_edition)
    return SuppressedCells(
        is_suppressed[current_cells[: len(table)]],
        _implicit_zero_rows(assembly.cells, current_cells[len(table) :], is_suppressed),
    )


def _visible_cells(assembly: SystemAssembly, suppressed: BoolArray) -> BoolArray:
    """The cells of the table and of earlier editions that an attacker sees."""
    cells, group_by_cell = assembly.cells, assembly.group_by_cell
    is_shown = cells.is_candidate & (group_by_cell >= 0) & ~suppressed[group_by_cell]
    is_visible: BoolArray = (is_shown | ~cells.is_candidate) & (cells.printed_part != PrintedPart.NOTHING)
    return is_visible[: len(is_visible) - assembly.n_implicit_zeros]


def _suppressed_groups(
    assembly: SystemAssembly, registry_id: str, source: RegistrySource, cache: SuppressionCache
) -> BoolArray:
    """The groups to suppress, part by part.

    A mark in one part may disclose a number of another (`SystemAssembly.implied_suppressions`): where the first group
    is suppressed, the second becomes a primary one. Parts whose groups imply others come first; a part that gets a new
    primary group is solved again. Primary groups are only ever added, so this ends.
    """
    system, implied_suppressions = assembly.system, assembly.implied_suppressions
    primary, suppressed = system.primary.copy(), system.primary.copy()
    pending_parts = dict.fromkeys(system.active_parts())
    leading_parts = set(system.part_by_group[implied_suppressions[:, 0]].tolist())
    while pending_parts:
        part = next((pending for pending in pending_parts if pending in leading_parts), next(iter(pending_parts)))
        del pending_parts[part]
        # What another part implied is primary here; it is no longer a choice.
        groups, subsystem = system.extract_part(part)
        is_demanded = primary[groups]
        subsystem = replace(subsystem, primary=is_demanded, suppressible=subsystem.suppressible & ~is_demanded)
        mask, exposures = _suppress_part(subsystem, cache)
        if exposures:
            exposed_groups = groups[[subsystem.protecting_group[exposure.variable] for exposure in exposures]]
            raise _exposure_error(registry_id, assembly, exposed_groups, source)
        suppressed[groups] = mask
        implied_groups = implied_suppressions[
            suppressed[implied_suppressions[:, 0]] & ~suppressed[implied_suppressions[:, 1]], 1
        ]
        primary[implied_groups] = suppressed[implied_groups] = True
        pending_parts |= dict.fromkeys(system.part_by_group[implied_groups].tolist())
    return suppressed


def _suppress_part(subsystem: TableSystem, cache: SuppressionCache) -> tuple[BoolArray, set[Exposure]]:
    """The groups of a part to suppress, and what is exposed all the same though it could be protected."""
    attack = Attack(subsystem)
    mask = cache.suppress(subsystem, attack)
    # Invariant: whatever the mask's origin, search or cache, it is attacked before anything is published.
    exposures = attack.exposures(mask)
    # What earlier editions expose whatever is suppressed is left out by `Attackers`: only what can be protected counts.
    if exposures:
        exposures = Attackers.from_system(subsystem).exposures(mask)
    return mask, exposures


def unit_names_by_index(trees: Sequence[Units], cells: CellArrays) -> dict[int, str]:
    """The name of each unit, as in the newest edition that has it."""
    names = {(unit.level.value, unit.orgnr): unit.name for units in trees for unit in units}
    return {index: names[unit_ref] for index, unit_ref in enumerate(cells.unit_refs) if unit_ref in names}


def _implicit_zero_rows(cells: CellArrays, indices: IntArray, is_suppressed: BoolArray) -> pd.DataFrame:
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
    registry_id: str, assembly: SystemAssembly, exposed_groups: IntArray, source: RegistrySource
) -> DisclosureError:
    """Names the cells, and what can be done; no number."""
    cells = assembly.cells
    cell_texts = []
    for index in np.flatnonzero(np.isin(assembly.group_by_cell, exposed_groups)).tolist():
        level, orgnr = cells.unit_refs[cells.unit[index]]
        name = source.units[orgnr].name if orgnr in source.units else orgnr
        cell_texts.append(f"{name} ({level}), {cells.ind_ids[cells.indicator[index]]} {cells.year[index]}")
    cell_list = "; ".join(cell_texts[:_MAX_NAMED_CELLS]) + (
        f"; and {len(cell_texts) - _MAX_NAMED_CELLS} more" if len(cell_texts) > _MAX_NAMED_CELLS else ""
    )
    message = (
        f"{registry_id}: what is published would tell how many patients these have: "
        f"{cell_list or 'cells of an edition'}."
    )
    hint = (
        "Nothing of this registry is published; its last good pages stay. Show these indicators at a coarser level with"
        " presentation_level, or leave the year out of the delivery, and build again."
    )
    return DisclosureError([Diagnostic(message, hint, code=DiagnosticCode.CELL_EXPOSED)])
