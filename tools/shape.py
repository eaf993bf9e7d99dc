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
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Shape:
    """The size of one package, or of all of them."""

    modules: int = 0
    lines: int = 0
    code: int = 0
    comments: int = 0
    docstrings: int = 0
    functions: int = 0

    def __add__(self, other: Shape) -> Shape:
        return Shape(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def comment_share(self) -> float:
        """Comments per 100 lines of code."""
        return 100 * self.comments / max(self.code, 1)


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


def measure_source(source: Path) -> tuple[dict[str, Shape], Findings]:
    """The shape of each package below a folder, of all together under ``all``, and what passes a limit."""
    findings, packages = Findings(), defaultdict[str, Shape](Shape)
    for path in sorted(source.rglob("*.py")):
        name = path.relative_to(source).as_posix()
        package = name.partition("/")[0] if "/" in name else "."
        packages[package] += _measure_module(path.read_text(encoding="utf-8"), name, findings)
    packages["all"] = sum(packages.values(), Shape())
    return dict(packages), findings


def _measure_module(text: str, name: str, findings: Findings) -> Shape:
    """Measure one module, and note what passes a limit."""
    tree, comments, code_lines = ast.parse(text), 0, set[int]()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            # Directives for tools and rules between sections explain nothing.
            comments += not token.string.startswith(("# noqa", "# type:", "# fmt:", "# ---"))
        elif token.type not in (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            code_lines |= set(range(token.start[0], token.end[0] + 1))
    docstring_lines = {line for node in _docstrings(tree) for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    lines = text.count("\n")
    if lines > MODULE_LINES:
        findings.long_modules.append(f"{name}: {lines} lines")
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
    for function in functions:
        _measure_function(function, name, findings)
    for type_name in _types(tree):
        findings.types[type_name].append(name)
    findings.vague.update(bound for bound in _bound_names(tree) if bound in VAGUE)
    return Shape(1, lines, len(code_lines - docstring_lines), comments, len(docstring_lines), len(functions))


def _measure_function(function: Function, name: str, findings: Findings) -> None:
    """Note a function with a long body or many parameters.

    A command of click has one for each of its options, and the signature of `SocketSession.send` is Jupyter's.
    """
    body = function.body[1:] if ast.get_docstring(function) else function.body
    length = (function.end_lineno or 0) - body[0].lineno + 1 if body else 0
    if length > FUNCTION_LINES:
        findings.long_functions.append(f"{name}:{function.lineno} {function.name}: {length} lines")
    arguments = function.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    count = len([parameter for parameter in names if parameter not in ("self", "cls")])
    is_command = any(".command(" in ast.unparse(decorator) for decorator in function.decorator_list)
    if count > PARAMETERS and not is_command and function.name != "send":
        findings.many_parameters.append(f"{name}:{function.lineno} {function.name}: {count} parameters")


def _docstrings(tree: ast.AST) -> Iterator[ast.stmt]:
    """Texts that stand alone: docstrings, also those below a field or a constant."""
    for node in ast.walk(tree):
        for statement in getattr(node, "body", []) if not isinstance(node, ast.Lambda | ast.IfExp) else []:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                yield statement


def _types(tree: ast.Module) -> Iterator[str]:
    """Classes and aliases of types at the top of a module."""
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(target, ast.Name) and target.id.lstrip("_")[:1].isupper() and not target.id.isupper():
            yield target.id


def _bound_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, Function | ast.ClassDef):
            yield node.name


def format_shape(packages: dict[str, Shape], findings: Findings) -> str:
    """The table and the lists, as Markdown."""
    rows = ["| package | modules | lines | of these code | docstrings | functions | comments per 100 lines of code |"]
    rows.append("|---" * 7 + "|")
    for name, shape in packages.items():
        numbers = (shape.modules, shape.lines, shape.code, shape.docstrings, shape.functions)
        rows.append(f"| {name} | {' | '.join(map(str, numbers))} | {shape.comment_share:.1f} |")
    for title, lines in _sections(findings).items():
        rows += ["", f"{title}: {len(lines)}", *(f"  {line}" for line in lines)]
    names = ", ".join(f"{name} {count}" for name, count in findings.vague.most_common())
    rows += ["", f"Vague names: {sum(findings.vague.values())} ({names})"]
    return "\n".join(rows) + "\n"


def _sections(findings: Findings) -> dict[str, list[str]]:
    ambiguous = [f"{name}: {', '.join(modules)}" for name, modules in findings.ambiguous.items()]
    return {
        "Type names with several meanings": ambiguous,
        f"Modules over {MODULE_LINES} lines": findings.long_modules,
        f"Functions over {FUNCTION_LINES} lines": findings.long_functions,
        f"Functions of more than {PARAMETERS} parameters": findings.many_parameters,
    }


def main() -> int:
    """Measure and print; 1 with ``--strict`` when a limit is passed or a type's name means several things."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--strict", action="store_true")
    is_strict = parser.parse_args().strict
    packages, findings = measure_source(SOURCE)
    sys.stdout.write(format_shape(packages, findings))
    return int(is_strict and any(_sections(findings).values()))


if __name__ == "__main__":
    sys.exit(main())
