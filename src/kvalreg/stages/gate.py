"""Stage two, the gate: each registry's deliveries become published cells, after disclosure control.

Input: `RunInputs`. Output: the published cells as files, and by registry the jobs of its pages. A refused registry
keeps what it has published before. Only this stage sees true counts.
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
"""Folders of the store: results of this stage, and suppression patterns by registry."""
_PARALLEL_THRESHOLD = 1_000_000
"""From this many bytes of deliveries on, parallel processes save more time than their start takes."""


@dataclass(frozen=True)
class GatedRegistry:
    """A registry that has passed the gate: the jobs of its pages, and its warnings."""

    jobs: tuple[Job, ...]
    warnings: tuple[Diagnostic, ...]


def gate_registries(
    project: Project, inputs: RunInputs, fallback: RegistryFallback, memo: Memo, workers: int
) -> tuple[dict[str, GatedRegistry], list[Diagnostic]]:
    """Gate every selected registry whose inputs have changed, and install its cells.

    Returns
    -------
    The registries that have passed, by id, and the warnings of those that wait for approval.
    """
    keys = {name: _key(project, name, inputs, memo) for name in inputs.selected if name in inputs.registries}
    stored = {name: value for name, key in keys.items() if (value := memo.get(STAGE, name, key)) is not None}
    due = [name for name in keys if name not in stored]
    # the threshold is in bytes: the time of a registry grows with its deliveries, that of a process's start does not
    size = sum(path.stat().st_size for name in due for path in project.data(name).glob("*") if path.is_file())
    calls = {name: (project, _inputs_of(inputs, name), name, _masks(memo, name)) for name in due}
    gated: dict[str, GatedRegistry] = {}
    waiting: list[Diagnostic] = []
    pending = dict(run_each(gate_registry, calls, workers if size >= _PARALLEL_THRESHOLD else 1))
    for name in inputs.selected:
        # whatever is raised here, also in the worker process, makes this registry fall back, and no other
        with fallback.isolated(name):
            try:
                if name in inputs.diagnostics:
                    raise ConfigurationError(inputs.diagnostics[name])
                value = stored.get(name) or pending[name]()
            except ApprovalPendingError as error:  # no failure: readers keep what they have until somebody approves
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
    """Compute a registry's published cells from its deliveries, and save them next to the current ones.

    Parameters
    ----------
    masks
        Suppression patterns of the last build; see `SuppressionCache`.

    Returns
    -------
    JSON: its jobs, its warnings, and its suppression patterns.
    """
    # read: descriptor and deliveries, without what nobody has approved
    registry, warnings = complete_descriptor(inputs.registries[registry_id], project)
    read = read_approved_deliveries if inputs.scope is DeliveryScope.APPROVED else read_deliveries
    delivered = read(project, registry, inputs.units, inputs.unknown_units)
    refuse_no_rows(delivered, project)

    # aggregate and gate: true counts stay in this function, `published` holds only what may be shown
    source, suppression_cache = RegistrySource(registry, inputs.units, delivered.deliveries), SuppressionCache(masks)
    results = aggregate(delivered, registry, inputs.units)
    published, edition = apply_gate(results, source, read_editions(registry_id, project), suppression_cache)

    # plan, and save both into a folder of their own: nothing is replaced before all has succeeded
    jobs = plan_jobs(published, project)
    check_notebooks((job.notebook for job in jobs), project)
    folder = make_private_folder(project.gated, registry_id)
    save_published(published, folder)
    save_edition(edition, registry_id, folder)
    return {
        "jobs": [asdict(job) | {"notebook": str(job.notebook)} for job in jobs],
        "warnings": diagnostics_to_dicts([*warnings, *delivered.warnings]),
        "masks": suppression_cache.used_masks,
    }


def _install(project: Project, name: str, value: dict[str, Any], memo: Memo) -> None:
    """Move new cells to where notebooks read them, and their entry to the pending ledger; remove unplanned pages."""
    folder = project.gated / name
    (folder / f"{name}.parquet").replace(clear_path(project.published / f"{name}.parquet"))
    move_entry(name, folder, project.pending_ledger)
    remove(folder)
    memo.store.write_json(f"{MASKS}/{name}", {"code": memo.fingerprints.environment, "masks": value.pop("masks")})
    prune_pages(name, {job["address"] for job in value["jobs"]}, project.last_good_pages)


def _key(project: Project, name: str, inputs: RunInputs, memo: Memo) -> str:
    """The key of a registry's gated cells: all that `gate_registry` reads."""
    notebooks = project.root / "notebooks" / "report"
    sources = [project.units, project.descriptor(name).parent, project.data(name), notebooks]
    return memo.key([*sources, *ledger_files(name, project)], name, inputs.unknown_units, inputs.scope)


def _inputs_of(inputs: RunInputs, name: str) -> RunInputs:
    """The inputs of one registry: they are pickled for its worker process."""
    return replace(inputs, registries={name: inputs.registries[name]}, diagnostics={}, selected=[name])


def _masks(memo: Memo, name: str) -> dict[str, str]:
    """The stored suppression patterns of a registry's tables; none from other versions of the code."""
    entry = memo.store.read_json(f"{MASKS}/{name}") if memo.use_cache else {}
    return dict(entry["masks"]) if entry.get("code") == memo.fingerprints.environment else {}


def _files(project: Project, name: str) -> list[Path]:
    """What `_install` puts in place: a stored result is only used while these are as it left them."""
    return [project.published / f"{name}.parquet", project.pending_ledger / NEXT / f"{name}.parquet"]


def _job(value: dict[str, Any]) -> Job:
    """A job from its JSON, which has texts for paths and lists for tuples."""
    breadcrumb = tuple((title, address) for title, address in value["breadcrumb"])
    return Job(**{**value, "notebook": Path(value["notebook"]), "breadcrumb": breadcrumb})
