"""The pages of medical fields: a field's registries and their indicators for the whole country, and the list of fields.

Comes in: each registry's newest results. Goes out: pages. The reader's own hospital comes beside the nation from the
file that lies beside its page.
"""

from __future__ import annotations

from html import escape

from kvalreg.report.addresses import FIELDS_PAGE, field_page, indicator_page, link, registry_page
from kvalreg.report.cell_markup import cell_address, cell_attribute
from kvalreg.report.markup import escape_markdown, own_words, raw_html
from kvalreg.report.results_table import ResultLine, TableLook, results_table
from kvalreg.report.wording import Words, words
from kvalreg.site import filters
from kvalreg.site.content import Content, Shown, Site
from kvalreg.site.delay import tables_delay_mark
from kvalreg.site.newest import Newest, NewestResults
from kvalreg.site.staging import Page

_COLUMNS = ("indicator", "value", "unit", "above", "target", "level", "change")


def fields(site: Site) -> Content:
    """Every medical field's page, and the list of all."""
    return Content((_list(site), *(_page(site, name) for name in site.fields)))


def _list(site: Site) -> Page:
    say = words("nb")
    parts = [raw_html(f'<p class="kv-lead">{escape(say("field_page.lead"))}</p>')]
    for name, found in site.fields.items():
        address = field_page(site.slugs.fields[name])
        items = "".join(f"<li>{_registry_link(one, FIELDS_PAGE, say)}</li>" for one in found)
        parts += [
            f"## [{escape_markdown(name)}](/{address}) {{#{site.slugs.fields[name]}}}",
            raw_html(f'<ul class="kv-list">{items}</ul>'),
        ]
    return Page(FIELDS_PAGE, say("field_page.title"), "\n\n".join(parts), "nb", synthetic=site.synthetic)


def _registry_link(shown: Shown, at: str, say: Words) -> str:
    registry = shown.published.registry
    lang = f' lang="{registry.language}"' if registry.language != say.language else ""
    return (
        f'<a href="{link(registry_page(registry.id), at)}"{lang}>{escape(registry.name)}</a>'
        f'<span class="kv-note"{lang}>{shown.headline(*shown.newest.round)}</span>'
    )


def _page(site: Site, name: str) -> Page:
    say, at = words("nb"), field_page(site.slugs.fields[name])
    form = filters.filter_form(filters.WHOLE_PAGE, [filters.text_filter(say), *filters.result_filters(say)], say)
    cells = '<div data-unit-cells="fil" hidden></div>'
    parts = [
        raw_html(f'<p class="kv-lead kv-wide">{escape(say("field_page.one_lead"))}</p>{form}{cells}'),
    ]
    for shown in site.fields[name]:
        parts += _section(shown, at, say)
    trail = ((say("field_page.title"), FIELDS_PAGE),)
    return Page(at, name, "\n\n".join(parts), "nb", breadcrumb=trail, synthetic=site.synthetic)


def _section(shown: Shown, at: str, say: Words) -> list[str]:
    """A registry: its name, the table of its indicators, and the way to its own page."""
    newest, registry = shown.newest, shown.published.registry
    told = words(say.language, registry.language)
    title = escape_markdown(registry.name)
    title = f"[{title}]{{lang={registry.language}}}" if told.lang else title
    lines = [_line(newest, one, at, told) for one in newest.national if one.nation]
    caption = say("field_page.caption", name=registry.short_name, year=newest.round[0])
    look = TableLook(caption, _COLUMNS, f"fotnote-{registry.id}", source=(registry.id,))
    table = tables_delay_mark(shown, say) + results_table(lines, look, say)
    about = cell_attribute(cell_address(registry.id))
    more = f'<p><a href="{link(registry_page(registry.id), at)}">{escape(say("field_page.see_registry"))}</a></p>'
    return [f"## {title} {{#{registry.id}}}", raw_html(f'<div data-f-group="gruppe"{about}>{table}</div>{more}')]


def _line(newest: Newest, one: NewestResults, at: str, told: Words) -> ResultLine:
    registry = newest.registry
    page = indicator_page(registry.id, one.indicator.id, [other.id for other in registry.indicators])
    notes = [told("message.resident")] if one.context == "resident" else []
    if one.year != newest.round[0] or one.provisional:
        notes.append(told("results.of_year_provisional" if one.provisional else "results.of_year", year=one.year))
    note = f' <span class="kv-note">{escape(", ".join(notes))}</span>' if notes else ""
    name = f'<a href="{link(page, at)}">{own_words(escape(one.indicator.title), told)}</a>{note}'
    assert one.nation is not None
    key = (one.indicator.id, one.context, one.year, one.nation["orgnr"])
    about = {"data-kv-cell": cell_address("", *key)}
    about |= filters.result_values(one.nation, one.indicator)
    secret_below = registry.secret_below_of(one.indicator)
    return ResultLine(name, one.indicator, one.nation, told, about, secret_below=secret_below)
