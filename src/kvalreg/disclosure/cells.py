"""Every cell of a registry in every edition, as arrays: what we know of it, and what readers have been shown.

Comes in: the cells of the edition that is being made, and the ledger's editions. Goes out: one `Cells`, SECRET. It
decides nothing, and owns how a unit that has got another number is recognised: as the same *place*.
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
"""In place of a numerator: the cell has none."""
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
    """What is decided beforehand of each cell of the edition that is being made; shape (cells,).

    Parameters
    ----------
    candidate
        It can be shown, or suppressed with a mark; of other cells nothing is printed.
    prints
        What of it is printed where it is not suppressed (`Print`).
    primary
        It must be suppressed.
    minimum
        Its `secret_below`.
    coverage
        The number of the cell that holds its coverage, or -1.
    """

    is_candidate: BoolArray
    printed_part: IntArray
    primary: BoolArray
    minimum: IntArray
    coverage: IntArray


@dataclass(frozen=True, eq=False)
class CellArrays:
    """All cells, edition by edition, the one that is being made last; all arrays have shape (cells,). SECRET.

    Parameters
    ----------
    ind_ids, places
        What the numbers in `indicator` and `place` stand for.
    trees
        Per edition: the sums over units.
    edition, indicator, context, year, place
        What names a cell.
    n, x
        Patients, and those of them with the outcome (`NONE` without one), at most n.
    candidate, prints, primary, minimum, coverage
        As in `Now`; no cell of an earlier edition is a candidate.
    marked
        Suppressed with a mark in its edition; of the edition that is being made nothing is decided yet.
    nation
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
        """The number of the edition that is being made."""
        return len(self.trees) - 1

    @property
    def newest_edition(self) -> int:
        """The number of the newest edition with any cell."""
        return int(self.edition.max(initial=0))

    @cached_property
    def tables(self) -> list[IntArray]:
        """The cells of each edition, indicator, context and year."""
        key = ((self.edition * len(self.ind_ids) + self.indicator) * 2 + self.context) * 10_000 + self.year
        order = np.argsort(key, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(key[order])) + 1)

    def concatenate(self, others: CellArrays) -> CellArrays:
        """These cells and further ones behind them."""
        arrays = {
            attribute.name: np.concatenate([getattr(self, attribute.name), getattr(others, attribute.name)])
            for attribute in fields(self)
            if isinstance(getattr(self, attribute.name), np.ndarray)
        }
        return CellArrays(self.ind_ids, self.unit_refs, self.trees, **arrays)


