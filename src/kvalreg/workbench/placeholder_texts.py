"""Texts that a template wrote and that a registry has not replaced, and texts whose letters were lost on the way.

Comes in: `registry.yml` as it was read. Goes out: a remark with line and key for each.
"""

from __future__ import annotations

from collections.abc import Iterator

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.text_file import misread, quote
from kvalreg.inputs.yaml_file import KeyPath, YamlDocument

PLACEHOLDER = "(Fyll ut)"
"""How a text of the template begins."""


def find_placeholder_texts(document: YamlDocument) -> list[Diagnostic]:
    """Every text that still begins as the template's do, in the order of the file."""
    message, hint = "The template's text is still here, and readers would see it.", "Write your own."
    return [
        document.diagnostic(key_path, message, hint, DiagnosticCode.PLACEHOLDER_TEXT)
        for key_path, text in _texts(document.data, ())
        if text.lstrip().startswith(PLACEHOLDER)
    ]


def misread_texts(document: YamlDocument) -> list[Diagnostic]:
    """Every text with letters that were once read in another encoding, such as ``Ã¸`` for ø."""
    todo = "Write them again, and save the file as UTF-8."
    return [
        document.diagnostic(
            place,
            f"The text has letters that were read in another encoding: {quote(signs)}.",
            todo,
            DiagnosticCode.MISREAD,
        )
        for place, text in _texts(document.data, ())
        if (signs := misread(text))
    ]


def _texts(value: object, place: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*place, number))
