"""The descriptor of a registry: `registries/<id>/registry.yml` as frozen pydantic models.

Owns the fields' names, types and rules. Reading the file, with line numbers, is `inputs/descriptor_file.py`.
Field names of an indicator are imongr's, unchanged.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(strip_whitespace=True)]
FilledText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
IndicatorId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_. -]+$", max_length=200)]
"""Legacy ids hold dots and even spaces: ``barnediabetes_hba1c_lt_7.5``."""
RegistryId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)]


class Model(BaseModel):
    """Frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class IndicatorType(StrEnum):
    """The field's indicator types, by imongr's names."""

    ANDEL = "andel"
    BEREGNET_ANDEL = "beregnet_andel"
    ANTALL = "antall"
    GJENNOMSNITT = "gjennomsnitt"
    MEDIAN = "median"
    DG_ANDEL = "dg_andel"

    @property
    def summed(self) -> bool:
        """True for numerators over denominators that sum: they aggregate, and rows of one key are summed."""
        return self in (IndicatorType.ANDEL, IndicatorType.DG_ANDEL)

    @property
    def share(self) -> bool:
        """True when the value is a share from 0 to 1."""
        return self.summed or self is IndicatorType.BEREGNET_ANDEL


class Indicator(Model):
    """One quality indicator. `level_direction` 1: high is good; 0: low is good."""

    id: IndicatorId
    title: FilledText
    type: IndicatorType
    sformat: Annotated[str, StringConstraints(pattern=r"^,?\.[0-9]+[%f]$")] = ",.0%"
    measure_unit: Text = ""
    min_denominator: Annotated[int, Field(ge=1)] = 5
    level_green: float | None = None
    level_yellow: float | None = None
    level_direction: Literal[0, 1] | None = None
    short_description: Text = ""
    long_description: Text = ""
    dg_id: IndicatorId | None = None
    include: bool = True
    target_source: Text = ""
    data_source: Text = ""
    reviewed: date | None = None

    @property
    def decimals(self) -> int:
        """Decimals shown, from the d3 format: 0 in ``,.0%``, 1 in ``,.1f``."""
        return int(self.sformat.rsplit(".", 1)[1][:-1])

    @model_validator(mode="after")
    def _targets_are_possible(self) -> Self:
        green, yellow, direction = self.level_green, self.level_yellow, self.level_direction
        if yellow is not None and green is None:
            raise ValueError("level_yellow is given without level_green. Add level_green, or remove level_yellow.")
        if green is not None and direction is None:
            raise ValueError("level_green is given without level_direction. Add 1 (high is good) or 0 (low is good).")
        if green is not None and yellow is not None:
            if direction == 1 and green < yellow:
                raise ValueError("level_green must be at least level_yellow when level_direction is 1. Correct them.")
            if direction == 0 and green > yellow:
                raise ValueError("level_green must be at most level_yellow when level_direction is 0. Correct them.")
        if self.type.share:
            for key, level in (("level_green", green), ("level_yellow", yellow)):
                if level is not None and not 0 <= level <= 1:
                    raise ValueError(f"{key} of a share must lie between 0 and 1 (90 % is 0.9). Correct it.")
        return self


class Contact(Model):
    """A contact person."""

    name: FilledText
    role: Text = ""
    phone: Text = ""
    email: Text = ""


class About(Model):
    """The seed's field *about*. What is empty is a gap named to the owner; a reader sees "ikke oppgitt"."""

    purpose: Text = ""
    usefulness: Text = ""
    patients: Text = ""
    data_controller: Text = ""
    home_page: HttpUrl | None = None
    phone: Text = ""
    email: Text = ""
    contacts: tuple[Contact, ...] = ()


class QualityImprovement(Model):
    """One piece of quality improvement work."""

    title: FilledText
    description: FilledText
    status: Literal["completed", "ongoing", "planned"]
    initiated_by: FilledText
    period: Text = ""
    indicators: tuple[IndicatorId, ...] = ()


class ResearchProject(Model):
    """One research finding or project."""

    title: FilledText
    description: FilledText
    status: Literal["completed", "ongoing", "planned"] | None = None
    url: HttpUrl | None = None


class Research(Model):
    """Projects, and the publications: given in full, or where the list is."""

    projects: tuple[ResearchProject, ...] = ()
    publications: tuple[FilledText, ...] = ()
    publication_list: HttpUrl | None = None


class Registry(Model):
    """One registry: the seed's fixed fields, its indicators, and how it wants to be shown."""

    id: RegistryId
    name: FilledText
    short_name: FilledText
    language: Literal["nb", "nn"]
    medical_fields: Annotated[tuple[FilledText, ...], Field(min_length=1)]
    synthetic: bool = False
    about: About
    indicators: Annotated[tuple[Indicator, ...], Field(min_length=1)]
    quality_improvement: tuple[QualityImprovement, ...] = ()
    research: Research = Research()

    @model_validator(mode="after")
    def _ids_are_known_once(self) -> Self:
        ids = [indicator.id for indicator in self.indicators]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"indicators: the id {twice[0]!r} is used twice. Give each indicator an id of its own.")
        for indicator in self.indicators:
            if indicator.dg_id is not None and indicator.dg_id not in ids:
                raise ValueError(
                    f"indicators: {indicator.id!r} has dg_id {indicator.dg_id!r}, which is no indicator here. "
                    "Add that indicator, or correct dg_id."
                )
        for work in self.quality_improvement:
            for name in work.indicators:
                if name not in ids:
                    raise ValueError(
                        f"quality_improvement: {work.title!r} names the indicator {name!r}, which is not here. "
                        "Correct the id, or remove it."
                    )
        return self

    def indicator(self, ind_id: str) -> Indicator:
        """The indicator with this id; KeyError when the registry has none."""
        for indicator in self.indicators:
            if indicator.id == ind_id:
                return indicator
        raise KeyError(ind_id)
