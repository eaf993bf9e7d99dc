"""A disk that is really full: a small one of the machine's memory, with as little room as a test leaves it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvalreg.errors import DiskFullError
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.site.atomic_output import SITE_MARKER
from small_project import UNITS, Silence, delivery_of, write_registry

PANDOC = BuildRequest(renderer="pandoc")
SIZE = 24 << 20
ROOM = {"for nothing": 0, "for the cells": 60 << 10, "for the pages": 400 << 10, "for half of the site": 1 << 20}
"""Bytes left when the build begins; the small project's new site needs about 2 MB."""
pytestmark = pytest.mark.usefixtures("instant")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """An empty disk of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    order = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    try:
        done = subprocess.run(order, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs the command mount, which this machine does not have")
    if done.returncode:
        pytest.skip(f"needs to mount a small disk, which this user may not: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def _fill(disk: Path, room: int) -> Path:
    """Write a file that leaves so much room."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
        file.truncate(max(0, filler.stat().st_size - room))
    return filler


def _tree(site: Path) -> dict[str, bytes]:
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def test_a_full_disk_harms_no_site(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However little room is left: the old site is whole, the message says what to do, nothing is half made.

    With room again, the next build makes the site that a build from nothing makes.
    """
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780000000")
    first = delivery_of("alfa", (2024,))
    write_registry(disk, "alfa", first)
    (disk / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    project = Project(disk)
    build(project, PANDOC, Silence())
    delivery = project.data("alfa") / "a.csv"
    for number, room in enumerate(ROOM.values()):
        before, place = _tree(project.site), project.site.readlink()
        delivery.write_text(first.replace(";80;", f";{60 + number};"), encoding="utf-8")
        filler = _fill(disk, room)
        with pytest.raises(DiskFullError, match=r"The disk is full: .* Make room on that disk"):
            build(project, PANDOC, Silence())
        assert project.site.readlink() == place
        assert _tree(project.site) == before
        assert all((site / SITE_MARKER).exists() for site in (disk / "._site").iterdir())
        filler.unlink()
        assert build(project, PANDOC, Silence()).exit_code == 0
        assert _tree(project.site) != before


def test_what_a_full_disk_left_is_not_believed(disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After four builds that found no room, the one that has it makes every byte as a build from nothing."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780000000")
    project = Project(disk)
    second = delivery_of("alfa", (2024,)).replace(";80;", ";60;")
    for root, delivery in ((disk, delivery_of("alfa", (2024,))), (tmp_path / "anew", second)):
        write_registry(root, "alfa", delivery)
        (root / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    build(project, PANDOC, Silence())
    (project.data("alfa") / "a.csv").write_text(second, encoding="utf-8")
    for room in ROOM.values():
        filler = _fill(disk, room)
        with pytest.raises(DiskFullError):
            build(project, PANDOC, Silence())
        filler.unlink()
    build(project, PANDOC, Silence())
    anew = Project(tmp_path / "anew")
    build(anew, PANDOC, Silence())
    assert _tree(project.site) == _tree(anew.site)
