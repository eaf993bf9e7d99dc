"""A table of texts from a CSV or Parquet file, with the row number of every row.

Comes in: a path and the columns it should have. Goes out: the cells as stripped text, empty rows left out.
It decides separators, encodings, quotation marks and the header; it knows nothing about what the cells mean.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import DeliveryError, Diagnostic, DiagnosticsError
from kvalreg.inputs.secret import SecretFrame
from kvalreg.inputs.text_file import NotItsEncodingError, decode, printable, quote, quote_identifier

_SEPARATORS = ";\t,"
_MAX_ROWS_NAMED = 10
_MAX_BLOCK_BYTES = 1 << 30
_MAX_HEADER_LENGTH = 10_000


@dataclass(frozen=True)
class TableLayout:
    """What a table should look like.

    Parameters
    ----------
    required, optional
        Names of columns, case-sensitive, in any order. Every other column is a fault.
    comment
        A line that begins with this is skipped; empty where the format has no comments.
    error
        The error to raise.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    comment: str = ""
    error: type[DiagnosticsError] = DeliveryError


@dataclass(frozen=True)
class TextTable:
    """The cells of a file.

    Parameters
    ----------
    cells
        One column of stripped text per column of the file; a `SecretFrame`, since a table may be of patients. The
        index is the 1-based row: in a CSV file the line; in a Parquet file the header counts as row 1.
    sha256
        Of the file's bytes.
    """

    cells: pd.DataFrame
    sha256: str


def read_table(path: Path, display_path: str, layout: TableLayout) -> TextTable:
    """The cells of a CSV file (`;`, `,` or tab; encodings as `decode` knows them) or, by its suffix, of a Parquet file.

    A first line ``sep=;``, as Excel writes and reads it, names the separator.

    Raises
    ------
    FaultsError
        Of the layout's class: the file cannot be read, its header is wrong, rows have too few or too many columns,
        or there are no rows.
    """
    display_path = printable(display_path)
    try:
        raw = path.read_bytes()
        texts = _read_parquet(raw, layout) if path.suffix.lower() == ".parquet" else _read_csv(raw, layout)
        cells = SecretFrame(_drop_empty_rows(texts).to_pandas().set_index("row"))
    except OSError as error:
        hint = "Check that it is there, is a file, and that you may read it."
        raise layout.error(
            [
                Diagnostic(
                    f"The file cannot be read: {error.strerror}.",
                    hint,
                    display_path,
                    code=DiagnosticCode.FILE_UNREADABLE,
                )
            ]
        ) from None
    except _TableError as error:
        raise layout.error([replace(diagnostic, file=display_path) for diagnostic in error.diagnostics]) from None
    return TextTable(cells, hashlib.sha256(raw).hexdigest())


def format_rows(rows: Sequence[int] | npt.NDArray[np.int64] | pd.Index[int]) -> str:
    """Row numbers for a message: the first ten, and how many there are in all."""
    first_rows = ", ".join(str(row) for row in rows[:_MAX_ROWS_NAMED])
    if len(rows) == 1:
        return f"row {first_rows}"
    return f"rows {first_rows}" + (f" and {len(rows) - _MAX_ROWS_NAMED} more" if len(rows) > _MAX_ROWS_NAMED else "")


class _TableError(DiagnosticsError):
    """Faults that do not know their file yet."""


def _read_csv(raw: bytes, layout: TableLayout) -> pa.Table:
    text = _decode_csv(raw)
    named = _named_separator(text)
    header_line, header, body = _split_header(text, layout)
    if layout.comment:
        body = re.sub(rf"(?m)^{re.escape(layout.comment)}.*$", "", body)
    separator = named or max(_SEPARATORS, key=header.count)
    cells = [cell.strip() for cell in next(csv.reader([header[:_MAX_HEADER_LENGTH]], delimiter=separator))]
    names = list(cells)
    while names and not names[-1]:
        names.pop()
    _check_header(names, header_line, layout)
    # A spreadsheet may end every line with separators: those columns have neither a name nor a cell.
    unnamed = [f"unnamed {number}" for number in range(len(cells) - len(names))]
    table = _parse_csv_body(body, names + unnamed, separator, header_line)
    stray_rows = _non_empty_rows(table, unnamed)
    if stray_rows.num_rows:
        message = (
            f"Cells to the right of the header's last column in {format_rows(stray_rows.column('row').to_numpy())}."
        )
        raise _TableError(
            [
                Diagnostic(
                    message,
                    "Remove them, or give the column its name.",
                    line=header_line,
                    code=DiagnosticCode.MISALIGNED_CELLS,
                )
            ]
        )
    return table.select([*names, "row"])


