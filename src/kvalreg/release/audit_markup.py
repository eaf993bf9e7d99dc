"""Plain markup taken apart at speed: tags, attributes, texts and comments of pages as kvalreg and Pandoc write them.

Comes in: HTML or SVG. Goes out: the same parts in the same order as ``html.parser`` hands over, several times faster;
or None for anything that is not plain, which ``html.parser`` then reads as browsers do. It knows nothing of results.
"""

from __future__ import annotations

import re
from enum import IntEnum
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
    ROW = 5
    """A plain row of a table, whole: pages have thousands. `row_of` reads it, `parts_of` takes it apart."""


class Token(NamedTuple):
    """A part of a page: a text, a comment, a plain row, or a tag's name and attributes."""

    part: Part
    what: str
    attributes: Attributes


class Cell(NamedTuple):
    """A cell of a plain row; what it has not is empty."""

    tag: str
    scope: str
    label: str
    sort: str
    text: str


_NAME = r"[a-zA-Z][a-zA-Z0-9:_-]*"
_TOKEN = re.compile(
    rf"""<(?:(?P<tag>{_NAME})(?P<attributes>(?:\s+[a-zA-Z_:@][\w:.@-]*(?:="[^"]*"|='[^']*')?)*)\s*(?P<empty>/?)>"""
    rf"""|/(?P<end>{_NAME})\s*>|!--(?P<comment>(?:[^-]|-[^-])*)-->|![dD][oO][cC][tT][yY][pP][eE][^<>]*>)"""
    r"""(?P<text>[^<]*)"""
)
_ATTRIBUTE = re.compile(r"""([a-zA-Z_:@][\w:.@-]*)(?:="([^"]*)"|='([^']*)'|(?=[\s]|$))""")
_OF_CELL = r"""(?: scope="([a-z]*)")?(?: data-label="([^"<>]*)")?(?: data-sort="([^"<>]*)")?>([^<]*)</"""
_CELL = re.compile(rf"<(t[dh]){_OF_CELL}t[dh]>")
_ROW = re.compile(
    rf"""<tr(?: data-unit="(?P<unit>[^"<>]*)")?>(?:<(?P<cell>t[dh]){_OF_CELL}(?P=cell)>)+</tr>(?P<after>[^<]*)"""
)
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
        if text.startswith("<tr", at) and (match := _ROW.match(text, at)):
            at = match.end()
            found.append(Token(Part.ROW, text[match.start() : match.start("after")], _NONE))
            found += _texts(match["after"])
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
            if tag in _RAW and not empty:
                closing = _RAW[tag].search(text, match.start("text"))
                if closing is None:
                    return None
                at = closing.start()
                found.append(Token(Part.TEXT, text[match.start("text") : at], _NONE))
                continue
        elif end is not None:
            found.append(Token(Part.END, end.lower(), _NONE))
        elif comment is not None:
            found.append(Token(Part.COMMENT, comment, _NONE))
        found += _texts(after)
    return found


def row_of(text: str) -> tuple[str, list[Cell]]:
    """The unit of a plain row, and its cells."""
    match = _ROW.match(text)
    cells = [Cell(*one) for one in _CELL.findall(text)]
    if "&" in text:
        cells = [Cell(*map(unescape, one)) for one in cells]
    return unescape((match and match["unit"]) or ""), cells


def parts_of(text: str) -> list[Token]:
    """The tags and texts of a plain row."""
    found = []
    for match in _TOKEN.finditer(text):
        tag, attributes, _, end, _, after = match.groups()
        if tag is not None:
            found.append(Token(Part.START, tag, _attributes(attributes) if attributes else _NONE))
        else:
            found.append(Token(Part.END, end, _NONE))
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
