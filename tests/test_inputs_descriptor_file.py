"""Tests of `kvalreg.inputs.descriptor_file`, with the YAML reader and the translation of faults behind it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import ConfigurationError, Diagnostic
from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.inputs.descriptor_file import descriptor_schema, read_descriptor, read_descriptors
from kvalreg.project import Project

GOOD = """\
id: slag
name: Register for slag
short_name: Slag
language: nb
medical_fields: [Hjerte]
about: {}
indicators:
  - id: slag_a
    title: Tittel
    type: andel
    level_green: 0.9
    level_direction: 1
"""


def write(folder: Path, text: str | bytes, registry: str = "slag") -> Path:
    """A descriptor in its folder."""
    path = folder / registry / "registry.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def faults(folder: Path, text: str | bytes) -> list[tuple[int | None, str, str, str]]:
    """Line, key, what and todo of every fault of a descriptor."""
    with pytest.raises(ConfigurationError) as caught:
        read_descriptor(write(folder, text), "registry.yml")
    assert all(fault.file == "registry.yml" for fault in caught.value.diagnostics)
    return [(fault.line, fault.key, fault.message, fault.hint) for fault in caught.value.diagnostics]


def one(folder: Path, text: str | bytes) -> tuple[int | None, str, str, str]:
    """The only fault of a descriptor."""
    found = faults(folder, text)
    assert len(found) == 1, found
    return found[0]


def test_a_good_descriptor_is_read(tmp_path: Path) -> None:
    """What the file says is in the model, with defaults for the rest."""
    registry = read_descriptor(write(tmp_path, GOOD), "registry.yml")
    assert registry.indicator("slag_a").type is IndicatorType.ANDEL
    assert registry.indicator("slag_a").min_denominator == 5
    assert registry.medical_fields == ("Hjerte",)


def test_a_key_without_value_counts_as_left_out(tmp_path: Path) -> None:
    """`phone:` with nothing behind it is a gap, not a fault, where the key may be left out; elsewhere it is a fault."""
    text = GOOD.replace("about: {}", "about:\n  phone:\n  home_page:\n  contacts:")
    assert read_descriptor(write(tmp_path, text), "registry.yml").about.phone == ""
    line, key, what, _ = one(tmp_path, GOOD.replace("title: Tittel", "title:"))
    assert (line, key, what) == (9, "indicators[0].title", "The key has no value.")


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    """A wrong target, an unknown key, a missing one, a wrong reference and a wrong id are found in one pass."""
    text = """\
id: slagg
name: Register for slag
short_name: Slag
language: no
medical_fields: [Hjerte]
about:
  phone: 22001122
indicators:
  - id: a
    title: A
    type: andel
    level_green: 0.8
    level_yellow: 0.9
    level_direction: 1
    levelgreen: 1
  - id: b
    type: andel
    dg_id: zz
  - id: a
    title: C
    type: andell
    target: 1
