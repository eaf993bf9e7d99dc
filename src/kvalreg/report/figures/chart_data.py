"""A chart's dataset as the page stores it: deduplicated against the CSV file and the table of the same figure.

Input: a chart's rows, with the figure's file and table. Output: the data from which the page's JavaScript (`rows.js`)
restores exactly the same rows. Values that differ by as much as a digit are stored in full.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

Records = list[dict[str, Any]]
_MAX_PLAIN_ROWS = 3
"""Up to this many rows are stored unchanged: columns would be no shorter."""


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
    """Rows as columns, each named once; a missing value is null. A few rows stay as they are."""
    if len(rows) <= _MAX_PLAIN_ROWS:
        return rows
    return {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}


def compact_data(rows: Records, csv_rows: Records, table_rows: Sequence[_UnitRow]) -> dict[str, Any]:
    """The chart's data: for rows of units, what is neither in the file nor in the table.

    Parameters
    ----------
    rows
        The chart's rows.
    csv_rows, table_rows
        The figure's file, whose shown rows are the chart's in the same order, and the rows of its table, by unit.

    Returns
    -------
    ``table`` and ``sorts`` map a field to the column of the table whose text, or sort key, it equals; ``columns`` holds
    the rest. Without ``table``, ``columns`` is complete.

    Notes
    -----
    Worked: a chart's row is ``{"orgnr": "111", "unit": "Vik", "value": 0.96, "text": "96 av 100"}``, the file has
    ``orgnr``, ``unit`` and ``value``, and the text is the first column after the name in the table. All of it can be
    restored, and the result is ``{"table": {"text": 1}, "sorts": {}}`` without ``columns``.
    """
    # Rows correspond when each is of one unit, no unit occurs twice, and the file has the same units in the same order.
    # A name of two lines differs from the file's and the table's.
    shown = [row for row in csv_rows if row.get("shown") != "false"]
    units = [str(row.get("orgnr") or "") for row in rows]
    is_by_unit = all(units) and len(set(units)) == len(units) and not any("\n" in str(row.get("unit")) for row in shown)
    if not is_by_unit or units != [row.get("orgnr") for row in shown]:
        return {"columns": to_columns(rows)}
    # The table may be sorted differently, so its rows are found by unit.
    cells_by_unit = {table_row.orgnr: table_row.cells for table_row in table_rows}
    row_cells = [cells_by_unit.get(unit, ()) for unit in units]
    column_indexes = range(1, min(map(len, row_cells)))
    texts = {index: [cells[index].text for cells in row_cells] for index in column_indexes}
    sorts = {index: [_sort_number(cells[index]) for cells in row_cells] for index in column_indexes}
    references: dict[str, dict[str, Any]] = {"table": {}, "sorts": {}}
    columns: dict[str, list[Any]] = {}
    # Each field is stored once: by the file, else by a column of the table, else in `columns`. Only columns that are
    # equal for every unit count.
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
