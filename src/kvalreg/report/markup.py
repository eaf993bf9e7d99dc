"""Sanitizes untrusted text for a page: Pandoc Markdown and HTML.

Input: a registry's own text. Output: Markdown or HTML in which no tag, script, attribute, image or Quarto shortcode of
that text survives, in either renderer.
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
"""HTML of a plain text. Cached: tables and figures repeat the same few names, words and numbers."""


def escape_markdown(text: str) -> str:
    """Plain text inside Markdown: every ASCII punctuation mark is escaped, newlines become spaces."""
    # CommonMark allows a backslash before any ASCII punctuation mark
    # (https://spec.commonmark.org/0.31.2/#backslash-escapes), so escaping all of them needs no knowledge of which ones
    # are markup in a given renderer.
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def raw_html(html: str) -> str:
    """HTML as a raw block of Markdown, in a fence longer than any run of backticks inside.

    A text that looks like the beginning of an executable cell has its brace escaped: Quarto looks for cells in raw
    blocks too. Scripts hold no backticks, since `script_json` escapes them.
    """
    html = _CODE_CELL.sub(r"\1&#123;", html)
    fence = "```"
    while fence in html:
        fence += "`"
    return f"{fence}{{=html}}\n{html}\n{fence}"


def html_parts(page: str) -> list[str]:
    """A page's Markdown as HTML, part by part: its raw blocks unchanged, the Markdown between them rendered."""
    # A newline at both ends, so that a fence in the first or last line matches as any other. `position` is the start of
    # the text not yet in any part.
    parts, position, text = [], 1, f"\n{page}\n"
    for block in _RAW_BLOCK.finditer(text):
        # str.find and not a regular expression over the content, which may have megabytes.
        end = text.find(f"\n{block[1]}\n", block.end())
        # A fence inside the previous block is content; one without an end is plain Markdown.
        if block.start() + 1 >= position and end > block.end():
            parts += [_render(text[position : block.start() + 1]), text[block.end() + 1 : end]]
            position = end + 1 + len(block[1])
    return [part for part in (*parts, _render(text[position:-1])) if not part.isspace() and part]


def _render(markdown: str) -> str:
    """Markdown as HTML; between two raw blocks there is usually none."""
    return "" if markdown.isspace() else _markdown_parser().render(markdown)


def page_html(markdown: str) -> str:
    """A page's Markdown as HTML for a notebook, without the ids of headings, which only Pandoc understands."""
    return "\n".join(html_parts(_HEADING_ID.sub("", markdown)))


def mark_registry_language(html: str, translator: Translator, tag: str = "span") -> str:
    """A registry's own text, tagged with its language when the page is in another; see `mark_registry_text`."""
    return mark_registry_text(html, translator.lang_attribute, tag)


def mark_registry_text(html: str, lang: str = "", tag: str = "span") -> str:
    """A registry's own text, tagged when it has a digit or another language.

    Parameters
    ----------
    lang
        The attribute with its language, when that is not the page's.
    """
    # The audit checks every number of a page against a published cell, except in elements with this attribute. Tags and
    # entities are removed first: the 3 of <h3> and the 39 of &#39; are no numbers of the text.
    text_attribute = ' data-kv-text="registry"' if _DIGIT.search(_TAGS_AND_ENTITIES.sub("", html)) else ""
    return f"<{tag}{lang}{text_attribute}>{html}</{tag}>" if (lang or text_attribute) and html else html


def safe_html(markdown: str) -> str:
    """A registry's Markdown as HTML; headings become bold paragraphs.

    Raw HTML is removed: a script or style with its content, of other elements the tags. Of the HTML that the Markdown
    produces, only allowed tags remain, without attributes except the absolute URL of a link.
    """
    # Headings would break the outline of the page, whose levels are the template's.
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
    # nh3 has made it safe as HTML; what is left are Quarto's shortcodes "{{<" and Pandoc's divs ":::".
    return clean.strip().replace("{", "&#123;").replace(":::", "&#58;&#58;&#58;")


def _absolute_url(_tag: str, attribute: str, value: str) -> str | None:
    """A URL with a scheme, or None: a relative one would point somewhere else on every page."""
    return value if attribute != "href" or re.match(r"(?i)(https?://|mailto:)", value) else None


@cache
def _markdown_parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable("table").disable("image")
