"""The table of indicators: words beside symbols, names of columns on every cell, a note for each reason."""

from __future__ import annotations

import re
from dataclasses import replace

import html5lib
import pandas as pd
import pytest

from kvalreg.disclosure.published import CellStatus
from kvalreg.report import Report
from kvalreg.report.footnotes import Footnotes, NotShownReason
from kvalreg.report.translation import get_translator
from report_example import example, report
from unmarked import unmarked


def without_result(status: str, language: str = "nb", ind_id: str = "a_hjelp") -> Report:
    """The report with the nation's cell of an indicator in another status; its 803 patients stay where that is told."""
    cells = example().cells.copy()
    of_nation = (cells["level"] == "nation") & (cells["ind_id"] == ind_id) & (cells["year"] == 2024)
    cells.loc[of_nation, "status"] = status
    cells.loc[of_nation, "shown"] = False
    numbers = ["var", "value", "low", "high", "coverage", "coverage_year", "change_from"]
    cells.loc[of_nation, numbers + (["denominator"] if status == "secret" else [])] = pd.NA
    cells.loc[of_nation, ["achievement", "certainty", "change"]] = ""
    registry = example().registry.indicators
    few = [indicator.model_copy(update={"min_denominator": 900}) for indicator in registry]
    source = replace(
        example().source, registry=example().registry.model_copy(update={"indicators": tuple(few), "secret_below": 7})
    )
    return Report(replace(example(), source=source, cells=cells), 2024, "final", get_translator(language, "nb"))


def rows(html: str) -> list[list[str]]:
    """The table's rows as text."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in tree.iter("tr")]


def test_a_row_tells_value_patients_target_level_and_change() -> None:
    """771 of 900 shown and hidden patients together: 670 of 803 had help in 2024; the words come with a symbol."""
    table = report().table().markdown
    heading, first, *_ = rows(table)
    assert heading == [
        "Indikator", "Resultat", "Ditt sykehus", "Ditt helseforetak", "Pasienter", "Mål", "Måloppnåelse", "Endring",
    ]  # fmt: skip
    assert first[0] == "Fikk <hjelp> & støtte"
    assert first[1].startswith("85 av 100 (")
    assert first[4:6] == ["803", "90 av 100"]
    assert first[6].startswith(("Middels", "Sikkert middels"))
    assert '<span class="kv-level kv-moderate"><svg' in table


def test_every_cell_knows_its_column_and_its_order() -> None:
    """A phone shows the column's name in front of each cell; a number is sorted by itself and not by its text."""
    table = report().table().markdown
    cells = re.findall(r"<td ([^>]*)>", table)
    assert cells
    assert all('data-label="' in cell and 'data-sort="' in cell for cell in cells)
    assert 'data-label="Pasienter" data-sort="803"' in table
    assert "<style" not in table
    assert "data-sortable" in table


@pytest.mark.parametrize(
    ("status", "language", "word", "note"),
    [
        ("secret", "nb", "Vises ikke *",
         "* Vises ikke: færre enn 7 pasienter, eller skjult for å verne et slikt tall."),
        ("secret", "nn", "Blir ikkje vist *",
         "* Blir ikkje vist: færre enn 7 pasientar, eller skjult for å verne eit slikt tal."),
        ("secret", "en", "Not shown *", "* Not shown: fewer than 7 patients, or hidden to protect such a figure."),
        ("few_patients", "nb", "Få pasienter †",
         "† Vises ikke: færre enn 900 pasienter er for få til å si noe sikkert."),
        ("few_patients", "nn", "Få pasientar †",
         "† Blir ikkje vist: færre enn 900 pasientar er for få til å seie noko sikkert."),
        ("few_patients", "en", "Few patients †",
         "† Not shown: fewer than 900 patients are too few to say anything certain."),
        ("low_coverage", "nb", "Lav dekningsgrad ‡",
         "‡ Vises ikke: færre enn 60 av 100 pasienter herfra er med i registeret."),
        ("low_coverage", "nn", "Låg dekningsgrad ‡",
         "‡ Blir ikkje vist: færre enn 60 av 100 pasientar herifrå er med i registeret."),
        ("low_coverage", "en", "Low coverage ‡",
         "‡ Not shown: fewer than 60 out of 100 patients from here are in the registry."),
    ],
)  # fmt: skip
def test_each_reason_has_its_word_and_its_note(status: str, language: str, word: str, note: str) -> None:
    """The word stands in the place of the result, its note alone below the table, and the patients in their column."""
    table = unmarked(without_result(status, language).table().markdown)
    first = rows(table)[1]
    assert (first[1], first[4]) == (word, "" if status == "secret" else "803")
    assert first[2:4] + first[6:] == [""] * 4
    limit = {"secret": 7, "few_patients": 900, "low_coverage": 60}[status]
    anchor = f"indikatorer-tabell-{status.replace('_', '-')}-{limit}"
    assert f'href="#{anchor}" aria-label="' in table
    assert re.findall(r'<p class="kv-note" id="([^"]*)">(.*?)</p>', table) == [(anchor, note)]


def test_a_secret_cell_is_not_told_of_by_the_order() -> None:
    """Nothing but the target is sorted by anything."""
    table = without_result("secret").table().markdown
    row = table[table.index("Vises ikke") - 80 : table.index("</tr>", table.index("Vises ikke"))]
    assert set(re.findall(r'data-label="(?!Mål")[^"]*" data-sort="([^"]*)"', row)) == {""}


def test_several_limits_of_one_kind_have_signs_of_their_own() -> None:
    """In the order of the limits: the second has its sign twice."""
    few = [NotShownReason(CellStatus.FEW_PATIENTS, limit) for limit in (30, 10)]
    notes = Footnotes([*few, None, NotShownReason(CellStatus.SECRET, 5), few[0]])
    assert [notes.label(one, get_translator("en")) for one in few] == ["Few patients\xa0††", "Few patients\xa0†"]
    assert [line.partition(" ")[0] for line in notes.marked_sentences(get_translator("en"))] == ["*", "†", "††"]


def test_without_such_a_cell_there_is_no_note() -> None:
    """A reason without anything hidden would puzzle."""
    assert 'kv-note" id=' not in report().table().markdown
