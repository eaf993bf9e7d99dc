"""From a document to a checked model, or to faults that a statistician can act on.

Comes in: a `Document` and the pydantic model that it should follow. Goes out: the model, or every fault with its line,
its key, what is wrong and what to do. Only this module knows pydantic's error types.
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

from kvalreg.errors import Fault
from kvalreg.inputs.descriptor_model import PATTERN_ADVICE, WrongReferenceError
from kvalreg.inputs.text_file import quote
from kvalreg.inputs.yaml_file import Document, Place, name_place
from kvalreg.kinds import Kind

ModelT = TypeVar("ModelT", bound=BaseModel)
_MOST = 100
"""Faults of one file that are told: for each unknown key the nearest known one is looked for."""


def validate(document: Document, model: type[ModelT]) -> tuple[ModelT | None, tuple[Fault, ...]]:
    """The model of a document, or None and the faults, in the order of their lines.

    Faults of the YAML itself (`Document.faults`) are among them; wrong references between ids are not, because
    `descriptor.wrong_references` finds those also where there are other faults.
    """
    checked: ModelT | None = None
    errors: list[ErrorDetails] = []
    if document.data is None and not document.faults:
        return None, (Fault("The file is empty.", "Fill it in, or remove it.", document.shown, kind=Kind.FILE_EMPTY),)
    try:
        checked = model.model_validate(document.data)
    except ValidationError as error:
        errors = _with_hidden(error.errors(), document, model)
    told = [error for error in errors if not _is_told_elsewhere(error)]
    found = {*document.faults, *(_translate(error, document, model) for error in told[:_MOST])}
    if len(told) > _MOST:
        what, todo = f"{len(told) - _MOST} more faults of this file are not told.", "Correct these first."
        found.add(Fault(what, todo, document.shown, kind=Kind.VALUE_WRONG))
    faults = in_order(found)
    return (None if faults else checked), faults


def _is_told_elsewhere(error: ErrorDetails) -> bool:
    # To pydantic, a list whose only entries are faulty is too short; those entries' own faults say it better.
    is_filled = error["type"] == "too_short" and bool(error["input"])
    return is_filled or isinstance(error.get("ctx", {}).get("error"), WrongReferenceError)


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Faults by file, line and key."""
    return tuple(sorted(faults, key=lambda fault: (fault.file, fault.line or 0, fault.key, fault.what)))


def nearest(word: str, known: Iterable[str]) -> str:
    """A sentence that names the known word that was probably meant, or lists all of them."""
    words = list(known)
    folded = {each.casefold(): each for each in words}
    close = difflib.get_close_matches(word.casefold(), list(folded), n=1)
    if close:
        return f"Did you mean '{folded[close[0]]}'?"
    return f"Use one of {', '.join(words)}."


def _with_hidden(errors: list[ErrorDetails], document: Document, model: type[ModelT]) -> list[ErrorDetails]:
    """The errors, and those that were hidden: pydantic tries rules between fields only where every key is known."""
    unknown = [error["loc"] for error in errors if error["type"] == "extra_forbidden"]
    if not unknown:
        return errors
    data: Any = copy.deepcopy(document.data)
    for *parents, key in unknown:
        holder = data
        for step in parents:
            holder = holder[step]
        del holder[key]
    try:
        model.model_validate(data)
    except ValidationError as error:
        known = {(each["loc"], each["type"]) for each in errors}
        return errors + [each for each in error.errors() if (each["loc"], each["type"]) not in known]
    return errors


def _translate(error: ErrorDetails, document: Document, model: type[BaseModel]) -> Fault:
    place: Place = error["loc"]
    kind = error["type"]
    if kind == "missing":
        # The line is that of the mapping that lacks the key.
        return Fault(
            "The key is missing.",
            "Add it.",
            document.shown,
            document.line(place[:-1]),
            name_place(place),
            Kind.KEY_MISSING,
        )
    if kind == "extra_forbidden":
        keys = _keys_at(model, place[:-1])
        return document.fault(place, "This key is unknown.", nearest(str(place[-1]), keys), Kind.KEY_UNKNOWN)
    if kind == "value_error":
        return _own_rule(str(error["ctx"]["error"]), document, place)
    what, todo = _wrong_value(error)
    return document.fault(place, what, todo, Kind.TEXT_LONG if kind == "string_too_long" else Kind.VALUE_WRONG)


def _own_rule(said: str, document: Document, place: Place) -> Fault:
    """A rule of our models: it names its keys and carries its advice. The line is that of the first key named."""
    for word in said.replace(":", " ").split():
        if (*place, word) in document.lines:
            place = (*place, word)
            break
    what, _, todo = said.partition(". ")
    return document.fault(place, f"{what}.", todo, Kind.KEYS_DISAGREE)


