"""What a file tells: claims about cells, and what is wrong with how it tells them.

Owns the types that reading goes out as and judging comes in as. It knows nothing of files or of published cells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from kvalreg import __version__
from kvalreg.audit.cell_address import CellAddress
from kvalreg.kinds import Kind


class Form(StrEnum):
    """How a claim is written."""

    TEXT = "text"
    """As readers see it, in the page's language."""
    NUMBER = "number"
    """A number for programs, to four significant digits; empty for none."""
    SORT = "sort"
    """What a column is sorted by."""
    CODE = "code"
    """A word for programs: ``high``, ``true``."""
    SENTENCE = "sentence"
    """A plain text with numbers; the role is a list of them in order: ``value year target``."""


class Claim(NamedTuple):
    """One thing that is told of one cell, or of all units of a level."""

    address: CellAddress
    role: str
    text: str
    form: Form
    language: str
    line: int


class Table(NamedTuple):
    """Rows of open data of one registry, column by column; keys and numbers as programs read them."""

    registry: str
    columns: Mapping[str, Sequence[Any]]
    line: int


class Violation(NamedTuple):
    """Something wrong with how a file tells what it tells."""

    kind: Kind
    what: str
    line: int
    registry: str = ""


@dataclass
class Reading:
    """What one file tells, by registry."""

    claims: dict[str, list[Claim]] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    faults: list[Violation] = field(default_factory=list)

    def claim(self, claim: Claim) -> None:
        """Add a claim; one that names no registry is a fault."""
        if claim.address.registry:
            self.claims.setdefault(claim.address.registry, []).append(claim)
        else:
            self.fault(Kind.NO_ADDRESS, f"A number in the role '{claim.role}' names no registry.", claim.line)

    def fault(self, kind: Kind, what: str, line: int, registry: str = "") -> None:
        """Add a fault."""
        self.faults.append(Violation(kind, what, line, registry))

    @property
    def registries(self) -> set[str]:
        """The registries that the file tells of."""
        return {*self.claims, *(table.registry for table in self.tables)}

    def of(self, registry: str) -> tuple[list[Claim], list[Table]]:
        """What it tells of one registry."""
        return self.claims.get(registry, []), [table for table in self.tables if table.registry == registry]


def is_of_the_site(claim: Claim) -> bool | None:
    """Whether a claim that is of no registry is sound; None for one that is of a registry."""
    if claim.role == "version":
        return claim.text == __version__
    if claim.role == "url":
        return re.fullmatch(r"(https?://)?\S*[a-z]+/\S*", claim.text) is not None
    if claim.role == "registries":
        return claim.text.isdigit() and int(claim.text) < 1000
    return None
