"""The revision log: which published numbers have changed since the last edition, and why; and all editions.

Input: `EditionHistory` and each registry's published cells. Output: ``/endringer/`` with a file for each registry,
``/endringer.xml`` for news readers, and ``/utgaver/``. Whole years that are new or gone are summed up in a sentence; of
a number that is secret now the log only says that it is no longer shown.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from kvalreg.disclosure.published import CellStatus, PublishedResults
from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.cell_markup import Html, cell_address, cell_attribute, year_html
from kvalreg.report.figures.theme import chart_number
from kvalreg.report.footnotes import FOOTNOTE_CODES
from kvalreg.report.markup import escape_markdown, mark_registry_text, raw_html
from kvalreg.report.spreadsheet import as_text
from kvalreg.report.translation import Translator, get_translator
from kvalreg.revision import CellRevision, CellSnapshot, EditionHistory, RegistryRevision, RevisionKind, YearLevel
from kvalreg.site.revision_feed import revision_feed
from kvalreg.site.site_model import Site, SiteOutput
from kvalreg.site.staging import Page
from kvalreg.urls import EDITIONS_FOLDER

FOLDER = "endringer"
EDITION_LIST = f"{FOLDER}/utgaver.json"
"""Which editions there are and which registries' numbers each one changed, for the page's scripts."""
_MAX_ROWS = 200
"""How many changes of a registry the page shows; its file has all of them."""
_LEVELS = ("nation", "rhf", "hf", "county", "hospital")
_COLUMN_ROLES = ("unit", "indicator", "year", "past-value", "past-n", "value", "n")
"""The roles of the numbers in the table's columns; past ones are of the edition that readers saw before."""
_SIDE_COLUMNS = ["value", "denominator", "footnote"]
"""Columns of a registry's file with a cell before the change, and again after it."""


def generate_revision_pages(site: Site) -> SiteOutput:
    """The log, its files, its feed, and the pages of editions."""
    translator, history = get_translator("nb"), site.history
    changed = [
        (published_registry, changes)
        for published_registry in site.registries
        for changes in history.changes
        if _belongs_to(changes, published_registry.published)
    ]
    files = {
        f"{FOLDER}/{published_registry.published.registry.id}.csv": _changes_csv(changes, published_registry.published)
        for published_registry, changes in changed
        if changes.values
    }
    # the page: changes since the last edition by registry, then earlier editions in short
    parts = [raw_html(f'<p class="kv-lead">{escape(translator("revision.lead"))}</p>')]
    if history.since:
        heading = translator("revision.since", edition=translator.format_edition(history.since))
        parts.append(f"## {heading} {{#siden-{history.since}}}")
        parts += [
            part
            for published_registry, changes in changed
            for part in _registry_section(changes, published_registry.published, translator)
        ]
        if not changed:
            parts.append(_paragraph(translator("revision.none")))
    else:
        parts.append(_paragraph(translator("revision.first")))
    parts += _earlier_editions(history, translator)
    links = f'<a href="../{EDITIONS_FOLDER}/index.html">{escape(translator("revision.editions"))}</a>'
    links += f' · <a href="../{FOLDER}.xml">{escape(translator("revision.feed"))}</a>'
    parts.append(raw_html(f"<p>{links}</p>"))
    log = Page(f"{FOLDER}/index.qmd", translator("revision.title"), "\n\n".join(parts), "nb", synthetic=site.synthetic)
    files |= {EDITION_LIST: _edition_list(history), f"{FOLDER}.xml": revision_feed(site, translator)}
    return SiteOutput((log, *_edition_pages(site, translator)), files)


def year_change_sentences(
    indicator_years: tuple[YearLevel, ...], published: PublishedResults, key: str, translator: Translator
) -> Iterator[str]:
    """Sentences of HTML about years that are new or gone: one for all indicators where they have the same years."""
    years: dict[str, set[int]] = {}
    for indicator_year in indicator_years:
        years.setdefault(indicator_year.ind_id, set()).add(indicator_year.year)
    years_text = {
        ind_id: Html(translator.format_list([year_html(year) for year in sorted(year_set)]))
        for ind_id, year_set in years.items()
    }
    # most often a delivery brings the same new year for all indicators, which one sentence says
    if len(set(years_text.values())) == 1:
        yield translator.html(f"revision.{key}", years=next(iter(years_text.values())))
    else:
        titles = {indicator.id: indicator.title for indicator in published.registry.indicators}
        for ind_id, text in years_text.items():
            sentence = translator.html(f"revision.{key}", years=text)
            title = mark_registry_text(escape(titles.get(ind_id, ind_id)))
            yield f"{title}: {sentence[:1].lower()}{sentence[1:]}"


def change_count_sentences(changes: RegistryRevision, translator: Translator) -> Iterator[str]:
    """Sentences of HTML with the number of changes of each kind."""
    for kind in RevisionKind:
        count = changes.count(kind)
        if count:
            yield translator.html(
                f"revision.{kind.value}_count",
                count=count,
                number=translator.count_html(count, "changes", changes.registry_id),
            )


