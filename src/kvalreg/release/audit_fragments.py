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
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import pandas as pd

from kvalreg.release.audit_public import CONTEXTS, Public, Spot, plain, years
from kvalreg.report.yours import SERIES

_LEVELS = ("hospital", "hf", "rhf", "county", "nation")
_NAMES = {
    "registry": ("registry", "register", "registry_id", "registry_name"),
    "indicator": ("ind_id", "indicator", "indicator_id", "indikator"),
    "context": ("context", "kontekst"),
    "year": ("year", "år", "aar"),
    "level": ("level", "nivå", "unit_level"),
    "unit": ("orgnr", "unit_id"),
}
_IDENTITY = {name: role for role, names in _NAMES.items() for name in names}
"""Keys and columns that say what an object is about."""
_PARAMETER = 2
"""Keys of an object that is a parameter of a chart: its name, and its value."""
_NUMBERS = frozenset({int, float})
_NESTING = frozenset({dict, list})
_A_YEAR = re.compile(r"\d{4}(?:\.0)?")
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"' + r"|'((?:[^'\\\n]|\\.)*)'" + r"|`([^`]*)`")


class TextKind(StrEnum):
    """Where a text stands, which decides what it is about."""

    PROSE = "prose"
    """It is about what its surroundings are about."""
    CELL = "cell"
    """In a table: its row is read as a record, so the text by itself is only about units that it names."""
    LABEL = "label"
    """In a drawing: a unit named alone has its mark beside it."""


class Passage(NamedTuple):
    """A text: a paragraph, an attribute, a label of a drawing."""

    spot: Spot
    text: str
    kind: TextKind = TextKind.PROSE


class Record(NamedTuple):
    """A row of a table or a data file, as columns: pages hold tens of thousands, and an object per value is slow.

    Parameters
    ----------
    names
        The columns' headings or keys; empty where there is none.
    texts
        The values.
    machine
        True for a number that a program wrote; a text for readers otherwise.
    own
        Marks a table of results that kvalreg itself makes.
    """

    spot: Spot
    names: tuple[str, ...]
    texts: tuple[str, ...]
    machine: tuple[bool, ...]
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
    columns = tuple(plain(name) for name in heading)
    records: list[Record] = []
    for spot, cells in rows:
        size = len(cells)
        names = columns if size == len(columns) else (*columns[:size], *[""] * (size - len(columns)))
        texts, by_program = tuple([plain(cell) for cell in cells]), (machine,) * size
        if not crossed:
            records.append(Record(spot, names, texts, by_program))
            continue
        kept = [at for at in range(size) if at not in crossed]
        straight = tuple(names[at] for at in kept), tuple(texts[at] for at in kept)
        records.append(Record(spot, *straight, by_program[: len(kept)]))
        for at, known in crossed.items():
            if at < size:
                where = spot.known(year=known.year, level=known.level, orgnr=known.orgnr)
                beside = (*straight[0], "value"), (*straight[1], texts[at])
                records.append(Record(where, *beside, (machine,) * (len(kept) + 1)))
    return with_level(public, records)


def with_level(public: Public, records: list[Record]) -> list[Record]:
    """Records of one table with its level, where nothing says it: the level at which most of its names are known.

    A name may be a hospital's and a county's.
    """
    votes: Counter[str] = Counter()
    for record in records:
        if record.spot.level is None:
            votes.update({place.level for text in record.texts for place in public.named[text]})
    if not votes:
        return records
    level = max(_LEVELS, key=lambda name: (votes[name], -_LEVELS.index(name)))
    return [r if r.spot.level else r._replace(spot=r.spot._replace(level=level)) for r in records]


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
    rows = [(spot._replace(place=f"{spot.place} row {at}".strip()), row) for at, row in enumerate(table[1:], start=2)]
    yield from table_records(public, table[0], rows, machine=_for_programs(table[0]))


def read_parquet(public: Public, spot: Spot, content: bytes) -> Iterator[Fragment]:
    """A Parquet file, as the CSV it could have been."""
    frame = pd.read_parquet(io.BytesIO(content))
    yield from read_csv(public, spot, frame.to_csv(sep=";", index=False))


def _for_programs(heading: Sequence[str]) -> bool:
    """Whether a file's columns have the names that programs use, so that its numbers are not rounded for readers."""
    return bool({"ind_id", "orgnr", "denominator", "var"} & {plain(name).lower() for name in heading})


def read_json(public: Public, spot: Spot, text: str) -> list[Fragment]:
    """Everything in a JSON document; what a key or a value tells of an object is known of all inside it."""
    return read_document(public, spot, json.loads(text))


def read_document(public: Public, spot: Spot, document: object) -> list[Fragment]:
    """Everything in a JSON document that has been taken apart."""
    reader = _JsonReader(public)
    reader.walk(spot, document, spot.place)
    return reader.found


