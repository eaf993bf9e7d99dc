"""The rules of a delivery's rows, whole columns at a time.

Comes in: the cells of a file as text. Goes out: typed rows, the faults that block and the warnings that do not, each
kind once with its row numbers, so that a million bad rows still give a readable message. No message holds a result.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

import numpy as np
import pandas as pd

from kvalreg.errors import Fault
from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.inputs.table_file import name_rows
from kvalreg.inputs.text_file import is_name, name, quote
from kvalreg.inputs.units import Units
from kvalreg.kinds import Kind

CONTEXTS = ("caregiver", "resident")
_KEY = ["ind_id", "context", "year", "orgnr"]
_NUMBER = r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]{1,3})?"
"""R writes 100000 as ``1e+05``, so exponents are numbers; ``1 234``, ``1.234,5`` and ``0x1F`` are none."""
_MISSING = ["", "na", "nan", "null"]
_YEARS = (1900, 2100)
_LARGEST_COUNT = 1e9
"""More than any count of patients, and small enough for sums to stay whole numbers."""
_NAMED = 10
_UNKNOWN = {"context": Kind.CONTEXT_UNKNOWN, "ind_id": Kind.INDICATOR_UNKNOWN, "orgnr": Kind.UNIT_UNKNOWN}


@dataclass
class DeliveryChecks:
    """One file under check.

    Parameters
    ----------
    cells
        Stripped text in the columns of a delivery; the index is the row in the file.
    shown
        The file as the user knows it.
    registry, units
        What the rows may name.
    """

    cells: pd.DataFrame
    shown: str
    registry: Registry
    units: Units
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def run(self) -> tuple[pd.DataFrame, tuple[Fault, ...], tuple[Fault, ...]]:
        """Typed rows (to be used only without faults), faults and warnings."""
        cells = self.cells
        self._check_names()
        values = {key: self._numbers(key) for key in ("year", "var", "denominator")}
        self._check_decimal_signs()
        rows = cells.assign(**values, row=cells.index.to_numpy())
        types = {indicator.id: indicator.type for indicator in self.registry.indicators}
        is_summed = cells["ind_id"].isin([ind_id for ind_id, kind in types.items() if kind.summed])
        is_computed = cells["ind_id"].isin(
            [ind_id for ind_id, kind in types.items() if kind is IndicatorType.BEREGNET_ANDEL]
        )
        self._check_years(rows["year"])
        self._check_denominators(rows["denominator"])
        self._check_values(rows["var"], is_summed, is_computed)
        is_known = (
            rows["orgnr"].isin(list(self.units.by_orgnr)) & rows["ind_id"].isin(list(types)) & rows["year"].notna()
        )
        self._check_duplicates(rows[is_known & ~is_summed])
        self._check_levels(rows[is_known & is_summed])
        self._warn_closed(rows)
        above = is_summed & (rows["var"] > rows["denominator"])
        what = "The numerator is larger than the denominator in {rows}."
        self._warn(above, "var", Kind.NUMERATOR_LARGE, what, "Check the two columns.")
        return rows, tuple(self.faults), tuple(self.warnings)

    # --- names -------------------------------------------------------------------------------------------------------
    def _check_names(self) -> None:
        ids = [indicator.id for indicator in self.registry.indicators]
        self._check_known("context", list(CONTEXTS), "The context", f"Use {' or '.join(CONTEXTS)}.")
        todo = f"Correct the id, or add the indicator to registries/{self.registry.id}/registry.yml."
        self._check_known("ind_id", ids, "The indicator", todo)
        todo = (
            "Correct the orgnr, add the unit to registries/units.csv, or leave the rows out on purpose with skip_units "
            f"in data/{self.registry.id}/deliveries.yml."
        )
        self._check_known("orgnr", list(self.units.by_orgnr), "The unit", todo)

    def _check_known(self, key: str, known: list[str], subject: str, todo: str) -> None:
        """One fault per unknown name, and one for all names beyond the first ten."""
        is_unknown = ~self.cells[key].isin(known)
        if not is_unknown.any():
            return
        kind = _UNKNOWN[key]
        texts = self.cells.loc[is_unknown, key]
        texts = texts[texts != ""]
        self._block(
            is_unknown.index[self.cells[key] == ""],
            key,
            Kind.NO_VALUE,
            "The cell has no value in {rows}.",
            "Fill it in.",
        )
        names = list(texts.unique())
        listed = [text for text in names if is_name(text)][:_NAMED]
        for text in listed:
            close = difflib.get_close_matches(text, known, n=1) if key != "orgnr" else []
            meant = f"Did you mean '{close[0]}'? " if close else ""
            what = f"{subject} {quote(text)} is unknown in {{rows}}."
            self._block(texts.index[texts == text], key, kind, what, meant + todo)
        others = texts[~texts.isin(listed)]
        what = f"{len(names) - len(listed)} more unknown, in {{rows}}."
        self._block(others.index, key, kind, what if listed else f"{subject} is unknown in {{rows}}.", todo)

    # --- numbers -----------------------------------------------------------------------------------------------------
    def _numbers(self, key: str) -> pd.Series[float]:
        """The column as numbers, NaN where it holds none."""
        texts = self.cells[key]
        is_missing = texts.str.lower().isin(_MISSING)
        todo = "Fill it in, or remove the row."
        self._block(texts.index[is_missing], key, Kind.NO_VALUE, "The cell has no value in {rows}.", todo)
        is_number = texts.str.fullmatch(_NUMBER)
        values = texts.where(is_number, "nan").str.replace(",", ".", regex=False).astype("float64")
        is_wrong = ~is_missing & ~np.isfinite(values)
        todo = "Write digits and at most one decimal sign: no spaces, units or thousand separators."
        self._block(texts.index[is_wrong], key, Kind.NOT_A_NUMBER, "The cell is not a number in {rows}.", todo)
        return values.where(np.isfinite(values))

    def _check_decimal_signs(self) -> None:
        """A file has one decimal sign; with two, one of them is probably a thousand separator."""
        keys = ("var", "denominator")
        has_point, has_comma = (
            reduce(or_, (self.cells[key].str.fullmatch(rf"[^.,]*[{sign}][^.,]*") for key in keys)) for sign in ".,"
        )
        if has_point.any() and has_comma.any():
            rarer = has_comma if has_comma.sum() <= has_point.sum() else has_point
            sign, other = ("comma", "point") if rarer is has_comma else ("point", "comma")
            what = f"Decimal {sign} in {{rows}}, but decimal {other} elsewhere in the file."
            self._block(rarer.index[rarer], "var", Kind.NOT_A_NUMBER, what, "Write all numbers with the same sign.")

    def _check_years(self, years: pd.Series[float]) -> None:
        first, last = _YEARS
        is_wrong = years.notna() & ~((years % 1 == 0) & years.between(first, last))
        what = f"The year is not a whole number from {first} to {last} in {{rows}}."
        self._block(years.index[is_wrong], "year", Kind.YEAR_WRONG, what, "Write the year with four digits.")

    def _check_denominators(self, denominators: pd.Series[float]) -> None:
        is_whole = (denominators % 1 == 0) & denominators.between(1, _LARGEST_COUNT)
        is_wrong = denominators.notna() & ~is_whole
        what = "The denominator is not a whole number above 0 in {rows}."
        self._block(
            denominators.index[is_wrong], "denominator", Kind.DENOMINATOR_WRONG, what, "Correct it, or remove the row."
        )

    def _check_values(self, values: pd.Series[float], is_summed: pd.Series[bool], is_computed: pd.Series[bool]) -> None:
        is_count = (values % 1 == 0) & values.between(0, _LARGEST_COUNT)
        is_wrong = values.notna() & is_summed & ~is_count
        what = "The numerator (var) of a proportion is not a whole number of at least 0 in {rows}."
        self._block(values.index[is_wrong], "var", Kind.NUMERATOR_WRONG, what, "Write how many patients, not a share.")
        is_wrong = values.notna() & is_computed & ~values.between(0, 1)
        what = "The value of a computed proportion does not lie between 0 and 1 in {rows}."
        self._block(values.index[is_wrong], "var", Kind.NUMERATOR_WRONG, what, "Write 90 % as 0,9.")

    # --- rows together -----------------------------------------------------------------------------------------------
    def _check_duplicates(self, rows: pd.DataFrame) -> None:
        is_twice = rows.duplicated(_KEY, keep=False)
        what = "The same indicator, context, year and unit stands more than once in {rows}."
        self._block(rows.index[is_twice], "ind_id", Kind.ROW_TWICE, what, "Keep one row: only proportions are summed.")

    def _check_levels(self, rows: pd.DataFrame) -> None:
        """Rows of an HF beside rows of its hospitals would count patients twice."""
        level_of = {unit.orgnr: unit.level.value for unit in self.units}
        levels = rows["orgnr"].map(level_of)
        groups = rows[_KEY[:-1]].assign(level=levels)
        kinds = groups.drop_duplicates()
        mixed = kinds[kinds.duplicated(_KEY[:-1], keep=False)].drop(columns="level").drop_duplicates()
        if mixed.empty:
            return
        is_mixed = pd.MultiIndex.from_frame(groups[_KEY[:-1]]).isin(pd.MultiIndex.from_frame(mixed))
        by_level = levels[is_mixed].groupby(levels[is_mixed])
        where = "; ".join(f"{level} in {name_rows(group.index)}" for level, group in by_level)
        first = mixed.iloc[0]
        what = (
            f"Rows of different levels for one indicator, context and year count patients twice: {where}. "
            f"{len(mixed)} such, the first {name(first['ind_id'])}, {name(first['context'])}, {first['year']:.0f}."
        )
        row = int(levels.index[is_mixed][0])
        self.faults.append(Fault(what, "Deliver one level.", self.shown, row, "orgnr", Kind.LEVELS_MIXED))

    def _warn_closed(self, rows: pd.DataFrame) -> None:
        """Rows of a unit from years after it was closed: they count, and somebody should look at them."""
        for unit in self.units:
            if unit.closed is not None:
                late = (rows["orgnr"] == unit.orgnr) & (rows["year"] > unit.closed)
                what = f"The unit {quote(unit.name)} was closed in {unit.closed}, and has a later year in {{rows}}."
                todo = "Correct orgnr or year, or correct closed in registries/units.csv."
                self._warn(late, "orgnr", Kind.UNIT_CLOSED, what, todo)

    # --- messages ----------------------------------------------------------------------------------------------------
    def _block(self, rows: pd.Index[int], key: str, kind: Kind, what: str, todo: str) -> None:
        if len(rows):
            self.faults.append(self._fault(rows, key, kind, what, todo))

    def _warn(self, is_odd: pd.Series[bool], key: str, kind: Kind, what: str, todo: str) -> None:
        rows = is_odd.index[is_odd]
        if len(rows):
            self.warnings.append(self._fault(rows, key, kind, what, todo))

    def _fault(self, rows: pd.Index[int], key: str, kind: Kind, what: str, todo: str) -> Fault:
        return Fault(what.replace("{rows}", name_rows(rows)), todo, self.shown, int(rows[0]), key, kind)
