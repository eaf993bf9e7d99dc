"""Slugs: made from names once, then kept, whatever the names become."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvalreg.errors import ConfigurationError
from kvalreg.inputs.slugs import Slugs, read_slugs, slugify, write_slugs
from kvalreg.inputs.units import Level, Unit
from kvalreg.pipeline import save_new_slugs
from kvalreg.project import Project


def hospital(orgnr: str, name: str) -> Unit:
    """A hospital of this name."""
    return Unit(orgnr, name, name, Level.HOSPITAL, "11")


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Ærfuglsund sjukehus", "aerfuglsund-sjukehus"),
        ("Å sykehus, nybygget fra 2022", "a-sykehus-nybygget-fra-2022"),
        ("Ørnevidda  (HF)", "ornevidda-hf"),
        ("Múrta – Kárášjohka", "murta-karasjohka"),
        ("???", ""),
    ],
)
def test_letters_become_what_an_address_carries(name: str, made: str) -> None:
    """Æ, ø and å become ae, o and a; other letters lose their marks; all else is one hyphen."""
    assert slugify(name) == made


def test_two_of_one_name_both_carry_their_number() -> None:
    """Neither takes the plain name, so that the order in which they are met says nothing."""
    twins = [hospital("111", "Vik"), hospital("222", "Vik"), hospital("333", "Nes")]
    made = Slugs().complete(twins, [])
    assert made.units == {"111": "vik-111", "222": "vik-222", "333": "nes"}
    assert Slugs().complete(twins[::-1], []).units == made.units


def test_what_is_written_down_never_changes() -> None:
    """A hospital with a new name keeps its address, and a new one that would take it gets another."""
    kept = Slugs({"111": "vik"}, {"Lunger": "lunger"})
    made = kept.complete([hospital("111", "Nytt navn"), hospital("222", "Vik")], ["Lunger", "Hjerte og kar"])
    assert made.units == {"111": "vik", "222": "vik-222"}
    assert made.fields == {"Lunger": "lunger", "Hjerte og kar": "hjerte-og-kar"}
    assert made.new_keys == (("unit", "222"), ("field", "Hjerte og kar"))


def test_units_and_fields_may_share_a_slug() -> None:
    """They lie in folders of their own."""
    made = Slugs().complete([hospital("111", "Barn")], ["Barn"])
    assert (made.units["111"], made.fields["Barn"]) == ("barn", "barn")


def test_the_nation_has_no_page() -> None:
    """Only hospitals, HFs and RHFs have."""
    assert Slugs().complete([Unit("0", "Landet", "Landet", Level.NATION, None)], []).units == {}


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """The file holds every slug, and then nothing is new."""
    made = Slugs().complete([hospital("111", "Vik"), hospital("001", "Å; sykehus")], ["Hjerte, kar"])
    write_slugs(made, tmp_path / "slugs.csv")
    read = read_slugs(tmp_path / "slugs.csv", "slugs.csv")
    assert (read.units, read.fields, read.new_keys) == (made.units, made.fields, ())


def test_every_fault_of_the_file_is_told_at_once(tmp_path: Path) -> None:
    """Kind, key twice, slug twice, and what is no slug, each with its line."""
    lines = ["kind;key;slug", "unit;111;vik", "unit;111;nes", "unit;222;vik", "field;Lunger;Lunger", "by;Oslo;oslo"]
    (tmp_path / "slugs.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_slugs(tmp_path / "slugs.csv", "slugs.csv")
    told = str(caught.value)
    assert all(f"slugs.csv:{line}" in told for line in (3, 4, 5, 6))


def test_the_command_writes_once(project: Project) -> None:
    """The first time every unit with a page and every field is new, the second time none."""
    assert len(save_new_slugs(project).new_keys) == 8
    before = project.slugs.read_bytes()
    assert save_new_slugs(project).new_keys == ()
    assert project.slugs.read_bytes() == before
    assert "unit;122;a-sykehus\n" in before.decode()
