"""A registry's newest results: each indicator in the newest year that is complete, its cells by unit.

Comes in: `Published`. Goes out: `Newest`, which the site's own pages share, so that cells are grouped once and not
once per page. A year that is provisional is used only where an indicator has no other.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from kvalreg.disclosure.cell_rows import records
from kvalreg.disclosure.published import Published
from kvalreg.inputs.descriptor import Indicator, Registry
from kvalreg.inputs.units import Level
from kvalreg.report.addresses import indicator_page
from kvalreg.report.figures.cells import PublishedCell, known
from kvalreg.report.report import Report, rounds
from kvalreg.report.wording import words


@dataclass(frozen=True)
class NewestResults:
    """One indicator and context in its newest year.

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

    def of(self, level: Level, orgnr: str) -> PublishedCell | None:
        """The cell of one unit, or None where it has none."""
        return self.cells.get((level.value, orgnr))

    def at(self, level: Level) -> list[PublishedCell]:
        """The cells of one level."""
        wanted = level.value
        return [cell for (of, _), cell in self.cells.items() if of == wanted]

    @property
    def nation(self) -> PublishedCell | None:
        """The nation's cell."""
        found = self.at(Level.NATION)
        return found[0] if found else None


@dataclass(frozen=True)
class Summary:
    """Newest results as the pages of all registries tell of them: plain values, which can be kept.

    Parameters
    ----------
    reached
        See `Newest.reached`.
    national
        See `Newest.national`: of each indicator its id, context, year, whether that is provisional, and the cell.
    """

    reached: Sequence[int]
    national: Sequence[Sequence[Any]]

    @classmethod
    def of(cls, newest: Newest) -> Summary:
        """The summary of newest results."""
        told = [(one.indicator.id, one.context, one.year, one.provisional, one.nation) for one in newest.results]
        return cls(newest.reached, told)


@dataclass(frozen=True)
class Newest:
    """One registry's newest results.

    Parameters
    ----------
    published
        What may be shown; nothing else is ever read.
    summary
        What is known already of its results.
    """

    published: Published
    summary: Summary | None = None

    @property
    def registry(self) -> Registry:
        """The registry's descriptor."""
        return self.published.registry

    @cached_property
    def rounds(self) -> list[tuple[int, str]]:
        """Every year and its round, newest first."""
        return rounds(self.published)[::-1]

    @cached_property
    def round(self) -> tuple[int, str]:
        """The newest complete year; the newest of all where none is complete."""
        return next((one for one in self.rounds if one[1] == "final"), self.rounds[0])

    @cached_property
    def report(self) -> Report:
        """The report of the newest complete year, in the registry's own language."""
        return self.report_of(*self.round)

    def report_of(self, year: int, round_: str, language: str = "") -> Report:
        """The report of a year, in the registry's own language where none is given; made once."""
        own = self.registry.language
        key = (year, round_, language or own)
        if key not in self._reports:
            self._reports[key] = Report(self.published, year, round_, words(language or own, own))
        return self._reports[key]

    @cached_property
    def _reports(self) -> dict[tuple[int, str, str], Report]:
        return {}

    @cached_property
    def results(self) -> tuple[NewestResults, ...]:
        """Every indicator that is shown, in the registry's order, and its contexts; those without cells left out."""
        cells = self.published.cells
        groups: dict[tuple[str, str], dict[tuple[str, str], PublishedCell]] = {}
        for cell in records(cells[cells["year"] == _wanted_year(cells)]):
            groups.setdefault((cell["ind_id"], cell["context"]), {})[cell["level"], cell["orgnr"]] = cell
        found = []
        for indicator in self.registry.indicators:
            for context in ("caregiver", "resident"):
                group = groups.get((indicator.id, context))
                if group and indicator.include:
                    first = next(iter(group.values()))
                    found.append(
                        NewestResults(indicator, context, int(first["year"]), bool(first["provisional"]), group)
                    )
        return tuple(found)

    @cached_property
    def national(self) -> tuple[NewestResults, ...]:
        """The same with the nation's cell alone."""
        indicators = {one.id: one for one in self.registry.indicators}
        return tuple(
            NewestResults(
                indicators[ind_id],
                context,
                year,
                provisional,
                {(cell["level"], cell["orgnr"]): cell} if cell else {},
            )
            for ind_id, context, year, provisional, cell in (self.summary or Summary.of(self)).national
        )

    @cached_property
    def pages(self) -> dict[str, str]:
        """The address of each indicator's page, by its id."""
        ids = [one.id for one in self.registry.indicators]
        return {ind_id: indicator_page(self.registry.id, ind_id, ids) for ind_id in ids}

    @cached_property
    def reached(self) -> tuple[int, int]:
        """How many of the shown results of hospitals, or of the units shown instead, reach their target, and of all."""
        if self.summary is not None:
            reached, of = self.summary.reached
            return reached, of
        with_target = [
            cell
            for one in self.results
            if one.context == "caregiver" and not one.provisional
            for cell in one.at(self.published.presentation(one.indicator.id, one.context, one.year).level)
            if cell["shown"] and cell["achievement"]
        ]
        return sum(cell["achievement"] == "high" for cell in with_target), len(with_target)


def newest_cells(published: Published, years: Collection[int]) -> Published:
    """The same with the cells alone that the pages of all registries need.

    These are what `Newest` tells of, every cell of these years, and one cell at least of each year and unit.
    """
    cells, newest = published.cells, Newest(published)
    wanted = cells["year"].isin({*years, newest.round[0]}) | (cells["year"] == _wanted_year(cells))
    wanted |= ~cells.duplicated(["year", "provisional"]) | ~cells.duplicated("orgnr")
    return replace(published, cells=cells[wanted].reset_index(drop=True))


def _wanted_year(cells: pd.DataFrame) -> pd.Series[Any]:
    """Of each cell the newest complete year of its indicator and context; the newest where none is complete."""
    keys = [cells["ind_id"], cells["context"]]
    final = cells["year"].where(~cells["provisional"].astype(bool)).groupby(keys).transform("max")
    return final.fillna(cells["year"].groupby(keys).transform("max"))


def against_target(cell: PublishedCell, indicator: Indicator) -> str:
    """Whether a shown cell for certain reaches its target (``reached``) or does not (``missed``); else empty.

    Worked number: a target of at least 0.9 is reached for certain by an interval of 0.91-0.95, and missed for certain
    by 0.80-0.89; 0.88-0.92 says neither.
    """
    target, low, high = indicator.level_green, cell["low"], cell["high"]
    if target is None or not cell["shown"] or not cell["achievement"] or not known(low):
        return ""
    if indicator.level_direction == 1:
        return "reached" if low >= target else "missed" if high < target else ""
    return "reached" if high <= target else "missed" if low > target else ""
