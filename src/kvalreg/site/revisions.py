"""The revision log: which published numbers have changed since the last edition, and why; and all editions.

Comes in: `History` and each registry's published cells. Goes out: ``/endringer/`` with a file for each registry,
``/endringer.xml`` for news readers, and ``/utgaver/``. Whole years are told as such; a number that is secret now is
only said not to be shown any longer.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from kvalreg.disclosure.published import Published, Status
from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.addresses import EDITIONS
from kvalreg.report.cell_markup import Html, cell_address, cell_attribute, year_html
from kvalreg.report.figures.theme import drawn
from kvalreg.report.markup import escape_markdown, raw_html, registry_words
from kvalreg.report.not_shown import FOOTNOTES
from kvalreg.report.revision import Change, Changes, History, Kind, Told, Whole
from kvalreg.report.wording import Words, words
from kvalreg.site.content import Content, Site
from kvalreg.site.revision_feed import revision_feed
from kvalreg.site.staging import Page

FOLDER = "endringer"
EDITION_LIST = f"{FOLDER}/utgaver.json"
"""Which editions there are and which registries' numbers each one changed, for the page's scripts."""
_MOST_ROWS = 200
"""So many changes of a registry stand on the page; its file has all of them."""
_LEVELS = ("nation", "rhf", "hf", "county", "hospital")
_ROLES = ("unit", "indicator", "year", "past-value", "past-n", "value", "n")
"""What the numbers of the table's columns are; those of the past are of the edition that readers see."""
_SIDE = ["value", "denominator", "footnote"]
"""Columns of a change's file that tell of a cell as it was, and as it is."""


def revisions(site: Site) -> Content:
    """The log, its files, its feed, and the pages of editions."""
    say, history = words("nb"), site.history
    changed = [(one, changes) for one in site.shown for changes in history.changes if _of(changes, one.published)]
    files = {
        f"{FOLDER}/{one.published.registry.id}.csv": _file(changes, one.published)
        for one, changes in changed
        if changes.values
    }
    parts = [raw_html(f'<p class="kv-lead">{escape(say("revision.lead"))}</p>')]
    if history.since:
        parts.append(f"## {say('revision.since', edition=say.edition(history.since))} {{#siden-{history.since}}}")
        parts += [part for one, changes in changed for part in _registry(changes, one.published, say)]
        if not changed:
            parts.append(_paragraph(say("revision.none")))
    else:
        parts.append(_paragraph(say("revision.first")))
    parts += _older(history, say)
    links = f'<a href="../{EDITIONS}/index.html">{escape(say("revision.editions"))}</a>'
    links += f' · <a href="../{FOLDER}.xml">{escape(say("revision.feed"))}</a>'
    parts.append(raw_html(f"<p>{links}</p>"))
    log = Page(f"{FOLDER}/index.qmd", say("revision.title"), "\n\n".join(parts), "nb", synthetic=site.synthetic)
    files |= {EDITION_LIST: _edition_list(history), f"{FOLDER}.xml": revision_feed(site, say)}
    return Content((log, *_editions(site, say)), files)


def told_whole(wholes: tuple[Whole, ...], published: Published, key: str, say: Words) -> Iterator[str]:
    """Sentences of HTML about years that are new or gone: one for all indicators where they have the same years."""
    years: dict[str, set[int]] = {}
    for whole in wholes:
        years.setdefault(whole.ind_id, set()).add(whole.year)
    told = {ind_id: Html(say.listed([year_html(year) for year in sorted(found)])) for ind_id, found in years.items()}
    if len(set(told.values())) == 1:
        yield say.html(f"revision.{key}", years=next(iter(told.values())))
    else:
        titles = {indicator.id: indicator.title for indicator in published.registry.indicators}
        for ind_id, text in told.items():
            sentence = say.html(f"revision.{key}", years=text)
            title = registry_words(escape(titles.get(ind_id, ind_id)))
            yield f"{title}: {sentence[:1].lower()}{sentence[1:]}"


def counted(changes: Changes, say: Words) -> Iterator[str]:
    """Sentences of HTML that count what became of single numbers."""
    for kind in Kind:
        count = changes.count(kind)
        if count:
            yield say.html(
                f"revision.{kind.value}_count",
                count=count,
                number=say.count_html(count, "changes", changes.registry_id),
            )


