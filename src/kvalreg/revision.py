"""Revisions: what differs between two publications of a registry, for readers, for feeds and for those who approve.

Input: `PublishedResults` before and after. Output: `RegistryRevision`. Both values of a changed cell were public when
they were shown. Of a cell that is secret now no number is reported, not even the earlier one: only that it is no longer
shown. Of one that is not reliable, before or now, the number of patients is reported. A level of a year that is new or
removed is reported as one item, not cell by cell.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from pydantic import BeforeValidator

from kvalreg.disclosure.published import CellStatus, PublishedResults
from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.translation import get_translator
from kvalreg.statistics.intervals import BoolArray

_KEY_COLUMNS = ["ind_id", "context", "year", "level", "orgnr"]
_COMPARED_COLUMNS = ["status", "value", "denominator", "achievement"]
_YEAR_LEVEL_LENGTH = 4
"""How many of `_KEY_COLUMNS` identify a `YearLevel`: all but the unit."""


class RevisionKind(StrEnum):
    """The kind of a cell's revision."""

    CHANGED = "changed"
    """Its status is as before; its result or its number of patients differs."""
    HIDDEN = "hidden"
    """Its result was shown and is no longer."""
    SHOWN = "shown"
    """Its result was not shown and is shown now."""
    REASON = "reason"
    """Its result was and is not shown, now for another reason."""


@dataclass(frozen=True)
class CellSnapshot:
    """What is public of a cell, and its status.

    `value` is None where the result is not shown, `patients` where it is unknown or not public; `achievement` is empty
    where there is none.
    """

    value: float | None
    patients: int | None
    achievement: str
    status: CellStatus = CellStatus.SHOWN


SECRET_SNAPSHOT = CellSnapshot(None, None, "", CellStatus.SECRET)
"""A secret cell."""
_StoredSnapshot = Annotated[
    CellSnapshot, BeforeValidator(lambda snapshot: SECRET_SNAPSHOT if snapshot is None else snapshot)
]
"""Editions from before there were several reasons have null for a cell that was hidden."""


@dataclass(frozen=True)
class CellRevision:
    """One cell that differs: what is public of it before and after.

    Of a cell that is secret now, nothing but its status is public, before or after; of a cell whose result is no longer
    shown, the former result is not repeated.
    """

    ind_id: str
    context: str
    year: int
    level: str
    orgnr: str
    kind: RevisionKind
    before: _StoredSnapshot
    after: _StoredSnapshot


class YearLevel(NamedTuple):
    """The units of one level in one year."""

    ind_id: str
    context: str
    year: int
    level: str


@dataclass(frozen=True)
class NewDelivery:
    """A new delivery with the registry's remark on it; untrusted text."""

    file: str
    sha256: str
    remark: str
    latest_update: date | None


@dataclass(frozen=True)
class RegistryRevision:
    """Everything that differs in one registry. The fields are keys of the edition's file.

    Parameters
    ----------
    values
        Cells present before and after that differ, in the order of the new publication.
    new, gone
        Levels of a year that were not presented before, or are no longer.
    reasons
        The deliveries that are new.
    """

    registry_id: str
    values: tuple[CellRevision, ...] = ()
    new: tuple[YearLevel, ...] = ()
    gone: tuple[YearLevel, ...] = ()
    reasons: tuple[NewDelivery, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.values or self.new or self.gone)

    def count(self, kind: RevisionKind) -> int:
        """How many cells have this kind of revision."""
        return sum(revision.kind is kind for revision in self.values)


@dataclass(frozen=True)
class PastEdition:
    """An edition that has been published. The fields are keys of the edition's file.

    Parameters
    ----------
    since
        The edition that readers saw before it; empty for the first.
    changes
        What it changed, for each registry in which something differs.
    withdrawn
        Whether it was withdrawn.
    """

    name: str
    since: str
    changes: tuple[RegistryRevision, ...]
    withdrawn: bool = False


@dataclass(frozen=True)
class EditionHistory:
    """What readers have seen, and what differs from it now.

    Parameters
    ----------
    since
        The edition that readers see; empty where there is none.
    changes
        What differs between it and what is shown now, for each registry in which something does.
    editions
        All editions, newest first.
    """

    since: str = ""
    changes: tuple[RegistryRevision, ...] = ()
    editions: tuple[PastEdition, ...] = ()


