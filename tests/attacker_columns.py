"""Columns of numbers, and what a reader sees from the shown ones: which count the same patients, which sum to which.

Input: editions as `Seen`. Output: `Columns`, with one row for each indicator's patients (n), numerator (x) and misses
(y) in each edition, and one column for each place: context, year, level and unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacker_cells import Key, Seen

Bools = NDArray[np.bool_]
LEAST = 3
"""So many shown numbers must agree."""
HALF, MOST, SMALL = 0.5, 0.8, 20
LONGEST = 5
"""A pooled period has at most so many years."""


class Column(NamedTuple):
    """One indicator's patients (n), numerator (x) or misses (y) in one edition."""

    edition: int
    ind_id: str
    kind: str


class Place(NamedTuple):
    """Where a number stands: the unit under the name by which all editions are compared."""

    context: str
    year: int
    level: str
    unit: str


class Link(NamedTuple):
    """Two columns that count the same patients at some places."""

    left: int
    right: int
    at: Bools
    share: float


Parts = tuple[tuple[int, int], ...]
"""Columns, and so many years (0, -1, ...) from the whole's own."""


class Whole(NamedTuple):
    """A column that is the sum of others, each so many years earlier, at some places."""

    total: int
    parts: Parts
    at: Bools


@dataclass(frozen=True, eq=False)
class Columns:
    """All numbers of all editions side by side.

    Parameters
    ----------
    names
        The columns, shape (columns,).
    places
        Shape (places,).
    shown
        What is printed, NaN where it is not, shape (columns, places).
    there
        Where a cell is printed, shown or not.
    level_there
        Where any unit of the level is printed: a unit that is not, has nobody.
    keys
        The cell's own key, by edition, indicator and place.
    """

    names: tuple[Column, ...]
    places: tuple[Place, ...]
    shown: NDArray[np.float64]
    there: Bools
    level_there: Bools
    keys: Mapping[tuple[int, str, int], Key]

    @classmethod
    def of(cls, editions: Sequence[Seen], named: Sequence[Mapping[str, str]]) -> Columns:
        """The columns of these editions; `named` gives each edition's units their common names."""
        numbers: dict[Place, int] = {}
        keys = {}
        for edition, seen in enumerate(editions):
            for key in seen.cells:
                place = Place(key.context, key.year, key.level, named[edition].get(key.orgnr, key.orgnr))
                keys[edition, key.ind_id, numbers.setdefault(place, len(numbers))] = key
        names = [
            Column(edition, ind_id, kind)
            for edition, seen in enumerate(editions)
            for ind_id in sorted({key.ind_id for key in seen.cells})
            for kind in ("nxy" if ind_id in seen.with_x else "n")
        ]
        row = {name: number for number, name in enumerate(names)}
        shape = (len(names), len(numbers))
        shown, there = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)
        for (edition, ind_id, at), key in keys.items():
            cell = editions[edition].cells[key]
            y = None if cell.n is None or cell.x is None else cell.n - cell.x
            for kind, value in (("n", cell.n), ("x", cell.x), ("y", y)):
                number = row.get(Column(edition, ind_id, kind))
                if number is not None:
                    there[number, at] = True
                    shown[number, at] = np.nan if value is None else value
        places = tuple(numbers)
        levels = np.unique([f"{one.context} {one.year} {one.level}" for one in places], return_inverse=True)[1]
        level_there = np.zeros_like(there)
        for level in range(levels.max(initial=-1) + 1):
            level_there[:, levels == level] = there[:, levels == level].any(axis=1, keepdims=True)
        return cls(tuple(names), places, shown, there, level_there, keys)

    @property
    def hidden(self) -> Bools:
        """Where a cell is printed without this number."""
        return self.there & np.isnan(self.shown)

    def links(self, coverage_of: Mapping[str, str]) -> list[Link]:
        """Columns that count the same patients, as far as the shown numbers tell; the surest first.

        Near 100 % a numerator equals its denominator, and whatever equals the one seems to equal the other. So no
        columns are linked that would make one of the two: of such links the surest stay. A coverage's numerator goes
        before its denominator, since that is what readers expect; `coverage_of` has each indicator's coverage.
        """
        scopes = self._scopes()
        hidden, known = self.hidden, ~np.isnan(self.shown)
        found = []
        for left, right in combinations(range(len(self.names)), 2):
            if self._may_be_one(left, right):
                both = known[left] & known[right]
                agree = both & (self.shown[left] == self.shown[right]) & (self.shown[left] > 0)
                if agree.sum() >= LEAST and (hidden[left] | hidden[right] | ~known[left] | ~known[right]).any():
                    at = _agreeing(agree, both, np.fmin(self.shown[left], self.shown[right]) < SMALL, scopes)
                    if at.any():
                        found.append(Link(left, right, at, float(agree.sum() / both.sum())))
        return self._possible_together(sorted(found, key=lambda link: (-link.share, self._order(link, coverage_of))))

    def _order(self, link: Link, coverage_of: Mapping[str, str]) -> int:
        """Which of equally sure links goes first: coverage, then patients with patients."""
        one, other = self.names[link.left], self.names[link.right]
        for mine, theirs in ((one, other), (other, one)):
            if mine.kind == "x" and theirs.kind == "n" and coverage_of.get(theirs.ind_id) == mine.ind_id:
                return 0
        return 1 if one.kind == other.kind else 2

    def _possible_together(self, links: Sequence[Link]) -> list[Link]:
        """Those that do not make a numerator, its misses and its denominator one."""
        cluster = {number: {number} for number in range(len(self.names))}
        kept = []
        for link in links:
            one, other = cluster[link.left], cluster[link.right]
            if one is not other:
                kinds: dict[str, set[str]] = {}
                for number in one | other:
                    kinds.setdefault(self.names[number].ind_id, set()).add(self.names[number].kind)
                if any(len(several) > 1 for several in kinds.values()):
                    continue
                one |= other
                cluster |= dict.fromkeys(other, one)
            kept.append(link)
        return kept

    def _may_be_one(self, left: int, right: int) -> bool:
        """Whether two columns may count the same patients: never a numerator and its own denominator.

        Columns of two editions are compared where they are one indicator's, or one goes on where the other ends: equal
        numbers of two indicators in two editions tell nothing that each edition by itself does not.
        """
        one, other = self.names[left], self.names[right]
        kinds = {one.kind, other.kind}
        if one.ind_id == other.ind_id:
            return one.edition != other.edition and len(kinds) == 1 and kinds != {"y"}
        if one.edition != other.edition and not self._is_renamed(one, other):
            return False
        return "n" in kinds or (one.edition != other.edition and kinds == {"x"})

    def _is_renamed(self, one: Column, other: Column) -> bool:
        """Whether an indicator ends where the other begins."""
        own = {(name.edition, name.ind_id) for name in self.names}
        return (other.edition, one.ind_id) not in own and (one.edition, other.ind_id) not in own

    def _scopes(self) -> list[tuple[Bools, bool]]:
        """Sets of places to compare columns in, and whether each is one year."""
        contexts = np.array([place.context for place in self.places])
        years = np.array([place.year for place in self.places])
        scopes = [(np.ones(len(self.places), dtype=np.bool_), False)]
        for context in np.unique(contexts):
            scopes.append((contexts == context, False))
            scopes += [((contexts == context) & (years == year), True) for year in np.unique(years)]
        return scopes

    def sums(self) -> list[Whole]:
        """Pooled periods and their years, and wholes of two to four parts, as far as the shown numbers tell.

        They are found by their patients; numerators are looked at where the patients sum.
        """
        row = {name: number for number, name in enumerate(self.names)}
        found = []
        for total, parts in (*self._pooled(), *self._strata()):
            one = self._whole(total, parts)
            if one is not None:
                found.append(one)
                of = [
                    row.get(self.names[column]._replace(kind="x")) for column in (total, *(part for part, _ in parts))
                ]
                if None not in of:
                    whole, *numerators = (column for column in of if column is not None)
                    backs = (back for _, back in parts)
                    counted = self._whole(whole, tuple(zip(numerators, backs, strict=True)))
                    found += [] if counted is None else [counted]
        return found

    def _pooled(self) -> Iterator[tuple[int, Parts]]:
        """Everything that may be a pooled period and its years."""
        for total, name in enumerate(self.names):
            for part, of in enumerate(self.names):
                if name.kind == of.kind == "n" and name.edition == of.edition and name.ind_id != of.ind_id:
                    for years in range(2, LONGEST + 1):
                        yield total, tuple((part, -back) for back in range(years))

    def _strata(self) -> Iterator[tuple[int, Parts]]:
        """Everything that may be a whole and its parts."""
        patients = [number for number, name in enumerate(self.names) if name.kind == "n"]
        for total in patients:
            parts = [one for one in patients if self.names[one].edition == self.names[total].edition and one != total]
            parts = [one for one in parts if self._smaller(one, total)]
            for size in (2, 3, 4):
                for chosen in combinations(parts[:16], size):
                    yield total, tuple((part, 0) for part in chosen)

    def _smaller(self, part: int, total: int) -> bool:
        """Whether a column never exceeds another, and is somewhere below it."""
        with np.errstate(invalid="ignore"):
            less, more = self.shown[part] < self.shown[total], self.shown[part] > self.shown[total]
        return bool(less.any() and more.sum() <= less.sum() * 0.1)

    def _whole(self, total: int, parts: Parts) -> Whole | None:
        """A whole whose parts sum to it in enough of what is shown, each of them in some of it."""
        summed = np.zeros(len(self.places))
        at = self.there[total].copy()
        values = []
        for part, back in parts:
            moved = self.moved[back]
            there = (moved >= 0) & self.there[part][moved]
            at &= self._level_in(part, back)
            values.append(np.where(there, self.shown[part][moved], 0.0))
            summed += values[-1]
        known = at & ~np.isnan(summed) & ~np.isnan(self.shown[total])
        agree = known & (summed == self.shown[total])
        least = min(((value > 0) & agree).sum() for value in values)
        return Whole(total, parts, at) if least >= LEAST and agree.sum() >= HALF * known.sum() else None

    def _level_in(self, part: int, back: int) -> Bools:
        """Where the level is printed so many years earlier, also where the unit itself has nobody then."""
        own, asked = self._levels[0], self._levels[back]
        printed = np.zeros(own.max(initial=0) + 2, dtype=np.bool_)  # the last one is for a level that is nowhere
        printed[own[self.there[part]]] = True
        return printed[asked]

    @cached_property
    def _levels(self) -> dict[int, NDArray[np.int64]]:
        """A number for the context, year and level of each place, so many years earlier (-4 to 0)."""
        numbers: dict[tuple[str, int, str], int] = {}
        for place in self.places:
            numbers.setdefault((place.context, place.year, place.level), len(numbers))
        return {
            back: np.array([numbers.get((one.context, one.year + back, one.level), -1) for one in self.places])
            for back in range(1 - LONGEST, 1)
        }

    @cached_property
    def moved(self) -> dict[int, NDArray[np.int64]]:
        """The same unit's place so many years earlier (-4 to 0), -1 where there is none."""
        number = {place: at for at, place in enumerate(self.places)}
        return {
            back: np.array([number.get(one._replace(year=one.year + back), -1) for one in self.places])
            for back in range(1 - LONGEST, 1)
        }


def _agreeing(agree: Bools, both: Bools, small: Bools, scopes: Sequence[tuple[Bools, bool]]) -> Bools:
    """The places at which two columns are one: a scope in which enough of what is shown agrees."""
    at = np.zeros(len(agree), dtype=np.bool_)
    for scope, one_year in scopes:
        same, compared = (agree & scope).sum(), (both & scope).sum()
        few_same, few = (agree & scope & small).sum(), (both & scope & small).sum()
        enough = same >= max(LEAST, (MOST if one_year else HALF) * compared)
        if enough or (not one_year and few_same >= max(LEAST, HALF * few)):
            at |= scope
    return at
