"""What a page tells to programs: a sentence for lists and previews, a data set's metadata, the picture of a preview.

Comes in: a page and the site. Goes out: the same page, described. Nothing of it is shown on the page itself.
"""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

from kvalreg.report.addresses import INTERIM_SUFFIX
from kvalreg.report.figures.component import script_json
from kvalreg.report.markup import raw_html
from kvalreg.report.wording import words
from kvalreg.site.catalogue import dataset_markup
from kvalreg.site.content import Content, Shown, Site
from kvalreg.site.staging import PREVIEW, Page

_REGISTRY = re.compile(rf"registre/(?P<id>[a-z0-9_-]+)/(?:(?P<year>\d{{4}})(?P<interim>{INTERIM_SUFFIX})?/)?index\.qmd")
"""A registry's page, or the page of one of its years."""


def described(page: Page, site: Site) -> Page:
    """The page with a sentence that describes it, where it has none, and a registry's with its data set's metadata."""
    found = _REGISTRY.fullmatch(page.address)
    shown = next((one for one in site.shown if found and one.published.registry.id == found["id"]), None)
    if shown and found and not found["year"]:
        markup = script_json(dataset_markup(shown, site))
        page = replace(page, body=f"{page.body}\n\n{raw_html(f'<script type={_TYPE}>{markup}</script>')}")
    if page.description:
        return page
    return replace(page, description=_sentence(page, shown, found))


_TYPE = '"application/ld+json"'


def _sentence(page: Page, shown: Shown | None, found: re.Match[str] | None) -> str:
    say = words(page.language)
    if shown is None or found is None:
        return say("om.any_page", title=page.title)
    name, year = shown.published.registry.name, found["year"]
    if year is None:
        return say("om.registry_page", name=name)
    return say("om.interim_page" if found["interim"] else "om.year_page", name=name, year=year)


def preview(_site: Site) -> Content:
    """The picture that goes with a page that is shared."""
    return Content(files={PREVIEW: files("kvalreg.site").joinpath(PREVIEW).read_bytes()})
