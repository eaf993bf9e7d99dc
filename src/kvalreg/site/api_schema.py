"""What each kind of the API's answers holds, as JSON Schema.

Owns the schemas, by kind of answer. They are published beside the answers, below ``/api/v1/schema/``.
"""

from __future__ import annotations

from typing import Any

from kvalreg.site.open_data import CODES, COLUMNS, NAMES, NOT_SHOWN
from kvalreg.site.open_files import INDICATOR_COLUMNS

Schema = dict[str, Any]
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Schema = {"type": "string"}
_TEXT_OR_NONE: Schema = {"type": ["string", "null"]}
_NUMBER_OR_NONE: Schema = {"type": ["number", "null"]}
_WHOLE: Schema = {"type": "integer"}
_FLAG: Schema = {"enum": [0, 1]}
_DAY: Schema = {"type": "string", "format": "date"}
_ADDRESS: Schema = {"type": "string", "format": "uri-reference"}
_DELIVERED = {"delivery_latest_update": _DAY, "delivery_latest_affirm": _DAY}
_CELL = {
    column.name: {"type": column.type} | ({"enum": [*CODES[column.name]]} if column.name in CODES else {})
    for column in COLUMNS
}
_KEY = ["context", "year", "unit_level", "orgnr", "unit_name"]
_RESULT = (
    *("var", "value", "low", "high", "achievement", "certainty"),
    *("change", "change_from", "series_change", "series_from"),
)
_COUNTED = ("denominator", "dg", "dg_year")


def _without(names: tuple[str, ...], *codes: str) -> Schema:
    """A cell whose first footnote is one of these codes has none of these fields."""
    first = f"^({'|'.join(codes)})( |$)"
    return {
        "if": {"properties": {"footnote": {"pattern": first}}, "required": ["footnote"]},
        "then": {"not": {"anyOf": [{"required": [name]} for name in names]}},
    }


_NOT_SHOWN: Schema = {"allOf": [_without(_RESULT, *NOT_SHOWN), _without(_COUNTED, "hidden")]}
"""A cell that is not reliable has no result; a secret one has no number of patients and no coverage either."""


def _object(properties: Schema, required: list[str] | None = None) -> Schema:
    """An object with these properties and no others; all of them required where no list says which."""
    needed = [*properties] if required is None else required
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _cells(properties: Schema, required: list[str]) -> Schema:
    return _list(_object(properties, required) | _NOT_SHOWN)


_UNIT = {"orgnr": _TEXT, "unit_name": _TEXT, "full_name": _TEXT, "unit_level": _CELL["unit_level"]}
_ABOVE = {"parent": _TEXT, "county": _TEXT}
_INDICATOR = {
    column.name: _FLAG if column.name in ("include", "level_direction") else {"type": column.type}
    for column in INDICATOR_COLUMNS
    if "description" not in column.name
}
_REGISTRY = {
    "registry_name": _TEXT,
    "registry_full_name": _TEXT,
    "registry_short_name": _TEXT,
    "licence": _ADDRESS,
    **_DELIVERED,
    "descriptions": _ADDRESS,
    "years": _ADDRESS,
    "unitNames": _ADDRESS,
    "indicators": _list(_object({"ind_id": _TEXT, "address": _ADDRESS})),
    "results": _ADDRESS,
}
_DESCRIPTION = {
    "id": _TEXT,
    "type": _TEXT,
    "include": _FLAG,
    "sformat": _TEXT,
    "measure_unit": _TEXT_OR_NONE,
    "min_denominator": _WHOLE,
    "secret_below": _WHOLE,
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
    "registry_id": _WHOLE,
    "rname": _TEXT,
    "full_name": _TEXT,
}
_KINDS: dict[str, tuple[str, Schema]] = {
    "index": (
        "Where every answer is.",
        _object(
            {
                "version": {"const": "1"},
                "kvalreg": _TEXT,
                "made": _DAY,
                "names": _ADDRESS,
                "medicalFields": _ADDRESS,
                "units": _ADDRESS,
                "registries": _list(_object(_REGISTRY, [name for name in _REGISTRY if name not in _DELIVERED])),
                "schemas": {"type": "object", "additionalProperties": _ADDRESS},
            },
            ["version", "kvalreg", "names", "medicalFields", "units", "registries", "schemas"],
        ),
    ),
    "names": (
        "The registries.",
        _list(
            _object(
                {
                    "id": _WHOLE,
                    "rname": _TEXT,
                    "full_name": _TEXT,
                    "short_name": _TEXT,
                    "caregiver_data": _FLAG,
                    "resident_data": _FLAG,
                    "dg_data": _FLAG,
                    "url": _ADDRESS,
                    "description": _TEXT_OR_NONE,
                }
            )
        ),
    ),
    "medicalFields": (
        "The medical fields, and the registries in each.",
        _list(_object({"shortName": _TEXT, "name": _TEXT, "registers": _list(_TEXT)})),
    ),
    "descriptions": ("The indicators of a registry.", _list(_object(_DESCRIPTION))),
    "years": ("The years that a registry has results from.", _list(_WHOLE)),
    "unitNames": (
        "The units that a registry presents.",
        _object(
            {
                "opts_tu": _list(
                    _object(
                        {
                            "label": {"enum": ["Sykehus", "HF", "RHF"]},
                            "options": _list(_object({"value": _TEXT, "label": _TEXT, "orgnr": _TEXT})),
                        }
                    )
                ),
                "nestedUnitNames": _list(
                    _object(
                        {
                            "rhf": _TEXT,
                            "orgnr": _TEXT,
                            "hf": _list(
                                _object({"hf": _TEXT, "hf_full": _TEXT, "orgnr": _TEXT, "hospital": _list(_TEXT)})
                            ),
                        }
                    )
                ),
            }
        ),
    ),
    "indicator": (
        "All published cells of an indicator.",
        _object(
            {
                "registry_name": _TEXT,
                **_INDICATOR,
                **_DELIVERED,
                "data": _cells({name: one for name, one in _CELL.items() if name != "ind_id"}, _KEY),
            },
            ["registry_name", "ind_id", "ind_title", "type", "include", "data"],
        ),
    ),
    "units": (
        "The units that have results.",
        _list(_object({**_UNIT, **_ABOVE, "address": _ADDRESS}, [*_UNIT, "address"])),
    ),
    "unit": (
        "A unit, and its newest published cell of every indicator; of a provisional year also the newest complete one.",
        _object(
            {
                **_UNIT,
                **_ABOVE,
                "data": _cells(
                    {"registry_name": _TEXT, "address": _ADDRESS}
                    | {name: one for name, one in _CELL.items() if name not in _UNIT},
                    ["registry_name", "ind_id", "address", "context", "year"],
                ),
            },
            [*_UNIT, "data"],
        ),
    ),
    "results": (
        "All published cells of a registry, as one list for each column.",
        _object(
            {
                "registry_name": _TEXT,
                **_DELIVERED,
                **{
                    name: _list({"type": [one["type"], "null"]} if name not in ("footnote", *_KEY) else one)
                    for name, one in _CELL.items()
                    if name not in CODES
                },
                **{name: _list({"enum": [*CODES[name], *([] if name in _KEY else [""])]}) for name in CODES},
            },
            ["registry_name", *NAMES],
        ),
    ),
}
SCHEMAS: dict[str, Schema] = {
    kind: {"$schema": _DRAFT, "title": f"kvalreg {kind}", "description": said, **schema}
    for kind, (said, schema) in _KINDS.items()
}
"""A schema for every kind of answer."""
