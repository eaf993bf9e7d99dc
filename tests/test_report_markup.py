"""Untrusted text: nothing of it becomes markup, script or shortcode."""

from __future__ import annotations

import html5lib
import pypandoc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvalreg.report.markup import escape_markdown, html_parts, raw_html, safe_html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "{{< include /etc/passwd >}}",
        "*ikke* _uthevet_ [lenke](https://example.org) ![bilde](x.png) `kode`{=html}",
        "# overskrift",
        "- punkt",
        "1. punkt",
        "$x^2$ ~ ^ | a | b |",
        "[^1] @kilde \\newpage &lt; 'sitat' \"sitat\" -- ...",
    ],
)
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    """Pandoc reads escaped text as just those characters."""
    plain = pypandoc.convert_text(escape_markdown(text), "json", format="markdown-smart")
    assert '"t":"Para"' in plain
    for kind in ("RawInline", "RawBlock", "Link", "Image", "Emph", "Strong", "Code", "Math", "Header", "BulletList"):
        assert f'"t":"{kind}"' not in plain
    back = pypandoc.convert_text(escape_markdown(text), "plain", format="markdown-smart", extra_args=["--wrap=none"])
    assert back.strip() == text


def test_escaped_text_holds_no_shortcode() -> None:
    """Quarto looks for {{< before it looks for anything else."""
    assert "{{<" not in escape_markdown("{{< include x >}}")


@pytest.mark.parametrize(
    ("markdown", "absent"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("[x](javascript:alert(1))", '<a href="javascript'),
        ("![x](https://example.org/x.png)", "<img"),
        ("<img src=x onerror=alert(1)>", "<img"),
        ("{{< include /etc/passwd >}}", "{{<"),
        ("`x`{=html}", "{"),
        ("[x](//example.org/a)", "href"),
        ("[x](../../hemmelig)", "href"),
        ("<iframe src=//example.org></iframe>", "<iframe"),
        ("[x](data:text/html;base64,AAAA)", '<a href="data'),
    ],
)
def test_registry_markdown_is_made_safe(markdown: str, absent: str) -> None:
    """Scripts, images, frames and dangerous addresses of a registry's text do not survive."""
    assert absent not in safe_html(markdown)


def test_registry_markdown_keeps_what_it_may() -> None:
    """Emphasis, lists, links and paragraphs survive; a heading becomes a bold paragraph."""
    html = safe_html("# Om målet\n\nSe *her*: [side](https://example.org/a).\n\n- en\n- to")
    assert "<p><strong>Om målet</strong></p>" in html
    assert "<em>her</em>" in html
    assert '<a href="https://example.org/a" rel="noopener noreferrer">side</a>' in html
    assert html.count("<li>") == 2


@given(st.text(alphabet="`~{}=html<>\n a", max_size=60))
def test_raw_html_cannot_break_out(html: str) -> None:
    """Whatever runs of backticks the HTML holds, its fence is longer."""
    block = raw_html(html)
    fence = block.split("{", 1)[0]
    assert set(fence) == {"`"}
    assert fence not in html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a <script>alert(1)</script> b", "<p>a  b</p>"),
        ("<style>body{display:none}</style>hei", "hei"),
        ("<b onclick=x>fet</b> og <i>kursiv</i>", "<p>fet og kursiv</p>"),
        ("<p id=TOC class=kv-delayed style=x>x</p>", "<p>x</p>"),
        ("</main></div><h1>x</h1>", "<p><strong>x</strong></p>"),
        ("<!-- kommentar --> tekst", "tekst"),
        ("<form action=//x><input name=y></form>", ""),
        ("<base href=//x><meta http-equiv=refresh content=0>", ""),
        ("p<0,05 og 3 < 4 > 2 & mer", "<p>p&lt;0,05 og 3 &lt; 4 &gt; 2 &amp; mer</p>"),
        (
            "<a href=https://example.org/ target=_top onclick=x>k</a>",
            '<p><a href="https://example.org/" rel="noopener noreferrer">k</a></p>',
        ),
    ],
)
def test_raw_html_is_taken_out(markdown: str, html: str) -> None:
    """Of scripts and styles all they hold, of other tags the tag and its attributes; signs < and > are text."""
    assert safe_html(markdown) == html


NASTY = [
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<math><mi//xlink:href="data:x,<script>alert(4)</script>">',
    "<textarea><script>alert(1)</script></textarea>",
    "<svg/onload=alert(1)>",
    '[x](https://example.org/"onmouseover="alert(1))',
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "<javascript:alert(1)>",
    "[a]: vbscript:x\n\n[a]",
    "[a]: data:text/html,x\n\n![a][a]",
    "```{=html}\n<script>alert(1)</script>\n```",
    "~~~{.python onload=x}\n<img src=x onerror=alert(1)>\n~~~",
    "<table><tr><td colspan=9 onclick=x>1",
    "<scr<script>ipt>alert(1)</script>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
]


@pytest.mark.parametrize("markdown", NASTY)
def test_a_browser_finds_nothing_to_run(markdown: str) -> None:
    """Read as a browser reads it, the HTML has only listed tags, no attribute but whole addresses of links."""
    tree = html5lib.parseFragment(safe_html(markdown), namespaceHTMLElements=False)
    for element in tree.iter():
        if element is tree:
            continue
        assert element.tag in {"p", "a", "code", "em", "strong", "table", "tbody", "tr", "td"}, element.tag
        assert set(element.attrib) <= ({"href", "rel"} if element.tag == "a" else set())
        assert element.get("href", "https://").startswith(("https://", "http://", "mailto:"))


@given(st.text(alphabet="<>/\"'=&;:`{}[]()!# \nascriptonlhefjv", max_size=80))
def test_no_text_becomes_a_script(markdown: str) -> None:
    """Whatever is typed, no other tag and no other attribute comes out."""
    tree = html5lib.parseFragment(safe_html(markdown), namespaceHTMLElements=False)
    for element in tree.iter():
        assert str(element.tag).lower() not in {"script", "style", "iframe", "img", "svg", "form", "object"}
        assert set(element.attrib) <= {"href", "rel"}


def test_a_page_comes_apart_into_html() -> None:
    """Raw blocks as they are, with any fence, and Markdown between them rendered."""
    page = f"## A\n\n{raw_html('<p>``` x</p>')}\n\nb *c*\n"
    assert html_parts(page) == ["<h2>A</h2>\n", "<p>``` x</p>", "<p>b <em>c</em></p>\n"]
