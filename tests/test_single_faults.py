"""One registry's fault is its own: the others are renewed, and it keeps its last good pages, marked as delayed.

Each test takes two registries that were sound a moment ago, plants one fault into alfa and a newer delivery into beta,
and builds. The pages of notebooks are made without a kernel: what is tried is everything around them.
"""

from __future__ import annotations

import html
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import single_faults as faults
from instant_pages import made_at_once
from kvalreg.batch.execution import Outcome, Workplace
from kvalreg.batch.plan import Job
from kvalreg.errors import NotebookError
from kvalreg.pipeline import Account, Request, build
from kvalreg.project import Project
from kvalreg.release.edition import publish_edition
from kvalreg.report.display import Piece
from kvalreg.site.feed import feed
from kvalreg.site.fields import fields
from kvalreg.site.front import front
from kvalreg.site.registries import registries
from kvalreg.site.revisions import revisions
from kvalreg.site.search_list import search_list
from small_project import UNITS, Silence, delivery_of, write_registry

PANDOC = Request(renderer="pandoc", workers=1)
YEAR = "registre/alfa/2024/index.html"
Execute = Callable[[Iterable[Job], Workplace], Iterator[Outcome]]


# --- two sound registries --------------------------------------------------------------------------------------------
class Sound:
    """Sound projects as they were built once: each test has a copy at the very same place, so that nothing is old."""

    def __init__(self, folder: Path) -> None:
        self.root, self._kept = folder / "project", folder / "kept"

    def keep(self, name: str) -> None:
        shutil.copytree(self.root, self._kept / name, symlinks=True, copy_function=_copied)

    def project(self, name: str) -> Project:
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self._kept / name, self.root, symlinks=True, copy_function=_copied)
        return Project(self.root)


def _copied(source: str, copy: str) -> None:
    """Large files are Vega's, which nobody writes into: they are not copied."""
    if os.path.getsize(source) > 100_000:  # noqa: PTH202
        os.link(source, copy)  # noqa: PTH200
    else:
        shutil.copy2(source, copy)


def less_work(patch: pytest.MonkeyPatch) -> None:
    """Pages without a kernel and without figures, and few pages beside those of registries."""
    patch.setattr("kvalreg.pipeline.execute", made_at_once)
    patch.setattr("kvalreg.site.parts.SHARED_MAKERS", (front, registries, fields, search_list, revisions, feed))
    patch.setattr("kvalreg.site.indicators._variation", lambda *_: Piece(""))
    for name in ("trend", "levels", "units"):
        patch.setattr(f"kvalreg.report.report.Report.{name}", lambda *_: Piece(""))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """`two`: alfa and beta, built and published; `one`: beta alone, with a folder for alfa that nobody has built."""
    found = Sound(tmp_path_factory.mktemp("sound"))
    with pytest.MonkeyPatch.context() as patch:
        less_work(patch)
        patch.setattr("kvalreg.release.edition.approve", lambda *_: [])  # the menu leads to pages that are not made
        for name, ids in (("two", ("alfa", "beta")), ("one", ("beta",))):
            shutil.rmtree(found.root, ignore_errors=True)
            for registry in ids:
                write_registry(found.root, registry, delivery_of(registry))
            (found.root / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
            project = Project(found.root)
            assert build(project, PANDOC, Silence()).exit_code == 0
            publish_edition("2026-01", project)
            if name == "one":
                write_registry(found.root, "alfa", delivery_of("alfa"))
            found.keep(name)
    return found


@pytest.fixture
def two(sound: Sound, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two registries with good pages."""
    less_work(monkeypatch)
    return sound.project("two")


@pytest.fixture
def one(sound: Sound, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Beta with good pages, and alfa, which never had any."""
    less_work(monkeypatch)
    return sound.project("one")


def renewed(project: Project) -> Account:
    """Build with a newer delivery of beta's, in which 89 of 100 were helped instead of 84."""
    path = project.data("beta") / "a.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2024;111;beta_a;80", "2024;111;beta_a;100"), "utf-8")
    return build(project, PANDOC, Silence())


def page(project: Project, address: str = YEAR) -> str:
    """The words of a page of the site; none where there is no such page."""
    path = project.site / address
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


def is_delayed(project: Project, address: str = YEAR) -> bool:
    return "Den nye er forsinket" in page(project, address)


def beta_is_renewed(project: Project) -> bool:
    return "89 av 100" in page(project, "registre/beta/2024/index.html") and not is_delayed(
        project, "registre/beta/2024/index.html"
    )


def line_of(account: Account) -> str:
    """The only line about a failure, which is about alfa."""
    (line,) = account.failures
    assert line.startswith("alfa")
    assert "\n" not in line
    return line


def check_delayed(project: Project, account: Account, named: str) -> None:
    """Alfa's last good pages are there with their own words and their mark; beta's are new; one line says why."""
    assert beta_is_renewed(project)
    assert account.exit_code == 1
    assert "84 av 100" in page(project)
    assert "Andel som fikk hjelp" in page(project)
    assert is_delayed(project)
    assert is_delayed(project, "registre/alfa/index.html")
    assert named in line_of(account)


