"""Random registries as projects on disk: which indicators a registry has, and the delivery that its patients make.

Input: `Registered`. Output: ``registries/`` and ``data/``, as a registry would deliver them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from attacker_truth import Row
from random_patients import Chance, Registered

REGISTRY = "r"
Made = Callable[[pd.DataFrame], "pd.Series[bool]"]
Counts = dict[str, NDArray[np.int64]]
"""Numerators and patients of each unit, of shape (years, 2)."""


@dataclass(frozen=True)
class Indicator:
    """An indicator of a random registry.

    Parameters
    ----------
    counted, good
        Which patients it counts, and which of these in its numerator.
    years
        So many years are pooled.
    resident
        Whether it is delivered by area too.
    """

    ind_id: str
    kind: str
    counted: Made
    good: Made
    dg_id: str | None = None
    min_denominator: int = 5
    years: int = 1
    resident: bool = False


def choose_indicators(chance: Chance, kinds: float) -> list[Indicator]:
    """Always one share; and some of everything that counts the same patients, or some of them.

    `kinds` is how probable each kind is.
    """

    def outcome(name: str) -> Made:
        return lambda patients: patients[name]

    def registered(patients: pd.DataFrame) -> pd.Series[bool]:
        return patients["registered"]

    def part(number: int) -> Made:
        return lambda patients: registered(patients) & (patients["part"] == number)

    def halves(number: int) -> Made:
        return lambda patients: registered(patients) & ((patients["part"] == 0) == (number == 0))

    good, quick, well = outcome("good"), outcome("quick"), outcome("well")
    first = Indicator("a", "andel", registered, good, resident=chance.random() < 0.4)
    groups = [
        [Indicator("b", "andel", registered, quick, resident=first.resident and chance.random() < 0.5)],
        [Indicator("c", "andel", lambda p: registered(p) & ~p["apart"], well)],
        [Indicator("d", "andel", lambda p: registered(p) & good(p), quick)],
        [Indicator("e", "andel", lambda p: registered(p) & ~good(p), well)],
        [Indicator("s", "beregnet_andel", registered, well if chance.random() < 0.5 else quick)],
        [Indicator("m", str(chance.choice(["gjennomsnitt", "median"])), registered, good)],
        [Indicator("k", "antall", registered if chance.random() < 0.5 else lambda p: registered(p) & good(p), good)],
        [Indicator("p", "andel", registered, good, years=int(chance.integers(2, 4)))],
        [Indicator(f"w{number}", "andel", part(number), good) for number in range(3)],
        [Indicator(f"h{number}", "andel", halves(number), quick) for number in range(2)],
    ]
    chosen = [first, *(one for group in groups if chance.random() < kinds for one in group)]
    if chance.random() < kinds:
        covered = [replace(one, dg_id="dg") if chance.random() < 0.8 else one for one in chosen]
        everybody: Made = lambda p: p["registered"] | True  # noqa: E731
        chosen = [*covered, Indicator("dg", "dg_andel", everybody, registered, resident=first.resident)]
    least = [int(chance.choice([5, 5, 5, 10, 20])) for _ in chosen]
    return [replace(one, min_denominator=number) for one, number in zip(chosen, least, strict=True)]


def rows_of(made: Registered, indicators: list[Indicator]) -> list[Row]:
    """The delivery of all indicators and years."""
    rows: list[Row] = []
    for context, where in (("caregiver", "unit"), ("resident", "area")):
        codes, names = pd.factorize(made.patients[where])
        orgnrs = [str(name) for name in names]
        for one in indicators:
            if context == "caregiver" or one.resident:
                rows += _rows(made, one, context, _counts(made, one, np.asarray(codes), orgnrs))
    return rows


def _rows(made: Registered, indicator: Indicator, context: str, counts: Counts) -> Iterator[Row]:
    ind_id = made.renamed.get(indicator.ind_id, indicator.ind_id)
    for orgnr, of_years in counts.items():
        for year, (x, n) in zip(made.years, of_years.tolist(), strict=True):
            if n:
                yield _row(indicator.kind, Row(context, year, orgnr, ind_id, float(x), int(n)))


def _counts(made: Registered, indicator: Indicator, codes: NDArray[np.int64], orgnrs: list[str]) -> Counts:
    """Each unit's numerator and patients, year by year; at every level where they are not summed by the product."""
    patients, years = made.patients, len(made.years)
    counted = indicator.counted(patients).to_numpy(bool)
    good = counted & indicator.good(patients).to_numpy(bool)
    places = codes * years + (patients["year"].to_numpy(np.int64) - made.years[0])
    size = len(orgnrs) * years
    x, n = (np.bincount(places[among], minlength=size).reshape(len(orgnrs), years) for among in (good, counted))
    table = np.stack([x, n], axis=2)
    if indicator.years > 1:
        summed = np.cumsum(table, axis=1)
        summed[:, indicator.years :] -= summed[:, : -indicator.years].copy()
        summed[:, : indicator.years - 1] = 0
        table = summed
    counts: Counts = {}
    for orgnr, own in zip(orgnrs, table, strict=True):
        while orgnr:
            counts[orgnr] = counts[orgnr] + own if orgnr in counts else own
            orgnr = made.units[orgnr].parent if indicator.kind not in ("andel", "dg_andel") else ""
    return counts


