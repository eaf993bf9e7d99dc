"""All jobs of a build, side by side, and how each ended.

Comes in: jobs and where their inputs lie. Goes out: outcomes, as soon as they are there, and the log of each failure.
One job's failure touches no other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path

from kvalreg.batch.cluster import Cluster, lost
from kvalreg.batch.failure import log_path, unexpected, write_log
from kvalreg.batch.plan import Job
from kvalreg.batch.run import CELL_TIMEOUT, Made, Run, run_notebook
from kvalreg.batch.workers import Workers
from kvalreg.errors import NotebookError

AHEAD = 64
"""So many jobs are with the workers at a time: what they take and give is in memory for so long."""


@dataclass(frozen=True)
class Outcome:
    """How one job ended: `markdown` when it succeeded, with its prose; else `error` and where its log is."""

    job: Job
    markdown: str = ""
    error: NotebookError | None = None
    log: Path | None = None
    prose: str = ""


@dataclass(frozen=True)
class Workplace:
    """Where jobs run.

    Parameters
    ----------
    published, logs
        The folder of the published cells that they may read, and that of their logs.
    workers
        How many run at a time.
    cluster
        The address of a Dask scheduler whose workers run the jobs; this machine runs them when it is empty.
    cell_timeout
        Seconds that a cell may take.
    """

    published: Path
    logs: Path
    workers: int
    cluster: str = ""
    cell_timeout: int = CELL_TIMEOUT


def execute(jobs: Iterable[Job], workplace: Workplace) -> Iterator[Outcome]:
    """Run every job, each in a fresh kernel, and give each outcome as soon as it is there."""
    waiting = deque(jobs)
    if not waiting:
        return
    with _executor(workplace, len(waiting)) as executor:
        running: dict[Future[Made], Job] = {}
        while waiting or running:
            while waiting and len(running) < AHEAD:
                job = waiting.popleft()
                try:
                    run = _run(job, workplace)
                except OSError as error:  # a notebook that has gone since it was planned: this page fails, not the run
                    yield _outcome(job, Made(error=unexpected(error)), workplace)
                else:
                    running[executor.submit(run_notebook, run)] = job
            if not running:
                return
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                yield _outcome(running.pop(future), _made(future), workplace)


def _outcome(job: Job, made: Made, workplace: Workplace) -> Outcome:
    if made.error is None:
        log_path(job, workplace.logs).unlink(missing_ok=True)
        return Outcome(job, markdown=made.markdown, prose=made.prose)
    return Outcome(job, error=made.error, log=write_log(job, workplace.logs, made.error))


def _executor(workplace: Workplace, jobs: int) -> Workers | Cluster:
    if workplace.cluster:
        return Cluster(workplace.cluster)
    return Workers(min(workplace.workers, jobs))


def _run(job: Job, workplace: Workplace) -> Run:
    published = workplace.published / f"{job.registry}.parquet"
    return Run(
        registry=job.registry,
        notebook=job.notebook.read_bytes(),
        published=published.read_bytes() if published.is_file() else b"",
        parameters=job.parameters,
        cell_timeout=workplace.cell_timeout,
    )


def _made(future: Future[Made]) -> Made:
    try:
        return future.result()
    except Exception as error:  # this page fails, not the run
        if lost(error):
            return Made(error=NotebookError("the process that ran the notebook was killed, or out of memory"))
        return Made(error=unexpected(error))
