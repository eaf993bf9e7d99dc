"""Site lint: every page is present and complete, every link resolves, and nothing loads from an external host.

Input: the folder of a finished site, and the pages it must have. Output: every diagnostic. What the pages state is the
audit's concern, not this module's. What a file holds is cached by the file's digest. Earlier editions are symbolic
links here, and were checked when they were released.

Pages are scanned with regular expressions, not parsed: a national site has 100,000 files, and every page comes from our
own templates or has passed Pandoc, which writes attributes in a form that these patterns cover.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.storage.content_store import ContentStore
from kvalreg.storage.fingerprint import environment_fingerprint, file_digest

_LIBRARY_FOLDER = "site_libs"
"""Where renderers put the scripts and styles that they ship; pages in it, if any, are not kvalreg's."""
_CACHE_ENTRY = "pages"

# --- patterns --------------------------------------------------------------------------------------------------------
_LINK = re.compile(r"""<a\b[^>]*?\shref\s*=\s*["']([^"']*)["']""")
# elements that make a browser fetch something; <link rel=canonical> and rel=alternate only name an address
_RESOURCE = re.compile(
    r"""<(?:link\b(?![^>]*\brel\s*=\s*["']?(?:canonical|alternate)\b)|script|img|iframe|source|video|audio|embed"""
    r"""|object|use|image|track|input)\b[^>]*?"""
    r"""\s(?:src|href|data|xlink:href|srcset|poster|data-src)\s*=\s*["']?([^"'\s>]*)"""
)
_FORM = re.compile(r"""<form\b[^>]*?\saction\s*=\s*["']?([^"'\s>]*)""")
_DATA_SRC = re.compile(r"""\sdata-src\s*=\s*["']([^"']*)["']""")
_STYLE_URL = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)
# where a page can hold CSS: the same characters in running text are text
_STYLES = re.compile(
    r"""<style\b[^>]*>(.*?)</style"""
    r"""|\s(?:style|fill|stroke|filter|mask|clip-path|cursor|marker(?:-start|-mid|-end)?)\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+)""",
    re.DOTALL | re.IGNORECASE,
)
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_ABSOLUTE_URL = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_ID = re.compile(r"""\s(?:id|name)\s*=\s*["']([^"']+)["']""")
_REQUIRED_PARTS = {
    "title": re.compile(r"<title>\s*[^<\s]"),
    "language": re.compile(r"<html\b[^>]*\slang="),
    "heading": re.compile(r"<h1\b"),
    "main part": re.compile(r"<main\b"),
    "end": re.compile(r"</html>\s*$"),
}
_END_TAGS = ("</main>", "</body>", "</html>")
_RAW_MARKERS = ("{{<", "\n:::")
"""A shortcode and a fenced div: Quarto or Pandoc source that no renderer has replaced."""


@dataclass(frozen=True)
class LinkDiagnostic(Diagnostic):
    """A broken link: on which page, in `file`, and to which address of the site it leads.

    Parameters
    ----------
    target
        The address that does not exist, relative to the site's root.
    excused
        Whether it leads to a registry that is left out or shown as it was: there is nothing to correct.
    """

    target: str = ""
    excused: bool = False


class _PageFacts(NamedTuple):
    """What the lint must know of a page, a style sheet or a drawing; a JSON array in the cache.

    Parameters
    ----------
    external_urls
        What it loads from other hosts.
    links
        The addresses within the site that it links to or loads, each once.
    anchors
        The ids that can be linked to.
    missing_parts
        What every page must have and this has not.
    has_raw_source
        Whether source is left unrendered.
    """

    external_urls: tuple[str, ...]
    links: tuple[str, ...]
    anchors: tuple[str, ...]
    missing_parts: tuple[str, ...]
    has_raw_source: bool


