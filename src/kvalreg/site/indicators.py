"""The pages of indicators: message, all units, trend, variation, definition, downloads, each at a permanent address.

Input: one registry's published cells. Output: its indicators' pages, as a pure function of those cells. All figures
come from `kvalreg.report`, as those of notebooks do.
"""

from __future__ import annotations

from collections.abc import Iterable

from kvalreg.inputs.descriptor import Indicator, Registry
from kvalreg.inputs.slugs import Slugs
from kvalreg.inputs.unit_names import full_name
from kvalreg.inputs.units import Level
from kvalreg.report.cell_markup import Html, cell_address, cell_attribute, number_html
from kvalreg.report.drawing import render_charts
from kvalreg.report.figures.cells import CellRecords, PublishedCell, sort_cells
from kvalreg.report.html_fragment import HtmlFragment, html_fragment, join_fragments
from kvalreg.report.markup import escape, escape_markdown, mark_registry_language, mark_registry_text, safe_html
from kvalreg.report.report import Report
from kvalreg.report.results_table import ResultRow, TableOptions, results_table
from kvalreg.report.translation import Translator
from kvalreg.site import filters
from kvalreg.site.latest_results import IndicatorResult, LatestResults
from kvalreg.site.site_model import PublishedRegistry, Site, SiteOutput
from kvalreg.site.staging import Page
from kvalreg.site.stale_notice import stale_notice
from kvalreg.urls import (
    REGISTRIES_PAGE,
    anchor,
    field_page,
    indicator_page,
    registry_page,
    relative_url,
    unit_page,
    year_page,
)

_COLUMNS = ("unit", "value", "patients", "level", "change")
_UNITS_ANCHOR = "enheter"


def generate_indicator_pages(site: Site) -> SiteOutput:
    """Every indicator's page."""
    return SiteOutput(
        tuple(
            page for published_registry in site.registries for page in indicator_pages(published_registry, site.slugs)
        )
    )


def indicator_pages(published_registry: PublishedRegistry, slugs: Slugs) -> Iterable[Page]:
    """The pages of one registry's indicators, each in its latest complete year."""
    results_by_indicator: dict[str, list[IndicatorResult]] = {}
    for result in published_registry.latest.results:
        results_by_indicator.setdefault(result.indicator.id, []).append(result)
    for results in results_by_indicator.values():
        yield _page(published_registry, results, slugs)


def _page(published_registry: PublishedRegistry, results: list[IndicatorResult], slugs: Slugs) -> Page:
    latest = published_registry.latest
    registry, indicator = latest.registry, results[0].indicator
    address = indicator_page(registry.id, indicator.id, [item.id for item in registry.indicators])
    translator = latest.report.translator
    description = safe_html(indicator.short_description)
    lead = html_fragment(f'<div class="kv-lead kv-wide">{mark_registry_text(description, tag="div")}</div>')
    parts = [HtmlFragment(stale_notice(published_registry, translator)), lead]
    # results: a section for each context, caregiver first; with two, headings and anchors name the context
    has_several_contexts = len(results) > 1
    for result in results:
        parts += [_result_report(latest, result).text(indicator.id, result.context)]
        parts += [html_fragment(_download_jump(translator))] if result is results[0] else []
        parts += [
            _context_section(latest, result, _PageLinks(address, slugs), has_several_contexts=has_several_contexts)
        ]
    # then what is the same in every context: definition, downloads, links to other years
    parts += [
        HtmlFragment(f"## {escape_markdown(translator('indicator_page.about'))} {{#om}}"),
        html_fragment(_definition(registry, indicator, _PageLinks(address, slugs), translator)),
        HtmlFragment(f"## {escape_markdown(translator('indicator_page.download'))} {{#last-ned}}"),
        html_fragment(_download_section(registry, address, translator)),
        HtmlFragment(f"## {escape_markdown(translator('indicator_page.years'))} {{#ar}}"),
        html_fragment(_year_links(published_registry, indicator, address, translator)),
    ]
    breadcrumb = (
        (translator("registries.title"), REGISTRIES_PAGE),
        (registry.name, registry_page(registry.id)),
    )
    # charts are only placeholders until here, so that all SVGs of a page are rendered in one call
    body = render_charts(join_fragments(parts).markdown)
    meta_description = " ".join(indicator.short_description.split())
    return Page(address, indicator.title, body, registry.language, meta_description, breadcrumb, registry.synthetic)


class _PageLinks:
    """A page's address, and links from it to units' pages."""

    def __init__(self, address: str, slugs: Slugs) -> None:
        self.address, self.slugs = address, slugs

    def unit_href(self, orgnr: str) -> str:
        """The address of a unit's page; empty for the nation and counties, which have none."""
        return relative_url(unit_page(self.slugs.units[orgnr]), self.address) if orgnr in self.slugs.units else ""


