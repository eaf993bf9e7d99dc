"""Does an entry of the ledger say what the edition has shown?

Comes in: an entry's cells, SECRET, and the edition's published cells, as tables. Goes out: yes or no. Every published
cell must be there, shown with its own numbers, marked as secret or told as not reliable, as it was published; and what
was not published must be marked as such. Whole columns are compared at once: a nation has millions of cells.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kvalreg.disclosure.edition import State
from kvalreg.disclosure.published import PublishedTable, Status
from kvalreg.inputs.descriptor import IndicatorType
from kvalreg.statistics.results import KEY

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]


def agree(entry: pa.Table, published: PublishedTable) -> bool:
    """Whether an entry's states and shown numbers are those that were published."""
    kept, told = _keys(entry, published.cells)
    order = np.argsort(kept, kind="stable")
    if len(kept) == 0 or (np.diff(kept[order]) == 0).any():
        return len(told) == 0 == len(kept)
    at = order[np.searchsorted(kept, told, sorter=order).clip(max=len(kept) - 1)]
    others = np.ones(len(kept), dtype=np.bool_)
    others[at] = False
    if not np.array_equal(kept[at], told) or others.sum() != len(kept) - len(told):
        return False
    absent = _is(entry, "state", State.ABSENT)
    return bool(absent[others].all()) and _as_published(entry.take(at), published)


def _as_published(entry: pa.Table, published: PublishedTable) -> bool:
    """Whether each published cell's row of the entry says the same; both in the same order."""
    shown = np.asarray(published.cells["shown"].to_numpy(zero_copy_only=False), dtype=np.bool_)
    secret = np.logical_not(shown) if _older(published) else _is(published.cells, "status", Status.SECRET)
    unreliable = ~(shown | secret)
    n, x = _told(published)
    told_n = shown | (unreliable & ~np.isnan(n))
    states = [_is(entry, "state", state) for state in (State.SHOWN, State.HIDDEN, State.NOT_RELIABLE, State.ABSENT)]
    return bool(
        states[0][shown].all()
        and states[1][secret].all()
        and (states[2] | states[3])[unreliable].all()
        and np.array_equal(_numbers(entry, "n")[told_n], n[told_n], equal_nan=True)
        and np.array_equal(_numbers(entry, "x")[shown], x[shown], equal_nan=True)
    )


def _told(published: PublishedTable) -> tuple[FloatArray, FloatArray]:
    """Numbers of patients and numerators as published, NaN where there are none, as the gate counts them."""
    indicators, at = _codes([published.cells["ind_id"]])
    types = [published.types[one] for one in indicators]
    counted = np.array([one is IndicatorType.ANTALL for one in types], dtype=np.bool_)[at]
    computed = np.array([one is IndicatorType.BEREGNET_ANDEL and not _older(published) for one in types])[at]
    summed = np.array([one.summed for one in types], dtype=np.bool_)[at]
    var, denominator = _numbers(published.cells, "var"), _numbers(published.cells, "denominator")
    x = np.where(computed, (var * denominator).round(), np.where(summed, var, np.nan))
    return np.where(counted, var, denominator), x


def _older(published: PublishedTable) -> bool:
    """Of a version that had one mark for all that was not shown, and no numerators of computed shares."""
    return "status" not in published.cells.column_names


def _keys(one: pa.Table, other: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A number for each cell of both tables, equal where their keys are."""
    keys = np.zeros(len(one) + len(other), dtype=np.int64)
    for name in KEY:
        texts, codes = _codes([one[name], other[name]])
        keys = keys * len(texts) + codes
    return keys[: len(one)], keys[len(one) :]


def _codes(columns: list[pa.ChunkedArray]) -> tuple[list[str], NDArray[np.int64]]:
    """The different texts in these columns, and for each row of one after the other the place of its text."""
    texts = [chunk.cast(pa.string()) for column in columns for chunk in column.chunks]
    codes = pa.chunked_array(texts, pa.string()).dictionary_encode("encode").combine_chunks()
    return codes.dictionary.to_pylist(), codes.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _is(table: pa.Table, name: str, word: str) -> BoolArray:
    found = pc.equal(table[name].cast(pa.string()), str(word)).to_numpy(zero_copy_only=False)
    return np.asarray(found, dtype=np.bool_)


def _numbers(table: pa.Table, name: str) -> FloatArray:
    return np.asarray(table[name].to_numpy(zero_copy_only=False), dtype=np.float64)
