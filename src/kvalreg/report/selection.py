"""The published cells of a page: one registry, up to one year.

Input: `PublishedResults`. Output: indicators, contexts, cells with their units' names, and the level of the units that
are compared. How they are displayed is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from kvalreg.disclosure.cell_rows import CellGroupKey
from kvalreg.disclosure.published import PublishedResults
from kvalreg.inputs.descriptor import Indicator, Registry
from kvalreg.inputs.unit_names import shown_names
from kvalreg.inputs.units import Level
from kvalreg.report.figures.cells import CellRecords
from kvalreg.report.figures.view import IndicatorView
from kvalreg.report.translation import Translator

CONTEXTS = ("caregiver", "resident")
COMPARED_LEVELS = (Level.HOSPITAL, Level.HF, Level.RHF)
"""Levels whose units are compared, and which a reader may select, the finest first."""


@dataclass(frozen=True)
class Selection:
    """One registry's published cells up to one year.

    Parameters
    ----------
    published
        The results that have passed the gate; nothing else is ever read.
    year
        The year of the page.
    round
        ``final``, or ``interim`` for results so far this year.
    """

    published: PublishedResults
    year: int
    round: str
    translator: Translator

    @property
    def registry(self) -> Registry:
        """The registry's descriptor."""
        return self.published.registry

    @property
    def indicators(self) -> list[Indicator]:
        """The indicators that are included and have a cell in this year, in the registry's order."""
        present = {ind_id for ind_id, _, _ in self._current_groups}
        return [indicator for indicator in self.registry.indicators if indicator.include and indicator.id in present]

    def cells(self, ind_id: str, context: str, level: Level) -> CellRecords:
        """The published cells of one indicator, context and level, all years up to this one, with the unit's name."""
        return self._load_cells((ind_id, context, level.value), 0, self.year)

    def year_cells(self, ind_id: str, context: str, level: Level, year: int) -> CellRecords:
        """Of these, the cells of one year."""
        # A page of 2024 must not show 2025, which has been published since: the range is empty for a later year.
        return self._load_cells((ind_id, context, level.value), year, min(year, self.year))

    def current_cells(self, ind_id: str, context: str, level: Level) -> CellRecords:
        """Of these, the cells of the page's year."""
        return self.year_cells(ind_id, context, level, self.year)

    def value_extent(self, ind_id: str, context: str, level: Level) -> tuple[float, ...]:
        """The lowest and the highest of the shown values and limits of intervals of these cells."""
        return self.published.rows.extent((ind_id, context, level.value), self.year, "value", "low", "high")

    def contexts(self, indicator: Indicator) -> list[str]:
        """The contexts in which an indicator has cells this year."""
        return [
            context
            for context in CONTEXTS
            if any((indicator.id, context, level.value) in self._current_groups for level in Level)
        ]

    def nation(self, indicator: Indicator, context: str) -> CellRecords:
        """The nation's cell of this year: one, or none."""
        return self.current_cells(indicator.id, context, Level.NATION)

    def compared_units(self, indicator: Indicator, context: str) -> tuple[Level, CellRecords]:
        """The level of presentation, and the cells of its units in this year."""
        level = self.published.presentation(indicator.id, context, self.year).level
        return level, self.current_cells(indicator.id, context, level)

    def presented_units(self, indicator: Indicator, context: str) -> CellRecords:
        """The cells of every unit that a reader may select: hospitals, HFs and RHFs, all years up to this one."""
        return [cell for level in COMPARED_LEVELS for cell in self.cells(indicator.id, context, level)]

    def current_presented_units(self, indicator: Indicator, context: str) -> CellRecords:
        """Of these, the cells of the page's year."""
        return [cell for level in COMPARED_LEVELS for cell in self.current_cells(indicator.id, context, level)]

    def view(self, indicator: Indicator, context: str) -> IndicatorView:
        """The view that a figure of this indicator is made from."""
        view = self._view(indicator, context, self.year)
        return replace(view, improvement_projects=self.registry.improvement_projects(indicator.id))

    def coverage_view(self, indicator: Indicator) -> IndicatorView | None:
        """The view of a figure of coverage, of the year in which it was last measured; None if it never was."""
        # Most often this year's: loading all years only to find the latest of them takes time on every page.
        if self.current_presented_units(indicator, "caregiver"):
            return self._view(indicator, "caregiver", self.year)
        years = [int(cell["year"]) for cell in self.presented_units(indicator, "caregiver")]
        return self._view(indicator, "caregiver", max(years)) if years else None

    def _view(self, indicator: Indicator, context: str, year: int) -> IndicatorView:
        return IndicatorView(
            indicator,
            context,
            year,
            level=self.published.presentation(indicator.id, context, year).level,
            translator=self.translator,
            source=self,
            secret_below=self.registry.secret_threshold(indicator),
            registry=self.registry.id,
        )

    def unit_name(self, level: Level, orgnr: str) -> str:
        """The short name of a unit, extended when another unit with results has the same; a county's own name.

        A closed unit has the year of its closing after its name.
        """
        if level is Level.COUNTY:
            return orgnr
        unit = self.published.units[orgnr]
        if unit.level is Level.NATION:
            return self.translator("units.nation")
        return self.translator.unit_label(self._shown_names.get(orgnr, unit.short_name), unit.closed)

    @cached_property
    def _shown_names(self) -> dict[str, str]:
        return shown_names(self.published.units, set(self.published.cells["orgnr"].unique()))

    @cached_property
    def _current_groups(self) -> set[CellGroupKey]:
        """The groups of indicator, context and level that have a cell in the page's year."""
        return self.published.rows.keys_in(self.year)

    def _load_cells(self, key: CellGroupKey, first: int, last: int) -> CellRecords:
        """The cells of a group from one year to another, with their units' names."""
        # Figures, tables and messages of an indicator request the same cells. The caches are plain
        # dictionaries and not lru_cache, which would keep every page's selection alive in a process.
        if (key, first, last) not in self._cells_cache:
            rows = self.published.rows.rows(key, first, last)
            self._cells_cache[key, first, last] = [
                {**row, "unit": self._cached_unit_name(row["level"], row["orgnr"])} for row in rows
            ]
        return self._cells_cache[key, first, last]

    def _cached_unit_name(self, level: str, orgnr: str) -> str:
        if (level, orgnr) not in self._names_cache:
            self._names_cache[level, orgnr] = self.unit_name(Level(level), orgnr)
        return self._names_cache[level, orgnr]

    @cached_property
    def _cells_cache(self) -> dict[tuple[CellGroupKey, int, int], CellRecords]:
        return {}

    @cached_property
    def _names_cache(self) -> dict[tuple[str, str], str]:
        return {}
