"""Writes the demo's deliveries: invented patients at invented hospitals, the same bytes on every machine.

Owns the simulation and the forms of the files. What comes in is the plan in `demo_plan.py` and `registries/units.csv`;
what goes out is `data/<registry>/syntetisk-*`.
It never reads or resembles data about real people, and it never writes texts: the descriptors are written by hand.

    python data/generate_demo.py                 rewrites the files beside this script
    python data/generate_demo.py --output DIR    writes DIR/<registry>/syntetisk-* instead

Only `Generator.random` of PCG64 is drawn from, and only additions, products and roots follow, all of which IEEE 754
defines to the last bit. NumPy promises that for no distribution, so the normal and binomial draws are made here.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zlib import crc32

import numpy as np
from demo_forms import FORMS, Row
from demo_plan import CLOSED, LAST_COMPLETE, OPENED, PLANS, PRIVATE, Course, Plan

SEED = 20261101


# --- the health service ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hospital:
    """A hospital, the units above it from HF to nation, and its size (1 is the main hospital of an HF)."""

    orgnr: str
    above: tuple[str, str, str]
    size: float

    @property
    def private(self) -> bool:
        """True for a private provider."""
        return self.above[1] == PRIVATE

    def open_in(self, year: int) -> bool:
        """True in the years it had patients."""
        return OPENED.get(self.orgnr, year) <= year <= CLOSED.get(self.orgnr, year)

    def at(self, level: str) -> str:
        """The orgnr of the hospital itself or of a unit above it."""
        return (self.orgnr, *self.above)[LEVELS.index(level)]


LEVELS = ("hospital", "hf", "rhf", "nation")


def read_hospitals(units_csv: Path) -> list[Hospital]:
    """Every hospital of the demo's units, in the file's order; the first one of each HF is the largest."""
    lines = [line for line in units_csv.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    units = {unit["orgnr"]: unit for unit in csv.DictReader(lines, delimiter=";")}
    seen: dict[str, int] = defaultdict(int)
    hospitals = []
    for unit in units.values():
        if unit["level"] != "hospital":
            continue
        hf = unit["parent"]
        rhf = units[hf]["parent"]
        size = (1.0, 0.5, 0.3, 0.2)[seen[hf]] * (1.7 if "universitet" in unit["name"] else 1.0)
        seen[hf] += 1
        above = (hf, rhf, units[rhf]["parent"])
        hospitals.append(Hospital(unit["orgnr"], above, 0.4 if rhf == PRIVATE else size))
    return hospitals


# --- the simulation --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Patients:
    """The patients of one hospital and year: their values (0/1, or tenths of the unit) and where they live."""

    hospital: Hospital
    year: int
    values: list[int]
    homes: list[Hospital]
    adjustment: int
    """Ten-thousandths that a computed proportion is corrected by."""

    def first_part(self) -> Patients:
        """Those that had been registered when an early file was made: all but about one of sixteen."""
        late = (len(self.values) + 8) // 16
        return replace(self, values=self.values[late:], homes=self.homes[late:])

    def counted(self, course: Course) -> Patients:
        """The same patients, counted as 1 where their value lies within the limits of a course."""
        low, high = course.within
        return replace(self, values=[int(10 * low <= value < 10 * high) for value in self.values])


def source_of(*names: str) -> np.random.Generator:
    """A stream of its own for each name, so that a new registry changes no other one's numbers."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([SEED, crc32("/".join(names).encode())])))


