"""The pages of hospitals, HFs and RHFs: everything that all registries show for one unit, and the list of all units.

Comes in: each registry's newest results. Goes out: one page and one small file for each unit that any registry
presents. What is certain comes first; nothing is ranked. Prose on these pages holds no number: beside the unit's name
only tables and lists that say which cell they tell of may.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from kvalreg.inputs.slugs import WITH_PAGE
from kvalreg.inputs.units import Level, Unit
from kvalreg.report.addresses import UNITS_PAGE, indicator_page, link, unit_page
from kvalreg.report.figures.cells import PublishedCell
from kvalreg.report.markup import escape_markdown, own_words, raw_html
from kvalreg.report.results_table import ResultLine, TableLook, attributes_html, hidden_note, results_table
from kvalreg.report.wording import Words, words
from kvalreg.report.yours import unit_told
from kvalreg.site import filters
from kvalreg.site.content import Content, Site
from kvalreg.site.newest import Newest, NewestResults, against_target
from kvalreg.site.staging import Page

CELLS = "tall.json"
"""Beside a unit's page: its cells, for other pages whose reader has chosen it."""
_RESULTS = "resultater"
_FIRST = 6
"""So many of a list are shown at once."""
_COLUMNS = ("indicator", "value", "patients", "target", "level", "change")


@dataclass(frozen=True)
class _Result:
    """One result of a unit, and where it comes from."""

    newest: Newest
    one: NewestResults
    cell: PublishedCell

    @property
    def about(self) -> dict[str, str]:
        """Which cell it is, as attributes."""
        return {
            "data-kv-registry": self.newest.registry.id,
            "data-kv-indicator": self.one.indicator.id,
            "data-kv-context": self.one.context,
            "data-kv-year": str(self.one.year),
            "data-kv-level": self.cell["level"],
            "data-kv-orgnr": self.cell["orgnr"],
        }


def units(site: Site) -> Content:
    """Every unit's page and file, and the list of all."""
    found = {unit.orgnr: list(_results(site, unit)) for unit in site.units if _has_page(site, unit)}
    pages = [_page(site, site.units[orgnr], results) for orgnr, results in found.items()]
    files = {
        unit_page(site.slugs.units[orgnr]).replace("index.qmd", CELLS): _file(site.units[orgnr], results)
        for orgnr, results in found.items()
    }
    return Content((_list(site), *pages), files)


def _has_page(site: Site, unit: Unit) -> bool:
    return unit.level in WITH_PAGE and unit.orgnr in site.presented


def _results(site: Site, unit: Unit) -> Iterable[_Result]:
    for shown in site.by_name:
        for one in shown.newest.results:
            cell = one.of(unit.level, unit.orgnr)
            if cell is not None:
                yield _Result(shown.newest, one, cell)


# --- the list --------------------------------------------------------------------------------------------------------
def _list(site: Site) -> Page:
    say = words("nb")
    listed = [unit for unit in site.units if _has_page(site, unit)]
    below: dict[str | None, list[Unit]] = {}
    for unit in listed:
        below.setdefault(unit.parent, []).append(unit)
    regions = [unit for unit in listed if unit.level is Level.RHF]
    form = filters.filter_form(filters.WHOLE_PAGE, [filters.text_filter(say)], say)
    parts = [raw_html(f'<p class="kv-lead">{escape(say("units_page.lead"))}</p>{form}')]
    for region in regions:
        parts += [
            f"## {escape_markdown(region.name)} {{#{site.slugs.units[region.orgnr]}}}",
            raw_html(_branch(site, region, below)),
        ]
    return Page(UNITS_PAGE, say("units_page.title"), "\n\n".join(parts), "nb", synthetic=site.synthetic)


def _branch(site: Site, region: Unit, below: dict[str | None, list[Unit]]) -> str:
    """A region's units: itself, its HFs, and their hospitals."""
    items = [_item(site, region, "")]
    for trust in below.get(region.orgnr, []):
        hospitals = "".join(_item(site, hospital, "") for hospital in below.get(trust.orgnr, []))
        items.append(_item(site, trust, f"<ul>{hospitals}</ul>" if hospitals else ""))
    return f'<ul class="kv-units-list">{"".join(items)}</ul>'


