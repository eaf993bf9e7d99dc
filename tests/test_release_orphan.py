"""A build killed with -9 whose Quarto lives on and still writes: the next build is complete, and stays so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from kvalreg.project import Project
from kvalreg.site import quarto
from kvalreg.site.staging import stage
from site_example import PAGES, RESOURCES, example_project

pytestmark = pytest.mark.xdist_group("quarto")
BUILD = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from kvalreg.site import quarto
from kvalreg.site.staging import stage
from site_example import PAGES, RESOURCES, example_project
project = example_project(Path(sys.argv[1]))
quarto.find()[0].render(stage(project, PAGES, RESOURCES), project.site)
"""


def _tree(site: Path) -> dict[str, bytes]:
    site = site.resolve()
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def _group(leader: int) -> set[int]:
    """The processes that are alive of those that a process has started."""
    alive = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(group) == leader and state != "Z":
            alive.add(int(path.parent.name))
    return alive


def _until(done: object, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.02)


def _killed_build(project: Project) -> int:
    """Begin a build, kill it alone once its Quarto has begun to write, and answer with the group that lives on."""
    build = subprocess.Popen([sys.executable, "-c", BUILD, str(project.root)], start_new_session=True)
    begun = project.root / "._site"
    _until(lambda: list(begun.glob("*/.quarto-work/*/site_libs")))
    os.kill(build.pid, signal.SIGKILL)
    build.wait()
    assert _group(build.pid), "Quarto had ended already"
    return build.pid


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes left behind in /proc, which only Linux has")
def test_a_quarto_that_is_left_behind_harms_no_later_build(tmp_path: Path) -> None:
    """The next build makes what it makes from nothing while the old Quarto writes, and keeps it when that has ended."""
    found, said = quarto.find()
    if found is None:
        pytest.skip(f"needs Quarto, and {said}")
    project = example_project(tmp_path / "a")
    group = _killed_build(project)
    try:
        assert not project.site.exists()
        pages = [replace(PAGES[0], body=f"{PAGES[0].body}\n\nEt nytt avsnitt."), *PAGES[1:]]
        staged = stage(project, pages, RESOURCES)
        sources = _tree(staged)
        found.render(staged, project.site)
        made = _tree(project.site)
        _until(lambda: not _group(group))
    finally:
        for process in _group(group):
            os.kill(process, signal.SIGKILL)
    assert _tree(project.site) == made
    assert _tree(staged) == sources
    clean = example_project(tmp_path / "b")
    found.render(stage(clean, pages, RESOURCES), clean.site)
    assert _tree(clean.site) == made
    found.render(stage(project, pages, RESOURCES), project.site)
    assert len(list((project.root / "._site").iterdir())) <= 2
