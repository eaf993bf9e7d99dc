"""Every cell of a registry in every edition, as arrays: what we know of it, and what readers have been shown.

Comes in: the cells of the edition that is being made, and the ledger's editions. Goes out: one `Cells`, SECRET. It
decides nothing, and owns how a unit that has got another number is recognised: as the same *place*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from enum import IntEnum
from functools import cached_property

import numpy as np
import pandas as pd

from kvalreg.disclosure.ledger import Edition, State
from kvalreg.disclosure.relations import Sum, from_groups, from_tree
from kvalreg.disclosure.system import BoolArray, IntArray
from kvalreg.inputs.units import Level, Units

CONTEXTS = ("caregiver", "resident")
NONE = -1
"""In place of a numerator: the cell has none."""
_HEIGHT = {Level.HOSPITAL: 0, Level.HF: 1, Level.COUNTY: 1, Level.RHF: 2, Level.NATION: 3}
Place = tuple[str, str]
"""A unit, by its level and orgnr; a county's orgnr is its name."""


class Print(IntEnum):
    """What of a cell is printed."""

    NOTHING = 0
    PATIENTS = 1
    """Its number of patients: it is not reliable."""
    ALL = 2


@dataclass(frozen=True, eq=False)
class Now:
    """What is decided beforehand of each cell of the edition that is being made; shape (cells,).

    Parameters
    ----------
    candidate
        It can be shown, or suppressed with a mark; of other cells nothing is printed.
    prints
        What of it is printed where it is not suppressed (`Print`).
    primary
        It must be suppressed.
    minimum
        Its `secret_below`.
    coverage
        The number of the cell that holds its coverage, or -1.
    """

    candidate: BoolArray
    prints: IntArray
    primary: BoolArray
    minimum: IntArray
    coverage: IntArray


@dataclass(frozen=True, eq=False)
class Cells:
    """All cells, edition by edition, the one that is being made last; all arrays have shape (cells,). SECRET.

    Parameters
    ----------
    ind_ids, places
        What the numbers in `indicator` and `place` stand for.
    trees
        Per edition: the sums over units.
    edition, indicator, context, year, place
        What names a cell.
    n, x
        Patients, and those of them with the outcome (`NONE` without one), at most n.
    candidate, prints, primary, minimum, coverage
        As in `Now`; no cell of an earlier edition is a candidate.
    marked
        Suppressed with a mark in its edition; of the edition that is being made nothing is decided yet.
    nation
        Whether it is the nation's.
    """

    ind_ids: tuple[str, ...]
    places: tuple[Place, ...]
    trees: tuple[Tree, ...]
    edition: IntArray = field(repr=False)
    indicator: IntArray = field(repr=False)
    context: IntArray = field(repr=False)
    year: IntArray = field(repr=False)
    place: IntArray = field(repr=False)
    n: IntArray = field(repr=False)
    x: IntArray = field(repr=False)
    candidate: BoolArray = field(repr=False)
    prints: IntArray = field(repr=False)
    primary: BoolArray = field(repr=False)
    minimum: IntArray = field(repr=False)
    coverage: IntArray = field(repr=False)
    marked: BoolArray = field(repr=False)
    nation: BoolArray = field(repr=False)

    @property
    def latest(self) -> int:
        """The number of the edition that is being made."""
        return len(self.trees) - 1

    @property
    def newest(self) -> int:
        """The number of the newest edition with any cell."""
        return int(self.edition.max(initial=0))

    @cached_property
    def columns(self) -> list[IntArray]:
        """The cells of each edition, indicator, context and year."""
        key = ((self.edition * len(self.ind_ids) + self.indicator) * 2 + self.context) * 10_000 + self.year
        order = np.argsort(key, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(key[order])) + 1)

    def with_more(self, more: Cells) -> Cells:
        """These cells and further ones behind them."""
        joined = {
            one.name: np.concatenate([getattr(self, one.name), getattr(more, one.name)])
            for one in fields(self)
            if isinstance(getattr(self, one.name), np.ndarray)
        }
        return Cells(self.ind_ids, self.places, self.trees, **joined)


@dataclass(frozen=True, eq=False)
class Tree:
    """The units of an edition as places.

    Parameters
    ----------
    parent
        Per place: the place above, or -1; of a place that the edition does not have as well.
    county
        Per place: its county's place, or -1.
    there
        Per place: whether the edition has it.
    """

    parent: list[int]
    county: list[int]
    there: list[bool]

    def sums(self, places: Sequence[int]) -> list[Sum]:
        """The sums among the cells at these places, by their position."""
        own = [-1] * len(self.parent)
        for at, place in enumerate(places):
            own[place] = at
        group = [self.county[place] for place in places]
        return [*from_tree(self.parent, own), *from_groups(group, own)]


