"""The units of the health service: nation -> RHF -> HF -> hospital, and counties.

Owns `registries/units.csv` (columns ``orgnr;name;short_name;level;parent;county``) and the tree it makes.
`orgnr` is the key everywhere: names repeat across units.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """A level of the health service. The order is from the whole to the part; county stands beside HF."""

    NATION = "nation"
    RHF = "rhf"
    HF = "hf"
    HOSPITAL = "hospital"
    COUNTY = "county"


@dataclass(frozen=True)
class Unit:
    """One unit. `parent` is None for the nation; `county` is given for hospitals where it is known."""

    orgnr: str
    name: str
    short_name: str
    level: Level
    parent: str | None
    county: str | None = None


@dataclass(frozen=True)
class Units:
    """All units by `orgnr`: a checked tree with one nation."""

    by_orgnr: dict[str, Unit]
