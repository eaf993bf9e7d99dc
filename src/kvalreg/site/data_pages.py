"""The pages of open data: what there is, one page for each registry, the dictionary, and how to use the API.

Comes in: the site, and the files that were made. Goes out: `/data/`, `/data/<id>/` and `/api/`, and the first two's
metadata for search engines. The pages for all registries are in three languages; a registry's is in its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from kvalreg.report.addresses import SOURCES
from kvalreg.report.cell_markup import Html, number_html
from kvalreg.report.figures.component import script_json
from kvalreg.report.markup import escape_markdown, own_words, raw_html
from kvalreg.report.wording import LANGUAGES, Words, words
from kvalreg.site.api import ROOT, api, registry_answers
from kvalreg.site.catalogue import dataset_markup
from kvalreg.site.content import Content, Shown, Site
from kvalreg.site.delay import delay_mark
from kvalreg.site.languages import in_language, language_links
from kvalreg.site.open_data import COLUMNS, FOOTNOTES, Column, slugs
from kvalreg.site.open_files import (
    INDICATOR_COLUMNS,
    INDICATORS,
    NOTES,
    RESULTS,
    UNIT_COLUMNS,
    UNITS,
    open_files,
    registry_files,
)
from kvalreg.site.staging import Page
from kvalreg.site.unit_shares import unit_shares

DATA, API = "data/index.qmd", "api/index.qmd"
_INDICATOR = "data/{registry}/indicators/{slug}.json"
_ANSWERS = (
    ("index", "data.answer_index", f"/{ROOT}/index.json"),
    ("names", "data.answer_names", f"/{ROOT}/info/names.json"),
    ("medicalFields", "data.answer_fields", f"/{ROOT}/info/medicalFields.json"),
    ("descriptions", "data.answer_descriptions", f"/{ROOT}/data/{{registry}}/descriptions.json"),
    ("years", "data.answer_years", f"/{ROOT}/data/{{registry}}/years.json"),
    ("unitNames", "data.answer_names_of_units", f"/{ROOT}/data/{{registry}}/unitNames.json"),
    ("indicator", "data.answer_indicator", f"/{ROOT}/{_INDICATOR}"),
    ("units", "data.answer_units", f"/{ROOT}/units.json"),
    ("unit", "data.answer_unit", f"/{ROOT}/units/{{orgnr}}.json"),
    ("results", "data.answer_results", f"/data/{{registry}}/{RESULTS}.json"),
)
"""Every kind of answer, what it is, and where it lies."""


def open_data(site: Site) -> Content:
    """Open data of all registries: files, API and pages."""
    files = dict(open_files(site).files) | dict(api(site, map(unit_shares, site.shown)).files)
    pages = [_data_page(site, words(language)) for language in LANGUAGES]
    pages += [_api_page(site, words(language)) for language in LANGUAGES]
    return Content(tuple(pages), files)


def registry_data(site: Site) -> Content:
    """Open data of each registry: its files, its answers and its page."""
    files: dict[str, bytes] = {}
    pages = []
    for shown in site.shown:
        files |= registry_files(shown, site) | dict(registry_answers(shown).files)
        pages.append(_registry_page(shown, site, files))
    return Content(tuple(pages), files)


def _data_page(site: Site, say: Words) -> Page:
    """What there is from every registry, formats, dictionary, footnotes, and how to cite."""
    shared = ((f"/data/{UNITS}.csv", "file_units"), (f"/data/{NOTES}.csv", "file_notes"))
    links = [*shared, ("/data/catalog.ttl", "file_catalogue")]
    parts = [
        language_links(DATA, say),
        raw_html(f'<p class="kv-lead">{escape(say("data.lead"))}</p>'),
        _heading("registries", say),
        raw_html(_registry_table(site.by_name, say)),
        _links(links, say),
        _heading("api_title", say, "api"),
        _paragraph("api_lead", say),
        f"[{escape_markdown(say('data.api_link'))}](/{in_language(API, say.language)})",
        *(_section(key, say) for key in ("formats", "cite")),
        *_dictionary(say),
    ]
    return _page(DATA, "title", "description", parts, site, say)


def _registry_page(shown: Shown, site: Site, files: Mapping[str, bytes]) -> Page:
    """One registry's files, licence and dictionary."""
    registry = shown.published.registry
    say = words(registry.language)
    folder = f"/data/{registry.id}"
    results = "".join(
        f'<li><a href="{address}">{say.html(f"data.file_results_{kind}", size=_size(files[address[1:]], say))}</a></li>'
        for kind in ("csv", "json")
        for address in [f"{folder}/{RESULTS}.{kind}"]
    )
    others = [(f"{folder}/{INDICATORS}.csv", "file_indicators"), (f"{folder}/datapackage.json", "file_package")]
    licence = say(
        "data.licence_text",
        licence=f'<a href="{escape(str(registry.licence.url))}" rel="license">{escape(registry.licence.name)}</a>',
    )
    parts = [
        delay_mark(shown, say),
        raw_html(f'<p class="kv-lead">{escape(say("data.registry_lead", name=registry.name))}</p>'),
        _heading("files", say),
        raw_html(f"<ul>{results}</ul>"),
        _links(others, say),
        raw_html(f"<p>{licence}</p>"),
        f"[{escape_markdown(say('data.registry_page'))}](/registre/{registry.id}/index.qmd)",
        f"## {escape_markdown(say('number.sources'))} {{#{SOURCES}}}",
        escape_markdown(say("number.sources_text")),
        raw_html(_sources(shown, say)),
        *_dictionary(say),
        f"[{escape_markdown(say('data.more'))}](/{in_language(DATA, say.language)})",
        raw_html(f'<script type="application/ld+json">{script_json(dataset_markup(shown, site))}</script>'),
    ]
    title = say("data.dataset_title", name=registry.name)
    description = say("data.dataset_description", name=registry.name)
    above = ((say("data.title"), in_language(DATA, say.language)),)
    address = f"data/{registry.id}/index.qmd"
    body = "\n\n".join(part for part in parts if part)
    return Page(address, title, body, say.language, description, above, synthetic=registry.synthetic)


