"""The API: responses as static files, below ``/api/v1/``, with the field names of SKDE's service.

Input: the site, or one registry of it. Output: JSON files that a web server serves as they are. A request is an address
alone; there is no query string. All cells come from `open_data`. `api_schema` describes what each response contains.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from kvalreg import __version__
from kvalreg.disclosure.published import PublishedResults
from kvalreg.inputs.descriptor import Indicator
from kvalreg.inputs.units import Level, Unit, Units
from kvalreg.site.api_schema import SCHEMAS
from kvalreg.site.open_data import indicator_slugs, json_records
from kvalreg.site.open_files import RESULTS, compact_json, delivery_dates, indicator_row
from kvalreg.site.site_model import PublishedRegistry, RegistryFragment, Site, SiteOutput

API_ROOT = "api/v1"
_LEVEL_LABELS = ((Level.HOSPITAL, "Sykehus"), (Level.HF, "HF"), (Level.RHF, "RHF"))
"""The labels that SKDE's service has for the levels of units that a reader may choose."""

ApiResponse = dict[str, Any]


def api_responses(site: Site, fragments: Iterable[Mapping[str, RegistryFragment]]) -> SiteOutput:
    """The responses about all registries, and the schemas that they follow.

    Parameters
    ----------
    fragments
        Each registry's fragments, by unit.
    """
    cells_by_orgnr: dict[str, list[str]] = {}
    for orgnr, fragment in (item for fragment_by_orgnr in fragments for item in fragment_by_orgnr.items()):
        if fragment.api_json:
            cells_by_orgnr.setdefault(orgnr, []).append(fragment.api_json)
    responses: dict[str, object] = {
        "index": _index(site),
        "info/names": [_registry_info(published_registry, site) for published_registry in site.registries],
        "info/medicalFields": _medical_fields(site),
        **{f"schema/{name}": schema for name, schema in SCHEMAS.items()},
    }
    # units are listed in the order of the units' file, and only those of which there is a cell
    listed_units = [unit for unit in site.units if unit.orgnr in cells_by_orgnr]
    responses["units"] = [_unit_record(unit) | {"address": f"units/{unit.orgnr}.json"} for unit in listed_units]
    return SiteOutput(
        files=_json_files(responses)
        | {_api_path(f"units/{unit.orgnr}"): _unit_response(unit, cells_by_orgnr) for unit in listed_units}
    )


def registry_responses(published_registry: PublishedRegistry) -> SiteOutput:
    """One registry's responses."""
    return SiteOutput(files=_json_files(_registry_metadata(published_registry)) | _indicator_files(published_registry))


def latest_cells_json(published_registry: PublishedRegistry) -> dict[str, str]:
    """Each unit's latest cell of every indicator in each context, as JSON objects with commas between.

    Where that year is provisional the latest complete one comes first: it is what pages show. Worked example: a unit
    has 2023, 2024 and a provisional 2025; the response has its cells of 2024 and 2025.
    """
    registry_id, rows = published_registry.published.registry.id, published_registry.rows
    cell_keys = zip(*(rows[name] for name in ("ind_id", "unit_level", "orgnr", "context")), strict=True)
    unit_cells = [(index, key) for index, key in enumerate(cell_keys) if key[1] != Level.COUNTY.value]
    # within a key rows are sorted by year (see `open_data_rows`), so the last one of each key is its latest
    latest = {key: index for index, key in unit_cells}
    latest_complete = {key: index for index, key in unit_cells if "provisional" not in str(rows["footnote"][index])}
    indices = sorted({*latest.values(), *latest_complete.values()})
    columns = {name: [values[index] for index in indices] for name, values in published_registry.json_columns.items()}
    cells_json = json_records(columns, excluded=["ind_id", *_UNIT_COLUMNS])
    prefix_by_indicator = {
        ind_id: _indicator_prefix(registry_id, ind_id, slug)
        for ind_id, slug in indicator_slugs(published_registry.published).items()
    }
    cells_by_orgnr: dict[str, list[str]] = defaultdict(list)
    for index, cell_json in zip(indices, cells_json, strict=True):
        # both are JSON objects: the prefix has lost its closing brace, the cell loses its opening one
        cells_by_orgnr[rows["orgnr"][index]].append(f"{prefix_by_indicator[rows['ind_id'][index]]},{cell_json[1:]}")
    return {orgnr: ",".join(cells) for orgnr, cells in cells_by_orgnr.items()}