@dataclass(frozen=True, eq=False)
class UnitTree:
    """The units of an edition as places.

    Parameters
    ----------
    parent
        Per place: the place above, or -1; of a place that the edition does not have as well.
    county
        Per place: its county's place, or -1.
    there
        Per place: whether the edition has it.
    """

    parent: list[int]
    county: list[int]
    is_present: list[bool]

    def sums(self, units: Sequence[int]) -> list[Sum]:
        """The sums among the cells at these places, by their position."""
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
        The cells of the edition that is being made: ``ind_id context year level orgnr n x``.
    now
        What is decided of them beforehand.
    units
        The tree whose sums are published.
    editions
        What readers have seen, oldest first.
    default
        ``secret_below`` where an earlier edition's indicator is no longer known.
    """
    columns = ["ind_id", "context", "year", "level", "orgnr", "n", "x"]
    frames = [pd.DataFrame(past_edition.secret)[columns] for past_edition in editions] + [pd.DataFrame(table)[columns]]
    all_cells = pd.concat(frames, ignore_index=True)
    sizes = [len(frame) for frame in frames]
    edition = np.repeat(np.arange(len(frames)), sizes)
    states = np.concatenate(
        [past_edition.secret["state"].to_numpy(dtype=object) for past_edition in editions] or [np.zeros(0, object)]
    )
    n_earlier = len(states)
    indicator, ind_ids = pd.factorize(all_cells["ind_id"], sort=True)
    unit, unit_refs = _unit_indices([*(past_edition.units for past_edition in editions), units], frames)
    context = (all_cells["context"] == CONTEXTS[1]).to_numpy(dtype=bool).astype(np.int64)
    is_nation = (all_cells["level"] == Level.NATION.value).to_numpy(dtype=bool)
    n = np.rint(all_cells["n"].to_numpy(float)).astype(np.int64)
    x = np.rint(all_cells["x"].fillna(MISSING).to_numpy(float)).astype(np.int64)
    minimum_by_indicator = {
        ind_id: int(minimum) for ind_id, minimum in zip(table["ind_id"], requirements.minimum.tolist(), strict=True)
    }
    printed_part_by_state = {
        LedgerState.SHOWN.value: PrintedPart.ALL,
        LedgerState.NOT_RELIABLE.value: PrintedPart.PATIENTS,
    }
    missing, all_false = np.full(n_earlier, MISSING), np.zeros(n_earlier, dtype=np.bool_)
    cells = CellArrays(
        ind_ids=tuple(str(ind_id) for ind_id in ind_ids),
        unit_refs=unit_refs,
        trees=tuple(
            _unit_tree(edition_units, unit_refs)
            for edition_units in [*(past_edition.units for past_edition in editions), units]
        ),
        edition=edition,
        indicator=indicator.astype(np.int64),
        context=context,
        year=all_cells["year"].to_numpy(np.int64),
        unit=unit,
        n=n,
        x=x,
        is_candidate=np.concatenate([all_false, requirements.is_candidate]),
        printed_part=np.concatenate(
            [
                np.array([printed_part_by_state.get(state, PrintedPart.NOTHING) for state in states], dtype=np.int64),
                requirements.printed_part,
            ]
        ),
        primary=np.concatenate([all_false, requirements.primary]),
        minimum=np.array(
            [minimum_by_indicator.get(ind_id, default_minimum) for ind_id in all_cells["ind_id"].tolist()],
            dtype=np.int64,
        ),
        coverage=np.concatenate(
            [missing, np.where(requirements.coverage >= 0, requirements.coverage + n_earlier, MISSING)]
        ),
        is_marked=np.concatenate([states == LedgerState.HIDDEN.value, np.zeros(len(table), dtype=np.bool_)]),
        is_nation=is_nation,
    )
    has_numerator = np.zeros(len(ind_ids), dtype=np.bool_)
    has_numerator[cells.indicator[x != MISSING]] = True
    cells.x[(x == MISSING) & (n == 0) & has_numerator[cells.indicator]] = 0  # of nobody nobody has the outcome
    _cap_numerators(cells)
    return cells


def _unit_indices(
    units_by_edition: Sequence[Units], frames: Sequence[pd.DataFrame]
) -> tuple[IntArray, tuple[UnitRef, ...]]:
    """The place of each cell, and all places. A unit of an earlier edition that is gone stays a place of its own."""
    keys = [pd.MultiIndex.from_frame(frame[["level", "orgnr"]].astype(str)) for frame in frames]
    all_refs = [(unit.level.value, unit.orgnr) for edition_units in units_by_edition for unit in edition_units]
    all_refs += [
        (Level.COUNTY.value, county) for edition_units in units_by_edition for county in edition_units.counties
    ]
    known_refs = dict.fromkeys(all_refs)
    for key in keys:
        known_refs |= dict.fromkeys(key.unique().tolist())
    unit_refs = tuple(known_refs)
    ref_index = pd.MultiIndex.from_tuples(unit_refs)
    return np.concatenate([ref_index.get_indexer(key) for key in keys]).astype(np.int64), unit_refs


def _unit_tree(units: Units, unit_refs: tuple[UnitRef, ...]) -> UnitTree:
    index_by_ref = {ref: index for index, ref in enumerate(unit_refs)}
    parent, county, is_present = [-1] * len(unit_refs), [-1] * len(unit_refs), [False] * len(unit_refs)
    level_by_orgnr = {unit.orgnr: unit.level.value for unit in units}
    for unit in units:
        index = index_by_ref[unit.level.value, unit.orgnr]
        is_present[index] = True
        if unit.parent is not None:
            parent[index] = index_by_ref[level_by_orgnr[unit.parent], unit.parent]
        if unit.level is Level.HOSPITAL and unit.county is not None:
            county[index] = index_by_ref[Level.COUNTY.value, unit.county]
    return UnitTree(parent, county, is_present)


def _cap_numerators(cells: CellArrays) -> None:
    """Numerators no greater than their denominators, and totals lowered with their parts.

    A faulty numerator is suppressed itself; its siblings' numerators are still protected as if it were possible.
    """
    if (cells.x <= cells.n).all():
        return
    for table_cells in cells.tables:
        n, x = cells.n[table_cells], cells.x[table_cells]
        if (x <= n).all():
            continue
        capped = np.minimum(x, n)
        sums = cells.trees[cells.edition[table_cells[0]]].sums(cells.unit[table_cells].tolist())
        heights = [_LEVEL_HEIGHT[Level(cells.unit_refs[unit][0])] for unit in cells.unit[table_cells].tolist()]
        for relation in sorted(sums, key=lambda relation: heights[relation.total]):
            parts = list(relation.parts)
            excess = min(x[relation.total] - x[parts].sum(), n[relation.total] - n[parts].sum())
            capped[relation.total] = capped[parts].sum() + max(0, excess)
        cells.x[table_cells] = capped
