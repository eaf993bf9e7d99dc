"""Registries' fragments of units' pages in files, with placeholders for their long texts."""

from __future__ import annotations

from pathlib import Path

from kvalreg.site.fragment_store import FragmentStore, PlaceholderFiller, placeholder_key
from kvalreg.site.site_model import RegistryFragment

HOSPITAL, OTHER = "974706563", "974589095"
FRAGMENT = RegistryFragment({"reached": ["<li>Måned</li>"]}, "<table>æøå 1</table>", '{"a":1}', '{"b":2}')


def stored(folder: Path, name: str = "alfa", fragment: RegistryFragment = FRAGMENT) -> FragmentStore:
    """Fragments of two units, read from a file; one unit has cells for the API alone."""
    FragmentStore.save({HOSPITAL: fragment, OTHER: RegistryFragment(api_json='{"b":3}')}, folder / f"{name}.shares")
    return FragmentStore(folder / f"{name}.shares")


def test_placeholders_stand_for_texts_and_are_filled(tmp_path: Path) -> None:
    """Lists are read as they are, texts only when a page is filled; an empty text has no placeholder."""
    store = stored(tmp_path)
    fragment = store[HOSPITAL]
    assert list(store) == [HOSPITAL, OTHER]
    assert fragment.highlights == {"reached": ["<li>Måned</li>"]}
    assert "æøå" not in fragment.table
    assert (store[OTHER].table, store[OTHER].cells_json) == ("", "")
    with PlaceholderFiller([store]) as filler:
        assert filler.fill(f"før {fragment.table} etter".encode()) == "før <table>æøå 1</table> etter".encode()
        assert filler.fill(f"[{fragment.cells_json},{store[OTHER].api_json}]".encode()) == b'[{"a":1},{"b":3}]'


def test_texts_of_several_registries_fill_one_page(tmp_path: Path) -> None:
    """Each placeholder is filled from the file of the registry that has its text."""
    alfa = stored(tmp_path)
    beta = stored(tmp_path, "beta", RegistryFragment({}, "<table>2</table>"))
    with PlaceholderFiller([alfa, beta]) as filler:
        page = (beta[HOSPITAL].table + alfa[HOSPITAL].table).encode()
        assert filler.fill(page) == "<table>2</table><table>æøå 1</table>".encode()


def test_a_page_s_key_follows_from_its_texts(tmp_path: Path) -> None:
    """The same texts give the same key, wherever they are in the file; another number gives another key."""
    same = stored(tmp_path, "same")[HOSPITAL].table
    longer = stored(tmp_path, "longer", RegistryFragment({}, "<table>æøå 1</table>", cells_json="x" * 99))[
        HOSPITAL
    ].table
    other = stored(tmp_path, "other", RegistryFragment({}, "<table>æøå 2</table>"))[HOSPITAL].table
    assert placeholder_key(f"a{same}".encode()) == placeholder_key(f"a{longer}".encode())
    assert len({placeholder_key(text.encode()) for text in (same, other, f"a{same}")}) == 3
    assert placeholder_key(b"<table>1</table>") == ""


def test_what_only_looks_like_a_placeholder_stays(tmp_path: Path) -> None:
    """A registry cannot insert another's text, nor break a page, by writing a placeholder of its own."""
    written = b"<!--kv-kept 0123456789abcdef0123456789abcdef--> og <!--kv-kept 1-->"
    with PlaceholderFiller([stored(tmp_path)]) as filler:
        assert filler.fill(written) == written


def test_a_table_that_later_steps_search_stays_on_the_page(tmp_path: Path) -> None:
    """Backticks make a raw block's fence longer, and shortcodes are made inert: both need the text itself."""
    for text in ("```", "{{< video x >}}", "b58fc729-690b", "<script></script>"):
        table = f"<table>{text}</table>"
        assert stored(tmp_path, fragment=RegistryFragment({}, table))[HOSPITAL].table == table
