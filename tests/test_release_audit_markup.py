"""Plain markup is taken apart as html.parser does, and what is not plain is left to it."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from kvalreg.project import Project
from kvalreg.release.audit_markup import Part, Token, parts_of, tokens


class _Parts(HTMLParser):
    """What html.parser hands over, texts that follow each other as one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[Part, str, list[tuple[str, str | None]]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((Part.START, tag, attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((Part.EMPTY, tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((Part.END, tag, []))

    def handle_comment(self, data: str) -> None:
        self.found.append((Part.COMMENT, data, []))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] is Part.TEXT:
            self.found[-1] = (Part.TEXT, self.found[-1][1] + data, [])
        else:
            self.found.append((Part.TEXT, data, []))


def _in_full(told: list[Token]) -> list[tuple[Part, str, list[tuple[str, str | None]]]]:
    """Tokens as html.parser tells them: rows and drawings taken apart, empty texts left out."""
    whole = (Part.ROWS, Part.DRAWING)
    full = [part for one in told for part in (parts_of(one.what) if one.part in whole else [one])]
    return [(one.part, one.what, one.attributes) for one in full if one.part is not Part.TEXT or one.what]


def _by_html_parser(text: str) -> list[tuple[Part, str, list[tuple[str, str | None]]]]:
    parser = _Parts()
    parser.feed(text)
    parser.close()
    return parser.found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bare tekst &amp; mer",
        "<!DOCTYPE html><html lang=\"nb\"><p class='a' hidden>Én &lt; to<br>tre</p></html>",
        '<td data-sort="0.87" data-label="A &quot;B&quot;">87 av 100</td>',
        '<script type="application/json">{"a": "<b>&amp;</b>", "c": 1}</script><p>x</p>',
        "<style>a > b { color: red }</style>",
        '<svg viewBox="0 0 1 1"><path d="M0 0"/><text x="1">Vik</text></svg>',
        "<!-- 3 av 7 --><p>x</p><!---->",
        '<P CLASS="A">x</P >',
        "<p>uferdig",
        '<tr data-unit="1"><th>Vik &amp; Li</th><td data-label="A &quot;B&quot;" data-sort="1">3</td></tr>\n',
        '<tr><td data-sort="1" data-label="A">3</td><td>4</td></tr><tr><td></td></tr>',
        "<table><tr><th>A</th></tr>\n<tr><td>1</td></tr> <tr><td>2</td><td>3</td></tr>x<tr><td>4</td></tr></table>",
        '<svg viewBox="0 0 1 1"><g fill="red"><text x="1" y="2">Vik &amp; Li</text></g>3<path d="M0 0"/></svg><p>x</p>',
        '<svg><text aria-label="Vik: 3 av 7">x</text><title>Li</title><a href="x"><text>y</text></a></svg>',
        "<svg><rect x='1'/></svg><svg></svg><svg/><svg><text>uferdig",
    ],
)
def test_plain_markup_is_read_as_html_parser_reads_it(text: str) -> None:
    """The same tags, attributes, texts and comments, in the same order."""
    told = tokens(text)
    assert told is not None
    assert _in_full(told) == _by_html_parser(text)


@pytest.mark.parametrize(
    "text",
    [
        "<p a=1>x</p>",
        '<p a="1"b="2">x</p>',
        "3 < 7",
        "<script>let a = 1",
        "<!-- a -- b -->",
        "<![CDATA[3 av 7]]>",
        "<?xml version='1.0'?><a/>",
        "<p",
        "</>",
    ],
)
def test_what_is_not_plain_is_left_to_html_parser(text: str) -> None:
    """No guess is made: the slow way reads it."""
    assert tokens(text) is None


def test_every_page_of_the_demo_is_read_the_quick_way_and_alike(demo: tuple[Project, object]) -> None:
    """Pages are plain markup, so that the audit of a nation's site is quick; both ways read the same in them."""
    pages: list[Path] = sorted(demo[0].site.rglob("*.html"))
    assert pages
    for page in pages[:: max(1, len(pages) // 8)]:
        text = page.read_text(encoding="utf-8")
        told = tokens(text)
        assert told is not None, page
        assert _in_full(told) == _by_html_parser(text)


DRAWN = ['<text data-n="3">x</text>', "<title>3 av 7</title>", '<text aria-label="3">x</text>']


@pytest.mark.parametrize("inside", DRAWN)
def test_a_drawing_that_says_more_than_its_texts_is_taken_apart(inside: str) -> None:
    """Attributes that hold words, and elements that are not drawn, are read one by one."""
    told = tokens(f"<svg>{inside}</svg>")
    assert told is not None
    assert Part.DRAWING not in {one.part for one in told}