def compare_publications(before: PublishedResults | None, after: PublishedResults) -> RegistryRevision:
    """What differs between two publications of one registry.

    Parameters
    ----------
    before
        None when the registry had published nothing.
    after
        The registry as it is published, or would be.

    Returns
    -------
    Only what a reader can see: a number that is formatted the same way before and after has not changed.

    Notes
    -----
    A worked example, for one hospital that showed 80 av 100:

    - it shows 82 av 100: `CHANGED`, with both;
    - it is secret: `HIDDEN`, with neither;
    - its coverage is too low: `HIDDEN`, with its number of patients alone;
    - last year had no results and now has some: one `YearLevel` for each level that shows a cell.
    """
    new_cells = _compared_cells(after.cells)
    old_cells = _compared_cells(before.cells) if before is not None else new_cells.iloc[:0]
    known_digests = {delivery.sha256 for delivery in before.source.deliveries} if before is not None else set()
    return RegistryRevision(
        after.registry.id,
        tuple(_cell_revisions(old_cells, new_cells, after)),
        _only_in(new_cells, old_cells),
        _only_in(old_cells, new_cells),
        tuple(
            NewDelivery(new_delivery.shown, new_delivery.sha256, new_delivery.remark, new_delivery.latest_update)
            for new_delivery in after.source.deliveries
            if new_delivery.sha256 not in known_digests
        ),
    )


def _compared_cells(cells: pd.DataFrame) -> pd.DataFrame:
    if "status" not in cells:  # an edition from before there were several reasons: all count as secret
        status = cells["shown"].map({True: CellStatus.SHOWN.value, False: CellStatus.SECRET.value})
        cells = cells.assign(status=status)
    return cells[[*_KEY_COLUMNS, *_COMPARED_COLUMNS]].set_index(_KEY_COLUMNS)


def _only_in(cells: pd.DataFrame, other_cells: pd.DataFrame) -> tuple[YearLevel, ...]:
    """Every level of a year that shows a cell in the first table and has none in the second, in order."""
    shown = dict.fromkeys(
        YearLevel(*key[:_YEAR_LEVEL_LENGTH]) for key in cells.index[(cells["status"] == CellStatus.SHOWN).to_numpy()]
    )
    present = {YearLevel(*key[:_YEAR_LEVEL_LENGTH]) for key in other_cells.index}
    return tuple(year_level for year_level in shown if year_level not in present)


def _cell_revisions(old: pd.DataFrame, new: pd.DataFrame, after: PublishedResults) -> Iterator[CellRevision]:
    common = new.index[new.index.isin(old.index)]
    old_rows, new_rows = old.loc[common], new.loc[common]
    indicators = {indicator.id: indicator for indicator in after.registry.indicators}
    for position in np.flatnonzero(~_unchanged_mask(old_rows, new_rows)).tolist():
        ind_id, context, year, level, orgnr = common[position]
        kind, before_snapshot, after_snapshot = _classify_revision(
            _snapshot(old_rows, position), _snapshot(new_rows, position)
        )
        # values that differ only in digits that no page shows are no revision
        if _visible_result(indicators[ind_id], before_snapshot) != _visible_result(indicators[ind_id], after_snapshot):
            yield CellRevision(ind_id, context, int(year), level, orgnr, kind, before_snapshot, after_snapshot)


def _unchanged_mask(old: pd.DataFrame, new: pd.DataFrame) -> BoolArray:
    """The cells that are equal in every compared column; NaN equals NaN."""
    unchanged = old["status"].to_numpy() == new["status"].to_numpy()
    unchanged &= old["achievement"].to_numpy() == new["achievement"].to_numpy()
    # by whole columns: of a million cells of a national site, few have changed
    for name in ("value", "denominator"):
        old_values, new_values = old[name].to_numpy(float), new[name].to_numpy(float)
        unchanged &= (old_values == new_values) | (np.isnan(old_values) & np.isnan(new_values))
    return np.asarray(unchanged, dtype=np.bool_)


def _classify_revision(before: CellSnapshot, after: CellSnapshot) -> tuple[RevisionKind, CellSnapshot, CellSnapshot]:
    """The kind of a cell's revision, and what may be published of it before and after."""
    shown_before, shown_now = before.status == CellStatus.SHOWN, after.status == CellStatus.SHOWN
    # secret: nothing of before; not reliable: the number of patients of before, which stays public
    if shown_now:
        return RevisionKind.CHANGED if shown_before else RevisionKind.SHOWN, before, after
    if after.status == CellStatus.SECRET:
        before = CellSnapshot(None, None, "", before.status)  # the former number would help to work the new one out
    elif shown_before:
        before = replace(before, value=None, achievement="")
    if shown_before:
        return RevisionKind.HIDDEN, before, after
    return RevisionKind.CHANGED if before.status == after.status else RevisionKind.REASON, before, after


def _snapshot(cells: pd.DataFrame, position: int) -> CellSnapshot:
    row = cells.iloc[position]
    patients = None if math.isnan(row["denominator"]) else int(row["denominator"])
    value = None if math.isnan(row["value"]) else float(row["value"])
    return CellSnapshot(value, patients, str(row["achievement"]), CellStatus(row["status"]))


def _visible_result(indicator: Indicator, snapshot: CellSnapshot) -> tuple[str, int | None, str, CellStatus]:
    """What a reader sees of a cell; one language is enough, since all round alike."""
    value = "" if snapshot.value is None else get_translator("nb").format_value(indicator, snapshot.value)
    return value, snapshot.patients, snapshot.achievement, snapshot.status
