"""The reader's own unit: what a page knows of every unit, and nothing of a hidden one."""

from __future__ import annotations

import json
import re
from typing import Any

from kvalreg.report.yours import SERIES
from report_example import report


def block(ind_id: str = "a_hjelp") -> dict[str, Any]:
    """The cells of the units of one indicator."""
    found = re.search(r'class="kv-units" data-ind="a_\w+" data-context="caregiver">(.*?)</script>',
                      report().units(ind_id).markdown)  # fmt: skip
    assert found is not None
    made: dict[str, Any] = json.loads(found[1])
    return made


def test_every_unit_that_is_presented_is_told_of() -> None:
    """Hospitals, HFs and the RHF; not the nation, which stands there anyway."""
    made = block()
    assert made["year"] == 2024
    assert set(made["units"]) == {"1", "11", "12", *(str(orgnr) for orgnr in (*range(111, 115), *range(121, 126)))}


def test_a_shown_unit_is_told_of_in_words() -> None:
    """Li: 90 of 100, exactly the target, so high but not surely; 89 the year before."""
    assert block()["units"]["112"] == {
        "name": "Li",
        "value": "90 av 100",
        "patients": "100",
        "level": "high",
        "levelText": "Høy, men tallene er for små til å skille fra middels",
        "text": "Li: 90 av 100 pasienter i 2024. Høy, men tallene er for små til å skille fra middels. "
        "Ingen sikker endring siden 2023.",
        "shown": True,
    }


def test_a_hidden_unit_is_said_to_be_hidden_and_nothing_else() -> None:
    """Name, a sentence without any number but the year, and the mark; none of its years that are hidden."""
    made = block()
    hidden = made["units"]["122"]
    assert set(hidden) == {"name", "text", "shown"}
    assert hidden["shown"] is False
    assert re.findall(r"\d+", hidden["text"]) == ["2024"]
    assert ["122", 2024] not in [row[:2] for row in made["series"]]
    assert ["111", 2021] not in [row[:2] for row in made["series"]]


def test_years_have_the_numbers_of_their_cells() -> None:
    """Li in 2019 had 85 of 100, with Wilson's interval 76.7 to 90.7 %."""
    row = next(row for row in block()["series"] if row[:2] == ["112", 2019])
    assert dict(zip(SERIES, row, strict=True)) == {
        "orgnr": "112",
        "year": 2019,
        "value": 0.85,
        "low": 0.7672,
        "high": 0.9069,
        "provisional": 0,
        "text": "85 av 100",
    }


def test_a_section_has_places_for_the_readers_unit() -> None:
    """One hidden paragraph per indicator and context, and two cells per row of the table."""
    page = report()
    assert (
        '<p class="kv-yours" data-ind="a_hjelp" data-context="caregiver" hidden></p>' in page.text("a_hjelp").markdown
    )
    table = page.table().markdown
    for what in ("unit", "above"):
        assert table.count(f'data-what="{what}"') == 1
    assert table.count('class="kv-yours-head"') == 2
