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
from kvalreg.cli import cli
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic, DisclosureError, LedgerError, NotebookError, RendererError
from kvalreg.execution.execute import ExecutorConfig, JobResult
from kvalreg.execution.plan import Job
from kvalreg.pipeline import build
from kvalreg.project import Project
from kvalreg.release import preflight as approval
from kvalreg.release.audit import AuditReport, Finding
from kvalreg.site import incremental_staging as parts
from kvalreg.site.atomic_output import ReleaseCheck
from kvalreg.site.generators import REGISTRY_GENERATORS
from kvalreg.site.pandoc import Pandoc
from kvalreg.site.site_model import Site, SiteOutput
from kvalreg.stages import gate
from kvalreg.storage.last_good import load_last_good_pages
from small_project import Silence, delivery_of
from sound_projects import (
    BETA,
    PANDOC,
    Execute,
    beta_is_renewed,
    check_delayed,
    check_left_out,
    check_whole,
    is_delayed,
    line_of,
    renewed,
    words_of,
)

pytest_plugins = ("sound_fixtures",)


@pytest.fixture
def newer(two: Project) -> Project:
    """Two registries with good pages, and a newer delivery of alfa's, with a small hospital in 2022."""
    small = ("111;alfa_a;1;3", "112;alfa_a;30;50", "121;alfa_a;30;50", "122;alfa_a;30;50")
    faults.new_delivery(two, *(f"caregiver;2022;{row}" for row in small))
    return two


# --- pages of notebooks ----------------------------------------------------------------------------------------------
def with_years(change: Callable[[JobResult], JobResult], years: Iterable[int] = range(2022, 2026)) -> Execute:
    """Pages as they are made at once, those of alfa's years changed."""

    def execute(jobs: Iterable[Job], workplace: ExecutorConfig, *rest: object) -> Iterator[JobResult]:
        for outcome in made_at_once(jobs, workplace, *rest):
            job = outcome.job
            yield change(outcome) if (job.registry, job.kind) == ("alfa", "year") and job.year in years else outcome

    return execute


def with_text(text: str) -> Execute:
    """The same with a text at the end."""
    return with_years(lambda outcome: replace(outcome, markdown=f"{outcome.markdown}\n\n{text}\n"))


def failing(outcome: JobResult) -> JobResult:
    """A page whose notebook raises."""
    log = Path("_build/logs/alfa/alfa.log").absolute()
    return JobResult(outcome.job, error=NotebookError("ValueError: nei", 3), log=log)


