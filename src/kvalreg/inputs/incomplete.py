"""Definitions of indicators that lack what they need to be used, as real exports of imongr have them.

Input: `registry.yml` as it was read. Output: the same with a stand-in for what is missing, so that all else can be
checked, and which indicators these are. They stop nothing until a delivery has rows of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kvalreg.inputs.yaml_file import YamlDocument

_STAND_IN = {"type": "gjennomsnitt"}
"""Of a type whose values may be anything, so that only what is written is judged."""


@dataclass(frozen=True)
class Incomplete:
    """An indicator that cannot be used yet.

    Parameters
    ----------
    number
        Its place in the descriptor's list, from 0.
    ind_id
        Its id.
    missing
        The keys that it lacks.
    place
        The descriptor and the line in it.
    """

    number: int
    ind_id: str
    missing: tuple[str, ...]
    place: str

    def __str__(self) -> str:
        return f"'{self.ind_id}' ({', '.join(self.missing)} missing, {self.place})"


def with_stand_ins(document: YamlDocument) -> tuple[YamlDocument, tuple[Incomplete, ...]]:
    """The document with every indicator complete, and those that were not."""
    data = document.data
    listed = data.get("indicators") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(listed, list):
        return document, ()
    entries, found = list(listed), []
    for number, entry in enumerate(listed):
        missing = tuple(_missing(entry)) if isinstance(entry, dict) and entry.get("id") is not None else ()
        if missing:
            place = f"{document.display_path}:{document.line(('indicators', number))}"
            found.append(Incomplete(number, str(entry["id"]).strip(), missing, place))
            entries[number] = _completed(entry, missing)
    return replace(document, data={**data, "indicators": entries}), tuple(found)


def _missing(entry: Mapping[str, Any]) -> Iterator[str]:
    """What the indicator cannot be used without: a level that readers are to see needs a target and a direction."""
    for key in _STAND_IN:
        if entry.get(key) is None or entry.get(key) == "":
            yield key
    if entry.get("include") is not False:
        if entry.get("level_yellow") is not None and entry.get("level_green") is None:
            yield "level_green"
        if entry.get("level_green") is not None and entry.get("level_direction") is None:
            yield "level_direction"


def _completed(entry: Mapping[str, Any], missing: tuple[str, ...]) -> dict[str, Any]:
    whole = {**entry, **{key: _STAND_IN[key] for key in missing if key in _STAND_IN}}
    if set(missing) - set(_STAND_IN):
        whole = {key: value for key, value in whole.items() if key not in ("level_green", "level_yellow")}
    return whole