def _row(kind: str, row: Row) -> Row:
    if kind == "beregnet_andel":
        return row._replace(var=row.var / row.denominator)
    if kind == "antall":
        return row._replace(var=float(row.denominator), denominator=1)
    if kind in ("gjennomsnitt", "median"):
        return row._replace(var=round(10 + row.var / row.denominator, 3))
    return row


def write_project(root: Path, made: Registered, indicators: list[Indicator], secret_below: int = 5) -> list[Row]:
    """The project of one edition, in place of an earlier one; the rows that are delivered."""
    (root / "registries" / REGISTRY).mkdir(parents=True, exist_ok=True)
    (root / "data" / REGISTRY).mkdir(parents=True, exist_ok=True)
    told = json.dumps(_descriptor(made, indicators, secret_below), ensure_ascii=False)
    (root / "registries" / REGISTRY / "registry.yml").write_text(told, encoding="utf-8")
    units = ["orgnr;name;short_name;level;parent;county"]
    order = ("nation", "rhf", "hf", "hospital")
    for orgnr, unit in sorted(made.units.items(), key=lambda one: order.index(one[1].level)):
        units.append(f"{orgnr};{unit.name};{unit.name};{unit.level};{unit.parent};{unit.county}")
    (root / "registries" / "units.csv").write_text("\n".join(units) + "\n", encoding="utf-8")
    rows = rows_of(made, indicators)
    lines = [";".join(Row._fields), *(_line(row) for row in rows)]
    (root / "data" / REGISTRY / "all.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    dates = f"- file: all.csv\n  latest_update: {made.years[-1] + 1}-02-01\n  latest_affirm: {made.years[-1]}-12-31\n"
    (root / "data" / REGISTRY / "deliveries.yml").write_text(dates, encoding="utf-8")
    return rows


def _line(row: Row) -> str:
    var = str(int(row.var)) if row.var == int(row.var) else repr(row.var).replace(".", ",")
    return f"{row.context};{row.year};{row.orgnr};{row.ind_id};{var};{row.denominator}"


def types_of(made: Registered, indicators: list[Indicator]) -> dict[str, str]:
    """Each indicator's type, by the id that it has now."""
    return {made.renamed.get(one.ind_id, one.ind_id): one.kind for one in indicators}


def _descriptor(made: Registered, indicators: list[Indicator], secret_below: int) -> Mapping[str, object]:
    described = [
        {
            "id": made.renamed.get(one.ind_id, one.ind_id),
            "title": f"Tall {one.ind_id}",
            "type": one.kind,
            "min_denominator": one.min_denominator,
            **({"dg_id": one.dg_id} if one.dg_id else {}),
        }
        for one in indicators
    ]
    told = {
        "id": REGISTRY,
        "name": "Register",
        "short_name": "Register",
        "language": "nb",
        "medical_fields": ["Annet"],
        "synthetic": True,
        "about": {"purpose": "Vi prøver."},
        "indicators": described,
    }
    return told | ({"secret_below": secret_below} if secret_below != 5 else {})
