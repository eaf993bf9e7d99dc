"""Tables of pages, gathered row by row while a page is walked through.

Comes in: the rows of a table, those that are plain many at a time. Goes out: what the table tells, as `Record`s and
`Table`s. It knows nothing of markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from kvalreg.release.audit_public import Public, Spot, plain
from kvalreg.release.audit_tables import (
    Fragment,
    Places,
    Record,
    Table,
    by_machine,
    crossed_columns,
    crossed_records,
    with_level,
)

_FEW = 3
"""Rows from which on a table of their own is worth it."""


@dataclass(slots=True)
class PageTable:
    """An open table: headings, and rows with their spots."""

    spot: Spot
    own: bool
    rows: list[PageRow | PageRun] = field(default_factory=list)
    row: PageRow | None = None
    cell: list[str] | None = None


@dataclass(slots=True)
class PageRow:
    """A row of a table: its cells' texts, and what those that say so are sorted by, by their place."""

    spot: Spot
    cells: list[str] = field(default_factory=list)
    sorts: dict[int, str] = field(default_factory=dict)
    heading: bool = True


@dataclass(slots=True)
class PageRun:
    """Plain rows below each other, column by column.

    Parameters
    ----------
    around
        What is known around the rows, and which these are.
    units
        What each row is marked with.
    """

    around: dict[Spot, Sequence[int]]
    units: list[str]
    texts: list[list[str]]
    sorts: list[list[str]]

    def is_alike(self) -> bool:
        """Whether the same is known around many rows, so that they are worth tables of their own."""
        return len(self.around) == 1 or len(self.around) * _FEW <= len(self.units)

    def headings(self) -> Iterator[PageRow]:
        """One by one, where they are headings."""
        return (replace(row, heading=True) for row in self.rows())

    def rows(self) -> Iterator[PageRow]:
        """One by one."""
        spots = {at: spot for spot, rows in self.around.items() for at in rows}
        for at, unit in enumerate(self.units):
            spot = spots[at]._replace(orgnr=unit) if unit else spots[at]
            sorts = {n: column[at] for n, column in enumerate(self.sorts) if column[at]}
            yield PageRow(spot, [column[at] for column in self.texts], sorts, heading=False)


def told_by(public: Public, table: PageTable) -> list[Fragment]:
    """What a closed table tells.

    What a cell is sorted by is its number to four digits: a reader of the page's source sees more than its text.
    """
    heading: list[str] = []
    rows: list[PageRow | PageRun] = []
    for row in table.rows:
        if isinstance(row, PageRow) and row.heading:
            heading = heading or row.cells
        else:
            rows.append(row)
    names = tuple(map(plain, heading))
    printed: list[Record | Table] = []
    sorted_by: list[Record | Table] = []
    crossed, first = crossed_columns(public, heading), 1
    for row in rows:
        if isinstance(row, PageRun) and not crossed and row.is_alike():
            printed += _tables_of(table, names, row, first)
            sorted_by += _sorts_of(table, names, row, first)
            first += len(row.units)
            continue
        for one in row.rows() if isinstance(row, PageRun) else [row]:
            spot = _around(table, one.spot)._replace(place=f"{_before(table)}{first}")
            numbers = [one.sorts.get(at, "") for at in range(1, len(one.cells))]
            placed = [(spot, one.cells)], [(spot, [*one.cells[:1], *numbers])] if one.sorts else []
            printed += crossed_records(heading, placed[0], crossed, machine=False)
            sorted_by += map(by_machine, crossed_records(heading, placed[1], crossed, machine=False))
            first += 1
    leveled = [*with_level(public, printed), *with_level(public, sorted_by)]
    return [one._replace(own=table.own) for one in leveled]


def _before(table: PageTable) -> str:
    return f"{table.spot.place} table row ".lstrip()


def _around(table: PageTable, spot: Spot) -> Spot:
    """What is known of a row, and of its table where the row itself tells nothing."""
    return spot.known(
        level=table.spot.level if spot.level is None else None, year=table.spot.year if spot.year is None else None
    )


def _named(names: tuple[str, ...], size: int) -> tuple[str, ...]:
    return names[:size] + ("",) * (size - len(names))


def _tables_of(table: PageTable, names: tuple[str, ...], run: PageRun, first: int) -> Iterator[Table]:
    """Rows as tables around which the same is known."""
    for spot, rows in run.around.items():
        columns = tuple(_of(column, rows) for column in run.texts)
        yield Table(_around(table, spot), _named(names, len(columns)), columns, False, *_marks(table, run, rows, first))


def _sorts_of(table: PageTable, names: tuple[str, ...], run: PageRun, first: int) -> Iterator[Table]:
    """The same rows by what their cells are sorted by, as far as any is."""
    for spot, listed in run.around.items():
        rows = [at for at in listed if any(column[at] for column in run.sorts)]
        if rows:
            columns = tuple(_of(column, rows) for column in (run.texts[0], *run.sorts[1:]))
            marks = _marks(table, run, rows, first)
            yield Table(_around(table, spot), _named(names, len(columns)), columns, True, *marks, sparse=True)


def _marks(table: PageTable, run: PageRun, rows: Sequence[int], first: int) -> tuple[Places, Sequence[str]]:
    """What rows are called, and which units they are marked with."""
    units = _of(run.units, rows)
    return Places(_before(table), [first + at for at in rows]), units if any(units) else ()


def _of(column: list[str], rows: Sequence[int]) -> list[str]:
    return column if len(rows) == len(column) else [column[at] for at in rows]
