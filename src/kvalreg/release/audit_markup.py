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
        What each row is marked with.
    tags, scopes, labels, sorts, texts
        Of each column, those of its cells.
    """

    units: list[str]
    tags: list[list[str]]
    scopes: list[list[str]]
    labels: list[list[str]]
    sorts: list[list[str]]
    texts: list[list[str]]


_NAME = r"[a-zA-Z][a-zA-Z0-9:_-]*"
_TOKEN = re.compile(
    rf"""<(?:(?P<tag>{_NAME})(?P<attributes>(?:\s+[a-zA-Z_:@][\w:.@-]*(?:="[^"]*"|='[^']*')?)*)\s*(?P<empty>/?)>"""
    rf"""|/(?P<end>{_NAME})\s*>|!--(?P<comment>(?:[^-]|-[^-])*)-->|![dD][oO][cC][tT][yY][pP][eE][^<>]*>)"""
    r"""(?P<text>[^<]*)"""
)
_ATTRIBUTE = re.compile(r"""([a-zA-Z_:@][\w:.@-]*)(?:="([^"]*)"|='([^']*)'|(?=[\s]|$))""")
_OF_CELL = r"""(?: scope="([a-z]*)")?(?: data-label="([^"<>]*)")?(?: data-sort="([^"<>]*)")?>([^<]*)</"""
_CELL = re.compile(rf"<(t[dh]){_OF_CELL}t[dh]>")
_LIKE_CELL = re.sub(r"\((?!\?)", "(?:", _OF_CELL)
_PLAIN_CELL = f"(?:<td{_LIKE_CELL}td>|<th{_LIKE_CELL}th>)"
_ROW = re.compile(rf"""<tr(?: data-unit="[^"<>]*")?>(?P<cells>{_PLAIN_CELL}+)</tr>""")
_UNIT = re.compile(r'<tr(?: data-unit="([^"]*)")?>')
_DRAWN_TAGS = "circle|ellipse|g|line|path|polygon|polyline|rect|text|tspan"
_DRAWN_ATTRIBUTES = (
    "c?[xy]|[xy][12]|r[xy]?|d[xy]?|width|height|points|transform|vector-effect|opacity|text-anchor|dominant-baseline|"
    "font-(?:size|weight|style|family)|(?:fill|stroke)(?:-[a-z]+)?"
)
_DRAWING = re.compile(
    rf"""(?:[^<>]*<(?:/(?:{_DRAWN_TAGS})|(?:{_DRAWN_TAGS})(?: (?:{_DRAWN_ATTRIBUTES})="[^"<>]*")*/?)>)*[^<>]*"""
)
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
        if text.startswith("<tr", at) and (row := _ROW.match(text, at)):
            run = _run_of(len(_CELL.findall(row["cells"]))).match(text, at) or row
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


@cache
def _run_of(cells: int) -> re.Pattern[str]:
    """Plain rows of so many cells, and the space between them."""
    row = rf'<tr(?: data-unit="[^"<>]*")?>{_PLAIN_CELL}{{{cells}}}</tr>'
    return re.compile(rf"{row}(?:\s*{row})*")


def rows_of(text: str) -> Rows:
    """Plain rows, taken apart."""
    units = _UNIT.findall(text)
    cells = _CELL.findall(text)
    if "&" in text:
        units = [unescape(one) for one in units]
        cells = [tuple(map(unescape, one)) for one in cells]
    columns: list[list[list[str]]] = [[] for _ in Rows._fields[1:]]
    size = len(cells) // len(units)
    for at in range(size):
        for column, told in zip(columns, zip(*cells[at::size], strict=True), strict=True):
            column.append(list(told))
    return Rows(units, *columns)


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
