"""The check of a whole site: every file read, every claim judged, registry by registry.

Comes in: the folder of a finished site, and the project it was made of. Goes out: `SiteCheck`. Files of one registry
are read and judged together; what pages of all registries tell is told apart by registry first, so that one registry's
cells at a time are held in memory. What has not changed since the last audit is not read.
"""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from kvalreg.audit.cache import AuditCache
from kvalreg.audit.check import Check
from kvalreg.audit.claims import Claim, Reading, Table, Violation
from kvalreg.audit.data_files import SEARCH, is_shipped, read_file, read_search
from kvalreg.audit.findings import Finding, findings_of
from kvalreg.audit.pages import read_page, registry_of
from kvalreg.audit.vocabulary import Vocabulary, vocabulary
from kvalreg.batch.accepted import accepted_heads
from kvalreg.batch.workers import Workers, processors
from kvalreg.clock import today
from kvalreg.disclosure.ledger import published_files, seen_editions
from kvalreg.disclosure.published import Source, load_published, load_source
from kvalreg.inputs.site_descriptor import read_site_descriptor
from kvalreg.kinds import Kind
from kvalreg.project import Project
from kvalreg.report.addresses import served
from kvalreg.site.downloads import UNIT_CELLS
from kvalreg.site.quarto_yml import site_title

_WORTHWHILE = 8_000_000
"""Bytes to be read from which on further processes are worth their start."""
_OF_AGE = {Kind.NUMBER_WRONG, Kind.UNIT_WRONG, Kind.CELL_UNKNOWN}
"""What is no fault of a page that is marked as delayed."""
_YEAR_PAGE = re.compile(r"(?:\w+/)?registre/[^/]+/\d{4}[\w-]*/index\.html")
"""The page of a registry's year, which shows results by all means."""
_AT_ONCE = 16
"""Shared files that a process reads in one go."""


@dataclass(frozen=True)
class SiteCheck:
    """What the check found.

    Parameters
    ----------
    findings
        In the order of files.
    claims
        How many numbers were held against cells, also at earlier audits of files that have not changed.
    """

    findings: tuple[Finding, ...]
    claims: int


@dataclass(frozen=True)
class Task:
    """One registry's files, and what shared files tell of it.

    Parameters
    ----------
    shared
        Pickled lists of path, claims and tables: they are large, and only its own process opens them.
    """

    project: Project
    site: Path
    registry: str
    own: tuple[str, ...]
    shared: tuple[bytes, ...]


class FileResult(NamedTuple):
    """What came of one file, or of one registry's part of a shared file."""

    path: str
    registry: str
    faults: tuple[Violation, ...]
    registries: tuple[str, ...]
    claims: int
    digest: str = ""


class SharedPart(NamedTuple):
    """What one shared file tells of one registry."""

    path: str
    registry: str
    claims: int
    digest: str
    told: bytes


def check_site(
    site: Path, project: Project, folder: Path, digest_of: Callable[[Path], bytes] | None = None
) -> SiteCheck:
    """Hold every number of a site against its cell.

    Parameters
    ----------
    folder
        Where earlier audits have written down which files are in order.
    digest_of
        Tells the SHA-256 of a file, where it is known already.
    """
    return _SiteCheck(site, project, folder, digest_of or _digest).run()


