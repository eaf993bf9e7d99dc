"""The fork server: a process that has imported everything, and forks workers and a kernel for each notebook.

Run as a program: ``python -P -m kvalreg.execution.forkserver N``, where N is the descriptor of a listening socket.
Input: a connection for each process to fork, with its folder, environment, limits and language, and the socket on which
the kernel talks (passed as a descriptor, see SCM_RIGHTS in unix(7)). Output: the process id, and later its exit status.

Python's own `multiprocessing` has a fork server, too; this one also gives each child an environment, a memory limit and
a session of its own, and reports how it ended.

Invariant: it has one thread. A fork copies only the calling thread, so a lock that another one holds would stay locked
in the child for ever. It runs no notebook and reads no data itself, and it ends when its standard input is closed: the
system closes that when the owner ends, however that happens.
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
    # the kernel, and what it would import with the first cell
    "ipykernel.debugger",
    "kvalreg.execution.forkserver_kernel",
    "IPython.extensions.storemagic",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "sqlite3",
    # what report notebooks import
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "altair",
    "great_tables",
    # what workers import
    "papermill",
    "kvalreg.execution.run_notebook",
)
"""What most report notebooks import, the kernel itself, and what runs notebooks. None may start a thread."""
PYTHON_VARIABLE_PREFIX = "PYTHON"
"""Variables that Python reads only when it starts: a kernel that needs other values cannot be forked."""
_PR_SET_PDEATHSIG = 1
"""From linux/prctl.h: which signal a process receives when its parent ends."""


class ForkRefusedError(Exception):
    """No process can be forked; the message says why."""


class ForkServer:
    """Serves connections, one for each forked process: the connection's end ends the process."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._client_by_pid: dict[int, socket.socket] = {}
        self._python_environment = _python_variables(dict(os.environ))
        self._warmed_languages = {""}

    def serve(self) -> None:
        """Fork processes until standard input is closed."""
        # the self-pipe trick: the handler of SIGCHLD does nothing, but its arrival makes a socket readable, so one
        # `select` waits for connections and for the ends of children
        wakeup_reader, wakeup_writer = socket.socketpair()
        wakeup_writer.settimeout(0)  # non-blocking, as `set_wakeup_fd` requires
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup_writer.fileno(), warn_on_full_buffer=False)
        for source in (sys.stdin, wakeup_reader, self._listener):
            self._selector.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin:  # closed, since nobody writes to it
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
        if request is None or descriptor is None:  # the client has ended
            client.close()
            return
        try:
            pid = self._fork(request, descriptor, client)
        except (ForkRefusedError, OSError) as error:
            _try_send(client, {"refused": str(error)})
            client.close()
        else:
            self._client_by_pid[pid] = client
            self._selector.register(client, selectors.EVENT_READ)
            _try_send(client, {"pid": pid})
        os.close(descriptor)  # the child has its own copy

    def _fork(self, request: JsonMessage, descriptor: int, client: socket.socket) -> int:
        thread_count = sum(1 for _ in Path("/proc/self/task").iterdir())
        if thread_count > 1:
            raise ForkRefusedError(f"the fork server has {thread_count} threads")
        if _python_variables(request["environment"]) != self._python_environment:
            raise ForkRefusedError("the notebook's Python is started with other variables")
        self._warm_up(str(request.get("language", "")))
        pid = os.fork()
        if pid:
            return pid
        # the child must never return into the server's loop, whatever it raises
        status = 70  # EX_SOFTWARE of sysexits.h
        try:
            client.close()
            self._run_child(request, descriptor)
            status = 0
        finally:
            os._exit(status)

    def _warm_up(self, language: str) -> None:
        """Load what a page in a language needs, once, before the fork: it saves each of its kernels half a second."""
        if language in self._warmed_languages:
            return
        self._warmed_languages.add(language)
        with suppress(Exception):  # it only saves time: the notebook itself will raise whatever is wrong
            from kvalreg.report.warmup import warm_up

            warm_up(language)
        freeze_heap()

    def _run_child(self, request: JsonMessage, descriptor: int) -> None:
        # undo what the fork server has set up: signals, and sockets that the child must not keep open
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # a session of its own, so that the child is killed with all it starts; and with the fork server
        os.setsid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        self._selector.close()
        for inherited in (self._listener, *self._client_by_pid.values()):
            inherited.close()
        # become what a new process would be
        os.environ.clear()
        os.environ.update(request["environment"])
        time.tzset()  # the C library reads TZ only here
        os.chdir(request["folder"])
        sys.argv = ["ipykernel_launcher.py"]
        _reseed_random()
        if request["kind"] == "worker":
            from kvalreg.execution.worker_pool import serve_worker

            return serve_worker(descriptor, request["address"])
        _limit_memory(request["memory"])

        from kvalreg.execution.forkserver_kernel import serve_kernel

        return serve_kernel(socket.socket(fileno=descriptor))

    def _report_exits(self) -> None:
        # several children can end before one signal arrives
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
        """Kill the process that the client has closed, and all that it has started."""
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
    """Import everything."""
    with gc_paused():
        for module in PRELOAD_MODULES:
            importlib.import_module(module)
    freeze_heap()


def freeze_heap() -> None:
    """Exempt all present objects from collection: a child's collector would write to them, and copy their pages."""
    gc.collect()
    gc.freeze()


def _python_variables(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(PYTHON_VARIABLE_PREFIX)}


def _reseed_random() -> None:
    """Seed random numbers anew: forked kernels would all draw the same ones."""
    import numpy as np

    random.seed()
    np.random.seed()


def _limit_memory(memory_limit: int) -> None:
    """Limit a process to so many bytes more than it has now: beyond that, Python raises MemoryError."""
    # the sixth number of /proc/self/statm is data and stack, in pages, which RLIMIT_DATA limits
    data_size = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    requested = data_size + memory_limit
    soft = requested if hard == resource.RLIM_INFINITY else min(requested, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # it has ended, or what is left of it runs as another user
        os.killpg(pid, signal.SIGKILL)


def _try_send(client: socket.socket, message: JsonMessage) -> None:
    with suppress(OSError):  # the client has ended, and its connection's end is handled next
        send_message(client, message)


def main() -> NoReturn:
    """Serve on the listening socket whose descriptor is the first argument."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    preload()
    ForkServer(listener).serve()
    shutil.rmtree(Path(listener.getsockname()).parent, ignore_errors=True)  # the owner may have been killed
    os._exit(0)


if __name__ == "__main__":
    main()
