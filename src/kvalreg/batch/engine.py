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

from kvalreg.batch.warm_client import UnsafeForkError, WarmManager

ENGINE = "kvalreg"
"""The engine's name in papermill."""
STOCK_KERNEL = "kvalreg: stock-kernel"
"""A tag on any cell of a notebook that wants a kernel started from nothing."""
MEMORY = 2 << 30
"""Bytes that a notebook may take beyond its imports."""
OUTPUT = 64 << 20
"""Characters that a notebook may show and print, all in all."""
_NO_WORDS = ("", "0", "None")
"""What a `SystemExit` says that tells of no error."""
_STOCK_KERNELS_IMPORTS = 1 << 29


class StoppedError(Exception):
    """A cell did not end by itself: it ran too long, showed too much, or ended its process."""

    def __init__(self, cause: str, cell_index: int) -> None:
        self.cause, self.cell_index = cause, cell_index
        super().__init__(cause)


class _Client(PapermillNotebookClient):  # type: ignore[misc]
    """Papermill's client, on the stock kernel, with the limits of a batch."""

    shown = 0
    too_much = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_cell_executed = self.refuse_exit

    def refuse_exit(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        """A cell that ends the notebook before its end has failed: papermill would take `sys.exit(0)` for a success."""
        told = execute_reply["content"]
        raised = told.get("ename") == "SystemExit" and told.get("evalue") in _NO_WORDS
        asked = any(one.get("source") == "ask_exit" for one in told.get("payload") or ())
        allowed = self.allow_errors or "raises-exception" in cell.metadata.get("tags", ())
        if (raised or asked) and not allowed:
            raise StoppedError("the cell ended the notebook", cell_index)

    def start_new_kernel(self, **kwargs: Any) -> None:
        super().start_new_kernel(**kwargs)
        self.limit_memory()

    def limit_memory(self) -> None:
        """A notebook that takes too much fails with MemoryError, where the system has such limits."""
        try:
            import resource

            hard = resource.prlimit(self.km.provisioner.pid, resource.RLIMIT_DATA)[1]
            wanted = MEMORY + _STOCK_KERNELS_IMPORTS
            soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.prlimit(self.km.provisioner.pid, resource.RLIMIT_DATA, (soft, hard))
        except (ImportError, AttributeError, OSError):
            return

    def kill_kernel(self) -> None:
        """End the kernel at once."""
        os.killpg(self.km.provisioner.pid, signal.SIGKILL)

    def how_it_died(self) -> str:
        """Why the kernel is no longer there."""
        return "killed, out of memory, or ended by the notebook"

    def execute_cell(self, cell: Any, cell_index: int, **kwargs: Any) -> Any:
        try:
            return super().execute_cell(cell, cell_index, **kwargs)
        except DeadKernelError:
            if self.too_much or getattr(self.km, "too_much", False):
                raise StoppedError(f"the notebook shows more than {OUTPUT >> 20} MB", cell_index) from None
            raise StoppedError(f"the kernel died: {self.how_it_died()}", cell_index) from None
        except CellTimeoutError:
            raise StoppedError(f"the cell ran longer than {self.timeout} s and was stopped", cell_index) from None

    def process_message(self, *args: Any, **kwargs: Any) -> Any:
        content = args[0]["content"]
        texts = [content.get("text"), *(content.get("data") or {}).values(), *content.get("traceback", ())]
        self.shown += sum(len(text) for text in texts if isinstance(text, str))
        if self.shown > OUTPUT and not self.too_much:
            self.too_much = True
            self.kill_kernel()
        return None if self.too_much else super().process_message(*args, **kwargs)

    def output(self, outs: list[Any], msg: Any, display_id: str | None, cell_index: int) -> Any:
        """Keep an output; a display of texts alone is valid as it is, and checks take a sixth of a worker's time."""
        hooked = self.output_hook_stack[msg["parent_header"].get("msg_id")]
        if hooked or display_id or self.clear_before_next_output or not _shows_texts(msg):
            return super().output(outs, msg, display_id, cell_index)
        content = msg["content"]
        outs.append(from_dict({"output_type": "display_data"} | {name: content[name] for name in ("metadata", "data")}))
        return outs[-1]


class _WarmClient(_Client):
    """Papermill's client on a forked kernel."""

    def create_kernel_manager(self) -> Any:
        given = self.nb.metadata.get("papermill", {}).get("parameters", {})
        self.km = WarmManager(MEMORY, OUTPUT, str(given.get("language", "")))
        return self.km

    def limit_memory(self) -> None:
        """The kernel is forked with its limit."""

    def kill_kernel(self) -> None:
        self.km.kill()

    def how_it_died(self) -> str:
        status = self.km.fork.ended
        if status is None or status < 0:
            return "killed, or out of memory"
        return f"the notebook ended it (exit status {status})"


class Engine(PapermillEngine):  # type: ignore[misc]
    """Papermill's own engine, with limits and, where it is safe, a forked kernel."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
        """Run the notebook in a forked kernel; in the stock one where that cannot be."""
        why = stock_reason(nb_man.nb, kernel_name)
        if not why:
            try:
                return _execute(_WarmClient, nb_man, kernel_name, **kwargs)
            except UnsafeForkError as error:
                why = str(error)
        logger.info(f"Stock kernel: {why}.")
        return _execute(_Client, nb_man, kernel_name, **kwargs)


def _execute(client: type[_Client], nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
    """As papermill's own engine does it."""
    ours = ["input_path", "timeout", "startup_timeout", "execution_timeout", "start_timeout", "aside"]
    given = remove_args(ours, **kwargs)
    timeout = kwargs.get("execution_timeout") or kwargs.get("timeout")
    start = kwargs.get("start_timeout", 60)
    final = merge_kwargs(given, timeout=timeout, startup_timeout=start, kernel_name=kernel_name, log=logger)
    done = client(nb_man, **final).execute()
    if "aside" in kwargs:
        _put_aside(done, kwargs["aside"])
    return done


def _shows_texts(msg: Any) -> bool:
    """Whether a message is a display all of whose data are texts."""
    content = msg["content"]
    return (
        msg["msg_type"] == msg["header"]["msg_type"] == "display_data"
        and isinstance(content["metadata"], dict)
        and isinstance(content["data"], dict)
        and all(isinstance(text, str) for text in content["data"].values())
    )


def _put_aside(notebook: Any, cells: list[Any]) -> None:
    """Take all cells out of a notebook that has succeeded: papermill checks and writes them slowly, for nobody."""
    shown = (output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs)
    if not any(output.output_type == "error" for output in shown):
        cells += notebook.cells
        notebook.cells = []


def stock_reason(notebook: Any, kernel_name: str) -> str:
    """Why a notebook needs the stock kernel; empty when a forked one serves."""
    if not sys.platform.startswith("linux"):
        return f"processes cannot be forked safely on {sys.platform}"
    if kernel_name != "python3":
        return f"the notebook wants the kernel {kernel_name!r}"
    if any(STOCK_KERNEL in cell.metadata.get("tags", []) for cell in notebook.cells):
        return f"a cell is tagged {STOCK_KERNEL!r}"
    return ""


papermill_engines.register(ENGINE, Engine)
