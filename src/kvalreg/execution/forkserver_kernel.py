"""An ipykernel in a forked process, with one Unix socket instead of five ZeroMQ sockets.

Input: Jupyter's requests. Output: replies, displays, streams and errors, exactly as the stock kernel sends them, since
the stock kernel's own application, kernel, shell, display machinery and streams produce them. This module only replaces
ZeroMQ: a session that writes to the socket, streams without a sending thread, and a loop that reads requests. Nothing
here runs before the fork.

Overridden methods are documented in ipykernel; their names and signatures are its own.
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
"""The channels that are used: requests and replies, and all that the kernel publishes."""
_FLUSH_SECONDS = 0.2
"""How long printed text is buffered, as in the stock kernel."""
_FLUSH_CHARACTERS = 1 << 20
"""How much printed text is buffered: a loop can print more in that time than memory holds."""


class SocketOutlet:
    """The kernel's end of the socket, for writing; threads and forked children take turns."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        # two locks: record locks of a file exclude other processes and not other threads of this one
        self._process_lock = os.memfd_create("kvalreg-turn")
        self._reset_lock()
        os.register_at_fork(after_in_child=self._reset_lock)

    def _reset_lock(self) -> None:
        """Replace the lock: in a forked child, its copy may be held by a thread that does not exist there."""
        self._thread_lock = threading.RLock()

    def write(self, data: bytes) -> None:
        """Send one message without interruption."""
        with self._thread_lock, _sigint_blocked():
            fcntl.lockf(self._process_lock, fcntl.LOCK_EX)
            try:
                self._connection.sendall(encode_frame(data))
            finally:
                fcntl.lockf(self._process_lock, fcntl.LOCK_UN)


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Defer Ctrl-C, so that it leaves no incomplete message on the socket."""
    previous_mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous_mask)


class SocketSession(Session):
    """Jupyter's session, which builds messages as usual and sends them over the outlet."""

    outlet = AnyTrait()

    def send(  # noqa: PLR0913 - the signature is Jupyter's
        self,
        stream: Any,
        msg_or_type: JsonMessage | str,
        content: JsonMessage | None = None,
        parent: JsonMessage | None = None,
        ident: Any = None,  # noqa: ARG002
        buffers: Any = None,
        track: bool = False,  # noqa: ARG002, FBT001, FBT002
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
        # Jupyter's own serialization also accepts some values that are not JSON, such as dates
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
    """The one method of a tornado loop that `OutStream` calls: to flush after a delay, in a thread."""

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._callbacks: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._pid = 0

    def call_later(self, _delay: float, flush: Callable[[], None]) -> None:
        with self._lock:
            self._callbacks.append(flush)
            # a forked child has no threads but its main one: it starts its own
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._run, daemon=True, name="IOPub").start()
        self._requested.set()

    def _run(self) -> None:
        while True:
            self._requested.wait()
            self._requested.clear()
            threading.Event().wait(_FLUSH_SECONDS)  # what is printed meanwhile goes into the same message
            with self._lock:
                callbacks, self._callbacks = self._callbacks, []
            for flush in callbacks:
                flush()


class _InlineIOPubThread(IOPubThread):
    """Replaces the stock kernel's sending thread: what is scheduled runs at once, in the caller's thread."""

    thread = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self.io_loop = _FlushLoop()  # type: ignore[assignment]
        self.socket = IOPUB_CHANNEL

    def schedule(self, f: Callable[[], None]) -> None:
        f()


