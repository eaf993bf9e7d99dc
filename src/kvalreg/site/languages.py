"""Pages that exist in three languages: where each lies, and the links between them.

Owns the rule of addresses: bokmål at the address itself, nynorsk and English below ``/nn/`` and ``/en/``.
"""

from __future__ import annotations

from html import escape

from kvalreg.report.markup import raw_html
from kvalreg.report.wording import LANGUAGES, Words

_FIRST = LANGUAGES[0]


def in_language(address: str, language: str) -> str:
    """A page's source in a language: ``om/index.qmd``, ``nn/om/index.qmd``."""
    return address if language == _FIRST else f"{language}/{address}"


def language_links(address: str, say: Words) -> str:
    """Links to the same page in the other languages, each named in its own."""
    links = "".join(
        f'<li><a href="/{in_language(address, language)}" lang="{language}" hreflang="{language}">'
        f"{escape(say(f'om.language_{language}'))}</a></li>"
        for language in LANGUAGES
        if language != say.language
    )
    return raw_html(f'<nav class="kv-languages" aria-label="{escape(say("om.languages"))}"><ul>{links}</ul></nav>')
