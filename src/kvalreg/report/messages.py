"""The message of an indicator: what the numbers say, in sentences that begin with the message.

Comes in: published cells. Goes out: HTML sentences whose every number comes from those cells. A change or a level is
said only as surely as the cell's interval allows; no ranking, no causes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from kvalreg.inputs.descriptor import Indicator
from kvalreg.inputs.units import Level
from kvalreg.report.addresses import anchor
from kvalreg.report.cell_markup import Html, cell_address, cell_attribute, number_html, statement, units_of
from kvalreg.report.display import Piece, html_piece
from kvalreg.report.figures.cells import Cells, PublishedCell, achievement_text, shown_of
from kvalreg.report.figures.theme import drawn
from kvalreg.report.markup import own_words
from kvalreg.report.tables import ACHIEVEMENT, level_html
from kvalreg.report.wording import Words

_MOST = 4


@dataclass(frozen=True)
class Message:
    """What is said of one indicator in one year.

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
    units: Cells

    @property
    def year(self) -> int:
        """The year that is told of."""
        return int(self.cell["year"])

    @property
    def weight(self) -> int:
        """How much a reader needs it: a missed target first, then what has changed for certain."""
        low = 2 if self.cell["achievement"] == "low" else 0
        return low + (1 if self.cell["change"] not in ("", "unclear") else 0)

    @property
    def address(self) -> str:
        """The attribute with the nation's cell, for the element that the message stands in."""
        cell = self.cell
        where = cell_address(self.registry, self.indicator.id, cell["context"], self.year, cell["orgnr"])
        return cell_attribute(where)

    def headline(self, words: Words) -> str:
        """The first sentence, as plain text."""
        return statement(self._headline(words)).text

    def headline_html(self, words: Words) -> Html:
        """The first sentence with its cell, for a page of other things."""
        return Html(f"<span{self.address}>{self._headline(words)}</span>")

    def html(self, words: Words) -> str:
        """The sentences, headline in bold; the indicator's name is marked where it is in another language.

        They say which cell they tell of when they stand in an element with the message's `address`.
        """
        rest = [words.target_html(self.indicator), self._change(words), *self._units(words)]
        return f"<strong>{self._headline(words)}</strong> " + " ".join(part for part in rest if part)

    def _headline(self, words: Words) -> Html:
        key = "message.headline_provisional" if self.cell["provisional"] else "message.headline"
        value = self.cell["value"]
        number = number_html(words.value(self.indicator, value), drawn(value))
        title = Html(own_words(escape(self.indicator.title), words))
        return words.html(key, title=title, value=words.subject_html(self.indicator, number), year=self.year)

    def _change(self, words: Words) -> str:
        """The change since the year before where it is certain, else since the series began where that is."""
        change, since = self.cell["change"], self.cell["change_from"]
        if change in ("", "unclear") and self.cell["series_change"] not in ("", "unclear"):
            change, since = self.cell["series_change"], self.cell["series_from"]
        return words.html(f"change.sentence_{change}", year=int(since)) if change else ""

    def _units(self, words: Words) -> Sequence[str]:
        shown = [cell for cell in shown_of(self.units) if cell["achievement"]]
        if self.level is Level.NATION or len(shown) < 2:
            return []
        noun = f"units.{self.level.value}"
        reached = sum(cell["achievement"] == "high" for cell in shown)
        units = cell_address(unit=units_of(self.level.value))
        numbers: dict[str, Any] = {"reached": words.count_html(reached, "units-high", units)}
        numbers["shown"] = words.count_html(len(shown), "units", units)
        said = [words.html("message.reached", unit_word=words(noun, count=len(shown)), **numbers)]
        unsure = sum(self._unsure(cell) for cell in shown)
        if unsure:
            number, word = words.count_html(unsure, "units-unsure", units), words(noun, count=unsure)
            said.append(words.html("message.unsure", count=unsure, number=number, unit_word=word))
        return said

    def _unsure(self, cell: PublishedCell) -> bool:
        """Whether the interval has values on both sides of the target, which itself counts as reached."""
        target = float(self.indicator.level_green or 0)
        if self.indicator.level_direction == 1:
            return bool(cell["low"] < target <= cell["high"])
        return bool(cell["low"] <= target < cell["high"])


def message(registry: str, indicator: Indicator, nation: PublishedCell, units: tuple[Level, Cells]) -> Message | None:
    """The message of a registry's indicator from the nation's cell; None when that cell is not shown."""
    return Message(registry, indicator, nation, *units) if nation["shown"] else None


def weightiest(messages: list[Message]) -> list[Message]:
    """The few messages a reader needs most, in order; equals keep the registry's own order."""
    return sorted(messages, key=lambda found: -found.weight)[:_MOST]


def messages_piece(messages: list[Message], link_to: str, words: Words) -> Piece:
    """Messages as a list, each with its level and a link to its indicator on the page `link_to`."""
    items = []
    for found in messages:
        level = level_html(found.cell["achievement"], achievement_text(found.cell, words), ACHIEVEMENT)
        level = level if found.cell["achievement"] else ""
        href = f"{link_to}#{anchor(found.indicator.id)}"
        link = f'<a href="{escape(href)}">{escape(words("page.read_more"))}</a>'
        items.append(f'<li class="kv-message"{found.address}>{level} <span>{found.html(words)} {link}</span></li>')
    return html_piece('<ul class="kv-messages">\n' + "\n".join(items) + "\n</ul>")
