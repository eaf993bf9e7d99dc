"""The check of a whole site: every file read, every claim compared, registry by registry.

Input: the folder of a finished site, and the project it was built from. Output: `SiteCheckResult`. Files of one
registry are read and checked together; claims of files of several registries are grouped by registry first, so that one
registry's cells at a time are in memory. Files that have not changed since the last audit are not read.
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

from kvalreg.audit.cache import AuditCache, FilePart
from kvalreg.audit.check import ClaimChecker
from kvalreg.audit.claims import Claim, OpenDataTable, Reading
from kvalreg.audit.data_files import SEARCH, read_file, read_search
from kvalreg.audit.findings import Finding, limit_per_code
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

_PARALLEL_THRESHOLD = 8_000_000
"""Number of bytes to read above which parallel processes pay for their start."""
_CHUNK_FILES = 16
"""How many files of several registries a process reads as one task."""
_STALE_CODES = {DiagnosticCode.WRONG_NUMBER, DiagnosticCode.WRONG_UNIT, DiagnosticCode.CELL_UNKNOWN}
"""Codes that are no errors on a stale page: it shows cells as they were, and a notice says so."""
_YEAR_PAGE = re.compile(r"(?:\w+/)?registre/[^/]+/\d{4}[\w-]*/index\.html")
"""The page of a registry's year: without a result on it, the audit has read nothing."""


@dataclass(frozen=True)
class SiteCheckResult:
    """The result of the check.

    Parameters
    ----------
    findings
        In the order of files.
    claims
        How many numbers were compared with cells, including cached ones of files that have not changed.
    """

    findings: tuple[Finding, ...]
    claims: int


def check_site(
    site: Path, project: Project, folder: Path, digest_of: Callable[[Path], str] = file_digest
) -> SiteCheckResult:
    """Compare every number of a site with its cell.

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
    counts = {path: cache.cached_count(path, digest) for path, digest in digests.items()}
    due = [path for path, count in counts.items() if count is None]
    parts: dict[str, list[FilePart]] = {path: [] for path in due}
    with ExitStack() as stack:
        # Claims of one registry need its cells alone, so tasks are independent: serial and parallel runs agree.
        call: Callable[..., Iterator[Any]] = map
        if sum((site / path).stat().st_size for path in due) > _PARALLEL_THRESHOLD and available_cpus() > 1:
            call = partial(_in_processes, stack.enter_context(WorkerPool(available_cpus())))
        for part in _check_files(call, _AuditInputs(site, project, vocabulary), due, cache):
            parts[part.path].append(part)
    findings: list[Finding] = []
    for path in due:
        counts[path] = sum(part.claims for part in parts[path])
        findings += limit_per_code(finding for part in parts[path] for finding in part.findings)
        cache.record(path, digests[path], parts[path])
    cache.save()
    findings += _without_results(cells, {path: count or 0 for path, count in counts.items()})
    return SiteCheckResult(tuple(findings), sum(count or 0 for count in counts.values()))


class _AuditInputs(NamedTuple):
    """The inputs of every process."""

    site: Path
    project: Project
    vocabulary: Vocabulary


def _in_processes(workers: WorkerPool, function: Callable[..., Any], calls: Sequence[Any]) -> Iterator[Any]:
    # All are submitted before the first result is awaited.
    yield from (future.result() for future in [workers.submit(function, call) for call in calls])


def _check_files(
    call: Callable[..., Iterator[Any]], inputs: _AuditInputs, due: Sequence[str], cache: AuditCache
) -> Iterator[FilePart]:
    """Read and check every file that is due."""
    # A file of one registry is read and checked in one task; what several share is read first, and then divided.
    own_paths: dict[str, list[str]] = {registry: [] for registry in cache.published}
    shared = [path for path in due if registry_of(path) not in own_paths]
    for path in due:
        own_paths.get(registry_of(path), []).append(path)
    chunks = [shared[start : start + _CHUNK_FILES] for start in range(0, len(shared), _CHUNK_FILES)]
    unchecked: dict[str, list[FilePart]] = {registry: [] for registry in own_paths}
    for part in (part for parts in call(partial(_read_shared, inputs), chunks) for part in parts):
        if not part.registry or cache.has_claims(part.registry, part.digest):
            yield part._replace(pickled=b"")
        elif part.registry in unchecked:
            unchecked[part.registry].append(part)
        else:
            message = f"No registry {part.registry!r} has published anything."
            yield FilePart(part.path, "", (Finding(DiagnosticCode.CELL_UNKNOWN, message, part.path, 1),))
    tasks = [
        (registry, paths, unchecked[registry]) for registry, paths in own_paths.items() if paths or unchecked[registry]
    ]
    for parts in call(partial(_check_registry, inputs), tasks):
        yield from parts


@contextmanager
def _gc_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector: claims are a million small tuples without cycles, which it would scan."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_gc_paused()
def _read_shared(inputs: _AuditInputs, paths: Sequence[str]) -> list[FilePart]:
    """Read files of several registries: the findings of each file, and its claims about each registry."""
    parts = []
    for path in paths:
        reading = _read(inputs, path)
        parts.append(FilePart(path, "", tuple(reading.findings)))
        for registry in sorted(reading.registries):
            claims, tables = reading.for_registry(registry)
            # Without lines of the file (the last field): a claim that only moved is cached still.
            key = hashlib.sha256(pickle.dumps(([claim[:-1] for claim in claims], tables))).hexdigest()[:32]
            parts.append(FilePart(path, registry, (), _count(claims, tables), key, pickle.dumps((claims, tables))))
    return parts


@_gc_paused()
def _check_registry(inputs: _AuditInputs, task: tuple[str, Sequence[str], Sequence[FilePart]]) -> list[FilePart]:
    """Read one registry's own files, and check all claims about it."""
    registry, own_paths, shared = task
    published = load_published(registry, inputs.project.published)
    checker = ClaimChecker(published, partial(_earlier_editions, inputs.project, registry), inputs.vocabulary)
    stale_paths, parts = _stale_paths(inputs.project, registry), []
    for path in own_paths:
        reading = _read(inputs, path)
        findings = [replace(finding, registry=finding.registry or registry) for finding in reading.findings]
        # A registry's page may state nothing about another: its failure would otherwise change that page.
        for other in reading.registries - {registry}:
            message = f"A page of {registry} tells of the registry {other}."
            findings.append(Finding(DiagnosticCode.CELL_UNKNOWN, message, path, 1, registry))
        claims, tables = reading.for_registry(registry)
        findings += (replace(finding, file=path) for finding in checker.findings(claims, tables))
        relevant = (finding for finding in findings if path not in stale_paths or finding.code not in _STALE_CODES)
        parts.append(FilePart(path, registry, tuple(relevant), _count(claims, tables)))
    for part in shared:
        claims, tables = pickle.loads(part.pickled)  # noqa: S301 - our own process made it
        part_findings = (replace(finding, file=part.path) for finding in checker.findings(claims, tables))
        parts.append(part._replace(findings=tuple(part_findings), pickled=b""))
    return parts


