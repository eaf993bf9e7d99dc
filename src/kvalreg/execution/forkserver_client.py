"""The warm engine's side of a notebook: what nbclient needs of a kernel manager and a kernel client.

Comes in: nbclient's requests. Goes out: the messages of a kernel that `warm_parent` has forked. It starts that process
once, and shares it with the processes that are told where it listens.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.session import Session

from kvalreg.execution.forkserver_kernel import IOPUB_CHANNEL, SHELL_CHANNEL
from kvalreg.execution.forkserver_protocol import FrameDecoder, JsonMessage, encode_frame, receive_message, send_message

_PRELOAD_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
"""Libraries read these when they are imported. None may start a thread: a process with threads cannot be forked."""
REPLY_TIMEOUT_SECONDS = 60
"""Seconds that the process that has done the imports may take to answer; then the stock kernel is used."""
_start_lock = threading.Lock()
_LONGEST_FOLDER = 70
"""Bytes. A socket's whole path has 107 at most, here and on other machines 103."""
_SHORT = "/tmp"  # noqa: S108 (the socket lies in a folder of its own that only its owner enters)


class UnsafeForkError(RuntimeError):
    """No kernel can be forked: the message says why."""


def _folder_of_sockets() -> str:
    """The folder of temporary files; where its name is too long for a socket's path, the machine's own."""
    usual = tempfile.gettempdir()
    fits = len(os.fsencode(usual)) <= _LONGEST_FOLDER
    return usual if fits or not os.access(_SHORT, os.W_OK | os.X_OK) else _SHORT


class ForkServerProcess:
    """The process that has done the imports, as its starter holds it. It ends with the starter."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kvalreg-warm-", dir=_folder_of_sockets()))
        self._owner_pid = os.getpid()
        self.address = str(self._folder / "s")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(128)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "kvalreg.execution.forkserver", str(listener.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
                env={**os.environ, **_PRELOAD_ENVIRONMENT},
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it, with every process it has forked; a forked child of its starter leaves it alone."""
        if self._owner_pid != os.getpid():
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def forkserver_address() -> str:
    """Where the process that has done the imports listens; it is started when there is none yet, or none any more."""
    with _start_lock:
        if _shared.external_address:
            return _shared.external_address
        if _shared.process is None or not _shared.process.is_alive:
            if _shared.process is not None:
                _shared.process.close()
            _shared.process = ForkServerProcess()
            atexit.register(_shared.process.close)
        return _shared.process.address


def use_forkserver(address: str) -> None:
    """Ask this process for kernels, which another has started."""
    _shared.external_address = address


@dataclass
class _SharedForkServer:
    """The process that has done the imports: our own, or where somebody else's listens."""

    process: ForkServerProcess | None = None
    external_address: str = ""


_shared = _SharedForkServer()


class ForkedProcess:
    """A process forked from the one that has done the imports, and the socket that it listens to.

    Parameters
    ----------
    asked
        Its kind and limits; it gets this process's environment and folder.

    Raises
    ------
    UnsafeForkError
        When it cannot be forked.
    """

    def __init__(self, request: JsonMessage) -> None:
        self.connection, child_socket = socket.socketpair()
        self._control = socket.socket(socket.AF_UNIX)
        self.exit_code: int | None = None
        """The exit status, or minus the signal that ended it; None while it runs."""
        try:
            self._control.settimeout(REPLY_TIMEOUT_SECONDS)
            self._control.connect(forkserver_address())
            process_state = {"environment": dict(os.environ), "folder": os.getcwd()}  # noqa: PTH109
            send_message(self._control, {**request, **process_state}, child_socket.fileno())
            reply = receive_message(self._control) or {"refused": "the process that has done the imports has ended"}
            self._control.settimeout(None)
        except OSError as error:
            reply = {"refused": f"the process that has done the imports does not answer ({type(error).__name__})"}
        finally:
            child_socket.close()
        if "refused" in reply:
            self.close()
            raise UnsafeForkError(reply["refused"])
        self.pid = int(reply["pid"])

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        if self.exit_code is None and select.select([self._control], [], [], 0)[0]:
            message = receive_message(self._control)
            self.exit_code = -signal.SIGKILL if message is None else int(message["ended"])
        return self.exit_code is None

    def close(self) -> None:
        """End it, with all that it has started."""
        self._control.close()
        self.connection.close()


