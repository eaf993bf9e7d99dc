"""Two sound registries, built once; a test breaks a copy of them. Builds are as light as they can be."""

from __future__ import annotations

import html
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from instant_pages import made_at_once
from kvalreg.execution.execute import ExecutorConfig, JobResult
from kvalreg.execution.plan import Job
from kvalreg.pipeline import BuildRequest, RunResult, build
from kvalreg.project import Project
from kvalreg.release.audit import AuditReport
from kvalreg.release.publish import publish_edition
from kvalreg.report.html_fragment import HtmlFragment
from kvalreg.report.markup import page_html
from kvalreg.site.atomic_output import ReleaseCheck, atomic_output, no_release_check
from kvalreg.site.feed import generate_feed
from kvalreg.site.front import generate_front_pages
from kvalreg.site.medical_fields import generate_field_pages
from kvalreg.site.registries import generate_registry_list
from kvalreg.site.render_chunks import copy_static
from kvalreg.site.renderer import RendererChoice
from kvalreg.site.revisions import generate_revision_pages
from kvalreg.site.search_index import generate_search_index
from kvalreg.storage.permissions import remove
from kvalreg.urls import output_path
from small_project import UNITS, Silence, delivery_of, write_registry

PANDOC = BuildRequest(renderer="pandoc", workers=1)
YEAR, BETA = "registre/alfa/2024/index.html", "registre/beta/2024/index.html"
Execute = Callable[[Iterable[Job], ExecutorConfig], Iterator[JobResult]]


class SoundProjects:
    """Projects as they were built once: each test has a copy at the very same place, so that nothing is old."""

    def __init__(self, folder: Path) -> None:
        self.root, self._kept = folder / "project", folder / "kept"

    def make(self, name: str, built: tuple[str, ...], unbuilt: tuple[str, ...] = ()) -> None:
        """Build and publish registries, and write some more that are never built."""
        shutil.rmtree(self.root, ignore_errors=True)
        for registry in built:
            write_registry(self.root, registry, delivery_of(registry))
        (self.root / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
        project = Project(self.root)
        assert build(project, PANDOC, Silence()).exit_code == 0
        publish_edition("2026-01", project)
        for folder in (project.releases, project.editions):  # links lead there; the pages are not looked at
            for path in (folder / "2026-01").iterdir():
                if path.name != "index.html":
                    remove(path)
        for registry in unbuilt:
            write_registry(self.root, registry, delivery_of(registry))
        shutil.copytree(self.root, self._kept / name, symlinks=True, copy_function=_copied)

    def project(self, name: str) -> Project:
        """A copy."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self._kept / name, self.root, symlinks=True, copy_function=_copied)
        return Project(self.root)


def _copied(source: str, copy: str) -> None:
    """Large files are Vega's, which nobody writes into: they are not copied."""
    if os.path.getsize(source) > 100_000:  # noqa: PTH202
        os.link(source, copy)
    else:
        shutil.copy2(source, copy)


# --- lighter builds --------------------------------------------------------------------------------------------------
def less_work(patch: pytest.MonkeyPatch) -> None:
    """Pages without a kernel and without figures, and few pages beside those of registries."""
    patch.setattr("kvalreg.stages.execute.execute", made_at_once)
    patch.setattr(
        "kvalreg.site.incremental_staging.SHARED_GENERATORS",
        (
            generate_front_pages,
            generate_registry_list,
            generate_field_pages,
            generate_search_index,
            generate_revision_pages,
            generate_feed,
        ),
    )
    patch.setattr("kvalreg.release.publish.run_preflight", lambda *_: [])  # the menu leads to pages that are not made
    patch.setattr("kvalreg.site.indicators._variation_section", lambda *_: HtmlFragment(""))
    for name in ("trend", "levels", "units"):
        patch.setattr(f"kvalreg.report.report.Report.{name}", lambda *_: HtmlFragment(""))


def least_work(patch: pytest.MonkeyPatch) -> None:
    """Neither Pandoc nor the audit, where what is tried ends before these: they have their say in other tests."""
    less_work(patch)
    patch.setattr("kvalreg.pipeline.choose_renderer", lambda _: RendererChoice(PlainRenderer(), ""))
    patch.setattr("kvalreg.release.preflight.audit_site", lambda *_: AuditReport((), 0))


class PlainRenderer:
    """Pages as plain HTML, in the place of a renderer."""

    name, version = "plain", "1"

    def render(self, staged: Path, output: Path, approve: ReleaseCheck = no_release_check) -> None:
        """Render every page."""
        with atomic_output(output, staged, approve) as aside:
            for page in copy_static(staged, aside):
                _, front_matter, body = (staged / page).read_text(encoding="utf-8").split("---\n", 2)
                found = re.search(r'^title: "(.*)"$', front_matter, re.MULTILINE)
                title = found[1] if found else ""
                body = re.sub(r"^#+ (.*?) \{#([\w-]+)\}$", r'<h2 id="\2">\1</h2>', body, flags=re.MULTILINE)
                made = f"<main><h1>{title}</h1>{page_html(body)}</main>"
                whole = f'<html lang="nb"><head><title>{title}</title></head><body>{made}</body></html>'
                (aside / output_path(page)).write_text(whole.replace(".qmd", ".html"), encoding="utf-8")


# --- what came of it -------------------------------------------------------------------------------------------------
def renewed(project: Project) -> RunResult:
    """Build with a newer delivery of beta's, in which 89 of 100 were helped instead of 84."""
    path = project.data("beta") / "a.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2024;111;beta_a;80", "2024;111;beta_a;100"), "utf-8")
    return build(project, PANDOC, Silence())


