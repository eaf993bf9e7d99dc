"""The report of a status: a table for the terminal, JSON for programs, and a page of its own.

Input: a `StatusReport`. Output: text. The page loads nothing from any host, is in no navigation and no search index,
and is never part of the public site. Texts in it are untrusted and escaped.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from html import escape

from rich import box
from rich.markup import escape as escape_markup
from rich.table import Table

from kvalreg.inputs.rounds import DeadlineStatus
from kvalreg.report.translation import Translator, get_translator
from kvalreg.workbench.status import DeadlineState, RegistryStatus, StatusReport

JSON_VERSION = 1
"""The version of the JSON; it increases when a key changes its meaning."""
_COLOURS = {DeadlineStatus.DONE: "green", DeadlineStatus.LATE: "red", DeadlineStatus.AHEAD: "yellow"}
# Colours have a contrast of at least 4.5 : 1 with the paper, light and dark (WCAG 2.2, 1.4.3).
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


def status_table(status: StatusReport) -> Table:
    """The registries as a table for a terminal, with the tasks of each."""
    output = Table(box=box.SIMPLE_HEAD, title=f"Status on {status.today.isoformat()}", title_justify="left")
    for heading in ("Registry", "Newest results", "Deadlines", "To do"):
        output.add_column(heading, overflow="fold")
    for registry in status.registries:
        years = (_format_year(registry.newest_final), _format_year(registry.newest_interim, " so far"))
        newest = ", ".join(filter(None, years)) or "none"
        deadlines = "\n".join(map(_deadline_markup, registry.deadlines))
        tasks = "\n".join(_task_lines(registry)) or "nothing"
        output.add_row(escape_markup(registry.id), newest, deadlines, escape_markup(tasks))
    return output


def _deadline_markup(deadline: DeadlineState) -> str:
    """A deadline in Rich's markup: ``[red]final 2025: late[/] (by 2026-06-15)``."""
    state = f"{deadline.round} {deadline.year}: {deadline.standing}"
    return f"[{_COLOURS[deadline.standing]}]{state}[/] (by {deadline.due})"


def _task_lines(registry: RegistryStatus) -> list[str]:
    """The tasks of a registry, in short lines."""
    lines = [f"stopped: {text}" for text in registry.stopped]
    if registry.missing:
        lines.append(f"missing: {', '.join(registry.missing)}")
    if registry.unreviewed:
        lines.append(f"review: {', '.join(review.key.removesuffix('.reviewed') for review in registry.unreviewed)}")
    if registry.hard_to_read:
        lines.append(f"hard to read: {', '.join(f'{text.key} (LIX {text.lix})' for text in registry.hard_to_read)}")
    return [*lines, *registry.remarks]


def _format_year(year: int | None, suffix: str = "") -> str:
    return "" if year is None else f"{year}{suffix}"


def status_to_json(status: StatusReport) -> str:
    """The status as JSON."""
    # asdict writes every field by its name: a renamed field is a changed format.
    document = {
        "version": JSON_VERSION,
        "today": status.today,
        "registries": [asdict(registry) for registry in status.registries],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, default=_encode_date)


def _encode_date(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON")


def status_to_html(status: StatusReport, language: str = "nb") -> str:
    """The status as a page without scripts and other files, which asks search engines not to index it."""
    translator = get_translator(language)
    rows = "\n".join(_registry_row(registry, translator) for registry in status.registries)
    # The table is wide: it scrolls by itself, and can be reached by keyboard for that (tabindex, role, label).
    heading = "".join(
        f'<th scope="col">{escape(translator(f"status.{column}"))}</th>'
        for column in ("registry", "newest", "final", "interim", "to_do")
    )
    details = "\n".join(_registry_details(registry, translator) for registry in status.registries if not registry.is_ok)
    title = escape(translator("status.title"))
    return (
        f'<!DOCTYPE html>\n<html lang="{translator.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex, nofollow">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        f'<p class="quiet">{escape(translator("status.lead", date=translator.format_date(status.today)))}</p>\n'
        f'<div class="wide" tabindex="0" role="region" aria-label="{title}"><table>\n'
        f"<thead><tr>{heading}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>\n{details}\n"
        "</main>\n</body>\n</html>\n"
    )


def _registry_row(registry: RegistryStatus, translator: Translator) -> str:
    name = escape(registry.name or registry.id)
    name_link = name if registry.is_ok else f'<a href="#{escape(registry.id)}">{name}</a>'
    interim = "" if registry.newest_interim is None else translator("page.interim_year", year=registry.newest_interim)
    newest = " / ".join(filter(None, (_format_year(registry.newest_final), interim)))
    # A registry whose descriptor cannot be read has no deadlines, but the two columns.
    deadlines = (
        "".join(f"<td>{_format_deadline(deadline, translator)}</td>" for deadline in registry.deadlines)
        or "<td></td><td></td>"
    )
    task_lists = (registry.stopped, registry.missing, registry.unreviewed, registry.hard_to_read, registry.remarks)
    task_count = sum(map(len, task_lists))
    tasks_text = translator("status.count", count=task_count) if task_count else translator("status.nothing")
    return f'<tr><th scope="row">{name_link}</th><td>{escape(newest)}</td>{deadlines}<td>{escape(tasks_text)}</td></tr>'


def _format_deadline(deadline: DeadlineState, translator: Translator) -> str:
    text = escape(
        translator(f"status.{deadline.standing}", year=deadline.year, date=translator.format_date(deadline.due))
    )
    return f'<span class="late">{text}</span>' if deadline.standing is DeadlineStatus.LATE else text


def _registry_details(registry: RegistryStatus, translator: Translator) -> str:
    """The tasks of one registry, as lists under a heading for each kind."""
    unreviewed = [
        f"{review.key.removesuffix('.reviewed')}: "
        + (translator.format_date(review.reviewed) if review.reviewed else translator("states.not_given"))
        for review in registry.unreviewed
    ]
    hard_texts = [f"{text.key}: LIX {text.lix}" for text in registry.hard_to_read]
    lists: list[tuple[str, Sequence[str]]] = [
        ("stopped", registry.stopped),
        ("missing", registry.missing),
        ("unreviewed", unreviewed),
        ("hard", hard_texts),
        ("remarks", registry.remarks),
    ]
    sections = "\n".join(_task_list(translator(f"status.{key}"), texts) for key, texts in lists if texts)
    late_deadlines = "".join(
        f"<p>{_format_deadline(deadline, translator)}</p>"
        for deadline in registry.deadlines
        if deadline.standing is DeadlineStatus.LATE
    )
    heading = f'<h2 id="{escape(registry.id)}">{escape(registry.name or registry.id)}</h2>'
    return f"<section>\n{heading}\n{late_deadlines}{sections}\n</section>"


def _task_list(title: str, texts: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<h3>{escape(title)}</h3>\n<ul>{items}</ul>"
