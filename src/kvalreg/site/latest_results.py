"""A registry's latest results: each indicator in the latest year that is complete, its cells by unit.

Input: `PublishedResults`. Output: `LatestResults`, which the site's own pages share, so that cells are grouped once and
not once per page. A provisional year is used only where an indicator has no other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from kvalreg.disclosure.cell_rows import cell_records
from kvalreg.disclosure.published import PublishedResults
from kvalreg.inputs.descriptor import Indicator, Registry
from kvalreg.inputs.units import Level
from kvalreg.report.figures.cells import PublishedCell, is_known
from kvalreg.report.report import Report, rounds
from kvalreg.report.translation import get_translator
from kvalreg.urls import indicator_page


@dataclass(frozen=True)
class IndicatorResult:
    """One indicator and context in its latest year.

    Parameters
    ----------
    cells
        By level and `orgnr`.
    """

    indicator: Indicator
    context: str
    year: int
    provisional: bool
    cells: dict[tuple[str, str], PublishedCell]

    def level_cells(self, level: Level) -> list[PublishedCell]:
        """The cells of one level."""
        level_value = level.value
        return [cell for (cell_level, _), cell in self.cells.items() if cell_level == level_value]

    @property
    def nation(self) -> PublishedCell | None:
        """The nation's cell."""
        cells = self.level_cells(Level.NATION)
        return cells[0] if cells else None


@dataclass(frozen=True)
class LatestSummary:
    """The part of latest results that pages of several registries need: plain values, which are stored as JSON.

    Parameters
    ----------
    reached
        See `LatestResults.targets_reached`.
    national
        See `LatestResults.national`: of each indicator its id, context, year, whether that is provisional, and the
        nation's cell.
    """

    reached: Sequence[int]
    national: Sequence[Sequence[Any]]

    @classmethod
    def from_results(cls, latest: LatestResults) -> LatestSummary:
        """The summary of latest results."""
        national = [
            (result.indicator.id, result.context, result.year, result.provisional, result.nation)
            for result in latest.results
        ]
        return cls(latest.targets_reached, national)


