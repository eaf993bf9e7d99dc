"""The front page.

Comes in: each registry's published cells. Goes out: the page that every reader begins with.
"""

from __future__ import annotations

from kvalreg.report.markup import raw_html
from kvalreg.site.content import Content, Site
from kvalreg.site.registries import cards
from kvalreg.site.staging import Page


def front(site: Site) -> Content:
    """The front page."""
    lead = (
        '<p class="kv-lead">Her ser du hvor god behandlingen er ved sykehusene, og om den blir bedre. '
        "Tallene kommer fra de medisinske kvalitetsregistrene.</p>"
    )
    parts = [raw_html(lead), "## Finn et register {#registre}", cards(site.shown, "registre/")]
    if not site.shown:
        parts.append(raw_html("<p>Ingen registre har publisert resultater ennå.</p>"))
    title = "Resultater fra kvalitetsregistrene"
    return Content((Page("index.qmd", title, "\n\n".join(parts), "nb", synthetic=site.synthetic),))
