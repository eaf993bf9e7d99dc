"""Which published cells a page is about: one registry, seen from one year.

Comes in: `Published`. Goes out: indicators, contexts, cells with their units' names, and the level of units that is
compared. It says nothing about how they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from kvalreg.disclosure.cell_rows import Key
from kvalreg.disclosure.published import Published
from kvalreg.inputs.descriptor import Indicator, Registry
from kvalreg.inputs.unit_names import shown_names
from kvalreg.inputs.units import Level
from kvalreg.report.figures.cells import Cells
from kvalreg.report.figures.view import View
from kvalreg.report.wording import Words

CONTEXTS = ("caregiver", "resident")
COMPARED = (Level.HOSPITAL, Level.HF, Level.RHF)
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

    published: Published
    year: int
    round: str
    words: Words

    @property
    def registry(self) -> Registry:
        """The registry's descriptor."""
        return self.published.registry

    @property
    def indicators(self) -> list[Indicator]:
        """The indicators that are shown, in the registry's own order, which have a cell in this year."""
        present = {ind_id for ind_id, _, _ in self._present}
        return [indicator for indicator in self.registry.indicators if indicator.include and indicator.id in present]

    def cells(self, ind_id: str, context: str, level: Level) -> Cells:
        """The published cells of one indicator, context and level, all years up to this one, with the unit's name."""
        return self._rows((ind_id, context, level.value), 0, self.year)

    def cells_of(self, ind_id: str, context: str, level: Level, year: int) -> Cells:
        """Of these, the cells of one year."""
        return self._rows((ind_id, context, level.value), year, min(year, self.year))

    def cells_now(self, ind_id: str, context: str, level: Level) -> Cells:
        """Of these, the cells of the year that is told of."""
        return self.cells_of(ind_id, context, level, self.year)

    def reach(self, ind_id: str, context: str, level: Level) -> tuple[float, ...]:
        """From where to where the shown values and intervals of these cells go."""
        return self.published.rows.reach((ind_id, context, level.value), self.year, "value", "low", "high")

    def contexts(self, indicator: Indicator) -> list[str]:
        """The contexts in which an indicator has cells this year."""
        return [
            context
            for context in CONTEXTS
            if any((indicator.id, context, level.value) in self._present for level in Level)
        ]

    def nation(self, indicator: Indicator, context: str) -> Cells:
        """The nation's cell of this year: one, or none."""
        return self.cells_now(indicator.id, context, Level.NATION)

    def units_compared(self, indicator: Indicator, context: str) -> tuple[Level, Cells]:
        """The level of presentation, and its units' cells of this year."""
        level = self.published.presentation(indicator.id, context, self.year).level
        return level, self.cells_now(indicator.id, context, level)

    def units_presented(self, indicator: Indicator, context: str) -> Cells:
        """The cells of every unit that a reader may pick: hospitals, HFs and RHFs, all years up to this one."""
        return [cell for level in COMPARED for cell in self.cells(indicator.id, context, level)]

    def units_presented_now(self, indicator: Indicator, context: str) -> Cells:
        """Of these, the cells of the year that is told of."""
        return [cell for level in COMPARED for cell in self.cells_now(indicator.id, context, level)]

    def view(self, indicator: Indicator, context: str) -> View:
        """What a figure of this indicator looks at."""
        level, _ = self.units_compared(indicator, context)
        works, secret_below = self.registry.works(indicator.id), self.registry.secret_below_of(indicator)
        return View(indicator, context, self.year, level, self.words, self, works, secret_below, self.registry.id)

    def coverage_view(self, indicator: Indicator) -> View | None:
        """What a figure of coverage looks at: the year in which it was last measured; None if it never was."""
        if self.units_presented_now(indicator, "caregiver"):
            newest: int | None = self.year
        else:
            newest = max((int(cell["year"]) for cell in self.units_presented(indicator, "caregiver")), default=None)
        if newest is None:
            return None
        level = self.published.presentation(indicator.id, "caregiver", newest).level
        secret_below = self.registry.secret_below_of(indicator)
        registry = self.registry.id
        return View(
            indicator, "caregiver", newest, level, self.words, self, secret_below=secret_below, registry=registry
        )

    def unit_name(self, level: Level, orgnr: str) -> str:
        """The short name of a unit, with more where another one with results has it too; a county's own name.

        A unit that is closed has the year of it beside its name.
        """
        if level is Level.COUNTY:
            return orgnr
        unit = self.published.units[orgnr]
        if unit.level is Level.NATION:
            return self.words("units.nation")
        return self.words.unit(self._shown_names.get(orgnr, unit.short_name), unit.closed)

    @cached_property
    def _shown_names(self) -> dict[str, str]:
        return shown_names(self.published.units, set(self.published.cells["orgnr"].unique()))

    @cached_property
    def _present(self) -> set[Key]:
        """The groups that have a cell in the year that is told of."""
        return self.published.rows.keys_in(self.year)

    def _rows(self, key: Key, first: int, last: int) -> Cells:
        """The cells of a group from one year to another, with their units' names."""
        if (key, first, last) not in self._made:
            rows = self.published.rows.rows(key, first, last)
            self._made[key, first, last] = [{**row, "unit": self._name(row["level"], row["orgnr"])} for row in rows]
        return self._made[key, first, last]

    def _name(self, level: str, orgnr: str) -> str:
        if (level, orgnr) not in self._names:
            self._names[level, orgnr] = self.unit_name(Level(level), orgnr)
        return self._names[level, orgnr]

    @cached_property
    def _made(self) -> dict[tuple[Key, int, int], Cells]:
        return {}

    @cached_property
    def _names(self) -> dict[tuple[str, str], str]:
        return {}
