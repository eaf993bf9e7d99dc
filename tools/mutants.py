"""Random mutants: would a test notice if this line were wrong?

A mutant is a copy of the source with one small error: a comparison with another operator, ``and`` for ``or``, a number
that is off by one, the last element for the first, a negated condition, ``max`` for ``min``. For each sampled mutant
the test modules that name its module are run; a mutant is killed when one of them fails, and survives otherwise. A
survivor is a boundary that no test holds, or an equivalent program. The working tree is never changed::

    python tools/mutants.py --sample 100 --seed 1
    python tools/mutants.py src/kvalreg/statistics src/kvalreg/report/readability.py --sample 30

Method: DeMillo, Lipton and Sayward (1978), Hints on test data selection, IEEE Computer 11(4). The function
``def is_hard(lix): return lix > 45`` has three mutants: ``lix >= 45``, ``lix > 46`` and ``lix > 44``. A test of
``is_hard(45)`` and ``is_hard(46)`` kills all of them; a test of ``is_hard(80)`` kills none.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_MIN_TIMEOUT = 30.0
"""Seconds that the tests of a mutant may take at least; a slow module's may take five times what they normally do."""


class Mutant(NamedTuple):
    """One small error: the lines that it replaces (counted from 1), and what stands there instead."""

    module: Path
    line: int
    end_line: int
    before: str
    after: str

    def source(self) -> str:
        """The module with the error."""
        lines = self.module.read_text(encoding="utf-8").splitlines(keepends=True)
        return "".join([*lines[: self.line - 1], self.after, *lines[self.end_line :]])

    def __str__(self) -> str:
        before, after = (" ".join(text.split()) for text in (self.before, self.after))
        return f"{self.module.relative_to(ROOT).as_posix()}:{self.line}\n    - {before}\n    + {after}"


# --- mutations -------------------------------------------------------------------------------------------------------
def find_mutants(module: Path) -> list[Mutant]:
    """Every mutant of a module, in the order of the file."""
    text = module.read_text(encoding="utf-8")
    tree, lines = ast.parse(text), text.splitlines(keepends=True)
    conditions = {id(condition) for condition in _conditions(tree)}
    mutants = set()
    for node in _computed(tree):
        first, last = node.lineno, node.end_lineno or node.lineno
        # Positions in a syntax tree are bytes of UTF-8, and the letter "ø" is two of them.
        prefix = lines[first - 1].encode()[: node.col_offset].decode()
        suffix = lines[last - 1].encode()[node.end_col_offset or 0 :].decode()
        expressions = [*_mutations(node), *([f"not ({ast.unparse(node)})"] if id(node) in conditions else [])]
        before = "".join(lines[first - 1 : last])
        mutants |= {Mutant(module, first, last, before, f"{prefix}({text}){suffix}") for text in expressions}
    return sorted(mutants)


def _conditions(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        tests = [node.test] if isinstance(node, ast.If | ast.While | ast.IfExp) else []
        tests += node.ifs if isinstance(node, ast.comprehension) else []
        # `not x` is mutated to `x` as an expression already.
        yield from (test for test in tests if not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)))


