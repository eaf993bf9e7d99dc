"""Rows of data: which cell each row is of, and which number of it each field is.

Owns the keys and fields that charts, the files beside figures, and the site's other files share. Comes in: rows. Goes
out: claims, in a `Reading`.
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
"""The role of each field, and how it is written."""
KEYS = {"registry", "registry_name", "ind_id", "context", "year", "orgnr"}
"""Fields that say which cell a row is of."""
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
"""Every field of charts, of the files beside figures, and of units' years."""
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
"""What pages know of a unit, for a reader who picks it: see `kvalreg.report.selected_unit`."""
CHANGE_FIELDS: Fields = {
    "unit": ("unit", "text"),
    "value": ("value", "number"),
    "denominator": ("n", "number"),
    "footnote": ("footnote", "code"),
    "value_before": ("past-value", "number"),
    "denominator_before": ("past-n", "number"),
    "footnote_before": ("past-footnote", "code"),
}
"""A cell as an earlier edition had it, and as it is."""


class Place(NamedTuple):
    """What holds for a row beside its own keys."""

    address: CellAddress
    language: str
    line: int = 1


def address_of(row: Row, outer: CellAddress) -> CellAddress:
    """The address of a row: what it does not say itself is that of what is around it."""
    return CellAddress(
        row.get("registry") or row.get("registry_name") or outer.registry,
        row.get("ind_id") or outer.ind_id,
        row.get("context") or outer.context,
        str(row.get("year") or outer.year).rstrip("*"),
        row.get("orgnr") or outer.unit,
    )


def read_row(row: Row, fields: Fields, place: Place, reading: Reading) -> None:
    """The claims of a row; a field of no role is a finding, and one without a value says nothing."""
    address = address_of(row, place.address)
    for name, value in row.items():
        if name in KEYS or value is None:
            continue
        if name not in fields:
            what = f"A row has a field '{name}' of no role."
            reading.find(DiagnosticCode.CELL_ADDRESS_MISSING, what, place.line, address.registry)
            continue
        role, form = fields[name]
        text = str(value).lower() if isinstance(value, bool) else str(value)
        reading.claim(Claim(address, role, text, form, place.language, place.line))


def rows_of(rows: Any) -> Iterator[dict[str, Any]]:
    """Rows, written one by one or as columns."""
    if isinstance(rows, dict):
        for values in zip(*rows.values(), strict=True):
            yield dict(zip(rows, values, strict=True))
    else:
        yield from rows


def table_columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Rows as columns; a value that a row has not is None."""
    return {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}


def csv_rows(text: str, delimiter: str = ";") -> list[dict[str, str]]:
    """The rows of a CSV file, its texts as they were before an apostrophe kept spreadsheets from running them.

    ValueError where a row has more or fewer values than the heading.
    """
    heading, *lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    return [dict(zip(heading, map(from_text, line), strict=True)) for line in lines]


def strict_json(text: str | bytes) -> Any:
    """JSON in which no object has a key twice: programs would see only the last of them."""
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("An object has a key twice.")
    return found
