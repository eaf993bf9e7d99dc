"""Links that kvalreg makes between a registry's own pages lead only to what exists.

Comes in: a page that a notebook has made, and the registry it belongs to. Goes out: the same page, on which a link to a
year that has no page, or to an indicator that has no section, is plain text or leads to the page as a whole. When a
notebook runs, nobody knows yet which pages there will be: a single year may be built, an own notebook may show other
sections, an indicator may be too small to be shown. Links of other forms are their author's, and stay as they are.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from kvalreg.batch.accepted import AcceptedPage
from kvalreg.site.content import Shown

Sections = Mapping[str, frozenset[str]]
"""The sections about indicators that each page of a registry has, by the page's source."""
_HREF = re.compile(r'\shref="([^"]*)"')
_HTML = re.compile(r'<a\b[^>]*?\shref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_MARKDOWN = re.compile(r"\[((?:[^\]\\\n]|\\.)*)\]\(([^()\s]+)\)(?!\{)")


def sections(shown: Shown) -> Sections:
    """The pages of a registry that links may lead to: those of notebooks, and those of its indicators."""
    pages = {page.address: frozenset(page.anchors) for page in shown.pages}
    return pages | {shown.newest.pages[one.indicator.id]: frozenset() for one in shown.newest.results}


def with_living_links(page: AcceptedPage, there: Sections) -> str:
    """A page's Markdown, its dead links between the registry's own pages made plain text."""
    text = page.markdown
    living = _Living(page, there)
    if any(living.address(address) != address for address in dict.fromkeys(_HREF.findall(text))):
        text = _HTML.sub(lambda link: living.html(link), text)
    return _MARKDOWN.sub(lambda link: _with_years(link[1]) if living.address(link[2]) is None else link[0], text)


def _with_years(text: str) -> str:
    """The Markdown of a link's text by itself: its year is marked as one, which in a link it need not be."""
    return _YEAR.sub(r"`<time>\g<0></time>`{=html}", text)


class _Living:
    """What becomes of the links of one page."""

    def __init__(self, page: AcceptedPage, there: Sections) -> None:
        self._at, self._there = page.address, there
        self._own = re.compile(
            rf"(?:[a-z]{{2}}/)?registre/{re.escape(page.registry)}/"
            rf"(?:\d{{4}}(?:-[a-z]+)?/|indikator/[^/]+/)?index\.qmd"
        )

    def html(self, link: re.Match[str]) -> str:
        """A link of HTML as it should be."""
        address = self.address(link[1])
        if address is None:
            return link[2] if "<" in link[2] else _YEAR.sub(r"<time>\g<0></time>", link[2])
        return link[0] if address == link[1] else link[0].replace(f'href="{link[1]}"', f'href="{address}"', 1)

    def address(self, address: str) -> str | None:
        """Where a link should lead: as it does, to the page as a whole, or nowhere."""
        path, mark, part = address.partition("#")
        target = self._target(path)
        if self._own.fullmatch(target) is None:
            return address
        if target not in self._there:
            return None
        if not mark or not part.startswith("ind-") or part in self._there[target]:
            return address
        return path or None

    def _target(self, path: str) -> str:
        """The source of the page that a link leads to, seen from the site's root."""
        if not path:
            return self._at
        if ":" in path or path.startswith("//"):
            return ""
        joined = path.lstrip("/") if path.startswith("/") else posixpath.join(posixpath.dirname(self._at), path)
        whole = posixpath.normpath(joined)
        return f"{whole.removesuffix('.html')}.qmd" if whole.endswith(".html") else whole
