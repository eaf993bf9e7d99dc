"""The pages of indicators: message, all units, trend, variation, definition, downloads, each at a permanent address.

Comes in: one registry's published cells. Goes out: its indicators' pages, as a pure function of those cells. All that
is drawn comes from the pieces that notebooks use too.
"""

from __future__ import annotations

from collections.abc import Iterable

from kvalreg.inputs.descriptor import Indicator, Registry
from kvalreg.inputs.slugs import Slugs
from kvalreg.inputs.unit_names import full_name
from kvalreg.inputs.units import Level
from kvalreg.report.addresses import (
    REGISTRIES_PAGE,
    anchor,
    field_page,
    indicator_page,
    link,
    registry_page,
    unit_page,
    year_page,
)
from kvalreg.report.cell_markup import Html, cell_address, cell_attribute, number_html
from kvalreg.report.display import Piece, html_piece, join
from kvalreg.report.drawing import draw
from kvalreg.report.figures.cells import Cells, PublishedCell, ordered
from kvalreg.report.markup import escape, escape_markdown, own_words, registry_words, safe_html
from kvalreg.report.report import Report
from kvalreg.report.results_table import ResultLine, TableLook, results_table
from kvalreg.report.wording import Words
from kvalreg.site import filters
from kvalreg.site.content import Content, Shown, Site
from kvalreg.site.delay import delay_mark
from kvalreg.site.newest import Newest, NewestResults
from kvalreg.site.staging import Page

_COLUMNS = ("unit", "value", "patients", "level", "change")
_UNITS = "enheter"


def indicators(site: Site) -> Content:
    """Every indicator's page."""
    return Content(tuple(page for shown in site.shown for page in indicator_pages(shown, site.slugs)))


def indicator_pages(shown: Shown, slugs: Slugs) -> Iterable[Page]:
    """The pages of one registry's indicators, each in its newest complete year."""
    by_indicator: dict[str, list[NewestResults]] = {}
    for one in shown.newest.results:
        by_indicator.setdefault(one.indicator.id, []).append(one)
    for contexts in by_indicator.values():
        yield _page(shown, contexts, slugs)


def _page(shown: Shown, contexts: list[NewestResults], slugs: Slugs) -> Page:
    newest = shown.newest
    registry, indicator = newest.registry, contexts[0].indicator
    at = indicator_page(registry.id, indicator.id, [one.id for one in registry.indicators])
    say = newest.report.words
    description = safe_html(indicator.short_description)
    lead = html_piece(f'<div class="kv-lead kv-wide">{registry_words(description, tag="div")}</div>')
    parts = [Piece(delay_mark(shown, say)), lead]
    several = len(contexts) > 1
    for one in contexts:
        parts += [_report(newest, one).text(indicator.id, one.context)]
        parts += [html_piece(_to_downloads(say))] if one is contexts[0] else []
        parts += [_context(newest, one, _Place(at, slugs), several=several)]
    parts += [
        Piece(f"## {escape_markdown(say('indicator_page.about'))} {{#om}}"),
        html_piece(_definition(registry, indicator, _Place(at, slugs), say)),
        Piece(f"## {escape_markdown(say('indicator_page.download'))} {{#last-ned}}"),
        html_piece(_downloads(registry, at, say)),
        Piece(f"## {escape_markdown(say('indicator_page.years'))} {{#ar}}"),
        html_piece(_years(shown, indicator, at, say)),
    ]
    trail = (
        (say("registries.title"), REGISTRIES_PAGE),
        (registry.name, registry_page(registry.id)),
    )
    body = draw(join(parts).markdown)
    about = " ".join(indicator.short_description.split())
    return Page(at, indicator.title, body, registry.language, about, trail, registry.synthetic)


class _Place:
    """Where a page is, and where units' pages are, seen from it."""

    def __init__(self, at: str, slugs: Slugs) -> None:
        self.at, self.slugs = at, slugs

    def unit(self, orgnr: str) -> str:
        """The address of a unit's page; empty for the nation and counties, which have none."""
        return link(unit_page(self.slugs.units[orgnr]), self.at) if orgnr in self.slugs.units else ""


