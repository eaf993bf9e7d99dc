"""What a file states: claims about cells, rows of open data, and errors in how it states them.

Owns the types between reading and checking: the output of the first and the input of the second. It knows nothing of
the formats of files, and nothing of published cells.
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
    """What a file states about one cell, or about all units of a level.

    A page with ``<data data-kv-cell="slag/slag_enhet/caregiver/2025/974" value="0.914">91 av 100</data>`` makes two
    claims in the role ``value`` of that cell: the text "91 av 100", and the number "0.914".
    """

    address: CellAddress
    role: str
    text: str
    form: Form
    language: str
    line: int


class OpenDataTable(NamedTuple):
    """Rows of open data of one registry, column by column; keys and numbers as programs read them."""

    registry: str
    columns: Mapping[str, Sequence[Any]]
    line: int


@dataclass
class Reading:
    """What one file states, by registry.

    Parameters
    ----------
    path
        The file's path on the site.
    """

    path: str
    vocabulary: Vocabulary
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    tables: list[OpenDataTable] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add_claim(self, claim: Claim) -> None:
        """Add a claim; one that names no registry is a finding."""
        registry = claim.address.registry
        if registry:
            self.claims.setdefault(registry, []).append(claim)
        else:
            message = f"A number in the role '{claim.role}' names no registry."
            self.add_finding(DiagnosticCode.CELL_ADDRESS_MISSING, message, claim.line)

    def add_finding(self, code: DiagnosticCode, message: str, line: int, registry: str = "") -> None:
        """Add a finding."""
        self.findings.append(Finding(code, message, self.path, line, registry))

    @property
    def registries(self) -> set[str]:
        """The registries that the file describes."""
        return {*self.claims, *(table.registry for table in self.tables)}

    def for_registry(self, registry: str) -> tuple[list[Claim], list[OpenDataTable]]:
        """What the file states about one registry."""
        return self.claims.get(registry, []), [table for table in self.tables if table.registry == registry]
