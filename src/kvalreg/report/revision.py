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

from kvalreg.disclosure.published import Published, Status
from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.wording import words
from kvalreg.statistics.intervals import Bools

_KEY = ["ind_id", "context", "year", "level", "orgnr"]
_TOLD = ["status", "value", "denominator", "achievement"]
_WHOLE = 4
"""How many of `_KEY` name a whole: all units of a level in one year."""


class Kind(StrEnum):
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
class Told:
    """What a cell tells, and its status.

    `value` is None where the result is not shown, `patients` where it is not known or not told; `achievement` is empty
    where there is none.
    """

    value: float | None
    patients: int | None
    achievement: str
    status: Status = Status.SHOWN


UNTOLD = Told(None, None, "", Status.SECRET)
"""A secret cell."""
_Side = Annotated[Told, BeforeValidator(lambda told: UNTOLD if told is None else told)]
"""Editions from before there were several reasons tell nothing of a side that was hidden."""


@dataclass(frozen=True)
class Change:
    """One cell that differs: what is told of it as it was, and as it is.

    Nothing but its status is told of a cell that is secret now, nor of what it was before; of a cell whose result is
    not shown any longer, its former result is not told again.
    """

    ind_id: str
    context: str
    year: int
    level: str
    orgnr: str
    kind: Kind
    before: _Side
    after: _Side


class Whole(NamedTuple):
    """The units of one level in one year."""

    ind_id: str
    context: str
    year: int
    level: str


@dataclass(frozen=True)
class Reason:
    """A delivery that was not there before, and what its registry says of it; untrusted."""

    file: str
    sha256: str
    remark: str
    latest_update: date | None


@dataclass(frozen=True)
class Changes:
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
    values: tuple[Change, ...] = ()
    new: tuple[Whole, ...] = ()
    gone: tuple[Whole, ...] = ()
    reasons: tuple[Reason, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.values or self.new or self.gone)

    def count(self, kind: Kind) -> int:
        """How many cells changed in this way."""
        return sum(change.kind is kind for change in self.values)


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
    changes: tuple[Changes, ...]
    withdrawn: bool = False


@dataclass(frozen=True)
class History:
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
    changes: tuple[Changes, ...] = ()
    editions: tuple[PastEdition, ...] = ()


def changes(before: Published | None, after: Published) -> Changes:
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
    new_cells = _told(after.cells)
    old_cells = _told(before.cells) if before is not None else new_cells.iloc[:0]
    known = {delivery.sha256 for delivery in before.source.deliveries} if before is not None else set()
    return Changes(
        after.registry.id,
        tuple(_differences(old_cells, new_cells, after)),
        _only_in(new_cells, old_cells),
        _only_in(old_cells, new_cells),
        tuple(
            Reason(one.shown, one.sha256, one.remark, one.latest_update)
            for one in after.source.deliveries
            if one.sha256 not in known
        ),
    )


def _told(cells: pd.DataFrame) -> pd.DataFrame:
    if "status" not in cells:  # an edition from before there were several reasons: all of them are told as one
        status = cells["shown"].map({True: Status.SHOWN.value, False: Status.SECRET.value})
        cells = cells.assign(status=status)
    return cells[[*_KEY, *_TOLD]].set_index(_KEY)


def _only_in(these: pd.DataFrame, others: pd.DataFrame) -> tuple[Whole, ...]:
    """Every level of a year that shows a cell in these, and has none in the others, in order."""
    shown = dict.fromkeys(Whole(*key[:_WHOLE]) for key in these.index[(these["status"] == Status.SHOWN).to_numpy()])
    there = {Whole(*key[:_WHOLE]) for key in others.index}
    return tuple(whole for whole in shown if whole not in there)


def _differences(old: pd.DataFrame, new: pd.DataFrame, after: Published) -> Iterator[Change]:
    both = new.index[new.index.isin(old.index)]
    was, now = old.loc[both], new.loc[both]
    indicators = {indicator.id: indicator for indicator in after.registry.indicators}
    for at in np.flatnonzero(~_alike(was, now)).tolist():
        ind_id, context, year, level, orgnr = both[at]
        kind, before, told = _told_of(_cell(was, at), _cell(now, at))
        if _says(indicators[ind_id], before) != _says(indicators[ind_id], told):
            yield Change(ind_id, context, int(year), level, orgnr, kind, before, told)


def _alike(was: pd.DataFrame, now: pd.DataFrame) -> Bools:
    """The cells of which nothing differs."""
    same = was["status"].to_numpy() == now["status"].to_numpy()
    same &= was["achievement"].to_numpy() == now["achievement"].to_numpy()
    for name in ("value", "denominator"):
        one, other = was[name].to_numpy(float), now[name].to_numpy(float)
        same &= (one == other) | (np.isnan(one) & np.isnan(other))
    return np.asarray(same, dtype=np.bool_)


def _told_of(before: Told, after: Told) -> tuple[Kind, Told, Told]:
    """What became of a cell, and what may be told of it as it was and as it is."""
    shown_before, shown_now = before.status == Status.SHOWN, after.status == Status.SHOWN
    if shown_now:
        return Kind.CHANGED if shown_before else Kind.SHOWN, before, after
    if after.status == Status.SECRET:
        before = Told(None, None, "", before.status)
    elif shown_before:
        before = replace(before, value=None, achievement="")
    if shown_before:
        return Kind.HIDDEN, before, after
    return Kind.CHANGED if before.status == after.status else Kind.REASON, before, after


def _cell(cells: pd.DataFrame, at: int) -> Told:
    row = cells.iloc[at]
    patients = None if math.isnan(row["denominator"]) else int(row["denominator"])
    value = None if math.isnan(row["value"]) else float(row["value"])
    return Told(value, patients, str(row["achievement"]), Status(row["status"]))


def _says(indicator: Indicator, told: Told) -> tuple[str, int | None, str, Status]:
    """What a reader sees of a cell; the same in every language."""
    value = "" if told.value is None else words("nb").value(indicator, told.value)
    return value, told.patients, told.achievement, told.status
