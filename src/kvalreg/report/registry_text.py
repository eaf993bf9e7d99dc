"""The registry's own texts: about, quality improvement, research, evaluations, definitions of indicators.

Input: the descriptor, whose texts are untrusted Markdown. Output: fragments with sanitized HTML. An empty field is
shown as not given, and an invalid URL as plain text. On a page in another language the texts stay as written, tagged
with lang.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from kvalreg.inputs.contact_links import mail_link, phone_link, web_link
from kvalreg.inputs.descriptor import Indicator, Registry
from kvalreg.inputs.descriptor_texts import Contact, Evaluation, Publication, QualityImprovement
from kvalreg.report.cell_markup import Html, year_html
from kvalreg.report.figures.improvement_projects import ProjectBar
from kvalreg.report.html_fragment import HtmlFragment, html_fragment
from kvalreg.report.markup import mark_registry_language, mark_registry_text, safe_html
from kvalreg.report.translation import Translator

DescriptionList = list[tuple[str, str]]
"""Pairs of label and HTML."""


def about(registry: Registry, translator: Translator) -> HtmlFragment:
    """Purpose, usefulness, patients, data controller, home page, phone, e-mail, contact persons, last review."""
    field = registry.about
    # Prose is tagged with its language; addresses and numbers have none, and are only tagged as the registry's own.
    contacts = "".join(f"<li>{_contact_html(contact)}</li>" for contact in field.contacts)
    texts = {
        "purpose": safe_html(field.purpose),
        "usefulness": safe_html(field.usefulness),
        "patients": safe_html(field.patients),
        "data_controller": escape(field.data_controller),
    }
    entries = {key: mark_registry_language(html, translator, "div") for key, html in texts.items()} | {
        "home_page": mark_registry_text(_link_html(field.home_page, web_link(field.home_page))),
        "phone": mark_registry_text(_link_html(field.phone, phone_link(field.phone))),
        "email": mark_registry_text(_link_html(field.email, mail_link(field.email))),
        "contacts": mark_registry_language(f'<ul class="kv-contacts">{contacts}</ul>', translator, "div")
        if contacts
        else "",
    }
    reviewed = ""
    if field.reviewed is not None:
        sentence = translator.html("page.reviewed", date=translator.date_html(field.reviewed))
        reviewed = f'\n<p class="kv-note">{sentence}</p>'
    return html_fragment(
        _description_list([(translator(f"about.{key}"), html) for key, html in entries.items()], translator) + reviewed
    )


def quality_improvement(registry: Registry, translator: Translator, links: Mapping[str, str]) -> HtmlFragment:
    """Each improvement project: title, description, status, initiator, period, and indicators concerned.

    Parameters
    ----------
    links
        The link to each indicator of the page, by its id; other indicators are named without a link.
    """
    if not registry.quality_improvement:
        return _not_given(translator)
    items = [
        _project_html(
            escape(project.title),
            project.description,
            _project_entries(project, registry, translator, links),
            translator,
        )
        for project in registry.quality_improvement
    ]
    return html_fragment("\n".join(items))


def research(registry: Registry, translator: Translator) -> HtmlFragment:
    """Projects, publications, and the link to the complete list."""
    field = registry.research
    items = []
    for project in field.projects:
        entries = (
            [(translator("about.status"), escape(translator(f"about.{project.status}")))] if project.status else []
        )
        title = _link_html(project.title, web_link(project.url))
        # An invalid URL is shown as text: the reader may still make use of it, and the registry sees the mistake.
        if project.url and not web_link(project.url):
            entries.append((translator("about.address"), mark_registry_text(escape(project.url))))
        items.append(_project_html(title, project.description, entries, translator))
    publication_items = "".join(f"<li>{item}</li>" for item in map(_publication_html, field.publications) if item)
    if publication_items:
        publications_html = mark_registry_language(
            f'<ul class="kv-publications">{publication_items}</ul>', translator, "div"
        )
        items.append(f"<h3>{escape(translator('about.publications'))}</h3>\n{publications_html}")
    if field.publication_list:
        href = web_link(field.publication_list)
        text = translator("about.publication_list") if href else field.publication_list
        items.append(f"<p>{mark_registry_text(_link_html(text, href))}</p>")
    return html_fragment("\n".join(items)) if items else _not_given(translator)


def evaluations(registry: Registry, translator: Translator, year: int | None = None) -> HtmlFragment:
    """How the expert group evaluated the registry, latest year first; only the given year when there is one."""
    selected = [evaluation for evaluation in registry.evaluations if year in (None, evaluation.year)]
    if not selected:
        # The registry's page states that nothing is given; a year's page has no such section.
        return HtmlFragment("") if year is not None else _not_given(translator)
    newest_first = sorted(selected, key=lambda evaluation: -evaluation.year)
    entries: DescriptionList = [
        (year_html(evaluation.year), _evaluation_html(evaluation, translator)) for evaluation in newest_first
    ]
    note = f'<p class="kv-note">{escape(translator("evaluation.explained"))}</p>'
    return html_fragment(f"{_description_list(entries, translator)}\n{note}")


def definition(indicator: Indicator, translator: Translator) -> HtmlFragment:
    """An indicator's long description, the sources of its target and data, and when its texts were reviewed."""
    # The sentence is escaped with its placeholder "{source}" still in it; the registry's text is escaped and tagged
    # separately and filled in afterwards.
    sentences = [
        escape(translator(f"page.{key}", source="{source}")).format(
            source=mark_registry_language(escape(text.rstrip(".")), translator)
        )
        for key, text in (("target_source", indicator.target_source), ("data_source", indicator.data_source))
        if text
    ]
    if indicator.reviewed is not None:
        sentences.append(translator.html("page.reviewed", date=translator.date_html(indicator.reviewed)))
    body = mark_registry_language(safe_html(indicator.long_description), translator, "div")
    body += f"<p>{' '.join(sentences)}</p>" if sentences else ""
    if not body:
        return HtmlFragment("")
    return html_fragment(
        f'<details class="kv-more"><summary>{escape(translator("page.read_more"))}</summary>\n{body}\n</details>'
    )


