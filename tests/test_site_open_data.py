"""Open data: one table in three forms, a hidden cell with nothing but its code, schemas and a catalogue that hold."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import rdflib
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.published import PublishedResults, load_published
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.release.audit import audit_site
from kvalreg.report.translation import get_translator
from kvalreg.site.api_schema import SCHEMAS
from kvalreg.site.open_data import (
    COLUMN_NAMES,
    COLUMN_VALUES,
    FOOTNOTES,
    indicator_slugs,
    json_columns,
    json_records,
    open_data_rows,
)
from kvalreg.site.open_files import INDICATOR_COLUMNS, UNIT_COLUMNS
from small_project import UNITS, Silence, write_registry

HEADER = "context;year;orgnr;ind_id;var;denominator\n"
DELIVERY = HEADER + "".join(
    f"caregiver;{year};{orgnr};alfa_a;{x};{n}\n"
    for year in (2023, 2024)
    for orgnr, x, n in (("111", 80, 100), ("112", 45, 50), ("121", 2, 4), ("122", 1, 3))
)
"""The last two hospitals are below the minimum of 5; with them their HF and its RHF are 3 of 7, which is shown."""
SITE = "url: https://example.org/r/\npublisher: Forlaget\nemail: a@example.org\n"
HIDDEN = {"context", "year", "unit_level", "orgnr", "unit_name", "footnote"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One registry with two secret hospitals, and its site at an address with a path."""
    root = tmp_path_factory.mktemp("open")
    write_registry(root, "alfa", DELIVERY)
    (root / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    (root / "registries" / "site.yml").write_text(SITE, encoding="utf-8")
    project = Project(root)
    account = build(project, BuildRequest(renderer="pandoc", workers=2), Silence())
    assert account.exit_code == 0
    return project


@pytest.fixture(scope="module")
def published(built: Project) -> PublishedResults:
    """What the registry has published."""
    return load_published("alfa", built.published)


def cells_of(published: PublishedResults) -> list[dict[str, Any]]:
    """The rows of open data, each without what is empty."""
    return [json.loads(row) for row in json_records(json_columns(open_data_rows(published)))]


def response(project: Project, address: str) -> Any:
    """One response of the API."""
    return json.loads((project.site / "api" / "v1" / address).read_text("utf-8"))


def table(project: Project, address: str) -> list[dict[str, str]]:
    """A CSV file of the site, as a program in Norway reads it."""
    text = (project.site / "data" / address).read_text("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


# --- the rows --------------------------------------------------------------------------------------------------------
def test_a_shown_cell_has_its_numbers_and_skdes_names(published: PublishedResults) -> None:
    """80 of 100 at Vik in 2024: numerator, denominator, share and level, from the nation down and by year."""
    cells = cells_of(published)
    vik = next(row for row in cells if row["orgnr"] == "111" and row["year"] == 2024)
    expected = {
        "context": "caregiver",
        "unit_level": "hospital",
        "unit_name": "Vik",
        "ind_id": "alfa_a",
        "var": 80,
        "denominator": 100,
        "value": 0.8,
        "achievement": "moderate",
    }
    assert vik.items() >= expected.items()
    assert "footnote" not in vik
    assert cells[0]["unit_level"] == "nation"
    assert [row["year"] for row in cells] == sorted(row["year"] for row in cells)


def test_a_hidden_cell_has_its_key_and_a_code_and_nothing_else(built: Project, published: PublishedResults) -> None:
    """In the table, in CSV, in JSON and in the API: no number, no level, no change."""
    hidden = [row for row in cells_of(published) if "hidden" in row.get("footnote", "")]
    assert {(row["orgnr"], row["year"]) for row in hidden} >= {(o, y) for o in ("121", "122") for y in (2023, 2024)}
    assert all(set(row) == HIDDEN | {"ind_id"} for row in hidden)
    lines = [line for line in table(built, "alfa/resultater.csv") if line["footnote"].startswith("hidden")]
    assert len(lines) == len(hidden)
    assert all({name for name, text in line.items() if text} == HIDDEN | {"ind_id"} for line in lines)
    cells = response(built, "data/alfa/indicators/alfa_a.json")["data"]
    assert all(set(cell) == HIDDEN for cell in cells if "hidden" in cell.get("footnote", ""))
    for cell in response(built, "units/121.json")["data"]:
        assert set(cell) == {"registry_name", "ind_id", "address", "context", "year", "footnote"}


def test_csv_json_and_api_say_the_same(built: Project) -> None:
    """Every cell is in each of the three forms, with the same numbers."""
    lines = table(built, "alfa/resultater.csv")
    columns = json.loads((built.site / "data/alfa/resultater.json").read_text("utf-8"))
    assert list(lines[0]) == COLUMN_NAMES
    for name in COLUMN_NAMES:
        as_text = ["" if value is None else str(value).replace(".", ",") for value in columns[name]]
        assert [line[name] for line in lines] == as_text, name
    cells = response(built, "data/alfa/indicators/alfa_a.json")["data"]
    assert [(cell["orgnr"], cell["year"], cell.get("var")) for cell in cells] == list(
        zip(columns["orgnr"], columns["year"], columns["var"], strict=True)
    )


def test_indicators_whose_ids_look_alike_have_addresses_of_their_own(published: PublishedResults) -> None:
    """``a.b`` and ``a b`` would be one address: the second gets a number."""
    twin = published.registry.indicators[0].model_copy(update={"id": "alfa.a"})
    other = published.registry.indicators[0].model_copy(update={"id": "alfa a"})
    registry = published.registry.model_copy(update={"indicators": (twin, other)})
    source = type(published.source)(registry, published.units, ())
    assert indicator_slugs(type(published)(source, published.cells)) == {"alfa.a": "alfa-a", "alfa a": "alfa-a-2"}


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_every_column_and_code_is_in_the_dictionary(language: str) -> None:
    """Each column has a meaning, which names each of its codes; each footnote has a text."""
    translator = get_translator(language)
    for name in {*COLUMN_NAMES, *(column.name for column in (*INDICATOR_COLUMNS, *UNIT_COLUMNS))}:
        meaning = translator(f"data.column_{name}")
        if name != "series_change":  # it has the codes of `change`, and says so
            assert all(code in meaning for code in COLUMN_VALUES.get(name, ())), name
    assert all(translator(f"data.footnote_{code}") for code in FOOTNOTES)


def test_a_data_package_explains_its_files(built: Project) -> None:
    """Every column of the CSV files is a field with a type and a description, and the licence is named."""
    package = json.loads((built.site / "data/alfa/datapackage.json").read_text("utf-8"))
    assert package["licenses"][0]["path"].startswith("https://data.norge.no/nlod")
    for resource in package["resources"]:
        described = resource["schema"]["fields"]
        assert [field["name"] for field in described] == list(table(built, f"alfa/{resource['path']}")[0])
        assert all(field["description"] and field["type"] in ("string", "number", "integer") for field in described)


# --- the API ---------------------------------------------------------------------------------------------------------
def test_every_response_follows_its_published_schema(built: Project) -> None:
    """Each file of the API is of one response type, and follows the schema published for that type."""
    root = built.site / "api" / "v1"
    type_by_address = {"index": "index", "units": "units", "info/names": "names", "info/medicalFields": "medicalFields"}
    checked = set()
    for path in sorted(root.rglob("*.json")):
        address = path.relative_to(root).as_posix().removesuffix(".json")
        if address.startswith("schema/"):
            jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text("utf-8")))
            continue
        folder, name = address.split("/")[0], address.split("/")[-1]
        response_type = type_by_address.get(address) or (
            "unit" if folder == "units" else "indicator" if "/indicators/" in address else name
        )
        jsonschema.validate(json.loads(path.read_text("utf-8")), response(built, f"schema/{response_type}.json"))
        checked.add(response_type)
    jsonschema.validate(json.loads((built.site / "data/alfa/resultater.json").read_text("utf-8")), SCHEMAS["results"])
    assert checked | {"results"} == set(SCHEMAS)


