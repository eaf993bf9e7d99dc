"""Over random trees, counts, coverages and editions: what the gate lets through gives no hidden cell away.

The attacker here is a program of its own: all counts of all editions are unknown whole numbers, those that were shown
are fixed, the sums of the tree hold, and a count that has not changed between two editions is the same unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from kvalreg.disclosure.gate import GateResult
from kvalreg.disclosure.ledger import Edition, LedgerState
from kvalreg.disclosure.published import CellStatus
from kvalreg.inputs.units import Level, Unit, Units
from small_tree import REGISTRY, Row, gated

MINIMUM = 5
Cell = tuple[str, str, int, int]
"""A unit's level and number, and its counts: what makes two editions' cells the same unknown."""


@st.composite
def trees(draw: st.DrawFn) -> Units:
    """One nation; 1 to 3 RHFs of 1 to 2 HFs of 1 to 4 hospitals; counties that cross them."""
    units = [Unit("0", "Nation", "Nation", Level.NATION, None)]
    for rhf in range(draw(st.integers(1, 3))):
        units.append(Unit(f"{rhf}r", f"R{rhf}", f"R{rhf}", Level.RHF, "0"))
        for hf in range(draw(st.integers(1, 2))):
            units.append(Unit(f"{rhf}{hf}h", f"H{rhf}{hf}", f"H{rhf}{hf}", Level.HF, f"{rhf}r"))
            for number in range(draw(st.integers(1, 4))):
                name = f"{rhf}{hf}{number}"
                county = draw(st.sampled_from(["Øst", "Vest", "Nord"]))
                units.append(Unit(name, name, name, Level.HOSPITAL, f"{rhf}{hf}h", county))
    return Units({unit.orgnr: unit for unit in units})


@st.composite
def deliveries(draw: st.DrawFn, units: Units) -> list[Row]:
    """Counts for some of the hospitals, many of them small, and a low coverage here and there."""
    rows: list[Row] = []
    for hospital in units.at_level(Level.HOSPITAL):
        n = draw(st.one_of(st.integers(0, 7), st.integers(8, 40)))
        if n:
            x = draw(st.one_of(st.just(0), st.just(n), st.integers(0, n)))
            rows.append(("a", 2024, hospital.orgnr, x, n))
            if draw(st.integers(0, 9)) == 0:
                rows.append(("dg", 2024, hospital.orgnr, 1, 2))
    return rows


@st.composite
def changed(draw: st.DrawFn, rows: list[Row]) -> list[Row]:
    """The rows of a later delivery: most of them the same."""
    later: list[Row] = []
    for ind_id, year, orgnr, x, n in rows:
        more = draw(st.sampled_from([0, 0, 0, 1, 2, 9])) if ind_id == "a" else 0
        later.append((ind_id, year, orgnr, x, n + more))
    return later


@dataclass
class Attacker:
    """What a reader of these editions knows, as an integer program over x and n - x of every distinct cell."""

    editions: list[tuple[Units, pd.DataFrame]]
    place: dict[Cell, int] = field(default_factory=dict)
    shown: set[Cell] = field(default_factory=set)
    marked: set[Cell] = field(default_factory=set)
    counted: set[Cell] = field(default_factory=set)
    """Cells whose number of patients was told, and no more."""
    sums: set[tuple[Cell, tuple[Cell, ...]]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for units, rows in self.editions:
            cells: dict[tuple[str, str], Cell] = {}
            for level, orgnr, n, x, state in zip(
                rows["level"], rows["orgnr"], rows["n"], rows["x"], rows["state"], strict=True
            ):
                cell = cells[level, orgnr] = (level, orgnr, int(n), int(x))
                self.place.setdefault(cell, len(self.place))
                if state == LedgerState.SHOWN:
                    self.shown.add(cell)
                elif state == LedgerState.HIDDEN:
                    self.marked.add(cell)
                elif state == LedgerState.NOT_RELIABLE:
                    self.counted.add(cell)
            for unit in units:
                parts = [(kid.level.value, kid.orgnr) for kid in units.children(unit.orgnr)]
                self._sum(cells, (unit.level.value, unit.orgnr), parts)
            for county in units.counties:
                inside = [u for u in units.at_level(Level.HOSPITAL) if u.county == county]
                self._sum(cells, ("county", county), [(u.level.value, u.orgnr) for u in inside])

    def _sum(self, cells: dict[tuple[str, str], Cell], total: tuple[str, str], parts: list[tuple[str, str]]) -> None:
        inside = tuple(cells[part] for part in parts if part in cells)
        if total in cells and inside:
            self.sums.add((cells[total], inside))

    def bounds(self, cell: Cell, weights: tuple[int, int]) -> tuple[float, float]:
        """The least and greatest x * weights[0] + misses * weights[1] of a cell."""
        size = len(self.place)
        rows, values = [], []
        for total, parts in self.sums:
            for block in (0, size):
                row = np.zeros(2 * size)
                row[block + self.place[total]] = 1
                for part in parts:
                    row[block + self.place[part]] -= 1
                rows.append(row)
                values.append((0.0, 0.0))
        low, high = np.zeros(2 * size), np.full(2 * size, 500.0)
        for known in self.shown:
            at, (_, _, n, x) = self.place[known], known
            low[at] = high[at] = x
            low[size + at] = high[size + at] = n - x
        for one in self.marked - self.shown:
            row = np.zeros(2 * size)
            row[self.place[one]] = row[size + self.place[one]] = 1
            rows.append(row)
            values.append((1.0, np.inf))
        for one in self.counted:
            row = np.zeros(2 * size)
            row[self.place[one]] = row[size + self.place[one]] = 1
            rows.append(row)
            values.append((float(one[2]), float(one[2])))
        objective = np.zeros(2 * size)
        objective[self.place[cell]], objective[size + self.place[cell]] = weights
        found = []
        for sign in (1, -1):
            limits = np.array(values)
            constraints = LinearConstraint(np.array(rows), limits[:, 0], limits[:, 1])
            box, whole = Bounds(low, high), np.ones(2 * size, dtype=np.int64)
            result = milp(sign * objective, integrality=whole, bounds=box, constraints=constraints)
            assert result.x is not None
            found.append(sign * round(result.fun))
        return found[0], found[1]


def check(gates: list[tuple[Units, GateResult]]) -> None:
    """No cell that the last edition marks, and no small one that an earlier edition marked, can be narrowed."""
    attacker = Attacker([(units, pd.DataFrame(gate.edition.secret).query("ind_id == 'a'")) for units, gate in gates])
    now = attacker.editions[-1][1]
    marked = now[now["state"] == LedgerState.HIDDEN]
    of_now = set(zip(marked["level"], marked["orgnr"], marked["n"].astype(int), marked["x"].astype(int), strict=True))
    nation_told = {c[3] in (0, c[2]) for c in attacker.shown if c[0] == Level.NATION}
    for cell in attacker.marked - attacker.shown:
        if cell in of_now or cell[2] < MINIMUM:
            least, most = attacker.bounds(cell, (1, 1))
            assert most - least >= MINIMUM, "the number of patients can be narrowed too far"
        if cell in of_now and True not in nation_told:
            for weights in ((1, 0), (0, 1)):
                least, most = attacker.bounds(cell, weights)
                assert most - least >= 1, "the numerator can be worked out"


def consistent(gate: GateResult, units: Units) -> None:
    """Every shown total is the sum of its parts, and a hidden cell has no number at all."""
    cells = gate.published.cells[gate.published.cells["ind_id"] == "a"]
    hidden = cells[cells["status"] == CellStatus.SECRET]
    assert hidden[["var", "denominator", "value", "low", "high", "coverage"]].isna().all(axis=None)
    unreliable = cells[~cells["shown"] & (cells["status"] != CellStatus.SECRET)]
    assert unreliable[["var", "value", "low", "high"]].isna().all(axis=None)
    assert (unreliable["denominator"] >= MINIMUM).all()
    by_unit = cells[cells["shown"]].set_index("orgnr")
    for unit in units:
        kids = [kid.orgnr for kid in units.children(unit.orgnr) if kid.orgnr in set(cells["orgnr"])]
        if kids and unit.orgnr in by_unit.index and set(kids) <= set(by_unit.index):
            for name in ("var", "denominator"):
                assert by_unit.loc[kids, name].sum() == by_unit.loc[unit.orgnr, name]


QUICKLY = settings(max_examples=25, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))


@QUICKLY
@given(st.data())
def test_nothing_hidden_can_be_worked_out_of_one_edition(data: st.DataObject) -> None:
    """One edition over a random tree; Published is no larger than the cells of the levels presented."""
    units = data.draw(trees())
    rows = data.draw(deliveries(units))
    if not any(row[0] == "a" for row in rows):
        return
    gate = gated(rows, registry=REGISTRY, units=units)
    check([(units, gate)])
    consistent(gate, units)
    levels = {(one.ind_id, level) for one in gate.published.presentations for level in one.levels}
    cells = gate.published.cells
    assert set(zip(cells["ind_id"], cells["level"], strict=True)) <= levels


@settings(QUICKLY, max_examples=10)
@given(st.data())
def test_nothing_hidden_can_be_worked_out_of_editions_together(data: st.DataObject) -> None:
    """Three editions, each of which knows the earlier ones, over a delivery that changes a little each time.

    A cell that was hidden and is unchanged, coverage included, is not shown later.
    """
    units = data.draw(trees())
    rows = data.draw(deliveries(units))
    if not any(row[0] == "a" for row in rows):
        return
    gates: list[tuple[Units, GateResult]] = []
    editions: tuple[Edition, ...] = ()
    for name in ("2025-12", "2026-06", "2026-12"):
        gate = gated(rows, editions, units=units)
        gates.append((units, gate))
        editions = (*editions, replace(gate.edition, name=name))
        rows = data.draw(changed(rows))
    check(gates)
    marks: dict[tuple[object, ...], str] = {}
    for _, gate in gates:
        told = pd.DataFrame(gate.edition.secret).fillna(-1)
        for *cell, state in told.to_numpy().tolist():
            before = marks.get(tuple(cell))
            assert not (before == LedgerState.HIDDEN and state == LedgerState.SHOWN)
            if state != LedgerState.ABSENT and before != LedgerState.SHOWN:
                marks[tuple(cell)] = state
