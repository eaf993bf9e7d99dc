"""What fragments say about cells: numbers, hidden marks, and units named beside a number.

Owns the judgement of what is a number about a cell and what is not: years, targets, orgnr and titles are not. Comes
in: `Passage`s and `Record`s. Goes out: `Reading`s, for which the cell is known, and `Claim`s, for which it is known in
part. Which cells are hidden is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from kvalreg.disclosure.published import Status
from kvalreg.inputs.descriptor import IndicatorType
from kvalreg.inputs.units import Level
from kvalreg.release.audit_public import (
    LEVEL_WORDS,
    Key,
    Memory,
    Place,
    Public,
    Spot,
    catalogue,
    plain,
    without_years,
)
from kvalreg.release.audit_tables import Fragment, Passage, Record, Table, TextKind, told
from kvalreg.release.published_numbers import Numbers, Plain, Span, drawn, plainly, printed, printed_interval
from kvalreg.report.not_shown import FOOTNOTES, SIGNS

HIDDEN_MARKS = catalogue("states.secret", "revision.hidden")
UNRELIABLE_MARKS = catalogue("states.few_patients", "states.low_coverage")
"""Words in the place of a result that is not reliable: its number of patients may stand beside it, and nothing else."""
_PROVISIONAL_WORDS = frozenset(
    plain(mark.format(level=level)) for mark in catalogue("states.provisional_level") for level in LEVEL_WORDS
)
_FUNNEL_WORDS = catalogue(*(f"verdicts.{code}" for code in ("as_expected", "possible_deviation", "deviation")))
_CODES = {"high", "moderate", "low", "as_expected", "possible_deviation", "deviation"}
_CODES |= {"better", "worse", "increased", "decreased", "unclear"}
_VERDICTS = LEVEL_WORDS | _PROVISIONAL_WORDS | _FUNNEL_WORDS | _CODES
_ROLES = {
    "n": catalogue("table.patients") | {"denominator", "n", "patients", "nevner"},
    "x": frozenset({"var", "x", "numerator", "teller"}),
    "value": catalogue("table.value", "revision.now") | {"value", "verdi", "share"},
    "text": frozenset({"text"}),
    "before": catalogue("revision.before", "revision.patients_before") | {"value_before", "denominator_before"},
    "low": frozenset({"low", "lower"}),
    "high": frozenset({"high", "upper"}),
    "interval": catalogue("table.interval") | {"interval", "ci"},
    "shown": frozenset({"shown"}),
    "footnote": frozenset({"footnote"}),
    "unit": catalogue("table.unit", "table.indicator", "table.year")
    | {"unit", "unit_name", "name", "short_name", "hospital", "title", "navn", "enhet"},
    "aside": catalogue("table.target", "table.change")
    | {"registry", "register", "registry_id", "ind_id", "indicator", "context", "year", "orgnr", "unit_id", "target"}
    | {"level_green", "level_yellow", "level_direction", "min_denominator", "provisional", "dashed", "change_from"}
    | {"coverage_year", "dg_year", "series_from", "registry_name", "unit_level"}
    | {"latest_update", "latest_affirm", "$schema", "parent"},
}
_ROLE_OF = {name.lower(): role for role, names in _ROLES.items() for name in names}
NUMBERS = frozenset({"n", "x", "value", "text", "low", "high", "interval"})
TELLS_HIDING = frozenset({"n", "x", "value", "shown", "footnote"})
_N, _VALUE, _LOW = (Numbers._fields.index(name) for name in ("n", "value", "low"))
NUMBER_ROLES = {"n": _N, "x": _N + 1, "value": _VALUE, "text": _VALUE, "low": _LOW, "high": _LOW + 1}
"""The part of `Numbers` that a program's number tells in a column of each role."""
Told = list[tuple[int, Span]]
"""Parts of `Numbers` by their places, and what is told of them."""
_SILENT = frozenset({"aside", "unit", "shown"})
QUIET_ROLES = _SILENT - {"shown"}
"""Roles of columns in which only the mark of a hidden cell says anything."""
_WITHOUT_DOUBT = QUIET_ROLES | {"before"}
"""Roles of columns in which nothing marks a cell as not reliable."""
_SEVERAL = 2
HIDDEN_CODE = FOOTNOTES[Status.SECRET]
"""What open data has in the column ``footnote`` of a hidden cell."""
UNRELIABLE_CODES = frozenset({FOOTNOTES[Status.FEW_PATIENTS], FOOTNOTES[Status.LOW_COVERAGE]})
"""And of one whose result is not reliable."""
COVERAGE = frozenset({"dg", "coverage"})
"""Columns that may stand beside a result that is not reliable, as its number of patients may."""
_SIGNS = "".join(SIGNS.values())
_WHOLE_OR_DECIMAL = re.compile(r"-?\d+(?:[.,]\d+)?")
"""A number as programs write it."""
_ADDRESS = re.compile(r"[\w./-]+\.(?:json|csv|html)")


