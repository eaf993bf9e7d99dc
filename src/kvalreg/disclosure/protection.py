"""From a registry's cells to tables of sums, and back to which cells are hidden.

Comes in: true cells and the ones that must be hidden. Goes out: a mask that withstands the attack. One indicator,
context and year is one table: no published sum crosses them. Owns which sums hold; the choice is `suppression`'s.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kvalreg.disclosure.attack import attack, exposed
from kvalreg.disclosure.cells import Policy, Table
from kvalreg.disclosure.relations import BoolArray, IntArray, Relations, Sum, from_groups, from_tree
from kvalreg.disclosure.solver import Enough
from kvalreg.disclosure.suppression import suppress
from kvalreg.errors import DisclosureError, Fault
from kvalreg.inputs.descriptor import Indicator, IndicatorType, Registry
from kvalreg.inputs.units import Level, Units


def protect(cells: pd.DataFrame, primary: BoolArray, registry: Registry, units: Units) -> BoolArray:
    """The cells to hide so that nobody can work out a primary one from what is shown.

    Parameters
    ----------
    cells
        Every true cell of a registry.
    primary
        The cells that must be hidden, shape (cells,).
    registry, units
        The indicators' minimum denominators, and the tree whose sums are published.

    Returns
    -------
    Mask of shape (cells,), all of `primary` included.

    Raises
    ------
    DisclosureError
        When the attack still finds a hidden cell: a defect of ours, and nothing may be published.
    """
    hidden = primary.copy()
    numbers = pd.Series(np.arange(len(cells)), index=cells.index)
    for (ind_id, _, year), places in numbers.groupby([cells["ind_id"], cells["context"], cells["year"]], sort=False):
        at = places.to_numpy()
        if primary[at].any() and not primary[at].all():
            indicator = registry.indicator(str(ind_id))
            table, policy = _table(cells.iloc[at], primary[at], indicator, units), Policy(indicator.min_denominator)
            hidden[at] = suppress(table, policy)
            _prove(table, hidden[at], policy, f"{registry.id}: {ind_id} {year}")
    return hidden


def _prove(table: Table, hidden: BoolArray, policy: Policy, name: str) -> None:
    view = table.view(hidden)
    found = exposed(attack(view, Enough(policy)), view, policy)
    if found:
        what = f"{name}: {len(found)} hidden cells could be worked out from what is shown."
        raise DisclosureError([Fault(what, "Nothing of this registry is published. Report this to kvalreg.")])


def patients(cells: pd.DataFrame, registry: Registry) -> pd.Series[float]:
    """How many patients each cell counts: a count is its own number; every other type has it in ``denominator``."""
    counts = {indicator.id for indicator in registry.indicators if indicator.type is IndicatorType.ANTALL}
    return cells["denominator"].astype("float64").where(~cells["ind_id"].isin(counts), cells["var"])


def _table(cells: pd.DataFrame, primary: BoolArray, indicator: Indicator, units: Units) -> Table:
    counted = "var" if indicator.type is IndicatorType.ANTALL else "denominator"
    n = np.rint(cells[counted].to_numpy(float)).astype(np.int64)
    x = np.rint(cells["var"].to_numpy(float)).astype(np.int64) if indicator.type.summed else None
    if x is not None and (x > n).any():
        x = None  # a faulty numerator is hidden already, and says nothing about the others
    levels = cells["level"].to_numpy()
    return Table(
        relations=Relations.of(len(cells), _sums(cells, n, units)),
        n=n,
        x=x,
        primary=primary & (n > 0),
        absent=primary & (n == 0),
        keep=levels == Level.NATION.value,
    )


def _sums(cells: pd.DataFrame, n: IntArray, units: Units) -> list[Sum]:
    """The sums of the tree and of the counties among these cells.

    A total that holds more than its parts, because rows were delivered for the unit itself, is incomplete. A total
    below its parts, as computed values delivered per level may have, is no sum.
    """
    cell_of = {
        (str(level), str(orgnr)): i for i, (level, orgnr) in enumerate(zip(cells["level"], cells["orgnr"], strict=True))
    }
    all_units = list(units)
    place = {unit.orgnr: i for i, unit in enumerate(all_units)}
    parent = [-1 if unit.parent is None else place[unit.parent] for unit in all_units]
    own = [cell_of.get((unit.level.value, unit.orgnr), -1) for unit in all_units]
    counties = {name: i for i, name in enumerate(units.counties)}
    group = [-1] * len(cells)
    for unit, cell in zip(all_units, own, strict=True):
        if cell >= 0 and unit.level is Level.HOSPITAL and unit.county is not None:
            group[cell] = counties[unit.county]
    totals = [cell_of.get((Level.COUNTY.value, name), -1) for name in counties]
    sums = []
    for one in [*from_tree(parent, own), *from_groups(group, totals)]:
        more = int(n[one.total] - n[list(one.parts)].sum())
        if more >= 0:
            sums.append(Sum(one.total, one.parts, complete=more == 0))
    return sums
