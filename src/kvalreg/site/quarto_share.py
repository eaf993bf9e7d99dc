"""A share of the pages as a Quarto project of its own: rendered by itself, then taken into the site.

A whole `quarto render` makes every page, and a render of single files reads all pages again for each of them. A project
with only the pages wanted costs what they cost, and two of them can render at once. What such a project cannot know is
which links lead to pages outside it: these are finished here, as Quarto finishes its own.

Comes in: the staged project, the addresses of pages, a folder to work in. Goes out: these pages and Quarto's library in
the new site, with what they add to Quarto's list for searching. Quarto never writes into the staged project.
"""

from __future__ import annotations

import json
import posixpath
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kvalreg.report.addresses import served
from kvalreg.site.output import share
from kvalreg.site.staging import EXTENSION, NOT_FOUND

LIBRARY = "site_libs"
SEARCH = "search.json"
OUTPUT = "_site"
"""Where Quarto puts the site of a share, below the share's own folder."""
_PROJECT = ("_quarto.yml", "_quarto.yml.local")
_NOT_TAKEN = {"_extensions", SEARCH, "index.html", "robots.txt"}
"""What Quarto puts beside the pages and the site does not need, or has from elsewhere."""
_LINK = re.compile(r"""<a\b(?:[^>"]|"[^"]*")*>""")
_ADDRESS = re.compile(r'(\shref=")([^"]*?\.qmd)(?=["#])')
_LIBRARY_FILE = re.compile(rf'"[./]*({LIBRARY}/[^"?#]+)')

_Entry = dict[str, Any]
"""One entry of Quarto's list for searching: a page, or a section of it."""


def lay_out(staged: Path, pages: Sequence[str], work: Path) -> None:
    """Make the project: Quarto's own files, the extension, and the pages."""
    files = [name for name in _PROJECT if (staged / name).is_file()]
    extension = [path.relative_to(staged).as_posix() for path in (staged / EXTENSION).rglob("*") if path.is_file()]
    for name in [*files, *extension, *pages]:
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        share(staged / name, work / name)


def take_in(work: Path, pages: Sequence[str], site: Path) -> list[str]:
    """Move what Quarto has made of a share into the site; answer with what it made beyond pages and library."""
    made = work / OUTPUT
    own = {served(page): page for page in pages}
    strange = []
    for path in sorted(path for path in made.rglob("*") if path.is_file()):
        name = path.relative_to(made)
        address = name.as_posix()
        target = site / name
        if address in own:
            target.write_bytes(finish_links(own[address], path.read_bytes().decode()).encode())
        elif name.parts[0] == LIBRARY:
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
        elif name.parts[0] not in _NOT_TAKEN and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            strange.append(address)
    _add_entries(_entries(made), site)
    return strange


def finish_links(page: str, html: str) -> str:
    """Lead every link to a source to the page that it becomes, written as Quarto writes it: from the site's root."""
    return _LINK.sub(lambda tag: _ADDRESS.sub(lambda link: link[1] + _led(page, link[2]), tag[0]), html)


def _led(page: str, link: str) -> str:
    if ":" in link.split("/")[0] or link.startswith("//"):
        return link
    if page == NOT_FOUND:  # it is served at any address, so its links begin at the root already
        return served(link)
    folder = posixpath.dirname(page)
    target = posixpath.normpath(link.lstrip("/") if link.startswith("/") else posixpath.join(folder, link))
    root = "/".join([".."] * page.count("/")) or "."
    return f"{root}/{served(target)}"


def take_over(pages: Sequence[str], before: Path, site: Path) -> bool:
    """Take pages over from the site before, with their entries for searching.

    Returns
    -------
    bool
        False, and nothing is taken, when one of them asks for a file of Quarto's library that no other page asked for.
    """
    asked = {name for page in pages for name in _LIBRARY_FILE.findall((before / served(page)).read_text("utf-8"))}
    if not all((site / name).is_file() for name in asked):
        return False
    for page in pages:
        share(before / served(page), site / served(page))
    kept = {served(page) for page in pages}
    _add_entries([entry for entry in _entries(before) if _page_of(entry) in kept], site)
    return True


def _add_entries(entries: list[_Entry], site: Path) -> None:
    """Add to the list, by page: Quarto's own order is that in which the disk names the files."""
    if together := sorted([*_entries(site), *entries], key=_page_of):  # sections of a page stay in their order
        (site / SEARCH).write_text(json.dumps(together, ensure_ascii=False, indent=2), encoding="utf-8")


def _entries(site: Path) -> list[_Entry]:
    path = site / SEARCH
    found: list[_Entry] = json.loads(path.read_bytes()) if path.is_file() else []
    return found


def _page_of(entry: _Entry) -> str:
    return str(entry["href"]).partition("#")[0]
