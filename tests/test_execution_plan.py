"""Which pages are planned: one per year and round and the registry's own, in each of its languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kvalreg.execution.plan import Job, plan_jobs
from kvalreg.project import Project
from kvalreg.report import Report
from kvalreg.report.translation import get_translator
from report_example import example


def jobs(tmp_path: Path, also_in: tuple[str, ...] = (), complete_to: str = "2024-12-31") -> list[Job]:
    """The pages of the example, with results of 2019-2024."""
    published = example(complete_to)
    registry = published.registry.model_copy(update={"also_in": also_in})
    return plan_jobs(replace(published, source=replace(published.source, registry=registry)), Project(tmp_path))


def test_the_registrys_page_comes_first_then_the_years_newest_first(tmp_path: Path) -> None:
    """The registry's page tells of the newest final year."""
    found = jobs(tmp_path)
    assert [job.name for job in found] == ["alfa", *(f"alfa {year}" for year in range(2024, 2018, -1))]
    assert (found[0].year, found[0].round, found[0].address) == (2024, "final", "registre/alfa/index.qmd")


def test_a_year_to_date_has_its_own_address_and_title(tmp_path: Path) -> None:
    """The registry's page stays with the newest final year."""
    own, newest, *_ = jobs(tmp_path, complete_to="2023-12-31")
    assert (own.year, own.round) == (2023, "final")
    assert newest.address == "registre/alfa/2024-forelopig/index.qmd"
    assert newest.title == "Register for alfa: foreløpige resultater 2024"


def test_english_pages_lie_beside_the_registrys_own(tmp_path: Path) -> None:
    """The same pages below ``en/``, in English, with names of their own in messages."""
    own, english = jobs(tmp_path), jobs(tmp_path, ("en",))
    assert english[: len(own)] == own
    added = english[len(own) :]
    assert [job.address for job in added] == [f"en/{job.address}" for job in own]
    assert {job.language for job in added} == {"en"}
    assert [job.name for job in added[:2]] == ["alfa en", "alfa 2024 en"]
    assert added[1].title == "Register for alfa: results 2024"
    assert added[1].breadcrumb[1] == ("Alfa", "en/registre/alfa/index.qmd")
    assert len({job.name for job in english}) == len({job.address for job in english}) == len(english)


def test_the_two_languages_lead_to_each_other() -> None:
    """From the top of each page to the same page in the other language; a page in one language has no such link."""
    published = example()
    registry = published.registry.model_copy(update={"also_in": ("en",)})
    both = replace(published, source=replace(published.source, registry=registry))
    english = Report(both, 2024, "final", get_translator("en", "nb")).lead().markdown
    assert 'href="../../../../registre/alfa/2024/index.html" lang="nb" hreflang="nb"' in english
    norwegian = Report(both, 2024, "final", get_translator("nb")).introduction().markdown
    assert 'href="../../en/registre/alfa/index.html" lang="en" hreflang="en"' in norwegian
    assert "hreflang" not in Report(published, 2024, "final", get_translator("nb")).lead().markdown
