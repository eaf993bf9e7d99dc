"""Compares two publications of a registry, for readers, for feeds and for those who approve a release.

Input: `PublishedResults` before and after. Output: a `RegistryRevision`. Both values of a changed cell were public when
they were shown. A cell that is secret now has no number at all, not even its former one: only that it is no longer
shown. A cell that is unreliable, before or now, has its number of patients. New and removed years are reported per
level and year, and not cell by cell.
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
"""How many of `_KEY_COLUMNS` identify a `YearLevel`: all units of a level in one year."""


class RevisionKind(StrEnum):
    """The kind of a cell's revision."""

    CHANGED = "changed"
    """Its status is as before, and its result or its number of patients differs."""
    HIDDEN = "hidden"
    """Its result was shown and no longer is."""
    SHOWN = "shown"
    """Its result was not shown and is shown now."""
    REASON = "reason"
    """Its result is still not shown, for another reason."""


@dataclass(frozen=True)
class CellSnapshot:
    """The published contents of a cell, and its status.

    `value` is None when the result is not shown, `patients` when unknown or unpublished; `achievement` is empty when
    there is none.
    """

    value: float | None
    patients: int | None
    achievement: str
    status: CellStatus = CellStatus.SHOWN


SECRET_SNAPSHOT = CellSnapshot(None, None, "", CellStatus.SECRET)
"""A secret cell."""
# The fields of these classes are written as JSON into archived editions: they keep their names.
_StoredSnapshot = Annotated[
    CellSnapshot, BeforeValidator(lambda snapshot: SECRET_SNAPSHOT if snapshot is None else snapshot)
]
"""In archived editions from before there were several reasons, a hidden side is null."""


@dataclass(frozen=True)
class CellRevision:
    """One cell that differs: its published contents before and after.

    A cell that is secret now has only its statuses, also for before; of a cell whose result is no longer shown, the
    former result is not repeated.
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
    """A new delivery, and its registry's remark on it; untrusted text."""

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
        Revised cells that both publications have, in the order of the new one.
    new, gone
        Levels of a year that were not presented before, or no longer are.
    reasons
        The new deliveries.
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
        The previous edition; empty for the first.
    changes
        Its revisions, for each registry in which something differs.
    withdrawn
        Whether it has been withdrawn.
    """

    name: str
    since: str
    changes: tuple[RegistryRevision, ...]
    withdrawn: bool = False


@dataclass(frozen=True)
class EditionHistory:
    """The published editions, and the revisions since the current one.

    Parameters
    ----------
    since
        The current edition; empty when there is none.
    changes
        The revisions since then, for each registry in which something differs.
    editions
        All editions, latest first.
    """

    since: str = ""
    changes: tuple[RegistryRevision, ...] = ()
    editions: tuple[PastEdition, ...] = ()


def compare_publications(before: PublishedResults | None, after: PublishedResults) -> RegistryRevision:
    """The differences between two publications of one registry.

    Parameters
    ----------
    before
        None when the registry had published nothing.
    after
        The registry as it is published, or would be.

    Returns
    -------
    Only visible differences: a number with the same text before and after has not changed.

    Notes
    -----
    Worked: a hospital had 80 av 100 and has 82 av 100: `CHANGED` with both. It had 80 av 100 and is secret now:
    `HIDDEN` with neither. It had 80 av 100 of 60 patients and has too low a coverage now: `HIDDEN` with its patients
    alone. Last year had no results and has some: one `YearLevel` for each level that is presented.
    """
    # A first publication is compared with an empty table: everything is new, and no cell is revised.
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
    # An archived edition from before there were several reasons: all hidden cells count as secret, the strictest.
    if "status" not in cells:
        status = cells["shown"].map({True: CellStatus.SHOWN.value, False: CellStatus.SECRET.value})
        cells = cells.assign(status=status)
    return cells[[*_KEY_COLUMNS, *_COMPARED_COLUMNS]].set_index(_KEY_COLUMNS)


def _only_in(cells: pd.DataFrame, other_cells: pd.DataFrame) -> tuple[YearLevel, ...]:
    """Every level of a year with a shown cell in `cells`, and without any cell in `other_cells`, in order."""
    # Shown in the one and not merely hidden in the other: a level whose cells have all become secret is no removed
    # level, but a revision of each cell. dict.fromkeys removes duplicates and keeps the order.
    shown = dict.fromkeys(
        YearLevel(*key[:_YEAR_LEVEL_LENGTH]) for key in cells.index[(cells["status"] == CellStatus.SHOWN).to_numpy()]
    )
    present = {YearLevel(*key[:_YEAR_LEVEL_LENGTH]) for key in other_cells.index}
    return tuple(year_level for year_level in shown if year_level not in present)


def _cell_revisions(old: pd.DataFrame, new: pd.DataFrame, after: PublishedResults) -> Iterator[CellRevision]:
    # Vectorized first, then cell by cell: of some 100,000 cells of a registry, a handful differ. What differs only in
    # digits that are not displayed is no revision.
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
    """The cells in which nothing differs; two unknown numbers (NaN) are equal."""
    unchanged = old["status"].to_numpy() == new["status"].to_numpy()
    unchanged &= old["achievement"].to_numpy() == new["achievement"].to_numpy()
    # by whole columns: of a million cells of a national site, few have changed
    for name in ("value", "denominator"):
        old_values, new_values = old[name].to_numpy(float), new[name].to_numpy(float)
        unchanged &= (old_values == new_values) | (np.isnan(old_values) & np.isnan(new_values))
    return np.asarray(unchanged, dtype=np.bool_)


def _classify_revision(before: CellSnapshot, after: CellSnapshot) -> tuple[RevisionKind, CellSnapshot, CellSnapshot]:
    """The kind of a cell's revision, and its contents before and after as far as they may be disclosed."""
    # before      after       kind     disclosed of before
    # shown       shown       CHANGED  all
    # any other   shown       SHOWN    all that was public
    # shown       secret      HIDDEN   status
    # shown       unreliable  HIDDEN   status and patients
    # unreliable  secret      REASON   status
    # The former value stands in archived editions, but repeating it here would point at exactly the cell that
    # disclosure control has suppressed since.
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
    """The visible contents of a cell."""
    # In one language, since number formats differ in symbols and not in digits.
    value = "" if snapshot.value is None else get_translator("nb").format_value(indicator, snapshot.value)
    return value, snapshot.patients, snapshot.achievement, snapshot.status
