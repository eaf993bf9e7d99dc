"""Untrusted text made safe for a page: Pandoc Markdown and HTML.

Comes in: a registry's words. Goes out: Markdown or HTML in which no tag, script, attribute, image or Quarto shortcode
of theirs survives, in either renderer.
"""

from __future__ import annotations

import html
import re
from functools import cache, lru_cache

import nh3
from markdown_it import MarkdownIt

from kvalreg.report.translation import Translator

_ALLOWED_TAGS = {"p", "br", "em", "strong", "ul", "ol", "li", "a", "blockquote", "code", "sub", "sup"} | {
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
_RAW_BLOCK = re.compile(r"\n(```+)\{=html\}(?=\n)")
_CODE_CELL = re.compile(r"(```\s*)\{")
_HEADING_ID = re.compile(r"\s*\{#[\w-]+\}$", re.MULTILINE)
_DIGIT = re.compile(r"\d")
_TAGS_AND_ENTITIES = re.compile(r"<[^>]*>|&#?\w+;")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
escape = lru_cache(maxsize=1 << 14)(html.escape)
"""HTML of a plain text: tables and figures tell the same few names, words and numbers many times."""


def escape_markdown(text: str) -> str:
    """Plain text for a place in Markdown: every ASCII punctuation mark is escaped, newlines become spaces."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def raw_html(html: str) -> str:
    """HTML as a raw block of Markdown, in a fence longer than any run of backticks inside.

    A text that reads like the beginning of a cell to run has its bracket escaped: renderers look for cells in raw
    blocks too. Scripts hold no backticks, as `script_json` writes them.
    """
    html = _CODE_CELL.sub(r"\1&#123;", html)
    fence = "```"
    while fence in html:
        fence += "`"
    return f"{fence}{{=html}}\n{html}\n{fence}"


def html_parts(page: str) -> list[str]:
    """A page's Markdown as HTML, part by part: its raw blocks as they are, the Markdown between them rendered."""
    parts, position, text = [], 1, f"\n{page}\n"
    for block in _RAW_BLOCK.finditer(text):
        end = text.find(f"\n{block[1]}\n", block.end())  # found as text: a page has megabytes
        if block.start() + 1 >= position and end > block.end():
            parts += [_render(text[position : block.start() + 1]), text[block.end() + 1 : end]]
            position = end + 1 + len(block[1])
    return [part for part in (*parts, _render(text[position:-1])) if not part.isspace() and part]


def _render(markdown: str) -> str:
    """Markdown as HTML; between two raw blocks there is none, most often."""
    return "" if markdown.isspace() else _markdown_parser().render(markdown)


def page_html(markdown: str) -> str:
    """A page's Markdown as a notebook can show it: without the ids of headings, which are Pandoc's."""
    return "\n".join(html_parts(_HEADING_ID.sub("", markdown)))


def mark_registry_language(html: str, translator: Translator, tag: str = "span") -> str:
    """A registry's own text, marked with its language where the page is in another one, and as its own with a digit."""
    return mark_registry_text(html, translator.lang_attribute, tag)


def mark_registry_text(html: str, lang: str = "", tag: str = "span") -> str:
    """A registry's own text, which the audit leaves alone; it is marked where it has a digit or another language.

    Parameters
    ----------
    lang
        The attribute with its language, where that is not the page's.
    """
    text_attribute = ' data-kv-text="registry"' if _DIGIT.search(_TAGS_AND_ENTITIES.sub("", html)) else ""
    return f"<{tag}{lang}{text_attribute}>{html}</{tag}>" if (lang or text_attribute) and html else html


def safe_html(markdown: str) -> str:
    """A registry's Markdown as HTML; headings become bold paragraphs.

    Raw HTML in it is removed: of a script or style with all it holds, of other tags the tag alone. What the Markdown
    makes is kept where it is in a short list of tags, without attributes but the whole address of a link.
    """
    html = re.sub(
        r"<(/?)h[1-6]>",
        lambda match: "</strong></p>" if match[1] else "<p><strong>",
        _markdown_parser().render(markdown),
    )
    clean = nh3.clean(
        html,
        tags=_ALLOWED_TAGS,
        attributes={"a": {"href"}},
        attribute_filter=_absolute_url,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
        clean_content_tags={"script", "style"},
    )
    return clean.strip().replace("{", "&#123;").replace(":::", "&#58;&#58;&#58;")


def _absolute_url(_tag: str, attribute: str, value: str) -> str | None:
    """An address with its scheme, or none: a relative one would lead somewhere else on every page."""
    return value if attribute != "href" or re.match(r"(?i)(https?://|mailto:)", value) else None


@cache
def _markdown_parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable("table").disable("image")
