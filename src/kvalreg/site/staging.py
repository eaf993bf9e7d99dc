"""The staged project: a Quarto website in `_build/site` that both renderers read.

Comes in: pages and files that are already safe to publish. Goes out: a folder with `_quarto.yml`, the extension, one
`.qmd` per page and the files beside them. It also renders by hand, with `quarto preview` or `quarto render`.
Never written: a byte that is already there, so that a renderer sees what has changed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import vl_convert

from kvalreg.errors import ConfigurationError, Fault
from kvalreg.inputs.site_descriptor import SiteDescriptor
from kvalreg.kinds import Kind
from kvalreg.private_files import clear_way
from kvalreg.project import QUARTOS_OWN, Project
from kvalreg.report.markup import escape_markdown
from kvalreg.site.page_days import dated, front_line

EXTENSION = PurePosixPath("_extensions/kvalreg")
LANGUAGES = ("nb", "nn", "en")
NOT_FOUND = "404.qmd"
"""The page that a web server shows for an address that is not there; its links begin at the site's root."""
PREVIEW = "forhandsvisning.png"
"""The picture that goes with a page that is shared."""
UNPLACED = SiteDescriptor()
"""A site whose address is not known."""
_ADDRESS = re.compile(r"^(?:[\w.-]+/)*[\w.-]+$")
SHORTCODES_MARK = "b58fc729"
_MARK_OF_SHORTCODES = re.compile(rf"{SHORTCODES_MARK}(?=\\?-690b)")
"""Quarto's reader carries a shortcode through Pandoc as this mark and its text in hexadecimal."""


@dataclass(frozen=True)
class Page:
    """One page of the site.

    Parameters
    ----------
    address
        The page's source: ``index.qmd``, ``registre/slag/2023/index.qmd``. It is served as ``.html``.
    title
        Plain text, untrusted.
    body
        Pandoc Markdown with finished HTML in raw blocks; headings from level 2. Shortcodes in it are inert.
    language
        ``nb``, ``nn`` or ``en``.
    description
        One plain sentence for search engines and lists, untrusted.
    breadcrumb
        The pages above this one, from the front page down: plain text and address.
    synthetic
        True marks the page as made of synthetic data.
    changed
        The day of what the page is made of; see `page_days`.
    """

    address: str
    title: str
    body: str
    language: str
    description: str = ""
    breadcrumb: tuple[tuple[str, str], ...] = ()
    synthetic: bool = False
    changed: date | None = None


Stamp = tuple[int, int]
"""What a file looks like without being read: its size, and the time of its last change."""


