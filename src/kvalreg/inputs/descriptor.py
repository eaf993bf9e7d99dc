"""The descriptor of a registry: `registries/<id>/registry.yml` as frozen pydantic models.

Owns the fields' names, types and rules. Reading the file, with line numbers, is `inputs/descriptor_file.py`.
Field names of an indicator are imongr's, unchanged.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, StringConstraints, model_validator

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.inputs.descriptor_model import (
    D3_FORMAT,
    DescriptorModel,
    DescriptorText,
    IndicatorId,
    InvalidReference,
    InvalidReferenceError,
    MedicalFieldName,
    Name,
    NoNumber,
    RegistryId,
)
from kvalreg.inputs.descriptor_texts import About, Evaluation, Licence, QualityImprovement, Research
from kvalreg.inputs.incomplete import Incomplete
from kvalreg.inputs.units import Level

FiniteNumber = Annotated[float, Field(allow_inf_nan=False)]
MIN_SECRET_BELOW = 5
"""What `secret_below` is at least: fewer patients than this are never shown."""
_DEFAULT_CENTRAL_COUNT = 3
"""So many indicators are shown over time where the registry calls none central."""


class IndicatorType(StrEnum):
    """The field's indicator types, by imongr's names."""

    ANDEL = "andel"
    BEREGNET_ANDEL = "beregnet_andel"
    ANTALL = "antall"
    GJENNOMSNITT = "gjennomsnitt"
    MEDIAN = "median"
    DG_ANDEL = "dg_andel"

    @cached_property
    def is_summed(self) -> bool:
        """True for numerators over denominators that sum: they aggregate, and rows of one key are summed."""
        return self in (IndicatorType.ANDEL, IndicatorType.DG_ANDEL)

    @cached_property
    def is_share(self) -> bool:
        """True when the value is a share from 0 to 1."""
        return self.is_summed or self is IndicatorType.BEREGNET_ANDEL


class UnknownIndicatorError(KeyError):
    """A registry has no indicator of this id: says so, and which it has."""

    def __init__(self, what: str, known: Sequence[str]) -> None:
        super().__init__(what, known)

    def __str__(self) -> str:
        what, known = self.args
        close = difflib.get_close_matches(what.rsplit("'", 2)[-2][:200] if "'" in what else "", known, n=1)
        meant = f" Did you mean {close[0]!r}?" if close else ""
        return f"{what}.{meant} It has {', '.join(map(repr, known))}."


@cache
def _decimals(sformat: str) -> int:
    return int(sformat.rsplit(".", 1)[1][:-1])


class Indicator(DescriptorModel):
    """One quality indicator. `level_direction` 1: high is good; 0: low is good."""

    id: IndicatorId
    """The id used in deliveries (`ind_id`). It must be the only one of its name in the whole project."""
    title: Name
    """The indicator's name as readers meet it, in everyday words."""
    type: IndicatorType
    """andel: share with numerator and denominator; dg_andel: coverage with numerator and denominator;
    beregnet_andel: share that was computed beforehand; antall: count; gjennomsnitt: mean; median: median.
    Only andel and dg_andel are summed to higher levels."""
    sformat: Annotated[str, StringConstraints(pattern=D3_FORMAT)] = ",.0%"
    """How values are shown, as a d3 format: ',.0%' is a whole percentage, ',.1f' a number with one decimal."""
    measure_unit: NoNumber = ""
    """The unit of the value, such as 'dager' or 'minutter'. Empty for shares."""
    min_denominator: Annotated[int, Field(ge=1)] = 5
    """The least number of patients a unit needs for its value to be reliable enough to be shown. The number of
    patients itself stands."""
    secret_below: Annotated[int, Field(ge=MIN_SECRET_BELOW)] | None = None
    """Numbers of patients below this are secret, and nobody can work them out. The registry's own when left out."""
    level_green: FiniteNumber | None = None
    """The limit for high target achievement, in the indicator's unit; 0.9 for 90 %."""
    level_yellow: FiniteNumber | None = None
    """The limit for moderate target achievement; the same as level_green when left out."""
    level_direction: Literal[0, 1] | None = None
    """1: high values are good. 0: low values are good."""
    short_description: NoNumber = ""
    """One or two sentences: what is measured and why it matters to patients."""
    long_description: DescriptorText = ""
    """The whole definition: who is counted, the reasons for the targets, how to read the result."""
    dg_id: IndicatorId | None = None
    """The id of the indicator that holds this indicator's coverage."""
    presentation_level: Level | None = None
    """The finest level this indicator is shown at: hospital, hf, rhf, county or nation. The registry's own when left
    out. Where quality does not allow that level, a coarser one is shown all the same."""
    include: bool = True
    """Whether the indicator is shown as a result. Coverage indicators usually are not."""
    central: bool = False
    """Whether the registry's own page shows it over time. Where no indicator is central, the first three are shown."""
    target_source: DescriptorText = ""
    """Where the targets come from, such as a national guideline."""
    data_source: DescriptorText = ""
    """Where the data comes from, when it is not the registry itself."""
    reviewed: date | None = None
    """The date (YYYY-MM-DD) when name and descriptions were last reviewed."""

    @property
    def decimals(self) -> int:
        """Decimals shown, from the d3 format: 0 in ``,.0%``, 1 in ``,.1f``."""
        return _decimals(self.sformat)

    @model_validator(mode="after")
    def _targets_are_consistent(self) -> Self:
        green, yellow, direction = self.level_green, self.level_yellow, self.level_direction
        if not self.include:  # nobody is shown its level
            return self
        if yellow is not None and green is None:
            raise ValueError("level_yellow is given without level_green. Add level_green, or remove level_yellow.")
        if green is not None and direction is None:
            raise ValueError("level_green is given without level_direction. Add 1 (high is good) or 0 (low is good).")
        if green is not None and yellow is not None:
            if direction == 1 and green < yellow:
                raise ValueError("level_green must be at least level_yellow when level_direction is 1. Correct them.")
            if direction == 0 and green > yellow:
                raise ValueError("level_green must be at most level_yellow when level_direction is 0. Correct them.")
        if self.type.is_share:
            for key, level in (("level_green", green), ("level_yellow", yellow)):
                if level is not None and not 0 <= level <= 1:
                    raise ValueError(f"{key} of a share must lie between 0 and 1 (90 % is 0.9). Correct it.")
        return self


