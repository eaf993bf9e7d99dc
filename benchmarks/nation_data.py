"""A nation that does not exist, written as a project: registries, years, indicators and 200 units, at any scale.

Input: a `Scale` and an empty folder. Output: the same project for the same scale and seed: `registries/` with its units
and descriptors, and `data/` with two deliveries a registry. It is for benchmarks; no page of it is published.

Numbers are as they are in the field, and as in `disclosure.py`: a registry has patients at a fifth to all of the
hospitals, 30 to 300 a hospital on average and very unevenly, so that some cells are small and must be hidden. In one
registry of five some hospitals report too little of what they do. Seven indicators of ten are shares, one is a mean,
one a median, and one is the coverage of the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HOSPITALS, TRUSTS, REGIONS, COUNTIES = 158, 22, 4, 15
"""With the nation they are 200 units."""
NEWEST = 2025
_BEGINNINGS = ("Berg", "Dal", "Eid", "Fjell", "Grøn", "Hav", "Kirke", "Lang", "Myr", "Nord", "Sol", "Stor", "Å", "Øst")
_ENDS = ("bø", "eid", "heim", "nes", "sund", "vik", "voll", "ås", "fjord", "land", "strand", "stad")
_TITLES = (
    "Fikk hjelp innen 30 dager",
    "Fikk opplæring før utreise",
    "Ble spurt om hvordan det går",
    "Fikk anbefalt medisin",
    "Ble undersøkt innen 4 timer",
    "Måtte opereres på nytt",
    "Hadde det bedre etter ett år",
    "Fikk rett medisin ved utreise",
    "Fikk time hos spesialist",
    "Kom til kontroll etter 12 uker",
)


@dataclass(frozen=True)
class Scale:
    """How large the nation is; the goal is 60 registries, 10 years and 10 indicators."""

    registries: int = 60
    years: int = 10
    indicators: int = 10
    seed: int = 2026
    same_patients: bool = False
    """Whether a registry's indicators count the same patients, as most real ones do, or each its own."""


def write_nation(folder: Path, scale: Scale) -> None:
    """Write the whole project into `folder`."""
    (folder / "registries").mkdir(parents=True)
    (folder / "registries" / "units.csv").write_text("\n".join(_units()) + "\n", encoding="utf-8")
    for number in range(scale.registries):
        name = registry_name(number)
        (folder / "registries" / name).mkdir()
        (folder / "data" / name).mkdir(parents=True)
        descriptor = json.dumps(_descriptor(number, scale), ensure_ascii=False, indent=1)
        (folder / "registries" / name / "registry.yml").write_text(descriptor, encoding="utf-8")
        listed = []
        # The first delivery is of all years; the second corrects the last but one and adds the last.
        years = range(NEWEST - scale.years + 1, NEWEST + 1)
        for part, (first, last) in enumerate(
            ((years[0], max(years[0], NEWEST - 1)), (max(years[0], NEWEST - 1), NEWEST))
        ):
            write_delivery(folder, number, scale, Part(f"levering-{part}.csv", first, last))
            listed += [f"- file: levering-{part}.csv", f"  latest_update: {last + 1}-05-1{part}"]
            listed += [f"  latest_affirm: {last}-12-31"]
        (folder / "data" / name / "deliveries.yml").write_text("\n".join(listed) + "\n", encoding="utf-8")


def registry_name(number: int) -> str:
    """A registry's id: ``register07``."""
    return f"register{number:02}"


@dataclass(frozen=True)
class Part:
    """One delivery: its file, the years it holds, and which draw of the numbers it is."""

    file: str
    first: int
    last: int
    draw: int = 0


def write_delivery(folder: Path, number: int, scale: Scale, part: Part) -> None:
    """Write one delivery of a registry; another `draw` gives other numbers of the same kind."""
    rows = ["context;year;orgnr;ind_id;var;denominator", *_rows(number, scale, part)]
    (folder / "data" / registry_name(number) / part.file).write_text("\n".join(rows) + "\n", encoding="utf-8")


# --- units and descriptors -------------------------------------------------------------------------------------------
def _units() -> Iterator[str]:
    names = [f"{first}{end}" for end in _ENDS for first in _BEGINNINGS]
    yield "orgnr;name;short_name;level;parent;county"
    yield "800000000;Hele landet;Hele landet;nation;;"
    for at in range(REGIONS):
        yield f"81000000{at};Helse {'NSØV'[at]}-landet RHF;Helse {'NSØV'[at]}-landet;rhf;800000000;"
    for at in range(TRUSTS):
        name = names[HOSPITALS - TRUSTS + at]
        yield f"8200000{at:02};Helse {name} HF;Helse {name};hf;81000000{at % REGIONS};"
    for at in range(HOSPITALS):
        trust = at % TRUSTS
        # One hospital in six lies in another county than the rest of its trust.
        county = trust % COUNTIES if at % 6 else (trust + 1 + at) % COUNTIES
        where = f"{_ENDS[county % len(_ENDS)]}fylke {county}"
        yield f"830000{at:03};{names[at]} sykehus;{names[at]};hospital;8200000{trust:02};{where}"


