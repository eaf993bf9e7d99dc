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

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import ConfigurationError, Diagnostic
from kvalreg.inputs.table_file import TableLayout, format_rows, read_table
from kvalreg.inputs.text_file import misread, printable, quote, without_controls

UNIT_COLUMNS = ("orgnr", "name", "short_name", "level", "parent", "county", "closed")
_OPTIONAL_COLUMNS = UNIT_COLUMNS[5:]


class Level(StrEnum):
    """A level of the health service. The order is from the whole to the part; county stands beside HF."""

    NATION = "nation"
    RHF = "rhf"
    HF = "hf"
    HOSPITAL = "hospital"
    COUNTY = "county"


_PARENT_LEVEL = {Level.NATION: None, Level.RHF: Level.NATION, Level.HF: Level.RHF, Level.HOSPITAL: Level.HF}


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
        return self.at_level(Level.NATION)[0]

    def ancestors(self, orgnr: str) -> tuple[Unit, ...]:
        """The units above this one, the nearest first; none for the nation."""
        ancestors: list[Unit] = []
        parent = self[orgnr].parent
        while parent is not None:
            ancestors.append(self[parent])
            parent = ancestors[-1].parent
        return tuple(ancestors)

    def children(self, orgnr: str) -> tuple[Unit, ...]:
        """The units right below this one, in the order of the file; none for a hospital."""
        return self._by_parent.get(self[orgnr].orgnr, ())

    def at_level(self, level: Level) -> tuple[Unit, ...]:
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


def read_units(path: Path, display_path: str) -> Units:
    """The units of `registries/units.csv`.

    The file is UTF-8, else Latin-1, with the columns ``orgnr;name;short_name;level;parent;county;closed``. Lines that
    begin with ``#`` are comments. `parent` is empty for the nation. `county` and `closed` may be empty, and the columns
    may be left out; `closed` is the year or the date (YYYY-MM-DD) on which the unit was closed.

    Raises
    ------
    ConfigurationError
        With every fault: columns, levels, units that are named twice, parents, cycles, nations, names.
    """
    layout = TableLayout(UNIT_COLUMNS[:5], _OPTIONAL_COLUMNS, comment="#", error=ConfigurationError)
    cells = read_table(path, display_path, layout).cells
    unit_records: list[_UnitRecord] = []
    for row, texts in zip(cells.index, cells.to_dict("records"), strict=True):
        unit_records.append(
            _UnitRecord(printable(display_path), int(row), {str(key): str(text) for key, text in texts.items()})
        )
    diagnostics = [diagnostic for unit_record in unit_records for diagnostic in unit_record.diagnostics()]
    diagnostics += _tree_diagnostics(unit_records, printable(display_path))
    if diagnostics:
        raise ConfigurationError(sorted(diagnostics, key=lambda diagnostic: (diagnostic.line or 0, diagnostic.key)))
    return Units({unit_record.orgnr: unit_record.to_unit() for unit_record in unit_records})


