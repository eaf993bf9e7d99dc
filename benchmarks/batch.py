"""Sixty report notebooks on two cores: kvalreg's engine beside stock papermill, and the longest of many runs.

Three ways, each in processes of its own: stock papermill in a pool of two processes; kvalreg's workers, two; and a loop
over the papermill command, which is measured on a few notebooks and scaled. The notebook is the shared one of a year,
on a made-up registry with 10 indicators and 35 hospitals, the years in turn. Medians of three::

    python benchmarks/batch.py          # 60 notebooks, and a tail of 250
    python benchmarks/batch.py 12 20 1  # fewer of each, once
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from kvalreg.execution.run_notebook import NotebookTask, run_notebook
from kvalreg.execution.worker_pool import WorkerPool
from kvalreg.report.drawing import DEFER_CHARTS
from kvalreg.report.report import PUBLISHED_FOLDER

page: Any = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("page.py"))))
WORKERS = 2
LOOPED = 4
"""How many notebooks the loop over the command is measured on."""


def runs_of(project: Any, count: int) -> list[NotebookTask]:
    """So many runs, the registry's years in turn."""
    published = (project.published / "bench.parquet").read_bytes()
    years = list(page.YEARS)
    return [
        NotebookTask(
            "bench",
            page.YEAR_NOTEBOOK.read_bytes(),
            published,
            {"registry": "bench", "year": years[number % len(years)], "round": "final", "language": "nb"},
        )
        for number in range(count)
    ]


def ours(runs: list[NotebookTask]) -> list[float]:
    """Run them by kvalreg, the imports counted; each one's seconds."""
    with WorkerPool(WORKERS) as workers:
        ended = [future.result() for future in as_completed([workers.submit(run_notebook, run) for run in runs])]
    failed = [made.error for made in ended if made.error is not None]
    if failed:
        sys.exit(str(failed[0]))
    return [made.seconds for made in ended]


def stock(runs: list[NotebookTask]) -> None:
    """Run them by stock papermill, in a pool of processes."""
    with ProcessPoolExecutor(WORKERS, get_context("spawn"), say_nothing) as pool:
        for future in as_completed([pool.submit(papermill_alone, run.parameters) for run in runs]):
            future.result()


def say_nothing() -> None:
    """Kernels warn of their sockets."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def papermill_alone(parameters: dict[str, Any]) -> None:
    """One notebook by papermill as it comes."""
    import logging

    import papermill

    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder, "page.ipynb"))
        papermill.execute_notebook(
            str(page.YEAR_NOTEBOOK), out, parameters=parameters, progress_bar=False, shutdown_kernel="immediate"
        )


def looped(runs: list[NotebookTask]) -> None:
    """Run them by the papermill command, one after another."""
    with tempfile.TemporaryDirectory() as folder:
        for run in runs:
            given = [part for name, value in run.parameters.items() for part in ("-p", name, str(value))]
            command = [
                str(Path(sys.executable).with_name("papermill")),
                str(page.YEAR_NOTEBOOK),
                f"{folder}/page.ipynb",
            ]
            subprocess.run([*command, *given, "--no-progress-bar"], check=True, stderr=subprocess.DEVNULL)


def seconds_of(work: Callable[[], object]) -> float:
    """The clock's seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    tail = int(sys.argv[2]) if len(sys.argv) > 2 else 250
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with tempfile.TemporaryDirectory() as folder:
        project = page.made_up(Path(folder))
        page.published_in(project)
        os.environ |= {PUBLISHED_FOLDER: str(project.published), DEFER_CHARTS: "1"}
        runs = runs_of(project, count)
        found: dict[str, list[float]] = {"ours": [], "stock": [], "loop": []}
        for _ in range(rounds):  # side by side, so that a busy machine is busy for all of them
            found["ours"].append(seconds_of(lambda: ours(runs)))
            found["stock"].append(seconds_of(lambda: stock(runs)))
            found["loop"].append(seconds_of(lambda: looped(runs[:LOOPED])) * count / LOOPED)
        median = {name: float(np.median(times)) for name, times in found.items()}
        each = ours(runs_of(project, tail))
        longest, middle = max(each), float(np.median(each))
    busy = os.getloadavg()[0]
    sys.stdout.write(
        f"{count} notebooks, {WORKERS} workers, medians of {rounds}; the machine's load at the end was {busy:.1f}\n"
        f"kvalreg                              {median['ours']:6.1f} s\n"
        f"stock papermill, a pool of processes {median['stock']:6.1f} s: {median['stock'] / median['ours']:.1f} x\n"
        f"a loop over the papermill command    {median['loop']:6.1f} s: {median['loop'] / median['ours']:.1f} x"
        f" (measured on {LOOPED}, scaled)\n"
        f"of {tail} runs the longest took {longest - middle:.2f} s more than the median of {middle:.2f} s\n"
    )


if __name__ == "__main__":
    main()
