"""What a page knows of every unit, for the reader who picks their own.

Comes in: published cells of the levels that are presented. Goes out: one `<script>` per indicator and context with the
units' cells of the page's year, as text; and the years of all units, which are the same for every page, for a file of
their own. Of a cell whose value is not shown the reason is told, and the number of patients where it is not secret.
"""

from __future__ import annotations

from html import escape
from typing import Any

from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.cell_markup import Html, number_html, statement
from kvalreg.report.display import Piece, html_piece
from kvalreg.report.figures.cells import Cells, PublishedCell, level_text, shown_of
from kvalreg.report.figures.component import script_json
from kvalreg.report.figures.theme import drawn
from kvalreg.report.figures.view import View
from kvalreg.report.not_shown import not_shown
from kvalreg.report.wording import Words

SERIES = ("orgnr", "year", "value", "low", "high", "provisional", "text")
"""What the places of a row of ``series`` hold."""


def units_block(view: View, cells: Cells, series: str) -> Piece:
    """The units' cells of the view's year for the page's JavaScript.

    Parameters
    ----------
    view
        The indicator, context and year.
    cells
        Cells of every unit that is presented, whatever its level, with the unit's name; other years are passed over.
    series
        The address of the file with the units' years.
    """
    now = [cell for cell in cells if cell["year"] == view.year]
    units = {cell["orgnr"]: unit_told(cell, view.indicator, view.words, view.secret_below) for cell in now}
    ids = f'data-ind="{escape(view.indicator.id)}" data-context="{view.context}" data-series="{escape(series)}"'
    block = script_json({"year": view.year, "units": units})
    return html_piece(f'<script type="application/json" class="kv-units" {ids}>{block}</script>')


def units_series(cells: Cells, indicator: Indicator, words: Words) -> list[list[Any]]:
    """The shown cells among these as rows of `SERIES`, by unit and year."""
    shown = sorted(shown_of(cells), key=lambda cell: (cell["orgnr"], cell["year"]))
    return [_year(cell, indicator, words) for cell in shown]


def unit_told(cell: PublishedCell, indicator: Indicator, words: Words, secret_below: int) -> dict[str, Any]:
    """What is told of a unit's cell, as text; where its value is not shown, why, and what is told of its patients."""
    name = str(cell["unit"])
    why = not_shown(cell, indicator, secret_below)
    if why is not None:
        patients = words.patients(indicator, cell["denominator"])
        told = {"name": name, "cell": why.word(words)} | ({"patients": patients} if patients else {})
        return told | {
            "text": statement(without_value(cell, indicator, words)).text,
            "note": why.note(words),
            "shown": False,
        }
    key = "message.unit_provisional" if cell["provisional"] else "message.unit"
    value = words.value(indicator, cell["value"])
    sentences = [words(key, unit=name, value=words.as_subject(indicator, value), year=cell["year"])]
    level = level_text(cell, words) if cell["achievement"] else ""
    if level:
        sentences.append(f"{level}.")
    if cell["change"]:
        sentences.append(words(f"change.{cell['change']}", year=int(cell["change_from"])) + ".")
    return {
        "name": name,
        "value": value,
        "patients": words.patients(indicator, cell["denominator"]),
        "level": cell["achievement"],
        "levelText": level,
        "text": " ".join(sentences),
        "shown": True,
    }


def without_value(cell: PublishedCell, indicator: Indicator, words: Words) -> Html:
    """The sentence on a cell whose value is not shown; the note follows it."""
    about: dict[str, Any] = {"unit": cell["unit"], "year": int(cell["year"])}
    if not words.patients(indicator, cell["denominator"]):
        return words.html("message.unit_secret_provisional" if cell["provisional"] else "message.unit_secret", **about)
    count = int(cell["denominator"])
    patients = words.html("message.count_patients", count=count, number=number_html(words.number(count), count, "n"))
    key = "message.unit_provisional" if cell["provisional"] else "message.unit"
    return words.html(key, value=patients, **about)


def _year(cell: PublishedCell, indicator: Indicator, words: Words) -> list[Any]:
    numbers = [drawn(cell[name]) for name in ("value", "low", "high")]
    said = words.value(indicator, cell["value"])
    return [cell["orgnr"], int(cell["year"]), *numbers, int(cell["provisional"]), said]
