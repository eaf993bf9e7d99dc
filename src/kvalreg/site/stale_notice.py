"""The mark of a registry whose newer results could not be published: what a reader sees is what was there before.

Comes in: a registry as the site shows it. Goes out: one sentence in the page's language, above all that is of it.
"""

from __future__ import annotations

from kvalreg.report.cell_markup import Html
from kvalreg.report.markup import raw_html
from kvalreg.report.translation import Translator
from kvalreg.site.site_model import PublishedRegistry


def notice_html(sentence: Html) -> str:
    """A sentence that a reader must see first, as a raw block of its own."""
    return raw_html(_html(sentence))


def stale_notice(published_registry: PublishedRegistry, translator: Translator) -> str:
    """The mark of a delayed registry; nothing for any other."""
    return notice_html(translator.html("states.delayed")) if published_registry.is_stale else ""


def tables_delay_mark(shown: PublishedRegistry, say: Translator) -> str:
    """The mark above a delayed registry's table on a page of many registries, as HTML; nothing for any other."""
    return _html(say.html("states.registry_delayed")) if shown.is_stale else ""


def _html(sentence: Html) -> str:
    return f'<p class="kv-delayed">{sentence}</p>'
