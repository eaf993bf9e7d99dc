"""Equal rows of a table told once, with how often and where they stand.

Input: batches of a table's cells. Output: every row that differs from all earlier ones, and its occurrences: rows of
patients are 0 or 1, so five million of them are some thousand. What is said of a row is said of all that equal it, and
row numbers in messages are the same as if each had been looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kvalreg.inputs.table_stream import check_different

ROWS_NAMED = 10
_KEPT = ROWS_NAMED + 1
"""Row numbers of each distinct row: those that are named, also where its first one is not."""
_ROW, _TIMES = "row", "times"
_WAITING = 500_000
"""Rows that wait before they are put together with the earlier ones."""


@dataclass(frozen=True)
class RowNumbers:
    """Some rows of a file: the first numbers, in order, and how many there are in all."""

    first: tuple[int, ...]
    count: int

    @classmethod
    def of(cls, numbers: Sequence[int] | npt.NDArray[np.int64] | pd.Index[int]) -> RowNumbers:
        """All these numbers."""
        return cls(tuple(int(number) for number in numbers[:ROWS_NAMED]), len(numbers))

    def __add__(self, other: RowNumbers) -> RowNumbers:
        return RowNumbers((*self.first, *other.first)[:ROWS_NAMED], self.count + other.count)

    def __str__(self) -> str:
        told = ", ".join(map(str, self.first))
        if self.count == 1:
            return f"row {told}"
        more = self.count - len(self.first)
        return f"rows {told}" + (f" and {more} more" if more else "")


NO_ROWS = RowNumbers((), 0)


@dataclass(frozen=True)
class Occurrences:
    """Where distinct rows stand, each known by its first row number.

    Parameters
    ----------
    numbers
        The first eleven row numbers of each, one after the other.
    starts
        Where each one's begin.
    times
        How often each stands in the file.
    """

    numbers: npt.NDArray[np.int64] = field(repr=False)
    starts: npt.NDArray[np.int64] = field(repr=False)
    times: npt.NDArray[np.int64] = field(repr=False)

    def of(self, rows: pd.Index[int]) -> RowNumbers:
        """All rows that these, by their first row numbers, stand for."""
        at = self._places(rows)
        ends = np.append(self.starts[1:], len(self.numbers))
        # each of the first ten numbers is of one of the ten rows that begin first
        first = at[np.argsort(self.numbers[self.starts[at]])[:ROWS_NAMED]]
        found = np.concatenate([self.numbers[self.starts[one] : ends[one]] for one in first] or [at[:0]])
        named = np.sort(found)[:ROWS_NAMED]
        return RowNumbers(tuple(named.tolist()), int(self.times[at].sum()))

    def again(self, rows: pd.Index[int], firsts: pd.Index[int]) -> RowNumbers:
        """All rows that these stand for, but the first row of some of them."""
        at = self._places(rows)
        ends = np.append(self.starts[1:], len(self.numbers))
        lengths = ends[at] - self.starts[at]
        begins = np.cumsum(lengths) - lengths
        kept = self.numbers[np.repeat(self.starts[at] - begins, lengths) + np.arange(lengths.sum())]
        named = np.sort(kept[~np.isin(kept, firsts.to_numpy(dtype=np.int64))])[:ROWS_NAMED]
        return RowNumbers(tuple(named.tolist()), int(self.times[at].sum()) - len(firsts))

    def times_of(self, rows: pd.Index[int]) -> npt.NDArray[np.int64]:
        """How often each of these rows stands in the file."""
        return self.times[self._places(rows)]

    def _places(self, rows: pd.Index[int]) -> npt.NDArray[np.int64]:
        return np.searchsorted(self.numbers[self.starts], rows.to_numpy(dtype=np.int64))

    @classmethod
    def none(cls) -> Occurrences:
        """Of no rows."""
        return cls(*(np.zeros(0, np.int64) for _ in range(3)))


class DistinctRows:
    """Rows put together as they come."""

    def __init__(self) -> None:
        self._known: pa.Table | None = None
        self._waiting: list[pa.Table] = []

    def add(self, batch: pa.Table) -> None:
        """Take a batch: columns that are dictionaries of text, and ``row``."""
        names = [name for name in batch.column_names if name != _ROW]
        columns = {name: one_array(batch.column(name)) for name in names}
        codes = pa.table({**{name: one.indices for name, one in columns.items()}, _ROW: batch.column(_ROW)})
        told = _first_rows(codes.append_column(_TIMES, pa.array(np.ones(batch.num_rows, dtype=np.int64))), names)
        texts = {name: one.dictionary.take(one_array(told.column(name))) for name, one in columns.items()}
        self._waiting.append(pa.table({**texts, _ROW: told.column(_ROW), _TIMES: told.column(_TIMES)}))
        known = 0 if self._known is None else self._known.num_rows
        if sum(table.num_rows for table in self._waiting) > max(_WAITING, known):
            self._put_together()

    def result(self) -> tuple[pa.Table, Occurrences]:
        """The distinct rows that hold any text, each with its first ``row``, and where they stand."""
        table = self._put_together()
        if table is None:
            return pa.table({_ROW: pa.array([], pa.int64())}), Occurrences.none()
        numbers, times = table.column(_ROW).to_numpy(), table.column(_TIMES).to_numpy()
        starts = np.flatnonzero(times > 0)
        order = np.argsort(numbers[starts])
        lengths = np.diff(np.append(starts, len(numbers)))[order]
        heads = starts[order]
        begins = np.cumsum(lengths) - lengths
        at = np.repeat(heads - begins, lengths) + np.arange(len(numbers))
        return table.drop_columns([_TIMES]).take(heads), Occurrences(numbers[at], begins, times[heads])

    def _put_together(self) -> pa.Table | None:
        parts = [*([] if self._known is None else [self._known]), *self._waiting]
        self._waiting = []
        if len(parts) > 1 or (parts and self._known is None):
            table = pa.concat_tables(parts)
            del parts
            self._known = _first_rows(table, [name for name in table.column_names if name not in (_ROW, _TIMES)])
            check_different(int(np.count_nonzero(self._known.column(_TIMES).to_numpy())))
        return self._known


def _first_rows(table: pa.Table, names: list[str]) -> pa.Table:
    """The first eleven rows of each distinct one, those of one together; the first has the times of all, others 0."""
    summed = [(_ROW, "list"), (_TIMES, "sum")]
    found = table.group_by(names, use_threads=False).aggregate(summed)
    first = pc.list_slice(one_array(found.column(f"{_ROW}_list")), 0, _KEPT)
    parents = pc.list_parent_indices(first)
    parent = parents.to_numpy()
    is_head = np.diff(parent, prepend=-1) != 0
    times = np.where(is_head, found.column(f"{_TIMES}_sum").to_numpy()[parent], 0)
    keys = {name: found.column(name).take(parents) for name in names}
    return pa.table({**keys, _ROW: pc.list_flatten(first), _TIMES: pa.array(times)})


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """A column's chunks as one."""
    whole = column.unify_dictionaries().combine_chunks() if pa.types.is_dictionary(column.type) else column
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole


def texts_of(column: pa.ChunkedArray) -> pa.Array:
    """The texts of a column, which may be a dictionary."""
    whole = one_array(column)
    return whole.dictionary.take(whole.indices) if pa.types.is_dictionary(whole.type) else whole


def stripped(table: pa.Table) -> pa.Table:
    """Every cell stripped; columns are dictionaries of text."""
    columns = {}
    for each in table.column_names:
        column = one_array(table.column(each))
        columns[each] = pa.DictionaryArray.from_arrays(column.indices, pc.utf8_trim_whitespace(column.dictionary))
    return pa.table(columns)
