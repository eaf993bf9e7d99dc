"""The front page in Norwegian and in English: search, medical fields, hospitals, what is new, every registry.

Input: each registry's latest results. Output: the two pages that readers begin with. From here it is at most three
clicks to one hospital's result of one indicator.
"""

from __future__ import annotations

from datetime import date
from html import escape

from kvalreg.inputs.units import Level
from kvalreg.report.cell_markup import year_html
from kvalreg.report.markup import raw_html
from kvalreg.report.translation import Translator, get_translator
from kvalreg.site.search_index import search_form
from kvalreg.site.site_model import PublishedRegistry, Site, SiteOutput
from kvalreg.site.staging import Page
from kvalreg.urls import (
    FRONT_PAGE,
    REGISTRIES_PAGE,
    UNITS_PAGE,
    field_page,
    registry_page,
    relative_url,
    unit_page,
    year_page,
)

ENGLISH_FRONT_PAGE = "en/index.qmd"
_NEWS_COUNT = 6


def generate_front_pages(site: Site) -> SiteOutput:
    """The front page, and its English counterpart."""
    return SiteOutput(
        (
            _front_page(site, FRONT_PAGE, get_translator("nb")),
            _front_page(site, ENGLISH_FRONT_PAGE, get_translator("en", "nb")),
        )
    )


def _front_page(site: Site, address: str, translator: Translator) -> Page:
    title = translator("front.title")
    # registries' texts stay in their own language on both pages, and are marked with it
    other_page = ENGLISH_FRONT_PAGE if address == FRONT_PAGE else FRONT_PAGE
    other_language = "en" if address == FRONT_PAGE else "nb"
    hero = (
        f'<div class="kv-wide kv-hero"><p class="kv-lead">{escape(translator("front.lead"))}</p>'
        f'{search_form(translator)}<p class="kv-note">'
        f'<a href="{relative_url(other_page, address)}" lang="{other_language}" hreflang="{other_language}">'
        f"{escape(translator('front.other_language'))}</a></p></div>"
    )
    # a new project has nothing to list yet: the page says so, and the build succeeds
    if not site.registries:
        return Page(address, title, raw_html(f"{hero}<p>{escape(translator('front.none'))}</p>"), translator.language)
    parts = [
        raw_html(hero),
        f"## {translator('front.fields')} {{#fagomrader}}",
        raw_html(_field_tiles(site, address, translator)),
        f"## {translator('front.unit')} {{#ditt-sykehus}}",
        raw_html(_region_tiles(site, address, translator)),
        f"## {translator('front.news')} {{#nytt}}",
        raw_html(_news_list(site, address, translator)),
        f"## {translator('front.registries')} {{#registre}}",
        raw_html(_registry_list(site, address, translator)),
    ]
    return Page(address, title, "\n\n".join(parts), translator.language, synthetic=site.synthetic)


def _field_tiles(site: Site, address: str, translator: Translator) -> str:
    """The medical fields as tiles, each with how many registries it has."""
    tiles = "".join(
        f'<li><a href="{relative_url(field_page(site.slugs.fields[name]), address)}">'
        f"<strong{translator.lang_attribute}>{escape(name)}</strong> "
        f'<span class="kv-note">{_registry_count(len(registries), translator)}</span></a></li>'
        for name, registries in site.registries_by_field.items()
    )
    return f'<ul class="kv-tiles">{tiles}</ul>'


def _registry_count(count: int, translator: Translator) -> str:
    return translator.html("registries.count", count=count, number=translator.count_html(count, "registries"))


def _region_tiles(site: Site, address: str, translator: Translator) -> str:
    """How to choose a hospital, and links to all hospitals by region."""
    # the regions are few enough for the front page; the hospitals of each are listed on the region's own page
    regions = "".join(
        f'<li><a href="{relative_url(unit_page(site.slugs.units[unit.orgnr]), address)}">'
        f"<strong{translator.lang_attribute}>{escape(site.name(unit))}</strong></a></li>"
        for unit in site.units.at_level(Level.RHF)
        if unit.orgnr in site.presented_orgnrs
    )
    return (
        f"<p>{escape(translator('front.unit_text'))}</p>"
        f'<ul class="kv-tiles">{regions}</ul>{_button(UNITS_PAGE, address, translator("front.all_units"))}'
    )


def _button(page: str, address: str, text: str) -> str:
    return f'<p><a class="kv-button" href="{relative_url(page, address)}">{escape(text)}</a></p>'


def _news_list(site: Site, address: str, translator: Translator) -> str:
    """The registries whose numbers were updated last, latest first."""
    recent = sorted(
        site.sorted_registries, key=lambda item: item.published.source.latest_update or date.min, reverse=True
    )
    return f'<ul class="kv-list">{"".join(_news_item(item, address, translator) for item in recent[:_NEWS_COUNT])}</ul>'


def _news_item(published_registry: PublishedRegistry, address: str, translator: Translator) -> str:
    registry, (year, round_) = published_registry.published.registry, published_registry.latest.rounds[0]
    year_text = translator.html("page.interim_year", year=year) if round_ == "interim" else year_html(year)
    page = year_page(registry.id, year, round_)
    # the latest year may have published cells and no page yet: then the registry's own page
    page = page if page in published_registry.addresses else registry_page(registry.id)
    latest_update = published_registry.published.source.latest_update
    updated = (
        f", {translator.html('front.news_updated', date=translator.date_html(latest_update))}" if latest_update else ""
    )
    return (
        f'<li><a href="{relative_url(page, address)}">'
        f'<strong lang="{registry.language}">{escape(registry.name)}</strong></a>'
        f'<span class="kv-note">{translator.html("front.news_line", year=year_text)}{updated}</span></li>'
    )


def _registry_list(site: Site, address: str, translator: Translator) -> str:
    """Every registry by name."""
    registries = [item.published.registry for item in site.sorted_registries]
    items = "".join(
        f'<li><a href="{relative_url(registry_page(registry.id), address)}" lang="{registry.language}">'
        f"{escape(registry.name)}</a></li>"
        for registry in registries
    )
    return f'<ul class="kv-columns">{items}</ul>{_button(REGISTRIES_PAGE, address, translator("front.all_registries"))}'