def _belongs_to(changes: RegistryRevision, published: PublishedResults) -> bool:
    return changes.registry_id == published.registry.id


def _paragraph(text: str) -> str:
    return raw_html(f"<p>{escape(text)}</p>")


# --- one registry ----------------------------------------------------------------------------------------------------
def _registry_section(changes: RegistryRevision, published: PublishedResults, translator: Translator) -> Iterator[str]:
    registry = published.registry
    yield f"### {escape_markdown(registry.name)} {{#endret-{registry.id}}}"
    sentences = [
        *year_change_sentences(changes.new, published, "new", translator),
        *year_change_sentences(changes.gone, published, "gone", translator),
    ]
    sentences += change_count_sentences(changes, translator)
    items = "".join(f"<li>{sentence}</li>" for sentence in sentences)
    yield raw_html(f"<ul>{items}</ul>{''.join(_reason_paragraphs(changes, registry.language, translator))}")
    if changes.values:
        yield raw_html(_table(changes, published, translator))


def _reason_paragraphs(changes: RegistryRevision, language: str, translator: Translator) -> Iterator[str]:
    # the registry's own words, marked as such: the audit does not take a number in them for one of kvalreg's
    remarks = [reason for reason in changes.reasons if reason.remark]
    for reason in remarks:
        day = f" ({translator.date_html(reason.latest_update)})" if reason.latest_update else ""
        quote_html = f'<q lang="{language}" data-kv-text="registry">{escape(reason.remark)}</q>'
        yield f"<p>{escape(translator('revision.says'))} {quote_html}{day}</p>"
    if not remarks and changes.values:
        yield f"<p>{escape(translator('revision.says_nothing'))}</p>"


def _table(changes: RegistryRevision, published: PublishedResults, translator: Translator) -> str:
    caption = translator("revision.caption", name=published.registry.name)
    # the nation and regions first, so that what is left out on the page is of hospitals; the sort is stable
    order = sorted(changes.values, key=lambda change: _LEVELS.index(change.level))
    # the column for levels of achievement is there only when a level has changed
    levels = any(_has_level_change(change) for change in order)
    heads = [translator(f"table.{name}") for name in ("unit", "indicator", "year")]
    heads += [translator(f"revision.{name}") for name in ("before", "patients_before", "now")]
    heads += [translator("table.patients"), *([translator("table.level")] if levels else [])]
    roles = [*_COLUMN_ROLES, *(["levels"] if levels else [])]
    columns = zip(heads, roles, strict=True)
    head = "".join(f'<th scope="col" data-kv-role="{role}">{escape(text)}</th>' for text, role in columns)
    rows = "".join(_row(change, published, translator, len(heads)) for change in order[:_MAX_ROWS])
    file = f'<a href="{published.registry.id}.csv">{escape(translator("revision.file"))}</a>'
    count = translator.count_html(_MAX_ROWS, "changes", changes.registry_id)
    note = f"{translator.html('revision.more', count=_MAX_ROWS, number=count)} " if len(order) > _MAX_ROWS else ""
    return (
        f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{escape(caption)}"><table class="kv-table">'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<p class="kv-note">{note}{file}</p>'
    )


def _row(change: CellRevision, published: PublishedResults, translator: Translator, columns: int) -> str:
    indicator = next(item for item in published.registry.indicators if item.id == change.ind_id)
    registry_translator = get_translator("nb", published.registry.language)
    context = f' <span class="kv-note">({escape(translator(f"message.{change.context}"))})</span>'
    cells = [f"<span{registry_translator.lang_attribute}>{escape(indicator.title)}</span>{context}", str(change.year)]
    cells += [*_before_after_cells(change, indicator, registry_translator), _level_change(change, translator)]
    cell_key = (published.registry.id, change.ind_id, change.context, change.year, change.orgnr)
    # by its address the audit finds the cell in this edition and in the one before, and checks both numbers
    attributes = cell_attribute(cell_address(*cell_key))
    unit = escape(_unit_name(change, published))
    data_cells = "".join(f"<td>{cell}</td>" for cell in cells[: columns - 1])
    return f'<tr{attributes}><th scope="row">{unit}</th>{data_cells}</tr>'


def _before_after_cells(change: CellRevision, indicator: Indicator, translator: Translator) -> list[str]:
    """Value and patients before, value and patients now; where a value is not shown, the reason instead."""
    before, after = _side_cells(change.before, indicator, translator), _side_cells(change.after, indicator, translator)
    # the state of a secret cell would read as if it had never been shown: the log says that it no longer is
    if change.kind is RevisionKind.HIDDEN and change.after.status == CellStatus.SECRET:
        after[0] = translator("revision.hidden")
    return [escape(text) for text in (*before, *after)]


def _side_cells(side: CellSnapshot, indicator: Indicator, translator: Translator) -> list[str]:
    value = "" if side.value is None else translator.format_value(indicator, side.value)
    if side.status != CellStatus.SHOWN:
        value = translator(f"states.{side.status}")
    return [value, "" if side.patients is None else translator.format_patients(indicator, side.patients)]


