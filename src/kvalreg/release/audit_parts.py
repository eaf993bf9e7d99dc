"""What one file tells about one registry, without its many places: small enough to keep from one audit to the next.

Owns `Part`, how it is made of an `Edition` and stored as bytes. Comes in: what was read in a file. Goes out: parts that
say the same about every cell: its numbers taken together, or one by one where the file contradicts itself; whether it
is hidden; and what else is claimed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from kvalreg.release.audit_files import Edition
from kvalreg.release.audit_public import Key, Place, Spot
from kvalreg.release.audit_readings import Claim, Reading
from kvalreg.release.published_numbers import Numbers, Span

ANY = ""
"""The part of a file that holds claims of no known registry: they may be about any."""


@dataclass
class Part:
    """What one file tells about one registry.

    Parameters
    ----------
    numbers
        All that is printed about each cell, taken together; one after the other where it contradicts itself.
    hidden
        The cells that are marked as hidden, and at which place first.
    claims
        Numbers beside units that are not about a cell in `numbers`, each once.
    """

    numbers: dict[Key, list[Numbers]] = field(default_factory=dict)
    hidden: dict[Key, str] = field(default_factory=dict)
    claims: dict[tuple[object, ...], Claim] = field(default_factory=dict)


def parts_of(edition: Edition) -> dict[str, Part]:
    """The parts of what was read in one file, by registry."""
    parts: dict[str, Part] = {}
    for key, told in edition.readings.items():
        part = parts.setdefault(key.registry, Part())
        hidden = next((one.spot.place for one in told if one.numbers is None), None)
        if hidden is not None:
            part.hidden[key] = hidden
        numbers = [one.numbers for one in told if one.numbers is not None]
        if numbers:
            part.numbers[key] = _together(numbers)
    for claim in edition.claims:
        spot = claim.spot
        asked = (claim.places, claim.years, spot.registry, spot.ind_id, spot.context)
        part = parts.setdefault(spot.registry or ANY, Part())
        if asked not in part.claims and not _told(part, claim):
            part.claims[asked] = claim._replace(spot=Spot(spot.file, "", spot.registry, spot.ind_id, spot.context))
    return parts


def _together(numbers: list[Numbers]) -> list[Numbers]:
    met = numbers[0]
    for one in numbers[1:]:
        more = met.meet(one)
        if more is None:
            return numbers
        met = more
    return [met]


def _told(part: Part, claim: Claim) -> bool:
    """Whether a claim is about the one cell that the same file tells of anyway."""
    spot = claim.spot
    if len(claim.places) != 1 or len(claim.years) != 1 or spot.ind_id is None or spot.registry is None:
        return False
    return Key(spot.registry, spot.ind_id, spot.context or "", claim.years[0], claim.places[0]) in part.numbers


def edition_of(parts: Iterable[tuple[str, Part]]) -> Edition:
    """What several files tell of one registry, each with its address: its cells with one reading in most."""
    edition = Edition()
    for address, part in parts:
        spot = Spot(address)
        for key, numbers in part.numbers.items():
            edition.readings.setdefault(key, []).extend([Reading(key, one, spot) for one in numbers])
        for key, place in part.hidden.items():
            edition.readings.setdefault(key, []).append(Reading(key, None, Spot(address, place)))
        edition.claims += part.claims.values()
    return edition


# --- as bytes --------------------------------------------------------------------------------------------------------
def dump_part(part: Part) -> bytes:
    """A part as bytes."""
    numbers = [(_key(key), told) for key, told in part.numbers.items()]
    hidden = [(_key(key), place) for key, place in part.hidden.items()]
    claims = [(places, named, spot[:5]) for places, named, spot in part.claims.values()]
    return json.dumps((numbers, hidden, claims), ensure_ascii=False).encode()


def load_part(stored: bytes) -> Part:
    """A part again."""
    numbers, hidden, claims = json.loads(stored)
    part = Part()
    part.numbers = {
        _key_of(key): [Numbers(*(span and Span(*span) for span in one)) for one in told] for key, told in numbers
    }
    part.hidden = {_key_of(key): place for key, place in hidden}
    for places, named, spot in claims:
        claim = Claim(tuple(Place(*place) for place in places), tuple(named), Spot(*spot))
        part.claims[claim] = claim
    return part


def _key(key: Key) -> tuple[object, ...]:
    return (*key[:4], *key.place)


def _key_of(stored: tuple[str, str, str, int, str, str]) -> Key:
    registry, ind_id, context, year, level, orgnr = stored
    return Key(registry, ind_id, context, year, Place(level, orgnr))
