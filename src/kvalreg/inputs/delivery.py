"""A delivery: one file of results in imongr's format, or the same columns as Parquet.

Input: a path, and the registry and units it must fit. Output: a frozen `Delivery`, or every blocking fault of the file
in one `DeliveryError`, each kind with its row numbers. Rows are neither summed nor compared with earlier ones. No
message holds a result, and the rows display as a placeholder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pandas as pd

from kvalreg.clock import today
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import DeliveryError, Diagnostic
from kvalreg.inputs.delivery_checks import DeliveryChecks
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.distinct_rows import Occurrences, RowNumbers
from kvalreg.inputs.secret import SecretFrame
from kvalreg.inputs.table_file import TableLayout, read_distinct_rows
from kvalreg.inputs.text_file import printable, quote_identifier
from kvalreg.inputs.units import Units

DELIVERY_LAYOUT = TableLayout(("context", "year", "orgnr", "ind_id", "var"), ("denominator",))
"""Columns by name, case-sensitive, in any order. Without `denominator`, every row's denominator is 1."""
_DTYPES = {
    "context": "str",
    "year": "int64",
    "orgnr": "str",
    "ind_id": "str",
    "var": "float64",
    "denominator": "int64",
    "row": "int64",
}


class UnknownUnitPolicy(StrEnum):
    """What to do with rows whose `orgnr` is no unit of the project."""

    REFUSE = "refuse"
    SKIP = "skip"


@dataclass(frozen=True)
class DeliveryRules:
    """What a delivery must fit.

    Parameters
    ----------
    registry, units
        The indicators and units that rows may name.
    unknown_units
        Whether rows of other units are refused or left out.
    skip_units
        Unknown units whose rows are left out in any case, because somebody has decided so.
    """

    registry: Registry
    units: Units
    unknown_units: UnknownUnitPolicy
    skip_units: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Delivery:
    """The rows of one file, all of them valid.

    Parameters
    ----------
    path, shown
        The file, and as the user knows it.
    sha256
        Of the file's bytes.
    rows
        A `SecretFrame`: ``context`` (str), ``year`` (int), ``orgnr`` (str), ``ind_id`` (str), ``var`` (float),
        ``denominator`` (int) and ``row`` (int): the 1-based row in the file, where the header is row 1. Equal rows of a
        proportion, as those of patients, are one row with their sums, and ``row`` is that of the first.
    warnings
        What should be looked at though it does not block.
    skipped
        The rows that were left out, by their unknown `orgnr`.
    count
        How many rows of the file count.
    occurrences
        Where rows stand that equal one of `rows`.
    """

    path: Path
    display_path: str
    sha256: str
    rows: pd.DataFrame = field(compare=False)
    warnings: tuple[Diagnostic, ...] = ()
    skipped: dict[str, RowNumbers] = field(default_factory=dict)
    count: int = 0
    occurrences: Occurrences = field(default_factory=Occurrences.none, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", SecretFrame(self.rows))


def read_delivery(
    path: Path, display_path: str, registry: Registry, units: Units, unknown_units: UnknownUnitPolicy
) -> Delivery:
    """The rows of a delivery that fits a registry and the units.

    Separator `;`, `,` or tab (from the header); decimal comma or point; encodings as `decode` knows. Empty
    rows are dropped.
    Spaces around a cell do not belong to it; those inside an indicator id do.

    Raises
    ------
    DeliveryError
        With every blocking fault of the file, each kind once with its row numbers.
    """
    return check_delivery(path, display_path, DeliveryRules(registry, units, unknown_units))


def check_delivery(path: Path, display_path: str, rules: DeliveryRules) -> Delivery:
    """As `read_delivery`, with units that are left out by decision."""
    display_path = printable(display_path)
    table = read_distinct_rows(path, display_path, DELIVERY_LAYOUT)
    cells, occurrences = table.cells, table.occurrences
    if "denominator" not in cells:
        cells = cells.assign(denominator=pd.Series("1", index=cells.index, dtype="str"))
    # Parquet files made by pandas often hold orgnr as a number with decimals.
    cells = cells.assign(orgnr=cells["orgnr"].str.replace(r"\.0+$", "", regex=True))
    cells, skipped = _drop_unknown_units(cells, occurrences, rules)
    has_denominators = "denominator" in table.cells
    checks = DeliveryChecks(cells, display_path, rules.registry, rules.units, today(), occurrences, has_denominators)
    rows, diagnostics, warnings = checks.run()
    if diagnostics:
        raise DeliveryError(diagnostics)
    skip_warnings = [_skip_warning(orgnr, row_numbers, display_path) for orgnr, row_numbers in skipped.items()]
    times = occurrences.times_of(rows.index)
    # Only rows of proportions are equal to others here, and these are summed.
    rows = rows.assign(**{key: rows[key] * times for key in ("var", "denominator")})
    rows = rows.astype(_DTYPES)[list(_DTYPES)]
    told = (*skip_warnings, *warnings)
    return Delivery(path, display_path, table.sha256, rows, told, skipped, int(times.sum()), occurrences)


def empty_rows() -> pd.DataFrame:
    """The columns of `Delivery.rows` without any row."""
    return SecretFrame({column: pd.Series(dtype=dtype) for column, dtype in _DTYPES.items()})


def _drop_unknown_units(
    cells: pd.DataFrame, occurrences: Occurrences, rules: DeliveryRules
) -> tuple[pd.DataFrame, dict[str, RowNumbers]]:
    """The rows that stay, and the row numbers of those left out by their unknown unit."""
    unknown = {orgnr for orgnr in cells["orgnr"].unique() if orgnr and orgnr not in rules.units}
    if rules.unknown_units is UnknownUnitPolicy.REFUSE:
        # YAML reads 000010101 as a number, so an entry without quotation marks has lost its zeros.
        bare = {orgnr.lstrip("0") for orgnr in rules.skip_units}
        unknown = {orgnr for orgnr in unknown if orgnr.lstrip("0") in bare}
    if not unknown:
        return cells, {}
    is_unknown = cells["orgnr"].isin(unknown)
    groups = cells.loc[is_unknown, "orgnr"].groupby(cells.loc[is_unknown, "orgnr"])
    skipped = {str(orgnr): occurrences.of(group.index) for orgnr, group in groups}
    return cells[~is_unknown], skipped


def _skip_warning(orgnr: str, row_numbers: RowNumbers, display_path: str) -> Diagnostic:
    message = f"The unit {quote_identifier(orgnr)} is unknown, and its rows are left out: {row_numbers}."
    hint = "Correct the orgnr, or add the unit to registries/units.csv."
    return Diagnostic(message, hint, display_path, row_numbers.first[0], "orgnr", DiagnosticCode.ROWS_SKIPPED)
