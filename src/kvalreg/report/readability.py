"""LIX: how hard a text is to read, and which of its sentences are the hardest.

Owns how bokmål, nynorsk and English prose is split into sentences and words.

Input: plain text, a registry's Markdown, or the Markdown of a page. Output: a `Lix` and its sentences. It changes no
text, and does not judge whether a text is true.
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

LIX_LIMIT = 40
"""Up to here a text reads as easily as fiction and simple newspaper prose (Björnsson 1968: 30-40 is easy)."""
_LONG_WORD_LENGTH = 6
"""A word with more letters than this is long."""
_LEAST_WORDS = 6
"""A text of fewer words is a name or a heading: its LIX measures the words and not the prose."""

_ABBREVIATIONS = re.compile(
    "adm|approx|art|avd|bl|bl\\.a|ca|dr|dvs|e|e\\.g|eks|ev|evt|f|f\\.eks|fig|forts|hhv|i\\.e|inkl|jf|jfr|kap|kl|kr|m|maks|mht|mill|"
    "min|mrd|no|nr|obs|omtr|pga|pkt|prof|pst|ref|resp|s|sml|st|tab|tlf|vedr|vha|vs"
)
"""Abbreviations whose full stop ends no sentence."""
_FINAL_ABBREVIATIONS = ("osv", "o.l", "m.m", "m.v", "mv", "mm", "etc", "a.m", "p.m")
"""Abbreviations that often stand last: their full stop ends a sentence when a capital letter follows."""
_MONTH = re.compile(
    r"(januar|februar|mars|april|mai|juni|juli|august|september|oktober|november|desember"
    r"|january|february|march|may|june|july|october|december)\b",
    re.IGNORECASE,
)
# A word may have inner punctuation: "e-post", "1,5", "f.eks" and "95%" are one word each.
_WORD = re.compile(r"[^\W_]+(?:[-'’.,/\u00a0][^\W_]+)*%?")
# Closing quotes and brackets belong to the sentence that they close.
_SENTENCE_END = re.compile(r"[.!?…]+[\"»”’)\]]*(?=\s|$)")
_BLOCK_TAGS = frozenset(
    {"p", "li", "dd", "dt", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "summary"}
)
_BLOCK_TAGS |= {"caption", "figcaption", "div", "figure", "details", "ul", "ol", "dl", "table", "tr", "section"}
_TAG = re.compile(r"<[^<>]*>")
_SENTENCE_MARK = re.compile(r"[.!?…&]")
"""HTML without one of these, or an entity, holds no complete sentence."""
_FIGURE_TAG = re.compile(r"<(script|style|svg|table)\b")
_NON_PROSE_TAGS = frozenset({"script", "style", "svg", "table", "code", "h1", "h2", "h3", "h4", "h5", "h6"})


@dataclass(frozen=True)
class Sentence:
    """One sentence, with the counts that LIX is computed from."""

    text: str
    word_count: int
    long_word_count: int
    stop_count: int

    @property
    def lix(self) -> float:
        """The LIX of the sentence alone."""
        return self.word_count / self.stop_count + 100 * self.long_word_count / self.word_count


@dataclass(frozen=True)
class Lix:
    """The readability of a text.

    Notes
    -----
    LIX = O / M + 100 * L / O, with O words, M stops and L words of more than six letters.
    Source: Björnsson CH. Läsbarhet. Stockholm: Liber; 1968. As there, a colon is a stop, like the end of a sentence.
    A number counts as a word, and an exempt name as one short word, since it is read as one.

    Worked number: "Målet er 90 av 100. Registeret viser om pasientene får god hjelp." has 12 words in 2 sentences, and
    2 long words (Registeret, pasientene): 12 / 2 + 100 * 2 / 12 = 6 + 16.7 = 22.7.
    """

    sentences: tuple[Sentence, ...]

    @property
    def value(self) -> float:
        """LIX; 0 for a text without a sentence."""
        word_count = sum(sentence.word_count for sentence in self.sentences)
        if not word_count:
            return 0.0
        stop_count = sum(sentence.stop_count for sentence in self.sentences)
        return word_count / stop_count + 100 * sum(sentence.long_word_count for sentence in self.sentences) / word_count

    @property
    def is_hard(self) -> bool:
        """Whether the text is above LIX 40, the limit for texts for the general public."""
        return self.value > LIX_LIMIT and sum(sentence.word_count for sentence in self.sentences) >= _LEAST_WORDS

    def hardest_sentences(self, limit: int = 2) -> tuple[Sentence, ...]:
        """The sentences above the limit that contribute most to LIX, in order."""
        # Weighted by words: a sentence of 30 words with LIX 50 (10 * 30 = 300) raises the text's LIX more than one of
        # 8 words with LIX 70 (30 * 8 = 240).
        hard_sentences = [sentence for sentence in self.sentences if sentence.lix > LIX_LIMIT]
        return tuple(
            sorted(hard_sentences, key=lambda candidate: -(candidate.lix - LIX_LIMIT) * candidate.word_count)[:limit]
        )


def lix(text: str, exempt: Iterable[str] = ()) -> Lix:
    """The LIX of plain text, one paragraph per line.

    Parameters
    ----------
    text
        Prose. A line is a sentence of its own even without a full stop.
    exempt
        Names of registries, hospitals and other units, as written in the text; each counts as one short word.
    """
    return _lix_of_lines(text.splitlines(), exempt)


def lix_of_markdown(markdown: str, exempt: Iterable[str] = ()) -> Lix:
    """The LIX of a registry's own text."""
    return _lix_of_lines(paragraphs(safe_html(markdown)), exempt)


