"""A table of texts from a CSV or Parquet file, with the row number of every row.

Comes in: a path and the columns it should have. Goes out: the cells as stripped text, empty rows left out.
It decides separators, encodings, quotation marks and the header; it knows nothing about what the cells mean.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from kvalreg.errors import DeliveryError, Fault, FaultsError
from kvalreg.inputs.text_file import decode, printable, quote

_SEPARATORS = ";\t,"
_ROWS_NAMED = 10


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

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.optional


@dataclass(frozen=True)
class Table:
    """The cells of a file.

    Parameters
    ----------
    cells
        One column of stripped text per column of the file; the index holds the 1-based row in the file, where a CSV
        file's rows are its lines and a Parquet file's header counts as row 1.
    sha256
        Of the file's bytes.
    """

    cells: pd.DataFrame
    sha256: str


def read_table(path: Path, shown: str, layout: Layout) -> Table:
    """The cells of a CSV file (`;`, `,` or tab; UTF-8, else Latin-1) or, by its suffix, of a Parquet file.

    Raises
    ------
    FaultsError
        Of the layout's class: the file cannot be read, its header is wrong, or rows have too few or too many columns.
    """
    shown = printable(shown)
    try:
        raw = path.read_bytes()
    except OSError as error:
        todo = "Check that it is there, is a file, and that you may read it."
        raise layout.error([Fault(f"The file cannot be read: {error.strerror}.", todo, shown)]) from None
    reader = _parquet_texts if path.suffix.lower() == ".parquet" else _csv_texts
    texts, names = reader(raw, shown, layout)
    cells = pd.DataFrame({name: texts.column(name).to_pandas() for name in names}, dtype="str")
    cells.index = pd.Index(texts.column(_ROW).to_numpy(), name="row")
    return Table(cells, hashlib.sha256(raw).hexdigest())
