"""One notebook through papermill, in a process of its own, and the page that comes out.

Comes in: a job. Goes out: the page's Markdown, or a `NotebookError` and a log, worded by `failure`. The executed
notebook lives in a temporary folder, so a half-run one can never be picked up as a page. Nothing of the source tree is
written.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from html import escape
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from kvalreg.batch.failure import cell_failure, first_line, log_path, unexpected, write_log
from kvalreg.batch.hygiene import cell_number, picture_text, refused
from kvalreg.batch.plan import Job
from kvalreg.errors import NotebookError
from kvalreg.report.drawing import DRAW_LATER, draw
from kvalreg.report.markup import raw_html
from kvalreg.report.report import PUBLISHED_FOLDER

CELL_TIMEOUT = 300
"""Seconds a cell may take before its notebook is stopped."""
START_TIMEOUT = 60
LONGEST_SOCKET_FOLDER = 40
"""A socket's whole path has about 100 characters at most; jupyter_client appends some 55."""
STARTS = 3
"""How often a kernel that does not start is tried; a cell's error is never tried again."""


@dataclass(frozen=True)
class Outcome:
    """How one job ended: `markdown` when it succeeded, else `error` and where its log is."""

    job: Job
    markdown: str = ""
    error: NotebookError | None = None
    log: Path | None = None


@dataclass(frozen=True)
class Workplace:
    """Where jobs run: the published cells they may read, the folder of their logs, how many at a time."""

    published: Path
    logs: Path
    workers: int


def execute(jobs: Iterable[Job], workplace: Workplace) -> Iterator[Outcome]:
    """Run every job, each in a fresh kernel, and give each outcome as soon as it is there."""
    waiting = list(jobs)
    if not waiting:
        return
    with ProcessPoolExecutor(workplace.workers, mp_context=_processes()) as pool:
        futures: dict[Future[str], Job] = {pool.submit(run_notebook, job, workplace): job for job in waiting}
        for future in as_completed(futures):
            job = futures[future]
            try:
                yield Outcome(job, markdown=future.result())
            except NotebookError as error:
                yield Outcome(job, error=error, log=log_path(job, workplace.logs))
            except BrokenProcessPool:
                killed = NotebookError("the process that ran the notebook was killed, or out of memory")
                yield Outcome(job, error=killed, log=write_log(job, workplace.logs, killed))
            except Exception as error:  # a defect of ours: this page fails, not the run
                cause = unexpected(error)
                yield Outcome(job, error=cause, log=write_log(job, workplace.logs, cause))


def _processes() -> BaseContext:
    """Fresh processes that share the imports of one server, where the system can; else each imports by itself."""
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(["papermill", "nbclient", "kvalreg.batch.execution"])
    return context


def run_notebook(job: Job, workplace: Workplace) -> str:
    """Run one job's notebook and return its page as Pandoc Markdown.

    Raises
    ------
    NotebookError
        When a cell raises, runs too long, or the kernel cannot be started or dies; the log has the traceback.
    """
    log_path(job, workplace.logs).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="kvalreg-") as folder:
        _isolate(Path(folder), workplace.published)
        try:
            return draw(page_markdown(_papermill(job, Path(folder))))
        except NotebookError as error:
            write_log(job, workplace.logs, error)
            raise
        except Exception as error:
            cause = unexpected(error)
            write_log(job, workplace.logs, cause)
            raise cause from None


def _papermill(job: Job, folder: Path) -> Any:
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    transport = "ipc" if len(str(folder)) <= LONGEST_SOCKET_FOLDER else "tcp"
    for starts_left in reversed(range(STARTS)):
        try:
            return papermill.execute_notebook(
                str(job.notebook),
                str(folder / "page.ipynb"),
                parameters=job.parameters,
                cwd=str(folder),
                progress_bar=False,
                execution_timeout=CELL_TIMEOUT,
                start_timeout=START_TIMEOUT,
                request_save_on_cell_execute=False,
                config=Config(KernelManager={"transport": transport}),  # a socket file, not a port anybody can reach
                shutdown_kernel="immediate",  # a graceful shutdown hangs 3 s in a few per cent of runs
            )
        except PapermillExecutionError as error:
            raise cell_failure(error, job.notebook) from None
        except CellTimeoutError as error:
            raise NotebookError(f"a cell ran longer than {CELL_TIMEOUT} s and was stopped") from error
        except DeadKernelError as error:
            raise NotebookError("the kernel died: killed, out of memory, or ended by the notebook") from error
        except RuntimeError as error:
            if not starts_left:
                raise NotebookError(f"the kernel did not start: {first_line(str(error))}") from error
    raise AssertionError("unreachable: the last start either returns or raises")


def page_markdown(notebook: Any) -> str:
    """The page that an executed notebook makes: its Markdown cells and its outputs, no code.

    Our pieces are used as Markdown. A cell that is tagged as reviewed may show other things: HTML as a raw block, and
    pictures with the text that describes them. What it prints is left out: a page is made of what is displayed.

    Raises
    ------
    NotebookError
        When a cell shows what is not ours, or a picture without words; the message holds nothing of what is shown.
    """
    parts: list[str] = []
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        elif cell.cell_type == "code":
            why = refused(cell)
            if why:
                raise NotebookError(why, cell_number(notebook.cells, place))
            parts += [text for output in cell.outputs if (text := _output_markdown(output, picture_text(cell)))]
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def _output_markdown(output: Any, picture: str) -> str:
    if output.output_type not in ("display_data", "execute_result"):
        return ""
    data = output.data
    takers: dict[str, Callable[[str], str]] = {"text/markdown": str, "text/html": raw_html}
    for mime, take in takers.items():
        if mime in data:
            return take(_joined(data[mime]))
    if "image/svg+xml" in data:
        return raw_html(f'<div role="img" aria-label="{escape(picture)}">{_joined(data["image/svg+xml"])}</div>')
    for mime in ("image/png", "image/jpeg"):
        if mime in data:
            uri = f"data:{mime};base64,{_joined(data[mime]).strip()}"
            return raw_html(f'<img alt="{escape(picture)}" src="{uri}">')
    return ""


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


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
