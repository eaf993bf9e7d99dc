"""Registries' shares of units in files, with marks in the places of their long texts."""

from __future__ import annotations

from pathlib import Path

from kvalreg.site.fragment_store import FragmentStore, PlaceholderFiller, placeholder_key
from kvalreg.site.site_model import RegistryFragment

HOSPITAL, OTHER = "974706563", "974589095"
SHARE = RegistryFragment({"reached": ["<li>Måned</li>"]}, "<table>æøå 1</table>", '{"a":1}', '{"b":2}')


def kept(folder: Path, name: str = "alfa", share: RegistryFragment = SHARE) -> FragmentStore:
    """Shares of two units in a file, read anew; one unit has answers alone."""
    FragmentStore.save({HOSPITAL: share, OTHER: RegistryFragment(api_json='{"b":3}')}, folder / f"{name}.shares")
    return FragmentStore(folder / f"{name}.shares")


def test_marks_stand_for_texts_and_become_them_again(tmp_path: Path) -> None:
    """Lists are told as they are; texts only when a page is filled, and none is no mark."""
    shares = kept(tmp_path)
    one = shares[HOSPITAL]
    assert list(shares) == [HOSPITAL, OTHER]
    assert one.highlights == {"reached": ["<li>Måned</li>"]}
    assert "æøå" not in one.table
    assert (shares[OTHER].table, shares[OTHER].cells_json) == ("", "")
    with PlaceholderFiller([shares]) as texts:
        assert texts.fill(f"før {one.table} etter".encode()) == "før <table>æøå 1</table> etter".encode()
        assert texts.fill(f"[{one.cells_json},{shares[OTHER].api_json}]".encode()) == b'[{"a":1},{"b":3}]'


def test_texts_of_several_registries_fill_one_page(tmp_path: Path) -> None:
    """Each mark is filled from the file of the registry that has it."""
    alfa = kept(tmp_path)
    beta = kept(tmp_path, "beta", RegistryFragment({}, "<table>2</table>"))
    with PlaceholderFiller([alfa, beta]) as texts:
        page = (beta[HOSPITAL].table + alfa[HOSPITAL].table).encode()
        assert texts.fill(page) == "<table>2</table><table>æøå 1</table>".encode()


def test_a_page_is_known_by_what_its_marks_stand_for(tmp_path: Path) -> None:
    """The same texts give the same key, wherever they lie in the file; another number gives another."""
    same = kept(tmp_path, "same")[HOSPITAL].table
    longer = kept(tmp_path, "longer", RegistryFragment({}, "<table>æøå 1</table>", cells_json="x" * 99))[HOSPITAL].table
    other = kept(tmp_path, "other", RegistryFragment({}, "<table>æøå 2</table>"))[HOSPITAL].table
    assert placeholder_key(f"a{same}".encode()) == placeholder_key(f"a{longer}".encode())
    assert len({placeholder_key(text.encode()) for text in (same, other, f"a{same}")}) == 3
    assert placeholder_key(b"<table>1</table>") == ""


def test_what_only_looks_like_a_mark_stays(tmp_path: Path) -> None:
    """A registry cannot have a text put where it likes, nor break a page, by writing a mark of its own."""
    written = b"<!--kv-kept 0123456789abcdef0123456789abcdef--> og <!--kv-kept 1-->"
    with PlaceholderFiller([kept(tmp_path)]) as texts:
        assert texts.fill(written) == written


def test_a_table_that_the_page_must_look_at_stays_on_it(tmp_path: Path) -> None:
    """Backticks make a raw block's fence longer, and shortcodes are made harmless: both need the text itself."""
    for text in ("```", "{{< video x >}}", "b58fc729-690b", "<script></script>"):
        table = f"<table>{text}</table>"
        assert kept(tmp_path, share=RegistryFragment({}, table))[HOSPITAL].table == table
