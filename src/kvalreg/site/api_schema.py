"""What each type of the API's responses contains, as JSON Schema.

Owns the schemas, by response type. They are published beside the responses, below ``/api/v1/schema/``. All are strict:
a field that a schema does not name is an error, so a field that is added by mistake fails the tests.
"""

from __future__ import annotations

from typing import Any

from kvalreg.site.open_data import COLUMN_NAMES, COLUMN_VALUES, COLUMNS, NOT_SHOWN_FOOTNOTES
from kvalreg.site.open_files import INDICATOR_COLUMNS

JsonSchema = dict[str, Any]
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: JsonSchema = {"type": "string"}
_TEXT_OR_NONE: JsonSchema = {"type": ["string", "null"]}
_NUMBER_OR_NONE: JsonSchema = {"type": ["number", "null"]}
_INTEGER: JsonSchema = {"type": "integer"}
_FLAG: JsonSchema = {"enum": [0, 1]}
_DATE: JsonSchema = {"type": "string", "format": "date"}
_URI_REFERENCE: JsonSchema = {"type": "string", "format": "uri-reference"}
_DELIVERY_DATES = {"delivery_latest_update": _DATE, "delivery_latest_affirm": _DATE}
_CELL_FIELDS = {
    column.name: {"type": column.type}
    | ({"enum": [*COLUMN_VALUES[column.name]]} if column.name in COLUMN_VALUES else {})
    for column in COLUMNS
}
# a cell's fields in three groups: those that identify it, those that suppression takes away first, and the counts
_KEY_FIELDS = ["context", "year", "unit_level", "orgnr", "unit_name"]
_RESULT_FIELDS = (
    *("var", "value", "low", "high", "achievement", "certainty"),
    *("change", "change_from", "series_change", "series_from"),
)
_COUNT_FIELDS = ("denominator", "dg", "dg_year")


def _forbid_fields(names: tuple[str, ...], *codes: str) -> JsonSchema:
    """A cell whose first footnote is one of these codes has none of these fields.

    A footnote holds codes with spaces between, ``few_patients provisional``; the reason why a value is not shown is
    always the first of them.
    """
    pattern = f"^({'|'.join(codes)})( |$)"
    return {
        "if": {"properties": {"footnote": {"pattern": pattern}}, "required": ["footnote"]},
        "then": {"not": {"anyOf": [{"required": [name]} for name in names]}},
    }


_SUPPRESSION_RULES: JsonSchema = {
    "allOf": [_forbid_fields(_RESULT_FIELDS, *NOT_SHOWN_FOOTNOTES), _forbid_fields(_COUNT_FIELDS, "hidden")]
}
"""A cell that is not reliable has no result; a secret one has no count of patients and no coverage either.

This is disclosure control, stated once more for whoever reads the API, and checked on every response by the tests.
"""


def _object_schema(properties: JsonSchema, required: list[str] | None = None) -> JsonSchema:
    """An object with these properties and no others; all of them required where `required` is not given."""
    required_names = [*properties] if required is None else required
    return {"type": "object", "properties": properties, "required": required_names, "additionalProperties": False}


def _array_schema(items: JsonSchema) -> JsonSchema:
    return {"type": "array", "items": items}


def _cells_schema(properties: JsonSchema, required: list[str]) -> JsonSchema:
    return _array_schema(_object_schema(properties, required) | _SUPPRESSION_RULES)


