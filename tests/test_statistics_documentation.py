"""Every worked number in the statistics, in docstrings and in `docs/methods`, is run."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

METHODS = [
    "achievement",
    "aggregation",
    "change",
    "control_charts",
    "funnel",
    "intervals",
    "means",
    "medians",
    "proportions",
    "rates",
]
PAGES = Path(__file__).parents[1] / "docs" / "methods"


@pytest.mark.parametrize("method", METHODS)
def test_worked_numbers_of_a_module(method: str) -> None:
    """Each module shows at least one worked number, and every one is what the code gives."""
    result = doctest.testmod(importlib.import_module(f"kvalreg.statistics.{method}"))
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("method", [name for name in METHODS if name != "intervals"])
def test_worked_numbers_of_a_page(method: str) -> None:
    """Each method has a page with a worked number that the code gives, its source, and what bad input does."""
    page = PAGES / f"{method.replace('_', '-')}.md"
    text = page.read_text(encoding="utf-8")
    result = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert result.attempted > 0
    assert result.failed == 0
    for heading in ("## Formula", "## Worked number", "## Bad input", "## Source"):
        assert heading in text, f"{page.name} lacks the section {heading!r}"


def test_every_page_is_in_the_index() -> None:
    """`docs/methods/README.md` links every page beside it, so that a reader finds it."""
    linked = set(re.findall(r"\]\(([a-z-]+\.md)\)", (PAGES / "README.md").read_text(encoding="utf-8")))
    assert linked == {page.name for page in PAGES.glob("*.md")} - {"README.md"}
