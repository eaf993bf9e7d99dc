"""Builds that are killed at random moments while somebody reads; `test_release_killed.py` runs it in its own process.

    python killed_builds.py PROJECT KILLS SEED

The project's registry alfa has two deliveries, a.csv and other.csv. Each build makes the site of one or the other, in
a process forked from this one, which has done the imports. Notebooks are replaced by a page that is there at once, and
only some pages are made: what is tried is everything around them. Any assertion ends the run.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
import time
from pathlib import Path

from instant_pages import made_at_once
from kvalreg import pipeline
from kvalreg.project import Project
from kvalreg.release import preflight as approval
from kvalreg.site import incremental_staging as parts
from kvalreg.site.front import generate_front_pages
from kvalreg.site.registries import generate_registry_list
from kvalreg.site.reports import generate_report_pages
from kvalreg.site.revisions import generate_revision_pages
from kvalreg.site.units import generate_unit_pages
from kvalreg.stages import execute as stages_execute
from small_project import Silence

READ = ("index.html", "registre/alfa/index.html", "site_libs/kvalreg/kvalreg.css")
Tree = dict[str, str]


def start(project: Project) -> int:
    """A build in a process of its own."""
    pid = os.fork()
    if pid:
        return pid
    try:
        account = pipeline.build(project, pipeline.BuildRequest(("alfa",), renderer="pandoc"), Silence())
        os._exit(account.exit_code)
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        os._exit(70)


def complete(project: Project) -> None:
    """A build that comes to its end."""
    _, status = os.waitpid(start(project), 0)
    assert os.waitstatus_to_exitcode(status) == 0, "a build after a killed one failed"


def tree(site: Path) -> Tree:
    """Every file of a site, by its checksum."""
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in site.rglob("*")
        if path.is_file()
    }


def read_until(moment: float, site: Path, allowed: list[Tree]) -> int:
    """Read pages as a web server does until the moment comes; each is there and belongs to one of the two sites."""
    reads = 0
    while time.monotonic() < moment:
        for file in READ:
            seen = hashlib.sha256((site / file).read_bytes()).hexdigest()
            assert seen in {one[file] for one in allowed}, f"{file} belongs to neither site"
            reads += 1
        time.sleep(0.002)
    return reads


def main() -> None:
    """Kill, look, and complete now and then."""
    project, kills, chance = Project(Path(sys.argv[1])), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    setattr(parts, "REGISTRY_GENERATORS", (generate_report_pages,))  # noqa: B010  (the type checker knows no such export)
    setattr(parts, "UNIT_GENERATORS", (generate_unit_pages,))  # noqa: B010
    setattr(parts, "SHARED_GENERATORS", (generate_front_pages, generate_registry_list, generate_revision_pages))  # noqa: B010
    setattr(stages_execute, "execute", made_at_once)  # noqa: B010
    setattr(approval, "lint_site", lambda *_: [])  # noqa: B010  (links lead to pages that are not made)
    delivery = project.data("alfa") / "a.csv"
    variants = [delivery.read_bytes(), (project.root / "other.csv").read_bytes()]
    trees = []
    for content in variants:
        delivery.write_bytes(content)
        began = time.monotonic()
        complete(project)
        duration = time.monotonic() - began
        trees.append(tree(project.site))
    assert trees[0].keys() == trees[1].keys()
    assert trees[0] != trees[1]

    halted = finished = reads = 0
    while halted < kills:
        number = halted + finished
        assert finished <= kills, "most builds end before they are killed"
        delivery.write_bytes(variants[number % 2])
        pid = start(project)
        reads += read_until(time.monotonic() + chance.uniform(0, duration), project.site, trees)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            halted += 1
        else:  # what was left of an earlier one made it quicker, or others leave the machine alone by now
            finished += 1
            duration *= 0.9
        assert tree(project.site) in trees, "the site is a mix of two"
        if number % 10 == 9:
            complete(project)
            assert tree(project.site) == trees[number % 2], "the build after a killed one made another site"
            left = [path for path in project.root.iterdir() if path.name.startswith(".") and path.name != "._site"]
            assert not left, f"left behind: {left}"
            assert len(list((project.root / "._site").iterdir())) <= 2, "killed builds left their folders behind"
    sys.stdout.write(f"{halted} killed, {finished} finished, {reads} pages read, {duration:.2f} s a build\n")


if __name__ == "__main__":
    main()