def check_left_out(project: Project, account: Account, named: str) -> None:
    """Nothing leads to alfa, beta's pages are new, and one line says why."""
    assert beta_is_renewed(project)
    assert account.exit_code == 1
    assert not (project.site / "registre/alfa").exists()
    assert "registre/alfa" not in (project.site / "registre/index.html").read_text(encoding="utf-8")
    assert named in line_of(account)
    assert "left out" in line_of(account)


def check_whole(project: Project, account: Account) -> None:
    """Nothing failed, and nothing is delayed."""
    assert [entry.error for entry in account.entries if not entry.ok] == []
    assert account.exit_code == 0
    assert beta_is_renewed(project)
    assert page(project)
    assert not is_delayed(project)


# --- a registry's own files ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", faults.DESCRIPTORS)
def test_a_faulty_descriptor(two: Project, kind: str) -> None:
    """The pages keep the titles, indicators and units that they were made with."""
    faults.DESCRIPTORS[kind](two)
    check_delayed(two, renewed(two), "alfa")


@pytest.mark.parametrize("kind", faults.DELIVERIES)
def test_a_faulty_delivery(two: Project, kind: str) -> None:
    """File and row are named."""
    faults.DELIVERIES[kind].plant(two)
    check_delayed(two, renewed(two), faults.DELIVERIES[kind].named)


@pytest.mark.parametrize("kind", faults.NOTEBOOKS)
def test_a_faulty_notebook(two: Project, kind: str) -> None:
    """One that cannot be run at all."""
    faults.NOTEBOOKS[kind].plant(two)
    check_delayed(two, renewed(two), faults.NOTEBOOKS[kind].named)


@pytest.mark.parametrize("kind", faults.LEDGER)
def test_a_ledger_that_is_not_whole(two: Project, kind: str) -> None:
    """Nobody knows what new numbers would give away."""
    faults.LEDGER[kind].plant(two)
    check_delayed(two, renewed(two), faults.LEDGER[kind].named)


@pytest.mark.parametrize("kind", faults.TEXTS)
def test_a_text_is_shown_as_text(two: Project, kind: str) -> None:
    """Whatever a registry writes breaks no page."""
    faults.TEXTS[kind](two)
    check_whole(two, renewed(two))


@pytest.mark.parametrize("kind", faults.HARMLESS)
def test_what_does_no_harm(two: Project, kind: str) -> None:
    """Strange, and no fault."""
    faults.HARMLESS[kind](two)
    check_whole(two, renewed(two))


@pytest.mark.parametrize("kind", faults.LEFT)
def test_damage_that_is_mended(two: Project, kind: str) -> None:
    """What can be made again is made again."""
    faults.LEFT[kind](two)
    check_whole(two, renewed(two))


# --- pages -----------------------------------------------------------------------------------------------------------
def with_years(change: Callable[[Outcome], Outcome], years: Iterable[int] = (2023, 2024)) -> Execute:
    """Pages as they are made at once, those of alfa's years changed."""

    def execute(jobs: Iterable[Job], workplace: Workplace, *rest: object) -> Iterator[Outcome]:
        for outcome in made_at_once(jobs, workplace, *rest):
            job = outcome.job
            yield change(outcome) if (job.registry, job.kind) == ("alfa", "year") and job.year in years else outcome

    return execute


def with_text(text: str) -> Execute:
    return with_years(lambda outcome: replace(outcome, markdown=f"{outcome.markdown}\n\n{text}\n"))


def failing(outcome: Outcome) -> Outcome:
    log = Path("_build/logs/alfa/alfa-2025.log").absolute()
    return Outcome(outcome.job, error=NotebookError("ValueError: nei", 3), log=log)


BROKEN = {kind: with_text(text) for kind, text in faults.PAGES.items()}
BROKEN["nothing"] = with_years(lambda outcome: replace(outcome, markdown=" \n"))
BROKEN["no results"] = with_years(lambda outcome: replace(outcome, markdown="Her er vi."), range(2022, 2026))
BROKEN["an error in all years"] = with_years(failing)
BROKEN["an error in one year"] = with_years(failing, (2023,))


@pytest.mark.parametrize("kind", BROKEN)
def test_a_faulty_page(two: Project, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """What one page holds keeps all pages of its registry as they were, since they belong together."""
    monkeypatch.setattr("kvalreg.pipeline.execute", BROKEN[kind])
    small = "caregiver;2022;111;alfa_a;1;3", "caregiver;2022;112;alfa_a;30;50", "caregiver;2022;121;alfa_a;30;50"
    faults.new_delivery(two, *small)
    account = renewed(two)
    check_delayed(two, account, "")
    assert "79 av 100" not in page(two)
    assert "alfa" in line_of(account)
