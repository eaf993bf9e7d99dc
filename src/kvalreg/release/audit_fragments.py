"""Data files taken apart by an auditor: CSV, JSON, Parquet, scripts.

Comes in: a file's bytes or text. Goes out: `Passage`s, `Record`s and `Table`s. It does not know what a number means,
nor which cells are hidden, and it leaves out only what names no unit and stands where none is told of.
"""

from __future__ import annotations

import csv
import io
import json
import marshal
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from kvalreg.release.audit_public import Public, Spot, plain, tells_of_unit, years
from kvalreg.release.audit_tables import (
    Fragment,
    Passage,
    Places,
    Record,
    Table,
    crossed_columns,
    crossed_records,
    identity,
    keyed,
    text_of,
    told,
    with_level,
)
from kvalreg.report.yours import SERIES

_PARAMETER = 2
"""Keys of an object that is a parameter of a chart: its name, and its value."""
_MOST_MUTE = 4000
_LONGEST_MUTE = 8000
"""Documents, and parts of them, that are remembered because nothing follows from them; letters of the longest."""
_WITHOUT_REFERENCES = 2
_NUMBERS = frozenset({int, float})
_TELL_UNITS = frozenset({"level", "unit"})
"""What fields may be, of which a row or an object is known to be about some unit."""
_NESTING = frozenset({dict, list})
_TELLING = _NESTING | {str}
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"' + r"|'((?:[^'\\\n]|\\.)*)'" + r"|`([^`]*)`")


def read_csv(public: Public, spot: Spot, text: str) -> Iterator[Fragment]:
    """A delimited file; the separator is the one that the first line has most of. Comments are passages."""
    lines = text.lstrip("\ufeff").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    yield from (Passage(spot, line) for line in comments)
    if not lines:
        return
    separator = max(";,\t", key=lines[0].count)
    if '"' in text:
        heading, *rows = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)
    else:
        heading, *rows = (line.split(separator) for line in lines)
    machine, before = _for_programs(heading), f"{spot.place} row ".lstrip()
    crossed = crossed_columns(public, heading)
    if crossed or any(len(row) != len(heading) for row in rows):
        placed = [(spot._replace(place=f"{before}{at}"), row) for at, row in enumerate(rows, start=2)]
        yield from with_level(public, crossed_records(heading, placed, crossed, machine=machine))
    elif rows:
        names, columns = tuple(map(plain, heading)), tuple(zip(*rows, strict=True))
        places = Places(before, range(2, len(rows) + 2))
        yield from with_level(public, [Table(spot, names, columns, machine, places)])


def read_parquet(public: Public, spot: Spot, content: bytes) -> Iterator[Fragment]:
    """A Parquet file, as the CSV it could have been."""
    frame = pd.read_parquet(io.BytesIO(content))
    yield from read_csv(public, spot, frame.to_csv(sep=";", index=False))


def _for_programs(heading: Sequence[str]) -> bool:
    """Whether a file's columns have the names that programs use, so that its numbers are not rounded for readers."""
    return bool({"ind_id", "orgnr", "denominator", "var"} & {plain(name).lower() for name in heading})


def read_json(public: Public, spot: Spot, text: str) -> list[Fragment]:
    """Everything in a JSON document; what a key or a value tells of an object is known of all inside it.

    A document from which nothing follows where no unit is told of, such as what charts have in common, is remembered.
    """
    by_itself = not tells_of_unit(spot)
    if by_itself and text in public.mute:
        return []
    found = read_document(public, spot, json.loads(text))
    if by_itself and not found:
        _remember_mute(public, text)
    return found


