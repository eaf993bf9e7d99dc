"""Units from one edition to the next: the same unit under another number, and units that have become part of another.

Input: all cells and the published names of units, SECRET. Output: the canonical unit of each, and mergers. A guess, as
an attacker would make it: `equations` notes that mergers are no more than likely.

Worked example: June has hospitals A 3 and B 12, December has neither, and a new hospital D.
If D is called what A was, or has A's counts in at least three indicators and years and half of all, D is A renumbered.
If D has 15 where A and B had 3 and 12, and so in half of all counts, it is their merger: D = A + B.
If neither, A and B are gone and D is new.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from kvalreg.arrays import IntArray
from kvalreg.disclosure.cells import CellArrays
from kvalreg.inputs.units import Level

MIN_EQUAL_COUNTS = 3
"""Fewer equal counts are no sign that two series, or two units, are the same."""
MAX_MERGED_UNITS = 3
"""Units that are gone and have become part of one, at most."""


def unit_successors(
    cells: CellArrays, unit_names: dict[int, str]
) -> tuple[IntArray, tuple[tuple[int, tuple[int, ...]], ...]]:
    """Units that continue under another number, and those that have become part of another.

    Only units that are gone in the newest edition are looked at: one that is there under its own number is itself.
    """
    canonical_unit = np.arange(len(cells.unit_refs))
    mergers: list[tuple[int, tuple[int, ...]]] = []
    current_units = set(cells.unit[cells.edition == cells.newest_edition].tolist())
    earlier_units = set(cells.unit[cells.edition < cells.newest_edition].tolist())
    county = Level.COUNTY.value
    vanished_units = [unit for unit in sorted(earlier_units - current_units) if cells.unit_refs[unit][0] != county]
    new_units = [unit for unit in sorted(current_units - earlier_units) if cells.unit_refs[unit][0] != county]
    if not vanished_units:
        return canonical_unit, ()
    # 1. Renumbered: a new unit of the same level with the same name, or with the same counts.
    patients_by_unit = _patients_by_unit(cells)
    for vanished in vanished_units:
        same_level = [unit for unit in new_units if cells.unit_refs[unit][0] == cells.unit_refs[vanished][0]]
        same_name = [unit for unit in same_level if unit_names.get(unit) == unit_names.get(vanished)]
        matches = same_name or [
            unit
            for unit in same_level
            if _counts_agree(patients_by_unit[vanished][0], patients_by_unit[unit][1], MIN_EQUAL_COUNTS)
        ]
        if matches:
            canonical_unit[vanished] = matches[0]
    # 2. Merged: a unit whose counts are the sum of up to three that are gone, and of its own if it existed before.
    unmatched = [unit for unit in vanished_units if canonical_unit[unit] == unit]
    for successor in sorted(current_units):
        level = cells.unit_refs[successor][0]
        candidates = [unit for unit in unmatched if cells.unit_refs[unit][0] == level]
        existing = [successor] if successor in earlier_units else []
        for n_parts in range(1, MAX_MERGED_UNITS + 1):
            for parts in combinations(candidates, n_parts):
                predecessors = (*existing, *parts)
                if len(predecessors) > 1 and _counts_agree(
                    _summed_counts([patients_by_unit[unit][0] for unit in predecessors]),
                    patients_by_unit[successor][1],
                    1,
                ):
                    mergers.append((successor, predecessors))
    return canonical_unit, tuple(mergers)


_PatientsByKey = dict[tuple[int, int, int], int]
"""Patients by indicator, context and year."""


def _patients_by_unit(cells: CellArrays) -> dict[int, tuple[_PatientsByKey, _PatientsByKey]]:
    """Per unit: its patients in the newest earlier edition that has them, and in the newest edition."""
    patients_by_unit: dict[int, tuple[_PatientsByKey, _PatientsByKey]] = {
        unit_index: ({}, {}) for unit_index in range(len(cells.unit_refs))
    }
    order = np.argsort(cells.edition, kind="stable").tolist()
    columns = (cells.edition, cells.indicator, cells.context, cells.year, cells.unit, cells.n)
    edition, indicator, context, year, unit, n = (column.tolist() for column in columns)
    # From the oldest edition to the newest: a later count overwrites an earlier one.
    for cell in order:
        patients_by_unit[unit[cell]][int(edition[cell] == cells.newest_edition)][
            indicator[cell], context[cell], year[cell]
        ] = n[cell]
    return patients_by_unit


def _counts_agree(earlier: _PatientsByKey, current: _PatientsByKey, min_equal: int) -> bool:
    """Whether at least so many counts, and half of all they share, are equal."""
    shared_keys = earlier.keys() & current.keys()
    n_equal = sum(earlier[key] == current[key] > 0 for key in shared_keys)
    return n_equal >= min_equal and n_equal * 2 >= len(shared_keys)


def _summed_counts(parts: list[_PatientsByKey]) -> _PatientsByKey:
    shared_keys = set.intersection(*(set(part) for part in parts))
    return {key: sum(part[key] for part in parts) for key in shared_keys}
