"""The pages about the site: how to read the numbers, accessibility, privacy, contact.

Comes in: the site, and the texts that lie beside this module, by language: a title, a sentence for search engines, and
Markdown. Goes out: pages in three languages. In the texts, ``$publisher``, ``$title``, ``$version``, ``$contact`` and
``$statement`` stand for what the site says of itself.
"""

from __future__ import annotations

from importlib.resources import files
from string import Template

from kvalreg import __version__
from kvalreg.report.markup import escape_markdown
from kvalreg.report.wording import LANGUAGES, Words, words
from kvalreg.site.content import Content, Site
from kvalreg.site.languages import in_language, language_links
from kvalreg.site.staging import Page

TEXTS = (
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
"""The texts, which are the pages' addresses as well; the first is `/om/` itself."""


def about(site: Site) -> Content:
    """Every text in every language."""
    return Content(tuple(_page(name, site, words(language)) for language in LANGUAGES for name in TEXTS))


def _page(name: str, site: Site, say: Words) -> Page:
    text = files("kvalreg.site").joinpath("om", say.language, f"{name}.md").read_text(encoding="utf-8")
    head, _, body = text.partition("\n---\n")
    told = dict(line.split(": ", 1) for line in head.splitlines())
    first = name == TEXTS[0]
    address = "om/index.qmd" if first else f"om/{name}/index.qmd"
    return Page(
        in_language(address, say.language),
        told["title"],
        f"{language_links(address, say)}\n\n{Template(body).substitute(_filled_in(site, say))}",
        say.language,
        told["description"],
        () if first else ((say("om.title"), in_language("om/index.qmd", say.language)),),
        synthetic=site.synthetic,
    )


def _filled_in(site: Site, say: Words) -> dict[str, str]:
    """What the site says of itself, as Markdown."""
    about_site = site.descriptor
    email, phone = about_site.email, about_site.phone
    ways = [f"- {say('about.email')}: [{escape_markdown(email)}](mailto:{escape_markdown(email)})"] if email else []
    ways += [f"- {say('about.phone')}: {escape_markdown(phone)}"] if phone else []
    statement = about_site.accessibility_statement
    return {
        "publisher": escape_markdown(about_site.publisher or site.title or say("om.publisher")),
        "title": escape_markdown(site.title),
        "version": escape_markdown(__version__),
        "contact": "\n".join(ways) or escape_markdown(say("om.no_contact")),
        "statement": f"[{escape_markdown(say('om.statement'))}](<{statement}>)" if statement else "",
    }
