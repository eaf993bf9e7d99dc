"""Which published cells a page is about: one registry, seen from one year.

Comes in: `Published`. Goes out: indicators, contexts, cells with their units' names, and the level of units that is
compared. It says nothing about how they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
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
"""Levels whose units are compared, and which a reader may pick, the finest first."""


@dataclass(frozen=True)
class Selection:
    """One registry's published cells up to one year.

    Parameters
    ----------
    published
        What may be shown; nothing else is ever read.
    year
        The year that is told of.
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
        """The indicators that are shown, in the registry's own order, which have a cell in this year."""
        present = {ind_id for ind_id, _, _ in self._current_groups}
        return [indicator for indicator in self.registry.indicators if indicator.include and indicator.id in present]

    def cells(self, ind_id: str, context: str, level: Level) -> CellRecords:
        """The published cells of one indicator, context and level, all years up to this one, with the unit's name."""
        return self._load_cells((ind_id, context, level.value), 0, self.year)

    def year_cells(self, ind_id: str, context: str, level: Level, year: int) -> CellRecords:
        """Of these, the cells of one year."""
        return self._load_cells((ind_id, context, level.value), year, min(year, self.year))

    def current_cells(self, ind_id: str, context: str, level: Level) -> CellRecords:
        """Of these, the cells of the year that is told of."""
        return self.year_cells(ind_id, context, level, self.year)

    def value_extent(self, ind_id: str, context: str, level: Level) -> tuple[float, ...]:
        """From where to where the shown values and intervals of these cells go."""
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
        """The level of presentation, and its units' cells of this year."""
        level = self.published.presentation(indicator.id, context, self.year).level
        return level, self.current_cells(indicator.id, context, level)

    def presented_units(self, indicator: Indicator, context: str) -> CellRecords:
        """The cells of every unit that a reader may pick: hospitals, HFs and RHFs, all years up to this one."""
        return [cell for level in COMPARED_LEVELS for cell in self.cells(indicator.id, context, level)]

    def current_presented_units(self, indicator: Indicator, context: str) -> CellRecords:
        """Of these, the cells of the year that is told of."""
        return [cell for level in COMPARED_LEVELS for cell in self.current_cells(indicator.id, context, level)]

    def view(self, indicator: Indicator, context: str) -> IndicatorView:
        """What a figure of this indicator looks at."""
        level, _ = self.compared_units(indicator, context)
        projects, secret_below = (
            self.registry.improvement_projects(indicator.id),
            self.registry.secret_threshold(indicator),
        )
        return IndicatorView(
            indicator, context, self.year, level, self.translator, self, projects, secret_below, self.registry.id
        )

    def coverage_view(self, indicator: Indicator) -> IndicatorView | None:
        """What a figure of coverage looks at: the year in which it was last measured; None if it never was."""
        if self.current_presented_units(indicator, "caregiver"):
            newest_year: int | None = self.year
        else:
            newest_year = max(
                (int(cell["year"]) for cell in self.presented_units(indicator, "caregiver")), default=None
            )
        if newest_year is None:
            return None
        level = self.published.presentation(indicator.id, "caregiver", newest_year).level
        secret_below = self.registry.secret_threshold(indicator)
        registry = self.registry.id
        return IndicatorView(
            indicator,
            "caregiver",
            newest_year,
            level,
            self.translator,
            self,
            secret_below=secret_below,
            registry=registry,
        )

    def unit_name(self, level: Level, orgnr: str) -> str:
        """The short name of a unit, with more where another one with results has it too; a county's own name.

        A unit that is closed has the year of it beside its name.
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
        """The groups that have a cell in the year that is told of."""
        return self.published.rows.keys_in(self.year)

    def _load_cells(self, key: CellGroupKey, first: int, last: int) -> CellRecords:
        """The cells of a group from one year to another, with their units' names."""
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
