"""The audit of a site: does every number say which published cell it is, and does nothing give away what is hidden?

Comes in: the folder of a site as it is published, and the project it was made of. Goes out: `Audit` with all findings.
Numbers are held against their cells by `kvalreg.audit`. What the published cells give away together is asked of
`kvalreg.disclosure.proof`, in all editions. A finding never repeats a number.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from kvalreg.audit.findings import Finding, findings_by_registry
from kvalreg.audit.site import check_site
from kvalreg.errors import UsageError
from kvalreg.project import Project
from kvalreg.release.audit_proof import prove
from kvalreg.release.digests import Recall

__all__ = ["Audit", "Finding", "audit"]


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Parameters
    ----------
    findings
        Everything that is wrong: what is given away first, then files in their order.
    claims
        How many numbers were held against their cells.
    """

    findings: tuple[Finding, ...]
    claims: int

    @property
    def passed(self) -> bool:
        """Whether the site may be released."""
        return not self.findings

    @property
    def by_registry(self) -> dict[str, tuple[Finding, ...]]:
        """The findings by the registry whose they are; those of the site as a whole by the empty name."""
        return findings_by_registry(self.findings)

    def report_text(self) -> str:
        """The findings as lines, and a summary."""
        read = f"{self.claims} numbers were held against their cells"
        if self.passed:
            return f"The site passes the audit: {read}, and no hidden cell can be worked out."
        kinds = Counter(finding.kind.value for finding in self.findings)
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        summary = f"The site does not pass the audit: {told}. {read}. Do not release it."
        return "\n".join([*map(str, self.findings), summary])


def audit(site: Path, project: Project, memory: Recall | None = None) -> Audit:
    """Hold a site's numbers against their cells, and attack the cells together with all that readers have seen.

    Parameters
    ----------
    site
        The folder of the finished site.
    project
        The project: its published cells, and its ledger of editions.
    memory
        What was in order at earlier audits, so that only files that have changed are read.

    Raises
    ------
    UsageError
        When the folder is not there.
    """
    if not site.is_dir():
        raise UsageError(f"{site}: there is no such folder. Name the folder of a finished site.")
    with TemporaryDirectory(prefix="kvalreg-") as forgotten:
        recall = memory or Recall(Path(forgotten))
        proven = prove(project, recall.folder / "proof")
        checked = check_site(site, project, recall.folder / "site", recall.digests.of)
    return Audit((*proven, *checked.findings), checked.claims)
