"""The gate: from true cells to cells that may be shown.

Comes in: `Results`, SECRET, and the editions that readers have seen. Goes out: `Published`, and the SECRET edition for
the ledger. Cells of levels that the quality does not allow are left out. A cell is hidden when it counts fewer patients
than the indicator's minimum, when its coverage is below 60 %, or when published sums, of this edition and earlier ones,
would give a hidden cell away. A hidden cell keeps its key and loses everything else, with one mark whatever the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from kvalreg.disclosure.ledger import NEXT, Edition, State
from kvalreg.disclosure.presentation import choose_levels, presented
from kvalreg.disclosure.protection import Marks, counts, protect
from kvalreg.disclosure.published import NUMBERS, WORDS, Published, Source
from kvalreg.disclosure.relations import BoolArray
from kvalreg.disclosure.remembered import Remembered
from kvalreg.inputs.descriptor import Registry
from kvalreg.statistics.evaluation import evaluate, with_change
from kvalreg.statistics.funnel import MIN_COVERAGE
from kvalreg.statistics.results import KEY, Results


class Gated(NamedTuple):
    """What is on the two sides of the gate: `published` may be shown; `edition` is for the ledger, and SECRET."""

    published: Published
    edition: Edition


def publish(
    results: Results, source: Source, editions: Sequence[Edition] = (), remembered: Remembered | None = None
) -> Gated:
    """Everything of a registry that may be shown.

    Parameters
    ----------
    results
        Every true cell.
    source
        The registry, its units and deliveries.
    editions
        What was published of the registry before, oldest first.
    remembered
        What was chosen to be hidden in earlier runs, and takes up what is chosen in this one.

    Returns
    -------
    The published cells, one row per cell of a presented level, in the order of `results`; and what the ledger keeps.
    """
    cells = results.secret
    numbers = counts(cells, source.registry)
    presentations = choose_levels(cells, numbers["n"], source.registry)
    marks = Marks(must_hide(cells, numbers, source.registry), presented(cells, presentations))
    hidden = protect(cells, marks, source, editions, remembered or Remembered())
    seen = marks.presented
    shown = with_change(evaluate(cells[seen & ~hidden], source.registry), source.registry)
    published = cells.loc[seen, [*KEY, "provisional"]].assign(shown=~hidden[seen])
    for name in NUMBERS:
        published[name] = shown[name].reindex(published.index).astype("float64")
    for name in WORDS:
        published[name] = shown[name].reindex(published.index).fillna("").astype("str")
    open_cells = pd.DataFrame(published).reset_index(drop=True)  # a plain table: this is what may be shown
    states = np.select([~seen, hidden], [State.ABSENT.value, State.HIDDEN.value], State.SHOWN.value)
    rows = cells[[*KEY, "coverage"]].assign(n=numbers["n"], x=numbers["x"], state=states)
    return Gated(Published(source, open_cells, presentations), Edition(NEXT, source.units, rows))


def must_hide(cells: pd.DataFrame, numbers: pd.DataFrame, registry: Registry) -> BoolArray:
    """Which cells count fewer patients than their indicator's minimum, have a coverage below 60 %, or cannot be true.

    Nobody is too few only for a count: a count of 0 tells of nobody. More in the numerator than there are cannot be
    true.
    """
    minimum = cells["ind_id"].map({i.id: i.min_denominator for i in registry.indicators}).to_numpy(dtype=float)
    n, x = numbers["n"].to_numpy(float), numbers["x"].to_numpy(float)
    too_few = (n > 0) & (n < minimum)
    return too_few | (x > n) | (cells["coverage"].to_numpy(float) < MIN_COVERAGE)
