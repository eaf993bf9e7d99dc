"""The pages that notebooks have made, as pages of the site.

Input: last good pages. Output: the same with a notice where a page is stale, and on a registry's own page where the
final results of last year are overdue.
"""

from __future__ import annotations

from datetime import date

from kvalreg.clock import today
from kvalreg.inputs.rounds import DeadlineStatus, deadlines
from kvalreg.report.cell_markup import Html
from kvalreg.report.report import rounds
from kvalreg.report.translation import get_translator
from kvalreg.site.internal_links import link_targets, remove_dead_links
from kvalreg.site.site_model import PublishedRegistry, Site, SiteOutput
from kvalreg.site.staging import Page
from kvalreg.site.stale_notice import notice_html
from kvalreg.storage.last_good import LastGoodPage


def generate_report_pages(site: Site) -> SiteOutput:
    """Every last good page of every registry."""
    day = today()
    pages = []
    for published_registry in site.registries:
        targets = link_targets(published_registry)
        for page in published_registry.pages:
            body = remove_dead_links(page, targets, site.elsewhere)
            pages.append(_report_page(page, _notices(page, published_registry, day), body))
    return SiteOutput(tuple(pages))


def _notices(page: LastGoodPage, published_registry: PublishedRegistry, day: date) -> list[Html]:
    """Notices above a page: that it is of an earlier edition, or that last year's results are overdue."""
    translator = get_translator(page.language)
    notices = [translator.html("states.delayed")] if page.delayed else []
    # only the registry's own page says that results are overdue: a year's page is complete as it is
    final, _ = deadlines(day)
    published_years = {year for year, round_ in rounds(published_registry.published) if round_ == "final"}
    if page.kind == "registry" and final.status(published_years, day) is DeadlineStatus.LATE:
        notices.append(translator.html("states.overdue", year=final.year))
    return notices


def _report_page(page: LastGoodPage, notices: list[Html], body: str) -> Page:
    notice_blocks = [notice_html(notice) for notice in notices]
    return Page(
        address=page.address,
        title=page.title,
        body="\n\n".join([*notice_blocks, body]),
        language=page.language,
        breadcrumb=page.breadcrumb,
        synthetic=page.synthetic,
    )
