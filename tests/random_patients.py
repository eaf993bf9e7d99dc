"""Made-up patients of a small random registry, and what changes from one edition to the next.

Owns `Registered`: the units, and a table with one row for each patient. All counts of all indicators are of the same
patients, so that columns agree, sum and contain each other as they do in a real registry. Everything follows from the
seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

Chance = np.random.Generator
OUTCOMES = ("good", "quick", "well")
_SIZES = ((1, 6), (5, 20), (20, 60), (60, 250))


@dataclass(frozen=True)
class Size:
    """How large random registries are.

    Parameters
    ----------
    hospitals, years
        The fewest and the most.
    kinds
        How probable each kind of indicator is.
    own_rows
        Whether some HFs have patients of no listed hospital, beside their hospitals' rows.
    secret_below
        Fewer patients than this are secret.
    """

    hospitals: tuple[int, int] = (8, 25)
    years: tuple[int, int] = (2, 4)
    kinds: float = 0.6
    own_rows: bool = True
    secret_below: int = 5


@dataclass
class Unit:
    """A unit as `units.csv` has it."""

    name: str
    level: str
    parent: str = ""
    county: str = ""


@dataclass
class Registered:
    """The units and the patients of a registry.

    Parameters
    ----------
    units
        By `orgnr`.
    patients
        ``unit`` (a hospital, or an HF for patients of no hospital), ``area``, ``year``, ``registered``, ``apart``
        (counted by all indicators but one), ``part`` (a stratum), and the `OUTCOMES`.
    sizes
        How many patients a unit has in a year, on average.
    """

    chance: Chance
    units: dict[str, Unit]
    years: list[int]
    patients: pd.DataFrame = field(default_factory=pd.DataFrame)
    sizes: dict[str, float] = field(default_factory=dict)
    coverage: dict[str, float] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    """Indicators that have another id by now."""

    @property
    def hospitals(self) -> list[str]:
        """The hospitals' orgnr."""
        return [orgnr for orgnr, unit in self.units.items() if unit.level == "hospital"]

    @property
    def trusts(self) -> list[str]:
        """The HFs' orgnr."""
        return [orgnr for orgnr, unit in self.units.items() if unit.level == "hf"]

    def register(self, unit: str, year: int, number: int) -> None:
        """So many more patients of a unit."""
        chance = self.chance
        if unit not in self.coverage:
            kinds = (chance.uniform(0.85, 1), 1.0, chance.uniform(0.3, 0.7))
            self.coverage[unit] = float(kinds[int(chance.choice(3, p=[0.6, 0.3, 0.1]))])
        elsewhere = chance.random(number) < 0.15
        areas = chance.choice(self.hospitals, number)
        own = unit if self.units[unit].level == "hospital" else areas
        made = pd.DataFrame(
            {
                "unit": np.full(number, unit, dtype=object),
                "area": np.where(elsewhere, areas, own).astype(object),
                "year": year,
                "registered": chance.random(number) < self.coverage[unit],
                "apart": chance.random(number) < 0.01,
                "part": chance.integers(0, 3, number),
            }
        )
        for place, outcome in enumerate(OUTCOMES):
            made[outcome] = chance.random(number) < (0.75, 0.5, 0.97)[place]
        self.patients = pd.concat([self.patients, made], ignore_index=True)


_NATION = "900000001"


def _letters(orgnr: str) -> str:
    """A number as letters: real units have no number in their names."""
    return orgnr[-4:].lstrip("0").translate(str.maketrans("0123456789", "abcdefghij")).capitalize()


def first(chance: Chance, size: Size) -> Registered:
    """2-3 RHFs, 4-8 HFs, their hospitals, counties that cross HFs, and the patients of some years."""
    units = {_NATION: Unit("Landet", "nation")}
    rhfs = [f"{900_000_010 + number}" for number in range(int(chance.integers(2, 4)))]
    units |= {orgnr: Unit(f"RHF {_letters(orgnr)}", "rhf", _NATION) for orgnr in rhfs}
    trusts = [f"{900_000_100 + number}" for number in range(int(chance.integers(4, 9)))]
    for number, orgnr in enumerate(trusts):
        units[orgnr] = Unit(f"HF {_letters(orgnr)}", "hf", rhfs[number % len(rhfs)])
    counties = [f"Fylke {number}" for number in range(int(chance.integers(2, 6)))]
    for number in range(int(chance.integers(size.hospitals[0], size.hospitals[1] + 1))):
        orgnr = f"{900_001_000 + number}"
        trust = trusts[number] if number < len(trusts) else str(chance.choice(trusts))
        crosses = chance.random() < 0.4
        county = str(chance.choice(counties)) if crosses else counties[trusts.index(trust) % len(counties)]
        units[orgnr] = Unit(f"Sykehus {_letters(orgnr)}", "hospital", trust, county if chance.random() < 0.95 else "")
    years = int(chance.integers(size.years[0], size.years[1] + 1))
    made = Registered(chance, units, list(range(2026 - years, 2026)))
    for orgnr in made.hospitals:
        low, high = _SIZES[int(chance.choice(4, p=[0.25, 0.25, 0.25, 0.25]))]
        made.sizes[orgnr] = float(chance.uniform(low, high))
    for orgnr in made.trusts:
        if size.own_rows and chance.random() < 0.1:
            made.sizes[orgnr] = float(chance.choice([3, 12, 150]))
    for orgnr, patients in made.sizes.items():
        for year in made.years:
            number = int(chance.poisson(patients))
            if number:
                made.register(orgnr, year, number)
    return made


