"""Rules of the project itself: one-way imports, clean notebooks, nothing generated, no hosts."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from kvalreg.execution.notebook_lint import lint_analysis_notebook, lint_report_notebook

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "kvalreg"
ORDER = [
    "diagnostic_codes",
    "errors",
    "run_result",
    "clock",
    "memory",
    "project",
    "storage",
    "inputs",
    "statistics",
    "disclosure",
    "urls",
    "report",
    "revision",
    "execution",
    "request",
    "last_build",
    "site",
    "audit",
    "release",
    "stages",
    "pipeline",
    "run_report",
    "workbench",
    "console",
    "cli",
    "__main__",
]
"""Each may import only from itself and from those before it."""
REPORT_NOTEBOOKS = sorted((ROOT / "notebooks" / "report").rglob("*.ipynb"))
ANALYSIS_NOTEBOOKS = sorted((ROOT / "notebooks" / "analysis").rglob("*.ipynb"))


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


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_fault_says_its_kind(path: Path) -> None:
    """A fault has a number from `kvalreg.diagnostic_codes`, for `kvalreg explain` and the docs; one read back has its own."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Diagnostic"]
    unkind = [
        call.lineno for call in made if len(call.args) < 6 and not {"code", None} & {word.arg for word in call.keywords}
    ]
    assert unkind == [], f"{path.name}: give these faults a kind, and a new kind a section in workbench/faults.md"


def test_every_part_has_its_place_in_the_order() -> None:
    """A new package must be given its place."""
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert parts - {"__init__"} <= set(ORDER)


@pytest.mark.parametrize("path", REPORT_NOTEBOOKS, ids=lambda path: path.stem)
def test_report_notebooks_keep_the_rules(path: Path) -> None:
    """Tagged parameters, a kernel, no stored output, and cells that only call the report."""
    assert [str(fault) for fault in lint_report_notebook(path, path.name)] == []


@pytest.mark.parametrize("path", ANALYSIS_NOTEBOOKS, ids=lambda path: path.stem)
def test_analysis_notebooks_keep_the_rules(path: Path) -> None:
    """Tagged parameters, a kernel, no stored output, and no cell that could show a row."""
    assert [str(fault) for fault in lint_analysis_notebook(path, path.name)] == []


def test_there_are_notebooks_of_both_kinds_and_no_other() -> None:
    """Every notebook of the project is under one of the two rules."""
    assert len(REPORT_NOTEBOOKS) >= 2
    assert len(ANALYSIS_NOTEBOOKS) >= 1
    assert sorted([*REPORT_NOTEBOOKS, *ANALYSIS_NOTEBOOKS]) == sorted((ROOT / "notebooks").rglob("*.ipynb"))


def test_nothing_generated_is_committed() -> None:
    """Git holds no built site, executed page or cache."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert not [name for name in tracked if re.match(r"(_build|_site|\.venv)/|.*__pycache__", name)]


def test_versions_are_pinned_without_a_host() -> None:
    """constraints.txt pins every dependency of pyproject.toml by name and version only."""
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][^\s/:@]*( ; .+)?", line) for line in lines if line)
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    requirements = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    assert {Requirement(text).name.lower() for text in requirements} <= pinned
