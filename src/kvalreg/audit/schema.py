"""Rows of data: the cell of each row, and the role of each field.

Owns the keys and fields that charts, the files of figures, and the site's other files share. Input: rows. Output:
claims, in a `Reading`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kvalreg.audit.cell_address import CellAddress
from kvalreg.audit.claims import Claim, Form, Reading
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.report.spreadsheet import from_text

Row = Mapping[str, Any]
Fields = Mapping[str, tuple[str, Form]]
"""The role and the form of each field."""
KEYS = {"registry", "registry_name", "ind_id", "context", "year", "orgnr"}
"""Fields that identify the cell of a row."""
FIELDS: Fields = {
    "unit": ("unit", "text"),
    "value": ("value", "number"),
    "low": ("low", "number"),
    "high": ("high", "number"),
    "text": ("value", "text"),
    "n": ("n", "number"),
    "denominator": ("n", "number"),
    "level": ("achievement", "text"),
    "achievement": ("achievement", "code"),
    "rank": ("achievement", "sort"),
    "verdict": ("verdict", "code"),
    "change": ("change", "code"),
    "provisional": ("provisional", "code"),
    "shown": ("shown", "code"),
    "footnote": ("footnote", "code"),
    "value_before": ("value-before", "number"),
    **{f"units_{level}": (f"units-{level}", "number") for level in ("high", "moderate", "low")},
}
"""The fields of charts, of the files of figures, and of units' years."""
UNIT_FIELDS: Fields = {
    "name": ("unit", "text"),
    "value": ("value", "text"),
    "cell": ("value", "text"),
    "patients": ("n", "text"),
    "level": ("achievement", "code"),
    "levelText": ("achievement", "text"),
    "note": ("limit", "text"),
    "shown": ("shown", "code"),
    "text": ("unit-sentence", "text"),
}
"""The fields of a unit that a reader may select: see `kvalreg.report.selected_unit`."""
CHANGE_FIELDS: Fields = {
    "unit": ("unit", "text"),
    "value": ("value", "number"),
    "denominator": ("n", "number"),
    "footnote": ("footnote", "code"),
    "value_before": ("past-value", "number"),
    "denominator_before": ("past-n", "number"),
    "footnote_before": ("past-footnote", "code"),
}
"""The fields of a revised cell: as published in an earlier edition, and as it is now."""


class RowScope(NamedTuple):
    """What a row inherits: the address for keys that it has not, the language of its texts, and the line."""

    address: CellAddress
    language: str
    line: int = 1


def address_of(row: Row, outer: CellAddress) -> CellAddress:
    """The address of a row; keys that it has not are those of the element or block around it."""
    return CellAddress(
        row.get("registry") or row.get("registry_name") or outer.registry,
        row.get("ind_id") or outer.ind_id,
        row.get("context") or outer.context,
        str(row.get("year") or outer.year).rstrip("*"),  # charts mark years with provisional results by a star
        row.get("orgnr") or outer.unit,
    )


def read_row(row: Row, fields: Fields, scope: RowScope, reading: Reading) -> None:
    """Add the claims of a row; a field of no role is a finding, and a field without a value is no claim."""
    address = address_of(row, scope.address)
    for name, value in row.items():
        if name in KEYS or value is None:
            continue
        if name not in fields:
            message = f"A row has a field '{name}' of no role."
            reading.add_finding(DiagnosticCode.CELL_ADDRESS_MISSING, message, scope.line, address.registry)
            continue
        role, form = fields[name]
        # As CSV and JSON write booleans: Python's True would be another text.
        text = str(value).lower() if isinstance(value, bool) else str(value)
        reading.add_claim(Claim(address, role, text, form, scope.language, scope.line))


def rows_of(rows: Any) -> Iterator[dict[str, Any]]:
    """Rows, from a list of objects or from an object of columns."""
    if isinstance(rows, dict):  # {"orgnr": ["974", "983"], "value": [0.9, 0.8]}
        for values in zip(*rows.values(), strict=True):
            yield dict(zip(rows, values, strict=True))
    else:
        yield from rows


def table_columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Rows as columns; a missing value is None."""
    return {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}


def csv_rows(text: str, delimiter: str = ";") -> list[dict[str, str]]:
    """The rows of a CSV file, its texts as they were before an apostrophe kept spreadsheets from running them.

    ValueError where a row has more or fewer values than the heading.
    """
    heading, *lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    return [dict(zip(heading, map(from_text, line), strict=True)) for line in lines]


def strict_json(text: str | bytes) -> Any:
    """Parsed JSON; ValueError where an object has a key twice.

    Programs see only the last of two equal keys, so that the audit would check one number and a reader find another.
    """
    return json.loads(text, object_pairs_hook=_unique_keys)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("An object has a key twice.")
    return document
