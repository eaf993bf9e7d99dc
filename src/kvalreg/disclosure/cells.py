"""Every cell of a registry in every edition, as arrays: its true counts, and what was published of it.

Input: the cells of the current edition, and the ledger's earlier editions. Output: one `CellArrays`, SECRET. It decides
nothing. Units are numbered over all editions by their reference, level and orgnr; which of them are the same unit under
another number is for `links`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from enum import IntEnum
from functools import cached_property

import numpy as np
import pandas as pd

from kvalreg.arrays import BoolArray, IntArray
from kvalreg.disclosure.ledger import Edition, LedgerState
from kvalreg.disclosure.relations import Sum, sums_from_groups, sums_from_tree
from kvalreg.inputs.units import Level, Units

CONTEXTS = ("caregiver", "resident")
MISSING = -1
"""In place of a numerator, or of any other index: the cell has none."""
_LEVEL_HEIGHT = {Level.HOSPITAL: 0, Level.HF: 1, Level.COUNTY: 1, Level.RHF: 2, Level.NATION: 3}
UnitRef = tuple[str, str]
"""A unit, by its level and orgnr; a county's orgnr is its name."""


class PrintedPart(IntEnum):
    """What of a cell is printed."""

    NOTHING = 0
    PATIENTS = 1
    """Its number of patients: it is not reliable."""
    ALL = 2


@dataclass(frozen=True, eq=False)
class CellRequirements:
    """The requirements of each cell of the current edition; shape (cells,).

    Parameters
    ----------
    is_candidate
        It can be published, or suppressed with a mark; of other cells nothing is printed.
    printed_part
        What of it is printed where it is not suppressed (`PrintedPart`).
    primary
        Primary suppression.
    minimum
        Its `secret_below`.
    coverage
        The index of the cell that holds its coverage, or -1.
    """

    is_candidate: BoolArray
    printed_part: IntArray
    primary: BoolArray
    minimum: IntArray
    coverage: IntArray


@dataclass(frozen=True, eq=False)
class CellArrays:
    """All cells, edition by edition, the current one last; all arrays have shape (cells,). SECRET.

    Parameters
    ----------
    ind_ids, unit_refs
        What the numbers in `indicator` and `unit` stand for.
    trees
        Per edition: its units.
    edition, indicator, context, year, unit
        The key of a cell.
    n, x
        Patients, and those of them with the outcome (`MISSING` without one), at most n.
    is_candidate, printed_part, primary, minimum, coverage
        As in `CellRequirements`; no cell of an earlier edition is a candidate.
    is_marked
        Suppressed with a mark in its edition; never of the current edition, of which nothing is decided yet.
    is_nation
        Whether it is the nation's.
    """

    ind_ids: tuple[str, ...]
    unit_refs: tuple[UnitRef, ...]
    trees: tuple[UnitTree, ...]
    edition: IntArray = field(repr=False)
    indicator: IntArray = field(repr=False)
    context: IntArray = field(repr=False)
    year: IntArray = field(repr=False)
    unit: IntArray = field(repr=False)
    n: IntArray = field(repr=False)
    x: IntArray = field(repr=False)
    is_candidate: BoolArray = field(repr=False)
    printed_part: IntArray = field(repr=False)
    primary: BoolArray = field(repr=False)
    minimum: IntArray = field(repr=False)
    coverage: IntArray = field(repr=False)
    is_marked: BoolArray = field(repr=False)
    is_nation: BoolArray = field(repr=False)

    @property
    def current_edition(self) -> int:
        """The number of the current edition."""
        return len(self.trees) - 1

    @property
    def newest_edition(self) -> int:
        """The number of the newest edition with any cell: an earlier one where the current edition has none."""
        return int(self.edition.max(initial=0))

    @cached_property
    def tables(self) -> list[IntArray]:
        """The cells of each edition, indicator, context and year."""
        key = ((self.edition * len(self.ind_ids) + self.indicator) * 2 + self.context) * 10_000 + self.year
        order = np.argsort(key, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(key[order])) + 1)

    def concatenate(self, others: CellArrays) -> CellArrays:
        """These cells, followed by others."""
        arrays = {
            attribute.name: np.concatenate([getattr(self, attribute.name), getattr(others, attribute.name)])
            for attribute in fields(self)
            if isinstance(getattr(self, attribute.name), np.ndarray)
        }
        return CellArrays(self.ind_ids, self.unit_refs, self.trees, **arrays)


