"""Tables as auditors meet them: columns whose rows share all that is known around them.

Owns `Table`, how it is told row by row, and the level that a table's names have. Comes in: headings, columns, and what
is known. Goes out: `Record`s, or the table itself, which `audit_rows` reads at one go: pages hold thousands of rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from kvalreg.release.audit_public import CONTEXTS, Public, Spot, plain, years

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
_NUMBERS = frozenset({int, float})
_A_YEAR = re.compile(r"\d{4}(?:\.0)?")
_ONLY_A_YEAR = re.compile(r"(?:19|20)\d\d")


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
    """A row of a table or a data file by itself.

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


class Places(NamedTuple):
    """What the rows of a table are called: ``before``, the row's label, ``after``."""

    before: str
    labels: Sequence[object]
    after: str = ""

    def of(self, at: int) -> str:
        """What one row is called."""
        return f"{self.before}{self.labels[at]}{self.after}"


class Table(NamedTuple):
    """Rows with the same columns, around which the same is known.

    Parameters
    ----------
    spot
        What is known around all rows.
    names
        As those of a `Record`.
    columns
        The values of each: texts, or what JSON has.
    machine
        Whether a program wrote the numbers; None in JSON, where each value's type tells, where texts are passages too,
        and where what a row tells of itself is known before its level is looked for.
    places
        What its rows are called.
    units
        What each row is marked with or filed under; empty where no row is.
    level
        The level of rows that tell none.
    sparse
        Whether an empty text is a column that its row has not.
    own
        As that of a `Record`.
    """

    spot: Spot
    names: tuple[str, ...]
    columns: tuple[Sequence[Any], ...]
    machine: bool | None
    places: Places
    units: Sequence[str] = ()
    level: str | None = None
    sparse: bool = False
    own: bool = False

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.columns[0])

    def record(self, public: Public, at: int) -> Record:
        """One row by itself."""
        values = [column[at] for column in self.columns]
        texts, names = tuple([text_of(one) for one in values]), self.names
        machine = tuple([type(one) in _NUMBERS if self.machine is None else self.machine for one in values])
        spot = self._known(public, at, names, texts)
        record = Record(spot.known(level=None if spot.level else self.level), names, texts, machine, self.own)
        return by_machine(record) if self.sparse else record

    def fragments(self, public: Public, at: int) -> Iterator[Fragment]:
        """One row, and its texts that tell anything by themselves."""
        record = self.record(public, at)
        yield record
        if self.machine is None:
            spot = self._known(public, at, record.names, record.texts)
            for column in self.columns:
                text = column[at]
                if type(text) is str and " " in text and public.sentences[text]:
                    yield Passage(spot, text)

    def _known(self, public: Public, at: int, names: tuple[str, ...], texts: tuple[str, ...]) -> Spot:
        spot = self.spot._replace(place=self.places.of(at))
        unit = self.units[at] if self.units else ""
        if self.machine is not None:
            return spot._replace(orgnr=unit) if unit else spot
        return told(public, keyed(public, spot, unit) if unit else spot, names, texts)


Fragment = Passage | Record | Table


def by_machine(record: Record) -> Record:
    """A record of what cells are sorted by: numbers that a program wrote; where none stands, nothing is said."""
    kept = [0, *(at for at in range(1, len(record.texts)) if record.texts[at])]
    names, texts = tuple([record.names[at] for at in kept]), tuple([record.texts[at] for at in kept])
    return Record(record.spot, names, texts, (False, *(True for _ in kept[1:])), record.own)


def text_of(value: object) -> str:
    """A value as a text."""
    if type(value) is str:
        return plain(value)
    return "" if value is None else str(value)


# --- tables out of rows ----------------------------------------------------------------------------------------------
def crossed_columns(public: Public, heading: Sequence[str]) -> dict[int, Spot]:
    """The columns that are named after a unit or a year, each with what it is about."""
    found = {}
    for at, name in enumerate(heading):
        known = public.headed(Spot(""), name) if at else Spot("")
        known = known.known(year=int(plain(name)) if at and _ONLY_A_YEAR.fullmatch(plain(name)) else None)
        if known.orgnr or known.year:
            found[at] = known
    return found