# --- results ---------------------------------------------------------------------------------------------------------
def _report(newest: Newest, one: NewestResults) -> Report:
    """The report of the year that is told of."""
    return newest.report_of(one.year, "interim" if one.provisional else "final")


def _context(newest: Newest, one: NewestResults, place: _Place, *, several: bool) -> Piece:
    """Units, trend and variation in one context."""
    report = _report(newest, one)
    ind, context, say = one.indicator.id, one.context, report.words
    suffix = f"-{context}" if several else ""
    which = f" ({say(f'message.{context}')})" if several else ""
    return join(
        [
            Piece(f"## {escape_markdown(say('indicator_page.units') + which)} {{#{_UNITS}{suffix}}}"),
            _unit_table(report, one, place, f"{_UNITS}{suffix}"),
            _variation(report, ind, context),
            Piece(f"## {escape_markdown(say('indicator_page.trend') + which)} {{#utvikling{suffix}}}"),
            report.trend(ind, context),
            report.levels(ind, context),
            report.units(ind, context),
        ]
    )


def _unit_table(report: Report, one: NewestResults, place: _Place, target: str) -> Piece:
    """The nation and every unit that is compared, with word and symbol; why it is not the hospitals where it is not."""
    say, indicator = report.words, one.indicator
    level, cells = report.units_compared(indicator, one.context)
    nation = report.nation(indicator, one.context)
    if level is Level.NATION or not cells:
        table = f"<p>{escape(say('indicator_page.no_units'))}</p>"
    else:
        cells = ordered(cells, indicator, "value")
        word = say(f"units.{level.value}", count=len(cells))
        caption = say("indicator_page.table_caption", unit_word_capital=word[:1].upper() + word[1:], year=one.year)
        about = {"data-kv-cell": cell_address(report.registry.id, indicator.id, one.context, one.year)}
        lines = [_line(report, cell, indicator, place) for cell in [*nation, *cells]]
        form = filters.filter_form(target, _filters(report, cells), say)
        look = TableLook(caption, _COLUMNS, f"fotnote-{target}", about, (report.registry.id, indicator.id))
        table = form + results_table(lines, look, say)
    return join([report.presentation(indicator.id, one.context), html_piece(table)])


def _filters(report: Report, cells: Cells) -> Iterable[filters.Filter]:
    say = report.words
    yield filters.text_filter(say)
    regions = dict.fromkeys(region for cell in cells if (region := _region(report, cell)))
    if len(regions) > 1:
        yield filters.choice(filters.REGION, say("filter.region"), sorted(regions))
    yield from filters.result_filters(say)


def _region(report: Report, cell: PublishedCell) -> str:
    """The name of the RHF that a unit belongs to; empty for what belongs to none."""
    units = report.published.units
    if cell["orgnr"] not in units:
        return ""
    chain = (units[cell["orgnr"]], *units.ancestors(cell["orgnr"]))
    return next((full_name(unit, {}) for unit in chain if unit.level is Level.RHF), "")


def _line(report: Report, cell: PublishedCell, indicator: Indicator, place: _Place) -> ResultLine:
    name, href = escape(str(cell["unit"])), place.unit(cell["orgnr"])
    attributes = {"data-unit": str(cell["orgnr"])}
    attributes |= filters.row_values({filters.REGION: (_region(report, cell),)})
    attributes |= filters.result_values(cell, indicator)
    linked = f'<a href="{href}">{name}</a>' if href else name
    secret_below = report.registry.secret_below_of(indicator)
    return ResultLine(linked, indicator, cell, report.words, attributes, secret_below=secret_below)


def _variation(report: Report, ind: str, context: str) -> Piece:
    """The second layer, folded: the units with their intervals, the funnel, and what has changed."""
    found = join([report.compare(ind, context), report.funnel(ind, context), report.change(ind, context)])
    if not found.markdown:
        return found
    summary = f'<details class="kv-deep"><summary>{escape(report.words("figure.variation"))}</summary>'
    return join([html_piece(summary), found, html_piece("</details>")])