def _sources(shown: Shown, say: Words) -> str:
    """Each indicator in a row that links from its numbers lead to: its page, how it is worked out, and its rows."""
    published, pages = shown.published, shown.newest.pages
    with_page = {one.indicator.id for one in shown.newest.results}
    lines = []
    for ind_id, slug in slugs(published).items():
        indicator = published.registry.indicator(ind_id)
        title = own_words(escape(indicator.title), say)
        told = escape(f"{say('number.row_json')}: {indicator.title}")
        name = f'<a href="/{pages[ind_id]}">{title}</a>' if ind_id in with_page else title
        how = escape(say(f"number.how_{indicator.type.value}"))
        rows = f"/{ROOT}/{_INDICATOR.format(registry=published.registry.id, slug=slug)}"
        link = f'<a href="{rows}" aria-label="{told}">JSON</a>'
        lines.append(f'<tr id="ind-{slug}"><th scope="row">{name}</th><td>{how}</td><td>{link}</td></tr>')
    keys = ("number.indicator", "number.how", "number.rows")
    heading = "".join(f'<th scope="col">{escape(say(key))}</th>' for key in keys)
    return _table(heading, lines, say("number.sources"))


def _api_page(site: Site, say: Words) -> Page:
    """Every kind of answer with its address and schema, and an example."""
    parts = [
        language_links(API, say),
        raw_html(f'<p class="kv-lead">{escape(say("data.api_lead"))}</p>'),
        _paragraph("api_names", say),
        _paragraph("hidden", say),
        raw_html(_answer_table(say)),
        *_example(site, say),
        _section("api_versions", say),
        f"[{escape_markdown(say('data.dictionary'))}](/{in_language(DATA, say.language)}#dictionary)",
    ]
    page = _page(API, "api_title", "api_description", parts, site, say)
    above = ((say("data.title"), in_language(DATA, say.language)),)
    return Page(page.address, page.title, page.body, page.language, page.description, above, page.synthetic)


def _page(address: str, title: str, description: str, parts: Sequence[str], site: Site, say: Words) -> Page:
    return Page(
        in_language(address, say.language),
        say(f"data.{title}"),
        "\n\n".join(part for part in parts if part),
        say.language,
        say(f"data.{description}"),
        synthetic=site.synthetic,
    )


def _example(site: Site, say: Words) -> list[str]:
    if not site.shown:
        return []
    published = site.shown[0].published
    slug = next(iter(slugs(published).values()))
    address = f"{ROOT}/{_INDICATOR.format(registry=published.registry.id, slug=slug)}"
    whole = f'<span data-kv-role="url">{escape(site.descriptor.whole(address))}</span>'
    link = f'<p><a href="/{address}">{whole}</a></p>'
    return [_heading("api_example", say), _paragraph("api_example_text", say), raw_html(link)]


