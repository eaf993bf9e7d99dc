"""The sampler of mutants: which errors it makes, and how it decides whether a test notices them."""

from __future__ import annotations

from pathlib import Path

import pytest

import mutants


def after(tmp_path: Path, text: str) -> list[str]:
    """The mutants of one line of code, without the brackets around what is replaced."""
    module = tmp_path / "module.py"
    module.write_text(text, encoding="utf-8")
    return [mutant.after.strip() for mutant in mutants.find_mutants(module)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = a < b", ["x = (a <= b)"]),
        ("x = a < b == c", ["x = (a < b != c)", "x = (a <= b == c)"]),
        ("x = a in b and c", ["x = (a in b or c)", "x = (a not in b) and c"]),
        ("x = 4", ["x = (3)", "x = (5)"]),
        ("x = a[0]", ["x = (a[-1])", "x = a[(-1)]", "x = a[(1)]"]),
        ("x = min(a, b)", ["x = (max(a, b))"]),
        ("x = not a", ["x = (a)"]),
        ("x = [a for a in b if a]", ["x = [a for a in b if (not (a))]"]),
        ("x = a if b else c", ["x = a if (not (b)) else c"]),
        ("if a: b()", ["if (not (a)): b()"]),
        ("x = 'æ', 1", ["x = 'æ', (0)", "x = 'æ', (2)"]),
        ("def f(a: T[1] = 2): ...", ["def f(a: T[1] = (1)): ...", "def f(a: T[1] = (3)): ..."]),
        ("x: T[1] = True", []),
        ("x = f'{a + 1}'", []),
        ("if TYPE_CHECKING: x = 1", []),
    ],
)
def test_mutations_of_an_expression(tmp_path: Path, text: str, expected: list[str]) -> None:
    """Comparisons, and/or, numbers, first elements, min/max and conditions; never annotations, flags or texts."""
    assert after(tmp_path, text + "\n") == expected


def test_an_expression_of_several_lines_is_replaced_whole(tmp_path: Path) -> None:
    """What stands before and behind it stays."""
    module = tmp_path / "module.py"
    module.write_text("a = 1\nx = f(\n    b\n    < c, d)\ny = 2\n", encoding="utf-8")
    (mutant,) = [mutant for mutant in mutants.find_mutants(module) if "<=" in mutant.after]
    assert mutant.source() == "a = 1\nx = f(\n    (b <= c), d)\ny = 2\n"


def test_tests_are_found_by_the_name_of_the_module() -> None:
    """Whether they import from it, import it from its package, or patch it by its name."""
    names = {path.name for path in mutants.find_tests(mutants.ROOT / "src" / "kvalreg" / "report" / "readability.py")}
    assert "test_report_readability.py" in names
    assert "test_tools_shape.py" not in names


@pytest.mark.parametrize(
    ("limit", "expected"), [(3, True), (4, False)], ids=["the same program passes", "another number fails"]
)
def test_a_mutant_is_killed_when_a_test_fails(tmp_path: Path, *, limit: int, expected: bool) -> None:
    """Tests see the mutant instead of the source, which stays as it is."""
    test = tmp_path / "test_limit.py"
    test.write_text("from kvalreg import clock\n\ndef test(): assert clock.LIMIT == 3\n", encoding="utf-8")
    module = mutants.ROOT / "src" / "kvalreg" / "clock.py"
    original = module.read_bytes()
    folder = tmp_path / "sandbox"
    folder.mkdir()
    sandbox = mutants.Sandbox(folder)
    assert sandbox.run(module, f'"""A mutant."""\n\nLIMIT = {limit}\n', [test], None) is expected
    assert module.read_bytes() == original
