"""The pages of hospitals, HFs and RHFs: everything that all registries show for one unit, and the list of all units.

Comes in: each registry's share of every unit's page. Goes out: one page and one small file for each unit that any
registry presents. What is certain comes first; nothing is ranked. Prose on these pages holds no number: beside the
unit's name only tables and lists that say which cell they tell of may.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.slugs import WITH_PAGE
from kvalreg.inputs.units import Level, Unit
from kvalreg.report.addresses import UNITS_PAGE, link, unit_page
from kvalreg.report.markup import escape_markdown, raw_html
from kvalreg.report.wording import Words, words
from kvalreg.site import filters
from kvalreg.site.api import ROOT
from kvalreg.site.content import Content, Site, UnitShare
from kvalreg.site.staging import Page
from kvalreg.site.unit_shares import GLANCED, unit_shares

CELLS = "tall.json"
"""Beside a unit's page: its cells, for other pages whose reader has chosen it."""
_RESULTS = "resultater"
_FIRST = 6
"""So many of a list are shown at once."""
_Found = Sequence[tuple[Registry, UnitShare]]
"""The registries that tell of a unit, by name, each with its share of the unit's page."""


def units(site: Site) -> Content:
    """Every unit's page and file, and the list of all."""
    found = {unit.orgnr: _shares(site, unit) for unit in site.units if _has_page(site, unit)}
    pages = [_page(site, site.units[orgnr], shares) for orgnr, shares in found.items()]
    files = {
        unit_page(site.slugs.units[orgnr]).replace("index.qmd", CELLS): _file(shares) for orgnr, shares in found.items()
    }
    return Content((_list(site), *pages), files)


def _has_page(site: Site, unit: Unit) -> bool:
    return unit.level in WITH_PAGE and unit.orgnr in site.presented


def _shares(site: Site, unit: Unit) -> _Found:
    shares = ((one.published.registry, unit_shares(one).get(unit.orgnr)) for one in site.by_name)
    return [(registry, share) for registry, share in shares if share is not None and share.table]


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
            f"## {escape_markdown(site.name(region))} {{#{site.slugs.units[region.orgnr]}}}",
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
    return f'<a href="{link(unit_page(site.slugs.units[unit.orgnr]), at)}">{escape(site.name(unit))}</a>'


# --- one unit --------------------------------------------------------------------------------------------------------
def _page(site: Site, unit: Unit, found: _Found) -> Page:
    say, at = words("nb"), unit_page(site.slugs.units[unit.orgnr])
    lead = escape(say("unit_page.lead" if found else "unit_page.empty", name=site.name(unit)))
    parts = [
        raw_html(
            f'<p class="kv-lead kv-wide">{lead}</p><p class="kv-follow" data-unit="{escape(unit.orgnr)}" hidden>'
            f'<button type="button" class="kv-button">{escape(say("unit_page.make_yours"))}</button></p>'
        )
    ]
    if found:
        parts += [f"## {say('unit_page.glance')} {{#kort-fortalt}}", raw_html(_glance(found, say))]
        parts += [f"## {say('unit_page.all')} {{#{_RESULTS}}}", *_all(found, say)]
        rows = f"/{ROOT}/units/{unit.orgnr}.json"
        parts.append(raw_html(f'<p><a href="{escape(rows)}">{escape(say("unit_page.rows"))}</a></p>'))
    parts += [f"## {say('unit_page.belongs')} {{#tilhorighet}}", raw_html(_around(site, unit, at, say))]
    trail = [(say("units_page.title"), UNITS_PAGE)]
    above = [one for one in site.units.ancestors(unit.orgnr)[::-1] if one.level in WITH_PAGE]
    trail += [(site.name(one), unit_page(site.slugs.units[one.orgnr])) for one in above]
    return Page(at, site.name(unit), "\n\n".join(parts), "nb", breadcrumb=tuple(trail), synthetic=site.synthetic)


def _glance(found: _Found, say: Words) -> str:
    """What is certain: targets reached and missed, changes for better and worse, in the registries' own order."""
    groups = {name: [line for _, share in found for line in share.glance.get(name, ())] for name in GLANCED}
    boxes = "".join(_box(say(f"unit_page.{name}"), lines, say) for name, lines in groups.items() if lines or
                    name in ("reached", "missed"))  # fmt: skip
    return f'<p class="kv-note">{escape(say("unit_page.glance_note"))}</p><div class="kv-glance">{boxes}</div>'


def _box(title: str, lines: list[str], say: Words) -> str:
    if not lines:
        return f"<div><h3>{escape(title)}</h3><p>{escape(say('unit_page.none'))}</p></div>"
    rest = "".join(lines[_FIRST:])
    more = f"<details><summary>{escape(say('unit_page.more'))}</summary><ul>{rest}</ul></details>" if rest else ""
    return f"<div><h3>{escape(title)}</h3><ul>{''.join(lines[:_FIRST])}</ul>{more}</div>"


def _all(found: _Found, say: Words) -> Iterable[str]:
    """The filters, then a table for each registry below its first medical field."""
    by_field: dict[str, list[str]] = {}
    for registry, share in found:
        by_field.setdefault(registry.medical_fields[0], []).append(share.table)
    fields = {name for registry, _ in found for name in registry.medical_fields}
    asked = [
        filters.text_filter(say),
        filters.choice(filters.FIELD, say("filter.field"), sorted(fields, key=str.lower)),
        *filters.result_filters(say),
    ]
    yield raw_html(filters.filter_form(_RESULTS, asked, say))
    for field in sorted(by_field, key=str.lower):
        yield f"### {escape_markdown(field)}"
        yield raw_html("\n".join(by_field[field]))


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


def _file(found: _Found) -> bytes:
    """The unit's cells as the page's scripts read them."""
    return f"[{','.join(share.cells for _, share in found)}]".encode()
