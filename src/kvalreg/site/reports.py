"""The pages that notebooks have made, as pages of the site.

Comes in: accepted pages. Goes out: the same with a mark where a newer edition is delayed, and on a registry's own page
where the final results of last year are overdue.
"""

from __future__ import annotations

from datetime import date

from kvalreg.batch.accepted import AcceptedPage
from kvalreg.clock import today
from kvalreg.inputs.rounds import Standing, deadlines
from kvalreg.report.cell_markup import Html
from kvalreg.report.report import rounds
from kvalreg.report.wording import words
from kvalreg.site.content import Content, Shown, Site
from kvalreg.site.delay import marked
from kvalreg.site.own_links import sections, with_living_links
from kvalreg.site.staging import Page


def reports(site: Site) -> Content:
    """Every accepted page of every registry."""
    day = today()
    pages = []
    for shown in site.shown:
        there = sections(shown)
        for page in shown.pages:
            body = with_living_links(page, there, site.elsewhere)
            pages.append(_report(page, _marks(page, shown, day), body))
    return Content(tuple(pages))


def _marks(page: AcceptedPage, shown: Shown, day: date) -> list[Html]:
    """What a reader must know first: that the page is an earlier one, or that last year's results are overdue."""
    say = words(page.language)
    marks = [say.html("states.delayed")] if page.delayed else []
    final, _ = deadlines(day)
    published = {year for year, round_ in rounds(shown.published) if round_ == "final"}
    if page.kind == "registry" and final.standing(published, day) is Standing.LATE:
        marks.append(say.html("states.overdue", year=final.year))
    return marks


def _report(page: AcceptedPage, marks: list[Html], body: str) -> Page:
    said = [marked(mark) for mark in marks]
    return Page(
        address=page.address,
        title=page.title,
        body="\n\n".join([*said, body]),
        language=page.language,
        breadcrumb=page.breadcrumb,
        synthetic=page.synthetic,
    )
