"""The level of presentation: hospital where quality allows, otherwise HF, RHF, county or the nation, and why.

Comes in: a registry's true cells, with coverage. Goes out: one `Presentation` per indicator, context and year, with its
reason; it holds no result of any unit and no number of units, since such a number may tell of a secret cell. Owns which
levels stand beside the one that is chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from kvalreg.disclosure.system import BoolArray
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.secret import SecretFrame
from kvalreg.inputs.units import Level
from kvalreg.statistics.funnel import MIN_COVERAGE

LADDER = (Level.HOSPITAL, Level.HF, Level.RHF, Level.COUNTY, Level.NATION)
"""From the finest level to the one that is always left."""
BESIDE = {
    Level.HOSPITAL: frozenset(Level),
    Level.HF: frozenset({Level.HF, Level.RHF, Level.NATION}),
    Level.RHF: frozenset({Level.RHF, Level.NATION}),
    Level.COUNTY: frozenset({Level.COUNTY, Level.NATION}),
    Level.NATION: frozenset({Level.NATION}),
}
"""The levels that are shown when this one is chosen. A level that was passed over is not shown at all."""
MOST_LOW_COVERAGE = 1 / 3
"""The greatest share of a level's units whose coverage may be too low."""
MOST_TOO_SMALL = 1 / 2
"""The greatest share of a level's units that may have too few patients."""
LEAST_COMPLETE = 0.8
"""The least share of the nation's patients that a level's units must have together."""
LEAST_UNITS = 3
"""With fewer units, "more than half have too few patients" would tell of each of them: they are marked one by one."""
GROUP = ["ind_id", "context", "year"]


class Reason(StrEnum):
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
    """Too many patients are not registered on any unit of the level below."""
    SINGLE = "single"
    """Not even the nation has a coverage that allows it; units that have, are shown each by itself."""
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
    reason: Reason
    passed_over: Level | None = None

    @property
    def levels(self) -> frozenset[Level]:
        """All levels that are shown."""
        return BESIDE[self.level]


def choose_levels(cells: pd.DataFrame, patients: pd.Series[float], registry: Registry) -> tuple[Presentation, ...]:
    """The level of presentation of every indicator, context and year.

    Parameters
    ----------
    cells
        Every true cell of the registry, with ``coverage`` (NaN where it is not known: it then stops nothing).
    patients
        How many patients each cell counts, on the index of `cells`.
    registry
        Gives the least numbers of patients, and the finest level the registry itself wants to show.

    Notes
    -----
    A level is good enough when at most a third of its units with patients have a coverage below 60 %, at most half have
    too few patients, and together they have at least 80 % of the nation's patients. Too few is below the indicator's
    `min_denominator` or its `secret_below`, whichever is greater. Coverage and too few patients stop a level of at
    least three units with patients; fewer units are marked one by one. The first good level of hospital, HF, RHF,
    county is chosen, otherwise the nation. Where the nation's own coverage is too low, the finest level is shown after
    all: there, each unit is judged by itself. Worked number: 14 of 35 hospitals with too low a coverage are 40 %, more
    than a third, so the HFs are shown.
    """
    least = {one.id: max(one.min_denominator, registry.secret_below_of(one)) for one in registry.indicators}
    minimum = cells["ind_id"].map(least).astype("float64")
    counted = patients > 0
    facts = SecretFrame(
        {
            **{name: cells[name] for name in [*GROUP, "level"]},
            "units": counted,
            "low_coverage": counted & (cells["coverage"] < MIN_COVERAGE),
            "too_small": counted & (patients < minimum),
            "patients": patients,
        }
    )
    by_level = facts.groupby([*GROUP, "level"], sort=False).sum()
    groups: dict[tuple[str, str, int], dict[Level, _Quality]] = {}
    for key, units, low, small, total in zip(by_level.index, *(by_level[name] for name in by_level), strict=True):
        ind_id, context, year, level = key
        groups.setdefault((str(ind_id), str(context), int(year)), {})[Level(level)] = _Quality(
            int(units), int(low), int(small), float(total)
        )
    return tuple(_choose(key, levels, registry) for key, levels in groups.items())


def presented(cells: pd.DataFrame, presentations: Iterable[Presentation]) -> BoolArray:
    """Which cells are of a level that is shown, shape (cells,)."""
    levels: Mapping[tuple[str, str, int], frozenset[Level]] = {
        (one.ind_id, one.context, one.year): one.levels for one in presentations
    }
    keys = zip(*(cells[name].tolist() for name in [*GROUP, "level"]), strict=True)
    return np.array([level in levels[ind, context, year] for ind, context, year, level in keys], dtype=np.bool_)


@dataclass(frozen=True)
class _Quality:
    """One level of one indicator, context and year: units with patients, how many are wanting, and their patients."""

    units: int
    low_coverage: int
    too_small: int
    patients: float

    def wanting(self, nation: float) -> Reason | None:
        """Why this level cannot be shown, the gravest reason first; None when it can."""
        if self.units >= LEAST_UNITS:
            if self.low_coverage > self.units * MOST_LOW_COVERAGE:
                return Reason.COVERAGE
            if self.too_small > self.units * MOST_TOO_SMALL:
                return Reason.SIZE
        return Reason.COMPLETENESS if self.patients < nation * LEAST_COMPLETE else None


def _choose(key: tuple[str, str, int], levels: Mapping[Level, _Quality], registry: Registry) -> Presentation:
    asked = registry.indicator(key[0]).presentation_level or registry.presentation_level
    nation = levels.get(Level.NATION, _Quality(0, 0, 0, 0))
    allowed = [level for place, level in enumerate(LADDER) if asked is None or place >= LADDER.index(asked)]
    if nation.low_coverage and levels.keys() & set(allowed):
        return Presentation(*key, next(level for level in allowed if level in levels), Reason.SINGLE)
    reason, below = Reason.QUALITY if Level.HOSPITAL in levels else Reason.DELIVERED, None
    for level in [level for level in LADDER if level in levels]:
        why: Reason | None = Reason.REGISTRY
        if level in allowed:
            why = None if level is Level.NATION else levels[level].wanting(nation.patients)
        if why is None:
            return Presentation(*key, level, reason, below)
        reason, below = why, level
    return Presentation(*key, Level.NATION, reason, below)
