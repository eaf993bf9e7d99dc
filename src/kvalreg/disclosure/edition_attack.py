"""The attack on everything that was published of a registry, in all editions.

Input: the ledger's editions of a registry, the newest last. Output: the cells that are exposed. The gate has attacked
its own suppression pattern; this attacks what the ledger says was published, for the audit, and suppresses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.cells import CONTEXTS, CellRequirements, collect_cells
from kvalreg.disclosure.ledger import Edition, LedgerState
from kvalreg.disclosure.links import find_links
from kvalreg.disclosure.protection import unit_names_by_index
from kvalreg.disclosure.system_assembly import assemble_system


class ExposedCell(NamedTuple):
    """A suppressed cell of which too much is disclosed: its number of patients, or how many have the outcome."""

    edition: str
    ind_id: str
    context: str
    year: int
    level: str
    orgnr: str


def exposed_cells(editions: Sequence[Edition], secret_below: int) -> set[ExposedCell]:
    """The suppressed cells that all editions together expose, and that the last one could have protected.

    Parameters
    ----------
    editions
        Oldest first.
    secret_below
        The registry's.
    """
    exposed = _find_exposed_cells(editions, secret_below)
    # What is exposed even if the last edition publishes nothing was exposed by the earlier ones: that cannot be undone.
    return (
        exposed - _find_exposed_cells([*editions[:-1], _fully_suppressed(editions[-1])], secret_below)
        if exposed
        else exposed
    )


def _fully_suppressed(edition: Edition) -> Edition:
    """The same edition with every cell suppressed that can be: 0 patients are published as 0."""
    cells = edition.secret
    is_printed = cells["state"].isin([LedgerState.SHOWN.value, LedgerState.NOT_RELIABLE.value]) & (cells["n"] > 0)
    return replace(edition, secret=cells.assign(state=cells["state"].mask(is_printed, LedgerState.HIDDEN.value)))


def _find_exposed_cells(editions: Sequence[Edition], secret_below: int) -> set[ExposedCell]:
    if not editions:
        return set()
    # All editions are earlier ones: the current edition has no cells.
    units = editions[-1].units
    no_integers = np.zeros(0, dtype=np.int64)
    no_booleans = np.zeros(0, dtype=np.bool_)
    no_cells = pd.DataFrame(editions[-1].secret).iloc[:0]
    cells = collect_cells(
        no_cells,
        CellRequirements(no_booleans, no_integers, no_booleans, no_integers, no_integers),
        units,
        editions,
        secret_below,
    )
    assembly = assemble_system(
        cells, find_links(cells, unit_names_by_index([edition.units for edition in editions], cells))
    )
    # Without a current edition, what was not published is in a primary group: the attack is on what was published.
    system, is_exposed = assembly.system, np.zeros(len(assembly.system.value), dtype=np.bool_)
    for part in system.active_parts():
        variables, subsystem = system.part_variables(part), system.extract_part(part)[1]
        exposed_variables = [
            exposure.variable for exposure in Attack(subsystem, find_all=True).exposures(subsystem.primary)
        ]
        is_exposed[variables[exposed_variables]] = True
    # From variables to the marked cells that print any of them (index -1, no variable, is masked out).
    cells, variable_by_cell = assembly.cells, assembly.variables
    is_exposed_cell = cells.is_marked & ((variable_by_cell >= 0) & is_exposed[variable_by_cell]).any(axis=1)
    return {
        ExposedCell(
            editions[cells.edition[index]].name,
            cells.ind_ids[cells.indicator[index]],
            CONTEXTS[cells.context[index]],
            int(cells.year[index]),
            *cells.unit_refs[cells.unit[index]],
        )
        for index in np.flatnonzero(is_exposed_cell).tolist()
    }