@dataclass(frozen=True)
class LatestResults:
    """One registry's latest results.

    Parameters
    ----------
    published
        What may be shown; nothing else is ever read.
    summary
        Where it was stored before: then not all cells need be there.
    """

    published: PublishedResults
    summary: LatestSummary | None = None

    @property
    def registry(self) -> Registry:
        """The registry's descriptor."""
        return self.published.registry

    @cached_property
    def rounds(self) -> list[tuple[int, str]]:
        """Every year and its round, latest first."""
        return rounds(self.published)[::-1]

    @cached_property
    def latest_round(self) -> tuple[int, str]:
        """The latest complete year; the latest of all where none is complete."""
        return next((year_round for year_round in self.rounds if year_round[1] == "final"), self.rounds[0])

    @cached_property
    def report(self) -> Report:
        """The report of the latest complete year, in the registry's own language."""
        return self.report_for(*self.latest_round)

    def report_for(self, year: int, round_: str, language: str = "") -> Report:
        """The report of a year, in the registry's own language unless another is named; each is made once."""
        default_language = self.registry.language
        key = (year, round_, language or default_language)
        if key not in self._reports:
            self._reports[key] = Report(
                self.published, year, round_, get_translator(language or default_language, default_language)
            )
        return self._reports[key]

    @cached_property
    def _reports(self) -> dict[tuple[int, str, str], Report]:
        return {}

    @cached_property
    def results(self) -> tuple[IndicatorResult, ...]:
        """Every indicator that is included, in the registry's order, in each of its contexts that has cells."""
        cells = self.published.cells
        # one pass over the cells of latest years; a dictionary for each indicator and context
        cells_by_key: dict[tuple[str, str], dict[tuple[str, str], PublishedCell]] = {}
        for cell in cell_records(cells[cells["year"] == _latest_year(cells)]):
            cells_by_key.setdefault((cell["ind_id"], cell["context"]), {})[cell["level"], cell["orgnr"]] = cell
        results = []
        for indicator in self.registry.indicators:
            for context in ("caregiver", "resident"):
                group = cells_by_key.get((indicator.id, context))
                if group and indicator.include:
                    # all cells of a group are of one year, and so all provisional or none
                    first_cell = next(iter(group.values()))
                    results.append(
                        IndicatorResult(
                            indicator, context, int(first_cell["year"]), bool(first_cell["provisional"]), group
                        )
                    )
        return tuple(results)

    @cached_property
    def national(self) -> tuple[IndicatorResult, ...]:
        """The same with the nation's cell alone."""
        # from the summary alone, which is all that a page of several registries has
        indicator_by_id = {indicator.id: indicator for indicator in self.registry.indicators}
        return tuple(
            IndicatorResult(
                indicator_by_id[ind_id],
                context,
                year,
                provisional,
                {(cell["level"], cell["orgnr"]): cell} if cell else {},
            )
            for ind_id, context, year, provisional, cell in (self.summary or LatestSummary.from_results(self)).national
        )

    @cached_property
    def page_by_indicator(self) -> dict[str, str]:
        """The address of each indicator's page, by its id."""
        ids = [indicator.id for indicator in self.registry.indicators]
        return {ind_id: indicator_page(self.registry.id, ind_id, ids) for ind_id in ids}

    @cached_property
    def targets_reached(self) -> tuple[int, int]:
        """How many results reach their target, and how many there are: of hospitals, or of the level shown instead."""
        if self.summary is not None:
            reached, total = self.summary.reached
            return reached, total
        # provisional years and residents' results are left out: a target is for a hospital's complete year
        cells_with_target = [
            cell
            for result in self.results
            if result.context == "caregiver" and not result.provisional
            for cell in result.level_cells(
                self.published.presentation(result.indicator.id, result.context, result.year).level
            )
            if cell["shown"] and cell["achievement"]
        ]
        return sum(cell["achievement"] == "high" for cell in cells_with_target), len(cells_with_target)


def latest_cells(published: PublishedResults, years: Collection[int]) -> PublishedResults:
    """The results with only the cells that pages of several registries need.

    These are those of `LatestResults`, every cell of these years, and at least one cell of each year and of each unit:
    lists of years and of presented units must come out the same as from all cells.
    """
    cells, latest = published.cells, LatestResults(published)
    is_needed = cells["year"].isin({*years, latest.latest_round[0]}) | (cells["year"] == _latest_year(cells))
    # the first cell of each year and round, and of each unit
    is_needed |= ~cells.duplicated(["year", "provisional"]) | ~cells.duplicated("orgnr")
    return replace(published, cells=cells[is_needed].reset_index(drop=True))


def _latest_year(cells: pd.DataFrame) -> pd.Series[Any]:
    """Of each cell the latest complete year of its indicator and context; the latest where none is complete.

    Worked example: cells of 2023, 2024 and a provisional 2025 all have 2024; where 2025 is all there is, 2025.
    """
    keys = [cells["ind_id"], cells["context"]]
    # a maximum within each group, spread to all of its cells; NaN where no year of the group is complete
    final = cells["year"].where(~cells["provisional"].astype(bool)).groupby(keys).transform("max")
    return final.fillna(cells["year"].groupby(keys).transform("max"))


def target_outcome(cell: PublishedCell, indicator: Indicator) -> str:
    """Whether a shown cell's whole interval is at or beyond its target (``reached``) or before it (``missed``).

    Worked example: a target of at least 0.9 is reached with an interval of 0.91 to 0.95, and missed with 0.80 to 0.89;
    0.88 to 0.92 says neither, and gives an empty text.
    """
    target, low, high = indicator.level_green, cell["low"], cell["high"]
    if target is None or not cell["shown"] or not cell["achievement"] or not is_known(low):
        return ""
    # the limit itself reaches the target, in both directions
    if indicator.level_direction == 1:
        return "reached" if low >= target else "missed" if high < target else ""
    return "reached" if high <= target else "missed" if low > target else ""
