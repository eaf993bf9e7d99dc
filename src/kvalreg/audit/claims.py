"""What a file says: claims about cells, rows of open data, and what is wrong with how it says them.

Owns the types that reading goes out as and judging comes in as. It knows nothing of the formats of files, and nothing
of published cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from kvalreg.audit.cell_address import CellAddress
from kvalreg.audit.findings import Finding
from kvalreg.audit.vocabulary import Vocabulary
from kvalreg.diagnostic_codes import DiagnosticCode

Form = Literal["text", "number", "sort", "code", "sentence"]
"""How a claim is written: ``text`` as readers see it, in the page's language; ``number`` for programs, to four
significant digits, empty for none; ``sort`` what a column is sorted by; ``code`` a word for programs, such as ``high``;
``sentence`` a plain text, whose role lists what its numbers are: ``value year target``."""


class Claim(NamedTuple):
    """What a file says of one cell, or of all units of a level."""

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


@dataclass
class Reading:
    """What one file says, by registry.

    Parameters
    ----------
    path
        Where it lies on the site.
    """

    path: str
    vocabulary: Vocabulary
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def claim(self, claim: Claim) -> None:
        """Add a claim; one that names no registry is a finding."""
        registry = claim.address.registry
        if registry:
            self.claims.setdefault(registry, []).append(claim)
        else:
            self.find(
                DiagnosticCode.CELL_ADDRESS_MISSING,
                f"A number in the role '{claim.role}' names no registry.",
                claim.line,
            )

    def find(self, kind: DiagnosticCode, what: str, line: int, registry: str = "") -> None:
        """Add a finding."""
        self.findings.append(Finding(kind, what, self.path, line, registry))

    @property
    def registries(self) -> set[str]:
        """The registries that the file tells of."""
        return {*self.claims, *(table.registry for table in self.tables)}

    def of(self, registry: str) -> tuple[list[Claim], list[Table]]:
        """What it says of one registry."""
        return self.claims.get(registry, []), [table for table in self.tables if table.registry == registry]