class _JsonReader:
    """Walks through a document, appending what it finds: generators inside each other are slow in large documents."""

    def __init__(self, public: Public) -> None:
        self.public = public
        self.found: list[Fragment] = []

    def walk(self, spot: Spot, value: object, path: str) -> None:
        """A value of any kind."""
        if isinstance(value, dict):
            self._object(spot, value, path)
        elif isinstance(value, list):
            if value and all(isinstance(one, dict) for one in value):
                self._rows(spot, value, path)
                return
            sentences = self.public.sentences
            for at, one in enumerate(value):
                if type(one) is str and not sentences[one]:
                    continue
                if isinstance(one, dict | list | str):
                    self.walk(spot, one, f"{path}[{at}]")
        elif isinstance(value, str) and self.public.sentences[value]:
            self.found.append(Passage(spot._replace(place=path), value))

    def _rows(self, spot: Spot, rows: list[dict[str, object]], path: str) -> None:
        """A list of objects is a table: its level is found for all of them together."""
        names = tuple(rows[0]) if rows else ()
        if self._is_flat(names, rows):
            self._flat(spot, names, (tuple(row.values()) for row in rows), path)
            return
        first = len(self.found)
        for at, row in enumerate(rows):
            self._object(spot, row, f"{path}[{at}]")
        inside = self.found[first:]
        self.found[first:] = [one for one in inside if not isinstance(one, Record)]
        self.found += with_level(self.public, [one for one in inside if isinstance(one, Record)])

    def _is_flat(self, names: tuple[str, ...], rows: list[dict[str, object]]) -> bool:
        """Whether objects are the rows of a plain table: the same keys that name no unit, and nothing nested."""
        if len(names) <= _PARAMETER or self._names_units(names):
            return False
        return all(tuple(row) == names and _NESTING.isdisjoint(map(type, row.values())) for row in rows)

    def _names_units(self, names: Iterable[str]) -> bool:
        return any(self.public.by_orgnr(name) or self.public.named[name] for name in names)

    def _flat(self, spot: Spot, names: tuple[str, ...], rows: Iterable[tuple[object, ...]], path: str) -> None:
        """The rows of a plain table."""
        public, sentences = self.public, self.public.sentences
        records: list[Record] = []
        for at, values in enumerate(rows):
            texts = tuple([_text(one) for one in values])
            known = told(public, spot._replace(place=f"{path}[{at}]"), names, texts)
            records.append(Record(known, names, texts, tuple([type(one) in _NUMBERS for one in values])))
            self.found += [Passage(known, one) for one in values if type(one) is str and " " in one and sentences[one]]
        self.found += with_level(public, records)

    def _series(self, spot: Spot, rows: object, path: str) -> None:
        """A unit's years as kvalreg's pages hold them: lists whose places have known names, as far as they go."""
        listed = rows if isinstance(rows, list) else []
        named = [dict(zip(SERIES, row, strict=False)) for row in listed if isinstance(row, list)]
        self._rows(spot, named, path)

    def _object(self, spot: Spot, value: dict[str, object], path: str) -> None:
        public, found, sentences = self.public, self.found, self.public.sentences
        if len(value) == _PARAMETER and set(value) == {"name", "value"} and isinstance(value["name"], str):
            value = {value["name"]: value["value"]}  # a parameter of a chart: what it is called tells what it is
        nested = {key: one for key, one in value.items() if isinstance(one, dict | list)}
        if len(nested) > 1:
            columns = {key: one for key, one in nested.items() if isinstance(one, list) and one and not _nested(one)}
            if len(columns) > 1 and len({len(one) for one in columns.values()}) == 1:
                rows = zip(*columns.values(), strict=True)
                if len(columns) <= _PARAMETER or self._names_units(columns):
                    self._rows(spot, [dict(zip(columns, row, strict=True)) for row in rows], path)
                else:
                    self._flat(spot, tuple(columns), rows, path)
        single = {key: one for key, one in value.items() if key not in nested} if nested else value
        names, values = tuple(single), list(single.values())
        texts = tuple([_text(one) for one in values])
        known = told(public, spot._replace(place=path), names, texts)
        if single:
            found.append(Record(known, names, texts, tuple([type(one) in _NUMBERS for one in values])))
            found += [Passage(known, one) for one in values if type(one) is str and " " in one and sentences[one]]
        for key, one in value.items():
            if key in nested:
                where = f"{path}.{_safe(public, key)}".lstrip(".")
                if key == "series":
                    self._series(known._replace(place=where), one, where)
                self.walk(_keyed(public, known, key), one, where)
            elif public.by_orgnr(key) or public.named[key]:
                where = f"{path}.{_safe(public, key)}".lstrip(".")
                here = _keyed(public, known, key)._replace(place=where)
                found.append(Record(here, ("value",), (_text(one),), (type(one) in _NUMBERS,)))


def told(public: Public, spot: Spot, names: tuple[str, ...], texts: tuple[str, ...]) -> Spot:
    """What an object's own values tell about it."""
    places = _identity(names)
    if not places:
        return spot
    file, place, registry, ind_id, context, year, level, orgnr, english = spot
    for at, role in places:
        text = texts[at]
        if role == "registry":
            registry = text if text in public.registries else registry
        elif role == "indicator":
            registry, ind_id = public.indicator(text, registry) or (registry, ind_id)
        elif role == "context":
            context = text if text in CONTEXTS else context
        elif role == "year":
            year = int(text[:4]) if _A_YEAR.fullmatch(text) else year
        elif role == "level":
            level = text.lower() if text.lower() in _LEVELS else level
        elif units := public.by_orgnr(text):
            level, orgnr = units[0]
    return Spot(file, place, registry, ind_id, context, year, level, orgnr, english)


@lru_cache(4096)
def _identity(names: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    """The places of the values that say what an object is about, and what each says; of one name, the last."""
    places = {name: at for at, name in enumerate(names)}
    return tuple((at, _IDENTITY[name.lower()]) for name, at in places.items() if name.lower() in _IDENTITY)


def _keyed(public: Public, spot: Spot, key: str) -> Spot:
    """What an object's key tells of what it holds: ``{"111": {...}}``, ``{"2024": {...}}``."""
    units = public.by_orgnr(key) or public.named[key]
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


def _text(value: object) -> str:
    if type(value) is str:
        return plain(value)
    return "" if value is None else str(value)


def read_script(spot: Spot, text: str) -> Iterator[Fragment]:
    """The strings of a script."""
    for match in _STRING.finditer(text):
        string = next(part for part in match.groups() if part is not None)
        if " " in string or ":" in string:
            yield Passage(spot, string)
