"""Rules of the project itself: one-way imports, clean notebooks, nothing generated, no hosts."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import nbformat
import pytest

from kvalreg.batch.plan import check_notebooks
from kvalreg.project import Project

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "kvalreg"
ORDER = [
    "errors",
    "project",
    "inputs",
    "statistics",
    "disclosure",
    "report",
    "batch",
    "site",
    "release",
    "pipeline",
    "console",
    "cli",
]
"""Each may import only from itself and from those before it."""
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))


def imported(path: Path) -> set[str]:
    """The parts of kvalreg that a module imports at run time; imports for the type checker do not count."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("kvalreg.")}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    """Data flows one way, so a module imports only from packages before its own."""
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own != "__init__":
        assert imported(path) <= set(ORDER[: ORDER.index(own) + 1])


def test_every_part_has_its_place_in_the_order() -> None:
    """A new package must be given its place."""
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert parts - {"__init__"} <= set(ORDER)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_report_notebooks_are_short_calls(path: Path) -> None:
    """No stored output, at most ten lines a cell, and nothing defined, looped or read in a notebook."""
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells, start=1):
        if cell.cell_type != "code":
            continue
        where = f"{path.name}, cell {number}"
        assert not cell.outputs, f"{where}: saved with outputs. Clear all outputs in Jupyter and save."
        assert cell.source.count("\n") < 10, f"{where}: more than ten lines. Move the work into kvalreg.report."
        kinds = {type(node).__name__ for node in ast.walk(ast.parse(cell.source))}
        told = kinds & {"FunctionDef", "ClassDef", "For", "While", "With"}
        assert not told, f"{where}: {told} belongs in kvalreg.report, not in a notebook."


def test_report_notebooks_take_the_parameters() -> None:
    """Every shared report notebook takes registry, year, round and language, and no other."""
    assert len(NOTEBOOKS) >= 2
    check_notebooks(NOTEBOOKS, Project(ROOT))


def test_nothing_generated_is_committed() -> None:
    """Git holds no built site, executed page or cache."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [name for name in tracked if re.match(r"(_build|_site|\.venv)/|.*__pycache__", name)]


def test_versions_are_pinned_without_a_host() -> None:
    """constraints.txt pins every dependency of pyproject.toml by name and version only."""
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][^\s/:@]*( ; .+)?", line) for line in lines if line)
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    wanted = re.findall(r'^  "([A-Za-z0-9.-]+)', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert {name.lower() for name in wanted} <= pinned
