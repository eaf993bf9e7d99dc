"""One notebook through papermill, and the page that comes out.

Comes in: the notebook and the published cells, as bytes. Goes out: the page's Markdown, or a `NotebookError` worded by
`failure`. The executed notebook lives in a temporary folder, so a half-run one can never be picked up as a page, and
nothing outside that folder is read or written: a run can be anywhere.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kvalreg.batch.engine import ENGINE, StoppedError
from kvalreg.batch.failure import cell_failure, first_line, stopped, unexpected
from kvalreg.batch.page import page_markdown
from kvalreg.errors import NotebookError
from kvalreg.report.drawing import DRAW_LATER, draw
from kvalreg.report.readability import prose_of_page
from kvalreg.report.report import PUBLISHED_FOLDER

CELL_TIMEOUT = 300
"""Seconds a cell may take before its notebook is stopped."""
START_TIMEOUT = 60
LONGEST_SOCKET_FOLDER = 40
"""A socket's whole path has about 100 characters at most; jupyter_client appends some 55."""
STARTS = 3
"""How often a kernel that does not start is tried; a cell's error is never tried again."""


@dataclass(frozen=True)
class Run:
    """All that one notebook's run needs.

    Parameters
    ----------
    notebook
        The notebook file's bytes.
    published
        The registry's Parquet file of published cells; empty when there is none.
    parameters
        What papermill is given.
    cell_timeout
        Seconds.
    """

    registry: str
    notebook: bytes
    published: bytes
    parameters: dict[str, str | int]
    cell_timeout: int = CELL_TIMEOUT


@dataclass(frozen=True)
class Made:
    """How a run ended: `markdown` and its prose when it succeeded, else `error`; and how long it took."""

    markdown: str = ""
    prose: str = ""
    error: NotebookError | None = None
    seconds: float = 0


def run_notebook(run: Run) -> Made:
    """Run a notebook and make its page, which is Pandoc Markdown.

    A cell that raises, runs too long or ends its process, and a defect of ours, end in `Made.error`.
    """
    start = time.perf_counter()
    return replace(_made(run), seconds=time.perf_counter() - start)


def _made(run: Run) -> Made:
    with tempfile.TemporaryDirectory(prefix="kvalreg-") as folder:
        place = Path(folder)
        published = place / "published"
        published.mkdir()
        if run.published:
            (published / f"{run.registry}.parquet").write_bytes(run.published)
        (place / "notebook.ipynb").write_bytes(run.notebook)
        _isolate(place, published)
        try:
            page = page_markdown(_papermill(run, place))
            return Made(draw(page), prose_of_page(page))
        except NotebookError as error:
            return Made(error=error)
        except Exception as error:
            return Made(error=unexpected(error))


def _papermill(run: Run, folder: Path) -> Any:
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    notebook, work = folder / "notebook.ipynb", folder / "work"
    work.mkdir()
    transport = "ipc" if len(str(folder)) <= LONGEST_SOCKET_FOLDER else "tcp"
    for starts_left in reversed(range(STARTS)):
        cells: list[Any] = []
        try:
            made = papermill.execute_notebook(
                str(notebook),
                str(folder / "page.ipynb"),
                parameters=run.parameters,
                engine_name=ENGINE,
                cwd=str(work),
                progress_bar=False,
                execution_timeout=run.cell_timeout,
                start_timeout=START_TIMEOUT,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                # what the stock kernel needs: a socket file, not a port anybody can reach; a graceful shutdown hangs
                # 3 s in a few per cent of runs
                config=Config(KernelManager={"transport": transport}),
                shutdown_kernel="immediate",
                aside=cells,
            )
            made.cells = cells or made.cells
            return made
        except PapermillExecutionError as error:
            raise cell_failure(error, notebook) from None
        except StoppedError as error:
            raise stopped(error.cause, error.cell_index, notebook) from None
        except RuntimeError as error:
            if not starts_left:
                raise NotebookError(f"the kernel did not start: {first_line(str(error))}") from error
    raise AssertionError("unreachable: the last start either returns or raises")


def _isolate(folder: Path, published: Path) -> None:
    """Let the kernel see the published cells and write nowhere but in its own temporary folder."""
    os.environ[PUBLISHED_FOLDER] = str(published)
    os.environ[DRAW_LATER] = "1"
    for name, part in (("IPYTHONDIR", "ipython"), ("JUPYTER_RUNTIME_DIR", "run"), ("JUPYTER_DATA_DIR", "data")):
        (folder / part).mkdir()
        os.environ[name] = str(folder / part)
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # a kernel of the same name in the home folder may be another Python
    os.environ["JUPYTER_PLATFORM_DIRS"] = "1"
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
