"""kvalreg's papermill engine: a forked kernel where that is safe, the stock kernel elsewhere, with limits on both.

Input: a notebook to which papermill has added its parameters. Output: the same notebook, executed as the stock engine
would. ``papermill.execute_notebook(..., engine_name="kvalreg")`` uses it, once this module is imported. "Stock" is what
papermill does by itself: a new process with ipykernel, and messages over ZeroMQ.
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
"""A tag on any cell of a notebook that needs a kernel in a new process."""
MEMORY_LIMIT = 2 << 30
"""Bytes that a notebook may use beyond its imports."""
OUTPUT_LIMIT = 64 << 20
"""Characters that a notebook may display and print in total."""
_SILENT_EXIT_VALUES = ("", "0", "None")
"""The texts of a `SystemExit` without an error."""
_STOCK_KERNEL_MEMORY = 1 << 29
"""Bytes for the imports of a stock kernel, which count towards its limit."""


class CellStoppedError(Exception):
    """A cell was stopped, or ended its process: it ran too long, displayed too much, or exited."""

    def __init__(self, cause: str, cell_index: int) -> None:
        self.cause, self.cell_index = cause, cell_index
        super().__init__(cause)


class _LimitedNotebookClient(PapermillNotebookClient):  # type: ignore[misc]
    """Papermill's client on the stock kernel, with limits on time, memory and output."""

    output_size = 0
    output_exceeded = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_cell_executed = self.fail_on_exit

    def fail_on_exit(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        """Fail a cell that ends the notebook prematurely: papermill takes `sys.exit(0)` and `quit()` for success."""
        # `sys.exit` is an error reply that papermill forgives; `quit` is a payload of a successful one
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
        """Make a notebook that uses too much fail with MemoryError, on systems with such a limit."""
        try:
            import resource

            hard = resource.prlimit(self.km.provisioner.pid, resource.RLIMIT_DATA)[1]
            requested = MEMORY_LIMIT + _STOCK_KERNEL_MEMORY
            soft = requested if hard == resource.RLIM_INFINITY else min(requested, hard)
            resource.prlimit(self.km.provisioner.pid, resource.RLIMIT_DATA, (soft, hard))
        except (ImportError, AttributeError, OSError):
            return

    def kill_kernel(self) -> None:
        """Kill the kernel and all that it has started."""
        os.killpg(self.km.provisioner.pid, signal.SIGKILL)

    def death_reason(self) -> str:
        """Why the kernel has ended, as far as is known."""
        return "killed, out of memory, or ended by the notebook"

    def execute_cell(self, cell: Any, cell_index: int, **kwargs: Any) -> Any:
        try:
            return super().execute_cell(cell, cell_index, **kwargs)
        except DeadKernelError:
            # a kernel that displayed too much was killed by `process_message`, or by the client of a forked kernel
            if self.output_exceeded or getattr(self.km, "output_exceeded", False):
                raise CellStoppedError(f"the notebook shows more than {OUTPUT_LIMIT >> 20} MB", cell_index) from None
            raise CellStoppedError(f"the kernel died: {self.death_reason()}", cell_index) from None
        except CellTimeoutError:
            raise CellStoppedError(f"the cell ran longer than {self.timeout} s and was stopped", cell_index) from None

    def process_message(self, *args: Any, **kwargs: Any) -> Any:
        # count texts before nbclient appends them to the notebook, and kill the kernel at the limit
        content = args[0]["content"]
        texts = [content.get("text"), *(content.get("data") or {}).values(), *content.get("traceback", ())]
        self.output_size += sum(len(text) for text in texts if isinstance(text, str))
        if self.output_size > OUTPUT_LIMIT and not self.output_exceeded:
            self.output_exceeded = True
            self.kill_kernel()
        return None if self.output_exceeded else super().process_message(*args, **kwargs)

    def output(self, outs: list[Any], msg: Any, display_id: str | None, cell_index: int) -> Any:
        """Append an output to a cell.

        A display of texts is appended without nbclient's conversion and validation, which take a sixth of a worker's
        time and cannot change it.
        """
        # a hook (a widget's), an id (an update) or a pending clear changes other outputs: nbclient handles these
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
        """Nothing to do: the kernel is forked with its limit."""

    def kill_kernel(self) -> None:
        self.km.kill()

    def death_reason(self) -> str:
        status = self.km.fork.exit_code
        if status is None or status < 0:
            return "killed, or out of memory"
        return f"the notebook ended it (exit status {status})"


class KvalregEngine(PapermillEngine):  # type: ignore[misc]
    """Papermill's own engine, with limits and, where that is safe, a forked kernel."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
        """Run the notebook in a forked kernel, or in the stock one where that is not possible."""
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
    """Run a notebook with a client, as `papermill.engines.NBClientEngine` does."""
    # what papermill passes to every engine is no option of the client
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
    """Whether a message is a display of nothing but texts."""
    content = msg["content"]
    return (
        msg["msg_type"] == msg["header"]["msg_type"] == "display_data"
        and isinstance(content["metadata"], dict)
        and isinstance(content["data"], dict)
        and all(isinstance(text, str) for text in content["data"].values())
    )


def _detach_cells(notebook: Any, cells: list[Any]) -> None:
    """Move all cells out of a notebook that succeeded, for the caller: papermill validates and writes them slowly."""
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