@dataclass(frozen=True, eq=False)
class UnitTree:
    """The units of an edition, by the numbers that they have over all editions.

    Parameters
    ----------
    parent
        Per unit: its parent, or -1; a unit that the edition does not have is without a parent.
    county
        Per unit: its county, or -1.
    """

    parent: list[int]
    county: list[int]

    def sums(self, units: Sequence[int]) -> list[Sum]:
        """The sums among the cells of these units, by their position."""
        cell_by_unit = [-1] * len(self.parent)
        for index, unit in enumerate(units):
            cell_by_unit[unit] = index
        county_by_cell = [self.county[unit] for unit in units]
        return [*sums_from_tree(self.parent, cell_by_unit), *sums_from_groups(county_by_cell, cell_by_unit)]


def collect_cells(
    table: pd.DataFrame, requirements: CellRequirements, units: Units, editions: Sequence[Edition], default_minimum: int
) -> CellArrays:
    """All cells as arrays.

    Parameters
    ----------
    table
        The cells of the current edition: ``ind_id context year level orgnr n x``.
    requirements
        Of each of them.
    units
        The tree whose sums are published.
    editions
        What was published before, oldest first.
    default_minimum
        ``secret_below`` where an earlier edition's indicator is no longer known.
    """
    # Earlier editions first, oldest first, and the current one last.
    columns = ["ind_id", "context", "year", "level", "orgnr", "n", "x"]
    frames = [pd.DataFrame(past_edition.secret)[columns] for past_edition in editions] + [pd.DataFrame(table)[columns]]
    all_cells = pd.concat(frames, ignore_index=True)
    sizes = [len(frame) for frame in frames]
    edition = np.repeat(np.arange(len(frames)), sizes)
    states = np.concatenate(
        [past_edition.secret["state"].to_numpy(dtype=object) for past_edition in editions] or [np.zeros(0, object)]
    )
    n_earlier = len(states)
    # Indicators and units are numbered over all editions, so that equal numbers mean the same.
    indicator, ind_ids = pd.factorize(all_cells["ind_id"], sort=True)
    all_units = [*(past_edition.units for past_edition in editions), units]
    unit, unit_refs = _unit_indices(all_units, frames)
    minimum_by_indicator = dict(zip(table["ind_id"], requirements.minimum.tolist(), strict=True))
    all_minimums = [minimum_by_indicator.get(ind_id, default_minimum) for ind_id in all_cells["ind_id"].tolist()]
    earlier_parts = [_PRINTED_PART_BY_STATE.get(state, PrintedPart.NOTHING) for state in states]
    coverage = np.where(requirements.coverage >= 0, requirements.coverage + n_earlier, MISSING)
    all_false = np.zeros(n_earlier, dtype=np.bool_)
    cells = CellArrays(
        ind_ids=tuple(str(ind_id) for ind_id in ind_ids),
        unit_refs=unit_refs,
        trees=tuple(_unit_tree(edition_units, unit_refs) for edition_units in all_units),
        edition=edition,
        indicator=indicator.astype(np.int64),
        context=(all_cells["context"] == CONTEXTS[1]).to_numpy(dtype=bool).astype(np.int64),
        year=all_cells["year"].to_numpy(np.int64),
        unit=unit,
        n=np.rint(all_cells["n"].to_numpy(float)).astype(np.int64),
        x=np.rint(all_cells["x"].fillna(MISSING).to_numpy(float)).astype(np.int64),
        is_candidate=np.concatenate([all_false, requirements.is_candidate]),
        printed_part=np.concatenate([np.array(earlier_parts, dtype=np.int64), requirements.printed_part]),
        primary=np.concatenate([all_false, requirements.primary]),
        minimum=np.array(all_minimums, dtype=np.int64),
        coverage=np.concatenate([np.full(n_earlier, MISSING), coverage]),
        is_marked=np.concatenate([states == LedgerState.HIDDEN.value, np.zeros(len(table), dtype=np.bool_)]),
        is_nation=(all_cells["level"] == Level.NATION.value).to_numpy(dtype=bool),
    )
    _fill_zero_numerators(cells)
    _cap_numerators(cells)
    return cells


