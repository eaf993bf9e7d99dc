"""What a cell's number means: its interval, its level of achievement, how certain, and whether it has changed.

Comes in: cells with numbers. Goes out: the same cells with codes, all at once over columns. The methods are in files
of their own; here each indicator type is given the method that suits it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.statistics.achievement import Achievement, Certainty, achievement, certainty
from kvalreg.statistics.change import Change, between_years
from kvalreg.statistics.intervals import Estimate
from kvalreg.statistics.proportions import wilson
from kvalreg.statistics.rates import poisson_interval

SERIES = ["ind_id", "context", "level", "orgnr"]
"""What names one cell over the years."""
_TARGETS = ("level_green", "level_yellow", "level_direction")


def evaluate(cells: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """Cells with their interval, level and certainty.

    Parameters
    ----------
    cells
        Rows with ``ind_id var denominator value``.
    registry
        Gives each indicator's type and targets.

    Returns
    -------
    DataFrame
        With ``low high`` (95 %: Wilson for summed proportions, Poisson for counts, none where the delivery holds no
        spread), ``achievement`` and ``certainty`` (codes; empty text where there is none). A numerator above its
        denominator has a value but no interval.
    """
    types = cells["ind_id"].map({indicator.id: indicator.type.value for indicator in registry.indicators})
    summed = types.isin([kind.value for kind in IndicatorType if kind.summed]).to_numpy()
    counted = (types == IndicatorType.ANTALL.value).to_numpy()
    low, high = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
    var, denominator = cells["var"].to_numpy(float), cells["denominator"].to_numpy(float)
    low[summed], high[summed] = wilson(var[summed], denominator[summed])
    low[counted], high[counted] = poisson_interval(var[counted])
    green, yellow, direction = (_target(cells, registry, name) for name in _TARGETS)
    levels = achievement(cells["value"].to_numpy(float), green, yellow, direction)
    sureness = certainty(low, high, green, yellow, direction)
    return cells.assign(
        low=low,
        high=high,
        achievement=_codes(levels, Achievement.NONE),
        certainty=_codes(sureness, Certainty.NONE),
    )


def with_change(shown: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """Shown cells with their change since the newest earlier year that is shown as well.

    Parameters
    ----------
    shown
        Cells that may be shown, with ``value low high``. A hidden year is no longer among them, so no change can tell
        of it.

    Returns
    -------
    DataFrame
        With ``change`` (better, worse, increased, decreased, unclear; empty when not known) and ``change_from``.
    """
    ordered = shown.sort_values([*SERIES, "year"], kind="stable")
    before = ordered.groupby(SERIES, sort=False)[["value", "low", "high", "year"]].shift(1)
    found = between_years(_estimate(ordered), _estimate(before), _target(ordered, registry, "level_direction"))
    codes = _codes(found.change, Change.NOT_KNOWN)
    change_from = before["year"].where(codes != "")
    return ordered.assign(change=codes, change_from=change_from.astype("float64")).reindex(shown.index)


def _estimate(cells: pd.DataFrame) -> Estimate:
    return Estimate(*(cells[name].to_numpy(float) for name in ("value", "low", "high")))


def _target(cells: pd.DataFrame, registry: Registry, name: str) -> npt.NDArray[np.float64]:
    given = {indicator.id: getattr(indicator, name) for indicator in registry.indicators}
    return cells["ind_id"].map(given).to_numpy(dtype=np.float64)


def _codes(codes: npt.NDArray[np.object_], none: str) -> npt.NDArray[np.object_]:
    return np.where(codes == none, "", codes)