def projects_note(bars: Sequence[ProjectBar], translator: Translator) -> HtmlFragment:
    """The key to the bars above a trend, by their letters; empty when there are none."""
    if not bars:
        return HtmlFragment("")
    items = []
    for bar in bars:
        title = mark_registry_language(escape(bar.project.title), translator)
        items.append(f"{bar.letter}: {title} ({mark_registry_text(escape(bar.project.period))})")
    return html_fragment(f'<p class="kv-note">{escape(translator("figure.works_note"))} {"; ".join(items)}.</p>')


def _project_entries(
    project: QualityImprovement, registry: Registry, translator: Translator, links: Mapping[str, str]
) -> DescriptionList:
    entries = [
        (translator("about.status"), escape(translator(f"about.{project.status}"))),
        (translator("about.initiated_by"), mark_registry_language(escape(project.initiated_by), translator)),
    ]
    if project.period:
        entries.append((translator("about.period"), mark_registry_text(escape(project.period))))
    if project.indicators:
        indicators = [registry.indicator(ind_id) for ind_id in project.indicators]
        items = "".join(
            f"<li>{_link_html(indicator.title, links.get(indicator.id, ''))}</li>" for indicator in indicators
        )
        entries.append((translator("about.concerns"), mark_registry_language(f"<ul>{items}</ul>", translator, "div")))
    return entries


def _project_html(title: str, description: str, entries: DescriptionList, translator: Translator) -> str:
    """A project: its title as HTML, its description, and its entries."""
    body = mark_registry_language(f"<h3>{title}</h3>\n{safe_html(description)}", translator, "div")
    return f'<div class="kv-work">{body}\n{_description_list(entries, translator)}</div>'


def _description_list(entries: DescriptionList, translator: Translator) -> str:
    """Pairs as a description list; empty HTML is shown as not given."""
    placeholder = f"<em>{escape(translator('states.not_given'))}</em>"
    pairs = ((label if isinstance(label, Html) else escape(label), html) for label, html in entries)
    items = [f"<dt>{label}</dt><dd>{html or placeholder}</dd>" for label, html in pairs]
    return '<dl class="kv-facts">\n' + "\n".join(items) + "\n</dl>" if items else ""


def _evaluation_html(evaluation: Evaluation, translator: Translator) -> str:
    grade_values = (("stage", evaluation.stage), ("level", evaluation.level))
    grades = [translator(f"evaluation.{key}", value=value) for key, value in grade_values if value is not None]
    text = mark_registry_language(safe_html(evaluation.text), translator, "div")
    level = mark_registry_text(escape(", ".join(grades)))
    return (f"<p><strong>{level}</strong></p>" if grades else "") + text


def _publication_html(publication: Publication) -> str:
    """A publication: its text as a link; the URL alone when there is no text."""
    href = web_link(publication.url)
    if publication.text and publication.url and not href:
        return f"{escape(publication.text)} {escape(publication.url)}"
    return _link_html(publication.text or publication.url, href)


def _contact_html(contact: Contact) -> str:
    name_and_role = ", ".join(
        part for part in (f"<strong>{escape(contact.name)}</strong>", escape(contact.role)) if part
    )
    links = [_link_html(contact.phone, phone_link(contact.phone)), _link_html(contact.email, mail_link(contact.email))]
    links_html = " ".join(f"<span>{link}</span>" for link in links if link)
    return f"{name_and_role}<br>{links_html}" if links_html else name_and_role


def _link_html(text: str, href: str) -> str:
    """A text as a link when there is a URL, plain otherwise."""
    if not href:
        return escape(text)
    # noopener: a site that a registry links to gets no handle on this page's window.
    rel = ' rel="noopener"' if href.startswith(("http:", "https:")) else ""
    return f'<a href="{escape(href)}"{rel}>{escape(text)}</a>'


def _not_given(translator: Translator) -> HtmlFragment:
    return html_fragment(f"<p><em>{escape(translator('states.not_given'))}</em></p>")