_UNIT_COLUMNS = ("orgnr", "unit_name", "unit_level")


def _indicator_prefix(registry_id: str, ind_id: str, slug: str) -> str:
    """A cell's indicator, as the beginning of a JSON object without its closing brace."""
    address = f"../data/{registry_id}/indicators/{slug}.json"
    return compact_json({"registry_name": registry_id, "ind_id": ind_id, "address": address}).decode()[:-1]


def _json_files(responses: Mapping[str, object]) -> dict[str, bytes]:
    return {_api_path(address): compact_json(response) for address, response in responses.items()}


def _api_path(address: str) -> str:
    return f"{API_ROOT}/{address}.json"


def _unit_response(unit: Unit, cells_by_orgnr: Mapping[str, list[str]]) -> bytes:
    """A unit with its latest results, which are JSON already."""
    return (
        f'{compact_json(_unit_record(unit)).decode()[:-1]},"data":[{",".join(cells_by_orgnr[unit.orgnr])}]}}'.encode()
    )


def _index(site: Site) -> ApiResponse:
    """The address of every response, relative to the API's own folder."""
    modified = {"made": site.modified.isoformat()} if site.modified else {}
    registries = [
        {
            "registry_name": (registry := published_registry.published.registry).id,
            "registry_full_name": registry.name,
            "registry_short_name": registry.short_name,
            "licence": str(registry.licence.url),
            **delivery_dates(published_registry.published),
            "descriptions": f"data/{registry.id}/descriptions.json",
            "years": f"data/{registry.id}/years.json",
            "unitNames": f"data/{registry.id}/unitNames.json",
            "indicators": [
                {"ind_id": ind_id, "address": f"data/{registry.id}/indicators/{slug}.json"}
                for ind_id, slug in indicator_slugs(published_registry.published).items()
            ],
            "results": f"../../data/{registry.id}/{RESULTS}.json",
        }
        for published_registry in site.registries
    ]
    return {
        "version": "1",
        "kvalreg": __version__,
        **modified,
        "names": "info/names.json",
        "medicalFields": "info/medicalFields.json",
        "units": "units.json",
        "registries": registries,
        "schemas": {name: f"schema/{name}.json" for name in SCHEMAS},
    }


def _registry_info(published_registry: PublishedRegistry, site: Site) -> ApiResponse:
    """A registry as SKDE's ``/info/names`` has it; `id` is its number in this list alone."""
    registry, cells = published_registry.published.registry, published_registry.published.cells
    coverage = {indicator.id for indicator in registry.indicators if indicator.type.value == "dg_andel"}
    return {
        "id": published_registry.number,
        "rname": registry.id,
        "full_name": registry.name,
        "short_name": registry.short_name,
        "caregiver_data": int((cells["context"] == "caregiver").any()),
        "resident_data": int((cells["context"] == "resident").any()),
        "dg_data": int(cells["ind_id"].isin(coverage).any()),
        "url": site.descriptor.absolute_url(f"registre/{registry.id}/index.qmd"),
        "description": registry.about.purpose or None,
    }


def _medical_fields(site: Site) -> list[ApiResponse]:
    """The medical fields and the registries in each, as SKDE's ``/info/medicalFields``."""
    return [
        {
            "shortName": site.slugs.fields[name],
            "name": name,
            "registers": [published_registry.published.registry.id for published_registry in published_registries],
        }
        for name, published_registries in site.registries_by_field.items()
    ]


