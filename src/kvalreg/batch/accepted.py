"""The last good pages, kept until a better one succeeds.

Owns `_build/accepted/<registry>/`: one JSON file per page, replaced in one step. The whole site is always assembled
from these, so a registry that fails today still has its page of yesterday.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kvalreg.batch.plan import Job
from kvalreg.clock import today
from kvalreg.errors import Fault, SiteError
from kvalreg.kinds import Kind
from kvalreg.private_files import clear_way, remove

_ANCHOR = re.compile(r"""(?:\{#|\sid=["'])(ind-[\w-]*)""")
"""The id of a section about an indicator, on a heading of Markdown or on an element of HTML."""


class AcceptedPage(BaseModel):
    """One executed page and how the site shows it.

    Parameters
    ----------
    anchors
        The ids of its sections about indicators, which other pages may lead to.
    delayed
        Marks a page whose newer edition failed.
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


def accept(job: Job, markdown: str, folder: Path) -> None:
    """Keep a job's page as its newest good one; the same content as before keeps its day.

    Raises
    ------
    SiteError
        When its Markdown is no text that can be written.
    """
    try:
        markdown.encode()
    except UnicodeEncodeError as error:
        what = f"The page holds half a letter, {markdown[error.start]!r}, which no file can hold."
        todo = f"Look in {job.notebook.name} for what makes it: a text that was cut or read in a wrong encoding."
        raise SiteError([Fault(what, todo, job.address, kind=Kind.PAGE_REFUSED)]) from None
    page = AcceptedPage(
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
    before = _read(_path(page, folder))
    if before is not None and (before.title, before.markdown) == (page.title, page.markdown):
        page = page.model_copy(update={"made": before.made})
    _write(page, folder)


def mark_delayed(registry: str, addresses: Collection[str] | None, folder: Path) -> None:
    """Say on a registry's kept pages that a newer edition failed: on those addresses, or on all when None."""
    for page in accepted_pages(registry, folder):
        if (addresses is None or page.address in addresses) and not page.delayed:
            _write(page.model_copy(update={"delayed": True}), folder)


def forget_others(registry: str, planned: Collection[str], folder: Path) -> None:
    """Drop a registry's pages that its newest results no longer have, such as a provisional year now final."""
    wanted = {accepted_file(registry, address, folder) for address in planned}
    for path in (folder / registry).glob("*.json"):
        if path not in wanted:
            remove(path)


def accepted_pages(registry: str, folder: Path) -> list[AcceptedPage]:
    """A registry's kept pages, by address."""
    read = map(_read, (folder / registry).glob("*.json"))
    return sorted((page for page in read if page is not None), key=lambda page: page.address)


def accepted_heads(registry: str, folder: Path) -> list[AcceptedPage]:
    """The same pages without what is on them."""
    read = (_read(path, _without_markdown) for path in (folder / registry).glob("*.json"))
    return sorted((page for page in read if page is not None), key=lambda page: page.address)


def _without_markdown(file: bytes) -> bytes:
    """A page's file without its Markdown, which has a line of its own and most of the bytes."""
    before, mark, after = file.partition(b'\n "markdown": "')
    return before + mark + b'",' + after[after.find(b"\n") :] if mark else file


def _read(path: Path, part: Callable[[bytes], bytes] = bytes) -> AcceptedPage | None:
    """The page in a file; None where there is none, or a damaged one, which the next run makes again."""
    try:
        return AcceptedPage.model_validate_json(part(path.read_bytes()))
    except (OSError, ValidationError):
        return None


def accepted_file(registry: str, address: str, folder: Path) -> Path:
    """Where a page lies."""
    return folder / registry / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.json"


def _path(page: AcceptedPage, folder: Path) -> Path:
    return accepted_file(page.registry, page.address, folder)


def _write(page: AcceptedPage, folder: Path) -> None:
    path = clear_way(_path(page, folder))
    text = page.model_dump_json(indent=1).encode()
    if path.is_file() and path.read_bytes() == text:
        return
    aside = path.with_suffix(".new")
    aside.write_bytes(text)
    aside.replace(path)
