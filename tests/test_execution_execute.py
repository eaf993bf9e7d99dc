"""A notebook that raises, hangs, exits, is killed, fills memory or prints without end fails alone, and is told of."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import nbformat
import pytest

from kvalreg.execution.execute import ExecutorConfig, JobResult, execute
from kvalreg.execution.forkserver_client import UnsafeForkError
from kvalreg.execution.papermill_engine import STOCK_KERNEL_TAG
from kvalreg.execution.plan import Job
from kvalreg.execution.worker_pool import WorkerLostError, WorkerPool
from small_project import write_notebook

GOOD = "from kvalreg.report.html_fragment import HtmlFragment\nHtmlFragment('god')"
BAD = {
    "raises": ("raise ValueError(f'{87 * 100 + 41} rows')", "ValueError: # rows"),
    "hangs": ("while True:\n    pass", "the cell ran longer than 10 s and was stopped"),
    "exits": ("import os\nos._exit(3)", "the kernel died: the notebook ended it (exit status 3)"),
    "leaves": ("raise SystemExit", "the cell ended the notebook"),
    "leaves well": ("import sys\nsys.exit(0)", "the cell ended the notebook"),
    "leaves with words": ("import sys\nsys.exit(f'{8700 + 41} is enough')", "SystemExit: # is enough"),
    "quits": ("quit()", "the cell ended the notebook"),
    "calls exit": ("exit()", "the cell ended the notebook"),
    "is killed": ("import os\nos.kill(os.getpid(), 9)", "the kernel died: killed, or out of memory"),
    "fills memory": ("rows = [bytes(1 << 28) for _ in range(100)]", "MemoryError: "),
    "prints a gigabyte": (
        "while True:\n    print(f'{8700 + 41}' * (1 << 18))",
        "the notebook shows more than 64 MB",
    ),
}


def job_of(notebook: Path, year: int) -> Job:
    """A job that runs this notebook."""
    address = f"registre/slag/{year}/index.qmd"
    return Job("year", notebook, "slag", year, "final", "nb", address, "Slag", (), synthetic=True)


def outcomes(folder: Path, cells: dict[str, str], timeout: int = 10) -> dict[str, JobResult]:
    """How notebooks end whose third cell is this, two at a time."""
    notebooks = {name: write_notebook(folder / f"{name}.ipynb", ["a = 1", cell]) for name, cell in cells.items()}
    jobs = [job_of(path, 2000 + number) for number, path in enumerate(notebooks.values())]
    place = ExecutorConfig(folder / "published", folder / "logs", workers=2, cell_timeout=timeout)
    return {outcome.job.notebook.stem: outcome for outcome in execute(jobs, place)}


def test_each_bad_notebook_fails_alone_and_its_log_names_cell_and_cause(tmp_path: Path) -> None:
    """Eleven that fail, each in its way, and two that are well: these are made; logs have cell and cause, no value."""
    cells = {"first": GOOD, **{name: cell for name, (cell, _) in BAD.items()}, "last": GOOD}
    ended = outcomes(tmp_path, cells)
    assert [name for name, outcome in ended.items() if outcome.error is None] == ["first", "last"]
    assert ended["first"].markdown == ended["last"].markdown == "god\n"
    for name, (_, cause) in BAD.items():
        error, log = ended[name].error, ended[name].log
        assert error is not None
        assert log is not None
        assert (error.cell, error.cause) == (3, cause)
        told = log.read_text(encoding="utf-8")
        assert told.startswith(f"{name}.ipynb, cell 3: {cause}".rstrip())
        assert "8741" not in told


PRINTS = """
import resource
def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = most()
for _ in range(48):
    print("x" * (1 << 20))
