"""What stands last on every page: when it was made, of what, by which version, and how to cite it.

Comes in: a page and the site. Goes out: the same page with the block, in the page's language. A page below
``registre/<id>/`` or ``data/<id>/``, in any language, tells of that registry, any other of all. When it last changed
`page_days` tells.
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
from kvalreg.report.wording import LANGUAGES, Words, words
from kvalreg.site.content import Shown, Site
from kvalreg.site.page_days import day_mark
from kvalreg.site.staging import NOT_FOUND, Page


@dataclass(frozen=True)
class Provenance:
    """Where the pages of a site come from."""

    site: Site

    def added(self, page: Page) -> Page:
        """The page with the block at its end. The page for addresses that are not there has none."""
        if page.address == NOT_FOUND:
            return page
        return replace(page, body=f"{page.body}\n\n{raw_html(self.block(page))}", changed=self.made(page))

    def block(self, page: Page) -> str:
        """The block of one page, as HTML."""
        say, registry = words(page.language), self._registry(page)
        shown = [registry] if registry else list(self.site.shown)
        lines = [
            (say("trust.made"), self._made(page, say)),
            (say("trust.numbers"), _numbers(shown, say)),
            (say("trust.licence"), _licence(registry, say)),
            (say("trust.cite"), self._citation(page, registry, say)),
        ]
        listed = "\n".join(f"<dt>{escape(term)}</dt><dd>{told}</dd>" for term, told in lines if told)
        heading = f'<h2 class="kv-provenance-title">{escape(say("trust.title"))}</h2>'
        return f'<section class="kv-provenance">{heading}\n<dl>\n{listed}\n</dl></section>'

    def made(self, page: Page) -> date | None:
        """The day of what a page is made of: its own, else the newest of the pages it is about; see `page_days`."""
        own = self._days.get(page.address)
        registry = self._registry(page)
        return own or (max(accepted.made for accepted in registry.pages) if registry else self.site.made)

    def _made(self, page: Page, say: Words) -> str:
        version = Html(f'<span data-kv-role="version">{escape(__version__)}</span>')
        if self.made(page) is None:
            return say.html("trust.version", version=version)
        return say.html("trust.made_by", date=Html(day_mark(page.language)), version=version)

    def _citation(self, page: Page, registry: Shown | None, say: Words) -> str:
        """Authority, title, site, year, address and date: what a reader needs to name the page elsewhere."""
        authority = self.site.descriptor.publisher or self.site.title
        if registry:
            authority = registry.published.registry.about.data_controller or registry.published.registry.name
        address = self.site.descriptor.whole(page.address)
        titles = [f"<cite>{escape(page.title)}</cite>"]
        titles += [escape(self.site.title)] if page.title != self.site.title else []
        parts = [escape(authority), *titles]
        if self.made(page):
            parts.append(say.html("trust.changed", date=Html(day_mark(page.language))))
        told = " ".join(f"{part.rstrip('.')}." for part in parts)
        return f'{told} <span data-kv-role="url">{escape(address)}</span>' if self.site.descriptor.base else told

    def _registry(self, page: Page) -> Shown | None:
        parts = PurePosixPath(page.address).parts
        if len(parts) > 1 and parts[0] in LANGUAGES:
            parts = parts[1:]
        return self._by_id.get(parts[1]) if len(parts) > 2 and parts[0] in ("registre", "data") else None

    @cached_property
    def _by_id(self) -> dict[str, Shown]:
        return {shown.published.registry.id: shown for shown in self.site.shown}

    @cached_property
    def _days(self) -> dict[str, date]:
        return {page.address: page.made for shown in self.site.shown for page in shown.pages}


def _numbers(shown: Sequence[Shown], say: Words) -> str:
    """When the numbers were delivered, and until when they are complete, as HTML."""
    sources = [one.published.source for one in shown]
    updated = max((source.latest_update for source in sources if source.latest_update), default=None)
    affirmed = max((source.latest_affirm for source in sources if source.latest_affirm), default=None)
    if not shown:
        return say.html("trust.no_numbers")
    if len(shown) > 1:
        newest = say.html("trust.newest", date=say.date_html(updated)) if updated else ""
        return f"{say.html('trust.from')} {newest}".strip()
    if updated is None or affirmed is None:
        return say.html("page.updated_unknown")
    return say.html("page.updated", update=say.date_html(updated), affirm=say.date_html(affirmed))


def _licence(registry: Shown | None, say: Words) -> str:
    """What others may do with the numbers, and where to fetch them."""
    if registry is None:
        return f'<a href="/data/index.qmd">{escape(say("trust.fetch_all"))}</a>'
    about = registry.published.registry
    name = about.licence.name
    link = f'<a href="{escape(str(about.licence.url))}" rel="license">{escape(name)}</a>'
    return f'{link}. <a href="/data/{about.id}/index.qmd">{escape(say("trust.fetch"))}</a>'
