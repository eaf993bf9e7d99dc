"""The registry's own words: about, quality improvement, research, evaluations, definitions of indicators.

Comes in: the descriptor, whose texts are untrusted Markdown. Goes out: pieces with safe HTML; a field that is empty
is said to be empty, and an address in a wrong form is plain text. On a page in another language they stay as they were
written, and are marked with their language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from kvalreg.inputs.contact_forms import mail_link, phone_link, web_link
from kvalreg.inputs.descriptor import Indicator, Registry
from kvalreg.inputs.descriptor_texts import Contact, Evaluation, Publication, QualityImprovement
from kvalreg.report.cell_markup import Html, year_html
from kvalreg.report.display import Piece, html_piece
from kvalreg.report.figures.works import DrawnWork
from kvalreg.report.markup import own_words, registry_words, safe_html
from kvalreg.report.wording import Words

Facts = list[tuple[str, str]]
"""What is known of something, as label and HTML."""


def about(registry: Registry, words: Words) -> Piece:
    """Purpose, usefulness, patients, data controller, home page, phone, e-mail, contact persons, last review."""
    field = registry.about
    contacts = "".join(f"<li>{_contact(contact)}</li>" for contact in field.contacts)
    own = {
        "purpose": safe_html(field.purpose),
        "usefulness": safe_html(field.usefulness),
        "patients": safe_html(field.patients),
        "data_controller": escape(field.data_controller),
    }
    facts = {key: own_words(html, words, "div") for key, html in own.items()} | {
        "home_page": registry_words(_linked(field.home_page, web_link(field.home_page))),
        "phone": registry_words(_linked(field.phone, phone_link(field.phone))),
        "email": registry_words(_linked(field.email, mail_link(field.email))),
        "contacts": own_words(f'<ul class="kv-contacts">{contacts}</ul>', words, "div") if contacts else "",
    }
    reviewed = ""
    if field.reviewed is not None:
        said = words.html("page.reviewed", date=words.date_html(field.reviewed))
        reviewed = f'\n<p class="kv-note">{said}</p>'
    return html_piece(_facts([(words(f"about.{key}"), html) for key, html in facts.items()], words) + reviewed)


def quality_improvement(registry: Registry, words: Words, links: Mapping[str, str]) -> Piece:
    """Each piece of work: what, status, who began it, when, which indicators it concerns.

    Parameters
    ----------
    links
        Where the page has an indicator, by its id; the others are named without a link.
    """
    if not registry.quality_improvement:
        return _empty(words)
    items = [
        _work(escape(work.title), work.description, _work_facts(work, registry, words, links), words)
        for work in registry.quality_improvement
    ]
    return html_piece("\n".join(items))


def research(registry: Registry, words: Words) -> Piece:
    """Projects, publications, and where the whole list is."""
    field = registry.research
    items = []
    for project in field.projects:
        facts = [(words("about.status"), escape(words(f"about.{project.status}")))] if project.status else []
        title = _linked(project.title, web_link(project.url))
        if project.url and not web_link(project.url):
            facts.append((words("about.address"), registry_words(escape(project.url))))
        items.append(_work(title, project.description, facts, words))
    listed = "".join(f"<li>{item}</li>" for item in map(_publication, field.publications) if item)
    if listed:
        shown = own_words(f'<ul class="kv-publications">{listed}</ul>', words, "div")
        items.append(f"<h3>{escape(words('about.publications'))}</h3>\n{shown}")
    if field.publication_list:
        href = web_link(field.publication_list)
        text = words("about.publication_list") if href else field.publication_list
        items.append(f"<p>{registry_words(_linked(text, href))}</p>")
    return html_piece("\n".join(items)) if items else _empty(words)


def evaluations(registry: Registry, words: Words, year: int | None = None) -> Piece:
    """How the expert group judged the registry, the newest year first; only one year where it is given."""
    told = [one for one in registry.evaluations if year in (None, one.year)]
    if not told:
        return Piece("") if year is not None else _empty(words)
    newest_first = sorted(told, key=lambda one: -one.year)
    facts: Facts = [(year_html(one.year), _evaluation(one, words)) for one in newest_first]
    note = f'<p class="kv-note">{escape(words("evaluation.explained"))}</p>'
    return html_piece(f"{_facts(facts, words)}\n{note}")


def definition(indicator: Indicator, words: Words) -> Piece:
    """An indicator's long description, where its target and data come from, and when its texts were reviewed."""
    facts = [
        escape(words(f"page.{key}", source="{source}")).format(source=own_words(escape(text.rstrip(".")), words))
        for key, text in (("target_source", indicator.target_source), ("data_source", indicator.data_source))
        if text
    ]
    if indicator.reviewed is not None:
        facts.append(words.html("page.reviewed", date=words.date_html(indicator.reviewed)))
    body = own_words(safe_html(indicator.long_description), words, "div")
    body += f"<p>{' '.join(facts)}</p>" if facts else ""
    if not body:
        return Piece("")
    return html_piece(
        f'<details class="kv-more"><summary>{escape(words("page.read_more"))}</summary>\n{body}\n</details>'
    )