def _registry_metadata(published_registry: PublishedRegistry) -> dict[str, object]:
    published, number = published_registry.published, published_registry.number
    registry, folder = published.registry, f"data/{published.registry.id}"
    return {
        f"{folder}/descriptions": [_description(number, indicator, published) for indicator in registry.indicators],
        f"{folder}/years": sorted(set(published_registry.rows["year"])),
        f"{folder}/unitNames": _unit_names(published),
    }


def _indicator_files(published_registry: PublishedRegistry) -> dict[str, bytes]:
    """Every indicator with all its cells, which are JSON already."""
    published, files = published_registry.published, {}
    registry = published.registry
    cells_json = json_records(published_registry.json_columns, excluded=["ind_id"])
    # JSON is put together as text: the cells are encoded once, and serve this file, the units' and the results'
    cells_by_indicator: dict[str, list[str]] = defaultdict(list)
    for ind_id, cell_json in zip(published_registry.rows["ind_id"], cells_json, strict=True):
        cells_by_indicator[ind_id].append(cell_json)
    for ind_id, slug in indicator_slugs(published).items():
        # empty fields are left out, and so are descriptions, which are Markdown and stand in `descriptions`
        metadata = indicator_row(registry.indicator(ind_id), registry)
        metadata = {
            name: value for name, value in metadata.items() if "description" not in name and value not in (None, "")
        }
        response = compact_json({"registry_name": registry.id, **metadata, **delivery_dates(published)}).decode()[:-1]
        response += f',"data":[{",".join(cells_by_indicator[ind_id])}]}}'
        files[_api_path(f"data/{registry.id}/indicators/{slug}")] = response.encode()
    return files


def _description(number: int, indicator: Indicator, published: PublishedResults) -> ApiResponse:
    """An indicator as SKDE's ``/data/:register/descriptions`` has it."""
    registry, row = published.registry, indicator_row(indicator, published.registry)
    row = {name: value if value != "" else None for name, value in row.items()}  # SKDE has null for what is empty
    title = row.pop("ind_title")
    return {
        "id": row.pop("ind_id"),
        **row,
        "title": title,
        "name": indicator_slugs(published)[indicator.id],
        "min_value": None,
        "max_value": None,
        "registry_id": number,
        "rname": registry.id,
        "full_name": registry.name,
    }


def _unit_names(published: PublishedResults) -> ApiResponse:
    """The units that the registry presents, as SKDE's ``unitNames``: options of a list at each level, and a tree."""
    units, presented = published.units, set(published.cells["orgnr"])
    options = [
        {
            "label": label,
            "options": [
                {"value": unit.short_name, "label": unit.short_name, "orgnr": unit.orgnr}
                for unit in units.at_level(level)
                if unit.orgnr in presented
            ],
        }
        for level, label in _LEVEL_LABELS
    ]
    return {"opts_tu": options, "nestedUnitNames": _unit_tree(units, presented)}


def _unit_tree(units: Units, presented: set[str]) -> list[ApiResponse]:
    """RHFs with their HFs with their hospitals: those that are presented, and those above them."""
    tree = []
    for rhf in units.at_level(Level.RHF):
        trusts = []
        for hf in units.children(rhf.orgnr):
            # an HF or RHF without cells is in the tree when a unit below it has some
            hospitals = [hospital.short_name for hospital in units.children(hf.orgnr) if hospital.orgnr in presented]
            if hospitals or hf.orgnr in presented:
                trusts.append({"hf": hf.short_name, "hf_full": hf.name, "orgnr": hf.orgnr, "hospital": hospitals})
        if trusts or rhf.orgnr in presented:
            tree.append({"rhf": rhf.short_name, "orgnr": rhf.orgnr, "hf": trusts})
    return tree


def _unit_record(unit: Unit) -> ApiResponse:
    record = {"orgnr": unit.orgnr, "unit_name": unit.short_name, "full_name": unit.name, "unit_level": unit.level.value}
    optional_fields = {"parent": unit.parent, "county": unit.county}
    return record | {name: value for name, value in optional_fields.items() if value}
