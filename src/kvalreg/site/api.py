"""The API: answers as files, below ``/api/v1/``, with the names of SKDE's service.

Comes in: the site, or one registry of it. Goes out: JSON files that are written once and served as they are. What is
asked for stands in the address; there are no questions after ``?``. All cells come from `open_data`. `api_schema` says
what each answer holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from kvalreg import __version__
from kvalreg.disclosure.published import Published
from kvalreg.inputs.descriptor import Indicator
from kvalreg.inputs.units import Level, Unit, Units
from kvalreg.site.api_schema import SCHEMAS
from kvalreg.site.content import Content, Shown, Site, UnitShare
from kvalreg.site.open_data import json_records, slugs
from kvalreg.site.open_files import RESULTS, compact, delivered, indicator_row

ROOT = "api/v1"
_LABELS = ((Level.HOSPITAL, "Sykehus"), (Level.HF, "HF"), (Level.RHF, "RHF"))
"""What SKDE's service calls the levels of units that a reader may choose."""

Answer = dict[str, Any]


def api(site: Site, shares: Iterable[Mapping[str, UnitShare]]) -> Content:
    """The answers about all registries, and the schemas that they follow.

    Parameters
    ----------
    shares
        What each registry tells of each unit.
    """
    newest: dict[str, list[str]] = {}
    for orgnr, share in (told for one in shares for told in one.items()):
        if share.answers:
            newest.setdefault(orgnr, []).append(share.answers)
    answers: dict[str, object] = {
        "index": _index(site),
        "info/names": [_names(shown, site) for shown in site.shown],
        "info/medicalFields": _medical_fields(site),
        **{f"schema/{kind}": schema for kind, schema in SCHEMAS.items()},
    }
    listed = [unit for unit in site.units if unit.orgnr in newest]
    answers["units"] = [_unit(unit) | {"address": f"units/{unit.orgnr}.json"} for unit in listed]
    return Content(files=_files(answers) | {_file(f"units/{unit.orgnr}"): _answer(unit, newest) for unit in listed})


def registry_answers(shown: Shown) -> Content:
    """One registry's answers."""
    return Content(files=_files(_registry(shown)) | _indicators(shown))


def newest_answers(shown: Shown) -> dict[str, str]:
    """Each unit's newest cell of every indicator in each context, as JSON with commas between.

    Where that year is provisional the newest complete one comes first: it is what pages show.
    """
    registry, rows = shown.published.registry.id, shown.rows
    cells = zip(*(rows[name] for name in ("ind_id", "unit_level", "orgnr", "context")), strict=True)
    told_of = [(at, cell) for at, cell in enumerate(cells) if cell[1] != Level.COUNTY.value]  # they come by year
    last = {cell: at for at, cell in told_of}
    complete = {cell: at for at, cell in told_of if "provisional" not in str(rows["footnote"][at])}
    places = sorted({*last.values(), *complete.values()})
    columns = {name: [values[at] for at in places] for name, values in shown.json_columns.items()}
    told = json_records(columns, leave_out=["ind_id", *_OF_UNIT])
    about = {ind_id: _about(registry, ind_id, slug) for ind_id, slug in slugs(shown.published).items()}
    newest: dict[str, list[str]] = defaultdict(list)
    for at, answer in zip(places, told, strict=True):
        newest[rows["orgnr"][at]].append(f"{about[rows['ind_id'][at]]},{answer[1:]}")
    return {orgnr: ",".join(found) for orgnr, found in newest.items()}


_OF_UNIT = ("orgnr", "unit_name", "unit_level")


def _about(registry: str, ind_id: str, slug: str) -> str:
    """Which indicator a cell is of, as the beginning of an object."""
    address = f"../data/{registry}/indicators/{slug}.json"
    return compact({"registry_name": registry, "ind_id": ind_id, "address": address}).decode()[:-1]


def _files(answers: Mapping[str, object]) -> dict[str, bytes]:
    return {_file(address): compact(answer) for address, answer in answers.items()}


def _file(address: str) -> str:
    return f"{ROOT}/{address}.json"


def _answer(unit: Unit, newest: Mapping[str, list[str]]) -> bytes:
    """A unit with its newest results, which are JSON already."""
    return f'{compact(_unit(unit)).decode()[:-1]},"data":[{",".join(newest[unit.orgnr])}]}}'.encode()


def _index(site: Site) -> Answer:
    """Where everything is; addresses are seen from the API's own folder."""
    made = {"made": site.made.isoformat()} if site.made else {}
    registries = [
        {
            "registry_name": (registry := shown.published.registry).id,
            "registry_full_name": registry.name,
            "registry_short_name": registry.short_name,
            "licence": str(registry.licence.url),
            **delivered(shown.published),
            "descriptions": f"data/{registry.id}/descriptions.json",
            "years": f"data/{registry.id}/years.json",
            "unitNames": f"data/{registry.id}/unitNames.json",
            "indicators": [
                {"ind_id": ind_id, "address": f"data/{registry.id}/indicators/{slug}.json"}
                for ind_id, slug in slugs(shown.published).items()
            ],
            "results": f"../../data/{registry.id}/{RESULTS}.json",
        }
        for shown in site.shown
    ]
    return {
        "version": "1",
        "kvalreg": __version__,
        **made,
        "names": "info/names.json",
        "medicalFields": "info/medicalFields.json",
        "units": "units.json",
        "registries": registries,
        "schemas": {kind: f"schema/{kind}.json" for kind in SCHEMAS},
    }


