"""The files of open data: each registry's cells, indicators and dictionary, and the units and footnotes of all.

Input: the site. Output: CSV with a semicolon and decimal comma, as imongr's deliveries, and JSON with the same names; a
Data Package (https://specs.frictionlessdata.io/data-package/) for each registry describes every column for programs.
All cells come from `open_data`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kvalreg.disclosure.published import PublishedResults
from kvalreg.inputs.descriptor import Indicator, Registry
from kvalreg.inputs.units import Unit
from kvalreg.report.spreadsheet import as_text
from kvalreg.report.translation import Translator, get_translator
from kvalreg.site.open_data import COLUMN_NAMES, COLUMN_VALUES, COLUMNS, FOOTNOTES, OpenDataColumn
from kvalreg.site.site_model import PublishedRegistry, Site, SiteOutput

RESULTS, INDICATORS, UNITS, FOOTNOTES_TABLE = "resultater", "indikatorer", "enheter", "fotnoter"
"""Names of files, and of the resources of a Data Package."""
INDICATOR_COLUMNS = (
    OpenDataColumn("ind_id", "string", required=True),
    OpenDataColumn("ind_title", "string", required=True),
    OpenDataColumn("type", "string", required=True),
    OpenDataColumn("include", "integer", required=True),
    OpenDataColumn("sformat", "string"),
    OpenDataColumn("measure_unit", "string"),
    OpenDataColumn("min_denominator", "integer"),
    OpenDataColumn("secret_below", "integer"),
    OpenDataColumn("level_green", "number"),
    OpenDataColumn("level_yellow", "number"),
    OpenDataColumn("level_direction", "integer"),
    OpenDataColumn("dg_id", "string"),
    OpenDataColumn("short_description", "string"),
    OpenDataColumn("long_description", "string"),
)
UNIT_COLUMNS = (
    OpenDataColumn("orgnr", "string", required=True),
    OpenDataColumn("unit_name", "string", required=True),
    OpenDataColumn("full_name", "string", required=True),
    OpenDataColumn("unit_level", "string", required=True),
    OpenDataColumn("parent", "string"),
    OpenDataColumn("county", "string"),
)
_BOM = "\ufeff"
"""By this byte order mark spreadsheets know that a file is UTF-8."""
_LINE_END = "\r\n"


def open_files(site: Site) -> SiteOutput:
    """The files below `/data/` that all registries share, except the catalogue (`dcat`)."""
    translator = get_translator("nb")
    notes = ((code, translator(f"data.footnote_{code}")) for code in FOOTNOTES)
    return SiteOutput(
        files={
            f"data/{UNITS}.csv": _csv([column.name for column in UNIT_COLUMNS], map(unit_row, site.units)),
            f"data/{FOOTNOTES_TABLE}.csv": _csv(["footnote", "text"], notes),
        }
    )


def registry_files(published_registry: PublishedRegistry, site: Site) -> dict[str, bytes]:
    """One registry's files, by address."""
    published, columns = published_registry.published, published_registry.json_columns
    folder = f"data/{published.registry.id}"
    header_json = compact_json({"registry_name": published.registry.id, **delivery_dates(published)}).decode()
    # one list for each column: an object for each row would repeat every name
    columns_json = (f'"{name}":[{",".join(values)}]' for name, values in columns.items())
    registry = published.registry
    indicator_rows = (
        _decimal_comma_row([*indicator_row(indicator, registry).values()]) for indicator in registry.indicators
    )
    return {
        f"{folder}/{RESULTS}.csv": _csv(COLUMN_NAMES, ()) + _csv_lines(columns),
        f"{folder}/{RESULTS}.json": f"{header_json[:-1]},{','.join(columns_json)}}}".encode(),
        f"{folder}/{INDICATORS}.csv": _csv([column.name for column in INDICATOR_COLUMNS], indicator_rows),
        f"{folder}/datapackage.json": json.dumps(_data_package(published, site), ensure_ascii=False, indent=1).encode(),
    }


def compact_json(value: object) -> bytes:
    """JSON without any needless space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def delivery_dates(published: PublishedResults) -> dict[str, str]:
    """The dates of the latest delivery, by SKDE's names; an unknown one is left out."""
    source = published.source
    dates = (("delivery_latest_update", source.latest_update), ("delivery_latest_affirm", source.latest_affirm))
    return {name: day.isoformat() for name, day in dates if day is not None}


