"""The mark of a registry whose newer results could not be published: what a reader sees is what was there before.

Comes in: a registry as the site shows it. Goes out: one sentence in the page's language, above all that is of it.
"""

from __future__ import annotations

from kvalreg.report.cell_markup import Html
from kvalreg.report.markup import raw_html
from kvalreg.report.wording import Words
from kvalreg.site.content import Shown


def marked(sentence: Html) -> str:
    """A sentence that a reader must see first, as a raw block of its own."""
    return raw_html(_html(sentence))


def delay_mark(shown: Shown, say: Words) -> str:
    """The mark of a delayed registry; nothing for any other."""
    return marked(say.html("states.delayed")) if shown.is_delayed else ""


def tables_delay_mark(shown: Shown, say: Words) -> str:
    """The mark above a delayed registry's table on a page of many registries, as HTML; nothing for any other."""
    return _html(say.html("states.registry_delayed")) if shown.is_delayed else ""


def _html(sentence: Html) -> str:
    return f'<p class="kv-delayed">{sentence}</p>'