# --- results ---------------------------------------------------------------------------------------------------------
def _result_report(latest: LatestResults, result: IndicatorResult) -> Report:
    """The report of the result's year."""
    return latest.report_for(result.year, "interim" if result.provisional else "final")


def _context_section(
    latest: LatestResults, result: IndicatorResult, links: _PageLinks, *, has_several_contexts: bool
) -> HtmlFragment:
    """Units, trend and variation in one context."""
    report = _result_report(latest, result)
    ind, context, translator = result.indicator.id, result.context, report.translator
    suffix = f"-{context}" if has_several_contexts else ""
    label = f" ({translator(f'message.{context}')})" if has_several_contexts else ""
    return join_fragments(
        [
            HtmlFragment(
                f"## {escape_markdown(translator('indicator_page.units') + label)} {{#{_UNITS_ANCHOR}{suffix}}}"
            ),
            _unit_table(report, result, links, f"{_UNITS_ANCHOR}{suffix}"),
            _variation_section(report, ind, context),
            HtmlFragment(f"## {escape_markdown(translator('indicator_page.trend') + label)} {{#utvikling{suffix}}}"),
            report.trend(ind, context),
            report.levels(ind, context),
            report.units(ind, context),
        ]
    )


def _unit_table(report: Report, result: IndicatorResult, links: _PageLinks, target: str) -> HtmlFragment:
    """The nation and every unit that is compared, with word and symbol; why others than hospitals, where it is so."""
    translator, indicator = report.translator, result.indicator
    level, cells = report.compared_units(indicator, result.context)
    nation = report.nation(indicator, result.context)
    if level is Level.NATION or not cells:
        table = f"<p>{escape(translator('indicator_page.no_units'))}</p>"
    else:
        # `compared_units` chooses the level: hospitals, or HFs or RHFs where too few hospitals can be shown
        cells = sort_cells(cells, indicator, "value")
        unit_word = translator(f"units.{level.value}", count=len(cells))
        caption = translator(
            "indicator_page.table_caption", unit_word_capital=unit_word[:1].upper() + unit_word[1:], year=result.year
        )
        attributes = {"data-kv-cell": cell_address(report.registry.id, indicator.id, result.context, result.year)}
        rows = [_result_row(report, cell, indicator, links) for cell in [*nation, *cells]]
        form = filters.filter_form(target, _filters(report, cells), translator)
        look = TableOptions(caption, _COLUMNS, f"fotnote-{target}", attributes, (report.registry.id, indicator.id))
        table = form + results_table(rows, look, translator)
    return join_fragments([report.presentation(indicator.id, result.context), html_fragment(table)])


def _filters(report: Report, cells: CellRecords) -> Iterable[filters.Filter]:
    translator = report.translator
    yield filters.text_filter(translator)
    regions = dict.fromkeys(region for cell in cells if (region := _region(report, cell)))
    if len(regions) > 1:
        yield filters.choice_filter(filters.REGION, translator("filter.region"), sorted(regions))
    yield from filters.result_filters(translator)


def _region(report: Report, cell: PublishedCell) -> str:
    """The name of the RHF that a unit belongs to; empty for what belongs to none."""
    # a unit may be an RHF itself, which belongs to its own region; the nation belongs to none
    units = report.published.units
    if cell["orgnr"] not in units:
        return ""
    chain = (units[cell["orgnr"]], *units.ancestors(cell["orgnr"]))
    return next((full_name(unit, {}) for unit in chain if unit.level is Level.RHF), "")


def _result_row(report: Report, cell: PublishedCell, indicator: Indicator, links: _PageLinks) -> ResultRow:
    name, href = escape(str(cell["unit"])), links.unit_href(cell["orgnr"])
    attributes = {"data-unit": str(cell["orgnr"])}
    attributes |= filters.filter_attributes({filters.REGION: (_region(report, cell),)})
    attributes |= filters.result_filter_attributes(cell, indicator)
    linked = f'<a href="{href}">{name}</a>' if href else name
    secret_below = report.registry.secret_threshold(indicator)
    return ResultRow(linked, indicator, cell, report.translator, attributes, secret_below=secret_below)


def _variation_section(report: Report, ind: str, context: str) -> HtmlFragment:
    """Collapsed until a reader opens it: the units with their intervals, the funnel plot, and the change over time."""
    figures = join_fragments([report.compare(ind, context), report.funnel(ind, context), report.change(ind, context)])
    if not figures.markdown:  # nothing to open: no figure has enough units or years
        return figures
    summary = f'<details class="kv-deep"><summary>{escape(report.translator("figure.variation"))}</summary>'
    return join_fragments([html_fragment(summary), figures, html_fragment("</details>")])


