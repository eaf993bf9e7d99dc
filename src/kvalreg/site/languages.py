"""Pages that exist in three languages: their addresses, and the links between them.

Owns the rule of addresses: bokmål at the address itself, nynorsk and English below ``/nn/`` and ``/en/``.
"""

from __future__ import annotations

from html import escape

from kvalreg.report.markup import raw_html
from kvalreg.report.translation import LANGUAGES, Translator

_DEFAULT_LANGUAGE = LANGUAGES[0]


def localized_address(address: str, language: str) -> str:
    """A page's source in a language: ``om/index.qmd``, ``nn/om/index.qmd``."""
    return address if language == _DEFAULT_LANGUAGE else f"{language}/{address}"


def language_links(address: str, translator: Translator) -> str:
    """Links to the same page in the other languages, each named in its own."""
    # a reader looks for the name of a language in that language: English, not engelsk
    links = "".join(
        f'<li><a href="/{localized_address(address, language)}" lang="{language}" hreflang="{language}">'
        f"{escape(translator(f'om.language_{language}'))}</a></li>"
        for language in LANGUAGES
        if language != translator.language
    )
    return raw_html(
        f'<nav class="kv-languages" aria-label="{escape(translator("om.languages"))}"><ul>{links}</ul></nav>'
    )
