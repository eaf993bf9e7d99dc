"""The pages of hospitals, HFs and RHFs: everything that all registries show for one unit, and the list of all units.

Input: each registry's fragment of every unit's page. Output: one page and one small file for each unit that any
registry presents. Certain results come first; nothing is ranked. Prose on these pages holds no number but in the unit's
name: only tables and lists whose numbers name their cell hold any, so that the audit can check each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.slugs import LEVELS_WITH_PAGE
from kvalreg.inputs.units import Level, Unit
from kvalreg.report.markup import escape_markdown, raw_html
from kvalreg.report.translation import Translator, get_translator
from kvalreg.site import filters
from kvalreg.site.api import API_ROOT
from kvalreg.site.site_model import RegistryFragment, Site, SiteOutput
from kvalreg.site.staging import Page
from kvalreg.site.unit_fragments import HIGHLIGHT_GROUPS, unit_fragments
from kvalreg.urls import UNITS_PAGE, relative_url, unit_page

UNIT_FILE = "tall.json"
"""The file beside a unit's page: its cells, for other pages on which it is the selected unit."""
_RESULTS_ANCHOR = "resultater"
_FIRST_LINES = 6
"""How many lines of a list are shown; the others are collapsed."""
_RegistryFragments = Sequence[tuple[Registry, RegistryFragment]]
"""The registries with results of a unit, by name, each with its fragment of the unit's page."""


def generate_unit_pages(site: Site) -> SiteOutput:
    """Every unit's page and file, and the list of all."""
    fragments_by_orgnr = {unit.orgnr: _fragments(site, unit) for unit in site.units if _has_page(site, unit)}
    pages = [_page(site, site.units[orgnr], fragments) for orgnr, fragments in fragments_by_orgnr.items()]
    files = {
        unit_page(site.slugs.units[orgnr]).replace("index.qmd", UNIT_FILE): _file(fragments)
        for orgnr, fragments in fragments_by_orgnr.items()
    }
    return SiteOutput((_list_page(site), *pages), files)


def _has_page(site: Site, unit: Unit) -> bool:
    return unit.level in LEVELS_WITH_PAGE and unit.orgnr in site.presented_orgnrs


def _fragments(site: Site, unit: Unit) -> _RegistryFragments:
    fragments = (
        (published_registry.published.registry, unit_fragments(published_registry).get(unit.orgnr))
        for published_registry in site.sorted_registries
    )
    # a fragment without a table is of a unit without results in any latest year: it counts for the API alone
    return [(registry, fragment) for registry, fragment in fragments if fragment is not None and fragment.table]


# --- the list --------------------------------------------------------------------------------------------------------
def _list_page(site: Site) -> Page:
    translator = get_translator("nb")
    units = [unit for unit in site.units if _has_page(site, unit)]
    units_by_parent: dict[str | None, list[Unit]] = {}
    for unit in units:
        units_by_parent.setdefault(unit.parent, []).append(unit)
    regions = [unit for unit in units if unit.level is Level.RHF]
    form = filters.filter_form(filters.WHOLE_PAGE, [filters.text_filter(translator)], translator)
    parts = [raw_html(f'<p class="kv-lead">{escape(translator("units_page.lead"))}</p>{form}')]
    # a section for each region, so that the page's table of contents lists the regions
    for region in regions:
        parts += [
            f"## {escape_markdown(site.name(region))} {{#{site.slugs.units[region.orgnr]}}}",
            raw_html(_region_list(site, region, units_by_parent)),
        ]
    return Page(UNITS_PAGE, translator("units_page.title"), "\n\n".join(parts), "nb", synthetic=site.synthetic)


def _region_list(site: Site, region: Unit, units_by_parent: dict[str | None, list[Unit]]) -> str:
    """A region's units: itself, its HFs, and their hospitals."""
    items = [_unit_item(site, region, "")]
    for trust in units_by_parent.get(region.orgnr, []):
        hospitals = "".join(_unit_item(site, hospital, "") for hospital in units_by_parent.get(trust.orgnr, []))
        items.append(_unit_item(site, trust, f"<ul>{hospitals}</ul>" if hospitals else ""))
    return f'<ul class="kv-units-list">{"".join(items)}</ul>'


def _unit_item(site: Site, unit: Unit, children_html: str) -> str:
    return f'<li data-f="rad" class="kv-unit-{unit.level}">{_unit_link(site, unit, UNITS_PAGE)}{children_html}</li>'


def _unit_link(site: Site, unit: Unit, address: str) -> str:
    return f'<a href="{relative_url(unit_page(site.slugs.units[unit.orgnr]), address)}">{escape(site.name(unit))}</a>'


