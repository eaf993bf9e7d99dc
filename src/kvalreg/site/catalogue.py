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
from kvalreg.report.wording import words
from kvalreg.site.content import Content, Shown, Site
from kvalreg.site.open_files import RESULTS

_NAMESPACES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_EU = "http://publications.europa.eu/resource/authority"
_MEDIA = "https://www.iana.org/assignments/media-types"
_NLOD = f"{_EU}/licence/NLOD_2_0"
_LANGUAGES = {"nb": f"{_EU}/language/NOB", "nn": f"{_EU}/language/NNO"}
_FORMATS = {"csv": ("CSV", "text/csv"), "json": ("JSON", "application/json")}


@dataclass(frozen=True)
class Link:
    """An address as a value."""

    to: str


@dataclass(frozen=True)
class Text:
    """A text as a value: in a language, or of a type of XML Schema's."""

    text: str
    language: str = ""
    type: str = ""


@dataclass(frozen=True)
class Node:
    """A thing with its kind and what is said of it; `name` is its address."""

    name: str
    kind: str
    said: tuple[tuple[str, Link | Text], ...]


def catalogue(site: Site) -> Content:
    """The catalogue in both writings."""
    nodes = _nodes(site)
    return Content(files={"data/catalog.ttl": _turtle(nodes), "data/catalog.jsonld": _json_ld(nodes)})


def dataset_markup(shown: Shown, site: Site) -> dict[str, Any]:
    """A registry's results as schema.org's Dataset, for search engines."""
    registry, source = shown.published.registry, shown.published.source
    say, whole = words(registry.language), site.descriptor.whole
    years = sorted(set(shown.published.cells["year"]))
    markup: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": f"{whole(f'data/{registry.id}/index.qmd')}#dataset",
        "name": say("data.dataset_title", name=registry.name),
        "description": say("data.dataset_description", name=registry.name),
        "url": whole(f"data/{registry.id}/index.qmd"),
        "license": str(registry.licence.url),
        "inLanguage": registry.language,
        "isAccessibleForFree": True,
        "keywords": [*registry.medical_fields, *registry.keywords],
        "creator": {"@type": "Organization", "name": registry.about.data_controller or registry.name},
        "publisher": {"@type": "Organization", "name": site.descriptor.publisher or site.title or registry.name},
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": media,
                "contentUrl": whole(f"data/{registry.id}/{RESULTS}.{ending}"),
            }
            for ending, (_, media) in _FORMATS.items()
        ],
    }
    if years:
        markup["temporalCoverage"] = f"{years[0]}/{years[-1]}"
    if source.latest_update:
        markup["dateModified"] = source.latest_update.isoformat()
    return markup


# --- DCAT-AP-NO ------------------------------------------------------------------------------------------------------
def _nodes(site: Site) -> list[Node]:
    whole = site.descriptor.whole
    title, say = site.title or words("nb")("data.title"), words("nb")
    publisher = f"{whole('data/index.qmd')}#publisher"
    contact = f"{whole('data/index.qmd')}#contact"
    name = f"{whole('data/index.qmd')}#catalogue"
    datasets = [_dataset_name(shown, site) for shown in site.shown]
    nodes = [
        Node(
            name,
            "dcat:Catalog",
            (
                ("dct:title", Text(title, "nb")),
                ("dct:description", Text(say("data.description"), "nb")),
                ("dct:identifier", Text(name)),
                ("dct:publisher", Link(publisher)),
                ("dcat:contactPoint", Link(contact)),
                ("dct:language", Link(_LANGUAGES["nb"])),
                ("foaf:homepage", Link(whole("data/index.qmd"))),
                *_day("dct:modified", site.made),
                *(("dcat:dataset", Link(dataset)) for dataset in datasets),
                ("dcat:service", Link(f"{whole('api/index.qmd')}#service")),
            ),
        ),
        Node(
            publisher,
            "foaf:Agent",
            (
                ("foaf:name", Text(site.descriptor.publisher or title, "nb")),
                ("dct:identifier", Text(str(site.descriptor.publisher_url or whole("index.qmd")))),
            ),
        ),
        _contact(contact, site.descriptor.publisher or title, (site.descriptor.email, site.descriptor.phone), site),
        Node(
            f"{whole('api/index.qmd')}#service",
            "dcat:DataService",
            (
                ("dct:title", Text(f"{title}: API", "nb")),
                ("dct:description", Text(say("data.api_lead"), "nb")),
                ("dct:identifier", Text(f"{whole('api/index.qmd')}#service")),
                ("dct:publisher", Link(publisher)),
                ("dcat:contactPoint", Link(contact)),
                ("dcat:endpointURL", Link(whole("api/v1/index.json"))),
                ("dcat:endpointDescription", Link(whole("api/index.qmd"))),
                *(("dcat:servesDataset", Link(dataset)) for dataset in datasets),
            ),
        ),
    ]
    return [*nodes, *(node for shown in site.shown for node in _dataset(shown, site, publisher))]


def _dataset_name(shown: Shown, site: Site) -> str:
    return f"{site.descriptor.whole(f'data/{shown.published.registry.id}/index.qmd')}#dataset"


