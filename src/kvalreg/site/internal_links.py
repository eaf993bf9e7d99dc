"""Links between registries' pages lead only to what exists.

Comes in: a page that a notebook has made, and the registry it belongs to. Goes out: the same page, on which a link to a
year that has no page, or to an indicator that has no section, is plain text or leads to the page as a whole. When a
notebook runs, nobody knows yet which pages there will be: a single year may be built, an own notebook may show other
sections, an indicator may be too small to be shown. The same holds for links to another registry that is left out or
shown as it was before: that is not the fault of whoever links to it. All other links are their author's, and stay.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from kvalreg.site.site_model import PublishedRegistry
from kvalreg.storage.last_good import LastGoodPage

LinkTargets = Mapping[str, frozenset[str]]
"""The sections about indicators that each page of a registry has, by the page's source."""
Elsewhere = Mapping[str, LinkTargets]
"""The same of other registries that are left out, which have none, or are delayed."""
_PAGE = re.compile(r"(?:[a-z]{2}/)?registre/([a-z][a-z0-9_-]*)/(?:\d{4}(?:-[a-z]+)?/|indikator/[^/]+/)?index\.qmd")
_PLACE = re.compile(r"(?:[a-z]{2}/)?(?:registre|data|endringer)/([a-z][a-z0-9_-]*)[/.].*")
"""Anything of a registry's."""
_HREF = re.compile(r'\shref="([^"]*)"')
_HTML = re.compile(r'<a\b[^>]*?\shref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_MARKDOWN = re.compile(r"\[((?:[^\]\\\n]|\\.)*)\]\(([^()\s]+)\)(?!\{)")


def link_targets(published_registry: PublishedRegistry) -> LinkTargets:
    """The pages of a registry that links may lead to: those of notebooks, and those of its indicators."""
    pages = {page.address: frozenset(page.anchors) for page in published_registry.pages}
    return pages | {
        published_registry.latest.page_by_indicator[result.indicator.id]: frozenset()
        for result in published_registry.latest.results
    }


def remove_dead_links(page: LastGoodPage, targets: LinkTargets, elsewhere: Elsewhere) -> str:
    """A page's Markdown, its dead links between registries' pages made plain text."""
    text = page.markdown
    resolver = _LinkResolver(page, targets, elsewhere)
    if any(resolver.resolve(address) != address for address in dict.fromkeys(_HREF.findall(text))):
        text = _HTML.sub(lambda link: resolver.resolve_html(link), text)
    return _MARKDOWN.sub(lambda link: _mark_years(link[1]) if resolver.resolve(link[2]) is None else link[0], text)


def linked_registries(page: LastGoodPage) -> set[str]:
    """The other registries that a page links to."""
    return {_registry_at(target_of(page, address)) for address in _addresses(page)} - {"", page.registry}


def dead_elsewhere(page: LastGoodPage, elsewhere: Elsewhere) -> list[str]:
    """The registries to whose missing pages a page links."""
    living = _LinkResolver(page, {}, elsewhere)
    names = {_registry_at(target_of(page, address)) for address in _addresses(page) if living.resolve(address) is None}
    return sorted(names - {page.registry})


def _registry_at(target: str) -> str:
    """Whose page or file a link leads to; empty where it is no registry's."""
    place = _PLACE.fullmatch(f"{target}/")
    return place[1] if place is not None else ""


def _addresses(page: LastGoodPage) -> list[str]:
    found = [*_HREF.findall(page.markdown), *(address for _, address in _MARKDOWN.findall(page.markdown))]
    return list(dict.fromkeys(found))


def target_of(page: LastGoodPage, address: str) -> str:
    """The source of the page that a link of a page leads to, seen from the site's root; empty for another host's."""
    path = address.partition("#")[0].partition("?")[0]
    if not path:
        return page.address
    if ":" in path or path.startswith("//"):
        return ""
    joined = path.lstrip("/") if path.startswith("/") else posixpath.join(posixpath.dirname(page.address), path)
    whole = posixpath.normpath(joined)
    return f"{whole.removesuffix('.html')}.qmd" if whole.endswith(".html") else whole


def _mark_years(text: str) -> str:
    """The Markdown of a link's text by itself: its year is marked as one, which in a link it need not be."""
    return _YEAR.sub(r"`<time>\g<0></time>`{=html}", text)


class _LinkResolver:
    """What becomes of the links of one page."""

    def __init__(self, page: LastGoodPage, targets: LinkTargets, elsewhere: Elsewhere) -> None:
        self._page, self._targets, self._elsewhere = page, targets, elsewhere

    def resolve_html(self, link: re.Match[str]) -> str:
        """A link of HTML as it should be."""
        address = self.resolve(link[1])
        if address is None:
            return link[2] if "<" in link[2] else _YEAR.sub(r"<time>\g<0></time>", link[2])
        return link[0] if address == link[1] else link[0].replace(f'href="{link[1]}"', f'href="{address}"', 1)

    def resolve(self, address: str) -> str | None:
        """Where a link should lead: as it does, to the page as a whole, or nowhere."""
        target = target_of(self._page, address)
        registry, of_page = _registry_at(target), _PAGE.fullmatch(target)
        if registry == self._page.registry:
            return self._among(address, target, self._targets) if of_page else address
        there = self._elsewhere.get(registry)
        if there is None:
            return address
        if of_page is None and not target.endswith(".qmd"):  # a folder, as a server answers it
            of_page = _PAGE.fullmatch(target := f"{target}/index.qmd")
        if of_page is None:  # a file: all of a registry's are there, or none
            return address if there else None
        return self._among(address, target, there)

    def _among(self, address: str, target: str, there: LinkTargets) -> str | None:
        path, mark, part = address.partition("#")
        if target not in there:
            return None
        if not mark or not part.startswith("ind-") or part in there[target]:
            return address
        return path or None
