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

from kvalreg.errors import DeliveryError, Fault, FaultsError
from kvalreg.inputs.secret import SecretFrame
from kvalreg.inputs.text_file import NotItsEncodingError, decode, name, printable, quote
from kvalreg.kinds import Kind

_SEPARATORS = ";\t,"
_ROWS_NAMED = 10
_LARGEST_BLOCK = 1 << 30
_LONGEST_HEADER = 10_000


@dataclass(frozen=True)
class Layout:
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
    error: type[FaultsError] = DeliveryError


@dataclass(frozen=True)
class Table:
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


def read_table(path: Path, shown: str, layout: Layout) -> Table:
    """The cells of a CSV file (`;`, `,` or tab; encodings as `decode` knows them) or, by its suffix, of a Parquet file.

    A first line ``sep=;``, as Excel writes and reads it, names the separator.

    Raises
    ------
    FaultsError
        Of the layout's class: the file cannot be read, its header is wrong, rows have too few or too many columns,
        or there are no rows.
    """
    shown = printable(shown)
    try:
        raw = path.read_bytes()
        texts = _parquet_texts(raw, layout) if path.suffix.lower() == ".parquet" else _csv_texts(raw, layout)
        cells = SecretFrame(_without_empty_rows(texts).to_pandas().set_index("row"))
    except OSError as error:
        todo = "Check that it is there, is a file, and that you may read it."
        raise layout.error(
            [Fault(f"The file cannot be read: {error.strerror}.", todo, shown, kind=Kind.FILE_UNREADABLE)]
        ) from None
    except _WrongTableError as error:
        raise layout.error([replace(each, file=shown) for each in error.faults]) from None
    return Table(cells, hashlib.sha256(raw).hexdigest())


def name_rows(rows: Sequence[int] | npt.NDArray[np.int64] | pd.Index[int]) -> str:
    """Row numbers for a message: the first ten, and how many there are in all."""
    first = ", ".join(str(row) for row in rows[:_ROWS_NAMED])
    if len(rows) == 1:
        return f"row {first}"
    return f"rows {first}" + (f" and {len(rows) - _ROWS_NAMED} more" if len(rows) > _ROWS_NAMED else "")


class _WrongTableError(FaultsError):
    """Faults that do not know their file yet."""


