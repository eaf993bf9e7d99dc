"""Rows of tables read many at a time: what `Reader` says of each row by itself, several times faster.

Owns which rows are simple: they tell numbers of one cell that is wholly known, carry no mark of hiding, and none of
their texts says more. Comes in: fragments. Goes out: what is `Heard`; every row that is not simple is handed to the
`Reader` by itself, so that a mark, a claim, or a row of no known cell is told by the same rules wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from kvalreg.inputs.descriptor import IndicatorType
from kvalreg.release.audit_columns import NOTHING, Asked, Columns, hiding, numbers, silent
from kvalreg.release.audit_heard import Heard
from kvalreg.release.audit_parts import Group, group_of
from kvalreg.release.audit_public import Key, Memory, Place, Spot
from kvalreg.release.audit_readings import Reader, Shape
from kvalreg.release.audit_tables import Fragment, Passage, Table, TextKind, identity, text_of, told
from kvalreg.release.published_numbers import Plain, plainly


@dataclass(slots=True)
class _Around:
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
        Whether the indicator's numbers mean something else than those of a share.
    cells
        Where its numbers are noted; None as long as none is.
    """

    spot: Spot
    about: Spot
    group: Group | None
    own_way: bool = False
    cells: dict[Place, list[Plain]] | None = None


class _Kinds(NamedTuple):
    """Rows that mark a cell as hidden, rows of which no value may be a result, and those to be read by themselves."""

    hidden: set[int]
    quiet: set[int]
    others: set[int]


