"""The rules of a delivery's rows, whole columns at a time.

Comes in: the cells of a file as text. Goes out: typed rows, the faults that block and the warnings that do not, each
kind once with its row numbers, so that a million bad rows still give a readable message. No message holds a result.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import or_

import numpy as np
import pandas as pd

from kvalreg.errors import Fault
from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.inputs.plausibility import GROUPED, KEY, Doubt, grouped_values, lesser_totals, repeated_rows, totals
from kvalreg.inputs.table_file import name_rows
from kvalreg.inputs.text_file import is_name, quote
from kvalreg.inputs.units import Units
from kvalreg.kinds import Kind

CONTEXTS = ("caregiver", "resident")
_NUMBER = r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]{1,3})?"
"""R writes 100000 as ``1e+05``, so exponents are numbers; ``1 234``, ``1.234,5`` and ``0x1F`` are none."""
_MISSING = ["", "na", "nan", "null"]
_FIRST_YEAR = 1900
_LARGEST_COUNT = 1e9
"""More than any count of patients, and small enough for sums to stay whole numbers."""
_NAMED = 10
_POWER_OF_TEN = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]{1,2}")
"""How a spreadsheet writes a long number in a narrow column."""
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
    today
        No row tells of a later year.
    has_denominators
        Whether the file has that column. Without it every row counts as one patient.
    """

    cells: pd.DataFrame
    shown: str
    registry: Registry
    units: Units
    today: date
    has_denominators: bool = True
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def run(self) -> tuple[pd.DataFrame, tuple[Fault, ...], tuple[Fault, ...]]:
        """Typed rows (to be used only without faults), faults and warnings."""
        cells = self.cells
        self._check_names()
        values = {key: self._numbers(key) for key in ("year", "var", "denominator")}
        self._check_decimal_signs()
        rows = cells.assign(**values, row=cells.index.to_numpy())
        is_summed = self._is_of({one for one in IndicatorType if one.summed})
        is_count = self._is_of({IndicatorType.ANTALL})
        self._check_years(rows["year"])
        self._check_denominators(rows["denominator"])
        self._check_values(rows["var"], is_summed, is_count)
        self._check_grouping(is_summed | is_count)
        if not self.has_denominators:
            self._check_patients(rows["var"], is_summed)
        is_sound = cells["orgnr"].isin(list(self.units.by_orgnr)) & cells["context"].isin(CONTEXTS)
        for key in values:
            is_sound &= rows[key].notna()
        self._check_rows_together(rows[is_sound], is_summed[is_sound], is_count[is_sound])
        return rows, tuple(self.faults), tuple(self.warnings)

    def _is_of(self, types: set[IndicatorType]) -> pd.Series[bool]:
        return self.cells["ind_id"].isin([one.id for one in self.registry.indicators if one.type in types])

    # --- names -------------------------------------------------------------------------------------------------------
    def _check_names(self) -> None:
        ids = [indicator.id for indicator in self.registry.indicators]
        self._check_known("context", list(CONTEXTS), "The context", f"Use {' or '.join(CONTEXTS)}.")
        todo = f"Correct the id, or add the indicator to registries/{self.registry.id}/registry.yml."
        for one in self.registry.incomplete:
            texts = self.cells["ind_id"]
            what = f"The indicator {one} is not complete, and has results in {{rows}}."
            advice = f"Write its {' and '.join(one.missing)} in registry.yml, or remove the rows."
            self._block(texts.index[texts == one.ind_id], "ind_id", Kind.INDICATOR_INCOMPLETE, what, advice)
        self._check_known("ind_id", ids, "The indicator", todo, [one.ind_id for one in self.registry.incomplete])
        todo = (
            "Correct the orgnr, add the unit to registries/units.csv, or leave the rows out on purpose with skip_units "
            f"in data/{self.registry.id}/deliveries.yml."
        )
        self._check_known("orgnr", list(self.units.by_orgnr), "The unit", todo, self._check_rewritten())

    def _check_rewritten(self) -> list[str]:
        """Numbers of units as a spreadsheet rewrites them; they are told by what has happened to them."""
        texts = self.cells["orgnr"]
        unknown = [text for text in texts.unique() if text and text not in self.units]
        bare = {orgnr.lstrip("0") for orgnr in self.units.by_orgnr if orgnr.startswith("0")}
        told = {
            "has lost the zeros that it begins with": [one for one in unknown if one.lstrip("0") in bare],
            "is written as a power of ten, whose last digits are lost": [
                one for one in unknown if _POWER_OF_TEN.fullmatch(one)
            ],
            "has spaces in it": [one for one in unknown if "".join(one.split()) in self.units],
        }
        todo = "Format the column as text in the spreadsheet, write the numbers again, and save the file anew."
        for what, rewritten in told.items():
            meant = texts.index[texts.isin(rewritten)]
            self._block(meant, "orgnr", Kind.UNIT_UNKNOWN, f"The number of the unit {what}, in {{rows}}.", todo)
        return [one for rewritten in told.values() for one in rewritten]

    def _check_known(self, key: str, known: list[str], subject: str, todo: str, told: Iterable[str] = ()) -> None:
        """One fault per unknown name that is not told of already, and one for all names beyond the first ten."""
        is_unknown = ~self.cells[key].isin([*known, *told])
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
        is_year = (years % 1 == 0) & (years >= _FIRST_YEAR)
        is_wrong = years.notna() & ~(is_year & (years < 10_000))
        what = f"The year is not a whole number from {_FIRST_YEAR} on in {{rows}}."
        self._block(years.index[is_wrong], "year", Kind.YEAR_WRONG, what, "Write the year with four digits.")
        is_late = ~is_wrong & (years > self.today.year)
        what = f"The year is later than this year, {self.today.year}, in {{rows}}."
        self._block(years.index[is_late], "year", Kind.YEAR_WRONG, what, "Correct it, or remove the row.")

    def _check_denominators(self, denominators: pd.Series[float]) -> None:
        is_whole = (denominators % 1 == 0) & denominators.between(1, _LARGEST_COUNT)
        is_wrong = denominators.notna() & ~is_whole
        what = "The denominator is not a whole number above 0 in {rows}."
        self._block(
            denominators.index[is_wrong], "denominator", Kind.DENOMINATOR_WRONG, what, "Correct it, or remove the row."
        )

    def _check_values(self, values: pd.Series[float], is_summed: pd.Series[bool], is_count: pd.Series[bool]) -> None:
        is_whole = (values % 1 == 0) & values.between(0, _LARGEST_COUNT)
        is_wrong = values.notna() & ~is_whole
        what = "The numerator (var) of a proportion is not a whole number of at least 0 in {rows}."
        todo = "Write how many patients, not a share."
        self._block(values.index[is_wrong & is_summed], "var", Kind.NUMERATOR_WRONG, what, todo)
        what = "The count (var) is not a whole number of at least 0 in {rows}."
        self._block(values.index[is_wrong & is_count], "var", Kind.NUMERATOR_WRONG, what, "Write how many.")
        is_computed = self._is_of({IndicatorType.BEREGNET_ANDEL})
        is_wrong = values.notna() & is_computed & ~values.between(0, 1)
        what = "The value of a computed proportion does not lie between 0 and 1 in {rows}."
        self._block(values.index[is_wrong], "var", Kind.NUMERATOR_WRONG, what, "Write 90 % as 0,9.")
        is_wrong = ~is_summed & ~is_count & ~is_computed & (values.abs() > _LARGEST_COUNT)
        what = f"The value is larger than any: more than {_LARGEST_COUNT:.0f} in {{rows}}."
        self._block(values.index[is_wrong], "var", Kind.NUMERATOR_WRONG, what, "Correct it.")

    def _check_grouping(self, is_count: pd.Series[bool]) -> None:
        """``1.234`` is a whole number with three decimals, or another with a thousand separator: nobody can tell."""
        what = "The whole number has a decimal sign and three digits, which may be a thousand separator, in {rows}."
        todo = "Write whole numbers with digits alone: 1234, or 1 for 1.000."
        for key, is_meant in (("var", is_count), ("denominator", pd.Series(True, index=is_count.index))):
            is_wrong = is_meant & self.cells[key].str.fullmatch(GROUPED)
            self._block(is_wrong.index[is_wrong], key, Kind.MAYBE_THOUSANDS, what, todo)

    def _check_patients(self, values: pd.Series[float], is_summed: pd.Series[bool]) -> None:
        """A file without denominators has one row for each patient, with 0 or 1."""
        is_wrong = is_summed & (values > 1)
        what = "The file has no column 'denominator', so every row is one patient, and more than one stands in {rows}."
        todo = "Add the column with the number of patients."
        self._block(is_wrong.index[is_wrong], "var", Kind.NO_DENOMINATORS, what, todo)
        what = "The file has no column 'denominator', so every row of a proportion counts as one patient: {rows}."
        todo = "If a row is of several patients, add the column."
        self._warn(is_summed, "denominator", Kind.NO_DENOMINATORS, what, todo)
        coverages = {one.dg_id for one in self.registry.indicators}
        seen = [one.id for one in self.registry.indicators if one.include and one.id not in coverages]
        is_alone = ~is_summed & self.cells["ind_id"].isin(seen) & ~self._is_of({IndicatorType.ANTALL})
        what = "The file has no column 'denominator', so every value is of one patient, and secret: {rows}."
        self._warn(is_alone, "denominator", Kind.NO_DENOMINATORS, what, "Add the column with the number of patients.")

    # --- rows together -----------------------------------------------------------------------------------------------
    def _check_rows_together(self, rows: pd.DataFrame, is_summed: pd.Series[bool], is_count: pd.Series[bool]) -> None:
        """Rows whose cells are each as they should be."""
        is_known = rows["ind_id"].isin([one.id for one in self.registry.indicators])
        is_twice = is_known & ~is_summed & rows.duplicated(KEY, keep=False)
        what = "The same indicator, context, year and unit stands more than once in {rows}."
        todo = "Keep one row: only proportions are summed."
        self._block(rows.index[is_twice], "ind_id", Kind.ROW_TWICE, what, todo)
        self._block_all(lesser_totals(rows[is_count], self.units))
        self._warn_closed(rows)
        above = is_summed & (rows["var"] > rows["denominator"])
        what = "The numerator is larger than the denominator in {rows}."
        self._warn(above, "var", Kind.NUMERATOR_LARGE, what, "Check the two columns.")
        others = ~is_summed & ~is_count
        for doubt in (
            *repeated_rows(rows[is_summed]),
            *totals(rows[is_summed], self.units),
            *grouped_values(rows[others], self.cells.loc[others.index[others], "var"]),
        ):
            if len(doubt.rows):
                self.warnings.append(self._fault(*doubt))

    def _warn_closed(self, rows: pd.DataFrame) -> None:
        """Rows of a unit from years after it was closed: they count, and somebody should look at them."""
        for unit in self.units:
            if unit.closed is not None:
                late = (rows["orgnr"] == unit.orgnr) & (rows["year"] > unit.closed)
                what = f"The unit {quote(unit.name)} was closed in {unit.closed}, and has a later year in {{rows}}."
                todo = "Correct orgnr or year, or correct closed in registries/units.csv."
                self._warn(late, "orgnr", Kind.UNIT_CLOSED, what, todo)

    # --- messages ----------------------------------------------------------------------------------------------------
    def _block_all(self, doubts: Iterable[Doubt]) -> None:
        for doubt in doubts:
            self._block(*doubt)

    def _block(self, rows: pd.Index[int], key: str, kind: Kind, what: str, todo: str) -> None:
        if len(rows):
            self.faults.append(self._fault(rows, key, kind, what, todo))

    def _warn(self, is_odd: pd.Series[bool], key: str, kind: Kind, what: str, todo: str) -> None:
        rows = is_odd.index[is_odd]
        if len(rows):
            self.warnings.append(self._fault(rows, key, kind, what, todo))

    def _fault(self, rows: pd.Index[int], key: str, kind: Kind, what: str, todo: str) -> Fault:
        return Fault(what.replace("{rows}", name_rows(rows)), todo, self.shown, int(rows[0]), key, kind)
