"""The level of presentation: hospital where quality allows, otherwise HF, RHF, county or the nation, and why.

Input: a registry's true cells, with coverage. Output: one `Presentation` per indicator, context and year, with its
reason. It holds no result of any unit and no number of units, since such a number may disclose a secret cell. Owns
which levels are shown together with the one that is chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from kvalreg.arrays import BoolArray
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.secret import SecretFrame
from kvalreg.inputs.units import Level
from kvalreg.statistics.funnel import MIN_COVERAGE

LEVEL_ORDER = (Level.HOSPITAL, Level.HF, Level.RHF, Level.COUNTY, Level.NATION)
"""From the finest level to the one that is always possible."""
LEVELS_SHOWN_WITH = {
    Level.HOSPITAL: frozenset(Level),
    Level.HF: frozenset({Level.HF, Level.RHF, Level.NATION}),
    Level.RHF: frozenset({Level.RHF, Level.NATION}),
    Level.COUNTY: frozenset({Level.COUNTY, Level.NATION}),
    Level.NATION: frozenset({Level.NATION}),
}
"""The levels that are shown when this one is chosen. A level that was passed over is not shown at all."""
MAX_LOW_COVERAGE_SHARE = 1 / 3
"""The greatest share of a level's units whose coverage may be too low."""
MAX_TOO_SMALL_SHARE = 1 / 2
"""The greatest share of a level's units that may have too few patients."""
MIN_COMPLETENESS = 0.8
"""The least share of the nation's patients that a level's units must have together."""
MIN_UNITS = 3
"""With fewer units, "more than half have too few patients" would disclose each of them: they are marked one by one."""
GROUP_KEY = ["ind_id", "context", "year"]


class PresentationReason(StrEnum):
    """Why the results are shown at their level."""

    QUALITY = "quality"
    """The quality allows results per hospital."""
    DELIVERED = "delivered"
    """No finer level was delivered."""
    COVERAGE = "coverage"
    """At the level below, too many units have too low a coverage."""
    SIZE = "size"
    """At the level below, too many units have too few patients."""
    COMPLETENESS = "completeness"
    """Too many patients are not registered at any unit of the level below."""
    SINGLE = "single"
    """Not even the nation has a sufficient coverage; each unit that has is shown by itself."""
    REGISTRY = "registry"
    """The registry shows no finer level."""


@dataclass(frozen=True)
class Presentation:
    """The level at which one indicator is shown in one context and year.

    Parameters
    ----------
    level
        The finest level that is shown.
    reason
        Why it is this one.
    passed_over
        The level below, which is not shown; None where the finest that was delivered is shown.
    """

    ind_id: str
    context: str
    year: int
    level: Level
    reason: PresentationReason
    passed_over: Level | None = None

    @property
    def levels(self) -> frozenset[Level]:
        """All levels that are shown."""
        return LEVELS_SHOWN_WITH[self.level]


