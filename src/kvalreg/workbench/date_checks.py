"""Warnings about dates: texts to review, results with a deadline, and dates in the future.

Input: a registry, its deliveries and a day. Output: warnings. They stop nothing: a late page is better than none.
`inputs/rounds.py` owns the deadlines.
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
"""The age at which a review of texts is due: they are updated every year."""
DEADLINE_NOTICE = timedelta(days=45)
"""How long before a deadline the warning begins."""
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
    """Reviews that are due, dates in the future, and deadlines that are near or past.

    Without deliveries there is no warning about deadlines: what they hold is unknown.
    """
    yield from _review_warnings(registry, document, today)
    yield from _future_dates(registry, document, today)
    if delivered is not None:
        yield from _future_delivery_dates(delivered, today)
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


def _future_dates(registry: Registry, document: YamlDocument, today: date) -> Iterator[Diagnostic]:
    """Dates in the future of what the descriptor calls done: reviews, evaluations and completed projects."""
    review_dates: list[tuple[KeyPath, date | None]] = [(("about", "reviewed"), registry.about.reviewed)]
    review_dates += [(("indicators", index, "reviewed"), indicator.reviewed) for index, indicator in registry.numbered]
    for key_path, review_date in review_dates:
        if review_date is not None and review_date > today:
            message = f"The date of the review is still to come: {review_date.isoformat()}."
            hint = "Write the day on which the texts were reviewed."
            yield document.diagnostic(key_path, message, hint, DiagnosticCode.DATES_ODD)
    for index, evaluation in enumerate(registry.evaluations):
        if evaluation.year > today.year:
            message = f"The year that was judged is still to come: {evaluation.year}."
            yield document.diagnostic(("evaluations", index, "year"), message, "Correct it.", DiagnosticCode.DATES_ODD)
    for index, project in enumerate(registry.quality_improvement):
        # An open period such as "2023-" has no last year: it is not over, but neither is it in the future.
        last_year = (project.years or (0, 0))[1]
        if project.status == "completed" and last_year is not None and last_year > today.year:
            message = f"The work is completed, and its last year is still to come: {last_year}."
            key_path = ("quality_improvement", index, "period")
            yield document.diagnostic(key_path, message, "Correct one of them.", DiagnosticCode.DATES_ODD)


def _future_delivery_dates(delivered: RegistryDeliveries, today: date) -> Iterator[Diagnostic]:
    for info in delivered.deliveries:
        for key, day in (("latest_update", info.latest_update), ("latest_affirm", info.latest_affirm)):
            if day is not None and day > today:
                message = f"{key} in deliveries.yml is still to come: {day.isoformat()}."
                yield Diagnostic(message, "Correct it.", info.shown, code=DiagnosticCode.DATES_ODD)


def future_closing_years(units: Units, project: Project, today: date) -> Iterator[Diagnostic]:
    """Units whose closing year is in the future: readers would see them as closed already."""
    for unit in units:
        if unit.closed is not None and unit.closed > today.year:
            message = f"The unit {quote(unit.name)} is closed in a year that is still to come: {unit.closed}."
            hint, display_path = "Leave closed empty until then.", project.display_path(project.units)
            yield Diagnostic(message, hint, display_path, key="closed", code=DiagnosticCode.DATES_ODD)


def _deadline_warnings(delivered: RegistryDeliveries, display_path: str, today: date) -> Iterator[Diagnostic]:
    affirmed_dates = [delivery.latest_affirm for delivery in delivered.deliveries if delivery.latest_affirm is not None]
    if not affirmed_dates:
        return
    # The latest year of each round that the deliveries cover: final results up to the affirmed date, interim ones up to
    # the last row.
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
