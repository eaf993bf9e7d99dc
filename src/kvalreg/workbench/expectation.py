"""Sums that a registry knows from elsewhere, compared with what its deliveries give.

Comes in: tables in `data/<id>/expected/`, in a delivery's own format, and the results. Goes out: a fault for every
table with a row that differs. A message names rows, and never a number: neither what was expected nor what came out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from kvalreg.errors import Fault, FaultsError
from kvalreg.inputs.delivery import LAYOUT
from kvalreg.inputs.table_file import name_rows, read_table
from kvalreg.kinds import Kind
from kvalreg.project import Project
from kvalreg.statistics.results import Results

_LAYOUT = replace(LAYOUT, comment="#")
_KEY = ["ind_id", "context", "year", "orgnr"]


def expectation_faults(results: Results, project: Project) -> list[Fault]:
    """Every expected row that the deliveries do not give."""
    folder = project.expected(results.registry_id)
    paths = sorted(path for path in folder.glob("*.csv") if path.is_file()) if folder.is_dir() else []
    faults: list[Fault] = []
    for path in paths:
        shown = project.relative(path)
        try:
            expected = read_table(path, shown, _LAYOUT).cells
        except FaultsError as error:
            faults += error.faults
            continue
        faults += _differing(pd.DataFrame(expected), pd.DataFrame(results.secret), shown)
    return faults


def _differing(expected: pd.DataFrame, cells: pd.DataFrame, shown: str) -> Iterator[Fault]:
    """Rows that are not among the cells, and rows whose numbers are others."""
    found = cells.assign(year=cells["year"].astype("str"))[[*_KEY, "var", "denominator"]]
    both = expected.reset_index(names="row").merge(found, on=_KEY, how="left", suffixes=("", "_found"))
    absent = both["var_found"].isna()
    asked = [key for key in ("var", "denominator") if key in expected]
    same = np.logical_and.reduce([_same(both[key], both[f"{key}_found" if key in expected else key]) for key in asked])
    for rows, what in (
        (both.loc[absent, "row"], "There are no results for what is expected in {rows}."),
        (both.loc[~absent & ~same, "row"], "The deliveries give other numbers than expected in {rows}."),
    ):
        if len(rows):
            todo = "Find out which of the two is right: the delivery, or the row here."
            told = what.replace("{rows}", name_rows(rows.to_numpy()))
            yield Fault(told, todo, shown, int(rows.iloc[0]), "", Kind.EXPECTATION)


def _same(texts: pd.Series[str], numbers: pd.Series[float]) -> pd.Series[bool]:
    expected = pd.to_numeric(texts.str.replace(",", ".", regex=False), errors="coerce")
    return (expected - numbers.astype("float64")).abs() < 1e-9
