"""The revision log as an Atom feed: one entry for each registry and edition in which numbers changed.

Input: `EditionHistory`. Output: the bytes of ``/endringer.xml`` (Atom, RFC 4287). Its ids and dates depend on published
editions alone, so that the same history gives the same feed. It says how much has changed and why, and holds no result.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

from kvalreg.report.cell_markup import Html, labelled_text, year_html
from kvalreg.report.translation import Translator
from kvalreg.revision import RegistryRevision, RevisionKind
from kvalreg.site.site_model import Site
from kvalreg.urls import EDITIONS_FOLDER

_PAGE = "endringer/index.qmd"


def revision_feed(site: Site, translator: Translator) -> bytes:
    """The feed, latest first."""
    history = site.history
    names = {
        published_registry.published.registry.id: published_registry.published.registry.name
        for published_registry in site.registries
    }
    # changes since the last edition lead to the log's page; those of an edition to the log in that edition
    entries: list[tuple[date, str]] = []
    for changes in history.changes:
        day = _change_date(changes, history.since)
        link = f"{site.descriptor.absolute_url(_PAGE)}#endret-{changes.registry_id}"
        entries.append((day, _atom_entry(changes, (history.since, day, link), names, translator)))
    for edition in history.editions:
        if edition.since and not edition.withdrawn:
            link = site.descriptor.absolute_url(f"{EDITIONS_FOLDER}/{edition.name}/{_PAGE}")
            for changes in edition.changes:
                day = _change_date(changes, edition.name)
                entries.append((day, _atom_entry(changes, (edition.since, day, link), names, translator)))
    # sorting is stable: entries of one day stay in the order of editions and registries
    entries.sort(key=lambda entry: entry[0], reverse=True)
    # a feed needs a date even before anything has changed; today's would make each build differ
    latest_date = entries[0][0] if entries else date(2000, 1, 1)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:kv="urn:kvalreg" xml:lang="{translator.language}">',
        f"<title>{escape(translator('revision.title'))}</title>",
        f"<id>{_entry_id('feed')}</id>",
        f"<updated>{_atom_timestamp(latest_date)}</updated>",
        f'<link rel="alternate" type="text/html" href={quoteattr(site.descriptor.absolute_url(_PAGE))}/>',
        f"<author><name>{escape(translator('revision.author'))}</name></author>",
        *(text for _, text in entries),
        "</feed>",
    ]
    return "\n".join([*lines, ""]).encode()


def _atom_entry(
    changes: RegistryRevision, edition_link: tuple[str, date, str], names: dict[str, str], translator: Translator
) -> str:
    since, day, link = edition_link
    name = names.get(changes.registry_id, changes.registry_id)
    counts = {kind: count for kind in RevisionKind if (count := changes.count(kind))}
    html: list[str] = [
        translator.html(f"revision.{kind.value}_count", count=count, number=translator.count_html(count, "changes"))
        for kind, count in counts.items()
    ]
    html += _year_sentences(changes, translator)
    # as in `feed`, numbers are labelled in attributes for the audit
    summary = labelled_text(" ".join(html))
    remarks = [f"{translator('revision.says')} «{reason.remark}»" for reason in changes.reasons if reason.remark]
    attributes = f" kv:cell={quoteattr(changes.registry_id)} kv:label={quoteattr(summary.label)}"
    return (
        f"<entry><title>{escape(name)}</title><id>{_entry_id(f'{since}/{changes.registry_id}')}</id>"
        f"<updated>{_atom_timestamp(day)}</updated><link href={quoteattr(link)}/>"
        f"<summary{attributes}>{escape(' '.join([summary.text, *remarks]))}</summary></entry>"
    )


def _year_sentences(changes: RegistryRevision, translator: Translator) -> Iterable[str]:
    for key, indicator_years in (("new", changes.new), ("gone", changes.gone)):
        years = sorted({indicator_year.year for indicator_year in indicator_years})
        if years:
            yield translator.html(
                f"revision.{key}", years=Html(translator.format_list([year_html(year) for year in years]))
            )


def _change_date(changes: RegistryRevision, edition: str) -> date:
    """The date of the latest delivery; the first day of the edition's month where that is not known."""
    month = date(int(edition[:4]), int(edition[5:7]), 1)
    return max((reason.latest_update for reason in changes.reasons if reason.latest_update), default=month)


def _atom_timestamp(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _entry_id(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'kvalreg/endringer/{name}')}"
