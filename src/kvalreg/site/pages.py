"""The site's content: every page around the reports and every file beside them, gathered from their makers.

Comes in: each registry's published cells and its accepted pages. Goes out: `Content`, ready to stage. A new kind of
page or file is one module with a maker and one line in `MAKERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from importlib.resources import files

from kvalreg.batch.accepted import AcceptedPage
from kvalreg.report.markup import raw_html
from kvalreg.report.report import Report, rounds
from kvalreg.report.wording import words
from kvalreg.site.chooser import UNIT_LIST, chooser, unit_list
from kvalreg.site.content import Content, Shown, Site
from kvalreg.site.downloads import set_aside
from kvalreg.site.staging import Page


def site_content(site: Site) -> Content:
    """Every page and file of the site."""
    made = [maker(site) for maker in MAKERS]
    pages, unit_cells = set_aside([_with_chooser(page) for content in made for page in content.pages])
    files = {address: file for content in made for address, file in content.files.items()}
    return Content(tuple(pages), files | unit_cells)


def _front_pages(site: Site) -> Content:
    synthetic = site.synthetic
    return Content(
        (
            _front(site.shown, synthetic=synthetic),
            _registries(site.shown, synthetic=synthetic),
            _about(synthetic=synthetic),
        )
    )


def _reports(site: Site) -> Content:
    return Content(tuple(_report(page) for registry in site.shown for page in registry.pages))


def _units(site: Site) -> Content:
    return Content(files={UNIT_LIST: unit_list([registry.published for registry in site.shown])})


MAKERS: tuple[Callable[[Site], Content], ...] = (_front_pages, _reports, _units)
"""Who makes the site's content; two that make one address are refused when the site is staged."""


def _with_chooser(page: Page) -> Page:
    return replace(page, body=f"{raw_html(chooser(words(page.language)))}\n\n{page.body}")


def _report(page: AcceptedPage) -> Page:
    say = words(page.language)
    mark = raw_html(f'<p class="kv-delayed">{escape(say("states.delayed"))}</p>') + "\n\n" if page.delayed else ""
    return Page(
        address=page.address,
        title=page.title,
        body=mark + page.markdown,
        language=page.language,
        breadcrumb=page.breadcrumb,
        synthetic=page.synthetic,
    )


def _front(shown: Sequence[Shown], *, synthetic: bool) -> Page:
    lead = (
        '<p class="kv-lead">Her ser du hvor god behandlingen er ved sykehusene, og om den blir bedre. '
        "Tallene kommer fra de medisinske kvalitetsregistrene.</p>"
    )
    parts = [raw_html(lead), "## Finn et register {#registre}", _cards(shown, "registre/")]
    if not shown:
        parts.append(raw_html("<p>Ingen registre har publisert resultater ennå.</p>"))
    return Page("index.qmd", "Resultater fra kvalitetsregistrene", "\n\n".join(parts), "nb", synthetic=synthetic)


def _registries(shown: Sequence[Shown], *, synthetic: bool) -> Page:
    lead = f'<p class="kv-lead">{len(shown)} registre viser resultatene sine her.</p>'
    body = f"{raw_html(lead)}\n\n{_cards(shown, '')}"
    return Page("registre/index.qmd", "Registre", body, "nb", synthetic=synthetic)


def _about(*, synthetic: bool) -> Page:
    text = files("kvalreg.site").joinpath("om.md").read_text(encoding="utf-8")
    return Page("om/index.qmd", "Slik leser du tallene", text, "nb", synthetic=synthetic)


def _cards(shown: Sequence[Shown], folder: str) -> str:
    """The registries as cards, by name."""
    ordered = sorted(shown, key=lambda registry: registry.published.registry.name.lower())
    cards = "\n".join(_card(registry, folder) for registry in ordered)
    return raw_html(f'<div class="kv-cards">{cards}</div>')


def _card(shown: Shown, folder: str) -> str:
    """A registry as a card: name, weightiest message, medical fields. In the registry's own language."""
    registry = shown.published.registry
    say = words(registry.language)
    year, round_ = next((y for y in rounds(shown.published)[::-1] if y[1] == "final"), rounds(shown.published)[-1])
    text = Report(shown.published, year, round_, say).headline()
    lang = f' lang="{registry.language}"' if registry.language != "nb" else ""
    return (
        f'<a class="kv-card" href="{folder}{registry.id}/index.html"{lang}><strong>{escape(registry.name)}</strong>'
        f'<span>{escape(text)}</span><span class="kv-note">{escape(", ".join(registry.medical_fields))}</span></a>'
    )
