"""LIX: counted as Björnsson counts, and low enough in every sentence that kvalreg writes."""

from __future__ import annotations

import pytest

from kvalreg.report.readability import lix, lix_of_markdown, lix_of_page, paragraphs, sentences


def test_lix_is_words_per_stop_and_per_cent_of_long_words() -> None:
    """12 words, 2 sentences, 2 words of more than six letters: 12/2 + 100*2/12."""
    text = "Målet er 90 av 100. Registeret viser om pasientene får god hjelp."
    assert lix(text).value == pytest.approx(6 + 200 / 12)


def test_a_colon_is_a_stop_but_no_sentence() -> None:
    """ "Behandlet på slagenhet: 87 av 100 pasienter." is one sentence with two stops: 7/2 + 100*3/7."""
    measured = lix("Behandlet på slagenhet: 87 av 100 pasienter.")
    assert len(measured.sentences) == 1
    assert measured.value == measured.sentences[0].lix == pytest.approx(3.5 + 300 / 7)


@pytest.mark.parametrize(
    ("words", "long_words", "is_hard"), [(10, 3, False), (10, 4, True), (11, 3, False), (5, 3, False), (6, 3, True)]
)
def test_a_text_is_hard_above_40_from_six_words_on(words: int, long_words: int, *, is_hard: bool) -> None:
    """10 words with 3 long ones are 10 + 30 = 40; 5 words with 3 long ones are 5 + 60, but too few to judge."""
    text = " ".join(["registeret"] * long_words + ["hus"] * (words - long_words)) + "."
    assert lix(text).is_hard is is_hard


@pytest.mark.parametrize(("word", "long"), [("sykehus", True), ("pasient", True), ("målene", False), ("2025", False)])
def test_a_long_word_has_more_than_six_letters(word: str, long: bool) -> None:
    """Seven letters are long, six are not; figures are no letters."""
    assert lix(f"{word}.").sentences[0].long_word_count == int(long)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Det gjelder f.eks. Oslo. Og bl.a. Bergen.", 2),
        ("Komplett til 31. desember 2025. Så ser vi videre.", 2),
        ("Tall fra 2025. 21 av 35 sykehus er med.", 2),
        ("Dr. A. Hansen kom kl. 12.30 med ca. 40 prøver.", 1),
        ("Vi ser på alder, kjønn osv. Da blir det rett.", 2),
        ("Hvorfor? Fordi det hjelper! Ja …", 3),
        ("Han sa «Det er bra.» Så gikk han.", 2),
        ("Se nr. 3, pkt. 4 og tab. 5.", 1),
        ("Verdien er 7,5 eller 1 234.", 1),
        ("Complete up to 31 December 2025. E.g. Oslo is in.", 2),
        ("Det er plan a. Vi følger den.", 2),
        ("så kom A. Hansen.", 1),
        ("Uten punktum", 1),
        ("", 0),
    ],
)
def test_sentences_end_where_a_reader_sees_them_end(text: str, parts: int) -> None:
    """Abbreviations, initials, dates and numbers do not end a sentence."""
    assert len(sentences(text)) == parts


def test_names_count_as_one_short_word() -> None:
    """A hospital is not blamed for its name: 4 words, of which none is long."""
    exempt = ["Ytterbåen sykehus", "Ytterbåen universitetssykehus HF"]
    (sentence,) = lix("Ytterbåen universitetssykehus HF når målet.", exempt).sentences
    assert (sentence.word_count, sentence.long_word_count) == (3, 0)
    (longer,) = lix("Ytterbåen sykehusapotek når målet.", ["Ytterbåen sykehus"]).sentences
    assert longer.long_word_count == 2


def test_the_heaviest_sentence_is_named_first() -> None:
    """Of three sentences only the hard one is named."""
    hard = "Registreringskompletthet dokumenterer pasientadministrative systemers dekningsgrad."
    measured = lix(f"Vi ser på tall. {hard} Det er bra.")
    assert [sentence.text for sentence in measured.hardest_sentences()] == [hard]
    assert measured.is_hard


def test_markdown_is_measured_as_it_is_read() -> None:
    """Marks, links and removed HTML are no words; list items and headings stand alone."""
    measured = lix_of_markdown("Vi *ser* [her](https://example.org/a).\n\n- en to\n- tre\n\n<script>x y z</script>")
    assert [sentence.word_count for sentence in measured.sentences] == [3, 2, 1]


def test_a_page_is_measured_by_its_prose() -> None:
    """Headings, tables, drawings, scripts and labels are left out; text in raw blocks and Markdown is in."""
    page = (
        "## Universitetssykehusene {#a}\n\n```{=html}\n<p>Vi ser på tall.</p><table><tr><td>Registreringen.</td></tr>"
        "</table><svg><text>Registreringen.</text></svg><script>Registreringen.</script><p>Telefon</p>\n```\n\n"
        "Det er bra.\n"
    )
    assert [sentence.text for sentence in lix_of_page(page).sentences] == ["Vi ser på tall.", "Det er bra."]


def test_a_pages_prose_ends_with_a_sign_however_it_is_written() -> None:
    """A sign may be a character's name or stand before a tag; one in a tag alone ends no sentence."""
    page = (
        "```{=html}\n<p>Vi ser på tall&hellip;</p><p><b>Det er bra.</b></p>\n```\n\n"
        '```{=html}\n<p><a href="x.y">Telefon</a></p>\n```\n'
    )
    assert [sentence.text for sentence in lix_of_page(page).sentences] == ["Vi ser på tall…", "Det er bra."]


def test_paragraphs_keep_inline_text_together() -> None:
    """A word inside emphasis belongs to its paragraph."""
    assert paragraphs("<p>En <em>god</em>\n dag</p><ul><li>a</li><li>b</li></ul>") == ["En god dag", "a", "b"]
