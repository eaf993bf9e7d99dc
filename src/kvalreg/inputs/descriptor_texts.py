"""The seed's fixed fields in a descriptor: about, quality improvement, research, and how experts judged the registry.

Owns their names, types and rules. Every one may be empty: an empty field is a gap, which `descriptor_gaps` names to the
registry's owner, while a reader sees "ikke oppgitt".
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, HttpUrl, model_validator

from kvalreg.inputs.descriptor_model import (
    DescriptorModel,
    DescriptorText,
    IndicatorId,
    Name,
    NoNumber,
    RequiredDescription,
    RequiredText,
    WebAddress,
)

_PERIOD = re.compile(r"(?P<first>(?:19|20)\d\d)(?:\s*[-–—]\s*(?P<last>(?:19|20)\d\d)?)?")
DOI = re.compile(r"(?i)(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*)?(?P<doi>10\.\d{4,9}/\S+)")
"""A digital object identifier alone: ``10.1000/xyz``, with or without ``doi:`` or ``https://doi.org/`` before it."""

ProjectStatus = Literal["completed", "ongoing", "planned"]


class Contact(DescriptorModel):
    """A contact person."""

    name: RequiredText
    """Full name."""
    role: DescriptorText = ""
    """What the person is in the registry, such as 'faglig leder'."""
    phone: DescriptorText = ""
    """Phone number, in quotation marks."""
    email: DescriptorText = ""
    """E-mail address."""


class About(DescriptorModel):
    """The seed's field *about*. What is empty is a gap named to the owner; a reader sees "ikke oppgitt"."""

    purpose: DescriptorText = ""
    """Formål: the registry's purpose in words that are easily understood."""
    usefulness: DescriptorText = ""
    """Why the registry is useful, and what its results tell about quality of care."""
    patients: DescriptorText = ""
    """Pasienter: who is registered, which diagnoses, which health problems."""
    data_controller: NoNumber = ""
    """Databehandlingsansvarlig: the institution that answers for the data."""
    home_page: WebAddress = ""
    """Hjemmeside: the whole address, beginning with https://."""
    phone: DescriptorText = ""
    """Telefon, in quotation marks."""
    email: DescriptorText = ""
    """E-post."""
    contacts: tuple[Contact, ...] = ()
    """Kontaktpersoner."""
    reviewed: date | None = None
    """The date (YYYY-MM-DD) when these texts were last reviewed."""


class QualityImprovement(DescriptorModel):
    """One piece of quality improvement work."""

    title: Name
    """What the work is called."""
    description: RequiredDescription
    """What is done and what came of it, in a few sentences."""
    status: ProjectStatus
    """completed, ongoing or planned."""
    initiated_by: Name
    """Who took the initiative: the registry or somebody else."""
    period: DescriptorText = ""
    """When: '2021-2023', '2021-' for work that goes on, or '2021' in quotation marks. In this form it is drawn on the
    trend figures of the indicators concerned; another text is shown as it is."""
    indicators: tuple[IndicatorId, ...] = ()
    """Ids of the indicators that the work is meant to improve."""

    @property
    def years(self) -> tuple[int, int | None] | None:
        """The first and the last year, the last None while the work goes on; None where the period tells no years.

        Worked: '2021-2023' is (2021, 2023), '2021-' is (2021, None), '2021' is (2021, 2021), 'i fjor' is None.
        """
        match = _PERIOD.fullmatch(self.period)
        if match is None:
            return None
        first = int(match["first"])
        if match["last"]:
            return (first, int(match["last"])) if int(match["last"]) >= first else None
        return first, None if match[0] != match["first"] else first


class ResearchProject(DescriptorModel):
    """One research finding or project."""

    title: RequiredText
    """The project or the finding."""
    description: RequiredDescription
    """What is studied or was found, in a few sentences for a broad public."""
    status: ProjectStatus | None = None
    """completed, ongoing or planned."""
    url: WebAddress = ""
    """Where to read more: the whole address."""


def _allow_plain_text(schema: dict[str, Any]) -> None:
    """Say in the JSON Schema that a text alone will do."""
    mapping = dict(schema)
    schema.clear()
    schema.update(anyOf=[{"type": "string", "description": mapping["description"]}, mapping])


class Publication(DescriptorModel):
    """One publication: a text, a DOI alone, or `text` with the address that it leads to."""

    model_config = ConfigDict(json_schema_extra=_allow_plain_text)

    text: DescriptorText = ""
    """The publication as it is cited, without markup. Left out, the address itself is shown."""
    url: WebAddress = ""
    """Where it is: a whole address, such as https://doi.org/10.1000/xyz."""

    @model_validator(mode="before")
    @classmethod
    def _parse_text_or_doi(cls, data: Any) -> Any:
        if not isinstance(data, str):
            return data
        match = DOI.fullmatch(data.strip())
        return {"url": f"https://doi.org/{match['doi']}"} if match else {"text": data}


class Research(DescriptorModel):
    """Projects, and the publications: given in full, or where the list is."""

    projects: tuple[ResearchProject, ...] = ()
    """With many to choose from, two or three of them."""
    publications: tuple[Publication, ...] = ()
    """Publications that are written here, newest first: each a text, a DOI, or text and url."""
    bibliography: DescriptorText = ""
    """A file beside registry.yml with the publications: BibTeX (.bib) or CSL-JSON (.json)."""
    selected: tuple[RequiredText, ...] = ()
    """Keys of the publications in the bibliography that are shown; all of them when left out."""
    publication_list: WebAddress = ""
    """Address of the full list of publications."""


class Evaluation(DescriptorModel):
    """How the national expert group judged the registry in one year."""

    year: Annotated[int, Field(ge=2000, le=2100)]
    """The year that was judged."""
    stage: Annotated[int, Field(ge=1, le=4)] | None = None
    """Stadium: how far the registry has come, 1 to 4."""
    level: Literal["A", "B", "C"] | None = None
    """Nivå: A, B or C; A is best."""
    text: DescriptorText = ""
    """The experts' reasons."""


class Licence(DescriptorModel):
    """What others may do with the registry's published numbers; NLOD 2.0 when left out."""

    name: Name = "Norsk lisens for offentlige data (NLOD) 2.0"
    """The licence's name."""
    url: HttpUrl = HttpUrl("https://data.norge.no/nlod/no/2.0")
    """Where its text is: the whole address."""
