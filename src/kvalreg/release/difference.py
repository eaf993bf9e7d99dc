"""What a registry's deliveries would change for readers, before anything is built: for whoever approves them.

Comes in: a project and a registry. Goes out: `Difference`, as text or JSON. It goes the same way as a build, gate and
ledger included, so that it tells nothing that the published pages would not; and it writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kvalreg.disclosure.gate import publish
from kvalreg.disclosure.ledger import read_editions
from kvalreg.disclosure.published import Published, Source, Status, load_published
from kvalreg.errors import ConfigurationError, UsageError
from kvalreg.inputs.approval import REQUIRED, approval_line, approved_checksums
from kvalreg.inputs.delivered import read_deliveries
from kvalreg.inputs.delivery import UnknownUnits
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.units import read_units
from kvalreg.project import Project
from kvalreg.release.history import public_edition
from kvalreg.report.revision import Change, Changes, Kind, Told, changes
from kvalreg.report.wording import Words, words
from kvalreg.statistics.aggregation import aggregate

_LEVELS = ("nation", "rhf", "hf", "county", "hospital")
_NOT_SHOWN = {Status.SECRET: "secret", Status.FEW_PATIENTS: "few patients", Status.LOW_COVERAGE: "low coverage"}
"""What is said of cells whose result is not shown."""


@dataclass(frozen=True)
class Difference:
    """What would change.

    Parameters
    ----------
    compared_with
        The edition that readers see, or empty: then it is what was built last.
    before
        What there is; None where there is nothing.
    waiting
        Checksums of the new deliveries that somebody must approve first.
    """

    compared_with: str
    before: Published | None
    after: Published
    changes: Changes
    waiting: tuple[str, ...]


def difference(project: Project, registry_id: str, unknown_units: UnknownUnits) -> Difference:
    """Everything of a registry that all its deliveries together would change.

    Raises
    ------
    UsageError
        When there is no such registry.
    ConfigurationError, DeliveryError, DisclosureError
        As in a build.
    """
    units = read_units(project.units, project.relative(project.units))
    registries, faults = read_descriptors(project)
    if registry_id in faults:
        raise ConfigurationError(faults[registry_id])
    if registry_id not in registries:
        known = ", ".join(sorted(registries)) or "none"
        raise UsageError(f"There is no registry {registry_id!r}. This project has: {known}.")
    registry = registries[registry_id]
    delivered = read_deliveries(project, registry, units, unknown_units)
    results = aggregate(delivered, registry, units)
    source = Source(registry, units, delivered.deliveries)
    after = publish(results, source, read_editions(registry_id, project)).published
    edition = public_edition(project) or ""
    folder = project.snapshots / edition if edition else project.published
    before = load_published(registry_id, folder) if (folder / f"{registry_id}.parquet").is_file() else None
    found = changes(before, after)
    approved = approved_checksums(registry, project) if registry.approval == REQUIRED else None
    waiting = [one.sha256 for one in after.source.deliveries if approved is not None and one.sha256 not in approved]
    return Difference(edition, before, after, found, tuple(waiting))


# --- as text ---------------------------------------------------------------------------------------------------------
def told(one: Difference, project: Project) -> str:
    """The difference as lines to read."""
    registry = one.after.registry
    return "\n".join(
        [f"{registry.name} ({registry.id}), {_compared(one)}:", *_summary(one), *_cells(one), *_approval(one, project)]
    )


def _compared(one: Difference) -> str:
    if one.compared_with:
        return f"compared with the edition {one.compared_with}, which readers see"
    return "compared with the last build, since nothing has been published" if one.before else "which is new"


def _summary(one: Difference) -> Iterator[str]:
    for reason in one.changes.reasons:
        day = f", updated {reason.latest_update}" if reason.latest_update else ""
        yield f"  New delivery: {reason.file}{day}. {reason.remark}".rstrip()
    for what, wholes in (("New numbers for", one.changes.new), ("No longer any numbers for", one.changes.gone)):
        years = sorted({whole.year for whole in wholes})
        if years:
            yield f"  {what} {', '.join(str(year) for year in years)}."
    if not one.changes:
        yield "  Nothing that readers see would change."
        return
    values = one.changes.values
    levels = sum(_level(change) is not None for change in values)
    yield (
        f"  Changed: {one.changes.count(Kind.CHANGED)}, {levels} of them to another level. "
        f"No longer shown: {one.changes.count(Kind.HIDDEN)}. Shown again: {one.changes.count(Kind.SHOWN)}. "
        f"Not shown for another reason: {one.changes.count(Kind.REASON)}."
    )
    for status, what in _NOT_SHOWN.items():
        counts = _count(one.before, status), _count(one.after, status)
        if any(counts):
            yield f"  {what[:1].upper()}{what[1:]}: {counts[0]} cells before, {counts[1]} after."


def _cells(one: Difference) -> Iterator[str]:
    say = words("en", one.after.registry.language)
    for change in sorted(one.changes.values, key=lambda change: _LEVELS.index(change.level)):
        indicator = one.after.registry.indicator(change.ind_id)
        unit = one.after.units.by_orgnr.get(change.orgnr)
        name = unit.short_name if unit is not None else change.orgnr
        before, after = (_text(side, change, one.after, say) for side in (change.before, change.after))
        arrow = f"{before} -> {after}" if change.kind is not Kind.HIDDEN else f"no longer shown, {after}"
        level = _level(change)
        yield f"  {name}, {indicator.title} ({change.context}) {change.year}: {arrow}{f', {level}' if level else ''}"


def _approval(one: Difference, project: Project) -> Iterator[str]:
    if one.waiting:
        yield f"To approve, add to {project.relative(project.approvals(one.after.registry.id))}:"
        yield from (approval_line(sha256) for sha256 in one.waiting)


def _text(side: Told, change: Change, published: Published, say: Words) -> str:
    indicator = published.registry.indicator(change.ind_id)
    patients = "" if side.patients is None else say.patients(indicator, side.patients)
    value = _NOT_SHOWN.get(side.status, "" if side.value is None else say.value(indicator, side.value))
    return " ".join(part for part in (value, f"({patients} patients)" if patients else "") if part)


def _level(change: Change) -> str | None:
    if change.kind is not Kind.CHANGED or change.before.achievement == change.after.achievement:
        return None
    return f"level {change.before.achievement or 'none'} -> {change.after.achievement or 'none'}"


def _count(published: Published | None, status: Status) -> int:
    """How many cells have a status; in an edition from before there were several, all that are not shown are secret."""
    if published is None:
        return 0
    cells = published.cells
    if "status" not in cells:
        return int((~cells["shown"].astype(bool)).sum()) if status is Status.SECRET else 0
    return int((cells["status"] == status).sum())


# --- as JSON ---------------------------------------------------------------------------------------------------------
def as_json(one: Difference) -> str:
    """The difference for programs; keys as in `docs/release.md`."""
    say = words("en", one.after.registry.language)

    def side(told: Told, change: Change) -> dict[str, Any]:
        numbers = {"value": told.value, "patients": told.patients, "achievement": told.achievement}
        return numbers | {"status": told.status.value, "text": _text(told, change, one.after, say)}

    document = {
        "registry": one.after.registry.id,
        "compared_with": one.compared_with or None,
        "deliveries": [
            {
                "file": reason.file,
                "sha256": reason.sha256,
                "remark": reason.remark,
                "latest_update": reason.latest_update.isoformat() if reason.latest_update else None,
                "waiting": reason.sha256 in one.waiting,
            }
            for reason in one.changes.reasons
        ],
        "new": [whole._asdict() for whole in one.changes.new],
        "gone": [whole._asdict() for whole in one.changes.gone],
        "cells": [
            {
                "ind_id": change.ind_id,
                "context": change.context,
                "year": change.year,
                "level": change.level,
                "orgnr": change.orgnr,
                "what": change.kind.value,
                "before": side(change.before, change),
                "after": side(change.after, change),
            }
            for change in one.changes.values
        ],
        **{
            status.value: {"before": _count(one.before, status), "after": _count(one.after, status)}
            for status in _NOT_SHOWN
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=1)
