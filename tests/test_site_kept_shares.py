"""Registries' shares of units in files, with marks in the places of their long texts."""

from __future__ import annotations

from pathlib import Path

from kvalreg.site.content import UnitShare
from kvalreg.site.kept_shares import KeptShares, KeptTexts, key_of

HOSPITAL, OTHER = "974706563", "974589095"
SHARE = UnitShare({"reached": ["<li>Måned</li>"]}, "<table>æøå 1</table>", '{"a":1}', '{"b":2}')


def kept(folder: Path, name: str = "alfa", share: UnitShare = SHARE) -> KeptShares:
    """Shares of two units in a file, read anew; one unit has answers alone."""
    KeptShares.keep({HOSPITAL: share, OTHER: UnitShare(answers='{"b":3}')}, folder / f"{name}.shares")
    return KeptShares(folder / f"{name}.shares")


def test_marks_stand_for_texts_and_become_them_again(tmp_path: Path) -> None:
    """Lists are told as they are; texts only when a page is filled, and none is no mark."""
    shares = kept(tmp_path)
    one = shares[HOSPITAL]
    assert list(shares) == [HOSPITAL, OTHER]
    assert one.glance == {"reached": ["<li>Måned</li>"]}
    assert "æøå" not in one.table
    assert (shares[OTHER].table, shares[OTHER].cells) == ("", "")
    with KeptTexts([shares]) as texts:
        assert texts.filled(f"før {one.table} etter".encode()) == "før <table>æøå 1</table> etter".encode()
        assert texts.filled(f"[{one.cells},{shares[OTHER].answers}]".encode()) == b'[{"a":1},{"b":3}]'


def test_texts_of_several_registries_fill_one_page(tmp_path: Path) -> None:
    """Each mark is filled from the file of the registry that has it."""
    alfa = kept(tmp_path)
    beta = kept(tmp_path, "beta", UnitShare({}, "<table>2</table>"))
    with KeptTexts([alfa, beta]) as texts:
        page = (beta[HOSPITAL].table + alfa[HOSPITAL].table).encode()
        assert texts.filled(page) == "<table>2</table><table>æøå 1</table>".encode()


def test_a_page_is_known_by_what_its_marks_stand_for(tmp_path: Path) -> None:
    """The same texts give the same key, wherever they lie in the file; another number gives another."""
    same = kept(tmp_path, "same")[HOSPITAL].table
    longer = kept(tmp_path, "longer", UnitShare({}, "<table>æøå 1</table>", cells="x" * 99))[HOSPITAL].table
    other = kept(tmp_path, "other", UnitShare({}, "<table>æøå 2</table>"))[HOSPITAL].table
    assert key_of(f"a{same}".encode()) == key_of(f"a{longer}".encode())
    assert len({key_of(text.encode()) for text in (same, other, f"a{same}")}) == 3
    assert key_of(b"<table>1</table>") == ""


def test_what_only_looks_like_a_mark_stays(tmp_path: Path) -> None:
    """A registry cannot have a text put where it likes, nor break a page, by writing a mark of its own."""
    written = b"<!--kv-kept 0123456789abcdef0123456789abcdef--> og <!--kv-kept 1-->"
    with KeptTexts([kept(tmp_path)]) as texts:
        assert texts.filled(written) == written


def test_a_table_that_the_page_must_look_at_stays_on_it(tmp_path: Path) -> None:
    """Backticks make a raw block's fence longer, and shortcodes are made harmless: both need the text itself."""
    for text in ("```", "{{< video x >}}", "b58fc729-690b", "<script></script>"):
        table = f"<table>{text}</table>"
        assert kept(tmp_path, share=UnitShare({}, table))[HOSPITAL].table == table
