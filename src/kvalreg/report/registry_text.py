"""The registry's own words: about, quality improvement, research, definitions of indicators.

Comes in: the descriptor, whose texts are untrusted Markdown. Goes out: pieces with safe HTML; a field that is empty
is said to be empty.
"""

from __future__ import annotations

from html import escape

from kvalreg.inputs.descriptor import Contact, Indicator, Registry
from kvalreg.report.display import Piece, html_piece
from kvalreg.report.markup import safe_html
from kvalreg.report.wording import Words


def about(registry: Registry, words: Words) -> Piece:
    """Purpose, usefulness, patients, data controller, home page, phone, e-mail, contact persons."""
    field = registry.about
    home = str(field.home_page) if field.home_page else ""
    contacts = "".join(f"<li>{_contact(contact)}</li>" for contact in field.contacts)
    facts = {
        "purpose": safe_html(field.purpose),
        "usefulness": safe_html(field.usefulness),
        "patients": safe_html(field.patients),
        "data_controller": escape(field.data_controller),
        "home_page": f'<a href="{escape(home)}" rel="noopener">{escape(home)}</a>' if home else "",
        "phone": _phone(field.phone),
        "email": _email(field.email),
        "contacts": f"<ul>{contacts}</ul>" if contacts else "",
    }
    missing = f"<em>{escape(words('states.not_given'))}</em>"
    lines = [f"<dt>{escape(words(f'about.{key}'))}</dt><dd>{html or missing}</dd>" for key, html in facts.items()]
    return html_piece('<dl class="kv-facts">\n' + "\n".join(lines) + "\n</dl>")


def quality_improvement(registry: Registry, words: Words) -> Piece:
    """Each piece of work: what, status, who began it, when, which indicators it concerns."""
    if not registry.quality_improvement:
        return html_piece(f"<p>{escape(words('about.nothing'))}</p>")
    items = []
    for work in registry.quality_improvement:
        facts = [
            f"{words('about.status')}: {words(f'about.{work.status}')}",
            f"{words('about.initiated_by')}: {work.initiated_by}",
        ]
        if work.period:
            facts.append(f"{words('about.period')}: {work.period}")
        if work.indicators:
            titles = ", ".join(registry.indicator(ind_id).title for ind_id in work.indicators)
            facts.append(f"{words('about.concerns')}: {titles}")
        items.append(_work(work.title, safe_html(work.description), facts))
    return html_piece("\n".join(items))


def research(registry: Registry, words: Words) -> Piece:
    """Projects, publications, and where the whole list is."""
    field = registry.research
    items = [
        _work(
            project.title,
            safe_html(project.description),
            [f"{words('about.status')}: {words(f'about.{project.status}')}"] if project.status else [],
            str(project.url) if project.url else "",
        )
        for project in field.projects
    ]
    if field.publications:
        listed = "".join(f"<li>{safe_html(publication)}</li>" for publication in field.publications)
        items.append(f"<h3>{escape(words('about.publications'))}</h3>\n<ul>{listed}</ul>")
    if field.publication_list:
        url = escape(str(field.publication_list))
        items.append(f'<p><a href="{url}" rel="noopener">{escape(words("about.publication_list"))}</a></p>')
    return html_piece("\n".join(items) or f"<p>{escape(words('about.nothing'))}</p>")


def definition(indicator: Indicator, words: Words) -> Piece:
    """An indicator's long description, and where its target and data come from."""
    facts = [
        f"{words(f'page.{key}')}: {text}."
        for key, text in (("target_source", indicator.target_source), ("data_source", indicator.data_source))
        if text
    ]
    if indicator.reviewed is not None:
        facts.append(f"{words('page.reviewed')} {words.date(indicator.reviewed)}.")
    body = safe_html(indicator.long_description) + (f"<p>{escape(' '.join(facts))}</p>" if facts else "")
    if not body:
        return Piece("")
    return html_piece(
        f'<details class="kv-more"><summary>{escape(words("page.read_more"))}</summary>\n{body}\n</details>'
    )


def _work(title: str, description: str, facts: list[str], url: str = "") -> str:
    heading = f'<a href="{escape(url)}" rel="noopener">{escape(title)}</a>' if url else escape(title)
    note = f'<p class="kv-note">{escape(". ".join(facts))}.</p>' if facts else ""
    return f'<div class="kv-work"><h3>{heading}</h3>\n{description}\n{note}</div>'


def _contact(contact: Contact) -> str:
    parts = [escape(contact.name), escape(contact.role), _phone(contact.phone), _email(contact.email)]
    return ", ".join(part for part in parts if part)


def _phone(phone: str) -> str:
    digits = "".join(c for c in phone if c.isdigit() or c == "+")
    return f'<a href="tel:{digits}">{escape(phone)}</a>' if digits else escape(phone)


def _email(email: str) -> str:
    return f'<a href="mailto:{escape(email)}">{escape(email)}</a>' if "@" in email else escape(email)
