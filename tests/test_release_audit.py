"""The audit of a published site: it must be able to fail. `test_audit_planted` has the faults that it must see."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from audit_example import HEADER, SMALL, kinds, project_in
from kvalreg.audit.findings import Finding
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.cells import CellRequirements
from kvalreg.disclosure.protection import SuppressedCells
from kvalreg.errors import UsageError
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.release import edition_audit
from kvalreg.release.audit import audit_site
from small_project import Silence

PAGE = Path("registre", "alfa", "2024", "index.html")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small project with its site, built once."""
    project = project_in(tmp_path_factory.mktemp("small"), SMALL)
    account = build(project, BuildRequest(renderer="pandoc", workers=2), Silence())
    assert account.exit_code == 0
    return project


@pytest.fixture
def site(built: Project, tmp_path: Path) -> Path:
    """A copy of the site, to be spoiled."""
    return Path(shutil.copytree(built.site, tmp_path / "site"))


def plant(site: Path, markup: str, page: Path = PAGE) -> None:
    """Add something to a page."""
    text = (site / page).read_text("utf-8")
    (site / page).write_text(text.replace("</main>", f"{markup}</main>"), "utf-8")


# --- the site as it is built -----------------------------------------------------------------------------------------
def test_untouched_site_passes(built: Project) -> None:
    """A site whose numbers are those of its cells passes, and the audit has held them against these."""
    found = audit_site(built.site, Project.open(built.root))
    assert found.findings == ()
    assert found.passed
    # alfa and beta: a nation and four hospitals in each of two years, in several tables, files and figures
    assert found.claim_count >= 20
    assert "passes" in found.report_text()


def test_a_finding_is_of_its_registry(site: Path, built: Project) -> None:
    """So that one registry can be stopped, and the others go on; what all share is of nobody."""
    plant(site, "<p>Nes: 4 pasienter.</p>")
    plant(site, "<p>Nes: 4 pasienter.</p>", Path("index.html"))
    found = audit_site(site, built).by_registry
    assert {registry: len(findings) for registry, findings in found.items()} == {"": 1, "alfa": 1}


def test_a_nation_that_is_suppressed_is_no_finding(tmp_path: Path) -> None:
    """Where all patients of the country are too few, no page shows a number, and none is missed."""
    rows = "".join(f"caregiver;{year};111;alfa_a;1;3\n" for year in (2023, 2024))
    project = project_in(tmp_path, HEADER + rows)
    assert build(project, BuildRequest(renderer="pandoc", workers=2), Silence()).exit_code == 0
    assert audit_site(project.site, project).findings == ()


# --- the attack ------------------------------------------------------------------------------------------------------
def _only_primary(table: pd.DataFrame, now: CellRequirements, *_rest: object) -> SuppressedCells:
    return SuppressedCells(now.primary, table.iloc[:0][["ind_id", "context", "year", "level", "orgnr"]])


def test_primary_suppression_alone_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only too small cells are hidden, every hidden count is found, and the site is not released."""
    monkeypatch.setattr("kvalreg.disclosure.gate.complementary_suppression", _only_primary)
    small = {2022: "111", 2023: "112", 2024: "122"}
    rows = [
        f"caregiver;{year};{orgnr};alfa_a;{(2, 30)[orgnr != one]};{(4, 40)[orgnr != one]}\n"
        for year, one in small.items()
        for orgnr in ("111", "112", "121", "122")
    ]
    project = project_in(tmp_path, HEADER + "".join(rows))
    account = build(project, BuildRequest(renderer="pandoc", workers=2), Silence())
    (failed,) = [entry for entry in account.task_results if not entry.ok]
    findings = failed.error.split("\n")
    assert all("(KV701)" in finding for finding in findings)
    told = {re.sub(r".* alfa_a caregiver (\d+), .*?\((\d+)\).*", r"\1 \2", finding) for finding in findings}
    assert told == {f"{year} {orgnr}" for year, orgnr in small.items()}
    assert not (project.site / "registre/alfa").exists()


# --- nothing to check ------------------------------------------------------------------------------------------------
def test_site_without_results_fails(tmp_path: Path, built: Project) -> None:
    """An audit that found nothing to check fails, unless the project has published nothing."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "index.html").write_text("<h1>Resultater</h1>", encoding="utf-8")
    assert kinds(audit_site(tmp_path / "empty", Project.open(built.root))) == {DiagnosticCode.ATTACK_SKIPPED}
    assert audit_site(tmp_path / "empty", project_in(tmp_path / "new", SMALL)).passed


