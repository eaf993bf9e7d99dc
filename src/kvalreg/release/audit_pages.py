"""HTML pages and drawings taken apart: every text, attribute, comment, table, chart specification and download.

Comes in: HTML or SVG. Goes out: `Passage`s and `Record`s with what ids, captions, headings and ``data-kv-`` attributes
around them tell. It leaves out only styles, the paths of drawings, and addresses; a data: address is read like a file.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes, urlsplit

from kvalreg.release.audit_fragments import read_csv, read_json, read_script
from kvalreg.release.audit_markup import Part, Rows, Token, drawn_in, parts_of, rows_of, tokens
from kvalreg.release.audit_page_tables import PageRow, PageRun, PageTable, told_by
from kvalreg.release.audit_public import Public, Spot, plain
from kvalreg.release.audit_tables import Fragment, Passage, TextKind

PIECE = "kv:piece"
"""The comment that stands where a piece of a page has been cut out, to be read by itself."""
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "dfn", "em", "i", "kbd", "mark", "q", "s", "samp", "small"}
    | {"span", "strong", "sub", "sup", "time", "u", "var"}
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TEACHING = _HEADINGS | {"figcaption", "caption"}
_TEXTS = frozenset(
    {"title", "alt", "aria-label", "aria-description", "aria-valuetext", "content", "value", "placeholder"}
)
_TEXTS |= {"label", "summary", "srcdoc", "download"}
"""Attributes that hold words; so may every attribute beginning with ``data-`` that is not our own identity."""
_ATTRIBUTES = {"data-kv-registry": "registry", "data-kv-indicator": "ind_id", "data-kv-context": "context"}
_ATTRIBUTES |= {"data-kv-level": "level", "data-kv-orgnr": "orgnr"}
_ATTRIBUTES |= {"data-ind": "ind_id", "data-context": "context", "data-unit": "orgnr"}
_ATTRIBUTES |= {"kv:registry": "registry"}
_IDENTITY = frozenset(_ATTRIBUTES) | {"data-kv-year"}
_ADDRESS = "data-src"
"""Where a part of the page is fetched from: the file there is read by itself."""
_TELLING = _IDENTITY | {"id", "role", "lang"}
_WITH_ID = frozenset({"section", "figure", "table", "div", "article", "details"})


@dataclass(slots=True)
class _Open:
    """An open element. Text flows on through an inline one; a card's parts stand by themselves."""

    tag: str
    spot: Spot
    inline: bool = False
    card: bool = False
    text: list[str] = field(default_factory=list)


def read_html(public: Public, spot: Spot, text: str) -> Iterator[Fragment]:
    """Everything in a page."""
    reader = _Reader(public, spot)
    reader.read(text)
    reader.flush()
    yield from reader.found


def read_frame(public: Public, spot: Spot, text: str) -> tuple[list[Fragment], list[Spot]] | None:
    """What a page tells from which pieces have been cut, and what is known where each stood; None for a bad cut."""
    reader = _Reader(public, spot)
    told = tokens(text)
    if told is None:
        return None
    reader.read_parts(told)
    reader.flush()
    return None if reader.crooked else (reader.found, reader.pieces)


def read_piece(public: Public, spot: Spot, text: str) -> list[Fragment] | None:
    """What a piece of a page tells by itself; None where it is not whole."""
    read = read_frame(public, spot, text)
    return read[0] if read is not None and not read[1] else None


def read_data_address(public: Public, spot: Spot, address: str) -> Iterator[Fragment]:
    """The file that a ``data:`` address holds."""
    kind, _, content = address.partition(",")
    try:
        data = base64.b64decode(content) if kind.endswith(";base64") else unquote_to_bytes(content)
    except (binascii.Error, ValueError):
        return
    text = data.decode("utf-8", errors="replace")
    if "csv" in kind or "tab-separated" in kind:
        yield from read_csv(public, spot, text)
    elif "json" in kind:
        yield from _json_or_text(public, spot, text)
    elif "svg" in kind or "html" in kind or "xml" in kind:
        yield from read_html(public, spot, text)
    elif kind.startswith("data:text") or kind in ("data:", "data:;base64"):
        yield Passage(spot, text)


def _json_or_text(public: Public, spot: Spot, text: str) -> Iterator[Fragment]:
    try:
        yield from read_json(public, spot, text)
    except ValueError:
        yield from read_script(spot, text)