def crossed_records(
    heading: Sequence[str], rows: Iterable[tuple[Spot, Sequence[str]]], crossed: dict[int, Spot], *, machine: bool
) -> list[Record]:
    """Rows as records; what stands in a column that is named after a unit or a year makes records of its own."""
    columns = tuple(plain(name) for name in heading)
    records: list[Record] = []
    for spot, cells in rows:
        size = len(cells)
        names = columns[:size] + ("",) * (size - len(columns))
        texts = [plain(cell) for cell in cells]
        kept = [at for at in range(size) if at not in crossed]
        straight = tuple(names[at] for at in kept), tuple(texts[at] for at in kept)
        records.append(Record(spot, *straight, (machine,) * len(kept)))
        for at, known in crossed.items():
            if at < size:
                where = spot.known(year=known.year, level=known.level, orgnr=known.orgnr)
                beside = (*straight[0], "value"), (*straight[1], texts[at])
                records.append(Record(where, *beside, (machine,) * (len(kept) + 1)))
    return records


def with_level(public: Public, found: Sequence[Record | Table]) -> list[Record | Table]:
    """The rows of one table with its level, where nothing says it: the level at which most of its names are known.

    A name may be a hospital's and a county's.
    """
    votes: Counter[str] = Counter()
    for one in found:
        votes.update(_votes_of(public, one) if type(one) is Table else _votes(public, one))  # type: ignore[arg-type]
    if not votes:
        return list(found)
    level = max(_LEVELS, key=lambda name: (votes[name], -_LEVELS.index(name)))
    return [
        one._replace(level=level)
        if type(one) is Table
        else one
        if one.spot.level
        else one._replace(spot=one.spot._replace(level=level))
        for one in found
    ]


def _votes(public: Public, record: Record) -> set[str]:
    if record.spot.level is not None:
        return set()
    return {place.level for text in record.texts for place in public.named[text]}


def _votes_of(public: Public, table: Table) -> Counter[str]:
    """How many rows that tell no level name a unit of each level."""
    votes: Counter[str] = Counter()
    if table.spot.level is not None:
        return votes
    if table.machine is None and (table.units or identity(table.names)):
        if _all_by_orgnr(public, table):
            return votes
        for at in range(table.size):
            votes.update(_votes(public, table.record(public, at)))
        return votes
    naming = []
    for column in table.columns:
        listed = set(column)
        if public.may_name(listed) and any(public.named[text_of(value)] for value in listed):
            naming.append(column)
    if len(naming) == 1:
        for value, times in Counter(naming[0]).items():
            for level in {place.level for place in public.named[text_of(value)]}:
                votes[level] += times
        return votes
    for values in zip(*naming, strict=True):
        votes.update({place.level for value in values for place in public.named[text_of(value)]})
    return votes


def _all_by_orgnr(public: Public, table: Table) -> bool:
    """Whether each row tells its unit, and by that its level."""
    telling = [table.units] if table.units else []
    telling += [table.columns[at] for at, role in identity(table.names) if role == "unit"]
    return any(all(type(one) is str and public.by_orgnr(one) for one in column) for column in telling)


# --- what rows tell of themselves ------------------------------------------------------------------------------------
def told(public: Public, spot: Spot, names: tuple[str, ...], texts: tuple[str, ...]) -> Spot:
    """What an object's own values tell about it."""
    places = identity(names)
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
def identity(names: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    """The places of the values that say what an object is about, and what each says; of one name, the last."""
    places = {name: at for at, name in enumerate(names)}
    return tuple((at, _IDENTITY[name.lower()]) for name, at in places.items() if name.lower() in _IDENTITY)


def keyed(public: Public, spot: Spot, key: str) -> Spot:
    """What an object's key tells of what it holds: ``{"111": {...}}``, ``{"2024": {...}}``."""
    units = public.units_of[key]
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
