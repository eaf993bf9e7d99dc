"""Untrusted text: nothing of it becomes markup, script or shortcode."""

from __future__ import annotations

import pypandoc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvalreg.report.markup import escape_markdown, raw_html, safe_html


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