"""
    found = {(line, key) for line, key, _, _ in faults(tmp_path, text)}
    assert found == {
        (1, "id"),
        (4, "language"),
        (7, "about.phone"),
        (12, "indicators[0].level_green"),
        (15, "indicators[0].levelgreen"),
        (16, "indicators[1].title"),
        (18, "indicators[1].dg_id"),
        (19, "indicators[2].id"),
        (21, "indicators[2].type"),
        (22, "indicators[2].target"),
    }


@pytest.mark.parametrize(
    ("old", "new", "what", "todo"),
    [
        (
            "short_name: Slag",
            "short_name: Slag\nmedicalfield: x",
            "This key is unknown.",
            "Did you mean 'medical_fields'?",
        ),
        ("type: andel", "type: andell", "'andell' is not among the allowed values.", "Did you mean 'andel'?"),
        ("language: nb", "language: no", "'no' is not among the allowed values.", "Use one of nb, nn."),
        ("name: Register for slag", "name: 2023", "The text is read as a number.", "Put quotation marks around it"),
        ("name: Register for slag", "name: 2023-01-01", "The text is read as a date.", "Put quotation marks around it"),
        (
            "name: Register for slag",
            "name: true",
            "The text is read as true or false.",
            "Put quotation marks around it",
        ),
        ("name: Register for slag", "name: [a]", "A list or mapping stands where a text should be.", "Write one text."),
        ("name: Register for slag", 'name: " "', "The text is empty.", "Fill it in."),
        ("about: {}", "about: {phone: 22001122}", "The text is read as a number.", 'as in "22 00 11 22"'),
        (
            "about: {}",
            "about: {}\nlicence: {url: www.x.no}",
            "'www.x.no' is not a web address.",
            "beginning with https://",
        ),
        ("about: {}", "about: x", "'x' stands where keys and values should be.", "Write 'key: value'"),
        ("[Hjerte]", "Hjerte", "'Hjerte' stands where a list should be.", "Begin each with '- '."),
        ("[Hjerte]", "[]", "The list is empty.", "Give at least one."),
        ("level_green: 0.9", "level_green: 0,9", "'0,9' is not a number.", "as in 0.9"),
        ("level_green: 0.9", "level_green: .nan", "'nan' is not a number.", "as in 0.9"),
        ("level_green: 0.9", "level_green: 90", "level_green of a share must lie between 0 and 1", "Correct it."),
        ("level_direction: 1", "level_direction: 2", "'2' is not among the allowed values.", "Use one of 0, 1."),
        ("level_direction: 1", "level_direction: 1\n    reviewed: 2023", "'2023' is not a date.", "as in 2024-06-15"),
        ("level_direction: 1", "level_direction: 1\n    min_denominator: 0", "'0' is too small.", "Use 1 or more."),
        (
            "level_direction: 1",
            "level_direction: 1\n    min_denominator: x",
            "'x' is not a whole number.",
            "digits only",
        ),
        (
            "level_direction: 1",
            "level_direction: 1\n    include: kanskje",
            "'kanskje' is neither true nor",
            "true or false",
        ),
        ("level_direction: 1", "level_direction: 1\n    sformat: '%'", "has another form", "Write ',.0%' for"),
        ("id: slag_a", "id: slag_æ", "has another form", "Use only the letters A to Z"),
        ("id: slag_a", "id: slag_a\n    id: slag_b", "The key is given twice, first in line 8.", "Remove one"),
    ],
)
def test_each_fault_says_what_and_what_to_do(tmp_path: Path, old: str, new: str, what: str, todo: str) -> None:
    """A statistician who knows no pydantic can act on every message."""
    _, _, said, advice = one(tmp_path, GOOD.replace(old, new, 1))
    assert what in said
    assert todo in advice


def test_a_fault_names_the_line_of_the_key(tmp_path: Path) -> None:
    """Comments and folded texts above a key do not move its line."""
    text = GOOD.replace("name: Register", "# a comment\n\nname: >-\n  Register\n  og mer\n#", 1).replace("nb", "en")
    line, key, _, _ = one(tmp_path, text)
    assert (line, key) == (9, "language")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", None, "The file is empty."),
        ("# bare en kommentar\n", None, "The file is empty."),
        ("id: slag\nabout:\n\tphone: 1\n", 3, "The line is indented with a tab."),
        (b"id: slag\nname: S\xf8r\n", 2, "The file is not in UTF-8"),
        ("id: slag\nname: a: b\n", 2, "A colon stands where YAML expects none."),
        ("id: slag\nname: 'a\n\n", 2, "A quotation mark is opened and never closed."),
        ("id: slag\nname: [a\nx: y\n", 2, "A bracket is opened and never closed."),
        ("id: slag\nname: *a\n", 2, "A text begins with '*'"),
        ("id: slag\nname: @a\n", 2, "A text begins with a character"),
        ("id: slag\nname: \x07\n", 2, "The file holds a control character."),
        ("id: a\n---\nid: b\n", 2, "The file holds more than one YAML document."),
        ("[" * 5000, None, "nested too deeply"),
    ],
)
def test_what_is_no_yaml_gets_one_clear_sentence(
    tmp_path: Path, text: str | bytes, line: int | None, what: str
) -> None:
    """A file that cannot be read as YAML has one fault, at the line where the mistake is."""
    found_line, _, said, todo = one(tmp_path, text)
    assert found_line == line
    assert what in said
    assert todo


def test_a_tag_builds_nothing(tmp_path: Path) -> None:
    """A tag that asks for Python code is a fault, not an object."""
    text = GOOD.replace("name: Register for slag", "name: !!python/object/apply:os.system [echo]")
    assert (2, "name") in {(line, key) for line, key, what, _ in faults(tmp_path, text) if "tag" in what}


def test_a_repeated_mapping_cannot_grow(tmp_path: Path) -> None:
    """Aliases of lists and mappings are refused, so that a small file stays small while it is read."""
    text = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    assert any("repeated with '*'" in what for _, _, what, _ in faults(tmp_path, text))


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    """A descriptor that cannot be opened is reported like any other fault."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_descriptor(tmp_path / "slag" / "registry.yml", "registry.yml")