# --- what changes ----------------------------------------------------------------------------------------------------
def late_registrations(made: Registered) -> None:
    """A few units register patients of the last year that they had forgotten."""
    for orgnr in made.chance.choice(list(made.sizes), int(made.chance.integers(1, 5))):
        made.register(str(orgnr), made.years[-1], int(made.chance.integers(1, 4)))


def outcomes(made: Registered) -> None:
    """Outcomes of a few units' patients are corrected; the numbers of patients stay."""
    chance, patients = made.chance, made.patients
    for orgnr in chance.choice(list(made.sizes), int(chance.integers(1, 5))):
        own = patients.index[(patients["unit"] == orgnr) & (patients["year"] == made.years[-1])]
        some = own[chance.random(len(own)) < 0.3]
        outcome = str(chance.choice(OUTCOMES))
        patients.loc[some, outcome] = ~patients.loc[some, outcome].astype(bool)


def corrections(made: Registered) -> None:
    """A few patients were registered by mistake."""
    recent = made.patients.index[made.patients["year"] == made.years[-1]]
    gone = made.chance.choice(recent, min(len(recent), 3), replace=False)
    made.patients = made.patients[~made.patients.index.isin(gone)].reset_index(drop=True)


def renumbered(made: Registered) -> None:
    """A hospital has another orgnr, and perhaps another name."""
    orgnr = str(made.chance.choice(made.hospitals))
    unit = made.units[orgnr]
    name = unit.name if made.chance.random() < 0.5 else f"{unit.name} ny"
    _rename(made, orgnr, _free(made), Unit(name, unit.level, unit.parent, unit.county))


def merged(made: Registered) -> None:
    """Two hospitals of an HF become one: one of them, or a new one."""
    trust = str(made.chance.choice(made.trusts))
    own = [orgnr for orgnr in made.hospitals if made.units[orgnr].parent == trust]
    if len(own) < 2:
        return
    one, other = (str(orgnr) for orgnr in made.chance.choice(own, 2, replace=False))
    if made.chance.random() < 0.5:
        kept = _free(made)
        _rename(made, one, kept, Unit(f"Sykehus {_letters(kept)}", "hospital", trust, made.units[one].county))
        one = kept
    _rename(made, other, one, made.units[one])


def moved(made: Registered) -> None:
    """A hospital becomes part of another HF."""
    made.units[str(made.chance.choice(made.hospitals))].parent = str(made.chance.choice(made.trusts))


def withdrawn(made: Registered) -> None:
    """A hospital is no unit any longer, and its patients are of nobody's."""
    orgnr = str(made.chance.choice(made.hospitals))
    if len(made.hospitals) > 4:
        del made.units[orgnr]
        made.sizes.pop(orgnr, None)
        patients = made.patients[made.patients["unit"] != orgnr].reset_index(drop=True)
        lost = patients["area"] == orgnr
        patients.loc[lost, "area"] = made.chance.choice(made.hospitals, int(lost.sum()))
        made.patients = patients


def new_hospital(made: Registered) -> None:
    """A hospital opens, with few patients."""
    orgnr = _free(made)
    made.units[orgnr] = Unit(f"Sykehus {_letters(orgnr)}", "hospital", str(made.chance.choice(made.trusts)), "Fylke 0")
    made.sizes[orgnr] = 4.0
    made.register(orgnr, made.years[-1], int(made.chance.integers(1, 12)))


def renamed_indicator(made: Registered) -> None:
    """An indicator has another id."""
    made.renamed["b"] = f"b{len(made.renamed) + int(made.chance.integers(1, 100))}"


Change = Callable[[Registered], None]
OFTEN: tuple[Change, ...] = (late_registrations, outcomes)
RARE: tuple[Change, ...] = (corrections, renumbered, merged, moved, withdrawn, new_hospital, renamed_indicator)
"""What happens from nearly every edition to the next, and what is rare."""


def change(made: Registered) -> list[str]:
    """What happens until the next edition; the names of what happened."""
    chosen = [one for one in OFTEN if made.chance.random() < 0.7]
    chosen += [RARE[int(one)] for one in made.chance.choice(len(RARE), int(made.chance.integers(0, 3)), replace=False)]
    for one in chosen:
        one(made)
    return [one.__name__ for one in chosen]


def _free(made: Registered) -> str:
    return str(max(int(orgnr) for orgnr in made.units) + 1 + int(made.chance.integers(0, 5)))


def _rename(made: Registered, orgnr: str, to: str, unit: Unit) -> None:
    """A unit's patients are another unit's from now on."""
    del made.units[orgnr]
    made.units[to] = unit
    made.patients = made.patients.replace({"unit": {orgnr: to}, "area": {orgnr: to}})
    size = made.sizes.pop(orgnr, 1.0)
    made.sizes[to] = made.sizes.get(to, 0.0) + size
    made.coverage.setdefault(to, made.coverage.get(orgnr, 1.0))