class _Reader(HTMLParser):
    """Walks through a page, keeping what is known where it stands."""

    def __init__(self, public: Public, spot: Spot) -> None:
        super().__init__(convert_charrefs=True)
        self.public = public
        self.found: list[Fragment] = []
        self.stack = [_Open("", spot)]
        self.tables: list[PageTable] = []
        self.drawings = 0
        self.pieces: list[Spot] = []
        self.crooked = False

    def read(self, text: str) -> None:
        """Everything in a page: quickly where it is plain markup, else as any browser's page."""
        told = tokens(text)
        if told is None:
            self.feed(text)
            self.close()
            return
        self.read_parts(told)

    def read_parts(self, told: list[Token]) -> None:
        """A page that has been taken apart."""
        for part, what, attributes in told:
            if part is Part.START:
                self.handle_starttag(what, attributes)
            elif part is Part.END:
                self.handle_endtag(what)
            elif part is Part.TEXT:
                self._text(what)
            elif part is Part.ROWS:
                self._rows(what)
            elif part is Part.DRAWING:
                self._drawing(what)
            elif part is Part.EMPTY:
                self.handle_startendtag(what, attributes)
            else:
                self.handle_comment(what)

    @property
    def spot(self) -> Spot:
        """What is known here."""
        return self.stack[-1].spot

    # --- elements ----------------------------------------------------------------------------------------------------
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element: what its attributes tell holds inside it."""
        given = {name.lower(): value or "" for name, value in attrs}
        classes = given.get("class", "")
        card = "kv-card" in classes and "kv-card" in classes.split()
        inline = tag in _INLINE and not card and not self.stack[-1].card
        if not inline and tag != "br":
            self.flush()
        spot = self.spot if _TELLING.isdisjoint(given) else self._told(tag, given)
        row = self.tables[-1].row if tag in ("td", "th") and self.tables else None
        sort = given.pop("data-sort", "") if row is not None else ""
        self._attributes(spot, given)
        if tag in _VOID:
            self._text(" ")
            return
        if tag == "table":
            own = "kv-table" in classes.split() and "kv-counts" not in classes.split()
            self.tables.append(PageTable(spot, own))
        elif tag == "tr" and self.tables:
            self.tables[-1].row = PageRow(spot)
            self.tables[-1].rows.append(self.tables[-1].row)
        elif row is not None:
            if tag == "td" or given.get("scope") == "row":
                row.heading = False
            if sort:
                row.sorts[len(row.cells)] = sort
            self.tables[-1].cell = []
        self.drawings += tag == "svg"
        self.stack.append(_Open(tag, spot, inline, card))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element that is empty, as drawings have them; the link of a feed's entry tells what the entry is about."""
        given = {name.lower(): value or "" for name, value in attrs}
        entry = self.stack[-1]
        if tag == "link" and entry.tag == "entry":
            entry.spot = self.public.addressed(entry.spot, urlsplit(given.get("href", "")).path)
        self._attributes(self.spot, given)

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and those inside it that were never closed."""
        if self.stack[-1].tag != tag and not any(one.tag == tag for one in self.stack[1:]):
            self.crooked = True
            return
        while self.stack[-1].tag != tag:
            self._close()
        self._close()

    def handle_data(self, data: str) -> None:
        """Text."""
        self._text(data)

    def _rows(self, text: str) -> None:
        """Plain rows: what their tags and texts tell one by one, at one go."""
        told = rows_of(text)
        if (
            not self.tables
            or self.tables[-1].cell is not None
            or self.drawings
            or self.stack[-1].inline
            or not (told.are_headings() or told.are_body())
            or any(self._tells(plain(label), TextKind.PROSE) for label in told.labels)
        ):
            self.read_parts(parts_of(text))
            return
        self.flush()
        texts = [[self.public.plain[text] for text in column] for column in told.texts]
        run = PageRun(*self._marked(told), texts, told.sorts)
        self.tables[-1].rows += run.headings() if told.are_headings() else [run]
        for column in texts:
            if any(map(self.public.tells.__getitem__, column)):
                for row, content in zip(run.rows(), column, strict=True):
                    self._passage(row.spot, content, TextKind.CELL)

    def _marked(self, told: Rows) -> tuple[dict[Spot, Sequence[int]], list[str]]:
        """What is known around plain rows, and the unit that each is marked with."""
        if not told.marks:
            return {self.spot: range(len(told.units))}, told.units
        around: dict[Spot, list[int]] = {}
        units = []
        for at, mark in enumerate(told.marks):
            given = {name: value or "" for name, value in mark}
            spot = self._told("tr", given)
            self._attributes(spot, given)
            units.append(spot.orgnr or "" if spot.orgnr != self.spot.orgnr else "")
            around.setdefault(spot._replace(orgnr=self.spot.orgnr), []).append(at)
        return {**around}, units

    def _drawing(self, text: str) -> None:
        """The inside of a plain drawing: its texts."""
        if self.tables and self.tables[-1].cell is not None:
            self.read_parts(parts_of(text))
            return
        for told in map(plain, drawn_in(text)):
            if self._tells(told, TextKind.LABEL):
                self.found.append(Passage(self.spot, told, TextKind.LABEL))

    def handle_comment(self, data: str) -> None:
        """A comment can be read too; one stands where a piece of the page has been cut out."""
        if data == PIECE:
            self.flush()
            self.crooked |= bool(self.tables or self.drawings or self.stack[-1].inline or self.stack[-1].card)
            self.pieces.append(self.spot)
            return
        self.found.append(Passage(self.spot, data))

    def unknown_decl(self, data: str) -> None:
        """A CDATA section of XML."""
        self.found.append(Passage(self.spot, data))

    # --- inside ------------------------------------------------------------------------------------------------------
    def _close(self) -> None:
        tag = self.stack[-1].tag
        if tag in ("td", "th") and self.tables and (cell := self.tables[-1].cell) is not None:
            self.flush()
            if (row := self.tables[-1].row) is not None:
                row.cells.append(plain("".join(cell)))
            self.tables[-1].cell = None
        elif tag == "table" and self.tables:
            self.found += told_by(self.public, self.tables.pop())
        elif not self.stack[-1].inline:
            self.flush()
        closed = self.stack.pop()
        self.drawings -= tag == "svg"
        if closed.inline and closed.text:
            self.stack[-1].text += closed.text

    def flush(self) -> None:
        """Hand over the text gathered in the innermost block."""
        if not (self.stack[-1].text or self.stack[-1].inline):
            return
        block = self._block()
        pieces = [piece for one in block for piece in one.text]
        if not pieces:
            return
        for one in block:
            one.text.clear()
        text = "".join(pieces)
        if not text.strip():
            return
        tag, spot = block[0].tag, block[0].spot
        if tag == "script":
            self.found += _json_or_text(self.public, spot._replace(place=f"{spot.place} chart data".strip()), text)
        elif tag != "style":
            text = plain(text)
            self._passage(spot, text, self._kind())
            if tag in _TEACHING:
                self._learn(tag, text)

    def _block(self) -> list[_Open]:
        """The innermost block and the inline elements open in it."""
        first = len(self.stack) - 1
        while self.stack[first].inline:
            first -= 1
        return self.stack[first:]

    def _kind(self) -> TextKind:
        if self.drawings:
            return TextKind.LABEL
        return TextKind.CELL if self.tables and self.tables[-1].cell is not None else TextKind.PROSE

    def _text(self, text: str) -> None:
        if self.tables and self.tables[-1].cell is not None:
            self.tables[-1].cell.append(text)
        top = self.stack[-1]
        if top.text or top.inline or not text.isspace():  # space at the beginning of a block is nothing
            top.text.append(text)

    def _learn(self, tag: str, text: str) -> None:
        """What a heading or a caption tells of its surroundings."""
        if tag in _HEADINGS:
            around = 0 if tag == "h1" else max(0, len(self.stack) - len(self._block()) - 1)
            for one in self.stack[around:]:
                one.spot = self.public.headed(one.spot, text)
        elif tag == "figcaption":
            for one in self.stack[-2:]:
                one.spot = self.public.captioned(one.spot, text)
        elif tag == "caption" and self.tables:
            self.tables[-1].spot = self.public.captioned(self.tables[-1].spot, text)

    def _told(self, tag: str, given: dict[str, str]) -> Spot:
        """What an element's own attributes tell."""
        spot = self.spot
        if tag in _WITH_ID and given.get("id"):
            spot = self.public.placed(spot, given["id"])._replace(place=given["id"])
        if given.get("role") == "region" and given.get("aria-label"):
            spot = self.public.captioned(spot, given["aria-label"])
        if "kv-provenance" in given.get("class", "").split():  # of the whole page, not of the unit it is named after
            spot = spot._replace(orgnr=None, level=None)
        if given.get("lang"):
            spot = spot._replace(english=given["lang"].startswith("en"))
        told = {name: given[key] for key, name in _ATTRIBUTES.items() if given.get(key)}
        year = given.get("data-kv-year", "")
        return spot.known(**told, year=int(year) if year.isdigit() else None)

    def _attributes(self, spot: Spot, given: dict[str, str]) -> None:
        for name, value in given.items():
            if value.startswith("data:"):
                place = f"{spot.place} download {given.get('download', '')}".strip()
                self.found += read_data_address(self.public, spot._replace(place=place), value)
            elif name in _TEXTS or (name.startswith("data-") and name not in _IDENTITY and name != _ADDRESS):
                self._attribute(spot, name, value, self._kind())

    def _attribute(self, spot: Spot, name: str, value: str, kind: TextKind) -> None:
        text = plain(value)
        if self._tells(text, kind):
            self.found.append(Passage(spot._replace(place=f"{spot.place} attribute {name}".strip()), text, kind))

    def _passage(self, spot: Spot, text: str, kind: TextKind) -> None:
        if self._tells(text, kind):
            self.found.append(Passage(spot, text, kind))

    def _tells(self, text: str, kind: TextKind) -> bool:
        """Whether anything can follow from a text: most say no result and, in a drawing, name no unit."""
        if kind is TextKind.PROSE:
            return bool(self.public.sentences[text])
        return self.public.tells[text] or (kind is TextKind.LABEL and bool(self.public.named[text]))
