"""The memo: nothing changed, nothing runs; what changed runs, and no more; a damaged entry is as good as none."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from datetime import datetime
from io import BufferedReader
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from kvalreg import pipeline
from kvalreg.arrays import BoolArray
from kvalreg.cli import cli
from kvalreg.disclosure import suppression_cache
from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.published import load_published
from kvalreg.disclosure.suppression import suppress
from kvalreg.disclosure.system import TableSystem
from kvalreg.errors import Diagnostic
from kvalreg.execution.execute import ExecutorConfig, JobResult
from kvalreg.execution.plan import Job
from kvalreg.last_build import UNCHANGED, open_memo
from kvalreg.project import Project
from kvalreg.release.audit import AuditReport
from kvalreg.report.markup import raw_html
from kvalreg.storage.content_store import ContentStore
from kvalreg.storage.last_good import load_last_good_pages
from kvalreg.storage.memo import Memo
from small_project import Silence, delivery_of

REQUEST = pipeline.BuildRequest(renderer="pandoc")
ALL = ["alfa", "alfa 2023", "alfa 2024", "beta", "beta 2023", "beta 2024"]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs of the last build; instead of running a notebook, each is given a page."""
    names: list[str] = []

    def execute(jobs: list[Job], _: ExecutorConfig) -> Iterator[JobResult]:
        names[:] = sorted(job.name for job in jobs)
        for job in jobs:
            text = f"Tekst om {job.name}. {job.notebook.stat().st_size}"
            yield JobResult(job, markdown=raw_html(f'<p data-kv-text="registry">{text}</p>') + "\n")

    monkeypatch.setattr("kvalreg.stages.execute.execute", execute)
    monkeypatch.setattr(
        "kvalreg.release.preflight.audit_site", lambda *_: AuditReport((), 0)
    )  # it finds no results there
    return names


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of a rendered site, one file with the pages' texts."""

    def render(project: Project, *_: object) -> list[Diagnostic]:
        texts = [
            page.markdown for name in ("alfa", "beta") for page in load_last_good_pages(name, project.last_good_pages)
        ]
        project.site.mkdir(exist_ok=True)
        (project.site / "index.html").write_text("".join(texts), encoding="utf-8")
        return []

    monkeypatch.setattr("kvalreg.pipeline.render_site", render)


def built(project: Project, request: pipeline.BuildRequest = REQUEST) -> list[str]:
    """Build, and give what was said."""
    watching = Silence()
    account = pipeline.build(project, request, watching)
    assert account.exit_code == 0
    assert [entry.name for entry in account.task_results] == ALL
    return watching.said


