"""What a figure looks at: one indicator, context and year, in one language, with its published cells.

Comes in: what `Report` has been asked for. Goes out: the figure's subject, its cells, and the word for its units.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from kvalreg.inputs.descriptor import LEAST_SECRET, Indicator
from kvalreg.inputs.descriptor_texts import QualityImprovement
from kvalreg.inputs.units import Level
from kvalreg.report.addresses import anchor
from kvalreg.report.cell_markup import cell_address, units_of
from kvalreg.report.figures.cells import Cells, PublishedCell
from kvalreg.report.figures.component import Subject
from kvalreg.report.not_shown import Notes, NotShown, not_shown
from kvalreg.report.wording import Words

_PLACES = {"trend": "utvikling", "compare": "enheter", "funnel": "trakt", "coverage": "dekning"}
_PLACES |= {"levels": "nivaa", "change": "endring"}


class Source(Protocol):
    """Where a view's cells come from, with their units' names."""

    def cells(self, ind_id: str, context: str, level: Level) -> Cells:
        """Those of all years that are told of."""

    def cells_of(self, ind_id: str, context: str, level: Level, year: int) -> Cells:
        """Those of one year."""

    def reach(self, ind_id: str, context: str, level: Level) -> tuple[float, ...]:
        """The lowest and the highest of all values and ends of intervals that are shown; nothing where none is."""


@dataclass(frozen=True)
class View:
    """One indicator, seen from one year.

    Parameters
    ----------
    level
        The level of the units that are compared.
    source
        What the published cells of the nation and of those units are asked of; a figure looks at few of them.
    works
        The quality improvement work that concerns the indicator.
    secret_below
        The number below which the indicator's numbers of patients are secret.
    registry
        The registry's id.
    """

    indicator: Indicator
    context: str
    year: int
    level: Level
    words: Words
    source: Source
    works: tuple[QualityImprovement, ...] = ()
    secret_below: int = LEAST_SECRET
    registry: str = ""

    @cached_property
    def nation(self) -> Cells:
        """The nation's cells."""
        return self.source.cells(self.indicator.id, self.context, Level.NATION)

    @cached_property
    def units(self) -> Cells:
        """The units' cells of all years."""
        return self.source.cells(self.indicator.id, self.context, self.level)

    @property
    def reach(self) -> tuple[float, ...]:
        """From where to where the units' numbers of all years go."""
        return self.source.reach(self.indicator.id, self.context, self.level)

    @cached_property
    def nation_now(self) -> Cells:
        """The nation's cell of the view's year: one, or none."""
        return [cell for cell in self.nation if cell["year"] == self.year]

    @cached_property
    def units_now(self) -> Cells:
        """The units' cells of the view's year."""
        return self.source.cells_of(self.indicator.id, self.context, self.level, self.year)

    @cached_property
    def units_before(self) -> Cells:
        """The units' cells of the year before."""
        return self.source.cells_of(self.indicator.id, self.context, self.level, self.year - 1)

    def subject(self, kind: str) -> Subject:
        """What a figure of this kind is about; its address never changes."""
        place = f"{_PLACES[kind]}-{anchor(self.indicator.id)}-{self.context}"
        unit = str(self.nation[0]["orgnr"]) if kind == "trend" else self.units_address
        cell = cell_address(self.registry, self.indicator.id, self.context, self.year, unit)
        return Subject(kind, place, self.indicator.id, self.context, cell)

    @property
    def units_address(self) -> str:
        """The last part of the address of all units compared."""
        return units_of(self.level.value)

    def not_shown(self, cell: PublishedCell) -> NotShown | None:
        """Why a cell's value is not shown; None where it is."""
        return not_shown(cell, self.indicator, self.secret_below)

    def notes(self, cells: Iterable[PublishedCell]) -> Notes:
        """The notes below a table of these cells."""
        return Notes(map(self.not_shown, cells))

    def in_place(self, cell: PublishedCell, notes: Notes) -> str:
        """What stands in the place of a value that is not shown, with the sign of its note; empty where it is shown."""
        why = self.not_shown(cell)
        return notes.text(why, self.words) if why else ""

    def unit_word(self, count: int) -> str:
        """The word for so many of the units compared: ``sykehus``."""
        return self.words(f"units.{self.level.value}", count=count)