def choose_levels(cells: pd.DataFrame, patients: pd.Series[float], registry: Registry) -> tuple[Presentation, ...]:
    """The level of presentation of every indicator, context and year.

    Parameters
    ----------
    cells
        Every true cell of the registry, with ``coverage`` (NaN where it is unknown: then it excludes no level).
    patients
        How many patients each cell counts, on the index of `cells`.
    registry
        Gives the minimum numbers of patients, and the finest level that the registry itself wants to show.

    Notes
    -----
    A level is good enough when at most a third of its units with patients have a coverage below 60 %, at most half have
    too few patients, and together they have at least 80 % of the nation's patients. Too few is below the indicator's
    `min_denominator` or its `secret_below`, whichever is greater. Coverage and too few patients exclude a level of at
    least three units with patients; fewer units are marked one by one. The first good level of hospital, HF, RHF,
    county is chosen, otherwise the nation. Where the nation's own coverage is too low, the finest level is shown after
    all: there, each unit is classified by itself. Worked example: 14 of 35 hospitals with too low a coverage are 40 %,
    more than a third, so the HFs are shown.
    """
    # Count, per level: units with patients, those that are deficient, and patients. As a SecretFrame: these are secret.
    minimum_by_indicator = {
        indicator.id: max(indicator.min_denominator, registry.secret_threshold(indicator))
        for indicator in registry.indicators
    }
    minimum = cells["ind_id"].map(minimum_by_indicator).astype("float64")
    has_patients = patients > 0
    cell_flags = SecretFrame(
        {
            **{name: cells[name] for name in [*GROUP_KEY, "level"]},
            "units": has_patients,
            "low_coverage": has_patients & (cells["coverage"] < MIN_COVERAGE),
            "too_small": has_patients & (patients < minimum),
            "patients": patients,
        }
    )
    by_level = cell_flags.groupby([*GROUP_KEY, "level"], sort=False).sum()
    qualities: dict[tuple[str, str, int], dict[Level, _LevelQuality]] = {}
    for key, n_units, n_low_coverage, n_too_small, n_patients in zip(
        by_level.index, *(by_level[name] for name in by_level), strict=True
    ):
        ind_id, context, year, level = key
        qualities.setdefault((str(ind_id), str(context), int(year)), {})[Level(level)] = _LevelQuality(
            int(n_units), int(n_low_coverage), int(n_too_small), float(n_patients)
        )
    return tuple(_choose_level(key, levels, registry) for key, levels in qualities.items())


def presented_cells(cells: pd.DataFrame, presentations: Iterable[Presentation]) -> BoolArray:
    """Which cells are of a level that is shown, shape (cells,)."""
    levels_by_key: Mapping[tuple[str, str, int], frozenset[Level]] = {
        (presentation.ind_id, presentation.context, presentation.year): presentation.levels
        for presentation in presentations
    }
    keys = zip(*(cells[name].tolist() for name in [*GROUP_KEY, "level"]), strict=True)
    return np.array(
        [level in levels_by_key[ind_id, context, year] for ind_id, context, year, level in keys], dtype=np.bool_
    )


@dataclass(frozen=True)
class _LevelQuality:
    """One level of one indicator, context and year: units with patients, deficient ones, and their patients."""

    units: int
    low_coverage: int
    too_small: int
    patients: float

    def deficiency(self, nation_patients: float) -> PresentationReason | None:
        """Why this level cannot be shown, the most serious reason first; None when it can."""
        if self.units >= MIN_UNITS:
            if self.low_coverage > self.units * MAX_LOW_COVERAGE_SHARE:
                return PresentationReason.COVERAGE
            if self.too_small > self.units * MAX_TOO_SMALL_SHARE:
                return PresentationReason.SIZE
        return PresentationReason.COMPLETENESS if self.patients < nation_patients * MIN_COMPLETENESS else None


def _choose_level(key: tuple[str, str, int], levels: Mapping[Level, _LevelQuality], registry: Registry) -> Presentation:
    finest_level = registry.indicator(key[0]).presentation_level or registry.presentation_level
    nation = levels.get(Level.NATION, _LevelQuality(0, 0, 0, 0))
    allowed_levels = [
        level
        for index, level in enumerate(LEVEL_ORDER)
        if finest_level is None or index >= LEVEL_ORDER.index(finest_level)
    ]
    # The nation itself is deficient: no coarser level is better, so the finest is shown, unit by unit.
    if nation.low_coverage and levels.keys() & set(allowed_levels):
        return Presentation(*key, next(level for level in allowed_levels if level in levels), PresentationReason.SINGLE)
    reason, passed_over = PresentationReason.QUALITY if Level.HOSPITAL in levels else PresentationReason.DELIVERED, None
    # Upwards to the first level that is good enough; the reason is what was wrong with the level below it.
    for level in [level for level in LEVEL_ORDER if level in levels]:
        deficiency: PresentationReason | None = PresentationReason.REGISTRY
        if level in allowed_levels:
            deficiency = None if level is Level.NATION else levels[level].deficiency(nation.patients)
        if deficiency is None:
            return Presentation(*key, level, reason, passed_over)
        reason, passed_over = deficiency, level
    return Presentation(*key, Level.NATION, reason, passed_over)