class Rows:
    """Reads fragments, the rows of tables many at a time."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.public = reader.public
        self._columns = Columns(reader)
        self._adds = Memory(self._adds_anything)
        self._named_by = Memory[Any, tuple[Place, ...]](lambda value: reader.names[text_of(value)].places)
        self._by_orgnr = Memory[Any, tuple[Place, ...]](lambda value: reader.public.by_orgnr(text_of(value)))

    def read(self, fragments: Iterable[Fragment], heard: Heard) -> None:
        """Everything that fragments say."""
        for fragment in fragments:
            if type(fragment) is not Table:
                if not self._is_label(fragment, heard):
                    heard.note(self.reader.read(fragment))
                continue
            for at in self._read(fragment, heard):
                for one in fragment.fragments(self.public, at):
                    heard.note(self.reader.read(one))

    def _is_label(self, fragment: Fragment, heard: Heard) -> bool:
        """Whether a fragment is the name of one unit in the drawing of a known indicator: pages have thousands."""
        if type(fragment) is not Passage or fragment.kind is not TextKind.LABEL:
            return False
        group, places = group_of(fragment.spot), self.public.named[fragment.text]
        if group is None or len(places) != 1:
            return False
        heard.note_beside(group, places[0])
        return True

    def _read(self, table: Table, heard: Heard) -> Iterable[int]:
        """Note what the simple rows tell; the others, in their order."""
        types = _types(table)
        if types is None:
            return range(table.size)
        machine, english = _machine(table, types), table.spot.english
        shape = self.reader.shapes[table.names, machine, english]
        columns = [
            self._columns.read(Asked(role, machine[at], english, types[at], table.sparse and at > 0), table.columns[at])
            for at, role in enumerate(shape.roles)
        ]
        unknown = {at for at, unit in enumerate(table.units) if unit and not self.public.by_orgnr(unit)}
        kinds = _Kinds(hiding(columns, shape.codes, shape.counts), silent(columns, table.size), unknown)
        around, units = self._around(table, shape), self._units(table)
        places = self._places(table, shape, around, units)
        if table.machine is None:
            self._listen(table, zip(around, units, places, strict=True), kinds)
        printed = numbers([columns[at] for at, _ in shape.numbers], table.size, kinds.others)
        for at, (known, place, plain) in enumerate(zip(around, places, printed, strict=True)):
            if at in kinds.others or (not place and not table.own) or (at in kinds.quiet and at not in kinds.hidden):
                continue
            if len(place) != 1 or known.group is None or (at in kinds.hidden and at not in kinds.quiet):
                kinds.others.add(at)
                continue
            if at in kinds.hidden:
                heard.note_hidden(known.group, place[0], table.places, at)
                continue
            if known.own_way:
                words = [column.word(at) for column in columns]
                plain = plainly(self.reader.numbers_of(words, shape, Key(*known.group, place[0])))
            if plain == NOTHING:
                heard.note_beside(known.group, place[0])
                continue
            if known.cells is None:
                known.cells = heard.cells(known.group)
            known.cells.setdefault(place[0], []).append(plain)
        return sorted(kinds.others)

    # --- what is known around rows -----------------------------------------------------------------------------------
    def _around(self, table: Table, shape: Shape) -> list[_Around]:
        """What is known of each row, worked out once for all that tell the same of themselves."""
        fields = [at for at, role in identity(table.names) if role != "unit"]
        names = tuple(table.names[at] for at in fields)
        known = Memory[tuple[object, ...], _Around](lambda told: self._known(table, shape, names, told))
        if not fields:
            around = [known[()]] * table.size
        else:
            around = [known[told] for told in zip(*[table.columns[at] for at in fields], strict=True)]
        for at, telling in shape.naming:
            if telling:
                around = self._named(table, shape, at, around)
        return around

    def _known(self, table: Table, shape: Shape, names: tuple[str, ...], values: tuple[object, ...]) -> _Around:
        about, texts = table.spot, tuple(map(text_of, values))
        if table.machine is None:
            about = told(self.public, about, names, texts)
        spot = about.known(level=None if about.level else table.level)
        return self._with_group(told(self.public, spot, names, texts), about, shape)

    def _named(self, table: Table, shape: Shape, at: int, around: list[_Around]) -> list[_Around]:
        """The same with what the texts of a column of names add."""
        reader, column = self.reader, table.columns[at]
        registries = {one.spot.registry for one in around}
        adding = {one for one in set(column) for registry in registries if self._adds[one, registry]}
        if not adding:
            return around
        told: dict[tuple[int, object], _Around] = {}
        added = []
        for known, value in zip(around, column, strict=True):
            if value in adding:
                key = id(known), value
                if key not in told:
                    spot = reader.named_by(known.spot, text_of(value))
                    told[key] = self._with_group(spot, known.about, shape)
                    if table.machine is None:  # its texts know less than its numbers
                        told[key].group = None
                known = told[key]
            added.append(known)
        return added

    def _adds_anything(self, asked: tuple[object, str | None]) -> bool:
        """Whether a text in a column of names tells an indicator, a context or a year."""
        text, registry = text_of(asked[0]), asked[1]
        name = self.reader.names[text]
        return bool(name.context or name.year or self.reader.indicators[text, registry])

    def _with_group(self, spot: Spot, about: Spot, shape: Shape) -> _Around:
        group = group_of(spot)
        if group is None:
            return _Around(spot, about, None)
        kind = self.reader.kinds[group[:2]]
        own_way = kind is IndicatorType.ANTALL or ("x" in shape.roles and not kind.summed)
        return _Around(spot, about, group, own_way)

    # --- units -------------------------------------------------------------------------------------------------------
    def _units(self, table: Table) -> list[tuple[Place, ...]]:
        """The unit that each row is marked with, filed under, or gives the orgnr of."""
        found: list[tuple[Place, ...]] = [()] * table.size
        listed = [table.units] if table.units else []
        listed += [table.columns[at] for at, role in identity(table.names) if role == "unit"]
        for column in listed:
            found = [self._by_orgnr[value] or before for value, before in zip(column, found, strict=True)]
        return found

    def _places(
        self, table: Table, shape: Shape, around: list[_Around], units: list[tuple[Place, ...]]
    ) -> list[tuple[Place, ...]]:
        """The units that each row may tell of: those that it names, else what stands around it."""
        named: list[tuple[Place, ...]] = [()] * table.size
        for at, _ in shape.naming:
            names = [self._named_by[value] for value in table.columns[at]]
            if any(names):
                named = [before or name for name, before in zip(names, named, strict=True)]
        rows = zip(named, units, around, strict=True)
        return [names or unit or self.reader.about(known.spot) for names, unit, known in rows]

    # --- texts -------------------------------------------------------------------------------------------------------
    def _listen(
        self,
        table: Table,
        rows: Iterable[tuple[_Around, tuple[Place, ...], tuple[Place, ...]]],
        kinds: _Kinds,
    ) -> None:
        """Add to the others each row of which a text says more than its numbers do."""
        telling = []
        for column in table.columns:
            sentences = {
                value: self.public.sentences[value] for value in set(column) if type(value) is str and " " in value
            }
            if any(sentences.values()):
                telling.append([sentences.get(value, ()) for value in column])
        if not telling:
            return
        for at, (row, *said) in enumerate(zip(rows, *telling, strict=True)):
            if at in kinds.others:
                continue
            known, unit, places = row
            about = unit or self.reader.about(known.about)
            simple = known.group is not None and at not in kinds.quiet and len(places) == 1
            for sentence in (one for sentences in said for one in sentences):
                meant = sentence.places or about
                same_year = not sentence.years or (known.group is not None and sentence.years == known.group[3:])
                if sentence.titled or (meant and not (simple and same_year and meant == places)):
                    kinds.others.add(at)


def _types(table: Table) -> list[type] | None:
    """The type of each column's values, `object` for whole numbers among others; None where a column mixes more."""
    if table.machine is not None:
        return [str] * len(table.columns)
    types = [set(map(type, column)) - {type(None)} for column in table.columns]
    if any(len(found) > 1 and found != {int, float} for found in types):
        return None
    return [object if len(found) > 1 else next(iter(found), str) for found in types]


def _machine(table: Table, types: Sequence[type]) -> tuple[bool, ...]:
    """Whether a program wrote each column's numbers."""
    if table.machine is None:
        return tuple(one in (int, float, object) for one in types)
    return (table.machine and not table.sparse, *[table.machine] * (len(types) - 1))
