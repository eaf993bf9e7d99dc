"""What is wrong with a site: findings, and how they follow from what was read.

Comes in: what was read of this edition and of earlier ones. Goes out: `Finding`s. A finding never repeats a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kvalreg.disclosure.attack import Measure
from kvalreg.release.audit_exposures import attacked, told_before
from kvalreg.release.audit_files import Edition
from kvalreg.release.audit_public import Key, Place, Public, Spot
from kvalreg.release.audit_readings import Claim


class FindingKind(StrEnum):
    """What is wrong. Every kind fails the audit."""

    LEAK = "leak"
    """A number, a verdict or a mark in a drawing stands beside a unit whose cell is hidden."""
    EXPOSED = "exposed"
    """Published sums leave too few values for a hidden count."""
    CONTRADICTION = "contradiction"
    """Published numbers around a hidden cell cannot all be true, so nothing is proven about it."""
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


def found_in(public: Public, now: Edition, earlier: Sequence[Edition]) -> Iterator[Finding]:
    """Leaks first, then what sums give away, then rows that belong to no cell we can name."""
    yield from _leaks(public, now)
    yield from _exposures(public, now, earlier)
    yield from (unattached(one.spot.file, one.spot.place) for one in now.unattached)


def told_earlier(public: Public, now: Edition, earlier: Sequence[Edition]) -> int:
    """How many hidden cells an earlier edition showed."""
    return len(told_before(public, now, earlier)) if earlier else 0


def unattached(file: str, place: str) -> Finding:
    """A row that belongs to no cell we can name."""
    text = "A row of a table of results whose indicator, context, year or unit cannot be told."
    return Finding(FindingKind.UNREADABLE, text, file, place)


# --- leaks -----------------------------------------------------------------------------------------------------------
_BESIDE = "A number, a verdict or a drawn mark stands beside this unit, whose result is hidden."
_TOLD = "This place tells the result; elsewhere it is hidden."


def _leaks(public: Public, edition: Edition) -> Iterator[Finding]:
    hidden = edition.hidden
    for key in hidden:
        told = [one for one in edition.readings[key] if one.numbers is not None]
        yield from (_finding(public, FindingKind.LEAK, key, one.spot, _TOLD) for one in told)
    by_place: dict[Place, list[Key]] = {}
    for key in hidden:
        by_place.setdefault(key.place, []).append(key)
    newest: dict[str, int] = {}
    for key in edition.readings:
        newest[key.registry] = max(key.year, newest.get(key.registry, key.year))
    for claim in edition.claims:
        for key in _claimed(claim, by_place, newest):
            yield _finding(public, FindingKind.LEAK, key, claim.spot, _BESIDE)


def _claimed(claim: Claim, hidden: Mapping[Place, list[Key]], newest: Mapping[str, int]) -> Iterator[Key]:
    """The hidden cells that a claim may be about. Where no year is known, the newest is meant."""
    spot = claim.spot
    for place in claim.places:
        for key in hidden.get(place, ()):
            asked = (spot.registry, spot.ind_id, spot.context)
            same = all(
                not (a and k) or a == k for a, k in zip(asked, (key.registry, key.ind_id, key.context), strict=True)
            )
            if same and key.year in (claim.years or (newest[key.registry],)):
                yield key


# --- sums ------------------------------------------------------------------------------------------------------------
_WHAT = {
    Measure.DENOMINATOR: "its number of patients",
    Measure.NUMERATOR: "how many of its patients have the property",
    Measure.MISSES: "how many of its patients lack the property",
}


def _exposures(public: Public, now: Edition, earlier: Sequence[Edition]) -> Iterator[Finding]:
    for one in attacked(public, now, earlier):
        spot = now.hidden.get(one.key, Spot("", "not on any page"))
        if one.measures:
            by = "Published sums, together with an earlier edition," if one.with_earlier else "Published sums"
            text = f"{by} leave too few values for {' and '.join(_WHAT[measure] for measure in one.measures)}."
            yield _finding(public, FindingKind.EXPOSED, one.key, spot, text)
        else:
            text = "The numbers published around this hidden result cannot all be true."
            yield _finding(public, FindingKind.CONTRADICTION, one.key, spot, text)


def _finding(public: Public, kind: FindingKind, key: Key, spot: Spot, text: str) -> Finding:
    orgnr = key.place.orgnr
    unit = f"{public.units[orgnr].name} ({orgnr})" if orgnr in public.units else orgnr
    return Finding(kind, text, spot.file, spot.place, key.registry, key.ind_id, key.context, key.year, unit)
