"""Fingerprints: a key changes with whatever it stands for, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvalreg.storage import fingerprint
from kvalreg.storage.content_store import ContentStore
from kvalreg.storage.fingerprint import Fingerprints, digest_of, environment_fingerprint, file_digest


def test_digests_are_sha256(tmp_path: Path) -> None:
    """NIST's example of FIPS 180-2: the message ``abc``."""
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    (tmp_path / "a").write_bytes(b"abc")
    assert file_digest(tmp_path / "a") == digest_of(["abc"]) == abc


def test_a_key_is_of_files_values_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them changes it; asking twice does not."""
    folder, file = tmp_path / "data", tmp_path / "data" / "a.csv"
    folder.mkdir()
    file.write_text("1", encoding="utf-8")

    def key(*values: object) -> str:
        return Fingerprints(ContentStore(tmp_path / "cache")).key([folder], *values)

    first = key("alfa", 2024)
    assert first == key("alfa", 2024) != key("alfa", 2025)
    file.write_text("2", encoding="utf-8")
    changed = key("alfa", 2024)
    file.rename(folder / "b.csv")
    renamed = key("alfa", 2024)
    monkeypatch.setattr(fingerprint, "_versions", lambda: ["highspy=0"])
    assert len({first, changed, renamed, key("alfa", 2024)}) == 4


def test_a_file_is_read_again_only_when_size_times_or_inode_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old file is known by them; one that was written just now could be written again at the same time."""
    file, store = tmp_path / "a", ContentStore(tmp_path / "cache")
    file.write_text("1", encoding="utf-8")
    fingerprints = Fingerprints(store)
    fingerprints.of_file(file)
    fingerprints.save()
    assert store.read_json("files") == {}
    monkeypatch.setattr("kvalreg.storage.fingerprint._CLOCK_RESOLUTION", -1)  # as if it were old
    digest = fingerprints.of_file(file)
    fingerprints.save()
    ((path, (size, *_, stored)),) = store.read_json("files").items()
    assert (path, size, stored) == (str(file), 1, digest)
    file.write_text("22", encoding="utf-8")
    assert Fingerprints(store).of_file(file) == file_digest(file) != digest
    assert fingerprints.of_file(tmp_path / "missing") == ""


def test_the_environment_is_the_same_read_or_recognized(tmp_path: Path) -> None:
    """Machines compare the one, caches use the other."""
    assert Fingerprints(ContentStore(tmp_path)).environment == environment_fingerprint()
    assert any(version.startswith("highspy=") for version in fingerprint._versions())
