"""Notebook lint: what a notebook may contain, and what a report notebook may display.

Input: a notebook's file, or the outputs of an executed one. Output: diagnostics for statisticians, each with its cell.
No message repeats an output: that may be rows that nobody else should see. `docs/notebooks.md` explains the rules.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import papermill

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.report.html_fragment import FRAGMENT_MIME_TYPE

PARAMETERS = ("registry", "year", "round", "language")
"""The parameters of every report notebook."""
REVIEWED_TAG = "reviewed-output"
"""The tag of a cell whose output somebody has reviewed and is responsible for."""
MAX_CELL_LINES = 10
"""The length of a report notebook's cell: what needs more belongs in a module."""

# the grammar of a report notebook's cell: an allow-list, so that new syntax is refused until somebody adds it
_CALL_NODES = (ast.Expr, ast.Assign, ast.Call, ast.Attribute, ast.Name, ast.Constant, ast.keyword, ast.Starred)
_VALUE_NODES = (ast.List, ast.Tuple, ast.Dict, ast.JoinedStr, ast.FormattedValue, ast.BinOp, ast.UnaryOp, ast.Subscript)
_IMPORT_NODES = (ast.Import, ast.ImportFrom, ast.alias)
_GRAMMAR_NODES = (ast.Module, ast.expr_context, ast.operator, ast.unaryop)
_NODE_DESCRIPTIONS: dict[type[ast.AST], str] = {
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


def lint_report_notebook(path: Path, display_path: str) -> list[Diagnostic]:
    """All diagnostics of a report notebook: parameters, kernel, stored outputs, and cells that do more than call.

    Parameters
    ----------
    path, display_path
        The notebook, and its path for messages.
    """
    return _lint_notebook(path, display_path, _lint_report_cells)


def lint_analysis_notebook(path: Path, display_path: str) -> list[Diagnostic]:
    """All diagnostics of an analysis notebook: it may contain any code, but neither stores nor displays a row."""
    return _lint_notebook(path, display_path, _lint_analysis_cells)


def cell_number(cells: list[Any], position: int) -> int:
    """The 1-based number of a cell in the author's notebook: papermill inserts one after the parameters."""
    return sum("injected-parameters" not in _tags(cell) for cell in cells[: position + 1])


def output_refusal(cell: Any) -> str:
    """Why the outputs of a report notebook's cell may not become part of a page; empty when they may.

    Only their MIME types are tested, not their contents: kvalreg's report displays `FRAGMENT_MIME_TYPE`.
    """
    if REVIEWED_TAG in _tags(cell):
        lacks_alt_text = not figure_alt(cell) and any(map(_is_picture, cell.get("outputs", ())))
        return (
            "the cell shows a picture without words: describe it in a line '#| fig-alt: ...'." if lacks_alt_text else ""
        )
    problem = next((candidate for output in cell.get("outputs", ()) if (candidate := _foreign_output(output))), "")
    if not problem:
        return ""
    return (
        f"the cell {problem}, and a page holds only what the report shows. "
        "Show it through the report, such as report.table() or report.trend(...), and remove the rest. "
        f"If it must be shown and you have made sure that it may be published, tag the cell '{REVIEWED_TAG}'."
    )


def figure_alt(cell: Any) -> str:
    """The alternative text of a cell's images, in Quarto's syntax: ``#| fig-alt: "Linjefigur: ..."``."""
    match = re.search(r"^#\|\s*fig-alt:\s*(\S.*?)\s*$", cell.source, re.MULTILINE)
    return match[1].strip("\"'") if match else ""


def _is_picture(output: Any) -> bool:
    return any(mime.startswith("image/") for mime in output.get("data", {}))


def _foreign_output(output: Any) -> str:
    """What an output is, when it is not one of the report's; empty otherwise."""
    # warnings go to stderr and are no part of a page, so they are allowed
    if output.output_type == "stream":
        return "prints text" if output.name == "stdout" else ""
    if output.output_type not in ("display_data", "execute_result") or FRAGMENT_MIME_TYPE in output.data:
        return ""
    if _is_picture(output):
        return "shows a picture"
    return "shows a table or other HTML" if "text/html" in output.data else "shows a value"


# --- the notebook as it is saved -------------------------------------------------------------------------------------
def _lint_notebook(
    path: Path, display_path: str, lint_cells: Callable[[list[Any], str], Iterator[Diagnostic]]
) -> list[Diagnostic]:
    if not path.is_file():
        return [
            Diagnostic(
                "There is no such notebook.",
                "Restore it, or copy the shared one.",
                display_path,
                code=DiagnosticCode.NOT_A_NOTEBOOK,
            )
        ]
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception as error:  # noqa: BLE001 - nbformat raises errors of json, jsonschema and its own, without a base
        message = f"This is no notebook ({type(error).__name__})."
        return [Diagnostic(message, "Open and save it in Jupyter.", display_path, code=DiagnosticCode.NOT_A_NOTEBOOK)]
    diagnostics = []
    if not notebook.metadata.get("kernelspec", {}).get("name"):
        diagnostics.append(
            Diagnostic(
                "The notebook names no kernel.",
                "Open it in Jupyter, choose Python 3, and save it.",
                display_path,
                code=DiagnosticCode.NO_KERNEL,
            )
        )
    if not any("parameters" in _tags(cell) for cell in notebook.cells):
        hint = "Put what changes from run to run in one cell, at the top, and tag it 'parameters'."
        diagnostics.append(
            Diagnostic("No cell is tagged 'parameters'.", hint, display_path, code=DiagnosticCode.NO_PARAMETERS)
        )
    elif lint_cells is _lint_report_cells:
        diagnostics += _lint_parameters(path, display_path)
    return [
        *diagnostics,
        *_lint_stored_outputs(notebook.cells, display_path),
        *lint_cells(notebook.cells, display_path),
    ]


def _lint_parameters(path: Path, display_path: str) -> Iterator[Diagnostic]:
    # papermill injects unknown parameters with a warning only, and a typing error would leave the default in force
    declared = papermill.inspect_notebook(str(path))
    for name in PARAMETERS:
        if name not in declared:
            message = f"The notebook does not take the parameter {name!r}."
            yield Diagnostic(
                message, "Add it to the cell tagged 'parameters'.", display_path, code=DiagnosticCode.INVALID_PARAMETER
            )
    for name in declared:
        if name not in PARAMETERS:
            message = f"The notebook asks for the parameter {name!r}, which no build gives."
            hint = f"Move it out of the cell tagged 'parameters', which holds only {', '.join(PARAMETERS)}."
            yield Diagnostic(message, hint, display_path, key=name, code=DiagnosticCode.INVALID_PARAMETER)


def _lint_stored_outputs(cells: list[Any], display_path: str) -> Iterator[Diagnostic]:
    for number, cell in enumerate(cells, start=1):
        if cell.get("outputs"):
            hint = "Clear all outputs in Jupyter and save: what was shown once may not be for others to see."
            yield Diagnostic(
                "The cell is saved with its outputs.",
                hint,
                display_path,
                key=f"cell {number}",
                code=DiagnosticCode.OUTPUTS_SAVED,
            )


# --- report notebooks ------------------------------------------------------------------------------------------------
def _lint_report_cells(cells: list[Any], display_path: str) -> Iterator[Diagnostic]:
    known_names = {"display"}
    for number, cell in enumerate(cells, start=1):
        if cell.cell_type != "code" or REVIEWED_TAG in _tags(cell):
            continue
        cell_label = f"cell {number}"
        tree = _parse(cell.source)
        if tree is None:
            hint = "Use no line that begins with % or !."
            yield Diagnostic(
                "The cell is not plain Python.", hint, display_path, key=cell_label, code=DiagnosticCode.NOT_PYTHON
            )
            continue
        if cell.source.strip().count("\n") >= MAX_CELL_LINES:
            hint = "Divide the cell, or move the work into a module."
            message = f"The cell has more than {MAX_CELL_LINES} lines."
            yield Diagnostic(message, hint, display_path, key=cell_label, code=DiagnosticCode.CELL_TOO_LONG)
        # names accumulate over cells: the report that the first cell loads may be called in all others
        known_names |= _assigned_names(tree)
        problem = _find_logic(tree, known_names)
        if problem:
            hint = "A report notebook only calls the report. Prepare numbers in the analysis notebook."
            yield Diagnostic(
                f"The cell {problem}.", hint, display_path, key=cell_label, code=DiagnosticCode.LOGIC_IN_REPORT
            )


def _find_logic(tree: ast.Module, known_names: set[str]) -> str:
    """What a cell does besides calling the report and naming results; empty when it does nothing else."""
    for node in ast.walk(tree):
        if isinstance(node, _IMPORT_NODES[:2]):
            foreign_module = next((name for name in _imported_modules(node) if not _is_allowed_import(name)), "")
            if foreign_module:
                return f"imports {foreign_module}"
        elif isinstance(node, ast.Call):
            root_name = _root_name(node.func)
            if root_name not in known_names:
                return f"calls {root_name or 'something that is not the report'}"
        if not isinstance(node, (*_CALL_NODES, *_VALUE_NODES, *_IMPORT_NODES, *_GRAMMAR_NODES)):
            return _NODE_DESCRIPTIONS.get(type(node), "does more than call the report")
    return ""


def _is_allowed_import(name: str) -> bool:
    return name.split(".")[0] == "kvalreg" or name == "IPython.display.display"


def _imported_modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module or '.'}.{alias.name}" for alias in node.names]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def _assigned_names(tree: ast.Module) -> set[str]:
    """The names that a cell binds, by assignment or import."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    imports = [alias for node in ast.walk(tree) if isinstance(node, _IMPORT_NODES[:2]) for alias in node.names]
    return names | {(alias.asname or alias.name).split(".")[0] for alias in imports}


def _root_name(node: ast.expr) -> str:
    """The first name of an expression: ``report`` in ``report.trend("a").piece()``."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


