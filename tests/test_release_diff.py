"""`kvalreg diff`: what a delivery would change, told through the gate, with nothing written."""

from __future__ import annotations

import hashlib
import json

import pytest

from kvalreg.errors import UsageError
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.release.diff import diff_registry, diff_to_json, diff_to_text
from kvalreg.release.publish import publish_edition
from small_project import Silence, delivery_of

PANDOC = BuildRequest(("alfa",), renderer="pandoc")


@pytest.fixture
def june(project: Project, instant: None) -> Project:
    """Registry alfa published in June: 2023 and 2024, 111 with 80 of 100."""
    assert instant is None
    build(project, PANDOC, Silence())
    publish_edition("2026-06", project)
    return project


def deliver(project: Project, text: str) -> None:
    """Write over the delivery."""
    (project.data("alfa") / "a.csv").write_text(text, encoding="utf-8")


def lines(project: Project) -> list[str]:
    """What the command prints."""
    return diff_to_text(diff_registry(project, "alfa", UnknownUnitPolicy.REFUSE), project).splitlines()


def test_values_levels_and_years_are_told(june: Project) -> None:
    """111 goes from 80 to 95 of 100 in 2024, from moderate to high, and 2025 is new."""
    text = delivery_of("alfa", (2023, 2024, 2025)).replace("2024;111;alfa_a;80;100", "2024;111;alfa_a;95;100")
    deliver(june, text)
    found = lines(june)
    assert found[0] == "Register for alfa (alfa), compared with the edition 2026-06, which readers see:"
    assert "  New numbers for 2025." in found
    assert (
        "  Changed: 5, 3 of them to another level. No longer shown: 0. Shown again: 0. Not shown for another reason: 0."
        in found
    )
    expected = "Vik, Andel som fikk hjelp (caregiver) 2024: 80 of 100 (100 patients) -> 95 of 100 (100 patients)"
    assert f"  {expected}, level moderate -> high" in found
    assert not any("approve" in line for line in found)


def test_what_would_be_secret_keeps_its_values(june: Project) -> None:
    """111 falls to 3 patients: no number of it is told, neither the old nor the new one, as text or JSON."""
    deliver(june, delivery_of("alfa").replace("2024;111;alfa_a;80;100", "2024;111;alfa_a;2;3"))
    found = lines(june)
    assert "  Vik, Andel som fikk hjelp (caregiver) 2024: no longer shown, secret" in found
    assert any(line.startswith("  Secret: 0 cells before, ") for line in found)
    document = json.loads(diff_to_json(diff_registry(june, "alfa", UnknownUnitPolicy.REFUSE)))
    cell = next(cell for cell in document["cells"] if cell["orgnr"] == "111")
    nothing = {"value": None, "patients": None, "achievement": ""}
    before, after = nothing | {"status": "shown", "text": ""}, nothing | {"status": "secret", "text": "secret"}
    assert (cell["what"], cell["before"], cell["after"]) == ("hidden", before, after)
    assert document["secret"]["before"] == 0
    assert document["secret"]["after"] >= 2


def test_what_would_not_be_reliable_is_told_with_its_patients(june: Project) -> None:
    """The registry asks for 60 patients from now on: 111 falls to 59, and 112 had 50 before; no result is told."""
    path = june.descriptor("alfa")
    path.write_text(path.read_text("utf-8").replace("type: andel", "type: andel\n    min_denominator: 60"), "utf-8")
    deliver(june, delivery_of("alfa").replace("2024;111;alfa_a;80;100", "2024;111;alfa_a;40;59"))
    found = lines(june)
    told = "no longer shown, few patients (59 patients)"
    assert f"  Vik, Andel som fikk hjelp (caregiver) 2024: {told}" in found
    assert "  Few patients: 0 cells before, 3 after." in found


def test_nothing_new_is_said_so(june: Project) -> None:
    """The same delivery changes nothing."""
    assert lines(june)[1:] == ["  Nothing that readers see would change."]


def test_a_registry_that_is_new_is_all_new(project: Project) -> None:
    """Nothing has been built: there is nothing to compare with, and nothing is written."""
    assert lines(project)[0] == "Register for alfa (alfa), which is new:"
    assert not project.build_folder.exists()


def test_it_ends_with_the_line_that_approves(june: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the registry requires approval, and no line names the delivery yet."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780000000")  # 2026-05-28
    path = june.descriptor("alfa")
    path.write_text(path.read_text(encoding="utf-8") + "approval: required\n", encoding="utf-8")
    sha256 = hashlib.sha256((june.data("alfa") / "a.csv").read_bytes()).hexdigest()
    assert lines(june)[-2:] == [
        "To approve, add to data/alfa/approved.yml:",
        f'- {{sha256: {sha256}, by: "NAME", on: 2026-05-28}}',
    ]


def test_an_unknown_registry_names_those_there_are(project: Project) -> None:
    """As every command does."""
    with pytest.raises(UsageError, match="This project has: alfa, beta"):
        diff_registry(project, "gamma", UnknownUnitPolicy.REFUSE)
