"""Scheduled runs: the report of a run, deadlines, and examples that work."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
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
        assert command.startswith("umask 077; exec nice -n 10 /srv/kvalreg/.venv/bin/kvalreg build ")
        assert "%" not in command  # a line end, for cron
        assert subprocess.run(["/bin/sh", "-n", "-c", command], check=False).returncode == 0


def test_the_workflow_asks_for_no_more_than_it_needs() -> None:
    """Actions by digest, rights for each job alone, no cache, nothing for pull requests, no input in a shell's line."""
    text = (DEPLOY / "github-actions.yml").read_text("utf-8")
    document = YAML(typ="safe").load(text)
    assert document["permissions"] == {}
    assert document["concurrency"] == {"group": "results", "cancel-in-progress": False}
    assert set(document["on"]) == {"schedule", "push", "workflow_dispatch"}
    assert document["on"]["push"]["branches"] == ["main"]
    rights = {name: job["permissions"] for name, job in document["jobs"].items()}
    assert rights == {"build": {"contents": "read"}, "readers": {"pages": "write", "id-token": "write"}}
    steps = [step for job in document["jobs"].values() for step in job["steps"]]
    assert all(("run" in step) != ("uses" in step) for step in steps)
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step["uses"]) for step in steps if "uses" in step)
    assert len(re.findall(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+\n", text)) == sum("uses" in step for step in steps)
    assert "actions/cache" not in text
    secrets = [step["with"]["ssh-key"] for step in steps if "secrets" in str(step)]
    assert secrets == ["${{ secrets.KEPT_KEY }}"]


@dataclass
class Runner:
    """A machine that runs the workflow's steps in a fresh checkout, as GitHub does.

    Parameters
    ----------
    source
        The repository of the project.
    kept
        The repository of what is kept.
    """

    source: Path
    kept: Path
    folder: Path

    def run(self, edition: str = "") -> tuple[dict[str, int], str]:
        """The exit codes of the steps by name, and what they said."""
        work = self.folder / str(len(list(self.folder.glob("*"))))
        shutil.copytree(self.source, work)
        subprocess.run(["git", "clone", "-q", self.kept, work / ".kept"], check=True, capture_output=True)
        document = YAML(typ="safe").load((DEPLOY / "github-actions.yml").read_text("utf-8"))
        codes: dict[str, int] = {}
        outputs = self.folder.with_name("outputs")
        outputs.write_text("")
        said = ""
        for step in document["jobs"]["build"]["steps"]:
            if "run" not in step or step["run"].startswith("python -m pip"):
                continue
            if step["name"] in ("Publish", "What readers get") and not edition:
                continue
            code = outputs.read_text().partition("code=")[2].strip() or "0"
            own = {name: edition if name == "EDITION" else code for name in step.get("env", {})}
            done = subprocess.run(
                ["/bin/bash", "-e", "-o", "pipefail", "-c", step["run"]],
                cwd=work,
                env={**os.environ, **own, "GITHUB_OUTPUT": str(outputs), "GITHUB_RUN_ID": "1"},
                capture_output=True,
                text=True,
                check=False,
            )
            codes[step["name"]] = done.returncode
            said += done.stdout + done.stderr
        self.work = work
        return codes, said


@pytest.fixture
def runner(project: Project, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """A project, an empty repository for what is kept, and kvalreg where the shell finds it."""
    folder = tmp_path_factory.mktemp("actions")
    (folder / "runs").mkdir()
    (folder / "bin").mkdir()
    command = folder / "bin" / "kvalreg"
    renderer = '[ "$1" = build ] && set -- "$@" --renderer pandoc\n'
    command.write_text(f'#!/bin/sh\n{renderer}exec "{sys.executable}" -m kvalreg "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    kept = folder / "kept.git"
    subprocess.run(["git", "init", "-q", "--bare", kept], check=True)
    return Runner(project.root, kept, folder / "runs")


def test_the_workflow_keeps_what_must_outlast_a_run(runner: Runner) -> None:
    """Two editions in two fresh checkouts; in the second one registry fails, and the others are published.

    The ledger, the first edition and what readers see are there in the third checkout, and an input is no shell text.
    """
    codes, said = runner.run("2026-06")
    assert set(codes.values()) == {0}, said
    assert (runner.work / ".readers" / "index.html").is_file()

    (runner.source / "data" / "alfa" / "a.csv").write_text("not;a;delivery\n", encoding="utf-8")
    codes, said = runner.run("2026-12")
    assert codes.pop("Tell that a registry failed") == 1, said
    assert set(codes.values()) == {0}, said
    assert (runner.work / ".readers" / "utgaver" / "2026-06" / "index.html").is_file()
    assert (runner.work / ".readers" / "registre" / "alfa" / "index.html").is_file()
    assert sorted(path.name for path in (runner.work / "_build" / "ledger").glob("2*")) == ["2026-06", "2026-12"]

    codes, _ = runner.run("$(touch stolen); touch stolen")
    assert codes["Publish"] != 0
    assert not (runner.work / "stolen").exists()
    assert (runner.work / "_public" / "utgaver" / "2026-06" / "index.html").is_file()
    assert oct((runner.work / "_build" / "ledger").stat().st_mode)[-3:] == "700"


# --- the container ---------------------------------------------------------------------------------------------------
def test_the_container_has_no_more_rights_than_it_needs() -> None:
    """A user of its own, a fixed version, a file system that only the project can be written in."""
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert re.search(r'"kvalreg==\d', text)
    service = YAML(typ="safe").load((DEPLOY / "compose.yml").read_text("utf-8"))["services"]["kvalreg"]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    (copied,) = re.findall(r"^COPY --chmod=0755 (\S+) /usr/local/bin/kvalreg-timer$", text, re.MULTILINE)
    assert (DEPLOY / copied).is_file()


def timer(folder: Path, build: str, **settings: str) -> subprocess.Popen[str]:
    """The container's timer with a kvalreg that is this script."""
    (folder / "kvalreg").write_text(f"#!/bin/sh\n{build}\n")
    (folder / "kvalreg").chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin", **settings}
    return subprocess.Popen(
        ["/bin/sh", DEPLOY / "timer.sh"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_timer_builds_at_once_and_waits_for_its_hour(tmp_path: Path) -> None:
    """It tells how the build ended, also when it failed, goes on, and ends with its sleep when it is told to."""
    with timer(tmp_path, f'echo "$@" >> {tmp_path}/asked; umask >> {tmp_path}/asked; exit 1') as running:
        assert running.stdout is not None
        assert running.stdout.readline().endswith(" The build ended with code 1.\n")
        assert (tmp_path / "asked").read_text() == "build --due --wait 3600 --quiet\n0077\n"
        time.sleep(0.2)
        assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        assert running.wait(5) == 0


def test_the_timer_ends_a_build_that_is_at_work(tmp_path: Path) -> None:
    """A stopped container stops the build first: it is told, and waited for."""
    build = f"trap 'echo told >> {tmp_path}/asked; exit 0' TERM; echo begun >> {tmp_path}/asked; sleep 30 & wait $!"
    with timer(tmp_path, build) as running:
        for _ in range(100):
            if (tmp_path / "asked").exists():
                break
            time.sleep(0.05)
        running.send_signal(signal.SIGTERM)
        assert running.wait(5) == 0
        assert (tmp_path / "asked").read_text() == "begun\ntold\n"


def test_the_timer_refuses_what_is_no_hour(tmp_path: Path) -> None:
    """A mistake is told at the start, and not at night."""
    with timer(tmp_path, "true", KVALREG_AT="quarter past") as running:
        _, said = running.communicate(timeout=5)
        assert running.returncode == 2
        assert "KVALREG_AT is 'quarter past'" in said


# --- systemd ---------------------------------------------------------------------------------------------------------
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_the_unit_is_hardened() -> None:
    """systemd's own measure of what a service may do is below 3 of 10; it was 8.7."""
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=30", str(DEPLOY / "kvalreg@.service")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-300:]


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