def lix_of_page(page: str, exempt: Iterable[str] = ()) -> Lix:
    """The LIX of an executed page's prose: its paragraphs and lists, without tables, figures, headings and labels.

    Text that does not end as a sentence is a label: a name, a link, a button.
    """
    return lix(prose_of_page(page), exempt)


def prose_of_page(page: str) -> str:
    """The prose that `lix_of_page` measures, one paragraph per line."""
    # Figures and tables are nine tenths of a page and hold no prose: without them it takes a tenth of the time.
    return "\n".join(text for html in html_parts(page) for text in _prose_paragraphs(_without_figures(html)))


@lru_cache(maxsize=1 << 10)
def _prose_paragraphs(html: str) -> tuple[str, ...]:
    """The paragraphs that end as a sentence. Cached: a registry's pages have most of their texts in common."""
    # A cheap test before parsing: most raw blocks are headings, labels and emptied figures.
    if not _SENTENCE_MARK.search(_TAG.sub("", html)):
        return ()
    return tuple(text for text in paragraphs(html) if re.search(r"[.!?…][\"»”’)\]]*$", text))


def _without_figures(html: str) -> str:
    """HTML whose scripts, styles, SVGs and tables are empty."""
    parts, position = [], 0
    for figure in _FIGURE_TAG.finditer(html):
        end = html.find(f"</{figure[1]}>", figure.end())
        # An element nested in a skipped one begins before `position`; one that is never closed stays as it is.
        if figure.start() >= position and end >= 0:
            parts += [html[position : figure.start()], f"<{figure[1]}>"]
            position = end
    return "".join((*parts, html[position:]))


