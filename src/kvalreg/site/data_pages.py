"""The pages of open data: what there is, one page for each registry, the dictionary, and how to use the API.

Input: the site, and the files of open data. Output: `/data/`, `/data/<id>/` and `/api/`, and the first two's metadata
for search engines. The pages for all registries are in three languages; a registry's is in its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from kvalreg.report.cell_markup import Html, number_html
from kvalreg.report.figures.component import script_json
from kvalreg.report.markup import escape_markdown, mark_registry_language, raw_html
from kvalreg.report.translation import LANGUAGES, Translator, get_translator
from kvalreg.site.api import API_ROOT, api_responses, registry_responses
from kvalreg.site.dcat import schema_org_dataset
from kvalreg.site.languages import language_links, localized_address
from kvalreg.site.open_data import COLUMNS, FOOTNOTES, OpenDataColumn, indicator_slugs
from kvalreg.site.open_files import (
    FOOTNOTES_TABLE,
    INDICATOR_COLUMNS,
    INDICATORS,
    RESULTS,
    UNIT_COLUMNS,
    UNITS,
    open_files,
    registry_files,
)
from kvalreg.site.site_model import PublishedRegistry, Site, SiteOutput
from kvalreg.site.staging import Page
from kvalreg.site.stale_notice import stale_notice
from kvalreg.site.unit_fragments import unit_fragments
from kvalreg.urls import INDICATORS_ANCHOR

DATA_PAGE, API_PAGE = "data/index.qmd", "api/index.qmd"
_INDICATOR_PATH = "data/{registry}/indicators/{slug}.json"
_RESPONSE_TYPES = (
    ("index", "data.answer_index", f"/{API_ROOT}/index.json"),
    ("names", "data.answer_names", f"/{API_ROOT}/info/names.json"),
    ("medicalFields", "data.answer_fields", f"/{API_ROOT}/info/medicalFields.json"),
    ("descriptions", "data.answer_descriptions", f"/{API_ROOT}/data/{{registry}}/descriptions.json"),
    ("years", "data.answer_years", f"/{API_ROOT}/data/{{registry}}/years.json"),
    ("unitNames", "data.answer_names_of_units", f"/{API_ROOT}/data/{{registry}}/unitNames.json"),
    ("indicator", "data.answer_indicator", f"/{API_ROOT}/{_INDICATOR_PATH}"),
    ("units", "data.answer_units", f"/{API_ROOT}/units.json"),
    ("unit", "data.answer_unit", f"/{API_ROOT}/units/{{orgnr}}.json"),
    ("results", "data.answer_results", f"/data/{{registry}}/{RESULTS}.json"),
)
"""Every type of response: its schema, the key of its description, and its address."""


def generate_open_data(site: Site) -> SiteOutput:
    """Open data of all registries: files, API and pages."""
    files = dict(open_files(site).files) | dict(api_responses(site, map(unit_fragments, site.registries)).files)
    pages = [_data_page(site, get_translator(language)) for language in LANGUAGES]
    pages += [_api_page(site, get_translator(language)) for language in LANGUAGES]
    return SiteOutput(tuple(pages), files)


def generate_registry_data(site: Site) -> SiteOutput:
    """Open data of each registry: its files, its API responses and its page."""
    files: dict[str, bytes] = {}
    pages = []
    for published_registry in site.registries:
        files |= registry_files(published_registry, site) | dict(registry_responses(published_registry).files)
        pages.append(_registry_page(published_registry, site, files))
    return SiteOutput(tuple(pages), files)


def _data_page(site: Site, translator: Translator) -> Page:
    """The data of every registry, formats, dictionary, footnotes, and how to cite."""
    # registries with their files, then the files of all, the API, and what a program must know of the formats
    shared_files = ((f"/data/{UNITS}.csv", "file_units"), (f"/data/{FOOTNOTES_TABLE}.csv", "file_notes"))
    links = [*shared_files, ("/data/catalog.ttl", "file_catalogue")]
    parts = [
        language_links(DATA_PAGE, translator),
        raw_html(f'<p class="kv-lead">{escape(translator("data.lead"))}</p>'),
        _heading("registries", translator),
        raw_html(_registry_table(site.sorted_registries, translator)),
        _link_list(links, translator),
        _heading("api_title", translator, "api"),
        _paragraph("api_lead", translator),
        f"[{escape_markdown(translator('data.api_link'))}](/{localized_address(API_PAGE, translator.language)})",
        *(_section(key, translator) for key in ("formats", "cite")),
        *_dictionary(translator),
    ]
    address = localized_address(DATA_PAGE, translator.language)
    title, description = translator("data.title"), translator("data.description")
    return Page(address, title, "\n\n".join(parts), translator.language, description, synthetic=site.synthetic)


def _registry_page(published_registry: PublishedRegistry, site: Site, files: Mapping[str, bytes]) -> Page:
    """One registry's files, licence and dictionary."""
    registry = published_registry.published.registry
    translator = get_translator(registry.language)
    folder = f"/data/{registry.id}"
    # both files of results with their sizes, since they may be large
    results = ""
    for extension in ("csv", "json"):
        address = f"{folder}/{RESULTS}.{extension}"
        size = _size_html(files[address[1:]], translator)
        results += f'<li><a href="{address}">{translator.html(f"data.file_results_{extension}", size=size)}</a></li>'
    other_files = [(f"{folder}/{INDICATORS}.csv", "file_indicators"), (f"{folder}/datapackage.json", "file_package")]
    licence = translator(
        "data.licence_text",
        licence=f'<a href="{escape(str(registry.licence.url))}" rel="license">{escape(registry.licence.name)}</a>',
    )
    parts = [
        stale_notice(published_registry, translator),
        raw_html(f'<p class="kv-lead">{escape(translator("data.registry_lead", name=registry.name))}</p>'),
        _heading("files", translator),
        raw_html(f"<ul>{results}</ul>"),
        _link_list(other_files, translator),
        raw_html(f"<p>{licence}</p>"),
        f"[{escape_markdown(translator('data.registry_page'))}](/registre/{registry.id}/index.qmd)",
        f"## {escape_markdown(translator('number.sources'))} {{#{INDICATORS_ANCHOR}}}",
        escape_markdown(translator("number.sources_text")),
        # the explanation of a number anywhere on the site links to a row of this table
        raw_html(_source_table(published_registry, translator)),
        *_dictionary(translator),
        f"[{escape_markdown(translator('data.more'))}](/{localized_address(DATA_PAGE, translator.language)})",
        raw_html(
            f'<script type="application/ld+json">{script_json(schema_org_dataset(published_registry, site))}</script>'
        ),
    ]
    title = translator("data.dataset_title", name=registry.name)
    description = translator("data.dataset_description", name=registry.name)
    address, body = f"data/{registry.id}/index.qmd", "\n\n".join(part for part in parts if part)
    language, breadcrumb = translator.language, _breadcrumb(translator)
    return Page(address, title, body, language, description, breadcrumb, synthetic=registry.synthetic)


