"""The facts of a registry: one unknown for every number, whatever the cells, columns and editions that print it.

Input: editions as `Seen`, and what the attacker supposes. Output: `Facts`, with a `Program` that has the unknowns and
their bounds. `attacker_relations` adds what a reader knows of several of them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attacker_cells import Key, Seen
from attacker_columns import Column, Columns, Link
from attacker_program import Program
from attacker_units import common_names

INFINITE = float("inf")
Truth = Mapping[tuple[int, Key], tuple[int, int | None]]
"""The true n and x (None where there is no numerator) of each edition's cells."""
NOBODY = (0, 0)
"""The truth of a cell that is marked, and has no patients."""


@dataclass(frozen=True)
class Suppositions:
    """What the attacker takes for true.

    Parameters
    ----------
    oracle
        True counts that answer one question only: whether two numbers that a reader may take for the same, are. Without
        it the attacker supposes that they are, and may be wrong.
    least_share
        The least share of agreeing numbers at which columns are linked.
    links, sums_over_time
        Whether columns are linked at all; whether pooled years, wholes, and unions of units are used.
    only_add
        Whether late registrations are supposed to add patients and never to take any away.
    read_in
        Editions in which the links are seen, where others than these are attacked: the same cells with more of them
        hidden, by someone who has seen the links in what is shown.
    one_below
        The public limit: in every group of hidden numbers that hang together somebody has fewer patients, for the rule
        hides nothing else. 0 supposes nothing.
    """

    oracle: Truth | None = None
    least_share: float = 0.0
    links: bool = True
    sums_over_time: bool = True
    only_add: bool = False
    one_below: int = 0
    read_in: tuple[Seen, ...] = ()


