"""The reader's own unit: what a page knows of every unit, and of a secret one only that it is not shown."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from kvalreg.report.selected_unit import unit_data
from kvalreg.report.translation import LANGUAGES, get_translator
from report_example import report


def block(ind_id: str = "a_hjelp") -> dict[str, Any]:
    """The cells of the units of one indicator."""
    found = re.search(r'class="kv-units" data-ind="a_\w+" data-context="caregiver" data-series="[^"]*">(.*?)</script>',
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


def test_a_secret_unit_is_said_not_to_be_shown_and_nothing_else() -> None:
    """Name, year, the word, and the reason, which is the same whatever made the cell secret."""
    assert block()["units"]["122"] == {
        "name": "Å",
        "cell": "Vises ikke",
        "text": "Å i 2024.",
        "note": "Vises ikke: færre enn 5 pasienter, eller skjult for å verne et slikt tall.",
        "shown": False,
    }


def test_a_unit_that_is_not_reliable_has_its_patients_and_its_reason() -> None:
    """12 patients where 30 are needed, in a year that is over and in one that is not."""
    few = {"orgnr": "1", "unit": "Vik", "year": 2024, "status": "few_patients", "denominator": 12.0}
    indicator = report().indicators[0].model_copy(update={"min_denominator": 30})
    told = [unit_data({**few, "provisional": mark}, indicator, get_translator("nb"), 5) for mark in (False, True)]
    assert told[0] == {
        "name": "Vik",
        "cell": "Få pasienter",
        "patients": "12",
        "text": "Vik: 12 pasienter i 2024.",
        "note": "Vises ikke: færre enn 30 pasienter er for få til å si noe sikkert.",
        "shown": False,
    }
    assert told[1]["text"] == "Vik: 12 pasienter hittil i 2024 (foreløpige tall)."


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_begins_with_the_units_name_and_its_number(language: str) -> None:
    """In every language, provisional or not, with a value or with patients alone: there a script finds the number."""
    indicator, say = report().indicators[0], get_translator(language)
    cell = {"orgnr": "1", "unit": "Vik 5", "year": 2024, "denominator": 12.0, "value": 0.5, "achievement": "",
            "change": "", "certainty": ""}  # fmt: skip
    for provisional in (False, True):
        shown = unit_data({**cell, "status": "shown", "provisional": provisional}, indicator, say, 5)
        few = unit_data({**cell, "status": "few_patients", "provisional": provisional}, indicator, say, 5)
        assert shown["text"].startswith(f"Vik 5: {shown['value']} ")
        assert few["text"].startswith("Vik 5: 12 ")


def test_a_page_knows_no_other_year_than_its_own() -> None:
    """The years are the same for every page, so they lie beside the indicator's page: the block says where."""
    assert set(block()) == {"year", "units"}
    assert 'data-series="registre/alfa/indikator/a_hjelp/utvikling.json"' in report().units("a_hjelp").markdown


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
