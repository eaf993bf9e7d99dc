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

from kvalreg.batch.warm_link import Frames, Message, framed

SHELL, IOPUB = "shell", "iopub"
"""The two of Jupyter's channels that are used."""
_FLUSH_SECONDS = 0.2
"""How long printed text may wait for more, as in the stock kernel."""
_FLUSH_CHARACTERS = 1 << 20
"""How much printed text may wait: a loop can print more in that time than memory holds."""


class Outlet:
    """Where messages leave the kernel; threads and forked children take turns."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._between_processes = os.memfd_create("kvalreg-turn")
        self._renew()
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        """A new lock: a forked child's copy may be held by a thread that it does not have."""
        self._turn = threading.RLock()

    def write(self, data: bytes) -> None:
        """Send one message whole."""
        with self._turn, _uninterrupted():
            fcntl.lockf(self._between_processes, fcntl.LOCK_EX)
            try:
                self._link.sendall(framed(data))
            finally:
                fcntl.lockf(self._between_processes, fcntl.LOCK_UN)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let no interrupt leave half a message on the socket."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class LinkSession(Session):
    """Jupyter's session, which makes its messages as ever and sends them over the outlet."""

    outlet = AnyTrait()

    def send(
        self,
        stream: Any,
        msg_or_type: Message | str,
        content: Message | None = None,
        parent: Message | None = None,
        ident: Any = None,  # noqa: ARG002
        buffers: Any = None,
        track: bool = False,  # noqa: ARG002
        header: Message | None = None,
        metadata: Message | None = None,
    ) -> Message | None:
        """Send a message; as in Jupyter, a forked child of the notebook can print but not display."""
        if isinstance(msg_or_type, dict):
            msg = msg_or_type
        else:
            msg = self.msg(msg_or_type, content=content, parent=parent, header=header, metadata=metadata)
        if self.check_pid and os.getpid() != self.pid:
            return None
        # serialized as Jupyter does it, with its forbearance for what is no JSON
        header_, parent_, metadata_, content_ = self.serialize(msg)[-4:]
        parts = [base64.b64encode(memoryview(part).cast("B")).decode() for part in buffers or msg.get("buffers") or []]
        own = {"channel": SHELL if stream == SHELL else IOPUB, "msg_type": msg["msg_type"], "buffers": parts}
        self.outlet.write(
            b'{"header":%b,"parent_header":%b,"metadata":%b,"content":%b,%b'
            % (header_, parent_, metadata_, content_, json.dumps(own).encode()[1:])
        )
        return msg


class _NoLoop:
    """What `OutStream` asks of a tornado loop: to flush in a moment."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._flushes: list[Callable[[], None]] = []
        self._turn = threading.Lock()
        self._process = 0

    def call_later(self, _delay: float, flush: Callable[[], None]) -> None:
        with self._turn:
            self._flushes.append(flush)
            if self._process != os.getpid():
                self._process = os.getpid()
                threading.Thread(target=self._run, daemon=True, name="IOPub").start()
        self._asked.set()

    def _run(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            threading.Event().wait(_FLUSH_SECONDS)
            with self._turn:
                due, self._flushes = self._flushes, []
            for flush in due:
                flush()


class _NoThread(IOPubThread):
    """Stands in for the stock kernel's sending thread: what it is asked to do is done at once."""

    thread = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self.io_loop = _NoLoop()  # type: ignore[assignment]
        self.socket = IOPUB

    def schedule(self, f: Callable[[], None]) -> None:
        f()


