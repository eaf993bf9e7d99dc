"""The gate: from true cells to cells that may be shown.

Comes in: `Results`, SECRET. Goes out: `Published`. A cell is hidden when it counts fewer patients than the
indicator's minimum, when its coverage is below 60 %, or when published sums would give a hidden cell away. A hidden
cell keeps its key and loses everything else, with one mark whatever the reason.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from kvalreg.disclosure.published import NUMBERS, WORDS, Published, Source
from kvalreg.inputs.descriptor import IndicatorType, Registry
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
    hidden = too_few(cells, source.registry) | (cells["coverage"].to_numpy(float) < MIN_COVERAGE)
    shown = with_change(evaluate(cells[~hidden], source.registry), source.registry)
    published = cells[[*KEY, "provisional"]].assign(shown=~hidden)
    for name in NUMBERS:
        published[name] = shown[name].reindex(cells.index).astype("float64")
    for name in WORDS:
        published[name] = shown[name].reindex(cells.index).fillna("").astype("str")
    return Published(source, published)


def too_few(cells: pd.DataFrame, registry: Registry) -> npt.NDArray[np.bool_]:
    """Which cells count fewer patients than their indicator's minimum.

    A count is its own number of patients; every other type says it in ``denominator``.
    """
    minimum = cells["ind_id"].map({i.id: i.min_denominator for i in registry.indicators}).to_numpy(float)
    counts = {i.id for i in registry.indicators if i.type is IndicatorType.ANTALL}
    patients = np.where(cells["ind_id"].isin(counts), cells["var"], cells["denominator"])
    return patients.astype(float) < minimum
