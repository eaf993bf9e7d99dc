"""Ditt sykehus: the place of the control on a page with the words it needs, and the site's list of units.

Comes in: what registries have published, and a page's language. Goes out: HTML and JSON that the extension's modules
read. A unit is in the list when a registry presents it, whether its numbers are shown or not, or stands above such a
unit; nothing here tells of its numbers.
"""

from __future__ import annotations

import json
from html import escape

from kvalreg.inputs.slugs import WITH_PAGE
from kvalreg.report.addresses import served, unit_page
from kvalreg.report.wording import Words, words
from kvalreg.site.content import Content, Site

UNIT_LIST = "enheter.json"
"""Its address on the site."""


def chooser(words: Words) -> str:
    """The place of the control, as HTML: empty without JavaScript, and carrying its words in the page's language."""
    said = {key: str(text) for key, text in words.catalogue["yours"].items()}
    said |= {"no-cell": words("states.no_data")}
    attributes = "".join(f' data-{key.replace("_", "-")}="{escape(text)}"' for key, text in said.items())
    return f'<div class="kv-chooser"{attributes}></div>'


def unit_list(site: Site) -> Content:
    """The units that any registry presents and those above them, as JSON, in the order of the units' own file."""
    say = words("nb")
    listed = [
        {
            "orgnr": unit.orgnr,
            "name": say.unit(site.name(unit), unit.closed),
            "level": unit.level.value,
            "parent": unit.parent,
            "page": served(unit_page(site.slugs.units[unit.orgnr])),
        }
        for unit in site.units
        if unit.level in WITH_PAGE and unit.orgnr in site.presented
    ]
    return Content(files={UNIT_LIST: json.dumps(listed, ensure_ascii=False, separators=(",", ":")).encode()})
