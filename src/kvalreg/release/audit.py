"""The audit of a site: does anything that is published give away what is hidden?

Comes in: the folder of a site as it is published, earlier editions, and what everybody knows (the units and the
registries' definitions). Goes out: `Audit`, with every finding. It never reads a secret result, and a finding never
repeats a number. How it reads and reasons is told in ``docs/methods/audit.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from kvalreg.errors import UsageError
from kvalreg.project import Project
from kvalreg.release.audit_files import site_files
from kvalreg.release.audit_findings import Finding, FindingKind, unattached
from kvalreg.release.audit_memory import Shelf, knowledge
from kvalreg.release.audit_parts import ANY
from kvalreg.release.audit_public import Public
from kvalreg.release.audit_work import Case, Crew, Told, Work
from kvalreg.release.digests import Recall

__all__ = ["Audit", "Finding", "FindingKind", "audit"]


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Parameters
    ----------
    findings
        Everything that is wrong, leaks first.
    cells_read, hidden_read
        Cells that the site tells of, and how many of them are marked as hidden.
    told_before
        How many hidden cells an earlier edition showed, unchanged as far as a reader can tell. That cannot be taken
        back, and is no finding.
    """

    findings: tuple[Finding, ...]
    cells_read: int
    hidden_read: int
    told_before: int = 0

    @property
    def passed(self) -> bool:
        """Whether the site may be released."""
        return not self.findings

    def report_text(self) -> str:
        """The findings as lines, and a summary; no numbers but how many cells were looked at."""
        lines = [str(finding) for finding in self.findings]
        read = f"{self.cells_read} cells read, {self.hidden_read} of them hidden"
        if self.told_before:
            read += f" ({self.told_before} of these stood in an earlier edition, which cannot be taken back)"
        if self.passed:
            return f"The site passes the audit: {read}, and none of these can be worked out."
        kinds = [f"{sum(f.kind is kind for f in self.findings)} {kind.value}" for kind in FindingKind]
        told = ", ".join(kind for kind in kinds if not kind.startswith("0 "))
        return "\n".join([*lines, f"The site does not pass the audit: {told}. {read}. Do not release it."])


def audit(site: Path, project: Path, editions: Sequence[Path] = (), memory: Recall | None = None) -> Audit:
    """Attack a site with everything that is published.

    Parameters
    ----------
    site
        The folder of the finished site.
    project
        The project's folder, for `registries/units.csv` and the descriptors; nothing else of it is read but whether it
        has published anything.
    editions
        Folders of earlier editions that the public has seen.
    memory
        What files told at earlier audits, so that only those that have changed are read.

    Raises
    ------
    UsageError
        When a folder is not there.
    ConfigurationError
        When the units are faulty.
    """
    for folder in (site, *editions):
        if not folder.is_dir():
            raise UsageError(f"{folder}: there is no such folder. Name the folder of a finished site.")
    public = Public.read(project)
    with TemporaryDirectory(prefix="kvalreg-") as forgotten:
        recall = memory or Recall(Path(forgotten))
        with Crew(Work(public, knowledge(public), recall.folder), recall.digests) as crew:
            return _audit(crew, site, editions, project)


def _audit(crew: Crew, site: Path, editions: Sequence[Path], project: Path) -> Audit:
    files = [*site_files(site), *(edition for folder in editions for edition in site_files(folder))]
    told = crew.read([file for edition in files for file in edition])
    read = iter(told)
    by_edition = [[next(read) for _ in edition] for edition in files]
    now = by_edition[0]
    registries = sorted({name for one in now for name in one.cells})
    cases = [Case(name, tuple(tuple(_concerned(name, one)) for one in by_edition)) for name in registries]
    judged = crew.judge(cases)
    kept = {crew.auditor.index} | {crew.auditor.book(file) for edition in files for file in edition}
    kept |= {part for one in told for part in one.parts.values()} | {entry for entry, _ in judged}
    Shelf(crew.work.folder).forget_others(kept)
    verdicts = [verdict for _, verdict in judged]
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    findings.sort(key=lambda one: list(FindingKind).index(one.kind))
    findings += _not_read(now, has_published=any(Project(project).published.glob("*.parquet")))
    return Audit(
        tuple(dict.fromkeys(findings)),
        sum(one.cells for one in verdicts),
        sum(one.hidden for one in verdicts),
        sum(one.before for one in verdicts),
    )


def _concerned(registry: str, told: Sequence[Told]) -> Iterator[Told]:
    """The files that tell of a registry, and of each only what it tells of this one."""
    for one in told:
        parts = {name: one.parts[name] for name in (registry, ANY) if name in one.parts}
        if parts:
            yield one._replace(parts=parts, cells=(), unattached=())


def _not_read(now: Sequence[Told], *, has_published: bool) -> Iterator[Finding]:
    for one in now:
        if not one.readable:
            text = "This file cannot be read, so nobody knows what it gives away. "
            text += "Publish it as CSV, JSON, Parquet or HTML."
            yield Finding(FindingKind.UNREADABLE, text, one.file.address)
        yield from (unattached(one.file.address, place) for place in one.unattached)
    if not any(one.cells for one in now) and has_published:
        yield Finding(
            FindingKind.NOTHING, "No result was found in the site: there is nothing that this audit has checked."
        )
        return
    read = {one.page_of for one in now if one.page_of in one.cells}
    pages: dict[str, str] = {}
    for one in now:
        if one.page_of:
            pages.setdefault(one.page_of, one.file.address)
    for registry, file in pages.items():
        if registry not in read:
            text = "The registry has pages of results, but no result was found on them."
            yield Finding(FindingKind.NOTHING, text, file, registry=registry)
