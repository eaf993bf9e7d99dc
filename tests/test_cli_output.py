"""Where a command's output goes is not its work's concern; and what a run that could not report leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kvalreg import run_report
from kvalreg.disclosure.published import save_published
from kvalreg.errors import DiskFullError
from kvalreg.execution import forkserver_client as warm_client
from kvalreg.project import Project
from kvalreg.report import Report
from kvalreg.run_report import recorded_run
from kvalreg.run_result import RunResult
from kvalreg.site.quarto import Quarto
from report_example import example, report

CHECK = [sys.executable, "-m", "kvalreg", "check", "--all", "--project"]


def test_a_reader_who_has_seen_enough_stops_nothing(project: Project) -> None:
    """The pipe is closed before the first word: the command's own code, and no word of it."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*CHECK, str(project.root)], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_without_room_is_told_as_such(project: Project) -> None:
    """Not as a full disk of the project: the work is done, and code 1 says that not all was printed."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*CHECK, str(project.root)], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr == b"Not all of this could be printed: No space left on device. The work itself is done.\n"


def test_a_report_that_cannot_be_written_is_not_an_earlier_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build succeeds; the next one has no room, also for its report: nobody may read that it had succeeded."""
    with recorded_run(project, "build") as first:
        first.run_result = RunResult()
    assert '"exit_code": 0' in project.run_report.read_text(encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_report, "_write", full)
    with pytest.raises(DiskFullError), recorded_run(project, "build"):
        raise DiskFullError("The disk is full.")
    assert not project.run_report.exists()


def test_sockets_lie_where_their_names_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below a folder of temporary files with a name of 120 letters, a socket has no room."""
    monkeypatch.setattr("kvalreg.execution.forkserver_client.tempfile.gettempdir", lambda: "/x" * 60)
    assert warm_client._socket_folder() == "/tmp"
    monkeypatch.setattr("kvalreg.execution.forkserver_client.tempfile.gettempdir", lambda: "/var/tmp")
    assert warm_client._socket_folder() == "/var/tmp"


def test_a_quarto_that_went_away_is_told(tmp_path: Path) -> None:
    """It was there when it was found; what is said names it, and is no defect."""
    said = Quarto(str(tmp_path / "quarto"), "1.6.0")._run_quarto(tmp_path)
    assert said == f"It was found and cannot be started any longer (No such file or directory): {tmp_path / 'quarto'}"


def test_a_notebook_is_told_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown indicator, heading or year is named, with what there is; a year in quotation marks is a year."""
    made = report()
    with pytest.raises(KeyError, match=r"alfa has no indicator 'nope'\. It has '"):
        made.trend("nope")
    with pytest.raises(ValueError, match="The catalogue has no heading 'mine'"):
        made.heading("mine")
    save_published(example(), tmp_path)
    monkeypatch.setenv("KVALREG_PUBLISHED", str(tmp_path))
    assert Report.load("alfa", "2024").year == 2024  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"alfa has no results from 1999: it has 20"):
        Report.load("alfa", 1999)
    with pytest.raises(ValueError, match="write four digits"):
        Report.load("alfa", "i fjor")  # type: ignore[arg-type]
