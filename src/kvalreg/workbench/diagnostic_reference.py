"""The reference of diagnostic codes, and the documentation that is installed with kvalreg.

Input: `faults.md`, one section for each code, and the pages of `docs`. Output: a section by its code or a page by its
name, for `kvalreg explain` and the docs.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

from kvalreg.errors import UsageError
from kvalreg.project import shared_root

PAGE_FOLDERS = ("", "reference", "howto", "methods")
"""Folders of `docs` for users of kvalreg; pyproject.toml puts them into the wheel."""
_HEADING = re.compile(r"^## (?P<number>KV\d+) (?P<title>.+)$", re.MULTILINE)


def explain_code(subject: str) -> str:
    """The section of a diagnostic code or a page of the documentation, as Markdown.

    Raises
    ------
    UsageError
        When there is neither.
    """
    name = subject.strip()
    # Codes are written in capitals and pages in small letters, so that the two never meet.
    if section := sections_by_code().get(name.upper()):
        return section
    if page := pages().get(name.lower()):
        return page.read_text(encoding="utf-8").strip()
    raise UsageError(
        f"No message ends in {subject!r}, and no page is called so. Messages end in a number, as in (KV110): "
        f"kvalreg explain KV110. Pages: {', '.join(pages())}."
    )


def pages() -> dict[str, Path]:
    """Every page of the documentation that is in the wheel, by its name."""
    docs = shared_root() / "docs"
    paths = [path for folder in PAGE_FOLDERS for path in sorted(docs.joinpath(folder).glob("*.md"))]
    return {path.stem: path for path in paths if path.stem != "README"}


@cache
def sections_by_code() -> dict[str, str]:
    """Every section by its code, heading included, in the order of the file."""
    text = files("kvalreg.workbench").joinpath("faults.md").read_text(encoding="utf-8")
    # A section reaches from its heading to the next one, "## KV103 A line is indented with a tab".
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    return {heading["number"]: text[heading.start() : end].strip() for heading, end in zip(headings, ends, strict=True)}