def collect(table: pd.DataFrame, now: Now, units: Units, editions: Sequence[Edition], default: int) -> Cells:
    """All cells as arrays.

    Parameters
    ----------
    table
        The cells of the edition that is being made: ``ind_id context year level orgnr n x``.
    now
        What is decided of them beforehand.
    units
        The tree whose sums are published.
    editions
        What readers have seen, oldest first.
    default
        ``secret_below`` where an earlier edition's indicator is no longer known.
    """
    names = ["ind_id", "context", "year", "level", "orgnr", "n", "x"]
    frames = [pd.DataFrame(one.secret)[names] for one in editions] + [pd.DataFrame(table)[names]]
    whole = pd.concat(frames, ignore_index=True)
    sizes = [len(frame) for frame in frames]
    edition = np.repeat(np.arange(len(frames)), sizes)
    states = np.concatenate([one.secret["state"].to_numpy(dtype=object) for one in editions] or [np.zeros(0, object)])
    past = len(states)
    indicator, ind_ids = pd.factorize(whole["ind_id"], sort=True)
    place, places = _places([*(one.units for one in editions), units], frames)
    context = (whole["context"] == CONTEXTS[1]).to_numpy(dtype=bool).astype(np.int64)
    nation = (whole["level"] == Level.NATION.value).to_numpy(dtype=bool)
    n = np.rint(whole["n"].to_numpy(float)).astype(np.int64)
    x = np.rint(whole["x"].fillna(NONE).to_numpy(float)).astype(np.int64)
    least = {ind: int(value) for ind, value in zip(table["ind_id"], now.minimum.tolist(), strict=True)}
    prints = {State.SHOWN.value: Print.ALL, State.NOT_RELIABLE.value: Print.PATIENTS}
    nothing, no = np.full(past, NONE), np.zeros(past, dtype=np.bool_)
    cells = Cells(
        ind_ids=tuple(str(one) for one in ind_ids),
        places=places,
        trees=tuple(_tree(one, places) for one in [*(one.units for one in editions), units]),
        edition=edition,
        indicator=indicator.astype(np.int64),
        context=context,
        year=whole["year"].to_numpy(np.int64),
        place=place,
        n=n,
        x=x,
        candidate=np.concatenate([no, now.candidate]),
        prints=np.concatenate(
            [np.array([prints.get(state, Print.NOTHING) for state in states], dtype=np.int64), now.prints]
        ),
        primary=np.concatenate([no, now.primary]),
        minimum=np.array([least.get(ind, default) for ind in whole["ind_id"].tolist()], dtype=np.int64),
        coverage=np.concatenate([nothing, np.where(now.coverage >= 0, now.coverage + past, NONE)]),
        marked=np.concatenate([states == State.HIDDEN.value, np.zeros(len(table), dtype=np.bool_)]),
        nation=nation,
    )
    shares = np.zeros(len(ind_ids), dtype=np.bool_)
    shares[cells.indicator[x != NONE]] = True
    cells.x[(x == NONE) & (n == 0) & shares[cells.indicator]] = 0  # of nobody nobody has the outcome
    _make_possible(cells)
    return cells


def _places(trees: Sequence[Units], frames: Sequence[pd.DataFrame]) -> tuple[IntArray, tuple[Place, ...]]:
    """The place of each cell, and all places. A unit of an earlier edition that is gone stays a place of its own."""
    keys = [pd.MultiIndex.from_frame(frame[["level", "orgnr"]].astype(str)) for frame in frames]
    everywhere = [(unit.level.value, unit.orgnr) for units in trees for unit in units]
    everywhere += [(Level.COUNTY.value, county) for units in trees for county in units.counties]
    known = dict.fromkeys(everywhere)
    for key in keys:
        known |= dict.fromkeys(key.unique().tolist())
    places = tuple(known)
    number = pd.MultiIndex.from_tuples(places)
    return np.concatenate([number.get_indexer(key) for key in keys]).astype(np.int64), places


def _tree(units: Units, places: tuple[Place, ...]) -> Tree:
    number = {place: at for at, place in enumerate(places)}
    parent, county, there = [-1] * len(places), [-1] * len(places), [False] * len(places)
    level = {unit.orgnr: unit.level.value for unit in units}
    for unit in units:
        at = number[unit.level.value, unit.orgnr]
        there[at] = True
        if unit.parent is not None:
            parent[at] = number[level[unit.parent], unit.parent]
        if unit.level is Level.HOSPITAL and unit.county is not None:
            county[at] = number[Level.COUNTY.value, unit.county]
    return Tree(parent, county, there)


def _make_possible(cells: Cells) -> None:
    """Numerators no greater than their denominators, and totals lowered with their parts.

    A faulty numerator is suppressed itself; its siblings' numerators are still protected as if it were possible.
    """
    if (cells.x <= cells.n).all():
        return
    for column in cells.columns:
        n, x = cells.n[column], cells.x[column]
        if (x <= n).all():
            continue
        possible = np.minimum(x, n)
        sums = cells.trees[cells.edition[column[0]]].sums(cells.place[column].tolist())
        height = [_HEIGHT[Level(cells.places[place][0])] for place in cells.place[column].tolist()]
        for one in sorted(sums, key=lambda one: height[one.total]):
            parts = list(one.parts)
            beside = min(x[one.total] - x[parts].sum(), n[one.total] - n[parts].sum())
            possible[one.total] = possible[parts].sum() + max(0, beside)
        cells.x[column] = possible
