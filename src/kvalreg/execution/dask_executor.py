"""The same jobs on other machines, through Dask distributed.

Comes in: a scheduler's address. Goes out: an executor as `concurrent.futures` has them. A job carries its notebook and
its published cells, and answers with its page, so that machines share no disk; nothing secret leaves this one. A job
whose machine is lost runs again on another; Dask gives it up when it has lost several.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future
from functools import cache
from typing import TYPE_CHECKING, Any

from kvalreg.errors import NotebookError, UsageError
from kvalreg.execution.run_notebook import NotebookResult, NotebookTask, run_notebook
from kvalreg.execution.worker_pool import WorkerLostError, WorkerPool
from kvalreg.storage.fingerprint import environment_fingerprint

if TYPE_CHECKING:
    from distributed import Client

CONNECT_TIMEOUT_SECONDS = 20
"""Seconds that a scheduler may take to answer."""
_start_lock = threading.Lock()


class DaskExecutor:
    """A Dask cluster, with the interface of a `concurrent.futures` executor.

    Parameters
    ----------
    address
        The scheduler's, such as ``tcp://host:8786``.

    Raises
    ------
    UsageError
        When Dask is not installed, no scheduler answers, it has no workers, or a worker has another kvalreg.
    """

    def __init__(self, address: str) -> None:
        self._client = _connect(address)
        try:
            _check_worker_versions(self._client, address)
        except BaseException:
            self._client.close()
            raise
        self._executor = self._client.get_executor(pure=False)

    def submit(self, _function: Any, /, task: NotebookTask) -> Future[NotebookResult]:
        """Have a notebook run on one of the machines."""
        future: Future[NotebookResult] = self._executor.submit(_run_on_worker, task, environment_fingerprint())
        return future

    def __enter__(self) -> DaskExecutor:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._executor.shutdown(wait=error is None)
        self._client.close()


def is_worker_lost(error: BaseException) -> bool:
    """Whether a future's error says that the process or machine that ran it was lost."""
    return isinstance(error, WorkerLostError) or type(error).__name__ == "KilledWorker"


def _connect(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("--cluster needs Dask: pip install 'kvalreg[cluster]'.") from None
    try:
        return Client(address, timeout=CONNECT_TIMEOUT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UsageError(
            f"No Dask scheduler answers at {address} ({type(error).__name__}). "
            "Start one with 'dask scheduler', or leave --cluster out."
        ) from None


def _check_worker_versions(client: Client, address: str) -> None:
    """Refuse machines whose kvalreg, libraries or Python are others: they would make other pages."""
    try:
        digest_by_worker = client.run(environment_fingerprint)
    except ImportError:
        raise UsageError(f"A worker of {address} has no kvalreg. Install the same one on every machine.") from None
    if not digest_by_worker:
        raise UsageError(f"The scheduler at {address} has no workers. Start some with 'dask worker {address}'.")
    mismatched_workers = sorted(worker for worker, digest in digest_by_worker.items() if digest != _local_code_digest())
    if mismatched_workers:
        raise UsageError(
            f"These workers of {address} have another kvalreg, other libraries or another Python than this machine: "
            f"{', '.join(mismatched_workers)}. Install the same on every machine, for instance with constraints.txt."
        )


def _local_code_digest() -> str:
    return environment_fingerprint()


def _run_on_worker(task: NotebookTask, code_digest: str) -> NotebookResult:
    """On a worker's machine: run a notebook in a process of its own."""
    if environment_fingerprint() != code_digest:  # it came after the comparison
        return NotebookResult(error=NotebookError("the machine that was to run the notebook has another kvalreg"))
    with _start_lock:
        pool = _local_pool()
    return pool.submit(run_notebook, task).result()


@cache
def _local_pool() -> WorkerPool:
    """This machine's processes, for as long as the worker lives."""
    return WorkerPool(os.cpu_count() or 1)