def _has_level_change(change: CellRevision) -> bool:
    return change.kind is RevisionKind.CHANGED and change.before.achievement != change.after.achievement


def _level_change(change: CellRevision, translator: Translator) -> str:
    if not _has_level_change(change):
        return ""
    before, after = (translator(f"levels.{side.achievement or 'none'}") for side in (change.before, change.after))
    return escape(translator("revision.level", before=before, now=after))


def _unit_name(change: CellRevision, published: PublishedResults) -> str:
    unit = published.units.by_orgnr.get(change.orgnr)
    return unit.short_name if unit is not None else change.orgnr


def _changes_csv(changes: RegistryRevision, published: PublishedResults) -> bytes:
    """Every change of a registry as CSV; a secret cell's numbers are absent, also those of before."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = ["registry", "ind_id", "context", "year", "level", "orgnr", "unit", "what"]
    columns += [f"{name}_before" for name in _SIDE_COLUMNS] + _SIDE_COLUMNS
    writer.writerow(columns)
    for change in changes.values:
        key = [changes.registry_id, change.ind_id, change.context, change.year, change.level, change.orgnr]
        numbers = [*_csv_values(change.before), *_csv_values(change.after)]
        named = map(as_text, (*key, _unit_name(change, published), change.kind.value))
        writer.writerow([*named, *numbers])
    return text.getvalue().encode()


def _csv_values(side: CellSnapshot) -> list[str]:
    """The values of `_SIDE_COLUMNS`."""
    value = "" if side.value is None else str(chart_number(side.value))
    return [value, "" if side.patients is None else str(side.patients), FOOTNOTE_CODES[side.status]]


# --- editions --------------------------------------------------------------------------------------------------------
def _earlier_editions(history: EditionHistory, translator: Translator) -> Iterator[str]:
    """How many registries each earlier edition changed; the edition's own log has the changes."""
    editions = [edition for edition in history.editions if edition.since]
    if not editions:
        return
    yield f"## {translator('revision.older')} {{#tidligere}}"
    items = []
    for edition in editions:
        title = translator(
            "revision.between",
            before=translator.format_edition(edition.since),
            now=translator.format_edition(edition.name),
        )
        if edition.withdrawn:  # its page is gone, so there is nothing to link to
            items.append(f"<li><cite>{escape(title)}</cite>: {escape(translator('revision.withdrawn'))}</li>")
            continue
        count = len(edition.changes)
        count_text = translator.html(
            "revision.registries", count=count, number=translator.count_html(count, "registries")
        )
        link = f'<a href="../{EDITIONS_FOLDER}/{edition.name}/{FOLDER}/index.html">{escape(title)}</a>'
        items.append(f"<li>{link}: {count_text}</li>")
    yield raw_html(f"<ul>{''.join(items)}</ul>")


def _edition_list(history: EditionHistory) -> bytes:
    """The editions that are not withdrawn, latest first, each with its predecessor and the registries it changed."""
    editions = [
        {"name": edition.name, "since": edition.since, "changed": _changed_registries(edition.changes)}
        for edition in history.editions
        if not edition.withdrawn
    ]
    data = {"since": history.since, "changed": _changed_registries(history.changes), "editions": editions}
    return json.dumps(data, separators=(",", ":")).encode()


def _changed_registries(changes: Iterable[RegistryRevision]) -> list[str]:
    return [registry_changes.registry_id for registry_changes in changes if registry_changes.values]


def _edition_pages(site: Site, translator: Translator) -> Iterator[Page]:
    """The list of editions, and a page at the address of each withdrawn one."""
    # editions are sorted, latest first, so those of a year are neighbours, as `groupby` needs
    editions = site.history.editions
    lead = raw_html(f'<p class="kv-lead">{escape(translator("revision.editions_lead"))}</p>')
    items = []
    for year, group in groupby(editions, key=lambda edition: edition.name[:4]):
        links = "".join(
            f'<li><a href="{edition.name}/index.html">{escape(translator.format_edition(edition.name))}</a>'
            + (f" ({escape(translator('revision.withdrawn'))})" if edition.withdrawn else "")
            + "</li>"
            for edition in group
        )
        items.append(f"## {year} {{#utgaver-{year}}}\n\n{raw_html(f'<ul>{links}</ul>')}")
    body = [lead, *(items or [_paragraph(translator("revision.no_editions"))])]
    title = translator("revision.editions")
    yield Page(f"{EDITIONS_FOLDER}/index.qmd", title, "\n\n".join(body), "nb", synthetic=site.synthetic)
    # an edition's address is permanent: where one was withdrawn, a page says so and leads to the latest
    for edition in editions:
        if edition.withdrawn:
            title = translator("revision.withdrawn_title", edition=translator.format_edition(edition.name))
            text = f'{escape(translator("revision.withdrawn_text"))} <a href="../../index.html">'
            body_html = raw_html(f"<p>{text}{escape(translator('editions.see_newest'))}</a></p>")
            yield Page(f"{EDITIONS_FOLDER}/{edition.name}/index.qmd", title, body_html, "nb", synthetic=site.synthetic)
