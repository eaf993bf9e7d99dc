"""A chunk of the pages as a Quarto project of its own: rendered by itself, then merged into the site.

A whole `quarto render` renders every page, and a render of single files reads all pages again for each of them. A
project with only the required pages costs what they cost, and two of them can render at once. Such a project does not
know the pages outside it, so Quarto leaves links to their sources as they are: these are resolved here, as Quarto
resolves its own.

Input: the staged project, the addresses of pages, a folder to work in. Output: these pages and Quarto's library in the
new site, with their entries in Quarto's search index. Quarto never writes into the staged project. Worked example of a
link on ``registre/slag/index.qmd``, which Quarto writes from the site's root::

    <a href="../nyre/index.qmd#a">  ->  <a href="../../registre/nyre/index.html#a">
"""

from __future__ import annotations

import json
import posixpath
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kvalreg.site.atomic_output import link_or_copy
from kvalreg.site.staging import EXTENSION, NOT_FOUND
from kvalreg.urls import output_path

LIBRARY_FOLDER = "site_libs"
SEARCH_FILE = "search.json"
OUTPUT_FOLDER = "_site"
"""Where Quarto puts the site of a chunk, below the chunk's own folder."""
_PROJECT_FILES = ("_quarto.yml", "_quarto.yml.local")
_IGNORED_OUTPUT = {"_extensions", SEARCH_FILE, "index.html", "robots.txt"}
"""Files of Quarto's beside the pages that the site does not need, or has from elsewhere."""
# Only the start tags of links are searched, quoted attributes as a whole: text such as `href="a.qmd"` stays as it is.
_LINK = re.compile(r"""<a\b(?:[^>"]|"[^"]*")*>""")
_ADDRESS = re.compile(r'(\shref=")([^"]*?\.qmd)(?=["#])')
_LIBRARY_FILE = re.compile(rf'"[./]*({LIBRARY_FOLDER}/[^"?#]+)')

_QuartoSearchEntry = dict[str, Any]
"""One entry of Quarto's search index: a page, or a section of it."""


def prepare_chunk(staged: Path, pages: Sequence[str], work_folder: Path) -> None:
    """Make the chunk's project: Quarto's own files, the extension, and the pages."""
    files = [name for name in _PROJECT_FILES if (staged / name).is_file()]
    extension = [path.relative_to(staged).as_posix() for path in (staged / EXTENSION).rglob("*") if path.is_file()]
    for name in [*files, *extension, *pages]:
        (work_folder / name).parent.mkdir(parents=True, exist_ok=True)
        link_or_copy(staged / name, work_folder / name)


def merge_chunk(work_folder: Path, pages: Sequence[str], site: Path) -> list[str]:
    """Move Quarto's output for a chunk into the site; the unexpected files: neither pages nor library."""
    rendered = work_folder / OUTPUT_FOLDER
    page_by_address = {output_path(page): page for page in pages}
    unexpected = []
    for path in sorted(path for path in rendered.rglob("*") if path.is_file()):
        name = path.relative_to(rendered)
        address = name.as_posix()
        target = site / name
        if address in page_by_address:
            target.write_bytes(resolve_links(page_by_address[address], path.read_bytes().decode()).encode())
        elif name.parts[0] == LIBRARY_FOLDER:  # the same in every chunk
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
        elif name.parts[0] not in _IGNORED_OUTPUT and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            unexpected.append(address)
    _add_entries(_read_entries(rendered), site)
    return unexpected


def resolve_links(page: str, html: str) -> str:
    """Turn every link to a page's source into one to the rendered page, written as Quarto does: by way of the root."""
    return _LINK.sub(lambda tag: _ADDRESS.sub(lambda link: link[1] + _resolve_link(page, link[2]), tag[0]), html)


def _resolve_link(page: str, link: str) -> str:
    if ":" in link.split("/")[0] or link.startswith("//"):
        return link
    if page == NOT_FOUND:  # it is served at any address, so its links begin at the root already
        return output_path(link)
    folder = posixpath.dirname(page)
    target = posixpath.normpath(link.lstrip("/") if link.startswith("/") else posixpath.join(folder, link))
    root = "/".join([".."] * page.count("/")) or "."
    return f"{root}/{output_path(target)}"


def reuse_pages(pages: Sequence[str], previous_site: Path, site: Path) -> bool:
    """Link pages of the site before into the new one, with their entries in the search index.

    Returns
    -------
    bool
        False, and no page is reused, when one of them needs a file of Quarto's library that no rendered page needs.
    """
    library_files = {
        name for page in pages for name in _LIBRARY_FILE.findall((previous_site / output_path(page)).read_text("utf-8"))
    }
    if not all((site / name).is_file() for name in library_files):
        return False
    for page in pages:
        link_or_copy(previous_site / output_path(page), site / output_path(page))
    addresses = {output_path(page) for page in pages}
    _add_entries([entry for entry in _read_entries(previous_site) if _entry_page(entry) in addresses], site)
    return True


def _add_entries(entries: list[_QuartoSearchEntry], site: Path) -> None:
    """Add to the search index, sorted by page: Quarto's own order is that in which the disk lists the files."""
    if merged := sorted([*_read_entries(site), *entries], key=_entry_page):  # sections of a page stay in their order
        (site / SEARCH_FILE).write_text(json.dumps(merged, ensure_ascii=False, indent=2), encoding="utf-8")


def _read_entries(site: Path) -> list[_QuartoSearchEntry]:
    path = site / SEARCH_FILE
    entries: list[_QuartoSearchEntry] = json.loads(path.read_bytes()) if path.is_file() else []
    return entries


def _entry_page(entry: _QuartoSearchEntry) -> str:
    return str(entry["href"]).partition("#")[0]
