"""Why a cell's value is not shown: the word in its place, and the note that explains it.

Comes in: a published cell, and the public limits of its indicator. Goes out: text. A secret cell has one text whatever
made it secret. A note stands below a table only where the table has such a cell.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from kvalreg.disclosure.published import Status
from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.markup import escape
from kvalreg.report.wording import Words
from kvalreg.statistics.funnel import MIN_COVERAGE

SIGNS = {Status.SECRET: "*", Status.FEW_PATIENTS: "†", Status.LOW_COVERAGE: "‡"}
"""The sign of each status's note. Where a table has several limits of one kind, the second has its sign twice."""
LIMIT = ' data-kv-role="limit"'
"""The numbers of a note are limits that everybody knows."""
_TOGETHER = "\N{NO-BREAK SPACE}"
"""A sign is never on a line by itself."""
FOOTNOTES = {
    Status.SHOWN: "",
    Status.SECRET: "hidden",
    Status.FEW_PATIENTS: "few_patients",
    Status.LOW_COVERAGE: "low_coverage",
}
"""The code of each status in the column ``footnote`` of open data and of figures' files."""


class NotShown(NamedTuple):
    """Why a value is not shown, and the public limit that its note tells."""

    status: Status
    limit: int

    def word(self, words: Words) -> str:
        """What stands in the place of the value: ``Få pasienter``."""
        return words(f"states.{self.status}")

    def note(self, words: Words) -> str:
        """The reason as a sentence."""
        return words(f"states.{self.status}_note", limit=words.number(self.limit))


def not_shown(cell: Any, indicator: Indicator, secret_below: int) -> NotShown | None:
    """Why a published cell's value is not shown; None where it is.

    Parameters
    ----------
    cell
        One row of `Published.cells`.
    secret_below
        The number below which the indicator's numbers of patients are secret.
    """
    status = Status(cell["status"])
    return None if status is Status.SHOWN else NotShown(status, limit_of(status, indicator, secret_below))


def limit_of(status: Status, indicator: Indicator, secret_below: int) -> int:
    """The public limit that the note of a status tells."""
    if status is Status.SECRET:
        return secret_below
    return indicator.min_denominator if status is Status.FEW_PATIENTS else round(MIN_COVERAGE * 100)


class Notes:
    """The notes below one table, each once, and the signs that lead to them.

    Parameters
    ----------
    reasons
        Why the table's cells are not shown; None for those that are.
    anchor
        What the notes' ids on the page begin with.
    """

    def __init__(self, reasons: Iterable[NotShown | None], anchor: str = "") -> None:
        found = sorted({one for one in reasons if one}, key=lambda one: (list(SIGNS).index(one.status), one.limit))
        self._anchor = anchor
        self._signs: dict[NotShown, str] = {}
        for one in found:
            before = sum(other.status is one.status for other in self._signs)
            self._signs[one] = SIGNS[one.status] * (before + 1)

    def __bool__(self) -> bool:
        return bool(self._signs)

    def text(self, one: NotShown, words: Words) -> str:
        """The word in the place of a value, with its sign."""
        return f"{one.word(words)}{_TOGETHER}{self._signs[one]}"

    def html(self, one: NotShown, words: Words) -> str:
        """The same as HTML; the sign leads to the note."""
        label = escape(words("table.footnote"))
        link = f'<a href="#{escape(self._id(one))}" aria-label="{label}">{self._signs[one]}</a>'
        return f"<span>{escape(one.word(words))}{_TOGETHER}{link}</span>"

    def sentences(self, words: Words) -> tuple[str, ...]:
        """The notes alone."""
        return tuple(one.note(words) for one in self._signs)

    def lines(self, words: Words) -> tuple[str, ...]:
        """The notes as text, each behind its sign."""
        return tuple(f"{sign} {one.note(words)}" for one, sign in self._signs.items())

    def below(self, words: Words) -> str:
        """The notes as paragraphs that cells lead to."""
        return "".join(
            f'\n<p class="kv-note" id="{escape(self._id(one))}"{LIMIT}>{escape(text)}</p>'
            for one, text in zip(self._signs, self.lines(words), strict=True)
        )

    def _id(self, one: NotShown) -> str:
        return f"{self._anchor}-{one.status.value.replace('_', '-')}-{one.limit}"
