"""Scheduled runs: the report of a run, deadlines, and examples that work."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from kvalreg.cli import cli
from kvalreg.errors import BusyError
from kvalreg.project import Project
from kvalreg.storage.project_lock import project_lock
from kvalreg.workbench.due_deadlines import deadline_warnings

DEPLOY = Path(__file__).parents[1] / "docs" / "deploy"


def run(project: Project, *arguments: str) -> tuple[int, dict[str, Any]]:
    """`kvalreg build` in this process, and its report."""
    done = CliRunner().invoke(cli, ["build", "--project", str(project.root), "--renderer", "pandoc", *arguments])
    return done.exit_code, json.loads(project.run_report.read_text(encoding="utf-8"))


@pytest.mark.usefixtures("instant")
def test_a_run_leaves_a_report(project: Project) -> None:
    """What was made, what was not made again, what failed, and how it ended; every key is documented."""
    code, report = run(project, "alfa", "--due")
    assert code == report["exit_code"] == 0
    assert (report["command"], report["error"]) == ("build --due", "")
    assert report["counts"]["made"] == len(report["pages"]) >= 3
    assert {page["result"] for page in report["pages"]} == {"made"}
    assert Path(report["site"]).is_dir()
    assert report["seconds"] > 0
    documented = set(re.findall(r"`(\w+)`", (DEPLOY / "README.md").read_text(encoding="utf-8")))
    assert {*report, *report["pages"][0], *report["warnings"][0]} <= documented

    _, again = run(project, "alfa")
    assert again["counts"] == {"made": 0, "cached": report["counts"]["made"], "failed": 0}

    # a faulty delivery: its registry has failed, and the run ends with 1
    (project.data("alfa") / "a.csv").write_text("not;a;delivery\n", encoding="utf-8")
    code, failed = run(project, "alfa")
    assert code == failed["exit_code"] == 1
    assert failed["counts"]["failed"] == 1


@pytest.mark.usefixtures("instant")
def test_a_run_that_is_stopped_leaves_a_report(project: Project) -> None:
    """Faulty units stop everything: the report has the message and the code."""
    project.units.write_text("orgnr;name\n1;x\n", encoding="utf-8")
    done = CliRunner().invoke(cli, ["build", "--project", str(project.root)])
    report = json.loads(project.run_report.read_text(encoding="utf-8"))
    assert done.exception is not None
    assert report["exit_code"] == 2
    assert "units.csv" in report["error"]
    assert report["site"] is None


def test_a_run_that_must_wait_leaves_the_others_report_alone(project: Project) -> None:
    """The file is the running build's."""
    with project_lock(project):
        done = CliRunner().invoke(cli, ["build", "--project", str(project.root)])
    assert isinstance(done.exception, BusyError)
    assert not project.run_report.exists()


@pytest.mark.usefixtures("instant")
@pytest.mark.parametrize(
    ("today", "told"),
    [
        (date(2025, 4, 30), []),
        (date(2025, 6, 1), []),
        (date(2026, 5, 1), ["Final results of 2025 are due by 2026-06-15, and are not there."]),
        (
            date(2026, 12, 16),
            [
                "Final results of 2025 were due by 2026-06-15, and are not there.",
                "Results so far of 2026 were due by 2026-12-15, and are not there.",
            ],
        ),
    ],
)
def test_what_a_deadline_asks_for_is_named(project: Project, today: date, told: list[str]) -> None:
    """Registry alfa has final results up to 2024; it is told 45 days ahead, and when it is late."""
    run(project, "alfa")
    assert [remark.message for remark in deadline_warnings(project, today)] == told


# --- the examples ----------------------------------------------------------------------------------------------------
def commands() -> list[list[str]]:
    """Every kvalreg command in the examples."""
    command = re.compile(r"(?:^|[ `=/])kvalreg ((?:build|publish|rollback)\b[^`\n]*)")
    texts = [path.read_text("utf-8") for path in sorted(DEPLOY.iterdir())]
    return [shlex.split(found) for text in texts for found in command.findall(text)]


def test_the_commands_in_the_examples_exist() -> None:
    """Command and options are those of the command line."""
    assert len(commands()) >= 6
    for name, *rest in commands():
        command = cli.commands[name]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("-")} <= known, (name, rest)


def test_cron_lines_have_their_seven_parts() -> None:
    """Five times within their limits, a user, and a command with its whole path."""
    lines = [line for line in (DEPLOY / "kvalreg.cron").read_text("utf-8").splitlines() if re.match(r"[\d*]", line)]
    assert len(lines) >= 2
    limits = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    for line in lines:
        *times, _user, command = line.split(None, 6)
        for text, (least, most) in zip(times, limits, strict=True):
            assert all(least <= int(number) <= most for number in re.findall(r"\d+", text))
        assert command.startswith("/srv/kvalreg/.venv/bin/kvalreg build ")


def test_the_workflow_is_a_workflow() -> None:
    """YAML with triggers, and steps that run or use something."""
    document = YAML(typ="safe").load((DEPLOY / "github-actions.yml").read_text("utf-8"))
    assert set(document) >= {"name", "on", "jobs"}
    steps = document["jobs"]["build"]["steps"]
    assert all(("run" in step) != ("uses" in step) for step in steps)
    assert document["concurrency"]["group"]


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """With systemd at hand it looks at them itself; without, their sections and keys are read."""
    shutil.copy(DEPLOY / "kvalreg@.timer", tmp_path / "kvalreg@slag.timer")
    text = (DEPLOY / "kvalreg@.service").read_text("utf-8")
    assert re.search(r"^ExecStart=/srv/kvalreg/\.venv/bin/kvalreg build %i --due", text, re.MULTILINE)
    here = re.sub(r"ExecStart=\S+", f"ExecStart={shutil.which('true')}", text)
    (tmp_path / "kvalreg@slag.service").write_text(re.sub(r"(User|WorkingDirectory)=.*\n", "", here), encoding="utf-8")
    found = shutil.which("systemd-analyze")
    if found is not None:
        units = [str(path) for path in sorted(tmp_path.iterdir())]
        done = subprocess.run([found, "verify", *units], capture_output=True, text=True, check=False)
        assert [line for line in done.stderr.splitlines() if "kvalreg@slag" in line] == []
