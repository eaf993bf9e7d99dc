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

from kvalreg.errors import Fault
from kvalreg.kinds import Kind
from kvalreg.release.digests import Recall
from kvalreg.shelf import Shelf

_LIBRARY = "site_libs"
"""What the renderers bring themselves; its pages, if any, are not ours."""
_LINK = re.compile(r"""<a\b[^>]*?\shref\s*=\s*["']([^"']*)["']""")
_ASKED = re.compile(
    r"""<(?:link\b(?![^>]*\brel\s*=\s*["']?(?:canonical|alternate)\b)|script|img|iframe|source|video|audio|embed"""
    r"""|object|use|image|track|input)\b[^>]*?"""
    r"""\s(?:src|href|data|xlink:href|srcset|poster|data-src)\s*=\s*["']?([^"'\s>]*)"""
)
_FORM = re.compile(r"""<form\b[^>]*?\saction\s*=\s*["']?([^"'\s>]*)""")
_FETCHED = re.compile(r"""\sdata-src\s*=\s*["']([^"']*)["']""")
_STYLE_ASKS = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""", re.IGNORECASE)
_STYLES = re.compile(
    r"""<style\b[^>]*>(.*?)</style"""
    r"""|\s(?:style|fill|stroke|filter|mask|clip-path|cursor|marker(?:-start|-mid|-end)?)\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+)""",
    re.DOTALL | re.IGNORECASE,
)
"""Where styles stand on a page: the same signs in a text are words."""
_ENDS = ("</main>", "</body>", "</html>")
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_ID = re.compile(r"""\s(?:id|name)\s*=\s*["']([^"']+)["']""")
_PARTS = {
    "title": re.compile(r"<title>\s*[^<\s]"),
    "language": re.compile(r"<html\b[^>]*\slang="),
    "heading": re.compile(r"<h1\b"),
    "main part": re.compile(r"<main\b"),
    "end": re.compile(r"</html>\s*$"),
}
_RAW = ("{{<", "\n:::")


@dataclass(frozen=True)
class LinkFault(Fault):
    """A link that leads nowhere: on which page, in `file`, and to which address of the site it leads.

    Parameters
    ----------
    excused
        Whether it leads to a registry that is left out or delayed: nobody need correct it.
    """

    target: str = ""
    excused: bool = False


class _Look(NamedTuple):
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
    names: tuple[str, ...]
    missing: tuple[str, ...]
    raw: bool


def site_faults(site: Path, pages: Iterable[str], root: str = "/", memory: Recall | None = None) -> list[Fault]:
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
    files, strange = _files(site)
    faults = [
        Fault("This is neither a file nor a folder.", "Build again.", path, kind=Kind.PAGE_INCOMPLETE)
        for path in sorted(strange)
    ]
    faults += [
        Fault("The page is missing.", "Build again.", page, kind=Kind.PAGE_INCOMPLETE)
        for page in sorted(set(pages) - files - strange)
    ]
    looks = _looks(site, files, memory)
    parts: dict[str, dict[str, str]] = {}
    for file, look in looks.items():
        faults += _foreign(file, look.hosts)
        faults += _incomplete(file, look)
        for link in (_inside(address, root) for address in look.links):
            target = _target(file, link.path, os.fspath(site), files)
            if target is None:
                what = f"A link leads to {link.path!r}, which is not there."
                led = _place(file, link.path)
                faults.append(LinkFault(what, "Correct it.", file, kind=Kind.LINK_DEAD, target=led))
            elif link.part and target in files and target.endswith(".html"):
                parts.setdefault(target, {}).setdefault(link.part, file)
    for target, linked in sorted(parts.items()):
        there = set(looks[target].names if target in looks else _look(target, _text(site / target)).names)
        faults += [_no_part(file, target, part) for part, file in linked.items() if part not in there]
    return faults


def _looks(site: Path, files: set[str], memory: Recall | None) -> dict[str, _Look]:
    """What every file of ours that can link or ask for anything holds."""
    ours = [file for file in sorted(files) if file.endswith((".html", ".css", ".svg"))]
    ours = [file for file in ours if not file.startswith(f"{_LIBRARY}/")]
    if memory is None:
        return {file: _look(file, _text(site / file)) for file in ours}
    shelf = Shelf(memory.folder)
    index = hashlib.sha256(Path(__file__).read_bytes() + sys.version.encode()).hexdigest()
    stored = shelf.get(index)
    before = {} if stored is None else marshal.loads(stored)  # noqa: S302 - the shelf has checked its checksum
    found, kept = {}, {}
    for file in ours:
        name = (PurePosixPath(file).suffix, memory.digests.of(site / file))
        look = _Look(*before[name]) if name in before else _look(file, _text(site / file))
        found[file], kept[name] = look, tuple(look)
    shelf.put(index, marshal.dumps(kept))
    shelf.forget_others({index})
    return found


def _look(file: str, text: str) -> _Look:
    styles = list(_asked_by_styles(file, text))
    if not file.endswith(".html"):
        return _Look(tuple(_hosts(styles)), (), (), (), raw=False)
    asked = [address for pattern in _asking(text) for address in pattern.findall(text)]
    return _Look(
        tuple(_hosts([*asked, *styles])),
        tuple(one for one in dict.fromkeys([*_LINK.findall(text), *asked]) if not _ELSEWHERE.match(one)),
        tuple(dict.fromkeys(_ID.findall(text))),
        tuple(_missing(text)),
        raw=any(sign in text for sign in _RAW),
    )


def _asked_by_styles(file: str, text: str) -> Iterator[str]:
    """What styles ask of other hosts."""
    folded = text.lower() if "url(" not in text and "@import" not in text else text
    if "url(" not in folded and "@import" not in folded:
        return
    styles = [text] if file.endswith(".css") else ["".join(found) for found in _STYLES.findall(text)]
    for style in styles:
        yield from _STYLE_ASKS.findall(unescape(style))


def _missing(text: str) -> Iterator[str]:
    """What a page must have and this has not, or has more than once."""
    yield from (name for name, part in _PARTS.items() if not part.search(text))
    if any(text.count(end) > 1 for end in _ENDS):
        yield "single end"


def _asking(text: str) -> Iterator[re.Pattern[str]]:
    """The patterns by which a page may ask for something, without those that it cannot match."""
    yield _ASKED
    if "<form" in text:
        yield _FORM
    if "data-src" in text:
        yield _FETCHED


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


class _Link(NamedTuple):
    """Where a link leads inside the site: a path, and a part of that page."""

    path: str
    part: str


@lru_cache(1 << 16)
def _inside(address: str, root: str) -> _Link:
    """Where an address leads inside the site; most pages have the same ones."""
    path, _, part = unescape(address).partition("#")
    path = f"/{path.removeprefix(root)}" if path.startswith(root) else path
    return _Link(unquote(path.partition("?")[0]), unquote(part))


def _files(site: Path) -> tuple[set[str], set[str]]:
    """The files of a site, and what is no file: a link that leads nowhere, a pipe."""
    found: set[str] = set()
    strange: set[str] = set()
    for folder, _, names in os.walk(site):
        place = Path(folder).relative_to(site)
        for name in names:
            is_file = os.path.isfile(f"{folder}/{name}")  # noqa: PTH113 - a nation has 100,000
            (found if is_file else strange).add((place / name).as_posix())
    return found, strange


def _incomplete(file: str, look: _Look) -> Iterator[Fault]:
    if look.missing:
        what = f"The page has no {' and no '.join(look.missing)}."
        yield Fault(what, "Build again.", file, kind=Kind.PAGE_INCOMPLETE)
    if look.raw:
        what = "The page shows source that should have become something else."
        yield Fault(what, "Look for '{{<' or ':::' in it.", file, kind=Kind.PAGE_INCOMPLETE)


def _hosts(asked: Iterable[str]) -> Iterator[str]:
    """What is asked of other hosts, each once."""
    for address in dict.fromkeys(unescape(one) for one in asked):
        if _HOST.match(address):
            yield address


def _foreign(file: str, asked: Iterable[str]) -> Iterator[Fault]:
    for address in asked:
        host = address.partition("//")[2].partition("/")[0]
        what = f"The page fetches something from another host, {host!r}."
        yield Fault(what, "Put the file into the site itself.", file, kind=Kind.FOREIGN_HOST)


def _no_part(file: str, target: str, part: str) -> Fault:
    what = f"A link leads to '#{part}' of {target}, which is not there."
    return LinkFault(what, "Correct it.", file, kind=Kind.LINK_DEAD, target=f"{target}#{part}")


def _place(file: str, path: str) -> str:
    """Where a path leads, seen from the site's root."""
    folder = "" if path.startswith("/") else file[: file.rfind("/") + 1]
    return posixpath.normpath(folder + path.lstrip("/"))


def _target(file: str, path: str, site: str, files: set[str]) -> str | None:
    """The file that a link leads to, or None when there is none or it lies outside the site.

    Paths are texts here: a nation's pages have 200,000 links.
    """
    if not path:
        return file
    place = _place(file, path)
    for found in (place, "index.html" if place == "." else f"{place}/index.html"):
        if found in files or (not place.startswith("..") and os.path.isfile(f"{site}/{found}")):  # noqa: PTH113
            return found
    return None