class LinkStream(OutStream):
    """The stock kernel's stream. What subprocesses write to the file descriptor is read in whole characters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._reading = threading.RLock()
        self._waiting = 0
        self._renew()
        os.register_at_fork(after_in_child=self._renew)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _renew(self) -> None:
        """A new lock, for the reason that `Outlet` has."""
        self._sending = threading.RLock()

    def _watch_pipe_fd(self) -> None:
        assert self._fid is not None
        while self._should_watch:
            select.select([self._fid], [], [])
            self.read_written()

    def write(self, string: str) -> int:
        """Write after what others have written by now."""
        self.read_written()
        return self._keep(string)

    def flush(self) -> None:
        """Send what has been written, by whichever way."""
        self.read_written()
        super().flush()  # type: ignore[no-untyped-call]

    def read_written(self) -> None:
        """Take what has been written to the file descriptor so far."""
        if self._fid is None or not self._is_master_process():
            return
        with self._reading:
            while select.select([self._fid], [], [], 0)[0]:
                self._keep(self._decoder.decode(os.read(self._fid, 1 << 16)))

    def _keep(self, string: str) -> int:
        """Keep a text until it is sent, in a moment or, when much is waiting, at once."""
        written = super().write(string) or len(string)
        self._waiting += written
        if self._waiting > _FLUSH_CHARACTERS:
            self._flush()
        return written

    def _flush(self) -> None:
        """Send what is kept, in the order in which it was written, whichever thread sends."""
        with self._sending:
            self._waiting = 0
            super()._flush()  # type: ignore[no-untyped-call]


class _NoDebugger:
    def __init__(self, *_: Any) -> None:
        """No notebook of a batch is debugged."""


class LinkKernel(IPythonKernel):
    """The stock kernel, without its debugger."""

    debugger_class = _NoDebugger
    shell_stream = AnyTrait(SHELL)
    shell_channel_thread = AnyTrait(SimpleNamespace(parent_thread=threading.main_thread()))
    _supports_kernel_subshells = False

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """Requests come one by one: none is waiting when a cell fails."""

    async def handle(self, request: Message) -> None:
        """Answer one request as `dispatch_shell` does."""
        self.set_parent([], request)
        self._publish_status("busy", "shell")
        handler = self.shell_handlers[request["header"]["msg_type"]]
        self.pre_handler_hook()
        try:
            answer = handler(SHELL, [], request)
            if answer is not None:
                await answer
        finally:
            self.post_handler_hook()
        sys.stdout.flush()
        sys.stderr.flush()
        self._publish_status("idle", "shell")


@contextmanager
def _no_modules_listed() -> Iterator[None]:
    """Spare a kernel the list of all modules, which its debugger alone reads.

    To look at every module writes to every module: the system would copy 20 MB from the process that was forked.
    """
    ipkernel.sys = SimpleNamespace(**(vars(sys) | {"modules": {}}))  # type: ignore[attr-defined,assignment]
    try:
        yield
    finally:
        ipkernel.sys = sys  # type: ignore[attr-defined]


class LinkApp(IPKernelApp):
    """The stock kernel's application, with one socket in place of five."""

    kernel_class = LinkKernel
    outlet = AnyTrait()
    name = "ipython-kernel"

    def parse_command_line(self, argv: Any = None) -> None:  # noqa: ARG002
        """There is none: to read it takes a tenth of a kernel's start."""
        self.update_config(Config({"HistoryManager": {"hist_file": ":memory:"}}))

    def init_connection_file(self) -> None:  # noqa: D102
        self.session = LinkSession(parent=self, outlet=self.outlet)

    def init_sockets(self) -> None:  # noqa: D102
        self.iopub_socket = IOPUB
        self.iopub_thread = _NoThread()

    def init_kernel(self) -> None:  # noqa: D102
        with _no_modules_listed():
            self.kernel = LinkKernel.instance(
                parent=self,
                session=self.session,
                iopub_thread=self.iopub_thread,
                iopub_socket=IOPUB,
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


def serve(link: socket.socket) -> None:
    """Run a kernel on a socket until the other end closes it or the notebook asks to exit."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = LinkApp.instance(outlet=Outlet(link), outstream_class=f"{__name__}.{LinkStream.__name__}")
    app.initialize([])
    kernel: LinkKernel = app.kernel
    if kernel.shell is not None:
        kernel.shell.exit_now = False
    loop.run_until_complete(_own_loop(kernel))
    requests: asyncio.Queue[Message] = asyncio.Queue()
    frames = Frames()

    def read() -> None:
        data = link.recv(1 << 16)
        for request in frames.feed(data):
            requests.put_nowait(request)
        if not data:
            loop.stop()

    async def answer() -> None:
        while True:
            await kernel.handle(await requests.get())

    loop.add_reader(link, read)
    answering = loop.create_task(answer())
    answering.add_done_callback(lambda _: loop.stop())
    loop.run_forever()


async def _own_loop(kernel: LinkKernel) -> None:
    kernel.io_loop = IOLoop.current()
