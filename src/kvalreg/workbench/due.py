"""What a deadline asks for that is not there: told by a scheduled build, since only a registry's people can deliver it.

Comes in: a project and a day. Goes out: remarks. What has changed needs no list: a build does no more than that.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kvalreg.disclosure.published import load_published
from kvalreg.errors import Fault
from kvalreg.inputs.rounds import Standing, deadlines
from kvalreg.kinds import Kind
from kvalreg.project import Project
from kvalreg.workbench.dates import NOTICE


def due(project: Project, today: date) -> list[Fault]:
    """A remark on every round of a registry that is due soon, or late, and that its gated cells do not have."""
    return [remark for path in project.descriptors() for remark in _due_of(path.parent.name, project, today)]


def _due_of(registry: str, project: Project, today: date) -> Iterator[Fault]:
    if not (project.published / f"{registry}.parquet").is_file():
        return
    cells = load_published(registry, project.published).cells
    years = {
        "final": set(cells.loc[~cells["provisional"].astype(bool), "year"]),
        "interim": set(cells["year"]),
    }
    for one in deadlines(today):
        standing = one.standing(years[one.round], today)
        if standing is Standing.LATE or (standing is Standing.AHEAD and one.due - today <= NOTICE):
            name = f"Final results of {one.year}" if one.round == "final" else f"Results so far of {one.year}"
            when = "were" if standing is Standing.LATE else "are"
            what = f"{name} {when} due by {one.due.isoformat()}, and are not there."
            yield Fault(what, "Add the delivery.", f"data/{registry}/", kind=Kind.DEADLINE)
