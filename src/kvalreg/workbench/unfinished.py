"""Texts that a template wrote and that a registry has not replaced.

Comes in: `registry.yml` as it was read. Goes out: a remark with line and key for each.
"""

from __future__ import annotations

from collections.abc import Iterator

from kvalreg.errors import Fault
from kvalreg.inputs.yaml_file import Document, Place
from kvalreg.kinds import Kind

FILL_IN = "(Fyll ut)"
"""How a text of the template begins."""


def unfinished_texts(document: Document) -> list[Fault]:
    """Every text that still begins as the template's do, in the order of the file."""
    what, todo = "The template's text is still here, and readers would see it.", "Write your own."
    return [document.fault(place, what, todo, Kind.TEXT_TO_FILL_IN) for place in _places(document.data, ())]


def _places(value: object, place: Place) -> Iterator[Place]:
    if isinstance(value, str) and value.lstrip().startswith(FILL_IN):
        yield place
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*place, number))