def _names(shown: Shown, site: Site) -> Answer:
    """A registry as SKDE's ``/info/names`` has it; `id` is its number in this list alone."""
    registry, cells = shown.published.registry, shown.published.cells
    coverage = {indicator.id for indicator in registry.indicators if indicator.type.value == "dg_andel"}
    return {
        "id": shown.number,
        "rname": registry.id,
        "full_name": registry.name,
        "short_name": registry.short_name,
        "caregiver_data": int((cells["context"] == "caregiver").any()),
        "resident_data": int((cells["context"] == "resident").any()),
        "dg_data": int(cells["ind_id"].isin(coverage).any()),
        "url": site.descriptor.whole(f"registre/{registry.id}/index.qmd"),
        "description": registry.about.purpose or None,
    }


def _medical_fields(site: Site) -> list[Answer]:
    """The medical fields and the registries in each, as SKDE's ``/info/medicalFields``."""
    return [
        {"shortName": site.slugs.fields[name], "name": name, "registers": [one.published.registry.id for one in shown]}
        for name, shown in site.fields.items()
    ]


def _registry(shown: Shown) -> dict[str, object]:
    published, number = shown.published, shown.number
    registry, place = published.registry, f"data/{published.registry.id}"
    answers: dict[str, object] = {
        f"{place}/descriptions": [_description(number, one, published) for one in registry.indicators],
        f"{place}/years": sorted(set(shown.rows["year"])),
        f"{place}/unitNames": _unit_names(published),
    }
    return answers


def _indicators(shown: Shown) -> dict[str, bytes]:
    """Every indicator with all its cells, which are JSON already."""
    published, files = shown.published, {}
    registry = published.registry
    found = json_records(shown.json_columns, leave_out=["ind_id"])
    cells: dict[str, list[str]] = defaultdict(list)
    for ind_id, cell in zip(shown.rows["ind_id"], found, strict=True):
        cells[ind_id].append(cell)
    for ind_id, slug in slugs(published).items():
        about = indicator_row(registry.indicator(ind_id), registry)
        about = {name: value for name, value in about.items() if "description" not in name and value not in (None, "")}
        told = compact({"registry_name": registry.id, **about, **delivered(published)}).decode()[:-1]
        told += f',"data":[{",".join(cells[ind_id])}]}}'
        files[_file(f"data/{registry.id}/indicators/{slug}")] = told.encode()
    return files


def _description(number: int, indicator: Indicator, published: Published) -> Answer:
    """An indicator as SKDE's ``/data/:register/descriptions`` has it."""
    registry, row = published.registry, indicator_row(indicator, published.registry)
    row = {name: value if value != "" else None for name, value in row.items()}
    title = row.pop("ind_title")
    return {
        "id": row.pop("ind_id"),
        **row,
        "title": title,
        "name": slugs(published)[indicator.id],
        "min_value": None,
        "max_value": None,
        "registry_id": number,
        "rname": registry.id,
        "full_name": registry.name,
    }


def _unit_names(published: Published) -> Answer:
    """The units that the registry presents: as lists to choose from and as a tree, as SKDE's ``unitNames``."""
    units, present = published.units, set(published.cells["orgnr"])
    options = [
        {
            "label": label,
            "options": [
                {"value": unit.short_name, "label": unit.short_name, "orgnr": unit.orgnr}
                for unit in units.at(level)
                if unit.orgnr in present
            ],
        }
        for level, label in _LABELS
    ]
    return {"opts_tu": options, "nestedUnitNames": _nested(units, present)}


def _nested(units: Units, present: set[str]) -> list[Answer]:
    """RHFs with their HFs with their hospitals: those that are presented, and those above them."""
    tree = []
    for rhf in units.at(Level.RHF):
        trusts = []
        for hf in units.children(rhf.orgnr):
            hospitals = [one.short_name for one in units.children(hf.orgnr) if one.orgnr in present]
            if hospitals or hf.orgnr in present:
                trusts.append({"hf": hf.short_name, "hf_full": hf.name, "orgnr": hf.orgnr, "hospital": hospitals})
        if trusts or rhf.orgnr in present:
            tree.append({"rhf": rhf.short_name, "orgnr": rhf.orgnr, "hf": trusts})
    return tree


def _unit(unit: Unit) -> Answer:
    told = {"orgnr": unit.orgnr, "unit_name": unit.short_name, "full_name": unit.name, "unit_level": unit.level.value}
    above = {"parent": unit.parent, "county": unit.county}
    return told | {name: value for name, value in above.items() if value}
