"""Whether the editions of a registry together give a suppressed cell away, as findings of the audit.

Input: a project with its ledger. Output: a finding for each suppressed cell that can be worked out, and for each
edition that the ledger does not describe with certainty. The attack itself is `kvalreg.disclosure.edition_attack`, the
same that the suppression pattern of the gate has passed. A proof is cached by the digests of the files it rests on.
"""

from __future__ import annotations

from pathlib import Path

from kvalreg.audit.findings import Finding
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.edition_attack import exposed_cells
from kvalreg.disclosure.ledger import NEXT, ledger_files, published_files, read_editions, read_next
from kvalreg.disclosure.published import load_source
from kvalreg.errors import LedgerError
from kvalreg.execution.worker_pool import WorkerPool, available_cpus
from kvalreg.project import Project
from kvalreg.storage.content_store import ContentStore
from kvalreg.storage.fingerprint import digest_of, environment_fingerprint, file_digest

_EXPOSURE_MESSAGE = (
    "What has been published gives away how many patients this unit has, or how many of them have the outcome"
)
_SERIAL_LIMIT = 2
"""Up to this many registries are attacked in this process; more, in parallel worker processes."""
_ENTRY = "safe"


def audit_editions(project: Project, folder: Path) -> list[Finding]:
    """What the editions of every registry give away.

    Parameters
    ----------
    folder
        Where the keys of the registries that gave nothing away are cached.
    """
    # only proofs that nothing is given away are cached: a finding is computed again until it is gone
    store = ContentStore(folder)
    keys = {path.stem: _cache_key(project, path.stem) for path in published_files(project)}
    safe_keys = store.read_json(_ENTRY)
    pending = [registry for registry, key in keys.items() if safe_keys.get(registry) != key]
    findings = dict(zip(pending, _audit_registries(project, pending), strict=True))
    store.write_json(_ENTRY, {registry: key for registry, key in keys.items() if not findings.get(registry)})
    return [finding for registry_findings in findings.values() for finding in registry_findings]


def find_exposed_cells(project: Project, registry: str) -> list[Finding]:
    """The suppressed cells that readers can work out from this edition and all before it."""
    try:
        editions = [*read_editions(registry, project), read_next(registry, project)]
    except LedgerError as error:
        damaged = DiagnosticCode.LEDGER_DAMAGED
        return [
            Finding(diagnostic.code or damaged, diagnostic.message, diagnostic.file, None, registry)
            for diagnostic in error.diagnostics
        ]
    source = load_source(registry, project.published)
    if source is None:
        message = "The registry's published cells cannot be read."
        return [Finding(DiagnosticCode.FILE_UNKNOWN, message, f"{registry}.parquet", None, registry)]
    findings = []
    for cell in sorted(exposed_cells(editions, source.registry.secret_below)):
        unit = f"{source.units[cell.orgnr].name} ({cell.orgnr})" if cell.orgnr in source.units else cell.orgnr
        edition = "" if cell.edition == NEXT else f" in the edition {cell.edition}"
        message = f"{_EXPOSURE_MESSAGE}{edition}: {cell.ind_id} {cell.context} {cell.year}, {unit}."
        findings.append(Finding(DiagnosticCode.CELL_EXPOSED, message, "", None, registry))
    return findings


def _audit_registries(project: Project, registries: list[str]) -> list[list[Finding]]:
    if len(registries) <= _SERIAL_LIMIT or available_cpus() == 1:
        return [find_exposed_cells(project, registry) for registry in registries]
    with WorkerPool(min(available_cpus(), len(registries))) as pool:
        futures = [pool.submit(find_exposed_cells, project, registry) for registry in registries]
        return [future.result() for future in futures]


def _cache_key(project: Project, registry: str) -> str:
    """The digest of all that a proof rests on: cells, the ledger's entries, and kvalreg with its libraries.

    The libraries count: another version of the solver could find what this one has not.
    """
    name = f"{registry}.parquet"
    files = [project.published / name, project.pending_ledger / NEXT / name, *ledger_files(registry, project)]
    contents = (f"{path}={file_digest(path) if path.is_file() else ''}" for path in files)
    return digest_of([environment_fingerprint(), *contents])
