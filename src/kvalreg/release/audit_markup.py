"""Plain markup taken apart at speed: tags, attributes, texts and comments of pages as kvalreg and Pandoc write them.

Comes in: HTML or SVG. Goes out: the same parts in the same order as ``html.parser`` hands over, several times faster;
or None for anything that is not plain, which ``html.parser`` then reads as browsers do. It knows nothing of results.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import cache
from html import unescape
from typing import NamedTuple

Attributes = list[tuple[str, str | None]]


class Part(IntEnum):
    """What a part of a page is."""

    TEXT = 0
    START = 1
    EMPTY = 2
    """An element that is closed where it is opened, as drawings have them."""
    END = 3
    COMMENT = 4
    ROWS = 5
    """Plain rows of a table with equally many cells, whole: pages have thousands. `rows_of` reads them."""
    DRAWING = 6
    """The inside of a plain drawing, whole. `drawn_in` reads its texts."""


class Token(NamedTuple):
    """A part of a page: a text, a comment, plain rows, a drawing, or a tag's name and attributes."""

    part: Part
    what: str
    attributes: Attributes


class Rows(NamedTuple):
    """Plain rows, column by column; what a cell has not is empty.

    Parameters
    ----------
    units
        The `data-unit` of each row.
    marks
        The attributes of each row; none where no row has any other than `data-unit`.
    labels
        What cells, and links and the like in them, are labelled with.
    kinds
        The tags and scopes that each column's cells have.
    sorts, texts
        Of each column, those of its cells.
    """

    units: list[str]
    marks: list[Attributes]
    labels: set[str]
    kinds: list[set[tuple[str, str]]]
    sorts: list[list[str]]
    texts: list[list[str]]

    def are_body(self) -> bool:
        """Whether no row is a heading: each has a cell of data, or one that heads the row."""
        return any(all(tag == "td" or scope == "row" for tag, scope in kinds) for kinds in self.kinds)

    def are_headings(self) -> bool:
        """Whether every row is one."""
        return all(tag == "th" and scope != "row" for kinds in self.kinds for tag, scope in kinds)


_NAME = r"[a-zA-Z][a-zA-Z0-9:_-]*"
_TOKEN = re.compile(
    rf"""<(?:(?P<tag>{_NAME})(?P<attributes>(?:\s+[a-zA-Z_:@][\w:.@-]*(?:="[^"]*"|='[^']*')?)*)\s*(?P<empty>/?)>"""
    rf"""|/(?P<end>{_NAME})\s*>|!--(?P<comment>(?:[^-]|-[^-])*)-->|![dD][oO][cC][tT][yY][pP][eE][^<>]*>)"""
    r"""(?P<text>[^<]*)"""
)
_ATTRIBUTE = re.compile(r"""([a-zA-Z_:@][\w:.@-]*)(?:="([^"]*)"|='([^']*)'|(?=[\s]|$))""")
_OF_CELL = r"""(?: scope="([a-z]*)")?(?: data-label="((?!data:)[^"<>]*)")?(?: data-sort="([^"<>]*)")?>([^<]*)</"""
_CELL = re.compile(r"""<(t[dh](?: scope="[a-z]*")?(?: data-label="[^"<>]*")?)(?: data-sort="([^"<>]*)")?>([^<]*)""")
_KIND = re.compile(r"""(t[dh])(?: scope="([a-z]*)")?(?: data-label="([^"<>]*)")?""")
_LIKE_CELL = re.sub(r"\((?!\?)", "(?:", _OF_CELL)
_PLAIN_CELL = f"(?:<td{_LIKE_CELL}td>|<th{_LIKE_CELL}th>)"
_SYMBOL = (
    r"""<svg(?: (?:class|viewBox|width|height|aria-hidden|focusable)="(?!data:)[^"<>]*")*>"""
    r"""(?:<(?:circle|path|rect)(?: (?:[a-z]{1,2}|width|height|fill|stroke|stroke-width)="[^"<>]*")*/>)*</svg>"""
)
_BORNE = r"""(?: (?:href|class|lang)="(?!data:)(?![^"<>]*kv-card)[^"<>]*")*(?: aria-label="(?!data:)[^"<>]*")?>"""
_SPAN = rf"<span{_BORNE}[^<]*</span>"
_DRESSED_TEXT = (
    rf"(?:<span{_BORNE}{_SYMBOL}[^<]*</span>)?[^<]*"
    rf"(?:(?:<a{_BORNE}(?:{_SPAN}|[^<]*)</a>|<strong>[^<]*</strong>|{_SPAN})[^<]*)*</"
)
_DRESSED_CELL = _PLAIN_CELL.replace("(?:[^<]*)</", _DRESSED_TEXT)
"""A cell with links, emphasis, notes or one leading symbol, which all leave its text as it is."""
_DRESS = re.compile(r"</?(?:a|span|strong)\b[^<>]*>|<svg\b.*?</svg>")
_ASIDE = re.compile(r' aria-label="([^"]*)"')
_MARKED = r"""<tr(?: data-[a-z-]+="[^"<>]*")*>"""
_ROW = {cell: re.compile(f"{_MARKED}{cell}+</tr>") for cell in (_PLAIN_CELL, _DRESSED_CELL)}
_UNIT = re.compile(r'<tr(?: data-unit="([^"]*)")?>')
_MARK = re.compile(r"<tr([^<>]*)>")
_DRAWN_TAGS = "circle|ellipse|g|line|path|polygon|polyline|rect|text|tspan"
_DRAWN_ATTRIBUTES = (
    "c?[xy]|[xy][12]|r[xy]?|d[xy]?|width|height|points|transform|vector-effect|opacity|text-anchor|dominant-baseline|"
    "font-(?:size|weight|style|family)|(?:fill|stroke)(?:-[a-z]+)?"
)
_DRAWN_MARKS = f"""(?: (?:{_DRAWN_ATTRIBUTES})="(?!data:)[^"<>]*")*"""
_DRAWING = re.compile(rf"""(?:[^<>]*<(?:/(?:{_DRAWN_TAGS})|(?:{_DRAWN_TAGS}){_DRAWN_MARKS}/?)>)*[^<>]*""")
_DRAWN = re.compile(r">([^<]+)")
_RAW = {tag: re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE) for tag in ("script", "style")}
"""Elements whose text is no markup until their own end."""
_NONE: Attributes = []