def words_of(project: Project, address: str = YEAR) -> str:
    """The words of a page of the site; none where there is no such page."""
    path = project.site / address
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


def is_delayed(project: Project, address: str = YEAR) -> bool:
    """Whether a page says that it shows what was there before."""
    return "Den nye er forsinket" in words_of(project, address)


def beta_is_renewed(project: Project) -> bool:
    """Whether the sound registry shows its newer delivery."""
    return "89 av 100" in words_of(project, BETA) and not is_delayed(project, BETA)


def line_of(account: RunResult) -> str:
    """The only line about a failure, which is about alfa."""
    (line,) = account.failures
    assert line.startswith("alfa")
    assert "\n" not in line
    return line


def check_delayed(project: Project, account: RunResult, named: str) -> None:
    """Alfa's last good pages are there with their own words and their mark; beta's are new; one line says why."""
    assert beta_is_renewed(project)
    assert account.exit_code == 1
    assert "84 av 100" in words_of(project)
    assert "Andel som fikk hjelp" in words_of(project)
    for page in (YEAR, "registre/alfa/index.html", "registre/alfa/indikator/alfa_a/index.html", "data/alfa/index.html"):
        assert is_delayed(project, page)
    assert named in line_of(account)
    assert "last good pages stay" in line_of(account)


def check_left_out(project: Project, account: RunResult, named: str) -> None:
    """Nothing leads to alfa, beta's pages are new, and one line says why."""
    assert beta_is_renewed(project)
    assert account.exit_code == 1
    assert not (project.site / "registre/alfa").exists()
    for page in project.site.rglob("*.html"):
        if page.relative_to(project.site).parts[0] != "utgaver":
            assert "registre/alfa" not in page.read_text(encoding="utf-8")
    assert named in line_of(account)
    assert "left out of the site" in line_of(account)


def check_whole(project: Project, account: RunResult) -> None:
    """Nothing failed, and nothing is delayed."""
    assert [entry.error for entry in account.task_results if not entry.ok] == []
    assert account.exit_code == 0
    assert beta_is_renewed(project)
    assert words_of(project)
    assert not is_delayed(project)
