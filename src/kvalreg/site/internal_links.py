"""Dead links between registries' pages are removed.

Input: a page that a notebook has made, and the registry it belongs to. Output: the same page, on which a link to a year
that has no page is plain text, and a link to an indicator that has no section leads to the page as a whole. When a
notebook runs, it is not known yet which pages there will be: a single year may be built, a registry's own notebook may
show other sections, an indicator may have too few patients to be shown. The same holds for links to another registry
that is left out or stale, which is no fault of the page that links to it. All other links are their author's, and stay:
dead ones among them are found by the audit. Worked example, on a page of 2024 where 2023 has no page::

    <a href="../2023/index.html">resultatene i 2023</a>     ->  resultatene i <time>2023</time>
    [dødsfall](../2022/index.html#ind-mors), no such part   ->  a link to ../2022/index.html
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from kvalreg.site.site_model import PublishedRegistry
from kvalreg.storage.last_good import LastGoodPage

LinkTargets = Mapping[str, frozenset[str]]
"""The anchors of the sections about indicators on each page of a registry, by the page's source."""
Elsewhere = Mapping[str, LinkTargets]
"""The same of other registries, by id: those left out, which have no pages, and those that are stale."""
# A link is looked at in two ways: `_PAGE` knows pages whose existence is certain once all registries are staged,
# `_PLACE` anything that belongs to a registry, also its files.
_PAGE = re.compile(r"(?:[a-z]{2}/)?registre/([a-z][a-z0-9_-]*)/(?:\d{4}(?:-[a-z]+)?/|indikator/[^/]+/)?index\.qmd")
_PLACE = re.compile(r"(?:[a-z]{2}/)?(?:registre|data|endringer)/([a-z][a-z0-9_-]*)[/.].*")
"""Any page or file of a registry."""
# Pages hold two kinds of links: those in raw HTML, and Markdown's, whose text may have escaped brackets. A Markdown
# link with attributes, `[text](address){.class}`, is its author's own.
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
    """A page's Markdown with dead links between registries' pages as plain text."""
    text = page.markdown
    resolver = _LinkResolver(page, targets, elsewhere)
    # most pages have no dead link: each address is tried once, before the slower search for whole elements
    if any(resolver.resolve(address) != address for address in dict.fromkeys(_HREF.findall(text))):
        text = _HTML.sub(lambda link: resolver.resolve_html(link), text)
    return _MARKDOWN.sub(lambda link: _mark_years(link[1]) if resolver.resolve(link[2]) is None else link[0], text)


def linked_registries(page: LastGoodPage) -> set[str]:
    """The other registries that a page links to."""
    return {_registry_at(target_of(page, address)) for address in _addresses(page)} - {"", page.registry}


def dead_elsewhere(page: LastGoodPage, elsewhere: Elsewhere) -> list[str]:
    """The other registries to whose missing pages a page links."""
    resolver = _LinkResolver(page, {}, elsewhere)
    names = {
        _registry_at(target_of(page, address)) for address in _addresses(page) if resolver.resolve(address) is None
    }
    return sorted(names - {page.registry})


def _registry_at(target: str) -> str:
    """The id of the registry whose page or file a link leads to; empty where it is no registry's."""
    match = _PLACE.fullmatch(f"{target}/")
    return match[1] if match is not None else ""


def _addresses(page: LastGoodPage) -> list[str]:
    addresses = [*_HREF.findall(page.markdown), *(address for _, address in _MARKDOWN.findall(page.markdown))]
    return list(dict.fromkeys(addresses))


def target_of(page: LastGoodPage, address: str) -> str:
    """The source of the page that a link on a page leads to, from the site's root; empty for another host's."""
    path = address.partition("#")[0].partition("?")[0]
    if not path:
        return page.address
    if ":" in path or path.startswith("//"):
        return ""
    joined = path.lstrip("/") if path.startswith("/") else posixpath.join(posixpath.dirname(page.address), path)
    target = posixpath.normpath(joined)
    return f"{target.removesuffix('.html')}.qmd" if target.endswith(".html") else target


def _mark_years(text: str) -> str:
    """The Markdown of a link's text as plain text: its year is marked as one.

    The audit accepts a year in a link's text; elsewhere every number must say what it is.
    """
    return _YEAR.sub(r"`<time>\g<0></time>`{=html}", text)


class _LinkResolver:
    """Resolves the links of one page."""

    def __init__(self, page: LastGoodPage, targets: LinkTargets, elsewhere: Elsewhere) -> None:
        self._page, self._targets, self._elsewhere = page, targets, elsewhere

    def resolve_html(self, link: re.Match[str]) -> str:
        """An HTML link with the address that it should have, or its text alone."""
        address = self.resolve(link[1])
        if address is None:
            return link[2] if "<" in link[2] else _YEAR.sub(r"<time>\g<0></time>", link[2])
        return link[0] if address == link[1] else link[0].replace(f'href="{link[1]}"', f'href="{address}"', 1)

    def resolve(self, address: str) -> str | None:
        """The address that a link should have: its own, that of the page as a whole, or None for a dead link."""
        target = target_of(self._page, address)
        registry, is_page = _registry_at(target), _PAGE.fullmatch(target) is not None
        # the page's own registry: its pages are known, and its files are its author's
        if registry == self._page.registry:
            return _resolve_among(self._targets, address, target) if is_page else address
        # another registry, of which all pages are there unless it is left out or stale
        targets = self._elsewhere.get(registry)
        if targets is None:
            return address
        if not is_page and not target.endswith(".qmd"):  # a folder, for which a web server has its index page
            folder_page = f"{target}/index.qmd"
            is_page = _PAGE.fullmatch(folder_page) is not None
            target = folder_page
        if not is_page:  # a file: all of a registry's files exist, or none
            return address if targets else None
        return _resolve_among(targets, address, target)


def _resolve_among(targets: LinkTargets, address: str, target: str) -> str | None:
    """The address that a link to a page should have, among the pages that exist; None where that is not one of them."""
    path, _, anchor = address.partition("#")
    if target not in targets:
        return None
    # sections that are not an indicator's stand on every page of their kind
    if not anchor.startswith("ind-") or anchor in targets[target]:
        return address
    return path or None
