"""The engine gives the outputs of a stock kernel: on the project's notebooks and on cells easy to get wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

from kvalreg.execution.papermill_engine import ENGINE_NAME, STOCK_KERNEL_TAG, stock_kernel_reason
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project, shared_root
from kvalreg.report.drawing import DEFER_CHARTS
from kvalreg.report.report import PUBLISHED_FOLDER
from small_project import Silence, write_notebook
from tricky_notebooks import tricky_notebook

CHECKOUT = Path(__file__).parents[1]

MUST_DIFFER = (
    (r"ipykernel_\d+/\d+", "ipykernel_N"),  # the file name that a kernel gives a cell has its process's number
    (r"0x[0-9a-f]{6,}", "0xN"),
)


def executed(notebook: Any, engine: str | None, folder: Path, **parameters: Any) -> list[Any]:
    """The cells of a notebook run by papermill; an engine of None is papermill's own."""
    os.environ.pop("PYTEST_CURRENT_TEST", None)  # where it is set, ipykernel leaves the file descriptors alone
    out = folder / f"{engine}.ipynb"
    options: dict[str, Any] = {"progress_bar": False, "shutdown_kernel": "immediate", "cwd": folder}
    options |= {"request_save_on_cell_execute": False, "autosave_cell_every": 0}
    with suppress(PapermillExecutionError):
        papermill.execute_notebook(notebook, out, parameters=parameters, engine_name=engine, **options)
    cells = nbformat.read(out, as_version=4).cells
    return [cell for cell in cells if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])]


def told(cell: Any) -> str:
    """A cell's number and outputs as text. What is printed in several parts is one: parts depend on time alone."""
    outputs: list[dict[str, Any]] = []
    for output in cell.get("outputs", ()):
        last = outputs[-1] if outputs else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last["text"] += output.text
        else:
            outputs.append(dict(output))
    text = json.dumps([cell.get("execution_count"), outputs], sort_keys=True, ensure_ascii=False)
    for pattern, instead in MUST_DIFFER:
        text = re.sub(pattern, instead, text)
    return text


def test_tricky_cells_have_the_outputs_of_a_stock_kernel(tmp_path: Path) -> None:
    """Displays and their updates, streams, errors, exits, interrupts, input, threads, async, magics, large outputs."""
    stock, ours = (executed(tricky_notebook(), engine, tmp_path) for engine in (None, ENGINE_NAME))
    names = [(cell.metadata.get("tags") or [""])[-1] for cell in stock]
    assert len(names) > 60
    pairs = zip(names, map(told, ours), map(told, stock), strict=True)
    assert [(name, mine[:500], theirs[:500]) for name, mine, theirs in pairs if mine != theirs] == []


