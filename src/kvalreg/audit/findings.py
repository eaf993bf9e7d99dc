"""Findings: what is wrong with a site, and the hint for each diagnostic code.

Owns `Finding`, its conversion to a diagnostic, and the grouping of findings by registry. A finding never repeats a
number: its message may be printed, logged and sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from kvalreg import errors
from kvalreg.diagnostic_codes import DiagnosticCode

_LISTED_PER_CODE = 5
"""How many findings of one code are listed for a file; the others are counted."""
_BUILD_AGAIN = "Build again: the page may be older than the registry's numbers."
HINTS = {
    DiagnosticCode.CELL_EXPOSED: (
        "Look at what is hidden with kvalreg diff, and report it: the gate should have hidden more."
    ),
    DiagnosticCode.CELL_ADDRESS_MISSING: (
        "Write it with kvalreg.report, or mark a registry's own text with data-kv-text."
    ),
    DiagnosticCode.COLUMN_ROLES_MISSING: "Give every column of the table a role: kvalreg explain pages lists them.",
    DiagnosticCode.CELL_UNKNOWN: _BUILD_AGAIN,
    DiagnosticCode.CELL_SUPPRESSED: "Build again, and publish nothing of this registry before it is gone.",
    DiagnosticCode.WRONG_NUMBER: _BUILD_AGAIN,
    DiagnosticCode.WRONG_UNIT: "Build again; the numbers of the row are of the unit that its address names.",
    DiagnosticCode.FILE_UNKNOWN: (
        "Take the file away, or publish it as one of the forms that kvalreg explain pages lists."
    ),
    DiagnosticCode.ATTACK_SKIPPED: "Show results with kvalreg.report, so that they can be checked.",
}
"""The hint of each code."""


@dataclass(frozen=True)
class Finding:
    """One error in a site; an unknown field is empty, or None for the line.

    Parameters
    ----------
    message
        What is wrong, with the cell's address where there is one; never a result.
    """

    code: DiagnosticCode
    message: str
    file: str = ""
    line: int | None = None
    registry: str = ""

    def __str__(self) -> str:
        return str(self.to_diagnostic())

    def to_diagnostic(self) -> errors.Diagnostic:
        """The finding as a diagnostic, for reports of what stops a build."""
        hint = HINTS.get(self.code, "")
        return errors.Diagnostic(self.message, hint, self.file, self.line or None, self.registry, self.code)


AUDIT_CODES = {*HINTS} - {DiagnosticCode.ATTACK_SKIPPED}
"""Codes of texts that are not those of their cells, and of suppressed cells that are disclosed."""
LEDGER_CODES = {
    DiagnosticCode.LEDGER_MISSING,
    DiagnosticCode.LEDGER_DAMAGED,
    DiagnosticCode.LEDGER_OWNER_MISMATCH,
    DiagnosticCode.LEDGER_CONFLICT,
    DiagnosticCode.SNAPSHOT_LOST,
}
"""Codes of a ledger that cannot be relied on: what its editions disclose together is then unknown."""


def limit_per_code(findings: Iterable[Finding]) -> Iterator[Finding]:
    """A file's findings: the first few of each code and registry, and the number of the others."""

    def group_key(finding: Finding) -> tuple[str, str]:
        return finding.code.value, finding.registry

    # A page with a wrong table has a finding in every row: five of them show the pattern.
    ordered = sorted(findings, key=lambda finding: (*group_key(finding), finding.line or 0))
    for _, group in groupby(ordered, key=group_key):
        distinct = list(dict.fromkeys(group))
        yield from distinct[:_LISTED_PER_CODE]
        if len(distinct) > _LISTED_PER_CODE:
            yield replace(distinct[0], message=f"{len(distinct) - _LISTED_PER_CODE} more of this kind.", line=None)


def findings_by_registry(findings: Iterable[Finding]) -> dict[str, tuple[Finding, ...]]:
    """Findings by registry; those of the site itself under the empty name."""
    by_registry: dict[str, list[Finding]] = {}
    for finding in findings:
        by_registry.setdefault(finding.registry, []).append(finding)
    return {registry: tuple(by_registry[registry]) for registry in sorted(by_registry)}
