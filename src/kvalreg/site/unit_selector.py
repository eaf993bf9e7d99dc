"""The unit selector (Ditt sykehus): its element on a page with its translations, and the site's list of units.

Input: what registries have published, and a page's language. Output: HTML and JSON that the extension's modules read. A
unit is in the list when a registry presents it, whether its numbers are shown or not, or when it is above such a unit;
the list holds no result.
"""

from __future__ import annotations

import json
from html import escape

from kvalreg.inputs.slugs import LEVELS_WITH_PAGE
from kvalreg.report.translation import Translator, get_translator
from kvalreg.site.site_model import Site, SiteOutput
from kvalreg.urls import output_path, unit_page

UNIT_LIST = "enheter.json"
"""The address of the list on the site."""


def unit_selector_html(translator: Translator) -> str:
    """The selector's element, as HTML: empty without JavaScript, with translations in the page's language."""
    texts = {key: str(text) for key, text in translator.catalogue["yours"].items()}
    texts |= {"no-cell": translator("states.no_data")}
    # the selector's script has no catalogue of its own: its texts are the element's data attributes
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