class Reading(NamedTuple):
    """One place that tells of one cell. `numbers` is None where the cell is marked as hidden.

    The key's context is empty where nothing around it tells which it is. `unreliable` where the cell is marked as such.
    """

    key: Key
    numbers: Numbers | None
    spot: Spot
    unreliable: bool = False


class Claim(NamedTuple):
    """A number, or a verdict, beside these units; what the spot does not know may be anything.

    `years` is empty where none is named; `patients` is the number where nothing but one of patients is told.
    """

    places: tuple[Place, ...]
    years: tuple[int, ...]
    spot: Spot
    patients: int | None = None


class Unattached(NamedTuple):
    """A row of one of our own tables that tells of no cell we can name."""

    spot: Spot


class _Name(NamedTuple):
    """What a text in a column of names says of its row."""

    places: tuple[Place, ...]
    context: str | None
    year: int | None


class Word(NamedTuple):
    """What a text says in a column.

    Parameters
    ----------
    mark, hides
        Whether it is the mark of a hidden cell, or a code that says that its row is hidden.
    doubts
        Whether it is a mark or a code of a cell that is not reliable.
    speaks
        Whether it may be a result.
    empty
        Whether it is nothing at all.
    told, parts
        Which numbers it tells, and the same as `Numbers` without names.
    """

    mark: bool
    hides: bool
    doubts: bool
    speaks: bool
    empty: bool
    told: Told
    parts: Plain


class Shape(NamedTuple):
    """What the columns of a table mean, by their places.

    Parameters
    ----------
    roles
        What each of them is called among our own names.
    columns
        What each text says in each of them.
    codes, counts
        Those that say by a code that a row is hidden, and those of which all are empty where it is.
    numbers
        Those that hold numbers, each with its role.
    naming
        Those that may name what the row is about, and whether they may name an indicator too.
    orgnrs
        Those that hold an orgnr.
    """

    roles: tuple[str | None, ...]
    columns: tuple[Memory[str, Word], ...]
    codes: tuple[int, ...]
    counts: tuple[int, ...]
    numbers: tuple[tuple[int, str], ...]
    naming: tuple[tuple[int, bool], ...]
    orgnrs: tuple[int, ...]