_WIDE = 16
"""Bytes from which it is told whether every other one is zero, as in UTF-16."""
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[;,\t]*', re.IGNORECASE)
_SEEMS = (
    (b"PK\x03\x04", "This is an Excel workbook or a zip file, not a CSV file."),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook (.xls), not a CSV file."),
    (b"$FL2", "This is an SPSS file (.sav), not a CSV file."),
    (b"\x1f\x8b", "This is a gzip file, not a CSV file."),
    (b"PAR1", "This is a Parquet file with the ending of another format."),
)


def _decode_csv(raw: bytes) -> str:
    """The text of a CSV file; a file that is no text is refused by what it seems to be."""
    hint = "Save it as CSV with the encoding UTF-8, or as Parquet with the ending .parquet."
    what = next((told for sign, told in _SEEMS if raw.startswith(sign)), "")
    try:
        text = decode(raw)
    except NotItsEncodingError as error:
        what = f"The file begins with the mark of {error}, and is not in it."
    if not what and "\0" in text:
        is_wide = len(raw) > _WIDE and (raw[1::2].count(0) * 2 > len(raw) // 2 or raw[::2].count(0) * 2 > len(raw) // 2)
        what = "The file is in UTF-16 without its mark." if is_wide else "This is not a text file."
    if what:
        raise _TableError([Diagnostic(what, hint, code=DiagnosticCode.TABLE_UNREADABLE)])
    return text


def _named_separator(text: str) -> str:
    """The separator that a first line ``sep=;`` names, or empty text."""
    found = _SEPARATOR_LINE.fullmatch(text.partition("\n")[0].strip(" "))
    if found is None:
        return ""
    if found[1] not in _SEPARATORS:
        what = f"The first line says that cells are separated by {quote(found[1])}."
        todo = "Separate them by ';', ',' or tabs, and correct or remove that line."
        raise _TableError([Diagnostic(what, todo, line=1, code=DiagnosticCode.NO_HEADER)])
    return found[1]


def _split_header(text: str, layout: TableLayout) -> tuple[int, str, str]:
    """The header's line number, the header, and everything below it. Empty lines above the header are skipped."""
    number, start = 0, 0
    while start < len(text):
        number += 1
        end = text.find("\n", start)
        end = len(text) if end == -1 else end
        line = text[start:end]
        is_comment = bool(layout.comment) and line.startswith(layout.comment)
        is_comment |= number == 1 and _SEPARATOR_LINE.fullmatch(line.strip(" ")) is not None
        if not is_comment and line.strip(_SEPARATORS + " "):
            return number, line, text[end + 1 :]
        start = end + 1
    hint = f"Begin it with the header {';'.join(layout.required + layout.optional)}."
    raise _TableError([Diagnostic("The file is empty.", hint, code=DiagnosticCode.NO_ROWS)])


def _check_header(names: list[str], line: int, layout: TableLayout) -> None:
    """Every fault of the header at once."""
    known = layout.required + layout.optional
    column_by_name = {column.casefold(): column for column in known}
    columns_hint = f"The columns are {', '.join(known)}."
    if not any(name.casefold() in column_by_name for name in names):
        raise _TableError(
            [Diagnostic("The first line is no header.", columns_hint, line=line, code=DiagnosticCode.NO_HEADER)]
        )
    diagnostics: list[Diagnostic] = []
    for name in dict.fromkeys(names):
        column = column_by_name.get(name.casefold())
        if names.count(name) > 1:
            diagnostics.append(
                Diagnostic(
                    f"The column {quote_identifier(name)} stands twice.",
                    "Remove one of the two.",
                    line=line,
                    code=DiagnosticCode.COLUMN_UNKNOWN,
                )
            )
        elif column is None:
            diagnostics.append(
                Diagnostic(
                    f"The column {quote_identifier(name)} is unknown.",
                    f"Remove it. {columns_hint}",
                    line=line,
                    code=DiagnosticCode.COLUMN_UNKNOWN,
                )
            )
        elif name != column:
            diagnostics.append(
                Diagnostic(
                    f"The column {quote_identifier(name)} is misspelt.",
                    f"Write it '{column}'.",
                    line=line,
                    code=DiagnosticCode.COLUMN_UNKNOWN,
                )
            )
    names_present = {name.casefold() for name in names}
    diagnostics += [
        Diagnostic(
            f"The column '{column}' is missing.",
            f"Add it. {columns_hint}",
            line=line,
            key=column,
            code=DiagnosticCode.COLUMN_MISSING,
        )
        for column in layout.required
        if column not in names_present and column.casefold() not in names_present
    ]
    if diagnostics:
        raise _TableError(diagnostics)


def _parse_csv_body(body: str, names: list[str], separator: str, header_line: int) -> pa.Table:
    """The cells below the header. A record is a line: no cell of ours can hold a line end."""
    invalid_rows: dict[int, str] = {}

    def record_invalid_row(row: pyarrow.csv.InvalidRow) -> str:
        invalid_rows[row.number] = row.text
        return "skip"

    raw = body.encode("utf-8")
    if not raw.strip():
        raise _no_rows_error()
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(raw),
            pyarrow.csv.ReadOptions(
                # One thread and one block, because only then rows are numbered through.
                column_names=names,
                use_threads=False,
                block_size=min(max(len(raw), 1 << 16) + 1, _MAX_BLOCK_BYTES),
            ),
            pyarrow.csv.ParseOptions(
                delimiter=separator, ignore_empty_lines=False, invalid_row_handler=record_invalid_row
            ),
            pyarrow.csv.ConvertOptions(column_types={name: pa.string() for name in names}, strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        raise _unclosed_quote_error(body, header_line) from None
    lines = body.count("\n") + (not body.endswith("\n"))
    if table.num_rows + len(invalid_rows) != lines:
        raise _unclosed_quote_error(body, header_line)
    ragged_rows = [number for number, text in invalid_rows.items() if text.strip(_SEPARATORS + ' "')]
    if ragged_rows:
        rows = [header_line + number for number in ragged_rows]
        message = f"More or fewer cells than the {len(names)} columns of the header in {format_rows(rows)}."
        hint = (
            f"Separate cells by {_SEPARATOR_NAMES[separator]} only, and put a cell that holds one in quotation marks."
        )
        raise _TableError([Diagnostic(message, hint, line=rows[0], code=DiagnosticCode.MISALIGNED_CELLS)])
    numbers = np.arange(1, lines + 1)
    numbers = numbers[~np.isin(numbers, list(invalid_rows))] if invalid_rows else numbers
    return table.append_column("row", pa.array(numbers + header_line))


_SEPARATOR_NAMES = {";": "';'", ",": "','", "\t": "tabs"}


def _unclosed_quote_error(body: str, header_line: int) -> _TableError:
    rows = [header_line + number for number, line in enumerate(body.split("\n"), 1) if line.count('"') % 2]
    location = f" in {format_rows(rows)}" if rows else ""
    diagnostic = Diagnostic(
        f"A quotation mark is opened and not closed{location}.",
        "Close or remove it.",
        line=rows[0] if rows else None,
        code=DiagnosticCode.MISALIGNED_CELLS,
    )
    return _TableError([diagnostic])


def _no_rows_error() -> _TableError:
    return _TableError(
        [
            Diagnostic(
                "The file has a header and no rows.", "Add its rows, or remove the file.", code=DiagnosticCode.NO_ROWS
            )
        ]
    )


def _read_parquet(raw: bytes, layout: TableLayout) -> pa.Table:
    """The cells of a Parquet file as text, so that both formats follow the same rules."""
    if not raw:
        raise _TableError([Diagnostic("The file is empty.", "Write it again as Parquet.", code=DiagnosticCode.NO_ROWS)])
    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(raw))
        names = list(file.schema_arrow.names)
        _check_header(names, 1, layout)
        table = file.read()
    except (pa.ArrowException, OSError):
        raise _TableError(
            [
                Diagnostic(
                    "This is not a Parquet file, or it is damaged.",
                    "Write it again.",
                    code=DiagnosticCode.TABLE_UNREADABLE,
                )
            ]
        ) from None
    columns = {name: _as_text(table.column(name), name) for name in names}
    return pa.table({**columns, "row": pa.array(np.arange(2, table.num_rows + 2))})


def _as_text(column: pa.ChunkedArray, key: str) -> pa.ChunkedArray:
    try:
        return pc.fill_null(pc.cast(column, pa.string()), "")
    except pa.ArrowException:
        message, hint = "The column holds neither text nor numbers.", "Write it again as text or numbers."
        raise _TableError([Diagnostic(message, hint, key=key, code=DiagnosticCode.TABLE_UNREADABLE)]) from None


def _drop_empty_rows(texts: pa.Table) -> pa.Table:
    """Every cell stripped, and rows without any text left out."""
    names = [name for name in texts.column_names if name != "row"]
    stripped = {name: pc.utf8_trim_whitespace(texts.column(name)) for name in names}
    table = _non_empty_rows(pa.table({**stripped, "row": texts.column("row")}), names)
    if table.num_rows == 0:
        raise _no_rows_error()
    return table


def _non_empty_rows(table: pa.Table, names: list[str]) -> pa.Table:
    """The rows with text in any of these columns."""
    if not names:
        return table.slice(0, 0)
    return table.filter(functools.reduce(pc.or_, (pc.not_equal(table.column(name), "") for name in names)))
