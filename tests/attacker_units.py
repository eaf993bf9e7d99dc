"""Units that another edition has under another `orgnr`, and units that were merged or split.

Input: editions as `Seen`. A unit of the same name and level is the same; so is one whose shown numbers agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from attacker_cells import Seen
from attacker_columns import HALF, LEAST, Columns, Place


class Union(NamedTuple):
    """A unit of one edition that is several units of another."""

    edition: int
    unit: str
    parts_in: int
    parts: tuple[str, ...]
    level: str


def common_names(editions: Sequence[Seen]) -> list[dict[str, str]]:
    """For each edition, the units that are not named by their own `orgnr`, and the name that all editions share."""
    named: list[dict[str, str]] = [{} for _ in editions]
    for later in range(1, len(editions)):
        before, now = editions[later - 1], editions[later]
        names = {orgnr: named[later - 1].get(orgnr, orgnr) for orgnr in before.units}
        named[later] = {orgnr: name for orgnr, name in names.items() if orgnr in now.units and name != orgnr}
        gone = [orgnr for orgnr in before.units if orgnr not in now.units]
        new = [orgnr for orgnr in now.units if orgnr not in before.units]
        for orgnr in new:
            matches = [(_alike(before, one, now, orgnr), one) for one in gone]
            best = max(matches, default=(0.0, ""))
            if best[0] > 0:
                named[later][orgnr] = names[best[1]]
                gone.remove(best[1])
    return named


def _alike(before: Seen, gone: str, now: Seen, new: str) -> float:
    """How alike two units are: 0 for different ones."""
    one, other = before.units[gone], now.units[new]
    if one.level != other.level:
        return 0
    if one.name == other.name:
        return 2
    numbers = {(key.ind_id, key.context, key.year): cell.n for key, cell in before.cells.items() if key.orgnr == gone}
    pairs = [
        (cell.n, numbers.get((key.ind_id, key.context, key.year)))
        for key, cell in now.cells.items()
        if key.orgnr == new and cell.n is not None
    ]
    compared = [mine == theirs for mine, theirs in pairs if theirs is not None]
    return sum(compared) / len(compared) if sum(compared) >= LEAST and sum(compared) >= HALF * len(compared) else 0


def unions(editions: Sequence[Seen], columns: Columns, named: Sequence[Mapping[str, str]]) -> list[Union]:
    """Units that were merged from one edition to the next, or split, as far as the shown numbers tell."""
    trees = [
        {named[e].get(orgnr, orgnr): unit.level for orgnr, unit in seen.units.items()}
        for e, seen in enumerate(editions)
    ]
    found = []
    for earlier, later in zip(range(len(editions)), range(1, len(editions)), strict=False):
        for whole_in, parts_in in ((later, earlier), (earlier, later)):
            only = [unit for unit in trees[parts_in] if unit not in trees[whole_in]]
            for whole, level in trees[whole_in].items():
                own = (whole,) if whole in trees[parts_in] else ()
                beside = [unit for unit in only if trees[parts_in][unit] == level]
                for size in range(1 if own else 2, 4):
                    for chosen in combinations(beside[:8], size):
                        one = Union(whole_in, whole, parts_in, (*own, *chosen), level)
                        found += [one] if _agrees(one, columns) else []
    return found


def places_of(union: Union, columns: Columns) -> Iterator[tuple[int, tuple[int, ...], int, int]]:
    """Each pair of columns and place where a union holds: total's column and place, the parts' column and places."""
    row = {name: number for number, name in enumerate(columns.names)}
    at = {place: number for number, place in enumerate(columns.places)}
    for total, name in enumerate(columns.names):
        part = row.get(name._replace(edition=union.parts_in))
        if name.edition != union.edition or part is None:
            continue
        for place, number in at.items():
            if place.unit == union.unit and place.level == union.level and columns.there[total, number]:
                parts = [at.get(Place(place.context, place.year, place.level, unit), -1) for unit in union.parts]
                present = tuple(one for one in parts if one >= 0 and columns.there[part, one])
                if present and columns.level_there[part, present[0]]:
                    yield total, present, part, number


def _agrees(union: Union, columns: Columns) -> bool:
    hits, compared = 0, 0
    for total, parts, part, number in places_of(union, columns):
        if columns.names[total].kind == "n":
            mine, theirs = columns.shown[total, number], columns.shown[part, list(parts)].sum()
            compared += int(not np.isnan(mine + theirs))
            hits += int(mine == theirs and len(parts) > 1)
    return hits >= LEAST and hits >= HALF * compared
