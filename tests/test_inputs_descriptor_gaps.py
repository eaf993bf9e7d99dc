"""What a registry's owner is told of its descriptor: empty fields by name, and addresses in a wrong form."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.descriptor_file import complete_descriptor, read_descriptor, read_descriptors
from kvalreg.inputs.descriptor_warnings import missing_fields
from kvalreg.project import Project

BARE = """\
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
FULL = """\
id: slag
name: Register for slag
short_name: Slag
language: nb
medical_fields: [Hjerte]
about:
  purpose: Vi ser på alt.
  usefulness: Det er bra å ha.
  patients: Her er alle med.
  data_controller: Vik HF
  home_page: https://example.org
  phone: "22 00 11 22"
  email: post@example.org
  contacts: [{name: Ola Nordmann}]
indicators:
  - id: slag_a
    title: Tittel
    type: andel
    level_green: 0.9
    level_direction: 1
    short_description: Kort.
    long_description: Vi ser på alle.
    target_source: Fagrådet
    reviewed: 2026-01-01
quality_improvement:
  - {title: Arbeid, description: Vi gjør noe., status: ongoing, initiated_by: Registeret}
research:
  projects: [{title: Prosjekt, description: Vi ser på noe.}]
  publications: [En artikkel.]
"""


def remarks(folder: Path, text: str) -> list[Diagnostic]:
    """What the owner of a descriptor is told."""
    path = folder / "registries" / "slag" / "registry.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    project = Project(folder)
    return complete_descriptor(read_descriptor(path, project.display_path(path)), project)[1]


def test_every_empty_field_is_named_in_one_remark(tmp_path: Path) -> None:
    """The seed's fields, in the order of the page, and the texts of each indicator that is shown."""
    (found,) = remarks(tmp_path, BARE)
    assert found.code is DiagnosticCode.TEXT_MISSING
    assert "15 of the fields" in found.message
    assert (
        "about.purpose, about.usefulness, about.patients, about.data_controller, about.home_page, about.phone, "
        "about.email, about.contacts, indicators[0].short_description, indicators[0].long_description, "
        "indicators[0].reviewed, indicators[0].target_source, quality_improvement, research.projects, "
        "research.publications"
    ) in found.message


def test_a_full_descriptor_has_no_gap(tmp_path: Path) -> None:
    """Nothing to say about a registry that fills in everything."""
    assert remarks(tmp_path, FULL) == []


def test_an_indicator_that_is_not_shown_has_no_gaps(tmp_path: Path) -> None:
    """Nobody reads the texts of a retired indicator."""
    path = tmp_path / "slag" / "registry.yml"
    path.parent.mkdir()
    path.write_text(BARE.replace("type: andel", "type: andel\n    include: false"), encoding="utf-8")
    assert not any(place[0] == "indicators" for place in missing_fields(read_descriptor(path, "registry.yml")))


@pytest.mark.parametrize(
    ("before", "after", "line", "key", "what", "kind"),
    [
        (
            "https://example.org",
            "www.example.org",
            11,
            "about.home_page",
            "is no web address",
            DiagnosticCode.INVALID_URL,
        ),
        ('"22 00 11 22"', '"22 00 / 33 44"', 12, "about.phone", "is no phone number", DiagnosticCode.INVALID_PHONE),
        (
            "post@example.org",
            "post(at)example.org",
            13,
            "about.email",
            "is no e-mail address",
            DiagnosticCode.INVALID_EMAIL,
        ),
        (
            "{name: Ola Nordmann}",
            "{name: Ola, email: o@o}",
            14,
            "about.contacts[0].email",
            "'o@o'",
            DiagnosticCode.INVALID_EMAIL,
        ),
        (
            "initiated_by: Registeret",
            "initiated_by: Vi, period: i fjor, indicators: [slag_a]",
            26,
            "quality_improvement[0].period",
            "names no years",
            DiagnosticCode.INVALID_PERIOD,
        ),
        (
            "[En artikkel.]",
            "[{url: https://a.no/x}]",
            29,
            "research.publications[0]",
            "no title",
            DiagnosticCode.INCOMPLETE_PUBLICATION,
        ),
        (
            "[En artikkel.]",
            "[{text: ''}]",
            29,
            "research.publications[0]",
            "neither",
            DiagnosticCode.INCOMPLETE_PUBLICATION,
        ),
    ],
)
def test_a_wrong_form_is_told_with_line_and_key(
    tmp_path: Path, before: str, after: str, line: int, key: str, what: str, kind: DiagnosticCode
) -> None:
    """It stops nothing; the owner learns where it is and what to write."""
    (found,) = remarks(tmp_path, FULL.replace(before, after))
    assert (found.file, found.line, found.key, found.code) == ("registries/slag/registry.yml", line, key, kind)
    assert what in found.message
    assert found.hint


def test_a_doi_alone_is_a_publication(tmp_path: Path) -> None:
    """It becomes a link, and nothing is missing."""
    assert remarks(tmp_path, FULL.replace("[En artikkel.]", '["doi:10.5555/abc"]')) == []
    path = tmp_path / "registries" / "slag" / "registry.yml"
    (found,) = read_descriptor(path, "registry.yml").research.publications
    assert (found.text, found.url) == ("", "https://doi.org/10.5555/abc")


def test_two_registries_with_one_id_are_refused(tmp_path: Path) -> None:
    """An id is its folder's name, so a copied folder is told of, and the registry that owns the id is not."""
    for folder in ("slag", "slag-kopi"):
        path = tmp_path / "registries" / folder / "registry.yml"
        path.parent.mkdir(parents=True)
        path.write_text(FULL, encoding="utf-8")
    good, faulty = read_descriptors(Project(tmp_path))
    assert list(good) == ["slag"]
    (fault,) = faulty["slag-kopi"]
    assert "differs from the folder's name" in fault.message


@pytest.mark.parametrize(
    ("period", "years"),
    [
        ("2021-2023", (2021, 2023)),
        ("2021–2023", (2021, 2023)),
        ("2021 - 2023", (2021, 2023)),
        ("2021-", (2021, None)),
        ("'2021'", (2021, 2021)),
        ("2023-2021", None),
        ("fra 2021", None),
    ],
)
def test_a_period_tells_its_years(tmp_path: Path, period: str, years: tuple[int, int | None] | None) -> None:
    """First and last year, open where the work goes on, none where it cannot be drawn."""
    path = tmp_path / "slag" / "registry.yml"
    path.parent.mkdir()
    path.write_text(FULL.replace("initiated_by: Registeret", f"initiated_by: Vi, period: {period}"), encoding="utf-8")
    assert read_descriptor(path, "registry.yml").quality_improvement[0].years == years
