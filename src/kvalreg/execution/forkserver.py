"""The process that has done the imports, and forks workers and a kernel for each notebook.

Run as a program: ``python -P -m kvalreg.execution.forkserver``, with a listening socket as its descriptor. Comes in: a
connection for each notebook, with its kernel's folder, environment, limits and language and the socket the kernel is to
talk on. Goes out: the kernel's process id, and how it ended. It runs no notebook and reads no data itself, has one
thread, and ends when its standard input is closed.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import random
import resource
import selectors
import shutil
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from kvalreg.execution.forkserver_protocol import JsonMessage, receive_with_descriptor, send_message
from kvalreg.memory import gc_paused

PRELOAD_MODULES = (
    "ipykernel.debugger",
    "kvalreg.execution.forkserver_kernel",
    "IPython.extensions.storemagic",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "sqlite3",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "altair",
    "great_tables",
    "papermill",
    "kvalreg.execution.run_notebook",
)
"""What most report notebooks need, the kernel itself, and what runs notebooks. None may start a thread."""
PYTHON_VARIABLE_PREFIX = "PYTHON"
"""Variables that Python reads when it starts: a kernel that wants other ones cannot be forked."""
_PR_SET_PDEATHSIG = 1


class ForkRefused(Exception):  # noqa: N818
    """Why no kernel can be forked here."""


class ForkServer:
    """Serves connections, one per notebook."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._client_by_pid: dict[int, socket.socket] = {}
        self._python_environment = _python_variables(dict(os.environ))
        self._warmed_languages = {""}

    def serve(self) -> None:
        """Fork kernels until standard input is closed."""
        wakeup_reader, wakeup_writer = socket.socketpair()
        wakeup_writer.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup_writer.fileno(), warn_on_full_buffer=False)
        for source in (sys.stdin, wakeup_reader, self._listener):
            self._selector.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin:
                    return self._kill_all()
                if key.fileobj is wakeup_reader:
                    wakeup_reader.recv(1 << 12)
                    self._report_exits()
                elif key.fileobj is self._listener:
                    self._handle_request(self._listener.accept()[0])
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    self._close_client(key.fileobj)

    def _handle_request(self, client: socket.socket) -> None:
        request, descriptor = receive_with_descriptor(client)
        if request is None or descriptor is None:
            client.close()
            return
        try:
            pid = self._fork(request, descriptor, client)
        except (ForkRefused, OSError) as error:
            _try_send(client, {"refused": str(error)})
            client.close()
        else:
            self._client_by_pid[pid] = client
            self._selector.register(client, selectors.EVENT_READ)
            _try_send(client, {"pid": pid})
        os.close(descriptor)

    def _fork(self, request: JsonMessage, descriptor: int, client: socket.socket) -> int:
        thread_count = sum(1 for _ in Path("/proc/self/task").iterdir())
        if thread_count > 1:
            raise ForkRefused(f"the process that has done the imports has {thread_count} threads")
        if _python_variables(request["environment"]) != self._python_environment:
            raise ForkRefused("the notebook's Python is started with other variables")
        self._warm_up(str(request.get("language", "")))
        pid = os.fork()
        if pid:
            return pid
        status = 70
        try:
            client.close()
            self._run_child(request, descriptor)
            status = 0
        finally:
            os._exit(status)

    def _warm_up(self, language: str) -> None:
        """Have at hand what a page in a language needs, once: each of its kernels is spared half a second."""
        if language in self._warmed_languages:
            return
        self._warmed_languages.add(language)
        with suppress(Exception):  # it saves time and nothing else: what is wrong, the notebook itself will tell
            from kvalreg.report.warmup import warm_up

            warm_up(language)
        freeze_heap()

    def _run_child(self, request: JsonMessage, descriptor: int) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        self._selector.close()
        for inherited in (self._listener, *self._client_by_pid.values()):
            inherited.close()
        os.environ.clear()
        os.environ.update(request["environment"])
        time.tzset()
        os.chdir(request["folder"])
        sys.argv = ["ipykernel_launcher.py"]
        _reseed_random()
        if request["kind"] == "worker":
            from kvalreg.execution.worker_pool import serve_worker as work

            return work(descriptor, request["address"])
        _limit_memory(request["memory"])

        from kvalreg.execution.forkserver_kernel import serve_kernel

        return serve_kernel(socket.socket(fileno=descriptor))

    def _report_exits(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            _kill_group(pid)
            client = self._client_by_pid.pop(pid, None)
            if client is not None:
                _try_send(client, {"ended": os.waitstatus_to_exitcode(status)})

    def _close_client(self, client: socket.socket) -> None:
        """The notebook is done with its kernel: end it, and what it has started."""
        self._selector.unregister(client)
        client.close()
        for pid, owner in list(self._client_by_pid.items()):
            if owner is client:
                del self._client_by_pid[pid]
                _kill_group(pid)

    def _kill_all(self) -> None:
        for pid in self._client_by_pid:
            _kill_group(pid)


def preload() -> None:
    """Do the imports."""
    with gc_paused():
        for module in PRELOAD_MODULES:
            importlib.import_module(module)
    freeze_heap()


def freeze_heap() -> None:
    """Keep what there is out of the way of the children's garbage collection."""
    gc.collect()
    gc.freeze()


def _python_variables(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(PYTHON_VARIABLE_PREFIX)}


def _reseed_random() -> None:
    """Random numbers of its own for each kernel, as a new process has."""
    import numpy as np

    random.seed()
    np.random.seed()


def _limit_memory(memory_limit: int) -> None:
    """At most so many bytes more than after the fork: beyond that, Python raises MemoryError."""
    data_size = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    requested = data_size + memory_limit
    soft = requested if hard == resource.RLIM_INFINITY else min(requested, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:
        return


def _try_send(client: socket.socket, message: JsonMessage) -> None:
    try:
        send_message(client, message)
    except OSError:
        return


def main() -> NoReturn:
    """Serve on the socket that is descriptor 3 or as told."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    preload()
    ForkServer(listener).serve()
    shutil.rmtree(Path(listener.getsockname()).parent, ignore_errors=True)  # its starter may have been killed
    os._exit(0)


if __name__ == "__main__":
    main()