def _remember_mute(public: Public, told: str | bytes) -> None:
    if len(told) <= _LONGEST_MUTE:
        if len(public.mute) >= _MOST_MUTE:
            public.mute.clear()
        public.mute.add(told)


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
            kinds = set(map(type, value))
            if kinds == {dict}:
                self._rows(spot, value, path)
                return
            for at, one in enumerate(value if kinds & _TELLING else ()):
                if type(one) is str and not self.public.follows(one, spot):
                    continue
                if isinstance(one, dict | list | str):
                    self.walk(spot, one, f"{path}[{at}]")
        elif isinstance(value, str) and self.public.follows(value, spot):
            self.found.append(Passage(spot._replace(place=path), value))

    def _inside(self, spot: Spot, value: Any, path: str) -> None:
        """A part of an object or list; one from which nothing follows, such as a chart's axis, is remembered."""
        if tells_of_unit(spot):
            self.walk(spot, value, path)
            return
        told, before = marshal.dumps(value, _WITHOUT_REFERENCES), len(self.found)
        if told in self.public.mute:
            return
        self.walk(spot, value, path)
        if len(self.found) == before:
            _remember_mute(self.public, told)

    def _rows(self, spot: Spot, rows: list[dict[str, object]], path: str) -> None:
        """A list of objects is a table: its level is found for all of them together."""
        tables = self._tables(spot, {str(at): row for at, row in enumerate(rows)}, (f"{path}[", "]"), filed=False)
        if tables is not None:
            self.found += with_level(self.public, tables)
            return
        first = len(self.found)
        for at, row in enumerate(rows):
            self._inside(spot, row, f"{path}[{at}]")
        inside = self.found[first:]
        self.found[first:] = [one for one in inside if isinstance(one, Passage)]
        self.found += with_level(self.public, [one for one in inside if not isinstance(one, Passage)])

    def _tables(
        self, spot: Spot, rows: Mapping[str, dict[str, object]], around: tuple[str, str], *, filed: bool
    ) -> list[Table] | None:
        """Plain objects as rows of tables, one for all that have the same keys; None where any object is not plain."""
        alike: dict[tuple[str, ...], dict[str, dict[str, object]]] = {}
        for label, row in rows.items():
            alike.setdefault(tuple(row), {})[label] = row
        if any(len(names) <= _PARAMETER or self._names_units(names) for names in alike):
            return None
        if not all(_NESTING.isdisjoint(map(type, row.values())) for row in rows.values()):
            return None
        tables = []
        for names, listed in alike.items():
            columns = tuple(zip(*[row.values() for row in listed.values()], strict=True))
            if not filed and self._is_mute(spot, names, columns):
                continue
            labels = tuple(listed)
            places = Places(around[0], labels, around[1])
            tables.append(Table(spot, names, columns, None, places, labels if filed else ()))
        return tables

    def _is_mute(self, spot: Spot, names: tuple[str, ...], columns: Iterable[Iterable[object]]) -> bool:
        """Whether rows are about no unit: neither what stands around them nor any value tells of one."""
        if tells_of_unit(spot) or _TELL_UNITS & {role for _, role in identity(names)}:
            return False
        texts = (one for column in columns for one in column if type(one) is str)
        return not any(self.public.units_of[text] or self.public.tells[text] for text in texts)

    def _names_units(self, names: Iterable[str]) -> bool:
        return any(map(self.public.units_of.__getitem__, names))

    def _flat(self, spot: Spot, names: tuple[str, ...], columns: tuple[Sequence[object], ...], path: str) -> None:
        """The rows of a plain table."""
        if self._is_mute(spot, names, columns):
            return
        places = Places(f"{path}[", range(len(columns[0])), "]")
        self.found += with_level(self.public, [Table(spot, names, columns, None, places)])

    def _says_nothing(self, spot: Spot, value: dict[str, object]) -> bool:
        """Whether a plain object is about no unit: charts are made of hundreds of these."""
        if tells_of_unit(spot) or _TELL_UNITS & {role for _, role in identity(tuple(value))}:
            return False
        units_of, tells = self.public.units_of, self.public.tells
        for key, one in value.items():
            if type(one) in _NESTING or units_of[key] or (type(one) is str and tells[one]) or units_of[text_of(one)]:
                return False
        return True

    def _by_unit(self, spot: Spot, value: dict[str, object], path: str) -> bool:
        """Whether an object holds one plain object for each unit, by its orgnr: these are rows of tables."""
        if not all(type(one) is dict and self.public.by_orgnr(key) for key, one in value.items()):
            return False
        found = self._tables(spot._replace(place=path), value, (f"{path}." if path else "", ""), filed=True)  # type: ignore[arg-type]
        self.found += found or ()
        return bool(found)

    def _series(self, spot: Spot, rows: object, path: str) -> None:
        """A unit's years as kvalreg's pages hold them: lists whose places have known names, as far as they go."""
        listed = rows if isinstance(rows, list) else []
        named = [dict(zip(SERIES, row, strict=False)) for row in listed if isinstance(row, list)]
        self._rows(spot, named, path)

    def _object(self, spot: Spot, value: dict[str, object], path: str) -> None:
        public, found = self.public, self.found
        if self._says_nothing(spot, value) or self._by_unit(spot, value, path):
            return
        if len(value) == _PARAMETER and set(value) == {"name", "value"} and isinstance(value["name"], str):
            value = {value["name"]: value["value"]}  # a parameter of a chart: what it is called tells what it is
        nested = {key: one for key, one in value.items() if isinstance(one, dict | list)}
        if len(nested) > 1:
            columns = {key: one for key, one in nested.items() if isinstance(one, list) and one and not _nested(one)}
            if len(columns) > 1 and len({len(one) for one in columns.values()}) == 1:
                if len(columns) <= _PARAMETER or self._names_units(columns):
                    rows = zip(*columns.values(), strict=True)
                    self._rows(spot, [dict(zip(columns, row, strict=True)) for row in rows], path)
                else:
                    self._flat(spot, tuple(columns), tuple(columns.values()), path)
        single = {key: one for key, one in value.items() if key not in nested} if nested else value
        names, values = tuple(single), list(single.values())
        texts = tuple([text_of(one) for one in values])
        known = told(public, spot._replace(place=path), names, texts)
        if single and (tells_of_unit(known) or any(map(public.units_of.__getitem__, texts))):
            found.append(Record(known, names, texts, tuple([type(one) in _NUMBERS for one in values])))
        found += [
            Passage(known, one) for one in values if type(one) is str and " " in one and public.follows(one, known)
        ]
        for key, one in value.items():
            if key in nested:
                where = f"{path}.{_safe(public, key)}".lstrip(".")
                if key == "series":
                    self._series(known._replace(place=where), one, where)
                self._inside(keyed(public, known, key), one, where)
            elif public.units_of[key]:
                where = f"{path}.{_safe(public, key)}".lstrip(".")
                here = keyed(public, known, key)._replace(place=where)
                found.append(Record(here, ("value",), (text_of(one),), (type(one) in _NUMBERS,)))


def _safe(public: Public, key: str) -> str:
    """A key as it may be repeated in a finding: a number that is no orgnr or year is left out."""
    return key if not key.isdigit() or public.by_orgnr(key) or years(key) else "…"


def _nested(values: list[object]) -> bool:
    return not _NESTING.isdisjoint(map(type, values))


def read_script(spot: Spot, text: str) -> Iterator[Fragment]:
    """The strings of a script."""
    for match in _STRING.finditer(text):
        string = next(part for part in match.groups() if part is not None)
        if " " in string or ":" in string:
            yield Passage(spot, string)
