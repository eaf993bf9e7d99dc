"""Published cells as the check asks for them: by address, and all units of a level together.

Comes in: one registry's `Published`. Goes out: cells, and what follows from several of them: verdicts, the share of
all, how many units reach a level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kvalreg.audit.cell_address import CellAddress
from kvalreg.disclosure.published import Published
from kvalreg.inputs.descriptor import Indicator
from kvalreg.inputs.unit_names import possible_names
from kvalreg.inputs.units import Level
from kvalreg.report.wording import LANGUAGES, words
from kvalreg.statistics.funnel import Verdict, funnel, verdicts

Cell = Mapping[str, Any]
_WORDS = {"ind_id", "context", "level", "orgnr", "status", "achievement", "certainty", "change", "series_change"}
_ALWAYS = 10_000
"""A year that is after every other."""


class PublishedCells:
    """One registry's published cells.

    Parameters
    ----------
    published
        As the gate let them through; nothing else is asked.
    """

    def __init__(self, published: Published) -> None:
        self.published, self.registry = published, published.registry
        self._indicators = {one.id: one for one in published.registry.indicators}
        self._groups: dict[tuple[str, str], dict[tuple[str, str], Cell]] = {}
        self._levels: dict[CellAddress, list[Cell]] = {}
        self._verdicts: dict[CellAddress, dict[str, str]] = {}
        self._columns: dict[str, NDArray[Any]] = {}
        self._names: dict[tuple[str, str], frozenset[str]] = {}

    def indicator(self, address: CellAddress) -> Indicator | None:
        """The indicator that an address names."""
        return self._indicators.get(address.ind_id)

    def cell(self, address: CellAddress) -> Cell | None:
        """The cell at an address; None where there is none."""
        return self._group(address).get((address.year, address.unit))

    def before(self, address: CellAddress) -> Cell | None:
        """The same unit's cell of the year before."""
        year = str(int(address.year) - 1) if address.year.isdigit() else ""
        return self._group(address).get((year, address.unit))

    def shown(self, address: CellAddress) -> list[Cell]:
        """The cells that are shown, of all units of the address's level."""
        return [cell for cell in self.units(address) if cell["shown"]]

    def units(self, address: CellAddress) -> list[Cell]:
        """The cells of all units of the address's level."""
        if address not in self._levels:
            cells = self._group(address).values()
            told = [cell for cell in cells if cell["level"] == address.level and str(cell["year"]) == address.year]
            self._levels[address] = told
        return self._levels[address]

    def moved(self, address: CellAddress) -> list[Cell]:
        """The shown cells of a level that can be compared with a shown one of the year before."""
        group, before = self._group(address), str(int(address.year) - 1)
        return [
            cell
            for cell in self.shown(address)
            if cell["change"]
            and str(int(cell["change_from"])) == before
            and (earlier := group.get((before, cell["orgnr"]))) is not None
            and earlier["shown"]
        ]

    def verdicts(self, address: CellAddress) -> dict[str, str]:
        """The funnel's code for each unit of a level."""
        if address not in self._verdicts:
            shown, indicator = self.shown(address), self.indicator(address)
            x, n, covered = (
                np.array([cell[name] for cell in shown], float) for name in ("var", "denominator", "coverage")
            )
            least = indicator.min_denominator if indicator else 1
            codes = [str(code) for code in verdicts(funnel(x, n), least, covered)] if shown else []
            self._verdicts[address] = {cell["orgnr"]: code for cell, code in zip(shown, codes, strict=True)}
        return self._verdicts[address]

    def verdict(self, address: CellAddress) -> str:
        """The funnel's code for one unit, among all that are shown of its level."""
        cell = self.cell(address)
        if cell is None:
            return ""
        return self.verdicts(address._replace(unit=f"@{cell['level']}")).get(address.unit, "")

    def common(self, address: CellAddress) -> float:
        """The share of all shown units of a level together."""
        shown = self.shown(address)
        patients = sum(cell["denominator"] for cell in shown)
        return float(sum(cell["var"] for cell in shown) / patients) if patients else float("nan")

    def names(self, unit: str, language: str) -> frozenset[str]:
        """Everything that a page may call a unit."""
        key = (unit, language)
        if key not in self._names:
            self._names[key] = frozenset(" ".join(name.split()) for name in self._called(unit, language))
        return self._names[key]

    def _called(self, orgnr: str, language: str) -> Sequence[str]:
        units = self.published.units
        if orgnr not in units:
            return [orgnr]
        unit = units[orgnr]
        names = [unit.name, *possible_names(unit, units)]
        if unit.level is Level.NATION:
            names += [words(one)("units.nation") for one in LANGUAGES]
        return [*names, *(words(language).unit(name, unit.closed) for name in names)]

    def _group(self, address: CellAddress) -> dict[tuple[str, str], Cell]:
        key = (address.ind_id, address.context)
        if key not in self._groups:
            rows = (self.published.rows.rows((*key, level.value), 0, _ALWAYS) for level in Level)
            self._groups[key] = {(str(cell["year"]), cell["orgnr"]): cell for cells in rows for cell in cells}
        return self._groups[key]

    def column(self, name: str) -> NDArray[Any]:
        """A column of all cells, in the table's order."""
        if name not in self._columns:
            self._columns[name] = self.published.cells[name].to_numpy(object if name in _WORDS else None)
        return self._columns[name]

    @cached_property
    def places(self) -> dict[tuple[str, str, int, str], int]:
        """Where each cell stands in the table, by its key."""
        keys = zip(*(self.column(name).tolist() for name in ("ind_id", "context", "year", "orgnr")), strict=True)
        return {key: place for place, key in enumerate(keys)}


def counted(role: str, cells: PublishedCells, address: CellAddress) -> int | None:
    """How many units of a level a role counts; None for a role that counts none."""
    what = role.removeprefix("units").removeprefix("-")
    shown = cells.shown(address)
    if what == "hidden":
        return len(cells.units(address)) - len(shown)
    if what == "shown":
        return len(shown)
    if what in {str(code) for code in Verdict}:
        return list(cells.verdicts(address).values()).count(what)
    if what == "moved":
        return len(cells.moved(address))
    if what in ("better", "worse", "increased", "decreased", "unclear"):
        return sum(bool(cell["change"] == what) for cell in cells.moved(address))
    leveled = [cell for cell in shown if cell["achievement"]]
    if what == "unsure":
        return sum(_is_unsure(cell, cells.indicator(address)) for cell in leveled)
    return len(leveled) if not what else sum(bool(cell["achievement"] == what) for cell in leveled)


def _is_unsure(cell: Cell, indicator: Indicator | None) -> bool:
    """Whether the interval has values on both sides of the target, which itself counts as reached."""
    target = float(indicator.level_green or 0) if indicator else 0.0
    if indicator is not None and indicator.level_direction == 1:
        return bool(cell["low"] < target <= cell["high"])
    return bool(cell["low"] <= target < cell["high"])
