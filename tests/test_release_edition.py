"""Editions: what does not pass the audit is not released, and what is published binds the next edition."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kvalreg.disclosure.ledger import read_editions
from kvalreg.disclosure.published import load_published
from kvalreg.errors import DisclosureError, UsageError
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.release.history import withdrawn_editions
from kvalreg.release.publish import publish_edition, roll_back
from small_project import Silence, write_notebook

if TYPE_CHECKING:
    from kvalreg.execution.execute import JobResult

LOAD = "from kvalreg.report import Report\nreport = Report.load(registry, year, round, language)"
PANDOC = BuildRequest(("alfa",), renderer="pandoc")
JUNE = {"111": (1, 3), "112": (6, 12), "121": (20, 30), "122": (30, 60)}


def deliver(project: Project, sizes: dict[str, tuple[int, int]]) -> None:
    """One year of registry alfa."""
    rows = [f"caregiver;2024;{orgnr};alfa_a;{x};{n}" for orgnr, (x, n) in sizes.items()]
    text = "\n".join(["context;year;orgnr;ind_id;var;denominator", *rows])
    (project.data("alfa") / "a.csv").write_text(text, encoding="utf-8")


class Stopped(Silence):
    """Somebody stops the run when the first page is made."""

    def advance(self, job_result: JobResult) -> None:
        raise KeyboardInterrupt(job_result.job.name)


def whole(site: Path) -> dict[str, bytes]:
    """Every file of a site, its earlier editions left out."""
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def hidden(project: Project) -> set[str]:
    """The units that are marked as hidden."""
    cells = load_published("alfa", project.published).cells
    return set(cells.loc[~cells["shown"], "orgnr"])


def test_a_site_that_gives_a_hidden_number_away_is_not_released(project: Project) -> None:
    """A registry's own notebook writes a hidden hospital's result: its last good pages stay, and it is told why."""
    deliver(project, JUNE)
    build(project, PANDOC, Silence())
    own = project.root / "notebooks" / "report" / "alfa"
    own.mkdir(parents=True)
    leak = (
        "from kvalreg.report.html_fragment import html_fragment\nhtml_fragment('<p>Vik: 1 av 3 pasienter i 2024.</p>')"
    )
    write_notebook(own / "year.ipynb", [LOAD, "report.sections()", leak])
    account = build(project, PANDOC, Silence())
    (failed,) = [entry for entry in account.task_results if not entry.ok]
    assert (failed.name, account.exit_code) == ("alfa", 1)
    assert "registre/alfa/2024/index.html" in failed.error
    assert ": alfa: A number" in failed.error
    assert "1 av 3" not in failed.error
    page = (project.site / "registre/alfa/2024/index.html").read_text(encoding="utf-8")
    assert "1 av 3" not in page
    assert "kv-delayed" in page


@pytest.mark.usefixtures("instant")
def test_editions_are_published_kept_and_taken_back(project: Project) -> None:
    """June, December and a roll-back: what readers see, what stays at permanent addresses, and what binds the next.

    June hides 111 (3) and 112. In December 111 has grown, and 112 would give June's 111 away: it stays hidden, also
    after December has been taken back, because readers have seen it.
    """
    deliver(project, JUNE)
    build(project, PANDOC, Silence())
    assert hidden(project) == {"111", "112"}
    assert not project.public.exists()
    assert publish_edition("2026-06", project) == project.public.resolve()
    june = whole(project.public)
    assert (project.public / "utgaver/2026-06/registre/alfa/2024/index.html").is_file()

    # a build is for whoever makes it: readers see June until December is published
    deliver(project, JUNE | {"111": (10, 20)})
    build(project, PANDOC, Silence())
    assert "112" in hidden(project)
    assert whole(project.public) == june
    publish_edition("2026-12", project)
    assert whole(project.public) != june
    assert {path.name for path in (project.public / "utgaver").iterdir() if path.is_symlink()} == {"2026-06", "2026-12"}
    with pytest.raises(UsageError, match="2026-12 has been published already"):
        publish_edition("2026-12", project)
    with pytest.raises(UsageError, match="2026-09 would come before 2026-12"):
        publish_edition("2026-09", project)

    # back to June: to the byte what it was; the ledger keeps December
    assert roll_back(project) == "2026-06"
    assert whole(project.public) == june
    assert [one.name for one in read_editions("alfa", project)] == ["2026-06", "2026-12"]
    with pytest.raises(UsageError, match=r"Readers see 2026-06 already\. To go back to there are: 2026-12"):
        roll_back(project, "2026-06")
    build(project, PANDOC, Silence())
    assert "112" in hidden(project)
    assert {path.name for path in (project.site / "utgaver").iterdir() if path.is_symlink()} == {"2026-06"}
    assert roll_back(project, "2026-12") == "2026-12"
    assert not withdrawn_editions(project)


@pytest.mark.usefixtures("instant")
def test_an_earlier_edition_says_what_it_is(project: Project) -> None:
    """Every page of it: a mark, a way to the same page's newest numbers that is there, nothing for search engines."""
    deliver(project, JUNE)
    build(project, PANDOC, Silence())
    publish_edition("2026-06", project)
    folder = project.public / "utgaver" / "2026-06"
    pages = [path for path in folder.rglob("*.html") if "site_libs" not in path.parts]
    assert len(pages) >= 5
    for page in pages:
        html = page.read_text(encoding="utf-8")
        text = re.sub(r"</?time[^>]*>", "", html)
        marks = {
            "nb": "Dette er utgaven fra juni 2026",
            "nn": "Dette er utgåva frå juni 2026",
            "en": "This is the edition of June 2026",
        }
        language = re.search(r'<html lang="(\w+)"', text)
        assert language is not None
        assert text.count(marks[language[1]]) == 1
        assert text.count('<meta name="robots" content="noindex">') == 1
        newest = re.search(r'kv-edition.*?<a href="([^"]+)"', text, re.DOTALL)
        assert newest is not None
        assert os.path.normpath(page.parent / newest[1]) == str(project.public / page.relative_to(folder))


