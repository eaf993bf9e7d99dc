"""Published cells by address, with the names of units and their codes in the funnel.

Input: one registry's published results, and an address. Output: `Subject`, what the address names (a cell, or all units
of a level) with all that its texts depend on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from kvalreg.audit.cell_address import CellAddress
from kvalreg.audit.claims import Form
from kvalreg.disclosure.published import PublishedResults
from kvalreg.inputs.descriptor import Indicator
from kvalreg.inputs.unit_names import possible_names
from kvalreg.inputs.units import Level
from kvalreg.report.translation import LANGUAGES, Translator, get_translator
from kvalreg.statistics.funnel import MIN_COVERAGE, Funnel, funnel, verdicts

Cell = Mapping[str, Any]
Texts = tuple[str, ...]
"""Alternative texts of a number: a page may write any of them."""
_LAST_YEAR = 10_000
"""Later than every year of a cell."""


class PublishedCells:
    """One registry's published cells.

    Parameters
    ----------
    published
        The gate's output: the audit knows no other number, so it cannot disclose one.
    """

    def __init__(self, published: PublishedResults) -> None:
        self.published, self.registry = published, published.registry
        self.indicators = {indicator.id: indicator for indicator in published.registry.indicators}
        self._groups: dict[tuple[str, str], dict[tuple[str, str], Cell]] = {}
        self._funnels: dict[CellAddress, tuple[Funnel, dict[str, str]]] = {}
        self._names: dict[tuple[str, str], frozenset[str]] = {}

    def group(self, address: CellAddress) -> dict[tuple[str, str], Cell]:
        """The cells of an indicator and a context, by year and unit."""
        key = (address.ind_id, address.context)
        if key not in self._groups:
            # An index over (indicator, context), built on first use: pages of one indicator are read together.
            rows = (self.published.rows.rows((*key, level.value), 0, _LAST_YEAR) for level in Level)
            self._groups[key] = {(str(cell["year"]), cell["orgnr"]): cell for cells in rows for cell in cells}
        return self._groups[key]

    def cell(self, address: CellAddress) -> Cell | None:
        """The cell at an address; None where there is none."""
        return self.group(address).get((address.year, address.unit))

    def units(self, address: CellAddress, level: str) -> list[Cell]:
        """The cells of all units of a level, in the year of an address."""
        cells = self.group(address).items()
        return [cell for (year, _), cell in cells if year == address.year and cell["level"] == level]

    def funnel(self, address: CellAddress, level: str) -> tuple[Funnel, dict[str, str]]:
        """The funnel of all shown units of a level, and its code for each unit; LookupError where none is shown."""
        key = address._replace(unit=level)
        if key not in self._funnels:
            shown_cells = [cell for cell in self.units(address, level) if cell["shown"]]
            if not shown_cells:
                raise LookupError
            x, n, coverage = (
                np.array([cell[name] for cell in shown_cells], float) for name in ("var", "denominator", "coverage")
            )
            # Fitted again from the published cells: a suppressed unit must not influence the limits that pages draw.
            level_funnel = funnel(x, n)
            codes = verdicts(level_funnel, self.indicators[address.ind_id].min_denominator, coverage)
            self._funnels[key] = (
                level_funnel,
                {cell["orgnr"]: str(code) for cell, code in zip(shown_cells, codes, strict=True)},
            )
        return self._funnels[key]

    @cached_property
    def limits(self) -> set[int]:
        """The public limits: below which numbers are secret, or not reliable."""
        registry = self.registry
        limits = {round(MIN_COVERAGE * 100), 100, registry.secret_below}
        return limits.union(
            *((indicator.min_denominator, registry.secret_threshold(indicator)) for indicator in registry.indicators)
        )

    def names(self, unit: str, language: str) -> frozenset[str]:
        """Everything that a page may call a unit."""
        key = (unit, language)
        if key not in self._names:
            self._names[key] = frozenset(" ".join(name.split()) for name in self._names_of(unit, language))
        return self._names[key]

    def _names_of(self, orgnr: str, language: str) -> Iterator[str]:
        units = self.published.units
        if orgnr not in units:  # a county is its own name
            yield orgnr
            return
        unit = units[orgnr]
        names = [unit.name, *possible_names(unit, units)]
        if unit.level is Level.NATION:
            names += [get_translator(each_language)("units.nation") for each_language in LANGUAGES]
        # A closed unit is labelled with its last year: "Sykehus A (nedlagt 2021)".
        for name in names:
            yield from (name, get_translator(language).unit_label(name, unit.closed))


class Subject:
    """What an address names, with all that its texts depend on; LookupError where it names no published cell.

    Properties are computed on first use: most claims need the cell alone, and few need a funnel or earlier editions.

    Parameters
    ----------
    past
        Gives the registry's cells as published in earlier editions.
    """

    def __init__(
        self,
        cells: PublishedCells,
        address: CellAddress,
        translator: Translator,
        past: Callable[[], Iterable[PublishedCells]],
    ) -> None:
        self.cells, self.address, self.translator, self._past = cells, address, translator, past
        self.texts: dict[tuple[str, Form], Texts | None] = {}

    @cached_property
    def indicator(self) -> Indicator:
        """The indicator."""
        return self.cells.indicators[self.address.ind_id]

    @cached_property
    def cell(self) -> Cell:
        """The cell that is addressed."""
        return self.cells.group(self.address)[self.address.year, self.address.unit]

    @cached_property
    def units(self) -> list[Cell]:
        """The cells of all units of the addressed level."""
        cells = self.cells.units(self.address, self.address.level)
        if not cells:
            raise LookupError
        return cells

    @cached_property
    def shown(self) -> list[Cell]:
        """The shown cells among the units' cells."""
        return [cell for cell in self.units if cell["shown"]]

    def before(self, unit: str) -> float:
        """A unit's shown value of the year before; NaN where there is none."""
        year = str(int(self.address.year) - 1) if self.address.year.isdigit() else ""
        earlier_cell = self.cells.cell(self.address._replace(year=year, unit=unit))
        return float(earlier_cell["value"]) if earlier_cell is not None and earlier_cell["shown"] else math.nan

    @property
    def verdict(self) -> str:
        """The funnel's code for the unit."""
        codes = self.cells.funnel(self.address, self.cell["level"])[1] if self.cell["shown"] else {}
        return codes.get(self.address.unit, "")

    @cached_property
    def past(self) -> list[Subject]:
        """The same address in the earlier editions that have the cell."""
        editions = (
            cells for cells in self._past() if cells.cell(self.address) and self.address.ind_id in cells.indicators
        )
        return [Subject(cells, self.address, self.translator, self._past) for cells in editions]
