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


class Token(NamedTuple):
    """A part of a page: a text, a comment, or a tag's name and attributes."""

    part: Part
    what: str
    attributes: Attributes


_NAME = r"[a-zA-Z][a-zA-Z0-9:_-]*"
_TOKEN = re.compile(
    rf"""<(?:(?P<tag>{_NAME})(?P<attributes>(?:\s+[a-zA-Z_:@][\w:.@-]*(?:="[^"]*"|='[^']*')?)*)\s*(?P<empty>/?)>"""
    rf"""|/(?P<end>{_NAME})\s*>|!--(?P<comment>(?:[^-]|-[^-])*)-->|![dD][oO][cC][tT][yY][pP][eE][^<>]*>)"""
    r"""(?P<text>[^<]*)"""
)
_ATTRIBUTE = re.compile(r"""([a-zA-Z_:@][\w:.@-]*)(?:="([^"]*)"|='([^']*)'|(?=[\s]|$))""")
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
        if after:
            found.append(Token(Part.TEXT, unescape(after) if "&" in after else after, _NONE))
    return found


def _attributes(text: str) -> Attributes:
    found: Attributes = []
    for match in _ATTRIBUTE.finditer(text):
        name, double, single = match.groups()
        value = double if double is not None else single
        found.append((name.lower(), unescape(value) if value and "&" in value else value))
    return found
