"""Pages in three languages: plain in each, and nothing but names and marked texts in another."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import html5lib
import pytest

from kvalreg.disclosure.published import PublishedResults, load_published
from kvalreg.inputs.descriptor import Registry
from kvalreg.pipeline import RunResult
from kvalreg.project import Project
from kvalreg.report import Report
from kvalreg.report.drawing import DEFER_CHARTS
from kvalreg.report.markup import html_parts
from kvalreg.report.readability import exempt_names, lix_of_page
from kvalreg.report.translation import get_translator

Demo = tuple[Project, RunResult]
NORWEGIAN = re.compile(
    r"\b(?:og|ikke|ikkje|er|av|på|som|til|fra|frå|hvor|kor|enn|med|mål|målet|pasient\w*|sykehus|sjukehus|tall|tal|vis|les|"
    r"uten|utan|siden|sidan|landet|år|endring|hele|heile)\b",
    re.IGNORECASE,
)
ENGLISH = re.compile(
    r"\b(?:the|of|is|are|and|not|than|since|hospitals?|patients?|target|show|read|change)\b", re.IGNORECASE
)


def page(published: PublishedResults, language: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything that the two report notebooks show of 2025, as the Markdown of one page."""
    monkeypatch.setenv(DEFER_CHARTS, "1")
    report = Report(published, 2025, "final", get_translator(language, published.registry.language))
    pieces = [
        report.lead(),
        report.introduction(),
        report.message(),
        report.table(),
        report.sections(),
        report.trends(),
    ]
    pieces += [report.quality(), report.about(), report.quality_improvement(), report.research(), report.years()]
    return "\n\n".join(piece.markdown for piece in pieces)


def without_own_texts(published: PublishedResults) -> PublishedResults:
    """The same results from a registry that has written nothing but its indicators' names."""
    registry = published.registry
    silent = {"short_description": "", "long_description": "", "target_source": "", "data_source": ""}
    blank = Registry.model_validate(
        registry.model_dump()
        | {"about": {}, "quality_improvement": (), "research": {}}
        | {"indicators": [indicator.model_dump() | silent for indicator in registry.indicators]}
    )
    return replace(published, source=replace(published.source, registry=blank))


@pytest.mark.parametrize(
    ("registry", "language"),
    [(registry, language) for registry in ("slag", "kols", "muskel", "hofte") for language in ("nb", "nn", "en")],
)
def test_generated_text_reads_easily(demo: Demo, registry: str, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What kvalreg itself says on a page has LIX 40 at most, in each language."""
    published = without_own_texts(load_published(registry, demo[0].published))
    measured = lix_of_page(page(published, language, monkeypatch), exempt_names(published.registry, published.units))
    assert len(measured.sentences) >= 30
    assert measured.value <= 40, [sentence.text for sentence in measured.hardest_sentences(5)]


@pytest.mark.parametrize(("registry", "own"), [("slag", "nb"), ("kols", "nn")])
def test_an_english_page_is_english_and_marks_what_is_not(
    demo: Demo, registry: str, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of names, every Norwegian word stands inside a mark of its language, for screen readers."""
    published = load_published(registry, demo[0].published)
    html = "\n".join(html_parts(page(published, "en", monkeypatch)))
    html = re.sub(r"<svg viewBox.*?</svg>", "", html)  # the table beside a drawing has its words, and names uncut
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    exempt = exempt_names(published.registry, published.units) | {i.title for i in published.registry.indicators}
    exempt |= {
        f"{unit.short_name} ({published.units[unit.parent].short_name})" for unit in published.units if unit.parent
    }
    unmarked = [text for text in texts(tree) if NORWEGIAN.search(without(exempt, text))]
    assert unmarked == []
    assert f'lang="{own}"' in html
    alts = [element.get("aria-label") for element in tree.iter() if element.get("aria-label")]
    assert [alt for alt in alts if NORWEGIAN.search(without(exempt, alt))] == []


@pytest.mark.parametrize(("registry", "own"), [("slag", "nb"), ("kols", "nn")])
def test_a_norwegian_page_is_norwegian_and_marks_nothing(
    demo: Demo, registry: str, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On its registry's own page no text is marked, and no English word is left."""
    published = load_published(registry, demo[0].published)
    html = "\n".join(html_parts(page(published, own, monkeypatch)))
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    assert [text for text in texts(tree) if ENGLISH.search(text)] == []
    assert "lang=" not in html


def texts(element: Any) -> list[str]:
    """Every text of a page that is not marked with a language, scripts and drawings left out."""
    found = []
    if isinstance(element.tag, str) and element.tag not in ("script", "style", "svg") and not element.get("lang"):
        found += [element.text or ""]
        for child in element:
            found += [*texts(child), child.tail or ""]
    return [text for text in found if text.strip() and not re.fullmatch(r"\s*\[.*\]\{lang=\w+\}.*", text)]


def without(names: set[str] | frozenset[str], text: str) -> str:
    """A text without these names."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return text