def exempt_names(registry: Registry, units: Units) -> frozenset[str]:
    """The names exempt from LIX: the registry's, its data controller's, and those of all units and counties."""
    names = {registry.name, registry.short_name, registry.about.data_controller, *units.counties}
    names |= {name for unit in units for name in (unit.name, unit.short_name)}
    return frozenset(name for name in names if name)


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph. A full stop in a number, date, initial or abbreviation ends none.

    Examples
    --------
    >>> sentences("Tallene gjelder f.eks. 31. desember 2025. Målet er ca. 90 av 100.")
    ['Tallene gjelder f.eks. 31. desember 2025.', 'Målet er ca. 90 av 100.']
    """
    parts, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        if _ends_sentence(text[start : end.start()], end.group(), text[end.end() :].lstrip()):
            parts.append(text[start : end.end()].strip())
            start = end.end()
    return [part for part in [*parts, text[start:].strip()] if _WORD.search(part)]


def _ends_sentence(before: str, terminator: str, after: str) -> bool:
    """Whether a punctuation mark ends a sentence, by the word before it and the text after it."""
    # Rules in order of reliability; only a full stop is ambiguous, and the first rule that applies decides:
    #   "Ja! Nei."              other marks always end
    #   "kl. ni"                a lower-case letter continues
    #   "pasienter osv. Målet"  may end a sentence: the capital letter decides
    #   "ca. 90", "C. Hansen"   abbreviations and initials never end
    #   "31. desember"          an ordinal in a date does not end
    if not after or terminator[0] in "!?…":
        return True
    if after[0].islower():
        return False
    last_word = (re.findall(r"[\w.]+$", before) or [""])[0].lower()
    if last_word in _FINAL_ABBREVIATIONS:
        return after[0].isupper()
    is_initial = len(last_word) == 1 and last_word.isalpha() and before.rstrip()[-1].isupper()
    if _ABBREVIATIONS.fullmatch(last_word) or is_initial:
        return False
    return not (last_word.isdigit() and len(last_word) <= 2 and _MONTH.match(after))


def paragraphs(html: str) -> list[str]:
    """The paragraphs, list items and other blocks of HTML as plain text, without tables, headings and SVGs."""
    parser = _BlockTextParser()
    parser.feed(html)
    parser.close()
    return [text for text in parser.texts() if text]


def _lix_of_lines(lines: Iterable[str], exempt: Iterable[str]) -> Lix:
    names = frozenset(exempt)
    return Lix(tuple(sentence for line in lines for sentence in _line_sentences(line, names)))


@lru_cache(maxsize=1 << 12)
def _line_sentences(line: str, exempt: frozenset[str]) -> tuple[Sentence, ...]:
    """A line's sentences. Cached: a registry's pages have most of their lines in common."""
    return tuple(_parse_sentences(line, _names_pattern(exempt)))


def _parse_sentences(line: str, names_pattern: re.Pattern[str] | None) -> Iterator[Sentence]:
    for text in sentences(line):
        # "N" stands for a name: one word, and a short one.
        words = _WORD.findall(names_pattern.sub("N", text) if names_pattern else text)
        if words:
            # A colon in a time or a ratio has no space after it and is no stop.
            stops = 1 + len(re.findall(r":(?=\s+\S)", text))
            yield Sentence(text, len(words), sum(_is_long(word) for word in words), stops)


@lru_cache(maxsize=8)
def _names_pattern(names: frozenset[str]) -> re.Pattern[str] | None:
    # An alternation takes the first match: "Oslo" before "Oslo universitetssykehus" would leave a long word.
    longest_first = sorted((name for name in names if name), key=lambda name: (-len(name), name))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)") if longest_first else None


def _is_long(word: str) -> bool:
    # Only letters count: 1234567 and 2024-2025 are read as short words.
    return len(word) > _LONG_WORD_LENGTH and (
        word.isalpha() or sum(character.isalpha() for character in word) > _LONG_WORD_LENGTH
    )


class _BlockTextParser(HTMLParser):
    """HTML as the texts of its blocks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        # Text is appended to the last part; the begin and end of a block each start a new one. Elements that hold no
        # prose nest, hence a stack.
        self._parts: list[str] = [""]
        self._skipped_tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _NON_PROSE_TAGS:
            self._skipped_tags.append(tag)
        if tag in _BLOCK_TAGS:
            self._parts.append("")

    def handle_endtag(self, tag: str) -> None:
        if self._skipped_tags and tag == self._skipped_tags[-1]:
            self._skipped_tags.pop()
        if tag in _BLOCK_TAGS:
            self._parts.append("")

    def handle_data(self, data: str) -> None:
        if not self._skipped_tags:
            self._parts[-1] += data

    def texts(self) -> list[str]:
        """Every block's text, single-spaced."""
        return [re.sub(r"[ \t\r\n]+", " ", part).strip() for part in self._parts]
