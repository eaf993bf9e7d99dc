"""Published cells as rows of charts, tables and CSV files; shared by all figures, so that they agree.

Input: published cells with their units' names. Output: rows of charts, CSV files and tables. A cell whose value is not
shown is in no chart; a table and a file have the reason instead of the value, and the number of patients when it is
published.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.cell_markup import Html, number_html
from kvalreg.report.figures.chart_data import Records
from kvalreg.report.figures.component import FigureCell, FigureRow
from kvalreg.report.figures.theme import chart_number
from kvalreg.report.footnotes import FOOTNOTE_CODES
from kvalreg.report.translation import Translator

PublishedCell = Mapping[str, Any]
"""One row of `PublishedResults.cells`, with the unit's name."""
CellRecords = list[PublishedCell]
SORT_ORDERS = ("value", "name", "certainty")
# Moderate is between the others whether it is certain or not.
_CERTAINTY_RANKS = {
    ("high", "certain"): 0,
    ("high", "uncertain"): 1,
    ("moderate", "certain"): 2,
    ("moderate", "uncertain"): 2,
}
_CERTAINTY_RANKS |= {("low", "uncertain"): 3, ("low", "certain"): 4}
_UNKNOWN_RANK = 5


def shown_cells(cells: CellRecords) -> CellRecords:
    """The cells that are shown."""
    return [cell for cell in cells if cell["shown"]]


def known_values(cells: CellRecords, *names: str) -> list[float]:
    """The known numbers in these columns."""
    return [cell[name] for name in names for cell in cells if is_known(cell[name])]


def is_known(number: float) -> bool:
    """Whether a published number is known; unknown and unpublished ones are NaN."""
    return not math.isnan(number)


def level_text(cell: PublishedCell, translator: Translator) -> str:
    """Level and certainty of a shown cell in words: ``Sikkert høy``, or the level as uncertain.

    A provisional cell's level is always marked: ``Sikkert høy (foreløpig)``.
    """
    if not cell["achievement"]:
        return translator("levels.none")
    return _with_provisional_mark(
        translator(f"levels.{cell['achievement']}_{cell['certainty'] or 'unknown'}"), cell, translator
    )


def achievement_text(cell: PublishedCell, translator: Translator) -> str:
    """The level of a shown cell in words, without its certainty; marked where the cell is provisional."""
    if not cell["achievement"]:
        return translator("levels.none")
    return _with_provisional_mark(translator(f"levels.{cell['achievement']}"), cell, translator)


def _with_provisional_mark(level: str, cell: PublishedCell, translator: Translator) -> str:
    return translator("states.provisional_level", level=level) if cell["provisional"] else level


def certainty_rank(cell: PublishedCell) -> int:
    """The rank from certainly high to certainly low; units whose difference is uncertain share a rank."""
    return _CERTAINTY_RANKS.get((cell["achievement"], cell["certainty"]), _UNKNOWN_RANK)


def sort_cells(cells: CellRecords, indicator: Indicator, order: str) -> CellRecords:
    """Units by value (best first), by name, or by certainty; those not shown last. Ties are ordered by name."""
    if order not in SORT_ORDERS:
        raise ValueError(f"{order!r} is no order: use one of {', '.join(SORT_ORDERS)}")
    # Descending unless low values are good; an indicator without a direction is sorted from the highest.
    sign = 1 if indicator.level_direction == 0 else -1

    def sort_key(cell: PublishedCell) -> tuple[Any, ...]:
        # By name alone: a hidden value must not show through in the order.
        if not cell["shown"]:
            return (1, 0, 0, cell["unit"])
        rank = certainty_rank(cell) if order == "certainty" else 0
        return (0, rank, 0 if order == "name" else sign * cell["value"], cell["unit"])

    return sorted(cells, key=sort_key)


def chart_row(cell: PublishedCell, indicator: Indicator, translator: Translator) -> dict[str, Any]:
    """A shown cell in a chart: rounded to the visible digits, with its text."""
    row: dict[str, Any] = {"value": chart_number(cell["value"])}
    if is_known(cell["low"]):
        row |= {"low": chart_number(cell["low"]), "high": chart_number(cell["high"])}
    return row | {"text": translator.format_value(indicator, cell["value"])}


def csv_row(cell: PublishedCell) -> dict[str, Any]:
    """A cell in a figure's CSV file: imongr's column names and plain numbers; of a secret cell only the code."""
    row = {"orgnr": cell["orgnr"], "unit": cell["unit"], "year": int(cell["year"])}
    numbers = {name: chart_number(cell[name]) for name in ("value", "low", "high", "denominator")}
    flags = {name: str(bool(cell[name])).lower() for name in ("provisional", "shown")}
    return row | numbers | {"achievement": cell["achievement"]} | flags | {"footnote": FOOTNOTE_CODES[cell["status"]]}


def csv_rows(cells: CellRecords) -> Records:
    """The cells as a figure's CSV file."""
    return [csv_row(cell) for cell in cells]


def value_html(cell: PublishedCell, indicator: Indicator, translator: Translator, address: str = "") -> Html:
    """The value of a shown cell in a sentence."""
    return number_html(translator.format_value(indicator, cell["value"]), chart_number(cell["value"]), cell=address)


def extreme_html(cells: CellRecords, indicator: Indicator, translator: Translator, role: str) -> Html:
    """The lowest or the highest value of shown cells in a sentence, by the role's name."""
    value = {"lowest": min, "highest": max}[role](known_values(cells, "value"))
    return number_html(translator.format_value(indicator, value), chart_number(value), role)


def value_cells(
    cell: PublishedCell, indicator: Indicator, translator: Translator, not_shown_text: str
) -> tuple[FigureCell, ...]:
    """A cell as text: value, interval, patients, level with certainty.

    Parameters
    ----------
    not_shown_text
        The text instead of a value that is not shown: `IndicatorView.not_shown_text`.
    """
    patients_text = translator.format_patients(indicator, cell["denominator"])
    patients = FigureCell(patients_text, int(cell["denominator"]) if patients_text else "")
    if not cell["shown"]:
        return (FigureCell(not_shown_text, ""), FigureCell(""), patients, FigureCell(""))
    interval = translator.format_interval(indicator, cell["low"], cell["high"]) if is_known(cell["low"]) else ""
    return (
        FigureCell(translator.format_value(indicator, cell["value"]), chart_number(cell["value"])),
        FigureCell(interval),
        patients,
        FigureCell(level_text(cell, translator), certainty_rank(cell)),
    )


def unit_table_row(cell: PublishedCell, indicator: Indicator, translator: Translator, not_shown_text: str) -> FigureRow:
    """A unit's row in a table."""
    return FigureRow(
        (FigureCell(str(cell["unit"])), *value_cells(cell, indicator, translator, not_shown_text)), str(cell["orgnr"])
    )
