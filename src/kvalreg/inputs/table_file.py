"""A table of texts from a CSV or Parquet file, with the row number of every row.

Input: a path and the columns it should have. Output: the cells as stripped text, empty rows left out. It decides
separators, encodings, quotation marks and the header; it knows nothing about what the cells mean.
"""

from __future__ import annotations

import csv
import functools
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import DeliveryError, Diagnostic, DiagnosticsError
from kvalreg.inputs.csv_lines import SEPARATORS, Lines, WrongTableError
from kvalreg.inputs.distinct_rows import DistinctRows, Occurrences, RowNumbers, stripped, texts_of
from kvalreg.inputs.secret import SecretFrame
from kvalreg.inputs.table_stream import (
    Source,
    TooLargeError,
    check_cells,
    check_different,
    check_rows,
    lines_of,
    opened,
    parquet_batches,
)
from kvalreg.inputs.text_file import printable, quote, quote_identifier

_MAX_HEADER_LENGTH = 10_000
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[;,\t]*', re.IGNORECASE)
_SEEMS = (
    (b"PK\x03\x04", "This is an Excel workbook or a zip file, not a CSV file."),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook (.xls), not a CSV file."),
    (b"$FL2", "This is an SPSS file (.sav), not a CSV file."),
    (b"\x1f\x8b", "This is a gzip file, not a CSV file."),
    (b"PAR1", "This is a Parquet file with the ending of another format."),
)


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


@dataclass(frozen=True)
class DistinctTable(TextTable):
    """The cells of a file, equal rows once.

    Parameters
    ----------
    occurrences
        Where each row of `cells` stands, and how often.
    """

    occurrences: Occurrences


def read_table(path: Path, display_path: str, layout: TableLayout) -> TextTable:
    """The cells of a CSV file (`;`, `,` or tab; encodings as `decode` knows them) or, by its suffix, of a Parquet file.

    A first line ``sep=;``, as Excel writes and reads it, names the separator.

    Raises
    ------
    FaultsError
        Of the layout's class: the file cannot be read, its header is wrong, rows have too few or too many columns,
        there are no rows, or it is larger than a limit.
    """

    def whole(batches: Iterator[pa.Table]) -> pa.Table | None:
        parts: list[pa.Table] = []
        for batch in batches:
            filled = _non_empty_rows(batch, _texts(batch))
            parts.append(pa.table({each: texts_of(filled.column(each)) for each in filled.column_names}))
            check_different(sum(part.num_rows for part in parts))
        table = pa.concat_tables(parts) if parts else None
        return table if table is not None and table.num_rows else None

    table, sha256 = _read(path, display_path, layout, whole)
    return TextTable(_secret(table), sha256)


def read_distinct_rows(path: Path, shown: str, layout: TableLayout) -> DistinctTable:
    """As `read_table`, with equal rows once and where they stand, so that the file may be of millions of patients."""

    def distinct(batches: Iterator[pa.Table]) -> tuple[pa.Table, Occurrences] | None:
        rows = DistinctRows()
        for batch in batches:
            rows.add(batch)
        table, occurrences = rows.result()
        filled = _non_empty_rows(table, _texts(table))
        return (filled, occurrences) if filled.num_rows else None

    (table, occurrences), sha256 = _read(path, shown, layout, distinct)
    return DistinctTable(_secret(table), sha256, occurrences)


_Read = TypeVar("_Read")


def _read(
    path: Path, shown: str, layout: TableLayout, take: Callable[[Iterator[pa.Table]], _Read | None]
) -> tuple[_Read, str]:
    """What is taken from a file's batches, and the file's checksum."""
    shown = printable(shown)
    try:
        with opened(path) as source:
            is_parquet = path.suffix.lower() == ".parquet"
            taken = take(_read_parquet(source, layout) if is_parquet else _read_csv(source, layout))
        if taken is None:
            raise _no_rows_error()
    except OSError as error:
        todo = "Check that it is there, is a file, and that you may read it."
        raise layout.error(
            [
                Diagnostic(
                    f"The file cannot be read: {error.strerror}.", todo, shown, code=DiagnosticCode.FILE_UNREADABLE
                )
            ]
        ) from None
    except TooLargeError as error:
        raise layout.error([replace(error.fault, file=shown)]) from None
    except WrongTableError as error:
        raise layout.error([replace(each, file=shown) for each in error.diagnostics]) from None
    return taken, source.sha256


def _secret(table: pa.Table) -> pd.DataFrame:
    return SecretFrame(table.to_pandas().set_index("row"))


def format_rows(rows: Sequence[int] | npt.NDArray[np.int64] | pd.Index[int]) -> str:
    """Row numbers for a message: the first ten, and how many there are in all."""
    return str(RowNumbers.of(rows))


def _read_csv(source: Source, layout: TableLayout) -> Iterator[pa.Table]:
    """The cells below the header as dictionaries of stripped text, with the row number of each row."""
    _check_text(source)
    pieces = lines_of(source)
    first = next(pieces, "")
    named = _named_separator(first)
    header_line, header, body = _split_header(first, layout)
    separator = named or max(SEPARATORS, key=header.count)
    cells = [cell.strip() for cell in next(csv.reader([header[:_MAX_HEADER_LENGTH]], delimiter=separator))]
    names = list(cells)
    while names and not names[-1]:
        names.pop()
    _check_header(names, header_line, layout)
    # A spreadsheet may end every line with separators: those columns have neither a name nor a cell.
    unnamed = [f"unnamed {number}" for number in range(len(cells) - len(names))]
    found = Lines([*names, *unnamed], separator, header_line)
    for piece in itertools.chain([body], pieces):
        table = found.cells(re.sub(rf"(?m)^{re.escape(layout.comment)}.*$", "", piece) if layout.comment else piece)
        if table is not None:
            found.stray(_non_empty_rows(table, unnamed))
            yield table.select([*names, "row"])
        check_rows(found.line - header_line)
    found.check(len(unnamed))


