"""The archive: an edition at its permanent URL, each page with a banner that says it no longer changes.

Input: a released site. Output: ``editions/<name>/``, which later sites show as ``/utgaver/<name>/`` through a symbolic
link, so that an edition takes disk space once. Other files than pages are hard links to the release's. No number is
changed.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
from html import escape
from pathlib import Path, PurePosixPath

from kvalreg.project import Project
from kvalreg.report.cell_markup import year_html
from kvalreg.report.translation import LANGUAGES, Translator, get_translator
from kvalreg.site.atomic_output import link_or_copy
from kvalreg.urls import EDITIONS_FOLDER, INTERIM_SUFFIX

_HEAD_END = "</head>"
_MAIN = re.compile(r"<main\b[^>]*>")
_LANGUAGE = re.compile(r'<html[^>]*\blang="(\w\w)')
_TO_EDITIONS = re.compile(rf'href="((?:\.\./)*){EDITIONS_FOLDER}/')
_TO_EDITION = re.compile(r'href="(?:\./)?(\d{4}-\d\d[a-z0-9-]*)/')
_NOINDEX = '<meta name="robots" content="noindex">\n'
_UP_TO_SITE_ROOT = "../../"
"""From an edition's root to the site's: an archived page is two folders deeper than it was when it was released."""


def copy_release(site: Path, target: Path, previous_release: Path | None) -> None:
    """Copy a site without its earlier editions; a file that is equal in the previous release is a hard link to that."""
    for relative_path in _list_files(site):
        source, copy_path = site / relative_path, target / relative_path
        copy_path.parent.mkdir(parents=True, exist_ok=True)
        previous_path = previous_release / relative_path if previous_release is not None else None
        # compared by content: a file of the same size and time could still be another
        if previous_path is not None and previous_path.is_file() and filecmp.cmp(previous_path, source, shallow=False):
            link_or_copy(previous_path, copy_path)
        else:
            shutil.copyfile(source, copy_path)


def archive_edition(release: Path, target: Path, name: str) -> None:
    """Create a release's permanent copy: pages with the banner, everything else as hard links to the release."""
    for relative_path in _list_files(release):
        source, copy_path = release / relative_path, target / relative_path
        copy_path.parent.mkdir(parents=True, exist_ok=True)
        if relative_path.suffix == ".html":
            text = source.read_text(encoding="utf-8")
            copy_path.write_text(mark_archived_page(text, relative_path.as_posix(), name), encoding="utf-8")
        else:
            link_or_copy(source, copy_path)


def mark_archived_page(page: str, address: str, name: str) -> str:
    """A page of an edition with its banner: what it is, where the newest numbers are, and not for search engines.

    Parameters
    ----------
    page
        The page as it was released.
    address
        Its file inside the site, such as ``registre/slag/2025/index.html``.
    name
        The edition.
    """
    match = _LANGUAGE.search(page)
    translator = get_translator(match[1] if match and match[1] in LANGUAGES else "nb")
    site_root = "../" * address.count("/") + _UP_TO_SITE_ROOT
    # links to the list of editions, and on that list to the editions, must leave the edition; all others stay in it
    page = _TO_EDITIONS.sub(rf'href="\1{_UP_TO_SITE_ROOT}{EDITIONS_FOLDER}/', page)
    if address == f"{EDITIONS_FOLDER}/index.html":
        page = _TO_EDITION.sub(rf'href="{_UP_TO_SITE_ROOT}\1/', page)
    page = page.replace(_HEAD_END, _NOINDEX + _HEAD_END, 1)
    return _MAIN.sub(
        lambda main_tag: main_tag[0] + _archive_banner(translator, name, site_root + _newest_url(address)),
        page,
        count=1,
    )


def link_editions(site: Path, project: Project, names: tuple[str, ...]) -> None:
    """Link these editions, and no others, below ``utgaver/`` of a site that nobody sees yet."""
    folder = site / EDITIONS_FOLDER
    # a withdrawn edition's link goes; the list of editions, a page of the site, stays
    for link in folder.iterdir() if folder.is_dir() else ():
        if link.is_symlink():
            link.unlink()
    for name in names:
        folder.mkdir(exist_ok=True)
        (folder / name).symlink_to(os.path.relpath(project.editions / name, folder.resolve()), target_is_directory=True)


def _archive_banner(translator: Translator, name: str, newest_url: str) -> str:
    # the year in the banner is tagged as a year, since the audit checks every number of a page
    text = escape(translator("editions.mark", edition=translator.format_edition(name))).replace(
        name[:4], year_html(name[:4])
    )
    link = f'<a href="{escape(newest_url)}">{escape(translator("editions.see_newest"))}</a>'
    return f'\n<p class="kv-delayed kv-edition" lang="{translator.language}">{text} {link}</p>\n'


def _newest_url(address: str) -> str:
    """The same page in the newest edition; for a provisional year, which becomes final, its registry's page."""
    parts = PurePosixPath(address).parts
    for index, part in enumerate(parts):
        if part.endswith(INTERIM_SUFFIX):
            return "/".join((*parts[:index], "index.html"))
    return address


def _list_files(site: Path) -> list[PurePosixPath]:
    """Every file of a site but those of earlier editions: `os.walk` does not follow the links to them."""
    paths = []
    for folder, folders, names in os.walk(site):
        folders.sort()
        relative_folder = PurePosixPath(Path(folder).relative_to(site).as_posix())
        paths += [relative_folder / name for name in sorted(names)]
    return paths