def works_note(works: Sequence[DrawnWork], words: Words) -> Piece:
    """What the bars above a trend are, by their letters; nothing where there are none."""
    if not works:
        return Piece("")
    told = [
        f"{one.letter}: {own_words(escape(one.work.title), words)} ({registry_words(escape(one.work.period))})"
        for one in works
    ]
    return html_piece(f'<p class="kv-note">{escape(words("figure.works_note"))} {"; ".join(told)}.</p>')


def _work_facts(work: QualityImprovement, registry: Registry, words: Words, links: Mapping[str, str]) -> Facts:
    facts = [
        (words("about.status"), escape(words(f"about.{work.status}"))),
        (words("about.initiated_by"), own_words(escape(work.initiated_by), words)),
    ]
    if work.period:
        facts.append((words("about.period"), registry_words(escape(work.period))))
    if work.indicators:
        concerned = [registry.indicator(ind_id) for ind_id in work.indicators]
        named = "".join(f"<li>{_linked(one.title, links.get(one.id, ''))}</li>" for one in concerned)
        facts.append((words("about.concerns"), own_words(f"<ul>{named}</ul>", words, "div")))
    return facts


def _work(title: str, description: str, facts: Facts, words: Words) -> str:
    """A piece of work: its name as HTML, its description, and what is known of it."""
    own = own_words(f"<h3>{title}</h3>\n{safe_html(description)}", words, "div")
    return f'<div class="kv-work">{own}\n{_facts(facts, words)}</div>'


def _facts(facts: Facts, words: Words) -> str:
    """What is known, as a list of labels; what is not known is said to be not given."""
    missing = f"<em>{escape(words('states.not_given'))}</em>"
    named = ((label if isinstance(label, Html) else escape(label), html) for label, html in facts)
    lines = [f"<dt>{label}</dt><dd>{html or missing}</dd>" for label, html in named]
    return '<dl class="kv-facts">\n' + "\n".join(lines) + "\n</dl>" if lines else ""


def _evaluation(one: Evaluation, words: Words) -> str:
    judged = [words(f"evaluation.{key}", value=value) for key, value in (("stage", one.stage), ("level", one.level))
              if value is not None]  # fmt: skip
    text = own_words(safe_html(one.text), words, "div")
    level = registry_words(escape(", ".join(judged)))
    return (f"<p><strong>{level}</strong></p>" if judged else "") + text


def _publication(publication: Publication) -> str:
    """A publication: its text, which leads to its address; the address alone where there is no text."""
    href = web_link(publication.url)
    if publication.text and publication.url and not href:
        return f"{escape(publication.text)} {escape(publication.url)}"
    return _linked(publication.text or publication.url, href)


def _contact(contact: Contact) -> str:
    who = ", ".join(part for part in (f"<strong>{escape(contact.name)}</strong>", escape(contact.role)) if part)
    ways = [_linked(contact.phone, phone_link(contact.phone)), _linked(contact.email, mail_link(contact.email))]
    reached = " ".join(f"<span>{way}</span>" for way in ways if way)
    return f"{who}<br>{reached}" if reached else who


def _linked(text: str, href: str) -> str:
    """A text as a link where there is an address, plain otherwise."""
    if not href:
        return escape(text)
    rel = ' rel="noopener"' if href.startswith(("http:", "https:")) else ""
    return f'<a href="{escape(href)}"{rel}>{escape(text)}</a>'


def _empty(words: Words) -> Piece:
    return html_piece(f"<p><em>{escape(words('states.not_given'))}</em></p>")
