"""The check of a whole site: every file read, every claim judged, registry by registry.

Comes in: the folder of a finished site, and the project it was made of. Goes out: `SiteCheck`. Files of one registry
are read and judged together; what files of all registries say is sorted by registry first, so that one registry's cells
at a time are held in memory. What has not changed since the last audit is not read.
"""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from kvalreg.audit.cache import AuditCache, Part
from kvalreg.audit.check import Check
from kvalreg.audit.claims import Claim, Reading, Table
from kvalreg.audit.data_files import SEARCH, read_file, read_search
from kvalreg.audit.findings import Finding, first_of_each_kind
from kvalreg.audit.pages import read_page, read_shipped, registry_of
from kvalreg.audit.vocabulary import Vocabulary, site_vocabulary
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.ledger import published_files
from kvalreg.disclosure.published import PublishedResults, load_published
from kvalreg.execution.worker_pool import WorkerPool, available_cpus
from kvalreg.project import Project
from kvalreg.site.lazy_data import UNIT_CELLS_FILE
from kvalreg.storage.fingerprint import file_digest
from kvalreg.storage.last_good import load_last_good_headers
from kvalreg.urls import output_path

_WORTHWHILE = 8_000_000
"""Bytes to be read from which on further processes are worth their start."""
_AT_ONCE = 16
"""Files of all registries that a process reads in one go."""
_OF_AGE = {DiagnosticCode.WRONG_NUMBER, DiagnosticCode.WRONG_UNIT, DiagnosticCode.CELL_UNKNOWN}
"""What is no fault of a page that is marked as delayed."""
_YEAR_PAGE = re.compile(r"(?:\w+/)?registre/[^/]+/\d{4}[\w-]*/index\.html")
"""The page of a registry's year, which shows results by all means."""


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


def check_site(site: Path, project: Project, folder: Path, digest_of: Callable[[Path], str] = file_digest) -> SiteCheck:
    """Hold every number of a site against its cell.

    Parameters
    ----------
    folder
        Where earlier audits have written down which files are in order.
    digest_of
        Gives the SHA-256 of a file.
    """
    digests = {path: digest_of(site / path) for path in sorted(_files(site))}
    cells = {path.stem: file_digest(path) for path in published_files(project)}
    vocabulary = site_vocabulary(project, cells)
    cache = AuditCache(folder, cells, vocabulary)
    counts = {path: cache.count(path, digest) for path, digest in digests.items()}
    due = [path for path, count in counts.items() if count is None]
    parts: dict[str, list[Part]] = {path: [] for path in due}
    with ExitStack() as stack:
        call: Callable[..., Iterator[Any]] = map
        if sum((site / path).stat().st_size for path in due) > _WORTHWHILE and available_cpus() > 1:
            call = partial(_in_processes, stack.enter_context(WorkerPool(available_cpus())))
        for part in _parts(call, _Audited(site, project, vocabulary), due, cache):
            parts[part.path].append(part)
    findings: list[Finding] = []
    for path in due:
        counts[path] = sum(part.claims for part in parts[path])
        findings += first_of_each_kind(finding for part in parts[path] for finding in part.findings)
        cache.keep(path, digests[path], parts[path])
    cache.save()
    findings += _without_results(cells, {path: count or 0 for path, count in counts.items()})
    return SiteCheck(tuple(findings), sum(count or 0 for count in counts.values()))


class _Audited(NamedTuple):
    """What every process must know."""

    site: Path
    project: Project
    vocabulary: Vocabulary


def _in_processes(workers: WorkerPool, function: Callable[..., Any], calls: Sequence[Any]) -> Iterator[Any]:
    yield from (made.result() for made in [workers.submit(function, call) for call in calls])


def _parts(
    call: Callable[..., Iterator[Any]], audited: _Audited, due: Sequence[str], cache: AuditCache
) -> Iterator[Part]:
    """What every file says that must be read, judged."""
    own: dict[str, list[str]] = {registry: [] for registry in cache.published}
    shared = [path for path in due if registry_of(path) not in own]
    for path in due:
        own.get(registry_of(path), []).append(path)
    chunks = [shared[start : start + _AT_ONCE] for start in range(0, len(shared), _AT_ONCE)]
    unjudged: dict[str, list[Part]] = {registry: [] for registry in own}
    for part in (part for parts in call(partial(_read_shared, audited), chunks) for part in parts):
        if not part.registry or cache.has_claims(part.registry, part.digest):
            yield part._replace(pickled=b"")
        elif part.registry in unjudged:
            unjudged[part.registry].append(part)
        else:
            what = f"No registry {part.registry!r} has published anything."
            yield Part(part.path, "", (Finding(DiagnosticCode.CELL_UNKNOWN, what, part.path, 1),))
    tasks = [(registry, own[registry], unjudged[registry]) for registry in own if own[registry] or unjudged[registry]]
    for parts in call(partial(_judge, audited), tasks):
        yield from parts


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
def _read_shared(audited: _Audited, paths: Sequence[str]) -> list[Part]:
    """Read files of all registries: what is wrong with each, and what it says of each registry."""
    parts = []
    for path in paths:
        reading = _read(audited, path)
        parts.append(Part(path, "", tuple(reading.findings)))
        for registry in sorted(reading.registries):
            claims, tables = reading.of(registry)
            known_by = hashlib.sha256(pickle.dumps(([claim[:-1] for claim in claims], tables))).hexdigest()[:32]
            parts.append(Part(path, registry, (), _count(claims, tables), known_by, pickle.dumps((claims, tables))))
    return parts


