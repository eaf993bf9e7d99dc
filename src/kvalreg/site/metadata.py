"""A page's metadata for programs: a description for lists and previews, a data set's metadata, a preview image.

Input: a page and the site. Output: the same page with metadata. Nothing of it is visible on the page itself.
"""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

from kvalreg.report.figures.component import script_json
from kvalreg.report.markup import raw_html
from kvalreg.report.translation import get_translator
from kvalreg.site.dcat import schema_org_dataset
from kvalreg.site.site_model import PublishedRegistry, Site, SiteOutput
from kvalreg.site.staging import PREVIEW_IMAGE, Page
from kvalreg.urls import INTERIM_SUFFIX

_JSON_LD_TYPE = '"application/ld+json"'
_REGISTRY_PAGE = re.compile(
    rf"registre/(?P<id>[a-z0-9_-]+)/(?:(?P<year>\d{{4}})(?P<interim>{INTERIM_SUFFIX})?/)?index\.qmd"
)
"""A registry's page, or the page of one of its years."""


def add_metadata(page: Page, site: Site) -> Page:
    """The page with a description, where it has none, and a registry's own page with its data set's metadata."""
    match = _REGISTRY_PAGE.fullmatch(page.address)
    published_registry = next(
        (item for item in site.registries if match and item.published.registry.id == match["id"]), None
    )
    # a data set has one landing page: the registry's own, and none of its years'
    if published_registry and match and not match["year"]:
        markup = script_json(schema_org_dataset(published_registry, site))
        page = replace(page, body=f"{page.body}\n\n{raw_html(f'<script type={_JSON_LD_TYPE}>{markup}</script>')}")
    if page.description:
        return page
    return replace(page, description=_meta_description(page, published_registry, match))


def _meta_description(page: Page, published_registry: PublishedRegistry | None, match: re.Match[str] | None) -> str:
    translator = get_translator(page.language)
    if published_registry is None or match is None:
        return translator("om.any_page", title=page.title)
    name, year = published_registry.published.registry.name, match["year"]
    if year is None:
        return translator("om.registry_page", name=name)
    return translator("om.interim_page" if match["interim"] else "om.year_page", name=name, year=year)


def generate_preview_image(_site: Site) -> SiteOutput:
    """The image of a page's preview in social media."""
    return SiteOutput(files={PREVIEW_IMAGE: files("kvalreg.site").joinpath(PREVIEW_IMAGE).read_bytes()})
