"""Rows of tables read many at a time: what `Reader` says of each row by itself, several times faster.

Owns which rows are simple: they tell numbers of one cell that is wholly known, carry no mark of hiding, and none of
their texts says more. Comes in: fragments. Goes out: what is `Heard`; every row that is not simple is handed to the
`Reader` by itself, so that a mark, a claim, or a row of no known cell is told by the same rules wherever it stands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, NamedTuple

import numpy as np

from kvalreg.disclosure.system import BoolArray, IntArray
from kvalreg.inputs.descriptor import IndicatorType
from kvalreg.release.audit_cells import Group
from kvalreg.release.audit_columns import (
    Asked,
    Column,
    Columns,
    agreed_limits,
    doubted,
    hiding,
    limits_of,
    silent,
    speaking,
)
from kvalreg.release.audit_heard import Heard
from kvalreg.release.audit_parts import group_of
from kvalreg.release.audit_public import Memory, Place, Spot
from kvalreg.release.audit_readings import COVERAGE, NUMBER_ROLES, NUMBERS, TELLS_HIDING, Reader, Shape
from kvalreg.release.audit_tables import Fragment, Passage, Table, TextKind, identity, text_of, told
from kvalreg.statistics.intervals import Floats

_NO_YEAR, _SEVERAL_YEARS = -1, -2
_N, _X, _VALUE = (NUMBER_ROLES[role] for role in ("n", "x", "value"))


class _Around(NamedTuple):
    """What is known of a row before its unit is looked for.

    Parameters
    ----------
    spot
        What stands around it, and what its fields and names tell.
    about
        What its texts know: nothing of the table's level, nor of what names add.
    group
        The indicator, context and year; None where they are not known.
    own_way
        The indicator's type, where its numbers mean something else than those of a share.
    """

    spot: Spot
    about: Spot
    group: Group | None
    own_way: IndicatorType | None = None


class _Alike(NamedTuple):
    """What tables have in common whose rows are read together."""

    names: tuple[str, ...]
    types: tuple[type, ...]
    machine: bool | None
    english: bool
    sparse: bool
    own: bool
    filed: bool


@dataclass(slots=True)
class _Rows:
    """Rows below each other.

    Parameters
    ----------
    alike, shape
        What their tables have in common, and what their columns mean.
    tables
        The tables.
    values
        Column by column.
    around
        What is known around rows: each once.
    known
        Which of these is known of each row.
    """

    alike: _Alike
    shape: Shape
    tables: list[Table]
    values: list[Sequence[Any]]
    around: list[_Around]
    known: IntArray

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.known)

    def of_each(self, told: Iterable[Any], kind: type = np.int64) -> Any:
        """What is told of all that is known around rows, row by row."""
        return np.fromiter(told, kind, len(self.around))[self.known]


_Left = list[tuple[int, tuple[Group, Place] | None]]
"""Rows of a table to be told in their order: those that mark a cell as hidden, and those that the `Reader` reads."""


class Rows:
    """Reads fragments, the rows of tables many at a time."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.public = reader.public
        self._columns = Columns(reader)
        self._adds = Memory(self._adds_anything)
        self._units: dict[tuple[Place, ...], int] = {(): 0}
        self._first: list[Any] = [None]
        self._named_by = Memory[Any, int](lambda value: self._number(reader.names[text_of(value)].places))
        self._by_orgnr = Memory[Any, int](lambda value: self._number(reader.public.by_orgnr(text_of(value))))
        self._said = Memory(self._said_by)

    def _number(self, places: tuple[Place, ...]) -> int:
        """Units as one number: 0 for none."""
        if places not in self._units:
            self._units[places] = len(self._units)
            self._first.append(places[0] if len(places) == 1 else None)
        return self._units[places]

    def read(self, fragments: Iterable[Fragment], heard: Heard) -> None:
        """Everything that fragments say, also those before one that cannot be read."""
        listed: list[Fragment] = []
        try:
            listed.extend(fragments)
        finally:
            self._read_all(listed, heard)

    def _read_all(self, fragments: list[Fragment], heard: Heard) -> None:
        alike: dict[_Alike, list[int]] = {}
        left: dict[int, _Left] = {}
        for at, fragment in enumerate(fragments):
            if type(fragment) is Table:
                kind = _alike(fragment)
                if kind is None or (kind.sparse and self._repeats(kind)):
                    left[at] = [(row, None) for row in range(fragment.size)]
                else:
                    alike.setdefault(kind, []).append(at)
        for kind, places in alike.items():
            found = self._read_tables(kind, [fragments[at] for at in places], heard)  # type: ignore[misc]
            left.update(zip(places, found, strict=True))
        for at, fragment in enumerate(fragments):
            if type(fragment) is not Table:
                if not self._is_label(fragment, heard):
                    heard.note(self.reader.read(fragment))
                continue
            for row, hidden in left[at]:
                if hidden is not None:
                    heard.note_hidden(*hidden, fragment.places, row)
                    continue
                for one in fragment.fragments(self.public, row):
                    heard.note(self.reader.read(one))

    def _repeats(self, alike: _Alike) -> bool:
        """Whether several columns may say that a row is hidden in the same way: which counts, a row's gaps decide."""
        roles = self.reader.shapes[alike.names, _machine(alike), alike.english].roles
        telling = [role for role in roles if role in TELLS_HIDING]
        return len(set(telling)) < len(telling)

    def _is_label(self, fragment: Fragment, heard: Heard) -> bool:
        """Whether a fragment is the name of one unit in the drawing of a known indicator: pages have thousands."""
        if type(fragment) is not Passage or fragment.kind is not TextKind.LABEL:
            return False
        group, places = group_of(self.reader.agreeing(fragment.spot)), self.public.named[fragment.text]
        if group is None or len(places) != 1:
            return False
        heard.note_beside(group, places[0])
        return True

    def _read_tables(self, alike: _Alike, tables: list[Table], heard: Heard) -> list[_Left]:
        """Note what the simple rows of tables tell; what is left of each."""
        machine = _machine(alike)
        shape = self.reader.shapes[alike.names, machine, alike.english]
        rows = self._rows(alike, shape, tables)
        columns = [
            self._columns.read(
                Asked(role, machine[at], alike.english, alike.types[at], alike.sparse and at > 0), values
            )
            for (at, role), values in zip(enumerate(shape.roles), rows.values, strict=True)
        ]
        doubts = doubted(columns, rows.size)
        hidden, quiet = hiding(columns, shape.codes, shape.counts, doubts), silent(columns, rows.size)
        others = doubts & self._says_more(rows, columns)
        units = self._units_of(rows, others)
        places = self._places(rows, units)
        named_one = np.array([one is not None for one in self._first])[places]
        in_group = rows.of_each((one.group is not None for one in rows.around), np.bool_)
        if alike.machine is None:
            self._listen(rows, units, places, in_group & ~quiet & named_one, others)
        limits = limits_of([columns[at] for at, _ in shape.numbers], rows.size, others)
        telling = ~others & (hidden | ~quiet | doubts)
        if not alike.own:
            telling &= places > 0
        others |= telling & ~(named_one & in_group & (quiet | ~hidden))
        telling &= ~others
        told = np.flatnonzero(telling & ~hidden)
        self._note_doubts(rows, np.flatnonzero(telling & ~hidden & doubts), places, heard)
        told = told[~doubts[told] | ~np.isnan(limits[told]).all(axis=1)]
        self._note(rows, columns, (told, places[told], limits[told]), heard)
        left: _Left = [(at, None) for at in np.flatnonzero(others).tolist()]
        for at in np.flatnonzero(telling & hidden).tolist():
            group = rows.around[rows.known[at]].group
            left.append((at, (group, self._first[places[at]])))
        return _by_table(tables, sorted(left, key=lambda one: one[0]))

    @staticmethod
    def _says_more(rows: _Rows, columns: Sequence[Column]) -> BoolArray:
        """The rows that say more than numbers in columns of their own, or whose number of patients is their result."""
        named = zip(columns, rows.shape.roles, rows.alike.names, strict=True)
        more = [
            column
            for column, role, name in named
            if role == "text" or (role not in NUMBERS and role != "before" and name.lower() not in COVERAGE)
        ]
        counts = rows.of_each((one.own_way is IndicatorType.ANTALL for one in rows.around), np.bool_)
        found: BoolArray = counts | speaking(more, rows.size)
        return found

    def _note_doubts(self, rows: _Rows, told: IntArray, places: IntArray, heard: Heard) -> None:
        """The cells that rows mark as not reliable, each with its place."""
        starts = np.cumsum([0, *(table.size for table in rows.tables)])
        of_table = np.searchsorted(starts, told, side="right") - 1
        for at, table in zip(told.tolist(), of_table.tolist(), strict=True):
            group = rows.around[rows.known[at]].group
            if group is not None:  # it is: the row tells of one cell
                where = rows.tables[table].places, at - int(starts[table])
                heard.note_unreliable(group, self._first[places[at]], *where)

    def _note(self, rows: _Rows, columns: Sequence[Column], told: tuple[IntArray, IntArray, Any], heard: Heard) -> None:
        """The numbers of rows, each with its place."""
        at, places, limits = told
        if not len(at):
            return
        for kind in {one.own_way for one in rows.around if one.own_way is not None}:
            of_kind = np.flatnonzero(rows.of_each((one.own_way is kind for one in rows.around), np.bool_)[at])
            printed = [(role, columns[column].limits) for column, role in rows.shape.numbers]
            told_so = [
                {part: one[at[of_kind]] for part, one in _meant(kind, role, parts).items()} for role, parts in printed
            ]
            limits[of_kind] = agreed_limits(told_so, len(of_kind))
        groups = [one.group for one in rows.around]
        heard.note_rows(heard.cells((groups, rows.known[at]), (self._first, places)), limits)  # type: ignore[arg-type]

    # --- what is known around rows -----------------------------------------------------------------------------------
    def _rows(self, alike: _Alike, shape: Shape, tables: list[Table]) -> _Rows:
        """The rows of tables, and what is known around each, worked out once for all that tell the same."""
        around: list[_Around] = []
        fields = [at for at, role in identity(alike.names) if role != "unit"]
        names = tuple(alike.names[at] for at in fields)
        known = [self._around(shape, table, (names, [table.columns[at] for at in fields]), around) for table in tables]
        if len(tables) == 1:
            values = list(tables[0].columns)
        else:
            values = [list(chain.from_iterable(one)) for one in zip(*[table.columns for table in tables], strict=True)]
        rows = _Rows(alike, shape, tables, values, around, np.concatenate(known))
        for at, telling in shape.naming:
            if telling:
                self._add_names(rows, at)
        return rows

    def _around(
        self, shape: Shape, table: Table, fields: tuple[tuple[str, ...], list[Sequence[Any]]], around: list[_Around]
    ) -> IntArray:
        names, columns = fields

        def number(told: tuple[object, ...]) -> int:
            around.append(self._known(table, shape, names, told))
            return len(around) - 1

        if not names:
            return np.full(table.size, number(()), dtype=np.int64)
        known = Memory[tuple[object, ...], int](number)
        return np.fromiter(map(known.__getitem__, zip(*columns, strict=True)), np.int64, table.size)

    def _known(self, table: Table, shape: Shape, names: tuple[str, ...], values: tuple[object, ...]) -> _Around:
        about, texts = table.spot, tuple(map(text_of, values))
        if table.machine is None:
            about = told(self.public, about, names, texts)
        spot = about.known(level=None if about.level else table.level)
        return self._with_group(told(self.public, spot, names, texts), about, shape)

    def _add_names(self, rows: _Rows, at: int) -> None:
        """What the texts of a column of names add to what is known around its rows."""
        column, around = rows.values[at], rows.around
        registries = {one.spot.registry for one in around}
        adding = {one for one in set(column) for registry in registries if self._adds[one, registry]}
        if not adding:
            return

        def number(asked: tuple[int, object]) -> int:
            known, text = around[asked[0]], text_of(asked[1])
            added = self._with_group(self.reader.named_by(known.spot, text), known.about, rows.shape)
            if rows.alike.machine is None:  # its texts know less than its numbers
                added = added._replace(group=None)
            around.append(added)
            return len(around) - 1

        numbers = Memory(number)
        pairs = zip(rows.known.tolist(), column, strict=True)
        rows.known = np.array([numbers[one] if one[1] in adding else one[0] for one in pairs], dtype=np.int64)

    def _adds_anything(self, asked: tuple[object, str | None]) -> bool:
        """Whether a text in a column of names tells an indicator, a context or a year."""
        text, registry = text_of(asked[0]), asked[1]
        name = self.reader.names[text]
        return bool(name.context or name.year or self.reader.indicators[text, registry])

    def _with_group(self, spot: Spot, about: Spot, shape: Shape) -> _Around:
        spot = self.reader.agreeing(spot)
        group = group_of(spot)
        if group is None:
            return _Around(spot, about, None)
        kind = self.reader.kinds[group[:2]]
        own_way = kind is IndicatorType.ANTALL or ("x" in shape.roles and not kind.summed)
        return _Around(spot, about, group, kind if own_way else None)

    # --- units -------------------------------------------------------------------------------------------------------
    def _units_of(self, rows: _Rows, others: BoolArray) -> IntArray:
        """The unit that each row is marked with, filed under, or gives the orgnr of; an unknown mark is no such."""
        found = np.zeros(rows.size, dtype=np.int64)
        if rows.alike.filed:
            marks = list(chain.from_iterable(table.units for table in rows.tables))
            found = np.fromiter(map(self._by_orgnr.__getitem__, marks), np.int64, rows.size)
            if not found.all():
                others |= (found == 0) & np.fromiter(map(bool, marks), np.bool_, rows.size)
        for at, role in identity(rows.alike.names):
            if role == "unit":
                units = np.fromiter(map(self._by_orgnr.__getitem__, rows.values[at]), np.int64, rows.size)
                found = np.where(units > 0, units, found)
        return found

    def _places(self, rows: _Rows, units: IntArray) -> IntArray:
        """The units that each row may tell of: those that it names, else what stands around it."""
        about = rows.of_each(self._number(self.reader.about(one.spot)) for one in rows.around)
        found = np.where(units > 0, units, about)
        for at, _ in reversed(rows.shape.naming):
            names = np.fromiter(map(self._named_by.__getitem__, rows.values[at]), np.int64, rows.size)
            found = np.where(names > 0, names, found)
        return found

    # --- texts -------------------------------------------------------------------------------------------------------
    def _listen(self, rows: _Rows, units: IntArray, places: IntArray, simple: BoolArray, others: BoolArray) -> None:
        """Add to the others each row of which a text says more than its numbers do."""
        telling: list[tuple[int, bool, int, int]] = []
        for values, kind in zip(rows.values, rows.alike.types, strict=True):
            if kind is not str:
                continue
            said = {value: self._said[value] for value in set(values) if value is not None and " " in value}
            if any(said.values()):
                telling += [(at, *one) for at, value in enumerate(values) for one in said.get(value, ())]
        if not telling:
            return
        at, titled, named, year = (np.array(one) for one in zip(*telling, strict=True))
        about = rows.of_each(self._number(self.reader.about(one.about)) for one in rows.around)
        years = rows.of_each((one.group[3] if one.group else _SEVERAL_YEARS - 1 for one in rows.around), np.int64)
        meant = np.where(named > 0, named, np.where(units > 0, units, about)[at])
        same_year = (year == _NO_YEAR) | (year == years[at])
        more = titled | ((meant > 0) & ~(simple[at] & same_year & (meant == places[at])))
        others[at[more]] = True

    def _said_by(self, text: str) -> tuple[tuple[bool, int, int], ...]:
        """What each sentence of a text names: a title, units, a year."""
        return tuple(
            (
                bool(one.titled),
                self._number(one.places),
                one.years[0] if len(one.years) == 1 else _SEVERAL_YEARS if one.years else _NO_YEAR,
            )
            for one in self.public.sentences[text]
        )