def _read(inputs: _AuditInputs, path: str) -> Reading:
    """What one file states; a file that cannot be parsed as its kind is a finding."""
    site, _, vocabulary = inputs
    try:
        if path == SEARCH:
            return read_search(site, vocabulary)
        read = read_shipped if path.startswith("site_libs/") else read_page if path.endswith(".html") else read_file
        return read((site / path).read_bytes(), path, vocabulary)
    except (ValueError, LookupError, TypeError, AttributeError, SyntaxError):  # lxml's XMLSyntaxError is a SyntaxError
        reading = Reading(path, vocabulary)
        reading.add_finding(DiagnosticCode.FILE_UNKNOWN, "This file is not of its form.", 1)
        return reading


def _stale_paths(project: Project, registry: str) -> set[str]:
    """Stale pages, with their files of units' cells: they may state cells as they were when the page was built."""
    pages = [page.address for page in load_last_good_headers(registry, project.last_good_pages) if page.delayed]
    return {path for page in pages for path in (output_path(page), page.replace("index.qmd", UNIT_CELLS_FILE))}


def _earlier_editions(project: Project, registry: str) -> Iterator[PublishedResults]:
    """A registry's results as published in earlier editions."""
    for folder in sorted(project.snapshots.glob("*")) if project.snapshots.is_dir() else ():
        try:
            yield load_published(registry, folder)
        except (OSError, ValueError, KeyError):
            continue  # an edition without this registry, or of a form that is read no longer


def _count(claims: Sequence[Claim], tables: Sequence[OpenDataTable]) -> int:
    return len(claims) + sum(len(table.columns.get("orgnr", ())) for table in tables)


def _without_results(registries: dict[str, str], counts: dict[str, int]) -> Iterator[Finding]:
    """Findings for registries whose pages of results have none, and for a site without any result.

    A reader that fails to recognise results finds no error either: silence must not pass for a clean audit.
    """
    if registries and not any(counts.values()):
        yield Finding(DiagnosticCode.ATTACK_SKIPPED, "No result was found in the site: this audit has checked nothing.")
        return
    results: dict[str, dict[str, int]] = {}
    for path in filter(_YEAR_PAGE.fullmatch, counts):
        results.setdefault(registry_of(path), {})[path] = counts[path]
    for registry, pages in results.items():
        if registry in registries and not any(pages.values()):
            message = "The registry has pages of results, but no result was found on them."
            yield Finding(DiagnosticCode.ATTACK_SKIPPED, message, min(pages), None, registry)


def _files(site: Path) -> Iterator[str]:
    """The files of the site itself; earlier editions are symbolic links, and were checked when they were published."""
    for folder, folders, names in os.walk(site):
        folders[:] = [name for name in folders if not os.path.islink(f"{folder}/{name}")]  # noqa: PTH114
        for name in names:
            if os.path.isfile(f"{folder}/{name}"):  # noqa: PTH113 - the site lint reports everything else
                yield (Path(folder) / name).relative_to(site).as_posix()
