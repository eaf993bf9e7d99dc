"""Why a cell's value is not shown: the substitute text, and the footnote that explains it.

Input: a published cell, and the public limits of its indicator. Output: text. A secret cell has the same text whether
its suppression is primary or complementary. A table has a footnote only when it has such a cell.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from kvalreg.disclosure.published import CellStatus
from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.markup import escape
from kvalreg.report.translation import Translator
from kvalreg.statistics.funnel import MIN_COVERAGE

FOOTNOTE_MARKS = {CellStatus.SECRET: "*", CellStatus.FEW_PATIENTS: "†", CellStatus.LOW_COVERAGE: "‡"}
"""The footnote mark of each status. When a table has several limits for one status, the second has its mark twice."""
LIMIT_ROLE = ' data-kv-role="limit"'
"""The numbers of a footnote are public limits and no results."""
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
"""Keeps a footnote mark on the line of its text."""
FOOTNOTE_CODES = {
    CellStatus.SHOWN: "",
    CellStatus.SECRET: "hidden",
    CellStatus.FEW_PATIENTS: "few_patients",
    CellStatus.LOW_COVERAGE: "low_coverage",
}
"""The code of each status in the column ``footnote`` of open data and of figures' files."""


class NotShownReason(NamedTuple):
    """Why a value is not shown, and the public limit that its footnote states."""

    status: CellStatus
    limit: int

    def label(self, translator: Translator) -> str:
        """The text instead of the value: ``Få pasienter``."""
        return translator(f"states.{self.status}")

    def note(self, translator: Translator) -> str:
        """The reason as a sentence."""
        return translator(f"states.{self.status}_note", limit=translator.format_number(self.limit))


def not_shown_reason(cell: Any, indicator: Indicator, secret_below: int) -> NotShownReason | None:
    """Why a published cell's value is not shown; None when it is shown.

    Parameters
    ----------
    cell
        One row of `Published.cells`.
    secret_below
        The number below which the indicator's numbers of patients are secret.
    """
    status = CellStatus(cell["status"])
    return None if status is CellStatus.SHOWN else NotShownReason(status, limit_of(status, indicator, secret_below))


def limit_of(status: CellStatus, indicator: Indicator, secret_below: int) -> int:
    """The public limit that the footnote of a status states."""
    # A secret cell has the threshold's limit also when its suppression is complementary: another text would disclose
    # which cells are below the threshold.
    if status is CellStatus.SECRET:
        return secret_below
    return indicator.min_denominator if status is CellStatus.FEW_PATIENTS else round(MIN_COVERAGE * 100)


class Footnotes:
    """The distinct footnotes of one table, and the marks that link to them.

    Parameters
    ----------
    reasons
        Why the table's cells are not shown; None for those that are.
    anchor
        The prefix of the footnotes' ids on the page.
    """

    def __init__(self, reasons: Iterable[NotShownReason | None], anchor: str = "") -> None:
        # Sorted by status and limit and not by first occurrence, so that sorting a table's rows does not change marks:
        # few patients below 30 and below 50 get "†" and "††", whichever row comes first.
        sorted_reasons = sorted(
            {reason for reason in reasons if reason},
            key=lambda reason: (list(FOOTNOTE_MARKS).index(reason.status), reason.limit),
        )
        self._anchor = anchor
        self._marks: dict[NotShownReason, str] = {}
        for reason in sorted_reasons:
            count = sum(other.status is reason.status for other in self._marks)
            self._marks[reason] = FOOTNOTE_MARKS[reason.status] * (count + 1)

    def __bool__(self) -> bool:
        return bool(self._marks)

    def label(self, reason: NotShownReason, translator: Translator) -> str:
        """The text instead of a value, with its footnote mark."""
        return f"{reason.label(translator)}{_NO_BREAK_SPACE}{self._marks[reason]}"

    def label_html(self, reason: NotShownReason, translator: Translator) -> str:
        """The same as HTML; the mark links to the footnote."""
        link_label = escape(translator("table.footnote"))
        link = f'<a href="#{escape(self._footnote_id(reason))}" aria-label="{link_label}">{self._marks[reason]}</a>'
        return f"<span>{escape(reason.label(translator))}{_NO_BREAK_SPACE}{link}</span>"

    def sentences(self, translator: Translator) -> tuple[str, ...]:
        """The footnotes without marks."""
        return tuple(reason.note(translator) for reason in self._marks)

    def marked_sentences(self, translator: Translator) -> tuple[str, ...]:
        """The footnotes as text, each after its mark."""
        return tuple(f"{mark} {reason.note(translator)}" for reason, mark in self._marks.items())

    def to_html(self, translator: Translator) -> str:
        """The footnotes as paragraphs that cells link to."""
        return "".join(
            f'\n<p class="kv-note" id="{escape(self._footnote_id(reason))}"{LIMIT_ROLE}>{escape(text)}</p>'
            for reason, text in zip(self._marks, self.marked_sentences(translator), strict=True)
        )

    def _footnote_id(self, reason: NotShownReason) -> str:
        return f"{self._anchor}-{reason.status.value.replace('_', '-')}-{reason.limit}"
