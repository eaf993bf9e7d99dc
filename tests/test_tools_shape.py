"""The tool that measures the source, and the limits of CONTRIBUTING.md that it finds passed."""

from __future__ import annotations

from pathlib import Path

import pytest

import shape

SMALL = '''"""A module."""

from typing import NamedTuple

# why it is six
LIMIT = 6  # noqa: A001
"""The limit."""
# --- a rule ---
Row = tuple[int, int]


class Cell(NamedTuple):
    """A cell."""

    at: int


def total(cells, found=1):
    """The sum."""
    return (
        sum(one.at for one in cells)
        + found
    )
'''
"""23 lines: 10 of code, 4 of docstrings, 1 comment that explains; and the vague names at, found and one."""


@pytest.fixture(scope="module")
def source() -> tuple[dict[str, shape.Shape], shape.Findings]:
    """The project's own source, measured once."""
    return shape.measure_source(shape.SOURCE)


def written(folder: Path, text: str, *names: str) -> Path:
    """A source whose modules all have one text."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_a_small_source_is_counted_right(tmp_path: Path) -> None:
    """Counted by hand: lines, code without docstrings, comments without directives and rules, functions."""
    packages, findings = shape.measure_source(written(tmp_path, SMALL, "a.py", "inner/b.py"))
    assert packages["."] == packages["inner"] == shape.Shape(1, 23, 10, 1, 4, 1)
    assert packages["all"] == shape.Shape(2, 46, 20, 2, 8, 2)
    assert packages["all"].comment_share == 10
    assert findings.vague == {"at": 2, "found": 2, "one": 2}
    assert findings.long_modules + findings.long_functions + findings.many_parameters == []


def test_a_type_defined_twice_is_ambiguous(tmp_path: Path) -> None:
    """Classes and aliases count, constants do not; a name that one module defines means one thing."""
    _, findings = shape.measure_source(written(tmp_path, SMALL, "a.py", "inner/b.py"))
    assert findings.ambiguous == {"Cell": ["a.py", "inner/b.py"], "Row": ["a.py", "inner/b.py"]}
    assert shape.measure_source(written(tmp_path / "single", SMALL, "a.py"))[1].ambiguous == {}


@pytest.mark.parametrize(("lines", "is_long"), [(400, False), (401, True)])
def test_a_module_may_have_400_lines(tmp_path: Path, *, lines: int, is_long: bool) -> None:
    """The limit is the last length that is allowed."""
    _, findings = shape.measure_source(written(tmp_path, "x = 1\n" * lines, "a.py"))
    assert bool(findings.long_modules) is is_long


@pytest.mark.parametrize(("lines", "is_long"), [(40, False), (41, True)])
def test_a_function_may_have_40_lines(tmp_path: Path, *, lines: int, is_long: bool) -> None:
    """Its signature and its docstring are not counted."""
    text = 'def f(\n    a,\n):\n    """Do it.\n\n    Twice.\n    """\n' + "    a()\n" * lines
    _, findings = shape.measure_source(written(tmp_path, text, "a.py"))
    assert bool(findings.long_functions) is is_long


@pytest.mark.parametrize(
    ("signature", "is_long"),
    [
        ("def f(a, b, c, d, e): ...", False),
        ("def f(self, a, b, c, d, e): ...", False),
        ("def f(a, /, b, c, *, d, e, f): ...", True),
        ("@click.command()\ndef f(a, b, c, d, e, f): ...", False),
    ],
)
def test_a_function_may_have_5_parameters(tmp_path: Path, *, signature: str, is_long: bool) -> None:
    """Whether by position or by name; a method's self is none, and a command has one for each option."""
    _, findings = shape.measure_source(written(tmp_path, signature + "\n", "a.py"))
    assert bool(findings.many_parameters) is is_long


def test_the_report_names_every_finding(tmp_path: Path) -> None:
    """A table row for each package, and a line for what passes a limit."""
    text = shape.format_shape(*shape.measure_source(written(tmp_path, SMALL, "a.py", "inner/b.py")))
    assert "| inner | 1 | 23 | 10 | 4 | 1 | 10.0 |" in text
    assert "Type names with several meanings: 2\n  Cell: a.py, inner/b.py\n" in text
    assert "Vague names: 6 (" in text


def test_a_type_name_of_the_source_means_one_thing(source: tuple[dict[str, shape.Shape], shape.Findings]) -> None:
    """A newcomer who has learned a type knows it everywhere."""
    assert source[1].ambiguous == {}


def test_no_module_of_the_source_is_too_long(source: tuple[dict[str, shape.Shape], shape.Findings]) -> None:
    """CONTRIBUTING.md: at most 400 lines."""
    assert source[1].long_modules == []


def test_no_function_of_the_source_is_too_long(source: tuple[dict[str, shape.Shape], shape.Findings]) -> None:
    """CONTRIBUTING.md: at most 40 lines and 5 parameters."""
    assert source[1].long_functions + source[1].many_parameters == []


def test_the_source_says_why(source: tuple[dict[str, shape.Shape], shape.Findings]) -> None:
    """CONTRIBUTING.md: at least 3 comments for 100 lines of code."""
    assert source[0]["all"].comment_share >= 3
