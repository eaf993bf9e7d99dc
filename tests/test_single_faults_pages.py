"""One registry's fault is its own, also where it is met late: on a page, by the renderer, by the audit, by our code.

As `test_single_faults.py`, whose faults are in files. Pages of notebooks are made without a kernel, and broken here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import single_faults as faults
from instant_pages import made_at_once
from kvalreg import pipeline
from kvalreg.batch.accepted import accepted_pages
from kvalreg.batch.execution import Outcome, Workplace
from kvalreg.batch.plan import Job
from kvalreg.cli import cli
from kvalreg.errors import DisclosureError, Fault, LedgerError, NotebookError, RendererError
from kvalreg.kinds import Kind
from kvalreg.pipeline import build
from kvalreg.project import Project
from kvalreg.release import approval
from kvalreg.release.audit import Audit, Finding
from kvalreg.site import parts
from kvalreg.site.content import Content, Site
from kvalreg.site.output import Approve
from kvalreg.site.pages import REGISTRY_MAKERS
from kvalreg.site.pandoc import Pandoc
from kvalreg.stages import gate
from small_project import Silence, delivery_of
from sound_projects import (
    BETA,
    PANDOC,
    Execute,
    SoundProjects,
    beta_is_renewed,
    check_delayed,
    check_left_out,
    check_whole,
    is_delayed,
    less_work,
    line_of,
    renewed,
    words_of,
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> SoundProjects:
    """`two`: alfa and beta with good pages; `one`: beta, and an alfa that nobody has built."""
    found = SoundProjects(tmp_path_factory.mktemp("sound"))
    with pytest.MonkeyPatch.context() as patch:
        less_work(patch)
        found.make("two", ("alfa", "beta"))
        found.make("one", ("beta",), ("alfa",))
    return found


@pytest.fixture
def two(sound: SoundProjects, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two registries with good pages, and a newer delivery of alfa's, with a small hospital in 2022."""
    less_work(monkeypatch)
    project = sound.project("two")
    small = ("111;alfa_a;1;3", "112;alfa_a;30;50", "121;alfa_a;30;50", "122;alfa_a;30;50")
    faults.new_delivery(project, *(f"caregiver;2022;{row}" for row in small))
    return project


