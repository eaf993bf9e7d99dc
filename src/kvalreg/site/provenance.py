"""The provenance block at the end of every page: when it was modified, its sources, its version, how to cite it.

Input: a page and the site. Output: the same page with the block, in the page's language. A page below
``registre/<id>/`` or ``data/<id>/``, in any language, is about that registry, and any other about all. `modified_dates`
says when it was last modified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from html import escape
from pathlib import PurePosixPath

from kvalreg import __version__
from kvalreg.report.cell_markup import Html
from kvalreg.report.markup import raw_html
from kvalreg.report.translation import LANGUAGES, Translator, get_translator
from kvalreg.site.modified_dates import date_placeholder
from kvalreg.site.site_model import PublishedRegistry, Site
from kvalreg.site.staging import NOT_FOUND, Page


@dataclass(frozen=True)
class Provenance:
    """Adds the provenance block to a site's pages."""

    site: Site

    def add_block(self, page: Page) -> Page:
        """The page with the block at its end. The 404 page has none."""
        if page.address == NOT_FOUND:
            return page
        return replace(page, body=f"{page.body}\n\n{raw_html(self.block(page))}", modified=self.modified(page))

    def block(self, page: Page) -> str:
        """The block of one page, as HTML."""
        translator, published_registry = get_translator(page.language), self._registry_of_page(page)
        registries = [published_registry] if published_registry else list(self.site.registries)
        lines = [
            (translator("trust.made"), self._modified_html(page, translator)),
            (translator("trust.numbers"), _delivery_html(registries, translator)),
            (translator("trust.licence"), _licence_html(published_registry, translator)),
            (translator("trust.cite"), self._citation(page, published_registry, translator)),
        ]
        # a value may be empty, and then its line is left out
        rows = "\n".join(f"<dt>{escape(term)}</dt><dd>{value}</dd>" for term, value in lines if value)
        heading = f'<h2 class="kv-provenance-title">{escape(translator("trust.title"))}</h2>'
        return f'<section class="kv-provenance">{heading}\n<dl>\n{rows}\n</dl></section>'

    def modified(self, page: Page) -> date | None:
        """The date of a page's inputs: a notebook's page has its own, another that of the latest page it depends on."""
        page_date = self._modified_by_address.get(page.address)
        published_registry = self._registry_of_page(page)
        return page_date or (
            max(accepted_page.made for accepted_page in published_registry.pages)
            if published_registry
            else self.site.modified
        )

    def _modified_html(self, page: Page, translator: Translator) -> str:
        version = Html(f'<span data-kv-role="version">{escape(__version__)}</span>')
        if self.modified(page) is None:
            return translator.html("trust.version", version=version)
        return translator.html("trust.made_by", date=Html(date_placeholder(page.language)), version=version)

    def _citation(self, page: Page, published_registry: PublishedRegistry | None, translator: Translator) -> str:
        """Authority, title, site, date and URL: what a reader needs to cite the page."""
        # a registry's pages are its controller's; what several registries share is the site's publisher's
        authority = self.site.descriptor.publisher or self.site.title
        if published_registry:
            authority = (
                published_registry.published.registry.about.data_controller
                or published_registry.published.registry.name
            )
        address = self.site.descriptor.absolute_url(page.address)
        titles = [f"<cite>{escape(page.title)}</cite>"]
        titles += [escape(self.site.title)] if page.title != self.site.title else []
        parts = [escape(authority), *titles]
        if self.modified(page):
            # a placeholder, since the date is known once the page is compared with the one before
            parts.append(translator.html("trust.changed", date=Html(date_placeholder(page.language))))
        citation = " ".join(f"{part.rstrip('.')}." for part in parts)
        return (
            f'{citation} <span data-kv-role="url">{escape(address)}</span>'
            if self.site.descriptor.base_url
            else citation
        )

    def _registry_of_page(self, page: Page) -> PublishedRegistry | None:
        # nn/registre/slag/2024/index.qmd -> slag; registre/index.qmd, the list of all, is of none
        parts = PurePosixPath(page.address).parts
        if len(parts) > 1 and parts[0] in LANGUAGES:
            parts = parts[1:]
        return self._registry_by_id.get(parts[1]) if len(parts) > 2 and parts[0] in ("registre", "data") else None

    @cached_property
    def _registry_by_id(self) -> dict[str, PublishedRegistry]:
        return {
            published_registry.published.registry.id: published_registry for published_registry in self.site.registries
        }

    @cached_property
    def _modified_by_address(self) -> dict[str, date]:
        return {
            page.address: page.made for published_registry in self.site.registries for page in published_registry.pages
        }


def _delivery_html(registries: Sequence[PublishedRegistry], translator: Translator) -> str:
    """When the numbers were delivered, and until when they are complete, as HTML."""
    sources = [published_registry.published.source for published_registry in registries]
    updated = max((source.latest_update for source in sources if source.latest_update), default=None)
    affirmed = max((source.latest_affirm for source in sources if source.latest_affirm), default=None)
    if not registries:
        return translator.html("trust.no_numbers")
    if len(registries) > 1:
        latest_html = translator.html("trust.newest", date=translator.date_html(updated)) if updated else ""
        return f"{translator.html('trust.from')} {latest_html}".strip()
    if updated is None or affirmed is None:
        return translator.html("page.updated_unknown")
    return translator.html("page.updated", update=translator.date_html(updated), affirm=translator.date_html(affirmed))


def _licence_html(published_registry: PublishedRegistry | None, translator: Translator) -> str:
    """The licence of the numbers, and a link to the data."""
    if published_registry is None:
        return f'<a href="/data/index.qmd">{escape(translator("trust.fetch_all"))}</a>'
    registry = published_registry.published.registry
    name = registry.licence.name
    link = f'<a href="{escape(str(registry.licence.url))}" rel="license">{escape(name)}</a>'
    return f'{link}. <a href="/data/{registry.id}/index.qmd">{escape(translator("trust.fetch"))}</a>'