def stage(
    project: Project,
    pages: Sequence[Page],
    resources: Mapping[str, bytes],
    site: SiteDescriptor = UNPLACED,
    others: Collection[str] = (),
) -> Path:
    """Write the staged project, and remove what no longer belongs to it.

    Parameters
    ----------
    project
        Gives `_quarto.yml`, the extension and the staged folder.
    pages
        Every page of the site.
    resources
        Files that are published as they are, by address: ``data/slag/2023.csv``.
    site
        Where the site is published, which pages tell to those who share them.
    others
        Addresses of pages and files that `stage_part` has written; they stay.

    Returns
    -------
    Path
        The staged folder.

    Raises
    ------
    ConfigurationError
        Two pages or files with one address, an address that leads outside the site, an unknown language.
    """
    _check([*(page.address for page in pages), *resources, *others], pages)
    files = {"_quarto.yml": project.quarto_yml.read_bytes()}
    for path in sorted(project.extension.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            files[str(EXTENSION / path.relative_to(project.extension).as_posix())] = path.read_bytes()
    files[str(EXTENSION / "vega.js")] = _vega(project.staged / EXTENSION / "vega.js")
    published = [*resources, *(address for address in others if not address.endswith(".qmd"))]
    if published or site.base:
        files["_quarto.yml.local"] = _additions(published, site).encode()
    _write(project.staged, sources(pages, resources, site) | files, others)
    return project.staged


def sources(pages: Sequence[Page], resources: Mapping[str, bytes], site: SiteDescriptor = UNPLACED) -> dict[str, bytes]:
    """Pages as they are staged, and files, by address; for what is refused see `stage`."""
    _check([*(page.address for page in pages), *resources], pages)
    return {page.address: _source(page, site).encode() for page in pages} | dict(resources)


class Staged(NamedTuple):
    """What a file looks like as it was staged, and when it last changed.

    Parameters
    ----------
    stamp
        While it has that, nobody has written it anew.
    day
        The day on which a page last changed; None for what tells no day.
    """

    stamp: Stamp
    day: date | None


def stage_part(project: Project, files: Mapping[str, bytes]) -> dict[str, Staged]:
    """Write a part of the staged project, and remove nothing; see `sources`. What was staged, by address."""
    days = {address: _put(project.staged / address, content) for address, content in files.items()}
    return {address: Staged(stamp(project.staged / address), day) for address, day in days.items()}


def stamp(path: Path) -> Stamp:
    """What a file looks like now; zeros when it is not there."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_size, found.st_mtime_ns


def _source(page: Page, site: SiteDescriptor = UNPLACED) -> str:
    """A page as Quarto Markdown: front matter, then the body.

    Everything between quotes is Markdown to both renderers, so plain text is escaped for Markdown first and for YAML
    after: a JSON string is a YAML string.
    """
    front = [front_line(page.changed)] if page.changed else []
    front += [f"title: {_plain(page.title)}", f"lang: {page.language}"]
    if page.description:
        front.append(f"description: {_plain(page.description)}")
    if page.breadcrumb:
        front.append("kv-breadcrumb:")
        for text, address in page.breadcrumb:
            front += [f"  - text: {_plain(text)}", f"    href: {_plain('/' + address)}"]
    if page.synthetic:
        front.append("synthetic: true")
    if site.base and page.address != NOT_FOUND:
        front.append(f"kv-address: {_plain(site.whole(page.address))}")
        front.append(f"kv-image: {_plain(site.whole(PREVIEW))}")
    body = _MARK_OF_SHORTCODES.sub("b58fc728", page.body.replace("{{<", "{&#123;<"))
    return "\n".join(["---", *front, "---", "", body.strip(), ""])


def _plain(text: str) -> str:
    """Plain text as a YAML string that holds Markdown.

    Quarto looks for shortcodes in metadata after Markdown's escapes are gone, and fails on a stray ``>}}``; an
    invisible word joiner (U+2060) between doubled braces keeps them from being one.
    """
    printable = "".join(c if c.isprintable() else " " for c in text)
    apart = re.sub(r"([{}])(?=\1)", "\\1\u2060", printable)
    return json.dumps(_MARK_OF_SHORTCODES.sub("b58fc728", escape_markdown(apart)), ensure_ascii=False)


def _additions(resources: Iterable[str], site: SiteDescriptor) -> str:
    """`_quarto.yml.local`, which Quarto adds to `_quarto.yml`: the site's path, and which files it copies.

    Files are given by folder and ending, from the root: without its sign Quarto finds them in every folder. They are
    named here and not in `_quarto.yml`, since the source tree's `data/` holds deliveries that are not for publishing.
    """
    places = [PurePosixPath(address) for address in resources]
    globs = sorted({f"/{place.parent / f'*{place.suffix}' if place.suffix else place}" for place in places})
    listed = "project:\n  resources:\n" + "".join(f"    - {json.dumps(glob)}\n" for glob in globs) if globs else ""
    # The path alone, and not the whole address: with that, Quarto would write a sitemap of its own.
    return f"{listed}website:\n  site-path: {json.dumps(site.path)}\n" if site.base else listed


def _check(addresses: Sequence[str], pages: Sequence[Page]) -> None:
    faults = [
        Fault(
            f"The language {page.language!r} is not one the site is written in.",
            "Use nb, nn or en.",
            page.address,
            kind=Kind.PAGE_LANGUAGE,
        )
        for page in pages
        if page.language not in LANGUAGES
    ]
    for address, count in sorted(Counter(addresses).items()):
        parts = address.split("/")
        if not _ADDRESS.match(address) or any(part.startswith((".", "_")) for part in parts):
            faults.append(
                Fault(
                    "This address cannot be published.",
                    "Use letters, digits, '-' and '.'.",
                    address,
                    kind=Kind.PAGE_ADDRESS,
                )
            )
        elif count > 1:
            faults.append(
                Fault("Two pages or files have this address.", "Give each its own.", address, kind=Kind.PAGE_ADDRESS)
            )
    if faults:
        raise ConfigurationError(faults)


def _write(folder: Path, files: Mapping[str, bytes], others: Collection[str]) -> None:
    """Make a folder hold these files and the others that are there and, beside Quarto's own, nothing else."""
    wanted = {*files, *others}
    kept = {str(parent) for address in wanted for parent in PurePosixPath(address).parents}
    for root, folders, names in os.walk(folder):
        place = Path(root).relative_to(folder)
        if place == Path():
            folders[:] = [name for name in folders if name not in QUARTOS_OWN]
            names = [name for name in names if name not in QUARTOS_OWN]
        for name in names:
            if (place / name).as_posix() not in wanted:
                Path(root, name).unlink()
        for name in [*folders]:
            path = Path(root, name)
            if path.is_symlink() or (place / name).as_posix() not in kept:
                path.unlink() if path.is_symlink() else shutil.rmtree(path)
                folders.remove(name)
    for address, content in files.items():
        _put(folder / address, content)


def _put(path: Path, content: bytes) -> date | None:
    """Make a file hold this, unless it does already, and tell when it last changed, where it is a page.

    The site may share it under another name, so it is replaced.
    """
    before = path.read_bytes() if path.is_file() else None
    content, day = dated(content, before) if path.suffix == ".qmd" else (content, None)
    if content == before:
        return day
    clear_way(path)
    aside = path.with_name(f"_{path.name}.new")
    aside.write_bytes(content)
    aside.replace(path)
    return day


def _vega(staged: Path) -> bytes:
    """Vega, Vega-Lite and vega-embed in one file, from the wheel: the site serves it itself.

    Bundling takes seconds, so the file staged before is used again while the wheel is the same.
    """
    made_by = f"/* Vega, as vl-convert {version('vl-convert-python')} bundles it */\n".encode()
    if staged.is_file() and (before := staged.read_bytes()).startswith(made_by):
        return before
    bundle: str = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # the stub calls its option required
    return made_by + bundle.encode()
