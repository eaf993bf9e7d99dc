"""What differs between two publications of a registry: one account for readers, for feeds and for those who approve.

Comes in: `Published` as it was and as it is. Goes out: `Changes`. Both values of a changed cell were public when they
were shown. Of a cell that is secret now no number is told, not even of before: only that it is not shown any longer. Of
one that is not reliable, before or now, the number of patients is told. Whole years and levels that are new or gone are
told as wholes.
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

from kvalreg.arrays import BoolArray
from kvalreg.disclosure.published import CellStatus, PublishedResults
from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.translation import get_translator

_KEY_COLUMNS = ["ind_id", "context", "year", "level", "orgnr"]
_COMPARED_COLUMNS = ["status", "value", "denominator", "achievement"]
_YEAR_LEVEL_LENGTH = 4
"""How many of `_KEY` name a whole: all units of a level in one year."""


class RevisionKind(StrEnum):
    """What became of one cell."""

    CHANGED = "changed"
    """Its status is as before, and its result or its number of patients is another."""
    HIDDEN = "hidden"
    """Its result was shown and is not any longer."""
    SHOWN = "shown"
    """Its result was not shown and is shown now."""
    REASON = "reason"
    """Its result was not shown and is not shown now, for another reason."""


@dataclass(frozen=True)
class CellSnapshot:
    """What a cell tells, and its status.

    `value` is None where the result is not shown, `patients` where it is not known or not told; `achievement` is empty
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
"""Editions from before there were several reasons tell nothing of a side that was hidden."""


@dataclass(frozen=True)
class CellRevision:
    """One cell that differs: what is told of it as it was, and as it is.

    Nothing but its status is told of a cell that is secret now, nor of what it was before; of a cell whose result is
    not shown any longer, its former result is not told again.
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
    """A delivery that was not there before, and what its registry says of it; untrusted."""

    file: str
    sha256: str
    remark: str
    latest_update: date | None


@dataclass(frozen=True)
class RegistryRevision:
    """Everything that differs in one registry.

    Parameters
    ----------
    values
        Cells told of before and now, in the order of the new publication.
    new, gone
        Levels of a year that were not presented before, or are not any longer.
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
        """How many cells changed in this way."""
        return sum(revision.kind is kind for revision in self.values)


@dataclass(frozen=True)
class PastEdition:
    """An edition that has been published.

    Parameters
    ----------
    since
        The edition that readers saw before it; empty for the first.
    changes
        What it changed, for each registry in which something differs.
    withdrawn
        Whether it has been taken back.
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
        The registry as it is published now, or would be.

    Returns
    -------
    Only what a reader can see: a number that is written the same way before and now has not changed.

    Notes
    -----
    Worked: a hospital showed 80 av 100 and shows 82 av 100: `CHANGED` with both. It showed 80 av 100 and is secret now:
    `HIDDEN` with neither. It showed 80 av 100 of 60 patients and has too low a coverage now: `HIDDEN` with its patients
    alone. Last year had no results and has some: one `Whole` for each level it is shown at.
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
    if "status" not in cells:  # an edition from before there were several reasons: all of them are told as one
        status = cells["shown"].map({True: CellStatus.SHOWN.value, False: CellStatus.SECRET.value})
        cells = cells.assign(status=status)
    return cells[[*_KEY_COLUMNS, *_COMPARED_COLUMNS]].set_index(_KEY_COLUMNS)


def _only_in(cells: pd.DataFrame, other_cells: pd.DataFrame) -> tuple[YearLevel, ...]:
    """Every level of a year that shows a cell in these, and has none in the others, in order."""
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
        if _visible_result(indicators[ind_id], before_snapshot) != _visible_result(indicators[ind_id], after_snapshot):
            yield CellRevision(ind_id, context, int(year), level, orgnr, kind, before_snapshot, after_snapshot)


def _unchanged_mask(old: pd.DataFrame, new: pd.DataFrame) -> BoolArray:
    """The cells of which nothing differs."""
    unchanged = old["status"].to_numpy() == new["status"].to_numpy()
    unchanged &= old["achievement"].to_numpy() == new["achievement"].to_numpy()
    for name in ("value", "denominator"):
        old_values, new_values = old[name].to_numpy(float), new[name].to_numpy(float)
        unchanged &= (old_values == new_values) | (np.isnan(old_values) & np.isnan(new_values))
    return np.asarray(unchanged, dtype=np.bool_)


def _classify_revision(before: CellSnapshot, after: CellSnapshot) -> tuple[RevisionKind, CellSnapshot, CellSnapshot]:
    """What became of a cell, and what may be told of it as it was and as it is."""
    shown_before, shown_now = before.status == CellStatus.SHOWN, after.status == CellStatus.SHOWN
    if shown_now:
        return RevisionKind.CHANGED if shown_before else RevisionKind.SHOWN, before, after
    if after.status == CellStatus.SECRET:
        before = CellSnapshot(None, None, "", before.status)
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
    """What a reader sees of a cell; the same in every language."""
    value = "" if snapshot.value is None else get_translator("nb").format_value(indicator, snapshot.value)
    return value, snapshot.patients, snapshot.achievement, snapshot.status