class ForkedKernelManager:
    """A forked kernel, managed as nbclient wants it."""

    ipykernel = False
    has_kernel = False

    def __init__(self, memory_limit: int, output_limit: int, language: str = "") -> None:
        self._memory_limit, self._language = memory_limit, language
        self.output_limit = output_limit
        self.output_exceeded = False
        """The kernel was ended because it sent more than `output` bytes."""
        self._client: ForkedKernelClient | None = None

    def start_kernel(self, **_: Any) -> None:
        """Have a kernel forked, with this process's environment and folder."""
        self.fork = ForkedProcess({"kind": "kernel", "memory": self._memory_limit, "language": self._language})
        self.has_kernel = True

    def client(self) -> ForkedKernelClient:
        """The client of the kernel."""
        self._client = ForkedKernelClient(self)
        return self._client

    def is_alive(self) -> bool:
        """Whether the kernel runs."""
        return self.has_kernel and self.fork.is_alive

    def kill(self) -> None:
        """End the kernel at once, with what it has started."""
        try:
            os.killpg(self.fork.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def interrupt_kernel(self) -> None:
        """Interrupt the cell that runs."""
        os.kill(self.fork.pid, signal.SIGINT)

    def shutdown_kernel(self, *, now: bool = True) -> None:  # noqa: ARG002
        """End the kernel."""
        self.fork.close()

    def cleanup_resources(self) -> None:
        """Close both sockets; the kernel ends, if it has not."""
        if not self.has_kernel:
            return
        self.has_kernel = False
        if self._client is not None:
            self._client.stop_channels()
        self.fork.close()


class ForkedKernelClient:
    """The kernel's messages, by channel."""

    allow_stdin = False

    def __init__(self, manager: ForkedKernelManager) -> None:
        self._manager = manager
        self.session = Session()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._decoder = FrameDecoder()
        self._queues: dict[str, asyncio.Queue[JsonMessage]] = {
            SHELL_CHANNEL: asyncio.Queue(),
            IOPUB_CHANNEL: asyncio.Queue(),
        }
        self.shell_channel = _KernelChannel(self, SHELL_CHANNEL)
        self.iopub_channel = _KernelChannel(self, IOPUB_CHANNEL)
        self._received_bytes = 0

    def start_channels(self) -> None:
        """They are there."""

    def stop_channels(self) -> None:
        """Read no more."""
        if self._loop is not None:
            self._loop.remove_reader(self._manager.fork.connection)
            self._loop = None

    def wait_for_ready(self, timeout: float | None = None) -> None:
        """A forked kernel is ready."""

    def is_alive(self) -> bool:
        """Whether the kernel runs."""
        return self._manager.is_alive()

    def execute(self, code: str, *, store_history: bool = True, stop_on_error: bool = True) -> str:
        """Have a cell run, and give the request's id."""
        content = {
            "code": code,
            "silent": False,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": stop_on_error,
        }
        return self.send(self.session.msg("execute_request", content))

    def kernel_info(self) -> str:
        """Ask what kernel it is, and give the request's id."""
        return self.send(self.session.msg("kernel_info_request"))

    def send(self, message: JsonMessage) -> str:
        """Send a request."""
        with suppress(OSError):  # it may have ended: whoever waits for the answer finds out
            self._manager.fork.connection.sendall(encode_frame(self.session.pack({**message, "buffers": []})))
        return str(message["header"]["msg_id"])

    async def next_message(self, channel: str, timeout: float | None) -> JsonMessage:
        """The next message of a channel; `queue.Empty` when none comes in time."""
        queue = self._queues[channel]
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._manager.fork.connection, self._on_readable)
        try:
            async with asyncio.timeout(timeout):
                return await queue.get()
        except TimeoutError:
            raise Empty from None

    def _on_readable(self) -> None:
        try:
            data = self._manager.fork.connection.recv(1 << 20)
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._manager.fork.connection)
        self._received_bytes += len(data)
        if self._received_bytes > self._manager.output_limit and not self._manager.output_exceeded:
            self._manager.output_exceeded = True
            self._manager.kill()
        for message in self._decoder.feed(data):
            self._queues[message["channel"]].put_nowait(message)


class _KernelChannel:
    def __init__(self, client: ForkedKernelClient, name: str) -> None:
        self._client, self._name = client, name

    async def get_msg(self, timeout: float | None = None) -> JsonMessage:
        return await self._client.next_message(self._name, timeout)

    def send(self, message: JsonMessage) -> None:
        self._client.send(message)