def _dataset(shown: Shown, site: Site, publisher: str) -> list[Node]:
    """A registry's data set, whom to ask, and its two files."""
    registry, source = shown.published.registry, shown.published.source
    say, whole, about = words(registry.language), site.descriptor.whole, registry.about
    page = whole(f"data/{registry.id}/index.qmd")
    name, contact = _dataset_name(shown, site), f"{page}#contact"
    files = {ending: f"{page}#{ending}" for ending in _FORMATS}
    dataset = Node(
        name,
        "dcat:Dataset",
        (
            ("dct:title", Text(say("data.dataset_title", name=registry.name), registry.language)),
            ("dct:description", Text(say("data.dataset_description", name=registry.name), registry.language)),
            ("dct:identifier", Text(name)),
            ("dct:publisher", Link(publisher)),
            ("dcat:contactPoint", Link(contact)),
            ("dcat:theme", Link(f"{_EU}/data-theme/HEAL")),
            ("dct:accessRights", Link(f"{_EU}/access-right/PUBLIC")),
            ("dct:language", Link(_LANGUAGES[registry.language])),
            ("dct:spatial", Link(f"{_EU}/country/NOR")),
            ("dcat:landingPage", Link(page)),
            *_day("dct:modified", source.latest_update),
            *(
                ("dcat:keyword", Text(word, registry.language))
                for word in (*registry.medical_fields, *registry.keywords)
            ),
            *(("dcat:distribution", Link(file)) for file in files.values()),
        ),
    )
    distributions = [
        Node(
            file,
            "dcat:Distribution",
            (
                ("dct:title", Text(f"{say('data.dataset_title', name=registry.name)} ({kind})", registry.language)),
                ("dct:description", Text(say("data.registry_lead", name=registry.name), registry.language)),
                ("dct:format", Link(f"{_EU}/file-type/{kind}")),
                ("dcat:mediaType", Link(f"{_MEDIA}/{media}")),
                ("dct:license", Link(_licence(registry.licence))),
                ("dcat:accessURL", Link(page)),
                ("dcat:downloadURL", Link(whole(f"data/{registry.id}/{RESULTS}.{ending}"))),
            ),
        )
        for (ending, file), (kind, media) in zip(files.items(), _FORMATS.values(), strict=True)
    ]
    ways = (about.email or site.descriptor.email, about.phone or site.descriptor.phone)
    return [dataset, _contact(contact, registry.name, ways, site, registry.id), *distributions]


def _contact(name: str, who: str, ways: tuple[str, str], site: Site, registry: str = "") -> Node:
    """Whom to ask: by e-mail and phone where they are known, else through the page."""
    email, phone = ("".join(way.split()) for way in ways)
    reached: list[tuple[str, Link | Text]] = [("vcard:hasEmail", Link(f"mailto:{email}"))] if email else []
    reached += [("vcard:hasTelephone", Link(f"tel:{phone}"))] if phone else []
    page = f"registre/{registry}/index.qmd" if registry else "om/kontakt/index.qmd"
    reached = reached or [("vcard:hasURL", Link(site.descriptor.whole(page)))]
    return Node(name, "vcard:Organization", (("vcard:fn", Text(who, "nb")), *reached))


def _licence(licence: Licence) -> str:
    """The licence's address; the default one by its name in the European list, which catalogues expect."""
    return _NLOD if licence == Licence() else str(licence.url)


def _day(said: str, day: date | None) -> list[tuple[str, Link | Text]]:
    return [(said, Text(day.isoformat(), type="xsd:date"))] if day else []


# --- writing ---------------------------------------------------------------------------------------------------------
def _turtle(nodes: list[Node]) -> bytes:
    lines = [f"@prefix {short}: <{whole}> ." for short, whole in _NAMESPACES.items()]
    for node in nodes:
        said = " ;\n".join(f"    {predicate} {_in_turtle(value)}" for predicate, value in node.said)
        lines.append(f"\n{_address(node.name)} a {node.kind} ;\n{said} .")
    return ("\n".join(lines) + "\n").encode()


def _in_turtle(value: Link | Text) -> str:
    if isinstance(value, Link):
        return _address(value.to)
    text = json.dumps(value.text, ensure_ascii=False)  # a JSON string is a Turtle string
    return text + (f"@{value.language}" if value.language else f"^^{value.type}" if value.type else "")


def _address(address: str) -> str:
    """An address between angle brackets; signs that would end it are written as numbers."""
    return "<" + "".join(f"%{ord(c):02X}" if c <= " " or c in '<>"{}|^`\\' else c for c in address) + ">"


def _json_ld(nodes: list[Node]) -> bytes:
    graph = []
    for node in nodes:
        entry: dict[str, Any] = {"@id": _address(node.name)[1:-1], "@type": node.kind}
        for predicate, value in node.said:
            entry.setdefault(predicate, []).append(_in_json_ld(value))
        graph.append(entry)
    whole = {"@context": _NAMESPACES, "@graph": graph}
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def _in_json_ld(value: Link | Text) -> dict[str, str]:
    if isinstance(value, Link):
        return {"@id": _address(value.to)[1:-1]}
    told = {"@value": value.text}
    return told | ({"@language": value.language} if value.language else {"@type": value.type} if value.type else {})
