"""`data/<id>/approved.yml`: which deliveries somebody has approved, for registries that require it.

Owns the file's fields and rules, and the message that tells which line to add. Input: the file, and the deliveries that
are there. Output: which of them may be published. What a delivery holds is not looked at here.
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
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import ApprovalPendingError, ConfigurationError, DeliveryError, Diagnostic
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_model import DescriptorModel, DescriptorText, RequiredText
from kvalreg.inputs.validation import validate
from kvalreg.inputs.yaml_file import read_yaml
from kvalreg.project import Project

APPROVAL_REQUIRED = "required"
"""The value of a descriptor's ``approval`` that makes this file count."""


class DeliveryScope(StrEnum):
    """Which deliveries a run reads."""

    APPROVED = "approved"
    """Of a registry that requires approval, those that have it; of others all."""
    ALL = "all"


class Approval(DescriptorModel):
    """One approved delivery."""

    sha256: Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern="^[0-9a-f]{64}$")]
    """The delivery's checksum, as `kvalreg diff` and `kvalreg build` tell it: it fits one file, to the byte."""
    by: RequiredText
    """Who approved it."""
    on: date
    """The day (YYYY-MM-DD)."""
    remark: DescriptorText = ""
    """Anything worth knowing."""


class ApprovalList(RootModel[tuple[Approval, ...]]):
    """The approved deliveries, in any order."""


@dataclass(frozen=True)
class ApprovalSplit:
    """Deliveries that may be published, and a remark on each one that waits."""

    approved: tuple[Path, ...]
    pending: tuple[Diagnostic, ...]


def split_by_approval(files: Sequence[Path], registry: Registry, project: Project) -> ApprovalSplit:
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
    if registry.approval != APPROVAL_REQUIRED:
        return ApprovalSplit(tuple(files), ())
    approved = approved_checksums(registry, project)
    checksums = {path: _checksum(path) for path in files}
    approved_files = tuple(path for path in files if checksums[path] in approved)
    pending = tuple(
        _pending_diagnostic(path, checksums[path], project, registry) for path in files if path not in approved_files
    )
    missing = [sha256 for sha256 in approved if sha256 not in checksums.values()]
    if (missing and pending) or not approved_files:
        raise ApprovalPendingError(pending or (_no_delivery_diagnostic(registry, project),))
    if missing:
        display_path = project.display_path(project.approvals_file(registry.id))
        hint = "Put the delivery back as it was, or remove this line."
        raise DeliveryError(
            Diagnostic(
                f"The approved delivery {sha256[:12]}… is not here any longer.",
                hint,
                display_path,
                code=DiagnosticCode.APPROVED_FILE_MISSING,
            )
            for sha256 in missing
        )
    return ApprovalSplit(approved_files, pending)


def approval_line(sha256: str) -> str:
    """The line that approves a delivery today, once its name is filled in."""
    return f'- {{sha256: {sha256}, by: "NAME", on: {today().isoformat()}}}'


def approved_checksums(registry: Registry, project: Project) -> list[str]:
    """The checksums in approved.yml; none without the file, ConfigurationError when it is faulty."""
    path = project.approvals_file(registry.id)
    if not path.is_file():
        return []
    listed, diagnostics = validate(read_yaml(path, project.display_path(path)), ApprovalList)
    if diagnostics or listed is None:
        raise ConfigurationError(diagnostics)
    return [approval.sha256 for approval in listed.root]


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pending_diagnostic(path: Path, sha256: str, project: Project, registry: Registry) -> Diagnostic:
    message = "Nobody has approved this delivery, so its numbers are not shown."
    hint = (
        f"See what it changes with kvalreg diff {registry.id}. Then add to "
        f"{project.display_path(project.approvals_file(registry.id))}: {approval_line(sha256)}"
    )
    return Diagnostic(message, hint, project.display_path(path), code=DiagnosticCode.NOT_APPROVED)


def _no_delivery_diagnostic(registry: Registry, project: Project) -> Diagnostic:
    return Diagnostic(
        "There is no delivery.",
        "Add one.",
        project.display_path(project.data(registry.id)),
        code=DiagnosticCode.NOT_APPROVED,
    )
