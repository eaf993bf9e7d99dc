"""What is wrong with a site: findings, and how they follow from what was read.

Comes in: what was read of this edition and of earlier ones. Goes out: `Finding`s. A finding never repeats a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kvalreg.inputs.descriptor import IndicatorType
from kvalreg.release.audit_cells import Group
from kvalreg.release.audit_files import Edition
from kvalreg.release.audit_public import Key, Place, Public, Spot
from kvalreg.release.audit_readings import Claim
from kvalreg.release.audit_sheet import Sheet


class FindingKind(StrEnum):
    """What is wrong. Every kind fails the audit."""

    LEAK = "leak"
    """A number, a verdict or a mark in a drawing stands beside a unit whose cell is hidden, or anything but its number
    of patients beside one whose result is not reliable."""
    EXPOSED = "exposed"
    """What has been published, in this edition and earlier ones, gives a suppressed cell away (`disclosure.proof`)."""
    UNPROVEN = "unproven"
    """The ledger does not tell for certain what editions showed, so what they give away together is not known."""
    UNREADABLE = "unreadable"
    """A file or a table of results that the audit cannot read."""
    NOTHING = "nothing"
    """No result was found where results should be: the audit has checked nothing."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `text` never holds a result; what is not known is empty, or None for the year."""

    kind: FindingKind
    text: str
    file: str = ""
    place: str = ""
    registry: str = ""
    ind_id: str = ""
    context: str = ""
    year: int | None = None
    unit: str = ""

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.place) if part)
        cell = " ".join(str(part) for part in (self.registry, self.ind_id, self.context, self.year or "") if part)
        about = ", ".join(part for part in (cell, self.unit) if part)
        return " | ".join(part for part in (self.kind.value.upper(), where, about, self.text) if part)


def suspected(public: Public, now: Sheet) -> bool:
    """Whether anything is wrong: a look without places, much quicker than finding out where."""
    if now.unsettled or (now.hidden & now.told).any():
        return True
    newest = {group[0]: group[3] for group in sorted(now.slices, key=lambda group: group[3])}
    if now.doubtful(_counts(public, now.groups)):
        return True
    by_place = _by_place((*now.hidden_keys, *now.patients))
    return any(_leaks_by(claim, key, now) for claim in now.claims for key in _claimed(claim, by_place, newest))


def found_in(public: Public, edition: Edition, now: Sheet) -> Iterator[Finding]:
    """Leaks first, then rows that belong to no cell we can name. `now` is what this edition tells, put together."""
    yield from _leaks(public, edition, now)
    yield from (unattached(one.spot.file, one.spot.place) for one in edition.unattached)


def unattached(file: str, place: str) -> Finding:
    """A row that belongs to no cell we can name."""
    text = "A row of a table of results whose indicator, context, year or unit cannot be told."
    return Finding(FindingKind.UNREADABLE, text, file, place)


# --- leaks -----------------------------------------------------------------------------------------------------------
_BESIDE = "A number, a verdict or a drawn mark stands beside this unit, whose result is hidden."
_TOLD = "This place tells the result; elsewhere it is hidden."
_UNRELIABLE = "More than the number of patients is told of this unit, whose result is not reliable."


def _leaks(public: Public, edition: Edition, now: Sheet) -> Iterator[Finding]:
    hidden = edition.hidden
    for key in hidden:
        told = [one for one in edition.readings[key] if one.numbers is not None]
        yield from (_finding(public, FindingKind.LEAK, key, one.spot, _TOLD) for one in told)
    for key in now.doubtful(_counts(public, now.groups)):
        told = [one for one in edition.readings[key] if one.numbers]
        yield from (_finding(public, FindingKind.LEAK, key, one.spot, _UNRELIABLE) for one in told)
    by_place = _by_place((*hidden, *now.patients))
    newest: dict[str, int] = {}
    for key in edition.readings:
        newest[key.registry] = max(key.year, newest.get(key.registry, key.year))
    for claim in edition.claims:
        for key in _claimed(claim, by_place, newest):
            if _leaks_by(claim, key, now):
                why = _UNRELIABLE if key in now.patients else _BESIDE
                yield _finding(public, FindingKind.LEAK, key, claim.spot, why)


def _leaks_by(claim: Claim, key: Key, now: Sheet) -> bool:
    """Whether a claim tells too much of a cell: of one that is not reliable the number of patients may be told."""
    return key not in now.patients or claim.patients is None or now.patients[key] != claim.patients


def _counts(public: Public, groups: Iterable[Group]) -> set[Group]:
    """The groups whose results are numbers of patients."""
    return {group for group in groups if public.registries[group[0]].indicator(group[1]).type is IndicatorType.ANTALL}


def _by_place(keys: Iterable[Key]) -> dict[Place, list[Key]]:
    found: dict[Place, list[Key]] = {}
    for key in keys:
        found.setdefault(key.place, []).append(key)
    return found


def _claimed(claim: Claim, hidden: Mapping[Place, list[Key]], newest: Mapping[str, int]) -> Iterator[Key]:
    """The cells that a claim may be about. Where no year is known, the newest is meant."""
    spot = claim.spot
    for place in claim.places:
        for key in hidden.get(place, ()):
            if (
                _agree(spot.registry, key.registry)
                and _agree(spot.ind_id, key.ind_id)
                and _agree(spot.context, key.context)
                and key.year in (claim.years or (newest[key.registry],))
            ):
                yield key


def _agree(asked: str | None, told: str) -> bool:
    """Whether two names are one, where both are known."""
    return asked == told or not asked or not told


def _finding(public: Public, kind: FindingKind, key: Key, spot: Spot, text: str) -> Finding:
    orgnr = key.place.orgnr
    unit = f"{public.units[orgnr].name} ({orgnr})" if orgnr in public.units else orgnr
    return Finding(kind, text, spot.file, spot.place, key.registry, key.ind_id, key.context, key.year, unit)
