"""The pages that notebooks have made, as pages of the site.

Comes in: accepted pages. Goes out: the same with a mark where a newer edition is delayed.
"""

from __future__ import annotations

from html import escape

from kvalreg.batch.accepted import AcceptedPage
from kvalreg.report.markup import raw_html
from kvalreg.report.wording import words
from kvalreg.site.content import Content, Site
from kvalreg.site.staging import Page


def reports(site: Site) -> Content:
    """Every accepted page of every registry."""
    return Content(tuple(_report(page) for registry in site.shown for page in registry.pages))


def _report(page: AcceptedPage) -> Page:
    say = words(page.language)
    mark = raw_html(f'<p class="kv-delayed">{escape(say("states.delayed"))}</p>') + "\n\n" if page.delayed else ""
    return Page(
        address=page.address,
        title=page.title,
        body=mark + page.markdown,
        language=page.language,
        breadcrumb=page.breadcrumb,
        synthetic=page.synthetic,
    )
