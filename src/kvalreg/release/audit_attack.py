"""The attack on a published site: everything read about one indicator and year, put together and bounded.

Comes in: what was read of each cell, the unit tree, the public minimum. Goes out: the hidden cells that published sums
give away. `kvalreg.disclosure.attack` does the bounding; here its `View` is built, from printed numbers alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from kvalreg.disclosure.attack import Measure, attack, exposed
from kvalreg.disclosure.cells import UNBOUNDED, Policy, View
from kvalreg.disclosure.relations import Relations, Sum
from kvalreg.disclosure.solver import Enough
from kvalreg.inputs.units import Level, Units
from kvalreg.release.audit_public import Place
from kvalreg.release.audit_sums import Sums
from kvalreg.release.published_numbers import Span


@dataclass(frozen=True, slots=True)
class Known:
    """What is printed of a cell, as spans of whole numbers; a hidden cell has none.

    `x` is None where the indicator has no numerators, or none can be told.
    """

    n: Span | None = None
    x: Span | None = None
    hidden: bool = False
    listed: bool = True


HIDDEN = Known(hidden=True)
UNLISTED = Known(listed=False)
"""A unit that a page leaves out, without a mark: it may be without patients."""


@dataclass(frozen=True)
class Family:
    """All cells of one indicator, context and year that sums connect.

    Parameters
    ----------
    cells
        What is known of each.
    summed
        Whether totals are sums of their parts by definition; False where they only seem to be.
    additive
        False where other years have shown that this indicator's totals hold more or fewer than their parts.
    share
        Whether numerators are told too.
    remembered
        The sums of families with the same units, which are worked out once for all of them.
    """

    units: Units
    cells: Mapping[Place, Known]
    policy: Policy
    summed: bool
    share: bool
    additive: bool = True
    remembered: Sums | None = None

    @cached_property
    def sums(self) -> Sums:
        """The sums among any of its cells."""
        return self.remembered or Sums(self.units)


@dataclass(frozen=True)
class Outcome:
    """The cells that are given away, by which count, and those about which the numbers contradict each other."""

    exposed: dict[Place, tuple[Measure, ...]] = field(default_factory=dict)
    contradicted: frozenset[Place] = frozenset()


def bound(family: Family) -> Outcome:
    """Attack one family.

    First as a reader does who takes the list of units as complete. Where that contradicts the numbers, totals may hold
    more than is listed. Where all of a total's units are shown and do not make it, the rest belongs to units that the
    pages leave out, and these are attacked too.
    """
    hidden = {place for place, known in family.cells.items() if known.hidden}
    outcome = Outcome()
    if hidden:
        outcome = _attacked(family, hidden, complete=family.additive)
        if outcome.contradicted:
            second = _attacked(family, set(outcome.contradicted), complete=False)
            still = second.contradicted if family.summed else frozenset[Place]()
            found = {place: why for place, why in second.exposed.items() if family.summed and place not in still}
            outcome = Outcome(outcome.exposed | found, still)
    if family.summed:
        left_out = _left_out(family)
        if left_out:
            wider = replace(family, cells={**family.cells, **dict.fromkeys(left_out, UNLISTED)})
            more = _attacked(wider, left_out, complete=True)
            outcome = Outcome(more.exposed | outcome.exposed, outcome.contradicted)
    return outcome


def adds_up(family: Family) -> bool:
    """Whether every total whose parts are all shown is their sum."""
    return all(rest == 0 for _, rest in _rests(family))


def _rests(family: Family) -> Iterator[tuple[Place, int]]:
    """Totals that are shown with all their parts, and by how many patients they exceed these."""
    spans = [known.n for known in family.cells.values()]
    n = np.array([span.low if span is not None and span.exact else np.nan for span in spans], dtype=np.float64)
    return family.sums.rests(tuple(family.cells), n)


def _left_out(family: Family) -> set[Place]:
    """Units without a row below totals whose rows are all shown and do not make the total."""
    return {unit for total, rest in _rests(family) if rest > 0 for unit in _unlisted_below(family, total)}


def _unlisted_below(family: Family, total: Place) -> set[Place]:
    """The hospitals below a total that are not told of, nor is any unit between them and the total."""
    units = family.units
    found = set()
    for unit in units.at(Level.HOSPITAL):
        above = {Place(up.level.value, up.orgnr) for up in units.ancestors(unit.orgnr)}
        county = Place(Level.COUNTY.value, unit.county or "")
        inside = total in above or total == county
        place = Place(unit.level.value, unit.orgnr)
        depth = [up for up in (place, *above) if up in family.cells and up != total and _below(units, up, total)]
        if inside and not depth:
            found.add(place)
    return found


def _below(units: Units, place: Place, total: Place) -> bool:
    if total.level == Level.COUNTY.value:
        return place.level == Level.HOSPITAL.value
    return place.orgnr in units and total.orgnr in {up.orgnr for up in units.ancestors(place.orgnr)}


def _attacked(family: Family, judged: set[Place], *, complete: bool) -> Outcome:
    """The library's attack on a view of this family; only the cells in `judged` are reported."""
    places = tuple(family.cells)
    view = _Numbered(family, places).view(complete=complete)
    # Of a unit that no page lists, the bounds themselves tell whether it is exposed: they must be exact.
    enough = Enough(family.policy) if all(known.listed for known in family.cells.values()) else None
    bounds = attack(view, enough)
    found: dict[Place, tuple[Measure, ...]] = {}
    contradicted = set()
    for one in exposed(bounds, view, family.policy):
        if one.cell >= len(places) or places[one.cell] not in judged:
            continue
        place = places[one.cell]
        if not bounds.consistent[one.cell]:
            contradicted.add(place)
        else:
            found[place] = (*found.get(place, ()), one.measure)
    return Outcome(found, frozenset(contradicted))


