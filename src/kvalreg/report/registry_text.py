"""The registry's own words: about, quality improvement, research, definitions of indicators.

Comes in: the descriptor, whose texts are untrusted Markdown. Goes out: pieces with safe HTML; a field that is empty
is said to be empty. On a page in another language they stay as they were written, and are marked with their language.
"""

from __future__ import annotations

from html import escape

from kvalreg.inputs.descriptor import Contact, Indicator, Registry
from kvalreg.report.display import Piece, html_piece
from kvalreg.report.markup import own_words, safe_html
from kvalreg.report.wording import Words


def about(registry: Registry, words: Words) -> Piece:
    """Purpose, usefulness, patients, data controller, home page, phone, e-mail, contact persons."""
    field = registry.about
    home = str(field.home_page) if field.home_page else ""
    contacts = "".join(f"<li>{_contact(contact)}</li>" for contact in field.contacts)
    own = {
        "purpose": safe_html(field.purpose),
        "usefulness": safe_html(field.usefulness),
        "patients": safe_html(field.patients),
        "data_controller": escape(field.data_controller),
    }
    facts = {key: own_words(html, words, "div") for key, html in own.items()} | {
        "home_page": f'<a href="{escape(home)}" rel="noopener">{escape(home)}</a>' if home else "",
        "phone": _phone(field.phone),
        "email": _email(field.email),
        "contacts": own_words(f"<ul>{contacts}</ul>", words, "div") if contacts else "",
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
            (words("about.status"), escape(words(f"about.{work.status}"))),
            (words("about.initiated_by"), own_words(escape(work.initiated_by), words)),
        ]
        if work.period:
            facts.append((words("about.period"), escape(work.period)))
        if work.indicators:
            titles = ", ".join(registry.indicator(ind_id).title for ind_id in work.indicators)
            facts.append((words("about.concerns"), own_words(escape(titles), words)))
        items.append(_work(escape(work.title), safe_html(work.description), facts, words))
    return html_piece("\n".join(items))


def research(registry: Registry, words: Words) -> Piece:
    """Projects, publications, and where the whole list is."""
    field = registry.research
    items = []
    for project in field.projects:
        title, url = escape(project.title), escape(str(project.url or ""))
        linked = f'<a href="{url}" rel="noopener">{title}</a>' if url else title
        facts = [(words("about.status"), escape(words(f"about.{project.status}")))] if project.status else []
        items.append(_work(linked, safe_html(project.description), facts, words))
    if field.publications:
        listed = "".join(f"<li>{safe_html(publication)}</li>" for publication in field.publications)
        items.append(f"<h3>{escape(words('about.publications'))}</h3>\n{own_words(f'<ul>{listed}</ul>', words, 'div')}")
    if field.publication_list:
        url = escape(str(field.publication_list))
        items.append(f'<p><a href="{url}" rel="noopener">{escape(words("about.publication_list"))}</a></p>')
    return html_piece("\n".join(items) or f"<p>{escape(words('about.nothing'))}</p>")


def definition(indicator: Indicator, words: Words) -> Piece:
    """An indicator's long description, and where its target and data come from."""
    facts = [
        escape(words(f"page.{key}", source="{source}")).format(source=own_words(escape(text.rstrip(".")), words))
        for key, text in (("target_source", indicator.target_source), ("data_source", indicator.data_source))
        if text
    ]
    if indicator.reviewed is not None:
        facts.append(escape(words("page.reviewed", date=words.date(indicator.reviewed))))
    body = own_words(safe_html(indicator.long_description), words, "div")
    body += f"<p>{' '.join(facts)}</p>" if facts else ""
    if not body:
        return Piece("")
    return html_piece(
        f'<details class="kv-more"><summary>{escape(words("page.read_more"))}</summary>\n{body}\n</details>'
    )


def _work(title: str, description: str, facts: list[tuple[str, str]], words: Words) -> str:
    """A piece of work: its name and description as HTML, and what is known of it as label and HTML."""
    told = ". ".join(f"{escape(label)}: {html}" for label, html in facts)
    note = f'<p class="kv-note">{told}.</p>' if told else ""
    own = own_words(f"<h3>{title}</h3>\n{description}", words, "div")
    return f'<div class="kv-work">{own}\n{note}</div>'


def _contact(contact: Contact) -> str:
    parts = [escape(contact.name), escape(contact.role), _phone(contact.phone), _email(contact.email)]
    return ", ".join(part for part in parts if part)


def _phone(phone: str) -> str:
    digits = "".join(c for c in phone if c.isdigit() or c == "+")
    return f'<a href="tel:{digits}">{escape(phone)}</a>' if digits else escape(phone)


def _email(email: str) -> str:
    return f'<a href="mailto:{escape(email)}">{escape(email)}</a>' if "@" in email else escape(email)
