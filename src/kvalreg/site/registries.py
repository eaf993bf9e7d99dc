"""The page of all registries: one line each, with its message, its years and how many targets are reached.

Input: each registry's latest results. Output: one page, with a link to every year of every registry.
"""

from __future__ import annotations

from html import escape

from kvalreg.report.cell_markup import cell_address, year_html
from kvalreg.report.figures.theme import chart_number
from kvalreg.report.markup import raw_html
from kvalreg.report.results_table import attributes_html
from kvalreg.report.translation import Translator, get_translator
from kvalreg.site import filters
from kvalreg.site.site_model import PublishedRegistry, Site, SiteOutput
from kvalreg.site.staging import Page
from kvalreg.urls import REGISTRIES_PAGE, registry_page, relative_url, year_page

_TABLE_ID = "alle"
_COLUMN_ROLES = {"name": "text", "message": "text", "reached": "reached", "years": "text"}
"""The columns, and the role of the numbers in each, by which the audit checks them."""


def generate_registry_list(site: Site) -> SiteOutput:
    """The page of all registries."""
    translator = get_translator("nb")
    lead = f'<p class="kv-lead">{escape(translator("registries.lead"))}</p>'
    years = sorted(
        {str(year) for published_registry in site.registries for year, _ in published_registry.latest.rounds},
        reverse=True,
    )
    form = filters.filter_form(
        _TABLE_ID,
        [
            filters.text_filter(translator),
            filters.choice_filter(filters.FIELD, translator("filter.field"), site.registries_by_field),
            filters.choice_filter(filters.YEAR, translator("filter.year"), years),
        ],
        translator,
    )
    note = f'<p class="kv-note">{escape(translator("registries.reached_note"))}</p>'
    body = f'<div class="kv-wide">{lead}{form}{_table(site, translator)}{note}</div>'
    title = translator("registries.title")
    return SiteOutput((Page(REGISTRIES_PAGE, title, raw_html(body), "nb", synthetic=site.synthetic),))


def _table(site: Site, translator: Translator) -> str:
    heads = "".join(
        f'<th scope="col" data-kv-role="{role}">{escape(translator(f"registries.{name}"))}</th>'
        for name, role in _COLUMN_ROLES.items()
    )
    caption = escape(translator("registries.caption"))
    rows = "\n".join(_row(published_registry, translator) for published_registry in site.sorted_registries)
    return (
        f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{caption}">'
        f'<table class="kv-table kv-counts kv-stack kv-registries" data-sortable id="{_TABLE_ID}">'
        f'<caption class="kv-unseen">{caption}</caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(published_registry: PublishedRegistry, translator: Translator) -> str:
    """A registry: name and fields, its most important message in its own language, targets reached, years."""
    latest, registry = published_registry.latest, published_registry.published.registry
    lang = f' lang="{registry.language}"' if registry.language != translator.language else ""
    values = {
        filters.FIELD: registry.medical_fields,
        filters.YEAR: tuple(str(year) for year, _ in latest.rounds),
    }
    attributes = filters.filter_attributes(values) | {"data-kv-cell": cell_address(registry.id)}
    reached, total = latest.targets_reached
    share = translator.format_frequency(reached / total) if total else ""
    labels = {name: escape(translator(f"registries.{name}")) for name in ("message", "reached", "years")}
    # what the table is sorted by: a plain number, and the latest complete year
    sort_share, sort_year = chart_number(reached / total) if total else "", latest.latest_round[0]
    years = _year_links(published_registry, translator)
    return (
        f'<tr{attributes_html(attributes)}><th scope="row"{lang}>'
        f'<a href="{relative_url(registry_page(registry.id), REGISTRIES_PAGE)}">{escape(registry.name)}</a>'
        f'<span class="kv-note">{escape(", ".join(registry.medical_fields))}</span></th>'
        f'<td data-label="{labels["message"]}"{lang}>{published_registry.headline(*latest.latest_round)}</td>'
        f'<td data-label="{labels["reached"]}" data-sort="{sort_share}">{share}</td>'
        f'<td data-label="{labels["years"]}" data-sort="{sort_year}">{years}</td></tr>'
    )


def _year_links(published_registry: PublishedRegistry, translator: Translator) -> str:
    """Every year as a link, latest first."""
    registry_id = published_registry.published.registry.id
    links = []
    for year, round_ in published_registry.latest.rounds:
        text = translator("page.interim_year", year=year) if round_ == "interim" else str(year)
        page = year_page(registry_id, year, round_)
        link_html = f'<a href="{relative_url(page, REGISTRIES_PAGE)}">{text}</a>'
        # a year without a page, such as one that has not been built yet, is plain text
        links.append(link_html if page in published_registry.addresses else text.replace(str(year), year_html(year)))
    return f'<span class="kv-years">{" ".join(links)}</span>'