def test_the_projects_notebooks_have_the_outputs_of_a_stock_kernel(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every report notebook that kvalreg ships, on published cells."""
    build(project, BuildRequest(renderer="pandoc"), Silence())
    monkeypatch.setenv(PUBLISHED_FOLDER, str(project.published))
    monkeypatch.setenv(DEFER_CHARTS, "1")
    notebooks = sorted((shared_root() / "notebooks" / "report").glob("*.ipynb"))
    assert {path.stem for path in notebooks} >= {"registry", "year"}
    for path in notebooks:
        given = {"registry": "alfa", "year": 2024, "round": "final", "language": "nb"}
        stock, ours = (executed(str(path), engine, tmp_path, **given) for engine in (None, ENGINE_NAME))
        assert [told(cell) for cell in ours] == [told(cell) for cell in stock]
        assert sum(len(cell.get("outputs", ())) for cell in ours) > 5


def ran(folder: Path, *sources: str) -> list[Any]:
    """What these cells show, by our engine."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return [cell.outputs for cell in executed(notebook, ENGINE_NAME, folder)]


def test_what_others_write_to_the_descriptors_is_shown_in_order(tmp_path: Path) -> None:
    """Text of subprocesses and of C code comes between what Python prints before and after, in whole characters."""
    command = "import os\nprint('a')\nos.system('printf bø')\nprint('c', flush=True)\nos.write(2, 'dø'.encode())"
    (outputs,) = ran(tmp_path, f"{command}\ndisplay(1)\nNone")
    assert [(o.get("name"), o.get("text") or o.data["text/plain"]) for o in outputs] == [
        ("stdout", "a\nbøc\n"),
        ("stderr", "dø"),
        (None, "1"),
    ]


def test_every_notebook_has_a_process_names_and_random_numbers_of_its_own(tmp_path: Path) -> None:
    """Two runs of one notebook: other process, other random numbers, and no name or module that the first one made."""
    first = (
        "import os, random, sys, types\nimport numpy as np\nsys.modules['left'] = types.ModuleType('left')\nleft = 1"
    )
    second = "os.getpid(), random.random(), np.random.rand(), 'left' in globals(), 'left' in sys.modules"
    runs = []
    for _ in range(2):
        before = ran(tmp_path, "import sys\n'left' in globals(), 'left' in sys.modules", first, second)
        assert before[0][0].data["text/plain"] == "(False, False)"
        runs.append(before[2][0].data["text/plain"].strip("()").split(", "))
    for one, other in zip(runs[0][:3], runs[1][:3], strict=True):
        assert one != other
    assert int(runs[0][0]) != os.getpid()


def test_a_language_is_rehearsed_and_kernels_are_forked_as_before(tmp_path: Path) -> None:
    """The templates of figures are there before a page's first figure; an unknown language stops nothing."""
    source = "import sys\ntrend = sys.modules.get('kvalreg.report.figures.trend')\n"
    source += "trend is not None and trend._layers.cache_info().currsize > 0"
    for language in ("nn", "xx", "nn"):
        notebook = nbformat.v4.new_notebook()
        notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
        parameters = nbformat.v4.new_code_cell("language = 'nb'", metadata={"tags": ["parameters"]})
        notebook.cells = [parameters, nbformat.v4.new_code_cell(source)]
        (output,) = executed(notebook, ENGINE_NAME, tmp_path, language=language)[-1].outputs
        assert output.data["text/plain"] == "True"


@pytest.mark.parametrize(
    ("kernel", "tags", "platform", "why"),
    [
        ("python3", [], "linux", ""),
        ("ir", [], "linux", "the notebook wants the kernel 'ir'"),
        ("python3", [STOCK_KERNEL_TAG], "linux", "a cell is tagged 'kvalreg: stock-kernel'"),
        ("python3", [], "darwin", "processes cannot be forked safely on darwin"),
    ],
)
def test_the_stock_kernel_is_there_for_those_who_need_it(
    kernel: str, tags: list[str], platform: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another language, a tag, or a system without a safe fork."""
    monkeypatch.setattr("sys.platform", platform)
    cell = nbformat.v4.new_code_cell("1", metadata={"tags": tags})
    assert stock_kernel_reason(nbformat.v4.new_notebook(cells=[cell]), kernel) == why


def test_other_python_variables_mean_a_stock_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was started without PYTHONHASHSEED=7 cannot become one that was started with it."""
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    ((output,),) = ran(tmp_path, "import sys\nsys.flags.hash_randomization, 'kvalreg.report' in sys.modules")
    assert output.data["text/plain"] == "(1, False)"


def test_papermills_command_finds_the_engine(tmp_path: Path) -> None:
    """`papermill --engine kvalreg` runs a notebook by hand, through the entry point that we declare."""
    declared = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    (group, points), *others = declared.items()
    assert (group, others) == ("papermill.engine", [])
    installed = tmp_path / "path" / "declared-0.dist-info"  # as an installation of this checkout would write it
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: declared\nVersion: 0\n", encoding="utf-8")
    lines = "".join(f"{name} = {value}\n" for name, value in points.items())
    (installed / "entry_points.txt").write_text(f"[{group}]\n{lines}", encoding="utf-8")
    source = write_notebook(tmp_path / "a.ipynb", ["registry * 2"])
    order = ["papermill", str(source), str(tmp_path / "out.ipynb"), "--engine", ENGINE_NAME, "--no-progress-bar"]

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "PYTHONPATH": str(installed.parent)}
        return subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, check=False)

    engine_first = python("-c", "import kvalreg.execution.papermill_engine")
    assert engine_first.returncode == 0, engine_first.stderr
    done = python("-m", *order, "-p", "registry", "slag")
    assert done.returncode == 0, done.stderr
    cells = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells
    assert cells[-1].outputs[0].data["text/plain"] == "'slagslag'"
    assert "Stock kernel" not in done.stderr