class Reader:
    """Reads fragments. What it has found out about a text is remembered, whatever the text stands beside."""

    def __init__(self, public: Public) -> None:
        self.public = public
        self._nation = Place(Level.NATION.value, public.units.nation.orgnr)
        self.kinds = {(r.id, i.id): i.type for r in public.registries.values() for i in r.indicators}
        self.names = Memory(self._name_in)
        self.indicators = Memory(self._indicator_in)
        self.shapes = Memory(self._shape_of)
        self.columns = Memory(self._column_of)

    def read(self, fragment: Fragment) -> Iterator[Reading | Claim | Unattached]:
        """Everything that a fragment says about cells; a table row by row."""
        if type(fragment) is Table:
            rows = (row for at in range(fragment.size) for row in fragment.fragments(self.public, at))
            return (said for row in rows for said in self.read(row))
        return self._passage(fragment) if type(fragment) is Passage else self._record(fragment)  # type: ignore[arg-type]

    # --- texts -------------------------------------------------------------------------------------------------------
    def _passage(self, passage: Passage) -> Iterator[Claim]:
        spot, text, kind = passage
        spot = self.agreeing(spot)
        if kind is TextKind.LABEL and (places := _of_level(self.public.named[text], spot)):
            yield Claim(places, _years(spot), spot)
            return
        for places, every_title, named_years, patients in self.public.sentences[text]:
            titled = [one for one in every_title if spot.registry in (None, one[0])]
            if titled:
                places = (*places, self._nation)
            if spot.orgnr is not None:
                places = self._without_namesakes(places, spot.orgnr)
            if not places and kind is TextKind.PROSE:
                places = self.about(spot)
            if places:
                where = spot.known(registry=titled[0][0], ind_id=titled[0][1]) if len(titled) == 1 else spot
                yield Claim(places, named_years or _years(spot), where, patients)

    def _without_namesakes(self, places: tuple[Place, ...], orgnr: str) -> tuple[Place, ...]:
        """Where a place tells of one unit, its name means that unit, and none of the others that bear it."""
        own = next((place for place in places if place.orgnr == orgnr), None)
        if own is None or orgnr not in self.public.units:
            return places
        unit = self.public.units[orgnr]
        namesakes = {
            place for name in (unit.name, unit.short_name) for place in self.public.places.get(plain(name), ())
        }
        return tuple(place for place in places if place == own or place not in namesakes)

    def agreeing(self, spot: Spot) -> Spot:
        """What is known, without an indicator that its registry does not have: the cell may then be of any."""
        if spot.ind_id is None or spot.registry is None or (spot.registry, spot.ind_id) in self.kinds:
            return spot
        return spot._replace(ind_id=None)

    def about(self, spot: Spot) -> tuple[Place, ...]:
        """The unit that the surroundings tell of."""
        if spot.orgnr is not None:
            return _of_level(self.public.by_orgnr(spot.orgnr), spot)
        return (self._nation,) if spot.level == Level.NATION.value else ()

    # --- records -----------------------------------------------------------------------------------------------------
    def _record(self, record: Record) -> Iterator[Reading | Claim | Unattached]:
        spot, names, texts, machine, own = record
        shape = self.shapes[names, machine, spot.english]
        words = [column[text] for column, text in zip(shape.columns, texts, strict=True)]
        hidden = speaks = unreliable = False
        for word in words:
            hidden = hidden or word.mark
            speaks = speaks or word.speaks
            unreliable = unreliable or word.doubts
        hidden = hidden or (not unreliable and _says_hidden(shape, words))
        if not (hidden or speaks or unreliable):
            return
        spot, places = self._identify(record, shape)
        key = _key(spot, places)
        if key is not None:
            if hidden:
                yield Reading(key, None, spot)
            elif unreliable:
                yield Reading(key, self.numbers_of(words, shape._replace(numbers=_tabled(shape)), key), spot, True)
                yield from self._beside_patients(record, shape, words, Claim(places, _years(spot), spot))
                return
            elif numbers := self.numbers_of(words, shape, key):
                yield Reading(key, numbers, spot)
                return
        if places and speaks:
            yield Claim(places, _years(spot), spot)
        if own and key is None:
            yield Unattached(record.spot)

    def _beside_patients(self, record: Record, shape: Shape, words: list[Word], claim: Claim) -> Iterator[Claim]:
        """What a row says of its cell, which is not reliable, besides numbers in columns of their own."""
        counts = self.kinds.get((claim.spot.registry or "", claim.spot.ind_id or "")) is IndicatorType.ANTALL
        for name, role, text, word in zip(record.names, shape.roles, record.texts, words, strict=True):
            if role == "text":
                yield from (claim._replace(patients=one.patients) for one in self.public.sentences[text])
            elif word.speaks and name.lower() not in COVERAGE and role != "before":
                yield from [claim] if counts or role not in NUMBERS else []

    def _shape_of(self, asked: tuple[tuple[str, ...], tuple[bool, ...], bool]) -> Shape:
        """What the columns of a table mean, worked out once for all its rows."""
        names, machine, english = asked
        roles = _roles(names)
        last = {role: at for at, role in enumerate(roles) if role in TELLS_HIDING}
        return Shape(
            roles,
            tuple(self.columns[role, by, english] for role, by in zip(roles, machine, strict=True)),
            tuple(last[role] for role in ("shown", "footnote") if role in last),
            tuple(last[role] for role in ("n", "x", "value") if role in last),
            tuple((at, role) for at, role in enumerate(roles) if role is not None and role in NUMBERS),
            tuple(
                (at, at == 0 or role == "unit")
                for at, role in enumerate(roles)
                if not machine[at] and role in ("unit", None)
            ),
            _orgnrs(names),
        )

    def _column_of(self, asked: tuple[str | None, bool, bool]) -> Memory[str, Word]:
        """What texts say in columns of one role, each worked out once."""
        role, machine, english = asked

        def word(text: str) -> Word:
            if machine and _WHOLE_OR_DECIMAL.fullmatch(text) and not self.public.has_numbered_names:
                told = _numbers_in(text, role, machine=machine, english=english) if role in NUMBERS else []
                hides = role == "shown" and text == "0"
                speaks, parts = role not in _SILENT, parts_of(told)
                return Word(mark=False, hides=hides, doubts=False, speaks=speaks, empty=False, told=told, parts=parts)
            low = text.lower()
            told = _numbers_in(text, role, machine=machine, english=english) if role in NUMBERS else []
            return Word(
                role != "before" and _is_mark(text),
                low in ("false", "0") if role == "shown" else role == "footnote" and HIDDEN_CODE in text.split(),
                role not in _WITHOUT_DOUBT and _doubts(text, role),
                role not in _SILENT and self._speaks_by_itself(text, without_role=role is None, machine=machine),
                low in ("", "nan"),
                told,
                parts_of(told),
            )

        return Memory(word)

    def _identify(self, record: Record, shape: Shape) -> tuple[Spot, tuple[Place, ...]]:
        """Which cell a record is about, from its own fields first, then from what stands around it."""
        texts = record.texts
        spot = told(self.public, record.spot, record.names, texts)
        names: tuple[Place, ...] = ()
        for at, telling in shape.naming:
            text = texts[at]
            name = self.names[text]
            names = names or _of_level(name.places, spot)
            if telling:
                spot = self.named_by(spot, text)
        spot = self.agreeing(spot)
        if names:
            # Names repeat, and an orgnr does not; where the two contradict each other, the name is what readers see.
            keyed = next((self.public.by_orgnr(texts[at]) for at in shape.orgnrs), ())
            return spot, (names if names == keyed else tuple(place for place in names if place in keyed) or names)
        return spot, self.about(spot)

    def named_by(self, spot: Spot, text: str) -> Spot:
        """What a text in a column of names adds: an indicator, a context, a year."""
        name, found = self.names[text], self.indicators[text, spot.registry]
        if found and found != (spot.registry, spot.ind_id):
            spot = spot._replace(registry=found[0], ind_id=found[1])
        if name.context is not None or name.year is not None:
            spot = spot.known(context=name.context, year=name.year)
        return spot

    def _name_in(self, text: str) -> _Name:
        year = re.match(r"((?:19|20)\d\d)(?!\d)", text)
        places = self.public.named[text] or self._long_orgnr(text)
        return _Name(places, self.public.context(text), int(year[1]) if year else None)

    def _long_orgnr(self, text: str) -> tuple[Place, ...]:
        return self.public.by_orgnr(text) if re.fullmatch(r"\d{6,}", text) else ()

    def _indicator_in(self, asked: tuple[str, str | None]) -> tuple[str, str] | None:
        """The indicator that a row's first cell names, with or without a remark after it, or links to."""
        text, registry = asked
        link = re.search(r"#(ind-[a-z0-9_-]+)", text)
        if link and link[1] in self.public.anchors:
            return self.public.anchors[link[1]]
        found = self.public.indicator(text, registry)
        if found or registry is None:
            return found
        starts = [i for i in self.public.registries[registry].indicators if text.startswith(plain(i.title))]
        return (registry, max(starts, key=lambda i: len(i.title)).id) if starts else None

    def _speaks_by_itself(self, text: str, *, without_role: bool, machine: bool) -> bool:
        """Whether a field holds a number or a verdict that may be the cell's."""
        if text in _VERDICTS:
            return True
        if text.lower() in ("", "nan", "true", "false") or _is_mark(text) or self.public.named[text]:
            return False
        if _ADDRESS.fullmatch(text):
            return False
        if without_role and not machine:
            return self.public.says_result(self.public.mentioned(text)[1]) and self._long_orgnr(text) == ()
        return re.search(r"\d", text if machine else without_years(text)) is not None

    def numbers_of(self, words: list[Word], shape: Shape, key: Key) -> Numbers:
        """A row's numbers, each as exactly as it is told."""
        kind = self.kinds[key.registry, key.ind_id]
        parts: list[Span | None] = [None] * len(Numbers._fields)
        for at, role in shape.numbers:
            told = words[at].told
            if role == "x" and not kind.summed:
                told = [(_VALUE, span) for _, span in told]
            if kind is IndicatorType.ANTALL:  # A count is its own number of patients; its denominator says nothing.
                told = [(_N, span) for part, span in told if part == _VALUE]
            for part, span in _agreed(parts, told):
                parts[part] = span
        return Numbers(*parts)


