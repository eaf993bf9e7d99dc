"""Files that gather all registries, taken apart by registry: where one has changed, its pieces alone are read again.

Owns where a page or a document may be cut: at whole tables and at list entries that name their registry, and between
the objects of a JSON list. Comes in: a file's text. Goes out: what each piece tells; None where any cut is doubtful, so
that the file is read as a whole. A piece is read with what is known where it stands, so that it tells the same.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from kvalreg.release.audit_files import SEARCH_LIST, File
from kvalreg.release.audit_fragments import read_document
from kvalreg.release.audit_heard import Heard
from kvalreg.release.audit_pages import PIECE, read_frame, read_piece
from kvalreg.release.audit_parts import dump_part
from kvalreg.release.audit_public import Public, Spot
from kvalreg.release.audit_rows import Rows
from kvalreg.release.audit_tables import Fragment

PIECEWISE = 20_000
"""Bytes of a file from which on it is worth to be taken apart."""
_ENTRY = r"[^<]*(?:<(?!(?:li|ol|ul|/li)\b)[^<]*)*</li>"
_CUT = re.compile(
    r"<script\b.*?</script>|<style\b.*?</style>|<!--.*?-->"
    r"|(?P<piece><table\b[^<]*(?:<(?!/?table\b)[^<]*)*</table>"
    rf'|<li data-kv-registry="(?P<registry>[^"]*)"{_ENTRY}(?:<li data-kv-registry="(?P=registry)"{_ENTRY})*)',
    re.DOTALL,
)
_TEACHES = re.compile(r"<(?:h[1-6]|figcaption)\b")
"""Elements that tell something of what stands after them, so that they stay in the frame."""
_WITHOUT_REFERENCES = 2
_DIGEST = 32


class Kept(NamedTuple):
    """What a piece tells: its parts as bytes by registry, the registries of its cells, and rows of no known cell.

    A page's frame tells too what is known where each of its pieces stands.
    """

    parts: dict[str, bytes]
    cells: list[str]
    unattached: list[str]
    spots: list[Any]


Book = dict[bytes, Kept]
"""What every piece of a file tells, by its content."""


def read_pieces(rows: Rows, file: File, content: bytes, before: Book) -> Book | None:
    """What a file tells, piece by piece; those that were there before are not read. None: read it as a whole."""
    spot = rows.public.addressed(Spot(file.address), file.address)
    suffix = file.path.suffix
    if len(content) < PIECEWISE or b"\0" in content or spot.registry is not None or file.path.name == SEARCH_LIST:
        return None
    try:
        if suffix == ".json":
            return _document(rows, spot, json.loads(content), before)
        return _page(rows, spot, content.decode("utf-8"), before) if suffix == ".html" else None
    except ValueError:
        return None


def load_book(stored: bytes | None) -> Book:
    """A book again, empty where there is none."""
    told = marshal.loads(stored) if stored else {}  # noqa: S302 - the shelf has checked its checksum
    return {name: Kept(*kept) for name, kept in told.items()}


def dump_book(book: Book) -> bytes:
    """A book as bytes."""
    return marshal.dumps({name: tuple(kept) for name, kept in book.items()}, _WITHOUT_REFERENCES)


# --- documents -------------------------------------------------------------------------------------------------------
def _document(rows: Rows, spot: Spot, document: object, before: Book) -> Book | None:
    pieces: list[Any] = list(_documents(rows.public, document))
    if len(pieces) <= 1:
        return None
    book: Book = {}
    for piece in pieces:
        name = hashlib.sha256(marshal.dumps(piece, _WITHOUT_REFERENCES)).digest()
        book[name] = before.get(name) or _kept(rows, spot.file, read_document(rows.public, spot, piece))
    return book


def _documents(public: Public, document: object) -> Iterator[object]:
    """A list of objects, or an object with one such list, as one document for each registry."""
    if isinstance(document, list) and all(isinstance(one, dict) for one in document):
        yield from _by_registry(public, document)
    elif isinstance(document, dict):
        nested = [key for key, one in document.items() if isinstance(one, dict | list)]
        rows = document[nested[0]] if len(nested) == 1 else None
        if isinstance(rows, list) and all(isinstance(one, dict) for one in rows):
            for piece in _by_registry(public, rows):
                yield {**document, nested[0]: piece}


def _by_registry(public: Public, rows: list[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    def registry(row: dict[str, object]) -> str:
        named = row.get("registry_name") or row.get("registry")
        return str(named or (public.indicator(str(row.get("ind_id", "")), None) or ("",))[0])

    for _, group in groupby(rows, registry):
        yield list(group)


# --- pages -----------------------------------------------------------------------------------------------------------
def _page(rows: Rows, spot: Spot, text: str, before: Book) -> Book | None:
    if PIECE in text:
        return None
    pieces: list[str] = []

    def cut(match: re.Match[str]) -> str:
        piece = match["piece"]
        if piece is None or _TEACHES.search(piece):
            return match[0]
        pieces.append(piece)
        return f"<!--{PIECE}-->"

    frame = _CUT.sub(cut, text)
    if len(pieces) <= 1:
        return None
    name = hashlib.sha256(frame.encode()).digest()
    kept = before.get(name)
    if kept is None:
        read = read_frame(rows.public, spot, frame)
        if read is None or len(read[1]) != len(pieces):
            return None
        kept = _kept(rows, spot.file, read[0], [tuple(one) for one in read[1]])
    book = {name: kept}
    for piece, around in zip(pieces, kept.spots, strict=True):
        name = hashlib.sha256(repr(around).encode() + piece.encode()).digest()
        told = before.get(name)
        if told is None:
            fragments = read_piece(rows.public, Spot(*around), piece)
            if fragments is None:
                return None
            told = _kept(rows, spot.file, fragments)
        book[name] = told
    return book


def _kept(rows: Rows, file: str, fragments: Iterable[Fragment], spots: Sequence[Any] = ()) -> Kept:
    heard = Heard(file)
    rows.read(fragments, heard)
    parts = {registry: dump_part(part) for registry, part in heard.parts().items()}
    return Kept(parts, sorted(heard.registries), heard.unattached, list(spots))