def test_registry_whose_pages_show_nothing_fails(site: Path, built: Project) -> None:
    """A registry with pages of results but no result on them fails, even beside one that has some."""
    for page in (site / "registre" / "beta").rglob("*.html"):
        page.write_text("<p>Ingen tall.</p>", encoding="utf-8")
    found = audit_site(site, Project.open(built.root))
    assert {(f.code, f.registry) for f in found.findings} == {(DiagnosticCode.ATTACK_SKIPPED, "beta")}


def test_missing_folder_is_a_usage_error(tmp_path: Path, built: Project) -> None:
    """A folder that is not there is no clean site."""
    with pytest.raises(UsageError):
        audit_site(tmp_path / "nowhere", Project.open(built.root))


# --- what is remembered ----------------------------------------------------------------------------------------------
def test_what_is_remembered_changes_no_answer(site: Path, built: Project, tmp_path: Path) -> None:
    """A file that has not changed is not read again; one that has is, and so is one whose cells have changed."""
    cache = tmp_path / "cache"
    first = audit_site(site, built, cache)
    assert (first.passed, audit_site(site, built, cache)) == (True, first)
    plant(site, "<p>Nes: 4 pasienter.</p>")
    assert audit_site(site, built, cache).findings == audit_site(site, built).findings != ()
    assert audit_site(site, built, cache).findings == audit_site(site, built).findings


def test_cells_that_change_are_asked_again(site: Path, built: Project, tmp_path: Path) -> None:
    """The same page is another answer once its registry's cells are others: what was shown may be hidden now."""
    root = Path(shutil.copytree(built.root, tmp_path / "project", symlinks=True))
    project, cache = Project(root), tmp_path / "cache"
    assert audit_site(site, project, cache).passed
    hidden = SMALL.replace("112;alfa_a;45;50", "112;alfa_a;2;4")
    (root / "data" / "alfa" / "a.csv").write_text(hidden, "utf-8")
    assert build(project, BuildRequest(renderer="pandoc", workers=2), Silence()).exit_code == 0
    found = audit_site(site, project, cache)
    assert kinds(found) & {DiagnosticCode.CELL_SUPPRESSED, DiagnosticCode.CELL_UNKNOWN, DiagnosticCode.WRONG_NUMBER}
    assert {finding.registry for finding in found.findings} == {"alfa"}


@pytest.mark.parametrize("damage", [b"", b"{}", b"not json"])
def test_a_damaged_memory_is_as_good_as_none(site: Path, built: Project, tmp_path: Path, damage: bytes) -> None:
    """An entry that is cut or changed is not believed."""
    cache = tmp_path / "cache"
    audit_site(site, built, cache)
    plant(site, "<p>Nes: 4 pasienter.</p>")
    for entry in (tmp_path / "cache" / "site").iterdir():
        entry.write_bytes(damage)
    assert audit_site(site, built, tmp_path / "cache").findings == audit_site(site, built).findings


def test_a_proof_of_the_editions_is_cached_until_a_library_changes(
    built: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each registry is attacked once for the same cells and the same solver; another version of it proves again."""
    attacked: list[str] = []

    def attack(_: Project, registry: str) -> list[Finding]:
        attacked.append(registry)
        return []

    monkeypatch.setattr(edition_audit, "find_exposed_cells", attack)
    monkeypatch.setattr(edition_audit, "available_cpus", lambda: 1)
    for _ in range(2):
        assert edition_audit.audit_editions(built, tmp_path) == []
    assert attacked == ["alfa", "beta"]
    monkeypatch.setattr(edition_audit, "environment_fingerprint", lambda: "another solver")
    edition_audit.audit_editions(built, tmp_path)
    assert attacked == ["alfa", "beta"] * 2
