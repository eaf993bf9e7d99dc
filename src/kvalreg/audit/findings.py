"""What is wrong with a site, and what to do about it.

Owns `Finding`, how it is written, and how findings are told apart by registry. A finding never repeats a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from kvalreg import errors
from kvalreg.audit.claims import Violation
from kvalreg.kinds import Kind

_MOST = 5
"""So many findings of one kind are told of a file; the others are counted."""
HINTS = {
    Kind.CELL_EXPOSED: "Look at what is hidden with kvalreg diff, and report it: the gate should have hidden more.",
    Kind.NO_ADDRESS: "Write it with kvalreg.report, or mark a registry's own text with data-kv-text.",
    Kind.NO_ROLES: "Give every column of the table a role: kvalreg explain pages lists them.",
    Kind.CELL_UNKNOWN: "Build again: the page may be older than the registry's numbers.",
    Kind.CELL_SUPPRESSED: "Build again, and publish nothing of this registry before it is gone.",
    Kind.NUMBER_WRONG: "Build again: the page may be older than the registry's numbers.",
    Kind.UNIT_WRONG: "Build again; the numbers of the row are of the unit that its address names.",
    Kind.FILE_UNKNOWN: "Take the file away, or publish it as one of the forms that kvalreg explain pages lists.",
    Kind.NOT_ATTACKED: "Show results with kvalreg.report, so that they can be checked.",
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

    kind: Kind
    what: str
    file: str = ""
    line: int | None = None
    registry: str = ""

    def __str__(self) -> str:
        return str(self.as_fault())

    def as_fault(self) -> errors.Fault:
        """The same for whoever reports what stops a build."""
        hint = HINTS.get(self.kind, "")
        return errors.Fault(self.what, hint, self.file, self.line or None, self.registry, self.kind)


AUDIT_KINDS = {*HINTS} - {Kind.NOT_ATTACKED}
"""Something is told that is not its cell's, or gives a hidden cell away."""
LEDGER_KINDS = {
    Kind.LEDGER_MISSING,
    Kind.LEDGER_DAMAGED,
    Kind.LEDGER_FOREIGN,
    Kind.LEDGER_DISAGREES,
    Kind.SNAPSHOT_LOST,
}
"""The ledger does not tell for certain what editions showed: what they give away together is not known."""


def findings_of(file: str, registry: str, faults: Iterable[Violation]) -> Iterator[Finding]:
    """A file's faults as findings, the first few of each kind.

    Parameters
    ----------
    registry
        Whose file it is, for faults that name no registry.
    """

    def kind_of(fault: Violation) -> tuple[str, str]:
        return fault.kind.value, fault.registry or registry

    for (_, of), group in groupby(sorted(faults, key=lambda fault: (*kind_of(fault), fault.line)), key=kind_of):
        told = list(dict.fromkeys(group))
        for fault in told[:_MOST]:
            yield Finding(fault.kind, fault.what, file, fault.line, of)
        if len(told) > _MOST:
            yield Finding(told[0].kind, f"{len(told) - _MOST} more of this kind.", file, None, of)


def findings_by_registry(findings: Iterable[Finding]) -> dict[str, tuple[Finding, ...]]:
    """Findings by the registry whose they are; those of the site as a whole by the empty name."""
    found: dict[str, list[Finding]] = {}
    for one in findings:
        found.setdefault(one.registry, []).append(one)
    return {registry: tuple(found[registry]) for registry in sorted(found)}
