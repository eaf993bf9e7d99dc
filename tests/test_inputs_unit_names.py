"""Tests of `kvalreg.inputs.unit_names`: the names that people use, and more only where two would be alike."""

from __future__ import annotations

import pytest

from kvalreg.inputs.unit_names import full_name, possible_names, readable, shown_names
from kvalreg.inputs.units import Level, Unit, Units


def tree(*units: tuple[str, str, str, Level, str]) -> Units:
    """A nation and one RHF, and these units: orgnr, name, short name, level, parent."""
    known = [Unit("0", "Norge", "Norge", Level.NATION, None), Unit("1", "HELSE NORD RHF", "Helse Nord", Level.RHF, "0")]
    return Units({unit.orgnr: unit for unit in (*known, *(Unit(*one) for one in units))})


HFS = (
    ("11", "NORDLANDSSYKEHUSET HF", "Nordland HF", Level.HF, "1"),
    ("12", "HELGELANDSSYKEHUSET HF", "Helgeland HF", Level.HF, "1"),
)
SOMATIC = ("111", "NORDLANDSSYKEHUSET HF SOMATIKK - BODØ", "Bodø", Level.HOSPITAL, "11")
WITHOUT_HF = ("111", "NORDLANDSSYKEHUSET SOMATIKK - BODØ", "Bodø", Level.HOSPITAL, "11")
REHAB = ("112", "NORDLANDSSYKEHUSET HF HABILITERING/REHAB - BODØ", "Bodø", Level.HOSPITAL, "11")
OTHER = ("121", "HELGELANDSSYKEHUSET HF BODØ", "Bodø", Level.HOSPITAL, "12")


@pytest.mark.parametrize(
    ("units", "with_results", "names"),
    [
        ((SOMATIC, REHAB, OTHER), {"111"}, {"111": "Bodø"}),
        ((SOMATIC, OTHER), {"111", "121"}, {"111": "Bodø (Nordlandssykehuset)", "121": "Bodø (Helgelandssykehuset)"}),
        ((SOMATIC, REHAB), {"111", "112"}, {"111": "Bodø (Somatikk)", "112": "Bodø (Habilitering/Rehab)"}),
        ((WITHOUT_HF, REHAB), {"111", "112"}, {"111": "Bodø (Somatikk)", "112": "Bodø (Habilitering/Rehab)"}),
        ((SOMATIC, REHAB), {"111", "11"}, {"111": "Bodø", "11": "Nordland HF"}),
    ],
)
def test_more_than_the_short_name_only_where_two_with_results_are_alike(
    units: tuple[tuple[str, str, str, Level, str], ...], with_results: set[str], names: dict[str, str]
) -> None:
    """The HF tells hospitals of two HFs apart; of one HF, it is what their official names say beyond HF and place."""
    assert shown_names(tree(*HFS, *units), with_results) == names


def test_names_that_are_not_in_capitals_stay() -> None:
    """A department beside its hospital, of one HF: each by its whole name, as the units' file has it."""
    pair = (
        ("111", "Vik sykehus", "Vik", Level.HOSPITAL, "11"),
        ("112", "Vik sykehus, avdeling Li", "Vik", Level.HOSPITAL, "11"),
    )
    found = tree(("11", "Vik sykehus HF", "Vik HF", Level.HF, "1"), *pair)
    assert shown_names(found, {"111", "112"}) == {"111": "Vik sykehus", "112": "Vik sykehus, avdeling Li"}
    assert full_name(found["111"], {}) == "Vik sykehus"


def test_where_there_is_room_a_name_in_capitals_is_not_shown_either() -> None:
    """Its short name, or the one that tells it apart."""
    units = tree(*HFS, SOMATIC)
    assert full_name(units["111"], {}) == "Bodø"
    assert full_name(units["111"], {"111": "Bodø (Somatikk)"}) == "Bodø (Somatikk)"


def test_equal_official_names_are_told_apart_by_number() -> None:
    """The last name that a unit may have is no other unit's."""
    twin = ("113", *SOMATIC[1:])
    units = tree(*HFS, SOMATIC, twin)
    found = shown_names(units, {"111", "113"})
    assert len(set(found.values())) == 2
    assert all(found[orgnr] in possible_names(units[orgnr], units) for orgnr in found)


def test_units_with_fewer_names_do_not_cut_the_search_short() -> None:
    """The first kind of name that tells all apart is taken, also where one unit has run out of kinds before."""
    ordered = (
        ("111", "NORDLANDSSYKEHUSET HF SOMATIKK BODØ", "Bodø", Level.HOSPITAL, "11"),
        ("112", "NORDLANDSSYKEHUSET HF BODØ SOMATIKK", "Bodø", Level.HOSPITAL, "11"),
        ("131", "Bodø", "Bodø", Level.HOSPITAL, "no such unit"),
    )
    assert shown_names(tree(*HFS, *ordered), {"111", "112", "131"}) == {
        "111": "Nordlandssykehuset HF Somatikk Bodø",
        "112": "Nordlandssykehuset HF Bodø Somatikk",
        "131": "Bodø (131)",
    }


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("NORDLANDSSYKEHUSET HF SOMATIKK - BODØ", "Nordlandssykehuset HF Somatikk - Bodø"),
        ("SYKEHUSET I VESTFOLD HF", "Sykehuset i Vestfold HF"),
        ("AKER UNIVERSITETSSYKEHUS HF, utgått 29.12.2009", "Aker Universitetssykehus HF, Utgått 29.12.2009"),
        ("UNN HF", "UNN HF"),
        ("VIKEN", "VIKEN"),
        ("VIKENE", "Vikene"),
        ("VIKENE nå", "Vikene Nå"),
        ("VIKENE nær", "VIKENE nær"),
        ("Helse Bergen HF", "Helse Bergen HF"),
    ],
)
def test_capitals_become_readable(name: str, said: str) -> None:
    """Words begin with a capital, small words and companies' forms as they are written; other names stay.

    In capitals is a name of more than five of them, and of fewer than half as many small letters.
    """
    assert readable(name) == said
