"""What registries' editions give away together, as findings of the audit.

Comes in: a project with its ledger. Goes out: a finding for each suppressed cell that can be worked out, or for each
edition that the ledger does not tell of for certain. The reasoning is `kvalreg.disclosure.proof`'s, the same that the
gate's choice has stood. What was proven is remembered by the digests of the ledger's files.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from kvalreg.audit.findings import Finding
from kvalreg.batch.workers import Workers, processors
from kvalreg.disclosure.ledger import NEXT, ledger_files, published_files, read_editions, read_next
from kvalreg.disclosure.proof import given_away
from kvalreg.disclosure.published import load_source
from kvalreg.errors import LedgerError
from kvalreg.kinds import Kind
from kvalreg.project import Project
from kvalreg.shelf import Shelf, code_digest

_TEXT = "What has been published gives away how many patients this unit has, or how many of them have the outcome"
_FEW = 2
"""So many registries are proven here; more, side by side in processes of their own."""


def prove(project: Project, folder: Path) -> list[Finding]:
    """What the editions of every registry give away.

    Parameters
    ----------
    folder
        Where it is remembered which editions give nothing away.
    """
    shelf, registries = Shelf(folder), [path.stem for path in published_files(project)]
    entries = {registry: _entry(project, registry) for registry in registries}
    due = [registry for registry in registries if shelf.get(entries[registry]) is None]
    findings: list[Finding] = []
    for registry, found in zip(due, _each(project, due), strict=True):
        findings += found
        if not found:
            shelf.put(entries[registry], b"")
    shelf.forget_others({*entries.values()})
    return findings


def exposed(project: Project, registry: str) -> list[Finding]:
    """The suppressed cells that readers can work out from this edition and all before it."""
    try:
        editions = [*read_editions(registry, project), read_next(registry, project)]
    except LedgerError as error:
        return [
            Finding(fault.kind or Kind.LEDGER_DAMAGED, fault.what, fault.file, None, registry) for fault in error.faults
        ]
    source = load_source(registry, project.published)
    if source is None:
        what = "The registry's published cells cannot be read."
        return [Finding(Kind.FILE_UNKNOWN, what, f"{registry}.parquet", None, registry)]
    findings = []
    for one in sorted(given_away(editions, source.registry.secret_below)):
        unit = f"{source.units[one.orgnr].name} ({one.orgnr})" if one.orgnr in source.units else one.orgnr
        when = "" if one.edition == NEXT else f" in the edition {one.edition}"
        cell = f"{one.ind_id} {one.context} {one.year}, {unit}"
        findings.append(Finding(Kind.CELL_EXPOSED, f"{_TEXT}{when}: {cell}.", "", None, registry))
    return findings


def _each(project: Project, registries: list[str]) -> list[list[Finding]]:
    if len(registries) <= _FEW or processors() == 1:
        return [exposed(project, registry) for registry in registries]
    with Workers(min(processors(), len(registries))) as workers:
        made = [workers.submit(exposed, project, registry) for registry in registries]
        return [one.result() for one in made]


def _entry(project: Project, registry: str) -> str:
    """The name by which it is remembered that a registry's editions give nothing away."""
    digest = hashlib.sha256(f"{code_digest()} {registry}".encode())
    own = project.published / f"{registry}.parquet"
    for file in (own, project.next_ledger / NEXT / f"{registry}.parquet", *ledger_files(registry, project)):
        digest.update(f"{file}\n".encode() + hashlib.sha256(file.read_bytes() if file.is_file() else b"").digest())
    return digest.hexdigest()
