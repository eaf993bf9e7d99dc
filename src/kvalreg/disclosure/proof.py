"""The proof: the attack on everything that readers have been shown of a registry, in all editions.

Comes in: the ledger's editions of a registry, the newest last. Goes out: the cells that are given away. The gate has
proven the same of its own choice; this asks again, of what the ledger says was shown, and chooses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from kvalreg.disclosure.assembly import assemble
from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.cells import CONTEXTS, Now, collect
from kvalreg.disclosure.ledger import Edition, State
from kvalreg.disclosure.links import find_links
from kvalreg.disclosure.protection import place_names


class GivenAway(NamedTuple):
    """A suppressed cell about which too much is told: its number of patients, or how many have the outcome."""

    edition: str
    ind_id: str
    context: str
    year: int
    level: str
    orgnr: str


def given_away(editions: Sequence[Edition], secret_below: int) -> set[GivenAway]:
    """The suppressed cells that can be worked out from all editions, and not where the last one shows nothing.

    What earlier editions give away whatever the last one suppresses, nobody can protect any more.

    Parameters
    ----------
    editions
        Oldest first.
    secret_below
        The registry's.
    """
    found = _exposed(editions, secret_below)
    return found - _exposed([*editions[:-1], _suppressed(editions[-1])], secret_below) if found else found


def _suppressed(edition: Edition) -> Edition:
    """The same edition with every cell suppressed that can be: a unit without patients is shown as one."""
    cells = edition.secret
    told = cells["state"].isin([State.SHOWN.value, State.NOT_RELIABLE.value]) & (cells["n"] > 0)
    return replace(edition, secret=cells.assign(state=cells["state"].mask(told, State.HIDDEN.value)))


def _exposed(editions: Sequence[Edition], secret_below: int) -> set[GivenAway]:
    if not editions:
        return set()
    units = editions[-1].units
    nothing = np.zeros(0, dtype=np.int64)
    no = np.zeros(0, dtype=np.bool_)
    table = pd.DataFrame(editions[-1].secret).iloc[:0]
    cells = collect(table, Now(no, nothing, no, nothing, nothing), units, editions, secret_below)
    assembly = assemble(cells, find_links(cells, place_names([one.units for one in editions], cells)))
    system, exposed = assembly.system, np.zeros(len(assembly.system.value), dtype=np.bool_)
    for number in system.active():
        counts, part = system.counts_in(number), system.part(number)[1]
        given = [one.at for one in Attack(part, every=True).exposures(part.primary)]
        exposed[counts[given]] = True
    cells, facts = assembly.cells, assembly.facts
    hit = cells.marked & ((facts >= 0) & exposed[facts]).any(axis=1)
    return {
        GivenAway(
            editions[cells.edition[at]].name,
            cells.ind_ids[cells.indicator[at]],
            CONTEXTS[cells.context[at]],
            int(cells.year[at]),
            *cells.places[cells.place[at]],
        )
        for at in np.flatnonzero(hit).tolist()
    }