# --- the indicator's description -------------------------------------------------------------------------------------
def _definition(registry: Registry, indicator: Indicator, links: _PageLinks, translator: Translator) -> str:
    """What is measured, the limits of the levels and where they come from, where the numbers come from."""
    # what a registry must document and has not is said to be missing; what is optional is left out
    missing = f"<em>{escape(translator('states.not_given'))}</em>"
    description = mark_registry_language(
        safe_html(indicator.long_description or indicator.short_description), translator, "div"
    )
    definitions = {
        "definition": description or missing,
        "target": _target_html(indicator, translator),
        "source_of_target": mark_registry_text(escape(indicator.target_source))
        or (missing if indicator.level_green is not None else ""),
        "source_of_data": mark_registry_text(escape(indicator.data_source or registry.name)),
        "reviewed": translator.date_html(indicator.reviewed) if indicator.reviewed else missing,
        "minimum": _limit_html(indicator.min_denominator, translator),
        "secret": translator.html(
            "indicator_page.secret_value", limit=_limit_html(registry.secret_threshold(indicator), translator)
        ),
        "registry": f'<a href="{relative_url(registry_page(registry.id), links.address)}">{escape(registry.name)}</a>',
        "field": ", ".join(_field_link(name, links) for name in registry.medical_fields),
        "keywords": mark_registry_text(escape(", ".join(registry.keywords))),
    }
    rows = "\n".join(
        f"<dt>{escape(translator(f'indicator_page.{key}'))}</dt><dd>{html}</dd>"
        for key, html in definitions.items()
        if html
    )
    return f'<dl class="kv-facts"{cell_attribute(cell_address(registry.id, indicator.id))}>{rows}</dl>'


def _limit_html(limit: int, translator: Translator) -> Html:
    """A published limit, such as the least number of patients, as a labelled number."""
    return number_html(translator.format_number(limit), limit, "limit")


def _field_link(name: str, links: _PageLinks) -> str:
    if name not in links.slugs.fields:
        return escape(name)
    return f'<a href="{relative_url(field_page(links.slugs.fields[name]), links.address)}">{escape(name)}</a>'


def _target_html(indicator: Indicator, translator: Translator) -> str:
    """The limits of the levels as a list.

    Worked example: green 0.9 and yellow 0.8, more is better: high "at least 90", moderate "80 to 90", low "under 80".
    Without a yellow limit there is no moderate level, and low is "under 90".
    """
    green, yellow = indicator.level_green, indicator.level_yellow
    if green is None:
        return escape(translator("indicator_page.no_target"))
    is_high_good, moderate = indicator.level_direction == 1, green if yellow is None else yellow
    # both limits are labelled with their role, by which the audit knows them for targets and not results
    numbers = {
        level: number_html(
            translator.format_value(indicator, level), level, "target" if level == green else "target-moderate"
        )
        for level in (green, moderate)
    }
    limits = {
        "high": translator.html(f"indicator_page.{'at_least' if is_high_good else 'at_most'}", value=numbers[green])
    }
    if moderate != green:
        low, high = sorted((green, moderate))
        limits["moderate"] = translator.html("indicator_page.between", low=numbers[low], high=numbers[high])
    limits["low"] = translator.html(f"indicator_page.{'under' if is_high_good else 'over'}", value=numbers[moderate])
    items = "".join(
        f"<li>{escape(translator(f'indicator_page.target_{level}'))}: {text}</li>" for level, text in limits.items()
    )
    return f"<ul>{items}</ul>"


def _download_jump(translator: Translator) -> str:
    """A link from the top of the page to the downloads."""
    return f'<p class="kv-jump"><a href="#last-ned">{escape(translator("indicator_page.download"))}</a></p>'


def _download_section(registry: Registry, address: str, translator: Translator) -> str:
    """A link to the numbers of this page and of all others of the registry."""
    href = relative_url(f"data/{registry.id}/index.qmd", address)
    return (
        f"<p>{escape(translator('indicator_page.download_text'))}</p>"
        f'<p class="kv-downloads"><a href="{href}">{escape(translator("indicator_page.all_data"))}</a></p>'
    )


def _year_links(
    published_registry: PublishedRegistry, indicator: Indicator, address: str, translator: Translator
) -> str:
    """Links to the pages of every year with results of this indicator."""
    cells, registry = published_registry.published.cells, published_registry.published.registry
    # years whose cells are published and whose page exists
    years_with_cells, links = set(cells["year"][cells["ind_id"] == indicator.id]), []
    anchors_by_page = {page.address: page.anchors for page in published_registry.pages}
    for year, round_ in published_registry.latest.rounds:
        page = year_page(registry.id, year, round_)
        if year not in years_with_cells or page not in published_registry.addresses:
            continue
        year_text = translator("page.interim_year", year=year) if round_ == "interim" else str(year)
        # a notebook need not show every indicator: without a section of its own the link leads to the whole page
        section = anchor(indicator.id)
        href = relative_url(page, address) + (f"#{section}" if section in anchors_by_page[page] else "")
        links.append(f'<li><a href="{href}">{escape(translator("indicator_page.year_link", year=year_text))}</a></li>')
    return f'<ul class="kv-columns">{"".join(links)}</ul>'
