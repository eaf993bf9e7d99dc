"""The catalogue of open data: DCAT-AP-NO as Turtle and JSON-LD, and each registry as schema.org's Dataset.

Comes in: the site. Goes out: `/data/catalog.ttl` and `.jsonld`, which data.norge.no harvests, and the metadata that
search engines read on a page. Only what a registry and the site tell about themselves is in it: no result.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from kvalreg.inputs.descriptor_texts import Licence
from kvalreg.report.translation import get_translator
from kvalreg.site.open_files import RESULTS
from kvalreg.site.site_model import PublishedRegistry, Site, SiteOutput

_NAMESPACES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_EU_AUTHORITY = "http://publications.europa.eu/resource/authority"
_IANA_MEDIA_TYPES = "https://www.iana.org/assignments/media-types"
_NLOD = f"{_EU_AUTHORITY}/licence/NLOD_2_0"
_LANGUAGES = {"nb": f"{_EU_AUTHORITY}/language/NOB", "nn": f"{_EU_AUTHORITY}/language/NNO"}
_FORMATS = {"csv": ("CSV", "text/csv"), "json": ("JSON", "application/json")}


@dataclass(frozen=True)
class IriValue:
    """An address as a value."""

    iri: str


@dataclass(frozen=True)
class LiteralValue:
    """A text as a value: in a language, or of a type of XML Schema's."""

    text: str
    language: str = ""
    datatype: str = ""


@dataclass(frozen=True)
class RdfResource:
    """A thing with its kind and what is said of it; `name` is its address."""

    iri: str
    rdf_type: str
    properties: tuple[tuple[str, IriValue | LiteralValue], ...]


def generate_dcat_catalogue(site: Site) -> SiteOutput:
    """The catalogue in both writings."""
    resources = _catalogue_resources(site)
    return SiteOutput(files={"data/catalog.ttl": _to_turtle(resources), "data/catalog.jsonld": _to_json_ld(resources)})


def schema_org_dataset(published_registry: PublishedRegistry, site: Site) -> dict[str, Any]:
    """A registry's results as schema.org's Dataset, for search engines."""
    registry, source = published_registry.published.registry, published_registry.published.source
    translator, absolute_url = get_translator(registry.language), site.descriptor.absolute_url
    years = sorted(set(published_registry.published.cells["year"]))
    dataset: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": f"{absolute_url(f'data/{registry.id}/index.qmd')}#dataset",
        "name": translator("data.dataset_title", name=registry.name),
        "description": translator("data.dataset_description", name=registry.name),
        "url": absolute_url(f"data/{registry.id}/index.qmd"),
        "license": str(registry.licence.url),
        "inLanguage": registry.language,
        "isAccessibleForFree": True,
        "keywords": [*registry.medical_fields, *registry.keywords],
        "creator": {"@type": "Organization", "name": registry.about.data_controller or registry.name},
        "publisher": {"@type": "Organization", "name": site.descriptor.publisher or site.title or registry.name},
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": media_type,
                "contentUrl": absolute_url(f"data/{registry.id}/{RESULTS}.{extension}"),
            }
            for extension, (_, media_type) in _FORMATS.items()
        ],
    }
    if years:
        dataset["temporalCoverage"] = f"{years[0]}/{years[-1]}"
    if source.latest_update:
        dataset["dateModified"] = source.latest_update.isoformat()
    return dataset


