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

from kvalreg.disclosure.assembly import Assembly, assemble
from kvalreg.disclosure.attack import Attack, Exposure
from kvalreg.disclosure.cells import CONTEXTS, Cells, Now, Print, collect
from kvalreg.disclosure.ledger import Edition
from kvalreg.disclosure.links import find_links
from kvalreg.disclosure.published import Source
from kvalreg.disclosure.remembered import Remembered
from kvalreg.disclosure.suppression import Readers
from kvalreg.disclosure.system import BoolArray, System
from kvalreg.errors import DisclosureError, Fault
from kvalreg.inputs.units import Units
from kvalreg.kinds import Kind

_NAMED = 5
"""Cells that a message names at most."""


@dataclass(frozen=True, eq=False)
class Protected:
    """What is suppressed.

    Parameters
    ----------
    secret
        Per cell of the edition that is being made.
    without_row
        Units that have no row in an indicator, context and year, and get a mark all the same: columns ``ind_id context
        year level orgnr``.
    """

    secret: BoolArray = field(repr=False)
    without_row: pd.DataFrame = field(repr=False)


def protect(
    table: pd.DataFrame, now: Now, source: Source, editions: Sequence[Edition], remembered: Remembered
) -> Protected:
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
    cells = collect(table, now, units, editions, registry.secret_below)
    if not len(cells.n):
        return Protected(now.primary, pd.DataFrame(table).iloc[:0][["ind_id", "context", "year", "level", "orgnr"]])
    names = place_names([*(one.units for one in editions), units], cells)
    links = find_links(cells, names)
    while True:
        assembly = assemble(cells, links)
        suppressed = _suppressed(assembly, registry.id, source, remembered)
        seen = find_links(cells, names, _seen(assembly, suppressed), links)
        if not seen.adds_to(links):
            break
        links = seen  # to who sees the shown cells alone, more columns are alike
    hidden = (assembly.group >= 0) & suppressed[assembly.group]
    mine = np.flatnonzero(assembly.cells.edition == cells.latest)
    return Protected(hidden[mine[: len(table)]], _rows(assembly.cells, mine[len(table) :], hidden))


def _seen(assembly: Assembly, suppressed: BoolArray) -> BoolArray:
    """The cells of a delivery or an edition that a reader sees."""
    cells, group = assembly.cells, assembly.group
    shown = cells.candidate & (group >= 0) & ~suppressed[group]
    seen: BoolArray = (shown | ~cells.candidate) & (cells.prints != Print.NOTHING)
    return seen[: len(seen) - assembly.phantoms]


def _suppressed(assembly: Assembly, registry: str, source: Source, remembered: Remembered) -> BoolArray:
    """The groups to suppress, part by part: first where others' marks tell of a part, then those others."""
    system, follows = assembly.system, assembly.follows
    primary, suppressed = system.primary.copy(), system.primary.copy()
    waiting = dict.fromkeys(system.active())
    leading = set(system.part_of[follows[:, 0]].tolist())
    while waiting:
        number = next((one for one in waiting if one in leading), next(iter(waiting)))
        del waiting[number]
        groups, part = system.part(number)
        demanded = primary[groups]
        part = replace(part, primary=demanded, possible=part.possible & ~demanded)
        mask, left = _choose(part, remembered)
        if left:
            raise _refused(registry, assembly, groups, part, left, source)
        suppressed[groups] = mask
        told = follows[suppressed[follows[:, 0]] & ~suppressed[follows[:, 1]], 1]
        primary[told] = suppressed[told] = True
        waiting |= dict.fromkeys(system.part_of[told].tolist())
    return suppressed


def _choose(part: System, remembered: Remembered) -> tuple[BoolArray, set[Exposure]]:
    """The groups of a part to suppress, and what is given away all the same though it need not be."""
    attack = Attack(part)
    mask = remembered.suppress(part, attack)
    left = attack.exposures(mask)
    if left:  # of what can be protected, or of what earlier editions give away?
        left = Readers.of(part).exposures(mask)
    return mask, left


def place_names(trees: Sequence[Units], cells: Cells) -> dict[int, str]:
    """The name of each place, as its newest edition has it."""
    names = {(unit.level.value, unit.orgnr): unit.name for units in trees for unit in units}
    return {at: names[place] for at, place in enumerate(cells.places) if place in names}


def _rows(cells: Cells, more: np.ndarray, hidden: BoolArray) -> pd.DataFrame:
    marked = [at for at in more.tolist() if hidden[at]]
    return pd.DataFrame(
        {
            "ind_id": [cells.ind_ids[cells.indicator[at]] for at in marked],
            "context": [CONTEXTS[cells.context[at]] for at in marked],
            "year": [int(cells.year[at]) for at in marked],
            "level": [cells.places[cells.place[at]][0] for at in marked],
            "orgnr": [cells.places[cells.place[at]][1] for at in marked],
        }
    )


def _refused(
    registry: str, assembly: Assembly, groups: np.ndarray, part: System, left: set[Exposure], source: Source
) -> DisclosureError:
    """Names the cells, and what can be done; no number."""
    cells = assembly.cells
    exposed = {int(groups[part.protected_with[one.at]]) for one in left}
    told = []
    for at in np.flatnonzero(np.isin(assembly.group, list(exposed))).tolist():
        level, orgnr = cells.places[cells.place[at]]
        name = source.units[orgnr].name if orgnr in source.units else orgnr
        told.append(f"{name} ({level}), {cells.ind_ids[cells.indicator[at]]} {cells.year[at]}")
    named = "; ".join(told[:_NAMED]) + (f"; and {len(told) - _NAMED} more" if len(told) > _NAMED else "")
    what = f"{registry}: what is published would tell how many patients these have: {named or 'cells of an edition'}."
    todo = (
        "Nothing of this registry is published; its last good pages stay. Show these indicators at a coarser level with"
        " presentation_level, or leave the year out of the delivery, and build again."
    )
    return DisclosureError([Fault(what, todo, kind=Kind.CELL_EXPOSED)])
