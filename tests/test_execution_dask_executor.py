"""Jobs on a Dask cluster: the same pages, from machines that share no disk, also when one is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from kvalreg.errors import UsageError
from kvalreg.execution.dask_executor import DaskExecutor
from kvalreg.execution.execute import ExecutorConfig, _future_result, execute
from kvalreg.execution.plan import Job
from kvalreg.execution.run_notebook import NotebookResult
from small_project import write_notebook

pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's own, on a busy machine
SOURCE = """\
import time
from pathlib import Path
from kvalreg.report.html_fragment import HtmlFragment
time.sleep(0.5)
HtmlFragment(f"{registry} {year}")"""


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler, and workers that are processes with a folder each."""
    from distributed import LocalCluster

    with ExitStack() as stack:
        scheduler = stack.enter_context(LocalCluster(n_workers=0, processes=True, dashboard_address=None))
        started = []
        for number in range(workers):
            place = folder / f"machine-{number}"
            place.mkdir()
            command = [sys.executable, "-m", "distributed.cli.dask_worker", scheduler.scheduler_address]
            options = ["--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(place)]
            started.append(subprocess.Popen([*command, *options], cwd=place, stderr=subprocess.DEVNULL))
        try:
            yield scheduler.scheduler_address, started
        finally:
            for process in started:
                process.kill()
                process.wait()


def wait_for(address: str, workers: int) -> None:
    """Until so many workers have come."""
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=60)


def test_a_cluster_makes_the_same_pages_also_when_a_machine_is_lost(tmp_path: Path) -> None:
    """Six pages on two machines, one of them killed after the first page: all six are made, as here; one job is bad."""
    good = write_notebook(tmp_path / "year.ipynb", [SOURCE])
    bad = write_notebook(tmp_path / "bad.ipynb", ["1 / 0"])
    jobs = [
        Job(
            "year",
            bad if year == 2005 else good,
            "slag",
            year,
            "final",
            "nb",
            f"{year}.qmd",
            "Slag",
            (),
            synthetic=True,
        )
        for year in range(2000, 2007)
    ]
    with cluster(tmp_path, 2) as (address, machines):
        wait_for(address, 2)
        place = ExecutorConfig(tmp_path / "published", tmp_path / "logs", 2, cluster=address)
        ended = execute(jobs, place)
        outcomes = [next(ended)]
        machines[0].send_signal(signal.SIGKILL)
        outcomes += list(ended)
    pages = {outcome.job.year: outcome.markdown for outcome in outcomes if outcome.error is None}
    assert pages == {year: f"slag {year}\n" for year in (2000, 2001, 2002, 2003, 2004, 2006)}
    (failed,) = [outcome for outcome in outcomes if outcome.error is not None]
    assert str(failed.error) == "cell 2: ZeroDivisionError: division by zero"
    assert failed.log == tmp_path / "logs" / "slag" / "slag-2005.log"


def test_a_machine_with_another_kvalreg_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is named, and what to do; nothing is run."""
    with cluster(tmp_path, 1) as (address, _):
        wait_for(address, 1)
        monkeypatch.setattr("kvalreg.execution.dask_executor._local_fingerprint", lambda: "another")
        with pytest.raises(UsageError, match=r"another kvalreg.*: tcp://127.0.0.1:.*constraints.txt"):
            DaskExecutor(address)


def test_a_scheduler_that_is_not_there_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is told, and how to start one."""
    monkeypatch.setattr("kvalreg.execution.dask_executor.CONNECT_TIMEOUT_SECONDS", 1)
    with pytest.raises(UsageError, match=r"No Dask scheduler answers at tcp://127.0.0.1:9 "):
        DaskExecutor("tcp://127.0.0.1:9")


def test_a_job_that_loses_machine_after_machine_fails_alone() -> None:
    """Dask gives it up with KilledWorker: the page fails with a sentence, not the run."""
    from distributed.scheduler import KilledWorker

    future: Future[NotebookResult] = Future()
    future.set_exception(KilledWorker("task", os.getpid(), 4))
    assert str(_future_result(future).error) == "the process that ran the notebook was killed, or out of memory"
