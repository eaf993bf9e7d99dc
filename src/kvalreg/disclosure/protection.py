"""From a registry's cells to tables of sums, and back to which cells are hidden.

Comes in: true cells, which of them must be hidden or are not presented, and earlier editions. Goes out: a mask that
withstands the attack. One indicator, context and year is one table, with what earlier editions told of it: no published
sum crosses such tables. Owns which sums hold; the choice is `suppression`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kvalreg.disclosure.attack import Exposure, attack, exposed
from kvalreg.disclosure.cells import Policy, Table
from kvalreg.disclosure.ledger import Edition, State
from kvalreg.disclosure.published import Source
from kvalreg.disclosure.relations import BoolArray, IntArray, Relations, Sum, from_groups, from_tree
from kvalreg.disclosure.remembered import Remembered
from kvalreg.disclosure.solver import Enough
from kvalreg.errors import DisclosureError, Fault
from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.inputs.secret import SecretFrame
from kvalreg.inputs.units import Level, Units
from kvalreg.kinds import Kind

_GROUP = ["ind_id", "context", "year"]
_Group = tuple[str, str, int]
"""An indicator, a context and a year."""
FloatArray = NDArray[np.float64]
_HEIGHT = {Level.HOSPITAL: 0, Level.HF: 1, Level.COUNTY: 1, Level.RHF: 2, Level.NATION: 3}


@dataclass(frozen=True, eq=False)
class Marks:
    """What is decided of each cell beforehand; both have shape (cells,).

    Parameters
    ----------
    primary
        Must be hidden: too few patients, or too low a coverage.
    presented
        Of a level that is shown. What is not presented is no part of the release, and may be looked for all the same.
    """

    primary: BoolArray
    presented: BoolArray


def protect(
    cells: pd.DataFrame, marks: Marks, source: Source, editions: Sequence[Edition], remembered: Remembered
) -> BoolArray:
    """The presented cells to hide so that nobody can work out a primary one from what is or has been shown.

    Parameters
    ----------
    cells
        Every true cell of a registry, with ``coverage``.
    marks
        Which of them must be hidden, and which are presented.
    source
        The registry with its indicators' minimum denominators, and the units, the tree whose sums are published.
    editions
        What readers have seen before. A cell that was hidden and has not changed since stays hidden.
    remembered
        What was chosen before: it is attacked like a new choice.

    Returns
    -------
    Mask of shape (cells,), all primary cells that are presented included.

    Raises
    ------
    DisclosureError
        When the attack still finds a hidden cell that earlier editions do not give away by themselves: a defect of
        ours, and nothing may be published.
    """
    registry, hidden = source.registry, marks.primary & marks.presented
    columns = _Columns.of(cells, counts(cells, registry))
    tree = _Tree.of(source.units)
    earlier = _by_group(editions)
    for group, at in _groups(cells):
        ind_id, _, year = group
        past, must, may = earlier.get(group, ()), hidden[at], marks.presented[at]
        if may.any() and (past or (must.any() and not must[may].all())):
            policy = Policy(registry.secret_below_of(registry.indicator(ind_id)))
            now = _Side.of(columns.take(at), tree)
            combined = _combine(now, Marks(marks.primary[at], may), past, policy)
            masked = remembered.suppress(combined, policy)
            _prove(combined, masked, policy, f"{registry.id}: {ind_id} {year}")
            hidden[at] |= masked[: len(at)] & may
    return hidden


def counts(cells: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """How many patients each cell counts, ``n``, and its numerator ``x``, NaN where none is summed.

    A count is its own number of patients; every other type has it in ``denominator``.
    """
    counted = {indicator.id for indicator in registry.indicators if indicator.type is IndicatorType.ANTALL}
    summed = {indicator.id for indicator in registry.indicators if indicator.type.summed}
    n = cells["denominator"].astype("float64").where(~cells["ind_id"].isin(counted), cells["var"])
    return SecretFrame({"n": n, "x": cells["var"].where(cells["ind_id"].isin(summed))})


def _prove(table: Table, hidden: BoolArray, policy: Policy, name: str) -> None:
    found = _exposures(table, hidden, policy)
    if found and table.mask("known").any() | table.mask("absent").any():
        found -= _exposures(table, ~table.mask("known"), policy)  # what earlier editions alone give away
    if found:
        what = f"{name}: {len(found)} hidden cells could be worked out from what is shown."
        raise DisclosureError(
            [Fault(what, "Nothing of this registry is published. Report this to kvalreg.", kind=Kind.CELL_EXPOSED)]
        )


def _exposures(table: Table, hidden: BoolArray, policy: Policy) -> set[Exposure]:
    view = table.view(hidden)
    return set(exposed(attack(view, Enough(policy)), view, policy))


# --- one table of this edition and the earlier ones ------------------------------------------------------------------
class _Cell(NamedTuple):
    """A unit's counts. Equal ones in two editions are one cell: the reader who takes them for the same is right."""

    level: str
    orgnr: str
    n: int
    x: int