def draw_normal(source: np.random.Generator, size: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Near-normal draws: twelve uniform numbers less six (mean 0, variance 1), without a platform's logarithm."""
    total = np.full(size, -6.0)
    for _ in range(12):
        total += source.random(size)
    return total


def simulate(plan: Plan, hospitals: list[Hospital]) -> dict[str, list[Patients]]:
    """The patients of each indicator of a registry, by hospital and year."""
    found: dict[str, list[Patients]] = {}
    for course in plan.courses:
        found[course.ind_id] = (
            [group.counted(course) for group in found[course.of]] if course.of else _draw(plan, course, hospitals)
        )
    return found


@dataclass(frozen=True)
class _Setting:
    """One hospital in one year: its registered patients, and its level of an indicator."""

    hospital: Hospital
    year: int
    registered: int
    level: float
    wobble: float


def _draw(plan: Plan, course: Course, hospitals: list[Hospital]) -> list[Patients]:
    groups = []
    for hospital in hospitals:
        if hospital.size < plan.smallest or (hospital.private and not plan.private):
            continue
        source = source_of(plan.id, course.ind_id, hospital.orgnr)
        for setting in _settings(source, plan, course, hospital):
            values = _values(source, course, setting)
            homes = _homes(source, len(values), setting, hospitals)
            groups.append(Patients(hospital, setting.year, values, homes, round(2000 * setting.wobble)))
    return groups


def _settings(source: np.random.Generator, plan: Plan, course: Course, hospital: Hospital) -> Iterator[_Setting]:
    # The registered patients are those of the registry, whatever the indicator: its denominators must agree.
    everyone = source_of(plan.id, "patients", hospital.orgnr)
    effect = float(draw_normal(source, 1)[0]) * course.spread + course.odd.get(hospital.orgnr, 0.0)
    for year in range(plan.first, plan.last + 1):
        since = year - plan.first
        months = 10 if year > LAST_COMPLETE else 12
        expected = plan.patients * hospital.size * (1 + 0.01 * since) * months / 12
        registered = max(0, round(expected + math.sqrt(expected) * float(draw_normal(everyone, 1)[0])))
        wobble = 0.4 * course.spread * float(draw_normal(source, 1)[0])
        trend = course.start + (course.end - course.start) * since / (LAST_COMPLETE - plan.first)
        if hospital.open_in(year) and year in (course.years or (year,)):
            yield _Setting(hospital, year, registered, trend + effect + wobble, wobble)


def _values(source: np.random.Generator, course: Course, setting: _Setting) -> list[int]:
    """The patients' values: tenths of the unit for means and medians, 0 or 1 for the others."""
    likely = min(max(setting.level, 0.004), 0.996)
    if course.kind == "dg_andel":
        return [1] * setting.registered + [0] * (round(setting.registered / likely) - setting.registered)
    count = round(setting.registered * course.part)
    if course.part < 1:
        count = [one < course.part for one in source.random(setting.registered).tolist()].count(True)
    if course.kind not in ("gjennomsnitt", "median"):
        return [int(one < likely) for one in source.random(count).tolist()]
    away = draw_normal(source, count) * course.patients
    if course.kind == "gjennomsnitt":
        return [round((setting.level + one) * 10) for one in away.tolist()]
    # Waiting times have a long tail upwards; stretching the upper half leaves the median where it is.
    return [max(1, round((setting.level + (one * 1.8 if one > 0 else one)) * 10)) for one in away.tolist()]


def _homes(source: np.random.Generator, count: int, setting: _Setting, hospitals: list[Hospital]) -> list[Hospital]:
    """Four of five live in the hospital's own area, the others elsewhere in the region; private ones draw from all."""
    here = setting.hospital
    areas = [h for h in hospitals if not h.private and h.open_in(setting.year)]
    near = areas if here.private else [h for h in areas if h.above[1] == here.above[1]]
    stay, where = source.random(count).tolist(), source.random(count).tolist()
    return [
        here if not here.private and s < 0.8 else near[int(w * len(near))] for s, w in zip(stay, where, strict=True)
    ]


# --- rows of a delivery ----------------------------------------------------------------------------------------------


def make_rows(plan: Plan, course: Course, groups: list[Patients]) -> Iterator[Row]:
    """One indicator's rows: sums at one level for proportions, and every level for what does not add up."""
    summed = course.kind in ("andel", "dg_andel")
    for context in course.contexts:
        lowest = plan.homes if context == "resident" else "hospital"
        levels = (lowest,) if summed else LEVELS[LEVELS.index(lowest) :]
        cells: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)
        for group in groups:
            treated = [group.hospital] * len(group.values)
            for value, place in zip(group.values, group.homes if context == "resident" else treated, strict=True):
                for level in levels:
                    cells[group.year, place.at(level)].append((value, group.adjustment))
        for (year, orgnr), found in sorted(cells.items()):
            denominator = 1 if course.kind == "antall" else len(found)
            yield context, year, orgnr, course.ind_id, VALUES[course.kind](found), denominator


def _rounded(number: Fraction, decimals: int) -> Decimal:
    return Decimal(round(number * 10**decimals)).scaleb(-decimals)


def _count(found: list[tuple[int, int]]) -> Decimal:
    return Decimal(len(found))


def _sum(found: list[tuple[int, int]]) -> Decimal:
    return Decimal(sum(value for value, _ in found))


def _mean(found: list[tuple[int, int]]) -> Decimal:
    return _rounded(Fraction(sum(value for value, _ in found), 10 * len(found)), 2)


def _median(found: list[tuple[int, int]]) -> Decimal:
    values = sorted(value for value, _ in found)
    return _rounded(Fraction(values[(len(values) - 1) // 2] + values[len(values) // 2], 20), 2)


def _computed_share(found: list[tuple[int, int]]) -> Decimal:
    total = sum(10_000 * value + adjustment for value, adjustment in found)
    return _rounded(min(Fraction(1), max(Fraction(0), Fraction(total, 10_000 * len(found)))), 4)


VALUES: dict[str, Callable[[list[tuple[int, int]]], Decimal]] = {
    "andel": _sum,
    "dg_andel": _sum,
    "antall": _count,
    "gjennomsnitt": _mean,
    "median": _median,
    "beregnet_andel": _computed_share,
}


# --- files ------------------------------------------------------------------------------------------------------------


def make_files(plan: Plan, hospitals: list[Hospital]) -> Iterator[tuple[str, bytes]]:
    """Every delivered file of a registry: its name and its bytes."""
    simulated = simulate(plan, hospitals)
    for shipment in plan.shipments:
        rows: list[Row] = []
        for course in plan.courses:
            if course.ind_id in shipment.apart or (shipment.only and course.ind_id not in shipment.only):
                continue
            sent = [group for group in simulated[course.ind_id] if shipment.first <= group.year <= shipment.last]
            if shipment.early:
                sent = [group.first_part() if group.year == shipment.last else group for group in sent]
            rows += make_rows(plan, course, sent)
        yield shipment.file, FORMS[shipment.form](rows)


def main() -> None:
    """Write every registry's deliveries."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Write the demo's synthetic deliveries.")
    parser.add_argument("--output", type=Path, default=here, help="folder to write to (default: the one of this file)")
    output: Path = parser.parse_args().output
    hospitals = read_hospitals(here.parent / "registries" / "units.csv")
    for plan in PLANS:
        folder = output / plan.id
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in make_files(plan, hospitals):
            (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
