"""A real ipykernel in a forked process, without sockets of its own: its messages go over one Unix socket.

Comes in: requests as Jupyter has them. Goes out: replies, displays, streams, errors, as the stock kernel sends them,
because it is the stock kernel's own application, kernel, shell, display machinery and streams that make them. Owned
here is only what stands in for ZeroMQ: a session that writes to the socket, streams without a sending thread, and a
loop that reads requests. Nothing here runs before the fork.
"""

from __future__ import annotations

import asyncio
import base64
import codecs
import fcntl
import json
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from ipykernel import ipkernel
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.session import Session
from tornado.ioloop import IOLoop
from traitlets import Any as AnyTrait
from traitlets.config import Config

from kvalreg.execution.forkserver_protocol import FrameDecoder, JsonMessage, encode_frame

SHELL_CHANNEL, IOPUB_CHANNEL = "shell", "iopub"
"""The two of Jupyter's channels that are used."""
_FLUSH_SECONDS = 0.2
"""How long printed text may wait for more, as in the stock kernel."""
_FLUSH_CHARACTERS = 1 << 20
"""How much printed text may wait: a loop can print more in that time than memory holds."""


class SocketOutlet:
    """Where messages leave the kernel; threads and forked children take turns."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._process_lock = os.memfd_create("kvalreg-turn")
        self._reset_lock()
        os.register_at_fork(after_in_child=self._reset_lock)

    def _reset_lock(self) -> None:
        """A new lock: a forked child's copy may be held by a thread that it does not have."""
        self._thread_lock = threading.RLock()

    def write(self, data: bytes) -> None:
        """Send one message whole."""
        with self._thread_lock, _sigint_blocked():
            fcntl.lockf(self._process_lock, fcntl.LOCK_EX)
            try:
                self._connection.sendall(encode_frame(data))
            finally:
                fcntl.lockf(self._process_lock, fcntl.LOCK_UN)


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Let no interrupt leave half a message on the socket."""
    previous_mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous_mask)


class SocketSession(Session):
    """Jupyter's session, which makes its messages as ever and sends them over the outlet."""

    outlet = AnyTrait()

    def send(
        self,
        stream: Any,
        msg_or_type: JsonMessage | str,
        content: JsonMessage | None = None,
        parent: JsonMessage | None = None,
        ident: Any = None,  # noqa: ARG002
        buffers: Any = None,
        track: bool = False,  # noqa: ARG002
        header: JsonMessage | None = None,
        metadata: JsonMessage | None = None,
    ) -> JsonMessage | None:
        """Send a message; as in Jupyter, a forked child of the notebook can print but not display."""
        if isinstance(msg_or_type, dict):
            msg = msg_or_type
        else:
            msg = self.msg(msg_or_type, content=content, parent=parent, header=header, metadata=metadata)
        if self.check_pid and os.getpid() != self.pid:
            return None
        # serialized as Jupyter does it, with its forbearance for what is no JSON
        header_, parent_, metadata_, content_ = self.serialize(msg)[-4:]
        encoded_buffers = [
            base64.b64encode(memoryview(part).cast("B")).decode() for part in buffers or msg.get("buffers") or []
        ]
        extra_fields = {
            "channel": SHELL_CHANNEL if stream == SHELL_CHANNEL else IOPUB_CHANNEL,
            "msg_type": msg["msg_type"],
            "buffers": encoded_buffers,
        }
        self.outlet.write(
            b'{"header":%b,"parent_header":%b,"metadata":%b,"content":%b,%b'
            % (header_, parent_, metadata_, content_, json.dumps(extra_fields).encode()[1:])
        )
        return msg


class _FlushLoop:
    """What `OutStream` asks of a tornado loop: to flush in a moment."""

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._callbacks: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._pid = 0

    def call_later(self, _delay: float, flush: Callable[[], None]) -> None:
        with self._lock:
            self._callbacks.append(flush)
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._run, daemon=True, name="IOPub").start()
        self._requested.set()

    def _run(self) -> None:
        while True:
            self._requested.wait()
            self._requested.clear()
            threading.Event().wait(_FLUSH_SECONDS)
            with self._lock:
                callbacks, self._callbacks = self._callbacks, []
            for flush in callbacks:
                flush()


class _InlineIOPubThread(IOPubThread):
    """Stands in for the stock kernel's sending thread: what it is asked to do is done at once."""

    thread = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self.io_loop = _FlushLoop()  # type: ignore[assignment]
        self.socket = IOPUB_CHANNEL

    def schedule(self, f: Callable[[], None]) -> None:
        f()


