"""What each kind of fault means and what to do about it, at greater length than a message has room for.

Comes in: `faults.md`, one section per kind. Goes out: a section by its number, for `kvalreg explain` and the docs.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from kvalreg.errors import UsageError

_HEADING = re.compile(r"^## (?P<number>KV\d+) (?P<title>.+)$", re.MULTILINE)


def explain(number: str) -> str:
    """The section of a kind of fault, as Markdown.

    Raises
    ------
    UsageError
        When there is no such kind.
    """
    found = sections().get(number.strip().upper())
    if found is None:
        raise UsageError(
            f"No kind of fault is called {number!r}. Messages end in it, as in (KV110): kvalreg explain KV110."
        )
    return found


@cache
def sections() -> dict[str, str]:
    """Every section by its number, heading included, in the order of the file."""
    text = files("kvalreg.workbench").joinpath("faults.md").read_text(encoding="utf-8")
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    return {heading["number"]: text[heading.start() : end].strip() for heading, end in zip(headings, ends, strict=True)}