def _csv_texts(raw: bytes, layout: Layout) -> pa.Table:
    text = _text_of(raw)
    named = _named_separator(text)
    header_line, header, body = _split_header(text, layout)
    if layout.comment:
        body = re.sub(rf"(?m)^{re.escape(layout.comment)}.*$", "", body)
    separator = named or max(_SEPARATORS, key=header.count)
    cells = [cell.strip() for cell in next(csv.reader([header[:_LONGEST_HEADER]], delimiter=separator))]
    names = list(cells)
    while names and not names[-1]:
        names.pop()
    _check_header(names, header_line, layout)
    # A spreadsheet may end every line with separators: those columns have neither a name nor a cell.
    unnamed = [f"unnamed {number}" for number in range(len(cells) - len(names))]
    table = _csv_cells(body, names + unnamed, separator, header_line)
    stray = _filled(table, unnamed)
    if stray.num_rows:
        what = f"Cells to the right of the header's last column in {name_rows(stray.column('row').to_numpy())}."
        raise _WrongTableError(
            [Fault(what, "Remove them, or give the column its name.", line=header_line, kind=Kind.CELLS_ASTRAY)]
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


def _text_of(raw: bytes) -> str:
    """The text of a CSV file; a file that is no text is refused by what it seems to be."""
    todo = "Save it as CSV with the encoding UTF-8, or as Parquet with the ending .parquet."
    what = next((told for sign, told in _SEEMS if raw.startswith(sign)), "")
    try:
        text = decode(raw)
    except NotItsEncodingError as error:
        what = f"The file begins with the mark of {error}, and is not in it."
    if not what and "\0" in text:
        is_wide = len(raw) > _WIDE and (raw[1::2].count(0) * 2 > len(raw) // 2 or raw[::2].count(0) * 2 > len(raw) // 2)
        what = "The file is in UTF-16 without its mark." if is_wide else "This is not a text file."
    if what:
        raise _WrongTableError([Fault(what, todo, kind=Kind.NOT_A_TABLE)])
    return text


def _named_separator(text: str) -> str:
    """The separator that a first line ``sep=;`` names, or empty text."""
    found = _SEPARATOR_LINE.fullmatch(text.partition("\n")[0].strip(" "))
    if found is None:
        return ""
    if found[1] not in _SEPARATORS:
        what = f"The first line says that cells are separated by {quote(found[1])}."
        todo = "Separate them by ';', ',' or tabs, and correct or remove that line."
        raise _WrongTableError([Fault(what, todo, line=1, kind=Kind.NO_HEADER)])
    return found[1]


def _split_header(text: str, layout: Layout) -> tuple[int, str, str]:
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
    todo = f"Begin it with the header {';'.join(layout.required + layout.optional)}."
    raise _WrongTableError([Fault("The file is empty.", todo, kind=Kind.NO_ROWS)])


def _check_header(names: list[str], line: int, layout: Layout) -> None:
    """Every fault of the header at once."""
    known = layout.required + layout.optional
    meant = {column.casefold(): column for column in known}
    advice = f"The columns are {', '.join(known)}."
    if not any(each.casefold() in meant for each in names):
        raise _WrongTableError([Fault("The first line is no header.", advice, line=line, kind=Kind.NO_HEADER)])
    faults: list[Fault] = []
    for each in dict.fromkeys(names):
        column = meant.get(each.casefold())
        if names.count(each) > 1:
            faults.append(
                Fault(
                    f"The column {name(each)} stands twice.",
                    "Remove one of the two.",
                    line=line,
                    kind=Kind.COLUMN_UNKNOWN,
                )
            )
        elif column is None:
            faults.append(
                Fault(
                    f"The column {name(each)} is unknown.", f"Remove it. {advice}", line=line, kind=Kind.COLUMN_UNKNOWN
                )
            )
        elif each != column:
            faults.append(
                Fault(
                    f"The column {name(each)} is misspelt.",
                    f"Write it '{column}'.",
                    line=line,
                    kind=Kind.COLUMN_UNKNOWN,
                )
            )
    spelt = {each.casefold() for each in names}
    faults += [
        Fault(
            f"The column '{column}' is missing.", f"Add it. {advice}", line=line, key=column, kind=Kind.COLUMN_MISSING
        )
        for column in layout.required
        if column not in spelt and column.casefold() not in spelt
    ]
    if faults:
        raise _WrongTableError(faults)


def _csv_cells(body: str, names: list[str], separator: str, header_line: int) -> pa.Table:
    """The cells below the header. A record is a line: no cell of ours can hold a line end."""
    wrong: dict[int, str] = {}

    def note(row: pyarrow.csv.InvalidRow) -> str:
        wrong[row.number] = row.text
        return "skip"

    raw = body.encode("utf-8")
    if not raw.strip():
        raise _no_rows()
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(raw),
            pyarrow.csv.ReadOptions(
                # One thread and one block, because only then rows are numbered through.
                column_names=names,
                use_threads=False,
                block_size=min(max(len(raw), 1 << 16) + 1, _LARGEST_BLOCK),
            ),
            pyarrow.csv.ParseOptions(delimiter=separator, ignore_empty_lines=False, invalid_row_handler=note),
            pyarrow.csv.ConvertOptions(column_types={each: pa.string() for each in names}, strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        raise _wrong_quotes(body, header_line) from None
    lines = body.count("\n") + (not body.endswith("\n"))
    if table.num_rows + len(wrong) != lines:
        raise _wrong_quotes(body, header_line)
    ragged = [number for number, text in wrong.items() if text.strip(_SEPARATORS + ' "')]
    if ragged:
        rows = [header_line + number for number in ragged]
        what = f"More or fewer cells than the {len(names)} columns of the header in {name_rows(rows)}."
        todo = f"Separate cells by {_SPELT[separator]} only, and put a cell that holds one in quotation marks."
        raise _WrongTableError([Fault(what, todo, line=rows[0], kind=Kind.CELLS_ASTRAY)])
    numbers = np.arange(1, lines + 1)
    numbers = numbers[~np.isin(numbers, list(wrong))] if wrong else numbers
    return table.append_column("row", pa.array(numbers + header_line))


_SPELT = {";": "';'", ",": "','", "\t": "tabs"}


def _wrong_quotes(body: str, header_line: int) -> _WrongTableError:
    rows = [header_line + number for number, line in enumerate(body.split("\n"), 1) if line.count('"') % 2]
    where = f" in {name_rows(rows)}" if rows else ""
    fault = Fault(
        f"A quotation mark is opened and not closed{where}.",
        "Close or remove it.",
        line=rows[0] if rows else None,
        kind=Kind.CELLS_ASTRAY,
    )
    return _WrongTableError([fault])


def _no_rows() -> _WrongTableError:
    return _WrongTableError(
        [Fault("The file has a header and no rows.", "Add its rows, or remove the file.", kind=Kind.NO_ROWS)]
    )


def _parquet_texts(raw: bytes, layout: Layout) -> pa.Table:
    """The cells of a Parquet file as text, so that both formats follow the same rules."""
    if not raw:
        raise _WrongTableError([Fault("The file is empty.", "Write it again as Parquet.", kind=Kind.NO_ROWS)])
    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(raw))
        names = list(file.schema_arrow.names)
        _check_header(names, 1, layout)
        table = file.read()
    except (pa.ArrowException, OSError):
        raise _WrongTableError(
            [Fault("This is not a Parquet file, or it is damaged.", "Write it again.", kind=Kind.NOT_A_TABLE)]
        ) from None
    columns = {each: _as_text(table.column(each), each) for each in names}
    return pa.table({**columns, "row": pa.array(np.arange(2, table.num_rows + 2))})


def _as_text(column: pa.ChunkedArray, key: str) -> pa.ChunkedArray:
    try:
        return pc.fill_null(pc.cast(column, pa.string()), "")
    except pa.ArrowException:
        what, todo = "The column holds neither text nor numbers.", "Write it again as text or numbers."
        raise _WrongTableError([Fault(what, todo, key=key, kind=Kind.NOT_A_TABLE)]) from None


def _without_empty_rows(texts: pa.Table) -> pa.Table:
    """Every cell stripped, and rows without any text left out."""
    names = [each for each in texts.column_names if each != "row"]
    stripped = {each: pc.utf8_trim_whitespace(texts.column(each)) for each in names}
    table = _filled(pa.table({**stripped, "row": texts.column("row")}), names)
    if table.num_rows == 0:
        raise _no_rows()
    return table


def _filled(table: pa.Table, names: list[str]) -> pa.Table:
    """The rows with text in any of these columns."""
    if not names:
        return table.slice(0, 0)
    return table.filter(functools.reduce(pc.or_, (pc.not_equal(table.column(each), "") for each in names)))
