"""From delivered rows to every cell: hospital -> HF -> RHF -> nation, and county.

Comes in: the rows of a registry's deliveries, already checked. Goes out: `Results`.
Only numerators over denominators sum upwards (`andel`, `dg_andel`); every other type exists at the levels that were
delivered. Units are found by `orgnr`, never by name. Nothing is rounded.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kvalreg.inputs.delivered import Delivered
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.units import Level, Units
from kvalreg.statistics.results import KEY, Results

_GROUP = ["ind_id", "context", "year"]


def aggregate(delivered: Delivered, registry: Registry, units: Units) -> Results:
    """Every cell of a registry at every level.

    Parameters
    ----------
    delivered
        The registry's rows: one patient, or one sum, or one computed value per row.
    registry, units
        The definitions that the rows refer to.

    Returns
    -------
    Results
        One cell per indicator, context, year, level and unit. A row counts once at its own level, once at each level
        above it, and once in its hospital's county.

    Notes
    -----
    Worked number: two hospitals of one HF with 8 of 10 and 3 of 20 give the HF (8 + 3) / (10 + 20) = 11/30 = 0.3667,
    not the mean of 0.80 and 0.15.
    """
    rows = delivered.rows
    summed_ids = {indicator.id for indicator in registry.indicators if indicator.type.summed}
    is_summed = rows["ind_id"].isin(summed_ids)
    cells = pd.concat([_sum_upwards(rows[is_summed], units), _as_delivered(rows[~is_summed], units)], ignore_index=True)
    cells = cells.sort_values(KEY, kind="stable", ignore_index=True)
    return Results(registry.id, _with_coverage(cells, registry))


def _sum_upwards(rows: pd.DataFrame, units: Units) -> pd.DataFrame:
    """Numerators and denominators summed at each row's own level and at every level above it."""
    sums = rows.groupby([*_GROUP, "orgnr"], as_index=False).agg(
        var=("var", "sum"), denominator=("denominator", "sum"), provisional=("provisional", "max")
    )
    places = _places(sums["orgnr"].unique(), units)
    cells = (
        sums.rename(columns={"orgnr": "from_orgnr"})
        .merge(places, on="from_orgnr")
        .groupby(KEY, as_index=False, observed=True)
        .agg(var=("var", "sum"), denominator=("denominator", "sum"), provisional=("provisional", "max"))
    )
    cells["value"] = cells["var"] / cells["denominator"]
    return cells


def _places(orgnrs: np.ndarray, units: Units) -> pd.DataFrame:
    """Where each unit counts: ``from_orgnr`` to ``level`` and ``orgnr``, itself and its county included."""
    places: list[tuple[str, str, str]] = []
    for orgnr in orgnrs:
        unit = units[orgnr]
        places.extend((orgnr, above.level.value, above.orgnr) for above in (unit, *units.ancestors(orgnr)))
        if unit.county is not None:
            places.append((orgnr, Level.COUNTY.value, unit.county))
    return pd.DataFrame(places, columns=["from_orgnr", "level", "orgnr"], dtype="str")


def _as_delivered(rows: pd.DataFrame, units: Units) -> pd.DataFrame:
    """Computed values as they came: one row is one cell."""
    cells = rows[[*_GROUP, "orgnr", "var", "denominator", "provisional"]].copy()
    cells["level"] = pd.Series([units[orgnr].level.value for orgnr in cells["orgnr"]], index=cells.index, dtype="str")
    cells["value"] = cells["var"]
    return cells


def _with_coverage(cells: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """Each cell with its unit's coverage: of the same year, else of the newest earlier year that has one."""
    dg_of = {indicator.id: indicator.dg_id for indicator in registry.indicators if indicator.dg_id is not None}
    cells = cells.assign(dg_id=cells["ind_id"].map(dg_of).astype("str"))
    measured = cells.loc[
        cells["ind_id"].isin(set(dg_of.values())), ["ind_id", "context", "level", "orgnr", "year", "value"]
    ].rename(columns={"ind_id": "dg_id", "value": "coverage"})
    measured["coverage_year"] = measured["year"].astype("float64")
    joined = pd.merge_asof(
        cells.reset_index().sort_values("year", kind="stable"),
        measured.sort_values("year", kind="stable"),
        on="year",
        by=["dg_id", "context", "level", "orgnr"],
    )
    return joined.sort_values("index", ignore_index=True).drop(columns=["index", "dg_id"])
