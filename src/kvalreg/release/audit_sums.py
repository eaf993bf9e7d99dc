"""The sums that hold among the cells that a page tells of: which they are, and which total exceeds its parts.

Comes in: the unit tree and the places that are told of. Goes out: `Relations` over these places, worked out once for
each set of places, because nearly all indicators and years tell of the same. It judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kvalreg.disclosure.relations import Relations, Sum, from_groups, from_tree
from kvalreg.inputs.units import Level, Units
from kvalreg.release.audit_public import Place
from kvalreg.statistics.intervals import Floats


class Sums:
    """The sums among any places of one tree, remembered."""

    def __init__(self, units: Units) -> None:
        self.units = units
        self._listed: dict[tuple[Place, ...], list[Sum]] = {}
        self._relations: dict[tuple[tuple[Place, ...], bool], Relations] = {}

    def listed(self, places: tuple[Place, ...]) -> list[Sum]:
        """Hospital -> HF -> RHF -> nation, hospitals -> county, counties -> nation, among these places."""
        if places not in self._listed:
            self._listed[places] = _sums(self.units, places)
        return self._listed[places]

    def among(self, places: tuple[Place, ...], *, complete: bool = True) -> Relations:
        """The same as relations; where not `complete`, totals may hold more than is listed."""
        if (places, complete) not in self._relations:
            sums = self.listed(places)
            if not complete:
                sums = [one._replace(complete=False) for one in sums]
            self._relations[places, complete] = Relations.of(len(places), sums)
        return self._relations[places, complete]

    def rests(self, places: tuple[Place, ...], n: Floats) -> Iterator[tuple[Place, int]]:
        """Totals that are shown with all their parts, and by how many patients they exceed these.

        `n` has a number of patients for each place, nan where none is known exactly.
        """
        relations = self.among(places)
        if not len(relations):
            return
        rests = n[relations.total] - np.add.reduceat(n[relations.parts], relations.start[:-1])
        for at in np.flatnonzero(relations.complete & ~np.isnan(rests)).tolist():
            yield places[relations.total[at]], int(rests[at])


def _sums(units: Units, places: Sequence[Place]) -> list[Sum]:
    index = {place: at for at, place in enumerate(places)}
    listed = list(units)
    number = {unit.orgnr: at for at, unit in enumerate(listed)}
    parent = [number[unit.parent] if unit.parent is not None else -1 for unit in listed]
    cell = [index.get(Place(unit.level.value, unit.orgnr), -1) for unit in listed]
    counties = {name: at for at, name in enumerate(units.counties)}
    totals = [index.get(Place(Level.COUNTY.value, name), -1) for name in units.counties]
    group = [-1] * len(places)
    for unit in units.at(Level.HOSPITAL):
        at = index.get(Place(unit.level.value, unit.orgnr), -1)
        if at >= 0 and unit.county is not None:
            group[at] = counties[unit.county]
    sums = from_tree(parent, cell) + from_groups(group, totals)
    nation = index.get(Place(Level.NATION.value, units.nation.orgnr), -1)
    shown = tuple(total for total in totals if total >= 0)
    if nation >= 0 and shown:
        everywhere = all(unit.county is not None for unit in units.at(Level.HOSPITAL))
        sums.append(Sum(nation, shown, complete=everywhere))
    return sums
