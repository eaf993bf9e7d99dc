"""True counts, summed from deliveries without kvalreg: what the attacker's claims are compared with.

A later delivery replaces every row of the same indicator, context and year. Shares are summed to every level above and
to the county; all else stands at the levels that were delivered.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from attacker_cells import Key

SUMMED = ("andel", "dg_andel")


class Row(NamedTuple):
    """A row of a delivery; for a mean, median, count or computed share `var` is the value."""

    context: str
    year: int
    orgnr: str
    ind_id: str
    var: float
    denominator: int


def read_rows(path: Path) -> list[Row]:
    """The rows of a delivery in CSV."""
    with path.open(encoding="utf-8", newline="") as file:
        first = file.readline()
        file.seek(0)
        found = list(csv.DictReader(file, delimiter=";" if ";" in first else ","))
    return [
        Row(
            row["context"],
            int(row["year"]),
            row["orgnr"],
            row["ind_id"],
            float(row["var"].replace(",", ".")),
            int(row.get("denominator") or 1),
        )
        for row in found
    ]


def in_force(deliveries: Iterable[Sequence[Row]]) -> list[Row]:
    """The rows that no later delivery replaces."""
    kept: dict[tuple[str, str, int], list[Row]] = {}
    for rows in deliveries:
        own: dict[tuple[str, str, int], list[Row]] = defaultdict(list)
        for row in rows:
            own[row.ind_id, row.context, row.year].append(row)
        kept |= own
    return [row for rows in kept.values() for row in rows]


def read_units(path: Path) -> dict[str, dict[str, str]]:
    """The rows of `units.csv`, by `orgnr`."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    return {row["orgnr"]: row for row in csv.DictReader(lines, delimiter=";")}


def true_counts(
    rows: Iterable[Row], units: Mapping[str, Mapping[str, str]], types: Mapping[str, str]
) -> dict[Key, tuple[int, int | None]]:
    """The n and x of every cell; x is None where there is no whole numerator. Rows of unknown units are left out."""
    sums: dict[Key, list[float]] = {}
    for row in rows:
        if row.orgnr not in units:
            continue
        kind = types[row.ind_id]
        own = units[row.orgnr]
        places = [(own["level"], row.orgnr)]
        if kind in SUMMED:
            above = own["parent"]
            while above:
                places.append((units[above]["level"], above))
                above = units[above]["parent"]
            places += [("county", own["county"])] if own.get("county") else []
        for level, orgnr in places:
            total = sums.setdefault(Key(row.ind_id, row.context, row.year, level, orgnr), [0, 0])
            total[0] += row.var
            total[1] += row.denominator
    return {key: _counted(types[key.ind_id], var, n) for key, (var, n) in sums.items()}


def _counted(kind: str, var: float, n: float) -> tuple[int, int | None]:
    if kind == "antall":
        return round(var), None
    if kind in SUMMED:
        return round(n), round(var)
    x = var * n
    return round(n), round(x) if kind == "beregnet_andel" and abs(x - round(x)) < 1e-6 * max(1, n) else None


def truth_of_project(root: Path, registry: str, files: Sequence[str]) -> dict[Key, tuple[int, int | None]]:
    """The true counts of a project's registry, from these deliveries in order."""
    told: Any = YAML(typ="safe").load(root / "registries" / registry / "registry.yml")
    types = {str(one["id"]): str(one["type"]) for one in told["indicators"]}
    rows = in_force([read_rows(root / "data" / registry / name) for name in files])
    return true_counts(rows, read_units(root / "registries" / "units.csv"), types)