# --- the indicator's own words ---------------------------------------------------------------------------------------
def _definition(registry: Registry, indicator: Indicator, place: _Place, say: Words) -> str:
    """What is measured, the limits of the levels and where they come from, where the numbers come from."""
    missing = f"<em>{escape(say('states.not_given'))}</em>"
    long = own_words(safe_html(indicator.long_description or indicator.short_description), say, "div")
    facts = {
        "definition": long or missing,
        "target": _target(indicator, say),
        "source_of_target": registry_words(escape(indicator.target_source))
        or (missing if indicator.level_green is not None else ""),
        "source_of_data": registry_words(escape(indicator.data_source or registry.name)),
        "reviewed": say.date_html(indicator.reviewed) if indicator.reviewed else missing,
        "minimum": _limit(indicator.min_denominator, say),
        "secret": say.html("indicator_page.secret_value", limit=_limit(registry.secret_below_of(indicator), say)),
        "registry": f'<a href="{link(registry_page(registry.id), place.at)}">{escape(registry.name)}</a>',
        "field": ", ".join(_field(name, place) for name in registry.medical_fields),
        "keywords": registry_words(escape(", ".join(registry.keywords))),
    }
    rows = "\n".join(
        f"<dt>{escape(say(f'indicator_page.{key}'))}</dt><dd>{html}</dd>" for key, html in facts.items() if html
    )
    return f'<dl class="kv-facts"{cell_attribute(cell_address(registry.id, indicator.id))}>{rows}</dl>'


def _limit(limit: int, say: Words) -> Html:
    """A limit that everybody knows."""
    return number_html(say.number(limit), limit, "limit")


def _field(name: str, place: _Place) -> str:
    if name not in place.slugs.fields:
        return escape(name)
    return f'<a href="{link(field_page(place.slugs.fields[name]), place.at)}">{escape(name)}</a>'


def _target(indicator: Indicator, say: Words) -> str:
    """The limits of the levels as a list."""
    green, yellow = indicator.level_green, indicator.level_yellow
    if green is None:
        return escape(say("indicator_page.no_target"))
    up, last = indicator.level_direction == 1, green if yellow is None else yellow
    numbers = {
        level: number_html(say.value(indicator, level), level, "target" if level == green else "target-moderate")
        for level in (green, last)
    }
    limits = {"high": say.html(f"indicator_page.{'at_least' if up else 'at_most'}", value=numbers[green])}
    if last != green:
        low, high = sorted((green, last))
        limits["moderate"] = say.html("indicator_page.between", low=numbers[low], high=numbers[high])
    limits["low"] = say.html(f"indicator_page.{'under' if up else 'over'}", value=numbers[last])
    items = "".join(
        f"<li>{escape(say(f'indicator_page.target_{level}'))}: {text}</li>" for level, text in limits.items()
    )
    return f"<ul>{items}</ul>"


def _to_downloads(say: Words) -> str:
    """The way to the downloads from the top of the page."""
    return f'<p class="kv-jump"><a href="#last-ned">{escape(say("indicator_page.download"))}</a></p>'


def _downloads(registry: Registry, at: str, say: Words) -> str:
    """Where the numbers of this page and of all others can be fetched."""
    href = link(f"data/{registry.id}/index.qmd", at)
    return (
        f"<p>{escape(say('indicator_page.download_text'))}</p>"
        f'<p class="kv-downloads"><a href="{href}">{escape(say("indicator_page.all_data"))}</a></p>'
    )


def _years(shown: Shown, indicator: Indicator, at: str, say: Words) -> str:
    """The pages of every year that tell of this indicator."""
    cells, registry = shown.published.cells, shown.published.registry
    told_of, links = set(cells["year"][cells["ind_id"] == indicator.id]), []
    sections = {page.address: page.anchors for page in shown.pages}
    for year, round_ in shown.newest.rounds:
        page = year_page(registry.id, year, round_)
        if year not in told_of or page not in shown.addresses:
            continue
        told = say("page.interim_year", year=year) if round_ == "interim" else str(year)
        part = anchor(indicator.id)
        href = link(page, at) + (f"#{part}" if part in sections[page] else "")
        links.append(f'<li><a href="{href}">{escape(say("indicator_page.year_link", year=told))}</a></li>')
    return f'<ul class="kv-columns">{"".join(links)}</ul>'
