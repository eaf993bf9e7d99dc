"""The search index: every registry, indicator, unit, medical field and year, with words by which they are found.

Input: the site's registries. Output: one script with a list, which the extension's `search.js` reads in both renderers,
and the search field as HTML. It holds names and descriptions only: no result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape

from kvalreg.inputs.slugs import LEVELS_WITH_PAGE
from kvalreg.report.translation import Translator
from kvalreg.site.site_model import PublishedRegistry, Site, SiteOutput
from kvalreg.urls import field_page, indicator_page, output_path, registry_page, unit_page

SEARCH_INDEX = "sok.js"
"""The script's address on the site; a script, since a page opened from disk may not fetch JSON."""
SearchEntry = tuple[str, str, str, str, str]
"""Address, name, kind, the line below the name, and more words by which it is found."""
_ENTRY_KINDS = ("registry", "indicator", "unit", "field", "year", "page")


def generate_search_index(site: Site) -> SiteOutput:
    """The index as a script."""
    entries = [
        *_field_entries(site),
        *_unit_entries(site),
        *(entry for published_registry in site.sorted_registries for entry in _registry_entries(published_registry)),
    ]
    # with `<` escaped no text can end a script element
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return SiteOutput(files={SEARCH_INDEX: f"window.kvSearch={text};\n".encode()})


def search_form(translator: Translator) -> str:
    """A large search field, hidden until a script runs."""
    # the script fills in the count
    texts = {key: escape(translator(f"search.{key}", count="{count}")) for key in ("found", "none")}
    kinds = "".join(f' data-{kind}="{escape(translator(f"search.{kind}"))}"' for kind in _ENTRY_KINDS)
    return (
        f'<form class="kv-search kv-find" role="search" data-found="{texts["found"]}" data-none="{texts["none"]}"'
        f'{kinds} hidden><label for="kv-find">{escape(translator("search.label"))}</label><div class="kv-find-box">'
        f'<input type="search" id="kv-find" autocomplete="off" spellcheck="false"></div>'
        f'<div class="kv-found" hidden></div><p class="kv-note">{escape(translator("search.hint"))}</p></form>'
    )


def _registry_entries(published_registry: PublishedRegistry) -> Iterable[SearchEntry]:
    """A registry, its indicators, and the years that have a page."""
    registry = published_registry.published.registry
    keywords = " ".join(registry.keywords)
    fields = ", ".join(registry.medical_fields)
    search_text = f"{registry.short_name} {keywords} {_distinct_words(registry.about.patients)}".strip()
    yield output_path(registry_page(registry.id)), registry.name, "registry", fields, f"{search_text} {fields}"
    ids = [item.id for item in registry.indicators]
    for indicator in dict.fromkeys(result.indicator for result in published_registry.latest.national):
        address = output_path(indicator_page(registry.id, indicator.id, ids))
        indicator_text = f"{registry.short_name} {keywords} {_distinct_words(indicator.short_description)} {fields}"
        yield address, indicator.title, "indicator", registry.name, indicator_text
    for page in published_registry.pages:
        if page.kind == "year":
            yield output_path(page.address), page.title, "year", "", f"{registry.short_name} {keywords}"


def _unit_entries(site: Site) -> Iterable[SearchEntry]:
    for unit in site.units:
        if unit.level in LEVELS_WITH_PAGE and unit.orgnr in site.presented_orgnrs:
            ancestors = [
                site.name(ancestor)
                for ancestor in site.units.ancestors(unit.orgnr)
                if ancestor.level in LEVELS_WITH_PAGE
            ]
            address = output_path(unit_page(site.slugs.units[unit.orgnr]))
            more = f"{unit.short_name} {unit.county or ''}"
            name = site.name(unit)
            more += f" {unit.name}" if name != unit.name else ""
            yield address, name, "unit", ", ".join(ancestors), more


def _field_entries(site: Site) -> Iterable[SearchEntry]:
    for name, field_registries in site.registries_by_field.items():
        registries = ", ".join(item.published.registry.short_name for item in field_registries)
        yield output_path(field_page(site.slugs.fields[name])), name, "field", registries, ""


def _distinct_words(markdown: str) -> str:
    """The distinct words of a text, so that the index stays small."""
    return " ".join(dict.fromkeys(re.findall(r"\w{3,}", markdown.lower())))
