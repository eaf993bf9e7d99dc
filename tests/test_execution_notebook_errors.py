"""How a failed notebook is told: cell, cause and places, and no cell values."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvalreg.execution.execute import ExecutorConfig, execute
from kvalreg.execution.notebook_errors import mask_numbers, unexpected_error
from kvalreg.execution.plan import Job
from small_project import write_notebook

CELL = """\
import pandas as pd
cells = pd.DataFrame({"alfa_a2": [int("87") * 100 + 41] * 3})
try:
    cells["alfa_a2"].loc[cells["alfa_a2"].sum()]
except KeyError as error:
    raise ValueError(f"{cells['alfa_a2'][0]} of alfa_a2 in 2024\\n{cells}") from error"""
VERBOSE = "get_ipython().run_line_magic('xmode', 'Verbose')\n"
"""IPython's tracebacks with arguments and variables, which a notebook may switch on."""


def failed(folder: Path, cell: str) -> tuple[str, str]:
    """The error and the log of a notebook whose third cell is this."""
    notebook = write_notebook(folder / "year.ipynb", ["a = 1", cell])
    job = Job("year", notebook, "slag", 2024, "final", "nb", "registre/slag/2024/index.qmd", "Slag", (), synthetic=True)
    (outcome,) = execute([job], ExecutorConfig(folder / "published", folder / "logs", workers=1))
    assert outcome.error is not None
    assert outcome.log is not None
    assert outcome.error.cell == 3
    return outcome.error.cause, outcome.log.read_text(encoding="utf-8")


@pytest.mark.parametrize(("mode", "lines"), [("", 0), (VERBOSE, 1)], ids=["plain", "verbose"])
def test_the_log_has_cell_cause_and_places_and_no_value(tmp_path: Path, mode: str, lines: int) -> None:
    """The value 8741 and the sum 26223 are in both messages, in a printed table and among the variables; not told."""
    error, log = failed(tmp_path, mode + CELL)
    assert error == "ValueError: # of alfa_a2 in 2024"
    assert log.startswith("year.ipynb, cell 3: ValueError: # of alfa_a2 in 2024\n")
    assert f"  at cell 3, line {6 + lines}: raise ValueError(" in log
    assert "pandas/core/" in log
    for value in ("8741", "26223"):
        assert value not in error + log


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("slag has no results from 2024", "slag has no results from 2024"),
        ("0.8741", "#"),
        ("np.float64(0.8741) and n=3, x=-2.", "np.float64(#) and n=#, x=#."),
        ("3 av 4 (75 %), 1e-05", "# av # (# %), #"),
        ("1234,5 or 12/13 of 2019.", "# or #/# of 2019."),
        ("'alfa_a2' is not in x3", "'alfa_a2' is not in x3"),
    ],
)
def test_numbers_that_may_be_values_are_left_out(message: str, told: str) -> None:
    """A share, a count and an interval become #; years and digits in names stay, since they say what to mend."""
    assert mask_numbers(message) == told


def test_an_error_beside_the_cells_is_told_by_type_and_place() -> None:
    """A defect of ours, such as a drawing that fails, has its place in the log and its message nowhere."""
    try:
        mask_numbers(None)  # type: ignore[arg-type]
    except TypeError as error:
        found = unexpected_error(error)
    assert str(found) == "TypeError, beside the notebook's cells"
    assert "at kvalreg/execution/notebook_errors.py:" in found.detail
    assert "in mask_numbers" in found.detail
    assert "expected" not in found.detail