@_uncollected()
def _judge(audited: _Audited, task: tuple[str, Sequence[str], Sequence[Part]]) -> list[Part]:
    """Read one registry's own files, and judge all that is said of it."""
    registry, own, shared = task
    published = load_published(registry, audited.project.published)
    check = Check(published, partial(_earlier_editions, audited.project, registry), audited.vocabulary)
    late, parts = _late(audited.project, registry), []
    for path in own:
        reading = _read(audited, path)
        findings = [replace(finding, registry=finding.registry or registry) for finding in reading.findings]
        for other in reading.registries - {registry}:
            what = f"A page of {registry} tells of the registry {other}."
            findings.append(Finding(DiagnosticCode.CELL_UNKNOWN, what, path, 1, registry))
        claims, tables = reading.of(registry)
        findings += (replace(finding, file=path) for finding in check.findings(claims, tables))
        kept = (finding for finding in findings if path not in late or finding.kind not in _OF_AGE)
        parts.append(Part(path, registry, tuple(kept), _count(claims, tables)))
    for part in shared:
        claims, tables = pickle.loads(part.pickled)  # noqa: S301 - our own process made it
        found = (replace(finding, file=part.path) for finding in check.findings(claims, tables))
        parts.append(part._replace(findings=tuple(found), pickled=b""))
    return parts


def _read(audited: _Audited, path: str) -> Reading:
    """What one file says; one that is not as its kind should be is a finding."""
    site, _, vocabulary = audited
    try:
        if path == SEARCH:
            return read_search(site, vocabulary)
        read = read_shipped if path.startswith("site_libs/") else read_page if path.endswith(".html") else read_file
        return read((site / path).read_bytes(), path, vocabulary)
    except (ValueError, LookupError, TypeError, AttributeError, SyntaxError):
        reading = Reading(path, vocabulary)
        reading.find(DiagnosticCode.FILE_UNKNOWN, "This file is not of its form.", 1)
        return reading


def _late(project: Project, registry: str) -> set[str]:
    """Pages that stand as they were made before, with the files beside them: they may tell of cells as they were."""
    pages = [page.address for page in load_last_good_headers(registry, project.last_good_pages) if page.delayed]
    return {path for page in pages for path in (output_path(page), page.replace("index.qmd", UNIT_CELLS_FILE))}


def _earlier_editions(project: Project, registry: str) -> Iterator[PublishedResults]:
    """A registry as earlier editions showed it."""
    for folder in sorted(project.snapshots.glob("*")) if project.snapshots.is_dir() else ():
        try:
            yield load_published(registry, folder)
        except (OSError, ValueError, KeyError):
            continue  # an edition without this registry, or of a form that is read no longer


def _count(claims: Sequence[Claim], tables: Sequence[Table]) -> int:
    return len(claims) + sum(len(table.columns.get("orgnr", ())) for table in tables)


def _without_results(registries: dict[str, str], counts: dict[str, int]) -> Iterator[Finding]:
    """Registries with pages of results on which no result is, and a site that has none at all."""
    if registries and not any(counts.values()):
        yield Finding(DiagnosticCode.ATTACK_SKIPPED, "No result was found in the site: this audit has checked nothing.")
        return
    results: dict[str, dict[str, int]] = {}
    for path in filter(_YEAR_PAGE.fullmatch, counts):
        results.setdefault(registry_of(path), {})[path] = counts[path]
    for registry, pages in results.items():
        if registry in registries and not any(pages.values()):
            what = "The registry has pages of results, but no result was found on them."
            yield Finding(DiagnosticCode.ATTACK_SKIPPED, what, min(pages), None, registry)


def _files(site: Path) -> Iterator[str]:
    """Every file of the site itself; earlier editions are links, and were checked when they were published."""
    for folder, folders, names in os.walk(site):
        folders[:] = [name for name in folders if not os.path.islink(f"{folder}/{name}")]  # noqa: PTH114
        for name in names:
            if os.path.isfile(f"{folder}/{name}"):  # noqa: PTH113 - what is no file, the look at the whole site tells
                yield (Path(folder) / name).relative_to(site).as_posix()
