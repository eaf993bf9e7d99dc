"""Every equation among the facts of a registry: sums, shares, coverages, mergers, periods, wholes and editions.

Comes in: cells, their links and the facts they print, SECRET. Goes out: `Equations`, each with how certain a reader is
of it, and each only where it truly holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from kvalreg.disclosure.cells import NONE, Cells, Print
from kvalreg.disclosure.links import MISSES, NUMERATOR, PATIENTS, Links
from kvalreg.disclosure.system import NO_REST, PUBLIC, BoolArray, Certainty, Equations, IntArray, Role
from kvalreg.statistics.funnel import MIN_COVERAGE

_COVERAGE = Fraction(MIN_COVERAGE).limit_denominator(1000)


@dataclass(frozen=True, eq=False)
class Facts:
    """Facts with the cells that print them; `group` is per cell, and there are `groups` of them."""

    of_cell: IntArray
    value: IntArray
    public: BoolArray
    group: IntArray
    groups: int


def counts_of(cells: Cells) -> tuple[IntArray, IntArray, IntArray]:
    """Patients, numerators and misses, `NONE` where there are none."""
    return cells.n, cells.x, np.where(cells.x == NONE, NONE, cells.n - cells.x)


_Part = tuple[IntArray, IntArray, IntArray, IntArray, IntArray, IntArray]
"""Entries of each equation, their counts and factors, and the equations' rests, roles and certainty."""


