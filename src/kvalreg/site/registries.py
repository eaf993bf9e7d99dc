"""The page of all registries: one line each, with its message, its years and how many targets are reached.

Comes in: each registry's newest results. Goes out: one page. Every year of every registry is reached from here.
"""

from __future__ import annotations

from html import escape

from kvalreg.report.addresses import REGISTRIES_PAGE, link, registry_page, year_page
from kvalreg.report.cell_markup import cell_address, year_html
from kvalreg.report.figures.theme import drawn
from kvalreg.report.markup import raw_html
from kvalreg.report.results_table import attributes_html
from kvalreg.report.wording import Words, words
from kvalreg.site import filters
from kvalreg.site.content import Content, Shown, Site
from kvalreg.site.staging import Page

_LIST = "alle"
_COLUMNS = {"name": "text", "message": "text", "reached": "reached", "years": "text"}
"""The columns, and what their numbers are."""


def registries(site: Site) -> Content:
    """The page of all registries."""
    say = words("nb")
    lead = f'<p class="kv-lead">{escape(say("registries.lead"))}</p>'
    years = sorted({str(year) for one in site.shown for year, _ in one.newest.rounds}, reverse=True)
    form = filters.filter_form(
        _LIST,
        [
            filters.text_filter(say),
            filters.choice(filters.FIELD, say("filter.field"), site.fields),
            filters.choice(filters.YEAR, say("filter.year"), years),
        ],
        say,
    )
    note = f'<p class="kv-note">{escape(say("registries.reached_note"))}</p>'
    body = f'<div class="kv-wide">{lead}{form}{_table(site, say)}{note}</div>'
    title = say("registries.title")
    return Content((Page(REGISTRIES_PAGE, title, raw_html(body), "nb", synthetic=site.synthetic),))


def _table(site: Site, say: Words) -> str:
    heads = "".join(
        f'<th scope="col" data-kv-role="{role}">{escape(say(f"registries.{name}"))}</th>'
        for name, role in _COLUMNS.items()
    )
    caption = escape(say("registries.caption"))
    rows = "\n".join(_row(one, say) for one in site.by_name)
    return (
        f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{caption}">'
        f'<table class="kv-table kv-counts kv-stack kv-registries" data-sortable id="{_LIST}">'
        f'<caption class="kv-unseen">{caption}</caption><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(shown: Shown, say: Words) -> str:
    """A registry: name and fields, its weightiest message in its own language, targets reached, years."""
    newest, registry = shown.newest, shown.published.registry
    lang = f' lang="{registry.language}"' if registry.language != say.language else ""
    values = {
        filters.FIELD: registry.medical_fields,
        filters.YEAR: tuple(str(year) for year, _ in newest.rounds),
    }
    about = filters.row_values(values) | {"data-kv-cell": cell_address(registry.id)}
    reached, of = newest.reached
    share = say.frequency(reached / of) if of else ""
    labels = {name: escape(say(f"registries.{name}")) for name in ("message", "reached", "years")}
    return (
        f'<tr{attributes_html(about)}><th scope="row"{lang}>'
        f'<a href="{link(registry_page(registry.id), REGISTRIES_PAGE)}">{escape(registry.name)}</a>'
        f'<span class="kv-note">{escape(", ".join(registry.medical_fields))}</span></th>'
        f'<td data-label="{labels["message"]}"{lang}>{shown.headline(*newest.round)}</td>'
        f'<td data-label="{labels["reached"]}" data-sort="{drawn(reached / of) if of else ""}">{share}</td>'
        f'<td data-label="{labels["years"]}" data-sort="{newest.round[0]}">{_years(shown, say)}</td></tr>'
    )


def _years(shown: Shown, say: Words) -> str:
    """Every year as a link, newest first."""
    registry_id = shown.published.registry.id
    links = []
    for year, round_ in shown.newest.rounds:
        text = say("page.interim_year", year=year) if round_ == "interim" else str(year)
        page = year_page(registry_id, year, round_)
        linked = f'<a href="{link(page, REGISTRIES_PAGE)}">{text}</a>'
        links.append(linked if page in shown.addresses else text.replace(str(year), year_html(year)))
    return f'<span class="kv-years">{" ".join(links)}</span>'
