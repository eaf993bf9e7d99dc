"""A small project with hidden cells, and what an audit found: for the tests of the audit."""

from __future__ import annotations

from pathlib import Path

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.project import Project
from kvalreg.release.audit import AuditReport
from small_project import UNITS, delivery_of, write_registry

HEADER = "context;year;orgnr;ind_id;var;denominator\n"
SMALL = HEADER + "".join(
    f"caregiver;{year};{orgnr};alfa_a;{x};{n}\n"
    for year in (2023, 2024)
    for orgnr, x, n in (("111", 80, 100), ("112", 45, 50), ("121", 2, 4), ("122", 1, 3))
)
"""Two hospitals of one HF below the minimum of 5: together 3 of 7, so that each has 1 to 6 patients."""


def project_in(root: Path, alfa: str) -> Project:
    """A project of two registries; only `alfa` has hidden cells."""
    write_registry(root, "alfa", alfa)
    write_registry(root, "beta", delivery_of("beta"))
    (root / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    return Project(root)


def kinds(found: AuditReport) -> set[DiagnosticCode]:
    """The kinds of findings."""
    return {finding.code for finding in found.findings}
