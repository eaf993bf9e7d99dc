"""The registries as cards: on the front page, and on a page of their own.

Comes in: each registry's published cells. Goes out: the page of all registries, and the cards of
the front page.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from kvalreg.report.markup import raw_html
from kvalreg.report.report import Report, rounds
from kvalreg.report.wording import words
from kvalreg.site.content import Content, Shown, Site
from kvalreg.site.staging import Page


def registries(site: Site) -> Content:
    """The page of all registries."""
    lead = f'<p class="kv-lead">{len(site.shown)} registre viser resultatene sine her.</p>'
    body = f"{raw_html(lead)}\n\n{cards(site.shown, '')}"
    return Content((Page("registre/index.qmd", "Registre", body, "nb", synthetic=site.synthetic),))


def cards(shown: Sequence[Shown], folder: str) -> str:
    """The registries as cards, by name."""
    ordered = sorted(shown, key=lambda registry: registry.published.registry.name.lower())
    listed = "\n".join(_card(registry, folder) for registry in ordered)
    return raw_html(f'<div class="kv-cards">{listed}</div>')


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