@dataclass(frozen=True, eq=False)
class _Columns:
    """What is needed of some cells, column by column: taken from the table once, not once for each group. SECRET."""

    levels: list[str]
    orgnrs: list[str]
    n: FloatArray
    x: FloatArray
    coverage: list[float]

    @classmethod
    def of(cls, cells: pd.DataFrame, numbers: pd.DataFrame) -> _Columns:
        return cls(
            levels=cells["level"].astype(str).tolist(),
            orgnrs=cells["orgnr"].astype(str).tolist(),
            n=numbers["n"].to_numpy(float),
            x=numbers["x"].to_numpy(float),
            coverage=cells["coverage"].fillna(-1.0).tolist(),
        )

    def take(self, at: IntArray) -> _Columns:
        """The cells at these places."""
        places = at.tolist()
        return _Columns(
            levels=[self.levels[place] for place in places],
            orgnrs=[self.orgnrs[place] for place in places],
            n=self.n[at],
            x=self.x[at],
            coverage=[self.coverage[place] for place in places],
        )


def _groups(cells: pd.DataFrame) -> Iterator[tuple[_Group, IntArray]]:
    """Each indicator, context and year, with the places of its cells."""
    numbers = pd.Series(np.arange(len(cells)), index=cells.index)
    for group, among in numbers.groupby([cells[name] for name in _GROUP], sort=False):
        yield cast("_Group", group), among.to_numpy()


@dataclass(frozen=True, eq=False)
class _Side:
    """One indicator, context and year in one edition: SECRET."""

    cells: list[_Cell]
    sums: list[Sum]
    coverage: list[float]
    has_numerators: bool

    @classmethod
    def of(cls, columns: _Columns, tree: _Tree) -> _Side:
        levels, orgnrs = columns.levels, columns.orgnrs
        n = np.rint(columns.n).astype(np.int64)
        sums = tree.sums(levels, orgnrs, n.tolist())
        has_numerators = not np.isnan(columns.x).any()
        x = np.rint(columns.x).astype(np.int64) if has_numerators else np.zeros_like(n)
        x = _possible(n, x, sums, levels)
        named = [_Cell(*one) for one in zip(levels, orgnrs, n.tolist(), x.tolist(), strict=True)]
        return cls(named, sums, columns.coverage, has_numerators)


@dataclass(frozen=True, eq=False)
class _Past:
    """One indicator, context and year as an earlier edition told it: SECRET."""

    side: _Side
    states: list[State]


def _by_group(editions: Sequence[Edition]) -> dict[_Group, list[_Past]]:
    found: dict[_Group, list[_Past]] = {}
    for edition in editions:
        columns, tree = _Columns.of(edition.secret, edition.secret), _Tree.of(edition.units)
        states = [State(state) for state in edition.secret["state"].tolist()]
        for group, at in _groups(edition.secret):
            past = _Past(_Side.of(columns.take(at), tree), [states[place] for place in at.tolist()])
            found.setdefault(group, []).append(past)
    return found


