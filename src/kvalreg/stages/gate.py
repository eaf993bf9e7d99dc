"""The second stage: each registry's deliveries become published cells.

Comes in: `RunInputs`. Goes out: by registry, the pages to make of its cells, with its cells in their place. A registry
that is refused keeps what it has published before. Only this stage sees true counts.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from kvalreg.disclosure.gate import apply_gate
from kvalreg.disclosure.ledger import NEXT, ledger_files, move_entry, read_editions, save_edition
from kvalreg.disclosure.published import RegistrySource, save_published
from kvalreg.disclosure.suppression_cache import SuppressionCache
from kvalreg.errors import ApprovalPendingError, ConfigurationError, Diagnostic
from kvalreg.execution.parallel import run_each
from kvalreg.execution.plan import Job, check_notebooks, plan_jobs
from kvalreg.inputs.approval import DeliveryScope
from kvalreg.inputs.descriptor_file import complete_descriptor
from kvalreg.inputs.registry_deliveries import read_approved_deliveries, read_deliveries, refuse_no_rows
from kvalreg.project import Project
from kvalreg.release.fallback import RegistryFallback
from kvalreg.run_result import diagnostics_from_dicts, diagnostics_to_dicts
from kvalreg.stages.read import RunInputs
from kvalreg.statistics.aggregation import aggregate
from kvalreg.storage.last_good import prune_pages
from kvalreg.storage.memo import Memo
from kvalreg.storage.permissions import clear_path, make_private_folder, remove

STAGE, MASKS = "gate", "masks"
_PARALLEL_THRESHOLD = 1_000_000
"""Bytes of deliveries from which on further processes are worth their start."""


@dataclass(frozen=True)
class GatedRegistry:
    """A registry that is through the gate: the pages to make of it, and what should be looked at."""

    jobs: tuple[Job, ...]
    warnings: tuple[Diagnostic, ...]


def gate_registries(
    project: Project, inputs: RunInputs, states: RegistryFallback, memo: Memo, workers: int
) -> tuple[dict[str, GatedRegistry], list[Diagnostic]]:
    """Let every chosen registry through the gate, and put its cells in their place.

    Returns
    -------
    The registries that are through, by id, and the warnings of those that wait for approval.
    """
    keys = {name: _key(project, name, inputs, memo) for name in inputs.chosen if name in inputs.registries}
    stored = {name: value for name, key in keys.items() if (value := memo.get(STAGE, name, key)) is not None}
    due = [name for name in keys if name not in stored]
    size = sum(path.stat().st_size for name in due for path in project.data(name).glob("*") if path.is_file())
    calls = {name: (project, _of_registry(inputs, name), name, _masks(memo, name)) for name in due}
    gated: dict[str, GatedRegistry] = {}
    waiting: list[Diagnostic] = []
    results = run_each(gate_registry, calls, workers if size >= _PARALLEL_THRESHOLD else 1)
    pending = dict(results)
    for name in inputs.chosen:
        with states.isolated(name):
            try:
                if name in inputs.faults:
                    raise ConfigurationError(inputs.faults[name])
                value = stored.get(name) or pending[name]()
            except ApprovalPendingError as error:  # as it should be: readers keep what they have
                waiting += error.diagnostics
                continue
            if name in pending:
                _install(project, name, value, memo)
                memo.put(STAGE, name, keys[name], value, _files(project, name))
            gated[name] = GatedRegistry(
                tuple(map(_job, value["jobs"])), tuple(diagnostics_from_dicts(value["warnings"]))
            )
    return gated, waiting


def gate_registry(project: Project, inputs: RunInputs, registry_id: str, masks: dict[str, str]) -> dict[str, Any]:
    """Make a registry's published cells of its deliveries, beside those that are in place.

    Parameters
    ----------
    masks
        What was chosen to be suppressed before; see `Remembered`.

    Returns
    -------
    JSON: its jobs, its warnings, and what was chosen to be suppressed.
    """
    registry, warnings = complete_descriptor(inputs.registries[registry_id], project)
    read = read_approved_deliveries if inputs.which is DeliveryScope.APPROVED else read_deliveries
    delivered = read(project, registry, inputs.units, inputs.unknown_units)
    refuse_no_rows(delivered, project)
    source, remembered = RegistrySource(registry, inputs.units, delivered.deliveries), SuppressionCache(masks)
    results = aggregate(delivered, registry, inputs.units)
    published, edition = apply_gate(results, source, read_editions(registry_id, project), remembered)
    jobs = plan_jobs(published, project)
    check_notebooks((job.notebook for job in jobs), project)
    folder = make_private_folder(project.gated, registry_id)
    save_published(published, folder)
    save_edition(edition, registry_id, folder)
    return {
        "jobs": [asdict(job) | {"notebook": str(job.notebook)} for job in jobs],
        "warnings": diagnostics_to_dicts([*warnings, *delivered.warnings]),
        "masks": remembered.used_masks,
    }


def _install(project: Project, name: str, value: dict[str, Any], memo: Memo) -> None:
    """Put new cells where notebooks read them, with what the ledger will keep, and drop pages they no longer have."""
    folder = project.gated / name
    (folder / f"{name}.parquet").replace(clear_path(project.published / f"{name}.parquet"))
    move_entry(name, folder, project.pending_ledger)
    remove(folder)
    memo.store.write_json(f"{MASKS}/{name}", {"code": memo.fingerprints.environment, "masks": value.pop("masks")})
    prune_pages(name, {job["address"] for job in value["jobs"]}, project.last_good_pages)


def _key(project: Project, name: str, inputs: RunInputs, memo: Memo) -> str:
    """What a registry's gated cells are made of."""
    notebooks = project.root / "notebooks" / "report"
    sources = [project.units, project.descriptor(name).parent, project.data(name), notebooks]
    return memo.key([*sources, *ledger_files(name, project)], name, inputs.unknown_units, inputs.which)


def _of_registry(inputs: RunInputs, name: str) -> RunInputs:
    """As much of the inputs as one registry's process needs."""
    return replace(inputs, registries={name: inputs.registries[name]}, faults={}, chosen=[name])


def _masks(memo: Memo, name: str) -> dict[str, str]:
    """What was chosen to be suppressed in the registry's tables; nothing of what other code has chosen."""
    entry = memo.store.read_json(f"{MASKS}/{name}") if memo.use_cache else {}
    return dict(entry["masks"]) if entry.get("code") == memo.fingerprints.environment else {}


def _files(project: Project, name: str) -> list[Path]:
    return [project.published / f"{name}.parquet", project.pending_ledger / NEXT / f"{name}.parquet"]


def _job(value: dict[str, Any]) -> Job:
    breadcrumb = tuple((title, address) for title, address in value["breadcrumb"])
    return Job(**{**value, "notebook": Path(value["notebook"]), "breadcrumb": breadcrumb})
