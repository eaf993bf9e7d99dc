"""Report a failed notebook: cell, cause and traceback, without values.

Input: what papermill raised, or any other exception. Output: a `NotebookError` and its log. A notebook sees published
cells only, but others may read a log before the site is released: so numbers in the message are masked, its further
lines are dropped, and the traceback keeps locations and their lines of code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import nbformat

from kvalreg.errors import NotebookError, describe_unexpected
from kvalreg.execution.plan import Job
from kvalreg.storage.permissions import clear_path, make_private_folder, write_private

_MAX_MESSAGE_LENGTH = 300
_NUMBER = re.compile(r"(?<!\w)[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?(?!\w)")
"""A number that is a word by itself; the digits of a name, as in ``alfa_a2``, are not."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_FRAME = re.compile(r"\s*(?P<where>Cell In\[\d+\], line \d+|File [^\n]+?:\d+)(?:, in (?P<function>[\w.<>]+))?")
"""How IPython begins each frame of a traceback."""
_RAISING_LINE = re.compile(r"^-+> \d+ (?P<code>.*)$", re.MULTILINE)


class _CellExecutionError(Protocol):
    """The attributes of `papermill.exceptions.PapermillExecutionError`."""

    ename: str
    evalue: str
    cell_index: int
    exec_count: int
    traceback: list[str]


def cell_error(error: _CellExecutionError, notebook: Path) -> NotebookError:
    """The error of a cell that raised: its number, the cause, and the traceback for the log."""
    cell = _source_cell_number(int(error.cell_index), notebook)
    cause = f"{error.ename}: {mask_numbers(first_line(error.evalue))}"
    return NotebookError(cause, cell, "\n".join(_traceback_lines(error, f"cell {cell}")))


def stopped_cell_error(cause: str, cell_index: int, notebook: Path) -> NotebookError:
    """The error of a cell that was stopped: its number and why."""
    return NotebookError(cause, _source_cell_number(cell_index, notebook))


def unexpected_error(error: Exception) -> NotebookError:
    """An error outside the notebook's cells: a defect of kvalreg."""
    return NotebookError(f"{type(error).__name__}, beside the notebook's cells", detail=describe_unexpected(error))


def mask_numbers(text: str) -> str:
    """A text with ``#`` for every number but years.

    >>> mask_numbers("0.8741 of alfa_a2 in 2024")
    '# of alfa_a2 in 2024'
    """
    return _NUMBER.sub(lambda match: match[0] if _YEAR.fullmatch(match[0]) else "#", text)


def first_line(text: str) -> str:
    """The first line of a message, truncated."""
    return next(iter(str(text).strip().splitlines()), "")[:_MAX_MESSAGE_LENGTH]


def log_path(job: Job, logs: Path) -> Path:
    """The path of a job's log."""
    return logs / job.registry / f"{job.name.replace(' ', '-')}.log"


def write_log(job: Job, logs: Path, error: NotebookError) -> Path:
    """Write what is known of a failure; return the log's path."""
    path = log_path(job, logs)
    clear_path(path)
    make_private_folder(logs, job.registry)
    text = f"{job.notebook.name}, {error}\n{error.detail}".rstrip()
    return write_private(path, f"{_ESCAPE.sub('', text)}\n".encode())


def _traceback_lines(error: _CellExecutionError, cell: str) -> Iterator[str]:
    """Every frame's location and its line of code; neither variables nor messages."""
    # IPython's frames: a location, then numbered lines of code with an arrow at the one that raised. In "verbose" mode
    # they also hold values of variables, so only these two parts are taken, and never the frame as a whole
    for frame_text in error.traceback:
        text = _ESCAPE.sub("", frame_text)
        match = _FRAME.match(text)
        if match is not None:
            location = match["where"].removeprefix("File ").replace(f"Cell In[{error.exec_count}]", cell)
            function = f" in {match['function']}" if match["function"] else ""
            raising_line = _RAISING_LINE.search(text)
            yield f"  at {location}{function}" + (f": {raising_line['code'].strip()}" if raising_line else "")


def _source_cell_number(index: int, path: Path) -> int:
    """The 1-based number of a cell in the author's notebook: papermill inserts one after the parameters."""
    tags = [cell.metadata.get("tags", []) for cell in nbformat.read(path, as_version=4).cells]
    parameters_position = next((position for position, tag in enumerate(tags) if "parameters" in tag), len(tags))
    return index + 1 if index <= parameters_position else index
