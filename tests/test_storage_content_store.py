"""The content store: an entry comes back as it was written, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvalreg.storage.content_store import ContentStore


@pytest.mark.parametrize("content", [b"", b"text", b"two\nlines\n", bytes(range(256))])
def test_an_entry_comes_back_as_it_was_written(tmp_path: Path, content: bytes) -> None:
    """Byte for byte, also when it is empty or holds what separates the checksum from it."""
    store = ContentStore(tmp_path / "cache")
    store.write("pages/alfa", content)
    assert store.read("pages/alfa") == content
    assert store.read("pages/beta") is None


def test_a_single_changed_byte_makes_an_entry_missing(tmp_path: Path) -> None:
    """Wherever the byte is: in the checksum, between, or in the content; so does a cut at any length."""
    store = ContentStore(tmp_path)
    store.write("a", b'{"lix": 38}')
    whole = (tmp_path / "a").read_bytes()
    for position in range(len(whole)):
        (tmp_path / "a").write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        assert store.read("a") is None
        (tmp_path / "a").write_bytes(whole[:position])
        assert store.read_json("a") == {}


def test_json_keeps_any_file_name(tmp_path: Path) -> None:
    """A name in no encoding is a lone surrogate in Python; an entry that is no JSON object counts as empty."""
    store = ContentStore(tmp_path)
    store.write_json("a", {"b\udce5d.csv": [1, "æ"]})
    assert store.read_json("a") == {"b\udce5d.csv": [1, "æ"]}
    store.write("list", b"[1, 2]")
    assert store.read_json("list") == {}


def test_prune_removes_all_other_entries_of_a_folder(tmp_path: Path) -> None:
    """Entries of other folders stay."""
    store = ContentStore(tmp_path)
    for name in ("pages/alfa/a", "pages/beta/a", "gate/alfa"):
        store.write(name, b"")
    store.prune({"alfa/a"}, "pages")
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()) == [
        "gate/alfa",
        "pages/alfa/a",
    ]
