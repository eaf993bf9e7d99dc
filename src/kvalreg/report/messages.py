"""The message of an indicator: its result in a few sentences, the most important first.

Input: published cells. Output: HTML sentences whose every number comes from those cells. A change or a level is stated
only with the certainty that the cell's interval allows; no ranking, no causes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from kvalreg.inputs.descriptor import Indicator
from kvalreg.inputs.units import Level
from kvalreg.report.cell_markup import Html, cell_address, cell_attribute, labelled_text, number_html, units_address
from kvalreg.report.figures.cells import CellRecords, PublishedCell, achievement_text, shown_cells
from kvalreg.report.figures.theme import chart_number
from kvalreg.report.html_fragment import HtmlFragment, html_fragment
from kvalreg.report.indicator_table import ACHIEVEMENT_ROLE, level_html
from kvalreg.report.markup import mark_registry_language
from kvalreg.report.translation import Translator
from kvalreg.urls import anchor

_MAX_MESSAGES = 4


@dataclass(frozen=True)
class IndicatorMessage:
    """The message of one indicator in one year.

    Parameters
    ----------
    registry
        The registry's id.
    cell
        The nation's published cell.
    units
        The published cells of the units compared, and their level.
    """

    registry: str
    indicator: Indicator
    cell: PublishedCell
    level: Level
    units: CellRecords

    @property
    def year(self) -> int:
        """The year of the result."""
        return int(self.cell["year"])

    @property
    def priority(self) -> int:
        """How important it is: a missed target first, then a statistically certain change."""
        # missed and changed 3, missed 2, changed 1, neither 0
        target_priority = 2 if self.cell["achievement"] == "low" else 0
        return target_priority + (1 if self.cell["change"] not in ("", "unclear") else 0)

    @property
    def attribute(self) -> str:
        """The attribute with the nation's cell, for the element that holds the message."""
        cell = self.cell
        address = cell_address(self.registry, self.indicator.id, cell["context"], self.year, cell["orgnr"])
        return cell_attribute(address)

    def headline(self, translator: Translator) -> str:
        """The first sentence, as plain text."""
        return labelled_text(self._headline(translator)).text

    def headline_html(self, translator: Translator) -> Html:
        """The first sentence with its cell address, for a page with other subjects."""
        return Html(f"<span{self.attribute}>{self._headline(translator)}</span>")

    def html(self, translator: Translator) -> str:
        """The sentences, headline in bold; the indicator's title is tagged with lang when it is in another language.

        The cell address of their numbers is in the enclosing element's `attribute`.
        """
        sentences = [
            translator.target_html(self.indicator),
            self._change_sentence(translator),
            *self._unit_sentences(translator),
        ]
        return f"<strong>{self._headline(translator)}</strong> " + " ".join(
            sentence for sentence in sentences if sentence
        )

    def _headline(self, translator: Translator) -> Html:
        key = "message.headline_provisional" if self.cell["provisional"] else "message.headline"
        value = self.cell["value"]
        number = number_html(translator.format_value(self.indicator, value), chart_number(value))
        title = Html(mark_registry_language(escape(self.indicator.title), translator))
        return translator.html(
            key, title=title, value=translator.value_phrase_html(self.indicator, number), year=self.year
        )

    def _change_sentence(self, translator: Translator) -> str:
        """The change from the previous year when it is certain, else from the first year of the series when that is."""
        # A slow change is often uncertain from year to year and certain over the series. When neither is certain, the
        # sentence says that it is unclear whether anything has changed since the year before.
        change, since = self.cell["change"], self.cell["change_from"]
        if change in ("", "unclear") and self.cell["series_change"] not in ("", "unclear"):
            change, since = self.cell["series_change"], self.cell["series_from"]
        return translator.html(f"change.sentence_{change}", year=int(since)) if change else ""

    def _unit_sentences(self, translator: Translator) -> Sequence[str]:
        # Only shown units are counted: a total of all units, or a number of hidden ones that reach the target, would
        # state something about suppressed cells.
        shown = [cell for cell in shown_cells(self.units) if cell["achievement"]]
        if self.level is Level.NATION or len(shown) < 2:
            return []
        noun = f"units.{self.level.value}"
        reached = sum(cell["achievement"] == "high" for cell in shown)
        units = cell_address(unit=units_address(self.level.value))
        numbers: dict[str, Any] = {"reached": translator.count_html(reached, "units-high", units)}
        numbers["shown"] = translator.count_html(len(shown), "units", units)
        sentences = [translator.html("message.reached", unit_word=translator(noun, count=len(shown)), **numbers)]
        uncertain = sum(self._is_uncertain(cell) for cell in shown)
        if uncertain:
            number, word = translator.count_html(uncertain, "units-unsure", units), translator(noun, count=uncertain)
            sentences.append(translator.html("message.unsure", count=uncertain, number=number, unit_word=word))
        return sentences

    def _is_uncertain(self, cell: PublishedCell) -> bool:
        """Whether the interval has values on both sides of the target; the target itself counts as reached."""
        # Target at least 0.9, by interval: 0.90-0.95 certainly reached, 0.85-0.90 uncertain, 0.80-0.89 certainly not.
        # Target at most 0.1, by interval: 0.05-0.10 certainly reached, 0.10-0.15 uncertain.
        target = float(self.indicator.level_green or 0)
        if self.indicator.level_direction == 1:
            return bool(cell["low"] < target <= cell["high"])
        return bool(cell["low"] <= target < cell["high"])


def indicator_message(
    registry: str, indicator: Indicator, nation: PublishedCell, units: tuple[Level, CellRecords]
) -> IndicatorMessage | None:
    """The message of a registry's indicator from the nation's cell; None when that cell is not shown.

    Parameters
    ----------
    units
        The level of the units compared, and their cells.
    """
    return IndicatorMessage(registry, indicator, nation, *units) if nation["shown"] else None


def top_messages(messages: list[IndicatorMessage]) -> list[IndicatorMessage]:
    """The most important messages, in order; equal ones keep the registry's order."""
    return sorted(messages, key=lambda message: -message.priority)[:_MAX_MESSAGES]


def messages_fragment(messages: list[IndicatorMessage], link_to: str, translator: Translator) -> HtmlFragment:
    """Messages as a list, each with its level and a link to its indicator on the page `link_to`."""
    items = []
    for message in messages:
        level = level_html(message.cell["achievement"], achievement_text(message.cell, translator), ACHIEVEMENT_ROLE)
        level = level if message.cell["achievement"] else ""
        href = f"{link_to}#{anchor(message.indicator.id)}"
        link = f'<a href="{escape(href)}">{escape(translator("page.read_more"))}</a>'
        items.append(
            f'<li class="kv-message"{message.attribute}>{level} <span>{message.html(translator)} {link}</span></li>'
        )
    return html_fragment('<ul class="kv-messages">\n' + "\n".join(items) + "\n</ul>")
