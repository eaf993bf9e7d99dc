"""The staged project: a Quarto website in `_build/site` that both renderers read.

Input: pages and files that are already safe to publish. Output: a folder with `_quarto.yml`, the extension, one `.qmd`
per page and the files beside them. It can also be rendered by hand, with `quarto preview` or `quarto render`.
Invariant: a file whose content stays the same is not written, so that a renderer sees by its time what has changed.
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
"""The page that a web server shows for an address without a page; its links begin at the site's root."""
PREVIEW_IMAGE = "forhandsvisning.png"
"""The image of a page's preview in social media."""
SITE_WITHOUT_URL = SiteDescriptor()
"""A site whose URL is not known."""
_ADDRESS = re.compile(r"^(?:[\w.-]+/)*[\w.-]+$")
SHORTCODE_MARKER = "b58fc729"
_SHORTCODE_MARKER = re.compile(rf"{SHORTCODE_MARKER}(?=\\?-690b)")
"""Quarto's reader passes a shortcode through Pandoc as a UUID that begins like this, and its text in hexadecimal."""


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
    modified
        The date of the page's inputs; see `modified_dates`.
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
"""Identifies a file's content without reading it: its size, and the time of its last change."""


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
        Where the site is published: pages state their absolute URL for previews.
    kept_addresses
        Addresses of pages and files that `stage_files` has written; they stay.

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
    # Quarto's project file and the extension, with Vega beside its scripts
    files = {"_quarto.yml": project.quarto_yml.read_bytes()}
    for path in sorted(project.extension.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            files[str(EXTENSION / path.relative_to(project.extension).as_posix())] = path.read_bytes()
    files[str(EXTENSION / "vega.js")] = _vega(project.staging / EXTENSION / "vega.js")
    # which static files Quarto copies; pages it finds by itself
    published = [*resources, *(address for address in kept_addresses if not address.endswith(".qmd"))]
    if published or site.base_url:
        files["_quarto.yml.local"] = _local_config(published, site).encode()
    _sync_folder(project.staging, page_sources(pages, resources, site) | files, kept_addresses)
    return project.staging


def page_sources(
    pages: Sequence[Page], resources: Mapping[str, bytes], site: SiteDescriptor = SITE_WITHOUT_URL
) -> dict[str, bytes]:
    """The sources of pages, and files, by address; raises as `stage` does."""
    _check_addresses([*(page.address for page in pages), *resources], pages)
    return {page.address: _page_source(page, site).encode() for page in pages} | dict(resources)


class StagedFile(NamedTuple):
    """A file's stamp as it was staged, and its date.

    Parameters
    ----------
    stamp
        While the file has it, it has not been written again.
    modified
        When a page was last modified; None for a file that states no date.
    """

    stamp: FileStamp
    modified: date | None


def stage_files(project: Project, files: Mapping[str, bytes]) -> dict[str, StagedFile]:
    """Write a part of the staged project (see `page_sources`), and remove nothing; what was staged, by address."""
    modified_by_address = {
        address: _write_if_changed(project.staging / address, content) for address, content in files.items()
    }
    return {
        address: StagedFile(file_stamp(project.staging / address), modified)
        for address, modified in modified_by_address.items()
    }


def file_stamp(path: Path) -> FileStamp:
    """A file's stamp now; zeros when there is no such file."""
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
    # a shortcode in a registry's text must reach readers as text: neither its braces nor Quarto's own form of it pass
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

    Files are given by folder and ending, from the root: without the leading `/` Quarto finds them in every folder. They
    are named here and not in `_quarto.yml`, since the `data/` beside that file holds deliveries, which are secret.
    """
    paths = [PurePosixPath(address) for address in resources]
    globs = sorted({f"/{path.parent / f'*{path.suffix}' if path.suffix else path}" for path in paths})
    resources_yaml = (
        "project:\n  resources:\n" + "".join(f"    - {json.dumps(glob)}\n" for glob in globs) if globs else ""
    )
    # The path alone, and not the absolute URL: with that, Quarto would write a sitemap of its own.
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
    """Make a folder hold these files, those at `kept_addresses`, Quarto's own, and nothing else."""
    expected = {*files, *kept_addresses}
    parent_folders = {str(parent) for address in expected for parent in PurePosixPath(address).parents}
    # first remove, since a folder may stand where a file is to be, or the other way round
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
            # a link to a folder would lead the files below it out of the staged project
            if path.is_symlink() or (relative / name).as_posix() not in parent_folders:
                path.unlink() if path.is_symlink() else shutil.rmtree(path)
                folders.remove(name)
    for address, content in files.items():
        _write_if_changed(folder / address, content)


def _write_if_changed(path: Path, content: bytes) -> date | None:
    """Write a file unless it has this content already; when it was last modified, where it is a page.

    The site may have the same file by a hard link (`link_or_copy`), so it is replaced and not written in place.
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
