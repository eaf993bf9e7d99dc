"""`kvalreg status`: what is missing, due, hard to read or late, for people, for programs and as a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from kvalreg.cli import cli
from kvalreg.inputs.rounds import DeadlineStatus
from kvalreg.project import Project
from kvalreg.workbench.status import DeadlineState, HardText, RegistryStatus, Review, StatusReport, report_status
from kvalreg.workbench.status_report import status_to_html, status_to_json
from small_project import UNITS, delivery_of, write_registry
from test_inputs_descriptor_gaps import FULL

if TYPE_CHECKING:
    from playwright.sync_api import Page

IN_TIME = date(2025, 3, 1)


def with_slag(root: Path, text: str, years: tuple[int, ...] = (2023, 2024), units: str = UNITS) -> Project:
    """A project with one registry, whose delivery is complete up to the end of 2024."""
    write_registry(root, "slag", delivery_of("slag", years))
    (root / "registries" / "slag" / "registry.yml").write_text(text, encoding="utf-8")
    (root / "registries" / "units.csv").write_text(units, encoding="utf-8")
    return Project(root)


def of_slag(project: Project, today: date = IN_TIME) -> RegistryStatus:
    """The registry's status."""
    return report_status(project, (), today).registries[0]


def test_a_registry_with_nothing_to_do_is_good(tmp_path: Path) -> None:
    """Every field is filled in and reviewed, and the final results are there before 15 June."""
    text = FULL.replace("about:\n", "about:\n  reviewed: 2025-01-01\n")
    found = of_slag(with_slag(tmp_path, text))
    assert found.is_ok
    assert (found.newest_final, found.newest_interim) == (2024, None)
    assert found.deadlines == (
        DeadlineState("final", 2024, date(2025, 6, 15), DeadlineStatus.DONE),
        DeadlineState("interim", 2025, date(2025, 12, 15), DeadlineStatus.AHEAD),
    )


def test_every_empty_field_is_named(tmp_path: Path) -> None:
    """By its key, one by one."""
    text = FULL.replace("  purpose: Vi ser på alt.\n", "").replace("  email: post@example.org\n", "")
    assert of_slag(with_slag(tmp_path, text)).missing == ("about.purpose", "about.email")


def test_a_review_is_due_after_a_year(tmp_path: Path) -> None:
    """365 days are in time, 366 are not; a text without a date was never reviewed."""
    text = FULL.replace("reviewed: 2026-01-01", "reviewed: 2024-03-01")
    project = with_slag(tmp_path, text)
    never = Review("about.reviewed", None)
    assert of_slag(project, date(2025, 3, 1)).unreviewed == (never,)
    assert of_slag(project, date(2025, 3, 2)).unreviewed == (never, Review("indicators[0].reviewed", date(2024, 3, 1)))


def test_a_hard_text_is_told_with_its_lix(tmp_path: Path) -> None:
    """Six long words of six in one sentence: 6 + 100 * 6 / 6 = 106."""
    hard = "Kvalitetsregisteret dokumenterer behandlingsforløp, helsetjenesteforbruk, pasientrapporterte utfallsmål."
    found = of_slag(with_slag(tmp_path, FULL.replace("purpose: Vi ser på alt.", f"purpose: {hard}")))
    assert found.hard_to_read == (HardText("about.purpose", 106),)


def test_a_registry_without_results_of_last_year_is_late(tmp_path: Path) -> None:
    """Final results of 2025 are late from 16 June 2026, results so far of 2026 from 16 December."""
    project = with_slag(tmp_path, FULL)
    standings = [[due.standing for due in of_slag(project, day).deadlines] for day in
                 (date(2026, 6, 15), date(2026, 6, 16), date(2026, 12, 16))]  # fmt: skip
    ahead, late = DeadlineStatus.AHEAD, DeadlineStatus.LATE
    assert standings == [[ahead, ahead], [late, ahead], [late, late]]


def test_results_so_far_are_no_final_results(tmp_path: Path) -> None:
    """Rows of 2025 in a delivery that is complete up to 2024 are results so far."""
    project = with_slag(tmp_path, FULL, (2024, 2025))
    found = of_slag(project, date(2026, 7, 1))
    assert (found.newest_final, found.newest_interim) == (2024, 2025)
    assert found.deadlines[0].standing is DeadlineStatus.LATE
    assert of_slag(project, date(2025, 12, 31)).deadlines[1].standing is DeadlineStatus.DONE


