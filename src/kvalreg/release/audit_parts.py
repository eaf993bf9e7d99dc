"""What one file tells about one registry, without its many places: small enough to keep from one audit to the next.

Owns `Part`, how it is made of an `Edition` and stored as bytes. Comes in: what was read in a file. Goes out: parts that
say the same about every cell: its numbers taken together, or one by one where the file contradicts itself; whether it
is hidden; and what else is claimed.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kvalreg.release.audit_files import Edition
from kvalreg.release.audit_public import Key, Place, Spot
from kvalreg.release.audit_readings import Claim, Reading
from kvalreg.release.published_numbers import Numbers, Plain, Span, met

ANY = ""
"""The part of a file that holds claims of no known registry: they may be about any."""

_WITHOUT_REFERENCES = 2
"""The version of `marshal` that writes the same for equal objects, whichever of them are one."""


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

    numbers: dict[Key, Sequence[Plain]] = field(default_factory=dict)
    hidden: dict[Key, str] = field(default_factory=dict)
    claims: dict[tuple[object, ...], Claim] = field(default_factory=dict)


def edition_of(parts: Iterable[tuple[str, Part]]) -> Edition:
    """What several files tell of one registry, each with its address: its cells with one reading in most.

    Cells about which the files contradict each other keep every reading, in the files' order.
    """
    edition, parts = Edition(), list(parts)
    cells: dict[Key, Sequence[Plain]] = {}
    contradicted: set[Key] = set()
    for _, part in parts:
        for key, numbers in part.numbers.items():
            known = cells.setdefault(key, numbers)
            if known is not numbers and known != numbers and key not in contradicted:
                both = _met(known, numbers)
                cells[key] = both or known
                if both is None:
                    contradicted.add(key)
    for key in contradicted:
        cells[key] = [one for _, part in parts for one in part.numbers.get(key, ())]
    spot = Spot("")
    for key, numbers in cells.items():
        full = _full(key)
        told = edition.readings.setdefault(full, [])
        told += [Reading(full, Numbers(*(span and Span(*span) for span in one)), spot) for one in numbers]
    for address, part in parts:
        for key, place in part.hidden.items():
            full = _full(key)
            edition.readings.setdefault(full, []).append(Reading(full, None, Spot(address, place)))
        edition.claims += part.claims.values()
    return edition


def _met(known: Sequence[Plain], more: Sequence[Plain]) -> list[Plain] | None:
    """What readings say together that agree with each other; None for others."""
    both: Plain | None = known[0]
    for one in (*known[1:], *more):
        both = both and met(both, one)
    return None if both is None else [both]


def _full(key: Key) -> Key:
    """A key with its names, which those that were stored lack."""
    registry, ind_id, context, year, place = key
    return Key(registry, ind_id, context, year, Place(*place))


# --- as bytes --------------------------------------------------------------------------------------------------------
def dump_part(part: Part) -> bytes:
    """A part as bytes, the same bytes for the same part."""
    numbers: dict[tuple[object, ...], list[object]] = {}
    for key, told in part.numbers.items():
        plain = [tuple(span and tuple(span) for span in one) for one in told]
        numbers.setdefault(key[:4], []).append((*key.place, plain))
    hidden = [(key[:4], tuple(key.place), place) for key, place in part.hidden.items()]
    claims = [([tuple(place) for place in places], named, spot[:5]) for places, named, spot in part.claims.values()]
    return marshal.dumps((numbers, hidden, claims), _WITHOUT_REFERENCES)


def join_parts(parts: list[bytes]) -> bytes:
    """The parts of a file's pieces as one entry."""
    return marshal.dumps(parts, _WITHOUT_REFERENCES)


def load_parts(stored: bytes) -> list[Part]:
    """Parts again."""
    return [load_part(one) for one in marshal.loads(stored)]  # noqa: S302 - the shelf has checked its checksum


def load_part(stored: bytes) -> Part:
    """A part again; its keys and numbers are equal to those it had, without their names."""
    numbers, hidden, claims = marshal.loads(stored)  # noqa: S302 - the shelf has checked its checksum
    cells: dict[Any, Any] = {
        (*group, (level, orgnr)): told for group, listed in numbers.items() for level, orgnr, told in listed
    }
    marked: dict[Any, str] = {(*group, where): place for group, where, place in hidden}
    part = Part(cells, marked)
    for places, named, spot in claims:
        claim = Claim(tuple(Place(*place) for place in places), named, Spot(*spot))
        part.claims[claim] = claim
    return part
