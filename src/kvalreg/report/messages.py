"""The message of an indicator: what the numbers say, in sentences that begin with the message.

Comes in: published cells. Goes out: HTML sentences whose every number comes from those cells. A change or a level is
said only as surely as the cell's interval allows; no ranking, no causes.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from kvalreg.inputs.descriptor import Indicator
from kvalreg.inputs.units import Level
from kvalreg.report.addresses import anchor
from kvalreg.report.display import Piece, html_piece
from kvalreg.report.figures.cells import Cells, PublishedCell, achievement_text, shown_of
from kvalreg.report.markup import own_words
from kvalreg.report.tables import level_html
from kvalreg.report.wording import Words

_MOST = 4


@dataclass(frozen=True)
class Message:
    """What is said of one indicator in one year.

    Parameters
    ----------
    cell
        The nation's published cell.
    units
        The published cells of the units compared, and their level.
    """

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

    def headline(self, words: Words) -> str:
        """The first sentence, as plain text."""
        return self._headline(words, self.indicator.title, words.subject(self.indicator, self.cell["value"]))

    def html(self, words: Words) -> str:
        """The sentences, headline in bold; the indicator's name is marked where it is in another language."""
        title = own_words(escape(self.indicator.title), words)
        headline = self._headline(words, title, escape(words.subject(self.indicator, self.cell["value"])))
        rest = [words.target(self.indicator), self._change(words), *self._units(words)]
        return f"<strong>{headline}</strong> " + escape(" ".join(part for part in rest if part))

    def _headline(self, words: Words, title: str, value: str) -> str:
        key = "message.headline_provisional" if self.cell["provisional"] else "message.headline"
        return words(key, title=title, value=value, year=self.year)

    def _change(self, words: Words) -> str:
        """The change since the year before where it is certain, else since the series began where that is."""
        change, since = self.cell["change"], self.cell["change_from"]
        if change in ("", "unclear") and self.cell["series_change"] not in ("", "unclear"):
            change, since = self.cell["series_change"], self.cell["series_from"]
        return words(f"change.sentence_{change}", year=int(since)) if change else ""

    def _units(self, words: Words) -> list[str]:
        shown = [cell for cell in shown_of(self.units) if cell["achievement"]]
        if self.level is Level.NATION or len(shown) < 2:
            return []
        noun = f"units.{self.level.value}"
        reached = sum(cell["achievement"] == "high" for cell in shown)
        said = [words("message.reached", reached=reached, shown=len(shown), unit_word=words(noun, count=len(shown)))]
        unsure = sum(self._unsure(cell) for cell in shown)
        if unsure:
            said.append(words("message.unsure", count=unsure, unit_word=words(noun, count=unsure)))
        return said

    def _unsure(self, cell: PublishedCell) -> bool:
        """Whether the interval has values on both sides of the target, which itself counts as reached."""
        target = float(self.indicator.level_green or 0)
        if self.indicator.level_direction == 1:
            return bool(cell["low"] < target <= cell["high"])
        return bool(cell["low"] <= target < cell["high"])


def message(indicator: Indicator, nation: PublishedCell, units: tuple[Level, Cells]) -> Message | None:
    """The message of an indicator from the nation's cell; None when that cell is not shown."""
    return Message(indicator, nation, *units) if nation["shown"] else None


def weightiest(messages: list[Message]) -> list[Message]:
    """The few messages a reader needs most, in order; equals keep the registry's own order."""
    return sorted(messages, key=lambda found: -found.weight)[:_MOST]


def messages_piece(messages: list[Message], link_to: str, words: Words) -> Piece:
    """Messages as a list, each with its level and a link to its indicator on the page `link_to`."""
    items = []
    for found in messages:
        level = level_html(found.cell["achievement"], achievement_text(found.cell, words))
        level = level if found.cell["achievement"] else ""
        href = f"{link_to}#{anchor(found.indicator.id)}"
        link = f'<a href="{escape(href)}">{escape(words("page.read_more"))}</a>'
        items.append(f'<li class="kv-message">{level} <span>{found.html(words)} {link}</span></li>')
    return html_piece('<ul class="kv-messages">\n' + "\n".join(items) + "\n</ul>")
