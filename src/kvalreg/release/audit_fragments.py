"""What a site is made of to an auditor: texts, and records with named fields, each with its `Spot`.

Owns data files taken apart: CSV, JSON, Parquet, scripts. Comes in: a file's bytes or text. Goes out: `Passage`s and
`Record`s. It does not know what a number means, nor which cells are hidden, and it leaves no value out.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import pandas as pd

from kvalreg.release.audit_public import CONTEXTS, Public, Spot, plain, years
from kvalreg.report.yours import SERIES

_LEVELS = ("hospital", "hf", "rhf", "county", "nation")
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"' + r"|'((?:[^'\\\n]|\\.)*)'" + r"|`([^`]*)`")


class TextKind(StrEnum):
    """Where a text stands, which decides what it is about."""

    PROSE = "prose"
    """It is about what its surroundings are about."""
    CELL = "cell"
    """In a table: its row is read as a record, so the text by itself is only about units that it names."""
    LABEL = "label"
    """In a drawing: a unit named alone has its mark beside it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text: a paragraph, an attribute, a label of a drawing."""

    spot: Spot
    text: str
    kind: TextKind = TextKind.PROSE


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a record.

    Parameters
    ----------
    name
        The column's heading or the key; empty where there is none.
    machine
        True for a number that a program wrote; a text for readers otherwise.
    """

    name: str
    text: str
    machine: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a table or a data file. `own` marks a table of results that kvalreg itself makes."""

    spot: Spot
    fields: tuple[Field, ...]
    own: bool = False


Fragment = Passage | Record


def table_records(
    public: Public, heading: Sequence[str], rows: Iterable[tuple[Spot, Sequence[str]]], *, machine: bool = False
) -> list[Record]:
    """The rows of a table as records. A column that is named after a unit or a year makes records of its own."""
    crossed = {at: public.headed(Spot(""), name) for at, name in enumerate(heading) if at}
    crossed = {
        at: known.known(year=int(name) if re.fullmatch(r"(?:19|20)\d\d", name := plain(heading[at])) else None)
        for at, known in crossed.items()
    }
    crossed = {at: known for at, known in crossed.items() if known.orgnr or known.year}
    records = []
    for spot, cells in rows:
        named = [*heading[: len(cells)], *[""] * (len(cells) - len(heading))]
        straight = [Field(plain(name), plain(cell), machine) for name, cell in zip(named, cells, strict=True)]
        kept = [one for at, one in enumerate(straight) if at not in crossed]
        records.append(Record(spot, tuple(kept)))
        for at, known in crossed.items():
            if at < len(straight):
                where = spot.known(year=known.year, level=known.level, orgnr=known.orgnr)
                records.append(Record(where, (*kept, Field("value", straight[at].text, machine))))
    return with_level(public, records)


def with_level(public: Public, records: list[Record]) -> list[Record]:
    """Records of one table with its level, where nothing says it: the level at which most of its names are known.

    A name may be a hospital's and a county's.
    """
    votes: Counter[str] = Counter()
    for record in records:
        if record.spot.level is None:
            votes.update({place.level for one in record.fields for place in public.named(one.text)})
    if not votes:
        return records
    level = max(_LEVELS, key=lambda name: (votes[name], -_LEVELS.index(name)))
    return [replace(r, spot=r.spot.known(level=r.spot.level or level)) for r in records]


def read_csv(public: Public, spot: Spot, text: str) -> Iterator[Fragment]:
    """A delimited file; the separator is the one that the first line has most of. Comments are passages."""
    lines = text.lstrip("\ufeff").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    yield from (Passage(spot, line) for line in comments)
    if not lines:
        return
    separator = max(";,\t", key=lines[0].count)
    table = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator))
    rows = [(replace(spot, place=f"{spot.place} row {at}".strip()), row) for at, row in enumerate(table[1:], start=2)]
    yield from table_records(public, table[0], rows, machine=_for_programs(table[0]))


def read_parquet(public: Public, spot: Spot, content: bytes) -> Iterator[Fragment]:
    """A Parquet file, as the CSV it could have been."""
    frame = pd.read_parquet(io.BytesIO(content))
    yield from read_csv(public, spot, frame.to_csv(sep=";", index=False))


def _for_programs(heading: Sequence[str]) -> bool:
    """Whether a file's columns have the names that programs use, so that its numbers are not rounded for readers."""
    return bool({"ind_id", "orgnr", "denominator", "var"} & {plain(name).lower() for name in heading})


def read_json(public: Public, spot: Spot, text: str) -> Iterator[Fragment]:
    """Everything in a JSON document; what a key or a value tells of an object is known of all inside it."""
    yield from _walk(public, spot, json.loads(text), spot.place)