@pytest.mark.usefixtures("instant")
def test_what_an_edition_shows_can_be_shared_but_never_changes(project: Project) -> None:
    """Files that stay the same lie on the disk once; changing the built site afterwards changes no edition."""
    deliver(project, JUNE)
    build(project, PANDOC, Silence())
    publish_edition("2026-06", project)
    build(project, PANDOC, Silence())
    publish_edition("2026-07", project)
    same = "registre/alfa/2024/index.html"
    assert (project.releases / "2026-06" / same).samefile(project.releases / "2026-07" / same)
    before = (project.public / same).read_bytes()
    (project.site / same).write_text("changed", encoding="utf-8")
    assert (project.public / same).read_bytes() == before


@pytest.mark.usefixtures("instant")
def test_only_the_newest_releases_are_kept(project: Project) -> None:
    """`keep` counts the one that readers see; permanent copies all stay."""
    deliver(project, JUNE)
    build(project, PANDOC, Silence())
    for month in ("2026-06", "2026-07", "2026-08"):
        publish_edition(month, project, keep=2)
    assert sorted(path.name for path in project.releases.iterdir()) == ["2026-07", "2026-08"]
    assert sorted(path.name for path in project.editions.iterdir()) == ["2026-06", "2026-07", "2026-08"]
    with pytest.raises(UsageError, match=r"There is no release 2026-06 kept\. To go back to there are: 2026-07"):
        roll_back(project, "2026-06")


@pytest.mark.usefixtures("instant")
def test_a_build_that_was_stopped_halfway_is_not_published(project: Project) -> None:
    """The site is older than the cells that a stopped build has left: the ledger would remember the wrong numbers."""
    deliver(project, JUNE)
    build(project, PANDOC, Silence())
    deliver(project, JUNE | {"111": (10, 20)})
    with pytest.raises(KeyboardInterrupt):
        build(project, PANDOC, Stopped())
    with pytest.raises(UsageError, match="Run kvalreg build again"):
        publish_edition("2026-06", project)
    assert not project.public.exists()


def test_nothing_published_is_nothing_to_go_back_to(project: Project) -> None:
    """The message says so."""
    with pytest.raises(UsageError, match="No edition has been published"):
        roll_back(project)


def test_a_folder_of_somebody_elses_is_not_taken_for_readers(project: Project) -> None:
    """`_public` is a link of ours, or is not touched."""
    project.public.mkdir()
    with pytest.raises(UsageError, match="Move it away"):
        publish_edition("2026-06", project)


@pytest.mark.parametrize("name", ["juni", "2026", "../2026-06", "2026-06/x", "2026-13", ""])
def test_a_name_that_is_no_edition_is_refused(project: Project, name: str) -> None:
    """The name becomes a folder and an address, so it is a year and a month."""
    with pytest.raises(UsageError, match="is no name of an edition"):
        publish_edition(name, project)


def test_nothing_built_is_nothing_to_publish(project: Project) -> None:
    """The message says what to do first."""
    with pytest.raises(UsageError, match="Run kvalreg build first"):
        publish_edition("2026-06", project)


@pytest.mark.usefixtures("instant")
def test_a_site_changed_after_the_build_is_attacked_again(project: Project, tmp_path: Path) -> None:
    """Somebody adds a file with a hidden count to the built site: it does not become an edition."""
    deliver(project, JUNE)
    build(project, PANDOC, Silence())
    leak = "ind_id;context;year;level;orgnr;var;denominator\nalfa_a;caregiver;2024;hospital;111;1;3\n"
    (project.site / "extra.csv").write_text(leak, encoding="utf-8")
    with pytest.raises(DisclosureError, match=r"extra\.csv"):
        publish_edition("2026-06", project)
    assert not project.editions.exists()
    assert read_editions("alfa", project) == ()
