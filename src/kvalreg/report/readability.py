"""LIX: how hard a text is to read, and which of its sentences weigh most.

Owns how bokmål, nynorsk and English prose is taken apart into sentences and words. Comes in: plain text, a registry's
Markdown, or the Markdown of a page. Goes out: a `Lix` and its sentences. It changes no text, and never judges whether a
text is true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser

from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.units import Units
from kvalreg.report.markup import html_parts, safe_html

LIMIT = 40
"""Up to here a text reads as easily as fiction and simple newspaper prose (Björnsson 1968: 30-40 is easy)."""
_LONG = 6
"""A word with more letters than this is long."""
_LEAST_WORDS = 6
"""A text of fewer words is a name or a heading: its LIX tells of its words and not of how it reads."""

_ABBREVIATION = re.compile(
    "adm|approx|art|avd|bl|bl\\.a|ca|dr|dvs|e|e\\.g|eks|ev|evt|f|f\\.eks|fig|forts|hhv|i\\.e|inkl|jf|jfr|kap|kl|kr|m|maks|mht|mill|"
    "min|mrd|no|nr|obs|omtr|pga|pkt|prof|pst|ref|resp|s|sml|st|tab|tlf|vedr|vha|vs"
)
"""Its full stop ends no sentence."""
_MAY_END = ("osv", "o.l", "m.m", "m.v", "mv", "mm", "etc", "a.m", "p.m")
"""Abbreviations that often stand last: their full stop ends a sentence when a capital letter follows."""
_MONTH = re.compile(
    r"(januar|februar|mars|april|mai|juni|juli|august|september|oktober|november|desember"
    r"|january|february|march|may|june|july|october|december)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[-'’.,/\u00a0][^\W_]+)*%?")
_END = re.compile(r"[.!?…]+[\"»”’)\]]*(?=\s|$)")
_BLOCKS = frozenset({"p", "li", "dd", "dt", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "summary"})
_BLOCKS |= {"caption", "figcaption", "div", "figure", "details", "ul", "ol", "dl", "table", "tr", "section"}
_TAG = re.compile(r"<[^<>]*>")
_SIGN = re.compile(r"[.!?…&]")
"""Without one of these, or a character's name, HTML tells no sentence."""
_FIGURE = re.compile(r"<(script|style|svg|table)\b")
_NO_PROSE = frozenset({"script", "style", "svg", "table", "code", "h1", "h2", "h3", "h4", "h5", "h6"})


@dataclass(frozen=True)
class Sentence:
    """One sentence, with what it adds to LIX."""

    text: str
    words: int
    long_words: int
    stops: int

    @property
    def lix(self) -> float:
        """The LIX of the sentence alone."""
        return self.words / self.stops + 100 * self.long_words / self.words


@dataclass(frozen=True)
class Lix:
    """The readability of a text.

    Notes
    -----
    LIX = O / M + 100 * L / O, with O words, M stops and L words of more than six letters.
    Source: Björnsson CH. Läsbarhet. Stockholm: Liber; 1968. As there, a colon is a stop, like the end of a sentence.
    A number counts as a word, and a name that is exempt as one short word, since it is read as one.

    Worked number: "Målet er 90 av 100. Registeret viser om pasientene får god hjelp." has 12 words in 2 sentences, and
    2 long words (Registeret, pasientene): 12 / 2 + 100 * 2 / 12 = 6 + 16.7 = 22.7.
    """

    sentences: tuple[Sentence, ...]

    @property
    def value(self) -> float:
        """LIX; 0 for a text without a sentence."""
        words = sum(sentence.words for sentence in self.sentences)
        if not words:
            return 0.0
        stops = sum(sentence.stops for sentence in self.sentences)
        return words / stops + 100 * sum(sentence.long_words for sentence in self.sentences) / words

    @property
    def hard(self) -> bool:
        """Whether the text is harder than the general public should meet."""
        return self.value > LIMIT and sum(sentence.words for sentence in self.sentences) >= _LEAST_WORDS

    def heaviest(self, most: int = 2) -> tuple[Sentence, ...]:
        """The sentences above the limit that raise LIX most, in order: the longer and the harder, the more."""
        above = [sentence for sentence in self.sentences if sentence.lix > LIMIT]
        return tuple(sorted(above, key=lambda one: -(one.lix - LIMIT) * one.words)[:most])


def lix(text: str, exempt: Iterable[str] = ()) -> Lix:
    """The LIX of plain text, one paragraph per line.

    Parameters
    ----------
    text
        Prose. A line is a sentence of its own even without a full stop.
    exempt
        Names of registries, hospitals and other units, as they stand in the text; each counts as one short word.
    """
    return _measured(text.splitlines(), exempt)


def lix_of_markdown(markdown: str, exempt: Iterable[str] = ()) -> Lix:
    """The LIX of a registry's own text."""
    return _measured(paragraphs(safe_html(markdown)), exempt)


