"""The rules of a delivery's rows, whole columns at a time.

Input: the cells of a file as text. Output: typed rows, the faults that block and the warnings that do not, each kind
once with its row numbers, so that a million bad rows still give a readable message. No message holds a result.
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

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.inputs.distinct_rows import Occurrences, RowNumbers
from kvalreg.inputs.plausibility import GROUPED, KEY, Doubt, grouped_values, lesser_totals, repeated_rows, totals
from kvalreg.inputs.text_file import is_identifier, quote
from kvalreg.inputs.units import Units

CONTEXTS = ("caregiver", "resident")
_NUMBER = r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]{1,3})?"
"""R writes 100000 as ``1e+05``, so exponents are numbers; ``1 234``, ``1.234,5`` and ``0x1F`` are none."""
_MISSING_VALUES = ["", "na", "nan", "null"]
_FIRST_YEAR = 1900
_MAX_COUNT = 1e9
"""More than any count of patients, and small enough for sums to stay whole numbers."""
_MAX_NAMED = 10
_POWER_OF_TEN = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]{1,2}")
"""How a spreadsheet writes a long number in a narrow column."""
_UNKNOWN_CODES = {
    "context": DiagnosticCode.CONTEXT_UNKNOWN,
    "ind_id": DiagnosticCode.INDICATOR_UNKNOWN,
    "orgnr": DiagnosticCode.UNIT_UNKNOWN,
}


@dataclass
class DeliveryChecks:
    """One file under check.

    Parameters
    ----------
    cells
        Stripped text in the columns of a delivery; equal rows once; the index is the first row in the file.
    shown
        The file as the user knows it.
    registry, units
        What the rows may name.
    today
        No row tells of a later year.
    occurrences
        Where equal rows stand.
    has_denominators
        Whether the file has that column. Without it every row counts as one patient.
    """

    cells: pd.DataFrame
    display_path: str
    registry: Registry
    units: Units
    today: date
    occurrences: Occurrences
    has_denominators: bool = True
    diagnostics: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)

    def run(self) -> tuple[pd.DataFrame, tuple[Diagnostic, ...], tuple[Diagnostic, ...]]:
        """Typed rows (to be used only without faults), faults and warnings."""
        cells = self.cells
        self._check_names()
        values = {key: self._parse_numbers(key) for key in ("year", "var", "denominator")}
        self._check_decimal_signs()
        rows = cells.assign(**values, row=cells.index.to_numpy())
        is_summed = self._is_of({one for one in IndicatorType if one.is_summed})
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
        return rows, tuple(self.diagnostics), tuple(self.warnings)

    def _is_of(self, types: set[IndicatorType]) -> pd.Series[bool]:
        return self.cells["ind_id"].isin([one.id for one in self.registry.indicators if one.type in types])

    # --- names -------------------------------------------------------------------------------------------------------
    def _check_names(self) -> None:
        ids = [indicator.id for indicator in self.registry.indicators]
        self._check_known("context", list(CONTEXTS), "The context", f"Use {' or '.join(CONTEXTS)}.")
        hint = f"Correct the id, or add the indicator to registries/{self.registry.id}/registry.yml."
        for one in self.registry.incomplete:
            texts = self.cells["ind_id"]
            what = f"The indicator {one} is not complete, and has results in {{rows}}."
            advice = f"Write its {' and '.join(one.missing)} in registry.yml, or remove the rows."
            self._add_diagnostic(
                texts.index[texts == one.ind_id], "ind_id", DiagnosticCode.INDICATOR_INCOMPLETE, what, advice
            )
        self._check_known("ind_id", ids, "The indicator", hint, [one.ind_id for one in self.registry.incomplete])
        hint = (
            "Correct the orgnr, add the unit to registries/units.csv, or leave the rows out on purpose with skip_units "
            f"in data/{self.registry.id}/deliveries.yml."
        )
        self._check_known("orgnr", list(self.units.by_orgnr), "The unit", hint, self._check_rewritten())

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
            self._add_diagnostic(
                meant, "orgnr", DiagnosticCode.UNIT_UNKNOWN, f"The number of the unit {what}, in {{rows}}.", todo
            )
        return [one for rewritten in told.values() for one in rewritten]

    def _check_known(self, key: str, known: list[str], subject: str, hint: str, told: Iterable[str] = ()) -> None:
        """One fault per unknown name that is not told of already, and one for all names beyond the first ten."""
        is_unknown = ~self.cells[key].isin([*known, *told])
        if not is_unknown.any():
            return
        code = _UNKNOWN_CODES[key]
        texts = self.cells.loc[is_unknown, key]
        texts = texts[texts != ""]
        self._add_diagnostic(
            is_unknown.index[self.cells[key] == ""],
            key,
            DiagnosticCode.VALUE_MISSING,
            "The cell has no value in {rows}.",
            "Fill it in.",
        )
        names = list(texts.unique())
        named = [text for text in names if is_identifier(text)][:_MAX_NAMED]
        for text in named:
            close = difflib.get_close_matches(text, known, n=1) if key != "orgnr" else []
            suggestion = f"Did you mean '{close[0]}'? " if close else ""
            message = f"{subject} {quote(text)} is unknown in {{rows}}."
            self._add_diagnostic(texts.index[texts == text], key, code, message, suggestion + hint)
        remaining = texts[~texts.isin(named)]
        message = f"{len(names) - len(named)} more unknown, in {{rows}}."
        self._add_diagnostic(
            remaining.index, key, code, message if named else f"{subject} is unknown in {{rows}}.", hint
        )

    # --- numbers -----------------------------------------------------------------------------------------------------
    def _parse_numbers(self, key: str) -> pd.Series[float]:
        """The column as numbers, NaN where it holds none."""
        texts = self.cells[key]
        is_missing = texts.str.lower().isin(_MISSING_VALUES)
        hint = "Fill it in, or remove the row."
        self._add_diagnostic(
            texts.index[is_missing], key, DiagnosticCode.VALUE_MISSING, "The cell has no value in {rows}.", hint
        )
        is_number = texts.str.fullmatch(_NUMBER)
        values = texts.where(is_number, "nan").str.replace(",", ".", regex=False).astype("float64")
        is_wrong = ~is_missing & ~np.isfinite(values)
        hint = "Write digits and at most one decimal sign: no spaces, units or thousand separators."
        self._add_diagnostic(
            texts.index[is_wrong], key, DiagnosticCode.NOT_A_NUMBER, "The cell is not a number in {rows}.", hint
        )
        return values.where(np.isfinite(values))

    def _check_decimal_signs(self) -> None:
        """A file has one decimal sign; with two, one of them is probably a thousand separator."""
        keys = ("var", "denominator")
        has_point, has_comma = (
            reduce(or_, (self.cells[key].str.fullmatch(rf"[^.,]*[{sign}][^.,]*") for key in keys)) for sign in ".,"
        )
        if has_point.any() and has_comma.any():
            times = self.occurrences.times_of(self.cells.index)
            rarer = has_comma if times[has_comma].sum() <= times[has_point].sum() else has_point
            sign, other = ("comma", "point") if rarer is has_comma else ("point", "comma")
            message = f"Decimal {sign} in {{rows}}, but decimal {other} elsewhere in the file."
            self._add_diagnostic(
                rarer.index[rarer], "var", DiagnosticCode.NOT_A_NUMBER, message, "Write all numbers with the same sign."
            )

    def _check_years(self, years: pd.Series[float]) -> None:
        is_year = (years % 1 == 0) & (years >= _FIRST_YEAR)
        is_wrong = years.notna() & ~(is_year & (years < 10_000))
        message = f"The year is not a whole number from {_FIRST_YEAR} on in {{rows}}."
        self._add_diagnostic(
            years.index[is_wrong], "year", DiagnosticCode.INVALID_YEAR, message, "Write the year with four digits."
        )
        is_late = ~is_wrong & (years > self.today.year)
        message = f"The year is later than this year, {self.today.year}, in {{rows}}."
        self._add_diagnostic(
            years.index[is_late], "year", DiagnosticCode.INVALID_YEAR, message, "Correct it, or remove the row."
        )

    def _check_denominators(self, denominators: pd.Series[float]) -> None:
        is_whole = (denominators % 1 == 0) & denominators.between(1, _MAX_COUNT)
        is_wrong = denominators.notna() & ~is_whole
        message = "The denominator is not a whole number above 0 in {rows}."
        self._add_diagnostic(
            denominators.index[is_wrong],
            "denominator",
            DiagnosticCode.INVALID_DENOMINATOR,
            message,
            "Correct it, or remove the row.",
        )

    def _check_values(self, values: pd.Series[float], is_summed: pd.Series[bool], is_count: pd.Series[bool]) -> None:
        is_whole = (values % 1 == 0) & values.between(0, _MAX_COUNT)
        is_wrong = values.notna() & ~is_whole
        message = "The numerator (var) of a proportion is not a whole number of at least 0 in {rows}."
        todo = "Write how many patients, not a share."
        self._add_diagnostic(values.index[is_wrong & is_summed], "var", DiagnosticCode.INVALID_NUMERATOR, message, todo)
        message = "The count (var) is not a whole number of at least 0 in {rows}."
        self._add_diagnostic(
            values.index[is_wrong & is_count], "var", DiagnosticCode.INVALID_NUMERATOR, message, "Write how many."
        )
        is_computed = self._is_of({IndicatorType.BEREGNET_ANDEL})
        is_wrong = values.notna() & is_computed & ~values.between(0, 1)
        message = "The value of a computed proportion does not lie between 0 and 1 in {rows}."
        self._add_diagnostic(
            values.index[is_wrong], "var", DiagnosticCode.INVALID_NUMERATOR, message, "Write 90 % as 0,9."
        )
        is_wrong = ~is_summed & ~is_count & ~is_computed & (values.abs() > _MAX_COUNT)
        message = f"The value is larger than any: more than {_MAX_COUNT:.0f} in {{rows}}."
        self._add_diagnostic(values.index[is_wrong], "var", DiagnosticCode.INVALID_NUMERATOR, message, "Correct it.")

    def _check_grouping(self, is_count: pd.Series[bool]) -> None:
        """``1.234`` is a whole number with three decimals, or another with a thousand separator: nobody can tell."""
        what = "The whole number has a decimal sign and three digits, which may be a thousand separator, in {rows}."
        todo = "Write whole numbers with digits alone: 1234, or 1 for 1.000."
        for key, is_meant in (("var", is_count), ("denominator", pd.Series(data=True, index=is_count.index))):
            is_wrong = is_meant & self.cells[key].str.fullmatch(GROUPED)
            self._add_diagnostic(is_wrong.index[is_wrong], key, DiagnosticCode.MAYBE_THOUSANDS, what, todo)

    def _check_patients(self, values: pd.Series[float], is_summed: pd.Series[bool]) -> None:
        """A file without denominators has one row for each patient, with 0 or 1."""
        is_wrong = is_summed & (values > 1)
        what = "The file has no column 'denominator', so every row is one patient, and more than one stands in {rows}."
        todo = "Add the column with the number of patients."
        self._add_diagnostic(is_wrong.index[is_wrong], "var", DiagnosticCode.NO_DENOMINATORS, what, todo)
        what = "The file has no column 'denominator', so every row of a proportion counts as one patient: {rows}."
        todo = "If a row is of several patients, add the column."
        self._add_warning(is_summed, "denominator", DiagnosticCode.NO_DENOMINATORS, what, todo)
        coverages = {one.dg_id for one in self.registry.indicators}
        seen = [one.id for one in self.registry.indicators if one.include and one.id not in coverages]
        is_alone = ~is_summed & self.cells["ind_id"].isin(seen) & ~self._is_of({IndicatorType.ANTALL})
        what = "The file has no column 'denominator', so every value is of one patient, and secret: {rows}."
        self._add_warning(
            is_alone, "denominator", DiagnosticCode.NO_DENOMINATORS, what, "Add the column with the number of patients."
        )

    # --- rows together -----------------------------------------------------------------------------------------------
    def _check_rows_together(self, rows: pd.DataFrame, is_summed: pd.Series[bool], is_count: pd.Series[bool]) -> None:
        """Rows whose cells are each as they should be."""
        is_known = rows["ind_id"].isin([one.id for one in self.registry.indicators])
        times = self.occurrences.times_of(rows.index)
        is_twice = is_known & ~is_summed & (rows.duplicated(KEY, keep=False) | (times > 1))
        what = "The same indicator, context, year and unit stands more than once in {rows}."
        todo = "Keep one row: only proportions are summed."
        self._add_diagnostic(rows.index[is_twice], "ind_id", DiagnosticCode.DUPLICATE_ROW, what, todo)
        self._block_all(lesser_totals(rows[is_count], self.units))
        self._warn_closed(rows)
        above = is_summed & (rows["var"] > rows["denominator"])
        what = "The numerator is larger than the denominator in {rows}."
        self._add_warning(above, "var", DiagnosticCode.NUMERATOR_TOO_LARGE, what, "Check the two columns.")
        others = ~is_summed & ~is_count
        for doubt in (
            *repeated_rows(rows[is_summed], self.occurrences),
            *totals(rows.assign(denominator=rows["denominator"] * times)[is_summed], self.units),
            *grouped_values(rows[others], self.cells.loc[others.index[others], "var"]),
        ):
            if _is_any(doubt.rows):
                self.warnings.append(self._diagnostic(*doubt))

    def _warn_closed(self, rows: pd.DataFrame) -> None:
        """Rows of a unit from years after it was closed: they count, and somebody should look at them."""
        for unit in self.units:
            if unit.closed is not None:
                is_late = (rows["orgnr"] == unit.orgnr) & (rows["year"] > unit.closed)
                message = f"The unit {quote(unit.name)} was closed in {unit.closed}, and has a later year in {{rows}}."
                hint = "Correct orgnr or year, or correct closed in registries/units.csv."
                self._add_warning(is_late, "orgnr", DiagnosticCode.UNIT_CLOSED, message, hint)

    # --- messages ----------------------------------------------------------------------------------------------------
    def _block_all(self, doubts: Iterable[Doubt]) -> None:
        for doubt in doubts:
            self._add_diagnostic(*doubt)

    def _add_diagnostic(
        self, rows: pd.Index[int] | RowNumbers, key: str, code: DiagnosticCode, message: str, hint: str
    ) -> None:
        if _is_any(rows):
            self.diagnostics.append(self._diagnostic(rows, key, code, message, hint))

    def _add_warning(
        self, is_suspect: pd.Series[bool], key: str, code: DiagnosticCode, message: str, hint: str
    ) -> None:
        rows = is_suspect.index[is_suspect]
        if len(rows):
            self.warnings.append(self._diagnostic(rows, key, code, message, hint))

    def _diagnostic(
        self, rows: pd.Index[int] | RowNumbers, key: str, code: DiagnosticCode, message: str, hint: str
    ) -> Diagnostic:
        numbers = rows if isinstance(rows, RowNumbers) else self.occurrences.of(rows)
        return Diagnostic(message.replace("{rows}", str(numbers)), hint, self.display_path, numbers.first[0], key, code)


def _is_any(rows: pd.Index[int] | RowNumbers) -> bool:
    return bool(rows.count if isinstance(rows, RowNumbers) else len(rows))