# the objects of which responses consist, each with the fields of one thing
_UNIT_FIELDS = {"orgnr": _TEXT, "unit_name": _TEXT, "full_name": _TEXT, "unit_level": _CELL_FIELDS["unit_level"]}
_PARENT_FIELDS = {"parent": _TEXT, "county": _TEXT}
_INDICATOR_FIELDS = {
    column.name: _FLAG if column.name in ("include", "level_direction") else {"type": column.type}
    for column in INDICATOR_COLUMNS
    if "description" not in column.name
}
_REGISTRY_FIELDS = {
    "registry_name": _TEXT,
    "registry_full_name": _TEXT,
    "registry_short_name": _TEXT,
    "licence": _URI_REFERENCE,
    **_DELIVERY_DATES,
    "descriptions": _URI_REFERENCE,
    "years": _URI_REFERENCE,
    "unitNames": _URI_REFERENCE,
    "indicators": _array_schema(_object_schema({"ind_id": _TEXT, "address": _URI_REFERENCE})),
    "results": _URI_REFERENCE,
}
# SKDE's service has every field of an indicator in every object, and null for what it lacks
_DESCRIPTION_FIELDS = {
    "id": _TEXT,
    "type": _TEXT,
    "include": _FLAG,
    "sformat": _TEXT,
    "measure_unit": _TEXT_OR_NONE,
    "min_denominator": _INTEGER,
    "secret_below": _INTEGER,
    "level_green": _NUMBER_OR_NONE,
    "level_yellow": _NUMBER_OR_NONE,
    "level_direction": {"enum": [0, 1, None]},
    "dg_id": _TEXT_OR_NONE,
    "short_description": _TEXT_OR_NONE,
    "long_description": _TEXT_OR_NONE,
    "title": _TEXT,
    "name": _TEXT,
    "min_value": {"type": "null"},
    "max_value": {"type": "null"},
    "registry_id": _INTEGER,
    "rname": _TEXT,
    "full_name": _TEXT,
}
# by response type its description and its schema; `data_pages` lists the same types with their addresses
_RESPONSE_SCHEMAS: dict[str, tuple[str, JsonSchema]] = {
    "index": (
        "Where every answer is.",
        _object_schema(
            {
                "version": {"const": "1"},
                "kvalreg": _TEXT,
                "made": _DATE,
                "names": _URI_REFERENCE,
                "medicalFields": _URI_REFERENCE,
                "units": _URI_REFERENCE,
                "registries": _array_schema(
                    # a registry whose source does not state when data were delivered has no such dates
                    _object_schema(_REGISTRY_FIELDS, [name for name in _REGISTRY_FIELDS if name not in _DELIVERY_DATES])
                ),
                "schemas": {"type": "object", "additionalProperties": _URI_REFERENCE},
            },
            ["version", "kvalreg", "names", "medicalFields", "units", "registries", "schemas"],
        ),
    ),
    "names": (
        "The registries.",
        _array_schema(
            _object_schema(
                {
                    "id": _INTEGER,
                    "rname": _TEXT,
                    "full_name": _TEXT,
                    "short_name": _TEXT,
                    "caregiver_data": _FLAG,
                    "resident_data": _FLAG,
                    "dg_data": _FLAG,
                    "url": _URI_REFERENCE,
                    "description": _TEXT_OR_NONE,
                }
            )
        ),
    ),
    "medicalFields": (
        "The medical fields, and the registries in each.",
        _array_schema(_object_schema({"shortName": _TEXT, "name": _TEXT, "registers": _array_schema(_TEXT)})),
    ),
    "descriptions": ("The indicators of a registry.", _array_schema(_object_schema(_DESCRIPTION_FIELDS))),
    "years": ("The years that a registry has results from.", _array_schema(_INTEGER)),
    "unitNames": (
        "The units that a registry presents.",
        _object_schema(
            {
                "opts_tu": _array_schema(
                    _object_schema(
                        {
                            "label": {"enum": ["Sykehus", "HF", "RHF"]},
                            "options": _array_schema(_object_schema({"value": _TEXT, "label": _TEXT, "orgnr": _TEXT})),
                        }
                    )
                ),
                "nestedUnitNames": _array_schema(
                    _object_schema(
                        {
                            "rhf": _TEXT,
                            "orgnr": _TEXT,
                            "hf": _array_schema(
                                _object_schema(
                                    {"hf": _TEXT, "hf_full": _TEXT, "orgnr": _TEXT, "hospital": _array_schema(_TEXT)}
                                )
                            ),
                        }
                    )
                ),
            }
        ),
    ),
    "indicator": (
        "All published cells of an indicator.",
        _object_schema(
            {
                "registry_name": _TEXT,
                **_INDICATOR_FIELDS,
                **_DELIVERY_DATES,
                # cells say nothing that the object around them says already: here the indicator, below the unit
                "data": _cells_schema(
                    {name: cell_schema for name, cell_schema in _CELL_FIELDS.items() if name != "ind_id"}, _KEY_FIELDS
                ),
            },
            ["registry_name", "ind_id", "ind_title", "type", "include", "data"],
        ),
    ),
    "units": (
        "The units that have results.",
        _array_schema(
            _object_schema({**_UNIT_FIELDS, **_PARENT_FIELDS, "address": _URI_REFERENCE}, [*_UNIT_FIELDS, "address"])
        ),
    ),
    "unit": (
        "A unit, and its newest published cell of every indicator; of a provisional year also the newest complete one.",
        _object_schema(
            {
                **_UNIT_FIELDS,
                **_PARENT_FIELDS,
                "data": _cells_schema(
                    {"registry_name": _TEXT, "address": _URI_REFERENCE}
                    | {name: cell_schema for name, cell_schema in _CELL_FIELDS.items() if name not in _UNIT_FIELDS},
                    ["registry_name", "ind_id", "address", "context", "year"],
                ),
            },
            [*_UNIT_FIELDS, "data"],
        ),
    ),
    "results": (
        "All published cells of a registry, as one list for each column.",
        _object_schema(
            {
                "registry_name": _TEXT,
                **_DELIVERY_DATES,
                # a column is as long as the table, so what a cell lacks is null, or an empty text where texts stand
                **{
                    name: _array_schema(
                        {"type": [cell_schema["type"], "null"]}
                        if name not in ("footnote", *_KEY_FIELDS)
                        else cell_schema
                    )
                    for name, cell_schema in _CELL_FIELDS.items()
                    if name not in COLUMN_VALUES
                },
                **{
                    name: _array_schema({"enum": [*COLUMN_VALUES[name], *([] if name in _KEY_FIELDS else [""])]})
                    for name in COLUMN_VALUES
                },
            },
            ["registry_name", *COLUMN_NAMES],
        ),
    ),
}
SCHEMAS: dict[str, JsonSchema] = {
    response_name: {"$schema": _DRAFT, "title": f"kvalreg {response_name}", "description": description, **schema}
    for response_name, (description, schema) in _RESPONSE_SCHEMAS.items()
}
"""A schema for every type of response."""
