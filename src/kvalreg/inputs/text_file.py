"""Text from outside: bytes that become text, and foreign text that goes into a message.

Comes in: the bytes of a file somebody made, or a name they chose. Goes out: text, and text that is safe to print.
Never guesses more than two encodings, and never lets a control character through to a terminal or a log.
"""

from __future__ import annotations

_LONGEST_QUOTE = 60
_ORGNR_LENGTH = 9


def decode(raw: bytes) -> str:
    r"""The text of a file in UTF-8 (with or without a byte order mark), else in Latin-1, with ``\n`` as line ends.

    Latin-1 gives a meaning to every byte, so this never fails.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


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
    shortened = text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
    return f"'{printable(shortened)}'"


def is_name(text: str) -> bool:
    """Whether a foreign text is an id for certain: a short number may be a result that stands in the wrong column.

    Whatever has a letter is an id, and so is a number as long as an organisation number (nine digits).
    """
    return any(char.isalpha() for char in text) or len(text) >= _ORGNR_LENGTH


def name(text: str) -> str:
    """A foreign id as it stands in a message; what may be a result is not shown."""
    return quote(text) if is_name(text) else "(not shown)"
