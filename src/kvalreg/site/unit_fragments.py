"""One registry's fragment of each unit's page, of the file beside it, and of the unit in the API.

Input: one registry's latest results. Output: a `RegistryFragment` for each unit, as finished text. The pages of all
units are put together from registries' fragments, and those of a registry that has not changed are read from
`fragment_store`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kvalreg.inputs.slugs import LEVELS_WITH_PAGE
from kvalreg.inputs.unit_names import full_name
from kvalreg.report.cell_markup import cell_address, cell_attribute, year_html
from kvalreg.report.figures.cells import PublishedCell
from kvalreg.report.markup import escape, mark_registry_language
from kvalreg.report.results_table import ResultRow, TableOptions, attributes_html, results_table
from kvalreg.report.selected_unit import unit_data
from kvalreg.report.translation import Translator, get_translator
from kvalreg.site import filters
from kvalreg.site.api import latest_cells_json
from kvalreg.site.latest_results import IndicatorResult, LatestResults, target_outcome
from kvalreg.site.site_model import PublishedRegistry, RegistryFragment
from kvalreg.site.stale_notice import stale_table_notice
from kvalreg.urls import relative_url, unit_page

HIGHLIGHT_GROUPS = ("reached", "missed", "better", "worse", "other_change")
"""The lists of certain results on a unit's page, in their order."""
_COLUMNS = ("indicator", "value", "patients", "target", "level", "change")
_UNIT_PAGE = unit_page("enhet")
"""Every unit's page is as deep as this one, so relative links from it are the same."""


@dataclass(frozen=True)
class _UnitResult:
    """One result of a unit, and the registry's results that it is part of."""

    latest: LatestResults
    result: IndicatorResult
    cell: PublishedCell

    @property
    def attributes(self) -> dict[str, str]:
        """The cell's address, as attributes."""
        result = self.result
        cell_key = (self.latest.registry.id, result.indicator.id, result.context, result.year, self.cell["orgnr"])
        return {"data-kv-cell": cell_address(*cell_key)}


def unit_fragments(published_registry: PublishedRegistry) -> Mapping[str, RegistryFragment]:
    """The registry's fragments by unit: stored ones, or made now."""
    return (
        published_registry.fragments
        if published_registry.fragments is not None
        else _build_fragments(published_registry)
    )


def _build_fragments(published_registry: PublishedRegistry) -> Mapping[str, RegistryFragment]:
    # group the cells of all indicators by unit: a fragment has all results of one unit
    translator = get_translator("nb")
    results_by_orgnr: dict[str, list[_UnitResult]] = {}
    levels = {level.value for level in LEVELS_WITH_PAGE}
    for result in published_registry.latest.results:
        for (level, orgnr), cell in result.cells.items():
            if level in levels:
                results_by_orgnr.setdefault(orgnr, []).append(_UnitResult(published_registry.latest, result, cell))
    api_json_by_orgnr = latest_cells_json(published_registry)
    return {
        orgnr: _unit_fragment(
            published_registry, orgnr, results_by_orgnr.get(orgnr, []), api_json_by_orgnr.get(orgnr, ""), translator
        )
        for orgnr in sorted({*results_by_orgnr, *api_json_by_orgnr})
    }


def _unit_fragment(
    published_registry: PublishedRegistry,
    orgnr: str,
    unit_results: list[_UnitResult],
    api_json: str,
    translator: Translator,
) -> RegistryFragment:
    if not unit_results:  # the nation, which has no page, or a unit whose cells are all of earlier years
        return RegistryFragment(api_json=api_json)
    unit = published_registry.published.units[orgnr]
    blocks = (
        json.dumps(_script_block(full_name(unit, {}), unit_result), ensure_ascii=False, separators=(",", ":"))
        for unit_result in unit_results
    )
    return RegistryFragment(
        _highlights(unit_results, translator),
        _table(published_registry, unit_results, translator),
        ",".join(blocks),
        api_json,
    )


