"""A table's file, read piece by piece, so that a large one takes no more memory than a small one.

Input: a path. Output: its checksum, and its contents: whole lines of text, or batches of a Parquet file's cells. What
would take all memory is refused by a limit that the message tells. It knows nothing about what the cells mean.
"""

from __future__ import annotations

import codecs
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.text_file import AS_LATIN_1, MARKS

LONGEST_LINE = 1_000_000
"""Characters."""
LONGEST_CELL = 10_000
"""Characters of a cell in a Parquet file, which may say once what stands in every row."""
LARGEST_FILE = 4_000_000_000
"""Bytes, after unpacking."""
LARGEST_COLUMN = 500_000_000
"""Bytes that one column of a row group unpacks to: a reader may need all of them at once."""
MOST_ROWS = 100_000_000
MOST_DIFFERENT = 1_000_000
"""Rows that are not equal to an earlier one: these are kept."""
_PIECE = 8
"""Longest lines that are read at once."""
_BATCH = 1 << 18
"""Rows of a Parquet file that are read at once."""
_CHUNK = 1 << 20
_OTHER = "cp1252"
"""The encoding of a text that is in no other one that we know."""
_WIDE = 16
"""Bytes from which it is told whether every other one is zero."""


class TooLargeError(Exception):
    """A limit is passed; the fault does not know its file yet."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(what)
        self.fault = Diagnostic(what, todo, code=DiagnosticCode.TOO_LARGE)


@dataclass(frozen=True)
class Source:
    """A file that is open.

    Parameters
    ----------
    file
        The bytes.
    sha256
        Of all of them.
    start
        The first of them.
    encoding
        Of its text, as Python calls it.
    not_in
        The encoding that it begins with the mark of, and is not in, as people call it; or empty text.
    has_zeros, is_wide
        Whether there are characters that no text has, and whether every other byte is zero, as in UTF-16.
    """

    file: BinaryIO
    sha256: str
    start: bytes
    encoding: str
    not_in: str
    has_zeros: bool
    is_wide: bool


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a file that stays as it is while it is read: its checksum is of what was read.

    Raises
    ------
    OSError
        It cannot be read, or was changed meanwhile.
    TooLargeError
        It is larger than `LARGEST_FILE`.
    """
    with path.open("rb") as file:
        before = os.fstat(file.fileno())
        check_size(before.st_size, "The file has")
        yield _source(file)
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise OSError(0, "it was changed while it was read")


def check_size(size: int, subject: str) -> None:
    """Refuse more than `LARGEST_FILE` bytes."""
    if size > LARGEST_FILE:
        what = f"{subject} {size / 1e9:.1f} GB, and {LARGEST_FILE / 1e9:.0f} GB is the limit."
        raise TooLargeError(what, "Deliver sums for each unit instead of patients, or several files.")


def check_rows(rows: int) -> None:
    """Refuse more than `MOST_ROWS` rows."""
    if rows > MOST_ROWS:
        what = f"The file has more than {MOST_ROWS:,} rows, which is the limit."
        raise TooLargeError(what, "Deliver sums for each unit instead of patients, or several files.")


def check_different(rows: int) -> None:
    """Refuse more than `MOST_DIFFERENT` rows that are all different."""
    if rows > MOST_DIFFERENT:
        what = f"The file has more than {MOST_DIFFERENT:,} rows that differ from each other, which is the limit."
        raise TooLargeError(what, "Deliver one row for each unit and year, or 0 and 1 for each patient.")


def lines_of(source: Source) -> Iterator[str]:
    r"""The text in pieces of whole lines, with ``\n`` as line ends.

    Raises
    ------
    TooLargeError
        A line is longer than `LONGEST_LINE`.
    """
    source.file.seek(0)
    errors = AS_LATIN_1 if source.encoding == _OTHER else "strict"
    with open(source.file.fileno(), encoding=source.encoding, errors=errors, newline=None, closefd=False) as text:
        yield from _whole_lines(text)


