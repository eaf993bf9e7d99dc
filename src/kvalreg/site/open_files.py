"""The files of open data: each registry's cells, indicators and dictionary, and the units and footnotes of all.

Comes in: the site. Goes out: CSV with a semicolon and decimal comma, as imongr's deliveries, and JSON with the same
names; a Data Package for each registry tells programs what every column means. It takes every cell from `open_data`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kvalreg.disclosure.published import Published
from kvalreg.inputs.descriptor import Indicator, Registry
from kvalreg.inputs.units import Unit
from kvalreg.report.wording import Words, words
from kvalreg.site.content import Content, Shown, Site
from kvalreg.site.open_data import CODES, COLUMNS, FOOTNOTES, NAMES, Column

RESULTS, INDICATORS, UNITS, NOTES = "resultater", "indikatorer", "enheter", "fotnoter"
"""Names of files, and of the resources of a Data Package."""
INDICATOR_COLUMNS = (
    Column("ind_id", "string", required=True),
    Column("ind_title", "string", required=True),
    Column("type", "string", required=True),
    Column("include", "integer", required=True),
    Column("sformat", "string"),
    Column("measure_unit", "string"),
    Column("min_denominator", "integer"),
    Column("secret_below", "integer"),
    Column("level_green", "number"),
    Column("level_yellow", "number"),
    Column("level_direction", "integer"),
    Column("dg_id", "string"),
    Column("short_description", "string"),
    Column("long_description", "string"),
)
UNIT_COLUMNS = (
    Column("orgnr", "string", required=True),
    Column("unit_name", "string", required=True),
    Column("full_name", "string", required=True),
    Column("unit_level", "string", required=True),
    Column("parent", "string"),
    Column("county", "string"),
)
_BOM = "\ufeff"
"""It tells spreadsheets that the file is UTF-8."""
_END = "\r\n"


def open_files(site: Site) -> Content:
    """The files below `/data/` that all registries share, but the catalogue."""
    say = words("nb")
    notes = ((code, say(f"data.footnote_{code}")) for code in FOOTNOTES)
    return Content(
        files={
            f"data/{UNITS}.csv": _csv([one.name for one in UNIT_COLUMNS], map(unit_row, site.units)),
            f"data/{NOTES}.csv": _csv(["footnote", "text"], notes),
        }
    )


def registry_files(shown: Shown, site: Site) -> dict[str, bytes]:
    """One registry's files, by address."""
    published, columns = shown.published, shown.json_columns
    folder = f"data/{published.registry.id}"
    answer = compact({"registry_name": published.registry.id, **delivered(published)}).decode()
    told = (f'"{name}":[{",".join(values)}]' for name, values in columns.items())
    registry = published.registry
    described = (_csv_column([*indicator_row(indicator, registry).values()]) for indicator in registry.indicators)
    return {
        f"{folder}/{RESULTS}.csv": _csv(NAMES, ()) + _csv_lines(columns),
        f"{folder}/{RESULTS}.json": f"{answer[:-1]},{','.join(told)}}}".encode(),
        f"{folder}/{INDICATORS}.csv": _csv([one.name for one in INDICATOR_COLUMNS], described),
        f"{folder}/datapackage.json": json.dumps(_package(published, site), ensure_ascii=False, indent=1).encode(),
    }


def compact(value: object) -> bytes:
    """JSON without a space that is not needed."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def delivered(published: Published) -> dict[str, str]:
    """The dates of the newest delivery, by SKDE's names; what is not known is left out."""
    source = published.source
    dates = (("delivery_latest_update", source.latest_update), ("delivery_latest_affirm", source.latest_affirm))
    return {name: day.isoformat() for name, day in dates if day is not None}


def indicator_row(indicator: Indicator, registry: Registry) -> dict[str, Any]:
    """An indicator's definition, as `INDICATOR_COLUMNS`; what is secret is its own choice, or its registry's."""
    named: dict[str, Any] = {"ind_id": indicator.id, "ind_title": indicator.title, "type": indicator.type.value}
    named |= {"include": int(indicator.include)}
    rest = {column.name: getattr(indicator, column.name) for column in INDICATOR_COLUMNS[len(named) :]}
    return named | rest | {"secret_below": registry.secret_below_of(indicator)}


def unit_row(unit: Unit) -> Sequence[str]:
    """A unit, as `UNIT_COLUMNS`."""
    return (unit.orgnr, unit.short_name, unit.name, unit.level.value, unit.parent or "", unit.county or "")


def fields(columns: Sequence[Column], say: Words) -> list[dict[str, Any]]:
    """Columns as Table Schema describes them: name, type, meaning, and what may stand in them."""
    described = []
    for column in columns:
        limits: dict[str, Any] = {"required": True} if column.required else {}
        if column.name in CODES:
            limits["enum"] = [*CODES[column.name]]
        field = {"name": column.name, "type": column.type, "description": say(f"data.column_{column.name}")}
        if column.type == "number":
            field["decimalChar"] = ","
        described.append(field | ({"constraints": limits} if limits else {}))
    return described


def _package(published: Published, site: Site) -> dict[str, Any]:
    """A Data Package: what the registry's files hold, for programs."""
    registry, say = published.registry, words(published.registry.language)
    key = [column.name for column in COLUMNS if column.required and column.name != "unit_name"]
    package: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": registry.id,
        "title": say("data.dataset_title", name=registry.name),
        "description": say("data.dataset_description", name=registry.name),
        "licenses": [{"title": registry.licence.name, "path": str(registry.licence.url)}],
        "contributors": [
            {"title": title, "role": role}
            for title, role in (
                (registry.about.data_controller, "author"),
                (site.descriptor.publisher, "publisher"),
            )
            if title
        ],
        "keywords": [*registry.medical_fields, *registry.keywords],
        **delivered(published),
        "resources": [
            _resource(RESULTS, f"{RESULTS}.csv", {"fields": fields(COLUMNS, say), "primaryKey": key}),
            _resource(INDICATORS, f"{INDICATORS}.csv", {"fields": fields(INDICATOR_COLUMNS, say)}),
        ],
    }
    if site.descriptor.base:
        package["homepage"] = site.descriptor.whole(f"data/{registry.id}/index.qmd")
    return package


def _resource(name: str, path: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "path": path,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ";"},
        "schema": schema,
    }


def _csv(heading: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
    """A table as the field's spreadsheets read it: semicolon, decimal comma, UTF-8 with its mark."""
    return f"{_BOM}{_csv_text([heading, *lines])}".encode()


def _csv_text(lines: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator=_END).writerows(lines)
    return text.getvalue()


def _csv_column(values: Sequence[object]) -> Sequence[object]:
    """A column with the decimal comma; the module `csv` itself writes nothing for None."""
    return [repr(value).replace(".", ",") if type(value) is float else value for value in values]


def _csv_lines(columns: Mapping[str, Sequence[str]]) -> bytes:
    """Columns of JSON as lines of a table: each text once through the module `csv`, numbers as they are."""
    fields = [_csv_fields(columns[column.name], column.type) for column in COLUMNS]
    return "".join(f"{';'.join(line)}{_END}" for line in zip(*fields, strict=True)).encode()


def _csv_fields(values: Sequence[str], kind: str) -> Sequence[str]:
    if kind != "string":
        return "\n".join(values).replace("null", "").replace(".", ",").split("\n") if values else []
    known = {value: _csv_text([(json.loads(value), "")]).removesuffix(f";{_END}") for value in set(values)}
    return [known[value] for value in values]