@pytest.fixture
def one(sound: SoundProjects, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Beta with good pages, and alfa, which never had any."""
    less_work(monkeypatch)
    return sound.project("one")


# --- pages of notebooks ----------------------------------------------------------------------------------------------
def with_years(change: Callable[[Outcome], Outcome], years: Iterable[int] = range(2022, 2026)) -> Execute:
    """Pages as they are made at once, those of alfa's years changed."""

    def execute(jobs: Iterable[Job], workplace: Workplace, *rest: object) -> Iterator[Outcome]:
        for outcome in made_at_once(jobs, workplace, *rest):
            job = outcome.job
            yield change(outcome) if (job.registry, job.kind) == ("alfa", "year") and job.year in years else outcome

    return execute


def with_text(text: str) -> Execute:
    """The same with a text at the end."""
    return with_years(lambda outcome: replace(outcome, markdown=f"{outcome.markdown}\n\n{text}\n"))


def failing(outcome: Outcome) -> Outcome:
    """A page whose notebook raises."""
    log = Path("_build/logs/alfa/alfa.log").absolute()
    return Outcome(outcome.job, error=NotebookError("ValueError: nei", 3), log=log)


BROKEN = {kind: with_text(text) for kind, text in faults.PAGES.items()}
BROKEN |= {
    "nothing": with_years(lambda outcome: replace(outcome, markdown=" \n")),
    "no results": with_years(lambda outcome: replace(outcome, markdown="Her er vi.")),
    "an error in all years": with_years(failing),
    "an error in the first year": with_years(failing, (2022,)),
    "an error in the newest year": with_years(failing, (2024,)),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_faulty_page(two: Project, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """What one page holds keeps all pages of its registry as they were: they tell of the same cells."""
    monkeypatch.setattr("kvalreg.stages.execute.execute", BROKEN[kind])
    account = renewed(two)
    check_delayed(two, account, "notebooks/" if "error" in kind or kind == "nothing" else "registre/alfa/")
    assert "79 av 100" not in words_of(two)
    assert not (two.site / "registre/alfa/2022").exists()
    assert "given away" not in line_of(account)


@pytest.mark.parametrize("kind", ["a dead link", "a script of another host", "a cell to run", "an error in all years"])
def test_a_faulty_page_of_a_new_registry(one: Project, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """It is left out, and named."""
    monkeypatch.setattr("kvalreg.stages.execute.execute", BROKEN[kind])
    check_left_out(one, renewed(one), "alfa")


def test_a_first_failed_page_of_a_new_year(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """No link leads to a year that has no page."""
    text = delivery_of("alfa", (2023, 2024, 2025))
    (two.data("alfa") / "a.csv").write_text(text, encoding="utf-8")
    listed = two.delivery_list("alfa")
    listed.write_text(listed.read_text("utf-8").replace("2024-12-31", "2025-12-31"), encoding="utf-8")
    monkeypatch.setattr("kvalreg.stages.execute.execute", with_years(failing, (2025,)))
    check_delayed(two, renewed(two), "notebooks/report/year.ipynb: cell 3: ValueError: nei")
    assert not (two.site / "registre/alfa/2025").exists()


# --- links that kvalreg makes ----------------------------------------------------------------------------------------
LINKS = (
    '```{=html}\n<p><a href="2023/index.html">i fjor</a> <a href="2024/index.html#ind-alfa_a">i år</a> '
    '<a class="x" href="/registre/alfa/indikator/alfa_z/index.qmd">en annen</a></p>\n```\n\n'
    "- [2024](2024/index.qmd)\n- [2023](2023/index.qmd)"
)


def test_links_to_what_is_not_made_are_plain_text(one: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """One year is built, by a notebook without sections: its page is linked to as a whole, the others not at all."""

    def execute(jobs: Iterable[Job], workplace: Workplace, *rest: object) -> Iterator[Outcome]:
        for outcome in made_at_once(jobs, workplace, *rest):
            bare = outcome.markdown.replace('<div id="ind-alfa_a"></div>', "")
            links = LINKS if outcome.job.kind == "registry" else ""
            yield replace(outcome, markdown=f"{bare}\n\n{links}") if outcome.job.registry == "alfa" else outcome

    monkeypatch.setattr("kvalreg.stages.execute.execute", execute)
    account = build(one, replace(PANDOC, years=(2024,)), Silence())
    assert account.failures == []
    page = (one.site / "registre/alfa/index.html").read_text(encoding="utf-8")
    assert 'href="2024/index.html">i år</a>' in page
    assert "2023/index.html" not in page
    assert "alfa_z" not in page
    assert all(text in words_of(one, "registre/alfa/index.html") for text in ("i fjor", "en annen", "2023"))
    indicator = (one.site / "registre/alfa/indikator/alfa_a/index.html").read_text(encoding="utf-8")
    assert 'href="../../2024/index.html"' in indicator


# --- our own code ----------------------------------------------------------------------------------------------------
def refuse(name: str, error: Exception) -> Callable[[pytest.MonkeyPatch], None]:
    """A function of the pipeline's that raises for alfa."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        function = getattr(gate, name)

        def raising(*given: object, **named: object) -> object:
            if any(getattr(getattr(one, "registry", one), "id", "") == "alfa" for one in given):
                raise error
            return function(*given, **named)

        patch.setattr(gate, name, raising)

    return plant


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        ("publish", DisclosureError([Fault("A cell can be found.", "Wait.", kind=Kind.CELL_EXPOSED)]), "KV701"),
        ("publish", LedgerError([Fault("An entry is lost.", "Restore it.", kind=Kind.LEDGER_MISSING)]), "KV711"),
        ("publish", KeyError("8741"), "KV991"),
        ("aggregate", IndexError("8741"), "KV991"),
        ("aggregate", RecursionError(), "KV991"),
        ("completed", MemoryError(), "KV991"),
        ("plan", ZeroDivisionError(), "KV991"),
    ],
)
def test_an_error_at_the_gate(
    two: Project, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception, told: str
) -> None:
    """Also one of ours: its log is named, and nothing of its message is told."""
    refuse(name, error)(monkeypatch)
    account = renewed(two)
    check_delayed(two, account, told)
    assert "8741" not in line_of(account)
    if told == "KV991":
        assert "_build/logs/alfa/kvalreg.log" in line_of(account)
        assert type(error).__name__ in (two.logs / "alfa/kvalreg.log").read_text(encoding="utf-8")


def is_new(project: Project) -> bool:
    """Whether alfa stands with its new result."""
    pages = accepted_pages("alfa", project.accepted)
    return any("79 av 100" in page.markdown for page in pages) or any(page.year == 2022 for page in pages)


def found_by_registry(two: Project, patch: pytest.MonkeyPatch) -> None:
    """A defect in what is made of one registry alone."""

    def broken(site: Site) -> Content:
        if any(one.published.registry.id == "alfa" for one in site.shown) and is_new(two):
            raise KeyError("8741")
        return Content()

    patch.setattr(parts, "REGISTRY_MAKERS", (*REGISTRY_MAKERS, broken))


def found_by_shared_page(two: Project, patch: pytest.MonkeyPatch) -> None:
    """A defect in what is made of all registries, which alfa's new cells cause."""

    def broken(_: Site) -> Content:
        if is_new(two):
            raise IndexError("8741")
        return Content()

    makers = parts.__dict__["SHARED_MAKERS"]
    patch.setattr(parts, "SHARED_MAKERS", (*makers, broken))


def found_by_renderer(two: Project, patch: pytest.MonkeyPatch) -> None:
    """A renderer that gives up, and does not say on which page."""
    render = Pandoc.render

    def broken(self: Pandoc, staged: Path, output: Path, approve: Approve) -> None:
        if is_new(two):
            raise RendererError("Pandoc gave up.")
        render(self, staged, output, approve)

    patch.setattr(Pandoc, "render", broken)


def found_by_audit(registry: str) -> Callable[[Project, pytest.MonkeyPatch], None]:
    """A finding, of which the audit knows the registry or does not."""

    def plant(two: Project, patch: pytest.MonkeyPatch) -> None:
        def audit(*_: object) -> Audit:
            finding = Finding(Kind.CELL_EXPOSED, "A cell can be worked out.", registry=registry)
            return Audit((finding,) if is_new(two) else (), 1)

        patch.setattr(approval, "audit", audit)

    return plant


LATE = {
    "in its own pages": found_by_registry,
    "in a page of all": found_by_shared_page,
    "by the renderer": found_by_renderer,
    "by the audit": found_by_audit("alfa"),
    "by the audit, without a name": found_by_audit(""),
}


@pytest.mark.parametrize("kind", LATE)
def test_a_fault_that_is_met_while_the_site_is_made(two: Project, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Where nothing tells whose it is, it is looked for among what is new; beta is new as well."""
    LATE[kind](two, monkeypatch)
    check_delayed(two, renewed(two), "alfa: ")


def test_a_registry_whose_last_good_pages_fail_too_is_left_out(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it can be shown, and the others are released all the same."""

    def audit(_: Path, project: Project, *__: object) -> Audit:
        there = (project.published / "alfa.parquet").exists()
        finding = Finding(Kind.CELL_SUPPRESSED, "It tells a hidden result.", "index.html", registry="alfa")
        return Audit((finding,) if there else (), 1)

    monkeypatch.setattr(approval, "audit", audit)
    check_left_out(two, renewed(two), "KV724")


def test_a_finding_that_is_no_registrys_stops_the_site(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there whatever is taken back: the old site stays, with nothing marked."""
    before = {page: page.read_bytes() for page in two.site.rglob("*.html")}
    finding = Finding(Kind.FILE_UNKNOWN, "A file cannot be read.", "index.html")
    monkeypatch.setattr(approval, "audit", lambda *_: Audit((finding,), 1))
    with pytest.raises(DisclosureError, match="does not pass the audit"):
        renewed(two)
    assert {page: page.read_bytes() for page in two.site.rglob("*.html")} == before


def test_a_dead_link_of_all_pages_is_no_registrys(two: Project) -> None:
    """The menu leads nowhere here: a build says so with the links' own number, and no registry is blamed."""
    account = renewed(two)
    check_whole(two, account)
    dead = [fault for fault in account.warnings if fault.kind is Kind.LINK_DEAD]
    assert dead
    assert not any("given away" in str(fault) or "KV702" in str(fault) for fault in dead)


# --- the command line and publications -------------------------------------------------------------------------------
@pytest.mark.usefixtures("instant")
def test_the_sound_ones_are_published(project: Project) -> None:
    """By the commands, on a whole site: the build ends with 1 and one line; the publication tells of the delay."""

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, [*arguments, "--project", str(project.root)])
        return done.exit_code, done.output

    assert run("build", "--renderer", "pandoc")[0] == 0
    assert run("publish", "2026-01")[0] == 0
    faults.DELIVERIES["an unknown unit"].plant(project)
    text = delivery_of("beta").replace("2024;111;beta_a;80", "2024;111;beta_a;100")
    (project.data("beta") / "a.csv").write_text(text, encoding="utf-8")
    code, said = run("build", "--renderer", "pandoc")
    assert code == 1
    lines = [line for line in said.splitlines() if line.startswith("alfa: ")]
    assert len(lines) == 1
    for told in ("data/alfa/a.csv:10: orgnr: ", "KV312", "Its last good pages stay, marked as delayed."):
        assert told in lines[0]
    code, said = run("publish", "2026-02")
    assert code == 0
    assert "alfa: shown as it was before, marked as delayed." in said
    public = replace(project, output=project.public)
    assert beta_is_renewed(public)
    assert is_delayed(public)
    assert not is_delayed(public, BETA)
    assert "84 av 100" in words_of(public)
