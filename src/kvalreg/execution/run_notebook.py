"""Run one notebook through papermill, and export its page.

Input: the notebook and the published cells, as bytes. Output: the page's Markdown, or a `NotebookError` from
`notebook_errors`. The executed notebook is in a temporary folder, so an incomplete one can never be taken for a page,
and nothing outside that folder is read or written: a task can run on any machine.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kvalreg.errors import NotebookError
from kvalreg.execution.markdown_export import export_markdown
from kvalreg.execution.notebook_errors import cell_error, first_line, stopped_cell_error, unexpected_error
from kvalreg.execution.papermill_engine import ENGINE_NAME, CellStoppedError
from kvalreg.inputs.text_file import without_controls
from kvalreg.report.drawing import DEFER_CHARTS, render_charts
from kvalreg.report.readability import prose_of_page
from kvalreg.report.report import PUBLISHED_FOLDER

CELL_TIMEOUT = 300
"""Seconds a cell may take before its notebook is stopped."""
START_TIMEOUT = 60
"""Seconds a kernel may take to start."""
MAX_SOCKET_FOLDER_LENGTH = 40
"""A socket's path has about 100 characters at most (sun_path in unix(7)); jupyter_client appends some 55."""
MAX_START_ATTEMPTS = 3
"""How often a kernel that does not start is tried; a cell's error is never retried."""


@dataclass(frozen=True)
class NotebookTask:
    """Everything that the run of one notebook needs; pickled for worker processes and other machines.

    Parameters
    ----------
    notebook
        The notebook file's bytes.
    published
        The registry's Parquet file of published cells; empty when there is none.
    parameters
        The values of the notebook's parameters.
    cell_timeout
        Seconds.
    """

    registry: str
    notebook: bytes
    published: bytes
    parameters: dict[str, str | int]
    cell_timeout: int = CELL_TIMEOUT


@dataclass(frozen=True)
class NotebookResult:
    """How a run ended: `markdown` and `prose` when it succeeded, else `error`; and how long it took."""

    markdown: str = ""
    prose: str = ""
    error: NotebookError | None = None
    seconds: float = 0


def run_notebook(task: NotebookTask) -> NotebookResult:
    """Run a notebook and export its page as Pandoc Markdown.

    It does not raise: a cell that raises, runs too long or ends its process, and a defect of kvalreg, are returned as
    `NotebookResult.error`.
    """
    start = time.perf_counter()
    return replace(_run_task(task), seconds=time.perf_counter() - start)


def _run_task(task: NotebookTask) -> NotebookResult:
    with tempfile.TemporaryDirectory(prefix="kvalreg-") as folder:
        workspace = Path(folder)
        published = workspace / "published"
        published.mkdir()
        if task.published:
            (published / f"{task.registry}.parquet").write_bytes(task.published)
        (workspace / "notebook.ipynb").write_bytes(task.notebook)
        _isolate_environment(workspace, published)
        try:
            page = export_markdown(_execute_with_papermill(task, workspace))
            # A control character has no meaning on a page, and feeds cannot hold it.
            return NotebookResult(without_controls(render_charts(page)), prose_of_page(page))
        except NotebookError as error:
            return NotebookResult(error=error)
        except Exception as error:  # noqa: BLE001 - contained here: this page fails, not the run
            return NotebookResult(error=unexpected_error(error))


def _execute_with_papermill(task: NotebookTask, folder: Path) -> Any:
    # loaded already in a forked worker; imported here, the tasks' and results' types stay light for other modules
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    notebook, work_folder = folder / "notebook.ipynb", folder / "work"
    work_folder.mkdir()
    transport = "ipc" if len(str(folder)) <= MAX_SOCKET_FOLDER_LENGTH else "tcp"
    for attempts_left in reversed(range(MAX_START_ATTEMPTS)):
        cells: list[Any] = []
        try:
            executed = papermill.execute_notebook(
                str(notebook),
                str(folder / "page.ipynb"),
                parameters=task.parameters,
                engine_name=ENGINE_NAME,
                cwd=str(work_folder),
                progress_bar=False,
                execution_timeout=task.cell_timeout,
                start_timeout=START_TIMEOUT,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                # for the stock kernel: a socket file, not a port that every user of the machine can reach, and no
                # graceful shutdown, which hangs for 3 s in a few per cent of runs
                config=Config(KernelManager={"transport": transport}),
                shutdown_kernel="immediate",
                detached_cells=cells,
            )
            executed.cells = cells or executed.cells
            return executed
        # `from None`: the original's message holds the cell's output, which must not reach a traceback or a log
        except PapermillExecutionError as error:
            raise cell_error(error, notebook) from None
        except CellStoppedError as error:
            raise stopped_cell_error(error.cause, error.cell_index, notebook) from None
        # jupyter_client raises this when a kernel does not answer in time, as on a busy machine
        except RuntimeError as error:
            if not attempts_left:
                raise NotebookError(f"the kernel did not start: {first_line(str(error))}") from error
    raise AssertionError("unreachable: the last start either returns or raises")


def _isolate_environment(folder: Path, published: Path) -> None:
    """Let the kernel find the published cells, and write only in its own temporary folder."""
    os.environ[PUBLISHED_FOLDER] = str(published)
    os.environ[DEFER_CHARTS] = "1"
    for variable, subfolder in (
        ("IPYTHONDIR", "ipython"),
        ("JUPYTER_RUNTIME_DIR", "run"),
        ("JUPYTER_DATA_DIR", "data"),
    ):
        (folder / subfolder).mkdir()
        os.environ[variable] = str(folder / subfolder)
    # this environment's kernel, and not one of the same name in the home folder, which may be another Python's
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    os.environ["JUPYTER_PLATFORM_DIRS"] = "1"
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
