"""The front page in Norwegian and in English: search, medical fields, hospitals, what is new, every registry.

Comes in: each registry's newest results. Goes out: the two pages that readers begin with. From here it is at most
three steps to how one hospital does at one thing.
"""

from __future__ import annotations

from datetime import date
from html import escape

from kvalreg.inputs.units import Level
from kvalreg.report.addresses import (
    FRONT_PAGE,
    REGISTRIES_PAGE,
    UNITS_PAGE,
    field_page,
    link,
    registry_page,
    unit_page,
    year_page,
)
from kvalreg.report.cell_markup import year_html
from kvalreg.report.markup import raw_html
from kvalreg.report.wording import Words, words
from kvalreg.site.content import Content, Shown, Site
from kvalreg.site.search_list import search_form
from kvalreg.site.staging import Page

ENGLISH = "en/index.qmd"
_NEWS = 6


def front(site: Site) -> Content:
    """The front page, and its English counterpart."""
    return Content((_front(site, FRONT_PAGE, words("nb")), _front(site, ENGLISH, words("en", "nb"))))


def _front(site: Site, at: str, say: Words) -> Page:
    title = say("front.title")
    other = ENGLISH if at == FRONT_PAGE else FRONT_PAGE
    lang = "en" if at == FRONT_PAGE else "nb"
    hero = (
        f'<div class="kv-wide kv-hero"><p class="kv-lead">{escape(say("front.lead"))}</p>{search_form(say)}'
        f'<p class="kv-note"><a href="{link(other, at)}" lang="{lang}" hreflang="{lang}">'
        f"{escape(say('front.other_language'))}</a></p></div>"
    )
    if not site.shown:
        return Page(at, title, raw_html(f"{hero}<p>{escape(say('front.none'))}</p>"), say.language)
    parts = [
        raw_html(hero),
        f"## {say('front.fields')} {{#fagomrader}}",
        raw_html(_fields(site, at, say)),
        f"## {say('front.unit')} {{#ditt-sykehus}}",
        raw_html(_units(site, at, say)),
        f"## {say('front.news')} {{#nytt}}",
        raw_html(_news(site, at, say)),
        f"## {say('front.registries')} {{#registre}}",
        raw_html(_registries(site, at, say)),
    ]
    return Page(at, title, "\n\n".join(parts), say.language, synthetic=site.synthetic)


def _fields(site: Site, at: str, say: Words) -> str:
    """The medical fields as tiles, each with how many registries it has."""
    tiles = "".join(
        f'<li><a href="{link(field_page(site.slugs.fields[name]), at)}"><strong{say.lang}>{escape(name)}</strong> '
        f'<span class="kv-note">{_count(len(found), say)}</span></a></li>'
        for name, found in site.fields.items()
    )
    return f'<ul class="kv-tiles">{tiles}</ul>'


def _count(count: int, say: Words) -> str:
    return say.html("registries.count", count=count, number=say.count_html(count, "registries"))


def _units(site: Site, at: str, say: Words) -> str:
    """How to choose a hospital, and the way to all of them by region."""
    regions = "".join(
        f'<li><a href="{link(unit_page(site.slugs.units[unit.orgnr]), at)}">'
        f"<strong{say.lang}>{escape(site.name(unit))}</strong></a></li>"
        for unit in site.units.at(Level.RHF)
        if unit.orgnr in site.presented
    )
    return (
        f"<p>{escape(say('front.unit_text'))}</p>"
        f'<ul class="kv-tiles">{regions}</ul>'
        f'<p><a class="kv-button" href="{link(UNITS_PAGE, at)}">{escape(say("front.all_units"))}</a></p>'
    )


def _news(site: Site, at: str, say: Words) -> str:
    """The registries whose numbers were updated last, the newest first."""
    dated = sorted(site.by_name, key=lambda one: one.published.source.latest_update or date.min, reverse=True)
    return f'<ul class="kv-list">{"".join(_new(one, at, say) for one in dated[:_NEWS])}</ul>'


def _new(shown: Shown, at: str, say: Words) -> str:
    registry, (year, round_) = shown.published.registry, shown.newest.rounds[0]
    told = say.html("page.interim_year", year=year) if round_ == "interim" else year_html(year)
    page = year_page(registry.id, year, round_)
    page = page if page in shown.addresses else registry_page(registry.id)
    update = shown.published.source.latest_update
    updated = f", {say.html('front.news_updated', date=say.date_html(update))}" if update else ""
    return (
        f'<li><a href="{link(page, at)}"><strong lang="{registry.language}">{escape(registry.name)}</strong></a>'
        f'<span class="kv-note">{say.html("front.news_line", year=told)}{updated}</span></li>'
    )


def _registries(site: Site, at: str, say: Words) -> str:
    """Every registry by name."""
    listed = "".join(
        f'<li><a href="{link(registry_page(one.published.registry.id), at)}" lang="{one.published.registry.language}">'
        f"{escape(one.published.registry.name)}</a></li>"
        for one in site.by_name
    )
    return (
        f'<ul class="kv-columns">{listed}</ul>'
        f'<p><a class="kv-button" href="{link(REGISTRIES_PAGE, at)}">{escape(say("front.all_registries"))}</a></p>'
    )