def parts_of(told: Told) -> Plain:
    """What is told, as `Numbers` without names."""
    parts = dict(told)
    return plainly(Numbers(*[parts.get(at) for at in range(len(Numbers._fields))]))


def _says_hidden(shape: Shape, words: list[Word]) -> bool:
    """Whether a row says that its cell is hidden by a code, by ``shown: false``, or by empty numbers."""
    if any(words[at].hides for at in shape.codes):
        return True
    return bool(shape.counts) and all(words[at].empty for at in shape.counts)


def _agreed(parts: list[Span | None], told: Told) -> Told:
    """What is told, met with what is known; nothing where any of it contradicts that."""
    for part, _ in told:
        if parts[part] is not None:
            break
    else:
        return told
    met = [(part, span if (known := parts[part]) is None else known.meet(span)) for part, span in told]
    return [(part, span) for part, span in met if span is not None] if all(span for _, span in met) else []


def _years(spot: Spot) -> tuple[int, ...]:
    return () if spot.year is None else (spot.year,)


def _of_level(places: tuple[Place, ...], spot: Spot) -> tuple[Place, ...]:
    """Of several units with one name, those of the level that the surroundings tell of; all where none is."""
    if len(places) < _SEVERAL:
        return places
    return tuple(place for place in places if place.level == spot.level) or places


