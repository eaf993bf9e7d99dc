"""What breaks a build breaks no site: a full disk, a damaged cache; and the same inputs make the same bytes."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kvalreg.errors import DiskFullError
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.site.renderer import RENDERERS
from small_project import UNITS, Silence, delivery_of, write_registry

PANDOC = BuildRequest(renderer="pandoc")
pytestmark = pytest.mark.usefixtures("instant")


def one_registry(root: Path) -> Project:
    """A project with registry alfa, one year."""
    write_registry(root, "alfa", delivery_of("alfa", (2024,)))
    (root / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    return Project(root)


def tree(site: Path) -> dict[str, bytes]:
    """Every file of a site."""
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


BOTH = pytest.mark.parametrize("name", ["pandoc", pytest.param("quarto", marks=pytest.mark.xdist_group("quarto"))])


def asked_of(name: str) -> BuildRequest:
    """A build of everything, nothing used again, with a renderer that is there."""
    found, said = RENDERERS[name]()
    if found is None:
        pytest.skip(f"needs Quarto, and {said}")
    return BuildRequest(renderer=name, use_cache=False)


@BOTH
def test_the_same_inputs_make_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Two folders, two time zones, the same SOURCE_DATE_EPOCH: every file of the two sites is the same."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780000000")
    sites = []
    for folder, zone in (("one", "UTC"), ("another-folder", "Pacific/Auckland")):
        monkeypatch.setenv("TZ", zone)
        project = one_registry(tmp_path / folder)
        build(project, asked_of(name), Silence())
        sites.append(tree(project.site))
    assert sites[0].keys() == sites[1].keys()
    assert [name for name in sites[0] if sites[0][name] != sites[1][name]] == []


@BOTH
def test_another_day_alone_changes_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Everything is made and rendered anew on another day: the pages still tell the day on which they last changed."""
    project = one_registry(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(datetime(2026, 6, 17, tzinfo=UTC).timestamp())))
    build(project, asked_of(name), Silence())
    before, place = tree(project.site), project.site.readlink()
    assert b"17. juni 2026" in before["registre/alfa/2024/index.html"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(datetime(2026, 11, 25, tzinfo=UTC).timestamp())))
    (project.build_folder / "site.rendered.json").unlink()
    build(project, asked_of(name), Silence())
    assert project.site.readlink() != place
    after = tree(project.site)
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == []


def test_a_full_disk_and_a_damaged_cache_leave_a_whole_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full in the middle of rendering: the old site stays, nothing is left behind, the next build works.

    Then every entry of the cache is damaged, and the build makes the same site again.
    """
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780000000")
    project = one_registry(tmp_path)
    build(project, PANDOC, Silence())
    before, place = tree(project.site), project.site.readlink().name

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (project.data("alfa") / "a.csv").write_text(delivery_of("alfa", (2024,)).replace(";80;", ";60;"), encoding="utf-8")
    with monkeypatch.context() as broken:
        broken.setattr("kvalreg.site.pandoc.shutil.copyfile", full)
        with pytest.raises(DiskFullError):
            build(project, PANDOC, Silence())
    assert tree(project.site) == before
    assert [path.name for path in (tmp_path / "._site").iterdir()] == [place]
    assert build(project, PANDOC, Silence()).exit_code == 0
    after = tree(project.site)
    assert after != before

    for entry in (project.build_folder / "cache").rglob("*.json"):
        entry.write_bytes(entry.read_bytes()[:-9] + b"{damaged}")
    assert build(project, PANDOC, Silence()).exit_code == 0
    assert tree(project.site) == after