class SocketStream(OutStream):
    """The stock kernel's stream. What subprocesses write to the file descriptor is read in whole characters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._read_lock = threading.RLock()
        self._pending_characters = 0
        self._reset_lock()
        os.register_at_fork(after_in_child=self._reset_lock)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _reset_lock(self) -> None:
        """A new lock, for the reason that `Outlet` has."""
        self._send_lock = threading.RLock()

    def _watch_pipe_fd(self) -> None:
        assert self._fid is not None
        while self._should_watch:
            select.select([self._fid], [], [])
            self.read_pipe()

    def write(self, string: str) -> int:
        """Write after what others have written by now."""
        self.read_pipe()
        return self._write_buffered(string)

    def flush(self) -> None:
        """Send what has been written, by whichever way."""
        self.read_pipe()
        super().flush()  # type: ignore[no-untyped-call]

    def read_pipe(self) -> None:
        """Take what has been written to the file descriptor so far."""
        if self._fid is None or not self._is_master_process():
            return
        with self._read_lock:
            while select.select([self._fid], [], [], 0)[0]:
                self._write_buffered(self._decoder.decode(os.read(self._fid, 1 << 16)))

    def _write_buffered(self, string: str) -> int:
        """Keep a text until it is sent, in a moment or, when much is waiting, at once."""
        written = super().write(string) or len(string)
        self._pending_characters += written
        if self._pending_characters > _FLUSH_CHARACTERS:
            self._flush()
        return written

    def _flush(self) -> None:
        """Send what is kept, in the order in which it was written, whichever thread sends."""
        with self._send_lock:
            self._pending_characters = 0
            super()._flush()  # type: ignore[no-untyped-call]


class _DisabledDebugger:
    def __init__(self, *_: Any) -> None:
        """No notebook of a batch is debugged."""


class SocketKernel(IPythonKernel):
    """The stock kernel, without its debugger."""

    debugger_class = _DisabledDebugger
    shell_stream = AnyTrait(SHELL_CHANNEL)
    shell_channel_thread = AnyTrait(SimpleNamespace(parent_thread=threading.main_thread()))
    _supports_kernel_subshells = False

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """Requests come one by one: none is waiting when a cell fails."""

    async def handle(self, request: JsonMessage) -> None:
        """Answer one request as `dispatch_shell` does."""
        self.set_parent([], request)
        self._publish_status("busy", "shell")
        handler = self.shell_handlers[request["header"]["msg_type"]]
        self.pre_handler_hook()
        try:
            reply = handler(SHELL_CHANNEL, [], request)
            if reply is not None:
                await reply
        finally:
            self.post_handler_hook()
        sys.stdout.flush()
        sys.stderr.flush()
        self._publish_status("idle", "shell")


@contextmanager
def _modules_hidden() -> Iterator[None]:
    """Spare a kernel the list of all modules, which its debugger alone reads.

    To look at every module writes to every module: the system would copy 20 MB from the process that was forked.
    """
    ipkernel.sys = SimpleNamespace(**(vars(sys) | {"modules": {}}))  # type: ignore[attr-defined,assignment]
    try:
        yield
    finally:
        ipkernel.sys = sys  # type: ignore[attr-defined]


class SocketKernelApp(IPKernelApp):
    """The stock kernel's application, with one socket in place of five."""

    kernel_class = SocketKernel
    outlet = AnyTrait()
    name = "ipython-kernel"

    def parse_command_line(self, argv: Any = None) -> None:  # noqa: ARG002
        """There is none: to read it takes a tenth of a kernel's start."""
        self.update_config(Config({"HistoryManager": {"hist_file": ":memory:"}}))

    def init_connection_file(self) -> None:  # noqa: D102
        self.session = SocketSession(parent=self, outlet=self.outlet)

    def init_sockets(self) -> None:  # noqa: D102
        self.iopub_socket = IOPUB_CHANNEL
        self.iopub_thread = _InlineIOPubThread()

    def init_kernel(self) -> None:  # noqa: D102
        with _modules_hidden():
            self.kernel = SocketKernel.instance(
                parent=self,
                session=self.session,
                iopub_thread=self.iopub_thread,
                iopub_socket=IOPUB_CHANNEL,
                profile_dir=self.profile_dir,
                user_ns=self.user_ns,
                log=self.log,
            )
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count

    def init_poller(self) -> None:
        """The process that forked this one ends it."""

    def init_heartbeat(self) -> None:
        """Whoever waits is told by the system when this process ends."""

    def write_connection_file(self, **_: Any) -> None:
        """Nobody else connects."""

    def log_connection_info(self) -> None:
        """Nobody else connects."""


def serve_kernel(connection: socket.socket) -> None:
    """Run a kernel on a socket until the other end closes it or the notebook asks to exit."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = SocketKernelApp.instance(
        outlet=SocketOutlet(connection), outstream_class=f"{__name__}.{SocketStream.__name__}"
    )
    app.initialize([])
    kernel: SocketKernel = app.kernel
    if kernel.shell is not None:
        kernel.shell.exit_now = False
    loop.run_until_complete(_use_running_loop(kernel))
    requests: asyncio.Queue[JsonMessage] = asyncio.Queue()
    decoder = FrameDecoder()

    def on_readable() -> None:
        data = connection.recv(1 << 16)
        for request in decoder.feed(data):
            requests.put_nowait(request)
        if not data:
            loop.stop()

    async def answer_requests() -> None:
        while True:
            await kernel.handle(await requests.get())

    loop.add_reader(connection, on_readable)
    answer_task = loop.create_task(answer_requests())
    answer_task.add_done_callback(lambda _: loop.stop())
    loop.run_forever()


async def _use_running_loop(kernel: SocketKernel) -> None:
    kernel.io_loop = IOLoop.current()