class EquationsOfCells:
    """Collects the equations, each once."""

    def __init__(self, cells: Cells, links: Links, facts: Facts, group: IntArray) -> None:
        self.cells, self.links, self.facts, self.group = cells, links, facts, group
        self.counts = counts_of(cells)
        self.parts: list[_Part] = []
        self.certainty = Certainty.CERTAIN

    def all(self) -> Equations:
        """Every equation that holds, without those that hold nothing unknown."""
        for column in self.cells.columns:
            self._sums(column)
        self._shares()
        self._coverages()
        self.certainty = Certainty.LIKELY
        self._mergers()
        self._pools_and_wholes()
        self.certainty = Certainty.SUPPOSED
        self._editions()
        return self._once()

    def _add(self, lengths: IntArray, count: IntArray, factor: IntArray, rest: IntArray, role: Role) -> None:
        if len(lengths):
            roles = np.full(len(lengths), role, dtype=np.int64)
            self.parts.append((lengths, count, factor, rest, roles, np.full(len(lengths), self.certainty)))

    def _sums(self, column: IntArray) -> None:
        """Hospital -> HF -> RHF -> nation, and hospital -> county.

        A total that holds more than its parts, because rows were delivered for the unit itself, has a rest. A total
        below its parts, as computed values and unique patients have, is no sum.
        """
        cells = self.cells
        found = cells.trees[cells.edition[column[0]]].sums(cells.place[column].tolist())
        if not found:
            return
        total = column[[one.total for one in found]]
        parts = column[[part for one in found for part in one.parts]]
        lengths = np.array([len(one.parts) for one in found])
        start = np.concatenate([[0], np.cumsum(lengths)])[:-1]
        has_x = (cells.x[total] != NONE) & (np.minimum.reduceat(cells.x[parts], start) != NONE)
        excess = [counts[total] - np.add.reduceat(counts[parts], start) for counts in self.counts]
        whole = excess[PATIENTS] == 0
        good = [excess[PATIENTS] >= 0]
        share = (excess[NUMERATOR] >= 0) & (excess[MISSES] >= 0)
        good += [has_x & good[0] & np.where(whole, excess[NUMERATOR] == 0, share)] * 2
        for measure, kept in enumerate(good):
            rest = np.where(whole, NO_REST, excess[measure])
            for role, chosen in ((Role.SUM, kept), (Role.IMPLIED, kept & whole)):
                if measure == MISSES:
                    chosen = chosen if role is Role.IMPLIED else kept & ~whole
                elif role is Role.IMPLIED:
                    continue
                self._tree(
                    measure, total[chosen], parts[np.repeat(chosen, lengths)], lengths[chosen], rest[chosen], role
                )

    def _tree(
        self, measure: int, total: IntArray, parts: IntArray, lengths: IntArray, rest: IntArray, role: Role
    ) -> None:
        """Totals and their parts as equations, the total first."""
        if not len(total):
            return
        ends = np.cumsum(lengths + 1)
        first = ends - lengths - 1
        count = np.empty(int(ends[-1]), dtype=np.int64)
        factor = np.full(len(count), -1, dtype=np.int64)
        is_total = np.zeros(len(count), dtype=np.bool_)
        is_total[first] = True
        count[is_total], count[~is_total] = self.facts.of_cell[total, measure], self.facts.of_cell[parts, measure]
        factor[is_total] = 1
        self._add(lengths + 1, count, factor, rest, role)

    def _shares(self) -> None:
        """Patients = those with the outcome + those without."""
        facts = self.facts.of_cell
        triples = np.unique(facts[facts[:, NUMERATOR] != NONE], axis=0)
        size = len(triples)
        self._add(np.full(size, 3), triples.ravel(), np.tile([1, -1, -1], size), np.full(size, NO_REST), Role.PLAIN)

    def _growth(self, later: IntArray, earlier: IntArray) -> None:
        """Registrations that come late only add: no count falls, as far as that is true."""
        facts = self.facts.of_cell
        more = [counts[later] - counts[earlier] for counts in self.counts]
        shares = (facts[later, NUMERATOR] != NONE) & (facts[earlier, NUMERATOR] != NONE)
        both = shares & (more[NUMERATOR] >= 0) & (more[MISSES] >= 0)
        for measure, holds in ((PATIENTS, more[PATIENTS] >= 0), (NUMERATOR, both), (MISSES, both)):
            true = holds & (facts[later, measure] != facts[earlier, measure])
            ones = np.ones(int(true.sum()), dtype=np.int64)
            self._tree(measure, later[true], earlier[true], ones, more[measure][true], Role.SUM)

    def _exact(self, whole: int, parts: Sequence[int], measures: Sequence[int] = (PATIENTS, NUMERATOR, MISSES)) -> None:
        """A cell that is the sum of others, in every measure in which that is true; nobody has no cell."""
        facts, value = self.facts.of_cell, self.facts.value
        for measure in measures:
            own = int(facts[whole, measure])
            members = [int(facts[part, measure]) for part in parts]
            if own == NONE or NONE in members or sum(int(value[one]) for one in members) != value[own]:
                continue
            if own not in members and members and len(set(members)) == len(members):
                count = np.array([own, *members])
                factor = np.array([1, *[-1] * len(members)])
                self._add(np.array([len(count)]), count, factor, np.array([NO_REST]), Role.SUM)

    def _editions(self) -> None:
        """A cell and the same one of the edition before."""
        cells = self.cells
        if cells.latest == 0:
            return
        place = self.links.alias[cells.place]
        key = ((cells.indicator * 2 + cells.context) * 10_000 + cells.year) * len(cells.places) + place
        order = np.lexsort((cells.edition, key))
        follows = (key[order][1:] == key[order][:-1]) & (cells.edition[order][1:] > cells.edition[order][:-1])
        self._growth(order[1:][follows], order[:-1][follows])

    def _mergers(self) -> None:
        """Units that have taken over others."""
        cells = self.cells
        for later, parts in self.links.mergers:
            merged = [np.flatnonzero((cells.place == part) & (cells.edition < cells.newest)) for part in parts]
            before = [self._by_column(at) for at in merged]
            now = self._by_column(np.flatnonzero((cells.place == later) & (cells.edition == cells.newest)))
            for column, own in now.items():
                if all(column in one for one in before):
                    self._exact(own, [one[column] for one in before])

    def _by_column(self, at: IntArray) -> dict[tuple[int, int, int], int]:
        """The newest of these cells of each indicator, context and year."""
        cells = self.cells
        at = at[np.argsort(cells.edition[at], kind="stable")]
        columns = (cells.indicator[at], cells.context[at], cells.year[at])
        return dict(zip(zip(*(one.tolist() for one in columns), strict=True), at.tolist(), strict=True))

    def _pools_and_wholes(self) -> None:
        """A pooled period is the sum of its years, and a whole the sum of its parts."""
        links = self.links
        every: tuple[int, ...] = (PATIENTS, NUMERATOR, MISSES)
        sums = [(pool.indicator, [(pool.of, -back) for back in range(pool.years)], every) for pool in links.pools]
        for whole in links.wholes:
            measures = every if whole.numerators else (PATIENTS,)
            sums.append((whole.indicator, [(part, 0) for part in whole.parts], measures))
        if not sums:
            return
        cells = self.cells
        names = (cells.indicator, cells.context, cells.year, cells.place)
        for edition in range(cells.latest + 1):
            mine = np.flatnonzero(cells.edition == edition)
            columns = [one[mine].tolist() for one in names]
            at = dict(zip(zip(*columns, strict=True), mine.tolist(), strict=True))
            for indicator, parts, measures in sums:
                for (own, context, year, place), total in at.items():
                    if own == indicator:
                        found = [at.get((part, context, year + years, place)) for part, years in parts]
                        self._exact(total, [one for one in found if one is not None], measures)

    def _coverages(self) -> None:
        """A result that is shown tells that its coverage is not too low, also where that is suppressed."""
        cells, facts = self.cells, self.facts
        telling = np.flatnonzero(cells.candidate & (cells.prints == Print.ALL) & (cells.coverage >= 0))
        told = cells.coverage[telling]
        apart = (cells.x[told] != NONE) & cells.candidate[told] & (facts.group[told] != facts.group[telling])
        told = np.unique(told[apart])
        rest = _COVERAGE.denominator * cells.x[told] - _COVERAGE.numerator * cells.n[told]
        told, rest = told[rest >= 0], rest[rest >= 0]
        count = facts.of_cell[told][:, [NUMERATOR, PATIENTS]].ravel()
        factor = np.tile([_COVERAGE.denominator, -_COVERAGE.numerator], len(told))
        self._add(np.full(len(told), 2), count, factor, rest, Role.PLAIN)

    def _once(self) -> Equations:
        """All of them, equal ones once, and none that is about public facts alone."""
        if not self.parts:
            nothing = np.zeros(0, dtype=np.int64)
            return Equations(np.zeros(1, dtype=np.int64), nothing, nothing, nothing, nothing, nothing)
        lengths, count, factor, rest, role, certainty = (np.concatenate(one) for one in zip(*self.parts, strict=True))
        start = np.concatenate([[0], np.cumsum(lengths)])
        every = Equations(start, count, factor, rest, role, certainty)
        weight = np.random.default_rng(0).integers(1, 2**62, len(self.facts.value), dtype=np.uint64)
        mixed = weight[count] * factor.astype(np.uint64)
        fingerprint = np.add.reduceat(mixed, start[:-1]) * np.uint64(4) + role.astype(np.uint64)
        unknown = np.add.reduceat((self.group[count] != PUBLIC).astype(np.int64), start[:-1]) > 0
        _, first = np.unique(fingerprint, return_index=True)
        kept = np.sort(first[unknown[first]])
        return every.take(kept, np.arange(len(self.facts.value)))
