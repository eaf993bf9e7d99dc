"""`data/<id>/approved.yml`: which deliveries somebody has approved, for registries that require it.

Owns the file's fields and rules, and the message that tells which line to add. Comes in: the file, and the deliveries
that are there. Goes out: which of them may be published. What a delivery holds is not looked at here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import RootModel, StringConstraints

from kvalreg.clock import today
from kvalreg.errors import AwaitingError, ConfigurationError, DeliveryError, Fault
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_model import FilledText, Model, Text
from kvalreg.inputs.validation import validate
from kvalreg.inputs.yaml_file import read_yaml
from kvalreg.kinds import Kind
from kvalreg.project import Project

REQUIRED = "required"
"""The value of a descriptor's ``approval`` that makes this file count."""


class Which(StrEnum):
    """Which deliveries a run reads."""

    APPROVED = "approved"
    """Of a registry that requires approval, those that have it; of others all."""
    ALL = "all"


class Approval(Model):
    """One approved delivery."""

    sha256: Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern="^[0-9a-f]{64}$")]
    """The delivery's checksum, as `kvalreg diff` and `kvalreg build` tell it: it fits one file, to the byte."""
    by: FilledText
    """Who approved it."""
    on: date
    """The day (YYYY-MM-DD)."""
    remark: Text = ""
    """Anything worth knowing."""


class ApprovalList(RootModel[tuple[Approval, ...]]):
    """The approved deliveries, in any order."""


@dataclass(frozen=True)
class Sorted:
    """Deliveries that may be published, and a remark on each one that waits."""

    approved: tuple[Path, ...]
    waiting: tuple[Fault, ...]


def sort_deliveries(files: Sequence[Path], registry: Registry, project: Project) -> Sorted:
    """Which deliveries of a registry may be published.

    A registry is never shown half: where a delivery that was approved is no longer what it was, nothing of it changes.

    Raises
    ------
    AwaitingError
        When nothing can be published before somebody approves: what was published before stays.
    DeliveryError
        When an approved delivery is gone and none waits in its place.
    ConfigurationError
        When approved.yml is faulty.
    """
    if registry.approval != REQUIRED:
        return Sorted(tuple(files), ())
    approved = approved_checksums(registry, project)
    checksums = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    there = tuple(path for path in files if checksums[path] in approved)
    waiting = tuple(_waits(path, checksums[path], project, registry) for path in files if path not in there)
    gone = [sha256 for sha256 in approved if sha256 not in checksums.values()]
    if (gone and waiting) or not there:
        raise AwaitingError(waiting or (_nothing(registry, project),))
    if gone:
        shown = project.relative(project.approvals(registry.id))
        todo = "Put the delivery back as it was, or remove this line."
        raise DeliveryError(
            Fault(f"The approved delivery {sha256[:12]}… is not here any longer.", todo, shown, kind=Kind.APPROVED_GONE)
            for sha256 in gone
        )
    return Sorted(there, waiting)


def approval_line(sha256: str) -> str:
    """The line that approves a delivery today, once its name is filled in."""
    return f'- {{sha256: {sha256}, by: "NAME", on: {today().isoformat()}}}'


def approved_checksums(registry: Registry, project: Project) -> list[str]:
    """The checksums in approved.yml; none without the file, ConfigurationError when it is faulty."""
    path = project.approvals(registry.id)
    if not path.is_file():
        return []
    listed, faults = validate(read_yaml(path, project.relative(path)), ApprovalList)
    if faults or listed is None:
        raise ConfigurationError(faults)
    return [one.sha256 for one in listed.root]


def _waits(path: Path, sha256: str, project: Project, registry: Registry) -> Fault:
    what = "Nobody has approved this delivery, so its numbers are not shown."
    todo = (
        f"See what it changes with kvalreg diff {registry.id}. Then add to "
        f"{project.relative(project.approvals(registry.id))}: {approval_line(sha256)}"
    )
    return Fault(what, todo, project.relative(path), kind=Kind.NOT_APPROVED)


def _nothing(registry: Registry, project: Project) -> Fault:
    return Fault(
        "There is no delivery.", "Add one.", project.relative(project.data(registry.id)), kind=Kind.NOT_APPROVED
    )
