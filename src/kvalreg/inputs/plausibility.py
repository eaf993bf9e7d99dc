"""What may be true of a delivery's rows and hardly is: a thousand separator, repeated rows, a total beside its parts.

Input: typed rows with their texts. Output: which rows are meant and what to say of them, for `delivery_checks` to tell.
It stops nothing by itself, and no message holds a result.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.inputs.distinct_rows import Occurrences, RowNumbers
from kvalreg.inputs.units import Units

KEY = ["ind_id", "context", "year", "orgnr"]
GROUPED = r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}"
"""``1.234``: one number with three decimals, or another with a thousand separator."""
_LEAST_PATIENTS = 10
"""So many different rows of patients must each stand twice before it is no chance: one of a thousand files."""


class Doubt(NamedTuple):
    """Rows, the column, the kind of fault, what is wrong with ``{rows}`` in it, and what to do."""

    rows: pd.Index[int] | RowNumbers
    key: str
    kind: DiagnosticCode
    what: str
    todo: str


def repeated_rows(rows: pd.DataFrame, occurrences: Occurrences) -> Iterator[Doubt]:
    """Sums that stand twice, and files of patients in which everything does.

    Rows of patients repeat by nature; two equal sums of one unit and year hardly do. `rows` are of proportions,
    those with equal texts once.
    """
    columns = [*KEY, "var", "denominator"]
    is_sum = rows["denominator"] > 1
    sums = rows[is_sum]
    what = "The whole row stands more than once, and counts each time, in {rows}."
    yield Doubt(
        _again(sums, columns, occurrences),
        "",
        DiagnosticCode.ROW_REPEATED,
        what,
        "Remove it, unless these are different patients.",
    )
    patients = rows[~is_sum]
    times = patients.assign(times=occurrences.times_of(patients.index))
    often = times.groupby(columns, sort=False, dropna=False)["times"].sum()
    if len(often) >= _LEAST_PATIENTS and (often % 2 == 0).all():
        what = "Every row of a patient stands an even number of times, as where a file is put together twice: {rows}."
        todo = "Remove the second half, unless these are different patients."
        yield Doubt(_again(patients, columns, occurrences), "", DiagnosticCode.ROW_REPEATED, what, todo)


def _again(rows: pd.DataFrame, columns: list[str], occurrences: Occurrences) -> RowNumbers:
    """All rows of the file but the first of those with the same values."""
    return occurrences.again(rows.index, rows.index[~rows.duplicated(columns)])


def grouped_values(rows: pd.DataFrame, texts: pd.Series[str]) -> Iterator[Doubt]:
    """Values of one indicator that are whole numbers or have just three decimals: ``987`` and ``1.012``.

    `rows` are of means, medians and the like, `texts` what was written.
    """
    is_grouped = texts.str.fullmatch(GROUPED)
    is_plain = texts.str.fullmatch(r"[+-]?[0-9]{2,}")
    by_indicator = pd.DataFrame({"grouped": is_grouped, "plain": is_plain, "both": is_grouped | is_plain})
    found = by_indicator.groupby(rows["ind_id"]).agg({"grouped": "any", "plain": "any", "both": "all"}).all(axis=1)
    doubtful = is_grouped & rows["ind_id"].isin(list(found.index[found]))
    what = (
        "The value has three decimals, beside whole numbers of the same indicator, in {rows}. It is read as decimals."
    )
    todo = "If it is a thousand separator, remove it."
    yield Doubt(doubtful.index[doubtful], "var", DiagnosticCode.MAYBE_THOUSANDS, what, todo)


def totals(rows: pd.DataFrame, units: Units) -> Iterator[Doubt]:
    """Rows of a unit that has no fewer patients of its own than the units below it have together.

    Rows of several levels add: an HF's own row is of patients of no listed hospital. One that is not less than the sum
    of its hospitals is probably that sum. `rows` are of proportions, with the denominators of all that equal them.
    """
    sums = rows.groupby(KEY, sort=False)["denominator"].sum()
    own: dict[tuple[str, ...], float] = dict(zip(map(_place, sums.index), sums.tolist(), strict=True))
    level = {unit.orgnr: unit.level for unit in units}
    if rows["orgnr"].map(level).nunique() < 2:
        return
    above = {unit.orgnr: [one.orgnr for one in units.ancestors(unit.orgnr)] for unit in units}
    below: dict[tuple[str, ...], float] = {}
    for place, patients in own.items():
        for ancestor in above[place[-1]]:
            total = (*place[:-1], ancestor)
            below[total] = below.get(total, 0) + patients
    probable = {place for place, patients in own.items() if 0 < below.get(place, 0) <= patients}
    meant = rows.index[[_place(key) in probable for key in rows[KEY].itertuples(index=False, name=None)]]
    what = (
        "The row has no fewer patients than the units below it have together, so it is probably their total, and they "
        "count twice, in {rows}."
    )
    todo = "Remove it, unless these are further patients, of no unit below."
    yield Doubt(meant, "denominator", DiagnosticCode.MIXED_LEVELS, what, todo)


def _place(key: Any) -> tuple[str, ...]:
    """Indicator, context, year and unit as texts."""
    return tuple(str(part) for part in key)


def lesser_totals(rows: pd.DataFrame, units: Units) -> Iterator[Doubt]:
    """Counts of a unit that are below the count of a unit in it, with the rows of both. `rows` are of counts."""
    values = dict(zip(rows[KEY].itertuples(index=False, name=None), rows["var"], strict=True))
    numbers = dict(zip(rows[KEY].itertuples(index=False, name=None), rows.index, strict=True))
    wrong: dict[int, list[int]] = {}
    for (*group, orgnr), value in values.items():
        for unit in units.ancestors(str(orgnr)):
            above = (*group, unit.orgnr)
            if above in values and values[above] < value:
                wrong.setdefault(numbers[above], []).append(numbers[*group, orgnr])
    for total, parts in wrong.items():
        what = f"The count in {{rows}} is less than that of a unit in it, {RowNumbers.of(np.array(parts))}."
        yield Doubt(pd.Index([total]), "var", DiagnosticCode.TOTAL_WRONG, what, "Correct the one that is wrong.")
