"""Expected sums: numbers that a registry knows from elsewhere, compared with those of its deliveries.

Input: tables in `data/<id>/expected/`, in the format of a delivery, and the results. Output: a diagnostic for every
table with a row that differs. A message names rows and never a number, neither the expected nor the actual one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic, DiagnosticsError
from kvalreg.inputs.delivery import DELIVERY_LAYOUT
from kvalreg.inputs.table_file import format_rows, read_table
from kvalreg.project import Project
from kvalreg.statistics.results import Results

# The layout of deliveries, in which a line may be a comment that says where a number is from.
_LAYOUT = replace(DELIVERY_LAYOUT, comment="#")
_KEY_COLUMNS = ["ind_id", "context", "year", "orgnr"]


def check_expected_sums(results: Results, project: Project) -> list[Diagnostic]:
    """A diagnostic for the expected rows of each table that differ from the results."""
    folder = project.expected_sums(results.registry_id)
    paths = sorted(path for path in folder.glob("*.csv") if path.is_file()) if folder.is_dir() else []
    diagnostics: list[Diagnostic] = []
    for path in paths:
        display_path = project.display_path(path)
        try:
            expected = read_table(path, display_path, _LAYOUT).cells
        except DiagnosticsError as error:
            diagnostics += error.diagnostics
            continue
        diagnostics += _compare_sums(pd.DataFrame(expected), pd.DataFrame(results.secret), display_path)
    return diagnostics


def _compare_sums(expected: pd.DataFrame, cells: pd.DataFrame, display_path: str) -> Iterator[Diagnostic]:
    """Rows that have no cell, and rows with other numbers than their cell.

    A row ``caregiver;2025;0;slag_enhet;640;700`` is joined with the nation's cell of that indicator, context and year;
    a row without a denominator is compared by ``var`` alone.
    """
    delivered = cells.assign(year=cells["year"].astype("str"))[[*_KEY_COLUMNS, "var", "denominator"]]
    merged = expected.reset_index(names="row").merge(delivered, on=_KEY_COLUMNS, how="left", suffixes=("", "_found"))
    # A left join: a row without a cell has no number behind "_found".
    is_missing = merged["var_found"].isna()
    compared_columns = [column for column in ("var", "denominator") if column in expected]
    is_equal = np.logical_and.reduce(
        [
            _is_close(merged[column], merged[f"{column}_found" if column in expected else column])
            for column in compared_columns
        ]
    )
    for rows, template in (
        (merged.loc[is_missing, "row"], "There are no results for what is expected in {rows}."),
        (merged.loc[~is_missing & ~is_equal, "row"], "The deliveries give other numbers than expected in {rows}."),
    ):
        if len(rows):
            hint = "Find out which of the two is right: the delivery, or the row here."
            message = template.replace("{rows}", format_rows(rows.to_numpy()))
            yield Diagnostic(message, hint, display_path, int(rows.iloc[0]), "", DiagnosticCode.EXPECTED_SUM_MISMATCH)


def _is_close(texts: pd.Series[str], numbers: pd.Series[float]) -> pd.Series[bool]:
    # Sums of counts are exact; those of other measures differ by rounding.
    expected = pd.to_numeric(texts.str.replace(",", ".", regex=False), errors="coerce")
    return (expected - numbers.astype("float64")).abs() < 1e-9
