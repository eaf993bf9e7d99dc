"""What a reader knows of several numbers together, as relations of a `Program`.

Input: `Facts`. The sums of the tree, numerator and misses, coverage beside results, marks, pooled years, wholes of
several parts, units that were merged or split, and registrations that only add.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attacker_cells import LOW, SECRET, spread
from attacker_columns import Column
from attacker_facts import INFINITE, Facts
from attacker_sums import Sum, sums_of
from attacker_units import places_of, unions


def relate(facts: Facts) -> None:
    """Add every relation that the attacker knows or supposes."""
    _parts_of_cells(facts)
    _sums(facts)
    _coverage(facts)
    if facts.supposed.sums_over_time:
        _wholes(facts)
        _unions(facts)
    if facts.supposed.only_add:
        _additions(facts)
    if facts.supposed.one_below:
        _one_is_small(facts, facts.supposed.one_below)


def _parts_of_cells(facts: Facts) -> None:
    """Patients are those counted in the numerator and the others."""
    for column, name in enumerate(facts.columns.names):
        if name.kind == "x":
            n, y = facts.row[name._replace(kind="n")], facts.row[name._replace(kind="y")]
            for place in np.flatnonzero(facts.columns.there[column]).tolist():
                facts.whole((n, place), [(column, place), (y, place)])


def _sums(facts: Facts) -> None:
    for column, name in enumerate(facts.columns.names):
        if name.kind != "y":
            found = list(sums_of(facts.columns, column, facts.editions[name.edition], facts.named[name.edition]))
            for one in _holding(facts, column, found):
                most = 0.0 if one.complete else INFINITE
                facts.whole((column, one.total), [(column, part) for part in one.parts], most)


def _holding(facts: Facts, column: int, sums: Sequence[Sum]) -> list[Sum]:
    """The sums that hold: with the oracle those that truly do, else those that the shown numbers do not break.

    A numerator is complete where its patients are: with patients of its own, an HF may have some with the outcome.
    """
    numbers = facts.columns.shown if facts.truth is None else facts.truth
    patients = facts.row[facts.columns.names[column]._replace(kind="n")]
    rests = [
        [numbers[row, one.total] - numbers[row, list(one.parts)].sum() for row in (column, patients)] for one in sums
    ]
    told = list(zip(sums, rests, strict=True))
    if facts.truth is None:
        broken = {one.group for one, rest in told if rest[0] < 0}
        return [
            one._replace(complete=not any(one > 0 for one in rest)) for one, rest in told if one.group not in broken
        ]
    return [one._replace(complete=bool(rest[1] == 0)) for one, rest in told if min(rest) >= 0]


def _wholes(facts: Facts) -> None:
    """Pooled years and their years, and indicators that are the sum of others."""
    columns = facts.columns
    for whole in facts.read.sums():
        moved = [columns.moved[back].tolist() for _, back in whole.parts]
        for place in np.flatnonzero(whole.at).tolist():
            parts = [
                (part, at[place])
                for (part, _), at in zip(whole.parts, moved, strict=True)
                if at[place] >= 0 and columns.there[part, at[place]]
            ]
            if _is_true(facts, (whole.total, place), parts):
                facts.whole((whole.total, place), parts)


def _unions(facts: Facts) -> None:
    """Units that were merged or split."""
    for union in unions(facts.reading, facts.read, facts.named):
        for total, parts, part, place in places_of(union, facts.columns):
            named = [(part, one) for one in parts]
            if facts.columns.names[total].kind != "y" and _is_true(facts, (total, place), named):
                facts.whole((total, place), named)


def _is_true(facts: Facts, total: tuple[int, int], parts: Sequence[tuple[int, int]]) -> bool:
    """Whether a number is the sum of others: with the oracle truly, else as far as is shown."""
    numbers = facts.columns.shown if facts.truth is None else facts.truth
    rest = numbers[total] - sum(numbers[part] for part in parts)
    return bool(rest == 0 or (facts.truth is None and np.isnan(rest)))


def _coverage(facts: Facts) -> None:
    """A coverage that is printed beside a result, and what a result or its mark says of the coverage."""
    columns, program = facts.columns, facts.program
    at = {place: number for number, place in enumerate(columns.places)}
    measured: dict[int, dict[int, int]] = {}
    for (edition, ind_id, place), key in columns.keys.items():
        seen = facts.editions[edition]
        cell, coverage = seen.cells[key], seen.dg_ids.get(ind_id, "")
        n, x = (facts.row.get(Column(edition, coverage, kind)) for kind in "nx")
        if n is None or x is None or cell.mark == SECRET:
            continue
        own = columns.places[place]
        if n not in measured:
            measured[n] = _measured(facts, n)
        year = cell.dg_year or measured[n].get(place, 0)
        where = at.get(own._replace(year=year), -1)
        if where < 0 or not columns.there[n, where]:
            continue
        whole, part = facts.at(n, where), facts.at(x, where)
        if cell.dg is not None:
            error = spread(cell.dg)
            program.relate([(part, 1), (whole, error - cell.dg)], 0, INFINITE)
            program.relate([(part, 1), (whole, -error - cell.dg)], -INFINITE, 0)
        if cell.mark == LOW:
            program.relate([(part, 5), (whole, -3)], -INFINITE, -1)
        elif not cell.mark:
            program.relate([(part, 5), (whole, -3)], 0, INFINITE)


def _measured(facts: Facts, coverage: int) -> dict[int, int]:
    """For each place the newest year, up to its own, in which its coverage is printed; only where a reader can know it.

    Where a unit's level is not printed in a year, that year may have a coverage that nobody sees.
    """
    there = facts.columns.there[coverage].tolist()
    printed = {place for place, one in zip(facts.columns.places, there, strict=True) if one}
    levels = {(place.context, place.year, place.level) for place in printed}
    years = {(context, year) for context, year, _ in levels}
    found = {}
    for number, own in enumerate(facts.columns.places):
        for year in range(own.year, min((year for _, year in years), default=own.year + 1) - 1, -1):
            if own._replace(year=year) in printed:
                found[number] = year
                break
            if (own.context, year) in years and (own.context, year, own.level) not in levels:
                break
    return found


def _additions(facts: Facts) -> None:
    """A later edition has at least as many as an earlier one, where no shown number tells otherwise."""
    columns = facts.columns
    numbers = columns.shown if facts.truth is None else facts.truth
    for column, name in enumerate(columns.names):
        before = facts.row.get(name._replace(edition=name.edition - 1))
        if before is not None and not (numbers[column] < numbers[before]).any():
            for place in np.flatnonzero(columns.there[column] & columns.there[before]).tolist():
                factors = [(facts.at(column, place), 1.0), (facts.at(before, place), -1.0)]
                facts.program.relate(factors, 0, INFINITE)


def _one_is_small(facts: Facts, limit: int) -> None:
    """In every group of hidden numbers, somebody has fewer patients than the limit; with the oracle where it is so."""
    columns = facts.columns
    of_cells: dict[int, int] = {}
    for (edition, ind_id, place), key in columns.keys.items():
        if facts.editions[edition].cells[key].mark == SECRET:
            column = facts.row[Column(edition, ind_id, "n")]
            of_cells[facts.at(column, place)] = limit if facts.truth is None else int(facts.truth[column, place])
    for group in facts.program.groups():
        patients = [one for one in group if one in of_cells]
        if patients and (facts.truth is None or any(0 < of_cells[one] < limit for one in patients)):
            facts.program.one_is_below(patients, limit)
