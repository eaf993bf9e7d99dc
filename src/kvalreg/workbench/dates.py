"""What is late, or soon will be: texts to review, and results with a deadline.

Comes in: a registry, its deliveries and a day. Goes out: remarks. They stop nothing: a late page is better than none.
Final results of a year are due by 15 June of the next, results so far by 15 December of the same year, unless there is
a special reason not to.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from kvalreg.errors import Fault
from kvalreg.inputs.delivered import Delivered, last_complete_year
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.yaml_file import Document, Place
from kvalreg.kinds import Kind

REVIEWED_EVERY = timedelta(days=2 * 365)
"""How old a review of an indicator's name and descriptions may be."""
NOTICE = timedelta(days=45)
"""How long before a deadline it is told."""


def date_remarks(registry: Registry, delivered: Delivered | None, document: Document, today: date) -> Iterator[Fault]:
    """Reviews that are due, and deadlines that are near or past. Without deliveries, no deadline is told of."""
    yield from _reviews(registry, document, today)
    if delivered is not None:
        yield from _deadlines(delivered, f"data/{registry.id}/", today)


def _reviews(registry: Registry, document: Document, today: date) -> Iterator[Fault]:
    reviewed: list[tuple[Place, date | None]] = [(("about", "reviewed"), registry.about.reviewed)]
    reviewed += [
        (("indicators", number, "reviewed"), indicator.reviewed)
        for number, indicator in enumerate(registry.indicators)
        if indicator.include
    ]
    for place, day in reviewed:
        if day is not None and today - day > REVIEWED_EVERY:
            what = f"These texts were last reviewed {day.isoformat()}."
            todo = "Read them again, correct them, and write today's date."
            yield document.fault(place, what, todo, Kind.REVIEW_DUE)


def _deadlines(delivered: Delivered, shown: str, today: date) -> Iterator[Fault]:
    affirmed = [info.latest_affirm for info in delivered.deliveries if info.latest_affirm is not None]
    if not affirmed:
        return
    final, newest = last_complete_year(max(affirmed)), max(delivered.rows["year"], default=0)
    last_year = today.year - 1
    due = date(today.year, 6, 15)
    if final < last_year and due - today <= NOTICE:
        what = f"Final results of {last_year} {_due(due, today)}, and no delivery is complete up to {last_year}-12-31."
        todo = "Add the delivery, with its latest_affirm in deliveries.yml."
        yield Fault(what, todo, shown, kind=Kind.DEADLINE)
    due = date(today.year, 12, 15)
    if newest < today.year and due - today <= NOTICE:
        what = f"Results so far of {today.year} {_due(due, today)}, and no delivery has any."
        todo = "Add the delivery, unless there is a special reason not to publish them."
        yield Fault(what, todo, shown, kind=Kind.DEADLINE)


def _due(day: date, today: date) -> str:
    return f"were due by {day.isoformat()}" if today > day else f"are due by {day.isoformat()}"
