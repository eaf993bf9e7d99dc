"""A small health service with true counts for the tests of disclosure control, and the plainest of attackers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from kvalreg.arrays import BoolArray, IntArray
from kvalreg.disclosure.relations import Sum, sums_from_groups, sums_from_tree
from kvalreg.disclosure.suppression_table import SuppressionTable
from kvalreg.disclosure.system import NO_SLACK, EquationRole, Equations, TableSystem

Row = tuple[list[tuple[int, int]], bool]
"""Counts with their factors, which add up to 0, or to something unknown of at least 0 where the second is False."""


def counts(*values: int) -> IntArray:
    """Counts as the package wants them."""
    return np.array(values, dtype=np.int64)


def mask(size: int, *cells: int) -> BoolArray:
    """True at these cells."""
    chosen = np.zeros(size, dtype=np.bool_)
    chosen[list(cells)] = True
    return chosen


@dataclass(frozen=True)
class Service:
    """Hospitals with an HF, an RHF (of the HF) and a county each. Cells: hospitals, HFs, RHFs, counties, nation."""

    trust: tuple[int, ...]
    region: tuple[int, ...]
    county: tuple[int, ...]

    @property
    def sums(self) -> list[Sum]:
        """Hospital -> HF -> RHF -> nation, and hospital -> county."""
        hospitals, trusts = len(self.trust), len(self.region)
        regions, counties = max(self.region) + 1, max(self.county) + 1
        above = hospitals + trusts
        size = above + regions + max(0, counties) + 1
        parent = [hospitals + t for t in self.trust] + [above + r for r in self.region] + [above + regions] * regions
        sums = sums_from_tree([*parent, -1], [*range(above + regions), size - 1])
        group = [*self.county, *[-1] * (size - hospitals)]
        return sums + sums_from_groups(group, [above + regions + c for c in range(max(0, counties))])

    def total(self, hospitals: list[int]) -> IntArray:
        """Counts of all cells from those of the hospitals, summed by hand rather than by the sums."""
        trusts = [sum(n for n, t in zip(hospitals, self.trust, strict=True) if t == number) for number in range(len(self.region))]  # fmt: skip # noqa: E501
        regions = [sum(n for n, r in zip(trusts, self.region, strict=True) if r == number) for number in range(max(self.region) + 1)]  # fmt: skip # noqa: E501
        counties = [sum(n for n, c in zip(hospitals, self.county, strict=True) if c == number) for number in range(max(self.county) + 1)]  # fmt: skip # noqa: E501
        return counts(*hospitals, *trusts, *regions, *counties, sum(hospitals))

    def table(self, n: list[int], x: list[int] | None, minimum: int = 5) -> SuppressionTable:
        """The service's table, with every cell below the minimum primary and the nation to be kept."""
        totals = self.total(n)
        keep = mask(len(totals), -1)
        small = (totals > 0) & (totals < minimum)
        total_x = None if x is None else self.total(x)
        return SuppressionTable(self.sums, totals, total_x, primary=small, minimum=minimum, preserved=keep)


@st.composite
def tables(
    draw: st.DrawFn, hospitals: int = 7, greatest: int = 14, counties: int = 3, minimum: int = 5, *, shares: bool = True
) -> SuppressionTable:
    """Random services and counts: many small cells, HFs with one hospital, counties across HFs, empty units."""
    size = draw(st.integers(1, hospitals))
    trusts = draw(st.integers(1, 3))
    trust = draw(st.lists(st.integers(0, trusts - 1), min_size=size, max_size=size))
    used = sorted(set(trust))
    region = draw(st.lists(st.integers(0, 1), min_size=len(used), max_size=len(used)))
    regions = sorted(set(region))
    county = draw(st.lists(st.integers(0, counties - 1), min_size=size, max_size=size)) if counties else [-1] * size
    homes = sorted(set(county))
    service = Service(
        tuple(used.index(t) for t in trust),
        tuple(regions.index(r) for r in region),
        tuple(homes.index(c) for c in county) if counties else tuple(county),
    )
    n = draw(st.lists(st.integers(0, min(6, greatest)) | st.integers(0, greatest), min_size=size, max_size=size))
    x = [draw(st.integers(0, patients)) for patients in n] if shares else None
    return service.table(n, x, minimum)


def rows_of(table: SuppressionTable) -> list[Row]:
    """What a reader of a table knows, by hand: each sum in n, x and n - x, and n = x + (n - x)."""
    size = len(table.n)
    measures = range(1 if table.x is None else 3)
    rows: list[Row] = []
    for total, parts, complete in table.sums:
        for measure in measures:
            members = [(measure * size + total, 1), *((measure * size + part, -1) for part in parts)]
            rows.append((members, complete))
    if table.x is not None:
        rows += [([(cell, 1), (size + cell, -1), (2 * size + cell, -1)], True) for cell in range(size)]
    return rows


