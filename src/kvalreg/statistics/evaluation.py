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
from kvalreg.statistics.intervals import Estimate, Floats
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
    at = _indicator_of(cells, registry)
    summed = np.array([indicator.type.summed for indicator in registry.indicators])[at]
    counted = np.array([indicator.type is IndicatorType.ANTALL for indicator in registry.indicators])[at]
    low, high = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
    var, denominator = cells["var"].to_numpy(float), cells["denominator"].to_numpy(float)
    low[summed], high[summed] = wilson(var[summed], denominator[summed])
    low[counted], high[counted] = poisson_interval(var[counted])
    green, yellow, direction = (_field(registry, name)[at] for name in _TARGETS)
    levels = achievement(cells["value"].to_numpy(float), green, yellow, direction)
    sureness = certainty(low, high, green, yellow, direction)
    return cells.assign(
        low=low,
        high=high,
        achievement=_codes(levels, Achievement.NONE),
        certainty=_codes(sureness, Certainty.NONE),
    )


def with_change(shown: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """Shown cells with their change since the year before and since the series began.

    Parameters
    ----------
    shown
        Cells that may be shown, with ``value low high provisional``. A hidden year is no longer among them, so no
        change can tell of it. A provisional year is not compared: it lacks the patients who are not yet registered.

    Returns
    -------
    DataFrame
        With ``change`` since the newest earlier year that is shown as well (better, worse, increased, decreased,
        unclear; empty when not known) and that year, ``change_from``; ``series_change`` since the first year that is
        shown, and that year, ``series_from``.
    """
    complete = shown.loc[~shown["provisional"].to_numpy(bool), [*SERIES, "year", "value", "low", "high"]]
    series, years = complete.groupby(SERIES, sort=False).ngroup().to_numpy(), complete["year"].to_numpy(float)
    by_year = np.lexsort((years, series))
    years, index = years[by_year], complete.index[by_year]
    begins = np.diff(series[by_year], prepend=-1) != 0
    place = np.arange(len(by_year))
    first = np.maximum.accumulate(np.where(begins, place, 0))
    now = Estimate(*(complete[name].to_numpy(float)[by_year] for name in ("value", "low", "high")))
    direction = _field(registry, "level_direction")[_indicator_of(complete, registry)][by_year]
    changed = shown.copy()
    for name, since, start in (("change", "change_from", place - 1), ("series_change", "series_from", first)):
        before = Estimate(*(np.where(begins, np.nan, part[start]) for part in now))
        codes = _codes(between_years(now, before, direction).change, Change.NOT_KNOWN)
        changed[name] = pd.Series(codes, index, dtype="str").reindex(shown.index, fill_value="")
        changed[since] = pd.Series(np.where(codes != "", years[start], np.nan), index)
    return changed


def _indicator_of(cells: pd.DataFrame, registry: Registry) -> npt.NDArray[np.intp]:
    """The place of each cell's indicator among the registry's."""
    ids = pd.Index([indicator.id for indicator in registry.indicators], dtype="str")
    return ids.get_indexer(pd.Index(cells["ind_id"]))


def _field(registry: Registry, name: str) -> Floats:
    """A number of each indicator, NaN where it has none."""
    return np.array([getattr(indicator, name) for indicator in registry.indicators], dtype=np.float64)


def _codes(codes: npt.NDArray[np.object_], none: str) -> npt.NDArray[np.object_]:
    return np.where(codes == none, "", codes)
