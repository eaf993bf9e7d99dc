"""The example analysis notebook: from rows of patients to a delivery that is accepted, without showing a row."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path

import nbformat
import papermill
import pytest

from kvalreg.execution.notebook_lint import lint_analysis_notebook
from kvalreg.project import Project
from kvalreg.workbench.check import CheckRequest, check_project

TODAY = date(2026, 11, 30)

CHECKOUT = Path(__file__).parents[1]
NOTEBOOK = CHECKOUT / "notebooks" / "analysis" / "slag.ipynb"
EXTRACT = """\
hospital;home;stroke_unit;minutes
000010101;000010101;True;20
000010101;000010101;True;40
000010101;000010102;False;
000010102;000010102;True;30,5
000020101;000010102;False;99
"""
"""Five patients: three at 000010101, one at 000010102 of the same HF, one in another region."""


@pytest.fixture
def copy(tmp_path: Path) -> Project:
    """The demo's registries and the stroke registry's deliveries, in a folder of their own."""
    shutil.copytree(CHECKOUT / "registries", tmp_path / "registries")
    shutil.copytree(CHECKOUT / "data" / "slag", tmp_path / "data" / "slag")
    return Project(tmp_path)


def run(project: Project, **parameters: object) -> str:
    """Run the notebook as a statistician would, and give everything that it showed."""
    target = project.root / "_build" / "slag.ipynb"
    target.parent.mkdir(exist_ok=True)
    given = {"project": str(project.root), **parameters}
    papermill.execute_notebook(str(NOTEBOOK), str(target), parameters=given, progress_bar=False)
    outputs = [output for cell in nbformat.read(target, as_version=4).cells for output in cell.get("outputs", ())]
    assert {output.output_type for output in outputs} <= {"stream"}
    return "".join(output.text for output in outputs if output.name == "stdout")


def delivered(project: Project, name: str) -> dict[tuple[str, str, str], tuple[float, int]]:
    """The delivery's rows: value and denominator by indicator, context and unit."""
    text = (project.data("slag") / name).read_text(encoding="utf-8").replace(",", ".").splitlines()
    rows = csv.DictReader(text, delimiter=";")
    return {(r["ind_id"], r["context"], r["orgnr"]): (float(r["var"]), int(r["denominator"])) for r in rows}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_five_patients_become_the_sums_and_medians_made_by_hand(copy: Project, tmp_path: Path) -> None:
    """Shares per hospital, twice; medians for each level: 20 and 40 are 30, with 30.5 in the HF 30.5, with 99 35.25."""
    extract = tmp_path / "extract.csv"
    extract.write_text(EXTRACT, encoding="utf-8")
    shown = run(copy, extract=str(extract), year=2025)
    rows = delivered(copy, "slag-2025.csv")
    assert {key[1:]: row for key, row in rows.items() if key[0] == "slag_enhet"} == {
        ("caregiver", "000010101"): (2, 3),
        ("caregiver", "000010102"): (1, 1),
        ("caregiver", "000020101"): (0, 1),
        ("resident", "000010101"): (2, 2),
        ("resident", "000010102"): (1, 3),
    }
    assert {key[2]: row for key, row in rows.items() if key[0] == "slag_trombolyse_tid"} == {
        "000010101": (30, 2),
        "000010102": (30.5, 1),
        "000020101": (99, 1),
        "000010100": (30.5, 3),
        "000020100": (99, 1),
        "000010000": (30.5, 3),
        "000020000": (99, 1),
        "000000001": (35.25, 4),
    }
    assert shown == "13 rows in data/slag/slag-2025.csv. Next: kvalreg check slag\n"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_delivery_passes_the_check_and_no_row_is_shown(copy: Project) -> None:
    """With its made-up patients, run twice: one file, listed once with its dates, accepted without a remark."""
    first = run(copy, latest_update="2026-11-20", latest_affirm="2025-12-31")
    assert run(copy) == first
    assert first.count("\n") == 1
    assert copy.delivery_list("slag").read_text(encoding="utf-8").count("file: slag-2025.csv") == 1
    found = check_project(copy, CheckRequest(TODAY, ("slag",)))
    assert [str(finding.diagnostic) for finding in found.findings] == []


def test_the_example_keeps_its_own_rules() -> None:
    """Tagged parameters, a kernel, nothing stored, and no cell that could show a row."""
    assert lint_analysis_notebook(NOTEBOOK, NOTEBOOK.name) == []


def test_check_reads_the_projects_analysis_notebooks(copy: Project) -> None:
    """A stored output fails the check with code 2, naming notebook and cell; notebooks of others are not asked."""
    folder = copy.root / "notebooks" / "analysis"
    folder.mkdir(parents=True)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", name="stdout", text="4711")]
    nbformat.write(notebook, folder / "slag.ipynb")
    found = check_project(copy, CheckRequest(TODAY, ("slag",)))
    assert found.exit_code == 2
    (finding,) = found.findings
    assert "notebooks/analysis/slag.ipynb: cell 3: The cell is saved with its outputs." in str(finding.diagnostic)
    assert "4711" not in str(finding.diagnostic)
    nbformat.write(notebook, folder / "hofte.ipynb")
    (folder / "slag.ipynb").unlink()
    assert check_project(copy, CheckRequest(TODAY, ("slag",))).exit_code == 0