def _item(site: Site, unit: Unit, below: str) -> str:
    return f'<li data-f="rad" class="kv-unit-{unit.level}">{_unit_link(site, unit, UNITS_PAGE)}{below}</li>'


def _unit_link(site: Site, unit: Unit, at: str) -> str:
    return f'<a href="{link(unit_page(site.slugs.units[unit.orgnr]), at)}">{escape(unit.name)}</a>'


# --- one unit --------------------------------------------------------------------------------------------------------
def _page(site: Site, unit: Unit, results: list[_Result]) -> Page:
    say, at = words("nb"), unit_page(site.slugs.units[unit.orgnr])
    lead = escape(say("unit_page.lead" if results else "unit_page.empty", name=unit.name))
    parts = [
        raw_html(
            f'<p class="kv-lead kv-wide">{lead}</p><p class="kv-follow" data-unit="{escape(unit.orgnr)}" hidden>'
            f'<button type="button" class="kv-button">{escape(say("unit_page.make_yours"))}</button></p>'
        )
    ]
    if results:
        parts += [f"## {say('unit_page.glance')} {{#kort-fortalt}}", raw_html(_glance(results, at, say))]
        parts += [f"## {say('unit_page.all')} {{#{_RESULTS}}}", *_all(results, at, say)]
    parts += [f"## {say('unit_page.belongs')} {{#tilhorighet}}", raw_html(_around(site, unit, at, say))]
    trail = [(say("units_page.title"), UNITS_PAGE)]
    above = [one for one in site.units.ancestors(unit.orgnr)[::-1] if one.level in WITH_PAGE]
    trail += [(one.name, unit_page(site.slugs.units[one.orgnr])) for one in above]
    return Page(at, unit.name, "\n\n".join(parts), "nb", breadcrumb=tuple(trail), synthetic=site.synthetic)


def _glance(results: list[_Result], at: str, say: Words) -> str:
    """What is certain: targets reached and missed, changes for better and worse, in the registries' own order."""
    groups: dict[str, list[_Result]] = {name: [] for name in ("reached", "missed", "better", "worse", "other_change")}
    for result in results:
        if result.one.provisional or not result.cell["shown"]:
            continue
        said = against_target(result.cell, result.one.indicator)
        changed = result.cell["change"] if result.cell["change"] != "unclear" else ""
        for name in (said, changed if changed in groups else changed and "other_change"):
            if name:
                groups[name].append(result)
    boxes = "".join(_box(say(f"unit_page.{name}"), found, at, say) for name, found in groups.items() if found or
                    name in ("reached", "missed"))  # fmt: skip
    return f'<p class="kv-note">{escape(say("unit_page.glance_note"))}</p><div class="kv-glance">{boxes}</div>'


def _box(title: str, results: list[_Result], at: str, say: Words) -> str:
    lines = [_glance_line(result, at, say) for result in results]
    if not lines:
        return f"<div><h3>{escape(title)}</h3><p>{escape(say('unit_page.none'))}</p></div>"
    rest = "".join(lines[_FIRST:])
    more = f"<details><summary>{escape(say('unit_page.more'))}</summary><ul>{rest}</ul></details>" if rest else ""
    return f"<div><h3>{escape(title)}</h3><ul>{''.join(lines[:_FIRST])}</ul>{more}</div>"


def _glance_line(result: _Result, at: str, say: Words) -> str:
    registry, indicator = result.newest.registry, result.one.indicator
    told = words(say.language, registry.language)
    where = own_words(escape(registry.short_name), told)
    where += f", {escape(say('message.resident'))}" if result.one.context == "resident" else ""
    return (
        f'<li{attributes_html(result.about)}><a href="{_indicator_link(result, at)}">'
        f"{own_words(escape(indicator.title), told)}</a> "
        f"<span>{escape(told.value(indicator, result.cell['value']))}</span> "
        f'<span class="kv-note">{where}, {result.one.year}</span></li>'
    )


