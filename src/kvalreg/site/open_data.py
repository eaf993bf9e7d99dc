"""The rows of open data: every published cell once, with the names that SKDE and imongr use.

Owns the columns, their order and the codes of footnotes. Input: `PublishedResults`. Output: a table, from which the CSV
and JSON files, the API's responses and the data dictionary are all written, so that they never disagree. A secret cell
has its key and the footnote ``hidden``, and nothing else; one that is not reliable has its reason, patients and
coverage.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kvalreg.disclosure.published import PublishedResults
from kvalreg.inputs.units import Level
from kvalreg.report.footnotes import FOOTNOTE_CODES as CODE_OF
from kvalreg.urls import anchor

SIGNIFICANT_DIGITS = 6
"""How many significant digits numbers have that are not whole."""
_PUBLIC_COLUMN_NAMES = {
    "level": "unit_level",
    "coverage": "dg",
    "coverage_year": "dg_year",
}
"""Columns whose names differ: kvalreg's, and those of SKDE's service."""


@dataclass(frozen=True)
class OpenDataColumn:
    """A column: its type as Table Schema names it, and whether every row has it. Its meaning is in the catalogues."""

    name: str
    type: str
    required: bool = False


COLUMNS = (
    OpenDataColumn("context", "string", required=True),
    OpenDataColumn("year", "integer", required=True),
    OpenDataColumn("unit_level", "string", required=True),
    OpenDataColumn("orgnr", "string", required=True),
    OpenDataColumn("unit_name", "string", required=True),
    OpenDataColumn("ind_id", "string", required=True),
    OpenDataColumn("var", "number"),
    OpenDataColumn("denominator", "integer"),
    OpenDataColumn("value", "number"),
    OpenDataColumn("low", "number"),
    OpenDataColumn("high", "number"),
    OpenDataColumn("dg", "number"),
    OpenDataColumn("dg_year", "integer"),
    OpenDataColumn("achievement", "string"),
    OpenDataColumn("certainty", "string"),
    OpenDataColumn("change", "string"),
    OpenDataColumn("change_from", "integer"),
    OpenDataColumn("series_change", "string"),
    OpenDataColumn("series_from", "integer"),
    OpenDataColumn("footnote", "string"),
)
COLUMN_NAMES = [column.name for column in COLUMNS]
COLUMN_VALUES = {
    "context": ("caregiver", "resident"),
    "unit_level": tuple(level.value for level in Level),
    "achievement": ("high", "moderate", "low"),
    "certainty": ("certain", "uncertain"),
    "change": ("better", "worse", "increased", "decreased", "unclear"),
    "series_change": ("better", "worse", "increased", "decreased", "unclear"),
}
"""The values that a column of words may have."""
NOT_SHOWN_FOOTNOTES = tuple(code for code in CODE_OF.values() if code)
"""Codes of cells whose value is not shown: each such cell has one of them, and it comes first."""
FOOTNOTES = (*NOT_SHOWN_FOOTNOTES, "provisional", "no_interval")
"""Codes in the column ``footnote``; a cell may have several, with a space between them."""
_EMPTY = ("null", '""')
"""Missing values, as JSON."""
_LEVELS = [Level.NATION, Level.RHF, Level.HF, Level.HOSPITAL, Level.COUNTY]


def open_data_rows(published: PublishedResults) -> dict[str, list[Any]]:
    """Every published cell of the registry's shown indicators and their coverage, as `COLUMNS`, column by column.

    Missing numbers are None, whole ones ``int``, and the others rounded to `DIGITS` significant digits. The order is
    the registry's own order of indicators, then context, year, level from the nation down, and unit.
    """
    cells = published.cells.rename(columns=_PUBLIC_COLUMN_NAMES)
    indicator_order = {indicator.id: position for position, indicator in enumerate(published.registry.indicators)}
    level_order = {level.value: position for position, level in enumerate(_LEVELS)}
    indicators, levels = (
        cells["ind_id"].map(indicator_order).to_numpy(float),
        cells["unit_level"].map(level_order).to_numpy(float),
    )
    # lexsort takes its last key as the first; a cell of an indicator that is in no descriptor has NaN, and is dropped
    keys = (_sort_ranks(cells["orgnr"]), levels, cells["year"].to_numpy(), _sort_ranks(cells["context"]), indicators)
    row_order = np.lexsort(keys)
    row_order = row_order[np.isfinite(indicators[row_order])]
    names = {unit.orgnr: unit.short_name for unit in published.units}
    # a county has no entry in the units' file: its code is its name here
    cells["unit_name"] = cells["orgnr"].map(names).where(cells["unit_level"] != Level.COUNTY.value, cells["orgnr"])
    cells["footnote"] = _footnotes(cells)
    return {column.name: _json_values(cells[column.name], column.type, row_order) for column in COLUMNS}


def _sort_ranks(column: pd.Series[Any]) -> npt.NDArray[np.int64]:
    """The rank of each text among the distinct ones: numbers sort faster than texts."""
    return pd.factorize(column, sort=True)[0]


def indicator_slugs(published: PublishedResults) -> dict[str, str]:
    """The slug of each indicator in addresses, by its id; no two are the same."""
    return slugs_of(indicator.id for indicator in published.registry.indicators)


def slugs_of(ids: Iterable[str]) -> dict[str, str]:
    """A slug for each id, in their order.

    >>> slugs_of(["slag_død", "slag_dåd", "slag_liv"])
    {'slag_død': 'slag_d-d', 'slag_dåd': 'slag_d-d-2', 'slag_liv': 'slag_liv'}
    """
    id_by_slug: dict[str, str] = {}
    for ind_id in ids:
        base = anchor(ind_id).removeprefix("ind-")
        slug, number = base, 2
        while slug in id_by_slug:
            slug, number = f"{base}-{number}", number + 1
        id_by_slug[slug] = ind_id
    return {ind_id: slug for slug, ind_id in id_by_slug.items()}


def json_columns(table: Mapping[str, Sequence[Any]]) -> dict[str, list[str]]:
    """The table's columns with each value as JSON: several files hold the same cells, which are encoded once."""
    return {column.name: _encode_json(table[column.name], column.type) for column in COLUMNS}


