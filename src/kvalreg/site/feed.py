"""The feed of new results, sitemap and robots.txt for search engines, and the 404 page.

Input: the site. Output: `/nytt.xml` (Atom, RFC 4287), `/sitemap.xml` (https://www.sitemaps.org/protocol.html),
`/robots.txt` and `404`. Dates are those of pages, and ids follow from pages' addresses, so that a news reader shows
each result once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date
from html import escape
from xml.sax.saxutils import escape as escape_xml
from xml.sax.saxutils import quoteattr

from kvalreg.disclosure.published import PublishedResults
from kvalreg.report.cell_markup import find_address, labelled_text
from kvalreg.report.markup import escape_markdown, raw_html
from kvalreg.report.translation import get_translator
from kvalreg.site.site_model import PublishedRegistry, Site, SiteOutput
from kvalreg.site.staging import NOT_FOUND, Page
from kvalreg.storage.last_good import LastGoodPage

FEED, SITEMAP, ROBOTS = "nytt.xml", "sitemap.xml", "robots.txt"
_ID_NAMESPACE = uuid.UUID("5d1c1a4e-3f0b-5d0e-9d53-2b7d1f6f9a10")
"""The namespace of the feed's ids (UUID version 5); it must never change, or readers get every result again."""
_FEED_YEARS = 2
"""How many of a registry's latest years are in the feed."""


def generate_feed(site: Site) -> SiteOutput:
    """The latest results of every registry, latest first."""
    entries = sorted(
        (
            (page, published_registry)
            for published_registry in site.registries
            for page in feed_pages(published_registry.published, published_registry.pages)
        ),
        key=lambda entry: (entry[0].made, entry[0].address),  # the address makes the order of one day's pages certain
        reverse=True,
    )
    translator = get_translator("nb")
    entries_xml = "\n".join(_atom_entry(page, published_registry, site) for page, published_registry in entries)
    updated = _atom_timestamp(site.modified or date(2000, 1, 1))
    author = escape_xml(site.descriptor.publisher or site.title or translator("om.feed"))
    # RFC 4287 asks for an author, an id, and a link to the feed itself
    links = f'<link rel="self" href={quoteattr(site.descriptor.absolute_url(FEED))}/>\n'
    links += f"<link href={quoteattr(site.descriptor.absolute_url('index.qmd'))}/>"
    xml = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:kv="urn:kvalreg" xml:lang="nb">\n'
        f"<id>{_entry_id(site.descriptor.base_url)}</id>\n"
        f"<title>{escape_xml(translator('om.feed'))}: {escape_xml(site.title)}</title>\n"
        f"<updated>{updated}</updated>\n<author><name>{author}</name></author>\n{links}\n{entries_xml}\n</feed>\n"
    )
    return SiteOutput(files={FEED: xml.encode()})


def generate_not_found_page(site: Site) -> SiteOutput:
    """The 404 page. Its links begin at the site's root, since a web server shows it at any address."""
    translator = get_translator("nb")
    destinations = (
        ("/index.qmd", translator("om.front")),
        ("/registre/index.qmd", translator("om.registries")),
        ("/data/index.qmd", translator("data.title")),
    )
    links = "\n".join(f"- [{escape_markdown(text)}]({address})" for address, text in destinations)
    lead = raw_html(f'<p class="kv-lead">{escape(translator("om.not_found_text"))}</p>')
    body = f"{lead}\n\n{escape_markdown(translator('om.not_found_ways'))}\n\n{links}"
    title = translator("om.not_found")
    return SiteOutput((Page(NOT_FOUND, title, body, "nb", translator("om.not_found_text"), synthetic=site.synthetic),))


def crawler_files(site: Site, modified_by_address: Mapping[str, date | None]) -> dict[str, bytes]:
    """robots.txt, which allows everything, and the sitemap where the site's own URL is known.

    Parameters
    ----------
    modified_by_address
        When each page was last modified, by address.
    """
    robots = "User-agent: *\nAllow: /\n"
    if not site.descriptor.base_url:
        return {ROBOTS: robots.encode()}  # a sitemap holds absolute URLs only
    urls = []
    for address, modified in sorted(modified_by_address.items()):
        if address != NOT_FOUND:
            lastmod = f"<lastmod>{modified.isoformat()}</lastmod>" if modified else ""
            urls.append(f"<url><loc>{escape_xml(site.descriptor.absolute_url(address))}</loc>{lastmod}</url>")
    urls_xml = "\n".join(urls)
    xml = (
        '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{urls_xml}\n</urlset>\n"
    )
    return {SITEMAP: xml.encode(), ROBOTS: f"{robots}Sitemap: {site.descriptor.absolute_url(SITEMAP)}\n".encode()}


def feed_pages(published: PublishedResults, pages: Iterable[LastGoodPage]) -> list[LastGoodPage]:
    """The pages of one registry that are in the feed: those of its latest years, in its own language."""
    language = published.registry.language
    years = (page for page in pages if page.kind == "year" and page.language == language)
    return sorted(years, key=lambda page: page.year)[-_FEED_YEARS:]


def _atom_entry(page: LastGoodPage, published_registry: PublishedRegistry, site: Site) -> str:
    # the summary's numbers are labelled in attributes, since Atom has no other place by which the audit could find them
    headline_html = published_registry.headline(page.year, page.round)
    summary = labelled_text(headline_html)
    attributes = (
        f" kv:cell={quoteattr(find_address(headline_html))} kv:label={quoteattr(summary.label)}"
        if find_address(headline_html)
        else ""
    )
    updated = _atom_timestamp(page.made)
    return (
        f'<entry xml:lang="{page.language}" kv:registry="{page.registry}"><id>{_entry_id(page.address)}</id>\n'
        f"<title>{escape_xml(page.title)}</title>\n<updated>{updated}</updated>\n"
        f"<link href={quoteattr(site.descriptor.absolute_url(page.address))}/>\n"
        f"<summary{attributes}>{escape_xml(summary.text)}</summary></entry>"
    )


def _entry_id(name: str) -> str:
    return uuid.uuid5(_ID_NAMESPACE, name).urn


def _atom_timestamp(day: date) -> str:
    """A day as an RFC 3339 timestamp: its beginning in universal time."""
    return f"{day.isoformat()}T00:00:00Z"
