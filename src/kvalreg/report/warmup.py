"""Warms up a process: generates a page of a synthetic registry, which fills every cache that a page needs.

Templates of figures, message catalogues, locale data and the libraries' own caches take longer than a small page
itself. The process that notebooks' kernels are forked from warms up once per language, and its children inherit the
caches. Nothing is read here, and nothing of the page is published.
"""

from __future__ import annotations

import pandas as pd

from kvalreg.disclosure.presentation import Presentation, PresentationReason
from kvalreg.disclosure.published import NUMBER_COLUMNS, CellStatus, PublishedResults, RegistrySource
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.units import Level, Unit, Units
from kvalreg.report.report import Report
from kvalreg.report.translation import get_translator

_YEARS, _UNITS, _PATIENTS = (2001, 2002), range(1, 8), 100
_TARGET = {"level_green": 0.9, "level_yellow": 0.8, "level_direction": 1}
_INDICATORS = {
    "target_interval": _TARGET,
    "target_interval_work": _TARGET,
    "target": _TARGET,
    "interval": {},
    "plain": {},
}
"""One indicator per kind of template: a template depends on whether there is a target, an interval, and a project."""


def warm_up(language: str) -> None:
    """Generate a page in a language, with every kind of figure.

    Raises
    ------
    KeyError
        When the language is unknown.
    """
    # All that the two report notebooks call; a figure that is missing here is built again in every kernel.
    report = Report(_published(), _YEARS[-1], "final", get_translator(language))
    for fragment in (
        report.lead(),
        report.message(),
        report.table(),
        report.sections(),
        report.trends(),
        report.quality(),
    ):
        assert fragment.markdown


def _published() -> PublishedResults:
    # Five indicators and one of coverage, a nation with seven hospitals (a funnel needs five), and two years (a trend
    # needs two).
    share = {"type": "andel", "title": "Andel", "dg_id": "coverage"}
    indicators = [share | target | {"id": name} for name, target in _INDICATORS.items()]
    coverage = {"id": "coverage", "type": "dg_andel", "title": "Dekningsgrad", "include": False}
    project = {
        "title": "Øving",
        "description": "Øving.",
        "status": "ongoing",
        "initiated_by": "Øving",
        "period": "2001-",
    }
    registry = Registry.model_validate(
        {"id": "warmup", "name": "Øving", "short_name": "Øving", "language": "nb", "medical_fields": ["Øving"]}
        | {"about": {}, "indicators": [*indicators, coverage]}
        | {"quality_improvement": [project | {"indicators": ["target_interval_work"]}]}
    )
    hospitals = [Unit(str(number), f"Sykehus {number}", f"Sykehus {number}", Level.HOSPITAL, "0") for number in _UNITS]
    nation = Unit("0", "Nasjonen", "Nasjonen", Level.NATION, None)
    units = Units({unit.orgnr: unit for unit in (nation, *hospitals)})
    indicator_years = [(indicator.id, year) for indicator in registry.indicators for year in _YEARS]
    rows = [_cell(ind_id, year, unit) for ind_id, year in indicator_years for unit in units]
    presentations = (
        Presentation(ind_id, "caregiver", year, Level.HOSPITAL, PresentationReason.QUALITY)
        for ind_id, year in indicator_years
    )
    return PublishedResults(RegistrySource(registry, units, ()), pd.DataFrame(rows), tuple(presentations))


def _cell(ind_id: str, year: int, unit: Unit) -> dict[str, object]:
    """A shown cell: from 81 to 87 of 100 patients in hospitals, the same everywhere in the first year."""
    value = 0.8 + int(unit.orgnr) / _PATIENTS * (year - _YEARS[0])
    key = {"ind_id": ind_id, "context": "caregiver", "year": year, "level": unit.level.value, "orgnr": unit.orgnr}
    numbers = dict.fromkeys(NUMBER_COLUMNS, float("nan")) | {"coverage": 0.9, "coverage_year": float(year)}
    numbers |= {"var": value * _PATIENTS, "denominator": float(_PATIENTS), "value": value}
    if "interval" in ind_id:
        numbers |= {"low": value - 0.05, "high": value + 0.05}
    if year != _YEARS[0]:
        numbers |= {"change_from": float(_YEARS[0]), "series_from": float(_YEARS[0])}
    levels = {"achievement": "moderate", "certainty": "certain"} if "target" in ind_id else {}
    changes = {"change": "unclear", "series_change": "unclear"} if year != _YEARS[0] else {}
    codes = dict.fromkeys(("achievement", "certainty", "change", "series_change"), "") | levels | changes
    return {**key, "provisional": False, "status": CellStatus.SHOWN.value, "shown": True, **numbers, **codes}
