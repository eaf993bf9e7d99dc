"""The last good pages: each stays until its successor succeeds.

Owns `_build/accepted/<registry>/`: one JSON file for each page, replaced atomically. The site is always assembled from
these, so a registry that fails today still has its pages of yesterday.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kvalreg.clock import today
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic, SiteError
from kvalreg.storage.permissions import clear_path, remove

if TYPE_CHECKING:
    from kvalreg.execution.plan import Job

_ANCHOR = re.compile(r"""(?:\{#|\sid=["'])(ind-[\w-]*)""")
"""The id of a section about an indicator, on a heading of Markdown or on an element of HTML."""


class LastGoodPage(BaseModel):
    """One executed page and how the site shows it. The fields are keys of its file.

    Parameters
    ----------
    anchors
        The ids of its sections about indicators, to which other pages may link.
    delayed
        Whether the page is stale: a newer one failed.
    made
        The day on which the page's content, its title and Markdown, last changed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    registry: str
    kind: str
    year: int
    round: str
    language: str
    address: str
    title: str
    breadcrumb: tuple[tuple[str, str], ...]
    synthetic: bool
    anchors: tuple[str, ...] = ()
    markdown: str
    delayed: bool = False
    made: date = Field(default_factory=today)


def save_last_good(job: Job, markdown: str, folder: Path) -> None:
    """Store a job's page as its last good one; a page with the same content as before keeps its date.

    Raises
    ------
    SiteError
        When its Markdown cannot be encoded.
    """
    try:
        markdown.encode()
    except UnicodeEncodeError as error:
        message = f"The page holds half a letter, {markdown[error.start]!r}, which no file can hold."
        hint = f"Look in {job.notebook.name} for what makes it: a text that was cut or read in a wrong encoding."
        raise SiteError([Diagnostic(message, hint, job.address, code=DiagnosticCode.RENDERER_REFUSED_PAGE)]) from None
    page = LastGoodPage(
        registry=job.registry,
        kind=job.kind,
        year=job.year,
        round=job.round,
        language=job.language,
        address=job.address,
        title=job.title,
        breadcrumb=job.breadcrumb,
        synthetic=job.synthetic,
        anchors=tuple(dict.fromkeys(_ANCHOR.findall(markdown))),
        markdown=markdown,
    )
    previous = _read_page(_page_path(page, folder))
    if previous is not None and (previous.title, previous.markdown) == (page.title, page.markdown):
        page = page.model_copy(update={"made": previous.made})
    _write_page(page, folder)


def mark_stale(registry: str, addresses: Collection[str] | None, folder: Path) -> None:
    """Mark a registry's last good pages as stale: those at these addresses, or all when None."""
    for page in load_last_good_pages(registry, folder):
        if (addresses is None or page.address in addresses) and not page.delayed:
            _write_page(page.model_copy(update={"delayed": True}), folder)


def prune_pages(registry: str, planned_addresses: Collection[str], folder: Path) -> None:
    """Remove a registry's pages that are no longer planned, such as those of a provisional year that is now final."""
    planned_paths = {last_good_path(registry, address, folder) for address in planned_addresses}
    for path in (folder / registry).glob("*.json"):
        if path not in planned_paths:
            remove(path)


def load_last_good_pages(registry: str, folder: Path) -> list[LastGoodPage]:
    """A registry's last good pages, sorted by address."""
    pages = map(_read_page, (folder / registry).glob("*.json"))
    return sorted((page for page in pages if page is not None), key=lambda page: page.address)


def load_last_good_headers(registry: str, folder: Path) -> list[LastGoodPage]:
    """The same pages with empty Markdown: a national site has gigabytes of it, and most callers want the fields."""
    pages = (_read_page(path, _strip_markdown) for path in (folder / registry).glob("*.json"))
    return sorted((page for page in pages if page is not None), key=lambda page: page.address)


def _strip_markdown(content: bytes) -> bytes:
    """A page's file with empty Markdown.

    `_write_page` indents by one space, so each field is on a line of its own and a line break in a string is ``\\n``:
    the field ends with its line, whatever the page says.
    """
    head, separator, tail = content.partition(b'\n "markdown": "')
    return head + separator + b'",' + tail[tail.find(b"\n") :] if separator else content


def _read_page(path: Path, transform: Callable[[bytes], bytes] = bytes) -> LastGoodPage | None:
    """The page in a file; None where there is no valid one: the next run executes it again."""
    try:
        return LastGoodPage.model_validate_json(transform(path.read_bytes()))
    except (OSError, ValidationError):
        return None


def last_good_path(registry: str, address: str, folder: Path) -> Path:
    """The file of a page: an address has slashes, and may be longer than a file name."""
    return folder / registry / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.json"


def _page_path(page: LastGoodPage, folder: Path) -> Path:
    return last_good_path(page.registry, page.address, folder)


def _write_page(page: LastGoodPage, folder: Path) -> None:
    path = clear_path(_page_path(page, folder))
    text = page.model_dump_json(indent=1).encode()
    if path.is_file() and path.read_bytes() == text:
        return  # the memo would take a newer time for a change
    temp_path = path.with_suffix(".new")  # not *.json, so an interrupted write is never read as a page
    temp_path.write_bytes(text)
    temp_path.replace(path)
