"""A pool of worker processes on this machine.

Input: functions and their arguments, pickled. Output: futures of `concurrent.futures`. Unlike in a
`ProcessPoolExecutor`, a worker that is killed breaks neither the pool nor other tasks: its task is tried once more in a
new worker, and then fails alone. Each worker has a thread here that sends it tasks and waits.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from kvalreg.execution.forkserver_client import ForkedProcess, UnsafeForkError, forkserver_address, use_forkserver

T = TypeVar("T")
MAX_ATTEMPTS = 2
"""How often a task is given to a worker: a second time when the first worker was lost."""
_QueuedCall = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...]]


class WorkerLostError(Exception):
    """The process that ran a task has ended before the task."""


class _Worker(Protocol):
    def call(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Run a function in the process; WorkerLostError when that ends first."""

    def kill(self) -> None:
        """Kill the process while another thread waits for it."""

    def close(self) -> None:
        """End the process."""


class _ForkedWorker:
    """Forked by the fork server, in milliseconds."""

    def __init__(self) -> None:
        self._process = ForkedProcess({"kind": "worker", "address": forkserver_address()})
        self._connection = Connection(self._process.connection.detach())

    def call(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        try:
            self._connection.send_bytes(pickle.dumps((function, args)))
            succeeded, value = pickle.loads(self._connection.recv_bytes())  # noqa: S301 - from our own process
        except (EOFError, OSError):
            raise WorkerLostError from None
        if succeeded:
            return value
        raise value

    def kill(self) -> None:
        self._process.close()  # the thread that waits in `call` gets EOFError when the process has ended

    def close(self) -> None:
        self._process.close()
        self._connection.close()


class _SpawnedWorker:
    """Started as a new Python, where processes cannot be forked."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def call(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        try:
            return self._pool.submit(function, *args).result()
        except BrokenProcessPool:
            raise WorkerLostError from None

    def kill(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


class WorkerPool:
    """A fixed number of worker processes, with the interface of a `concurrent.futures` executor.

    Parameters
    ----------
    initializer
        What each process calls before its first task.
    """

    def __init__(self, worker_count: int, initializer: Callable[[], None] | None = None) -> None:
        self._initializer = initializer
        self._tasks: SimpleQueue[_QueuedCall | None] = SimpleQueue()
        self._running: set[_Worker] = set()
        self._is_cancelled = False
        self._threads = [threading.Thread(target=self._serve_tasks, daemon=True) for _ in range(worker_count)]
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[..., T], /, *args: Any) -> Future[T]:
        """Run a function in a worker."""
        future: Future[T] = Future()
        self._tasks.put((future, function, args))
        return future

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        # after an error, as Ctrl-C, running tasks are abandoned; otherwise all that were submitted are completed
        if error is not None:
            self._is_cancelled = True
            for worker in tuple(self._running):
                worker.kill()
        # each thread takes one None, after all tasks that were submitted before
        for _thread in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def _serve_tasks(self) -> None:
        """Send tasks to one worker, and to its successor when it is lost, until the queue yields None."""
        worker: _Worker | None = None
        while (task := self._tasks.get()) is not None:
            future, function, args = task
            if self._is_cancelled or not future.set_running_or_notify_cancel():
                continue
            for attempts_left in reversed(range(MAX_ATTEMPTS)):
                try:
                    # a worker is started with the first task that needs it, and reused for the next ones
                    if worker is None:
                        worker = _start_worker()
                        self._running.add(worker)
                        if self._initializer is not None:
                            worker.call(self._initializer, ())
                    future.set_result(worker.call(function, args))
                    break
                except WorkerLostError as error:
                    self._close_worker(worker)
                    worker = None
                    if self._is_cancelled or not attempts_left:
                        future.set_exception(error)
                        break
                except BaseException as error:  # noqa: BLE001 - the future raises it where the result is read
                    future.set_exception(error)
                    break
        self._close_worker(worker)

    def _close_worker(self, worker: _Worker | None) -> None:
        if worker is not None:
            self._running.discard(worker)
            worker.close()


def available_cpus() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start_forkserver() -> None:
    """Start the fork server without waiting for its imports, which take a second or two."""
    if sys.platform.startswith("linux"):
        with suppress(OSError):  # the first worker tries again, and can do without
            forkserver_address()


def _start_worker() -> _Worker:
    if sys.platform.startswith("linux"):
        try:
            return _ForkedWorker()
        except UnsafeForkError:
            pass  # slower, with the same results
    return _SpawnedWorker()


def serve_worker(descriptor: int, address: str) -> None:
    """Run the tasks that arrive on a socket until it is closed: the main loop of a forked worker."""
    use_forkserver(address)
    with Connection(descriptor) as connection:
        while True:
            try:
                task = connection.recv_bytes()
            except EOFError:
                return
            try:
                function, args = pickle.loads(task)  # noqa: S301 - from the process that started this one
                reply = (True, function(*args))
            except Exception as error:  # noqa: BLE001 - sent back, and raised there
                reply = (False, error)
            connection.send_bytes(pickle.dumps(reply))
