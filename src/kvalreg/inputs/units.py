"""The units of the health service: nation -> RHF -> HF -> hospital, and counties.

Owns `registries/units.csv` (columns ``orgnr;name;short_name;level;parent;county;closed``) and the tree it makes.
`orgnr` is the key everywhere: names repeat across units.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from kvalreg.errors import ConfigurationError, Fault
from kvalreg.inputs.table_file import Layout, name_rows, read_table
from kvalreg.inputs.text_file import misread, printable, quote
from kvalreg.kinds import Kind

COLUMNS = ("orgnr", "name", "short_name", "level", "parent", "county", "closed")
_OPTIONAL = COLUMNS[5:]


class Level(StrEnum):
    """A level of the health service. The order is from the whole to the part; county stands beside HF."""

    NATION = "nation"
    RHF = "rhf"
    HF = "hf"
    HOSPITAL = "hospital"
    COUNTY = "county"


_LEVEL_ABOVE = {Level.NATION: None, Level.RHF: Level.NATION, Level.HF: Level.RHF, Level.HOSPITAL: Level.HF}


_CLOSED = re.compile(r"((?:19|20)[0-9]{2})(?:-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))?")
_ORGNR = re.compile(r"[0-9A-Za-z_-]+", re.ASCII)
_LONGEST = {"orgnr": 50, "name": 200, "short_name": 100, "county": 100}
"""Characters."""


@dataclass(frozen=True)
class Unit:
    """One unit. `parent` is None for the nation; `county` is given for hospitals where it is known.

    `closed` is the year in which the unit was closed: it is shown in years up to then, with that year beside its name.
    """

    orgnr: str
    name: str
    short_name: str
    level: Level
    parent: str | None
    county: str | None = None
    closed: int | None = None


@dataclass(frozen=True)
class Units:
    """All units by `orgnr`: a checked tree with one nation."""

    by_orgnr: dict[str, Unit]

    def __getitem__(self, orgnr: str) -> Unit:
        return self.by_orgnr[orgnr]

    def __contains__(self, orgnr: object) -> bool:
        return orgnr in self.by_orgnr

    def __iter__(self) -> Iterator[Unit]:
        return iter(self.by_orgnr.values())

    def __len__(self) -> int:
        return len(self.by_orgnr)

    @property
    def nation(self) -> Unit:
        """The one unit that all others are part of."""
        return self.at(Level.NATION)[0]

    def ancestors(self, orgnr: str) -> tuple[Unit, ...]:
        """The units above this one, the nearest first; none for the nation."""
        above: list[Unit] = []
        parent = self[orgnr].parent
        while parent is not None:
            above.append(self[parent])
            parent = above[-1].parent
        return tuple(above)

    def children(self, orgnr: str) -> tuple[Unit, ...]:
        """The units right below this one, in the order of the file; none for a hospital."""
        return self._by_parent.get(self[orgnr].orgnr, ())

    def at(self, level: Level) -> tuple[Unit, ...]:
        """Every unit of one level, in the order of the file. Counties are no units: see `counties`."""
        return self._by_level.get(level, ())

    @cached_property
    def counties(self) -> tuple[str, ...]:
        """The names of all counties, sorted."""
        return tuple(sorted({unit.county for unit in self if unit.county is not None}))

    @cached_property
    def _by_parent(self) -> dict[str, tuple[Unit, ...]]:
        groups: defaultdict[str, list[Unit]] = defaultdict(list)
        for unit in self:
            if unit.parent is not None:
                groups[unit.parent].append(unit)
        return {parent: tuple(units) for parent, units in groups.items()}

    @cached_property
    def _by_level(self) -> dict[Level, tuple[Unit, ...]]:
        return {level: tuple(unit for unit in self if unit.level is level) for level in Level}


def read_units(path: Path, shown: str) -> Units:
    """The units of `registries/units.csv`.

    The file is UTF-8, else Latin-1, with the columns ``orgnr;name;short_name;level;parent;county;closed``. Lines that
    begin with ``#`` are comments. `parent` is empty for the nation. `county` and `closed` may be empty, and the columns
    may be left out; `closed` is the year or the date (YYYY-MM-DD) on which the unit was closed.

    Raises
    ------
    ConfigurationError
        With every fault: columns, levels, units that are named twice, parents, cycles, nations, names.
    """
    layout = Layout(COLUMNS[:5], _OPTIONAL, comment="#", error=ConfigurationError)
    cells = read_table(path, shown, layout).cells
    lines: list[_Line] = []
    for row, texts in zip(cells.index, cells.to_dict("records"), strict=True):
        lines.append(_Line(printable(shown), int(row), {str(key): str(text) for key, text in texts.items()}))
    faults = [fault for line in lines for fault in line.faults()]
    faults += _tree_faults(lines, printable(shown))
    if faults:
        raise ConfigurationError(sorted(faults, key=lambda fault: (fault.line or 0, fault.key)))
    return Units({line.orgnr: line.unit() for line in lines})


def write_units(units: Units, path: Path, comment: str = "") -> None:
    """Write the units as `read_units` reads them, below the lines of `comment`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {line}\n" for line in comment.splitlines())
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        width = len(COLUMNS) if any(unit.closed for unit in units) else len(COLUMNS) - 1
        writer.writerow(COLUMNS[:width])
        for unit in units:
            cells = (unit.orgnr, unit.name, unit.short_name, unit.level.value, unit.parent or "", unit.county or "")
            writer.writerow((*cells, unit.closed or "")[:width])