# --- DCAT-AP-NO ------------------------------------------------------------------------------------------------------
def _catalogue_resources(site: Site) -> list[RdfResource]:
    absolute_url = site.descriptor.absolute_url
    title, translator = site.title or get_translator("nb")("data.title"), get_translator("nb")
    publisher = f"{absolute_url('data/index.qmd')}#publisher"
    contact = f"{absolute_url('data/index.qmd')}#contact"
    catalogue_iri = f"{absolute_url('data/index.qmd')}#catalogue"
    datasets = [_dataset_iri(published_registry, site) for published_registry in site.registries]
    resources = [
        RdfResource(
            catalogue_iri,
            "dcat:Catalog",
            (
                ("dct:title", LiteralValue(title, "nb")),
                ("dct:description", LiteralValue(translator("data.description"), "nb")),
                ("dct:identifier", LiteralValue(catalogue_iri)),
                ("dct:publisher", IriValue(publisher)),
                ("dcat:contactPoint", IriValue(contact)),
                ("dct:language", IriValue(_LANGUAGES["nb"])),
                ("foaf:homepage", IriValue(absolute_url("data/index.qmd"))),
                *_date_property("dct:modified", site.modified),
                *(("dcat:dataset", IriValue(dataset)) for dataset in datasets),
                ("dcat:service", IriValue(f"{absolute_url('api/index.qmd')}#service")),
            ),
        ),
        RdfResource(
            publisher,
            "foaf:Agent",
            (
                ("foaf:name", LiteralValue(site.descriptor.publisher or title, "nb")),
                ("dct:identifier", LiteralValue(str(site.descriptor.publisher_url or absolute_url("index.qmd")))),
            ),
        ),
        _contact_resource(
            contact, site.descriptor.publisher or title, (site.descriptor.email, site.descriptor.phone), site
        ),
        RdfResource(
            f"{absolute_url('api/index.qmd')}#service",
            "dcat:DataService",
            (
                ("dct:title", LiteralValue(f"{title}: API", "nb")),
                ("dct:description", LiteralValue(translator("data.api_lead"), "nb")),
                ("dct:identifier", LiteralValue(f"{absolute_url('api/index.qmd')}#service")),
                ("dct:publisher", IriValue(publisher)),
                ("dcat:contactPoint", IriValue(contact)),
                ("dcat:endpointURL", IriValue(absolute_url("api/v1/index.json"))),
                ("dcat:endpointDescription", IriValue(absolute_url("api/index.qmd"))),
                *(("dcat:servesDataset", IriValue(dataset)) for dataset in datasets),
            ),
        ),
    ]
    return [
        *resources,
        *(
            resource
            for published_registry in site.registries
            for resource in _dataset_resources(published_registry, site, publisher)
        ),
    ]


def _dataset_iri(published_registry: PublishedRegistry, site: Site) -> str:
    return f"{site.descriptor.absolute_url(f'data/{published_registry.published.registry.id}/index.qmd')}#dataset"


def _dataset_resources(published_registry: PublishedRegistry, site: Site, publisher: str) -> list[RdfResource]:
    """A registry's data set, whom to ask, and its two files."""
    registry, source = published_registry.published.registry, published_registry.published.source
    translator, absolute_url, about = get_translator(registry.language), site.descriptor.absolute_url, registry.about
    page = absolute_url(f"data/{registry.id}/index.qmd")
    dataset_iri, contact_iri = _dataset_iri(published_registry, site), f"{page}#contact"
    file_iris = {extension: f"{page}#{extension}" for extension in _FORMATS}
    dataset = RdfResource(
        dataset_iri,
        "dcat:Dataset",
        (
            ("dct:title", LiteralValue(translator("data.dataset_title", name=registry.name), registry.language)),
            (
                "dct:description",
                LiteralValue(translator("data.dataset_description", name=registry.name), registry.language),
            ),
            ("dct:identifier", LiteralValue(dataset_iri)),
            ("dct:publisher", IriValue(publisher)),
            ("dcat:contactPoint", IriValue(contact_iri)),
            ("dcat:theme", IriValue(f"{_EU_AUTHORITY}/data-theme/HEAL")),
            ("dct:accessRights", IriValue(f"{_EU_AUTHORITY}/access-right/PUBLIC")),
            ("dct:language", IriValue(_LANGUAGES[registry.language])),
            ("dct:spatial", IriValue(f"{_EU_AUTHORITY}/country/NOR")),
            ("dcat:landingPage", IriValue(page)),
            *_date_property("dct:modified", source.latest_update),
            *(
                ("dcat:keyword", LiteralValue(keyword, registry.language))
                for keyword in (*registry.medical_fields, *registry.keywords)
            ),
            *(("dcat:distribution", IriValue(file_iri)) for file_iri in file_iris.values()),
        ),
    )
    distributions = [
        RdfResource(
            file_iri,
            "dcat:Distribution",
            (
                (
                    "dct:title",
                    LiteralValue(
                        f"{translator('data.dataset_title', name=registry.name)} ({file_type})", registry.language
                    ),
                ),
                (
                    "dct:description",
                    LiteralValue(translator("data.registry_lead", name=registry.name), registry.language),
                ),
                ("dct:format", IriValue(f"{_EU_AUTHORITY}/file-type/{file_type}")),
                ("dcat:mediaType", IriValue(f"{_IANA_MEDIA_TYPES}/{media_type}")),
                ("dct:license", IriValue(_licence_iri(registry.licence))),
                ("dcat:accessURL", IriValue(page)),
                ("dcat:downloadURL", IriValue(absolute_url(f"data/{registry.id}/{RESULTS}.{extension}"))),
            ),
        )
        for (extension, file_iri), (file_type, media_type) in zip(file_iris.items(), _FORMATS.values(), strict=True)
    ]
    contact_details = (about.email or site.descriptor.email, about.phone or site.descriptor.phone)
    return [dataset, _contact_resource(contact_iri, registry.name, contact_details, site, registry.id), *distributions]


