"""Every equation among the variables of a registry: over units, measures, coverages, mergers, periods and editions.

Input: cells, their links and the variables that they print, SECRET. Output: `Equations`, each with how certain an
attacker is of it.

Invariant: every equation holds for the true values. One that does not hold would make the attacker's system infeasible,
or exclude the true values, and a count could then seem safe that is not.

Worked example: HF 40 = A 3 + B 12 + C 25 with 8 = 1 + 3 + 4 of them with the outcome gives three sums,

    n:  n_HF - n_A - n_B - n_C = 0        x:  x_HF - x_A - x_B - x_C = 0        y:  the same of n - x (redundant)

and for each unit ``n - x - y = 0``. With 42 instead of 40 in the HF, because 2 patients were delivered for the HF
itself, the sum of n has a slack: ``n_HF - n_A - n_B - n_C - s = 0``, s = 2, of which the attacker knows s >= 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from kvalreg.arrays import BoolArray, IntArray
from kvalreg.disclosure.cells import MISSING, CellArrays, PrintedPart
from kvalreg.disclosure.links import COMPLEMENT, NUMERATOR, PATIENTS, SeriesLinks
from kvalreg.disclosure.system import NO_SLACK, PUBLIC, EquationCertainty, EquationRole, Equations
from kvalreg.statistics.funnel import MIN_COVERAGE

_MIN_COVERAGE_FRACTION = Fraction(MIN_COVERAGE).limit_denominator(1000)


@dataclass(frozen=True, eq=False)
class Variables:
    """The variables and the cells that print them: `by_cell` has shape (cells, 3), `value` shape (variables,)."""

    by_cell: IntArray
    value: IntArray
    is_public: BoolArray
    group_by_cell: IntArray
    n_groups: int


def cell_counts(cells: CellArrays) -> tuple[IntArray, IntArray, IntArray]:
    """Patients, numerators and complements (n - x) of each cell, `MISSING` where there are none."""
    return cells.n, cells.x, np.where(cells.x == MISSING, MISSING, cells.n - cells.x)


_EquationBatch = tuple[IntArray, IntArray, IntArray, IntArray, IntArray, IntArray]
"""The number of entries of each equation, the entries' variables and coefficients, and the equations' slacks, roles and
certainty."""


class _CellSums(NamedTuple):
    """Sums of cells in one measure: their totals, all parts one after the other, how many each has, and the slacks."""

    total: IntArray
    parts: IntArray
    lengths: IntArray
    slack: IntArray


class EquationBuilder:
    """Collects the equations, each once.

    Parameters
    ----------
    cells, links, variables
        What the equations are about.
    group
        Per variable: the group that prints it, or `PUBLIC`.
    """

    def __init__(self, cells: CellArrays, links: SeriesLinks, variables: Variables, group: IntArray) -> None:
        self.cells, self.links, self.variables, self.group = cells, links, variables, group
        self.counts = cell_counts(cells)
        self.batches: list[_EquationBatch] = []
        self.certainty = EquationCertainty.CERTAIN

    def build(self) -> Equations:
        """Every equation that holds and has a variable that is not public."""
        # From what an attacker knows for certain to what it can only assume: `_add` notes the certainty.
        for table_cells in self.cells.tables:
            self._add_unit_sums(table_cells)
        self._add_complements()
        self._add_coverage_bounds()
        self.certainty = EquationCertainty.LIKELY
        self._add_mergers()
        self._add_indicator_sums()
        self.certainty = EquationCertainty.ASSUMED
        self._add_edition_growth()
        return self._deduplicate()

    def _add(
        self, lengths: IntArray, variable: IntArray, coefficient: IntArray, slack: IntArray, role: EquationRole
    ) -> None:
        if len(lengths):
            roles = np.full(len(lengths), role, dtype=np.int64)
            self.batches.append((lengths, variable, coefficient, slack, roles, np.full(len(lengths), self.certainty)))

    def _add_unit_sums(self, table_cells: IntArray) -> None:
        """Hospital -> HF -> RHF -> nation, and hospital -> county.

        A total above its parts, because rows were delivered for the unit itself, has a slack. A total below its parts,
        as computed values and unique patients have, is no sum.
        """
        cells = self.cells
        sums = cells.trees[cells.edition[table_cells[0]]].sums(cells.unit[table_cells].tolist())
        if not sums:
            return
        total = table_cells[[relation.total for relation in sums]]
        parts = table_cells[[part for relation in sums for part in relation.parts]]
        lengths = np.array([len(relation.parts) for relation in sums])
        row_start = np.concatenate([[0], np.cumsum(lengths)])[:-1]
        has_numerator = (cells.x[total] != MISSING) & (np.minimum.reduceat(cells.x[parts], row_start) != MISSING)
        excess = [counts[total] - np.add.reduceat(counts[parts], row_start) for counts in self.counts]
        is_complete = excess[PATIENTS] == 0
        patients_hold = excess[PATIENTS] >= 0
        has_outcome_slack = (excess[NUMERATOR] >= 0) & (excess[COMPLEMENT] >= 0)
        outcome_holds = has_numerator & patients_hold
        outcome_holds &= np.where(is_complete, excess[NUMERATOR] == 0, has_outcome_slack)
        # Complete sums of complements follow from those of patients and numerators: they are redundant to a program.
        for measure, role, selected in (
            (PATIENTS, EquationRole.SUM, patients_hold),
            (NUMERATOR, EquationRole.SUM, outcome_holds),
            (COMPLEMENT, EquationRole.SUM, outcome_holds & ~is_complete),
            (COMPLEMENT, EquationRole.REDUNDANT, outcome_holds & is_complete),
        ):
            slack = np.where(is_complete, NO_SLACK, excess[measure])
            selected_parts = parts[np.repeat(selected, lengths)]
            relations = _CellSums(total[selected], selected_parts, lengths[selected], slack[selected])
            self._add_sums(measure, relations, role)

    def _add_sums(self, measure: int, sums: _CellSums, role: EquationRole = EquationRole.SUM) -> None:
        """Totals and their parts as equations of one measure, the total first."""
        total, parts, lengths, slack = sums
        if not len(total):
            return
        row_ends = np.cumsum(lengths + 1)
        row_starts = row_ends - lengths - 1
        variable = np.empty(int(row_ends[-1]), dtype=np.int64)
        coefficient = np.full(len(variable), -1, dtype=np.int64)
        is_total = np.zeros(len(variable), dtype=np.bool_)
        is_total[row_starts] = True
        variable[is_total], variable[~is_total] = (
            self.variables.by_cell[total, measure],
            self.variables.by_cell[parts, measure],
        )
        coefficient[is_total] = 1
        self._add(lengths + 1, variable, coefficient, slack, role)

    def _add_complements(self) -> None:
        """Patients = those with the outcome + those without; cells with the same three variables give one equation."""
        variable_by_cell = self.variables.by_cell
        triples = np.unique(variable_by_cell[variable_by_cell[:, NUMERATOR] != MISSING], axis=0)
        size = len(triples)
        self._add(
            np.full(size, 3), triples.ravel(), np.tile([1, -1, -1], size), np.full(size, NO_SLACK), EquationRole.GENERAL
        )

    def _add_growth(self, later: IntArray, earlier: IntArray) -> None:
        """Late registrations only add: ``later = earlier + slack``, where that is true."""
        variable_by_cell = self.variables.by_cell
        increases = [counts[later] - counts[earlier] for counts in self.counts]
        has_numerator = (variable_by_cell[later, NUMERATOR] != MISSING) & (
            variable_by_cell[earlier, NUMERATOR] != MISSING
        )
        outcome_holds = has_numerator & (increases[NUMERATOR] >= 0) & (increases[COMPLEMENT] >= 0)
        for measure, holds in (
            (PATIENTS, increases[PATIENTS] >= 0),
            (NUMERATOR, outcome_holds),
            (COMPLEMENT, outcome_holds),
        ):
            # An unchanged count is the same variable in both editions, and needs no equation.
            selected = holds & (variable_by_cell[later, measure] != variable_by_cell[earlier, measure])
            lengths = np.ones(int(selected.sum()), dtype=np.int64)
            slack = increases[measure][selected]
            self._add_sums(measure, _CellSums(later[selected], earlier[selected], lengths, slack))

    def _add_exact_sum(
        self, total_cell: int, part_cells: Sequence[int], measures: Sequence[int] = (PATIENTS, NUMERATOR, COMPLEMENT)
    ) -> None:
        """A cell that is the sum of others, in every measure in which that is true."""
        variable_by_cell, value = self.variables.by_cell, self.variables.value
        for measure in measures:
            total = int(variable_by_cell[total_cell, measure])
            parts = [int(variable_by_cell[cell, measure]) for cell in part_cells]
            if total == MISSING or MISSING in parts or sum(int(value[part]) for part in parts) != value[total]:
                continue
            if total not in parts and parts and len(set(parts)) == len(parts):
                variables = np.array([total, *parts])
                coefficients = np.array([1, *[-1] * len(parts)])
                self._add(np.array([len(variables)]), variables, coefficients, np.array([NO_SLACK]), EquationRole.SUM)

    def _add_edition_growth(self) -> None:
        """Each cell and the same one of the newest earlier edition that has it."""
        cells = self.cells
        if cells.current_edition == 0:
            return
        unit = self.links.canonical_unit[cells.unit]
        key = ((cells.indicator * 2 + cells.context) * 10_000 + cells.year) * len(cells.unit_refs) + unit
        # Sorted by key and then edition, a cell and its predecessor are neighbours.
        order = np.lexsort((cells.edition, key))
        continues = (key[order][1:] == key[order][:-1]) & (cells.edition[order][1:] > cells.edition[order][:-1])
        self._add_growth(order[1:][continues], order[:-1][continues])

    def _add_mergers(self) -> None:
        """Units that have taken over others: in the newest edition the successor has what these had before.

        Worked example: June has A 3 and B 12; in December they are AB with 15. ``AB - A - B = 0``, so who sees AB and B
        knows A.
        """
        cells = self.cells
        for successor, predecessors in self.links.mergers:
            merged_cells = [
                np.flatnonzero((cells.unit == predecessor) & (cells.edition < cells.newest_edition))
                for predecessor in predecessors
            ]
            earlier = [self._cell_by_key(indices) for indices in merged_cells]
            current = self._cell_by_key(
                np.flatnonzero((cells.unit == successor) & (cells.edition == cells.newest_edition))
            )
            for key, total_cell in current.items():
                if all(key in cell_by_key for cell_by_key in earlier):
                    self._add_exact_sum(total_cell, [cell_by_key[key] for cell_by_key in earlier])

    def _cell_by_key(self, indices: IntArray) -> dict[tuple[int, int, int], int]:
        """The newest of these cells of each indicator, context and year."""
        cells = self.cells
        indices = indices[np.argsort(cells.edition[indices], kind="stable")]
        key_columns = (cells.indicator[indices], cells.context[indices], cells.year[indices])
        return dict(zip(zip(*(column.tolist() for column in key_columns), strict=True), indices.tolist(), strict=True))

    def _add_indicator_sums(self) -> None:
        """A pooled period is the sum of its years, and an indicator may be the sum of others (quarters, age groups)."""
        links = self.links
        all_measures: tuple[int, ...] = (PATIENTS, NUMERATOR, COMPLEMENT)
        sums = [
            (period.indicator, [(period.annual_indicator, -offset) for offset in range(period.n_years)], all_measures)
            for period in links.pooled_periods
        ]
        for indicator_sum in links.indicator_sums:
            measures = all_measures if indicator_sum.includes_numerators else (PATIENTS,)
            sums.append((indicator_sum.indicator, [(part, 0) for part in indicator_sum.parts], measures))
        if not sums:
            return
        cells = self.cells
        key_columns = (cells.indicator, cells.context, cells.year, cells.unit)
        for edition in range(cells.current_edition + 1):
            edition_cells = np.flatnonzero(cells.edition == edition)
            key_lists = [column[edition_cells].tolist() for column in key_columns]
            cell_by_key = dict(zip(zip(*key_lists, strict=True), edition_cells.tolist(), strict=True))
            for total_indicator, parts, measures in sums:
                for (indicator, context, year, unit), total_cell in cell_by_key.items():
                    if indicator == total_indicator:
                        # A part without a cell has 0 patients, and is left out of the sum.
                        part_cells = [cell_by_key.get((part, context, year + offset, unit)) for part, offset in parts]
                        self._add_exact_sum(total_cell, [cell for cell in part_cells if cell is not None], measures)

    def _add_coverage_bounds(self) -> None:
        """A published result implies that its coverage is high enough, also where the coverage is suppressed.

        Worked example: 60 % is 3/5, so ``5 x - 3 n - s = 0`` with s >= 0. Of a suppressed coverage with 4 patients, x
        is at least 12/5, that is 3 or 4.
        """
        cells, variables = self.cells, self.variables
        shown_cells = np.flatnonzero(
            cells.is_candidate & (cells.printed_part == PrintedPart.ALL) & (cells.coverage >= 0)
        )
        coverage_cells = cells.coverage[shown_cells]
        is_separate = (
            (cells.x[coverage_cells] != MISSING)
            & cells.is_candidate[coverage_cells]
            & (variables.group_by_cell[coverage_cells] != variables.group_by_cell[shown_cells])
        )
        coverage_cells = np.unique(coverage_cells[is_separate])
        slack = (
            _MIN_COVERAGE_FRACTION.denominator * cells.x[coverage_cells]
            - _MIN_COVERAGE_FRACTION.numerator * cells.n[coverage_cells]
        )
        coverage_cells, slack = coverage_cells[slack >= 0], slack[slack >= 0]
        variable = variables.by_cell[coverage_cells][:, [NUMERATOR, PATIENTS]].ravel()
        coefficient = np.tile(
            [_MIN_COVERAGE_FRACTION.denominator, -_MIN_COVERAGE_FRACTION.numerator], len(coverage_cells)
        )
        self._add(np.full(len(coverage_cells), 2), variable, coefficient, slack, EquationRole.GENERAL)

    def _deduplicate(self) -> Equations:
        """All equations, equal ones once, and none among public variables alone."""
        if not self.batches:
            empty = np.zeros(0, dtype=np.int64)
            return Equations(np.zeros(1, dtype=np.int64), empty, empty, empty, empty, empty)
        lengths, variable, coefficient, slack, role, certainty = (
            np.concatenate(columns) for columns in zip(*self.batches, strict=True)
        )
        row_start = np.concatenate([[0], np.cumsum(lengths)])
        equations = Equations(row_start, variable, coefficient, slack, role, certainty)
        # Two equations are equal if they have the same role and the same entries, in any order. Their fingerprint is a
        # sum of random 62-bit weights: the chance that any two of a million differ and collide is about 10⁻⁷.
        hash_weights = np.random.default_rng(0).integers(1, 2**62, len(self.variables.value), dtype=np.uint64)
        hashed_entries = hash_weights[variable] * coefficient.astype(np.uint64)
        fingerprint = np.add.reduceat(hashed_entries, row_start[:-1]) * np.uint64(4) + role.astype(np.uint64)
        has_unknown = np.add.reduceat((self.group[variable] != PUBLIC).astype(np.int64), row_start[:-1]) > 0
        _, first_index = np.unique(fingerprint, return_index=True)
        selected = np.sort(first_index[has_unknown[first_index]])
        return equations.select(selected, np.arange(len(self.variables.value)))
