"""Text from outside: bytes that become text, and foreign text that goes into a message.

Input: the bytes of a file somebody made, or a name they chose. Output: text, and text that is safe to print. Knows
UTF-8, UTF-16 with its mark, and Windows-1252 (with Latin-1, its part); it tells no others apart. Never lets a control
character through to a terminal or a log.
"""

from __future__ import annotations

import codecs
import re

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_MAX_QUOTE_LENGTH = 60
_ORGNR_LENGTH = 9


class NotItsEncodingError(ValueError):
    """The bytes are not of the encoding that they begin with the mark of; the argument is its name."""


MARKS = (
    (codecs.BOM_UTF8, "UTF-8", "utf-8-sig"),
    # before UTF-16, whose mark the one of UTF-32 begins with
    (codecs.BOM_UTF32_LE, "UTF-32", "utf-32"),
    (codecs.BOM_UTF32_BE, "UTF-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "UTF-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "UTF-16", "utf-16"),
)
"""What a file may begin with, what people call its encoding, and what Python does."""
AS_LATIN_1 = "kvalreg-latin-1"
"""How errors of Windows-1252 are handled: bytes that it gives no meaning keep that of Latin-1."""
_MISREAD = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf\u0152-\u0178\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]|[\ufffd\u0080-\u009f]"
)
"""What UTF-8 looks like when it was read as Windows-1252 (``Ã¸`` for ø), a letter that was lost, and C1 controls."""


def decode(raw: bytes) -> str:
    r"""The text of a file, with ``\n`` as line ends: UTF-8, UTF-16 with a byte order mark, else Windows-1252.

    Windows-1252 is Latin-1 with dashes and curved quotation marks in place of controls that no text has; the five bytes
    that it gives no meaning keep that of Latin-1. So only a mark can be wrong.

    Raises
    ------
    NotItsEncodingError
        The file begins with the mark of an encoding that it is not in.
    """
    for mark, known_as, encoding in MARKS:
        if raw.startswith(mark):
            try:
                return _lines(raw.decode(encoding))
            except UnicodeDecodeError:
                raise NotItsEncodingError(known_as) from None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", AS_LATIN_1)
    return _lines(text)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(AS_LATIN_1, _as_latin_1)


def misread(text: str) -> str:
    """The first signs of a text that was once read in another encoding than its own, or empty text: ``Ã¸`` for ø."""
    found = _MISREAD.search(text)
    return found[0] if found else ""


def without_controls(text: str) -> str:
    """The text with a visible sign for every control character but tabs and line ends, and for halves of characters.

    None of them has a meaning on a page, and XML, which feeds are, does not allow them.
    """
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def printable(text: str) -> str:
    r"""The text with every character that does not print written as its code: a line feed becomes ``\n``.

    Names of files and values in them are chosen by others: an escape sequence or a character that turns the
    reading direction could make a message say something else.
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode("ascii") for char in text
    )


def quote(text: str) -> str:
    """A foreign text as it stands in a message: printable, in quotation marks, at most 60 characters of it."""
    shortened = text if len(text) <= _MAX_QUOTE_LENGTH else text[:_MAX_QUOTE_LENGTH] + "…"
    return f"'{printable(shortened)}'"


def is_identifier(text: str) -> bool:
    """Whether a foreign text is an id for certain: a short number may be a result that stands in the wrong column.

    Whatever has a letter is an id, and so is a number as long as an organisation number (nine digits).
    """
    return any(char.isalpha() for char in text) or len(text) >= _ORGNR_LENGTH


def quote_identifier(text: str) -> str:
    """A foreign id as it stands in a message; what may be a result is not shown."""
    return quote(text) if is_identifier(text) else "(not shown)"
