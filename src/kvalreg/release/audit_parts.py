"""What one file tells about one registry, without its many places: small enough to keep from one audit to the next.

Owns `Part`, and `Stored`, the same as it is kept. A part says about every cell what its file says: its numbers taken
together, or one by one where the file contradicts itself; whether it is hidden; and what else is claimed.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from kvalreg.release.audit_cells import WIDE, Cells, Group
from kvalreg.release.audit_public import Key, Place, Spot
from kvalreg.release.audit_readings import Claim
from kvalreg.release.published_numbers import Plain

ANY = ""
"""The part of a file that holds claims of no known registry: they may be about any."""

_WITHOUT_REFERENCES = 2
"""The version of `marshal` that writes the same for equal objects, whichever of them are one."""


def group_of(spot: Spot) -> Group | None:
    """The group that a spot tells of; None where its indicator or year is not known. A context may be empty."""
    if spot.registry is None or spot.ind_id is None or spot.year is None:
        return None
    return spot.registry, spot.ind_id, spot.context or "", spot.year


@dataclass
class Part:
    """What one file tells about one registry.

    Parameters
    ----------
    numbers
        All that is printed about each cell, taken together; one after the other where it contradicts itself.
    hidden, unreliable
        The cells that are marked as hidden, or as not reliable, and at which place first.
    claims
        Numbers beside units that are not about a cell in `numbers`, each once.
    """

    numbers: Mapping[Key, Sequence[Plain]] = field(default_factory=dict)
    hidden: dict[Key, str] = field(default_factory=dict)
    unreliable: dict[Key, str] = field(default_factory=dict)
    claims: dict[tuple[object, ...], Claim] = field(default_factory=dict)


class Stored(NamedTuple):
    """A part as it is kept: its numbers as columns, since a nation has millions of them.

    Parameters
    ----------
    groups, places
        What the cells' keys are made of: registry, indicator, context and year; level and orgnr.
    at
        Per reading: which of the groups, and which of the places, as 32-bit numbers.
    numbers
        Per reading: the least and the greatest of each of `Numbers`, as doubles; nan for what is not printed.
    hidden, unreliable
        Per cell marked so: which of the groups and places, and where in the file it is marked.
    claims
        As in `Part`, but for the file.
    """

    groups: list[Group]
    places: list[tuple[str, str]]
    at: bytes
    numbers: bytes
    hidden: list[tuple[int, int, str]]
    unreliable: list[tuple[int, int, str]]
    claims: list[Claim]


# --- as bytes --------------------------------------------------------------------------------------------------------
def dump_part(part: Part) -> bytes:
    """A part as bytes, the same bytes for the same part."""
    cells = part.numbers if isinstance(part.numbers, Cells) else Cells.of(part.numbers)
    groups = {group: at for at, group in enumerate(cells.groups)}
    places = {(level, orgnr): at for at, (level, orgnr) in enumerate(cells.places)}

    def placed(marked: Mapping[Key, str]) -> list[tuple[int, int, str]]:
        return [
            (groups.setdefault(key[:4], len(groups)), places.setdefault((key[4][0], key[4][1]), len(places)), where)
            for key, where in marked.items()
        ]

    hidden, unreliable = placed(part.hidden), placed(part.unreliable)
    claims = [
        (tuple(tuple(place) for place in places), named, ("", *spot[1:5]), patients)
        for places, named, spot, patients in part.claims.values()
    ]
    at = np.stack([cells.ids // WIDE, cells.ids % WIDE], axis=1).astype(np.intc)
    columns = (list(groups), list(places), at.tobytes(), cells.limits.tobytes(), hidden, unreliable)
    return marshal.dumps((*columns, claims), _WITHOUT_REFERENCES)


def join_parts(parts: list[bytes]) -> bytes:
    """The parts of a file's pieces as one entry.

    Claims are told once each and in an order of their own: in which pieces they stand depends on other registries.
    """
    told, claims = list[bytes](), set[bytes]()
    for part in parts:
        *columns, claimed = marshal.loads(part)  # noqa: S302 - ours: from the book, or made a moment ago
        claims.update(marshal.dumps(claim, _WITHOUT_REFERENCES) for claim in claimed)
        if any(columns):
            told.append(marshal.dumps((*columns, []), _WITHOUT_REFERENCES) if claimed else part)
    if claims:
        alone = [marshal.loads(claim) for claim in sorted(claims)]  # noqa: S302
        told.append(marshal.dumps(([], [], b"", b"", [], [], alone), _WITHOUT_REFERENCES))
    return marshal.dumps(told, _WITHOUT_REFERENCES)


def load_parts(stored: bytes) -> list[Stored]:
    """Parts as they were kept."""
    return [load_part(one) for one in marshal.loads(stored)]  # noqa: S302 - the shelf has checked its checksum


def load_part(stored: bytes) -> Stored:
    """A part as it was kept; the claims have their names again."""
    kept = Stored(*marshal.loads(stored))  # noqa: S302 - the shelf has checked its checksum
    claims = [
        Claim(tuple(Place(*one) for one in places), years, Spot(*spot), patients)
        for places, years, spot, patients in kept.claims
    ]
    return kept._replace(claims=claims)
