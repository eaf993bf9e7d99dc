"""Whether a finished site is whole: every page there and complete, every link leading somewhere, no other host asked.

Comes in: the folder of a finished site, and the pages it must have. Goes out: every fault. What the pages tell is not
looked at here; that is the audit's. What was seen in a file is remembered by its content. Earlier editions, which are
links, were whole when they were released.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import posixpath
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.release.digests import HashCache
from kvalreg.shelf import Shelf

_LIBRARY_FOLDER = "site_libs"
"""What the renderers bring themselves; its pages, if any, are not ours."""
_LINK = re.compile(r"""<a\b[^>]*?\shref\s*=\s*["']([^"']*)["']""")
_RESOURCE = re.compile(
    r"""<(?:link\b(?![^>]*\brel\s*=\s*["']?(?:canonical|alternate)\b)|script|img|iframe|source|video|audio|embed"""
    r"""|object|use|image|track|input)\b[^>]*?"""
    r"""\s(?:src|href|data|xlink:href|srcset|poster|data-src)\s*=\s*["']?([^"'\s>]*)"""
)
_FORM = re.compile(r"""<form\b[^>]*?\saction\s*=\s*["']?([^"'\s>]*)""")
_DATA_SRC = re.compile(r"""\sdata-src\s*=\s*["']([^"']*)["']""")
_STYLE_URL = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)
_STYLES = re.compile(
    r"""<style\b[^>]*>(.*?)</style"""
    r"""|\s(?:style|fill|stroke|filter|mask|clip-path|cursor|marker(?:-start|-mid|-end)?)\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+)""",
    re.DOTALL | re.IGNORECASE,
)
"""Where styles stand on a page: the same signs in a text are words."""
_END_TAGS = ("</main>", "</body>", "</html>")
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
_RAW_MARKERS = ("{{<", "\n:::")


@dataclass(frozen=True)
class LinkDiagnostic(Diagnostic):
    """A link that leads nowhere: on which page, in `file`, and to which address of the site it leads.

    Parameters
    ----------
    excused
        Whether it leads to a registry that is left out or delayed: nobody need correct it.
    """

    target: str = ""
    excused: bool = False


class _PageFacts(NamedTuple):
    """What is to be known of a page, a style sheet or a drawing.

    Parameters
    ----------
    hosts
        What it asks of other hosts.
    links
        The addresses of the site itself that it links to and asks for, each once.
    names
        The parts of it that can be linked to.
    missing
        What a page must have and this has not.
    raw
        Whether source is left in it.
    """

    hosts: tuple[str, ...]
    links: tuple[str, ...]
    anchors: tuple[str, ...]
    missing_parts: tuple[str, ...]
    has_raw_source: bool


def lint_site(
    site: Path, pages: Iterable[str], root: str = "/", hash_cache: HashCache | None = None
) -> list[Diagnostic]:
    """Everything about a finished site that is not whole.

    Parameters
    ----------
    site
        Its folder.
    pages
        The files that must be there, such as ``registre/slag/index.html``.
    root
        Where links that begin at the server's root find the site: ``/resultater/``.
    memory
        What was seen in files before, so that only those that have changed are looked at.
    """
    files, strange = _list_files(site)
    diagnostics = [
        Diagnostic("This is neither a file nor a folder.", "Build again.", path, code=DiagnosticCode.PAGE_INCOMPLETE)
        for path in sorted(strange)
    ]
    diagnostics += [
        Diagnostic("The page is missing.", "Build again.", page, code=DiagnosticCode.PAGE_INCOMPLETE)
        for page in sorted(set(pages) - files - strange)
    ]
    facts_by_file = _collect_facts(site, files, hash_cache)
    source_by_anchor: dict[str, dict[str, str]] = {}
    for file, facts in facts_by_file.items():
        diagnostics += _lint_hosts(file, facts.hosts)
        diagnostics += _lint_completeness(file, facts)
        for link in (_parse_link(url, root) for url in facts.links):
            target = _resolve_target(file, link.path, os.fspath(site), files)
            if target is None:
                message = f"A link leads to {link.path!r}, which is not there."
                resolved = _normalize_path(file, link.path)
                diagnostics.append(
                    LinkDiagnostic(message, "Correct it.", file, code=DiagnosticCode.BROKEN_LINK, target=resolved)
                )
            elif link.anchor and target in files and target.endswith(".html"):
                source_by_anchor.setdefault(target, {}).setdefault(link.anchor, file)
    for target, sources in sorted(source_by_anchor.items()):
        anchors = set(
            facts_by_file[target].anchors
            if target in facts_by_file
            else _page_facts(target, _read_text(site / target)).anchors
        )
        diagnostics += [
            _broken_anchor(file, target, anchor) for anchor, file in sources.items() if anchor not in anchors
        ]
    return diagnostics


def _collect_facts(site: Path, files: set[str], hash_cache: HashCache | None) -> dict[str, _PageFacts]:
    """What every file of ours that can link or ask for anything holds."""
    own_files = [file for file in sorted(files) if file.endswith((".html", ".css", ".svg"))]
    own_files = [file for file in own_files if not file.startswith(f"{_LIBRARY_FOLDER}/")]
    if hash_cache is None:
        return {file: _page_facts(file, _read_text(site / file)) for file in own_files}
    store = Shelf(hash_cache.folder)
    index_key = hashlib.sha256(Path(__file__).read_bytes() + sys.version.encode()).hexdigest()
    stored = store.get(index_key)
    cached_facts = {} if stored is None else marshal.loads(stored)
    facts_by_file, updated_facts = {}, {}
    for file in own_files:
        key = (PurePosixPath(file).suffix, hash_cache.digests.get(site / file))
        facts = _PageFacts(*cached_facts[key]) if key in cached_facts else _page_facts(file, _read_text(site / file))
        facts_by_file[file], updated_facts[key] = facts, tuple(facts)
    store.put(index_key, marshal.dumps(updated_facts))
    store.forget_others({index_key})
    return facts_by_file


def _page_facts(file: str, text: str) -> _PageFacts:
    style_urls = list(_style_urls(file, text))
    if not file.endswith(".html"):
        return _PageFacts(tuple(_external_urls(style_urls)), (), (), (), has_raw_source=False)
    resource_urls = [url for pattern in _resource_patterns(text) for url in pattern.findall(text)]
    return _PageFacts(
        tuple(_external_urls([*resource_urls, *style_urls])),
        tuple(url for url in dict.fromkeys([*_LINK.findall(text), *resource_urls]) if not _ABSOLUTE_URL.match(url)),
        tuple(dict.fromkeys(_ID.findall(text))),
        tuple(_missing_parts(text)),
        has_raw_source=any(marker in text for marker in _RAW_MARKERS),
    )


def _style_urls(file: str, text: str) -> Iterator[str]:
    """What styles ask of other hosts."""
    folded = text.lower() if "url(" not in text and "@import" not in text else text
    if "url(" not in folded and "@import" not in folded:
        return
    styles = [text] if file.endswith(".css") else ["".join(groups) for groups in _STYLES.findall(text)]
    for style in styles:
        yield from _STYLE_URL.findall(unescape(style))


def _missing_parts(text: str) -> Iterator[str]:
    """What a page must have and this has not, or has more than once."""
    yield from (name for name, part in _REQUIRED_PARTS.items() if not part.search(text))
    if any(text.count(tag) > 1 for tag in _END_TAGS):
        yield "single end"


def _resource_patterns(text: str) -> Iterator[re.Pattern[str]]:
    """The patterns by which a page may ask for something, without those that it cannot match."""
    yield _RESOURCE
    if "<form" in text:
        yield _FORM
    if "data-src" in text:
        yield _DATA_SRC


def _read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


class _SiteLink(NamedTuple):
    """Where a link leads inside the site: a path, and a part of that page."""

    path: str
    anchor: str


@lru_cache(1 << 16)
def _parse_link(url: str, root: str) -> _SiteLink:
    """Where an address leads inside the site; most pages have the same ones."""
    path, _, anchor = unescape(url).partition("#")
    path = f"/{path.removeprefix(root)}" if path.startswith(root) else path
    return _SiteLink(unquote(path.partition("?")[0]), unquote(anchor))


def _list_files(site: Path) -> tuple[set[str], set[str]]:
    """The files of a site, and what is no file: a link that leads nowhere, a pipe."""
    files: set[str] = set()
    strange: set[str] = set()
    for folder, _, names in os.walk(site):
        relative_folder = Path(folder).relative_to(site)
        for name in names:
            is_file = os.path.isfile(f"{folder}/{name}")
            (files if is_file else strange).add((relative_folder / name).as_posix())
    return files, strange


def _lint_completeness(file: str, facts: _PageFacts) -> Iterator[Diagnostic]:
    if facts.missing_parts:
        message = f"The page has no {' and no '.join(facts.missing_parts)}."
        yield Diagnostic(message, "Build again.", file, code=DiagnosticCode.PAGE_INCOMPLETE)
    if facts.has_raw_source:
        message = "The page shows source that should have become something else."
        yield Diagnostic(message, "Look for '{{<' or ':::' in it.", file, code=DiagnosticCode.PAGE_INCOMPLETE)


def _external_urls(urls: Iterable[str]) -> Iterator[str]:
    """What is asked of other hosts, each once."""
    for url in dict.fromkeys(unescape(reference) for reference in urls):
        if _HOST.match(url):
            yield url


def _lint_hosts(file: str, urls: Iterable[str]) -> Iterator[Diagnostic]:
    for url in urls:
        host = url.partition("//")[2].partition("/")[0]
        message = f"The page fetches something from another host, {host!r}."
        yield Diagnostic(message, "Put the file into the site itself.", file, code=DiagnosticCode.EXTERNAL_HOST)


def _broken_anchor(file: str, target: str, anchor: str) -> Diagnostic:
    message = f"A link leads to '#{anchor}' of {target}, which is not there."
    return LinkDiagnostic(message, "Correct it.", file, code=DiagnosticCode.BROKEN_LINK, target=f"{target}#{anchor}")


def _normalize_path(file: str, path: str) -> str:
    """Where a path leads, seen from the site's root."""
    folder = "" if path.startswith("/") else file[: file.rfind("/") + 1]
    return posixpath.normpath(folder + path.lstrip("/"))


def _resolve_target(file: str, path: str, site: str, files: set[str]) -> str | None:
    """The file that a link leads to, or None when there is none or it lies outside the site.

    Paths are texts here: a nation's pages have 200,000 links.
    """
    if not path:
        return file
    normalized = _normalize_path(file, path)
    for candidate in (normalized, "index.html" if normalized == "." else f"{normalized}/index.html"):
        if candidate in files or (not normalized.startswith("..") and os.path.isfile(f"{site}/{candidate}")):
            return candidate
    return None
