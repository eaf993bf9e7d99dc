"""What goes wrong in a statistician's day: a clear sentence, nothing overwritten, nothing lost."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import date
from pathlib import Path

import nbformat
import papermill
import pytest
from click.testing import CliRunner, Result

from kvalreg.cli import cli
from kvalreg.errors import KvalregError
from kvalreg.project import Project
from kvalreg.workbench.scaffold_notebook import create_notebook


def kvalreg(*arguments: str) -> Result:
    """A command, run here."""
    return CliRunner().invoke(cli, list(arguments))


def everything(root: Path) -> dict[str, bytes]:
    """Every file below a folder, and what is in it."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def latin_1(project: Project) -> None:
    """An editor saves the descriptor in an older encoding."""
    path = project.descriptor("alfa")
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))


def tabs(project: Project) -> None:
    """An editor indents with tabs."""
    path = project.descriptor("alfa")
    path.write_text(path.read_text(encoding="utf-8").replace("  purpose", "\tpurpose"), encoding="utf-8")


def missing_column(project: Project) -> None:
    """A delivery without `ind_id`."""
    (project.data("alfa") / "a.csv").write_text("context;year;orgnr;var\ncaregiver;2024;111;1\n", encoding="utf-8")


def saved_outputs(project: Project) -> None:
    """A notebook is saved after it was run."""
    path = create_notebook("alfa", "year", project, date(2025, 3, 1))
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", name="stdout", text="4711")]
    nbformat.write(notebook, path)


@pytest.mark.parametrize(
    ("spoil", "said", "code"),
    [
        (latin_1, "registries/alfa/registry.yml:5: The file is not in UTF-8", 2),
        (tabs, "registries/alfa/registry.yml:8: The line is indented with a tab. Use spaces only", 2),
        (missing_column, "data/alfa/a.csv:1: ind_id: The column 'ind_id' is missing. Add it.", 1),
        (saved_outputs, "notebooks/report/alfa/year.ipynb: cell 3: The cell is saved with its outputs.", 2),
    ],
)
def test_a_fault_is_told_in_a_sentence(
    project: Project, spoil: Callable[[Project], None], said: str, code: int
) -> None:
    """Where, what is wrong, what to do; the neighbour is ready, and every file is as it was."""
    spoil(project)
    before = everything(project.root)
    done = kvalreg("check", "--project", str(project.root))
    assert done.exit_code == code
    assert said in done.output
    assert "1 ready to build. Stopped: alfa." in done.output
    assert "4711" not in done.output
    assert everything(project.root) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("new", "registry", "alfa"), "There is something for the id 'alfa' already"),
        (("new", "registry", "Ærlig"), "'Ærlig' is no id of a registry"),
        (("new", "notebook", "gamma"), "There is no registry 'gamma'"),
        (("preview", "gamma"), "There is no registry 'gamma'"),
    ],
)
def test_an_id_that_will_not_do_changes_nothing(project: Project, arguments: tuple[str, ...], said: str) -> None:
    """It is there already, is none, or is unknown."""
    before = everything(project.root)
    done = kvalreg(*arguments, "--project", str(project.root))
    assert isinstance(done.exception, KvalregError)
    assert said in str(done.exception)
    assert done.exception.exit_code == 2
    assert everything(project.root) == before


def test_a_port_in_use_is_told_before_anything_is_made(project: Project) -> None:
    """The port's number and what to do; no page is made."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = kvalreg("preview", "alfa", "--port", port, "--project", str(project.root))
    assert isinstance(done.exception, KvalregError)
    assert f"Port {port} cannot be used" in str(done.exception)
    assert not project.build_folder.exists()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_extract_without_a_column_stops_the_analysis(project: Project, tmp_path: Path) -> None:
    """The analysis notebook names the column that is missing and those there are, and writes no delivery."""
    path = create_notebook("alfa", "analysis", project, date(2025, 3, 1))
    extract = tmp_path / "extract.csv"
    extract.write_text("hospital;year;hjulpet\n111;2024;1\n", encoding="utf-8")
    before = everything(project.root / "data")
    with pytest.raises(
        papermill.PapermillExecutionError, match=r"lacks helped\. It has the columns hospital, year, hjulpet"
    ):
        papermill.execute_notebook(
            str(path), None, {"project": str(project.root), "extract": str(extract)}, progress_bar=False
        )
    assert everything(project.root / "data") == before
