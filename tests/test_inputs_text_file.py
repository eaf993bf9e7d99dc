"""Tests of `kvalreg.inputs.text_file`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvalreg.inputs.text_file import decode, is_identifier, printable, quote, quote_identifier


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_norwegian_letters_survive_each_encoding(encoding: str) -> None:
    """UTF-8 with or without a byte order mark, and Latin-1, give the same text."""
    assert decode("Sørlandet, Ålesund og Bærum".encode(encoding)) == "Sørlandet, Ålesund og Bærum"


def test_line_ends_are_one() -> None:
    """Windows and old Macintosh line ends become line feeds."""
    assert decode(b"a\r\nb\rc\n") == "a\nb\nc\n"


def test_control_characters_do_not_reach_a_terminal() -> None:
    """An escape sequence, a line feed and a character that turns the reading direction are written as codes."""
    assert printable("a\x1b[31m\n\u202eb") == "a\\x1b[31m\\n\\u202eb"


@given(st.text() | st.text(alphabet=st.characters(categories=["Cs", "Cc", "Cf"])))
def test_every_text_becomes_printable(text: str) -> None:
    """Whatever a file is called, its name in a message is one line of printing characters."""
    assert printable(text).isprintable()


def test_a_long_text_is_shortened() -> None:
    """A message quotes at most 60 characters."""
    assert quote("x" * 61) == "'" + "x" * 60 + "…'"


def test_what_may_be_a_result_is_not_shown() -> None:
    """A short number in a column of ids may be a count that slipped one column; an orgnr has nine digits."""
    assert quote_identifier("17") == "(not shown)"
    assert not is_identifier("0,35")
    assert quote_identifier("444444444") == "'444444444'"
    assert quote_identifier("hoftebrudd_1aar") == "'hoftebrudd_1aar'"