_PRINTED_PART_BY_STATE = {
    LedgerState.SHOWN.value: PrintedPart.ALL,
    LedgerState.NOT_RELIABLE.value: PrintedPart.PATIENTS,
}


def _fill_zero_numerators(cells: CellArrays) -> None:
    """Of 0 patients, 0 have the outcome, wherever the indicator counts an outcome at all."""
    has_numerator = np.zeros(len(cells.ind_ids), dtype=np.bool_)
    has_numerator[cells.indicator[cells.x != MISSING]] = True
    cells.x[(cells.x == MISSING) & (cells.n == 0) & has_numerator[cells.indicator]] = 0


def _unit_indices(
    units_by_edition: Sequence[Units], frames: Sequence[pd.DataFrame]
) -> tuple[IntArray, tuple[UnitRef, ...]]:
    """The number of each cell's unit, and the references of all units.

    They are those of all editions' trees and counties, and those of cells: a unit that is gone keeps its number.
    """
    keys = [pd.MultiIndex.from_frame(frame[["level", "orgnr"]].astype(str)) for frame in frames]
    all_refs = [(unit.level.value, unit.orgnr) for edition_units in units_by_edition for unit in edition_units]
    all_refs += [
        (Level.COUNTY.value, county) for edition_units in units_by_edition for county in edition_units.counties
    ]
    # A dict keeps the order of first appearance, so that numbers do not depend on hashes.
    known_refs = dict.fromkeys(all_refs)
    for key in keys:
        known_refs |= dict.fromkeys(key.unique().tolist())
    unit_refs = tuple(known_refs)
    ref_index = pd.MultiIndex.from_tuples(unit_refs)
    return np.concatenate([ref_index.get_indexer(key) for key in keys]).astype(np.int64), unit_refs


def _unit_tree(units: Units, unit_refs: tuple[UnitRef, ...]) -> UnitTree:
    index_by_ref = {ref: index for index, ref in enumerate(unit_refs)}
    parent, county = [-1] * len(unit_refs), [-1] * len(unit_refs)
    level_by_orgnr = {unit.orgnr: unit.level.value for unit in units}
    for unit in units:
        index = index_by_ref[unit.level.value, unit.orgnr]
        if unit.parent is not None:
            parent[index] = index_by_ref[level_by_orgnr[unit.parent], unit.parent]
        if unit.level is Level.HOSPITAL and unit.county is not None:
            county[index] = index_by_ref[Level.COUNTY.value, unit.county]
    return UnitTree(parent, county)


def _cap_numerators(cells: CellArrays) -> None:
    """Numerators no greater than their denominators, and totals lowered with their parts.

    An impossible numerator is suppressed itself; its siblings' numerators are still protected, as if it were its n.
    Without this the sums of numerators would contradict ``x <= n``, and the attack would have no solution at all.
    """
    if (cells.x <= cells.n).all():
        return
    for table_cells in cells.tables:
        n, x = cells.n[table_cells], cells.x[table_cells]
        if (x <= n).all():
            continue
        # From the bottom up, each total is the sum of its capped parts, and what it has beyond its parts.
        capped = np.minimum(x, n)
        sums = cells.trees[cells.edition[table_cells[0]]].sums(cells.unit[table_cells].tolist())
        heights = [_LEVEL_HEIGHT[Level(cells.unit_refs[unit][0])] for unit in cells.unit[table_cells].tolist()]
        for relation in sorted(sums, key=lambda relation: heights[relation.total]):
            parts = list(relation.parts)
            excess = min(x[relation.total] - x[parts].sum(), n[relation.total] - n[parts].sum())
            capped[relation.total] = capped[parts].sum() + max(0, excess)
        cells.x[table_cells] = capped
