"""What an address names: a published cell, or all units of a level, with all that their texts depend on.

Comes in: an address, a language, and one registry's cells now and in earlier editions. Goes out: `Subject`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cached_property

from kvalreg.audit.cell_address import CellAddress
from kvalreg.audit.cells import Cell, PublishedCells
from kvalreg.audit.claims import Form
from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.wording import Words

Texts = tuple[str, ...]
"""Texts of which any may stand for a number."""


class Subject:
    """What an address names, with all that its texts depend on; LookupError where no published cell is named.

    Parameters
    ----------
    past
        Gives the registry's cells as earlier editions showed them.
    """

    def __init__(
        self, cells: PublishedCells, address: CellAddress, words: Words, past: Callable[[], Iterable[PublishedCells]]
    ) -> None:
        self.cells, self.address, self.words, self._past = cells, address, words, past
        self.texts: dict[tuple[str, Form], Texts | None] = {}

    @cached_property
    def indicator(self) -> Indicator:
        """The indicator."""
        return self.cells.indicators[self.address.ind_id]

    @cached_property
    def cell(self) -> Cell:
        """The one cell that is meant."""
        return self.cells.group(self.address)[self.address.year, self.address.unit]

    @cached_property
    def units(self) -> list[Cell]:
        """The cells of all units of the level that is meant."""
        cells = self.cells.units(self.address, self.address.level)
        if not cells:
            raise LookupError
        return cells

    @cached_property
    def shown(self) -> list[Cell]:
        """Those of the units' cells that are shown."""
        return [cell for cell in self.units if cell["shown"]]

    def before(self, unit: str) -> float:
        """A unit's shown value of the year before; NaN where there is none."""
        year = str(int(self.address.year) - 1) if self.address.year.isdigit() else ""
        before = self.cells.cell(self.address._replace(year=year, unit=unit))
        return float(before["value"]) if before is not None and before["shown"] else math.nan

    @property
    def verdict(self) -> str:
        """The funnel's code for the unit."""
        codes = self.cells.funnel(self.address, self.cell["level"])[1] if self.cell["shown"] else {}
        return codes.get(self.address.unit, "")

    @cached_property
    def past(self) -> list[Subject]:
        """The same in the earlier editions that have the cell."""
        subjects = (Subject(cells, self.address, self.words, self._past) for cells in self._past())
        return [one for one in subjects if one.cells.cell(self.address) and self.address.ind_id in one.cells.indicators]
