"""Text in CSV files that a spreadsheet shows as it is, instead of running it as a formula.

Input: cells. Output: the same, text with an apostrophe before it where it begins as a formula does; the data dictionary
says so. Numbers stay numbers, also those below zero. Who reads the files back takes the apostrophe away.

Notes
-----
Source: OWASP, CSV Injection: a cell that begins with ``= + - @``, a tab or a line end may be run, also with the wide
forms of these signs, which spreadsheets in East Asian languages take for the same. A text that has such apostrophes
already gets one more, so that every text is found again.
"""

from __future__ import annotations

import re

_SIGNS = "=+\\-@\t\r\n＝＋－＠"
_RUNS = re.compile(f"'*[{_SIGNS}]")
_QUOTED = re.compile(f"'(?='*[{_SIGNS}])")


def as_text(cell: object) -> object:
    """A cell as it stands in a file."""
    return f"'{cell}" if isinstance(cell, str) and _RUNS.match(cell) else cell


def from_text(cell: str) -> str:
    """A cell of text as it was before it stood in a file."""
    return cell[1:] if _QUOTED.match(cell) else cell
