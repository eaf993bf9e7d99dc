"""What registries' editions give away together, as findings of the audit.

Comes in: a project with its ledger. Goes out: a finding for each suppressed cell that can be worked out, or for each
edition that the ledger does not tell of for certain. The reasoning is `kvalreg.disclosure.edition_attack`'s, the same that the
gate's choice has stood. What was proven is remembered by the digests of the ledger's files.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from kvalreg.audit.findings import Finding
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.edition_attack import exposed_cells
from kvalreg.disclosure.ledger import NEXT, ledger_files, published_files, read_editions, read_next
from kvalreg.disclosure.published import load_source
from kvalreg.errors import LedgerError
from kvalreg.execution.worker_pool import WorkerPool, available_cpus
from kvalreg.project import Project
from kvalreg.shelf import Shelf, code_digest

_EXPOSURE_MESSAGE = (
    "What has been published gives away how many patients this unit has, or how many of them have the outcome"
)
_SERIAL_LIMIT = 2
"""So many registries are proven here; more, side by side in processes of their own."""


def audit_editions(project: Project, folder: Path) -> list[Finding]:
    """What the editions of every registry give away.

    Parameters
    ----------
    folder
        Where it is remembered which editions give nothing away.
    """
    store, registries = Shelf(folder), [path.stem for path in published_files(project)]
    key_by_registry = {registry: _cache_key(project, registry) for registry in registries}
    pending = [registry for registry in registries if store.get(key_by_registry[registry]) is None]
    findings: list[Finding] = []
    for registry, registry_findings in zip(pending, _audit_registries(project, pending), strict=True):
        findings += registry_findings
        if not registry_findings:
            store.put(key_by_registry[registry], b"")
    store.forget_others({*key_by_registry.values()})
    return findings


def find_exposed_cells(project: Project, registry: str) -> list[Finding]:
    """The suppressed cells that readers can work out from this edition and all before it."""
    try:
        editions = [*read_editions(registry, project), read_next(registry, project)]
    except LedgerError as error:
        return [
            Finding(
                diagnostic.code or DiagnosticCode.LEDGER_DAMAGED, diagnostic.message, diagnostic.file, None, registry
            )
            for diagnostic in error.diagnostics
        ]
    source = load_source(registry, project.published)
    if source is None:
        message = "The registry's published cells cannot be read."
        return [Finding(DiagnosticCode.FILE_UNKNOWN, message, f"{registry}.parquet", None, registry)]
    findings = []
    for exposed_cell in sorted(exposed_cells(editions, source.registry.secret_below)):
        unit_label = (
            f"{source.units[exposed_cell.orgnr].name} ({exposed_cell.orgnr})"
            if exposed_cell.orgnr in source.units
            else exposed_cell.orgnr
        )
        edition_text = "" if exposed_cell.edition == NEXT else f" in the edition {exposed_cell.edition}"
        cell_label = f"{exposed_cell.ind_id} {exposed_cell.context} {exposed_cell.year}, {unit_label}"
        findings.append(
            Finding(
                DiagnosticCode.CELL_EXPOSED, f"{_EXPOSURE_MESSAGE}{edition_text}: {cell_label}.", "", None, registry
            )
        )
    return findings


def _audit_registries(project: Project, registries: list[str]) -> list[list[Finding]]:
    if len(registries) <= _SERIAL_LIMIT or available_cpus() == 1:
        return [find_exposed_cells(project, registry) for registry in registries]
    with WorkerPool(min(available_cpus(), len(registries))) as pool:
        futures = [pool.submit(find_exposed_cells, project, registry) for registry in registries]
        return [future.result() for future in futures]


def _cache_key(project: Project, registry: str) -> str:
    """The name by which it is remembered that a registry's editions give nothing away."""
    digest = hashlib.sha256(f"{code_digest()} {registry}".encode())
    published_path = project.published / f"{registry}.parquet"
    for path in (
        published_path,
        project.pending_ledger / NEXT / f"{registry}.parquet",
        *ledger_files(registry, project),
    ):
        digest.update(f"{path}\n".encode() + hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest())
    return digest.hexdigest()