# --- analysis notebooks ----------------------------------------------------------------------------------------------
def _lint_analysis_cells(cells: list[Any], display_path: str) -> Iterator[Diagnostic]:
    for number, cell in enumerate(cells, start=1):
        if cell.cell_type != "code":
            continue
        problem = _find_row_leak(cell.source)
        if problem:
            hint = "An analysis notebook shows no rows: end the line with ; or print a plain text with counts only."
            yield Diagnostic(
                f"The cell {problem}.", hint, display_path, key=f"cell {number}", code=DiagnosticCode.POSSIBLE_ROW_LEAK
            )


def _find_row_leak(source: str) -> str:
    """How a cell could display rows; empty when it cannot."""
    tree = _parse(source)
    if tree is None:
        return "is not plain Python, so what it shows is not known"
    # literals and f-strings show what their author has written; a variable may be a table
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("display", "print"):
            are_literals = (isinstance(argument, ast.JoinedStr | ast.Constant) for argument in node.args)
            if node.func.id == "display" or not all(are_literals):
                return f"calls {node.func.id}"
    # Jupyter displays the value of a cell's last expression, unless a semicolon follows it
    last_statement = tree.body[-1] if tree.body else None
    is_print = (
        isinstance(last_statement, ast.Expr)
        and isinstance(last_statement.value, ast.Call)
        and _root_name(last_statement.value.func) == "print"
    )
    if isinstance(last_statement, ast.Expr) and not is_print and not source.rstrip().endswith(";"):
        return "ends in a value, which Jupyter shows"
    return ""


def _parse(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


def _tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags", []))
