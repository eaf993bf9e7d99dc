"""Editions: what does not pass the audit is not released, and what is published binds the next edition."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvalreg.disclosure.ledger import read_editions
from kvalreg.disclosure.published import load_published
from kvalreg.errors import DisclosureError, UsageError
from kvalreg.pipeline import Request, build
from kvalreg.project import Project
from kvalreg.release.edition import publish_edition
from small_project import Silence, write_notebook

LOAD = "from kvalreg.report import Report\nreport = Report.load(registry, year, round, language)"
PANDOC = Request(("alfa",), renderer="pandoc")
JUNE = {"111": (1, 3), "112": (6, 12), "121": (20, 30), "122": (30, 60)}


def deliver(project: Project, sizes: dict[str, tuple[int, int]]) -> None:
    """One year of registry alfa."""
    rows = [f"caregiver;2024;{orgnr};alfa_a;{x};{n}" for orgnr, (x, n) in sizes.items()]
    text = "\n".join(["context;year;orgnr;ind_id;var;denominator", *rows])
    (project.data("alfa") / "a.csv").write_text(text, encoding="utf-8")


def hidden(project: Project) -> set[str]:
    """The units that are marked as hidden."""
    cells = load_published("alfa", project.published).cells
    return set(cells.loc[~cells["shown"], "orgnr"])


def test_a_site_that_gives_a_hidden_number_away_is_not_released(project: Project) -> None:
    """A registry's own notebook writes a hidden hospital's result: the build fails, and the old site stays."""
    deliver(project, JUNE)
    build(project, PANDOC, Silence())
    before = (project.site / "index.html").read_bytes()
    own = project.root / "notebooks" / "report" / "alfa"
    own.mkdir(parents=True)
    leak = "from kvalreg.report.display import html_piece\nhtml_piece('<p>Vik: 1 av 3 pasienter i 2024.</p>')"
    write_notebook(own / "year.ipynb", [LOAD, "report.sections()", leak])
    with pytest.raises(DisclosureError) as error:
        build(project, PANDOC, Silence())
    assert "registre/alfa/2024/index.html" in str(error.value)
    assert "Vik sykehus (111)" in str(error.value)
    assert "1 av 3" not in str(error.value)
    assert (project.site / "index.html").read_bytes() == before
    assert "1 av 3" not in (project.site / "registre/alfa/2024/index.html").read_text(encoding="utf-8")


def test_an_edition_binds_the_next(project: Project) -> None:
    """June hides 111 (3) and 112. In December 111 has grown, and 112 would give June's 111 away: it stays hidden."""
    deliver(project, JUNE)
    build(project, PANDOC, Silence())
    assert hidden(project) == {"111", "112"}
    folder = publish_edition("2026-06", project)
    assert (folder / "registre/alfa/2024/index.html").is_file()
    assert [one.name for one in read_editions("alfa", project.ledger)] == ["2026-06"]
    deliver(project, JUNE | {"111": (10, 20)})
    build(project, PANDOC, Silence())
    assert "112" in hidden(project)
    assert publish_edition("2026-12", project).is_dir()
    with pytest.raises(UsageError, match="2026-12 has been published already"):
        publish_edition("2026-12", project)


@pytest.mark.parametrize("name", ["juni", "2026", "../2026-06", "2026-06/x", ""])
def test_a_name_that_is_no_edition_is_refused(project: Project, name: str) -> None:
    """The name becomes a folder and an address, so it is a year and a month."""
    with pytest.raises(UsageError, match="is no name of an edition"):
        publish_edition(name, project)


def test_nothing_built_is_nothing_to_publish(project: Project) -> None:
    """The message says what to do first."""
    with pytest.raises(UsageError, match="Run kvalreg build first"):
        publish_edition("2026-06", project)


def test_a_site_changed_after_the_build_is_attacked_again(project: Project, tmp_path: Path) -> None:
    """Somebody adds a file with a hidden count to the built site: it does not become an edition."""
    deliver(project, JUNE)
    build(project, PANDOC, Silence())
    leak = "ind_id;context;year;level;orgnr;var;denominator\nalfa_a;caregiver;2024;hospital;111;1;3\n"
    (project.site / "extra.csv").write_text(leak, encoding="utf-8")
    with pytest.raises(DisclosureError, match=r"extra\.csv"):
        publish_edition("2026-06", project)
    assert not project.editions.exists()
    assert read_editions("alfa", project.ledger) == ()
