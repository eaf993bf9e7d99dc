"""The two sides of a table of counts: what we know (`Table`, SECRET) and what a reader can see (`View`).

Owns what is asked of a release (`Policy`). A `View` holds no count of a hidden cell, so an attack on it cannot cheat.
Neither shows a count when printed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from kvalreg.disclosure.relations import BoolArray, IntArray, Relations

UNBOUNDED = int(np.iinfo(np.int64).max)
"""The upper bound of a count that published numbers do not limit."""


@dataclass(frozen=True)
class Policy:
    """How uncertain a reader must remain about a hidden cell.

    Parameters
    ----------
    minimum
        The minimum denominator. Published numbers must leave at least ``minimum`` between the least and the greatest
        possible denominator of every hidden cell: the width is at least 1, so no hidden denominator is ever exact, and
        the greatest is above ``minimum``, so bounds never show which cell was hidden for its own smallness.
    numerator_width
        The same for the numerator, and for the denominator minus the numerator. 1: the numerator is not exact and the
        cell is not known to be 0 % or 100 %. 0: numerators are not looked at.
    """

    minimum: int = 5
    numerator_width: int = 1

    def __post_init__(self) -> None:
        if self.minimum < 1 or self.numerator_width < 0:
            raise ValueError("minimum must be at least 1 and numerator_width at least 0. Correct the policy.")


@dataclass(frozen=True, eq=False)
class Table:
    """True counts and what the caller decided about each cell. SECRET. All arrays have shape (cells,).

    Parameters
    ----------
    relations
        The sums that hold among the cells.
    n
        Denominators, 0 for a unit without data (that it has none is shown openly).
    x
        Numerators, ``0 <= x <= n``; None for types without a summed numerator (means, medians).
    primary
        Must be hidden and protected: too few patients, low coverage, or hidden for good in an earlier edition.
    absent
        Not presented at all, because another level is. Its own count needs protection only where it may be small.
    known
        Already public: an earlier edition shows this very count, so hiding it now protects nothing.
    keep
        Hidden only if nothing else protects a denominator: the nation.
    previously_hidden
        Hidden in an earlier edition; preferred when a choice is to be made.

    Raises
    ------
    ValueError
        Shapes differ, a count is impossible, a sum does not hold, or a cell is marked in contradictory ways.
    """

    relations: Relations
    n: IntArray = field(repr=False)
    x: IntArray | None = field(repr=False)
    primary: BoolArray = field(repr=False)
    absent: BoolArray | None = field(default=None, repr=False)
    known: BoolArray | None = field(default=None, repr=False)
    keep: BoolArray | None = field(default=None, repr=False)
    previously_hidden: BoolArray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        size = self.relations.size
        for name in ("primary", "absent", "known", "keep", "previously_hidden"):
            mask = getattr(self, name)
            if mask is not None and (mask.shape != (size,) or mask.dtype != np.bool_):
                raise ValueError(f"{name}: a mask of {size} cells is needed. Pass one entry per cell.")
        for name, counts in (("n", self.n), ("x", self.x)):
            if counts is None:
                continue
            if counts.shape != (size,) or (counts < 0).any():
                raise ValueError(f"{name}: {size} counts of at least 0 are needed. Correct the cells.")
            broken = self.relations.broken(counts)
            if len(broken):
                raise ValueError(f"{name}: sum {broken[0]} does not hold. Leave it out, or mark it incomplete.")
        if self.x is not None and (self.x > self.n).any():
            raise ValueError("x: a numerator is above its denominator. Such a cell cannot be shown; leave it out.")
        if (self.primary & (self.n == 0) & ~self.mask("absent")).any():
            raise ValueError("primary: a cell without patients is shown as without data. Do not mark it.")
        if (self.mask("known") & (self.primary | self.mask("absent"))).any():
            raise ValueError(
                "known: a cell that is already public cannot be primary or absent. Clear one of the marks."
            )

    def mask(self, name: str) -> BoolArray:
        """An optional mask, all False where it was not given."""
        mask: BoolArray | None = getattr(self, name)
        return np.zeros(self.relations.size, dtype=np.bool_) if mask is None else mask

    @property
    def demanded(self) -> BoolArray:
        """The cells that are not shown whatever is chosen: primary and absent ones."""
        return self.primary | self.mask("absent")

    def view(self, hidden: BoolArray) -> View:
        """What a reader sees when these cells are hidden; absent cells are never seen."""
        absent = self.mask("absent")
        unseen = hidden | absent
        return View(
            relations=self.relations,
            n=np.where(unseen, -1, self.n),
            x=None if self.x is None else np.where(unseen, -1, self.x),
            hidden=unseen,
            absent=absent,
            keep=self.keep,
        )


@dataclass(frozen=True, eq=False)
class View:
    """What a reader can see of a table: -1 where a count is hidden. All arrays have shape (cells,).

    Parameters
    ----------
    relations, n, x
        As in `Table`; the counts of hidden cells are -1.
    hidden
        Cells without counts.
    absent
        The hidden cells that carry no mark either: they may be without patients, so their least count is 0, not 1.
    keep
        The nation: what its own 0 % or 100 % says about every unit below is accepted (`docs/methods/disclosure.md`).
    low, high
        What the reader knows from elsewhere about hidden denominators ("fewer than ten"); None for nothing.
    """

    relations: Relations
    n: IntArray
    x: IntArray | None
    hidden: BoolArray
    absent: BoolArray | None = None
    keep: BoolArray | None = None
    low: IntArray | None = None
    high: IntArray | None = None

    @cached_property
    def counts(self) -> tuple[IntArray, ...]:
        """Numerators, misses and denominators; denominators alone where no numerator is known."""
        return (self.n,) if self.x is None else (self.x, self.n - self.x, self.n)

    @cached_property
    def lists(self) -> tuple[list[int], ...]:
        """The same as lists: single counts are looked up in these much quicker."""
        return tuple(values.tolist() for values in self.counts)

    @cached_property
    def leasts(self) -> list[int]:
        """`least` as a list."""
        leasts: list[int] = self.least.tolist()
        return leasts

    @cached_property
    def least(self) -> IntArray:
        """The least denominator that each cell can have before any sum is used."""
        least = np.ones(self.relations.size, dtype=np.int64)
        if self.absent is not None:
            least[self.absent] = 0
        return least if self.low is None else np.maximum(least, self.low)

    @cached_property
    def floor(self) -> IntArray:
        """The least denominator that the marks alone tell: a hidden total has at least one patient per marked part."""
        floor = np.where(self.hidden, self.least, 0)
        relations = self.relations
        for _ in range(relations.size if len(relations) else 0):
            told = np.add.reduceat(floor[relations.parts], relations.start[:-1])
            raised = floor.copy()
            np.maximum.at(raised, relations.total, np.where(self.hidden[relations.total], told, 0))
            if (raised == floor).all():
                break
            floor = raised
        return floor

    def told(self, counts: IntArray) -> BoolArray:
        """Cells below a published nation in which nobody is counted: `counts` are its numerators, or its misses."""
        if self.keep is None:
            return np.zeros(self.relations.size, dtype=np.bool_)
        return self.relations.below(self.keep & ~self.hidden & (counts == 0))
