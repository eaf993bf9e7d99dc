"""The papermill engine of a batch: a forked kernel where it is safe, the stock kernel elsewhere, limits on both.

Comes in: a notebook that papermill has given its parameters. Goes out: the same notebook, executed as the stock engine
would. ``papermill.execute_notebook(..., engine_name="kvalreg")`` is the way in, once this module is imported.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import from_dict
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine as PapermillEngine
from papermill.engines import papermill_engines
from papermill.log import logger
from papermill.utils import merge_kwargs, remove_args

from kvalreg.execution.forkserver_client import ForkedKernelManager, UnsafeForkError

ENGINE_NAME = "kvalreg"
"""The engine's name in papermill."""
STOCK_KERNEL_TAG = "kvalreg: stock-kernel"
"""A tag on any cell of a notebook that wants a kernel started from nothing."""
MEMORY_LIMIT = 2 << 30
"""Bytes that a notebook may take beyond its imports."""
OUTPUT_LIMIT = 64 << 20
"""Characters that a notebook may show and print, all in all."""
_SILENT_EXIT_VALUES = ("", "0", "None")
"""What a `SystemExit` says that tells of no error."""
_STOCK_KERNEL_MEMORY = 1 << 29


class CellStoppedError(Exception):
    """A cell did not end by itself: it ran too long, showed too much, or ended its process."""

    def __init__(self, cause: str, cell_index: int) -> None:
        self.cause, self.cell_index = cause, cell_index
        super().__init__(cause)


