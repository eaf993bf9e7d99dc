"""The audit of a site: is every number that of its published cell, and can no suppressed cell be worked out?

Input: the folder of a site as it is published, and the project that it was built from. Output: `AuditReport` with all
findings. `kvalreg.audit` compares numbers with their cells; `kvalreg.disclosure.edition_attack` attacks the published
cells of all editions together. A finding never repeats a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from kvalreg.audit.findings import Finding, findings_by_registry
from kvalreg.audit.site import check_site
from kvalreg.errors import UsageError
from kvalreg.project import Project
from kvalreg.release.edition_audit import audit_editions
from kvalreg.storage.fingerprint import file_digest

__all__ = ["AuditReport", "Finding", "audit_site"]


@dataclass(frozen=True)
class AuditReport:
    """The result of an audit.

    Parameters
    ----------
    findings
        Everything that is wrong: disclosed cells first, then files in order.
    claim_count
        How many numbers were compared with their cells.
    """

    findings: tuple[Finding, ...]
    claim_count: int

    @property
    def passed(self) -> bool:
        """Whether the site may be released."""
        return not self.findings

    @property
    def by_registry(self) -> dict[str, tuple[Finding, ...]]:
        """The findings by registry; those of the site as a whole under the empty name."""
        return findings_by_registry(self.findings)

    def report_text(self) -> str:
        """The findings as lines, and a summary."""
        claims_text = f"{self.claim_count} numbers were held against their cells"
        if self.passed:
            return f"The site passes the audit: {claims_text}, and no hidden cell can be worked out."
        count_by_code = Counter(finding.code.value for finding in self.findings)
        counts_text = ", ".join(f"{count} {code}" for code, count in sorted(count_by_code.items()))
        summary = f"The site does not pass the audit: {counts_text}. {claims_text}. Do not release it."
        return "\n".join([*map(str, self.findings), summary])


def audit_site(
    site: Path,
    project: Project,
    cache_folder: Path | None = None,
    digest_of: Callable[[Path], str] = file_digest,
) -> AuditReport:
    """Compare a site's numbers with their cells, and attack the cells together with all that readers have seen.

    Parameters
    ----------
    site
        The folder of the finished site.
    project
        The project: its published cells, and its ledger of editions.
    cache_folder
        Where earlier audits have stored what passed, so that only files that have changed are read.
    digest_of
        Gives the SHA-256 of a file as it is now.

    Raises
    ------
    UsageError
        When the folder does not exist.
    """
    if not site.is_dir():
        raise UsageError(f"{site}: there is no such folder. Name the folder of a finished site.")
    # the attack comes first in the report: a disclosed cell is worse than a wrong number
    with TemporaryDirectory(prefix="kvalreg-") as temp_folder:
        folder = cache_folder or Path(temp_folder)
        edition_findings = audit_editions(project, folder / "proof")
        site_check = check_site(site, project, folder / "site", digest_of)
    return AuditReport((*edition_findings, *site_check.findings), site_check.claims)