def _of(changes: Changes, published: Published) -> bool:
    return changes.registry_id == published.registry.id


def _paragraph(text: str) -> str:
    return raw_html(f"<p>{escape(text)}</p>")


# --- one registry ----------------------------------------------------------------------------------------------------
def _registry(changes: Changes, published: Published, say: Words) -> Iterator[str]:
    registry = published.registry
    yield f"### {escape_markdown(registry.name)} {{#endret-{registry.id}}}"
    sentences = [*told_whole(changes.new, published, "new", say), *told_whole(changes.gone, published, "gone", say)]
    sentences += counted(changes, say)
    listed = "".join(f"<li>{sentence}</li>" for sentence in sentences)
    yield raw_html(f"<ul>{listed}</ul>{''.join(_reasons(changes, registry.language, say))}")
    if changes.values:
        yield raw_html(_table(changes, published, say))


def _reasons(changes: Changes, language: str, say: Words) -> Iterator[str]:
    remarks = [reason for reason in changes.reasons if reason.remark]
    for reason in remarks:
        day = f" ({say.date_html(reason.latest_update)})" if reason.latest_update else ""
        said = f'<q lang="{language}" data-kv-text="registry">{escape(reason.remark)}</q>'
        yield f"<p>{escape(say('revision.says'))} {said}{day}</p>"
    if not remarks and changes.values:
        yield f"<p>{escape(say('revision.says_nothing'))}</p>"


def _table(changes: Changes, published: Published, say: Words) -> str:
    caption = say("revision.caption", name=published.registry.name)
    order = sorted(changes.values, key=lambda change: _LEVELS.index(change.level))
    levels = any(_level_changed(change) for change in order)
    heads = [say(f"table.{name}") for name in ("unit", "indicator", "year")]
    heads += [say(f"revision.{name}") for name in ("before", "patients_before", "now")]
    heads += [say("table.patients"), *([say("table.level")] if levels else [])]
    roles = [*_ROLES, *(["levels"] if levels else [])]
    told = zip(heads, roles, strict=True)
    head = "".join(f'<th scope="col" data-kv-role="{role}">{escape(text)}</th>' for text, role in told)
    rows = "".join(_row(change, published, say, len(heads)) for change in order[:_MOST_ROWS])
    file = f'<a href="{published.registry.id}.csv">{escape(say("revision.file"))}</a>'
    count = say.count_html(_MOST_ROWS, "changes", changes.registry_id)
    note = f"{say.html('revision.more', count=_MOST_ROWS, number=count)} " if len(order) > _MOST_ROWS else ""
    return (
        f'<div class="kv-scroll" tabindex="0" role="group" aria-label="{escape(caption)}"><table class="kv-table">'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<p class="kv-note">{note}{file}</p>'
    )


def _row(change: Change, published: Published, say: Words, columns: int) -> str:
    indicator = next(one for one in published.registry.indicators if one.id == change.ind_id)
    own = words("nb", published.registry.language)
    context = f' <span class="kv-note">({escape(say(f"message.{change.context}"))})</span>'
    cells = [f"<span{own.lang}>{escape(indicator.title)}</span>{context}", str(change.year)]
    cells += [*_sides(change, indicator, own), _levels(change, say)]
    key = (published.registry.id, change.ind_id, change.context, change.year, change.orgnr)
    about = cell_attribute(cell_address(*key))
    unit = escape(_unit(change, published))
    data = "".join(f"<td>{cell}</td>" for cell in cells[: columns - 1])
    return f'<tr{about}><th scope="row">{unit}</th>{data}</tr>'


def _sides(change: Change, indicator: Indicator, say: Words) -> list[str]:
    """Value and patients before, value and patients now; in the place of a value that is not shown, why."""
    before, now = _side(change.before, indicator, say), _side(change.after, indicator, say)
    if change.kind is Kind.HIDDEN and change.after.status == Status.SECRET:
        now[0] = say("revision.hidden")
    return [escape(text) for text in (*before, *now)]


def _side(told: Told, indicator: Indicator, say: Words) -> list[str]:
    value = "" if told.value is None else say.value(indicator, told.value)
    if told.status != Status.SHOWN:
        value = say(f"states.{told.status}")
    return [value, "" if told.patients is None else say.patients(indicator, told.patients)]


def _level_changed(change: Change) -> bool:
    return change.kind is Kind.CHANGED and change.before.achievement != change.after.achievement


