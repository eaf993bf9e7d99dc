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

from kvalreg.inputs.rounds import DeadlineStatus
from kvalreg.report.translation import Translator, get_translator
from kvalreg.workbench.status import DeadlineState, RegistryStatus, StatusReport

JSON_VERSION = 1
"""Of the JSON; it goes up when a key changes its meaning."""
_COLOURS = {DeadlineStatus.DONE: "green", DeadlineStatus.LATE: "red", DeadlineStatus.AHEAD: "yellow"}
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
    """The registries as a table for a terminal: one line each, with what there is to do."""
    output = Table(box=box.SIMPLE_HEAD, title=f"Status on {status.today.isoformat()}", title_justify="left")
    for heading in ("Registry", "Newest results", "Deadlines", "To do"):
        output.add_column(heading, overflow="fold")
    for registry in status.registries:
        newest = ", ".join(
            part for part in (_format_year(registry.newest_final), _format_year(registry.newest_interim, " so far")) if part
        ) or "none"  # fmt: skip
        deadlines = "\n".join(
            f"[{_COLOURS[deadline.standing]}]{deadline.round} {deadline.year}: {deadline.standing}[/] (by {deadline.due})"
            for deadline in registry.deadlines
        )
        output.add_row(
            plain_markup(registry.id), newest, deadlines, plain_markup("\n".join(_task_lines(registry)) or "nothing")
        )
    return output


def _task_lines(registry: RegistryStatus) -> list[str]:
    """What there is to do, in short lines."""
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
    """The status for programs."""
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
    """The status as a page that stands alone: no script, no other file, and not for search engines."""
    translator = get_translator(language)
    rows = "\n".join(_registry_row(registry, translator) for registry in status.registries)
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
    newest = " / ".join(
        part
        for part in (
            _format_year(registry.newest_final),
            "" if registry.newest_interim is None else translator("page.interim_year", year=registry.newest_interim),
        )
        if part
    )
    deadlines = (
        "".join(f"<td>{_format_deadline(deadline, translator)}</td>" for deadline in registry.deadlines)
        or "<td></td><td></td>"
    )
    task_count = (
        len(registry.stopped)
        + len(registry.missing)
        + len(registry.unreviewed)
        + len(registry.hard_to_read)
        + len(registry.remarks)
    )
    tasks_text = translator("status.count", count=task_count) if task_count else translator("status.nothing")
    return f'<tr><th scope="row">{name_link}</th><td>{escape(newest)}</td>{deadlines}<td>{escape(tasks_text)}</td></tr>'


def _format_deadline(deadline: DeadlineState, translator: Translator) -> str:
    text = escape(
        translator(f"status.{deadline.standing}", year=deadline.year, date=translator.format_date(deadline.due))
    )
    return f'<span class="late">{text}</span>' if deadline.standing is DeadlineStatus.LATE else text


def _registry_details(registry: RegistryStatus, translator: Translator) -> str:
    """What there is to do at one registry, as lists."""
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
    sections = "\n".join(
        f"<h3>{escape(translator(f'status.{key}'))}</h3>\n<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"
        for key, texts in lists
        if texts
    )
    late_deadlines = "".join(
        f"<p>{_format_deadline(deadline, translator)}</p>"
        for deadline in registry.deadlines
        if deadline.standing is DeadlineStatus.LATE
    )
    return f'<section>\n<h2 id="{escape(registry.id)}">{escape(registry.name or registry.id)}</h2>\n{late_deadlines}{sections}\n</section>'