def lint_site(
    site: Path,
    pages: Iterable[str],
    root: str = "/",
    cache_folder: Path | None = None,
    digest_of: Callable[[Path], str] = file_digest,
) -> list[Diagnostic]:
    """Every fault of a finished site's structure.

    Parameters
    ----------
    site
        Its folder.
    pages
        The files that must exist, such as ``registre/slag/index.html``.
    root
        The path under which the site is served, for links that begin at the server's root: ``/resultater/``.
    cache_folder
        Where the facts about files are cached, so that only files that have changed are scanned.
    digest_of
        Gives the SHA-256 of a file as it is now.
    """
    files, irregular = _list_files(site)
    diagnostics = [
        Diagnostic("This is neither a file nor a folder.", "Build again.", path, code=DiagnosticCode.PAGE_INCOMPLETE)
        for path in sorted(irregular)
    ]
    diagnostics += [
        Diagnostic("The page is missing.", "Build again.", page, code=DiagnosticCode.PAGE_INCOMPLETE)
        for page in sorted(set(pages) - files - irregular)
    ]
    facts_by_file = _collect_facts(site, files, cache_folder, digest_of)
    # anchors are checked last, when the facts about every target are known
    source_by_anchor: dict[str, dict[str, str]] = {}
    for file, facts in facts_by_file.items():
        diagnostics += _lint_hosts(file, facts.external_urls)
        diagnostics += _lint_completeness(file, facts)
        for link in (_parse_link(url, root) for url in facts.links):
            target = _resolve_target(file, link.path, os.fspath(site), files)
            if target is None:
                diagnostics.append(_broken_link(file, link.path))
            elif link.anchor and target in files and target.endswith(".html"):
                source_by_anchor.setdefault(target, {}).setdefault(link.anchor, file)
    return [*diagnostics, *_lint_anchors(site, source_by_anchor, facts_by_file)]


def _collect_facts(
    site: Path, files: set[str], cache_folder: Path | None, digest_of: Callable[[Path], str]
) -> dict[str, _PageFacts]:
    """The facts about every file that can link to or load anything, but for the renderers' own."""
    own_files = [file for file in sorted(files) if file.endswith((".html", ".css", ".svg"))]
    own_files = [file for file in own_files if not file.startswith(f"{_LIBRARY_FOLDER}/")]
    if cache_folder is None:
        return {file: _page_facts(file, _read_text(site / file)) for file in own_files}
    store = ContentStore(cache_folder)
    cached = store.read_json(_CACHE_ENTRY)
    cached_facts = cached["facts"] if cached.get("code") == environment_fingerprint() else {}
    facts_by_file, updated_facts = {}, {}
    for file in own_files:
        # the suffix decides how a file is scanned, so the same bytes under another suffix are another entry
        key = f"{digest_of(site / file)}{PurePosixPath(file).suffix}"
        facts = _PageFacts(*cached_facts[key]) if key in cached_facts else _page_facts(file, _read_text(site / file))
        facts_by_file[file], updated_facts[key] = facts, facts
    store.write_json(_CACHE_ENTRY, {"code": environment_fingerprint(), "facts": updated_facts})
    return facts_by_file


def _lint_anchors(
    site: Path, source_by_anchor: Mapping[str, Mapping[str, str]], facts_by_file: Mapping[str, _PageFacts]
) -> Iterator[Diagnostic]:
    """Links to an anchor that its page does not have, once for each anchor."""
    for target, sources in sorted(source_by_anchor.items()):
        facts = facts_by_file.get(target) or _page_facts(target, _read_text(site / target))
        anchors = set(facts.anchors)
        for anchor, file in sources.items():
            if anchor not in anchors:
                yield _broken_anchor(file, target, anchor)


def _page_facts(file: str, text: str) -> _PageFacts:
    style_urls = list(_style_urls(file, text))
    if not file.endswith(".html"):
        return _PageFacts(tuple(_external_urls(style_urls)), (), (), (), has_raw_source=False)
    # a data: URL is absolute and on no host, so embedded downloads are dropped below: they would fill the cache
    resource_urls = [url for pattern in _resource_patterns(text) for url in pattern.findall(text)]
    return _PageFacts(
        tuple(_external_urls([*resource_urls, *style_urls])),
        tuple(url for url in dict.fromkeys([*_LINK.findall(text), *resource_urls]) if not _ABSOLUTE_URL.match(url)),
        tuple(dict.fromkeys(_ID.findall(text))),
        tuple(_missing_parts(text)),
        has_raw_source=any(marker in text for marker in _RAW_MARKERS),
    )


def _style_urls(file: str, text: str) -> Iterator[str]:
    """What styles load from other hosts. Most pages have none: the slow patterns run only where they can match."""
    folded = text.lower() if "url(" not in text and "@import" not in text else text
    if "url(" not in folded and "@import" not in folded:
        return
    styles = [text] if file.endswith(".css") else ["".join(groups) for groups in _STYLES.findall(text)]
    for style in styles:
        yield from _STYLE_URL.findall(unescape(style))


