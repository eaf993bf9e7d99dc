"""The pages about the site: how to read the numbers, accessibility, privacy, contact.

Input: the site, and the texts in the folder ``om`` beside this module, by language: front matter with a title and a
sentence for search engines, then Markdown. Output: pages in three languages. In the texts, ``$publisher``, ``$title``,
``$version``, ``$contact`` and ``$statement`` stand for values of the site's descriptor.
"""

from __future__ import annotations

from importlib.resources import files
from string import Template

from kvalreg import __version__
from kvalreg.report.markup import escape_markdown
from kvalreg.report.translation import LANGUAGES, Translator, get_translator
from kvalreg.site.languages import language_links, localized_address
from kvalreg.site.site_model import Site, SiteOutput
from kvalreg.site.staging import Page

ABOUT_PAGES = (
    "tall",
    "nivaa",
    "sikkerhet",
    "skjulte-tall",
    "trakt",
    "dekningsgrad",
    "tilgjengelighet",
    "personvern",
    "kontakt",
)
"""The texts' names, which are the last part of the pages' addresses as well; the first is `/om/` itself."""


def generate_about_pages(site: Site) -> SiteOutput:
    """Every text in every language."""
    return SiteOutput(
        tuple(_page(name, site, get_translator(language)) for language in LANGUAGES for name in ABOUT_PAGES)
    )


def _page(name: str, site: Site, translator: Translator) -> Page:
    text = files("kvalreg.site").joinpath("om", translator.language, f"{name}.md").read_text(encoding="utf-8")
    front_matter, _, body = text.partition("\n---\n")
    # the front matter is ours: a line holds one key and its plain value, so no YAML reader is needed
    metadata = dict(line.split(": ", 1) for line in front_matter.splitlines())
    is_first = name == ABOUT_PAGES[0]
    address = "om/index.qmd" if is_first else f"om/{name}/index.qmd"
    return Page(
        localized_address(address, translator.language),
        metadata["title"],
        f"{language_links(address, translator)}\n\n{Template(body).substitute(_template_values(site, translator))}",
        translator.language,
        metadata["description"],
        () if is_first else ((translator("om.title"), localized_address("om/index.qmd", translator.language)),),
        synthetic=site.synthetic,
    )


def _template_values(site: Site, translator: Translator) -> dict[str, str]:
    """The descriptor's values as Markdown, by placeholder."""
    descriptor = site.descriptor
    email, phone = descriptor.email, descriptor.phone
    # a descriptor's texts are untrusted: each is escaped before it goes into the page's Markdown
    contact_lines = (
        [f"- {translator('about.email')}: [{escape_markdown(email)}](mailto:{escape_markdown(email)})"] if email else []
    )
    contact_lines += [f"- {translator('about.phone')}: {escape_markdown(phone)}"] if phone else []
    statement = descriptor.accessibility_statement
    return {
        "publisher": escape_markdown(descriptor.publisher or site.title or translator("om.publisher")),
        "title": escape_markdown(site.title),
        "version": escape_markdown(__version__),
        "contact": "\n".join(contact_lines) or escape_markdown(translator("om.no_contact")),
        "statement": f"[{escape_markdown(translator('om.statement'))}](<{statement}>)" if statement else "",
    }
