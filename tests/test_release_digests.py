"""Digests: each file's own, whoever takes it, and never by its time."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from kvalreg.release import digests as module
from kvalreg.release.digests import FileDigests, HashCache
from kvalreg.release.site_lint import lint_site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Two files, one of them in a folder, and a link that leads nowhere."""
    (tmp_path / "site" / "b").mkdir(parents=True)
    (tmp_path / "site" / "a.html").write_bytes(b"abc")
    (tmp_path / "site" / "b" / "c.json").write_bytes(b"")
    (tmp_path / "site" / "gone").symlink_to("nowhere")
    return tmp_path / "site"


def test_processes_take_what_one_process_takes(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the files of the folders, of any other file, and of one that is not there: an error, not an old digest."""
    monkeypatch.setattr(module, "available_cpus", lambda: 2)
    other = site.parent / "other"
    other.write_bytes(b"abc")
    for least in (0, 1 << 60):
        monkeypatch.setattr(module, "PARALLEL_THRESHOLD", least)
        with FileDigests(site) as digests:
            abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # NIST's example
            assert digests.get(site / "a.html").hex() == digests.get(other).hex() == abc
            assert digests.get(site / "b" / "c.json") == hashlib.sha256(b"").digest()
            with pytest.raises(FileNotFoundError):
                digests.get(site / "gone")


def test_a_file_is_not_known_by_its_time(site: Path) -> None:
    """A page that has changed is seen though its size and time are those of before."""
    page = site / "a.html"
    page.write_text('<a href="b/c.json">x</a>', encoding="utf-8")
    before = page.stat()
    (site / "gone").unlink()

    def dead() -> list[str]:
        with FileDigests(site) as digests:
            found = lint_site(site, [], hash_cache=HashCache(site.parent / "memory", digests))
        return [fault.message for fault in found if "link" in fault.message]

    assert dead() == []
    page.write_text('<a href="b/d.json">x</a>', encoding="utf-8")
    os.utime(page, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert dead() == ["A link leads to 'b/d.json', which is not there."]