def tokens(text: str) -> list[Token] | None:
    """The parts of a page; None where any of it is not plain."""
    found: list[Token] = []
    at = text.find("<")
    if at < 0:
        return [Token(Part.TEXT, unescape(text), _NONE)]
    if at:
        found.append(Token(Part.TEXT, unescape(text[:at]), _NONE))
    size = len(text)
    while at < size:
        if text.startswith("<tr", at) and (run := _run_at(text, at)):
            found.append(Token(Part.ROWS, run[0], _NONE))
            at = text.find("<", run.end())
            at = size if at < 0 else at
            found += _texts(text[run.end() : at])
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        tag, attributes, empty, end, comment, after = match.groups()
        at = match.end()
        if tag is not None:
            tag = tag.lower()
            found.append(
                Token(Part.EMPTY if empty else Part.START, tag, _attributes(attributes) if attributes else _NONE)
            )
            whole = None if empty else _whole_inside(text, tag, match.start("text"))
            if whole is not None:
                found.append(whole)
                at = match.start("text") + len(whole.what)
                continue
            if tag in _RAW and not empty:
                return None
        elif end is not None:
            found.append(Token(Part.END, end.lower(), _NONE))
        elif comment is not None:
            found.append(Token(Part.COMMENT, comment, _NONE))
        found += _texts(after)
    return found


def _whole_inside(text: str, tag: str, start: int) -> Token | None:
    """The inside of an element that is kept whole: a script, a style, a plain drawing; None for any other."""
    if tag in _RAW:
        closing = _RAW[tag].search(text, start)
        return Token(Part.TEXT, text[start : closing.start()], _NONE) if closing else None
    if tag == "svg":
        end = text.find("</svg>", start)
        if end > start and _DRAWING.fullmatch(text, start, end):
            return Token(Part.DRAWING, text[start:end], _NONE)
    return None


def _run_at(text: str, at: int) -> re.Match[str] | None:
    """The plain rows that begin here, as far as they have equally many cells; None where none does."""
    for cell, pattern in _ROW.items():
        row = pattern.match(text, at)
        if row is not None:
            return _run_of(cell, row[0].count("</t") - 1).match(text, at)
    return None


@cache
def _run_of(cell: str, cells: int) -> re.Pattern[str]:
    """Rows of so many cells, and the space between them."""
    row = rf"{_MARKED}{cell}{{{cells}}}</tr>"
    return re.compile(rf"{row}(?:\s*{row})*")


def rows_of(text: str) -> Rows:
    """Plain rows, taken apart."""
    size = text.count("</tr>")
    units = _UNIT.findall(text)
    marks = [] if len(units) == size else [_attributes(mark) for mark in _MARK.findall(text)]
    cells, labels = _CELL.findall(text), set()
    if text.count("<") != 2 * (len(cells) + size):
        labels = set(map(unescape, _ASIDE.findall(text)))
        cells = _CELL.findall(_DRESS.sub("", text))
    if "&" in text:
        units = [unescape(one) for one in units]
        cells = [(begun, unescape(sort), unescape(told)) for begun, sort, told in cells]
    kinds, sorts, texts = [], [], []
    width = len(cells) // size
    for at in range(width):
        begun, of_column, told = zip(*cells[at::width], strict=True)
        parts = [match.groups("") for match in map(_KIND.fullmatch, set(begun)) if match]
        kinds.append({(tag, scope) for tag, scope, _ in parts})
        labels |= {unescape(label) for _, _, label in parts}
        sorts.append(list(of_column))
        texts.append(list(told))
    return Rows(units, marks, labels, kinds, sorts, texts)


def drawn_in(text: str) -> list[str]:
    """The texts of a plain drawing, each once."""
    return list(dict.fromkeys(map(unescape, _DRAWN.findall(f">{text}"))))


def parts_of(text: str) -> list[Token]:
    """The tags and texts of plain rows, or of a plain drawing."""
    found = list(_texts(text[: text.find("<")]))
    for match in _TOKEN.finditer(text):
        tag, attributes, empty, end, _, after = match.groups()
        if tag is not None:
            part = Part.EMPTY if empty else Part.START
            found.append(Token(part, tag.lower(), _attributes(attributes) if attributes else _NONE))
        else:
            found.append(Token(Part.END, end.lower(), _NONE))
        found += _texts(after)
    return found


def _texts(text: str) -> tuple[Token, ...]:
    return (Token(Part.TEXT, unescape(text) if "&" in text else text, _NONE),) if text else ()


def _attributes(text: str) -> Attributes:
    found: Attributes = []
    for match in _ATTRIBUTE.finditer(text):
        name, double, single = match.groups()
        value = double if double is not None else single
        found.append((name.lower(), unescape(value) if value and "&" in value else value))
    return found
