"""Every kind of fault is explained, once."""

from __future__ import annotations

import pytest

from kvalreg.errors import Fault, UsageError
from kvalreg.kinds import Kind
from kvalreg.workbench.explanation import explain, sections


def test_every_kind_has_a_section_in_the_order_of_the_numbers() -> None:
    """A kind without a section, or a section without a kind, would send a reader nowhere."""
    assert list(sections()) == [kind.value for kind in Kind]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_section_says_more_than_its_title(kind: Kind) -> None:
    """The heading is repeated by no message, so the text below it is what helps."""
    assert len(explain(kind).splitlines()) >= 3


def test_a_number_may_be_typed_in_small_letters() -> None:
    """People type what they see and what is quick."""
    assert explain(" kv103 ").startswith("## KV103 A line is indented with a tab")


def test_an_unknown_number_is_answered_with_an_example() -> None:
    """A slip of the keyboard gets a sentence."""
    with pytest.raises(UsageError, match=r"KV9999.*kvalreg explain KV110"):
        explain("KV9999")


def test_a_message_ends_in_its_number() -> None:
    """What is wrong comes first; the number is for those who want to know more."""
    fault = Fault("Wrong.", "Correct it.", "a.csv", 2, "var", Kind.NO_VALUE)
    assert str(fault) == "a.csv:2: var: Wrong. Correct it. (KV314)"
