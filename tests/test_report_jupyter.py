"""The report in Jupyter, by hand: the same published data, fragments that display themselves, examples that run."""

from __future__ import annotations

import doctest
import os
import shutil
from datetime import date
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from kvalreg.disclosure.gate import apply_gate
from kvalreg.disclosure.published import RegistrySource, save_published
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.registry_deliveries import read_deliveries
from kvalreg.inputs.units import read_units
from kvalreg.project import Project, shared_root
from kvalreg.report import Report, figure_fragments, report
from kvalreg.statistics.aggregation import aggregate
from kvalreg.workbench.scaffold_notebook import create_notebook

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The demo's registry slag, published through the gate in a project of its own."""
    root = tmp_path_factory.mktemp("jupyter")
    for folder in ("registries/slag", "data/slag"):
        shutil.copytree(CHECKOUT / folder, root / folder)
    shutil.copyfile(CHECKOUT / "registries" / "units.csv", root / "registries" / "units.csv")
    made = Project(root)
    units, registry = read_units(made.units, "units.csv"), read_descriptors(made)[0]["slag"]
    delivered = read_deliveries(made, registry, units, UnknownUnitPolicy.REFUSE)
    source = RegistrySource(registry, units, delivered.deliveries)
    save_published(apply_gate(aggregate(delivered, registry, units), source, ())[0], made.published)
    return made


@pytest.mark.parametrize("kind", ["registry", "year"])
def test_the_shared_notebooks_run_by_hand_with_their_default_parameters(project: Project, kind: str) -> None:
    """From the project's folder, top to bottom, no variable set: every cell shows HTML, figures drawn."""
    shown = run(shared_root() / "notebooks" / "report" / f"{kind}.ipynb", project.root)
    assert all("text/html" in output for output in shown)
    assert sum(output["text/html"].count("<figure") for output in shown) > 3
    assert sum(output["text/html"].count("<svg") for output in shown) > 3


def test_a_notebook_of_its_own_runs_in_its_own_folder(project: Project) -> None:
    """JupyterLab starts a kernel where the notebook lies; the published cells are found above it."""
    path = create_notebook("slag", "year", project, date(2026, 3, 1))
    assert all("text/html" in output for output in run(path, path.parent))


def run(path: Path, folder: Path) -> list[dict[str, str]]:
    """What a notebook shows, run in a folder as Jupyter would."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}})
    kept = {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("KVALREG_")}
    try:
        client.execute()
    finally:
        os.environ.update(kept)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.data for output in outputs if output.output_type in ("display_data", "execute_result")]


def test_examples_in_docstrings_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a statistician copies from the help does what it says."""
    monkeypatch.chdir(project.root)
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for module in (report, figure_fragments):
        for test in finder.find(module, globs=vars(module).copy()):
            runner.run(test)
    assert runner.failures == 0
    assert runner.tries >= 8


def test_completion_offers_what_a_notebook_calls() -> None:
    """Tab after `report.` offers fragments and figures, each with a line of help."""
    offered = [name for name in dir(Report) if not name.startswith("_")]
    assert {"message", "table", "text", "trend", "compare", "funnel", "levels", "change", "coverage"} <= set(offered)
    assert [name for name in offered if not (getattr(Report, name).__doc__ or "").strip()] == []


def test_what_is_not_published_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry that has not been built yet."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="kvalreg build slag"):
        Report.load("slag", 2025)