def _check_text(source: Source) -> None:
    """Refuse a file that is no text by what it seems to be."""
    todo = "Save it as CSV with the encoding UTF-8, or as Parquet with the ending .parquet."
    what = next((told for sign, told in _SEEMS if source.start.startswith(sign)), "")
    if source.not_in:
        what = f"The file begins with the mark of {source.not_in}, and is not in it."
    elif source.has_zeros and not what:
        what = "The file is in UTF-16 without its mark." if source.is_wide else "This is not a text file."
    if what:
        raise WrongTableError([Diagnostic(what, todo, code=DiagnosticCode.TABLE_UNREADABLE)])


def _named_separator(text: str) -> str:
    """The separator that a first line ``sep=;`` names, or empty text."""
    found = _SEPARATOR_LINE.fullmatch(text.partition("\n")[0].strip(" "))
    if found is None:
        return ""
    if found[1] not in SEPARATORS:
        what = f"The first line says that cells are separated by {quote(found[1])}."
        todo = "Separate them by ';', ',' or tabs, and correct or remove that line."
        raise WrongTableError([Diagnostic(what, todo, line=1, code=DiagnosticCode.NO_HEADER)])
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
        if not is_comment and line.strip(SEPARATORS + " "):
            return number, line, text[end + 1 :]
        start = end + 1
    hint = f"Begin it with the header {';'.join(layout.required + layout.optional)}."
    raise WrongTableError([Diagnostic("The file is empty.", hint, code=DiagnosticCode.NO_ROWS)])


def _name_problems(name: str, count: int, column: str | None, columns_hint: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a name in the header, and what to do; `column` is the one that it means, if any."""
    quoted = quote_identifier(name)
    if count > 1:
        yield f"The column {quoted} stands twice.", "Remove one of the two."
    elif column is None:
        yield f"The column {quoted} is unknown.", f"Remove it. {columns_hint}"
    elif name != column:
        yield f"The column {quoted} is misspelt.", f"Write it '{column}'."


def _check_header(names: list[str], line: int, layout: TableLayout) -> None:
    """Every fault of the header at once."""
    known = layout.required + layout.optional
    column_by_name = {column.casefold(): column for column in known}
    columns_hint = f"The columns are {', '.join(known)}."
    if not any(name.casefold() in column_by_name for name in names):
        raise WrongTableError(
            [Diagnostic("The first line is no header.", columns_hint, line=line, code=DiagnosticCode.NO_HEADER)]
        )
    diagnostics = [
        Diagnostic(message, hint, line=line, code=DiagnosticCode.COLUMN_UNKNOWN)
        for name in dict.fromkeys(names)
        for message, hint in _name_problems(name, names.count(name), column_by_name.get(name.casefold()), columns_hint)
    ]
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
        raise WrongTableError(diagnostics)


def _no_rows_error() -> WrongTableError:
    return WrongTableError(
        [
            Diagnostic(
                "The file has a header and no rows.", "Add its rows, or remove the file.", code=DiagnosticCode.NO_ROWS
            )
        ]
    )


def _read_parquet(source: Source, layout: TableLayout) -> Iterator[pa.Table]:
    """The cells of a Parquet file as text, so that both formats follow the same rules."""
    if not source.start:
        raise WrongTableError(
            [Diagnostic("The file is empty.", "Write it again as Parquet.", code=DiagnosticCode.NO_ROWS)]
        )
    try:
        names, batches = parquet_batches(source)
        _check_header(names, 1, layout)
        row = 2
        for batch in batches:
            columns = {name: _as_text(batch.column(name), name) for name in names}
            yield stripped(pa.table(columns)).append_column("row", pa.array(np.arange(row, row + batch.num_rows)))
            row += batch.num_rows
    except (pa.ArrowException, OSError):
        raise WrongTableError(
            [
                Diagnostic(
                    "This is not a Parquet file, or it is damaged.",
                    "Write it again.",
                    code=DiagnosticCode.TABLE_UNREADABLE,
                )
            ]
        ) from None


def _as_text(column: pa.Array, key: str) -> pa.Array:
    """A column as a dictionary of text, in which what is missing is the empty text."""
    try:
        coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        texts = pc.cast(coded.dictionary, pa.string())
    except pa.ArrowException:
        message, hint = "The column holds neither text nor numbers.", "Write it again as text or numbers."
        raise WrongTableError([Diagnostic(message, hint, key=key, code=DiagnosticCode.TABLE_UNREADABLE)]) from None
    check_cells(texts)
    codes = pc.cast(pc.fill_null(coded.indices, len(texts)), pa.int32())
    texts = pa.concat_arrays([pc.fill_null(texts, ""), pa.array([""], pa.string())])
    return pa.DictionaryArray.from_arrays(codes, texts)


def _texts(table: pa.Table) -> list[str]:
    return [each for each in table.column_names if each != "row"]


def _non_empty_rows(table: pa.Table, names: list[str]) -> pa.Table:
    """The rows with text in any of these columns."""
    if not names or not table.num_rows:
        return table.slice(0, 0)
    texts = (texts_of(table.column(name)) for name in names)
    return table.filter(functools.reduce(pc.or_, (pc.not_equal(each, "") for each in texts)))
