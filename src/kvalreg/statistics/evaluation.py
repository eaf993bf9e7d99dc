"""What a cell's number means: its interval, its level of achievement, the certainty of that, and its change.

Input: cells with numbers. Output: the same cells with codes, computed over entire columns. The methods have modules of
their own; here each indicator type gets the method that suits it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kvalreg.arrays import CodeArray, FloatArray, IndexArray
from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.statistics.achievement import Achievement, Certainty, achievement, certainty
from kvalreg.statistics.change import Change, change_between_years
from kvalreg.statistics.intervals import Estimate
from kvalreg.statistics.proportions import wilson_interval
from kvalreg.statistics.rates import poisson_interval

SERIES_KEY = ["ind_id", "context", "level", "orgnr"]
"""The key of one cell over the years."""
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
        With ``low high`` (95 %: Wilson for summed proportions, Poisson for counts, none where the delivery has no
        standard deviation or interval), ``achievement`` and ``certainty`` (codes; empty text where there is none). A
        numerator above its denominator has a value but no interval.
    """
    indicator_index = _indicator_index(cells, registry)
    is_summed = np.array([indicator.type.is_summed for indicator in registry.indicators])[indicator_index]
    is_count = np.array([indicator.type is IndicatorType.ANTALL for indicator in registry.indicators])[indicator_index]
    low, high = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
    var, denominator = cells["var"].to_numpy(float), cells["denominator"].to_numpy(float)
    low[is_summed], high[is_summed] = wilson_interval(var[is_summed], denominator[is_summed])
    low[is_count], high[is_count] = poisson_interval(var[is_count])
    green, yellow, direction = (_indicator_values(registry, name)[indicator_index] for name in _TARGETS)
    levels = achievement(cells["value"].to_numpy(float), green, yellow, direction)
    certainties = certainty(low, high, green, yellow, direction)
    return cells.assign(
        low=low,
        high=high,
        achievement=_blank_codes(levels, Achievement.NONE),
        certainty=_blank_codes(certainties, Certainty.NONE),
    )


def add_change(shown: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """Shown cells with their change since the year before and since the series began.

    Parameters
    ----------
    shown
        Cells that may be shown, with ``value low high provisional``. A suppressed year is not among them, so no change
        can disclose it. A provisional year is not compared: it lacks the patients who are not yet registered.

    Returns
    -------
    DataFrame
        With ``change`` since the newest earlier year that is shown as well (better, worse, increased, decreased,
        unclear; empty when not known) and that year, ``change_from``; ``series_change`` since the first year that is
        shown, and that year, ``series_from``.
    """
    # Sorted by series and then year, so that the base of a change is the row before, or the first row of the series.
    final_cells = shown.loc[~shown["provisional"].to_numpy(bool), [*SERIES_KEY, "year", "value", "low", "high"]]
    series, years = final_cells.groupby(SERIES_KEY, sort=False).ngroup().to_numpy(), final_cells["year"].to_numpy(float)
    order = np.lexsort((years, series))
    years, index = years[order], final_cells.index[order]
    is_first = np.diff(series[order], prepend=-1) != 0
    position = np.arange(len(order))
    first = np.maximum.accumulate(np.where(is_first, position, 0))
    current = Estimate(*(final_cells[name].to_numpy(float)[order] for name in ("value", "low", "high")))
    direction = _indicator_values(registry, "level_direction")[_indicator_index(final_cells, registry)][order]
    # Codes come back by index: provisional cells get empty ones.
    result = shown.copy()
    for name, year_column, base_position in (
        ("change", "change_from", position - 1),
        ("series_change", "series_from", first),
    ):
        base = Estimate(*(np.where(is_first, np.nan, part[base_position]) for part in current))
        codes = _blank_codes(change_between_years(current, base, direction).change, Change.NOT_KNOWN)
        result[name] = pd.Series(codes, index, dtype="str").reindex(shown.index, fill_value="")
        result[year_column] = pd.Series(np.where(codes != "", years[base_position], np.nan), index)
    return result


def _indicator_index(cells: pd.DataFrame, registry: Registry) -> IndexArray:
    """The index of each cell's indicator among the registry's."""
    ind_ids = pd.Index([indicator.id for indicator in registry.indicators], dtype="str")
    return ind_ids.get_indexer(pd.Index(cells["ind_id"]))


def _indicator_values(registry: Registry, name: str) -> FloatArray:
    """A number of each indicator, NaN where it has none."""
    return np.array([getattr(indicator, name) for indicator in registry.indicators], dtype=np.float64)


def _blank_codes(codes: CodeArray, none: str) -> CodeArray:
    return np.where(codes == none, "", codes)
