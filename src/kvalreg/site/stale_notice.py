"""The notice of a stale registry: its newer results could not be published, so readers see the earlier ones.

Input: a registry as the site shows it. Output: one sentence in the page's language, above its content.
"""

from __future__ import annotations

from kvalreg.report.cell_markup import Html
from kvalreg.report.markup import raw_html
from kvalreg.report.translation import Translator
from kvalreg.site.site_model import PublishedRegistry


def notice_html(sentence: Html) -> str:
    """A sentence above a page's content, as a raw block of its own."""
    return raw_html(_html(sentence))


def stale_notice(published_registry: PublishedRegistry, translator: Translator) -> str:
    """The notice of a stale registry; empty for any other."""
    return notice_html(translator.html("states.delayed")) if published_registry.is_stale else ""


def stale_table_notice(published_registry: PublishedRegistry, translator: Translator) -> str:
    """The notice above a stale registry's table on a page of several registries, as HTML; empty for any other."""
    return _html(translator.html("states.registry_delayed")) if published_registry.is_stale else ""


def _html(sentence: Html) -> str:
    return f'<p class="kv-delayed">{sentence}</p>'