def _answer_table(say: Words) -> str:
    keys = ("api_answer", "api_address", "api_schema")
    heading = "".join(f'<th scope="col">{escape(say(f"data.{key}"))}</th>' for key in keys)
    lines = [
        f'<tr><th scope="row">{escape(say(answer))}</th><td><code>{escape(address)}</code></td>'
        f'<td><a href="/{ROOT}/schema/{kind}.json">{kind}.json</a></td></tr>'
        for kind, answer, address in _ANSWERS
    ]
    return _table(heading, lines, say("data.api_title"))


def _registry_table(shown: Sequence[Shown], say: Words) -> str:
    """Every registry with its files and licence."""
    keys = ("registry", "files", "licence")
    heading = "".join(f'<th scope="col">{escape(say(f"data.{key}"))}</th>' for key in keys)
    lines = []
    for registry in (one.published.registry for one in shown):
        lang = f' lang="{registry.language}"' if registry.language != say.language else ""
        folder = f"/data/{registry.id}"
        lines.append(
            f'<tr><th scope="row"{lang}><a href="{folder}/index.qmd">{escape(registry.name)}</a></th>'
            f'<td><a href="{folder}/{RESULTS}.csv">CSV</a>, <a href="{folder}/{RESULTS}.json">JSON</a></td>'
            f'<td><a href="{escape(str(registry.licence.url))}">{escape(registry.licence.name)}</a></td></tr>'
        )
    return _table(heading, lines, say("data.registries"))


def _dictionary(say: Words) -> list[str]:
    """The dictionary as page sections: columns, footnotes, and the columns of the other files."""
    notes = [(code, say(f"data.footnote_{code}")) for code in FOOTNOTES]
    return [
        _heading("dictionary", say),
        _paragraph("dictionary_lead", say),
        raw_html(_columns(COLUMNS, f"{RESULTS}.csv", say)),
        raw_html(_columns(INDICATOR_COLUMNS[1:], f"{INDICATORS}.csv", say)),
        raw_html(_columns(UNIT_COLUMNS[2:3] + UNIT_COLUMNS[4:], f"{UNITS}.csv", say)),
        _heading("footnotes", say),
        _paragraph("footnotes_lead", say),
        _paragraph("hidden", say),
        raw_html(_definitions(notes)),
    ]


def _columns(columns: Sequence[Column], file: str, say: Words) -> str:
    lines = [
        f'<tr><th scope="row"><code>{column.name}</code></th><td>{escape(say(f"data.column_{column.name}"))}</td></tr>'
        for column in columns
    ]
    heading = "".join(f'<th scope="col">{escape(say(f"data.{key}"))}</th>' for key in ("column", "meaning"))
    return _table(heading, lines, file)


def _table(heading: str, lines: Sequence[str], label: str) -> str:
    """A plain table with a caption, in a labelled box that scrolls by itself. It holds no result."""
    return (
        f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{escape(label)}"><table class="kv-words">'
        f"<caption>{escape(label)}</caption><thead><tr>{heading}</tr></thead>\n"
        f"<tbody>{chr(10).join(lines)}</tbody></table></div>"
    )


def _definitions(listed: Sequence[tuple[str, str]]) -> str:
    lines = "".join(f"<dt><code>{code}</code></dt><dd>{escape(text)}</dd>" for code, text in listed)
    return f'<dl class="kv-codes">{lines}</dl>'


def _links(listed: Sequence[tuple[str, str]], say: Words) -> str:
    return "\n".join(f"- [{escape_markdown(say(f'data.{key}'))}]({address})" for address, key in listed)


def _section(key: str, say: Words) -> str:
    return f"{_heading(key, say)}\n\n{escape_markdown(say(f'data.{key}_text'))}"


def _heading(key: str, say: Words, anchor: str = "") -> str:
    return f"## {escape_markdown(say(f'data.{key}'))} {{#{anchor or key.replace('_', '-')}}}"


def _paragraph(key: str, say: Words) -> str:
    return escape_markdown(say(f"data.{key}"))


def _size(file: bytes, say: Words) -> Html:
    """A file's size as readers know sizes: ``120 kB``, ``1,4 MB``."""
    kilobytes = max(1, round(len(file) / 1000))
    if kilobytes < 1000:
        text = say("data.kilobytes", size=say.number(kilobytes))
    else:
        text = say("data.megabytes", size=say.number(kilobytes / 1000, 1))
    return number_html(text, kilobytes * 1000, "size")
