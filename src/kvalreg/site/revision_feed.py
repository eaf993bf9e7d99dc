"""The revision log as an Atom feed: one entry for each registry and edition in which numbers changed.

Comes in: `History`. Goes out: the bytes of ``/endringer.xml``. Its ids and dates depend on nothing but what was
published, so that a feed that is made again is the same. It tells how much has changed and why, and no number.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

from kvalreg.report.addresses import EDITIONS
from kvalreg.report.cell_markup import Html, statement, year_html
from kvalreg.report.revision import Changes, Kind
from kvalreg.report.wording import Words
from kvalreg.site.content import Site

_PAGE = "endringer/index.qmd"


def revision_feed(site: Site, say: Words) -> bytes:
    """The feed, newest first."""
    history = site.history
    names = {one.published.registry.id: one.published.registry.name for one in site.shown}
    entries: list[tuple[date, str]] = []
    for changes in history.changes:
        day = _day(changes, history.since)
        link = f"{site.descriptor.whole(_PAGE)}#endret-{changes.registry_id}"
        entries.append((day, _entry(changes, (history.since, day, link), names, say)))
    for edition in history.editions:
        if edition.since and not edition.withdrawn:
            link = site.descriptor.whole(f"{EDITIONS}/{edition.name}/{_PAGE}")
            for changes in edition.changes:
                day = _day(changes, edition.name)
                entries.append((day, _entry(changes, (edition.since, day, link), names, say)))
    entries.sort(key=lambda entry: entry[0], reverse=True)
    newest = entries[0][0] if entries else date(2000, 1, 1)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:kv="urn:kvalreg" xml:lang="{say.language}">',
        f"<title>{escape(say('revision.title'))}</title>",
        f"<id>{_id('feed')}</id>",
        f"<updated>{_instant(newest)}</updated>",
        f'<link rel="alternate" type="text/html" href={quoteattr(site.descriptor.whole(_PAGE))}/>',
        f"<author><name>{escape(say('revision.author'))}</name></author>",
        *(text for _, text in entries),
        "</feed>",
    ]
    return "\n".join([*lines, ""]).encode()


def _entry(changes: Changes, place: tuple[str, date, str], names: dict[str, str], say: Words) -> str:
    since, day, link = place
    name = names.get(changes.registry_id, changes.registry_id)
    counts = {kind: count for kind in Kind if (count := changes.count(kind))}
    html: list[str] = [
        say.html(f"revision.{kind.value}_count", count=count, number=say.count_html(count, "changes"))
        for kind, count in counts.items()
    ]
    html += _years(changes, say)
    said = statement(" ".join(html))
    remarks = [f"{say('revision.says')} «{reason.remark}»" for reason in changes.reasons if reason.remark]
    about = f" kv:cell={quoteattr(changes.registry_id)} kv:label={quoteattr(said.label)}"
    return (
        f"<entry><title>{escape(name)}</title><id>{_id(f'{since}/{changes.registry_id}')}</id>"
        f"<updated>{_instant(day)}</updated><link href={quoteattr(link)}/>"
        f"<summary{about}>{escape(' '.join([said.text, *remarks]))}</summary></entry>"
    )


def _years(changes: Changes, say: Words) -> Iterable[str]:
    for key, wholes in (("new", changes.new), ("gone", changes.gone)):
        years = sorted({whole.year for whole in wholes})
        if years:
            yield say.html(f"revision.{key}", years=Html(say.listed([year_html(year) for year in years])))


def _day(changes: Changes, edition: str) -> date:
    """When the newest of the deliveries was made; the edition's own month where that is not known."""
    month = date(int(edition[:4]), int(edition[5:7]), 1)
    return max((reason.latest_update for reason in changes.reasons if reason.latest_update), default=month)


def _instant(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _id(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'kvalreg/endringer/{name}')}"
