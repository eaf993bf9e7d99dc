"""What each kind of fault means and what to do about it, and the documentation that is installed with kvalreg.

Comes in: `faults.md`, one section per kind, and the pages of `docs`. Goes out: a section by its number or a page by its
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
"""Folders of `docs` that people who use kvalreg read; pyproject.toml puts them into the wheel."""
_HEADING = re.compile(r"^## (?P<number>KV\d+) (?P<title>.+)$", re.MULTILINE)


def explain_code(subject: str) -> str:
    """The section of a kind of fault or a page of the documentation, as Markdown.

    Raises
    ------
    UsageError
        When there is neither.
    """
    asked = subject.strip()
    if section := sections_by_code().get(asked.upper()):
        return section
    if page := pages().get(asked.lower()):
        return page.read_text(encoding="utf-8").strip()
    raise UsageError(
        f"No message ends in {subject!r}, and no page is called so. Messages end in a number, as in (KV110): "
        f"kvalreg explain KV110. Pages: {', '.join(pages())}."
    )


def pages() -> dict[str, Path]:
    """Every page of the documentation that the wheel holds, by its name."""
    docs = shared_root() / "docs"
    found = [path for folder in PAGE_FOLDERS for path in sorted(docs.joinpath(folder).glob("*.md"))]
    return {path.stem: path for path in found if path.stem != "README"}


@cache
def sections_by_code() -> dict[str, str]:
    """Every section by its number, heading included, in the order of the file."""
    text = files("kvalreg.workbench").joinpath("faults.md").read_text(encoding="utf-8")
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    return {heading["number"]: text[heading.start() : end].strip() for heading, end in zip(headings, ends, strict=True)}
