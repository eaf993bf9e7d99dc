"""The pages of medical fields: a field's registries and their indicators for the whole country, and the list of fields.

Input: each registry's latest results. Output: pages. Scripts add the selected unit beside the nation, from the file
beside the unit's page.
"""

from __future__ import annotations

from html import escape

from kvalreg.report.cell_markup import cell_address, cell_attribute
from kvalreg.report.markup import escape_markdown, mark_registry_language, raw_html
from kvalreg.report.results_table import ResultRow, TableOptions, results_table
from kvalreg.report.translation import Translator, get_translator
from kvalreg.site import filters
from kvalreg.site.latest_results import IndicatorResult, LatestResults
from kvalreg.site.site_model import PublishedRegistry, Site, SiteOutput
from kvalreg.site.staging import Page
from kvalreg.site.stale_notice import stale_table_notice
from kvalreg.urls import FIELDS_PAGE, field_page, registry_page, relative_url

_COLUMNS = ("indicator", "value", "unit", "above", "target", "level", "change")


def generate_field_pages(site: Site) -> SiteOutput:
    """Every medical field's page, and the list of all."""
    return SiteOutput((_list_page(site), *(_page(site, name) for name in site.registries_by_field)))


def _list_page(site: Site) -> Page:
    translator = get_translator("nb")
    parts = [raw_html(f'<p class="kv-lead">{escape(translator("field_page.lead"))}</p>')]
    for name, registries in site.registries_by_field.items():
        address = field_page(site.slugs.fields[name])
        items = "".join(
            f"<li>{_registry_link(published_registry, FIELDS_PAGE, translator)}</li>"
            for published_registry in registries
        )
        parts += [
            f"## [{escape_markdown(name)}](/{address}) {{#{site.slugs.fields[name]}}}",
            raw_html(f'<ul class="kv-list">{items}</ul>'),
        ]
    return Page(FIELDS_PAGE, translator("field_page.title"), "\n\n".join(parts), "nb", synthetic=site.synthetic)


def _registry_link(published_registry: PublishedRegistry, address: str, translator: Translator) -> str:
    registry = published_registry.published.registry
    lang = f' lang="{registry.language}"' if registry.language != translator.language else ""
    return (
        f'<a href="{relative_url(registry_page(registry.id), address)}"{lang}>{escape(registry.name)}</a>'
        f'<span class="kv-note"{lang}>{published_registry.headline(*published_registry.latest.latest_round)}</span>'
    )


def _page(site: Site, name: str) -> Page:
    translator, address = get_translator("nb"), field_page(site.slugs.fields[name])
    form = filters.filter_form(
        filters.WHOLE_PAGE, [filters.text_filter(translator), *filters.result_filters(translator)], translator
    )
    # where scripts add the selected unit's cells, fetched from a file
    unit_cells_html = '<div data-unit-cells="fil" hidden></div>'
    parts = [
        raw_html(f'<p class="kv-lead kv-wide">{escape(translator("field_page.one_lead"))}</p>{form}{unit_cells_html}'),
    ]
    for published_registry in site.registries_by_field[name]:
        parts += _registry_section(published_registry, address, translator)
    breadcrumb = ((translator("field_page.title"), FIELDS_PAGE),)
    return Page(address, name, "\n\n".join(parts), "nb", breadcrumb=breadcrumb, synthetic=site.synthetic)


def _registry_section(published_registry: PublishedRegistry, address: str, translator: Translator) -> list[str]:
    """A registry: its name, the table of its indicators, and a link to its own page."""
    latest, registry = published_registry.latest, published_registry.published.registry
    registry_translator = get_translator(translator.language, registry.language)
    title = escape_markdown(registry.name)
    title = f"[{title}]{{lang={registry.language}}}" if registry_translator.lang_attribute else title
    rows = [_result_row(latest, result, address, registry_translator) for result in latest.national if result.nation]
    caption = translator("field_page.caption", name=registry.short_name, year=latest.latest_round[0])
    options = TableOptions(caption, _COLUMNS, f"fotnote-{registry.id}", source=(registry.id,))
    table = stale_table_notice(published_registry, translator) + results_table(rows, options, translator)
    attributes = cell_attribute(cell_address(registry.id))
    href = relative_url(registry_page(registry.id), address)
    link_html = f'<p><a href="{href}">{escape(translator("field_page.see_registry"))}</a></p>'
    return [
        f"## {title} {{#{registry.id}}}",
        raw_html(f'<div data-f-group="gruppe"{attributes}>{table}</div>{link_html}'),
    ]


def _result_row(latest: LatestResults, result: IndicatorResult, address: str, translator: Translator) -> ResultRow:
    registry = latest.registry
    # the caption names the registry's latest year: a result of another year says so itself
    notes = [translator("message.resident")] if result.context == "resident" else []
    if result.year != latest.latest_round[0] or result.provisional:
        notes.append(
            translator("results.of_year_provisional" if result.provisional else "results.of_year", year=result.year)
        )
    note = f' <span class="kv-note">{escape(", ".join(notes))}</span>' if notes else ""
    href = relative_url(latest.page_by_indicator[result.indicator.id], address)
    name = f'<a href="{href}">{mark_registry_language(escape(result.indicator.title), translator)}</a>{note}'
    assert result.nation is not None  # the caller leaves out results without one
    cell_key = (result.indicator.id, result.context, result.year, result.nation["orgnr"])
    attributes = {"data-kv-cell": cell_address("", *cell_key)}
    attributes |= filters.result_filter_attributes(result.nation, result.indicator)
    secret_below = registry.secret_threshold(result.indicator)
    return ResultRow(name, result.indicator, result.nation, translator, attributes, secret_below=secret_below)
