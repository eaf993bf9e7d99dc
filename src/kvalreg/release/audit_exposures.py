"""Everything that was read of a site, attacked indicator by indicator and year by year.

Comes in: what was read of this edition and of earlier ones. Goes out: the hidden cells that are given away, and those
about which the numbers contradict each other. The attack on one indicator and year is `audit_attack`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kvalreg.disclosure.attack import Measure
from kvalreg.disclosure.cells import Policy
from kvalreg.inputs.units import Level
from kvalreg.release.audit_attack import HIDDEN, Family, Known, adds_up, bound
from kvalreg.release.audit_files import Edition
from kvalreg.release.audit_public import Key, Place, Public
from kvalreg.release.audit_readings import Reading
from kvalreg.release.published_numbers import Numbers, counts

Group = tuple[str, str, str, int]
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


def attacked(public: Public, now: Edition, earlier: Sequence[Edition]) -> Iterator[GivenAway]:
    """What the site gives away, by itself and together with what readers have seen before."""
    families = {group: _families(public, now, keys) for group, keys in _grouped(now).items()}
    crooked = {group[:3] for group, ways in families.items() for one in ways if not (one.summed or adds_up(one))}
    older: dict[Group, list[Cells]] = {}
    for edition in earlier:
        for group, keys in _grouped(edition).items():
            if group in families:
                older.setdefault(group, []).append(_printed(public, edition, keys)[0])
    for group, ways in families.items():
        ways = [replace(one, additive=group[:3] not in crooked) for one in ways]
        yield from _attack(public, group, ways, older.get(group, ()))


def told_before(public: Public, now: Edition, earlier: Sequence[Edition]) -> set[Key]:
    """Hidden cells that an earlier edition showed, with no total above them changed since: hiding them takes nothing
    back, and nothing now published gives them away."""
    found: set[Key] = set()
    groups = _grouped(now)
    for edition in earlier:
        for group, keys in _grouped(edition).items():
            cells = _printed(public, now, groups[group])[0] if group in groups else {}
            filled = _with_earlier(public, cells, _printed(public, edition, keys)[0])
            found |= {Key(*group, place) for place in cells if filled[place] != cells[place]}
    return found


def _grouped(edition: Edition) -> dict[Group, list[Key]]:
    groups: dict[Group, list[Key]] = {}
    for key in edition.readings:
        groups.setdefault(key[:4], []).append(key)
    return groups


def _families(public: Public, edition: Edition, keys: list[Key]) -> list[Family]:
    indicator = public.registries[keys[0].registry].indicator(keys[0].ind_id)
    policy, summed = Policy(indicator.min_denominator), indicator.type.summed
    return [Family(public.units, cells, policy, summed, summed) for cells in _printed(public, edition, keys)]


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


def _printed(public: Public, edition: Edition, keys: Iterable[Key]) -> list[Cells]:
    """What is printed about each cell; twice, first and last word first, where places contradict each other."""
    first: Cells = {}
    last: Cells = {}
    for key in keys:
        told = edition.readings[key]
        first[key.place] = _together(public, key, told)
        last[key.place] = _together(public, key, told[::-1]) if len(told) > 1 else first[key.place]
    return [first] if first == last else [first, last]


def _together(public: Public, key: Key, told: Sequence[Reading]) -> Known:
    """All that is printed about a cell; what contradicts an earlier word is left out."""
    numbers = Numbers()
    for one in told:
        if one.numbers is None:
            return HIDDEN
        numbers = numbers.meet(one.numbers) or numbers
    if not public.registries[key.registry].indicator(key.ind_id).type.summed:
        return Known(n=counts(Numbers(n=numbers.n))[0])
    n, x = counts(numbers)
    return Known(n, x)


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
