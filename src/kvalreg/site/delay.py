"""The mark of a registry whose newer results could not be published: what a reader sees is what was there before.

Comes in: a registry as the site shows it. Goes out: one sentence, as a raw block, in the page's language.
"""

from __future__ import annotations

from kvalreg.report.cell_markup import Html
from kvalreg.report.markup import raw_html
from kvalreg.report.wording import Words
from kvalreg.site.content import Shown


def marked(sentence: Html) -> str:
    """A sentence that a reader must see first."""
    return raw_html(f'<p class="kv-delayed">{sentence}</p>')


def delay_mark(shown: Shown, say: Words) -> str:
    """The mark of a delayed registry; nothing for any other."""
    return marked(say.html("states.delayed")) if shown.is_delayed else ""