def test_a_schema_refuses_a_hidden_cell_with_a_number(built: Project) -> None:
    """The schemas are strict enough to refuse something."""
    document = response(built, "data/alfa/indicators/alfa_a.json")
    next(cell for cell in document["data"] if "hidden" in cell.get("footnote", ""))["denominator"] = 4
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMAS["indicator"])


def test_every_address_in_the_api_leads_to_a_file(built: Project) -> None:
    """From the index every response can be reached."""
    root = built.site / "api" / "v1"

    def addresses(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [address for part in value.values() for address in addresses(part)]
        if isinstance(value, list):
            return [address for part in value for address in addresses(part)]
        return [value] if isinstance(value, str) and value.endswith(".json") else []

    linked = addresses(response(built, "index.json"))
    assert len(linked) > 12
    assert [address for address in linked if not (root / address).resolve().is_file()] == []
    assert [registry["rname"] for registry in response(built, "info/names.json")] == ["alfa"]
    assert response(built, "data/alfa/years.json") == [2023, 2024]
    tree = response(built, "data/alfa/unitNames.json")["nestedUnitNames"]
    assert [[hf["hospital"] for hf in rhf["hf"]] for rhf in tree] == [[["Vik", "Li"], ["Nes", "Å"]]]


# --- the catalogue ---------------------------------------------------------------------------------------------------
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph")  # rdflib's own reader of JSON-LD
def test_the_catalogue_has_what_dcat_ap_no_requires(built: Project) -> None:
    """Both serializations are one graph, and every class has its mandatory properties."""
    folder = built.site / "data"
    graph = rdflib.Graph().parse(folder / "catalog.ttl", format="turtle")
    again = rdflib.Graph().parse(folder / "catalog.jsonld", format="json-ld")
    assert set(graph) == set(again)
    common = {DCTERMS.title, DCTERMS.description, DCTERMS.identifier, DCTERMS.publisher, DCAT.contactPoint}
    mandatory = {
        DCAT.Catalog: common | {DCAT.dataset},
        DCAT.Dataset: common | {DCAT.theme, DCAT.distribution},
        DCAT.Distribution: {DCAT.accessURL, DCAT.downloadURL, DCTERMS["format"], DCTERMS.license},
        FOAF.Agent: {FOAF.name, DCTERMS.identifier},
    }
    for rdf_class, required in mandatory.items():
        resources = list(graph.subjects(RDF.type, rdf_class))
        assert resources, rdf_class
        for resource in resources:
            assert required <= set(graph.predicates(resource)), resource
    for link in (DCAT.dataset, DCAT.distribution, DCAT.contactPoint, DCTERMS.publisher):
        assert all((end, RDF.type, None) in graph for end in graph.objects(None, link)), link
    assert {str(end) for end in graph.objects(None, DCAT.downloadURL)} == {
        f"https://example.org/r/data/alfa/resultater.{ending}" for ending in ("csv", "json")
    }


def test_search_engines_find_the_data_set_on_its_pages(built: Project) -> None:
    """The registry's page and its data page hold schema.org's Dataset, with licence and downloads."""
    for page in ("registre/alfa/index.html", "data/alfa/index.html"):
        html = (built.site / page).read_text("utf-8")
        dataset = json.loads(html.split('<script type="application/ld+json">')[1].split("</script>")[0])
        assert dataset["@type"] == "Dataset"
        assert dataset["license"].startswith("https://data.norge.no/nlod")
        assert dataset["distribution"][0]["contentUrl"] == "https://example.org/r/data/alfa/resultater.csv"


# --- the audit reads them all ----------------------------------------------------------------------------------------
def in_csv(text: str) -> str:
    """Nes with a denominator, in the row of 2024."""
    lines = text.splitlines(keepends=True)
    index = next(index for index, line in enumerate(lines) if line.startswith("caregiver;2024;hospital;121;"))
    cells = lines[index].split(";")
    cells[COLUMN_NAMES.index("denominator")] = "4"
    return "".join([*lines[:index], ";".join(cells), *lines[index + 1 :]])


def in_columns(text: str) -> str:
    """Nes with a denominator, in the lists of a registry's JSON."""
    columns = json.loads(text)
    index = next(
        index for index, orgnr in enumerate(columns["orgnr"]) if orgnr == "121" and columns["year"][index] == 2024
    )
    columns["denominator"][index] = 4
    return json.dumps(columns)


def in_response(text: str) -> str:
    """Nes with a share, in a response of the API."""
    document = json.loads(text)
    hidden_cell = next(cell for cell in document["data"] if cell.get("orgnr", "121") == "121" and cell["year"] == 2024)
    hidden_cell["value"] = 0.5
    return json.dumps(document)


def in_words(text: str) -> str:
    """A sentence on Nes, at the end of a text that readers of the feed or the catalogue see."""
    return text.replace("</summary>", " Nes: 2 av 4 pasienter.</summary>", 1)


@pytest.mark.parametrize(
    ("file", "plant"),
    [
        ("data/alfa/resultater.csv", in_csv),
        ("data/alfa/resultater.json", in_columns),
        ("api/v1/data/alfa/indicators/alfa_a.json", in_response),
        ("api/v1/units/121.json", in_response),
        ("nytt.xml", in_words),
    ],
)
def test_a_planted_leak_is_found(built: Project, tmp_path: Path, file: str, plant: Callable[[str], str]) -> None:
    """The untouched site passes; a number beside a hidden hospital in any kind of file does not."""
    site = Path(shutil.copytree(built.site, tmp_path / "site"))
    before = (site / file).read_text("utf-8")
    (site / file).write_text(plant(before), encoding="utf-8")
    assert (site / file).read_text("utf-8") != before
    findings = audit_site(site, built).findings
    assert {(finding.file, finding.registry) for finding in findings} <= {(file, "alfa"), (file, "beta")}
    assert {finding.code for finding in findings} <= {
        DiagnosticCode.CELL_SUPPRESSED,
        DiagnosticCode.CELL_ADDRESS_MISSING,
    }
    assert findings