class Registry(DescriptorModel):
    """One registry: the seed's fixed fields, its indicators, and how it wants to be shown."""

    id: RegistryId
    """The same as the name of the registry's folder."""
    name: Name
    """The registry's full name."""
    short_name: Name
    """A short name for menus and tables."""
    language: Literal["nb", "nn"]
    """The written standard of the registry's pages: nb (bokmål) or nn (nynorsk)."""
    also_in: tuple[Literal["en"], ...] = ()
    """Languages in which the registry's pages are offered as well: [en]. The registry's own texts stay as written."""
    medical_fields: Annotated[tuple[MedicalFieldName, ...], Field(min_length=1)]
    """One or more medical fields that the registry is found under."""
    keywords: tuple[Name, ...] = ()
    """Words that readers may search for: diagnoses, treatments, what people call them in daily speech."""
    licence: Licence = Licence()
    """The licence of the published numbers."""
    synthetic: bool = False
    """True when the data is made up; every page then says so."""
    secret_below: Annotated[int, Field(ge=MIN_SECRET_BELOW)] = MIN_SECRET_BELOW
    """Numbers of patients below this are secret: they are hidden, and protected so that nobody can work them out."""
    approval: Literal["required"] | None = None
    """required: a new delivery is shown when data/<id>/approved.yml names its checksum. Left out: at once."""
    presentation_level: Level | None = None
    """The finest level results are shown at: hospital, hf, rhf, county or nation. Left out: hospital where quality
    allows it, otherwise the finest level that it allows."""
    about: About
    """Purpose, patients, data controller, home page, phone, e-mail and contacts."""
    indicators: Annotated[tuple[Indicator, ...], Field(min_length=1)]
    """The quality indicators, in the order in which they are shown."""
    quality_improvement: tuple[QualityImprovement, ...] = ()
    """How results were used to improve care."""
    research: Research = Research()
    """Findings, projects and publications."""
    evaluations: tuple[Evaluation, ...] = ()
    """How the national expert group judged the registry, year by year."""
    _incomplete: tuple[Incomplete, ...] = PrivateAttr(default=())

    @model_validator(mode="after")
    def _references_are_valid(self) -> Self:
        invalid = find_invalid_references(self.model_dump())
        if invalid:
            raise InvalidReferenceError(invalid)
        return self

    @property
    def incomplete(self) -> tuple[Incomplete, ...]:
        """The indicators of its descriptor that cannot be used yet; they are not among `indicators`."""
        return self._incomplete

    @property
    def numbered(self) -> tuple[tuple[int, Indicator], ...]:
        """The indicators, each with its place in the descriptor's list."""
        left_out = {one.number for one in self._incomplete}
        places = (number for number in range(len(self.indicators) + len(left_out)) if number not in left_out)
        return tuple(zip(places, self.indicators, strict=True))

    def without(self, incomplete: tuple[Incomplete, ...]) -> Registry:
        """The registry without these indicators, and without what refers to them."""
        ids, numbers = {one.ind_id for one in incomplete}, {one.number for one in incomplete}
        kept = [one for number, one in enumerate(self.indicators) if number not in numbers]
        indicators = tuple(one.model_copy(update={"dg_id": None}) if one.dg_id in ids else one for one in kept)
        works = (
            work.model_copy(update={"indicators": tuple(one for one in work.indicators if one not in ids)})
            for work in self.quality_improvement
        )
        left = self.model_copy(update={"indicators": indicators, "quality_improvement": tuple(works)})
        left._incomplete = incomplete  # noqa: SLF001 - of the same class
        return left

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of its pages, its own first."""
        return (self.language, *dict.fromkeys(self.also_in))

    @property
    def central_indicators(self) -> tuple[Indicator, ...]:
        """The indicators that its own page shows over time: those it calls central, else the first three it shows."""
        included = tuple(indicator for indicator in self.indicators if indicator.include)
        return tuple(indicator for indicator in included if indicator.central) or included[:_DEFAULT_CENTRAL_COUNT]

    def improvement_projects(self, ind_id: str) -> tuple[QualityImprovement, ...]:
        """The quality improvement work that concerns an indicator, in the registry's order."""
        return tuple(project for project in self.quality_improvement if ind_id in project.indicators)

    def evaluation(self, year: int) -> Evaluation | None:
        """How the registry was judged in a year; None where nothing is told."""
        return next((evaluation for evaluation in self.evaluations if evaluation.year == year), None)

    def secret_threshold(self, indicator: Indicator) -> int:
        """The number below which an indicator's numbers of patients are secret: its own, else the registry's."""
        return indicator.secret_below or self.secret_below

    def indicator(self, ind_id: str) -> Indicator:
        """The indicator with this id; UnknownIndicatorError, a KeyError, when the registry has none."""
        for indicator in self.indicators:
            if indicator.id == ind_id:
                return indicator
        raise UnknownIndicatorError(f"{self.id} has no indicator {ind_id!r}", [one.id for one in self.indicators])


