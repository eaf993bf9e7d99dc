"""The sums of an edition's tree: hospital -> HF -> RHF -> nation, and hospital -> county.

A level that is not printed is passed through: its units' parts count for the level above.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from attacker_cells import Seen
from attacker_columns import Columns, Place


class Sum(NamedTuple):
    """A total and its parts among the places of a column; one that is not complete may hold more.

    `group` is the context and year: a column in which one total is less than its parts has no sums there.
    """

    total: int
    parts: tuple[int, ...]
    group: tuple[str, int]
    complete: bool = True


def sums_of(columns: Columns, column: int, seen: Seen, named: Mapping[str, str]) -> Iterator[Sum]:
    """Every sum that the tree makes of a column's printed cells."""
    children: dict[str, list[str]] = {}
    for orgnr, unit in seen.units.items():
        if unit.parent:
            children.setdefault(unit.parent, []).append(orgnr)
    groups: dict[tuple[str, int], dict[tuple[str, str], int]] = {}
    for number in np.flatnonzero(columns.there[column]):
        place: Place = columns.places[number]
        groups.setdefault((place.context, place.year), {})[place.level, place.unit] = int(number)

    for group, at in groups.items():

        def printed(orgnr: str, at: Mapping[tuple[str, str], int] = at) -> list[int]:
            """The unit itself, or else the nearest units below it."""
            own = at.get((seen.units[orgnr].level, named.get(orgnr, orgnr)))
            return [own] if own is not None else below(orgnr, at)

        def below(orgnr: str, at: Mapping[tuple[str, str], int] = at) -> list[int]:
            return [number for child in children.get(orgnr, ()) for number in printed(child, at)]

        for orgnr, unit in seen.units.items():
            total = at.get((unit.level, named.get(orgnr, orgnr)))
            parts = below(orgnr) if total is not None else []
            if not parts and unit.level == "nation":  # nothing but counties is printed below it
                parts = [number for (level, _), number in at.items() if level == "county"]
            if total is not None and parts:
                yield Sum(total, tuple(parts), group)
        yield from _counties(seen, named, group, at)


def _counties(
    seen: Seen, named: Mapping[str, str], group: tuple[str, int], at: Mapping[tuple[str, str], int]
) -> Iterator[Sum]:
    hospitals: dict[str, list[int]] = {}
    for orgnr, unit in seen.units.items():
        number = at.get(("hospital", named.get(orgnr, orgnr)))
        if unit.level == "hospital" and unit.county and number is not None:
            hospitals.setdefault(unit.county, []).append(number)
    for county, parts in hospitals.items():
        total = at.get(("county", county))
        if total is not None:
            yield Sum(total, tuple(parts), group)