def test_good_registries_are_read_beside_faulty_ones(tmp_path: Path) -> None:
    """One registry's faults never hide another; a folder without descriptor is a fault; files are no folders."""
    registries = tmp_path / "registries"
    write(registries, GOOD)
    write(registries, GOOD.replace("id: slag\n", "id: hofte\n").replace("slag_a", "h a"), "hofte")
    write(registries, "id: [", "kols")
    (registries / "tom").mkdir()
    (registries / "_utkast").mkdir()
    (registries / "units.csv").write_text("")
    good, faulty = read_descriptors(Project(tmp_path))
    assert sorted(good) == ["hofte", "slag"]
    assert sorted(faulty) == ["kols", "tom"]
    assert faulty["tom"] == (
        Diagnostic(
            "The folder has no registry.yml.",
            "Write one, or remove the folder.",
            "registries/tom",
            code=DiagnosticCode.DESCRIPTOR_MISSING,
        ),
    )


def test_an_indicator_id_belongs_to_one_registry(tmp_path: Path) -> None:
    """Deliveries name indicators by id alone, so an id that two registries use is a fault of both."""
    registries = tmp_path / "registries"
    write(registries, GOOD)
    write(registries, GOOD.replace("id: slag\n", "id: hofte\n"), "hofte")
    write(registries, GOOD.replace("id: slag\n", "id: kols\n").replace("slag_a", "kols_a"), "kols")
    good, faulty = read_descriptors(Project(tmp_path))
    assert list(good) == ["kols"]
    assert {(folder, fault.line, fault.key) for folder, found in faulty.items() for fault in found} == {
        ("hofte", 8, "indicators[0].id"),
        ("slag", 8, "indicators[0].id"),
    }


def test_references_are_checked_in_the_model_too() -> None:
    """A registry that is made in Python, without a file, cannot refer to an indicator it does not have."""
    indicator = {"id": "a", "title": "A", "type": "andel", "dg_id": "b"}
    with pytest.raises(ValueError, match="'b' is no indicator of this registry"):
        Registry.model_validate(
            {
                "id": "r",
                "name": "R",
                "short_name": "R",
                "language": "nn",
                "medical_fields": ["x"],
                "about": {},
                "indicators": [indicator],
                "quality_improvement": [],
            }
        )


def test_quality_improvement_names_known_indicators(tmp_path: Path) -> None:
    """Work that names an indicator which is not here is a fault at that very line."""
    work = "quality_improvement:\n  - title: T\n    description: D\n    status: done\n    initiated_by: X\n"
    found = faults(tmp_path, GOOD + work + "    indicators:\n      - slag_a\n      - slag_b\n")
    assert {(line, key) for line, key, _, _ in found} == {
        (16, "quality_improvement[0].status"),
        (20, "quality_improvement[0].indicators[1]"),
    }


def test_dates_and_spaces_around_ids(tmp_path: Path) -> None:
    """A date is a date; spaces inside a legacy id belong to it, spaces around it do not."""
    text = GOOD.replace("slag_a", "' slag hba1c 7.5 '") + "    reviewed: 2024-02-29\n"
    registry = read_descriptor(write(tmp_path, text), "registry.yml")
    assert registry.indicators[0].id == "slag hba1c 7.5"
    assert registry.indicators[0].reviewed == date(2024, 2, 29)


def test_the_schema_explains_every_key() -> None:
    """An editor that knows the schema can explain each key of each mapping."""
    schema = descriptor_schema()
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["additionalProperties"] is False
    mappings = [schema, *(part for part in schema["$defs"].values() if "properties" in part)]
    assert len(mappings) == 9
    for mapping in mappings:
        for key, described in mapping["properties"].items():
            assert described.get("description"), key
