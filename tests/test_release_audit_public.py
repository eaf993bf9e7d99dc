"""What everybody knows before reading a page: names of units in running text."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvalreg.release.audit_public import Place, Public
from small_project import UNITS, delivery_of, write_registry


@pytest.fixture
def public(tmp_path: Path) -> Public:
    """The units and the registry of a small project."""
    write_registry(tmp_path, "alfa", delivery_of("alfa"))
    (tmp_path / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    return Public.read(tmp_path)


def test_longest_name_wins(public: Public) -> None:
    """``Nes HF`` is the health trust, ``Nes`` the hospital, ``Nesset`` neither."""
    assert public.mentioned("Nes HF og Nes, ikke Nesset")[0] == (Place("hf", "12"), Place("hospital", "121"))


def test_a_name_ends_where_it_says_no_more_of_another(public: Public) -> None:
    """``Nes H`` begins like ``Nes HF`` and is the hospital; a genitive is meant too, a part of a word is not."""
    assert public.mentioned("Nes H")[0] == (Place("hospital", "121"),)
    assert public.mentioned("Nes sykehus' og Viks tall")[0] == (Place("hospital", "121"), Place("hospital", "111"))
    assert public.mentioned("Viken og Ravik")[0] == ()
