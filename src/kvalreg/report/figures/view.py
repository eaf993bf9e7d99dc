"""The data of a figure: one indicator, context and year, in one language, with its published cells.

Input: a selection, with the requested indicator and context. Output: the figure's subject, its cells, and the noun for
its units.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from kvalreg.inputs.descriptor import MIN_SECRET_BELOW, Indicator
from kvalreg.inputs.descriptor_texts import QualityImprovement
from kvalreg.inputs.units import Level
from kvalreg.report.cell_markup import cell_address, units_address
from kvalreg.report.figures.cells import CellRecords, PublishedCell
from kvalreg.report.figures.component import FigureSubject
from kvalreg.report.footnotes import Footnotes, NotShownReason, not_shown_reason
from kvalreg.report.translation import Translator
from kvalreg.urls import anchor

# Parts of permanent links to figures: never changed.
_ANCHOR_PREFIXES = {"trend": "utvikling", "compare": "enheter", "funnel": "trakt", "coverage": "dekning"}
_ANCHOR_PREFIXES |= {"levels": "nivaa", "change": "endring"}


class CellSource(Protocol):
    """The source of a view's cells, with their units' names."""

    def cells(self, ind_id: str, context: str, level: Level) -> CellRecords:
        """Those of all years up to the selection's."""

    def year_cells(self, ind_id: str, context: str, level: Level, year: int) -> CellRecords:
        """Those of one year."""

    def value_extent(self, ind_id: str, context: str, level: Level) -> tuple[float, ...]:
        """The lowest and the highest of all shown values and limits of intervals; empty when none is shown."""


@dataclass(frozen=True)
class IndicatorView:
    """One indicator in one year.

    Parameters
    ----------
    level
        The level of the units that are compared.
    source
        The source of the published cells of the nation and of those units, loaded when a figure needs them.
    improvement_projects
        The improvement projects that concern the indicator.
    secret_below
        The number below which the indicator's numbers of patients are secret.
    registry
        The registry's id.
    """

    indicator: Indicator
    context: str
    year: int
    level: Level
    translator: Translator
    source: CellSource
    improvement_projects: tuple[QualityImprovement, ...] = ()
    secret_below: int = MIN_SECRET_BELOW
    registry: str = ""

    @cached_property
    def nation(self) -> CellRecords:
        """The nation's cells."""
        return self.source.cells(self.indicator.id, self.context, Level.NATION)

    @cached_property
    def units(self) -> CellRecords:
        """The units' cells of all years."""
        return self.source.cells(self.indicator.id, self.context, self.level)

    @property
    def value_extent(self) -> tuple[float, ...]:
        """The lowest and the highest of the units' numbers of all years."""
        return self.source.value_extent(self.indicator.id, self.context, self.level)

    @cached_property
    def current_nation(self) -> CellRecords:
        """The nation's cell of the view's year: one, or none."""
        return [cell for cell in self.nation if cell["year"] == self.year]

    @cached_property
    def current_units(self) -> CellRecords:
        """The units' cells of the view's year."""
        return self.source.year_cells(self.indicator.id, self.context, self.level, self.year)

    @cached_property
    def previous_units(self) -> CellRecords:
        """The units' cells of the year before."""
        return self.source.year_cells(self.indicator.id, self.context, self.level, self.year - 1)

    def subject(self, kind: str) -> FigureSubject:
        """The subject of a figure of this kind; its anchor never changes."""
        # A trend is about one unit, the nation; other figures are about all units of a level.
        anchor_id = f"{_ANCHOR_PREFIXES[kind]}-{anchor(self.indicator.id)}-{self.context}"
        unit = str(self.nation[0]["orgnr"]) if kind == "trend" else self.units_address
        cell = cell_address(self.registry, self.indicator.id, self.context, self.year, unit)
        return FigureSubject(kind, anchor_id, self.indicator.id, self.context, cell)

    @property
    def units_address(self) -> str:
        """The last part of the address of all units compared."""
        return units_address(self.level.value)

    def not_shown_reason(self, cell: PublishedCell) -> NotShownReason | None:
        """Why a cell's value is not shown; None when it is shown."""
        return not_shown_reason(cell, self.indicator, self.secret_below)

    def footnotes(self, cells: Iterable[PublishedCell]) -> Footnotes:
        """The footnotes of a table of these cells."""
        return Footnotes(map(self.not_shown_reason, cells))

    def not_shown_text(self, cell: PublishedCell, footnotes: Footnotes) -> str:
        """The text instead of a value that is not shown, with its footnote mark; empty when it is shown."""
        reason = self.not_shown_reason(cell)
        return footnotes.label(reason, self.translator) if reason else ""

    def unit_noun(self, count: int) -> str:
        """The noun for this many of the units compared: ``sykehus``."""
        return self.translator(f"units.{self.level.value}", count=count)