def indicator_row(indicator: Indicator, registry: Registry) -> dict[str, Any]:
    """An indicator's definition, as `INDICATOR_COLUMNS`; its secrecy limit is its own, or its registry's."""
    row: dict[str, Any] = {"ind_id": indicator.id, "ind_title": indicator.title, "type": indicator.type.value}
    row |= {"include": int(indicator.include)}
    other_columns = {column.name: getattr(indicator, column.name) for column in INDICATOR_COLUMNS[len(row) :]}
    return row | other_columns | {"secret_below": registry.secret_threshold(indicator)}


def unit_row(unit: Unit) -> Sequence[str]:
    """A unit, as `UNIT_COLUMNS`."""
    return (unit.orgnr, unit.short_name, unit.name, unit.level.value, unit.parent or "", unit.county or "")


def table_schema_fields(columns: Sequence[OpenDataColumn], translator: Translator) -> list[dict[str, Any]]:
    """Columns as Table Schema describes them: name, type, meaning, and permitted values."""
    schema_fields = []
    for column in columns:
        constraints: dict[str, Any] = {"required": True} if column.required else {}
        # the standard's way to say which codes a column has
        if column.name in COLUMN_VALUES:
            constraints["enum"] = [*COLUMN_VALUES[column.name]]
        field = {"name": column.name, "type": column.type, "description": translator(f"data.column_{column.name}")}
        if column.type == "number":
            field["decimalChar"] = ","
        schema_fields.append(field | ({"constraints": constraints} if constraints else {}))
    return schema_fields


def _data_package(published: PublishedResults, site: Site) -> dict[str, Any]:
    """A Data Package: a description of the registry's files for programs."""
    registry, translator = published.registry, get_translator(published.registry.language)
    # a row's key: the required columns, of which the unit's name only repeats its number
    key = [column.name for column in COLUMNS if column.required and column.name != "unit_name"]
    # texts are in the registry's own language, as its page of open data is
    package: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": registry.id,
        "title": translator("data.dataset_title", name=registry.name),
        "description": translator("data.dataset_description", name=registry.name),
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
        **delivery_dates(published),
        "resources": [
            _resource(
                RESULTS,
                f"{RESULTS}.csv",
                {"fields": table_schema_fields(COLUMNS, translator), "primaryKey": key},
                translator,
            ),
            _resource(
                INDICATORS,
                f"{INDICATORS}.csv",
                {"fields": table_schema_fields(INDICATOR_COLUMNS, translator)},
                translator,
            ),
        ],
    }
    if site.descriptor.base_url:
        package["homepage"] = site.descriptor.absolute_url(f"data/{registry.id}/index.qmd")
    return package


def _resource(name: str, path: str, schema: dict[str, Any], say: Translator) -> dict[str, Any]:
    return {
        "name": name,
        "path": path,
        "description": say("data.apostrophe"),
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ";"},
        "schema": schema,
    }


def _csv(heading: Sequence[str], lines: Iterable[Sequence[object]]) -> bytes:
    """A table as Norwegian spreadsheets read it: semicolon, decimal comma, UTF-8 with a byte order mark."""
    return f"{_BOM}{_csv_text([heading, *lines])}".encode()


def _csv_text(lines: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator=_LINE_END).writerows(map(as_text, line) for line in lines)
    return text.getvalue()


def _decimal_comma_row(values: Sequence[object]) -> Sequence[object]:
    """A row with decimal commas; the module `csv` itself writes nothing for None."""
    return [repr(value).replace(".", ",") if type(value) is float else value for value in values]


def _csv_lines(columns: Mapping[str, Sequence[str]]) -> bytes:
    """JSON columns as lines of CSV: each distinct text is quoted by the module `csv` once, numbers need no quotes."""
    fields = [_csv_fields(columns[column.name], column.type) for column in COLUMNS]
    return "".join(f"{';'.join(line)}{_LINE_END}" for line in zip(*fields, strict=True)).encode()


def _csv_fields(values: Sequence[str], data_type: str) -> Sequence[str]:
    if data_type != "string":
        # all numbers at once, as text: null becomes an empty field, and the decimal point a comma
        return "\n".join(values).replace("null", "").replace(".", ",").split("\n") if values else []
    text_by_value = {value: _csv_text([(json.loads(value), "")]).removesuffix(f";{_LINE_END}") for value in set(values)}
    return [text_by_value[value] for value in values]
