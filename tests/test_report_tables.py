"""The table of indicators: words beside symbols, names of columns on every cell, a footnote for every hidden one."""

from __future__ import annotations

import re
from dataclasses import replace

import html5lib
import pandas as pd

from kvalreg.report import Report
from kvalreg.report.report import Report as Made
from report_example import example, report


def with_hidden_nation() -> Report:
    """The report with the nation's cell of the first indicator hidden."""
    cells = example().cells.copy()
    of_nation = (cells["level"] == "nation") & (cells["ind_id"] == "a_hjelp") & (cells["year"] == 2024)
    cells.loc[of_nation, "shown"] = False
    numbers = ["var", "denominator", "value", "low", "high", "coverage", "coverage_year", "change_from"]
    cells.loc[of_nation, numbers] = pd.NA
    cells.loc[of_nation, ["achievement", "certainty", "change"]] = ""
    return Made(replace(example(), cells=cells), 2024, "final", report().words)


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


def test_a_hidden_cell_has_a_mark_that_leads_to_its_reason() -> None:
    """The mark stands in the cell, the reason below the table; nothing else is told, not even by the order."""
    table = with_hidden_nation().table().markdown
    first = rows(table)[1]
    assert first[1] == "Vises ikke *"
    assert first[2:5] + first[6:] == [""] * 5
    assert 'href="#indikatorer-tabell-note" aria-label="Hvorfor vises ikke tallet?"' in table
    assert '<p class="kv-note" id="indikatorer-tabell-note">* Vises ikke: ' in table
    row = table[table.index("Vises ikke <a") - 80 : table.index("</tr>", table.index("Vises ikke <a"))]
    assert set(re.findall(r'data-label="(?!Mål")[^"]*" data-sort="([^"]*)"', row)) == {""}


def test_without_hidden_cells_there_is_no_footnote() -> None:
    """A reason without anything hidden would puzzle."""
    assert 'kv-note" id=' not in report().table().markdown
