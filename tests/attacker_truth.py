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

import pyarrow.parquet as pq
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
    """The rows of a delivery in CSV or Parquet."""
    if path.suffix == ".parquet":
        table: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    else:
        text = _text(path)
        first = text.partition("\n")[0]
        table = list(csv.DictReader(text.splitlines(), delimiter=max(";,\t", key=first.count)))
    return [
        Row(
            str(row["context"]),
            int(row["year"]),
            str(row["orgnr"]),
            str(row["ind_id"]),
            float(str(row["var"]).replace(",", ".")),
            int(row.get("denominator") or 1),
        )
        for row in table
        if any(value not in (None, "") for value in row.values())
    ]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return path.read_text(encoding="latin-1")


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


def truth_of_project(root: Path, registry: str, files: Sequence[str] = ()) -> dict[Key, tuple[int, int | None]]:
    """The true counts of a project's registry: of these deliveries in order, or else of all that it lists."""
    folder = root / "data" / registry
    if not files:
        files = [str(one["file"]) for one in YAML(typ="safe").load(folder / "deliveries.yml")]
    rows = in_force([read_rows(folder / name) for name in files])
    return true_counts(rows, read_units(root / "registries" / "units.csv"), read_types(root, registry))


def read_types(root: Path, registry: str) -> dict[str, str]:
    """Each indicator's type."""
    return {str(one["id"]): str(one["type"]) for one in _descriptor(root, registry)["indicators"]}


def secret_below_of(root: Path, registry: str) -> dict[str, int]:
    """The number below which each indicator's patients are secret: its own, else the registry's, else 5."""
    told = _descriptor(root, registry)
    least = int(told.get("secret_below", 5))
    return {str(one["id"]): int(one.get("secret_below", least)) for one in told["indicators"]}


def _descriptor(root: Path, registry: str) -> Any:
    return YAML(typ="safe").load(root / "registries" / registry / "registry.yml")