def _descriptor(number: int, scale: Scale) -> dict[str, object]:
    name = registry_name(number)
    # No name holds a number: in a sentence the audit would take it for a result.
    disease = f"{_BEGINNINGS[number % len(_BEGINNINGS)]}{_ENDS[number // len(_BEGINNINGS) % len(_ENDS)]}syke"
    indicators: list[dict[str, object]] = [
        {
            "id": f"{name}_{at}",
            "title": f"{_TITLES[at % len(_TITLES)]}, {disease.lower()}{'' if at < len(_TITLES) else at}",
            "type": _type(at, scale),
            "level_green": 25 if _type(at, scale) in ("gjennomsnitt", "median") else 0.9,
            "level_yellow": 35 if _type(at, scale) in ("gjennomsnitt", "median") else 0.8,
            "level_direction": 0 if _type(at, scale) in ("gjennomsnitt", "median") else 1,
            "dg_id": f"{name}_{scale.indicators - 1}" if at < scale.indicators - 1 else None,
            "short_description": "Tallet viser hvor mange som fikk god hjelp. Det er viktig for dem det gjelder.",
            "long_description": "Vi teller alle som var syke i året.\n\nMålet er satt av fagrådet.",
        }
        for at in range(scale.indicators)
    ]
    return {
        "id": name,
        "name": f"Register for {disease.lower()}",
        "short_name": disease,
        "language": "nn" if number % 6 == 5 else "nb",
        "medical_fields": [f"Fagområde {'ABCDEFGHIJ'[number % 10]}"],
        "synthetic": True,
        "about": {"purpose": "Vi følger med på hvordan det går med dem som er syke."},
        "indicators": [{key: value for key, value in one.items() if value is not None} for one in indicators],
    }


def _type(at: int, scale: Scale) -> str:
    """The last indicator is the coverage of the others; of ten, one is a mean and one a median."""
    if at == scale.indicators - 1:
        return "dg_andel"
    return {7: "gjennomsnitt", 8: "median"}.get(at % 10, "andel")


# --- deliveries ------------------------------------------------------------------------------------------------------
def _rows(number: int, scale: Scale, part: Part) -> Iterator[str]:
    random = np.random.default_rng([scale.seed, number, part.draw])
    name = registry_name(number)
    taking_part = random.random(HOSPITALS) < random.uniform(0.2, 1.0)
    sizes = random.lognormal(0, 1.0, HOSPITALS) * taking_part
    sizes *= np.exp(random.uniform(np.log(30), np.log(300))) * taking_part.sum() / sizes.sum()
    poor = random.random(HOSPITALS) < (0.1 if number % 5 == 0 else 0)
    reported = np.where(poor, 0.5, random.uniform(0.75, 0.98, HOSPITALS))
    for at in range(scale.indicators):
        kind = _type(at, scale)
        share = np.clip(random.uniform(0.7, 0.95) + random.normal(0, 0.04, HOSPITALS), 0.05, 0.99)
        for year in range(part.first, part.last + 1):
            n = (
                np.random.default_rng([scale.seed, number, part.draw, year]) if scale.same_patients else random
            ).poisson(sizes)
            if kind in ("gjennomsnitt", "median"):
                yield from _measured(f"{name}_{at}", year, n, 20 + 20 * share)
                continue
            of = reported if kind == "dg_andel" else np.clip(share + 0.004 * (year - NEWEST), 0, 1)
            if kind == "dg_andel" and scale.same_patients:  # those who are registered are the patients of the others
                x, n = n, n + random.poisson(n * (1 / of - 1))
            else:
                x = random.binomial(n, of)
            yield from (
                f"caregiver;{year};830000{hospital:03};{name}_{at};{x[hospital]};{n[hospital]}"
                for hospital in range(HOSPITALS)
                if n[hospital]
            )


def _measured(ind_id: str, year: int, n: np.ndarray, value: np.ndarray) -> Iterator[str]:
    """Means and medians do not sum, so a delivery holds them at each level."""
    trust = np.arange(HOSPITALS) % TRUSTS
    places = [(f"830000{at:03}", np.array([at])) for at in range(HOSPITALS)]
    places += [(f"8200000{at:02}", np.flatnonzero(trust == at)) for at in range(TRUSTS)]
    places += [(f"81000000{at}", np.flatnonzero(trust % REGIONS == at)) for at in range(REGIONS)]
    places += [("800000000", np.arange(HOSPITALS))]
    for orgnr, inside in places:
        of = int(n[inside].sum())
        if of:
            yield f"caregiver;{year};{orgnr};{ind_id};{(n[inside] * value[inside]).sum() / of:.2f};{of}"
