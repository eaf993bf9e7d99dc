"""How a failed notebook is told: cell, cause and places, and no cell values.

Comes in: what papermill raised, or any other error. Goes out: a `NotebookError` and its log. A notebook sees published
cells only, but a log is read by others before the site is: so numbers in an error's message are left out, its further
lines too, and of the traceback stay the places and their lines of code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import nbformat

from kvalreg.batch.plan import Job
from kvalreg.errors import NotebookError, describe_unexpected
from kvalreg.private_files import clear_way, private_folder, write_private

_LONGEST = 300
_NUMBER = re.compile(r"(?<!\w)[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?(?!\w)")
"""A number that stands alone; the digits of a name, as in ``alfa_a2``, are none."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PLACE = re.compile(r"\s*(?P<where>Cell In\[\d+\], line \d+|File [^\n]+?:\d+)(?:, in (?P<function>[\w.<>]+))?")
"""How IPython begins the part of a traceback that tells of one place."""
_RAISING = re.compile(r"^-+> \d+ (?P<code>.*)$", re.MULTILINE)


class _Raised(Protocol):
    """What papermill tells of a cell that raised."""

    ename: str
    evalue: str
    cell_index: int
    exec_count: int
    traceback: list[str]


def cell_failure(raised: _Raised, notebook: Path) -> NotebookError:
    """The error of a cell that raised: its number, the cause, and the places for the log."""
    cell = _cell_number(int(raised.cell_index), notebook)
    cause = f"{raised.ename}: {without_numbers(first_line(raised.evalue))}"
    return NotebookError(cause, cell, "\n".join(_places(raised, f"cell {cell}")))


def stopped(cause: str, cell_index: int, notebook: Path) -> NotebookError:
    """The error of a cell that did not end by itself: its number and why it was stopped."""
    return NotebookError(cause, _cell_number(cell_index, notebook))


def unexpected(error: Exception) -> NotebookError:
    """An error beside the notebook's cells: a defect of ours."""
    return NotebookError(f"{type(error).__name__}, beside the notebook's cells", detail=describe_unexpected(error))


def without_numbers(text: str) -> str:
    """A text with ``#`` for every number but years.

    ``0.8741 of alfa_a2 in 2024`` becomes ``# of alfa_a2 in 2024``.
    """
    return _NUMBER.sub(lambda found: found[0] if _YEAR.fullmatch(found[0]) else "#", text)


def first_line(text: str) -> str:
    """The first line of a message, cut where it is very long."""
    return next(iter(str(text).strip().splitlines()), "")[:_LONGEST]


def log_path(job: Job, logs: Path) -> Path:
    """Where a job's log lies when it has failed."""
    return logs / job.registry / f"{job.name.replace(' ', '-')}.log"


def write_log(job: Job, logs: Path, error: NotebookError) -> Path:
    """Write what is known of a failure, and give the log's path."""
    path = log_path(job, logs)
    clear_way(path)
    private_folder(logs, job.registry)
    told = f"{job.notebook.name}, {error}\n{error.detail}".rstrip()
    return write_private(path, f"{_ESCAPE.sub('', told)}\n".encode())


def _places(raised: _Raised, cell: str) -> Iterator[str]:
    """Every place of a traceback and the line of code that raised there; neither variables nor messages."""
    for part in raised.traceback:
        text = _ESCAPE.sub("", part)
        place = _PLACE.match(text)
        if place is not None:
            where = place["where"].removeprefix("File ").replace(f"Cell In[{raised.exec_count}]", cell)
            function = f" in {place['function']}" if place["function"] else ""
            raising = _RAISING.search(text)
            yield f"  at {where}{function}" + (f": {raising['code'].strip()}" if raising else "")


def _cell_number(index: int, path: Path) -> int:
    """1-based number in the notebook as its author has it: papermill adds a cell of its own after the parameters."""
    tags = [cell.metadata.get("tags", []) for cell in nbformat.read(path, as_version=4).cells]
    parameters = next((place for place, tag in enumerate(tags) if "parameters" in tag), len(tags))
    return index + 1 if index <= parameters else index