class _LimitedNotebookClient(PapermillNotebookClient):  # type: ignore[misc]
    """Papermill's client, on the stock kernel, with the limits of a batch."""

    output_size = 0
    output_exceeded = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_cell_executed = self.fail_on_exit

    def fail_on_exit(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        """A cell that ends the notebook before its end has failed: papermill would take `sys.exit(0)` for a success."""
        reply = execute_reply["content"]
        is_system_exit = reply.get("ename") == "SystemExit" and reply.get("evalue") in _SILENT_EXIT_VALUES
        asks_exit = any(payload.get("source") == "ask_exit" for payload in reply.get("payload") or ())
        is_allowed = self.allow_errors or "raises-exception" in cell.metadata.get("tags", ())
        if (is_system_exit or asks_exit) and not is_allowed:
            raise CellStoppedError("the cell ended the notebook", cell_index)

    def start_new_kernel(self, **kwargs: Any) -> None:
        super().start_new_kernel(**kwargs)
        self.limit_memory()

    def limit_memory(self) -> None:
        """A notebook that takes too much fails with MemoryError, where the system has such limits."""
        try:
            import resource

            hard = resource.prlimit(self.km.provisioner.pid, resource.RLIMIT_DATA)[1]
            requested = MEMORY_LIMIT + _STOCK_KERNEL_MEMORY
            soft = requested if hard == resource.RLIM_INFINITY else min(requested, hard)
            resource.prlimit(self.km.provisioner.pid, resource.RLIMIT_DATA, (soft, hard))
        except (ImportError, AttributeError, OSError):
            return

    def kill_kernel(self) -> None:
        """End the kernel at once."""
        os.killpg(self.km.provisioner.pid, signal.SIGKILL)

    def death_reason(self) -> str:
        """Why the kernel is no longer there."""
        return "killed, out of memory, or ended by the notebook"

    def execute_cell(self, cell: Any, cell_index: int, **kwargs: Any) -> Any:
        try:
            return super().execute_cell(cell, cell_index, **kwargs)
        except DeadKernelError:
            if self.output_exceeded or getattr(self.km, "output_exceeded", False):
                raise CellStoppedError(f"the notebook shows more than {OUTPUT_LIMIT >> 20} MB", cell_index) from None
            raise CellStoppedError(f"the kernel died: {self.death_reason()}", cell_index) from None
        except CellTimeoutError:
            raise CellStoppedError(f"the cell ran longer than {self.timeout} s and was stopped", cell_index) from None

    def process_message(self, *args: Any, **kwargs: Any) -> Any:
        content = args[0]["content"]
        texts = [content.get("text"), *(content.get("data") or {}).values(), *content.get("traceback", ())]
        self.output_size += sum(len(text) for text in texts if isinstance(text, str))
        if self.output_size > OUTPUT_LIMIT and not self.output_exceeded:
            self.output_exceeded = True
            self.kill_kernel()
        return None if self.output_exceeded else super().process_message(*args, **kwargs)

    def output(self, outs: list[Any], msg: Any, display_id: str | None, cell_index: int) -> Any:
        """Keep an output; a display of texts alone is valid as it is, and checks take a sixth of a worker's time."""
        output_hook = self.output_hook_stack[msg["parent_header"].get("msg_id")]
        if output_hook or display_id or self.clear_before_next_output or not _is_text_display(msg):
            return super().output(outs, msg, display_id, cell_index)
        content = msg["content"]
        outs.append(from_dict({"output_type": "display_data"} | {name: content[name] for name in ("metadata", "data")}))
        return outs[-1]


class _ForkserverNotebookClient(_LimitedNotebookClient):
    """Papermill's client on a forked kernel."""

    def create_kernel_manager(self) -> Any:
        parameters = self.nb.metadata.get("papermill", {}).get("parameters", {})
        self.km = ForkedKernelManager(MEMORY_LIMIT, OUTPUT_LIMIT, str(parameters.get("language", "")))
        return self.km

    def limit_memory(self) -> None:
        """The kernel is forked with its limit."""

    def kill_kernel(self) -> None:
        self.km.kill()

    def death_reason(self) -> str:
        status = self.km.fork.exit_code
        if status is None or status < 0:
            return "killed, or out of memory"
        return f"the notebook ended it (exit status {status})"


class KvalregEngine(PapermillEngine):  # type: ignore[misc]
    """Papermill's own engine, with limits and, where it is safe, a forked kernel."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
        """Run the notebook in a forked kernel; in the stock one where that cannot be."""
        reason = stock_kernel_reason(nb_man.nb, kernel_name)
        if not reason:
            try:
                return _execute_with_client(_ForkserverNotebookClient, nb_man, kernel_name, **kwargs)
            except UnsafeForkError as error:
                reason = str(error)
        logger.info(f"Stock kernel: {reason}.")
        return _execute_with_client(_LimitedNotebookClient, nb_man, kernel_name, **kwargs)


def _execute_with_client(
    client_class: type[_LimitedNotebookClient], nb_man: Any, kernel_name: str, **kwargs: Any
) -> Any:
    """As papermill's own engine does it."""
    own_options = ["input_path", "timeout", "startup_timeout", "execution_timeout", "start_timeout", "detached_cells"]
    engine_options = remove_args(own_options, **kwargs)
    timeout = kwargs.get("execution_timeout") or kwargs.get("timeout")
    start_timeout = kwargs.get("start_timeout", 60)
    client_options = merge_kwargs(
        engine_options, timeout=timeout, startup_timeout=start_timeout, kernel_name=kernel_name, log=logger
    )
    executed = client_class(nb_man, **client_options).execute()
    if "detached_cells" in kwargs:
        _detach_cells(executed, kwargs["detached_cells"])
    return executed


def _is_text_display(msg: Any) -> bool:
    """Whether a message is a display all of whose data are texts."""
    content = msg["content"]
    return (
        msg["msg_type"] == msg["header"]["msg_type"] == "display_data"
        and isinstance(content["metadata"], dict)
        and isinstance(content["data"], dict)
        and all(isinstance(text, str) for text in content["data"].values())
    )


def _detach_cells(notebook: Any, cells: list[Any]) -> None:
    """Take all cells out of a notebook that has succeeded: papermill checks and writes them slowly, for nobody."""
    outputs = (output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs)
    if not any(output.output_type == "error" for output in outputs):
        cells += notebook.cells
        notebook.cells = []


def stock_kernel_reason(notebook: Any, kernel_name: str) -> str:
    """Why a notebook needs the stock kernel; empty when a forked one serves."""
    if not sys.platform.startswith("linux"):
        return f"processes cannot be forked safely on {sys.platform}"
    if kernel_name != "python3":
        return f"the notebook wants the kernel {kernel_name!r}"
    if any(STOCK_KERNEL_TAG in cell.metadata.get("tags", []) for cell in notebook.cells):
        return f"a cell is tagged {STOCK_KERNEL_TAG!r}"
    return ""


papermill_engines.register(ENGINE_NAME, KvalregEngine)
