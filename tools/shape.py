"""The shape of the source in numbers: what a newcomer has to hold in their head.

Prints a table of lines, comments and limits for each package, the type names that mean several things, the functions
and modules that pass a limit of CONTRIBUTING.md, and how often vague names stand where a noun could. Standard library
only::

    python tools/shape.py            # or: make shape
    python tools/shape.py --strict   # ends with 1 when a limit is passed
"""

from __future__ import annotations

import argparse
import ast
import io
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "kvalreg"
MODULE_LINES, FUNCTION_LINES, PARAMETERS = 400, 40, 5
"""The limits: lines of a module and of a function's body, and how many parameters a function has."""
VAGUE = {"asked", "aside", "at", "found", "given", "made", "one", "others", "said", "told", "way", "what", "wanted"}
"""Names that say nothing of the thing that they name."""


@dataclass
class Shape:
    """One package, or all of them."""

    modules: int = 0
    lines: int = 0
    code: int = 0
    comments: int = 0
    docstrings: int = 0
    functions: int = 0

    def __add__(self, other: Shape) -> Shape:
        return Shape(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass
class Findings:
    """What passes a limit, and which names mean several things."""

    types: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    long_modules: list[str] = field(default_factory=list)
    long_functions: list[str] = field(default_factory=list)
    many_parameters: list[str] = field(default_factory=list)
    vague: Counter[str] = field(default_factory=Counter)

    @property
    def ambiguous(self) -> dict[str, list[str]]:
        """Type names with more than one definition."""
        return {name: modules for name, modules in sorted(self.types.items()) if len(modules) > 1}


def measure(path: Path, findings: Findings) -> Shape:
    """Measure one module, and note what passes a limit."""
    text = path.read_text(encoding="utf-8")
    tree, name = ast.parse(text), path.relative_to(SOURCE).as_posix()
    kinds = Counter[str]()
    code_lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            kinds["comment"] += not token.string.startswith(("# noqa", "# type:", "# fmt:", "# ---"))
        elif token.type not in (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            code_lines |= set(range(token.start[0], token.end[0] + 1))
    documented = {line for node in _docstrings(tree) for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    lines = text.count("\n")
    if lines > MODULE_LINES:
        findings.long_modules.append(f"{name}: {lines} lines")
    functions = list(_functions(tree))
    for function in functions:
        _measure_function(function, name, findings)
    for defined in _types(tree):
        findings.types[defined].append(name)
    findings.vague.update(bound for bound in _bound(tree) if bound in VAGUE)
    return Shape(1, lines, len(code_lines - documented), kinds["comment"], len(documented), len(functions))


def _measure_function(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, findings: Findings) -> None:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    length = (function.end_lineno or 0) - body[0].lineno + 1 if body else 0
    if length > FUNCTION_LINES:
        findings.long_functions.append(f"{name}:{function.lineno} {function.name}: {length} lines")
    given = function.args
    count = sum(
        argument.arg not in ("self", "cls") for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)
    )
    if count > PARAMETERS:
        findings.many_parameters.append(f"{name}:{function.lineno} {function.name}: {count} parameters")


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _docstrings(tree: ast.AST) -> Iterator[ast.stmt]:
    """Texts that stand alone: docstrings, also those below a field or a constant."""
    for node in ast.walk(tree):
        for statement in getattr(node, "body", []) if not isinstance(node, ast.Lambda | ast.IfExp) else []:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                yield statement


def _types(tree: ast.Module) -> Iterator[str]:
    """Classes and aliases of types at the top of a module."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name.lstrip("_")[:1].isupper() and not name.isupper():
                yield name


def _bound(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def main() -> int:
    """Measure and print; 1 with ``--strict`` when a limit is passed or a type's name means several things."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--strict", action="store_true")
    strict = parser.parse_args().strict
    findings, packages = Findings(), defaultdict[str, Shape](Shape)
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).parts
        packages[parts[0] if len(parts) > 1 else "."] += measure(path, findings)
    packages["all"] = sum(packages.values(), Shape())
    rows = ["| package | modules | lines | of these code | docstrings | functions | comments per 100 lines of code |"]
    rows.append("|---" * 7 + "|")
    for name, shape in packages.items():
        share = 100 * shape.comments / max(shape.code, 1)
        rows.append(
            f"| {name} | {shape.modules} | {shape.lines} | {shape.code} | {shape.docstrings} | {shape.functions} "
            f"| {share:.1f} |"
        )
    sections = {
        "Type names with several meanings": [f"{name}: {', '.join(at)}" for name, at in findings.ambiguous.items()],
        f"Modules over {MODULE_LINES} lines": findings.long_modules,
        f"Functions over {FUNCTION_LINES} lines": findings.long_functions,
        f"Functions of more than {PARAMETERS} parameters": findings.many_parameters,
    }
    for title, found in sections.items():
        rows += ["", f"{title}: {len(found)}", *(f"  {line}" for line in found)]
    names = ", ".join(f"{name} {count}" for name, count in findings.vague.most_common())
    rows += ["", f"Vague names: {sum(findings.vague.values())} ({names})"]
    sys.stdout.write("\n".join(rows) + "\n")
    return int(strict and any(sections.values()))


if __name__ == "__main__":
    sys.exit(main())
