"""The same jobs on other machines, through Dask distributed.

Input: a scheduler's address. Output: an executor with the interface of `concurrent.futures`. A task carries its
notebook and its published cells and returns its page, so the machines share no disk; nothing secret leaves this one. A
task whose machine is lost runs again on another; Dask gives up after several (KilledWorker).
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
        When Dask is not installed, no scheduler answers, it has no workers, or a worker has another version of kvalreg.
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
        """Run a notebook on one of the machines."""
        future: Future[NotebookResult] = self._executor.submit(_run_on_worker, task, environment_fingerprint())
        return future

    def __enter__(self) -> DaskExecutor:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        # after an error, as Ctrl-C, running tasks are abandoned
        self._executor.shutdown(wait=error is None)
        self._client.close()


def is_worker_lost(error: BaseException) -> bool:
    """Whether a future's error means that its process or machine was lost; Dask need not be installed to ask."""
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
    """Refuse machines whose kvalreg, libraries or Python differ: they could produce other pages."""
    try:
        fingerprints = client.run(environment_fingerprint)
    except ImportError:
        raise UsageError(f"A worker of {address} has no kvalreg. Install the same one on every machine.") from None
    if not fingerprints:
        raise UsageError(f"The scheduler at {address} has no workers. Start some with 'dask worker {address}'.")
    expected = _local_fingerprint()
    mismatched_workers = sorted(worker for worker, value in fingerprints.items() if value != expected)
    if mismatched_workers:
        raise UsageError(
            f"These workers of {address} have another kvalreg, other libraries or another Python than this machine: "
            f"{', '.join(mismatched_workers)}. Install the same on every machine, for instance with constraints.txt."
        )


def _local_fingerprint() -> str:
    return environment_fingerprint()


def _run_on_worker(task: NotebookTask, expected_fingerprint: str) -> NotebookResult:
    """Run a notebook in a process of its own; this function runs on a worker's machine."""
    if environment_fingerprint() != expected_fingerprint:  # a worker that has joined after `_check_worker_versions`
        return NotebookResult(error=NotebookError("the machine that was to run the notebook has another kvalreg"))
    with _start_lock:  # a worker runs tasks in several threads, and `cache` would let two of them start a pool
        pool = _local_pool()
    return pool.submit(run_notebook, task).result()


@cache
def _local_pool() -> WorkerPool:
    """This machine's worker processes, for the lifetime of the Dask worker."""
    return WorkerPool(os.cpu_count() or 1)
