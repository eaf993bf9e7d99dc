"""One run at a time: the second waits or is told who has the project, and a killed run holds nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kvalreg.errors import EXIT_BUSY, BusyError
from kvalreg.project import Project
from kvalreg.storage.project_lock import project_lock

HOLD = """
import sys
from pathlib import Path
from kvalreg.project import Project
from kvalreg.storage.project_lock import project_lock
with project_lock(Project(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(project: Project) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the project until it reads a line or is killed."""
    command = [sys.executable, "-c", HOLD, str(project.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_told_who_has_the_project(project: Project) -> None:
    """The message names the process and since when; the exit code is one of its own."""
    with holder(project) as process:
        with pytest.raises(BusyError, match=rf"process {process.pid}, since 20\d\d-") as error, project_lock(project):
            pass
        assert "--wait" in str(error.value)
        assert error.value.exit_code == EXIT_BUSY == 4


def test_a_second_run_waits_when_asked_to(project: Project) -> None:
    """It begins when the first one ends."""
    with holder(project) as process:
        assert process.stdin is not None
        process.stdin.write("end\n")
        process.stdin.flush()
        with project_lock(project, wait=30):
            assert project.lock.read_text(encoding="utf-8").startswith(f"process {os.getpid()}, ")


def test_a_killed_run_holds_nothing(project: Project) -> None:
    """The system gives the lock up with the process."""
    with holder(project) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with project_lock(project):
            pass


def test_one_process_cannot_have_it_twice(project: Project) -> None:
    """A refused second run of the same process does not give up what the first one holds."""
    with project_lock(project):
        for _ in range(2):
            with pytest.raises(BusyError, match="this very process"), project_lock(project):
                pass
        command = [sys.executable, "-c", HOLD, str(project.root)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert "BusyError" in done.stderr
