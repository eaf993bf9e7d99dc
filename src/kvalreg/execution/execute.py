"""Execute all jobs of a build in parallel.

Input: jobs, and the folders of their inputs. Output: job results, in the order in which they end, and the log of each
failure. One job's failure affects no other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path

from kvalreg.errors import NotebookError
from kvalreg.execution.dask_executor import DaskExecutor, is_worker_lost
from kvalreg.execution.notebook_errors import log_path, unexpected_error, write_log
from kvalreg.execution.plan import Job
from kvalreg.execution.run_notebook import CELL_TIMEOUT, NotebookResult, NotebookTask, run_notebook
from kvalreg.execution.worker_pool import WorkerPool

MAX_IN_FLIGHT = 64
"""How many jobs are submitted at a time: their notebooks, cells and pages are in memory from submission to result."""


@dataclass(frozen=True)
class JobResult:
    """How one job ended: `markdown` and `prose` when it succeeded, else `error` and the path of its log."""

    job: Job
    markdown: str = ""
    error: NotebookError | None = None
    log: Path | None = None
    prose: str = ""


@dataclass(frozen=True)
class ExecutorConfig:
    """Where jobs run.

    Parameters
    ----------
    published, logs
        The folders of the published cells, and of logs.
    workers
        How many jobs run at a time.
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


def execute(jobs: Iterable[Job], config: ExecutorConfig) -> Iterator[JobResult]:
    """Run every job in a kernel of its own, and yield each result as soon as it is available."""
    pending = deque(jobs)
    if not pending:
        return
    with _create_executor(config, len(pending)) as executor:
        running: dict[Future[NotebookResult], Job] = {}
        while pending or running:
            # submit: notebook and cells are read here, one job at a time
            while pending and len(running) < MAX_IN_FLIGHT:
                job = pending.popleft()
                try:
                    task = _notebook_task(job, config)
                except OSError as error:  # the notebook was removed after planning: this page fails, not the run
                    yield _job_result(job, NotebookResult(error=unexpected_error(error)), config)
                else:
                    running[executor.submit(run_notebook, task)] = job
            if not running:
                return
            # collect: results are yielded in the order in which jobs end, so progress is shown at once
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield _job_result(running.pop(future), _future_result(future), config)


def _job_result(job: Job, notebook_result: NotebookResult, config: ExecutorConfig) -> JobResult:
    if notebook_result.error is None:
        log_path(job, config.logs).unlink(missing_ok=True)  # that of an earlier failure
        return JobResult(job, markdown=notebook_result.markdown, prose=notebook_result.prose)
    return JobResult(job, error=notebook_result.error, log=write_log(job, config.logs, notebook_result.error))


def _create_executor(config: ExecutorConfig, job_count: int) -> WorkerPool | DaskExecutor:
    if config.cluster:
        return DaskExecutor(config.cluster)
    return WorkerPool(min(config.workers, job_count))


def _notebook_task(job: Job, config: ExecutorConfig) -> NotebookTask:
    published = config.published / f"{job.registry}.parquet"
    return NotebookTask(
        registry=job.registry,
        notebook=job.notebook.read_bytes(),
        published=published.read_bytes() if published.is_file() else b"",
        parameters=job.parameters,
        cell_timeout=config.cell_timeout,
    )


def _future_result(future: Future[NotebookResult]) -> NotebookResult:
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - contained here: this page fails, not the run
        if is_worker_lost(error):
            return NotebookResult(error=NotebookError("the process that ran the notebook was killed, or out of memory"))
        return NotebookResult(error=unexpected_error(error))
