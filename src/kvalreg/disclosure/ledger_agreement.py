"""Does an entry of the ledger agree with what the edition published?

Input: an entry's cells, SECRET, and the edition's published cells, as tables. Output: yes or no. Every published cell
must be in the entry, as it was published: shown with the same numbers, marked as secret, or as not reliable. What was
not published must be marked as such. Entire columns are compared at once: a nation has millions of cells.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kvalreg.arrays import BoolArray, FloatArray, IntArray
from kvalreg.disclosure.edition import LedgerState
from kvalreg.disclosure.published import CellStatus, PublishedTable
from kvalreg.inputs.descriptor import IndicatorType
from kvalreg.statistics.results import CELL_KEY


def entry_matches_published(entry: pa.Table, published: PublishedTable) -> bool:
    """Whether an entry's states and shown numbers are those that were published."""
    # 1. Every published cell has a row in the entry, and no key occurs twice.
    entry_keys, published_keys = _cell_keys(entry, published.cells)
    order = np.argsort(entry_keys, kind="stable")
    if len(entry_keys) == 0 or (np.diff(entry_keys[order]) == 0).any():
        return len(published_keys) == 0 == len(entry_keys)
    positions = order[np.searchsorted(entry_keys, published_keys, sorter=order).clip(max=len(entry_keys) - 1)]
    is_unpublished = np.ones(len(entry_keys), dtype=np.bool_)
    is_unpublished[positions] = False
    if not np.array_equal(entry_keys[positions], published_keys) or is_unpublished.sum() != len(entry_keys) - len(
        published_keys
    ):
        return False
    # 2. The other rows of the entry were not published, and 3. the published ones agree.
    is_absent = _equals(entry, "state", LedgerState.ABSENT)
    return bool(is_absent[is_unpublished].all()) and _rows_match(entry.take(positions), published)


def _rows_match(entry: pa.Table, published: PublishedTable) -> bool:
    """Whether each published cell's row of the entry agrees with it; both in the same order."""
    is_shown = np.asarray(published.cells["shown"].to_numpy(zero_copy_only=False), dtype=np.bool_)
    is_secret = (
        np.logical_not(is_shown) if _is_legacy(published) else _equals(published.cells, "status", CellStatus.SECRET)
    )
    is_unreliable = ~(is_shown | is_secret)
    n, x = _published_counts(published)
    # A cell that is not reliable publishes its number of patients, unless that is its value (then it is NaN here).
    has_patients = is_shown | (is_unreliable & ~np.isnan(n))
    states = [
        _equals(entry, "state", state)
        for state in (LedgerState.SHOWN, LedgerState.HIDDEN, LedgerState.NOT_RELIABLE, LedgerState.ABSENT)
    ]
    return bool(
        states[0][is_shown].all()
        and states[1][is_secret].all()
        and (states[2] | states[3])[is_unreliable].all()
        and np.array_equal(_float_column(entry, "n")[has_patients], n[has_patients], equal_nan=True)
        and np.array_equal(_float_column(entry, "x")[is_shown], x[is_shown], equal_nan=True)
    )


def _published_counts(published: PublishedTable) -> tuple[FloatArray, FloatArray]:
    """Numbers of patients and numerators as published, NaN where there are none, as the gate counts them."""
    ind_ids, codes = _factorize([published.cells["ind_id"]])
    types = [published.type_by_indicator[ind_id] for ind_id in ind_ids]
    is_count = np.array([indicator_type is IndicatorType.ANTALL for indicator_type in types], dtype=np.bool_)[codes]
    is_computed_share = np.array(
        [indicator_type is IndicatorType.BEREGNET_ANDEL and not _is_legacy(published) for indicator_type in types]
    )[codes]
    is_summed = np.array([indicator_type.is_summed for indicator_type in types], dtype=np.bool_)[codes]
    var, denominator = _float_column(published.cells, "var"), _float_column(published.cells, "denominator")
    x = np.where(is_computed_share, (var * denominator).round(), np.where(is_summed, var, np.nan))
    return np.where(is_count, var, denominator), x


def _is_legacy(published: PublishedTable) -> bool:
    """Of the legacy format, with one mark for all that was not shown, and no numerators of computed shares."""
    return "status" not in published.cells.column_names


def _cell_keys(first: pa.Table, second: pa.Table) -> tuple[IntArray, IntArray]:
    """An integer for each cell of both tables, equal where their keys are."""
    keys = np.zeros(len(first) + len(second), dtype=np.int64)
    for name in CELL_KEY:
        texts, codes = _factorize([first[name], second[name]])
        keys = keys * len(texts) + codes
    return keys[: len(first)], keys[len(first) :]


def _factorize(columns: list[pa.ChunkedArray]) -> tuple[list[str], IntArray]:
    """The different texts in these columns, and for each row (of one column after the other) the index of its text."""
    chunks = [chunk.cast(pa.string()) for column in columns for chunk in column.chunks]
    encoded = pa.chunked_array(chunks, pa.string()).dictionary_encode("encode").combine_chunks()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _equals(table: pa.Table, name: str, value: str) -> BoolArray:
    is_equal = pc.equal(table[name].cast(pa.string()), str(value)).to_numpy(zero_copy_only=False)
    return np.asarray(is_equal, dtype=np.bool_)


def _float_column(table: pa.Table, name: str) -> FloatArray:
    return np.asarray(table[name].to_numpy(zero_copy_only=False), dtype=np.float64)
