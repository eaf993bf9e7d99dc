"""Placeholder texts of the template that are not replaced yet, and texts that were decoded in the wrong encoding.

Input: the parsed `registry.yml`. Output: a warning with line and key for each.
"""

from __future__ import annotations

from collections.abc import Iterator

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.text_file import misread, quote
from kvalreg.inputs.yaml_file import KeyPath, YamlDocument

PLACEHOLDER = "(Fyll ut)"
"""The beginning of every placeholder text in the template."""


def find_placeholder_texts(document: YamlDocument) -> list[Diagnostic]:
    """Warnings for placeholder texts, in the order of the file."""
    message, hint = "The template's text is still here, and readers would see it.", "Write your own."
    return [
        document.diagnostic(key_path, message, hint, DiagnosticCode.PLACEHOLDER_TEXT)
        for key_path, text in _texts(document.data, ())
        if text.lstrip().startswith(PLACEHOLDER)
    ]


def misread_texts(document: YamlDocument) -> list[Diagnostic]:
    """Warnings for texts that were decoded in the wrong encoding, such as ``Ã¸`` for ø."""
    # UTF-8 read as Windows-1252: the bytes C3 B8 of ø become the letters Ã and ¸.
    hint = "Write them again, and save the file as UTF-8."
    return [
        document.diagnostic(
            key_path,
            f"The text has letters that were read in another encoding: {quote(signs)}.",
            hint,
            DiagnosticCode.MISREAD,
        )
        for key_path, text in _texts(document.data, ())
        if (signs := misread(text))
    ]


# The whole document, not the descriptor's fields: unknown keys may have such texts too.
def _texts(value: object, key_path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, str):
        yield key_path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*key_path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*key_path, index))
