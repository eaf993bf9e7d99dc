"""The client of the fork server: what nbclient needs of a kernel manager and a kernel client.

Input: nbclient's requests. Output: the messages of a kernel that `forkserver` has forked. It starts the fork server
once, and shares it with the processes that know its address. Names and signatures of the manager, client and channel
are those of jupyter_client, as far as nbclient uses them.
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
"""Libraries read these when they are imported, and then start no threads: a process with threads cannot be forked."""
REPLY_TIMEOUT_SECONDS = 60
"""How long the fork server may take to answer, including its imports; then the stock kernel is used."""
_start_lock = threading.Lock()
_MAX_FOLDER_LENGTH = 70
"""Bytes. The path of a socket has at most 107 on Linux and 103 on macOS (sun_path in unix(7))."""
_SHORT_FOLDER = "/tmp"  # noqa: S108 - the socket is in a folder of its own that only its owner may enter


class UnsafeForkError(RuntimeError):
    """No process can be forked; the message says why."""


def _socket_folder() -> str:
    """The folder of temporary files, or ``/tmp`` where its path is too long for a socket."""
    temp_folder = tempfile.gettempdir()
    fits = len(os.fsencode(temp_folder)) <= _MAX_FOLDER_LENGTH
    return temp_folder if fits or not os.access(_SHORT_FOLDER, os.W_OK | os.X_OK) else _SHORT_FOLDER


class ForkServerProcess:
    """The fork server, as the process that owns it sees it. It ends with its owner."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kvalreg-warm-", dir=_socket_folder()))
        self._owner_pid = os.getpid()
        self.address = str(self._folder / "s")
        # it listens before the fork server runs, so clients can connect at once and wait for the imports
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(128)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "kvalreg.execution.forkserver", str(listener.fileno())],
                stdin=subprocess.PIPE,  # never written to: its end tells the fork server that this process has ended
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
                env={**os.environ, **_PRELOAD_ENVIRONMENT},
                start_new_session=True,  # Ctrl-C in a terminal is for the owner, which then ends it in order
            )

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it, with every process that it has forked."""
        if self._owner_pid != os.getpid():
            return  # a forked child of the owner has a copy of this object
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def forkserver_address() -> str:
    """The address of the fork server, which is started where none is running."""
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
    """Use the fork server of another process."""
    _shared.external_address = address


@dataclass
class _SharedForkServer:
    """The fork server: this process's own, or the address of another's."""

    process: ForkServerProcess | None = None
    external_address: str = ""


_shared = _SharedForkServer()


class ForkedProcess:
    """A process that the fork server has forked, and the socket on which it listens.

    Parameters
    ----------
    request
        Its kind and limits; environment and folder are those of this process.

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
            process_state = {"environment": dict(os.environ), "folder": str(Path.cwd())}
            send_message(self._control, {**request, **process_state}, child_socket.fileno())
            reply = receive_message(self._control) or {"refused": "the fork server has ended"}
            self._control.settimeout(None)
        except OSError as error:
            reply = {"refused": f"the fork server does not answer ({type(error).__name__})"}
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
            # the fork server reports the exit; where it has ended itself, it has killed its children
            message = receive_message(self._control)
            self.exit_code = -signal.SIGKILL if message is None else int(message["ended"])
        return self.exit_code is None

    def close(self) -> None:
        """End it, with all that it has started: the fork server kills it when the connection closes."""
        self._control.close()
        self.connection.close()


class ForkedKernelManager:
    """A forked kernel with the interface of jupyter_client's `KernelManager`."""

    ipykernel = False
    has_kernel = False

    def __init__(self, memory_limit: int, output_limit: int, language: str = "") -> None:
        self._memory_limit, self._language = memory_limit, language
        self.output_limit = output_limit
        self.output_exceeded = False
        """Whether the kernel was killed because it sent more than `output_limit` bytes."""
        self._client: ForkedKernelClient | None = None

    def start_kernel(self, **_: Any) -> None:
        """Fork a kernel with this process's environment and folder."""
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
        """Kill the kernel and all that it has started."""
        try:
            os.killpg(self.fork.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def interrupt_kernel(self) -> None:
        """Interrupt the cell that runs."""
        os.kill(self.fork.pid, signal.SIGINT)

    def shutdown_kernel(self, *, now: bool = True) -> None:  # noqa: ARG002 - nbclient passes it
        """End the kernel."""
        self.fork.close()

    def cleanup_resources(self) -> None:
        """Close both sockets, which ends the kernel if it still runs."""
        if not self.has_kernel:
            return
        self.has_kernel = False
        if self._client is not None:
            self._client.stop_channels()
        self.fork.close()


class ForkedKernelClient:
    """The kernel's messages by channel, with the interface of jupyter_client's `AsyncKernelClient`."""

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
        """Nothing to start: both channels share the socket that the kernel was forked with."""

    def stop_channels(self) -> None:
        """Stop reading."""
        if self._loop is not None:
            self._loop.remove_reader(self._manager.fork.connection)
            self._loop = None

    def wait_for_ready(self, timeout: float | None = None) -> None:
        """Nothing to wait for: a forked kernel reads its first request when it is ready."""

    def is_alive(self) -> bool:
        """Whether the kernel runs."""
        return self._manager.is_alive()

    def execute(self, code: str, *, store_history: bool = True, stop_on_error: bool = True) -> str:
        """Request the execution of a cell; return the request's id."""
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
        """Request the kernel's description; return the request's id."""
        return self.send(self.session.msg("kernel_info_request"))

    def send(self, message: JsonMessage) -> str:
        """Send a request; return its id."""
        with suppress(OSError):  # the kernel may have ended: whoever waits for the reply finds out
            self._manager.fork.connection.sendall(encode_frame(self.session.pack({**message, "buffers": []})))
        return str(message["header"]["msg_id"])

    async def next_message(self, channel: str, timeout: float | None) -> JsonMessage:
        """The next message of a channel; `queue.Empty` when none comes in time."""
        # nbclient runs the client in a loop of its own, which is known only now
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
        if not data:  # the kernel has ended, and its socket would stay readable for ever
            asyncio.get_running_loop().remove_reader(self._manager.fork.connection)
        # the limit is enforced here, before nbclient sees the message: the output must not fill this process's memory
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