class _SiteCheck:
    """One check while it runs."""

    def __init__(self, site: Path, project: Project, folder: Path, digest_of: Callable[[Path], bytes]) -> None:
        self.site, self.project = site, project
        self.files = sorted(_files(site))
        self.digests = {path: digest_of(site / path).hex() for path in self.files}
        self.cells = {path.stem: _digest(path).hex() for path in published_files(project)}
        self.vocabulary = site_vocabulary(project, list(self.cells))
        self.cache = AuditCache(folder, self.cells, self.vocabulary)
        self.results: list[FileResult] = []
        self.counts: dict[str, int] = {}

    def run(self) -> SiteCheck:
        due = []
        for path in self.files:
            count = self.cache.count(path, self.digests[path])
            if count is None:
                due.append(path)
            else:
                self.counts[path] = count
        with ExitStack() as stack:
            if sum((self.site / path).stat().st_size for path in due) > _WORTHWHILE and processors() > 1:
                self._workers = stack.enter_context(Workers(processors()))
            self._read(due)
        findings = [*self._findings(), *self._without_results()]
        self.cache.save()
        return SiteCheck(tuple(findings), sum(self.counts.values()))

    _workers: Workers | None = None

    def _each(self, function: Any, calls: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
        if self._workers is None:
            yield from (function(*call) for call in calls)
        else:
            yield from (made.result() for made in [self._workers.submit(function, *call) for call in calls])

    def _read(self, due: Sequence[str]) -> None:
        own = {path: of for path in due if (of := registry_of(path)) in self.cells}
        shared = [path for path in due if path not in own]
        told: dict[str, list[bytes]] = {}
        chunks = [shared[at : at + _AT_ONCE] for at in range(0, len(shared), _AT_ONCE)]
        for results, parts in self._each(read_shared, [(self.site, chunk, self.vocabulary) for chunk in chunks]):
            self.results += results
            for part in parts:
                self._take(part, told)
        tasks = []
        for registry in self.cells:
            files = tuple(path for path, of in own.items() if of == registry)
            if files or told.get(registry):
                tasks.append(Task(self.project, self.site, registry, files, tuple(told.get(registry, ()))))
        for results in self._each(judge_registry, [(task, self.vocabulary) for task in tasks]):
            self.results += results

    def _take(self, part: SharedPart, told: dict[str, list[bytes]]) -> None:
        if part.registry not in self.cells:
            fault = Violation(Kind.CELL_UNKNOWN, f"No registry {part.registry!r} has published anything.", 1)
            self.results.append(FileResult(part.path, "", (fault,), (), 0))
        elif self.cache.has_claims(part.registry, part.digest):
            self.results.append(FileResult(part.path, part.registry, (), (), part.claims, part.digest))
        else:
            told.setdefault(part.registry, []).append(part.told)

    def _findings(self) -> Iterator[Finding]:
        """The findings of files that were read; files in order are remembered."""
        by_path: dict[str, list[FileResult]] = {}
        for result in self.results:
            by_path.setdefault(result.path, []).append(result)
        for path, results in sorted(by_path.items()):
            self.counts[path] = sum(result.claims for result in results)
            faults = [fault for result in results for fault in result.faults]
            for result in results:
                if result.digest and not result.faults:
                    self.cache.keep_claims(result.registry, result.digest)
            if not faults:
                registries = {name for result in results for name in result.registries}
                self.cache.keep(path, self.digests[path], registries, self.counts[path])
            yield from findings_of(path, registry_of(path), faults)

    def _without_results(self) -> Iterator[Finding]:
        """Registries with pages of results on which no result is, and a site that has none at all."""
        if self.cells and not any(self.counts.values()):
            yield Finding(Kind.NOT_ATTACKED, "No result was found in the site: this audit has checked nothing.")
            return
        pages: dict[str, list[str]] = {}
        for path in self.files:
            if _YEAR_PAGE.fullmatch(path):
                pages.setdefault(registry_of(path), []).append(path)
        for registry, paths in pages.items():
            if registry in self.cells and not any(self.counts.get(path) for path in paths):
                what = "The registry has pages of results, but no result was found on them."
                yield Finding(Kind.NOT_ATTACKED, what, paths[0], None, registry)


def site_vocabulary(project: Project, registries: Iterable[str]) -> Vocabulary:
    """What may stand on a project's pages with a digit in it."""
    sources: dict[str, Source] = {}
    years: set[int] = set()
    for registry in registries:
        path = project.published / f"{registry}.parquet"
        source = load_source(registry, project.published)
        if source is None:
            continue
        sources[registry] = source
        years |= set(pq.read_table(path, columns=["year"])["year"].to_pylist())
    years |= set(range(min(years, default=0), max(*years, today().year) + 2)) if years else set()
    years |= {int(name[:4]) for name in seen_editions(project)}
    site = read_site_descriptor(project)
    texts = [site.publisher, site.email, site.phone, str(site.url or ""), site_title(project.quarto_yml)]
    return vocabulary(sources, years, texts)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for cycles: claims are a million small tuples that hold none."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@_uncollected()
def read_shared(site: Path, paths: Sequence[str], vocabulary: Vocabulary) -> tuple[list[FileResult], list[SharedPart]]:
    """Read files of all registries: what is wrong with each, and what it tells of each registry."""
    results, parts = [], []
    for path in paths:
        reading = read_any(site, path, vocabulary)
        results.append(FileResult(path, "", tuple(reading.faults), tuple(sorted(reading.registries)), 0))
        for registry in sorted(reading.registries):
            claims, tables = reading.of(registry)
            digest = hashlib.sha256(pickle.dumps(([claim._replace(line=0) for claim in claims], tables))).hexdigest()
            told = pickle.dumps((path, claims, tables))
            parts.append(SharedPart(path, registry, _count(claims, tables), digest[:32], told))
    return results, parts


@_uncollected()
def judge_registry(task: Task, vocabulary: Vocabulary) -> list[FileResult]:
    """Read one registry's own files, and judge all that is told of it."""
    published = load_published(task.registry, task.project.published)
    check = Check(published, _Past(task.project, task.registry), vocabulary)
    results, late = [], _late(task)
    for path in task.own:
        reading = read_any(task.site, path, vocabulary)
        faults = [*reading.faults]
        for registry in reading.registries - {task.registry}:
            what = f"A page of {task.registry} tells of the registry {registry}."
            faults.append(Violation(Kind.CELL_UNKNOWN, what, 1, task.registry))
        claims, tables = reading.of(task.registry)
        faults += _judged(check, claims, tables)
        if path in late:
            faults = [fault for fault in faults if fault.kind not in _OF_AGE]
        results.append(FileResult(path, task.registry, tuple(faults), (task.registry,), _count(claims, tables)))
    for told in task.shared:
        path, claims, tables = pickle.loads(told)  # noqa: S301 - our own process made it
        digest = hashlib.sha256(pickle.dumps(([claim._replace(line=0) for claim in claims], tables))).hexdigest()
        faults = _judged(check, claims, tables)
        counted = _count(claims, tables)
        results.append(FileResult(path, task.registry, tuple(faults), (), counted, digest[:32]))
    return results


def _late(task: Task) -> set[str]:
    """Pages that stand as they were made before, with the files beside them: they may tell of cells as they were."""
    pages = [page for page in accepted_heads(task.registry, task.project.accepted) if page.delayed]
    return {path for page in pages for path in (served(page.address), page.address.replace("index.qmd", UNIT_CELLS))}


def read_any(site: Path, path: str, vocabulary: Vocabulary) -> Reading:
    """What one file tells."""
    if is_shipped(path):
        return Reading()
    if path == SEARCH:
        return read_search(site)
    content = (site / path).read_bytes()
    return (read_page if path.endswith(".html") else read_file)(content, path, vocabulary)


class _Past(Sequence[Any]):
    """A registry as earlier editions showed it, read when somebody asks."""

    def __init__(self, project: Project, registry: str) -> None:
        self._project, self._registry = project, registry

    @cached_property
    def _found(self) -> list[Any]:
        found = []
        folders = sorted(self._project.snapshots.glob("*")) if self._project.snapshots.is_dir() else []
        for folder in folders:
            try:
                found.append(load_published(self._registry, folder))
            except (OSError, ValueError, KeyError):
                continue  # an edition without this registry, or of a form that is read no longer
        return found

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, at: Any) -> Any:
        return self._found[at]


def _judged(check: Check, claims: Iterable[Claim], tables: Iterable[Table]) -> list[Violation]:
    faults = [fault for claim in claims if (fault := check.judge(claim)) is not None]
    return faults + [fault for table in tables for fault in check.table(table)]


def _count(claims: Sequence[Claim], tables: Sequence[Table]) -> int:
    return len(claims) + sum(len(table.columns.get("orgnr", ())) for table in tables)


def _files(site: Path) -> Iterator[str]:
    """Every file of the site itself; earlier editions are links, and were checked when they were published."""
    for folder, folders, names in os.walk(site):
        folders[:] = [name for name in folders if not os.path.islink(f"{folder}/{name}")]  # noqa: PTH114
        for name in names:
            if os.path.isfile(f"{folder}/{name}"):  # noqa: PTH113 - what is no file is told by the look at the whole
                yield (Path(folder) / name).relative_to(site).as_posix()


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()
