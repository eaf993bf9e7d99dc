"""A folder of a published site read whole: every file, and what it tells about cells.

Comes in: a folder, or some of its files. Goes out: `Edition`, all that was read in it. A file that cannot be read is
named and never passed over; pictures, fonts and styles are the only files that are not looked into.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from kvalreg.release.audit_fragments import read_csv, read_json, read_parquet, read_script
from kvalreg.release.audit_pages import read_html
from kvalreg.release.audit_public import Key, Public, Spot
from kvalreg.release.audit_readings import Claim, Reader, Reading, Unattached
from kvalreg.release.audit_tables import Fragment, Passage
from kvalreg.report.addresses import EDITIONS

SEARCH_LIST = "search.json"
"""What Quarto's search reads: the texts of all pages once more."""
_NOT_LOOKED_INTO = frozenset(
    {".css", ".woff", ".woff2", ".ttf", ".otf", ".ico", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".map"}
)
MARKUP = frozenset({".html", ".htm", ".xhtml", ".svg", ".xml", ".rss", ".atom"})


@dataclass
class Edition:
    """What was read in one edition.

    Parameters
    ----------
    readings
        Per cell, every place that tells of it.
    claims
        Numbers beside units, where the cell is known in part.
    unattached
        Rows of our own tables that tell of no cell we can name.
    unreadable
        Files that could not be read.
    """

    readings: dict[Key, list[Reading]] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    unattached: list[Unattached] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @cached_property
    def hidden(self) -> dict[Key, Spot]:
        """The cells marked as hidden, and where."""
        marked = ((key, one.spot) for key, told in self.readings.items() for one in told if one.numbers is None)
        return dict(reversed(list(marked)))


class File(NamedTuple):
    """A file of a site: where it lies, and its address."""

    path: Path
    address: str


def site_files(site: Path) -> list[File]:
    """The site's own files; those of earlier editions in ``utgaver/`` were looked at when they were released."""
    walked = (Path(folder, name) for folder, _, names in os.walk(site) for name in names)
    files = []
    for path in sorted(path for path in walked if path.is_file()):
        address = path.relative_to(site).as_posix()
        parts = PurePosixPath(address).parts
        if path.suffix.lower() not in _NOT_LOOKED_INTO and not (parts[0] == EDITIONS and len(parts) > 2):
            files.append(File(path, address))
    return files


def read_files(reader: Reader, files: Iterable[File]) -> Edition:
    """Everything that these files tell, word by word and not yet settled."""
    edition = Edition()
    for file in files:
        try:
            listen(edition, reader, fragments_of(reader.public, file))
        except (ValueError, OSError):
            edition.unreadable.append(file.address)
    return edition


def page_of(public: Public, file: File) -> str:
    """The registry whose page of results a file is; empty for any other file."""
    spot = public.addressed(Spot(file.address), file.address)
    return spot.registry if spot.registry and spot.year is not None and file.path.suffix in MARKUP else ""


def listen(edition: Edition, reader: Reader, fragments: Iterable[Fragment]) -> None:
    """Add what fragments say."""
    for fragment in fragments:
        for said in reader.read(fragment):
            if isinstance(said, Reading):
                edition.readings.setdefault(said.key, []).append(said)
            elif isinstance(said, Claim):
                edition.claims.append(said)
            else:
                edition.unattached.append(said)


def settle_contexts(edition: Edition) -> None:
    """Give readings without a context the only one that their indicator has in that year, where it has but one."""
    contexts: dict[tuple[str, str, int], set[str]] = {}
    for key in edition.readings:
        if key.context:
            contexts.setdefault((key.registry, key.ind_id, key.year), set()).add(key.context)
    for key in [key for key in edition.readings if not key.context]:
        known = contexts.get((key.registry, key.ind_id, key.year), set())
        if len(known) == 1:
            told = edition.readings.pop(key)
            edition.readings.setdefault(key._replace(context=next(iter(known))), []).extend(told)
        elif known:
            edition.unattached += [Unattached(one.spot) for one in edition.readings.pop(key)]


def fragments_of(public: Public, file: File) -> Iterator[Fragment]:
    """What a file is made of; ValueError and OSError for one that cannot be read."""
    path = file.path
    spot = public.addressed(Spot(file.address), file.address)
    suffix = path.suffix.lower()
    content = path.read_bytes()
    if suffix == ".parquet":
        yield from read_parquet(public, spot, content)
        return
    text = _decoded(content)
    if suffix in MARKUP:
        yield from read_html(public, spot, text)
    elif suffix in (".csv", ".tsv"):
        yield from read_csv(public, spot, text)
    elif path.name == SEARCH_LIST:
        yield from read_json(public, spot, json.dumps(_without_copies(json.loads(text), path.parent)))
    elif suffix in (".json", ".geojson", ".webmanifest"):
        yield from read_json(public, spot, text)
    elif suffix in (".jsonl", ".ndjson"):
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
        yield from read_json(public, spot, json.dumps(lines))
    elif suffix in (".js", ".mjs"):
        yield from read_script(spot, text)
    else:
        yield from (Passage(spot, line) for line in text.splitlines())


def _without_copies(entries: object, site: Path) -> object:
    """Quarto's list for its search, without the texts of pages that lie in the site and are read themselves.

    Quarto runs their tables together: names and numbers that stand beside each other there belong to different rows.
    """
    if not isinstance(entries, list):
        return entries
    kept: list[object] = []
    for entry in entries:
        page = str(entry.get("href", "")).partition("#")[0] if isinstance(entry, dict) else ""
        file = (site / page).resolve()
        copied = bool(page) and file.is_relative_to(site.resolve()) and file.is_file()
        kept.append({key: told for key, told in entry.items() if key != "text"} if copied else entry)
    return kept


def _decoded(content: bytes) -> str:
    """UTF-8, else Latin-1; ValueError for a file that is no text."""
    if b"\0" in content:
        raise ValueError("not a text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if sum(byte < 32 and byte not in b"\t\n\r\f" for byte in content):
            raise
        return content.decode("latin-1")
