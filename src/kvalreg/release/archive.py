"""An edition at its permanent address: the same pages, each marked as an edition that does not change any more.

Comes in: a released site. Goes out: ``editions/<name>/``, which later sites show as ``/utgaver/<name>/`` through a
link, so that an edition costs its pages once. What is no page shares its bytes with the release. No number is touched.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
from html import escape
from pathlib import Path, PurePosixPath

from kvalreg.project import Project
from kvalreg.report.addresses import EDITIONS, INTERIM_SUFFIX
from kvalreg.report.cell_markup import year_html
from kvalreg.report.wording import LANGUAGES, Words, words
from kvalreg.site.output import share

_HEAD_END = "</head>"
_MAIN = re.compile(r"<main\b[^>]*>")
_LANGUAGE = re.compile(r'<html[^>]*\blang="(\w\w)')
_TO_EDITIONS = re.compile(rf'href="((?:\.\./)*){EDITIONS}/')
_TO_EDITION = re.compile(r'href="(?:\./)?(\d{4}-\d\d[a-z0-9-]*)/')
_NOINDEX = '<meta name="robots" content="noindex">\n'
_UP = "../../"
"""From an edition's root to the site's."""


def copy_release(site: Path, target: Path, earlier: Path | None) -> None:
    """Copy a site without its earlier editions; a file that an earlier release holds already is shared with it."""
    for place in _files(site):
        source, copy = site / place, target / place
        copy.parent.mkdir(parents=True, exist_ok=True)
        before = earlier / place if earlier is not None else None
        if before is not None and before.is_file() and filecmp.cmp(before, source, shallow=False):
            share(before, copy)
        else:
            shutil.copyfile(source, copy)


def keep_edition(release: Path, target: Path, name: str) -> None:
    """Make a release's permanent copy: pages with the mark, everything else shared with the release."""
    for place in _files(release):
        source, copy = release / place, target / place
        copy.parent.mkdir(parents=True, exist_ok=True)
        if place.suffix == ".html":
            text = source.read_text(encoding="utf-8")
            copy.write_text(marked(text, place.as_posix(), name), encoding="utf-8")
        else:
            share(source, copy)


def marked(page: str, address: str, name: str) -> str:
    """A page of an edition with its mark: what it is, where the newest numbers are, and nothing for search engines.

    Parameters
    ----------
    page
        The page as it was released.
    address
        Its file inside the site, such as ``registre/slag/2025/index.html``.
    name
        The edition.
    """
    found = _LANGUAGE.search(page)
    say = words(found[1] if found and found[1] in LANGUAGES else "nb")
    root = "../" * address.count("/") + _UP
    page = _TO_EDITIONS.sub(rf'href="\1{_UP}{EDITIONS}/', page)
    if address == f"{EDITIONS}/index.html":
        page = _TO_EDITION.sub(rf'href="{_UP}\1/', page)
    page = page.replace(_HEAD_END, _NOINDEX + _HEAD_END, 1)
    return _MAIN.sub(lambda main: main[0] + _mark(say, name, root + _newest(address)), page, count=1)


def link_editions(site: Path, project: Project, names: tuple[str, ...]) -> None:
    """Show these editions, and no others, below ``utgaver/`` of a site that nobody sees yet."""
    folder = site / EDITIONS
    for link in folder.iterdir() if folder.is_dir() else ():
        if link.is_symlink():
            link.unlink()
    for name in names:
        folder.mkdir(exist_ok=True)
        (folder / name).symlink_to(os.path.relpath(project.editions / name, folder.resolve()), target_is_directory=True)


def _mark(say: Words, name: str, newest: str) -> str:
    told = escape(say("editions.mark", edition=say.edition(name))).replace(name[:4], year_html(name[:4]))
    link = f'<a href="{escape(newest)}">{escape(say("editions.see_newest"))}</a>'
    return f'\n<p class="kv-delayed kv-edition" lang="{say.language}">{told} {link}</p>\n'


def _newest(address: str) -> str:
    """Where the same page's newest edition is. A provisional year becomes final, so its registry is shown instead."""
    parts = PurePosixPath(address).parts
    for at, part in enumerate(parts):
        if part.endswith(INTERIM_SUFFIX):
            return "/".join((*parts[:at], "index.html"))
    return address


def _files(site: Path) -> list[PurePosixPath]:
    """Every file of a site but those of earlier editions, which are links."""
    found = []
    for folder, folders, names in os.walk(site):
        folders.sort()
        place = PurePosixPath(Path(folder).relative_to(site).as_posix())
        found += [place / name for name in sorted(names)]
    return found