@dataclass(frozen=True)
class _Line:
    """One row of the file, not checked yet."""

    shown: str
    row: int
    texts: Mapping[str, str]

    @property
    def orgnr(self) -> str:
        return self.texts["orgnr"]

    @property
    def parent(self) -> str:
        return self.texts["parent"]

    @property
    def level(self) -> Level | None:
        """The level, or None where the text names none that a unit can have."""
        return next((level for level in _LEVEL_ABOVE if level.value == self.texts["level"]), None)

    @property
    def closed(self) -> int | None:
        """The year in which the unit was closed; None where none is told."""
        found = _CLOSED.fullmatch(self.texts.get("closed", ""))
        return int(found[1]) if found else None

    def unit(self) -> Unit:
        assert self.level is not None
        return Unit(
            self.orgnr,
            self.texts["name"],
            self.texts["short_name"],
            self.level,
            self.parent or None,
            self.texts.get("county") or None,
            self.closed,
        )

    def fault(self, key: str, what: str, todo: str, kind: Kind = Kind.UNIT_CELL) -> Fault:
        return Fault(what, todo, self.shown, self.row, key, kind)

    def faults(self) -> Iterator[Fault]:
        """What is wrong with the row by itself."""
        yield from self._text_faults()
        if self.orgnr and not _ORGNR.fullmatch(self.orgnr):
            yield self.fault("orgnr", f"{quote(self.orgnr)} is no orgnr.", "Use digits, letters, _ and - only.")
        if self.texts.get("closed") and self.closed is None:
            todo = "Write the year or the date, as in 2021 or 2021-06-30."
            yield self.fault("closed", f"{quote(self.texts['closed'])} is no year.", todo)
        if self.level is None:
            levels = ", ".join(level.value for level in _LEVEL_ABOVE)
            yield self.fault("level", f"{quote(self.texts['level'])} is no level of a unit.", f"Use one of {levels}.")
        elif self.level is Level.NATION and self.parent:
            yield self.fault("parent", "The nation has a parent.", "Leave the cell empty.", Kind.PARENT)
        elif self.level is not Level.NATION and not self.parent:
            yield self.fault(
                "parent", "The unit has no parent.", "Write the orgnr of the unit that it is part of.", Kind.PARENT
            )

    def _text_faults(self) -> Iterator[Fault]:
        for key in ("orgnr", "name", "short_name"):
            if not self.texts[key]:
                yield self.fault(key, "The cell is empty.", "Fill it in.")
        for key in ("name", "short_name", "county"):
            name = self.texts.get(key, "")
            if name and not any(sign.isalpha() for sign in name):
                what = f"{quote(name)} has no letter, so that nobody can tell it from a number."
                yield self.fault(key, what, "Write the name in letters, as in 'Post 7'.", Kind.UNIT_NAME)
        for key, longest in _LONGEST.items():
            text = self.texts.get(key, "")
            if len(text) > longest:
                yield self.fault(key, "The text is too long.", f"Use at most {longest} characters.", Kind.TEXT_LONG)
            elif misread(text):
                what = f"{quote(text)} has letters that were read in another encoding ({quote(misread(text))})."
                yield self.fault(key, what, "Write them again, and save the file as UTF-8.", Kind.MISREAD)


