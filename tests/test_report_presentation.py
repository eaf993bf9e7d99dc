"""What a page says of the level at which its results are shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kvalreg.disclosure.presentation import PresentationReason
from kvalreg.disclosure.published import save_published
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.units import Level
from kvalreg.report import Report
from kvalreg.report.report import PUBLISHED_FOLDER
from small_tree import HOSPITALS, REGISTRY, Row, gated


def report(
    rows: list[Row], folder: Path, monkeypatch: pytest.MonkeyPatch, language: str = "nb", registry: Registry = REGISTRY
) -> Report:
    """The report of 2024 over these rows."""
    save_published(gated(rows, registry=registry).published, folder)
    monkeypatch.setenv(PUBLISHED_FOLDER, str(folder))
    return Report.load("slag", 2024, language=language)


def covered(low: tuple[str, ...]) -> list[Row]:
    """80 patients per hospital; those named have a coverage of 50 %, the others 90 %."""
    rows: list[Row] = [("a", 2024, orgnr, 40, 80) for orgnr in HOSPITALS]
    return rows + [("dg", 2024, orgnr, 50 if orgnr in low else 90, 100) for orgnr in HOSPITALS]


def test_hospitals_need_no_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where hospitals are shown, nothing is said about it, and the page promises each hospital."""
    found = report(covered(()), tmp_path, monkeypatch)
    assert found.presentation("a").markdown == ""
    assert "for hele landet og for hvert sykehus." in found.lead().markdown


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("nb", "Resultatene vises for hvert helseforetak. For mange av sykehusene har for lav dekningsgrad."),
        ("nn", "Resultata blir viste for kvart helseføretak. For mange av sjukehusa har for låg dekningsgrad."),
        ("en", "Results are shown for each health trust. Coverage is too low for too many of the hospitals."),
    ],
)
def test_low_coverage_is_told_without_a_number(
    language: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many hospitals have too low a coverage would count cells of which some may be secret."""
    found = report(covered(("111", "112", "121")), tmp_path, monkeypatch, language)
    assert sentence in found.presentation("a").markdown
    assert not re.search(r"\d", found.presentation("a").markdown)
    level, cells = found.compared_units(found.registry.indicator("a"), "caregiver")
    assert (level, {cell["orgnr"] for cell in cells}) == (Level.HF, {"11", "12", "21"})


def test_a_registrys_own_choice_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader learns that it is a choice, and that only the nation is shown."""
    registry = REGISTRY.model_copy(update={"presentation_level": Level.NATION})
    found = report(covered(()), tmp_path, monkeypatch, registry=registry)
    assert "Resultatene vises bare for hele landet. Det har registeret valgt." in found.presentation("a").markdown
    assert found.compare("a").markdown == ""


def test_small_hospitals_are_not_counted_aloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many hospitals are small would tell of each of them; "too many" is said instead."""
    rows: list[Row] = [("a", 2024, orgnr, 1, 4) for orgnr in ("111", "112", "113", "121")]
    found = report([*rows, ("a", 2024, "122", 20, 40), ("a", 2024, "211", 20, 40)], tmp_path, monkeypatch)
    text = found.presentation("a").markdown
    assert "Resultatene vises for hvert helseforetak. For mange av sykehusene har for få pasienter." in text
    assert "4" not in text


def test_every_reason_is_in_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All coverage too low: the nation's cell says so, and the page says how the others were judged."""
    found = report(covered(tuple(HOSPITALS)), tmp_path, monkeypatch)
    text = found.presentation("a").markdown
    assert "Dekningsgraden i hele landet er for lav. Tallene for sykehusene er vurdert hver for seg." in text


def test_a_secret_nations_coverage_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One hospital has 4 patients of whom 50 % are covered, and so has the nation: that its coverage is too low is not
    said, since nothing is said of a secret cell."""
    found = report([("a", 2024, "111", 2, 4), ("dg", 2024, "111", 2, 4)], tmp_path, monkeypatch)
    assert found.published.presentation("a", "caregiver", 2024).reason is PresentationReason.SINGLE
    assert [cell["status"] for cell in found.nation(found.registry.indicator("a"), "caregiver")] == ["secret"]
    assert found.presentation("a").markdown == ""
