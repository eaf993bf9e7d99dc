"""The site's content: every page around the reports and every file beside them, gathered from their makers.

Comes in: each registry's published cells and its accepted pages. Goes out: `Content`, ready to stage. A new kind of
page or file is one module with a maker and one line in `MAKERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from kvalreg.report.markup import raw_html
from kvalreg.report.wording import words
from kvalreg.site.about import about
from kvalreg.site.catalogue import catalogue
from kvalreg.site.chooser import chooser, unit_list
from kvalreg.site.content import Content, Site
from kvalreg.site.data_pages import open_data, registry_data
from kvalreg.site.downloads import set_aside
from kvalreg.site.feed import feed, not_found
from kvalreg.site.fields import fields
from kvalreg.site.front import front
from kvalreg.site.indicators import indicators
from kvalreg.site.metadata import described, preview
from kvalreg.site.number_words import number_words
from kvalreg.site.provenance import Provenance
from kvalreg.site.registries import registries
from kvalreg.site.reports import reports
from kvalreg.site.revisions import revisions
from kvalreg.site.search_list import search_list
from kvalreg.site.series import series
from kvalreg.site.staging import Page
from kvalreg.site.units import units

Maker = Callable[[Site], Content]
REGISTRY_MAKERS: tuple[Maker, ...] = (indicators, reports, series, registry_data)
"""Who makes what is of one registry alone: of a site of several they make the same as of each by itself."""
UNIT_MAKERS: tuple[Maker, ...] = (units,)
"""Who makes the units' pages: from what each registry tells of them. They are half of what all registries share."""
SHARED_MAKERS: tuple[Maker, ...] = (
    front,
    registries,
    fields,
    about,
    unit_list,
    search_list,
    number_words,
    revisions,
    open_data,
    catalogue,
    feed,
    not_found,
    preview,
)
"""Who makes what else tells of all registries: from their newest results, their shares of units, and pages' names."""
MAKERS = (*REGISTRY_MAKERS, *UNIT_MAKERS, *SHARED_MAKERS)
"""Who makes the site's content; two that make one address are refused when the site is staged."""


def site_content(site: Site, makers: Sequence[Maker] = MAKERS) -> Content:
    """Every page and file of the site; or of a part of it, by some of its makers."""
    made = [maker(site) for maker in makers]
    provenance = Provenance(site)
    finished = [_with_chooser(provenance.added(described(page, site))) for content in made for page in content.pages]
    pages, unit_cells = set_aside(finished)
    files = {address: file for content in made for address, file in content.files.items()}
    return Content(tuple(pages), files | unit_cells)


def _with_chooser(page: Page) -> Page:
    return replace(page, body=f"{raw_html(chooser(words(page.language)))}\n\n{page.body}")
