"""Quality improvement work on a trend: when it went on, as labelled bars above the years.

Comes in: the work that concerns an indicator, and the years of the figure. Goes out: rows for the chart, and letters
and periods for alternative text, table and note. It shows when work was done, and never says what came of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from string import ascii_uppercase

from kvalreg.inputs.descriptor_texts import QualityImprovement
from kvalreg.report.cell_markup import Html
from kvalreg.report.figures.chart_data import Rows
from kvalreg.report.wording import Words


@dataclass(frozen=True)
class DrawnWork:
    """One piece of work on a figure.

    Parameters
    ----------
    letter
        What it is called in the figure: A, B, C.
    first, last
        The years of it that the figure has.
    lane
        Its place above the years: work that overlaps stands on top of other work.
    """

    letter: str
    work: QualityImprovement
    first: int
    last: int
    lane: int


def drawn_works(works: Sequence[QualityImprovement], years: Iterable[int]) -> tuple[DrawnWork, ...]:
    """The work whose period meets the years of a figure, in the order in which it began."""
    axis = sorted(years)
    found: list[DrawnWork] = []
    free: list[int] = []
    dated = [(work, *work.years) for work in works if work.years is not None and axis]
    spans = [(work, max(first, axis[0]), min(last or axis[-1], axis[-1])) for work, first, last in dated]
    for work, first, last in sorted((span for span in spans if span[1] <= span[2]), key=lambda span: span[1:]):
        lane = next((at for at, until in enumerate(free) if until < first), len(free))
        free[lane : lane + 1] = [last]
        letter = ascii_uppercase[len(found) % len(ascii_uppercase)]
        found.append(DrawnWork(letter, work, first, last, lane))
    return tuple(found)


def work_rows(works: Iterable[DrawnWork]) -> Rows:
    """The bars: from year to year, with the letter at the beginning."""
    return [{"year": one.first, "to": one.last, "lane": one.lane, "letter": one.letter} for one in works]


def letters_of(works: Iterable[DrawnWork], year: int) -> str:
    """The letters of the work that went on in a year: ``A, B``."""
    return ", ".join(one.letter for one in works if one.first <= year <= one.last)


def works_alt(works: Sequence[DrawnWork], words: Words) -> str:
    """The work as a sentence of the alternative text, by letter and period; empty without any."""
    told = ", ".join(f"{one.letter} {escape(one.work.period, quote=False)}" for one in works)
    return words.html("figure.works_alt", works=Html(told)) if told else ""
