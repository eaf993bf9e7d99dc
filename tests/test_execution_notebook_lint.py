"""What notebooks may hold: told in words for statisticians, with the cell."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from kvalreg.errors import ConfigurationError
from kvalreg.execution.notebook_lint import REVIEWED_TAG, lint_analysis_notebook, lint_report_notebook
from kvalreg.execution.plan import check_notebooks
from kvalreg.project import Project
from small_project import write_notebook

LOAD = "from kvalreg.report import Report\n\nreport = Report.load(registry, year, round, language)"


def told(path: Path) -> list[str]:
    """The faults of a report notebook, as they are printed."""
    return [str(fault) for fault in lint_report_notebook(path, path.name)]


def test_unknown_and_missing_parameters_are_refused_before_anything_runs(tmp_path: Path) -> None:
    """A notebook without 'language' and with 'hospital' gets one fault for each, naming the notebook."""
    notebook = write_notebook(tmp_path / "year.ipynb", [], 'registry = "x"\nyear = 1\nround = "final"\nhospital = 7')
    with pytest.raises(ConfigurationError) as caught:
        check_notebooks([notebook], Project(tmp_path))
    texts = [str(fault) for fault in caught.value.diagnostics]
    assert len(texts) == 2
    assert "does not take the parameter 'language'" in texts[0]
    assert "asks for the parameter 'hospital'" in texts[1]
    assert all(text.startswith("year.ipynb") for text in texts)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", ["no notebook"]),
        ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', ["names no kernel", "'parameters'"]),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, text: str, said: list[str]) -> None:
    """A broken file is a fault with advice, not a traceback; a kernel and parameters that lack are both told."""
    path = tmp_path / "year.ipynb"
    path.write_text(text, encoding="utf-8")
    found = told(path)
    assert len(found) == len(said)
    assert all(part in fault for part, fault in zip(said, found, strict=True))


def test_calls_on_the_report_are_what_a_notebook_holds(tmp_path: Path) -> None:
    """Imports of kvalreg, names for what comes back, calls, and display: nothing to say about."""
    cells = [
        LOAD,
        'display(report.heading("messages"), report.messages())',
        'hospitals = ["111", f"{year}"]\nreport.trend("a", units=hospitals[0])',
        'first = report.trend("a") + report.compare("a", -1)\nfirst',
    ]
    assert told(write_notebook(tmp_path / "year.ipynb", cells)) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f():\n    return 1", "defines a function"),
        ("f = lambda: 1", "defines a function"),
        ("class A:\n    pass", "defines a class"),
        ("for name in (1, 2):\n    report.trend(name)", "holds a loop"),
        ("[report.trend(name) for name in ('a', 'b')]", "holds a loop"),
        ("if year > 2020:\n    report.trend('a')", "holds a condition"),
        ("import pandas as pd", "imports pandas"),
        ("from matplotlib import pyplot", "imports matplotlib"),
        ("import kvalreg.report, os", "imports os"),
        ("open('rader.csv').read()", "calls open"),
        ("print(report.cells('a'))", "calls print"),
        ("__import__('os').system('ls')", "calls __import__"),
        ("with report as r:\n    r", "opens something"),
        ("report.cells('a')[report.year > 1]", "does more than call the report"),
        ("%matplotlib inline", "not plain Python"),
        ("!cat rader.csv", "not plain Python"),
        ("\n".join(f"a{n} = {n}" for n in range(11)), "more than 10 lines"),
    ],
)
def test_anything_else_is_named_with_its_cell(tmp_path: Path, source: str, said: str) -> None:
    """One fault that says what the cell does and where it belongs."""
    (fault,) = told(write_notebook(tmp_path / "year.ipynb", [LOAD, source]))
    assert fault.startswith("year.ipynb: cell 3: The cell ")
    assert said in fault


def test_a_reviewed_cell_may_hold_what_its_output_needs(tmp_path: Path) -> None:
    """A picture that somebody answers for needs its import and its loop."""
    path = write_notebook(tmp_path / "year.ipynb", [LOAD, "import matplotlib\nfor n in (1, 2):\n    n"])
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].metadata["tags"] = [REVIEWED_TAG]
    nbformat.write(notebook, path)
    assert told(path) == []


@pytest.mark.parametrize("faults", [lint_report_notebook, lint_analysis_notebook])
def test_stored_outputs_are_a_fault_and_are_not_repeated(tmp_path: Path, faults: object) -> None:
    """What was shown once may be rows: the fault names the cell and says what to do, never what was shown."""
    path = write_notebook(tmp_path / "year.ipynb", [LOAD])
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="4711")]
    nbformat.write(notebook, path)
    (fault,) = faults(path, path.name)  # type: ignore[operator]
    assert str(fault).startswith("year.ipynb: cell 2: The cell is saved with its outputs. Clear all outputs")
    assert "4711" not in str(fault)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("patients.head()", "ends in a value"),
        ("x = 1\npatients", "ends in a value"),
        ("print(patients)", "calls print"),
        ("display(patients)", "calls display"),
        ("if True:\n    print(patients.head())", "calls print"),
        ("%sql select * from patients", "not plain Python"),
    ],
)
def test_an_analysis_notebook_shows_no_rows(tmp_path: Path, source: str, said: str) -> None:
    """What could put a patient's row into the notebook's file is named with its cell."""
    (fault,) = lint_analysis_notebook(write_notebook(tmp_path / "slag.ipynb", [source]), "slag.ipynb")
    assert str(fault).startswith("slag.ipynb: cell 2: ")
    assert said in str(fault)


def test_an_analysis_notebook_may_hold_any_code(tmp_path: Path) -> None:
    """Functions, loops, other packages, files, its own parameters; a line with counts, and values made silent by ;."""
    cells = [
        "import pandas as pd\ndef rows(n):\n    return pd.DataFrame({'a': range(n)})",
        "frame = rows(3)\nframe.to_csv('x.csv');",
        "print(f'{len(frame)} rows written')",
        "",
    ]
    path = write_notebook(tmp_path / "slag.ipynb", cells, "extract = 'a.csv'")
    assert lint_analysis_notebook(path, "slag.ipynb") == []
