"""`Report` as a notebook meets it: pieces that display themselves, from published cells and by name."""

from __future__ import annotations

import re

import pytest

from kvalreg.report.drawing import DEFER_CHARTS
from kvalreg.report.figures import FIGURES
from report_example import report
from unmarked import unmarked


@pytest.mark.parametrize("name", ["message", "text", "trend", "compare", "funnel", "change", "levels", "coverage"])
def test_a_piece_displays_itself(name: str) -> None:
    """What a method returns is shown by being the last thing in a cell, drawn and all."""
    shown = getattr(report(), name)("a_hjelp")._repr_mimebundle_()
    assert shown["text/markdown"].startswith("```")
    assert "{=html}" not in shown["text/html"]
    if name in FIGURES:
        assert "<svg viewBox" in shown["text/markdown"]
        assert shown["text/html"].startswith("<figure ")


def test_the_batch_is_given_the_markdown_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It makes the page of it."""
    monkeypatch.setenv(DEFER_CHARTS, "1")
    shown = report().section("a_hjelp")._repr_mimebundle_()
    assert "text/html" not in shown
    assert "<svg viewBox" in shown["text/markdown"]


def test_a_notebook_shows_headings_and_figures() -> None:
    """Markdown between figures is rendered, without the ids that are Pandoc's."""
    shown = report().section("a_hjelp")._repr_mimebundle_()["text/html"]
    assert shown.startswith("<h3>Fikk &lt;hjelp&gt; &amp; støtte</h3>")
    assert "{#" not in shown


def test_every_figure_has_its_method() -> None:
    """A statistician finds each figure by its name on the report."""
    assert all(callable(getattr(report(), name)) for name in FIGURES)


def test_a_section_tells_the_message_first() -> None:
    """Message, the reader's own unit, trend, comparison, and the second layer folded, with funnel and change."""
    section = report().section("a_hjelp").markdown
    order = [
        section.index(part)
        for part in ("<strong>", 'class="kv-yours"', 'data-figure="trend"', 'data-figure="compare"', 'class="kv-deep"',
                     "Se usikkerhet og variasjon", 'data-figure="funnel"', 'data-figure="change"', 'class="kv-units"')
    ]  # fmt: skip
    assert order == sorted(order)
    assert section.count("<details") == section.count("</details>")


def test_how_many_are_hidden_is_said_below_the_comparison() -> None:
    """With the reason, which is one for every secret cell."""
    said = unmarked(report().compare("a_hjelp").markdown)
    below = said[said.index("</figure>") :]
    note = "Vises ikke: færre enn 5 pasienter, eller skjult for å verne et slikt tall."
    assert re.findall(r'<p class="kv-note">(.*?)</p>', below) == [f"2 sykehus vises ikke i figuren. {note}"]


def test_every_id_on_a_page_is_its_own() -> None:
    """Anchors are permanent addresses: no two things on a page share one."""
    page = report()
    text = "".join(piece.markdown for piece in (page.table(), page.sections(), page.quality()))
    ids = re.findall(r'(?<!-)\bid="([^"]+)"|\{#([\w-]+)\}', text)
    assert len(ids) == len(set(ids)) >= 8


def test_an_unknown_figure_or_indicator_is_an_error() -> None:
    """A misspelt name stops the notebook."""
    with pytest.raises(KeyError):
        report().figure("pie", "a_hjelp")
    with pytest.raises(KeyError):
        report().trend("nope")
