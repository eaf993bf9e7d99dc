"""From a document to a checked model, or to faults that a statistician can act on.

Input: a `Document` and the pydantic model that it should follow. Output: the model, or every fault with its line, its
key, what is wrong and what to do. Only this module knows pydantic's error types.
"""

from __future__ import annotations

import copy
import difflib
import math
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.descriptor_model import PATTERN_HINTS, InvalidReferenceError
from kvalreg.inputs.text_file import quote
from kvalreg.inputs.yaml_file import KeyPath, YamlDocument, format_key_path

ModelT = TypeVar("ModelT", bound=BaseModel)
_MOST = 100
"""Faults of one file that are told: for each unknown key the nearest known one is looked for."""


def validate(document: YamlDocument, model: type[ModelT]) -> tuple[ModelT | None, tuple[Diagnostic, ...]]:
    """The model of a document, or None and the faults, in the order of their lines.

    Faults of the YAML itself (`YamlDocument.diagnostics`) are among them; wrong references between ids are not, because
    `descriptor.wrong_references` finds those also where there are other faults.
    """
    validated: ModelT | None = None
    errors: list[ErrorDetails] = []
    if document.data is None and not document.diagnostics:
        return None, (
            Diagnostic(
                "The file is empty.", "Fill it in, or remove it.", document.display_path, code=DiagnosticCode.FILE_EMPTY
            ),
        )
    try:
        validated = model.model_validate(document.data)
    except ValidationError as error:
        errors = _with_masked_errors(error.errors(), document, model)
    told = [error for error in errors if not _is_reported_elsewhere(error)]
    found_diagnostics = {*document.diagnostics, *(_to_diagnostic(error, document, model) for error in told[:_MOST])}
    if len(told) > _MOST:
        what, todo = f"{len(told) - _MOST} more faults of this file are not told.", "Correct these first."
        found_diagnostics.add(Diagnostic(what, todo, document.display_path, code=DiagnosticCode.INVALID_VALUE))
    diagnostics = sort_diagnostics(found_diagnostics)
    return (None if diagnostics else validated), diagnostics


def _is_reported_elsewhere(error: ErrorDetails) -> bool:
    # To pydantic, a list whose only entries are faulty is too short; those entries' own faults say it better.
    is_filled = error["type"] == "too_short" and bool(error["input"])
    return is_filled or isinstance(error.get("ctx", {}).get("error"), InvalidReferenceError)