def write_units(units: Units, path: Path, comment: str = "") -> None:
    """Write the units as `read_units` reads them, below the lines of `comment`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {line}\n" for line in comment.splitlines())
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        width = len(UNIT_COLUMNS) if any(unit.closed for unit in units) else len(UNIT_COLUMNS) - 1
        writer.writerow(UNIT_COLUMNS[:width])
        for unit in units:
            cells = (unit.orgnr, unit.name, unit.short_name, unit.level.value, unit.parent or "", unit.county or "")
            writer.writerow((*cells, unit.closed or "")[:width])


@dataclass(frozen=True)
class _UnitRecord:
    """One row of the file, not checked yet."""

    display_path: str
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
        return next((level for level in _PARENT_LEVEL if level.value == self.texts["level"]), None)

    @property
    def closed(self) -> int | None:
        """The year in which the unit was closed; None where none is told."""
        match = _CLOSED.fullmatch(self.texts.get("closed", ""))
        return int(match[1]) if match else None

    def to_unit(self) -> Unit:
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

    def diagnostic(
        self, key: str, message: str, hint: str, code: DiagnosticCode = DiagnosticCode.UNIT_CELL_INVALID
    ) -> Diagnostic:
        return Diagnostic(message, hint, self.display_path, self.row, key, code)

    def diagnostics(self) -> Iterator[Diagnostic]:
        """What is wrong with the row by itself."""
        yield from self._text_faults()
        if self.orgnr and not _ORGNR.fullmatch(self.orgnr):
            yield self.diagnostic("orgnr", f"{quote(self.orgnr)} is no orgnr.", "Use digits, letters, _ and - only.")
        if self.texts.get("closed") and self.closed is None:
            hint = "Write the year or the date, as in 2021 or 2021-06-30."
            yield self.diagnostic("closed", f"{quote(self.texts['closed'])} is no year.", hint)
        if self.level is None:
            levels = ", ".join(level.value for level in _PARENT_LEVEL)
            yield self.diagnostic(
                "level", f"{quote(self.texts['level'])} is no level of a unit.", f"Use one of {levels}."
            )
        elif self.level is Level.NATION and self.parent:
            yield self.diagnostic(
                "parent", "The nation has a parent.", "Leave the cell empty.", DiagnosticCode.PARENT_INVALID
            )
        elif self.level is not Level.NATION and not self.parent:
            yield self.diagnostic(
                "parent",
                "The unit has no parent.",
                "Write the orgnr of the unit that it is part of.",
                DiagnosticCode.PARENT_INVALID,
            )

    def _text_faults(self) -> Iterator[Diagnostic]:
        for key in ("orgnr", "name", "short_name"):
            if not self.texts[key]:
                yield self.diagnostic(key, "The cell is empty.", "Fill it in.")
        for key in ("name", "short_name", "county"):
            name = self.texts.get(key, "")
            if name and not any(sign.isalpha() for sign in name):
                what = f"{quote(name)} has no letter, so that nobody can tell it from a number."
                yield self.diagnostic(
                    key, what, "Write the name in letters, as in 'Post 7'.", DiagnosticCode.DUPLICATE_UNIT_NAME
                )
        for key, longest in _LONGEST.items():
            text = self.texts.get(key, "")
            if len(text) > longest:
                yield self.diagnostic(
                    key, "The text is too long.", f"Use at most {longest} characters.", DiagnosticCode.TEXT_TOO_LONG
                )
            elif misread(text):
                what = f"{quote(text)} has letters that were read in another encoding ({quote(misread(text))})."
                yield self.diagnostic(
                    key, what, "Write them again, and save the file as UTF-8.", DiagnosticCode.MISREAD
                )
            elif without_controls(text) != text:
                yield self.diagnostic(key, f"{quote(text)} holds a control character.", "Remove it.")


def _tree_diagnostics(unit_records: list[_UnitRecord], display_path: str) -> Iterator[Diagnostic]:
    """What is wrong with the rows together."""
    by_orgnr: dict[str, _UnitRecord] = {}
    for unit_record in unit_records:
        first = by_orgnr.setdefault(unit_record.orgnr, unit_record) if unit_record.orgnr else unit_record
        if first is not unit_record:
            message = f"The orgnr {quote(unit_record.orgnr)} is in row {first.row} already."
            yield unit_record.diagnostic("orgnr", message, "Keep one row for each unit.", DiagnosticCode.DUPLICATE_UNIT)
    yield from _name_diagnostics(unit_records)
    nations = [unit_record for unit_record in unit_records if unit_record.level is Level.NATION]
    if not nations:
        yield Diagnostic(
            "There is no nation.",
            "Add one row with the level 'nation'.",
            display_path,
            key="level",
            code=DiagnosticCode.NATION_COUNT,
        )
    elif len(nations) > 1:
        nation_rows = format_rows([unit_record.row for unit_record in nations])
        yield nations[1].diagnostic(
            "level", f"There is more than one nation: {nation_rows}.", "Keep one.", DiagnosticCode.NATION_COUNT
        )
    for unit_record in unit_records:
        if unit_record.parent and unit_record.level is not Level.NATION:
            yield from _parent_diagnostics(unit_record, by_orgnr)
    yield from _cycle_diagnostics(by_orgnr)


def _name_diagnostics(unit_records: list[_UnitRecord]) -> Iterator[Diagnostic]:
    """Units that nobody can tell apart: one name in one place, both open or closed in the same year."""
    first_by_key: dict[tuple[str, str, int | None], _UnitRecord] = {}
    for unit_record in unit_records:
        name = " ".join(unit_record.texts["name"].casefold().split())
        first_row = (
            first_by_key.setdefault((name, unit_record.parent, unit_record.closed), unit_record)
            if name
            else unit_record
        )
        if first_row is not unit_record and first_row.orgnr != unit_record.orgnr:
            same = f"The unit in row {first_row.row} has the same name and parent"
            message = f"{same}, so that readers cannot tell the two apart."
            yield unit_record.diagnostic(
                "name",
                message,
                "Give one of them another name, or the year in which it closed.",
                DiagnosticCode.DUPLICATE_UNIT_NAME,
            )


def _parent_diagnostics(unit_record: _UnitRecord, by_orgnr: Mapping[str, _UnitRecord]) -> Iterator[Diagnostic]:
    parent = by_orgnr.get(unit_record.parent)
    if parent is None:
        message = f"The parent {quote(unit_record.parent)} is not among the units."
        yield unit_record.diagnostic(
            "parent", message, "Add that unit, or correct the parent.", DiagnosticCode.PARENT_INVALID
        )
    elif (
        unit_record.level is not None
        and parent.level is not None
        and parent.level is not _PARENT_LEVEL[unit_record.level]
    ):
        parent_level = _PARENT_LEVEL[unit_record.level]
        message = f"The parent (row {parent.row}) has the level '{parent.level.value}'."
        above = parent_level.value if parent_level else ""
        hint = f"A unit of level '{unit_record.level.value}' is part of one of level '{above}'."
        yield unit_record.diagnostic("parent", message, hint, DiagnosticCode.PARENT_INVALID)


def _cycle_diagnostics(by_orgnr: Mapping[str, _UnitRecord]) -> Iterator[Diagnostic]:
    """Each cycle once, at its first row."""
    visited: set[str] = set()
    for start in by_orgnr:
        path: list[str] = []
        orgnr = start
        while orgnr in by_orgnr and orgnr not in visited:
            visited.add(orgnr)
            path.append(orgnr)
            orgnr = by_orgnr[orgnr].parent
        if orgnr in path:
            cycle = [by_orgnr[member] for member in path[path.index(orgnr) :]]
            first = min(cycle, key=lambda unit_record: unit_record.row)
            cycle_rows = format_rows(sorted(unit_record.row for unit_record in cycle))
            yield first.diagnostic(
                "parent",
                f"Units are above themselves: {cycle_rows}.",
                "Correct their parents.",
                DiagnosticCode.PARENT_INVALID,
            )
