"""The forms that the demo's deliveries come in: the same rows as the files that registries really send.

Owns separators, decimal signs, line endings, encodings and Parquet. What comes in are rows; what goes out are bytes.
It never changes a number.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = ("context", "year", "orgnr", "ind_id", "var", "denominator")

Row = tuple[str, int, str, str, Decimal, int]
"""context, year, orgnr, ind_id, var, denominator."""


def _text(rows: list[Row], separator: str, decimal: str, columns: tuple[str, ...] = COLUMNS) -> str:
    lines = [separator.join(columns)]
    for row in rows:
        cells = [str(cell).replace(".", decimal) if isinstance(cell, Decimal) else str(cell) for cell in row]
        lines.append(separator.join(cells[: len(columns)]))
    return "\n".join(lines) + "\n"


def _usual(rows: list[Row]) -> bytes:
    return _text(rows, ";", ",").encode()


def _legacy(rows: list[Row]) -> bytes:
    """As a spreadsheet saves it: Latin-1, CRLF, and empty rows at the end."""
    return (_text(rows, ";", ",") + ";;;;;\n" * 3 + "\n").replace("\n", "\r\n").encode("latin-1")


def _comma(rows: list[Row]) -> bytes:
    return _text(rows, ",", ".").encode()


def _tab(rows: list[Row]) -> bytes:
    return _text(rows, "\t", ",").encode()


def _counts(rows: list[Row]) -> bytes:
    """Without the column `denominator`, which then means 1."""
    return _text(rows, ";", ",", COLUMNS[:-1]).encode()


def _patients(rows: list[Row]) -> bytes:
    """One row per patient: `var` 1 for those in the numerator, 0 for the others."""
    single: list[Row] = []
    for context, year, orgnr, ind_id, var, denominator in rows:
        single += [(context, year, orgnr, ind_id, Decimal(int(k < var)), 1) for k in range(denominator)]
    return _usual(single)


def _parquet(rows: list[Row]) -> bytes:
    context, year, orgnr, ind_id, var, denominator = (list(column) for column in zip(*rows, strict=True))
    table = pa.table(
        [pa.array(context), pa.array(year), pa.array(orgnr), pa.array(ind_id), *_numbers(var, denominator)],
        names=list(COLUMNS),
        metadata={"synthetic": "true", "origin": "data/generate_demo.py"},
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue().to_pybytes())


def _numbers(var: list[Decimal], denominator: list[int]) -> tuple[pa.Array, pa.Array]:
    return pa.array([float(v) for v in var], pa.float64()), pa.array(denominator, pa.int64())


FORMS: dict[str, Callable[[list[Row]], bytes]] = {
    "usual": _usual,
    "legacy": _legacy,
    "comma": _comma,
    "tab": _tab,
    "counts": _counts,
    "patients": _patients,
    "parquet": _parquet,
}
