"""A chart's rows as its page holds them: what the figure's file and table beside it tell is not told again.

Comes in: a chart's rows, with the figure's file and table. Goes out: what the page's JavaScript (`rows.js`) puts
together to the very same rows. Whatever differs by as much as a digit is told in full. It draws and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

Records = list[dict[str, Any]]
_MAX_PLAIN_ROWS = 3
"""So many rows are told as they are."""


class _TextCell(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def sort(self) -> float | int | str | None: ...


class _UnitRow(Protocol):
    @property
    def cells(self) -> Sequence[_TextCell]: ...
    @property
    def orgnr(self) -> str: ...


def to_columns(rows: Records) -> Records | dict[str, list[Any]]:
    """Rows as columns, each named once; a value that a row has not is null. A few rows as they are."""
    if len(rows) <= _MAX_PLAIN_ROWS:
        return rows
    return {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}


def compact_data(rows: Records, csv_rows: Records, table_rows: Sequence[_UnitRow]) -> dict[str, Any]:
    """The chart's data: for rows of units, what is neither in the file nor in the table.

    Parameters
    ----------
    rows
        The chart's rows.
    file, lines
        The figure's file, whose shown rows are the chart's in the same order, and the lines of its table, by unit.

    Returns
    -------
    ``table`` and ``sorts`` say in which column of the table a field is the text, or the number that it is sorted by;
    ``columns`` holds the rest. Without ``table``, ``columns`` is all there is.
    """
    shown = [row for row in csv_rows if row.get("shown") != "false"]
    units = [str(row.get("orgnr") or "") for row in rows]
    is_by_unit = all(units) and len(set(units)) == len(units) and not any("\n" in str(row.get("unit")) for row in shown)
    if not is_by_unit or units != [row.get("orgnr") for row in shown]:
        return {"columns": to_columns(rows)}
    cells_by_unit = {line.orgnr: line.cells for line in table_rows}
    row_cells = [cells_by_unit.get(unit, ()) for unit in units]
    column_indexes = range(1, min(map(len, row_cells)))
    texts = {index: [cells[index].text for cells in row_cells] for index in column_indexes}
    sorts = {index: [_sort_number(cells[index]) for cells in row_cells] for index in column_indexes}
    references: dict[str, dict[str, Any]] = {"table": {}, "sorts": {}}
    columns: dict[str, list[Any]] = {}
    for name, values in _iter_columns(rows):
        if name == "orgnr" or [csv_row.get(name) for csv_row in shown] == values:
            continue
        for index in column_indexes:
            if texts[index] == values:
                references["table"][name] = index
                break
            if sorts[index] == values:
                references["sorts"][name] = index
                break
        else:
            columns[name] = values
    return references | ({"columns": {"orgnr": units, **columns}} if columns else {})


def _iter_columns(rows: Records) -> Iterator[tuple[str, list[Any]]]:
    for name in dict.fromkeys(name for row in rows for name in row):
        yield name, [row.get(name) for row in rows]


def _sort_number(cell: _TextCell) -> Any:
    return cell.sort if isinstance(cell.sort, int | float) else None
