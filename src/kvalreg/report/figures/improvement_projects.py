"""Improvement projects on a trend: their periods as labelled bars above the years.

Input: the projects that concern an indicator, and the years of the figure. Output: rows for the chart, and letters and
periods for alternative text, table and key. It shows when a project took place, and claims nothing about its effect.
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
    """One project on a figure.

    Parameters
    ----------
    letter
        Its label in the figure: A, B, C.
    first, last
        Its first and last year within the figure.
    lane
        Its row above the years, from 0: bars in one lane never overlap.
    """

    letter: str
    project: QualityImprovement
    first: int
    last: int
    lane: int


def project_bars(projects: Sequence[QualityImprovement], years: Iterable[int]) -> tuple[ProjectBar, ...]:
    """The projects whose period overlaps the years of a figure, in the order in which they began."""
    # Greedy interval partitioning: in the order of their beginnings, each goes into the first lane that is free, which
    # needs no more lanes than bars ever overlap (Kleinberg J, Tardos É. Algorithm Design. 2006: section 4.1).
    #   2019-2021 A: lane 0, ends 2021
    #   2020-2022 B: lane 0 is taken in 2020, so lane 1
    #   2022-     C: lane 0 is free again since 2021 < 2022
    axis = sorted(years)
    bars: list[ProjectBar] = []
    lane_ends: list[int] = []
    # Without dates a project has no bar; one that is ongoing goes to the last year of the figure.
    dated_projects = [(project, *project.years) for project in projects if project.years is not None and axis]
    spans = [(project, max(first, axis[0]), min(last or axis[-1], axis[-1])) for project, first, last in dated_projects]
    for project, first, last in sorted((span for span in spans if span[1] <= span[2]), key=lambda span: span[1:]):
        lane = next((index for index, lane_end in enumerate(lane_ends) if lane_end < first), len(lane_ends))
        lane_ends[lane : lane + 1] = [last]
        letter = ascii_uppercase[len(bars) % len(ascii_uppercase)]
        bars.append(ProjectBar(letter, project, first, last, lane))
    return tuple(bars)


def bar_rows(bars: Iterable[ProjectBar]) -> Records:
    """The bars as rows: first and last year, lane and letter."""
    return [{"year": bar.first, "to": bar.last, "lane": bar.lane, "letter": bar.letter} for bar in bars]


def letters_in_year(bars: Iterable[ProjectBar], year: int) -> str:
    """The letters of the projects in a year: ``A, B``."""
    return ", ".join(bar.letter for bar in bars if bar.first <= year <= bar.last)


def projects_alt_text(bars: Sequence[ProjectBar], translator: Translator) -> str:
    """The projects as a sentence of the alternative text, by letter and period; empty without any."""
    periods = ", ".join(f"{bar.letter} {escape(bar.project.period, quote=False)}" for bar in bars)
    return translator.html("figure.works_alt", works=Html(periods)) if periods else ""
