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
from kvalreg.report.figures.chart_data import Records
from kvalreg.report.translation import Translator


@dataclass(frozen=True)
class ProjectBar:
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
    project: QualityImprovement
    first: int
    last: int
    lane: int


def project_bars(projects: Sequence[QualityImprovement], years: Iterable[int]) -> tuple[ProjectBar, ...]:
    """The work whose period meets the years of a figure, in the order in which it began."""
    axis = sorted(years)
    bars: list[ProjectBar] = []
    lane_ends: list[int] = []
    dated_projects = [(project, *project.years) for project in projects if project.years is not None and axis]
    spans = [(project, max(first, axis[0]), min(last or axis[-1], axis[-1])) for project, first, last in dated_projects]
    for project, first, last in sorted((span for span in spans if span[1] <= span[2]), key=lambda span: span[1:]):
        lane = next((index for index, lane_end in enumerate(lane_ends) if lane_end < first), len(lane_ends))
        lane_ends[lane : lane + 1] = [last]
        letter = ascii_uppercase[len(bars) % len(ascii_uppercase)]
        bars.append(ProjectBar(letter, project, first, last, lane))
    return tuple(bars)


def bar_rows(bars: Iterable[ProjectBar]) -> Records:
    """The bars: from year to year, with the letter at the beginning."""
    return [{"year": bar.first, "to": bar.last, "lane": bar.lane, "letter": bar.letter} for bar in bars]


def letters_in_year(bars: Iterable[ProjectBar], year: int) -> str:
    """The letters of the work that went on in a year: ``A, B``."""
    return ", ".join(bar.letter for bar in bars if bar.first <= year <= bar.last)


def projects_alt_text(bars: Sequence[ProjectBar], translator: Translator) -> str:
    """The work as a sentence of the alternative text, by letter and period; empty without any."""
    periods = ", ".join(f"{bar.letter} {escape(bar.project.period, quote=False)}" for bar in bars)
    return translator.html("figure.works_alt", works=Html(periods)) if periods else ""