def _walk(public: Public, spot: Spot, value: object, path: str) -> Iterator[Fragment]:
    here = replace(spot, place=path)
    if isinstance(value, dict):
        yield from _object(public, here, value, path)
    elif isinstance(value, list):
        if value and all(isinstance(one, dict) for one in value):
            yield from _rows(public, here, value, path)
            return
        for at, one in enumerate(value):
            yield from _walk(public, here, one, f"{path}[{at}]")
    elif isinstance(value, str):
        yield Passage(here, value)


def _rows(public: Public, spot: Spot, rows: list[dict[str, object]], path: str) -> Iterator[Fragment]:
    """A list of objects is a table: its level is found for all of them together."""
    records: list[Record] = []
    for at, row in enumerate(rows):
        for fragment in _object(public, spot, row, f"{path}[{at}]"):
            if isinstance(fragment, Record):
                records.append(fragment)
            else:
                yield fragment
    yield from with_level(public, records)


def _series(public: Public, spot: Spot, rows: object, path: str) -> Iterator[Fragment]:
    """A unit's years as kvalreg's pages hold them: lists whose places have known names."""
    named = (
        [dict(zip(SERIES, row, strict=True)) for row in rows if isinstance(row, list) and len(row) == len(SERIES)]
        if isinstance(rows, list)
        else []
    )
    yield from _rows(public, spot, named, path)


def _object(public: Public, spot: Spot, value: dict[str, object], path: str) -> Iterator[Fragment]:
    if set(value) == {"name", "value"} and isinstance(value["name"], str):
        value = {value["name"]: value["value"]}  # a parameter of a chart: what it is called tells what it is
    columns = {key: one for key, one in value.items() if isinstance(one, list) and one and not _nested(one)}
    if len(columns) > 1 and len({len(one) for one in columns.values()}) == 1:
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        yield from _rows(public, spot, rows, path)
    single = {key: one for key, one in value.items() if not isinstance(one, dict | list)}
    known = told(public, replace(spot, place=path), single)
    if single:
        yield Record(known, tuple(_field(key, one) for key, one in single.items()))
        yield from (Passage(known, one) for one in single.values() if isinstance(one, str) and " " in one)
    for key, one in value.items():
        where = f"{path}.{_safe(public, key)}".lstrip(".")
        if key == "series":
            yield from _series(public, replace(known, place=where), one, where)
        if isinstance(one, dict | list):
            yield from _walk(public, _keyed(public, known, key), one, where)
        elif public.by_orgnr(key) or public.named(key):
            yield Record(replace(_keyed(public, known, key), place=where), (_field("value", one),))


def told(public: Public, spot: Spot, single: dict[str, object]) -> Spot:
    """What an object's own values tell about it."""
    for key, value in single.items():
        text, name = plain(str(value)), key.lower()
        if name in {"registry", "register", "registry_id", "registry_name"} and text in public.registries:
            spot = spot.known(registry=text)
        elif name in {"ind_id", "indicator", "indicator_id", "indikator"} and (
            found := public.indicator(text, spot.registry)
        ):
            spot = spot.known(registry=found[0], ind_id=found[1])
        elif name in {"context", "kontekst"} and text in CONTEXTS:
            spot = spot.known(context=text)
        elif name in {"year", "år", "aar"} and re.fullmatch(r"\d{4}(?:\.0)?", text):
            spot = spot.known(year=int(text[:4]))
        elif name in {"level", "nivå", "unit_level"} and text.lower() in _LEVELS:
            spot = spot.known(level=text.lower())
        elif name in {"orgnr", "unit_id"} and (units := public.by_orgnr(text)):
            spot = spot.known(level=units[0].level, orgnr=units[0].orgnr)
    return spot


def _keyed(public: Public, spot: Spot, key: str) -> Spot:
    """What an object's key tells of what it holds: ``{"111": {...}}``, ``{"2024": {...}}``."""
    units = public.by_orgnr(key) or public.named(key)
    if units:
        return spot.known(level=units[0].level if len(units) == 1 else spot.level, orgnr=units[0].orgnr)
    found = public.indicator(key, spot.registry)
    if found:
        return spot.known(registry=found[0], ind_id=found[1])
    year = years(key) if re.fullmatch(r"\d{4}", key) else ()
    return spot.known(
        registry=key if key in public.registries else None,
        context=key if key in CONTEXTS else None,
        year=year[0] if year else None,
    )


def _safe(public: Public, key: str) -> str:
    """A key as it may be repeated in a finding: a number that is no orgnr or year is left out."""
    return key if not key.isdigit() or public.by_orgnr(key) or years(key) else "…"


def _nested(values: list[object]) -> bool:
    return any(isinstance(one, dict | list) for one in values)


def _field(name: str, value: object) -> Field:
    machine = isinstance(value, int | float) and not isinstance(value, bool)
    return Field(name, "" if value is None else plain(str(value)), machine)


def read_script(spot: Spot, text: str) -> Iterator[Fragment]:
    """The strings of a script."""
    for match in _STRING.finditer(text):
        string = next(part for part in match.groups() if part is not None)
        if " " in string or ":" in string:
            yield Passage(spot, string)
