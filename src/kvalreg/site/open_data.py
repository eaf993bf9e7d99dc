"""The rows of open data: every published cell once, with the names that SKDE and imongr use.

Owns the columns, their order and the codes of footnotes. Comes in: `Published`. Goes out: a table, from which the CSV
and JSON files, the API's answers and the data dictionary are made, so that they never disagree. A secret cell has its
key and the footnote ``hidden``, and nothing else; one that is not reliable has its reason, patients and coverage.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kvalreg.disclosure.published import Published
from kvalreg.inputs.units import Level
from kvalreg.report.addresses import anchor
from kvalreg.report.not_shown import FOOTNOTES as CODE_OF

DIGITS = 6
"""Numbers that are not whole have so many significant digits."""
_PUBLISHED_AS = {
    "level": "unit_level",
    "coverage": "dg",
    "coverage_year": "dg_year",
}
"""Our names of columns, and those that SKDE's service has for them."""


@dataclass(frozen=True)
class Column:
    """A column: its type as Table Schema names it, and whether every row has it. Its meaning is in the catalogues."""

    name: str
    type: str
    required: bool = False


COLUMNS = (
    Column("context", "string", required=True),
    Column("year", "integer", required=True),
    Column("unit_level", "string", required=True),
    Column("orgnr", "string", required=True),
    Column("unit_name", "string", required=True),
    Column("ind_id", "string", required=True),
    Column("var", "number"),
    Column("denominator", "integer"),
    Column("value", "number"),
    Column("low", "number"),
    Column("high", "number"),
    Column("dg", "number"),
    Column("dg_year", "integer"),
    Column("achievement", "string"),
    Column("certainty", "string"),
    Column("change", "string"),
    Column("change_from", "integer"),
    Column("series_change", "string"),
    Column("series_from", "integer"),
    Column("footnote", "string"),
)
NAMES = [column.name for column in COLUMNS]
CODES = {
    "context": ("caregiver", "resident"),
    "unit_level": tuple(level.value for level in Level),
    "achievement": ("high", "moderate", "low"),
    "certainty": ("certain", "uncertain"),
    "change": ("better", "worse", "increased", "decreased", "unclear"),
    "series_change": ("better", "worse", "increased", "decreased", "unclear"),
}
"""What the words in a column may be."""
NOT_SHOWN = tuple(code for code in CODE_OF.values() if code)
"""Codes of cells whose value is not shown: each such cell has one of them, and it comes first."""
FOOTNOTES = (*NOT_SHOWN, "provisional", "no_interval")
"""Codes in the column ``footnote``; a cell may have several, with a space between them."""
_EMPTY = ("null", '""')
"""What has no value, as JSON."""
_LEVELS = [Level.NATION, Level.RHF, Level.HF, Level.HOSPITAL, Level.COUNTY]


def rows(published: Published) -> dict[str, list[Any]]:
    """Every published cell of the registry's shown indicators and their coverage, as `COLUMNS`, column by column.

    Missing numbers are None, whole ones ``int``, and the others rounded to `DIGITS` significant digits. The order is
    the registry's own order of indicators, then context, year, level from the nation down, and unit.
    """
    cells = published.cells.rename(columns=_PUBLISHED_AS)
    order = {indicator.id: at for at, indicator in enumerate(published.registry.indicators)}
    places = {level.value: at for at, level in enumerate(_LEVELS)}
    indicators, levels = cells["ind_id"].map(order).to_numpy(float), cells["unit_level"].map(places).to_numpy(float)
    keys = (_ranks(cells["orgnr"]), levels, cells["year"].to_numpy(), _ranks(cells["context"]), indicators)
    at = np.lexsort(keys)
    at = at[np.isfinite(indicators[at])]
    names = {unit.orgnr: unit.short_name for unit in published.units}
    cells["unit_name"] = cells["orgnr"].map(names).where(cells["unit_level"] != Level.COUNTY.value, cells["orgnr"])
    cells["footnote"] = _footnotes(cells)
    return {column.name: _plain(cells[column.name], column.type, at) for column in COLUMNS}


def _ranks(column: pd.Series[Any]) -> npt.NDArray[np.int64]:
    """Numbers that order texts as the texts are ordered."""
    return pd.factorize(column, sort=True)[0]


def slugs(published: Published) -> dict[str, str]:
    """The part of an address that stands for each indicator, by its id; no two are the same."""
    return slugs_of(indicator.id for indicator in published.registry.indicators)


def slugs_of(ids: Iterable[str]) -> dict[str, str]:
    """The same of indicators by their ids."""
    taken: dict[str, str] = {}
    for ind_id in ids:
        wanted = anchor(ind_id).removeprefix("ind-")
        slug, number = wanted, 2
        while slug in taken:
            slug, number = f"{wanted}-{number}", number + 1
        taken[slug] = ind_id
    return {ind_id: slug for slug, ind_id in taken.items()}


def json_columns(table: Mapping[str, Sequence[Any]]) -> dict[str, list[str]]:
    """The table's columns with each value as JSON: what several files tell is worked out once."""
    return {column.name: _as_json(table[column.name], column.type) for column in COLUMNS}


def _as_json(values: Sequence[Any], kind: str) -> list[str]:
    if kind == "string":
        known = {value: json.dumps(value, ensure_ascii=False) for value in set(values)}
        return [known[value] for value in values]
    return json.dumps(values, separators=(",", ":"), allow_nan=False)[1:-1].split(",") if values else []


def json_records(columns: Mapping[str, Sequence[str]], leave_out: Collection[str] = ()) -> list[str]:
    """The rows of JSON columns as JSON objects, without what is empty and without these columns."""
    told = []
    for name, values in columns.items():
        known = {value: "" if value in _EMPTY else f'"{name}":{value}' for value in set(values)}
        if name not in leave_out and any(known.values()):
            told.append([known[value] for value in values])
    return [f"{{{','.join(filter(None, row))}}}" for row in zip(*told, strict=True)]


def _footnotes(cells: pd.DataFrame) -> pd.Series[str]:
    """The codes of each cell's footnotes."""
    shown = cells["shown"].to_numpy(dtype=bool)
    marks = (
        cells["status"].map(CODE_OF).to_numpy(dtype=object),
        np.where(cells["provisional"].to_numpy(dtype=bool), "provisional", ""),
        np.where(shown & cells["low"].isna().to_numpy(), "no_interval", ""),
    )
    told = pd.Series(marks[0], index=cells.index, dtype=object)
    for mark in marks[1:]:
        told = (told + " " + mark).str.strip()
    return told


def _plain(column: pd.Series[Any], kind: str, at: npt.NDArray[np.int64]) -> list[Any]:
    """A column's values at these places as JSON has them: None for what is missing, whole numbers without a sign."""
    if kind == "string":
        codes, texts = pd.factorize(column, use_na_sentinel=False)
        told = ["" if text is None or text != text else str(text) for text in texts.tolist()]
        return [told[code] for code in codes[at].tolist()]
    numbers = column.to_numpy(dtype=float)[at]
    known = np.isfinite(numbers)
    whole = known & (numbers == np.floor(numbers))
    plain = np.full(len(numbers), None, dtype=object)
    plain[whole] = numbers[whole].astype(np.int64)
    rest = numbers[known & ~whole]
    digits = np.clip(DIGITS - 1 - np.floor(np.log10(np.abs(rest))), 0, 15).astype(int)
    plain[known & ~whole] = list(map(round, rest.tolist(), digits.tolist()))
    return list(plain.tolist())