def _encode_json(values: Sequence[Any], data_type: str) -> list[str]:
    if data_type == "string":
        # few texts are distinct, and each is encoded once; numbers as one list, which is split at its commas
        json_by_value = {value: json.dumps(value, ensure_ascii=False) for value in set(values)}
        return [json_by_value[value] for value in values]
    return json.dumps(values, separators=(",", ":"), allow_nan=False)[1:-1].split(",") if values else []


def json_records(columns: Mapping[str, Sequence[str]], excluded: Collection[str] = ()) -> list[str]:
    """The rows of JSON columns as JSON objects, without missing values and without `excluded` columns."""
    encoded_columns = []
    for name, values in columns.items():
        json_by_value = {value: "" if value in _EMPTY else f'"{name}":{value}' for value in set(values)}
        if name not in excluded and any(json_by_value.values()):
            encoded_columns.append([json_by_value[value] for value in values])
    return [f"{{{','.join(filter(None, row))}}}" for row in zip(*encoded_columns, strict=True)]


def _footnotes(cells: pd.DataFrame) -> pd.Series[str]:
    """The codes of each cell's footnotes."""
    is_shown = cells["shown"].to_numpy(dtype=bool)
    # the reason why a value is not shown comes first: `api_schema` relies on it
    code_columns = (
        cells["status"].map(CODE_OF).to_numpy(dtype=object),
        np.where(cells["provisional"].to_numpy(dtype=bool), "provisional", ""),
        np.where(is_shown & cells["low"].isna().to_numpy(), "no_interval", ""),
    )
    footnotes = pd.Series(code_columns[0], index=cells.index, dtype=object)
    for code_column in code_columns[1:]:
        footnotes = (footnotes + " " + code_column).str.strip()
    return footnotes


def _json_values(column: pd.Series[Any], data_type: str, row_order: npt.NDArray[np.int64]) -> list[Any]:
    """A column's values in this order as JSON has them: None for missing ones, and whole numbers as ``int``."""
    if data_type == "string":
        codes, texts = pd.factorize(column, use_na_sentinel=False)
        strings = ["" if text is None or text != text else str(text) for text in texts.tolist()]
        return [strings[code] for code in codes[row_order].tolist()]
    numbers = column.to_numpy(dtype=float)[row_order]
    is_finite = np.isfinite(numbers)
    is_whole = is_finite & (numbers == np.floor(numbers))
    values = np.full(len(numbers), None, dtype=object)
    values[is_whole] = numbers[is_whole].astype(np.int64)
    decimals = numbers[is_finite & ~is_whole]
    # decimals that leave six significant digits, as 0.012345678 -> 0.0123457 (7 decimals) and 12.345678 -> 12.3457 (4)
    digits = np.clip(SIGNIFICANT_DIGITS - 1 - np.floor(np.log10(np.abs(decimals))), 0, 15).astype(int)
    values[is_finite & ~is_whole] = list(map(round, decimals.tolist(), digits.tolist()))
    return list(values.tolist())
