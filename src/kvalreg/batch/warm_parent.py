"""The process that has done the imports, and forks workers and a kernel for each notebook.

Run as a program: ``python -P -m kvalreg.batch.warm_parent``, with a listening socket as its descriptor. Comes in: a
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

from kvalreg.batch.warm_link import Message, receive_with_descriptor, send
from kvalreg.memory import without_collection

PRELOADED = (
    "ipykernel.debugger",
    "kvalreg.batch.warm_kernel",
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
    "kvalreg.batch.run",
)
"""What most report notebooks need, the kernel itself, and what runs notebooks. None may start a thread."""
PYTHONS_OWN = "PYTHON"
"""Variables that Python reads when it starts: a kernel that wants other ones cannot be forked."""
_DIE_WITH_PARENT = 1


class Refused(Exception):  # noqa: N818
    """Why no kernel can be forked here."""


class WarmParent:
    """Serves connections, one per notebook."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._kernels: dict[int, socket.socket] = {}
        self._environment = _pythons(dict(os.environ))
        self._rehearsed = {""}

    def serve(self) -> None:
        """Fork kernels until standard input is closed."""
        woken, wake = socket.socketpair()
        wake.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        for watched in (sys.stdin, woken, self._listener):
            self._selector.register(watched, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin:
                    return self._end()
                if key.fileobj is woken:
                    woken.recv(1 << 12)
                    self._tell_of_ended()
                elif key.fileobj is self._listener:
                    self._open(self._listener.accept()[0])
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    self._close(key.fileobj)

    def _open(self, client: socket.socket) -> None:
        request, link = receive_with_descriptor(client)
        if request is None or link is None:
            client.close()
            return
        try:
            pid = self._forked(request, link, client)
        except (Refused, OSError) as error:
            _tell(client, {"refused": str(error)})
            client.close()
        else:
            self._kernels[pid] = client
            self._selector.register(client, selectors.EVENT_READ)
            _tell(client, {"pid": pid})
        os.close(link)

    def _forked(self, request: Message, link: int, client: socket.socket) -> int:
        threads = sum(1 for _ in Path("/proc/self/task").iterdir())
        if threads > 1:
            raise Refused(f"the process that has done the imports has {threads} threads")
        if _pythons(request["environment"]) != self._environment:
            raise Refused("the notebook's Python is started with other variables")
        self._rehearse(str(request.get("language", "")))
        pid = os.fork()
        if pid:
            return pid
        status = 70
        try:
            client.close()
            self._become(request, link)
            status = 0
        finally:
            os._exit(status)

    def _rehearse(self, language: str) -> None:
        """Have at hand what a page in a language needs, once: each of its kernels is spared half a second."""
        if language in self._rehearsed:
            return
        self._rehearsed.add(language)
        with suppress(Exception):  # it saves time and nothing else: what is wrong, the notebook itself will tell
            from kvalreg.report.rehearsal import rehearse

            rehearse(language)
        keep()

    def _become(self, request: Message, link: int) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        self._selector.close()
        for other in (self._listener, *self._kernels.values()):
            other.close()
        os.environ.clear()
        os.environ.update(request["environment"])
        time.tzset()
        os.chdir(request["folder"])
        sys.argv = ["ipykernel_launcher.py"]
        _reseed()
        if request["kind"] == "worker":
            from kvalreg.batch.workers import serve as work

            return work(link, request["address"])
        _limit(request["memory"])

        from kvalreg.batch.warm_kernel import serve

        return serve(socket.socket(fileno=link))

    def _tell_of_ended(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            _kill_group(pid)
            client = self._kernels.pop(pid, None)
            if client is not None:
                _tell(client, {"ended": os.waitstatus_to_exitcode(status)})

    def _close(self, client: socket.socket) -> None:
        """The notebook is done with its kernel: end it, and what it has started."""
        self._selector.unregister(client)
        client.close()
        for pid, of in list(self._kernels.items()):
            if of is client:
                del self._kernels[pid]
                _kill_group(pid)

    def _end(self) -> None:
        for pid in self._kernels:
            _kill_group(pid)


def preload() -> None:
    """Do the imports."""
    with without_collection():
        for module in PRELOADED:
            importlib.import_module(module)
    keep()


def keep() -> None:
    """Keep what there is out of the way of the children's garbage collection."""
    gc.collect()
    gc.freeze()


def _pythons(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(PYTHONS_OWN)}


def _reseed() -> None:
    """Random numbers of its own for each kernel, as a new process has."""
    import numpy as np

    random.seed()
    np.random.seed()


def _limit(memory: int) -> None:
    """At most so many bytes more than after the fork: beyond that, Python raises MemoryError."""
    data = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    wanted = data + memory
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:
        return


def _tell(client: socket.socket, message: Message) -> None:
    try:
        send(client, message)
    except OSError:
        return


def main() -> NoReturn:
    """Serve on the socket that is descriptor 3 or as told."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    preload()
    WarmParent(listener).serve()
    shutil.rmtree(Path(listener.getsockname()).parent, ignore_errors=True)  # its starter may have been killed
    os._exit(0)


if __name__ == "__main__":
    main()
