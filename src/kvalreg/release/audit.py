"""The audit of a site: does anything that is published give away what is hidden?

Comes in: the folder of a site as it is published, and the project it was made of. Goes out: `Audit` with all findings.
Pages and files are read as a stranger reads them: no number may stand beside a suppressed cell. What the published
cells give away together is asked of `kvalreg.disclosure.proof`, in all editions. A finding never repeats a number. How
it reads and reasons is told in ``docs/methods/audit.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from kvalreg.disclosure.ledger import published_files
from kvalreg.disclosure.published import load_source
from kvalreg.errors import UsageError
from kvalreg.inputs.units import Unit, Units
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
    """

    findings: tuple[Finding, ...]
    cells_read: int
    hidden_read: int

    @property
    def passed(self) -> bool:
        """Whether the site may be released."""
        return not self.findings

    def report_text(self) -> str:
        """The findings as lines, and a summary; no numbers but how many cells were looked at."""
        lines = [str(finding) for finding in self.findings]
        read = f"{self.cells_read} cells read, {self.hidden_read} of them hidden"
        if self.passed:
            return f"The site passes the audit: {read}, and none of these can be worked out."
        kinds = [f"{sum(f.kind is kind for f in self.findings)} {kind.value}" for kind in FindingKind]
        told = ", ".join(kind for kind in kinds if not kind.startswith("0 "))
        return "\n".join([*lines, f"The site does not pass the audit: {told}. {read}. Do not release it."])


def audit(site: Path, project: Project, memory: Recall | None = None) -> Audit:
    """Look for what a site should not tell, and attack what it tells together with all that readers have seen.

    Parameters
    ----------
    site
        The folder of the finished site.
    project
        The project: its units, its descriptors, its published cells, and its ledger of editions.
    memory
        What files told at earlier audits, so that only those that have changed are read.

    Raises
    ------
    UsageError
        When the folder is not there.
    ConfigurationError
        When the units are faulty.
    """
    if not site.is_dir():
        raise UsageError(f"{site}: there is no such folder. Name the folder of a finished site.")
    public = _public(project)
    with TemporaryDirectory(prefix="kvalreg-") as forgotten:
        recall = memory or Recall(Path(forgotten))
        with Crew(Work(public, knowledge(public), recall.folder, project), recall.digests) as crew:
            return _audit(crew, site, project)


class _EveryUnit(Units):
    """Units that pages of different ages name: one that was renamed since is met by either name."""

    def __init__(self, now: Units, earlier: Iterable[Unit]) -> None:
        known = {unit.orgnr: unit for unit in earlier} | now.by_orgnr
        super().__init__(known)
        named = {(unit.orgnr, unit.name, unit.short_name): unit for unit in (*known.values(), *earlier)}
        object.__setattr__(self, "_every", tuple(named.values()))

    def __iter__(self) -> Iterator[Unit]:
        return iter(self._every)  # type: ignore[attr-defined]


def _public(project: Project) -> Public:
    """What everybody knows; of each registry on the site, what it was when its pages were made.

    A registry whose descriptor is faulty, or has changed while its delivery is refused, keeps its earlier pages.
    """
    now = Public.read(project.root)
    sources = (load_source(path.stem, project.published) for path in published_files(project))
    shown = [one for one in sources if one is not None]
    registries = dict(now.registries) | {one.registry.id: one.registry for one in shown}
    earlier = tuple(dict.fromkeys(unit for one in shown for unit in one.units))
    if set(earlier) <= set(now.units):
        return Public(now.units, registries)
    return Public(_EveryUnit(now.units, earlier), registries)


def _audit(crew: Crew, site: Path, project: Project) -> Audit:
    files = site_files(site)
    told = crew.read(files)
    registries = sorted({name for one in told for name in one.cells})
    judged = crew.judge([Case(name, tuple(_concerned(name, told))) for name in registries])
    published = sorted(path.stem for path in project.published.glob("*.parquet"))
    proven = crew.prove([name for name in published if name in crew.work.public.registries])
    kept = {crew.auditor.index} | {crew.auditor.book(file) for file in files}
    kept |= {part for one in told for part in one.parts.values()} | {entry for entry, _ in [*judged, *proven]}
    Shelf(crew.work.folder).forget_others(kept)
    verdicts = [verdict for _, verdict in judged]
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    findings += [finding for _, exposed in proven for finding in exposed]
    findings.sort(key=lambda one: list(FindingKind).index(one.kind))
    findings += _not_read(told, has_published=bool(published))
    cells, hidden = sum(one.cells for one in verdicts), sum(one.hidden for one in verdicts)
    return Audit(tuple(dict.fromkeys(findings)), cells, hidden)


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