def site(project: Project) -> dict[str, tuple[bytes, int]]:
    """Every file of the site, with its time."""
    files = (path for path in project.site.rglob("*") if path.is_file())
    return {str(path.relative_to(project.site)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_a_result_stands_while_its_key_and_its_files_do(tmp_path: Path) -> None:
    """Another key, a touched file and --no-cache each mean that the stage runs again."""
    store, file = ContentStore(tmp_path / "cache"), tmp_path / "cells.parquet"
    memo = Memo(store)
    file.write_bytes(b"cells")
    memo.put("gate", "alfa", "k1", {"jobs": 3}, [file])
    assert memo.get("gate", "alfa", "k1") == {"jobs": 3}
    assert memo.get("gate", "alfa", "k2") is memo.get("gate", "beta", "k1") is None
    assert Memo(store, use_cache=False).get("gate", "alfa", "k1") is None
    file.write_bytes(b"other")
    os.utime(file, (1, 1))
    assert memo.get("gate", "alfa", "k1") is None


def test_a_registry_that_is_gone_leaves_nothing(tmp_path: Path) -> None:
    """The results of other registries and of the whole build stay."""
    memo = Memo(ContentStore(tmp_path))
    for stage, name in (("gate", "alfa"), ("gate", "beta"), ("pages", "beta/a"), ("build", "result")):
        memo.put(stage, name, "k", 1)
    memo.retain({"alfa"})
    assert [memo.get(*entry, "k") for entry in (("gate", "alfa"), ("build", "result"))] == [1, 1]
    assert memo.get("gate", "beta", "k") is memo.get("pages", "beta/a", "k") is None


def test_nothing_changed_nothing_runs(project: Project, ran: list[str]) -> None:
    """The second build runs no job and touches no file of the site, and tells the same account."""
    built(project)
    assert ran == ALL
    before = site(project)
    ran.clear()
    assert "Nothing has changed since the last build." in built(project)
    assert (ran, site(project)) == ([], before)


@pytest.mark.usefixtures("quick")
def test_one_delivery_changed_only_its_registry_runs(project: Project, ran: list[str]) -> None:
    """A new number for alfa runs alfa's pages; the same bytes written again run nothing."""
    built(project)
    file = project.data("alfa") / "a.csv"
    file.write_text(delivery_of("alfa").replace("2024;111;alfa_a;80", "2024;111;alfa_a;81"), encoding="utf-8")
    built(project)
    assert ran == ["alfa", "alfa 2023", "alfa 2024"]
    file.write_bytes(file.read_bytes())
    os.utime(file, (time.time() - 100, time.time() - 100))
    ran.clear()
    built(project)
    assert ran == []


@pytest.mark.parametrize("damaged", [False, True])
@pytest.mark.usefixtures("quick", "ran")
def test_what_to_hide_is_chosen_anew_in_the_tables_that_changed(
    project: Project, monkeypatch: pytest.MonkeyPatch, damaged: bool
) -> None:
    """A new number of 2024 leaves what is hidden in 2023, unless what was kept is damaged; it is as if all were new."""
    chosen: list[TableSystem] = []

    def choose(system: TableSystem, attack: Attack) -> BoolArray:
        chosen.append(system)
        return suppress(system, attack)

    monkeypatch.setattr(suppression_cache, "suppress", choose)
    file, kept = project.data("alfa") / "a.csv", project.build_folder / "cache" / "masks" / "alfa"
    few = delivery_of("alfa").replace("112;alfa_a;45;50", "112;alfa_a;2;3")
    file.write_text(few, encoding="utf-8")
    built(project)
    assert len(chosen) == 2
    file.write_text(few.replace("2024;111;alfa_a;80", "2024;111;alfa_a;81"), encoding="utf-8")
    if damaged:
        kept.write_bytes(kept.read_bytes()[:-9] + b"00" + kept.read_bytes()[-7:])
    chosen.clear()
    built(project)
    assert len(chosen) == (2 if damaged else 1)
    cells = load_published("alfa", project.published).cells
    built(project, pipeline.BuildRequest(renderer="pandoc", use_cache=False))
    pd.testing.assert_frame_equal(load_published("alfa", project.published).cells, cells)


@pytest.mark.usefixtures("quick")
def test_a_change_of_the_same_size_in_the_same_moment_is_seen(project: Project, ran: list[str]) -> None:
    """A file that was written just now is read again, even with the size and time of before."""
    built(project)
    file = project.data("alfa") / "a.csv"
    stat = file.stat()
    file.write_text(delivery_of("alfa").replace("2024;111;alfa_a;80", "2024;111;alfa_a;81"), encoding="utf-8")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    built(project)
    assert ran == ["alfa", "alfa 2023", "alfa 2024"]


@pytest.mark.parametrize("how", ["written over", "put in its place"])
def test_a_file_that_keeps_size_and_time_is_read_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """rsync -t and archives keep both: the inode or the time that the system notes tells that it is another file."""
    monkeypatch.setattr("kvalreg.storage.fingerprint._CLOCK_RESOLUTION", -1)
    file = project.descriptor("alfa")
    before, memo = file.stat(), open_memo(project)
    first = memo.fingerprints.of_file(file)
    memo.close()
    text = file.read_text("utf-8").replace("Register", "register")
    if how == "written over":
        with file.open("r+") as stream:
            stream.write(text)
    else:
        other = file.with_suffix(".new")
        other.write_text(text, encoding="utf-8")
        other.replace(file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert open_memo(project).fingerprints.of_file(file) == hashlib.sha256(text.encode()).hexdigest() != first


def test_deliveries_are_read_in_each_run_and_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a disk tells of them; other files, whose digest is remembered, are not read again."""
    monkeypatch.setattr("kvalreg.storage.fingerprint._CLOCK_RESOLUTION", -1)
    files = [project.data("alfa") / "a.csv", project.descriptor("alfa")]
    read: list[str] = []
    digest = hashlib.file_digest

    def noting(file: BufferedReader, name: str) -> object:
        read.append(Path(file.name).name)
        return digest(file, name)

    monkeypatch.setattr("kvalreg.storage.fingerprint.hashlib.file_digest", noting)
    for _ in range(2):
        memo = open_memo(project)
        for path in files * 2:
            memo.fingerprints.of_file(path)
        memo.close()
    assert read == ["a.csv", "registry.yml", "a.csv"]


@pytest.mark.usefixtures("quick")
def test_a_registrys_own_notebook_runs_its_pages_of_that_kind(project: Project, ran: list[str]) -> None:
    """A notebook of alfa's own makes alfa's pages of the years again, and no other."""
    built(project)
    own = project.root / "notebooks" / "report" / "alfa"
    own.mkdir(parents=True)
    (own / "year.ipynb").write_bytes(project.notebook("year", "beta").read_bytes() + b"\n")
    built(project)
    assert ran == ["alfa 2023", "alfa 2024"]


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "gone"])
@pytest.mark.parametrize("entry", ["build/result", "files", "gate/alfa", "pages/alfa/registre/alfa/index.qmd"])
@pytest.mark.usefixtures("quick")
def test_a_damaged_entry_is_as_good_as_none(project: Project, ran: list[str], entry: str, damage: str) -> None:
    """Half a file, a flipped bit, another tool's file: the work is done again, and the site is the same."""
    built(project)
    before = {name: content for name, (content, _) in site(project).items()}
    (project.site / "index.html").unlink()
    path = project.build_folder / "cache" / entry
    sound = path.read_bytes()
    path.write_bytes(
        {"cut": sound[: len(sound) // 2], "flipped": sound.replace(b"a", b"b", 1), "foreign": b"[1, 2]", "gone": b""}[
            damage
        ]
    )
    built(project)
    assert ran == (["alfa"] if entry.startswith("pages") else [])
    assert {name: content for name, (content, _) in site(project).items()} == before
    assert "Nothing has changed since the last build." in built(project)


@pytest.mark.usefixtures("quick")
def test_a_damaged_page_is_made_again(project: Project, ran: list[str]) -> None:
    """An accepted page whose bytes are not those that were accepted is run again, and it alone."""
    built(project)
    path = next(iter(sorted((project.last_good_pages / "alfa").glob("*.json"))))
    path.write_bytes(path.read_bytes().replace(b"Tekst", b"Takst"))
    built(project)
    assert len(ran) == 1
    assert b"Takst" not in path.read_bytes()


@pytest.mark.usefixtures("quick", "ran")
def test_the_day_counts_once_results_are_due(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another day alone is no change; the day after 15 June is, as pages then say that last year's results are late."""
    for day, unchanged in (("2026-06-01", False), ("2026-06-15", True), ("2026-06-16", False), ("2026-12-31", True)):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(datetime.fromisoformat(f"{day}T12:00:00Z").timestamp())))
        assert (UNCHANGED in built(project)) == unchanged, day


@pytest.mark.usefixtures("instant")
def test_who_only_looks_changes_nothing(project: Project) -> None:
    """After a build, every command that only looks leaves the next build with nothing to do."""
    assert pipeline.build(project, REQUEST, Silence()).exit_code == 0
    root = ["--project", str(project.root)]
    looks = [["status"], ["status", "--format", "json"], ["check"], ["diff", "alfa"], ["audit", str(project.site)]]
    for look in [*looks, ["build", "--draft", "--renderer", "pandoc"]]:
        done = CliRunner().invoke(cli, [*look, *root])
        assert done.exit_code in (0, 1), (look, done.output)
        assert isinstance(done.exception, SystemExit | None), look
    by_hand = [project.staging / ".quarto" / "idx.json", project.staging / "site_libs" / "a.js"]
    for path in [*by_hand, project.workbench / "pages" / "index.html"]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    said = Silence()
    pipeline.build(project, REQUEST, said)
    assert said.said == [UNCHANGED]


@pytest.mark.usefixtures("quick")
def test_without_the_cache_everything_runs(project: Project, ran: list[str]) -> None:
    """--no-cache believes nothing that was kept."""
    built(project)
    ran.clear()
    built(project, pipeline.BuildRequest(renderer="pandoc", use_cache=False))
    assert ran == ALL


@pytest.mark.usefixtures("quick")
def test_the_cache_holds_one_entry_for_each_registry_there_is(project: Project, ran: list[str], tmp_path: Path) -> None:
    """It does not grow: a registry that is gone has no entry, and a file that is gone is in no index."""
    built(project)
    folder = project.build_folder / "cache"
    stages = ["gate", "masks", "pages"]
    kept = [*(f"{stage}/{name}" for stage in stages for name in ("alfa", "beta")), "build/result"]
    assert sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*")) == sorted(kept)
    for path in (project.descriptor("beta"), project.delivery_list("beta"), project.data("beta") / "a.csv"):
        path.unlink()
    project.descriptor("beta").parent.rmdir()
    pipeline.build(project, REQUEST, Silence())
    kept = [*(f"{stage}/alfa" for stage in stages), "build/result"]
    assert sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*")) == sorted(kept)
    assert str(project.data("beta") / "a.csv") not in ContentStore(folder).read_json("files")
