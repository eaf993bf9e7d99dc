"""The header of a page: lead paragraph, links to other languages, provisional note, dates of delivery.

Input: a selection. Output: paragraphs of HTML.
"""

from __future__ import annotations

from html import escape

from kvalreg.disclosure.presentation import LEVEL_ORDER
from kvalreg.disclosure.published import RegistrySource
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.units import Level
from kvalreg.report.selection import Selection
from kvalreg.report.translation import Translator
from kvalreg.urls import localized_page, registry_page, relative_url, year_page


def year_header(selection: Selection) -> str:
    """The header of a registry-year page: its subject, the provisional note, and when the data were delivered."""
    translator, registry = selection.translator, selection.registry
    finest_level = _finest_level(selection)
    # "For each hospital" is promised only when some indicator is shown per hospital.
    key = "page.lead_year_nation" if finest_level is Level.NATION else "page.lead_year"
    level = translator(f"presentation.per_{finest_level}")
    lead = translator.html(key, year=selection.year, name=registry.name, level=level)
    lines = [
        *_language_links(registry, year_page(registry.id, selection.year, selection.round), translator),
        f'<p class="kv-lead">{lead}</p>',
        *_provisional_note(selection),
        f'<p class="kv-note">{_delivery_dates(selection.published.source, translator)}</p>',
    ]
    return "\n".join(lines)


def registry_header(selection: Selection) -> str:
    """The header of a registry's page: its contents, the year of its latest results, and when data were delivered."""
    translator, registry = selection.translator, selection.registry
    latest = translator.html("page.newest", year=selection.year)
    lines = [
        *_language_links(registry, registry_page(registry.id), translator),
        f'<p class="kv-lead">{escape(translator("page.lead_registry"))}</p>',
        *_provisional_note(selection),
        f'<p class="kv-note">{latest} {_delivery_dates(selection.published.source, translator)}</p>',
    ]
    return "\n".join(lines)


def _language_links(registry: Registry, source: str, translator: Translator) -> list[str]:
    """Links to the same page in the registry's other languages; `source` is the page in its own language."""
    pages = {language: localized_page(source, language) for language in registry.also_in} | {registry.language: source}
    # A page in a language that the registry does not offer has no URL that relative links could start from.
    if translator.language not in pages or len(pages) == 1:
        return []
    current_page = pages.pop(translator.language)
    links = "".join(
        f'<li><a href="{relative_url(page, current_page)}" lang="{language}" hreflang="{language}">'
        f"{escape(translator(f'om.language_{language}'))}</a></li>"
        for language, page in pages.items()
    )
    label = escape(translator("om.languages"))
    return [f'<nav class="kv-languages" aria-label="{label}"><ul>{links}</ul></nav>']


def _provisional_note(selection: Selection) -> list[str]:
    """That the results are year-to-date, when they are."""
    if selection.round != "interim":
        return []
    label, note = selection.translator("states.provisional"), selection.translator("states.provisional_note")
    return [f'<p class="kv-provisional"><strong>{escape(label)}.</strong> {escape(note)}</p>']


def _delivery_dates(source: RegistrySource, translator: Translator) -> str:
    """When the data were delivered, and whether any rows were unusable, as HTML."""
    has_skipped_rows = any(delivery.rows_left_out for delivery in source.deliveries)
    skipped_note = translator.html("page.left_out") if has_skipped_rows else ""
    if source.latest_update is None or source.latest_affirm is None:
        return f"{translator.html('page.updated_unknown')} {skipped_note}".strip()
    dates = translator.html(
        "page.updated",
        update=translator.date_html(source.latest_update),
        affirm=translator.date_html(source.latest_affirm),
    )
    return f"{dates} {skipped_note}".strip()


def _finest_level(selection: Selection) -> Level:
    """The finest level at which any indicator is presented this year."""
    included = {indicator.id for indicator in selection.indicators}
    levels = (
        presentation.level
        for presentation in selection.published.presentations
        if presentation.year == selection.year and presentation.ind_id in included
    )
    return min(levels, key=LEVEL_ORDER.index, default=Level.NATION)