def sort_diagnostics(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Faults by file, line and key."""
    return tuple(
        sorted(
            diagnostics,
            key=lambda diagnostic: (diagnostic.file, diagnostic.line or 0, diagnostic.key, diagnostic.message),
        )
    )


def suggest(word: str, known: Iterable[str]) -> str:
    """A sentence that names the known word that was probably meant, or lists all of them."""
    words = list(known)
    folded = {candidate.casefold(): candidate for candidate in words}
    close = difflib.get_close_matches(word.casefold(), list(folded), n=1)
    if close:
        return f"Did you mean '{folded[close[0]]}'?"
    return f"Use one of {', '.join(words)}."


def _with_masked_errors(errors: list[ErrorDetails], document: YamlDocument, model: type[ModelT]) -> list[ErrorDetails]:
    """The errors, and those that were hidden: pydantic tries rules between fields only where every key is known."""
    unknown = [error["loc"] for error in errors if error["type"] == "extra_forbidden"]
    if not unknown:
        return errors
    data: Any = copy.deepcopy(document.data)
    for *parents, key in unknown:
        parent = data
        for step in parents:
            parent = parent[step]
        del parent[key]
    try:
        model.model_validate(data)
    except ValidationError as error:
        known = {(details["loc"], details["type"]) for details in errors}
        return errors + [details for details in error.errors() if (details["loc"], details["type"]) not in known]
    return errors


def _to_diagnostic(error: ErrorDetails, document: YamlDocument, model: type[BaseModel]) -> Diagnostic:
    key_path: KeyPath = error["loc"]
    error_type = error["type"]
    if error_type == "missing":
        # The line is that of the mapping that lacks the key.
        return Diagnostic(
            "The key is missing.",
            "Add it.",
            document.display_path,
            document.line(key_path[:-1]),
            format_key_path(key_path),
            DiagnosticCode.KEY_MISSING,
        )
    if error_type == "extra_forbidden":
        keys = _allowed_keys(model, key_path[:-1])
        return document.diagnostic(
            key_path, "This key is unknown.", suggest(str(key_path[-1]), keys), DiagnosticCode.KEY_UNKNOWN
        )
    if error_type == "value_error":
        return _model_rule_diagnostic(str(error["ctx"]["error"]), document, key_path)
    message, hint = _describe_error(error)
    return document.diagnostic(
        key_path,
        message,
        hint,
        DiagnosticCode.TEXT_TOO_LONG if error_type == "string_too_long" else DiagnosticCode.INVALID_VALUE,
    )


def _model_rule_diagnostic(message_text: str, document: YamlDocument, key_path: KeyPath) -> Diagnostic:
    """A rule of our models: it names its keys and carries its advice. The line is that of the first key named."""
    for word in message_text.replace(":", " ").split():
        if (*key_path, word) in document.lines:
            key_path = (*key_path, word)
            break
    message, _, hint = message_text.partition(". ")
    return document.diagnostic(key_path, f"{message}.", hint, DiagnosticCode.CONFLICTING_KEYS)


def _allowed_keys(model: type[BaseModel], key_path: KeyPath) -> list[str]:
    """The keys that a mapping at this place may have."""
    inner_model = _inner_model(model)
    for step in key_path:
        if inner_model is not None and isinstance(step, str):
            inner_model = _inner_model(inner_model.model_fields[step].annotation)
    return list(inner_model.model_fields) if inner_model is not None else []


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as ``tuple[Indicator, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return _inner_model(annotation.model_fields["root"].annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(
        (inner_model for inner in get_args(annotation) if (inner_model := _inner_model(inner)) is not None), None
    )


def _describe_error(error: ErrorDetails) -> tuple[str, str]:
    """What is wrong with one value, and what to do."""
    value = error["input"]
    error_type = error["type"]
    if error_type in ("enum", "literal_error"):
        allowed = str(error["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")
        if not isinstance(value, list | dict) and str(value).lower() in allowed.split(", "):
            written, is_text = str(value).lower(), isinstance(value, str)
            what = f"{_quote_value(value)} is read as {'a text' if is_text else 'another sort of value'}."
            return what, f"Write {written} without quotation marks." if is_text else f'Write "{written}".'
        suggestion = suggest(str(value), allowed.split(", "))
        hint = f"{suggestion} Allowed are {allowed}." if suggestion.startswith("Did") else suggestion
        return f"{_quote_value(value)} is not among the allowed values.", hint
    if value is None:
        return "The key has no value.", "Fill it in."
    for prefixes, explain in _EXPLANATIONS:
        if error_type.startswith(prefixes):
            return explain(value, error.get("ctx", {}))
    return f"{error['msg']}.", "Correct it."


def _quote_value(value: object) -> str:
    if isinstance(value, bool):
        return f"'{str(value).lower()}'"
    if isinstance(value, float) and math.isinf(value):
        return "A number beyond all others"
    if isinstance(value, date):
        return quote(value.isoformat())
    return quote(str(value)) if isinstance(value, str | int | float) else "A list or mapping"


def _text(value: object, _: dict[str, Any]) -> tuple[str, str]:
    if isinstance(value, list | dict):
        return "A list or mapping stands where a text should be.", "Write one text."
    read_as = {bool: "true or false", int: "a number", float: "a number"}.get(type(value), "a date")
    return f"The text is read as {read_as}.", 'Put quotation marks around it, as in "22 00 11 22".'


def _integer(value: object, _: dict[str, Any]) -> tuple[str, str]:
    return f"{_quote_value(value)} is not a whole number.", "Write digits only, as in 10."


def _number(value: object, _: dict[str, Any]) -> tuple[str, str]:
    return (
        f"{_quote_value(value)} is not a number.",
        "Write it with a decimal point and without quotation marks, as in 0.9.",
    )


def _date(value: object, _: dict[str, Any]) -> tuple[str, str]:
    return f"{_quote_value(value)} is not a date.", "Write year, month and day, as in 2024-06-15."


def _url(value: object, _: dict[str, Any]) -> tuple[str, str]:
    return f"{_quote_value(value)} is not a web address.", "Write the whole address, beginning with https://."


def _pattern(value: object, context: dict[str, Any]) -> tuple[str, str]:
    advice = PATTERN_HINTS.get(str(context["pattern"]), "Correct it.")
    return f"{_quote_value(value)} has another form than this key asks for.", advice


_EXPLANATIONS: tuple[tuple[tuple[str, ...], Callable[[object, dict[str, Any]], tuple[str, str]]], ...] = (
    (("string_type",), _text),
    (("string_pattern",), _pattern),
    (("string_too_short",), lambda _given, _: ("The text is empty.", "Fill it in.")),
    (
        ("string_too_long",),
        lambda _given, ctx: ("The text is too long.", f"Use at most {ctx['max_length']} characters."),
    ),
    (("greater_than_equal",), lambda value, ctx: (f"{_quote_value(value)} is too small.", f"Use {ctx['ge']} or more.")),
    (("int_",), _integer),
    (("float_", "finite_number"), _number),
    (("bool_",), lambda value, _: (f"{_quote_value(value)} is neither true nor false.", "Write true or false.")),
    (("date_", "datetime_"), _date),
    (("url_",), _url),
    (("too_short",), lambda _given, _: ("The list is empty.", "Give at least one.")),
    (
        ("tuple_type", "list_type"),
        lambda value, _: (f"{_quote_value(value)} stands where a list should be.", "Begin each with '- '."),
    ),
    (
        ("model_type", "model_attributes_type", "dict_type"),
        lambda value, _: (
            f"{_quote_value(value)} stands where keys and values should be.",
            "Write 'key: value', one key to a line.",
        ),
    ),
)
