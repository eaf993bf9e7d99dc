"""The lines of a CSV file below its header, piece by piece, as cells with their row numbers.

Input: text of whole lines, in order. Output: a table for each piece, and at the end every line that is no row of it,
all at once. A record is a line. It knows nothing about the header or about what the cells mean.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.csv

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic, DiagnosticsError
from kvalreg.inputs.distinct_rows import NO_ROWS, RowNumbers, stripped

SEPARATORS = ";\t,"
_SPELT = {";": "';'", ",": "','", "\t": "tabs"}


class WrongTableError(DiagnosticsError):
    """Faults that do not know their file yet."""


class Lines:
    """The lines below a header as they come, and the rows of those that are no rows of its table.

    A record is a line: no cell of ours can hold a line end.
    """

    def __init__(self, names: list[str], separator: str, header_line: int) -> None:
        self.names, self.separator, self.header_line = names, separator, header_line
        self.line = header_line
        self._is_unclosed = False
        self._unclosed, self._ragged, self._stray = NO_ROWS, NO_ROWS, NO_ROWS

    def cells(self, lines: str) -> pa.Table | None:
        """The cells of further lines, or None when no line is a row, or not every quotation mark is closed."""
        wrong, ragged = array("q"), array("q")

        def note(row: pyarrow.csv.InvalidRow) -> str:
            wrong.append(row.number)
            if row.text.strip(SEPARATORS + ' "'):
                ragged.append(row.number)
            return "skip"

        before, count = self.line, lines.count("\n") + (lines[-1:] not in ("", "\n"))
        self.line += count
        if not lines.strip():
            return None
        table = _parsed(lines.encode("utf-8"), self.names, self.separator, note)
        if table is None or table.num_rows + len(wrong) != count:
            odd = [before + number for number, line in enumerate(lines.split("\n"), 1) if line.count('"') % 2]
            self._is_unclosed, self._unclosed = True, self._unclosed + RowNumbers.of(odd)
            return None
        self._ragged += RowNumbers.of(np.array(ragged, dtype=np.int64) + before)
        numbers = np.delete(np.arange(before + 1, before + 1 + count), np.array(wrong, dtype=np.int64) - 1)
        return stripped(table).append_column("row", pa.array(numbers))

    def stray(self, rows: pa.Table) -> None:
        """Take note of rows with cells to the right of the header's last column."""
        self._stray += RowNumbers.of(rows.column("row").to_numpy())

    def check(self, unnamed: int) -> None:
        """Raise what was found in all lines."""
        faults = []
        if self._is_unclosed:
            where = f" in {self._unclosed}" if self._unclosed.count else ""
            what = f"A quotation mark is opened and not closed{where}."
            faults.append(_astray(what, "Close or remove it.", self._unclosed))
        if self._ragged.count:
            columns = len(self.names) - unnamed
            what = f"More or fewer cells than the {columns} columns of the header in {self._ragged}."
            todo = f"Separate cells by {_SPELT[self.separator]} only, and put a cell that holds one in quotation marks."
            faults.append(_astray(what, todo, self._ragged))
        if self._stray.count:
            what = f"Cells to the right of the header's last column in {self._stray}."
            todo = "Remove them, or give the column its name."
            faults.append(_astray(what, todo, RowNumbers.of([self.header_line])))
        if faults:
            raise WrongTableError(faults)


def _astray(what: str, todo: str, rows: RowNumbers) -> Diagnostic:
    return Diagnostic(what, todo, line=rows.first[0] if rows.count else None, code=DiagnosticCode.MISALIGNED_CELLS)


def _parsed(
    raw: bytes, names: list[str], separator: str, note: Callable[[pyarrow.csv.InvalidRow], str]
) -> pa.Table | None:
    """The lines as a table, or None where their quotation marks make none."""
    texts = pa.dictionary(pa.int32(), pa.string())
    try:
        return pyarrow.csv.read_csv(
            pa.BufferReader(raw),
            # One thread and one block, because only then rows are numbered through.
            pyarrow.csv.ReadOptions(column_names=names, use_threads=False, block_size=max(len(raw), 1 << 16) + 1),
            pyarrow.csv.ParseOptions(delimiter=separator, ignore_empty_lines=False, invalid_row_handler=note),
            pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, texts), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
