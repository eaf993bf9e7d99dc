"""Over random trees, counties, counts and coverages: `suppress` hides what it must, no more, and nobody can undo it.

The attacker here is a program of its own, and trusts nothing of the package: it exhibits whole tables that fit all that
is published. Two tables that differ in a hidden count are proof that the count is not known; they are added up by hand.
`trees` and `patients` make the units and the hospitals' counts from which other tests can start.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from kvalreg.arrays import BoolArray, IntArray
from kvalreg.disclosure.attack import Attack
from kvalreg.disclosure.relations import Sum
from kvalreg.disclosure.suppression import suppress
from kvalreg.disclosure.suppression_table import SuppressionTable
from kvalreg.inputs.units import Level, Unit, Units

MINIMUM = 5
GREATEST = 200.0
"""No count is tried above this: far more than the 24 hospitals of a tree can have together with 12 patients each."""
QUICKLY = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)

Counts = dict[str, tuple[int, int]]
"""Numerator and patients of each hospital, by orgnr."""
Place = tuple[str, str]
"""Level, and orgnr or county."""


# --- strategies ------------------------------------------------------------------------------------------------------
@st.composite
def trees(draw: st.DrawFn, most_hospitals: int = 4) -> Units:
    """One nation, 1 to 2 RHFs of 1 to 3 HFs of 1 to `most_hospitals` hospitals, and counties that cross the HFs."""
    units = [Unit("0", "Nation", "Nation", Level.NATION, None)]
    for rhf in range(draw(st.integers(1, 2))):
        units.append(Unit(f"r{rhf}", f"RHF {rhf}", f"R{rhf}", Level.RHF, "0"))
        for hf in range(draw(st.integers(1, 3))):
            units.append(Unit(f"h{rhf}{hf}", f"HF {rhf}{hf}", f"H{rhf}{hf}", Level.HF, f"r{rhf}"))
            for number in range(draw(st.integers(1, most_hospitals))):
                county = draw(st.sampled_from(["Nord", "Vest", "Øst"]))
                name = f"{rhf}{hf}{number}"
                units.append(Unit(name, name, name, Level.HOSPITAL, f"h{rhf}{hf}", county))
    return Units({unit.orgnr: unit for unit in units})


@st.composite
def patients(draw: st.DrawFn, units: Units) -> Counts:
    """0 to 12 patients for each hospital, with any numerator; none and all of them are as frequent as the rest."""
    found: Counts = {}
    for hospital in units.at_level(Level.HOSPITAL):
        n = draw(st.integers(0, 12))
        found[hospital.orgnr] = (draw(st.one_of(st.just(0), st.just(n), st.integers(0, n))), n)
    return found


@dataclass(frozen=True)
class Release:
    """The cells of a tree, and the table of them."""

    places: list[Place]
    table: SuppressionTable


@st.composite
def releases(draw: st.DrawFn, units: Units | None = None) -> Release:
    """A tree with its totals; cells of 1 to 4 patients are primary, and so is a larger one here and there."""
    units = units or draw(trees())
    return release(units, draw(patients(units)), draw(st.sets(st.integers(0, 30), max_size=2)))


def release(units: Units, counts: Counts, low_coverage: Iterable[int] = ()) -> Release:
    """The table of these hospitals, added up by hand."""
    inside: dict[Place, list[Place]] = {}
    total: dict[Place, tuple[int, int]] = {}
    for hospital in units.at_level(Level.HOSPITAL):
        own = (Level.HOSPITAL.value, hospital.orgnr)
        chain: list[Place] = [own, *((above.level.value, above.orgnr) for above in units.ancestors(hospital.orgnr))]
        county = (Level.COUNTY.value, str(hospital.county))
        for above, below in [*zip(chain[1:], chain, strict=False), (county, own)]:
            if below not in inside.setdefault(above, []):
                inside[above].append(below)
        for place in [*chain, county]:
            x, n = total.get(place, (0, 0))
            total[place] = (x + counts[hospital.orgnr][0], n + counts[hospital.orgnr][1])
    places = list(total)
    x, n = np.array([total[place] for place in places], dtype=np.int64).T
    sums = [Sum(places.index(above), tuple(places.index(part) for part in parts)) for above, parts in inside.items()]
    primary = (n > 0) & (n < MINIMUM)
    primary[[cell for cell in low_coverage if cell < len(n) and n[cell] > 0]] = True
    keep = np.array([level == Level.NATION for level, _ in places])
    return Release(places, SuppressionTable(sums, n, x, primary=primary & ~keep, preserved=keep))


# --- an attacker -----------------------------------------------------------------------------------------------------
class Attacker:
    """Whole tables that fit what is published, looked for one at a time.

    Parameters
    ----------
    table
        Its sums, and the counts of the cells that are not hidden, are used.
    hidden
        Cells without counts; each has at least one patient where it carries a mark.
    """

    def __init__(self, table: SuppressionTable, hidden: BoolArray) -> None:
        assert table.x is not None
        self.sums = [(total, list(parts)) for total, parts, _ in table.sums]
        self.size = len(table.n)
        self.hidden = hidden
        self.least = np.where(hidden & ~table.mask("absent"), 1, 0)
        self.shown = np.stack([np.where(hidden, -1, table.x), np.where(hidden, -1, table.n - table.x)])
        self.found: list[IntArray] = []

    def seen(self, cell: int, weights: tuple[int, int]) -> set[int]:
        """The values of ``weights[0] * x + weights[1] * misses`` of a cell in the tables found so far."""
        return {int(weights[0] * x[cell] + weights[1] * misses[cell]) for x, misses in self.found}

    def widen(self, cell: int, weights: tuple[int, int], width: int) -> bool:
        """True when some two tables differ by at least `width` in this count; looks for its extremes if need be."""
        for sign in (0, 1, -1):
            if sign:
                self._look(cell, (sign * weights[0], sign * weights[1]))
            seen = self.seen(cell, weights)
            if seen and max(seen) - min(seen) >= width:
                return True
        return False

    def _look(self, cell: int, weights: tuple[int, int]) -> None:
        size = self.size
        rows = np.zeros((2 * len(self.sums) + size, 2 * size))
        for number, (total, parts) in enumerate(self.sums):
            for block in (0, 1):
                rows[2 * number + block, block * size + total] = -1
                rows[2 * number + block, [block * size + part for part in parts]] = 1
        rows[2 * len(self.sums) :] = np.hstack([np.eye(size), np.eye(size)])
        low = np.concatenate([np.zeros(2 * len(self.sums)), self.least])
        high = np.concatenate([np.zeros(2 * len(self.sums)), np.full(size, 2 * GREATEST)])
        flat = self.shown.ravel()
        box = Bounds(np.where(flat < 0, 0, flat), np.where(flat < 0, GREATEST, flat))
        objective = np.zeros(2 * size)
        objective[[cell, size + cell]] = weights
        whole = np.ones(2 * size, dtype=np.int64)
        result = milp(-objective, integrality=whole, bounds=box, constraints=LinearConstraint(rows, low, high))
        assert result.x is not None, "what is published contradicts itself"
        self._take(np.rint(result.x).astype(np.int64).reshape(2, size))

    def _take(self, table: IntArray) -> None:
        """Keep a table, after checking that it fits all that is published."""
        assert (table >= 0).all()
        assert (table[:, ~self.hidden] == self.shown[:, ~self.hidden]).all()
        assert (table.sum(axis=0) >= self.least).all()
        for total, parts in self.sums:
            assert (table[:, parts].sum(axis=1) == table[:, total]).all()
        self.found.append(table)


N, X, MISSES = (1, 1), (1, 0), (0, 1)


def recoverable(table: SuppressionTable, hidden: BoolArray) -> list[tuple[int, str]]:
    """The hidden cells of which too much is known, and the count that is."""
    attacker = Attacker(table, hidden)
    told = {X: False, MISSES: False}
    nation = int(np.flatnonzero(table.mask("preserved"))[0])
    if not hidden[nation]:
        told = {X: attacker.shown[0, nation] == 0, MISSES: attacker.shown[1, nation] == 0}
    found = []
    for cell in np.flatnonzero(hidden).tolist():
        if not attacker.widen(cell, N, MINIMUM):
            found.append((cell, "n"))
        found += [(cell, str(one)) for one in (X, MISSES) if not told[one] and not attacker.widen(cell, one, 1)]
    return found


# --- one edition -----------------------------------------------------------------------------------------------------
def test_the_attacker_of_these_tests_finds_what_subtraction_gives_away() -> None:
    """HF 15 = A 3 + B 12 with only A hidden: A is 15 - 12; with B hidden as well, A is 1 to 14."""
    units = Units(
        {
            unit.orgnr: unit
            for unit in (
                Unit("0", "Nation", "Nation", Level.NATION, None),
                Unit("r0", "RHF", "RHF", Level.RHF, "0"),
                Unit("h00", "HF", "HF", Level.HF, "r0"),
                Unit("A", "A", "A", Level.HOSPITAL, "h00", "Nord"),
                Unit("B", "B", "B", Level.HOSPITAL, "h00", "Nord"),
            )
        }
    )
    one = release(units, {"A": (1, 3), "B": (6, 12)})
    a, b = one.places.index(("hospital", "A")), one.places.index(("hospital", "B"))
    assert recoverable(one.table, one.table.primary) == [(a, "n"), (a, str(X)), (a, str(MISSES))]
    assert np.flatnonzero(suppress(one.table.to_system())).tolist() == sorted([a, b])
    assert recoverable(one.table, suppress(one.table.to_system())) == []


@QUICKLY
@given(releases())
def test_no_hidden_cell_is_recoverable(one: Release) -> None:
    """Each hidden n can be at least five apart in tables that fit; no hidden x and no hidden n - x is sure."""
    hidden = suppress(one.table.to_system())
    assert hidden[one.table.primary].all()
    assert not hidden[one.table.n == 0].any()
    assert recoverable(one.table, hidden) == []


@QUICKLY
@given(trees(), st.data())
def test_nothing_is_hidden_when_nothing_is_primary(units: Units, data: st.DataObject) -> None:
    """With nobody or at least five patients everywhere, and good coverage, everything is shown."""
    counts = {
        orgnr: (x, n) if n == 0 else (x + MINIMUM, n + MINIMUM) for orgnr, (x, n) in data.draw(patients(units)).items()
    }
    one = release(units, counts)
    assert not one.table.primary.any()
    assert not suppress(one.table.to_system()).any()


@QUICKLY
@given(releases())
def test_equal_tables_give_equal_masks(one: Release) -> None:
    """A table made again gives the same mask, and no more is hidden when it is told what was hidden before."""
    table = one.table
    assert table.x is not None
    hidden = suppress(table.to_system())
    again = SuppressionTable(
        [Sum(total, tuple(parts)) for total, parts, _ in table.sums],
        table.n.copy(),
        table.x.copy(),
        primary=table.primary.copy(),
        preserved=table.mask("preserved").copy(),
    )
    assert (suppress(again.to_system()) == hidden).all()
    assert suppress(replace(table, suppressed_before=hidden).to_system()).sum() <= hidden.sum()


@QUICKLY
@given(releases())
def test_every_hidden_cell_is_needed(one: Release) -> None:
    """Showing any one cell again that need not be hidden for itself would give something away."""
    system = one.table.to_system()
    hidden = suppress(system)
    for cell in np.flatnonzero(hidden & ~one.table.primary).tolist():
        fewer = hidden.copy()
        fewer[cell] = False
        assert Attack(system).exposures(fewer)


# --- two editions ----------------------------------------------------------------------------------------------------
@st.composite
def editions(draw: st.DrawFn) -> tuple[Release, BoolArray]:
    """June, suppressed by itself, and December in one table, and the mask of December's cells.

    A cell with the counts of June is June's; what June showed is known; what June hid and has changed must stay hidden.
    """
    units = draw(trees(most_hospitals=3))
    counts = draw(patients(units))
    more = {orgnr: (x, n + draw(st.sampled_from([0, 0, 0, 1, 5]))) for orgnr, (x, n) in counts.items()}
    june, december = release(units, counts), release(units, more)
    hidden = suppress(june.table.to_system())
    place: dict[tuple[Place, int, int], int] = {}
    where = []
    for one in (december, june):
        assert one.table.x is not None
        keys = zip(one.places, one.table.x.tolist(), one.table.n.tolist(), strict=True)
        where.append([place.setdefault(key, len(place)) for key in keys])
    sums = [
        Sum(numbers[total], tuple(numbers[part] for part in parts))
        for one, numbers in zip((december, june), where, strict=True)
        for total, parts, _ in one.table.sums
    ]
    today = np.arange(len(place)) < len(december.places)
    was_shown, was_hidden = (np.zeros(len(place), dtype=np.bool_) for _ in range(2))
    was_shown[[cell for cell, unseen in zip(where[1], hidden, strict=True) if not unseen]] = True
    was_hidden[[cell for cell, unseen in zip(where[1], hidden, strict=True) if unseen]] = True
    n = np.array([n for _, _, n in place], dtype=np.int64)
    table = SuppressionTable(
        sums,
        n,
        np.array([x for _, x, _ in place], dtype=np.int64),
        primary=((today & (n > 0) & (n < MINIMUM)) | was_hidden) & ~was_shown,
        public=was_shown,
        preserved=np.array([cell[0] == "nation" for cell, _, _ in place]) & today,
        suppressed_before=was_hidden,
    )
    return Release([cell for cell, _, _ in place], table), today


@settings(QUICKLY, max_examples=25)
@given(editions())
def test_no_hidden_cell_is_recoverable_from_two_editions(both: tuple[Release, BoolArray]) -> None:
    """What the two editions show together gives away nothing that June does not give away with all else hidden."""
    table, hidden = both[0].table, suppress(both[0].table.to_system())
    assert not hidden[table.mask("public")].any()
    found = recoverable(table, hidden)
    if found:
        assert set(found) <= set(recoverable(table, ~table.mask("public") & (table.n > 0)))


@pytest.mark.parametrize("seed", range(3))
def test_the_strategies_reach_what_they_are_for(seed: int) -> None:
    """Trees of this size hide other cells than the small ones, so the properties above are not empty."""
    random = np.random.default_rng(seed)
    units = [Unit("0", "N", "N", Level.NATION, None), Unit("r0", "R", "R", Level.RHF, "0")]
    counts = {}
    for hf in range(3):
        units.append(Unit(f"h{hf}", "H", "H", Level.HF, "r0"))
        for number in range(4):
            name = f"{hf}{number}"
            units.append(Unit(name, name, name, Level.HOSPITAL, f"h{hf}", ["Nord", "Vest"][int(random.integers(2))]))
            counts[name] = (1, int(random.integers(3, 13)))
    table = release(Units({unit.orgnr: unit for unit in units}), counts).table
    assert suppress(table.to_system()).sum() > table.primary.sum() > 0
