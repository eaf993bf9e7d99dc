"""A small health service with true counts for the tests of disclosure control, and the plainest of attackers."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from kvalreg.disclosure.cells import Table, View
from kvalreg.disclosure.relations import IntArray, Relations, from_groups, from_tree


def counts(*values: int) -> IntArray:
    """Counts as the package wants them."""
    return np.array(values, dtype=np.int64)


@dataclass(frozen=True)
class Service:
    """Hospitals with an HF, an RHF (of the HF) and a county each. Cells: hospitals, HFs, RHFs, counties, nation."""

    trust: tuple[int, ...]
    region: tuple[int, ...]
    county: tuple[int, ...]

    @property
    def relations(self) -> Relations:
        hospitals, trusts = len(self.trust), len(self.region)
        regions, counties = max(self.region) + 1, max(self.county) + 1
        above = hospitals + trusts
        size = above + regions + max(0, counties) + 1
        parent = [hospitals + t for t in self.trust] + [above + r for r in self.region] + [above + regions] * regions
        sums = from_tree([*parent, -1], [*range(above + regions), size - 1])
        group = [*self.county, *[-1] * (size - hospitals)]
        return Relations.of(size, sums + from_groups(group, [above + regions + c for c in range(max(0, counties))]))

    def total(self, hospitals: list[int]) -> IntArray:
        """Counts of all cells from those of the hospitals, summed by hand rather than by `Relations`."""
        trusts = [sum(n for n, t in zip(hospitals, self.trust, strict=True) if t == number) for number in range(len(self.region))]  # fmt: skip # noqa: E501
        regions = [sum(n for n, r in zip(trusts, self.region, strict=True) if r == number) for number in range(max(self.region) + 1)]  # fmt: skip # noqa: E501
        counties = [sum(n for n, c in zip(hospitals, self.county, strict=True) if c == number) for number in range(max(self.county) + 1)]  # fmt: skip # noqa: E501
        return counts(*hospitals, *trusts, *regions, *counties, sum(hospitals))

    def table(self, n: list[int], x: list[int] | None, minimum: int = 5) -> Table:
        """The service's table, with every cell below the minimum primary and the nation to be kept."""
        totals = self.total(n)
        keep = np.zeros(len(totals), dtype=np.bool_)
        keep[-1] = True
        small = (totals > 0) & (totals < minimum)
        return Table(self.relations, totals, None if x is None else self.total(x), primary=small, keep=keep)


@st.composite
def tables(draw: st.DrawFn, hospitals: int = 7, greatest: int = 14, counties: int = 3) -> Table:
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
    x = [draw(st.integers(0, patients)) for patients in n]
    return service.table(n, x)


def solutions(view: View, greatest: int) -> list[tuple[IntArray, IntArray]]:
    """Every table (n, x) that fits what is published, with hidden denominators up to `greatest`: by trying them all."""
    assert view.x is not None
    found = []
    hidden = np.flatnonzero(view.hidden)
    least = view.least[hidden]
    denominators = [range(int(low), greatest + 1) for low in least]
    fits = []
    for choice in itertools.product(*denominators):
        n = view.n.copy()
        n[hidden] = choice
        if len(view.relations.broken(n)) == 0:
            fits.append(n)
    for n in fits:
        for choice in itertools.product(*[range(int(high) + 1) for high in n[hidden]]):
            x = view.x.copy()
            x[hidden] = choice
            if len(view.relations.broken(x)) == 0 and len(view.relations.broken(n - x)) == 0:
                found.append((n, x))
    return found
