"""What a notebook may hold, and what a report notebook may show.

Comes in: a notebook's file, or the outputs of one that has run. Goes out: faults in words for statisticians, each with
its cell. No message holds anything of an output: it may be rows that nobody else should see. The rules are explained in
`docs/notebooks.md`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import papermill

from kvalreg.errors import Fault
from kvalreg.kinds import Kind
from kvalreg.report.display import PIECE

PARAMETERS = ("registry", "year", "round", "language")
"""What papermill gives every report notebook."""
REVIEWED = "reviewed-output"
"""The tag of a cell whose output somebody has looked at and answers for."""
MOST_LINES = 10
"""Lines of a report notebook's cell: what needs more belongs in a module."""

_CALLS = (ast.Expr, ast.Assign, ast.Call, ast.Attribute, ast.Name, ast.Constant, ast.keyword, ast.Starred)
_VALUES = (ast.List, ast.Tuple, ast.Dict, ast.JoinedStr, ast.FormattedValue, ast.BinOp, ast.UnaryOp, ast.Subscript)
_IMPORTS = (ast.Import, ast.ImportFrom, ast.alias)
_GRAMMAR = (ast.Module, ast.expr_context, ast.operator, ast.unaryop)
_NAMED: dict[type[ast.AST], str] = {
    ast.FunctionDef: "defines a function",
    ast.AsyncFunctionDef: "defines a function",
    ast.Lambda: "defines a function",
    ast.ClassDef: "defines a class",
    ast.For: "holds a loop",
    ast.While: "holds a loop",
    ast.ListComp: "holds a loop",
    ast.SetComp: "holds a loop",
    ast.DictComp: "holds a loop",
    ast.GeneratorExp: "holds a loop",
    ast.If: "holds a condition",
    ast.IfExp: "holds a condition",
    ast.With: "opens something",
    ast.Try: "catches errors",
}


def report_faults(path: Path, shown: str) -> list[Fault]:
    """Every fault of a report notebook: parameters, kernel, stored outputs, and cells that do more than call.

    Parameters
    ----------
    path, shown
        The notebook, and as the user knows it.
    """
    return _faults(path, shown, _report_cells)


def analysis_faults(path: Path, shown: str) -> list[Fault]:
    """Every fault of an analysis notebook: it may hold any code, but neither stores nor shows a row."""
    return _faults(path, shown, _analysis_cells)


def cell_number(cells: list[Any], place: int) -> int:
    """1-based number of a cell as its author has it: papermill adds one of its own after the parameters."""
    return sum("injected-parameters" not in _tags(cell) for cell in cells[: place + 1])


def refused(cell: Any) -> str:
    """Why the outputs of a report notebook's cell may not become part of a page; empty when they may.

    Judged by the type of the outputs, not by their looks: what kvalreg's report shows carries the mark `PIECE`.
    """
    if REVIEWED in _tags(cell):
        wordless = not picture_text(cell) and any(map(_is_picture, cell.get("outputs", ())))
        return "the cell shows a picture without words: describe it in a line '#| fig-alt: ...'." if wordless else ""
    told = next((what for output in cell.get("outputs", ()) if (what := _foreign(output))), "")
    if not told:
        return ""
    return (
        f"the cell {told}, and a page holds only what the report shows. "
        "Show it through the report, such as report.table() or report.trend(...), and remove the rest. "
        f"If it must be shown and you have made sure that it may be published, tag the cell '{REVIEWED}'."
    )


def picture_text(cell: Any) -> str:
    """The alternative text of a cell's pictures, given as Quarto has it: ``#| fig-alt: "Linjefigur: ..."``."""
    given = re.search(r"^#\|\s*fig-alt:\s*(\S.*?)\s*$", cell.source, re.MULTILINE)
    return given[1].strip("\"'") if given else ""


def _is_picture(output: Any) -> bool:
    return any(mime.startswith("image/") for mime in output.get("data", {}))


def _foreign(output: Any) -> str:
    """What an output is, when it is not one of ours: told by its type alone."""
    if output.output_type == "stream":
        return "prints text" if output.name == "stdout" else ""
    if output.output_type not in ("display_data", "execute_result") or PIECE in output.data:
        return ""
    if _is_picture(output):
        return "shows a picture"
    return "shows a table or other HTML" if "text/html" in output.data else "shows a value"


# --- the notebook as it is saved -------------------------------------------------------------------------------------
def _faults(path: Path, shown: str, cell_faults: Callable[[list[Any], str], Iterator[Fault]]) -> list[Fault]:
    if not path.is_file():
        return [
            Fault("There is no such notebook.", "Restore it, or copy the shared one.", shown, kind=Kind.NOT_A_NOTEBOOK)
        ]
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises json, validation and its own errors, with no common root
        what = f"This is no notebook ({type(error).__name__})."
        return [Fault(what, "Open and save it in Jupyter.", shown, kind=Kind.NOT_A_NOTEBOOK)]
    faults = []
    if not notebook.metadata.get("kernelspec", {}).get("name"):
        faults.append(
            Fault(
                "The notebook names no kernel.",
                "Open it in Jupyter, choose Python 3, and save it.",
                shown,
                kind=Kind.NO_KERNEL,
            )
        )
    if not any("parameters" in _tags(cell) for cell in notebook.cells):
        advice = "Put what changes from run to run in one cell, at the top, and tag it 'parameters'."
        faults.append(Fault("No cell is tagged 'parameters'.", advice, shown, kind=Kind.NO_PARAMETERS))
    elif cell_faults is _report_cells:
        faults += _parameter_faults(path, shown)
    return [*faults, *_stored_outputs(notebook.cells, shown), *cell_faults(notebook.cells, shown)]


