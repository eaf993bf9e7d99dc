"""Linear and integer programs: the one place that knows the solver, HiGHS.

Input: constraints and costs. Output: values that minimise the cost. It knows nothing of cells. The solver runs on one
processor, without randomness and without a time limit: equal programs that are solved for the same costs in the same
order have equal solutions. (A linear program starts from its last basis, so of equally cheap solutions it may find
another one than it would have found first.)

Source: Huangfu Q, Hall JAJ, *Mathematical Programming Computation* 2018;10:119-142 (HiGHS); why it is called directly
is in docs/decisions/017-highs-itself.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import highspy
import numpy as np

from kvalreg.arrays import FloatArray

MatrixEntries = Sequence[tuple[int, int, float]]
"""Row, column and coefficient of each entry that is not 0."""

_COMMON_OPTIONS: dict[str, bool | int | float | str] = {
    "output_flag": False,
    "threads": 1,
    "presolve": "off",
    "mip_rel_gap": 0.0,
}
_NEARLY_INTEGRAL_OPTIONS: dict[str, bool | int | float | str] = {
    "mip_heuristic_effort": 0.0,
    "mip_detect_symmetry": False,
    **dict.fromkeys(
        (
            "mip_heuristic_run_feasibility_jump",
            "mip_heuristic_run_rins",
            "mip_heuristic_run_rens",
            "mip_heuristic_run_root_reduced_cost",
            "mip_heuristic_run_zi_round",
            "mip_heuristic_run_shifting",
        ),
        False,
    ),
}
"""Programs whose relaxations are mostly integral, as those of networks are, are solved ten times sooner without."""
_GENERAL_OPTIONS: dict[str, bool | int | float | str] = {"mip_max_nodes": 200}
"""A limit of nodes and not of time, so that results do not depend on the machine. Callers do without an answer then."""


@dataclass(frozen=True, eq=False)
class LinearConstraints:
    """Bounds of rows and of columns; infinite where there are none.

    Parameters
    ----------
    entries
        The rows' coefficients, sorted by row.
    row_bounds, column_bounds
        Least and greatest value of each row, and of each column.
    """

    entries: MatrixEntries
    row_bounds: tuple[FloatArray, FloatArray]
    column_bounds: tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class Solution:
    """Optimal values of the columns, their cost, and each row's dual value: how the cost changes with its bound."""

    values: FloatArray
    objective: float
    dual_values: FloatArray


class _Solver(highspy.Highs):
    """The solver without the callbacks that it prepares, since preparing them makes it greet on standard output."""

    def enableCallbacks(self) -> None:  # noqa: N802  # its own name
        """No callbacks."""


class LinearProgram:
    """Constraints that can be solved for one cost vector after the other.

    Parameters
    ----------
    constraints
        What the values must satisfy.
    nearly_integral
        Whether solutions of the relaxation are mostly integral.
    """

    def __init__(self, constraints: LinearConstraints, *, nearly_integral: bool = False) -> None:
        self.n_columns, n_rows = len(constraints.column_bounds[0]), len(constraints.row_bounds[0])
        entries = constraints.entries
        triplets = np.fromiter(chain.from_iterable(entries), np.float64, 3 * len(entries)).reshape(-1, 3)
        self.solver = _Solver()  # type: ignore[no-untyped-call]  # highspy has no types here
        for name, value in (
            _COMMON_OPTIONS | (_NEARLY_INTEGRAL_OPTIONS if nearly_integral else _GENERAL_OPTIONS)
        ).items():
            self.solver.setOptionValue(name, value)
        status = self.solver.passModel(
            self.n_columns,
            n_rows,
            len(entries),
            int(highspy.MatrixFormat.kRowwise),
            int(highspy.ObjSense.kMinimize),
            0.0,  # constant term of the objective
            np.zeros(self.n_columns),
            *constraints.column_bounds,
            *constraints.row_bounds,
            # The matrix row by row: where each row begins, then columns and coefficients.
            np.searchsorted(triplets[:, 0], np.arange(n_rows)).astype(np.int32),
            triplets[:, 1].astype(np.int32),
            np.ascontiguousarray(triplets[:, 2]),
            np.zeros(self.n_columns, dtype=np.int32),
        )
        self._column_type = highspy.HighsVarType.kContinuous
        if status == highspy.HighsStatus.kError:
            raise ValueError("The solver refuses these constraints. Correct them: each entry once, rows in order.")

    def set_bounds(self, column: int, low: float, high: float) -> None:
        """Change the bounds of a column."""
        self.solver.changeColBounds(column, low, high)

    def minimize(self, costs: FloatArray) -> Solution | None:
        """An optimal solution; None if it is infeasible or unbounded, or the solver has found none.

        So None proves nothing: callers must be safe without an answer.
        """
        return self._solve(costs, highspy.HighsVarType.kContinuous)

    def minimize_integer(self, costs: FloatArray) -> Solution | None:
        """An optimal integer solution; None as in `minimize`."""
        self.solver.clearSolver()  # the result depends on nothing that was solved before
        return self._solve(costs, highspy.HighsVarType.kInteger)

    def _solve(self, costs: FloatArray, column_type: highspy.HighsVarType) -> Solution | None:
        columns = np.arange(self.n_columns, dtype=np.int32)
        self.solver.changeColsCost(self.n_columns, columns, costs)
        # Setting the type of the columns discards the basis: only where it changes.
        if column_type != self._column_type:
            self.solver.changeColsIntegrality(
                self.n_columns, columns, np.full(self.n_columns, int(column_type), dtype=np.uint8)
            )
            self._column_type = column_type
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = self.solver.getSolution()
        objective = self.solver.getInfo().objective_function_value
        return Solution(np.array(solution.col_value), objective, np.array(solution.row_dual))