def find_invalid_references(registry: Mapping[str, Any]) -> list[InvalidReference]:
    """Every id in a descriptor's plain values that is used twice or refers to no indicator.

    It takes values that have not been checked, so that a wrong reference is found together with other faults.
    """
    invalid: list[InvalidReference] = []
    indicators = _indexed_mappings(registry.get("indicators"))
    index_by_id: dict[str, int] = {}
    for index, indicator in indicators:
        ind_id = str(indicator.get("id")).strip()
        if index_by_id.setdefault(ind_id, index) != index:
            message = f"The id '{ind_id}' is used by an earlier indicator too."
            id_path = ("indicators", index, "id")
            invalid.append(
                InvalidReference(id_path, message, "Give each indicator an id of its own.", DiagnosticCode.DUPLICATE_ID)
            )
    for index, indicator in indicators:
        dg_id = indicator.get("dg_id")
        if dg_id is not None and str(dg_id).strip() not in index_by_id:
            message = f"'{dg_id}' is no indicator of this registry."
            hint = "Add the coverage indicator, or correct dg_id."
            invalid.append(InvalidReference(("indicators", index, "dg_id"), message, hint))
    for index, project in _indexed_mappings(registry.get("quality_improvement")):
        ids = project.get("indicators")
        for position, ind_id in enumerate(ids if isinstance(ids, list | tuple) else ()):
            if str(ind_id).strip() not in index_by_id:
                message = f"'{ind_id}' is no indicator of this registry."
                key_path = ("quality_improvement", index, "indicators", position)
                invalid.append(InvalidReference(key_path, message, "Correct the id, or remove it."))
    return invalid + _duplicate_evaluations(registry)


def _duplicate_evaluations(registry: Mapping[str, Any]) -> list[InvalidReference]:
    """Every evaluation of a year that is told of already."""
    years: set[object] = set()
    duplicates = []
    for index, evaluation in _indexed_mappings(registry.get("evaluations")):
        year = evaluation.get("year")
        if year in years:
            message = f"The year {year} is evaluated twice."
            key_path, hint = ("evaluations", index, "year"), "Keep one evaluation for each year."
            duplicates.append(InvalidReference(key_path, message, hint, DiagnosticCode.DUPLICATE_ID))
        years.add(year)
    return duplicates


def _indexed_mappings(values: object) -> list[tuple[int, Mapping[str, Any]]]:
    """The mappings of a list, each with its place in it."""
    listed = values if isinstance(values, list | tuple) else ()
    return [(index, value) for index, value in enumerate(listed) if isinstance(value, Mapping)]