def _levels(change: Change, say: Words) -> str:
    if not _level_changed(change):
        return ""
    was, now = (say(f"levels.{told.achievement or 'none'}") for told in (change.before, change.after))
    return escape(say("revision.level", before=was, now=now))


def _unit(change: Change, published: Published) -> str:
    unit = published.units.by_orgnr.get(change.orgnr)
    return unit.short_name if unit is not None else change.orgnr


def _file(changes: Changes, published: Published) -> bytes:
    """Every change of a registry as CSV; a secret cell's numbers are absent, also those of before."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = ["registry", "ind_id", "context", "year", "level", "orgnr", "unit", "what"]
    columns += [f"{name}_before" for name in _SIDE] + _SIDE
    writer.writerow(columns)
    for change in changes.values:
        key = [changes.registry_id, change.ind_id, change.context, change.year, change.level, change.orgnr]
        numbers = [*_numbers(change.before), *_numbers(change.after)]
        writer.writerow([*key, _unit(change, published), change.kind.value, *numbers])
    return text.getvalue().encode()


def _numbers(told: Told) -> list[str]:
    """What a side tells, as `_SIDE`."""
    value = "" if told.value is None else str(drawn(told.value))
    return [value, "" if told.patients is None else str(told.patients), FOOTNOTES[told.status]]


# --- editions --------------------------------------------------------------------------------------------------------
def _older(history: History, say: Words) -> Iterator[str]:
    """What earlier editions changed, in short; all of it stands in the edition itself."""
    past = [edition for edition in history.editions if edition.since]
    if not past:
        return
    yield f"## {say('revision.older')} {{#tidligere}}"
    lines = []
    for edition in past:
        between = say("revision.between", before=say.edition(edition.since), now=say.edition(edition.name))
        if edition.withdrawn:
            lines.append(f"<li><cite>{escape(between)}</cite>: {escape(say('revision.withdrawn'))}</li>")
            continue
        count = len(edition.changes)
        told = say.html("revision.registries", count=count, number=say.count_html(count, "registries"))
        link = f'<a href="../{EDITIONS}/{edition.name}/{FOLDER}/index.html">{escape(between)}</a>'
        lines.append(f"<li>{link}: {told}</li>")
    yield raw_html(f"<ul>{''.join(lines)}</ul>")


def _edition_list(history: History) -> bytes:
    """The editions that stand, newest first, each with the one before it and the registries whose changes it has."""
    editions = [
        {"name": one.name, "since": one.since, "changed": _changed(one.changes)}
        for one in history.editions
        if not one.withdrawn
    ]
    told = {"since": history.since, "changed": _changed(history.changes), "editions": editions}
    return json.dumps(told, separators=(",", ":")).encode()


def _changed(changes: Iterable[Changes]) -> list[str]:
    return [one.registry_id for one in changes if one.values]


def _editions(site: Site, say: Words) -> Iterator[Page]:
    """The list of editions, and a page at the address of each one that was taken back."""
    editions = site.history.editions
    lead = raw_html(f'<p class="kv-lead">{escape(say("revision.editions_lead"))}</p>')
    items = []
    for year, group in groupby(editions, key=lambda edition: edition.name[:4]):
        links = "".join(
            f'<li><a href="{edition.name}/index.html">{escape(say.edition(edition.name))}</a>'
            + (f" ({escape(say('revision.withdrawn'))})" if edition.withdrawn else "")
            + "</li>"
            for edition in group
        )
        items.append(f"## {year} {{#utgaver-{year}}}\n\n{raw_html(f'<ul>{links}</ul>')}")
    body = [lead, *(items or [_paragraph(say("revision.no_editions"))])]
    title = say("revision.editions")
    yield Page(f"{EDITIONS}/index.qmd", title, "\n\n".join(body), "nb", synthetic=site.synthetic)
    for edition in editions:
        if edition.withdrawn:
            title = say("revision.withdrawn_title", edition=say.edition(edition.name))
            text = f'{escape(say("revision.withdrawn_text"))} <a href="../../index.html">'
            body_of = raw_html(f"<p>{text}{escape(say('editions.see_newest'))}</a></p>")
            yield Page(f"{EDITIONS}/{edition.name}/index.qmd", title, body_of, "nb", synthetic=site.synthetic)
