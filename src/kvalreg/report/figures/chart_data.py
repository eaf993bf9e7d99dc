"""A chart's rows as its page holds them: what the figure's file and table beside it tell is not told again.

Comes in: a chart's rows, with the figure's file and table. Goes out: what the page's JavaScript (`rows.js`) puts
together to the very same rows. Whatever differs by as much as a digit is told in full. It draws and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

Rows = list[dict[str, Any]]
_FEW = 3
"""So many rows are told as they are."""


class _Cell(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def sort(self) -> float | int | str | None: ...


class _Line(Protocol):
    @property
    def cells(self) -> Sequence[_Cell]: ...
    @property
    def orgnr(self) -> str: ...


def columns_of(rows: Rows) -> Rows | dict[str, list[Any]]:
    """Rows as columns, each named once; a value that a row has not is null. A few rows as they are."""
    if len(rows) <= _FEW:
        return rows
    return {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}


def data_told(rows: Rows, file: Rows, lines: Sequence[_Line]) -> dict[str, Any]:
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
    shown = [row for row in file if row.get("shown") != "false"]
    units = [str(row.get("orgnr") or "") for row in rows]
    apart = all(units) and len(set(units)) == len(units) and not any("\n" in str(row.get("unit")) for row in shown)
    if not apart or units != [row.get("orgnr") for row in shown]:
        return {"columns": columns_of(rows)}
    by_unit = {line.orgnr: line.cells for line in lines}
    beside = [by_unit.get(unit, ()) for unit in units]
    table = range(1, min(map(len, beside)))
    texts = {at: [cells[at].text for cells in beside] for at in table}
    sorts = {at: [_sorted_by(cells[at]) for cells in beside] for at in table}
    told: dict[str, dict[str, Any]] = {"table": {}, "sorts": {}}
    columns: dict[str, list[Any]] = {}
    for name, values in _columns(rows):
        if name == "orgnr" or [one.get(name) for one in shown] == values:
            continue
        for at in table:
            if texts[at] == values:
                told["table"][name] = at
                break
            if sorts[at] == values:
                told["sorts"][name] = at
                break
        else:
            columns[name] = values
    return told | ({"columns": {"orgnr": units, **columns}} if columns else {})


def _columns(rows: Rows) -> Iterator[tuple[str, list[Any]]]:
    for name in dict.fromkeys(name for row in rows for name in row):
        yield name, [row.get(name) for row in rows]


def _sorted_by(cell: _Cell) -> Any:
    return cell.sort if isinstance(cell.sort, int | float) else None
