"""Linear programs, with and without whole numbers: the one place that knows the solver, HiGHS.

What comes in are constraints and costs; what goes out are the cheapest values. It knows nothing of cells. The solver
runs on one processor, takes no chances and knows no time limit: equal programs that are asked the same in the same
order have equal solutions. (Without whole numbers a program goes on from its last answer, and of equally cheap
values may find others than it would have found at first.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import highspy
import numpy as np

from kvalreg.arrays import FloatArray

MatrixEntries = Sequence[tuple[int, int, float]]
"""Row, column and weight of each entry that is not 0."""

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
"""Nearly whole programs, as networks are, are solved ten times sooner without."""
_GENERAL_OPTIONS: dict[str, bool | int | float | str] = {"mip_max_nodes": 200}
"""The search is long for few programs; whoever asks does without an answer then."""


@dataclass(frozen=True, eq=False)
class LinearConstraints:
    """Limits of rows and of columns; infinite where there are none.

    Parameters
    ----------
    entries
        The rows' weights, sorted by row.
    rows, columns
        Least and greatest value of each row, and of each column.
    """

    entries: MatrixEntries
    row_bounds: tuple[FloatArray, FloatArray]
    column_bounds: tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class Solution:
    """The cheapest values of the columns, what they cost, and how that cost changes with each row's limit."""

    values: FloatArray
    objective: float
    dual_values: FloatArray


class _Solver(highspy.Highs):
    """The solver without the callbacks that it prepares, since preparing them makes it greet on standard output."""

    def enableCallbacks(self) -> None:  # noqa: N802  # its own name
        """Nothing calls back."""


class LinearProgram:
    """Constraints that can be given one cost after the other.

    Parameters
    ----------
    constraints
        What the values must keep to.
    nearly_whole
        Whether solutions are mostly whole by themselves.
    """

    def __init__(self, constraints: LinearConstraints, *, nearly_integral: bool = False) -> None:
        self.n_columns, n_rows = len(constraints.column_bounds[0]), len(constraints.row_bounds[0])
        entries = constraints.entries
        triplets = np.fromiter(chain.from_iterable(entries), np.float64, 3 * len(entries)).reshape(-1, 3)
        self.solver = _Solver()  # type: ignore[no-untyped-call]  # as it comes
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
            0.0,  # nothing is paid whatever the values are
            np.zeros(self.n_columns),
            *constraints.column_bounds,
            *constraints.row_bounds,
            np.searchsorted(triplets[:, 0], np.arange(n_rows)).astype(np.int32),
            triplets[:, 1].astype(np.int32),
            np.ascontiguousarray(triplets[:, 2]),
            np.zeros(self.n_columns, dtype=np.int32),
        )
        self._column_type = highspy.HighsVarType.kContinuous
        if status == highspy.HighsStatus.kError:
            raise ValueError("The solver refuses these constraints. Correct them: each entry once, rows in order.")

    def set_bounds(self, column: int, low: float, high: float) -> None:
        """Give a column other limits."""
        self.solver.changeColBounds(column, low, high)

    def minimize(self, costs: FloatArray) -> Solution | None:
        """The cheapest values; None where there are none, or no cheapest, or the solver has not found them.

        So None proves nothing: whoever asks must do without an answer safely.
        """
        return self._solve(costs, highspy.HighsVarType.kContinuous)

    def minimize_integer(self, costs: FloatArray) -> Solution | None:
        """The cheapest whole values, and None as for others."""
        self.solver.clearSolver()  # the answer depends on nothing that was asked before
        return self._solve(costs, highspy.HighsVarType.kInteger)

    def _solve(self, costs: FloatArray, column_type: highspy.HighsVarType) -> Solution | None:
        columns = np.arange(self.n_columns, dtype=np.int32)
        self.solver.changeColsCost(self.n_columns, columns, costs)
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