__import__("IPython").display.clear_output()
HtmlFragment("well" if most() - before < 120 << 10 else "all that was printed is in memory")
"""


def test_what_is_printed_in_a_loop_does_not_wait_in_memory(tmp_path: Path) -> None:
    """48 MB take 60 MB as they are sent at once, and 245 kept: then memory would end before the limit of output."""
    ended = outcomes(
        tmp_path, {"prints": f"from kvalreg.report.html_fragment import HtmlFragment\n{PRINTS}"}, timeout=60
    )
    assert ended["prints"].error is None
    assert ended["prints"].markdown == "well\n"


def test_a_stock_kernel_has_the_same_limits(tmp_path: Path) -> None:
    """Output, memory and exits of a notebook that is tagged for the stock kernel."""
    chosen = {name: BAD[name] for name in ("exits", "leaves well", "quits", "fills memory", "prints a gigabyte")}
    for name, (cell, _) in chosen.items():
        path = write_notebook(tmp_path / f"{name}.ipynb", ["a = 1", cell])
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[1].metadata["tags"] = [STOCK_KERNEL_TAG]
        nbformat.write(notebook, path)
    jobs = [job_of(tmp_path / f"{name}.ipynb", 2000 + number) for number, name in enumerate(chosen)]
    ended = {o.job.notebook.stem: o for o in execute(jobs, ExecutorConfig(tmp_path, tmp_path / "logs", workers=2))}
    told = {name: outcome.error.cause for name, outcome in ended.items() if outcome.error is not None}
    assert told == {
        "exits": "the kernel died: killed, out of memory, or ended by the notebook",
        "leaves well": "the cell ended the notebook",
        "quits": "the cell ended the notebook",
        "fills memory": "MemoryError: ",
        "prints a gigabyte": "the notebook shows more than 64 MB",
    }


def test_an_exit_in_the_last_cell_is_no_success(tmp_path: Path) -> None:
    """Papermill takes it for one, and so half a page would be published."""
    path = write_notebook(tmp_path / "last.ipynb", ["a = 1", "exit()"])
    notebook = nbformat.read(path, as_version=4)
    del notebook.cells[3:]
    nbformat.write(notebook, path)
    (ended,) = execute([job_of(path, 2000)], ExecutorConfig(tmp_path / "published", tmp_path / "logs", workers=1))
    assert ended.error is not None
    assert (ended.error.cell, ended.error.cause) == (3, "the cell ended the notebook")


def trying(folder: Path, deadly: int) -> str:
    """An expression that calls `worker_jobs.tried`: a worker does not know the tests' folder."""
    own = f"__import__('sys').path.insert(0, {str(Path(__file__).parent)!r})"
    return f"({own}, __import__('worker_jobs').tried({str(folder)!r}, {deadly}))[1]"


def test_a_job_whose_worker_is_lost_runs_again_and_then_fails_alone(tmp_path: Path) -> None:
    """Killed once, it succeeds in a new worker; killed each time, it is given up after two, and others go on."""
    folders = [tmp_path / name for name in ("once", "always", "never")]
    for folder in folders:
        folder.mkdir()
    with WorkerPool(1) as workers:
        once, always, never = (
            workers.submit(eval, trying(folder, deadly)) for folder, deadly in zip(folders, (1, 9, 0), strict=True)
        )
        assert once.result() == 2
        with pytest.raises(WorkerLostError):
            always.result()
        assert never.result() == 1
    assert len(list(folders[1].iterdir())) == 2


def test_every_worker_begins_as_told_also_one_that_takes_a_lost_ones_place(tmp_path: Path) -> None:
    """The job that killed its worker finds in the next one what it was to begin with."""
    with WorkerPool(1, partial(exec, "__import__('sys').begun = 3")) as workers:
        told = workers.submit(eval, f"({trying(tmp_path, 1)}, __import__('sys').begun)")
        assert told.result() == (2, 3)


def test_a_functions_own_error_is_not_tried_again(tmp_path: Path) -> None:
    """What would fail again is not run again."""
    with WorkerPool(1) as workers, pytest.raises(ZeroDivisionError):
        workers.submit(eval, f"{trying(tmp_path, 0)} / 0").result()
    assert len(list(tmp_path.iterdir())) == 1


def test_where_processes_cannot_be_forked_workers_start_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same interface, the same error when the process is lost, and the next job in a new one."""

    def refuse() -> None:
        raise UnsafeForkError("no fork here")

    monkeypatch.setattr("kvalreg.execution.worker_pool._ForkedWorker", refuse)
    with WorkerPool(1) as workers:
        assert workers.submit(abs, -1).result() == 1
        with pytest.raises(WorkerLostError):
            workers.submit(eval, "__import__('os')._exit(1)").result()
        assert workers.submit(abs, -2).result() == 2


def test_an_interrupted_run_ends_its_workers_at_once(tmp_path: Path) -> None:
    """Ctrl-C waits for no notebook: what runs is ended, what waits is not begun."""

    def begun(work: Callable[[], object]) -> float:
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            work()
        return time.monotonic() - start

    def interrupted() -> None:
        with WorkerPool(1) as workers:
            assert workers.submit(abs, -1).result() == 1
            workers.submit(time.sleep, 60)
            workers.submit(time.sleep, 60)
            raise KeyboardInterrupt

    assert begun(interrupted) < 30
