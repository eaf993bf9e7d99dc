"""What is wrong with a site, and what to do about it.

Owns `Finding`, how it is written, and how findings are told apart by registry. A finding never repeats a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from kvalreg import errors
from kvalreg.diagnostic_codes import DiagnosticCode

_MOST = 5
"""So many findings of one kind are listed of a file; the others are counted."""
_BUILD_AGAIN = "Build again: the page may be older than the registry's numbers."
HINTS = {
    DiagnosticCode.CELL_EXPOSED: "Look at what is hidden with kvalreg diff, and report it: the gate should have hidden more.",
    DiagnosticCode.CELL_ADDRESS_MISSING: "Write it with kvalreg.report, or mark a registry's own text with data-kv-text.",
    DiagnosticCode.COLUMN_ROLES_MISSING: "Give every column of the table a role: kvalreg explain pages lists them.",
    DiagnosticCode.CELL_UNKNOWN: _BUILD_AGAIN,
    DiagnosticCode.CELL_SUPPRESSED: "Build again, and publish nothing of this registry before it is gone.",
    DiagnosticCode.WRONG_NUMBER: _BUILD_AGAIN,
    DiagnosticCode.WRONG_UNIT: "Build again; the numbers of the row are of the unit that its address names.",
    DiagnosticCode.FILE_UNKNOWN: "Take the file away, or publish it as one of the forms that kvalreg explain pages lists.",
    DiagnosticCode.ATTACK_SKIPPED: "Show results with kvalreg.report, so that they can be checked.",
}
"""What to do about each kind."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; what is not known is empty, or None for the line.

    Parameters
    ----------
    what
        What is wrong, with the cell's address where there is one; never a result.
    """

    kind: DiagnosticCode
    what: str
    file: str = ""
    line: int | None = None
    registry: str = ""

    def __str__(self) -> str:
        return str(self.as_fault())

    def as_fault(self) -> errors.Diagnostic:
        """The same for whoever reports what stops a build."""
        hint = HINTS.get(self.kind, "")
        return errors.Diagnostic(self.what, hint, self.file, self.line or None, self.registry, self.kind)


AUDIT_KINDS = {*HINTS} - {DiagnosticCode.ATTACK_SKIPPED}
"""A text is not that of its cell, or a hidden cell is given away."""
LEDGER_KINDS = {
    DiagnosticCode.LEDGER_MISSING,
    DiagnosticCode.LEDGER_DAMAGED,
    DiagnosticCode.LEDGER_OWNER_MISMATCH,
    DiagnosticCode.LEDGER_CONFLICT,
    DiagnosticCode.SNAPSHOT_LOST,
}
"""The ledger does not tell for certain what editions showed: what they give away together is not known."""


def first_of_each_kind(findings: Iterable[Finding]) -> Iterator[Finding]:
    """A file's findings, the first few of each kind and registry, and how many more there are."""

    def kind_of(finding: Finding) -> tuple[str, str]:
        return finding.kind.value, finding.registry

    ordered = sorted(findings, key=lambda finding: (*kind_of(finding), finding.line or 0))
    for _, group in groupby(ordered, key=kind_of):
        different = list(dict.fromkeys(group))
        yield from different[:_MOST]
        if len(different) > _MOST:
            yield replace(different[0], what=f"{len(different) - _MOST} more of this kind.", line=None)


def findings_by_registry(findings: Iterable[Finding]) -> dict[str, tuple[Finding, ...]]:
    """Findings by the registry whose they are; those of the site as a whole by the empty name."""
    by_registry: dict[str, list[Finding]] = {}
    for finding in findings:
        by_registry.setdefault(finding.registry, []).append(finding)
    return {registry: tuple(by_registry[registry]) for registry in sorted(by_registry)}