def _key(spot: Spot, places: tuple[Place, ...]) -> Key | None:
    """The cell that a record is about; its context is empty where nothing tells it."""
    if spot.registry is None or spot.ind_id is None or spot.year is None or len(places) != 1:
        return None
    return Key(spot.registry, spot.ind_id, spot.context or "", spot.year, places[0])


@lru_cache(4096)
def _roles(names: tuple[str, ...]) -> tuple[str | None, ...]:
    return tuple(_ROLE_OF.get(name.lower()) if name else None for name in names)


@lru_cache(4096)
def _orgnrs(names: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(at for at, name in enumerate(names) if name.lower() == "orgnr")


def _is_mark(text: str) -> bool:
    """Whether a text is the mark of a hidden cell, with or without the sign of its note."""
    return text.rstrip(_SIGNS).rstrip() in HIDDEN_MARKS


def _doubts(text: str, role: str | None) -> bool:
    """Whether a text is the mark or the code of a cell that is not reliable."""
    if role == "footnote":
        return not UNRELIABLE_CODES.isdisjoint(text.split())
    return text.rstrip(_SIGNS).rstrip() in UNRELIABLE_MARKS


def _tabled(shape: Shape) -> tuple[tuple[int, str], ...]:
    """The columns of numbers that are no sentences."""
    return tuple((at, role) for at, role in shape.numbers if role != "text")


def _numbers_in(text: str, role: str, *, machine: bool, english: bool) -> Told:
    """What a text in a column of this role says."""
    span = drawn(text) if machine else printed(text, english=english)
    if role in ("interval", "value"):
        limits = None if machine else printed_interval(text, english=english)
        told = list(enumerate(limits, start=_LOW)) if limits else []
        return [(_VALUE, span), *told] if role == "value" and span else told
    return [(_VALUE if role == "text" else Numbers._fields.index(role), span)] if span else []
