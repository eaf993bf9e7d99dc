"""The solver: optimal values, integers or not, dual values, and nothing on the terminal."""

from __future__ import annotations

import numpy as np
import pytest

from kvalreg.disclosure.solver import LinearConstraints, LinearProgram

PAIRS = [(0, 0, 1.0), (0, 1, 1.0), (1, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0), (2, 2, 1.0)]


def pairs(least: float, most: float) -> LinearProgram:
    """Of three values from 0 to 1 each two together are so great."""
    limits = (np.full(3, least), np.full(3, most))
    return LinearProgram(LinearConstraints(PAIRS, limits, (np.zeros(3), np.ones(3))))


def test_three_halves_are_enough_where_values_need_not_be_whole() -> None:
    """Each two of three make 1: a half each; a row that asks for one more costs a half."""
    found = pairs(1.0, np.inf).minimize(np.ones(3))
    assert found is not None
    assert found.values.tolist() == pytest.approx([0.5, 0.5, 0.5])
    assert found.objective == pytest.approx(1.5)
    assert found.dual_values.tolist() == pytest.approx([0.5, 0.5, 0.5])


def test_two_whole_ones_are_needed_and_the_dear_one_is_left_out() -> None:
    """The first costs 3, the others 1; the same program can be asked again with other costs."""
    program = pairs(1.0, np.inf)
    for dear in (0, 2):
        costs = np.ones(3)
        costs[dear] = 3.0
        found = program.minimize_integer(costs)
        assert found is not None
        assert found.values.tolist() == pytest.approx([float(place != dear) for place in range(3)])
        assert found.objective == pytest.approx(2.0)


def test_there_may_be_no_values() -> None:
    """No two values below 1 make 3; and three equal whole ones never make 1 by twos."""
    assert pairs(3.0, np.inf).minimize(np.ones(3)) is None
    assert pairs(1.0, 1.0).minimize_integer(np.ones(3)) is None


def test_a_cost_without_a_least_has_no_minimum() -> None:
    """A value that nothing limits."""
    free = LinearConstraints([(0, 0, 1.0)], (np.zeros(1), np.full(1, np.inf)), (np.zeros(1), np.full(1, np.inf)))
    assert LinearProgram(free).minimize(np.array([-1.0])) is None


def test_faulty_constraints_are_refused() -> None:
    """An entry that stands twice."""
    twice = LinearConstraints([(0, 0, 1.0), (0, 0, 1.0)], (np.zeros(1), np.ones(1)), (np.zeros(1), np.ones(1)))
    with pytest.raises(ValueError, match="each entry once"):
        LinearProgram(twice)


def test_the_solver_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """Neither making it nor running it prints anything."""
    pairs(1.0, np.inf).minimize_integer(np.ones(3))
    assert capfd.readouterr() == ("", "")


def test_a_program_that_is_nearly_whole_is_solved_with_other_means_to_the_same_end() -> None:
    """Two whole ones of three are needed, whichever way the solver goes about it."""
    limits = (np.ones(3), np.full(3, np.inf))
    constraints = LinearConstraints(PAIRS, limits, (np.zeros(3), np.ones(3)))
    found = [
        LinearProgram(constraints, nearly_integral=nearly).minimize_integer(np.ones(3)) for nearly in (True, False)
    ]
    assert [one and one.objective for one in found] == pytest.approx([2.0, 2.0])


def test_a_columns_limit_can_be_moved_and_moved_back() -> None:
    """With the first value fixed at 0 the others make 1 each; without, a half each is enough again."""
    program = pairs(1.0, np.inf)
    program.set_bounds(0, 0.0, 0.0)
    found = program.minimize(np.ones(3))
    assert found is not None
    assert found.objective == pytest.approx(2.0)
    program.set_bounds(0, 0.0, 1.0)
    again = program.minimize(np.ones(3))
    assert again is not None
    assert again.objective == pytest.approx(1.5)