def _contact_resource(
    iri: str, organization: str, contact_details: tuple[str, str], site: Site, registry_id: str = ""
) -> RdfResource:
    """Whom to ask: by e-mail and phone where they are known, else through the page."""
    email, phone = ("".join(detail.split()) for detail in contact_details)
    channels: list[tuple[str, IriValue | LiteralValue]] = (
        [("vcard:hasEmail", IriValue(f"mailto:{email}"))] if email else []
    )
    channels += [("vcard:hasTelephone", IriValue(f"tel:{phone}"))] if phone else []
    page = f"registre/{registry_id}/index.qmd" if registry_id else "om/kontakt/index.qmd"
    channels = channels or [("vcard:hasURL", IriValue(site.descriptor.absolute_url(page)))]
    return RdfResource(iri, "vcard:Organization", (("vcard:fn", LiteralValue(organization, "nb")), *channels))


def _licence_iri(licence: Licence) -> str:
    """The licence's address; the default one by its name in the European list, which catalogues expect."""
    return _NLOD if licence == Licence() else str(licence.url)


def _date_property(predicate: str, day: date | None) -> list[tuple[str, IriValue | LiteralValue]]:
    return [(predicate, LiteralValue(day.isoformat(), datatype="xsd:date"))] if day else []


# --- writing ---------------------------------------------------------------------------------------------------------
def _to_turtle(resources: list[RdfResource]) -> bytes:
    lines = [f"@prefix {prefix}: <{namespace}> ." for prefix, namespace in _NAMESPACES.items()]
    for resource in resources:
        properties = " ;\n".join(f"    {predicate} {_turtle_value(value)}" for predicate, value in resource.properties)
        lines.append(f"\n{_iri_reference(resource.iri)} a {resource.rdf_type} ;\n{properties} .")
    return ("\n".join(lines) + "\n").encode()


def _turtle_value(value: IriValue | LiteralValue) -> str:
    if isinstance(value, IriValue):
        return _iri_reference(value.iri)
    text = json.dumps(value.text, ensure_ascii=False)  # a JSON string is a Turtle string
    return text + (f"@{value.language}" if value.language else f"^^{value.datatype}" if value.datatype else "")


def _iri_reference(iri: str) -> str:
    """An address between angle brackets; signs that would end it are written as numbers."""
    return "<" + "".join(f"%{ord(char):02X}" if char <= " " or char in '<>"{}|^`\\' else char for char in iri) + ">"


def _to_json_ld(resources: list[RdfResource]) -> bytes:
    graph = []
    for resource in resources:
        entry: dict[str, Any] = {"@id": _iri_reference(resource.iri)[1:-1], "@type": resource.rdf_type}
        for predicate, value in resource.properties:
            entry.setdefault(predicate, []).append(_json_ld_value(value))
        graph.append(entry)
    document = {"@context": _NAMESPACES, "@graph": graph}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _json_ld_value(value: IriValue | LiteralValue) -> dict[str, str]:
    if isinstance(value, IriValue):
        return {"@id": _iri_reference(value.iri)[1:-1]}
    json_value = {"@value": value.text}
    return json_value | (
        {"@language": value.language} if value.language else {"@type": value.datatype} if value.datatype else {}
    )
