"""Ditt sykehus: the place of the control on a page with the words it needs, and the site's list of units.

Comes in: what registries have published, and a page's language. Goes out: HTML and JSON that the extension's modules
read. A unit is in the list when a registry presents it, whether its numbers are shown or not, or stands above such a
unit; nothing here tells of its numbers.
"""

from __future__ import annotations

import json
from html import escape

from kvalreg.inputs.slugs import LEVELS_WITH_PAGE
from kvalreg.report.translation import Translator, get_translator
from kvalreg.site.site_model import Site, SiteOutput
from kvalreg.urls import output_path, unit_page

UNIT_LIST = "enheter.json"
"""Its address on the site."""


def unit_selector_html(translator: Translator) -> str:
    """The place of the control, as HTML: empty without JavaScript, and carrying its words in the page's language."""
    texts = {key: str(text) for key, text in translator.catalogue["yours"].items()}
    texts |= {"no-cell": translator("states.no_data")}
    attributes = "".join(f' data-{key.replace("_", "-")}="{escape(text)}"' for key, text in texts.items())
    return f'<div class="kv-chooser"{attributes}></div>'


def generate_unit_list(site: Site) -> SiteOutput:
    """The units that any registry presents and those above them, as JSON, in the order of the units' own file."""
    translator = get_translator("nb")
    units = [
        {
            "orgnr": unit.orgnr,
            "name": translator.unit_label(site.name(unit), unit.closed),
            "level": unit.level.value,
            "parent": unit.parent,
            "page": output_path(unit_page(site.slugs.units[unit.orgnr])),
        }
        for unit in site.units
        if unit.level in LEVELS_WITH_PAGE and unit.orgnr in site.presented_orgnrs
    ]
    return SiteOutput(files={UNIT_LIST: json.dumps(units, ensure_ascii=False, separators=(",", ":")).encode()})
