"""The feed of what is new, the list of pages for search engines, and the page for addresses that are not there.

Comes in: the site. Goes out: `/nytt.xml` (Atom), `/sitemap.xml`, `/robots.txt`, `404`. Dates are those of pages, and
ids follow from what a page is about, so that a reader of the feed sees each result once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date
from html import escape
from xml.sax.saxutils import escape as escape_xml
from xml.sax.saxutils import quoteattr

from kvalreg.batch.accepted import AcceptedPage
from kvalreg.disclosure.published import Published
from kvalreg.report.cell_markup import address_in, statement
from kvalreg.report.markup import escape_markdown, raw_html
from kvalreg.report.wording import words
from kvalreg.site.content import Content, Shown, Site
from kvalreg.site.staging import NOT_FOUND, Page

FEED, SITEMAP, ROBOTS = "nytt.xml", "sitemap.xml", "robots.txt"
_IDS = uuid.UUID("5d1c1a4e-3f0b-5d0e-9d53-2b7d1f6f9a10")
"""What the feed's ids are made from; it must never change."""
_NEWEST = 2
"""So many of a registry's newest years are in the feed."""


def feed(site: Site) -> Content:
    """The newest results of every registry, the newest first."""
    entries = sorted(
        ((page, shown) for shown in site.shown for page in told_of(shown.published, shown.pages)),
        key=lambda entry: (entry[0].made, entry[0].address),
        reverse=True,
    )
    say = words("nb")
    told = "\n".join(_entry(page, shown, site) for page, shown in entries)
    updated = _moment(site.made or date(2000, 1, 1))
    author = escape_xml(site.descriptor.publisher or site.title or say("om.feed"))
    links = f'<link rel="self" href={quoteattr(site.descriptor.whole(FEED))}/>\n'
    links += f"<link href={quoteattr(site.descriptor.whole('index.qmd'))}/>"
    xml = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:kv="urn:kvalreg" xml:lang="nb">\n'
        f"<id>{_identity(site.descriptor.base)}</id>\n"
        f"<title>{escape_xml(say('om.feed'))}: {escape_xml(site.title)}</title>\n"
        f"<updated>{updated}</updated>\n<author><name>{author}</name></author>\n{links}\n{told}\n</feed>\n"
    )
    return Content(files={FEED: xml.encode()})


def not_found(site: Site) -> Content:
    """The page for addresses that are not there. Its links begin at the site's root, since it is shown anywhere."""
    say = words("nb")
    ways = (
        ("/index.qmd", say("om.front")),
        ("/registre/index.qmd", say("om.registries")),
        ("/data/index.qmd", say("data.title")),
    )
    links = "\n".join(f"- [{escape_markdown(text)}]({address})" for address, text in ways)
    lead = raw_html(f'<p class="kv-lead">{escape(say("om.not_found_text"))}</p>')
    body = f"{lead}\n\n{escape_markdown(say('om.not_found_ways'))}\n\n{links}"
    title = say("om.not_found")
    return Content((Page(NOT_FOUND, title, body, "nb", say("om.not_found_text"), synthetic=site.synthetic),))


def lists_of_pages(site: Site, days: Mapping[str, date | None]) -> dict[str, bytes]:
    """The sitemap, where the site's address is known, and what robots may read: everything.

    Parameters
    ----------
    days
        When each page last changed, by address.
    """
    robots = "User-agent: *\nAllow: /\n"
    if not site.descriptor.base:
        return {ROBOTS: robots.encode()}
    lines = []
    for address, made in sorted(days.items()):
        if address != NOT_FOUND:
            changed = f"<lastmod>{made.isoformat()}</lastmod>" if made else ""
            lines.append(f"<url><loc>{escape_xml(site.descriptor.whole(address))}</loc>{changed}</url>")
    told = "\n".join(lines)
    xml = (
        '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{told}\n</urlset>\n"
    )
    return {SITEMAP: xml.encode(), ROBOTS: f"{robots}Sitemap: {site.descriptor.whole(SITEMAP)}\n".encode()}


def told_of(published: Published, pages: Iterable[AcceptedPage]) -> list[AcceptedPage]:
    """The pages of one registry that the feed tells of: its newest years', in its own language."""
    language = published.registry.language
    years = (page for page in pages if page.kind == "year" and page.language == language)
    return sorted(years, key=lambda page: page.year)[-_NEWEST:]


def _entry(page: AcceptedPage, shown: Shown, site: Site) -> str:
    html = shown.headline(page.year, page.round)
    said = statement(html)
    about = f" kv:cell={quoteattr(address_in(html))} kv:label={quoteattr(said.label)}" if address_in(html) else ""
    moment = _moment(page.made)
    return (
        f'<entry xml:lang="{page.language}" kv:registry="{page.registry}"><id>{_identity(page.address)}</id>\n'
        f"<title>{escape_xml(page.title)}</title>\n<updated>{moment}</updated>\n"
        f"<link href={quoteattr(site.descriptor.whole(page.address))}/>\n"
        f"<summary{about}>{escape_xml(said.text)}</summary></entry>"
    )


def _identity(of: str) -> str:
    return uuid.uuid5(_IDS, of).urn


def _moment(day: date) -> str:
    """A day as Atom's moment: its beginning in universal time."""
    return f"{day.isoformat()}T00:00:00Z"
