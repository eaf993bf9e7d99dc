"""The diff of a registry: what its deliveries would change for readers, for whoever approves them.

Input: a project and a registry. Output: `RegistryDiff`, as text or JSON. It takes the same path as a build, gate and
ledger included, so it shows nothing that published pages would not; and it writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kvalreg.disclosure.gate import apply_gate
from kvalreg.disclosure.ledger import read_editions
from kvalreg.disclosure.published import CellStatus, PublishedResults, RegistrySource, load_published
from kvalreg.errors import ConfigurationError, UsageError
from kvalreg.inputs.approval import APPROVAL_REQUIRED, approval_line, approved_checksums
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.registry_deliveries import read_deliveries
from kvalreg.inputs.units import read_units
from kvalreg.project import Project
from kvalreg.release.history import public_edition
from kvalreg.report.translation import Translator, get_translator
from kvalreg.revision import CellRevision, CellSnapshot, RegistryRevision, RevisionKind, compare_publications
from kvalreg.statistics.aggregation import aggregate

_LEVELS = ("nation", "rhf", "hf", "county", "hospital")
_NOT_SHOWN_LABELS = {
    CellStatus.SECRET: "secret",
    CellStatus.FEW_PATIENTS: "few patients",
    CellStatus.LOW_COVERAGE: "low coverage",
}
"""Labels of cells whose result is not shown."""


@dataclass(frozen=True)
class RegistryDiff:
    """What would change.

    Parameters
    ----------
    baseline_edition
        The edition that readers see; empty where there is none, and the last build is the baseline.
    before
        The baseline; None where there is none.
    unapproved_checksums
        Checksums of the new deliveries that somebody must approve first.
    """

    baseline_edition: str
    before: PublishedResults | None
    after: PublishedResults
    registry_revision: RegistryRevision
    unapproved_checksums: tuple[str, ...]


def diff_registry(project: Project, registry_id: str, unknown_units: UnknownUnitPolicy) -> RegistryDiff:
    """Everything that all deliveries of a registry together would change.

    Raises
    ------
    UsageError
        When there is no such registry.
    ConfigurationError, DeliveryError, DisclosureError
        As in a build.
    """
    units = read_units(project.units, project.display_path(project.units))
    registries, diagnostics_by_registry = read_descriptors(project)
    if registry_id in diagnostics_by_registry:
        raise ConfigurationError(diagnostics_by_registry[registry_id])
    if registry_id not in registries:
        known_ids = ", ".join(sorted(registries)) or "none"
        raise UsageError(f"There is no registry {registry_id!r}. This project has: {known_ids}.")
    # the same steps as `kvalreg.stages.gate.gate_registry`, but with deliveries that wait for approval
    registry = registries[registry_id]
    delivered = read_deliveries(project, registry, units, unknown_units)
    results = aggregate(delivered, registry, units)
    source = RegistrySource(registry, units, delivered.deliveries)
    after = apply_gate(results, source, read_editions(registry_id, project)).published
    # the baseline is what readers see; before the first publication, what was built last
    edition = public_edition(project) or ""
    folder = project.snapshots / edition if edition else project.published
    before = load_published(registry_id, folder) if (folder / f"{registry_id}.parquet").is_file() else None
    registry_revision = compare_publications(before, after)
    # a delivery is approved by its checksum, so one that was changed after approval must be approved again
    approved = approved_checksums(registry, project) if registry.approval == APPROVAL_REQUIRED else None
    unapproved = [
        delivery.sha256
        for delivery in after.source.deliveries
        if approved is not None and delivery.sha256 not in approved
    ]
    return RegistryDiff(edition, before, after, registry_revision, tuple(unapproved))


# --- as text ---------------------------------------------------------------------------------------------------------
def diff_to_text(diff: RegistryDiff, project: Project) -> str:
    """The diff as lines of text."""
    registry = diff.after.registry
    return "\n".join(
        [
            f"{registry.name} ({registry.id}), {_baseline_text(diff)}:",
            *_summary_lines(diff),
            *_cell_lines(diff),
            *_approval_lines(diff, project),
        ]
    )


def _baseline_text(diff: RegistryDiff) -> str:
    if diff.baseline_edition:
        return f"compared with the edition {diff.baseline_edition}, which readers see"
    return "compared with the last build, since nothing has been published" if diff.before else "which is new"


def _summary_lines(diff: RegistryDiff) -> Iterator[str]:
    for new_delivery in diff.registry_revision.reasons:
        updated_text = f", updated {new_delivery.latest_update}" if new_delivery.latest_update else ""
        yield f"  New delivery: {new_delivery.file}{updated_text}. {new_delivery.remark}".rstrip()
    for label, year_levels in (
        ("New numbers for", diff.registry_revision.new),
        ("No longer any numbers for", diff.registry_revision.gone),
    ):
        years = sorted({year_level.year for year_level in year_levels})
        if years:
            yield f"  {label} {', '.join(str(year) for year in years)}."
    if not diff.registry_revision:
        yield "  Nothing that readers see would change."
        return
    count = diff.registry_revision.count
    level_changes = sum(_format_level_change(revision) is not None for revision in diff.registry_revision.values)
    yield (
        f"  Changed: {count(RevisionKind.CHANGED)}, {level_changes} of them to another level. "
        f"No longer shown: {count(RevisionKind.HIDDEN)}. Shown again: {count(RevisionKind.SHOWN)}. "
        f"Not shown for another reason: {count(RevisionKind.REASON)}."
    )
    for status, label in _NOT_SHOWN_LABELS.items():
        counts = _count_cells(diff.before, status), _count_cells(diff.after, status)
        if any(counts):
            yield f"  {label[:1].upper()}{label[1:]}: {counts[0]} cells before, {counts[1]} after."


def _cell_lines(diff: RegistryDiff) -> Iterator[str]:
    translator = get_translator("en", diff.after.registry.language)
    for revision in sorted(diff.registry_revision.values, key=lambda revision: _LEVELS.index(revision.level)):
        indicator = diff.after.registry.indicator(revision.ind_id)
        unit = diff.after.units.by_orgnr.get(revision.orgnr)
        name = unit.short_name if unit is not None else revision.orgnr
        before, after = (
            _format_value(snapshot, revision, diff.after, translator) for snapshot in (revision.before, revision.after)
        )
        change_text = (
            f"{before} -> {after}" if revision.kind is not RevisionKind.HIDDEN else f"no longer shown, {after}"
        )
        cell_text = f"{name}, {indicator.title} ({revision.context}) {revision.year}"
        yield "  " + ", ".join(filter(None, (f"{cell_text}: {change_text}", _format_level_change(revision))))


def _approval_lines(diff: RegistryDiff, project: Project) -> Iterator[str]:
    if diff.unapproved_checksums:
        yield f"To approve, add to {project.display_path(project.approvals_file(diff.after.registry.id))}:"
        yield from (approval_line(sha256) for sha256 in diff.unapproved_checksums)


def _format_value(
    snapshot: CellSnapshot, revision: CellRevision, published: PublishedResults, translator: Translator
) -> str:
    indicator = published.registry.indicator(revision.ind_id)
    patients = "" if snapshot.patients is None else translator.format_patients(indicator, snapshot.patients)
    value = _NOT_SHOWN_LABELS.get(
        snapshot.status, "" if snapshot.value is None else translator.format_value(indicator, snapshot.value)
    )
    return " ".join(part for part in (value, f"({patients} patients)" if patients else "") if part)


def _format_level_change(revision: CellRevision) -> str | None:
    if revision.kind is not RevisionKind.CHANGED or revision.before.achievement == revision.after.achievement:
        return None
    return f"level {revision.before.achievement or 'none'} -> {revision.after.achievement or 'none'}"


def _count_cells(published: PublishedResults | None, status: CellStatus) -> int:
    """How many cells have a status; in tables without statuses, all cells that are not shown count as secret."""
    if published is None:
        return 0
    cells = published.cells
    if "status" not in cells:
        return int((~cells["shown"].astype(bool)).sum()) if status is CellStatus.SECRET else 0
    return int((cells["status"] == status).sum())


# --- as JSON ---------------------------------------------------------------------------------------------------------
def diff_to_json(diff: RegistryDiff) -> str:
    """The diff for programs."""
    translator = get_translator("en", diff.after.registry.language)
    document = {
        "registry": diff.after.registry.id,
        "compared_with": diff.baseline_edition or None,
        "deliveries": [
            {
                "file": new_delivery.file,
                "sha256": new_delivery.sha256,
                "remark": new_delivery.remark,
                "latest_update": new_delivery.latest_update.isoformat() if new_delivery.latest_update else None,
                "waiting": new_delivery.sha256 in diff.unapproved_checksums,
            }
            for new_delivery in diff.registry_revision.reasons
        ],
        "new": [year_level._asdict() for year_level in diff.registry_revision.new],
        "gone": [year_level._asdict() for year_level in diff.registry_revision.gone],
        "cells": [_revision_to_dict(revision, diff.after, translator) for revision in diff.registry_revision.values],
        **{
            status.value: {"before": _count_cells(diff.before, status), "after": _count_cells(diff.after, status)}
            for status in _NOT_SHOWN_LABELS
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _revision_to_dict(
    revision: CellRevision, published: PublishedResults, translator: Translator
) -> dict[str, str | int | dict[str, Any]]:
    def snapshot_to_dict(snapshot: CellSnapshot) -> dict[str, Any]:
        return {
            "value": snapshot.value,
            "patients": snapshot.patients,
            "achievement": snapshot.achievement,
            "status": snapshot.status.value,
            "text": _format_value(snapshot, revision, published, translator),
        }

    return {
        "ind_id": revision.ind_id,
        "context": revision.context,
        "year": revision.year,
        "level": revision.level,
        "orgnr": revision.orgnr,
        "what": revision.kind.value,
        "before": snapshot_to_dict(revision.before),
        "after": snapshot_to_dict(revision.after),
    }