class Facts:
    """The system of a registry's editions."""

    def __init__(self, editions: Sequence[Seen], suppositions: Suppositions) -> None:
        self.editions, self.supposed = editions, suppositions
        self.reading = suppositions.read_in or editions
        self.named = common_names(self.reading)
        self.columns = Columns.of(editions, self.named)
        self.read = Columns.of(self.reading, self.named) if suppositions.read_in else self.columns
        self.row = {name: number for number, name in enumerate(self.columns.names)}
        self.truth = self._truth()
        shape = self.columns.shown.shape
        self.root = np.arange(shape[0] * shape[1])
        self.value = self.columns.shown.ravel().copy()
        self.may_be_nobody = np.zeros(len(self.row), dtype=np.bool_)
        self.program = Program()
        self.unknown: dict[int, int] = {}
        if suppositions.links:
            self._link()
        self._same_nation()
        self._bounds()

    # --- which numbers are one -------------------------------------------------------------------------------------
    def fact(self, column: int, place: int) -> int:
        """The number that stands for what is printed in a column at a place."""
        one = column * len(self.columns.places) + place
        while self.root[one] != one:
            self.root[one] = self.root[self.root[one]]
            one = int(self.root[one])
        return one

    def _unite(self, one: int, other: int) -> None:
        """Two facts are one, unless they are known to be different."""
        left, right = self.value[one], self.value[other]
        if one != other and (np.isnan(left) or np.isnan(right) or left == right):
            self.root[other] = one
            self.value[one] = right if np.isnan(left) else left

    def _link(self) -> None:
        columns, truth = self.columns, self.truth
        coverage_of = {ind_id: dg_id for seen in self.editions for ind_id, dg_id in seen.dg_ids.items()}
        for link in self.read.links(coverage_of):
            if link.share < self.supposed.least_share:
                continue
            left, right = link.left, link.right
            kinds = {columns.names[left].kind, columns.names[right].kind}
            for mine, theirs in ((left, right), (right, left)):
                if columns.names[mine].kind == "n" and kinds != {"n"}:
                    self.may_be_nobody[mine] = True
                    self._nobody(mine, theirs, link)
            at = link.at & columns.there[left] & columns.there[right]
            at &= np.isnan(columns.shown[left]) | np.isnan(columns.shown[right])
            if truth is not None:
                at &= truth[left] == truth[right]
            for place in np.flatnonzero(at).tolist():
                self._unite(self.fact(left, place), self.fact(right, place))
        if truth is not None:
            self._unchanged(truth)

    def _nobody(self, patients: int, numerator: int, link: Link) -> None:
        """A numerator is 0 where the unit has no row among those that count it."""
        at = (
            link.at
            & self.columns.hidden[numerator]
            & ~self.columns.there[patients]
            & self.columns.level_there[patients]
        )
        if self.truth is not None:
            at &= self.truth[numerator] == 0
        for place in np.flatnonzero(at).tolist():
            self.value[self.fact(numerator, place)] = 0

    def _unchanged(self, truth: NDArray[np.float64]) -> None:
        """Every n and x of an indicator that another edition has unchanged, whatever the others do."""
        for number, name in enumerate(self.columns.names):
            for edition in range(name.edition):
                before = self.row.get(name._replace(edition=edition))
                if before is not None and name.kind != "y":
                    for place in np.flatnonzero(truth[number] == truth[before]).tolist():
                        self._unite(self.fact(before, place), self.fact(number, place))

    def _same_nation(self) -> None:
        """Both contexts have the same nation, where no shown numbers of the indicator tell otherwise."""
        places = {place: number for number, place in enumerate(self.columns.places)}
        pairs = [
            (number, places[other])
            for place, number in places.items()
            if place.level == "nation" and place.context == "caregiver"
            for other in [place._replace(context="resident")]
            if other in places
        ]
        for column, name in enumerate(self.columns.names):
            shown, there = self.columns.shown[column], self.columns.there[column]
            among = [pair for pair in pairs if there[list(pair)].all()]
            compared = [shown[one] == shown[other] for one, other in among if not np.isnan(shown[one] + shown[other])]
            if name.kind == "y" or sum(compared) < 0.5 * len(compared):
                continue
            for one, other in among:
                if self.truth is None or self.truth[column, one] == self.truth[column, other]:
                    self._unite(self.fact(column, one), self.fact(column, other))

    def _truth(self) -> NDArray[np.float64] | None:
        oracle = self.supposed.oracle
        if oracle is None:
            return None
        truth = np.full(self.columns.shown.shape, np.nan)
        for (edition, ind_id, at), key in self.columns.keys.items():
            n, x = oracle.get((edition, key), NOBODY)
            truth[self.row[Column(edition, ind_id, "n")], at] = n
            if x is not None and Column(edition, ind_id, "x") in self.row:
                truth[self.row[Column(edition, ind_id, "x")], at] = x
                truth[self.row[Column(edition, ind_id, "y")], at] = n - x
        return truth

    # --- unknowns ----------------------------------------------------------------------------------------------------
    def at(self, column: int, place: int) -> int:
        """The program's unknown of a printed number."""
        return self.unknown[self.fact(column, place)]

    def _bounds(self) -> None:
        least: dict[int, int] = {}
        for column, place in np.argwhere(self.columns.there).tolist():
            fact = self.fact(column, place)
            has_patient = self.columns.names[column].kind == "n" and not self.may_be_nobody[column]
            if self.truth is not None and self.truth[column, place] == 0:
                has_patient = False
            least[fact] = max(least.get(fact, 0), int(has_patient))
        for fact, low in least.items():
            value = self.value[fact]
            self.unknown[fact] = self.program.unknown(*((low, INFINITE) if np.isnan(value) else (value, value)))

    def whole(self, total: tuple[int, int], parts: Sequence[tuple[int, int]], rest: float = 0) -> None:
        """A number is the sum of others, and has at most so many more. Each is named by its column and place."""
        self.program.relate([(self.at(*total), 1.0), *((self.at(*part), -1.0) for part in parts)], 0, rest)
