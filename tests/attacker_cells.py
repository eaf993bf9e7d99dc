"""What a reader finds in one edition's open data: cells, units and indicators, as the attacker uses them.

Input: a built site's folder and a registry's id. Output: `Seen`. It reads the CSV and JSON files below `data/` and
`api/`, and shares no code with kvalreg. What any of the files shows is shown.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

SECRET = "hidden"
FEW, LOW = "few_patients", "low_coverage"
_SUMMED = ("andel", "dg_andel")
_DIGITS = 6
"""Numbers that are not whole are printed with so many significant digits."""


class Key(NamedTuple):
    """What names a cell of an edition. A county's `orgnr` is its name."""

    ind_id: str
    context: str
    year: int
    level: str
    orgnr: str


@dataclass(frozen=True)
class Cell:
    """What is printed of one cell; None is what is not."""

    n: int | None = None
    x: int | None = None
    dg: float | None = None
    dg_year: int | None = None
    mark: str = ""
    """``hidden``, ``few_patients``, ``low_coverage``, or empty for a cell whose value is shown."""


@dataclass(frozen=True)
class Unit:
    """A unit of the tree."""

    level: str
    name: str
    parent: str
    county: str


@dataclass(frozen=True)
class Seen:
    """One edition of one registry, as a reader has it.

    Parameters
    ----------
    cells
        Every printed cell.
    units
        The tree, by `orgnr`.
    types, dg_ids
        Each indicator's type, and the indicator that holds its coverage.
    with_x
        Indicators that have numerators.
    disagreeing
        Cells of which two files print different numbers.
    """

    cells: Mapping[Key, Cell]
    units: Mapping[str, Unit]
    types: Mapping[str, str]
    dg_ids: Mapping[str, str]
    with_x: frozenset[str]
    disagreeing: tuple[Key, ...] = field(default=())


def read_seen(site: Path, registry: str) -> Seen:
    """All that the open data of a site's folder prints of a registry."""
    data, api = site / "data" / registry, site / "api" / "v1"
    indicators = _table(data / "indikatorer.csv")
    types = {row["ind_id"]: row["type"] for row in indicators}
    units = {
        row["orgnr"]: Unit(row["unit_level"], row["unit_name"], row["parent"], row["county"])
        for row in _table(site / "data" / "enheter.csv")
    }
    printed = [*_of_csv(data / "resultater.csv"), *_of_json(data / "resultater.json"), *_of_api(api, registry)]
    cells: dict[Key, Cell] = {}
    disagreeing = []
    for key, cell in _cells(printed, types):
        before = cells.get(key)
        if before is not None and before != cell:
            cell, same = _together(before, cell)
            disagreeing += [] if same else [key]
        cells[key] = cell
    dg_ids = {row["ind_id"]: row["dg_id"] for row in indicators if row["dg_id"]}
    return Seen(cells, units, types, dg_ids, _with_numerators(cells, types), tuple(disagreeing))


def all_hidden(seen: Seen) -> Seen:
    """The same edition with every cell hidden: what no mask can protect is found in it too."""
    return replace(seen, cells={key: Cell(mark=SECRET) for key in seen.cells})


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def _of_csv(path: Path) -> list[dict[str, Any]]:
    return [
        {name: text.replace(",", ".") if name in _NUMBERS else text for name, text in row.items()}
        for row in _table(path)
    ]


_NUMBERS = ("var", "denominator", "value", "dg", "dg_year")


def _of_json(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    columns = {name: values for name, values in json.loads(path.read_bytes()).items() if isinstance(values, list)}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _of_api(api: Path, registry: str) -> Iterator[dict[str, Any]]:
    for path in sorted((api / "data" / registry / "indicators").glob("*.json")):
        answer = json.loads(path.read_bytes())
        yield from ({**row, "ind_id": answer["ind_id"]} for row in answer["data"])
    for path in sorted((api / "units").glob("*.json")):
        unit = json.loads(path.read_bytes())
        about = {name: unit[name] for name in ("orgnr", "unit_level")}
        yield from ({**row, **about} for row in unit["data"] if row["registry_name"] == registry)


def _cells(printed: Iterable[Mapping[str, Any]], types: Mapping[str, str]) -> Iterator[tuple[Key, Cell]]:
    for row in printed:
        key = Key(row["ind_id"], row["context"], int(row["year"]), row["unit_level"], row["orgnr"])
        marks = str(row.get("footnote") or "").split()
        var, n, dg, year = (_number(row.get(name)) for name in ("var", "denominator", "dg", "dg_year"))
        kind, x = types.get(key.ind_id, ""), None
        if kind == "antall":
            n = var
        elif kind in _SUMMED:
            x = var
        elif kind == "beregnet_andel" and var is not None and n is not None:
            x = _whole(var * n, n * spread(var))
        mark = next((one for one in (SECRET, FEW, LOW) if one in marks), "")
        yield key, Cell(_int(n), _int(x), dg, _int(year), mark)


def _number(value: Any) -> float | None:
    return None if value is None or value == "" else float(value)


def _int(number: float | None) -> int | None:
    return None if number is None else round(number)


def spread(value: float) -> float:
    """How far a printed number may be from the true one."""
    return 0.0 if value == int(value) else 0.5 * 10.0 ** -(_DIGITS - 1 - _magnitude(abs(value)))


def _magnitude(value: float) -> int:
    return int(f"{value:e}".split("e")[1])


def _whole(number: float, error: float) -> float | None:
    return round(number) if abs(number - round(number)) <= error + 1e-9 else None


def _together(one: Cell, other: Cell) -> tuple[Cell, bool]:
    """What two files print of a cell, and whether they agree."""
    told = {}
    same = one.mark == other.mark
    for name in ("n", "x", "dg", "dg_year"):
        left, right = getattr(one, name), getattr(other, name)
        same &= left is None or right is None or left == right
        told[name] = right if left is None else left
    return Cell(**told, mark=one.mark or other.mark), same


def _with_numerators(cells: Mapping[Key, Cell], types: Mapping[str, str]) -> frozenset[str]:
    """Shares; a computed one only where its value times its patients is nearly always whole."""
    found = {ind_id for ind_id, kind in types.items() if kind in _SUMMED}
    for ind_id in (ind_id for ind_id, kind in types.items() if kind == "beregnet_andel"):
        shown = [cell.x is not None for key, cell in cells.items() if key.ind_id == ind_id and not cell.mark]
        if shown and sum(shown) >= 0.9 * len(shown):
            found.add(ind_id)
    return frozenset(found)
