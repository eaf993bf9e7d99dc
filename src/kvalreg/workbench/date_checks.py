"""What is late, or soon will be: texts to review, and results with a deadline.

Comes in: a registry, its deliveries and a day. Goes out: remarks. They stop nothing: a late page is better than none.
`inputs/rounds.py` knows the deadlines.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.registry_deliveries import RegistryDeliveries, last_complete_year
from kvalreg.inputs.rounds import deadlines
from kvalreg.inputs.text_file import quote
from kvalreg.inputs.units import Units
from kvalreg.inputs.yaml_file import KeyPath, YamlDocument
from kvalreg.project import Project

REVIEW_INTERVAL = timedelta(days=365)
"""How old a review of a registry's texts may be: they are updated every year."""
DEADLINE_NOTICE = timedelta(days=45)
"""How long before a deadline it is told."""
_DEADLINE_MESSAGES = {
    "final": (
        "Final results of {year} {due}, and no delivery is complete up to {year}-12-31.",
        "Add the delivery, with its latest_affirm in deliveries.yml.",
    ),
    "interim": (
        "Results so far of {year} {due}, and no delivery has any.",
        "Add the delivery, unless there is a special reason not to publish them.",
    ),
}


def date_warnings(
    registry: Registry, delivered: RegistryDeliveries | None, document: YamlDocument, today: date
) -> Iterator[Diagnostic]:
    """Reviews that are due, dates to come, and deadlines that are near or past.

    Without deliveries, no deadline is told of.
    """
    yield from _review_warnings(registry, document, today)
    yield from _to_come(registry, document, today)
    if delivered is not None:
        yield from _deliveries_to_come(delivered, today)
        yield from _deadline_warnings(delivered, f"data/{registry.id}/", today)


def _review_warnings(registry: Registry, document: YamlDocument, today: date) -> Iterator[Diagnostic]:
    review_dates: list[tuple[KeyPath, date | None]] = [(("about", "reviewed"), registry.about.reviewed)]
    review_dates += [
        (("indicators", index, "reviewed"), indicator.reviewed)
        for index, indicator in registry.numbered
        if indicator.include
    ]
    for key_path, review_date in review_dates:
        if review_date is not None and today - review_date > REVIEW_INTERVAL:
            message = f"These texts were last reviewed {review_date.isoformat()}."
            hint = "Read them again, correct them, and write today's date."
            yield document.diagnostic(key_path, message, hint, DiagnosticCode.REVIEW_DUE)


def _to_come(registry: Registry, document: YamlDocument, today: date) -> Iterator[Diagnostic]:
    """What is told as done and has a date that is still to come."""
    days: list[tuple[KeyPath, date | None]] = [(("about", "reviewed"), registry.about.reviewed)]
    days += [(("indicators", at, "reviewed"), one.reviewed) for at, one in registry.numbered]
    for place, day in days:
        if day is not None and day > today:
            what = f"The date of the review is still to come: {day.isoformat()}."
            yield document.diagnostic(
                place, what, "Write the day on which the texts were reviewed.", DiagnosticCode.DATES_ODD
            )
    for at, one in enumerate(registry.evaluations):
        if one.year > today.year:
            what = f"The year that was judged is still to come: {one.year}."
            yield document.diagnostic(("evaluations", at, "year"), what, "Correct it.", DiagnosticCode.DATES_ODD)
    for at, work in enumerate(registry.quality_improvement):
        last = (work.years or (0, 0))[1]
        if work.status == "completed" and last is not None and last > today.year:
            what = f"The work is completed, and its last year is still to come: {last}."
            yield document.diagnostic(
                ("quality_improvement", at, "period"), what, "Correct one of them.", DiagnosticCode.DATES_ODD
            )


def _deliveries_to_come(delivered: RegistryDeliveries, today: date) -> Iterator[Diagnostic]:
    for info in delivered.deliveries:
        for key, day in (("latest_update", info.latest_update), ("latest_affirm", info.latest_affirm)):
            if day is not None and day > today:
                what = f"{key} in deliveries.yml is still to come: {day.isoformat()}."
                yield Diagnostic(what, "Correct it.", info.shown, code=DiagnosticCode.DATES_ODD)


def closed_later(units: Units, project: Project, today: date) -> Iterator[Diagnostic]:
    """Units that are said to be closed in a year to come: readers would see them as closed already."""
    for unit in units:
        if unit.closed is not None and unit.closed > today.year:
            what = f"The unit {quote(unit.name)} is closed in a year that is still to come: {unit.closed}."
            shown = project.display_path(project.units)
            yield Diagnostic(what, "Leave closed empty until then.", shown, key="closed", code=DiagnosticCode.DATES_ODD)


def _deadline_warnings(delivered: RegistryDeliveries, display_path: str, today: date) -> Iterator[Diagnostic]:
    affirmed_dates = [delivery.latest_affirm for delivery in delivered.deliveries if delivery.latest_affirm is not None]
    if not affirmed_dates:
        return
    reached_years = {
        "final": last_complete_year(max(affirmed_dates)),
        "interim": max(delivered.rows["year"], default=0),
    }
    for deadline in deadlines(today):
        if reached_years[deadline.round] < deadline.year and deadline.due - today <= DEADLINE_NOTICE:
            template, hint = _DEADLINE_MESSAGES[deadline.round]
            message = template.format(year=deadline.year, due=_due_text(deadline.due, today))
            yield Diagnostic(message, hint, display_path, code=DiagnosticCode.DEADLINE_DUE)


def _due_text(due_date: date, today: date) -> str:
    return f"were due by {due_date.isoformat()}" if today > due_date else f"are due by {due_date.isoformat()}"
