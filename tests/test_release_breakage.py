"""What breaks a build breaks no site: a full disk, a damaged cache; and the same inputs make the same bytes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from kvalreg.errors import FullDiskError
from kvalreg.pipeline import Request, build
from kvalreg.project import Project
from kvalreg.site.renderer import RENDERERS
from small_project import UNITS, Silence, delivery_of, write_registry

PANDOC = Request(renderer="pandoc")
pytestmark = pytest.mark.usefixtures("instant")


def one_registry(root: Path) -> Project:
    """A project with registry alfa, one year."""
    write_registry(root, "alfa", delivery_of("alfa", (2024,)))
    (root / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    return Project(root)


def tree(site: Path) -> dict[str, bytes]:
    """Every file of a site."""
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["pandoc", pytest.param("quarto", marks=pytest.mark.xdist_group("quarto"))])
def test_the_same_inputs_make_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Two folders, two time zones, two days on the same side of the deadlines: every file of the two sites is the same.

    1781697600 is 17 June 2026 and 1795608000 is 25 November 2026.
    """
    found, said = RENDERERS[name]()
    if found is None:
        pytest.skip(f"needs Quarto, and {said}")
    sites = []
    days = (("one", "UTC", "1781697600"), ("another-folder", "Pacific/Auckland", "1795608000"))
    for folder, zone, day in days:
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", day)
        project = one_registry(tmp_path / folder)
        build(project, Request(renderer=name), Silence())
        sites.append(tree(project.site))
    assert sites[0].keys() == sites[1].keys()
    assert [name for name in sites[0] if sites[0][name] != sites[1][name]] == []


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
        with pytest.raises(FullDiskError):
            build(project, PANDOC, Silence())
    assert tree(project.site) == before
    assert [path.name for path in (tmp_path / "._site").iterdir()] == [place]
    assert build(project, PANDOC, Silence()).exit_code == 0
    after = tree(project.site)
    assert after != before

    for entry in (project.build / "cache").rglob("*.json"):
        entry.write_bytes(entry.read_bytes()[:-9] + b"{damaged}")
    assert build(project, PANDOC, Silence()).exit_code == 0
    assert tree(project.site) == after