def _combine(now: _Side, marks: Marks, past: Sequence[_Past], policy: Policy) -> Table:
    """This edition's cells first, then those of earlier editions that have changed since, with everybody's sums."""
    place = {cell: number for number, cell in enumerate(now.cells)}
    sums = list(now.sums)
    shown_before: set[int] = set()
    hidden_before: set[tuple[int, float]] = set()
    for one in past:
        numbers = [place.setdefault(cell, len(place)) for cell in one.side.cells]
        sums += [Sum(numbers[s.total], tuple(numbers[part] for part in s.parts), s.complete) for s in one.side.sums]
        told = list(zip(numbers, one.states, one.side.coverage, strict=True))
        shown_before |= {number for number, state, _ in told if state is State.SHOWN}
        hidden_before |= {(number, coverage) for number, state, coverage in told if state is State.HIDDEN}
    cells, today = list(place), len(now.cells)
    n = np.array([cell.n for cell in cells], dtype=np.int64)
    known = _mask(shown_before, len(cells))
    stays = _mask({i for i, coverage in enumerate(now.coverage) if (i, coverage) in hidden_before}, len(cells))
    # what was marked as hidden and has changed since can still be looked for, as what is marked today
    stale = _mask({number for number, _ in hidden_before if number >= today}, len(cells))
    presented = _padded(marks.presented, len(cells))
    must = ((_padded(marks.primary, len(cells)) | stays) & presented) | stale
    absent = ~(presented | stale) | (must & (n == 0))
    must |= absent & (n < policy.minimum)
    has_numerators = now.has_numerators and all(one.side.has_numerators for one in past)
    return Table(
        relations=Relations.of(len(cells), sums),
        n=n,
        x=np.array([cell.x for cell in cells], dtype=np.int64) if has_numerators else None,
        primary=must & ~known & (n > 0),
        absent=absent & ~known,
        known=known,
        keep=np.array([i < today and cell.level == Level.NATION for i, cell in enumerate(cells)]),
        previously_hidden=_mask({number for number, _ in hidden_before}, len(cells)) & ~known,
    )


def _mask(numbers: set[int], size: int) -> BoolArray:
    mask = np.zeros(size, dtype=np.bool_)
    mask[list(numbers)] = True
    return mask


def _padded(mask: BoolArray, size: int) -> BoolArray:
    return np.concatenate([mask, np.zeros(size - len(mask), dtype=np.bool_)])


# --- sums ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class _Tree:
    """The units of an edition, in the form in which sums are found.

    Parameters
    ----------
    places
        Number of each unit, by its level and `orgnr`.
    parent
        Number of each unit's parent, -1 for the top.
    county
        Number of each hospital's county, -1 for units without one.
    counties
        All counties.
    """

    places: dict[tuple[str, str], int]
    parent: list[int]
    county: list[int]
    counties: tuple[str, ...]

    @classmethod
    def of(cls, units: Units) -> _Tree:
        all_units, counties = list(units), tuple(units.counties)
        number = {unit.orgnr: i for i, unit in enumerate(all_units)}
        numbered = {name: i for i, name in enumerate(counties)}
        return cls(
            places={(unit.level.value, unit.orgnr): i for i, unit in enumerate(all_units)},
            parent=[-1 if unit.parent is None else number[unit.parent] for unit in all_units],
            county=[
                numbered[unit.county] if unit.level is Level.HOSPITAL and unit.county is not None else -1
                for unit in all_units
            ],
            counties=counties,
        )

    def sums(self, levels: Sequence[str], orgnrs: Sequence[str], n: Sequence[int]) -> list[Sum]:
        """The sums of the tree and of the counties among these cells.

        A total that holds more than its parts, because rows were delivered for the unit itself, is incomplete. A total
        below its parts, as computed values delivered per level may have, is no sum.
        """
        cell_of = {key: cell for cell, key in enumerate(zip(levels, orgnrs, strict=True))}
        own, group = [-1] * len(self.parent), [-1] * len(levels)
        for key, cell in cell_of.items():
            place = self.places.get(key)
            if place is not None:
                own[place] = cell
                group[cell] = self.county[place]
        totals = [cell_of.get((Level.COUNTY.value, name), -1) for name in self.counties]
        sums = []
        for one in [*from_tree(self.parent, own), *from_groups(group, totals)]:
            more = n[one.total] - sum(n[part] for part in one.parts)
            if more >= 0:
                sums.append(Sum(one.total, one.parts, complete=more == 0))
        return sums


def _possible(n: IntArray, x: IntArray, sums: Sequence[Sum], levels: Sequence[str]) -> IntArray:
    """Numerators no greater than their denominators, and totals lowered with their parts.

    A faulty numerator is hidden itself; its siblings' numerators are still protected as if it were possible.
    """
    if (x <= n).all():
        return x
    possible = np.minimum(x, n)
    for one in sorted(sums, key=lambda one: _HEIGHT[Level(levels[one.total])]):
        parts = list(one.parts)
        beside = min(x[one.total] - x[parts].sum(), n[one.total] - n[parts].sum())
        possible[one.total] = possible[parts].sum() + max(0, beside)
    return possible
