"""A status as a person or a program reads it: a table for the terminal, JSON, and a page of its own.

Comes in: a `Status`. Goes out: text. The page asks nothing of anybody, is in no navigation and no search, and is never
part of the public site. Texts in it are untrusted and escaped.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from html import escape

from rich import box
from rich.markup import escape as plain_markup
from rich.table import Table

from kvalreg.inputs.rounds import Standing
from kvalreg.report.wording import Words, words
from kvalreg.workbench.status import Due, RegistryStatus, Status

VERSION = 1
"""Of the JSON; it goes up when a key changes its meaning."""
_COLOURS = {Standing.DONE: "green", Standing.LATE: "red", Standing.AHEAD: "yellow"}
_STYLE = """
:root { color-scheme: light dark; --ink: #1c2329; --quiet: #4a5660; --line: #d6dde3; --paper: #fff; --late: #9c2f22; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8edf1; --quiet: #b3bec7; --line: #3a444c; --paper: #14191d; --late: #ff9d8f; }
}
body { margin: 0 auto; padding: 1.5rem 1rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0 0 .5rem; font-size: 1.75rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.25rem; }
h3 { margin: 1rem 0 .25rem; font-size: 1rem; }
p, li { max-width: 45rem; }
.quiet { color: var(--quiet); }
.late { color: var(--late); font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; min-width: 36rem; }
th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  overflow-wrap: normal; }
a { color: inherit; }
:focus-visible { outline: 3px solid; outline-offset: 2px; }
"""


def table(status: Status) -> Table:
    """The registries as a table for a terminal: one line each, with what there is to do."""
    shown = Table(box=box.SIMPLE_HEAD, title=f"Status on {status.today.isoformat()}", title_justify="left")
    for heading in ("Registry", "Newest results", "Deadlines", "To do"):
        shown.add_column(heading, overflow="fold")
    for one in status.registries:
        newest = ", ".join(
            part for part in (_year(one.newest_final), _year(one.newest_interim, " so far")) if part
        ) or "none"  # fmt: skip
        dues = "\n".join(
            f"[{_COLOURS[due.standing]}]{due.round} {due.year}: {due.standing}[/] (by {due.due})"
            for due in one.deadlines
        )
        shown.add_row(plain_markup(one.id), newest, dues, plain_markup("\n".join(_to_do(one)) or "nothing"))
    return shown


def _to_do(one: RegistryStatus) -> list[str]:
    """What there is to do, in short lines."""
    lines = [f"stopped: {text}" for text in one.stopped]
    if one.missing:
        lines.append(f"missing: {', '.join(one.missing)}")
    if one.unreviewed:
        lines.append(f"review: {', '.join(review.key.removesuffix('.reviewed') for review in one.unreviewed)}")
    if one.hard_to_read:
        lines.append(f"hard to read: {', '.join(f'{text.key} (LIX {text.lix})' for text in one.hard_to_read)}")
    return [*lines, *one.remarks]


def _year(year: int | None, word: str = "") -> str:
    return "" if year is None else f"{year}{word}"


def as_json(status: Status) -> str:
    """The status for programs."""
    told = {"version": VERSION, "today": status.today, "registries": [asdict(one) for one in status.registries]}
    return json.dumps(told, indent=2, ensure_ascii=False, default=_dated)


def _dated(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON")


def as_page(status: Status, language: str = "nb") -> str:
    """The status as a page that stands alone: no script, no other file, and not for search engines."""
    say = words(language)
    rows = "\n".join(_row(one, say) for one in status.registries)
    heading = "".join(
        f'<th scope="col">{escape(say(f"status.{name}"))}</th>'
        for name in ("registry", "newest", "final", "interim", "to_do")
    )
    details = "\n".join(_details(one, say) for one in status.registries if not one.good)
    title = escape(say("status.title"))
    return (
        f'<!DOCTYPE html>\n<html lang="{say.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex, nofollow">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        f'<p class="quiet">{escape(say("status.lead", date=say.date(status.today)))}</p>\n'
        f'<div class="wide" tabindex="0" role="region" aria-label="{title}"><table>\n'
        f"<thead><tr>{heading}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>\n{details}\n"
        "</main>\n</body>\n</html>\n"
    )


def _row(one: RegistryStatus, say: Words) -> str:
    name = escape(one.name or one.id)
    linked = name if one.good else f'<a href="#{escape(one.id)}">{name}</a>'
    newest = " / ".join(
        part
        for part in (
            _year(one.newest_final),
            "" if one.newest_interim is None else say("page.interim_year", year=one.newest_interim),
        )
        if part
    )
    dues = "".join(f"<td>{_due(due, say)}</td>" for due in one.deadlines) or "<td></td><td></td>"
    count = len(one.stopped) + len(one.missing) + len(one.unreviewed) + len(one.hard_to_read) + len(one.remarks)
    to_do = say("status.count", count=count) if count else say("status.nothing")
    return f'<tr><th scope="row">{linked}</th><td>{escape(newest)}</td>{dues}<td>{escape(to_do)}</td></tr>'


def _due(due: Due, say: Words) -> str:
    text = escape(say(f"status.{due.standing}", year=due.year, date=say.date(due.due)))
    return f'<span class="late">{text}</span>' if due.standing is Standing.LATE else text


def _details(one: RegistryStatus, say: Words) -> str:
    """What there is to do at one registry, as lists."""
    unreviewed = [
        f"{review.key.removesuffix('.reviewed')}: "
        + (say.date(review.reviewed) if review.reviewed else say("states.not_given"))
        for review in one.unreviewed
    ]
    hard = [f"{text.key}: LIX {text.lix}" for text in one.hard_to_read]
    lists: list[tuple[str, Sequence[str]]] = [
        ("stopped", one.stopped),
        ("missing", one.missing),
        ("unreviewed", unreviewed),
        ("hard", hard),
        ("remarks", one.remarks),
    ]
    shown = "\n".join(
        f"<h3>{escape(say(f'status.{key}'))}</h3>\n<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"
        for key, texts in lists
        if texts
    )
    late = "".join(f"<p>{_due(due, say)}</p>" for due in one.deadlines if due.standing is Standing.LATE)
    return f'<section>\n<h2 id="{escape(one.id)}">{escape(one.name or one.id)}</h2>\n{late}{shown}\n</section>'