def _source_table(published_registry: PublishedRegistry, translator: Translator) -> str:
    """A row for each indicator, to which its numbers link: its page, how it is computed, and its cells as JSON."""
    published, pages = published_registry.published, published_registry.latest.page_by_indicator
    # an indicator that is not included has open data and no page
    ids_with_page = {result.indicator.id for result in published_registry.latest.results}
    table_rows = []
    for ind_id, slug in indicator_slugs(published).items():
        indicator = published.registry.indicator(ind_id)
        title = mark_registry_language(escape(indicator.title), translator)
        label = escape(f"{translator('number.row_json')}: {indicator.title}")
        name = f'<a href="/{pages[ind_id]}">{title}</a>' if ind_id in ids_with_page else title
        method = escape(translator(f"number.how_{indicator.type.value}"))
        rows_address = f"/{API_ROOT}/{_INDICATOR_PATH.format(registry=published.registry.id, slug=slug)}"
        link = f'<a href="{rows_address}" aria-label="{label}">JSON</a>'
        table_rows.append(f'<tr id="ind-{slug}"><th scope="row">{name}</th><td>{method}</td><td>{link}</td></tr>')
    headings = [translator(f"number.{key}") for key in ("indicator", "how", "rows")]
    return _table(headings, table_rows, translator("number.sources"))


def _api_page(site: Site, translator: Translator) -> Page:
    """Every type of response with its address and schema, and an example."""
    parts = [
        language_links(API_PAGE, translator),
        raw_html(f'<p class="kv-lead">{escape(translator("data.api_lead"))}</p>'),
        _paragraph("api_names", translator),
        _paragraph("hidden", translator),
        raw_html(_response_table(translator)),
        *_example(site, translator),
        _section("api_versions", translator),
        f"[{escape_markdown(translator('data.dictionary'))}]"
        f"(/{localized_address(DATA_PAGE, translator.language)}#dictionary)",
    ]
    address, body, language = localized_address(API_PAGE, translator.language), "\n\n".join(parts), translator.language
    title, description = translator("data.api_title"), translator("data.api_description")
    return Page(address, title, body, language, description, _breadcrumb(translator), site.synthetic)


def _breadcrumb(translator: Translator) -> tuple[tuple[str, str], ...]:
    """The way up from a page below the one of all open data."""
    return ((translator("data.title"), localized_address(DATA_PAGE, translator.language)),)


def _example(site: Site, translator: Translator) -> list[str]:
    if not site.registries:
        return []
    # any indicator will do: that of the first registry is the same from build to build
    published = site.registries[0].published
    slug = next(iter(indicator_slugs(published).values()))
    address = f"{API_ROOT}/{_INDICATOR_PATH.format(registry=published.registry.id, slug=slug)}"
    # marked as a URL, so that the audit takes no number in it for a result
    url_html = f'<span data-kv-role="url">{escape(site.descriptor.absolute_url(address))}</span>'
    link = f'<p><a href="/{address}">{url_html}</a></p>'
    return [_heading("api_example", translator), _paragraph("api_example_text", translator), raw_html(link)]


