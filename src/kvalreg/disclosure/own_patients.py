"""Patients of a unit who belong to no unit below it: the difference between a total and its parts tells of them.

Input: every true cell and which are seen, SECRET. Output: the cells that must be secret so that too few of such
patients cannot be worked out. It suppresses nothing else: what protects those cells is chosen by `protection`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kvalreg.arrays import BoolArray
from kvalreg.disclosure.published import RegistrySource
from kvalreg.inputs.units import Level

_GROUP = ("ind_id", "context", "year")
_NOWHERE = "-"


@dataclass(frozen=True, eq=False)
class OwnPatients:
    """Cells of proportions, as arrays; shape (cells,).

    Parameters
    ----------
    cells
        Every true cell.
    n
        How many patients each counts.
    summed
        Whether it is a sum of numerators and denominators.
    seen
        Whether its level is shown.
    """

    cells: pd.DataFrame = field(repr=False)
    n: NDArray[np.float64] = field(repr=False)
    summed: BoolArray = field(repr=False)
    seen: BoolArray = field(repr=False)

    def few(self, source: RegistrySource) -> BoolArray:
        """Totals that hold too few patients of no unit below them, where those below are told of beside the total.

        An HF may have rows of its own beside its hospitals'. Patients of no hospital are in no county either: where
        the nation has few of them, the smallest county is secret.

        Examples
        --------
        An HF with 63 patients has hospitals with 40 and 20: 3 are its own, fewer than 5, and the HF is secret.
        """
        registry, units = source.registry, source.units
        secret_below = {one.id: registry.secret_threshold(one) for one in registry.indicators}
        least = np.asarray(self.cells["ind_id"].map(secret_below), dtype=np.float64)
        parent = {unit.orgnr: unit.parent for unit in units if unit.parent is not None}
        is_unit = self.summed & ~self._is_county
        few = self._exceeds_by_few(is_unit, self.cells["orgnr"].map(parent).fillna("").to_numpy(object), least)
        nation = np.full(len(self.n), units.nation.orgnr, dtype=object)
        few[self._smallest_county(self._exceeds_by_few(self._is_county, nation, least))] = True
        return few

    @property
    def _is_county(self) -> BoolArray:
        is_county: BoolArray = self.summed & (self.cells["level"] == Level.COUNTY).to_numpy(dtype=bool)
        return is_county

    def _keys(self, which: BoolArray) -> list[NDArray[np.object_]]:
        return [self.cells[name].to_numpy(object)[which] for name in _GROUP]

    def _exceeds_by_few(self, part: BoolArray, total: NDArray[np.object_], least: NDArray[np.float64]) -> BoolArray:
        """Units that exceed the parts of them, some of which are seen, by too few."""
        facts = pd.DataFrame({"n": self.n, "seen": self.seen})[part]
        parts = facts.groupby([*self._keys(part), total[part]]).sum()
        everywhere = np.ones(len(self.n), dtype=np.bool_)
        own = np.where(self.summed & ~self._is_county, self.cells["orgnr"].to_numpy(object), _NOWHERE)
        below = parts.reindex(pd.MultiIndex.from_arrays([*self._keys(everywhere), own]))
        rest = self.n - below["n"].to_numpy(float)
        few: BoolArray = (below["seen"].to_numpy(float) > 0) & (rest > 0) & (rest < least)
        return few

    def _smallest_county(self, nations: BoolArray) -> NDArray[np.int64]:
        """The place of the smallest county beside each of these nations."""
        places = np.flatnonzero(self._is_county & self.seen & (self.n > 0))
        places = places[np.argsort(self.n[places], kind="stable")]
        keys = pd.MultiIndex.from_arrays([self.cells[name].to_numpy(object)[places] for name in _GROUP])
        first = pd.Series(places, index=keys)[~keys.duplicated()]
        found = first.reindex(pd.MultiIndex.from_arrays(self._keys(nations))).dropna()
        return found.to_numpy(np.int64)