def _missing_parts(text: str) -> Iterator[str]:
    """The parts that a page lacks; two ends mean that two pages were written into one file."""
    yield from (name for name, part in _REQUIRED_PARTS.items() if not part.search(text))
    if any(text.count(tag) > 1 for tag in _END_TAGS):
        yield "single end"


def _resource_patterns(text: str) -> Iterator[re.Pattern[str]]:
    """The patterns for what a page loads, without those that cannot match it."""
    yield _RESOURCE
    if "<form" in text:
        yield _FORM
    if "data-src" in text:
        yield _DATA_SRC


def _read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


class _SiteLink(NamedTuple):
    """The target of a link inside the site: a path, and an anchor on that page."""

    path: str
    anchor: str


@lru_cache(1 << 16)
def _parse_link(url: str, root: str) -> _SiteLink:
    """The target of an address inside the site; cached, since most pages share the links of the menu."""
    path, _, anchor = unescape(url).partition("#")
    path = f"/{path.removeprefix(root)}" if path.startswith(root) else path
    return _SiteLink(unquote(path.partition("?")[0]), unquote(anchor))


def _list_files(site: Path) -> tuple[set[str], set[str]]:
    """The regular files of a site, and the rest: broken symbolic links, pipes."""
    # sets of strings: membership is tested once for each link
    files: set[str] = set()
    irregular: set[str] = set()
    for folder, _, names in os.walk(site):
        relative_folder = Path(folder).relative_to(site)
        for name in names:
            is_file = os.path.isfile(f"{folder}/{name}")  # noqa: PTH113 - Path is slower, and a national site has 100,000 files
            (files if is_file else irregular).add((relative_folder / name).as_posix())
    return files, irregular


def _lint_completeness(file: str, facts: _PageFacts) -> Iterator[Diagnostic]:
    if facts.missing_parts:
        message = f"The page has no {' and no '.join(facts.missing_parts)}."
        yield Diagnostic(message, "Build again.", file, code=DiagnosticCode.PAGE_INCOMPLETE)
    if facts.has_raw_source:
        message = "The page shows source that should have become something else."
        yield Diagnostic(message, "Look for '{{<' or ':::' in it.", file, code=DiagnosticCode.PAGE_INCOMPLETE)


def _external_urls(urls: Iterable[str]) -> Iterator[str]:
    """The addresses on other hosts, each once."""
    for url in dict.fromkeys(unescape(reference) for reference in urls):
        if _HOST.match(url):
            yield url


def _lint_hosts(file: str, urls: Iterable[str]) -> Iterator[Diagnostic]:
    for url in urls:
        host = url.partition("//")[2].partition("/")[0]
        message = f"The page fetches something from another host, {host!r}."
        yield Diagnostic(message, "Put the file into the site itself.", file, code=DiagnosticCode.EXTERNAL_HOST)


def _broken_link(file: str, path: str) -> Diagnostic:
    message, target = f"A link leads to {path!r}, which is not there.", _normalize_path(file, path)
    return LinkDiagnostic(message, "Correct it.", file, code=DiagnosticCode.BROKEN_LINK, target=target)


def _broken_anchor(file: str, target: str, anchor: str) -> Diagnostic:
    message = f"A link leads to '#{anchor}' of {target}, which is not there."
    return LinkDiagnostic(message, "Correct it.", file, code=DiagnosticCode.BROKEN_LINK, target=f"{target}#{anchor}")


def _normalize_path(file: str, path: str) -> str:
    """The target of a path, relative to the site's root: ``../b/`` on ``a/index.html`` is ``b``."""
    folder = "" if path.startswith("/") else file[: file.rfind("/") + 1]
    return posixpath.normpath(folder + path.lstrip("/"))


def _resolve_target(file: str, path: str, site: str, files: set[str]) -> str | None:
    """The file that a link leads to; None where it does not exist or is outside the site.

    Paths are strings here for speed: a national site has 200,000 links.
    """
    if not path:
        return file
    # a web server serves a folder's index.html; files behind the links to earlier editions are not in `files`
    normalized = _normalize_path(file, path)
    for candidate in (normalized, "index.html" if normalized == "." else f"{normalized}/index.html"):
        is_inside = not normalized.startswith("..")
        if candidate in files or (is_inside and os.path.isfile(f"{site}/{candidate}")):  # noqa: PTH113 - Path is slower
            return candidate
    return None
