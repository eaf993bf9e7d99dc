"""Everything that was read of a site, attacked indicator by indicator and year by year.

Comes in: what was read of this edition and of earlier ones. Goes out: the hidden cells that are given away, and those
about which the numbers contradict each other. The attack on one indicator and year is `audit_attack`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kvalreg.disclosure.attack import Measure
from kvalreg.disclosure.cells import Policy
from kvalreg.inputs.units import Level
from kvalreg.release.audit_attack import HIDDEN, Family, Known, adds_up, bound
from kvalreg.release.audit_cells import Group
from kvalreg.release.audit_public import Key, Place, Public
from kvalreg.release.audit_sheet import Sheet
from kvalreg.release.audit_sums import Sums
from kvalreg.release.published_numbers import Numbers, Span, counts, whole
from kvalreg.statistics.intervals import Floats

Cells = dict[Place, Known]


@dataclass(frozen=True)
class GivenAway:
    """A hidden cell about which too much is told.

    Parameters
    ----------
    measures
        The counts that are given away; empty where the numbers around the cell contradict each other.
    with_earlier
        Whether it takes an earlier edition.
    """

    key: Key
    measures: tuple[Measure, ...]
    with_earlier: bool = False


def attacked(public: Public, now: Sheet, earlier: Sequence[Sheet]) -> Iterator[GivenAway]:
    """What the site gives away, by itself and together with what readers have seen before."""
    sums = Sums(public.units)
    hiding = {key[:4] for key in now.hidden_keys}
    families = {
        group: _families(public, sums, now, group)
        for group in now.slices
        if group in hiding or (_summed(public, group) and _exceeds(now, sums, group))
    }
    crooked = _crooked(public, sums, now, {group[:3] for group in hiding if not _summed(public, group)})
    for group, ways in families.items():
        ways = [replace(one, additive=group[:3] not in crooked) for one in ways]
        yield from _attack(
            public, group, ways, [one for edition in earlier for one in _shown(public, now, edition, group)]
        )


def told_before(public: Public, now: Sheet, earlier: Sequence[Sheet]) -> set[Key]:
    """Hidden cells that an earlier edition showed, with no total above them changed since: hiding them takes nothing
    back, and nothing now published gives them away."""
    found: set[Key] = set()
    for edition in earlier:
        for group in dict.fromkeys(key[:4] for key in now.hidden_keys):
            for older in _shown(public, now, edition, group):
                cells = _printed(public, now, group)[0]
                filled = _with_earlier(public, cells, older)
                found |= {Key(*group, place) for place in cells if filled[place] != cells[place]}
    return found


def _shown(public: Public, now: Sheet, edition: Sheet, group: Group) -> list[Cells]:
    """What an earlier edition printed about a group, where it showed a cell that is hidden now; nothing otherwise."""
    if edition is now or not any(edition.shows(key) for key in now.hidden_in(group)):
        return []
    return _printed(public, edition, group)[:1]


def _summed(public: Public, group: Group) -> bool:
    """Whether totals are sums of their parts by definition."""
    return public.registries[group[0]].indicator(group[1]).type.summed


def _exceeds(sheet: Sheet, sums: Sums, group: Group) -> bool:
    """Whether a total may exceed its parts, so that the group is worth a closer look though it hides nothing."""
    cells = sheet.slices[group]
    if sheet.torn_in(cells):
        return True
    n = _exact_n(sheet, cells)
    interval = ~np.isnan(sheet.low[cells, 2:]).any(axis=1)
    if (np.isnan(sheet.low[cells, 0]) & interval).any():  # an interval gives patients away that are not printed
        return True
    return any(rest > 0 for _, rest in sums.rests(sheet.places_in(cells), n))


def _crooked(public: Public, sums: Sums, sheet: Sheet, asked: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """Indicators of which any year shows that totals are not the sums of their parts."""
    found = set()
    for group, cells in sheet.slices.items():
        if group[:3] not in asked or group[:3] in found:
            continue
        if sheet.torn_in(cells):
            straight = all(adds_up(one) for one in _families(public, sums, sheet, group))
        else:
            straight = not any(rest for _, rest in sums.rests(sheet.places_in(cells), _exact_n(sheet, cells)))
        if not straight:
            found.add(group[:3])
    return found


def _exact_n(sheet: Sheet, cells: slice) -> Floats:
    """Numbers of patients that are printed exactly; nan where none is."""
    low, high = whole(sheet.low[cells, 0], sheet.high[cells, 0])
    return np.where((low == high) & ~sheet.hidden[cells], low, np.nan)


def _families(public: Public, sums: Sums, sheet: Sheet, group: Group) -> list[Family]:
    registry = public.registries[group[0]]
    policy = Policy(registry.secret_below_of(registry.indicator(group[1])))
    summed = _summed(public, group)
    return [
        Family(public.units, cells, policy, summed, summed, remembered=sums) for cells in _printed(public, sheet, group)
    ]


def _attack(public: Public, group: Group, ways: Sequence[Family], older: Sequence[Cells]) -> Iterator[GivenAway]:
    """One indicator, context and year: this edition alone, then with each earlier one."""
    alone = [bound(one) for one in ways]
    found = {place: why for outcome in alone for place, why in outcome.exposed.items()}
    for place in frozenset.intersection(*(outcome.contradicted for outcome in alone)):
        yield GivenAway(Key(*group, place), ())
    for place, why in found.items():
        yield GivenAway(Key(*group, place), why)
    for edition in older:
        fresh: dict[Place, tuple[Measure, ...]] = {}
        for one in ways:
            cells = _with_earlier(public, dict(one.cells), edition)
            if cells != one.cells:
                fresh |= bound(replace(one, cells=cells)).exposed
        for place, why in fresh.items():
            if place not in found:
                yield GivenAway(Key(*group, place), why, with_earlier=True)
        found |= fresh


def _printed(public: Public, sheet: Sheet, group: Group) -> list[Cells]:
    """What is printed about each cell; twice, first and last word first, where places contradict each other."""
    cells = sheet.slices[group]
    places, summed = sheet.places_in(cells), _summed(public, group)
    (n_low, n_high), (x_low, x_high) = (
        [limit.tolist() for limit in whole(sheet.low[cells, at], sheet.high[cells, at])] for at in (0, 1)
    )
    first: Cells = {}
    for at, (place, hidden) in enumerate(zip(places, sheet.hidden[cells].tolist(), strict=True)):
        if hidden:
            first[place] = HIDDEN
        elif n_low[at] == n_low[at] and (not summed or x_low[at] == x_low[at]):
            first[place] = Known(Span(n_low[at], n_high[at]), Span(x_low[at], x_high[at]) if summed else None)
        else:
            first[place] = _together(sheet.numbers(cells.start + at), summed=summed)
    last = dict(first)
    for cell in sheet.torn_in(cells):
        if not sheet.hidden[cell]:
            place = places[cell - cells.start]
            first[place] = _together(sheet.torn[cell], summed=summed)
            last[place] = _together(sheet.torn[cell][::-1], summed=summed)
    return [first] if first == last else [first, last]


def _together(told: Sequence[Numbers], *, summed: bool) -> Known:
    """All that is printed about a cell; what contradicts an earlier word is left out."""
    numbers = Numbers()
    for one in told:
        numbers = numbers.meet(one) or numbers
    n, x = counts(numbers if summed else Numbers(n=numbers.n))
    return Known(n, x if summed else None)


def _with_earlier(public: Public, cells: Cells, edition: Cells) -> Cells:
    """Hidden cells with what an earlier edition showed, unless a total above them has changed since."""
    changed = {
        place
        for place, known in cells.items()
        if place in edition and not known.hidden and not edition[place].hidden and not _agree(known, edition[place])
    }
    return {
        place: edition[place]
        if known.hidden and place in edition and not edition[place].hidden and changed.isdisjoint(_above(public, place))
        else known
        for place, known in cells.items()
    }


def _agree(one: Known, other: Known) -> bool:
    pairs = ((one.n, other.n), (one.x, other.x))
    return all(a is None or b is None or a.meet(b) is not None for a, b in pairs)


def _above(public: Public, place: Place) -> set[Place]:
    if place.level == Level.COUNTY.value:
        return {Place(Level.NATION.value, public.units.nation.orgnr)}
    above = {Place(up.level.value, up.orgnr) for up in public.units.ancestors(place.orgnr)}
    county = public.units[place.orgnr].county
    return above | ({Place(Level.COUNTY.value, county)} if county else set())