# --- one unit --------------------------------------------------------------------------------------------------------
def _page(site: Site, unit: Unit, fragments: _RegistryFragments) -> Page:
    translator, address = get_translator("nb"), unit_page(site.slugs.units[unit.orgnr])
    lead = escape(translator("unit_page.lead" if fragments else "unit_page.empty", name=site.name(unit)))
    parts = [
        raw_html(
            f'<p class="kv-lead kv-wide">{lead}</p><p class="kv-follow" data-unit="{escape(unit.orgnr)}" hidden>'
            f'<button type="button" class="kv-button">{escape(translator("unit_page.make_yours"))}</button></p>'
        )
    ]
    if fragments:
        parts += [
            f"## {translator('unit_page.glance')} {{#kort-fortalt}}",
            raw_html(_highlights(fragments, translator)),
        ]
        parts += [f"## {translator('unit_page.all')} {{#{_RESULTS_ANCHOR}}}", *_result_tables(fragments, translator)]
        # the root's sign leads from any depth, and renderers turn it into a relative address
        rows = f"/{API_ROOT}/units/{unit.orgnr}.json"
        parts.append(raw_html(f'<p><a href="{escape(rows)}">{escape(translator("unit_page.rows"))}</a></p>'))
    parts += [
        f"## {translator('unit_page.belongs')} {{#tilhorighet}}",
        raw_html(_related_units(site, unit, address, translator)),
    ]
    # from the top down: the region, then the HF
    breadcrumb = [(translator("units_page.title"), UNITS_PAGE)]
    ancestors = [ancestor for ancestor in site.units.ancestors(unit.orgnr)[::-1] if ancestor.level in LEVELS_WITH_PAGE]
    breadcrumb += [(site.name(ancestor), unit_page(site.slugs.units[ancestor.orgnr])) for ancestor in ancestors]
    return Page(
        address, site.name(unit), "\n\n".join(parts), "nb", breadcrumb=tuple(breadcrumb), synthetic=site.synthetic
    )


def _highlights(fragments: _RegistryFragments, translator: Translator) -> str:
    """Certain results: targets reached and missed, changes for better and worse, in the registries' own order."""
    boxes = ""
    for name in HIGHLIGHT_GROUPS:
        lines = [line for _, fragment in fragments for line in fragment.highlights.get(name, ())]
        if lines or name in ("reached", "missed"):  # that no target is missed is worth saying
            boxes += _highlight_box(translator(f"unit_page.{name}"), lines, translator)
    return f'<p class="kv-note">{escape(translator("unit_page.glance_note"))}</p><div class="kv-glance">{boxes}</div>'


def _highlight_box(title: str, lines: list[str], translator: Translator) -> str:
    if not lines:
        return f"<div><h3>{escape(title)}</h3><p>{escape(translator('unit_page.none'))}</p></div>"
    hidden_lines = "".join(lines[_FIRST_LINES:])
    details_html = (
        f"<details><summary>{escape(translator('unit_page.more'))}</summary><ul>{hidden_lines}</ul></details>"
        if hidden_lines
        else ""
    )
    return f"<div><h3>{escape(title)}</h3><ul>{''.join(lines[:_FIRST_LINES])}</ul>{details_html}</div>"


def _result_tables(fragments: _RegistryFragments, translator: Translator) -> Iterable[str]:
    """The filters, then a table for each registry below its first medical field."""
    # a registry has one table only, below its first field; filters find it by any of its fields
    tables_by_field: dict[str, list[str]] = {}
    for registry, fragment in fragments:
        tables_by_field.setdefault(registry.medical_fields[0], []).append(fragment.table)
    fields = {name for registry, _ in fragments for name in registry.medical_fields}
    list_filters = [
        filters.text_filter(translator),
        filters.choice_filter(filters.FIELD, translator("filter.field"), sorted(fields, key=str.lower)),
        *filters.result_filters(translator),
    ]
    yield raw_html(filters.filter_form(_RESULTS_ANCHOR, list_filters, translator))
    for field in sorted(tables_by_field, key=str.lower):
        yield f"### {escape_markdown(field)}"
        yield raw_html("\n".join(tables_by_field[field]))


def _related_units(site: Site, unit: Unit, address: str, translator: Translator) -> str:
    """Related units: those that it is part of, those that it consists of, and its neighbours."""
    ancestors = [candidate for candidate in site.units.ancestors(unit.orgnr) if _has_page(site, candidate)]
    # an RHF has no neighbours: all RHFs are in the list of all units
    siblings = [] if unit.parent is None or unit.level is Level.RHF else site.units.children(unit.parent)
    groups = {
        "part_of": ancestors,
        "has": [candidate for candidate in site.units.children(unit.orgnr) if _has_page(site, candidate)],
        "beside" if unit.level is Level.HOSPITAL else "beside_region": [
            candidate for candidate in siblings if candidate.orgnr != unit.orgnr and _has_page(site, candidate)
        ],
    }
    rows = "".join(
        f"<dt>{escape(translator(f'unit_page.{name}'))}</dt><dd><ul>"
        f"{''.join(f'<li>{_unit_link(site, candidate, address)}</li>' for candidate in related)}</ul></dd>"
        for name, related in groups.items()
        if related
    )
    return f'<dl class="kv-facts">{rows}</dl>'


def _file(fragments: _RegistryFragments) -> bytes:
    """The unit's cells as JSON for the page's scripts."""
    return f"[{','.join(fragment.cells_json for _, fragment in fragments)}]".encode()