def _response_table(translator: Translator) -> str:
    headings = [translator(f"data.{key}") for key in ("api_answer", "api_address", "api_schema")]
    rows = [
        f'<tr><th scope="row">{escape(translator(title_key))}</th><td><code>{escape(address)}</code></td>'
        f'<td><a href="/{API_ROOT}/schema/{name}.json">{name}.json</a></td></tr>'
        for name, title_key, address in _RESPONSE_TYPES
    ]
    return _table(headings, rows, translator("data.api_title"))


def _registry_table(published_registries: Sequence[PublishedRegistry], translator: Translator) -> str:
    """Every registry with its files and licence."""
    headings = [translator(f"data.{key}") for key in ("registry", "files", "licence")]
    rows = []
    for registry in (published_registry.published.registry for published_registry in published_registries):
        lang = f' lang="{registry.language}"' if registry.language != translator.language else ""
        folder = f"/data/{registry.id}"
        rows.append(
            f'<tr><th scope="row"{lang}><a href="{folder}/index.qmd">{escape(registry.name)}</a></th>'
            f'<td><a href="{folder}/{RESULTS}.csv">CSV</a>, <a href="{folder}/{RESULTS}.json">JSON</a></td>'
            f'<td><a href="{escape(str(registry.licence.url))}">{escape(registry.licence.name)}</a></td></tr>'
        )
    return _table(headings, rows, translator("data.registries"))


def _dictionary(translator: Translator) -> list[str]:
    """The dictionary as page sections: columns, footnotes, and the columns of the other files."""
    notes = "".join(
        f"<dt><code>{code}</code></dt><dd>{escape(translator(f'data.footnote_{code}'))}</dd>" for code in FOOTNOTES
    )
    # A column that stands in several files is explained once: each table leaves out what the ones above it have.
    return [
        _heading("dictionary", translator),
        _paragraph("dictionary_lead", translator),
        _paragraph("apostrophe", translator),
        raw_html(_column_table(COLUMNS, f"{RESULTS}.csv", translator)),
        raw_html(_column_table(INDICATOR_COLUMNS[1:], f"{INDICATORS}.csv", translator)),
        raw_html(_column_table(UNIT_COLUMNS[2:3] + UNIT_COLUMNS[4:], f"{UNITS}.csv", translator)),
        _heading("footnotes", translator),
        _paragraph("footnotes_lead", translator),
        _paragraph("hidden", translator),
        raw_html(f'<dl class="kv-codes">{notes}</dl>'),
    ]


def _column_table(columns: Sequence[OpenDataColumn], file: str, translator: Translator) -> str:
    meanings = {column.name: escape(translator(f"data.column_{column.name}")) for column in columns}
    rows = [
        f'<tr><th scope="row"><code>{name}</code></th><td>{meaning}</td></tr>' for name, meaning in meanings.items()
    ]
    return _table([translator(f"data.{key}") for key in ("column", "meaning")], rows, file)


def _table(headings: Sequence[str], rows: Sequence[str], label: str) -> str:
    """A plain table with a caption, in a labelled box that scrolls by itself. It holds no result."""
    heading = "".join(f'<th scope="col">{escape(text)}</th>' for text in headings)
    return (
        f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{escape(label)}"><table class="kv-words">'
        f"<caption>{escape(label)}</caption><thead><tr>{heading}</tr></thead>\n"
        f"<tbody>{chr(10).join(rows)}</tbody></table></div>"
    )


def _link_list(links: Sequence[tuple[str, str]], translator: Translator) -> str:
    return "\n".join(f"- [{escape_markdown(translator(f'data.{key}'))}]({address})" for address, key in links)


def _section(key: str, translator: Translator) -> str:
    return f"{_heading(key, translator)}\n\n{escape_markdown(translator(f'data.{key}_text'))}"


def _heading(key: str, translator: Translator, anchor: str = "") -> str:
    return f"## {escape_markdown(translator(f'data.{key}'))} {{#{anchor or key.replace('_', '-')}}}"


def _paragraph(key: str, translator: Translator) -> str:
    return escape_markdown(translator(f"data.{key}"))


def _size_html(file: bytes, translator: Translator) -> Html:
    """A file's size in decimal units: ``120 kB``, ``1,4 MB``."""
    kilobytes = max(1, round(len(file) / 1000))
    if kilobytes < 1000:
        text = translator("data.kilobytes", size=translator.format_number(kilobytes))
    else:
        text = translator("data.megabytes", size=translator.format_number(kilobytes / 1000, 1))
    return number_html(text, kilobytes * 1000, "size")
