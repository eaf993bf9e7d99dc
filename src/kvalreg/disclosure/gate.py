"""The gate: from true cells to cells that may be shown.

Comes in: `Results`, SECRET. Goes out: `Published`. A cell is hidden when it counts fewer patients than the
indicator's minimum, when its coverage is below 60 %, or when published sums would give a hidden cell away. A hidden
cell keeps its key and loses everything else, with one mark whatever the reason.
"""

from __future__ import annotations

import pandas as pd

from kvalreg.disclosure.protection import patients, protect
from kvalreg.disclosure.published import NUMBERS, WORDS, Published, Source
from kvalreg.disclosure.relations import BoolArray
from kvalreg.inputs.descriptor import Registry
from kvalreg.statistics.evaluation import evaluate, with_change
from kvalreg.statistics.funnel import MIN_COVERAGE
from kvalreg.statistics.results import KEY, Results


def publish(results: Results, source: Source) -> Published:
    """Everything of a registry that may be shown.

    Parameters
    ----------
    results
        Every true cell.
    source
        The registry, its units and deliveries.

    Returns
    -------
    Published
        One row per cell of `results`, in its order.
    """
    cells = results.secret
    primary = too_few(cells, source.registry) | (cells["coverage"].to_numpy(float) < MIN_COVERAGE)
    hidden = protect(cells, primary, source.registry, source.units)
    shown = with_change(evaluate(cells[~hidden], source.registry), source.registry)
    published = cells[[*KEY, "provisional"]].assign(shown=~hidden)
    for name in NUMBERS:
        published[name] = shown[name].reindex(cells.index).astype("float64")
    for name in WORDS:
        published[name] = shown[name].reindex(cells.index).fillna("").astype("str")
    return Published(source, published)


def too_few(cells: pd.DataFrame, registry: Registry) -> BoolArray:
    """Which cells count fewer patients than their indicator's minimum, or more in the numerator than there are.

    Nobody is too few only for a count: a count of 0 tells of nobody.
    """
    minimum = cells["ind_id"].map({i.id: i.min_denominator for i in registry.indicators}).to_numpy(dtype=float)
    counted = patients(cells, registry).to_numpy()
    summed = cells["ind_id"].isin({i.id for i in registry.indicators if i.type.summed}).to_numpy()
    impossible = summed & (cells["var"].to_numpy(float) > counted)
    return (counted > 0) & (counted < minimum) | impossible