def system_of(
    value: Sequence[int],
    rows: Sequence[tuple[Sequence[int], Sequence[int]]],
    group: Sequence[int],
    need: Sequence[int],
    *,
    least: Sequence[int] | None = None,
    small: Sequence[int] = (),
    primary: Sequence[int] = (),
    plain: Sequence[int] = (),
) -> TableSystem:
    """A system of equations that hold exactly, each a total and its parts; counts of -1 in `group` are public.

    `small` are counts, `primary` groups, and `plain` the equations that are no sums.
    """
    groups = max(group) + 1
    factors = [[1] * len(totals) + [-1] * len(parts) for totals, parts in rows]
    role = [EquationRole.GENERAL if at in plain else EquationRole.SUM for at in range(len(rows))]
    must = mask(groups, *primary)
    equations = Equations(
        row_start=np.cumsum([0, *(len(one) for one in factors)]),
        variable=np.array([count for totals, parts in rows for count in (*totals, *parts)], dtype=np.int64),
        coefficient=np.array([one for row in factors for one in row], dtype=np.int64),
        slack=np.full(len(rows), NO_SLACK),
        role=np.array(role, dtype=np.int64),
        certainty=np.zeros(len(rows), dtype=np.int64),
    )
    return TableSystem(
        value=counts(*value),
        lower_bound=counts(*(least or [0] * len(value))),
        group=counts(*group),
        protection_level=counts(*need),
        protecting_group=counts(*group),
        is_small=mask(len(value), *small),
        revealing_group=np.full(len(value), -1),
        equations=equations,
        primary=must,
        suppressible=~must,
        cost=np.ones(groups),
        patients=counts(*(max(v for v, g in zip(value, group, strict=True) if g == one) for one in range(groups))),
    )


def rows_in(system: TableSystem) -> list[Row]:
    """The equations of a system."""
    rests = system.equations.slack.tolist()
    return [(row, rest == NO_SLACK) for row, rest in zip(system.equations.rows, rests, strict=True)]


def worlds(
    rows: Sequence[Row], value: Sequence[int], least: dict[int, int], greatest: int
) -> Iterator[tuple[int, ...]]:
    """Every assignment of whole numbers to the counts in `least`, up to `greatest`, that fits all rows: by trying all.

    The other counts are known. A count that a row determines, as soon as all beside it are set, is not tried.
    """
    search = _Search(rows, value, least, greatest)
    if all(search.fits(number) for number in range(len(rows)) if search.free[number] == 0):
        yield from search.tried()


class _Search:
    def __init__(self, rows: Sequence[Row], value: Sequence[int], least: dict[int, int], greatest: int) -> None:
        self.rows, self.least, self.greatest = rows, least, greatest
        self.now = list(value)
        self.unknown = set(least)
        self.free = [sum(count in least for count, _ in row) for row, _ in rows]
        self.touching: dict[int, list[int]] = {count: [] for count in least}
        for number, (row, _) in enumerate(rows):
            for count in {count for count, _ in row} & self.unknown:
                self.touching[count].append(number)

    def fits(self, number: int) -> bool:
        row, exact = self.rows[number]
        together = sum(factor * self.now[count] for count, factor in row)
        return together == 0 if exact else together >= 0

    def determined(self) -> tuple[int, int] | None:
        for number, (row, exact) in enumerate(self.rows):
            if exact and self.free[number] == 1:
                ((count, factor),) = [(count, factor) for count, factor in row if count in self.unknown]
                return count, -factor * sum(other * self.now[at] for at, other in row if at != count)
        return None

    def tried(self) -> Iterator[tuple[int, ...]]:
        if not self.unknown:
            yield tuple(self.now)
            return
        sure = self.determined()
        count = sure[0] if sure else min(self.unknown, key=lambda one: (-len(self.touching[one]), one))
        self._move(count, -1)
        for choice in (sure[1],) if sure else range(self.least[count], self.greatest + 1):
            self.now[count] = choice
            if self.least[count] <= choice <= self.greatest and self._still(count):
                yield from self.tried()
        self._move(count, 1)

    def _still(self, count: int) -> bool:
        return all(self.fits(number) for number in self.touching[count] if self.free[number] == 0)

    def _move(self, count: int, step: int) -> None:
        (self.unknown.discard if step < 0 else self.unknown.add)(count)
        for number in self.touching[count]:
            self.free[number] += step


def hidden_counts(system: TableSystem, hidden: BoolArray) -> dict[int, int]:
    """The counts that these groups hide, with the least that the marks tell of each."""
    groups, least = system.group.tolist(), system.lower_bound.tolist()
    return {count: least[count] for count, group in enumerate(groups) if group >= 0 and hidden[group]}


def spans(
    rows: Sequence[Row], value: Sequence[int], least: dict[int, int], greatest: int
) -> dict[int, tuple[int, int]]:
    """Least and greatest value of each unknown count in all worlds."""
    low = dict.fromkeys(least, greatest + 1)
    high = dict.fromkeys(least, -1)
    for world in worlds(rows, value, least, greatest):
        for count in least:
            low[count], high[count] = min(low[count], world[count]), max(high[count], world[count])
    return {count: (low[count], high[count]) for count in least}