class SocketStream(OutStream):
    """The stock kernel's stream, which also reads what subprocesses write to the file descriptor.

    Before each write of Python's own, the pipe is read, so that both appear in the order in which they were written.
    Bytes are decoded incrementally: a read may end within a character.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._read_lock = threading.RLock()
        self._pending_characters = 0
        self._reset_lock()
        os.register_at_fork(after_in_child=self._reset_lock)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _reset_lock(self) -> None:
        """Replace the lock, for the reason that `SocketOutlet` has."""
        self._send_lock = threading.RLock()

    def _watch_pipe_fd(self) -> None:
        assert self._fid is not None
        while self._should_watch:
            select.select([self._fid], [], [])
            self.read_pipe()

    def write(self, string: str) -> int:
        """Write after what subprocesses have written so far."""
        self.read_pipe()
        return self._write_buffered(string)

    def flush(self) -> None:
        """Send what has been written, by Python or by subprocesses."""
        self.read_pipe()
        super().flush()  # type: ignore[no-untyped-call]

    def read_pipe(self) -> None:
        """Read what has been written to the file descriptor so far."""
        if self._fid is None or not self._is_master_process():
            return
        with self._read_lock:
            while select.select([self._fid], [], [], 0)[0]:
                self._write_buffered(self._decoder.decode(os.read(self._fid, 1 << 16)))

    def _write_buffered(self, string: str) -> int:
        """Buffer a text; it is sent after `_FLUSH_SECONDS`, or at once when `_FLUSH_CHARACTERS` are waiting."""
        written = super().write(string) or len(string)
        self._pending_characters += written
        if self._pending_characters > _FLUSH_CHARACTERS:
            self._flush()
        return written

    def _flush(self) -> None:
        """Send what is buffered; the lock keeps two threads from sending parts of it in the wrong order."""
        with self._send_lock:
            self._pending_characters = 0
            super()._flush()  # type: ignore[no-untyped-call]


class _DisabledDebugger:
    def __init__(self, *_: Any) -> None:
        """Nothing to set up: notebooks are not debugged here."""


class SocketKernel(IPythonKernel):
    """The stock kernel, without its debugger."""

    debugger_class = _DisabledDebugger
    shell_stream = AnyTrait(SHELL_CHANNEL)
    shell_channel_thread = AnyTrait(SimpleNamespace(parent_thread=threading.main_thread()))
    _supports_kernel_subshells = False

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """Nothing to abort: nbclient sends one request at a time."""

    async def handle(self, request: JsonMessage) -> None:
        """Answer one request, in the steps of `ipykernel.kernelbase.Kernel.dispatch_shell`."""
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
    """Let ipykernel see no modules while it lists them all for its debugger.

    Listing them changes the reference count of each, and copy-on-write would then copy 20 MB of the fork server's
    memory for each kernel.
    """
    ipkernel.sys = SimpleNamespace(**(vars(sys) | {"modules": {}}))  # type: ignore[attr-defined,assignment]
    try:
        yield
    finally:
        ipkernel.sys = sys  # type: ignore[attr-defined]


class SocketKernelApp(IPKernelApp):
    """The stock kernel's application, with one socket instead of five."""

    kernel_class = SocketKernel
    outlet = AnyTrait()
    name = "ipython-kernel"

    def parse_command_line(self, argv: Any = None) -> None:  # noqa: ARG002
        """Nothing to parse: traitlets' parser takes a tenth of a kernel's start."""
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
        """Nothing to poll: the fork server ends this process."""

    def init_heartbeat(self) -> None:
        """No heartbeat: the fork server reports when this process ends."""

    def write_connection_file(self, **_: Any) -> None:
        """No file: nobody else connects."""

    def log_connection_info(self) -> None:
        """Nothing to log: nobody else connects."""


def serve_kernel(connection: socket.socket) -> None:
    """Run a kernel on a socket until the other end closes it or the notebook exits."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # a singleton, as in the stock kernel: ipykernel's own functions look the application up
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

    # requests are queued while a cell runs, so that the loop also serves the cell's own tasks
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
    answer_task.add_done_callback(lambda _: loop.stop())  # it ends only when a request raises
    loop.run_forever()


async def _use_running_loop(kernel: SocketKernel) -> None:
    kernel.io_loop = IOLoop.current()