BROKEN = {kind: with_text(text) for kind, text in faults.PAGES.items()}
BROKEN |= {
    "nothing": with_years(lambda outcome: replace(outcome, markdown=" \n")),
    "no results": with_years(lambda outcome: replace(outcome, markdown="Her er vi.")),
    "an error in all years": with_years(failing),
    "an error in the first year": with_years(failing, (2022,)),
    "an error in the newest year": with_years(failing, (2024,)),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_faulty_page(newer: Project, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """What one page holds keeps all pages of its registry as they were: they tell of the same cells."""
    monkeypatch.setattr("kvalreg.stages.execute.execute", BROKEN[kind])
    account = renewed(newer)
    check_delayed(newer, account, "notebooks/" if "error" in kind or kind == "nothing" else "registre/alfa/")
    assert "79 av 100" not in words_of(newer)
    assert not (newer.site / "registre/alfa/2022").exists()
    assert "given away" not in line_of(account)


@pytest.mark.parametrize("kind", ["a dead link", "a script of another host", "a cell to run", "an error in all years"])
def test_a_faulty_page_of_a_new_registry(one: Project, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """It is left out, and named."""
    monkeypatch.setattr("kvalreg.stages.execute.execute", BROKEN[kind])
    check_left_out(one, renewed(one), "alfa")


def test_a_first_failed_page_of_a_new_year(newer: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """No link leads to a year that has no page."""
    text = delivery_of("alfa", (2023, 2024, 2025))
    (newer.data("alfa") / "a.csv").write_text(text, encoding="utf-8")
    listed = newer.delivery_list("alfa")
    dates = listed.read_text("utf-8").replace("2025-02-01", "2026-02-01").replace("2024-12-31", "2025-12-31")
    listed.write_text(dates, encoding="utf-8")
    monkeypatch.setattr("kvalreg.stages.execute.execute", with_years(failing, (2025,)))
    check_delayed(newer, renewed(newer), "notebooks/report/year.ipynb: cell 3: ValueError: nei")
    assert not (newer.site / "registre/alfa/2025").exists()


# --- links that kvalreg makes ----------------------------------------------------------------------------------------
LINKS = (
    '```{=html}\n<p><a href="2023/index.html">i fjor</a> <a href="2024/index.html#ind-alfa_a">i år</a> '
    '<a class="x" href="/registre/alfa/indikator/alfa_z/index.qmd">en annen</a></p>\n```\n\n'
    "- [2024](2024/index.qmd)\n- [2023](2023/index.qmd)"
)


def test_links_to_what_is_not_made_are_plain_text(one: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """One year is built, by a notebook without sections: its page is linked to as a whole, the others not at all."""

    def execute(jobs: Iterable[Job], workplace: ExecutorConfig, *rest: object) -> Iterator[JobResult]:
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


TO_ALFA = (
    '```{=html}\n<p><a href="../../alfa/2022/index.html">før</a> <a href="../../alfa/index.html#ind-alfa_a">nå</a></p>'
    "\n```\n\n[side](../../alfa/2022/index.qmd), [mappe](../../alfa/2022/), [tall](/data/alfa/index.qmd){.x}"
)


def linking(target: str, broken: str = "") -> Execute:
    """Pages of beta's years with these links, and of alfa's with what breaks them."""

    def execute(jobs: Iterable[Job], workplace: ExecutorConfig, *rest: object) -> Iterator[JobResult]:
        for outcome in made_at_once(jobs, workplace, *rest):
            text = {"beta": target, "alfa": broken}[outcome.job.registry] if outcome.job.kind == "year" else ""
            yield replace(outcome, markdown=f"{outcome.markdown}\n\n{text}\n")

    return execute


def test_a_link_to_a_registry_that_is_left_out_is_not_blamed(one: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beta's text links to alfa, which has a fault of its own: plain text, or at least a remark that names alfa."""
    monkeypatch.setattr(
        "kvalreg.stages.execute.execute", linking(TO_ALFA.replace("2022", "2023"), faults.PAGES["a dead link"])
    )
    account = renewed(one)
    assert beta_is_renewed(one)
    assert "left out of the site" in line_of(account)
    text = (one.site / BETA).read_text(encoding="utf-8")
    assert all(word in words_of(one, BETA) for word in ("før", "nå", "side", "mappe", "tall"))
    assert "registre/alfa" not in text
    assert 'href="../../alfa' not in text
    told = [
        str(fault) for fault in account.warnings if "alfa" in fault.message and fault.code is DiagnosticCode.BROKEN_LINK
    ]
    assert any("A link to a page of alfa that is not there is plain text." in one for one in told)
    assert all("alfa is left out" in one for one in told)


def test_a_link_to_a_page_that_a_delay_keeps_away_is_not_blamed(
    newer: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beta links to alfa's new year 2022, and alfa stays as it was: that link is plain text, the other one stays."""
    monkeypatch.setattr("kvalreg.stages.execute.execute", linking(TO_ALFA, faults.PAGES["a dead link"]))
    check_delayed(newer, renewed(newer), "registre/alfa/")
    text = (newer.site / BETA).read_text(encoding="utf-8")
    assert "alfa/2022" not in text
    assert '<a href="../../alfa/index.html#ind-alfa_a">nå</a>' in text


def test_a_link_to_a_registry_that_is_well_is_its_authors(newer: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alfa has no fault and no such page: the dead link is beta's own fault, and alfa is renewed."""
    monkeypatch.setattr("kvalreg.stages.execute.execute", linking("[mer](../../alfa/2019/index.qmd)"))
    (line,) = renewed(newer).failures
    assert line.startswith("beta: registre/beta/")
    assert "alfa/2019" in line
    assert is_delayed(newer, BETA)
    assert "79 av 100" in words_of(newer)


# --- one year alone -------------------------------------------------------------------------------------------------
def test_a_year_alone_leaves_no_page_of_older_numbers(two: Project) -> None:
    """Both years of alfa's delivery changed and one is asked for: the other's page is made again as well."""
    changed = delivery_of("alfa").replace(";111;alfa_a;80", ";111;alfa_a;60")
    (two.data("alfa") / "a.csv").write_text(changed, encoding="utf-8")
    account = build(two, replace(PANDOC, years=(2024,)), Silence())
    assert account.failures == []
    assert [entry.name for entry in account.task_results if entry.name.startswith("alfa")] == [
        "alfa",
        "alfa 2023",
        "alfa 2024",
    ]
    assert all("79 av 100" in words_of(two, f"registre/alfa/{year}/index.html") for year in (2023, 2024))
    assert not is_delayed(two)


def test_a_year_alone_takes_the_mark_of_a_delay_from_all_pages(two: Project) -> None:
    """Alfa is well again, and only one of its years is asked for: no page of it is marked any longer."""
    faults.DELIVERIES["an unknown unit"].plant(two)
    renewed(two)
    faults.new_delivery(two)
    account = build(two, replace(PANDOC, years=(2023,)), Silence())
    assert account.failures == []
    assert not any(is_delayed(two, f"registre/alfa/{year}/index.html") for year in (2023, 2024))
    assert "79 av 100" in words_of(two)


def test_a_year_alone_makes_no_page_that_never_was(one: Project) -> None:
    """Of a registry that is built for the first time, only what is asked for is made."""
    build(one, replace(PANDOC, years=(2024,)), Silence())
    again = build(one, replace(PANDOC, years=(2024,), use_cache=False), Silence())
    assert [entry.name for entry in again.task_results if entry.name.startswith("alfa")] == ["alfa", "alfa 2024"]
    assert not (one.site / "registre/alfa/2023").exists()


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
        (
            "apply_gate",
            DisclosureError([Diagnostic("A cell can be found.", "Wait.", code=DiagnosticCode.CELL_EXPOSED)]),
            "KV701",
        ),
        (
            "apply_gate",
            LedgerError([Diagnostic("An entry is lost.", "Restore it.", code=DiagnosticCode.LEDGER_MISSING)]),
            "KV711",
        ),
        ("apply_gate", KeyError("8741"), "KV991"),
        ("aggregate", IndexError("8741"), "KV991"),
        ("aggregate", RecursionError(), "KV991"),
        ("complete_descriptor", MemoryError(), "KV991"),
        ("plan_jobs", ZeroDivisionError(), "KV991"),
    ],
)
def test_an_error_at_the_gate(
    newer: Project, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception, told: str
) -> None:
    """Also one of ours: its log is named, and nothing of its message is told."""
    refuse(name, error)(monkeypatch)
    account = renewed(newer)
    check_delayed(newer, account, told)
    assert "8741" not in line_of(account)
    if told == "KV991":
        assert "_build/logs/alfa/kvalreg.log" in line_of(account)
        assert type(error).__name__ in (newer.logs / "alfa/kvalreg.log").read_text(encoding="utf-8")


def is_new(project: Project) -> bool:
    """Whether alfa stands with its new result."""
    pages = load_last_good_pages("alfa", project.last_good_pages)
    return any("79 av 100" in page.markdown for page in pages) or any(page.year == 2022 for page in pages)


def found_by_registry(newer: Project, patch: pytest.MonkeyPatch) -> None:
    """A defect in what is made of one registry alone."""

    def broken(site: Site) -> SiteOutput:
        if any(one.published.registry.id == "alfa" for one in site.registries) and is_new(newer):
            raise KeyError("8741")
        return SiteOutput()

    patch.setattr(parts, "REGISTRY_GENERATORS", (*REGISTRY_GENERATORS, broken))


def found_by_shared_page(newer: Project, patch: pytest.MonkeyPatch) -> None:
    """A defect in what is made of all registries, which alfa's new cells cause."""

    def broken(_: Site) -> SiteOutput:
        if is_new(newer):
            raise IndexError("8741")
        return SiteOutput()

    makers = parts.__dict__["SHARED_GENERATORS"]
    patch.setattr(parts, "SHARED_GENERATORS", (*makers, broken))


def found_by_renderer(newer: Project, patch: pytest.MonkeyPatch) -> None:
    """A renderer that gives up, and does not say on which page."""
    render = Pandoc.render

    def broken(self: Pandoc, staged: Path, output: Path, approve: ReleaseCheck) -> None:
        if is_new(newer):
            raise RendererError("Pandoc gave up.")
        render(self, staged, output, approve)

    patch.setattr(Pandoc, "render", broken)


def found_by_audit(registry: str) -> Callable[[Project, pytest.MonkeyPatch], None]:
    """A finding, of which the audit knows the registry or does not."""

    def plant(newer: Project, patch: pytest.MonkeyPatch) -> None:
        def audit(*_: object) -> AuditReport:
            finding = Finding(DiagnosticCode.CELL_EXPOSED, "A cell can be worked out.", registry=registry)
            return AuditReport((finding,) if is_new(newer) else (), 1)

        patch.setattr(approval, "audit_site", audit)

    return plant


LATE = {
    "in its own pages": found_by_registry,
    "in a page of all": found_by_shared_page,
    "by the renderer": found_by_renderer,
    "by the audit": found_by_audit("alfa"),
    "by the audit, without a name": found_by_audit(""),
}


@pytest.mark.parametrize("kind", LATE)
def test_a_fault_that_is_met_while_the_site_is_made(newer: Project, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Where nothing tells whose it is, it is looked for among what is new; beta is new as well."""
    LATE[kind](newer, monkeypatch)
    check_delayed(newer, renewed(newer), "alfa: ")


def test_a_registry_whose_last_good_pages_fail_too_is_left_out(newer: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it can be shown, and the others are released all the same."""

    def audit(_: Path, project: Project, *__: object) -> AuditReport:
        there = (project.published / "alfa.parquet").exists()
        finding = Finding(DiagnosticCode.CELL_SUPPRESSED, "It tells a hidden result.", "index.html", registry="alfa")
        return AuditReport((finding,) if there else (), 1)

    monkeypatch.setattr(approval, "audit_site", audit)
    check_left_out(newer, renewed(newer), "KV724")


def test_a_finding_that_is_no_registrys_stops_the_site(newer: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there whatever is taken back: the old site stays, with nothing marked."""
    before = {page: page.read_bytes() for page in newer.site.rglob("*.html")}
    finding = Finding(DiagnosticCode.FILE_UNKNOWN, "A file cannot be read.", "index.html")
    monkeypatch.setattr(approval, "audit_site", lambda *_: AuditReport((finding,), 1))
    with pytest.raises(DisclosureError, match="does not pass the audit"):
        renewed(newer)
    assert {page: page.read_bytes() for page in newer.site.rglob("*.html")} == before


def test_a_dead_link_of_all_pages_is_no_registrys(newer: Project) -> None:
    """The menu leads nowhere here: a build says so with the links' own number, and no registry is blamed."""
    account = renewed(newer)
    check_whole(newer, account)
    dead = [fault for fault in account.warnings if fault.code is DiagnosticCode.BROKEN_LINK]
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
