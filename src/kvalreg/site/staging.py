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

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import ConfigurationError, Diagnostic
from kvalreg.inputs.site_descriptor import SiteDescriptor
from kvalreg.project import QUARTO_GENERATED, Project
from kvalreg.report.markup import escape_markdown
from kvalreg.site.modified_dates import date_front_matter, resolve_date
from kvalreg.storage.permissions import clear_path

EXTENSION = PurePosixPath("_extensions/kvalreg")
LANGUAGES = ("nb", "nn", "en")
NOT_FOUND = "404.qmd"
"""The page that a web server shows for an address that is not there; its links begin at the site's root."""
PREVIEW_IMAGE = "forhandsvisning.png"
"""The picture that goes with a page that is shared."""
SITE_WITHOUT_URL = SiteDescriptor()
"""A site whose address is not known."""
_ADDRESS = re.compile(r"^(?:[\w.-]+/)*[\w.-]+$")
SHORTCODE_MARKER = "b58fc729"
_SHORTCODE_MARKER = re.compile(rf"{SHORTCODE_MARKER}(?=\\?-690b)")
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
    modified: date | None = None


FileStamp = tuple[int, int]
"""What a file looks like without being read: its size, and the time of its last change."""


def stage(
    project: Project,
    pages: Sequence[Page],
    resources: Mapping[str, bytes],
    site: SiteDescriptor = SITE_WITHOUT_URL,
    kept_addresses: Collection[str] = (),
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
    _check_addresses([*(page.address for page in pages), *resources, *kept_addresses], pages)
    files = {"_quarto.yml": project.quarto_yml.read_bytes()}
    for path in sorted(project.extension.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            files[str(EXTENSION / path.relative_to(project.extension).as_posix())] = path.read_bytes()
    files[str(EXTENSION / "vega.js")] = _vega(project.staging / EXTENSION / "vega.js")
    published = [*resources, *(address for address in kept_addresses if not address.endswith(".qmd"))]
    if published or site.base_url:
        files["_quarto.yml.local"] = _local_config(published, site).encode()
    _sync_folder(project.staging, page_sources(pages, resources, site) | files, kept_addresses)
    return project.staging


def page_sources(
    pages: Sequence[Page], resources: Mapping[str, bytes], site: SiteDescriptor = SITE_WITHOUT_URL
) -> dict[str, bytes]:
    """Pages as they are staged, and files, by address; for what is refused see `stage`."""
    _check_addresses([*(page.address for page in pages), *resources], pages)
    return {page.address: _page_source(page, site).encode() for page in pages} | dict(resources)


class StagedFile(NamedTuple):
    """What a file looks like as it was staged, and when it last changed.

    Parameters
    ----------
    stamp
        While it has that, nobody has written it anew.
    day
        The day on which a page last changed; None for what tells no day.
    """

    stamp: FileStamp
    modified: date | None


def stage_files(project: Project, files: Mapping[str, bytes]) -> dict[str, StagedFile]:
    """Write a part of the staged project, and remove nothing; see `sources`. What was staged, by address."""
    modified_by_address = {
        address: _write_if_changed(project.staging / address, content) for address, content in files.items()
    }
    return {
        address: StagedFile(file_stamp(project.staging / address), modified)
        for address, modified in modified_by_address.items()
    }


def file_stamp(path: Path) -> FileStamp:
    """What a file looks like now; zeros when it is not there."""
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return stat.st_size, stat.st_mtime_ns


def _page_source(page: Page, site: SiteDescriptor = SITE_WITHOUT_URL) -> str:
    """A page as Quarto Markdown: front matter, then the body.

    Everything between quotes is Markdown to both renderers, so plain text is escaped for Markdown first and for YAML
    after: a JSON string is a YAML string.
    """
    front_matter = [date_front_matter(page.modified)] if page.modified else []
    front_matter += [f"title: {_yaml_markdown(page.title)}", f"lang: {page.language}"]
    if page.description:
        front_matter.append(f"description: {_yaml_markdown(page.description)}")
    if page.breadcrumb:
        front_matter.append("kv-breadcrumb:")
        for text, address in page.breadcrumb:
            front_matter += [f"  - text: {_yaml_markdown(text)}", f"    href: {_yaml_markdown('/' + address)}"]
    if page.synthetic:
        front_matter.append("synthetic: true")
    if site.base_url and page.address != NOT_FOUND:
        front_matter.append(f"kv-address: {_yaml_markdown(site.absolute_url(page.address))}")
        front_matter.append(f"kv-image: {_yaml_markdown(site.absolute_url(PREVIEW_IMAGE))}")
    body = _SHORTCODE_MARKER.sub("b58fc728", page.body.replace("{{<", "{&#123;<"))
    return "\n".join(["---", *front_matter, "---", "", body.strip(), ""])


def _yaml_markdown(text: str) -> str:
    """Plain text as a YAML string that holds Markdown.

    Quarto looks for shortcodes in metadata after Markdown's escapes are gone, and fails on a stray ``>}}``; an
    invisible word joiner (U+2060) between doubled braces keeps them from being one.
    """
    printable = "".join(char if char.isprintable() else " " for char in text)
    separated = re.sub(r"([{}])(?=\1)", "\\1\u2060", printable)
    return json.dumps(_SHORTCODE_MARKER.sub("b58fc728", escape_markdown(separated)), ensure_ascii=False)


def _local_config(resources: Iterable[str], site: SiteDescriptor) -> str:
    """`_quarto.yml.local`, which Quarto adds to `_quarto.yml`: the site's path, and which files it copies.

    Files are given by folder and ending, from the root: without its sign Quarto finds them in every folder. They are
    named here and not in `_quarto.yml`, since the source tree's `data/` holds deliveries that are not for publishing.
    """
    paths = [PurePosixPath(address) for address in resources]
    globs = sorted({f"/{path.parent / f'*{path.suffix}' if path.suffix else path}" for path in paths})
    resources_yaml = (
        "project:\n  resources:\n" + "".join(f"    - {json.dumps(glob)}\n" for glob in globs) if globs else ""
    )
    # The path alone, and not the whole address: with that, Quarto would write a sitemap of its own.
    return f"{resources_yaml}website:\n  site-path: {json.dumps(site.path)}\n" if site.base_url else resources_yaml


def _check_addresses(addresses: Sequence[str], pages: Sequence[Page]) -> None:
    diagnostics = [
        Diagnostic(
            f"The language {page.language!r} is not one the site is written in.",
            "Use nb, nn or en.",
            page.address,
            code=DiagnosticCode.PAGE_LANGUAGE,
        )
        for page in pages
        if page.language not in LANGUAGES
    ]
    for address, count in sorted(Counter(addresses).items()):
        parts = address.split("/")
        if not _ADDRESS.match(address) or any(part.startswith((".", "_")) for part in parts):
            diagnostics.append(
                Diagnostic(
                    "This address cannot be published.",
                    "Use letters, digits, '-' and '.'.",
                    address,
                    code=DiagnosticCode.INVALID_PAGE_URL,
                )
            )
        elif count > 1:
            diagnostics.append(
                Diagnostic(
                    "Two pages or files have this address.",
                    "Give each its own.",
                    address,
                    code=DiagnosticCode.INVALID_PAGE_URL,
                )
            )
    if diagnostics:
        raise ConfigurationError(diagnostics)


def _sync_folder(folder: Path, files: Mapping[str, bytes], kept_addresses: Collection[str]) -> None:
    """Make a folder hold these files and the others that are there and, beside Quarto's own, nothing else."""
    expected = {*files, *kept_addresses}
    parent_folders = {str(parent) for address in expected for parent in PurePosixPath(address).parents}
    for root, folders, names in os.walk(folder):
        relative = Path(root).relative_to(folder)
        if relative == Path():
            folders[:] = [name for name in folders if name not in QUARTO_GENERATED]
            names = [name for name in names if name not in QUARTO_GENERATED]
        for name in names:
            if (relative / name).as_posix() not in expected:
                Path(root, name).unlink()
        for name in [*folders]:
            path = Path(root, name)
            if path.is_symlink() or (relative / name).as_posix() not in parent_folders:
                path.unlink() if path.is_symlink() else shutil.rmtree(path)
                folders.remove(name)
    for address, content in files.items():
        _write_if_changed(folder / address, content)


def _write_if_changed(path: Path, content: bytes) -> date | None:
    """Make a file hold this, unless it does already, and tell when it last changed, where it is a page.

    The site may share it under another name, so it is replaced.
    """
    previous = path.read_bytes() if path.is_file() else None
    content, day = resolve_date(content, previous) if path.suffix == ".qmd" else (content, None)
    if content == previous:
        return day
    clear_path(path)
    temp_path = path.with_name(f"_{path.name}.new")
    temp_path.write_bytes(content)
    temp_path.replace(path)
    return day


def _vega(staged: Path) -> bytes:
    """Vega, Vega-Lite and vega-embed in one file, from the wheel: the site serves it itself.

    Bundling takes seconds, so the file staged before is used again while the wheel is the same.
    """
    banner = f"/* Vega, as vl-convert {version('vl-convert-python')} bundles it */\n".encode()
    if staged.is_file() and (previous := staged.read_bytes()).startswith(banner):
        return previous
    bundle: str = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # the stub calls its option required
    return banner + bundle.encode()