class _Numbered:
    """A family's cells as arrays, with further cells for numerators that are known only roughly.

    A shown cell with n patients of whom a to b have the property is ``n`` hidden between n and n, the total of a shown
    cell with a of a + n - b and a hidden one of b - a patients: together they say exactly what is known.
    """

    def __init__(self, family: Family, places: tuple[Place, ...]) -> None:
        self.family = family
        self.places = places
        self.n: list[int] = []
        self.x: list[int] = []
        self.low: list[int] = []
        self.high: list[int] = []
        self.hidden: list[bool] = []
        self.sums: list[Sum] = []

    def view(self, *, complete: bool) -> View:
        """What a reader sees who takes the list of units as complete, or does not."""
        for place in self.places:
            self._cell(self.family.cells[place])
        for at, place in enumerate(self.places):
            self._roughly(at, self.family.cells[place])
        size = len(self.n)
        absent = [not self.family.cells[place].listed for place in self.places]
        keep = [place.level == Level.NATION.value for place in self.places]
        fill = [False] * (size - len(self.places))
        return View(
            relations=self._relations(complete=complete),
            n=np.array(self.n, dtype=np.int64),
            x=np.array(self.x, dtype=np.int64) if self.family.share else None,
            hidden=np.array(self.hidden, dtype=np.bool_),
            absent=np.array(absent + fill, dtype=np.bool_),
            keep=np.array(keep + fill, dtype=np.bool_),
            low=np.array(self.low, dtype=np.int64),
            high=np.array(self.high, dtype=np.int64),
        )

    def _relations(self, *, complete: bool) -> Relations:
        if not self.sums:
            return self.family.sums.among(self.places, complete=complete)
        listed = self.family.sums.listed(self.places)
        sums = listed if complete else [one._replace(complete=False) for one in listed]
        return Relations.of(len(self.n), [*sums, *self.sums])

    def _cell(self, known: Known) -> None:
        exact = known.n is not None and known.n.exact
        whole = exact and (not self.family.share or (known.x is not None and known.x.exact))
        if whole and known.n is not None:
            self._add(int(known.n.low), int(known.x.low) if known.x else 0)
        elif known.n is not None:
            self._add(-1, -1, int(known.n.low), int(known.n.high))
        else:
            self._add(-1, -1, 1 if known.listed else 0, UNBOUNDED)

    def _roughly(self, at: int, known: Known) -> None:
        if not self.hidden[at] or not self.family.share or known.n is None or known.x is None or not known.n.exact:
            return
        n, least, most = int(known.n.low), int(known.x.low), int(known.x.high)
        sure = self._add(least + n - most, least)
        rest = self._add(-1, -1, most - least, most - least)
        self.sums.append(Sum(at, (sure, rest)))

    def _add(self, n: int, x: int, low: int | None = None, high: int | None = None) -> int:
        self.n.append(n)
        self.x.append(x)
        self.low.append(n if low is None else low)
        self.high.append(n if high is None else high)
        self.hidden.append(n < 0)
        return len(self.n) - 1