def _highlights(unit_results: list[_UnitResult], translator: Translator) -> dict[str, list[str]]:
    """Certain results as lines of HTML, by list: targets reached and missed, and changes."""
    groups: dict[str, list[str]] = {}
    for unit_result in unit_results:
        if unit_result.result.provisional or not unit_result.cell["shown"]:
            continue
        outcome = target_outcome(unit_result.cell, unit_result.result.indicator)
        change = unit_result.cell["change"] if unit_result.cell["change"] != "unclear" else ""
        # an indicator without a direction has increased or decreased, which is neither better nor worse
        for name in (outcome, change if change in HIGHLIGHT_GROUPS else change and "other_change"):
            if name:
                groups.setdefault(name, []).append(_highlight_line(unit_result, translator))
    return groups


def _highlight_line(unit_result: _UnitResult, translator: Translator) -> str:
    registry, indicator = unit_result.latest.registry, unit_result.result.indicator
    # a page in one language with titles in another: the second translator marks the registry's own texts
    registry_translator = get_translator(translator.language, registry.language)
    registry_html = mark_registry_language(escape(registry.short_name), registry_translator)
    value = escape(registry_translator.format_value(indicator, unit_result.cell["value"]))
    registry_html += f", {escape(translator('message.resident'))}" if unit_result.result.context == "resident" else ""
    return (
        f'<li{attributes_html(unit_result.attributes)}><a href="{_indicator_link(unit_result)}">'
        f"{mark_registry_language(escape(indicator.title), registry_translator)}</a> "
        f'<span data-kv-role="value">{value}</span> '
        f'<span class="kv-note">{registry_html}, {year_html(unit_result.result.year)}</span></li>'
    )


def _indicator_link(unit_result: _UnitResult) -> str:
    return relative_url(unit_result.latest.page_by_indicator[unit_result.result.indicator.id], _UNIT_PAGE)


def _table(published_registry: PublishedRegistry, unit_results: list[_UnitResult], translator: Translator) -> str:
    latest = unit_results[0].latest
    caption = f"{latest.registry.name}, {latest.latest_round[0]}"
    rows = [_result_row(unit_result, translator) for unit_result in unit_results]
    options = TableOptions(caption, _COLUMNS, f"fotnote-{latest.registry.id}", source=(latest.registry.id,))
    attributes = cell_attribute(cell_address(latest.registry.id))
    # the group lets a filter hide a table all of whose rows are hidden
    table = stale_table_notice(published_registry, translator) + results_table(rows, options, translator)
    return f'<div data-f-group="gruppe"{attributes}>{table}</div>'


def _result_row(unit_result: _UnitResult, translator: Translator) -> ResultRow:
    registry, result = unit_result.latest.registry, unit_result.result
    registry_translator = get_translator(translator.language, registry.language)
    note = (
        f' <span class="kv-note">{escape(", ".join(notes))}</span>'
        if (notes := [*_notes(unit_result, translator)])
        else ""
    )
    title = mark_registry_language(escape(result.indicator.title), registry_translator)
    filter_values = filters.filter_attributes({filters.FIELD: registry.medical_fields})
    attributes = (
        unit_result.attributes | filter_values | filters.result_filter_attributes(unit_result.cell, result.indicator)
    )
    name = f'<a href="{_indicator_link(unit_result)}">{title}</a>{note}'
    secret_below = registry.secret_threshold(result.indicator)
    return ResultRow(
        name, result.indicator, unit_result.cell, registry_translator, attributes, secret_below=secret_below
    )


def _notes(unit_result: _UnitResult, translator: Translator) -> Iterable[str]:
    # caregivers' results of the year in the caption need no note
    result = unit_result.result
    if result.context == "resident":
        yield translator("message.resident")
    if result.year != unit_result.latest.latest_round[0] or result.provisional:
        yield translator("results.of_year_provisional" if result.provisional else "results.of_year", year=result.year)


def _script_block(name: str, unit_result: _UnitResult) -> dict[str, object]:
    """A result as JSON for the page's scripts."""
    result, registry = unit_result.result, unit_result.latest.registry
    registry_translator = get_translator("nb", registry.language)
    # the same shape as the units' blocks on other pages, so that one script reads both
    unit_block = unit_data(
        {**unit_result.cell, "unit": name},
        result.indicator,
        registry_translator,
        registry.secret_threshold(result.indicator),
    )
    units = {unit_result.cell["orgnr"]: unit_block}
    return {
        "registry": registry.id,
        "ind_id": result.indicator.id,
        "context": result.context,
        "year": result.year,
        "units": units,
    }