def _computed(tree: ast.AST) -> Iterator[ast.expr]:
    """The expressions of a tree that are computed at run time: no annotations, decorators and patterns."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.JoinedStr | ast.arg | ast.pattern):  # parts of f-strings cannot be put into brackets
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'"):
            continue
        if isinstance(node, ast.AnnAssign):
            yield from _computed(ast.Expr(node.value)) if node.value else ()
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            defaults = [default for default in (*node.args.defaults, *node.args.kw_defaults) if default is not None]
            yield from _computed(ast.Module([*node.body, *map(ast.Expr, defaults)], []))
        else:
            if isinstance(node, ast.expr):
                yield node
            yield from _computed(node)


def _mutations(node: ast.expr) -> Iterator[str]:
    """The source of each mutation of one expression."""
    match node:
        case ast.Compare(left, operators, comparators):
            for index, operator in enumerate(operators):
                mutated = [*operators[:index], _COMPARISONS[type(operator)](), *operators[index + 1 :]]
                yield ast.unparse(ast.Compare(left, mutated, comparators))
        case ast.BoolOp(operator, values):
            yield ast.unparse(ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values))
        case ast.Constant(bool()):
            return
        case ast.Constant(int() | float() as number):
            yield from (repr(number + 1), repr(number - 1))
        case ast.Subscript(value, ast.Constant(0)):
            yield f"{ast.unparse(value)}[-1]"
        case ast.Call(ast.Name(name), arguments, keywords) if name in _FUNCTIONS:
            yield ast.unparse(ast.Call(ast.Name(_FUNCTIONS[name]), arguments, keywords))
        case ast.UnaryOp(ast.Not(), operand):
            yield ast.unparse(operand)


# --- tests -----------------------------------------------------------------------------------------------------------
def find_tests(module: Path) -> list[Path]:
    """The test modules that import or name a module: ``kvalreg.report.readability``."""
    *packages, name = module.relative_to(ROOT / "src").with_suffix("").parts
    package = ".".join(packages)
    dotted = re.compile(rf"\b{re.escape(f'{package}.{name}')}\b|\bfrom {re.escape(package)} import [^\n]*\b{name}\b")
    return [
        path for path in sorted((ROOT / "tests").glob("test_*.py")) if dotted.search(path.read_text(encoding="utf-8"))
    ]


class Sandbox:
    """A copy of the source for mutants, in a folder that otherwise links to the repository."""

    def __init__(self, folder: Path) -> None:
        self._source = folder / "src"
        for path in ROOT.iterdir():
            if path.name != "src":
                (folder / path.name).symlink_to(path)
        shutil.copytree(ROOT / "src", self._source)

    def run(self, module: Path, source: str, tests: list[Path], timeout: float | None) -> bool:
        """Whether all tests pass with this source of the module; a test that does not end in time fails."""
        path = self._source / module.relative_to(ROOT / "src")
        original = path.read_bytes()
        path.write_text(source, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *map(str, tests)]
        environment = {**os.environ, "PYTHONPATH": str(self._source), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            return not subprocess.run(
                command, cwd=ROOT, env=environment, timeout=timeout, capture_output=True, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            return False
        finally:
            path.write_bytes(original)


def main() -> int:
    """Sample mutants and run their tests; 1 when a mutant is not killed, or a test fails without a mutation."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", nargs="*", type=Path, default=[ROOT / "src" / "kvalreg"], help="modules or folders")
    parser.add_argument("--sample", type=int, default=100, help="how many mutants to try")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    modules = sorted({module.resolve() for path in arguments.paths for module in _modules(path)})
    mutants = [mutant for module in modules for mutant in find_mutants(module)]
    sample = sorted(random.Random(arguments.seed).sample(mutants, min(arguments.sample, len(mutants))))  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="kvalreg-mutants-") as folder:
        counts = _try_mutants(sample, Sandbox(Path(folder)))
    _print(f"{len(sample)} mutants: " + ", ".join(f"{count} {result}" for result, count in sorted(counts.items())))
    return int(set(counts) != {"killed"})


def _modules(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _try_mutants(sample: list[Mutant], sandbox: Sandbox) -> Counter[str]:
    """Print the result of each mutant, and count the results."""
    counts = Counter[str]()
    seconds_by_test: dict[Path, float | None] = {}
    for mutant in sample:
        for test in find_tests(mutant.module):
            if test not in seconds_by_test:
                seconds_by_test[test] = _time_test(test, mutant.module, sandbox)
        # The fastest first: most mutants are killed by the first module.
        times = sorted((seconds, test) for test in find_tests(mutant.module) if (seconds := seconds_by_test[test]))
        tests, timeout = [test for _, test in times], max(_MIN_TIMEOUT, 5 * sum(seconds for seconds, _ in times))
        passes = not tests or sandbox.run(mutant.module, mutant.source(), tests, timeout)
        result = "no test" if not tests else "survived" if passes else "killed"
        counts[result] += 1
        _print(f"{result:8} {mutant}")
    failing = [test.name for test, duration in seconds_by_test.items() if duration is None]
    if failing:
        counts["tests that fail without a mutation, and were left out"] = len(failing)
        _print(f"fails without a mutation: {', '.join(failing)}")
    return counts


def _time_test(test: Path, module: Path, sandbox: Sandbox) -> float | None:
    """Seconds that a test module takes without a mutation; None when it fails then, and can kill nothing."""
    start = time.monotonic()
    passes = sandbox.run(module, module.read_text(encoding="utf-8"), [test], None)
    return time.monotonic() - start if passes else None


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
