"""The catalogue of open data: DCAT-AP-NO as Turtle and JSON-LD, and each registry as schema.org's Dataset.

Input: the site. Output: `/data/catalog.ttl` and `.jsonld`, which data.norge.no harvests, and the metadata that search
engines read on a page. It holds descriptions of registries and of the site only: no result. The profile is
https://informasjonsforvaltning.github.io/dcat-ap-no/.
"""

from __future__ import annotations

import json
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
# Names that catalogues understand: the EU's authority tables for licences, languages and file types, and IANA's types.
_NLOD = f"{_EU_AUTHORITY}/licence/NLOD_2_0"
_LANGUAGES = {"nb": f"{_EU_AUTHORITY}/language/NOB", "nn": f"{_EU_AUTHORITY}/language/NNO"}
_FORMATS = {"csv": ("CSV", "text/csv"), "json": ("JSON", "application/json")}


RdfResource = dict[str, Any]
"""A resource as JSON-LD writes it: ``@id``, ``@type``, and for each property a list of its values, which may be empty.

Both serializations are written from it, so that they cannot disagree.
"""


def generate_dcat_catalogue(site: Site) -> SiteOutput:
    """The catalogue in both serializations."""
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
    # an interval of ISO 8601, as schema.org asks for
    if years:
        dataset["temporalCoverage"] = f"{years[0]}/{years[-1]}"
    if source.latest_update:
        dataset["dateModified"] = source.latest_update.isoformat()
    return dataset


# --- DCAT-AP-NO ------------------------------------------------------------------------------------------------------
def _catalogue_resources(site: Site) -> list[RdfResource]:
    """The catalogue, its publisher, contact and API, and then every registry's data set."""
    absolute_url, translator = site.descriptor.absolute_url, get_translator("nb")
    title = site.title or translator("data.title")
    page, api = absolute_url("data/index.qmd"), absolute_url("api/index.qmd")
    organization, datasets = site.descriptor.publisher or title, [_dataset_iri(item, site) for item in site.registries]
    # resources are named by fragments of pages' URLs, so that each name leads to a page about the resource
    publisher, contact, service = f"{page}#publisher", f"{page}#contact", f"{api}#service"
    catalogue = _resource(f"{page}#catalogue", "dcat:Catalog") | {
        "dct:title": [_text(title, "nb")],
        "dct:description": [_text(translator("data.description"), "nb")],
        "dct:identifier": [_text(f"{page}#catalogue")],
        "dct:publisher": [_link(publisher)],
        "dcat:contactPoint": [_link(contact)],
        "dct:language": [_link(_LANGUAGES["nb"])],
        "foaf:homepage": [_link(page)],
        "dct:modified": _dates(site.modified),
        "dcat:dataset": [_link(dataset) for dataset in datasets],
        "dcat:service": [_link(service)],
    }
    agent = _resource(publisher, "foaf:Agent") | {
        "foaf:name": [_text(organization, "nb")],
        "dct:identifier": [_text(str(site.descriptor.publisher_url or absolute_url("index.qmd")))],
    }
    data_service = _resource(service, "dcat:DataService") | {
        "dct:title": [_text(f"{title}: API", "nb")],
        "dct:description": [_text(translator("data.api_lead"), "nb")],
        "dct:identifier": [_text(service)],
        "dct:publisher": [_link(publisher)],
        "dcat:contactPoint": [_link(contact)],
        "dcat:endpointURL": [_link(absolute_url("api/v1/index.json"))],
        "dcat:endpointDescription": [_link(api)],
        "dcat:servesDataset": [_link(dataset) for dataset in datasets],
    }
    email, phone, contact_page = site.descriptor.email, site.descriptor.phone, absolute_url("om/kontakt/index.qmd")
    resources = [catalogue, agent, _contact(contact, organization, (email, phone), contact_page), data_service]
    return resources + [part for item in site.registries for part in _dataset_resources(item, site, publisher)]


def _dataset_iri(published_registry: PublishedRegistry, site: Site) -> str:
    return f"{site.descriptor.absolute_url(f'data/{published_registry.published.registry.id}/index.qmd')}#dataset"