def _parameter_faults(path: Path, shown: str) -> Iterator[Fault]:
    asked = papermill.inspect_notebook(str(path))
    for name in PARAMETERS:
        if name not in asked:
            what = f"The notebook does not take the parameter {name!r}."
            yield Fault(what, "Add it to the cell tagged 'parameters'.", shown, kind=Kind.PARAMETER_WRONG)
    for name in asked:
        if name not in PARAMETERS:
            what = f"The notebook asks for the parameter {name!r}, which no build gives."
            advice = f"Move it out of the cell tagged 'parameters', which holds only {', '.join(PARAMETERS)}."
            yield Fault(what, advice, shown, key=name, kind=Kind.PARAMETER_WRONG)


def _stored_outputs(cells: list[Any], shown: str) -> Iterator[Fault]:
    for number, cell in enumerate(cells, start=1):
        if cell.get("outputs"):
            advice = "Clear all outputs in Jupyter and save: what was shown once may not be for others to see."
            yield Fault(
                "The cell is saved with its outputs.", advice, shown, key=f"cell {number}", kind=Kind.OUTPUTS_SAVED
            )


# --- report notebooks ------------------------------------------------------------------------------------------------
def _report_cells(cells: list[Any], shown: str) -> Iterator[Fault]:
    known = {"display"}
    for number, cell in enumerate(cells, start=1):
        if cell.cell_type != "code" or REVIEWED in _tags(cell):
            continue
        where = f"cell {number}"
        tree = _parsed(cell.source)
        if tree is None:
            advice = "Use no line that begins with % or !."
            yield Fault("The cell is not plain Python.", advice, shown, key=where, kind=Kind.NOT_PYTHON)
            continue
        if cell.source.strip().count("\n") >= MOST_LINES:
            advice = "Divide the cell, or move the work into a module."
            what = f"The cell has more than {MOST_LINES} lines."
            yield Fault(what, advice, shown, key=where, kind=Kind.CELL_LONG)
        known |= _bound(tree)
        told = _more_than_calls(tree, known)
        if told:
            advice = "A report notebook only calls the report. Prepare numbers in the analysis notebook."
            yield Fault(f"The cell {told}.", advice, shown, key=where, kind=Kind.MORE_THAN_CALLS)


def _more_than_calls(tree: ast.Module, known: set[str]) -> str:
    """What a cell does beyond calling the report and naming what comes back; empty when it does nothing else."""
    for node in ast.walk(tree):
        if isinstance(node, _IMPORTS[:2]):
            foreign = next((name for name in _modules(node) if not _may_import(name)), "")
            if foreign:
                return f"imports {foreign}"
        elif isinstance(node, ast.Call):
            root = _root(node.func)
            if root not in known:
                return f"calls {root or 'something that is not the report'}"
        if not isinstance(node, (*_CALLS, *_VALUES, *_IMPORTS, *_GRAMMAR)):
            return _NAMED.get(type(node), "does more than call the report")
    return ""


def _may_import(name: str) -> bool:
    return name.split(".")[0] == "kvalreg" or name == "IPython.display.display"


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module or '.'}.{alias.name}" for alias in node.names]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def _bound(tree: ast.Module) -> set[str]:
    """The names that a cell makes: by assignment or import."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    imports = [alias for node in ast.walk(tree) if isinstance(node, _IMPORTS[:2]) for alias in node.names]
    return names | {(alias.asname or alias.name).split(".")[0] for alias in imports}


def _root(node: ast.expr) -> str:
    """The name that a call begins with: ``report`` in ``report.trend("a").piece()``."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


# --- analysis notebooks ----------------------------------------------------------------------------------------------
def _analysis_cells(cells: list[Any], shown: str) -> Iterator[Fault]:
    for number, cell in enumerate(cells, start=1):
        if cell.cell_type != "code":
            continue
        told = _may_show(cell.source)
        if told:
            advice = "An analysis notebook shows no rows: end the line with ; or print a plain text with counts only."
            yield Fault(f"The cell {told}.", advice, shown, key=f"cell {number}", kind=Kind.MAY_SHOW_ROWS)


def _may_show(source: str) -> str:
    """How a cell could show rows; empty when it cannot."""
    tree = _parsed(source)
    if tree is None:
        return "is not plain Python, so what it shows is not known"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("display", "print"):
            texts = (isinstance(one, ast.JoinedStr | ast.Constant) for one in node.args)
            if node.func.id == "display" or not all(texts):
                return f"calls {node.func.id}"
    last = tree.body[-1] if tree.body else None
    printed = isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and _root(last.value.func) == "print"
    if isinstance(last, ast.Expr) and not printed and not source.rstrip().endswith(";"):
        return "ends in a value, which Jupyter shows"
    return ""


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


def _tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags", []))
