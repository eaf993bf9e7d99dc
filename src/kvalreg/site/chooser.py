"""Ditt sykehus: the place of the control on a page with the words it needs, and the site's list of units.

Comes in: what registries have published, and a page's language. Goes out: HTML and JSON that the extension's modules
read. A unit is in the list when a registry presents it, whether its numbers are shown or not, or stands above such a
unit; nothing here tells of its numbers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from kvalreg.disclosure.published import Published
from kvalreg.inputs.units import Level, Unit
from kvalreg.report.wording import Words

UNIT_LIST = "enheter.json"
"""Its address on the site."""
_LEVELS = (Level.RHF, Level.HF, Level.HOSPITAL)


def chooser(words: Words) -> str:
    """The place of the control, as HTML: empty without JavaScript, and carrying its words in the page's language."""
    said = {key: str(text) for key, text in words.catalogue["yours"].items()}
    said |= {"hidden-cell": words("states.hidden"), "no-cell": words("states.no_data")}
    attributes = "".join(f' data-{key.replace("_", "-")}="{escape(text)}"' for key, text in said.items())
    return f'<div class="kv-chooser"{attributes}></div>'


def unit_list(published: Sequence[Published]) -> bytes:
    """The units that any registry presents and those above them, as JSON, in the order of the units' own file."""
    units: dict[str, Unit] = {}
    for registry in published:
        for unit in registry.units:
            units.setdefault(unit.orgnr, unit)
    presented = {orgnr for registry in published for orgnr in registry.cells["orgnr"].unique()}
    above = {unit.parent for unit in units.values() if unit.orgnr in presented}
    above |= {units[orgnr].parent for orgnr in above if orgnr in units}
    listed = [
        {"orgnr": unit.orgnr, "name": unit.name, "level": unit.level.value, "parent": unit.parent}
        for unit in units.values()
        if unit.level in _LEVELS and unit.orgnr in presented | above
    ]
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":")).encode()
