"""What differs between two publications of a registry: one account for readers, for feeds and for those who approve.

Comes in: `Published` as it was and as it is. Goes out: `Changes`. Both values of a changed cell were public when they
were shown. A cell that is hidden now keeps nothing of what it showed: it is told that it is not shown any longer, and
no more. Whole years and levels that are new or gone are told as wholes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import NamedTuple

import pandas as pd

from kvalreg.disclosure.published import Published
from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.wording import words

_KEY = ["ind_id", "context", "year", "level", "orgnr"]
_TOLD = ["shown", "value", "denominator", "achievement"]
_WHOLE = 4
"""How many of `_KEY` name a whole: all units of a level in one year."""


class Kind(StrEnum):
    """What became of one cell."""

    CHANGED = "changed"
    """It is shown, as before, and says something else."""
    HIDDEN = "hidden"
    """It was shown and is not any longer."""
    SHOWN = "shown"
    """It was hidden and is shown now."""


@dataclass(frozen=True)
class Told:
    """What a shown cell tells. `patients` is None where it is not known; `achievement` is empty where there is none."""

    value: float
    patients: int | None
    achievement: str


@dataclass(frozen=True)
class Change:
    """One cell that differs. `before` is None unless it was shown then and is shown now; `after` when it is hidden."""

    ind_id: str
    context: str
    year: int
    level: str
    orgnr: str
    kind: Kind
    before: Told | None = None
    after: Told | None = None


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
    Worked: a hospital showed 80 av 100 and shows 82 av 100: `CHANGED` with both. It showed 80 av 100 and is hidden now:
    `HIDDEN` with neither. Last year had no results and has some: one `Whole` for each level it is shown at.
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
    return cells[[*_KEY, *_TOLD]].set_index(_KEY)


def _only_in(these: pd.DataFrame, others: pd.DataFrame) -> tuple[Whole, ...]:
    """Every level of a year that shows a cell in these, and has none in the others, in order."""
    shown = dict.fromkeys(Whole(*key[:_WHOLE]) for key in these.index[these["shown"].to_numpy(bool)])
    there = {Whole(*key[:_WHOLE]) for key in others.index}
    return tuple(whole for whole in shown if whole not in there)


def _differences(old: pd.DataFrame, new: pd.DataFrame, after: Published) -> Iterator[Change]:
    both = new.index[new.index.isin(old.index)]
    was, now = old.loc[both], new.loc[both]
    shown_before, shown_now = was["shown"].to_numpy(bool), now["shown"].to_numpy(bool)
    same = (was["value"].to_numpy() == now["value"].to_numpy()) & (
        was["achievement"].to_numpy() == now["achievement"].to_numpy()
    )
    same &= (was["denominator"].to_numpy() == now["denominator"].to_numpy()) | was["denominator"].isna().to_numpy()
    indicators = {indicator.id: indicator for indicator in after.registry.indicators}
    for at in range(len(both)):
        ind_id, context, year, level, orgnr = both[at]
        cell = Change(ind_id, context, int(year), level, orgnr, Kind.HIDDEN)
        if shown_before[at] and shown_now[at]:
            if not same[at]:
                told = _cell(was, at), _cell(now, at)
                if _says(indicators[ind_id], told[0]) != _says(indicators[ind_id], told[1]):
                    yield replace(cell, kind=Kind.CHANGED, before=told[0], after=told[1])
        elif shown_before[at]:
            yield cell
        elif shown_now[at]:
            yield replace(cell, kind=Kind.SHOWN, after=_cell(now, at))


def _cell(cells: pd.DataFrame, at: int) -> Told:
    row = cells.iloc[at]
    patients = None if math.isnan(row["denominator"]) else int(row["denominator"])
    return Told(float(row["value"]), patients, str(row["achievement"]))


def _says(indicator: Indicator, told: Told) -> tuple[str, int | None, str]:
    """What a reader sees of a cell; the same in every language."""
    return words("nb").value(indicator, told.value), told.patients, told.achievement
