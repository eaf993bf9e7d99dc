"""Data of every unit, from which the page's JavaScript shows the unit that a reader selects.

Input: published cells of the levels that are presented. Output: one `<script>` per indicator and context with the cells
of the page's year, as text; and the years of all units, which are the same for every page, for a separate file.
A cell whose value is not shown has its reason, and the number of patients when that is not secret.
"""

from __future__ import annotations

from html import escape
from typing import Any

from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.cell_markup import Html, labelled_text, number_html
from kvalreg.report.figures.cells import CellRecords, PublishedCell, level_text, shown_cells
from kvalreg.report.figures.component import script_json
from kvalreg.report.figures.theme import chart_number
from kvalreg.report.figures.view import IndicatorView
from kvalreg.report.footnotes import not_shown_reason
from kvalreg.report.html_fragment import HtmlFragment, html_fragment
from kvalreg.report.translation import Translator

SERIES_FIELDS = ("orgnr", "year", "value", "low", "high", "provisional", "text")
"""The fields of a row of `units_series`, by position; the page's JavaScript reads them in this order."""


def units_script(view: IndicatorView, cells: CellRecords, series: str) -> HtmlFragment:
    """The units' cells of the view's year for the page's JavaScript.

    Parameters
    ----------
    view
        The indicator, context and year.
    cells
        Cells of every unit that is presented, of all levels, with the unit's name; other years are skipped.
    series
        The URL of the file with the units' years.
    """
    current_cells = [cell for cell in cells if cell["year"] == view.year]
    units = {
        cell["orgnr"]: unit_data(cell, view.indicator, view.translator, view.secret_below) for cell in current_cells
    }
    attributes = f'data-ind="{escape(view.indicator.id)}" data-context="{view.context}" data-series="{escape(series)}"'
    payload = script_json({"year": view.year, "units": units})
    return html_fragment(f'<script type="application/json" class="kv-units" {attributes}>{payload}</script>')


def units_series(cells: CellRecords, indicator: Indicator, translator: Translator) -> list[list[Any]]:
    """The shown cells among these as rows of `SERIES_FIELDS`, by unit and year."""
    # A hidden year is no row at all: the chart leaves a gap there, and a row would need a reason that it does not show.
    shown = sorted(shown_cells(cells), key=lambda cell: (cell["orgnr"], cell["year"]))
    return [_series_row(cell, indicator, translator) for cell in shown]


def unit_data(cell: PublishedCell, indicator: Indicator, translator: Translator, secret_below: int) -> dict[str, Any]:
    """A unit's published cell as text; when its value is not shown, the reason and the published number of patients."""
    name = str(cell["unit"])
    # A cell that is not shown: the substitute text, the sentence, and the footnote's text.
    reason = not_shown_reason(cell, indicator, secret_below)
    if reason is not None:
        patients = translator.format_patients(indicator, cell["denominator"])
        data = {"name": name, "cell": reason.label(translator)} | ({"patients": patients} if patients else {})
        return data | {
            "text": labelled_text(not_shown_sentence(cell, indicator, translator)).text,
            "note": reason.note(translator),
            "shown": False,
        }
    # A shown cell: result, level with certainty, and change, as the sentences of the nation's message state them.
    key = "message.unit_provisional" if cell["provisional"] else "message.unit"
    value = translator.format_value(indicator, cell["value"])
    sentences = [translator(key, unit=name, value=translator.phrase_from_text(indicator, value), year=cell["year"])]
    level = level_text(cell, translator) if cell["achievement"] else ""
    if level:
        sentences.append(f"{level}.")
    if cell["change"]:
        sentences.append(translator(f"change.{cell['change']}", year=int(cell["change_from"])) + ".")
    return {
        "name": name,
        "value": value,
        "patients": translator.format_patients(indicator, cell["denominator"]),
        "level": cell["achievement"],
        "levelText": level,
        "text": " ".join(sentences),
        "shown": True,
    }


def not_shown_sentence(cell: PublishedCell, indicator: Indicator, translator: Translator) -> Html:
    """The sentence on a cell whose value is not shown; the footnote's text follows it."""
    values: dict[str, Any] = {"unit": cell["unit"], "year": int(cell["year"])}
    # No number of patients: the cell is secret, or its patients are unknown.
    if not translator.format_patients(indicator, cell["denominator"]):
        return translator.html(
            "message.unit_secret_provisional" if cell["provisional"] else "message.unit_secret", **values
        )
    count = int(cell["denominator"])
    patients = translator.html(
        "message.count_patients", count=count, number=number_html(translator.format_number(count), count, "n")
    )
    key = "message.unit_provisional" if cell["provisional"] else "message.unit"
    return translator.html(key, value=patients, **values)


def _series_row(cell: PublishedCell, indicator: Indicator, translator: Translator) -> list[Any]:
    numbers = [chart_number(cell[name]) for name in ("value", "low", "high")]
    text = translator.format_value(indicator, cell["value"])
    return [cell["orgnr"], int(cell["year"]), *numbers, int(cell["provisional"]), text]