def _alike(table: Table) -> _Alike | None:
    """What a table has in common with others that are read with it; None where a column mixes types of values."""
    if table.machine is not None:
        types: list[type] = [str] * len(table.columns)
    else:
        found = [set(map(type, column)) - {type(None)} for column in table.columns]
        if any(len(kinds) > 1 and kinds != {int, float} for kinds in found):
            return None
        types = [object if len(kinds) > 1 else next(iter(kinds), str) for kinds in found]
    spot = table.spot
    return _Alike(table.names, tuple(types), table.machine, spot.english, table.sparse, table.own, bool(table.units))


def _meant(kind: IndicatorType, role: str, parts: Mapping[int, Floats]) -> Mapping[int, Floats]:
    """What a column's numbers mean for an indicator of a type that has them in its own way: `Reader.numbers_of`."""
    if role == "x" and not kind.summed:
        parts = {_VALUE: parts[_X]} if _X in parts else {}
    if kind is IndicatorType.ANTALL:
        parts = {_N: parts[_VALUE]} if _VALUE in parts else {}
    return parts


def _machine(alike: _Alike) -> tuple[bool, ...]:
    """Whether a program wrote each column's numbers."""
    if alike.machine is None:
        return tuple(one in (int, float, object) for one in alike.types)
    return (alike.machine and not alike.sparse, *[alike.machine] * (len(alike.types) - 1))


def _by_table(tables: list[Table], left: _Left) -> list[_Left]:
    """What is left of many tables, table by table."""
    found: list[_Left] = [[] for _ in tables]
    starts = [0, *accumulate(table.size for table in tables)]
    for at, hidden in left:
        of = bisect_right(starts, at) - 1
        found[of].append((at - starts[of], hidden))
    return found
