"""From delivered rows to every cell: hospital -> HF -> RHF -> nation, and county.

Input: the rows of a registry's deliveries, already checked. Output: `Results`.
Only numerators over denominators sum upwards (`andel`, `dg_andel`); every other type exists at the levels that were
delivered. Units are found by `orgnr`, never by name. Nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from kvalreg.arrays import FloatArray
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.registry_deliveries import RegistryDeliveries
from kvalreg.inputs.units import Level, Units
from kvalreg.statistics.results import CELL_KEY, Results

_GROUP_KEY = ["ind_id", "context", "year"]


def aggregate(delivered: RegistryDeliveries, registry: Registry, units: Units) -> Results:
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
    A unit's share is the sum of its numerators over the sum of its denominators. Source: the rules of the field; what
    bad input gives is in `docs/methods/aggregation.md`.

    Examples
    --------
    Two hospitals of one HF with 8 of 10 and 3 of 20 give the HF (8 + 3) / (10 + 20) = 11/30 = 0.3667, not the mean of
    0.80 and 0.15.

    >>> from kvalreg.inputs.descriptor import About, Indicator, IndicatorType
    >>> from kvalreg.inputs.units import Unit
    >>> tree = [Unit("1", "N", "N", Level.NATION, None), Unit("2", "R", "R", Level.RHF, "1")]
    >>> tree += [Unit("3", "T", "T", Level.HF, "2"), *(Unit(i, i, i, Level.HOSPITAL, "3") for i in "45")]
    >>> share = Indicator(id="a", title="A", type=IndicatorType.ANDEL)
    >>> registry = Registry(
    ...     id="r", name="R", short_name="R", language="nb", medical_fields=("F",), about=About(), indicators=(share,)
    ... )
    >>> rows = pd.DataFrame({"orgnr": ["4", "5"], "var": [8.0, 3.0], "denominator": [10, 20]})
    >>> rows = rows.assign(ind_id="a", context="caregiver", year=2024, provisional=False)
    >>> results = aggregate(RegistryDeliveries("r", rows, (), ()), registry, Units({unit.orgnr: unit for unit in tree}))
    >>> print(dict(zip(results.secret["level"], results.secret["value"].round(4), strict=True)))
    {'hf': 0.3667, 'hospital': 0.15, 'nation': 0.3667, 'rhf': 0.3667}
    """
    rows = delivered.rows
    summed_ids = {indicator.id for indicator in registry.indicators if indicator.type.is_summed}
    is_summed = rows["ind_id"].isin(summed_ids)
    cells = pd.concat(
        [_sum_upwards(rows[is_summed], units), _delivered_cells(rows[~is_summed], units)], ignore_index=True
    )
    cells = cells.sort_values(CELL_KEY, kind="stable", ignore_index=True)
    return Results(registry.id, _add_coverage(cells, registry))


def _sum_upwards(rows: pd.DataFrame, units: Units) -> pd.DataFrame:
    """Numerators and denominators summed at each row's own level and at every level above it.

    A matrix product instead of one group-by per level: sums per group and unit, of shape (groups, units), times a
    membership matrix of shape (units, targets) with a 1 wherever a unit counts.
    """
    grouped = rows.groupby(_GROUP_KEY)
    group_codes, keys = grouped.ngroup().to_numpy(), grouped.size().index.to_frame(index=False)
    unit_codes, orgnrs = pd.factorize(rows["orgnr"])
    targets, membership = _aggregation_targets(orgnrs, units)

    def sum_by_target(values: npt.ArrayLike) -> FloatArray:
        """Sums of shape (groups, targets); counts are integers far below 2⁵³, so they are exact."""
        unit_sums = np.bincount(
            group_codes * len(orgnrs) + unit_codes, weights=values, minlength=len(keys) * len(orgnrs)
        )
        return unit_sums.reshape(len(keys), len(orgnrs)) @ membership

    # A cell exists where any row counts; one without rows is no cell, not a cell of 0.
    group_index, target_index = np.nonzero(sum_by_target(np.ones(len(rows))))
    key_frames = (keys.take(group_index), targets.take(target_index))
    cells = pd.concat([frame.reset_index(drop=True) for frame in key_frames], axis=1)
    for name in ("var", "denominator", "provisional"):
        cells[name] = sum_by_target(rows[name])[group_index, target_index]
    # `provisional` was summed too: a cell is provisional if any of its rows is.
    cells = cells.astype({"denominator": "int64", "provisional": "bool"})
    cells["value"] = cells["var"] / cells["denominator"]
    return cells


def _aggregation_targets(orgnrs: Iterable[str], units: Units) -> tuple[pd.DataFrame, FloatArray]:
    """The ``level`` and ``orgnr`` of every target where these units count, and the membership matrix of 0 and 1."""
    targets_by_unit: list[list[tuple[str, str]]] = []
    for orgnr in orgnrs:
        unit = units[orgnr]
        unit_targets = [(ancestor.level.value, ancestor.orgnr) for ancestor in (unit, *units.ancestors(orgnr))]
        targets_by_unit.append(unit_targets + ([(Level.COUNTY.value, unit.county)] if unit.county is not None else []))
    targets = sorted({target for unit_targets in targets_by_unit for target in unit_targets})
    target_index = {target: i for i, target in enumerate(targets)}
    membership = np.zeros((len(targets_by_unit), len(targets)))
    for i, unit_targets in enumerate(targets_by_unit):
        membership[i, [target_index[target] for target in unit_targets]] = 1
    return pd.DataFrame(targets, columns=["level", "orgnr"], dtype="str"), membership


def _delivered_cells(rows: pd.DataFrame, units: Units) -> pd.DataFrame:
    """Computed values as delivered: one row is one cell."""
    cells = rows[[*_GROUP_KEY, "orgnr", "var", "denominator", "provisional"]].copy()
    cells["level"] = pd.Series([units[orgnr].level.value for orgnr in cells["orgnr"]], index=cells.index, dtype="str")
    cells["value"] = cells["var"]
    return cells


def _add_coverage(cells: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """Each cell with its unit's coverage: of the same year, else of the newest earlier year that has one."""
    coverage_indicators = {
        indicator.id: indicator.dg_id for indicator in registry.indicators if indicator.dg_id is not None
    }
    keys = pd.DataFrame(
        {
            "dg_id": cells["ind_id"].map(coverage_indicators).astype("str"),
            "unit": cells.groupby(["context", "level", "orgnr"], sort=False).ngroup(),
            "year": cells["year"],
        }
    )
    measured = keys.assign(
        dg_id=cells["ind_id"], coverage=cells["value"], coverage_year=cells["year"].astype("float64")
    )
    measured = measured[cells["ind_id"].isin(set(coverage_indicators.values()))]
    # Backwards in time, and the same year counts: merge_asof takes the last row at or before each year.
    matched = pd.merge_asof(
        keys.reset_index().sort_values("year", kind="stable"),
        measured.sort_values("year", kind="stable"),
        on="year",
        by=["dg_id", "unit"],
    ).set_index("index")
    return cells.assign(coverage=matched["coverage"], coverage_year=matched["coverage_year"])
