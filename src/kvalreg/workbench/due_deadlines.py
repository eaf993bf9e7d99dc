"""Warnings of a scheduled build about results that a deadline asks for and no delivery has.

Input: a project and a day. Output: warnings. They are read from the gated cells alone, which takes milliseconds: a
scheduled build that has nothing to do reads no delivery.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.published import load_published
from kvalreg.errors import Diagnostic
from kvalreg.inputs.rounds import Deadline, DeadlineStatus, deadlines
from kvalreg.project import Project
from kvalreg.workbench.date_checks import DEADLINE_NOTICE


def deadline_warnings(project: Project, today: date) -> list[Diagnostic]:
    """A warning for every round of a registry that is due soon, or late, and missing from its gated cells."""
    return [
        warning
        for path in project.descriptors()
        for warning in _registry_deadline_warnings(path.parent.name, project, today)
    ]


def late(project: Project, today: date) -> list[tuple[str, str, int, date]]:
    """Every round that is late: the registry, ``final`` or ``interim``, the year, and the day that it was due."""
    found = []
    for path in project.descriptors():
        for one, standing in _missing(path.parent.name, project, today):
            if standing is DeadlineStatus.LATE:
                found.append((path.parent.name, one.round, one.year, one.due))
    return found


def _registry_deadline_warnings(registry: str, project: Project, today: date) -> Iterator[Diagnostic]:
    for deadline, deadline_status in _missing(registry, project, today):
        label = (
            f"Final results of {deadline.year}" if deadline.round == "final" else f"Results so far of {deadline.year}"
        )
        verb = "were" if deadline_status is DeadlineStatus.LATE else "are"
        message = f"{label} {verb} due by {deadline.due.isoformat()}, and are not there."
        yield Diagnostic(message, "Add the delivery.", f"data/{registry}/", code=DiagnosticCode.DEADLINE_DUE)


def _missing(registry: str, project: Project, today: date) -> Iterator[tuple[Deadline, DeadlineStatus]]:
    """The rounds that a registry's gated cells do not have and that are due soon, or late."""
    if not (project.published / f"{registry}.parquet").is_file():  # never built: the build reports that by itself
        return
    cells = load_published(registry, project.published).cells
    years = {
        "final": set(cells.loc[~cells["provisional"].astype(bool), "year"]),
        "interim": set(cells["year"]),
    }
    for deadline in deadlines(today):
        status = deadline.status(years[deadline.round], today)
        is_near = status is DeadlineStatus.AHEAD and deadline.due - today <= DEADLINE_NOTICE
        if status is DeadlineStatus.LATE or is_near:
            yield deadline, status
