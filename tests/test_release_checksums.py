"""What is released stays what it is: checksums, originals, and what happens when a byte is flipped."""

from __future__ import annotations

import os
import random
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from kvalreg.cli import cli
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.release.checksums import verify
from kvalreg.release.publish import publish_edition, roll_back
from small_project import Silence
from test_release_edition import deliver

PANDOC = BuildRequest(("alfa",), renderer="pandoc")


@pytest.fixture
def released(project: Project) -> Project:
    """Two editions; the second differs from the first in one delivery."""
    for name, patients in (("2026-06", 60), ("2026-12", 70)):
        deliver(project, {"111": (20, 30), "112": (6, 12), "121": (20, 30), "122": (30, patients)})
        build(project, PANDOC, Silence())
        publish_edition(name, project)
    return project


def places(project: Project) -> dict[str, bytes]:
    """Every file that readers have been given, links left out."""
    folders = (project.releases, project.editions)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {path.relative_to(project.build_root).as_posix(): path.read_bytes() for path in files}


def flip(path: Path, at: int) -> None:
    """Flip a bit of a file where it lies, as a disk does: size and time stay."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.usefixtures("instant")
def test_every_flipped_byte_is_found_and_repaired(released: Project) -> None:
    """Forty files of releases and editions, a bit each, and one that is deleted: all are as released, and named."""
    whole = places(released)
    assert verify(released) == verify(released)
    assert not verify(released).repaired + verify(released).damaged
    chosen = random.Random(1).sample(sorted(place for place, content in whole.items() if content), 41)
    (released.build_root / chosen[0]).unlink()
    for number, place in enumerate(chosen[1:]):
        flip(released.build_root / place, number * 997)
    found = verify(released)
    assert not found.damaged
    assert {fault.code for fault in found.repaired} == {DiagnosticCode.RELEASE_REPAIRED}
    assert places(released) == whole
    assert {stat.S_IMODE((released.build_root / place).stat().st_mode) for place in whole} == {0o644}
    assert not verify(released).repaired


@pytest.mark.usefixtures("instant")
def test_sha256sum_reads_the_lists(released: Project) -> None:
    """The lists are those of the standard tool: it finds the same damage, by the same names."""
    told = [path.relative_to(released.build_root).as_posix() for path in released.checksums.glob("*.sha256")]
    assert len(told) == 2
    command = ["sha256sum", "--check", "--strict", "--quiet", *told]
    assert subprocess.run(command, cwd=released.build_root, check=False).returncode == 0
    page = released.releases / "2026-12" / "index.html"
    flip(page, 100)
    names = [
        place for place in places(released) if (released.build_root / place).samefile(page)
    ]  # equal files are shared
    done = subprocess.run(command, cwd=released.build_root, capture_output=True, text=True, check=False)
    assert (done.returncode, sorted(done.stdout.splitlines())) == (1, sorted(f"{place}: FAILED" for place in names))
    verify(released)
    assert subprocess.run(command, cwd=released.build_root, check=False).returncode == 0


@pytest.mark.usefixtures("instant")
def test_what_cannot_be_repaired_is_told_by_name(released: Project) -> None:
    """With its original damaged as well, a file is named, by the audit and by a scheduled build, and left alone."""
    for original in released.originals.rglob("*"):
        if original.is_file():
            flip(original, 20)
    page = released.releases / "2026-12" / "index.html"
    flip(page, 100)
    damaged = page.read_bytes()
    found = verify(released).damaged
    assert {fault.code for fault in found} == {DiagnosticCode.RELEASE_DAMAGED}
    assert "releases/2026-12/index.html" in found[-1].message
    audited = CliRunner().invoke(cli, ["audit", str(released.site), "--project", str(released.root)])
    assert audited.exit_code == 1
    assert "releases/2026-12/index.html" in audited.output
    built = CliRunner().invoke(cli, ["build", "--due", "--renderer", "pandoc", "--project", str(released.root)])
    assert built.exit_code == 2
    assert "releases/2026-12/index.html" in built.output
    assert page.read_bytes() == damaged


@pytest.mark.usefixtures("instant")
def test_a_scheduled_build_repairs_what_readers_see(released: Project) -> None:
    """A flipped byte, a removed page and a link that leads nowhere: the next scheduled build makes them good."""
    page = released.releases / "2026-12" / "index.html"
    whole = page.read_bytes()
    flip(page, 100)
    (released.editions / "2026-06" / "index.html").unlink()
    released.public.unlink()
    done = CliRunner().invoke(cli, ["build", "--due", "--renderer", "pandoc", "--project", str(released.root)])
    assert done.exit_code == 0, done.output
    assert "KV716" in done.output
    assert (released.public / "index.html").read_bytes() == whole
    assert (released.public / "utgaver" / "2026-06" / "index.html").is_file()


@pytest.mark.usefixtures("instant")
def test_a_file_that_nobody_released_is_told(released: Project) -> None:
    """Whoever can write where readers read may add a page: it is named, and not taken away."""
    (released.public / "vinn.html").write_text("x", encoding="utf-8")
    (fault,) = verify(released).damaged
    assert "releases/2026-12/vinn.html" in fault.message


@pytest.mark.usefixtures("instant")
def test_an_edition_without_a_list_is_told_once(released: Project) -> None:
    """An edition of an older version gets a list; a list with a flipped bit counts as none."""
    flip(released.checksums / "2026-06.sha256", 200)
    (fault,) = verify(released).damaged
    assert "2026-06 has no list of checksums" in fault.message
    assert not verify(released).damaged


@pytest.mark.usefixtures("instant")
def test_releases_that_are_not_kept_are_not_missed(released: Project) -> None:
    """The oldest release goes, its permanent copy is looked after still, and only what is needed is kept for that."""
    publish_edition("2026-12-b", released, keep=1)
    assert not (released.releases / "2026-06").exists()
    assert verify(released) == verify(released)
    assert not verify(released).damaged
    kept = {path.name for path in released.originals.glob("*/*")}
    listed = {line[:64] for path in released.checksums.glob("*") for line in path.read_text().splitlines()[1:]}
    assert kept == listed
    shutil.rmtree(released.editions / "2026-06")
    (released.editions / "2026-06").mkdir()
    assert not verify(released).damaged
    assert (released.editions / "2026-06" / "index.html").is_file()


@pytest.mark.usefixtures("instant")
def test_going_back_is_no_damage(released: Project) -> None:
    """After a roll-back readers see the earlier release, and a look at it changes nothing."""
    roll_back(released)
    assert verify(released) == verify(released)
    assert not verify(released).repaired + verify(released).damaged
    assert released.public.resolve().name == "2026-06"
