"""Every kind of fault is explained, once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kvalreg
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic, UsageError
from kvalreg.project import shared_root
from kvalreg.workbench.diagnostic_reference import PAGE_FOLDERS, explain_code, pages, sections_by_code


def test_every_kind_has_a_section_in_the_order_of_the_numbers() -> None:
    """A kind without a section, or a section without a kind, would send a reader nowhere."""
    assert list(sections_by_code()) == [kind.value for kind in DiagnosticCode]


@pytest.mark.parametrize("kind", list(DiagnosticCode))
def test_a_section_says_more_than_its_title(kind: DiagnosticCode) -> None:
    """The heading is repeated by no message, so the text below it is what helps."""
    assert len(explain_code(kind).splitlines()) >= 3


def test_a_number_may_be_typed_in_small_letters() -> None:
    """People type what they see and what is quick."""
    assert explain_code(" kv103 ").startswith("## KV103 A line is indented with a tab")


def test_an_unknown_number_is_answered_with_an_example() -> None:
    """A slip of the keyboard gets a sentence."""
    with pytest.raises(UsageError, match=r"KV9999.*kvalreg explain KV110.*descriptor"):
        explain_code("KV9999")


def test_a_page_is_shown_by_its_name() -> None:
    """Where kvalreg is installed there is no repository to look into."""
    assert explain_code("Descriptor").startswith("# The descriptor\n")
    assert "`data-kv-" in explain_code("pages")


def test_no_two_pages_have_one_name() -> None:
    """One of them could not be asked for."""
    docs = shared_root() / "docs"
    written = [path for folder in PAGE_FOLDERS for path in (docs / folder).glob("*.md") if path.stem != "README"]
    assert len(pages()) == len(written) > 10


def test_what_the_package_points_to_can_be_shown() -> None:
    """A message or template that names a page, or a file of the repository, is read where only the wheel is."""
    root = Path(kvalreg.__file__).parent
    texts = [path for path in root.rglob("*") if path.suffix in (".py", ".md", ".yml", ".ipynb", ".gitignore")]
    named = {word for path in texts for word in re.findall(r"kvalreg explain ([a-z][\w-]*)", path.read_text("utf-8"))}
    assert {"descriptor", "notebooks", "pages"} <= named <= set(pages())
    shown = [*root.glob("workbench/templates/*"), root / "workbench" / "faults.md", root / "audit" / "findings.py"]
    assert [path.name for path in shown if "docs/" in path.read_text("utf-8")] == []


def test_a_message_ends_in_its_number() -> None:
    """What is wrong comes first; the number is for those who want to know more."""
    fault = Diagnostic("Wrong.", "Correct it.", "a.csv", 2, "var", DiagnosticCode.VALUE_MISSING)
    assert str(fault) == "a.csv:2: var: Wrong. Correct it. (KV314)"