def _tree_faults(lines: list[_Line], shown: str) -> Iterator[Fault]:
    """What is wrong with the rows together."""
    by_orgnr: dict[str, _Line] = {}
    for line in lines:
        first = by_orgnr.setdefault(line.orgnr, line) if line.orgnr else line
        if first is not line:
            what = f"The orgnr {quote(line.orgnr)} is in row {first.row} already."
            yield line.fault("orgnr", what, "Keep one row for each unit.", Kind.UNIT_TWICE)
    yield from _name_faults(lines)
    nations = [line for line in lines if line.level is Level.NATION]
    if not nations:
        yield Fault("There is no nation.", "Add one row with the level 'nation'.", shown, key="level", kind=Kind.NATION)
    elif len(nations) > 1:
        where = name_rows([line.row for line in nations])
        yield nations[1].fault("level", f"There is more than one nation: {where}.", "Keep one.", Kind.NATION)
    for line in lines:
        if line.parent and line.level is not Level.NATION:
            yield from _parent_faults(line, by_orgnr)
    yield from _cycle_faults(by_orgnr)


def _name_faults(lines: list[_Line]) -> Iterator[Fault]:
    """Units that nobody can tell apart: one name in one place, both open or closed in the same year."""
    first: dict[tuple[str, str, int | None], _Line] = {}
    for line in lines:
        name = " ".join(line.texts["name"].casefold().split())
        same = first.setdefault((name, line.parent, line.closed), line) if name else line
        if same is not line and same.orgnr != line.orgnr:
            what = (
                f"The unit in row {same.row} has the same name and parent, so that readers cannot tell the two apart."
            )
            yield line.fault(
                "name", what, "Give one of them another name, or the year in which it closed.", Kind.UNIT_NAME
            )


def _parent_faults(line: _Line, by_orgnr: Mapping[str, _Line]) -> Iterator[Fault]:
    parent = by_orgnr.get(line.parent)
    if parent is None:
        what = f"The parent {quote(line.parent)} is not among the units."
        yield line.fault("parent", what, "Add that unit, or correct the parent.", Kind.PARENT)
    elif line.level is not None and parent.level is not None and parent.level is not _LEVEL_ABOVE[line.level]:
        above = _LEVEL_ABOVE[line.level]
        what = f"The parent (row {parent.row}) has the level '{parent.level.value}'."
        todo = f"A unit of level '{line.level.value}' is part of one of level '{above.value if above else ''}'."
        yield line.fault("parent", what, todo, Kind.PARENT)


def _cycle_faults(by_orgnr: Mapping[str, _Line]) -> Iterator[Fault]:
    """Each cycle once, at its first row."""
    done: set[str] = set()
    for start in by_orgnr:
        way: list[str] = []
        orgnr = start
        while orgnr in by_orgnr and orgnr not in done:
            done.add(orgnr)
            way.append(orgnr)
            orgnr = by_orgnr[orgnr].parent
        if orgnr in way:
            cycle = [by_orgnr[each] for each in way[way.index(orgnr) :]]
            first = min(cycle, key=lambda line: line.row)
            where = name_rows(sorted(line.row for line in cycle))
            yield first.fault("parent", f"Units are above themselves: {where}.", "Correct their parents.", Kind.PARENT)