def _dataset_resources(published_registry: PublishedRegistry, site: Site, publisher: str) -> list[RdfResource]:
    """A registry's data set, whom to ask, and its two files."""
    registry, about = published_registry.published.registry, published_registry.published.registry.about
    language, absolute_url = registry.language, site.descriptor.absolute_url
    translator = get_translator(language)
    page, dataset_iri = absolute_url(f"data/{registry.id}/index.qmd"), _dataset_iri(published_registry, site)
    title, contact = translator("data.dataset_title", name=registry.name), f"{page}#contact"
    dataset = _resource(dataset_iri, "dcat:Dataset") | {
        "dct:title": [_text(title, language)],
        "dct:description": [_text(translator("data.dataset_description", name=registry.name), language)],
        "dct:identifier": [_text(dataset_iri)],
        "dct:publisher": [_link(publisher)],
        "dcat:contactPoint": [_link(contact)],
        "dcat:theme": [_link(f"{_EU_AUTHORITY}/data-theme/HEAL")],
        "dct:accessRights": [_link(f"{_EU_AUTHORITY}/access-right/PUBLIC")],
        "dct:language": [_link(_LANGUAGES[language])],
        "dct:spatial": [_link(f"{_EU_AUTHORITY}/country/NOR")],
        "dcat:landingPage": [_link(page)],
        "dct:modified": _dates(published_registry.published.source.latest_update),
        "dcat:keyword": [_text(keyword, language) for keyword in (*registry.medical_fields, *registry.keywords)],
        "dcat:distribution": [_link(f"{page}#{extension}") for extension in _FORMATS],
    }
    # the two files are distributions of one data set, since they hold the same cells
    distributions = [
        _resource(f"{page}#{extension}", "dcat:Distribution")
        | {
            "dct:title": [_text(f"{title} ({file_type})", language)],
            "dct:description": [_text(translator("data.registry_lead", name=registry.name), language)],
            "dct:format": [_link(f"{_EU_AUTHORITY}/file-type/{file_type}")],
            "dcat:mediaType": [_link(f"{_IANA_MEDIA_TYPES}/{media_type}")],
            "dct:license": [_link(_licence_iri(registry.licence))],
            "dcat:accessURL": [_link(page)],
            "dcat:downloadURL": [_link(absolute_url(f"data/{registry.id}/{RESULTS}.{extension}"))],
        }
        for extension, (file_type, media_type) in _FORMATS.items()
    ]
    # each detail falls back by itself: a registry may have an e-mail address, and the site's phone number
    details = (about.email or site.descriptor.email, about.phone or site.descriptor.phone)
    office = _contact(contact, registry.name, details, absolute_url(f"registre/{registry.id}/index.qmd"))
    return [dataset, office, *distributions]


def _contact(iri: str, organization: str, contact_details: tuple[str, str], page: str) -> RdfResource:
    """Whom to ask: by e-mail and phone where they are known, otherwise through the page."""
    email, phone = ("".join(detail.split()) for detail in contact_details)
    return _resource(iri, "vcard:Organization") | {
        "vcard:fn": [_text(organization, "nb")],
        "vcard:hasEmail": [_link(f"mailto:{email}")] if email else [],
        "vcard:hasTelephone": [_link(f"tel:{phone}")] if phone else [],
        "vcard:hasURL": [] if email or phone else [_link(page)],
    }


def _licence_iri(licence: Licence) -> str:
    """The licence's address; the default one by its name in the European list, which catalogues expect."""
    return _NLOD if licence == Licence() else str(licence.url)


# --- values, as JSON-LD writes them ----------------------------------------------------------------------------------
def _resource(iri: str, rdf_type: str) -> RdfResource:
    return {**_link(iri), "@type": rdf_type}


def _link(iri: str) -> dict[str, str]:
    """An address as a value. What no IRI may hold is percent-encoded: ``a b`` becomes ``a%20b``."""
    return {"@id": "".join(f"%{ord(char):02X}" if char <= " " or char in '<>"{}|^`\\' else char for char in iri)}


def _text(text: str, language: str = "") -> dict[str, str]:
    return {"@value": text, "@language": language} if language else {"@value": text}


def _dates(day: date | None) -> list[dict[str, str]]:
    """A list with the day as its only value; an empty one where it is not known."""
    return [{"@value": day.isoformat(), "@type": "xsd:date"}] if day else []


# --- serializations --------------------------------------------------------------------------------------------------
def _to_json_ld(resources: list[RdfResource]) -> bytes:
    # an empty list is a property without a value: in JSON-LD, as in Turtle, it is left out
    graph = [{name: value for name, value in resource.items() if value} for resource in resources]
    document = {"@context": _NAMESPACES, "@graph": graph}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _to_turtle(resources: list[RdfResource]) -> bytes:
    """The same statements as Turtle (https://www.w3.org/TR/turtle/)::

    {"@id": "https://a.no/#c", "@type": "foaf:Agent", "foaf:name": [{"@value": "Å", "@language": "nb"}]}

    becomes::

    <https://a.no/#c> a foaf:Agent ;
        foaf:name "Å"@nb .
    """
    lines = [f"@prefix {prefix}: <{namespace}> ." for prefix, namespace in _NAMESPACES.items()]
    for resource in resources:
        properties = " ;\n".join(
            f"    {name} {_turtle_value(value)}"
            for name, values in resource.items()
            if not name.startswith("@")
            for value in values
        )
        lines.append(f"\n<{resource['@id']}> a {resource['@type']} ;\n{properties} .")
    return ("\n".join(lines) + "\n").encode()


def _turtle_value(value: dict[str, str]) -> str:
    if "@id" in value:
        return f"<{value['@id']}>"
    text = json.dumps(value["@value"], ensure_ascii=False)  # a JSON string is a Turtle string
    language, datatype = value.get("@language"), value.get("@type")
    return text + (f"@{language}" if language else f"^^{datatype}" if datatype else "")