def lix_of_page(page: str, exempt: Iterable[str] = ()) -> Lix:
    """The LIX of an executed page's prose: its paragraphs and lists, without tables, figures, headings and labels.

    What does not end as a sentence is a label: a name, an address, a button.
    """
    return lix(prose_of_page(page), exempt)


def prose_of_page(page: str) -> str:
    """The prose of which `lix_of_page` tells the LIX, one paragraph per line."""
    # figures and tables are nine tenths of a page and hold no prose: without them a page takes a tenth of the time
    return "\n".join(text for html in html_parts(page) for text in _said(_without_figures(html)))


@lru_cache(maxsize=1 << 10)
def _said(html: str) -> tuple[str, ...]:
    """The paragraphs that end as a sentence: a registry's pages have most of their texts in common."""
    if not _SIGN.search(_TAG.sub("", html)):  # most raw blocks are headings, labels and emptied figures
        return ()
    return tuple(text for text in paragraphs(html) if re.search(r"[.!?…][\"»”’)\]]*$", text))


def _without_figures(html: str) -> str:
    """HTML whose scripts, styles, drawings and tables are empty."""
    parts, at = [], 0
    for figure in _FIGURE.finditer(html):
        end = html.find(f"</{figure[1]}>", figure.end())
        if figure.start() >= at and end >= 0:
            parts += [html[at : figure.start()], f"<{figure[1]}>"]
            at = end
    return "".join((*parts, html[at:]))


def names_of(registry: Registry, units: Units) -> frozenset[str]:
    """The names that readability does not blame: the registry's, its data controller's, and those of all units."""
    names = {registry.name, registry.short_name, registry.about.data_controller, *units.counties}
    names |= {name for unit in units for name in (unit.name, unit.short_name)}
    return frozenset(name for name in names if name)


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph. A full stop in a number, a date, an initial or an abbreviation ends none.

    Examples
    --------
    >>> sentences("Tallene gjelder f.eks. 31. desember 2025. Målet er ca. 90 av 100.")
    ['Tallene gjelder f.eks. 31. desember 2025.', 'Målet er ca. 90 av 100.']
    """
    found, start = [], 0
    for end in _END.finditer(text):
        if _ends(text[start : end.start()], end.group(), text[end.end() :].lstrip()):
            found.append(text[start : end.end()].strip())
            start = end.end()
    return [one for one in [*found, text[start:].strip()] if _WORD.search(one)]


def _ends(before: str, sign: str, after: str) -> bool:
    """Whether a sign ends a sentence, by the word before it and the text after it."""
    if not after or sign[0] in "!?…":
        return True
    if after[0].islower():
        return False
    last = (re.findall(r"[\w.]+$", before) or [""])[0].lower()
    if last in _MAY_END:
        return after[0].isupper()
    initial = len(last) == 1 and last.isalpha() and before.rstrip()[-1].isupper()
    if _ABBREVIATION.fullmatch(last) or initial:
        return False
    return not (last.isdigit() and len(last) <= 2 and _MONTH.match(after))


def paragraphs(html: str) -> list[str]:
    """The paragraphs, list items and other blocks of HTML as plain text; tables, headings and drawings left out."""
    reader = _Blocks()
    reader.feed(html)
    reader.close()
    return [text for text in reader.texts() if text]


def _measured(lines: Iterable[str], exempt: Iterable[str]) -> Lix:
    names = frozenset(exempt)
    return Lix(tuple(sentence for line in lines for sentence in _weighed(line, names)))


@lru_cache(maxsize=1 << 12)
def _weighed(line: str, exempt: frozenset[str]) -> tuple[Sentence, ...]:
    """A line's sentences: a registry's pages have most of their lines in common."""
    return tuple(_weigh(line, _one_of(exempt)))


def _weigh(line: str, names: re.Pattern[str] | None) -> Iterator[Sentence]:
    for text in sentences(line):
        found = _WORD.findall(names.sub("N", text) if names else text)
        if found:
            stops = 1 + len(re.findall(r":(?=\s+\S)", text))
            yield Sentence(text, len(found), sum(_is_long(word) for word in found), stops)


@lru_cache(maxsize=8)
def _one_of(names: frozenset[str]) -> re.Pattern[str] | None:
    longest_first = sorted((name for name in names if name), key=lambda name: (-len(name), name))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)") if longest_first else None


def _is_long(word: str) -> bool:
    return len(word) > _LONG and (word.isalpha() or sum(sign.isalpha() for sign in word) > _LONG)


class _Blocks(HTMLParser):
    """HTML as the texts of its blocks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = [""]
        self._closed_by: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _NO_PROSE:
            self._closed_by.append(tag)
        if tag in _BLOCKS:
            self._parts.append("")

    def handle_endtag(self, tag: str) -> None:
        if self._closed_by and tag == self._closed_by[-1]:
            self._closed_by.pop()
        if tag in _BLOCKS:
            self._parts.append("")

    def handle_data(self, data: str) -> None:
        if not self._closed_by:
            self._parts[-1] += data

    def texts(self) -> list[str]:
        """Every block's text, single-spaced."""
        return [re.sub(r"[ \t\r\n]+", " ", part).strip() for part in self._parts]