def test_a_closed_hospital_that_still_reports_is_told_of(tmp_path: Path) -> None:
    """Its rows count; the file and its rows are named."""
    units = UNITS.replace(";county\n", ";county;closed\n").replace("Vestfylke\n", "Vestfylke;\n")
    units = (
        units.replace("Østfylke\n", "Østfylke;2023\n", 1).replace("Østfylke\n", "Østfylke;\n").replace(";;\n", ";;;\n")
    )
    units = "\n".join(line if line.count(";") == 6 else line + ";" for line in units.splitlines()) + "\n"
    (remark,) = of_slag(with_slag(tmp_path, FULL, units=units)).remarks
    assert "'Nes sykehus' was closed in 2023" in remark
    assert "data/slag/a.csv" in remark


def test_a_registry_that_cannot_be_published_says_why(tmp_path: Path) -> None:
    """A faulty descriptor or delivery is a status like any other."""
    project = with_slag(tmp_path, FULL)
    (tmp_path / "data" / "slag" / "a.csv").write_text("context;year\n", encoding="utf-8")
    assert "a.csv" in of_slag(project).stopped[0]
    (tmp_path / "registries" / "slag" / "registry.yml").write_text("id: slag\n", encoding="utf-8")
    assert len(of_slag(project).stopped) >= 5


def run(project: Project, *arguments: str) -> Any:
    """The command."""
    return CliRunner().invoke(cli, ["status", *arguments, "--project", str(project.root)])


def test_whatever_is_found_the_command_succeeds(tmp_path: Path) -> None:
    """Exit code 0 with a late registry; the page lies in _build, outside the site."""
    project = with_slag(tmp_path, FULL)
    ran = run(project, "--today", "2026-06-16")
    assert ran.exit_code == 0
    assert "final 2025: late" in ran.output
    assert (tmp_path / "_build" / "status" / "index.html").is_file()


def test_an_unknown_registry_and_a_wrong_day_are_slips(tmp_path: Path) -> None:
    """They end as slips of the keyboard do, and write nothing."""
    project = with_slag(tmp_path, FULL)
    assert run(project, "nope").exit_code != 0
    assert run(project, "--today", "i dag").exit_code == 2
    assert not (tmp_path / "_build").exists()


def test_programs_get_stable_keys(tmp_path: Path) -> None:
    """Others build on them: none is ever renamed."""
    told = json.loads(run(with_slag(tmp_path, FULL), "--format", "json", "--today", "2025-03-01").output)
    assert (told["version"], told["today"]) == (1, "2025-03-01")
    (slag,) = told["registries"]
    assert set(slag) == {
        "id", "name", "stopped", "missing", "unreviewed", "hard_to_read", "newest_final", "newest_interim", "deadlines",
        "remarks",
    }  # fmt: skip
    assert slag["deadlines"][0] == {"round": "final", "year": 2024, "due": "2025-06-15", "standing": "done"}
    assert slag["unreviewed"] == [{"key": "about.reviewed", "reviewed": None}]


NASTY = StatusReport(
    IN_TIME,
    (
        RegistryStatus(
            "slag",
            "<script>alert(1)</script>",
            missing=("about.phone",),
            unreviewed=(Review("about.reviewed", None),),
            hard_to_read=(HardText("about.purpose", 51),),
            newest_final=2022,
            deadlines=(
                DeadlineState("final", 2024, date(2025, 6, 15), DeadlineStatus.LATE),
                DeadlineState("interim", 2025, date(2025, 12, 15), DeadlineStatus.AHEAD),
            ),
            remarks=("registry.yml:3: <b>x</b>",),
        ),
        RegistryStatus("kols", "Kols", newest_final=2024),
    ),
)


def test_texts_on_the_page_are_escaped_and_nothing_is_asked_for() -> None:
    """No script, no other file, not for search engines."""
    page = status_to_html(NASTY)
    assert "<script" not in page
    assert "<b>" not in page
    assert 'content="noindex, nofollow"' in page
    assert "http://" not in page
    assert "https://" not in page
    assert json.loads(status_to_json(NASTY))["registries"][0]["name"].startswith("<script>")


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_the_page_is_for_everybody(tmp_path: Path, visit: Callable[..., Page], language: str) -> None:
    """No violation of WCAG 2.1 A and AA, and no sideways scrolling on a phone."""
    file = tmp_path / "index.html"
    file.write_text(status_to_html(NASTY, language), encoding="utf-8")
    page = visit(file.as_uri(), viewport={"width": 360, "height": 800}, bypass_csp=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = page.evaluate("rules => axe.run(document, rules)", rules)
    assert [violation["id"] for violation in found["violations"]] == []