def _whole_lines(text: TextIO) -> Iterator[str]:
    piece: list[str] = []
    line, ended = "", 0  # the line that is not at its end yet, and how many are before it
    while part := text.read(LONGEST_LINE):
        first, last = part.find("\n"), part.rfind("\n") + 1
        if len(line) + (first if last else len(part)) > LONGEST_LINE:
            what = f"Line {ended + 1} has more than {LONGEST_LINE:,} characters, which is the limit."
            raise TooLargeError(what, "Check that lines end where rows do.")
        ended += part.count("\n")
        if last:
            piece.append(line + part[:last])
        line = part[last:] if last else line + part
        if len(piece) >= _PIECE:
            yield "".join(piece)
            piece = []
    if piece or line:
        yield "".join((*piece, line))


def parquet_batches(source: Source) -> tuple[list[str], Iterator[pa.RecordBatch]]:
    """The columns of a Parquet file, and its rows in batches whose text is said once for all rows that have it.

    Raises
    ------
    TooLargeError
        The file unpacks to more than `LARGEST_FILE`, or a column of a row group to more than `LARGEST_COLUMN`, or
        there are more than `MOST_ROWS` rows.
    pyarrow.ArrowException, OSError
        It is no Parquet file, or damaged.
    """
    source.file.seek(0)
    plain = pyarrow.parquet.ParquetFile(source.file)
    meta = plain.metadata
    groups = [meta.row_group(number) for number in range(meta.num_row_groups)]
    sizes = [group.column(at).total_uncompressed_size for group in groups for at in range(group.num_columns)]
    check_rows(meta.num_rows)
    check_size(sum(sizes), "The file unpacks to")
    if max(sizes, default=0) > LARGEST_COLUMN:
        what = (
            f"A column unpacks to {max(sizes) / 1e9:.1f} GB in one row group; {LARGEST_COLUMN / 1e9} GB is the limit."
        )
        raise TooLargeError(what, "Write the file with smaller row groups: a million rows each.")
    schema = plain.schema_arrow
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    file = pyarrow.parquet.ParquetFile(source.file, read_dictionary=texts, buffer_size=_CHUNK)
    return list(schema.names), file.iter_batches(_BATCH, use_threads=False)


def check_cells(texts: pa.Array) -> None:
    """Refuse cells that are longer than `LONGEST_CELL`."""
    longest = pc.max(pc.utf8_length(texts)).as_py() or 0
    if longest > LONGEST_CELL:
        what = f"A cell has {longest:,} characters, and {LONGEST_CELL:,} is the limit."
        raise TooLargeError(what, "Check that the columns hold what their names say.")


def _source(file: BinaryIO) -> Source:
    """What is known of a file when all of it has been read once."""
    digest, size, zeros, has_zeros = hashlib.sha256(), 0, [0, 0], False
    chunk = start = file.read(_CHUNK)
    marked = [(known_as, encoding) for mark, known_as, encoding in MARKS if start.startswith(mark)]
    known_as, encoding = marked[0] if marked else ("", "utf-8")
    decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder(encoding)()
    while chunk:
        digest.update(chunk)
        text = None if decoder is None else _decoded(decoder, chunk, final=False)
        decoder = None if text is None else decoder
        has_zeros = has_zeros or (b"\0" in chunk if text is None else "\0" in text)
        for place in (0, 1):
            zeros[place] += chunk[(place + size) % 2 :: 2].count(0) if b"\0" in chunk else 0
        size += len(chunk)
        chunk = file.read(_CHUNK)
    is_in_it = decoder is not None and _decoded(decoder, b"", final=True) is not None
    is_wide = size > _WIDE and max(zeros) * 2 > size // 2
    not_in = "" if is_in_it else known_as
    return Source(file, digest.hexdigest(), start[:1000], encoding if is_in_it else _OTHER, not_in, has_zeros, is_wide)


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool) -> str | None:
    """The text of a chunk, or None where it is not in the decoder's encoding."""
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return None