def _keys_at(model: type[BaseModel], place: Place) -> list[str]:
    """The keys that a mapping at this place may have."""
    here = _model_in(model)
    for step in place:
        if here is not None and isinstance(step, str):
            here = _model_in(here.model_fields[step].annotation)
    return list(here.model_fields) if here is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as ``tuple[Indicator, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return _model_in(annotation.model_fields["root"].annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner)) is not None), None)


def _wrong_value(error: ErrorDetails) -> tuple[str, str]:
    """What is wrong with one value, and what to do."""
    given = error["input"]
    kind = error["type"]
    if kind in ("enum", "literal_error"):
        allowed = str(error["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")
        if not isinstance(given, list | dict) and str(given).lower() in allowed.split(", "):
            written, is_text = str(given).lower(), isinstance(given, str)
            what = f"{_show(given)} is read as {'a text' if is_text else 'another sort of value'}."
            return what, f"Write {written} without quotation marks." if is_text else f'Write "{written}".'
        close = nearest(str(given), allowed.split(", "))
        todo = f"{close} Allowed are {allowed}." if close.startswith("Did") else close
        return f"{_show(given)} is not among the allowed values.", todo
    if given is None:
        return "The key has no value.", "Fill it in."
    for signs, explain in _EXPLANATIONS:
        if kind.startswith(signs):
            return explain(given, error.get("ctx", {}))
    return f"{error['msg']}.", "Correct it."


def _show(given: object) -> str:
    if isinstance(given, bool):
        return f"'{str(given).lower()}'"
    if isinstance(given, float) and math.isinf(given):
        return "A number beyond all others"
    if isinstance(given, date):
        return quote(given.isoformat())
    return quote(str(given)) if isinstance(given, str | int | float) else "A list or mapping"


def _text(given: object, _: dict[str, Any]) -> tuple[str, str]:
    if isinstance(given, list | dict):
        return "A list or mapping stands where a text should be.", "Write one text."
    read_as = {bool: "true or false", int: "a number", float: "a number"}.get(type(given), "a date")
    return f"The text is read as {read_as}.", 'Put quotation marks around it, as in "22 00 11 22".'


def _integer(given: object, _: dict[str, Any]) -> tuple[str, str]:
    return f"{_show(given)} is not a whole number.", "Write digits only, as in 10."


def _number(given: object, _: dict[str, Any]) -> tuple[str, str]:
    return f"{_show(given)} is not a number.", "Write it with a decimal point and without quotation marks, as in 0.9."


def _date(given: object, _: dict[str, Any]) -> tuple[str, str]:
    return f"{_show(given)} is not a date.", "Write year, month and day, as in 2024-06-15."


def _url(given: object, _: dict[str, Any]) -> tuple[str, str]:
    return f"{_show(given)} is not a web address.", "Write the whole address, beginning with https://."


def _pattern(given: object, context: dict[str, Any]) -> tuple[str, str]:
    advice = PATTERN_ADVICE.get(str(context["pattern"]), "Correct it.")
    return f"{_show(given)} has another form than this key asks for.", advice


_EXPLANATIONS: tuple[tuple[tuple[str, ...], Callable[[object, dict[str, Any]], tuple[str, str]]], ...] = (
    (("string_type",), _text),
    (("string_pattern",), _pattern),
    (("string_too_short",), lambda _given, _: ("The text is empty.", "Fill it in.")),
    (
        ("string_too_long",),
        lambda _given, ctx: ("The text is too long.", f"Use at most {ctx['max_length']} characters."),
    ),
    (("greater_than_equal",), lambda given, ctx: (f"{_show(given)} is too small.", f"Use {ctx['ge']} or more.")),
    (("int_",), _integer),
    (("float_", "finite_number"), _number),
    (("bool_",), lambda given, _: (f"{_show(given)} is neither true nor false.", "Write true or false.")),
    (("date_", "datetime_"), _date),
    (("url_",), _url),
    (("too_short",), lambda _given, _: ("The list is empty.", "Give at least one.")),
    (
        ("tuple_type", "list_type"),
        lambda given, _: (f"{_show(given)} stands where a list should be.", "Begin each with '- '."),
    ),
    (
        ("model_type", "model_attributes_type", "dict_type"),
        lambda given, _: (
            f"{_show(given)} stands where keys and values should be.",
            "Write 'key: value', one key to a line.",
        ),
    ),
)
