"""What is late, or soon will be: texts to review, and results with a deadline.

Comes in: a registry, its deliveries and a day. Goes out: remarks. They stop nothing: a late page is better than none.
`inputs/rounds.py` knows the deadlines.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from kvalreg.errors import Fault
from kvalreg.inputs.delivered import Delivered, last_complete_year
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.rounds import deadlines
from kvalreg.inputs.text_file import quote
from kvalreg.inputs.units import Units
from kvalreg.inputs.yaml_file import Document, Place
from kvalreg.kinds import Kind
from kvalreg.project import Project

REVIEWED_EVERY = timedelta(days=365)
"""How old a review of a registry's texts may be: they are updated every year."""
NOTICE = timedelta(days=45)
"""How long before a deadline it is told."""
_LATE = {
    "final": (
        "Final results of {year} {due}, and no delivery is complete up to {year}-12-31.",
        "Add the delivery, with its latest_affirm in deliveries.yml.",
    ),
    "interim": (
        "Results so far of {year} {due}, and no delivery has any.",
        "Add the delivery, unless there is a special reason not to publish them.",
    ),
}


def date_remarks(registry: Registry, delivered: Delivered | None, document: Document, today: date) -> Iterator[Fault]:
    """Reviews that are due, dates to come, and deadlines that are near or past.

    Without deliveries, no deadline is told of.
    """
    yield from _reviews(registry, document, today)
    yield from _to_come(registry, document, today)
    if delivered is not None:
        yield from _deliveries_to_come(delivered, today)
        yield from _deadlines(delivered, f"data/{registry.id}/", today)


def _reviews(registry: Registry, document: Document, today: date) -> Iterator[Fault]:
    reviewed: list[tuple[Place, date | None]] = [(("about", "reviewed"), registry.about.reviewed)]
    reviewed += [
        (("indicators", number, "reviewed"), indicator.reviewed)
        for number, indicator in registry.numbered
        if indicator.include
    ]
    for place, day in reviewed:
        if day is not None and today - day > REVIEWED_EVERY:
            what = f"These texts were last reviewed {day.isoformat()}."
            todo = "Read them again, correct them, and write today's date."
            yield document.fault(place, what, todo, Kind.REVIEW_DUE)


def _to_come(registry: Registry, document: Document, today: date) -> Iterator[Fault]:
    """What is told as done and has a date that is still to come."""
    days: list[tuple[Place, date | None]] = [(("about", "reviewed"), registry.about.reviewed)]
    days += [(("indicators", at, "reviewed"), one.reviewed) for at, one in registry.numbered]
    for place, day in days:
        if day is not None and day > today:
            what = f"The date of the review is still to come: {day.isoformat()}."
            yield document.fault(place, what, "Write the day on which the texts were reviewed.", Kind.DATES_ODD)
    for at, one in enumerate(registry.evaluations):
        if one.year > today.year:
            what = f"The year that was judged is still to come: {one.year}."
            yield document.fault(("evaluations", at, "year"), what, "Correct it.", Kind.DATES_ODD)
    for at, work in enumerate(registry.quality_improvement):
        last = (work.years or (0, 0))[1]
        if work.status == "completed" and last is not None and last > today.year:
            what = f"The work is completed, and its last year is still to come: {last}."
            yield document.fault(("quality_improvement", at, "period"), what, "Correct one of them.", Kind.DATES_ODD)


def _deliveries_to_come(delivered: Delivered, today: date) -> Iterator[Fault]:
    for info in delivered.deliveries:
        for key, day in (("latest_update", info.latest_update), ("latest_affirm", info.latest_affirm)):
            if day is not None and day > today:
                what = f"{key} in deliveries.yml is still to come: {day.isoformat()}."
                yield Fault(what, "Correct it.", info.shown, kind=Kind.DATES_ODD)


def closed_later(units: Units, project: Project, today: date) -> Iterator[Fault]:
    """Units that are said to be closed in a year to come: readers would see them as closed already."""
    for unit in units:
        if unit.closed is not None and unit.closed > today.year:
            what = f"The unit {quote(unit.name)} is closed in a year that is still to come: {unit.closed}."
            shown = project.relative(project.units)
            yield Fault(what, "Leave closed empty until then.", shown, key="closed", kind=Kind.DATES_ODD)


def _deadlines(delivered: Delivered, shown: str, today: date) -> Iterator[Fault]:
    affirmed = [info.latest_affirm for info in delivered.deliveries if info.latest_affirm is not None]
    if not affirmed:
        return
    reached = {"final": last_complete_year(max(affirmed)), "interim": max(delivered.rows["year"], default=0)}
    for deadline in deadlines(today):
        if reached[deadline.round] < deadline.year and deadline.due - today <= NOTICE:
            what, todo = _LATE[deadline.round]
            told = what.format(year=deadline.year, due=_due(deadline.due, today))
            yield Fault(told, todo, shown, kind=Kind.DEADLINE)


def _due(day: date, today: date) -> str:
    return f"were due by {day.isoformat()}" if today > day else f"are due by {day.isoformat()}"
