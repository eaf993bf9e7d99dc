"""What readers search: every registry, indicator, unit, medical field and year, with words that lead to them.

Comes in: the site's registries. Goes out: one script with a list, which the extension's `search.js` reads in both
renderers, and the search field as HTML. Names and descriptions only: no result is in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape

from kvalreg.inputs.slugs import WITH_PAGE
from kvalreg.report.addresses import field_page, indicator_page, registry_page, served, unit_page
from kvalreg.report.wording import Words
from kvalreg.site.content import Content, Shown, Site

SEARCH_LIST = "sok.js"
"""Its address on the site. A script, since a page opened from a disk may not fetch."""
Entry = tuple[str, str, str, str, str]
"""Address, name, kind, what stands below the name, and more words that lead to it."""
_KINDS = ("registry", "indicator", "unit", "field", "year", "page")


def search_list(site: Site) -> Content:
    """The list as a script."""
    entries = [*_fields(site), *_units(site), *(entry for one in site.by_name for entry in _registry(one))]
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return Content(files={SEARCH_LIST: f"window.kvSearch={text};\n".encode()})


def search_form(words: Words) -> str:
    """A large search field, hidden until a script runs."""
    label, said = (
        escape(words("search.label")),
        {key: escape(words(f"search.{key}", count="{count}")) for key in ("found", "none")},
    )
    kinds = "".join(f' data-{kind}="{escape(words(f"search.{kind}"))}"' for kind in _KINDS)
    return (
        f'<form class="kv-search kv-find" role="search" data-found="{said["found"]}" data-none="{said["none"]}"{kinds}'
        f' hidden><label for="kv-find">{label}</label><div class="kv-find-box">'
        f'<input type="search" id="kv-find" autocomplete="off" spellcheck="false"></div>'
        f'<div class="kv-found" hidden></div><p class="kv-note">{escape(words("search.hint"))}</p></form>'
    )


def _registry(shown: Shown) -> Iterable[Entry]:
    """A registry, its indicators, and the years that have a page."""
    registry = shown.published.registry
    keywords = " ".join(registry.keywords)
    fields = ", ".join(registry.medical_fields)
    about = f"{registry.short_name} {keywords} {_words(registry.about.patients)}".strip()
    yield served(registry_page(registry.id)), registry.name, "registry", fields, f"{about} {fields}"
    ids = [one.id for one in registry.indicators]
    for indicator in dict.fromkeys(one.indicator for one in shown.newest.national):
        address = served(indicator_page(registry.id, indicator.id, ids))
        more = f"{registry.short_name} {keywords} {_words(indicator.short_description)} {fields}"
        yield address, indicator.title, "indicator", registry.name, more
    for page in shown.pages:
        if page.kind == "year":
            yield served(page.address), page.title, "year", "", f"{registry.short_name} {keywords}"


def _units(site: Site) -> Iterable[Entry]:
    for unit in site.units:
        if unit.level in WITH_PAGE and unit.orgnr in site.presented:
            above = [site.name(one) for one in site.units.ancestors(unit.orgnr) if one.level in WITH_PAGE]
            address = served(unit_page(site.slugs.units[unit.orgnr]))
            more = f"{unit.short_name} {unit.county or ''}"
            name = site.name(unit)
            more += f" {unit.name}" if name != unit.name else ""
            yield address, name, "unit", ", ".join(above), more


def _fields(site: Site) -> Iterable[Entry]:
    for name, found in site.fields.items():
        registries = ", ".join(one.published.registry.short_name for one in found)
        yield served(field_page(site.slugs.fields[name])), name, "field", registries, ""


def _words(markdown: str) -> str:
    """The different words of a text, so that the list stays small."""
    return " ".join(dict.fromkeys(re.findall(r"\w{3,}", markdown.lower())))
