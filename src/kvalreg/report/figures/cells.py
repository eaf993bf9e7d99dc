"""Published cells as the rows of charts, tables and files; one way for all figures, so that they never disagree.

Comes in: published cells with their units' names. Goes out: rows for charts and files, and lines of tables. A cell
whose value is not shown is in no chart; in a table and a file the reason stands in the place of the value, and the
number of patients where it is told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.cell_markup import Html, number_html
from kvalreg.report.figures.chart_data import Rows
from kvalreg.report.figures.component import Cell, Line
from kvalreg.report.figures.theme import drawn
from kvalreg.report.not_shown import FOOTNOTES
from kvalreg.report.wording import Words

PublishedCell = Mapping[str, Any]
"""One row of `Published.cells`, with the unit's name."""
Cells = list[PublishedCell]
ORDERS = ("value", "name", "certainty")
_CERTAINTY = {
    ("high", "certain"): 0,
    ("high", "uncertain"): 1,
    ("moderate", "certain"): 2,
    ("moderate", "uncertain"): 2,
}
_CERTAINTY |= {("low", "uncertain"): 3, ("low", "certain"): 4}
_UNKNOWN = 5


def shown_of(cells: Cells) -> Cells:
    """The cells that are shown."""
    return [cell for cell in cells if cell["shown"]]


def numbers_of(cells: Cells, *names: str) -> list[float]:
    """The numbers in these columns that are there."""
    return [cell[name] for name in names for cell in cells if known(cell[name])]


def known(number: float) -> bool:
    """Whether a published number is there."""
    return not math.isnan(number)


def level_text(cell: PublishedCell, words: Words) -> str:
    """Level and certainty of a shown cell in words: ``Sikkert høy``, or the level with its doubt.

    A provisional cell's level is never said without the mark: ``Sikkert høy (foreløpig)``.
    """
    if not cell["achievement"]:
        return words("levels.none")
    return _marked(words(f"levels.{cell['achievement']}_{cell['certainty'] or 'unknown'}"), cell, words)


def achievement_text(cell: PublishedCell, words: Words) -> str:
    """The level of a shown cell in words, without its certainty; marked where the cell is provisional."""
    if not cell["achievement"]:
        return words("levels.none")
    return _marked(words(f"levels.{cell['achievement']}"), cell, words)


def _marked(level: str, cell: PublishedCell, words: Words) -> str:
    return words("states.provisional_level", level=level) if cell["provisional"] else level


def certainty_rank(cell: PublishedCell) -> int:
    """From surely high to surely low: what units are ordered by, so that no order pretends to more than is known."""
    return _CERTAINTY.get((cell["achievement"], cell["certainty"]), _UNKNOWN)


def ordered(cells: Cells, indicator: Indicator, order: str) -> Cells:
    """Units with the best first, by name, or the surest first; those not shown last. Equals are ordered by name."""
    if order not in ORDERS:
        raise ValueError(f"{order!r} is no order: use one of {', '.join(ORDERS)}")
    sign = 1 if indicator.level_direction == 0 else -1

    def place(cell: PublishedCell) -> tuple[Any, ...]:
        if not cell["shown"]:
            return (1, 0, 0, cell["unit"])
        certain = certainty_rank(cell) if order == "certainty" else 0
        return (0, certain, 0 if order == "name" else sign * cell["value"], cell["unit"])

    return sorted(cells, key=place)


def chart_row(cell: PublishedCell, indicator: Indicator, words: Words) -> dict[str, Any]:
    """A shown cell in a chart: rounded to what can be seen, with the words that go with it."""
    row: dict[str, Any] = {"value": drawn(cell["value"])}
    if known(cell["low"]):
        row |= {"low": drawn(cell["low"]), "high": drawn(cell["high"])}
    return row | {"text": words.value(indicator, cell["value"])}


def file_row(cell: PublishedCell) -> dict[str, Any]:
    """A cell in a figure's file: imongr's names, numbers for programs; a secret one has its code and nothing else."""
    row = {"orgnr": cell["orgnr"], "unit": cell["unit"], "year": int(cell["year"])}
    numbers = {name: drawn(cell[name]) for name in ("value", "low", "high", "denominator")}
    marks = {name: str(bool(cell[name])).lower() for name in ("provisional", "shown")}
    return row | numbers | {"achievement": cell["achievement"]} | marks | {"footnote": FOOTNOTES[cell["status"]]}


def file_rows(cells: Cells) -> Rows:
    """The cells as a figure's file."""
    return [file_row(cell) for cell in cells]


def value_html(cell: PublishedCell, indicator: Indicator, words: Words, address: str = "") -> Html:
    """The value of a shown cell in a sentence."""
    return number_html(words.value(indicator, cell["value"]), drawn(cell["value"]), cell=address)


def end_html(cells: Cells, indicator: Indicator, words: Words, role: str) -> Html:
    """The lowest or the highest value of shown cells in a sentence, by the role's name."""
    value = {"lowest": min, "highest": max}[role](numbers_of(cells, "value"))
    return number_html(words.value(indicator, value), drawn(value), role)


def value_cells(cell: PublishedCell, indicator: Indicator, words: Words, in_place: str) -> tuple[Cell, ...]:
    """A cell as text: value, interval, patients, level with certainty.

    Parameters
    ----------
    in_place
        What stands in the place of a value that is not shown: `View.in_place`.
    """
    told = words.patients(indicator, cell["denominator"])
    patients = Cell(told, int(cell["denominator"]) if told else "")
    if not cell["shown"]:
        return (Cell(in_place, ""), Cell(""), patients, Cell(""))
    interval = words.interval(indicator, cell["low"], cell["high"]) if known(cell["low"]) else ""
    return (
        Cell(words.value(indicator, cell["value"]), drawn(cell["value"])),
        Cell(interval),
        patients,
        Cell(level_text(cell, words), certainty_rank(cell)),
    )


def unit_line(cell: PublishedCell, indicator: Indicator, words: Words, in_place: str) -> Line:
    """A unit's line in a table."""
    return Line((Cell(str(cell["unit"])), *value_cells(cell, indicator, words, in_place)), str(cell["orgnr"]))
