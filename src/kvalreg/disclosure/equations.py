"""Every equation among the facts of a registry: sums, shares, coverages, mergers, periods, wholes and editions.

Comes in: cells, their links and the facts they print, SECRET. Goes out: `Equations`, each with how certain a reader is
of it, and each only where it truly holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from kvalreg.arrays import BoolArray, IntArray
from kvalreg.disclosure.cells import MISSING, CellArrays, PrintedPart
from kvalreg.disclosure.links import COMPLEMENT, NUMERATOR, PATIENTS, SeriesLinks
from kvalreg.disclosure.system import NO_SLACK, PUBLIC, EquationCertainty, EquationRole, Equations
from kvalreg.statistics.funnel import MIN_COVERAGE

_MIN_COVERAGE_FRACTION = Fraction(MIN_COVERAGE).limit_denominator(1000)


@dataclass(frozen=True, eq=False)
class Variables:
    """Facts with the cells that print them; `group` is per cell, and there are `groups` of them."""

    by_cell: IntArray
    value: IntArray
    is_public: BoolArray
    group_by_cell: IntArray
    n_groups: int


def cell_counts(cells: CellArrays) -> tuple[IntArray, IntArray, IntArray]:
    """Patients, numerators and misses, `NONE` where there are none."""
    return cells.n, cells.x, np.where(cells.x == MISSING, MISSING, cells.n - cells.x)


_EquationBatch = tuple[IntArray, IntArray, IntArray, IntArray, IntArray, IntArray]
"""Entries of each equation, their counts and factors, and the equations' rests, roles and certainty."""


class EquationBuilder:
    """Collects the equations, each once."""

    def __init__(self, cells: CellArrays, links: SeriesLinks, variables: Variables, group: IntArray) -> None:
        self.cells, self.links, self.variables, self.group = cells, links, variables, group
        self.counts = cell_counts(cells)
        self.batches: list[_EquationBatch] = []
        self.certainty = EquationCertainty.CERTAIN

    def build(self) -> Equations:
        """Every equation that holds, without those that hold nothing unknown."""
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

        A total that holds more than its parts, because rows were delivered for the unit itself, has a rest. A total
        below its parts, as computed values and unique patients have, is no sum.
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
        masks = [excess[PATIENTS] >= 0]
        has_outcome_slack = (excess[NUMERATOR] >= 0) & (excess[COMPLEMENT] >= 0)
        masks += [has_numerator & masks[0] & np.where(is_complete, excess[NUMERATOR] == 0, has_outcome_slack)] * 2
        for measure, mask in enumerate(masks):
            slack = np.where(is_complete, NO_SLACK, excess[measure])
            for role, selected in ((EquationRole.SUM, mask), (EquationRole.REDUNDANT, mask & is_complete)):
                if measure == COMPLEMENT:
                    selected = selected if role is EquationRole.REDUNDANT else mask & ~is_complete
                elif role is EquationRole.REDUNDANT:
                    continue
                self._add_sums(
                    measure,
                    total[selected],
                    parts[np.repeat(selected, lengths)],
                    lengths[selected],
                    slack[selected],
                    role,
                )

    def _add_sums(
        self, measure: int, total: IntArray, parts: IntArray, lengths: IntArray, slack: IntArray, role: EquationRole
    ) -> None:
        """Totals and their parts as equations, the total first."""
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
        """Patients = those with the outcome + those without."""
        variable_by_cell = self.variables.by_cell
        triples = np.unique(variable_by_cell[variable_by_cell[:, NUMERATOR] != MISSING], axis=0)
        size = len(triples)
        self._add(
            np.full(size, 3), triples.ravel(), np.tile([1, -1, -1], size), np.full(size, NO_SLACK), EquationRole.GENERAL
        )

    def _add_growth(self, later: IntArray, earlier: IntArray) -> None:
        """Registrations that come late only add: no count falls, as far as that is true."""
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
            selected = holds & (variable_by_cell[later, measure] != variable_by_cell[earlier, measure])
            ones = np.ones(int(selected.sum()), dtype=np.int64)
            self._add_sums(
                measure, later[selected], earlier[selected], ones, increases[measure][selected], EquationRole.SUM
            )

    def _add_exact_sum(
        self, total_cell: int, part_cells: Sequence[int], measures: Sequence[int] = (PATIENTS, NUMERATOR, COMPLEMENT)
    ) -> None:
        """A cell that is the sum of others, in every measure in which that is true; nobody has no cell."""
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
        """A cell and the same one of the edition before."""
        cells = self.cells
        if cells.current_edition == 0:
            return
        unit = self.links.canonical_unit[cells.unit]
        key = ((cells.indicator * 2 + cells.context) * 10_000 + cells.year) * len(cells.unit_refs) + unit
        order = np.lexsort((cells.edition, key))
        continues = (key[order][1:] == key[order][:-1]) & (cells.edition[order][1:] > cells.edition[order][:-1])
        self._add_growth(order[1:][continues], order[:-1][continues])

    def _add_mergers(self) -> None:
        """Units that have taken over others."""
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
        """A pooled period is the sum of its years, and a whole the sum of its parts."""
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
                        part_cells = [cell_by_key.get((part, context, year + offset, unit)) for part, offset in parts]
                        self._add_exact_sum(total_cell, [cell for cell in part_cells if cell is not None], measures)

    def _add_coverage_bounds(self) -> None:
        """A result that is shown tells that its coverage is not too low, also where that is suppressed."""
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
        """All of them, equal ones once, and none that is about public facts alone."""
        if not self.batches:
            empty = np.zeros(0, dtype=np.int64)
            return Equations(np.zeros(1, dtype=np.int64), empty, empty, empty, empty, empty)
        lengths, variable, coefficient, slack, role, certainty = (
            np.concatenate(columns) for columns in zip(*self.batches, strict=True)
        )
        row_start = np.concatenate([[0], np.cumsum(lengths)])
        equations = Equations(row_start, variable, coefficient, slack, role, certainty)
        hash_weights = np.random.default_rng(0).integers(1, 2**62, len(self.variables.value), dtype=np.uint64)
        hashed_entries = hash_weights[variable] * coefficient.astype(np.uint64)
        fingerprint = np.add.reduceat(hashed_entries, row_start[:-1]) * np.uint64(4) + role.astype(np.uint64)
        has_unknown = np.add.reduceat((self.group[variable] != PUBLIC).astype(np.int64), row_start[:-1]) > 0
        _, first_index = np.unique(fingerprint, return_index=True)
        selected = np.sort(first_index[has_unknown[first_index]])
        return equations.select(selected, np.arange(len(self.variables.value)))