def _indicator_link(result: _Result, at: str) -> str:
    registry = result.newest.registry
    ids = [one.id for one in registry.indicators]
    return link(indicator_page(registry.id, result.one.indicator.id, ids), at)


def _all(results: list[_Result], at: str, say: Words) -> Iterable[str]:
    """The filters, then a table for each registry below its first medical field, and the one footnote."""
    by_field: dict[str, dict[str, list[_Result]]] = {}
    for result in results:
        field = result.newest.registry.medical_fields[0]
        by_field.setdefault(field, {}).setdefault(result.newest.registry.id, []).append(result)
    asked = [
        filters.text_filter(say),
        filters.choice(
            filters.FIELD,
            say("filter.field"),
            sorted({f for r in results for f in r.newest.registry.medical_fields}, key=str.lower),
        ),
        *filters.result_filters(say),
    ]
    yield raw_html(filters.filter_form(_RESULTS, asked, say))
    for field in sorted(by_field, key=str.lower):
        yield f"### {escape_markdown(field)}"
        yield raw_html("\n".join(_table(found, at, say) for found in by_field[field].values()))
    if any(not result.cell["shown"] for result in results):
        yield raw_html(hidden_note(say))


def _table(results: list[_Result], at: str, say: Words) -> str:
    newest = results[0].newest
    caption = f"{newest.registry.name}, {newest.round[0]}"
    lines = [_line(result, at, say) for result in results]
    return f'<div data-f-group="gruppe">{results_table(lines, TableLook(caption, _COLUMNS), say)}</div>'


def _line(result: _Result, at: str, say: Words) -> ResultLine:
    registry, one = result.newest.registry, result.one
    told = words(say.language, registry.language)
    notes = []
    if one.context == "resident":
        notes.append(say("message.resident"))
    if one.year != result.newest.round[0] or one.provisional:
        notes.append(say("results.of_year_provisional" if one.provisional else "results.of_year", year=one.year))
    note = f' <span class="kv-note">{escape(", ".join(notes))}</span>' if notes else ""
    title = own_words(escape(one.indicator.title), told)
    found_by = filters.row_values({filters.FIELD: registry.medical_fields})
    attributes = result.about | found_by | filters.result_values(result.cell, one.indicator)
    name = f'<a href="{_indicator_link(result, at)}">{title}</a>{note}'
    return ResultLine(name, one.indicator, result.cell, told, attributes)


def _around(site: Site, unit: Unit, at: str, say: Words) -> str:
    """Where the unit belongs: what it is part of, what it consists of, and its neighbours."""
    has_page = [one for one in site.units.ancestors(unit.orgnr) if _has_page(site, one)]
    beside = [] if unit.parent is None or unit.level is Level.RHF else site.units.children(unit.parent)
    groups = {
        "part_of": has_page,
        "has": [one for one in site.units.children(unit.orgnr) if _has_page(site, one)],
        "beside" if unit.level is Level.HOSPITAL else "beside_region": [
            one for one in beside if one.orgnr != unit.orgnr and _has_page(site, one)
        ],
    }
    rows = "".join(
        f"<dt>{escape(say(f'unit_page.{name}'))}</dt><dd><ul>"
        f"{''.join(f'<li>{_unit_link(site, one, at)}</li>' for one in found)}</ul></dd>"
        for name, found in groups.items()
        if found
    )
    return f'<dl class="kv-facts">{rows}</dl>'


def _file(unit: Unit, results: list[_Result]) -> bytes:
    """The unit's cells as the page's scripts read them."""
    blocks = [
        {
            "ind_id": result.one.indicator.id,
            "context": result.one.context,
            "year": result.one.year,
            "units": {
                unit.orgnr: unit_told(
                    {**result.cell, "unit": unit.name},
                    result.one.indicator,
                    words("nb", result.newest.registry.language),
                )
            },
        }
        for result in results
    ]
    return json.dumps(blocks, ensure_ascii=False, separators=(",", ":")).encode()
