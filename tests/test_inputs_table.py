"""Every kind of input, as a table: what is put in, the exit code of `kvalreg check`, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from input_cases import CASES, SOUND, Case
from kvalreg.cli import cli
from kvalreg.project import Project
from small_project import UNITS, write_registry

DAY = "1742000000"
"""15 March 2025."""
QUIET = ("KV506", "KV212")
"""Of the small project itself: its texts have gaps, and no address is written down."""


@pytest.fixture
def alfa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A sound project of one registry, on a fixed day."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", DAY)
    write_registry(tmp_path, "alfa", SOUND)
    (tmp_path / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    return Project(tmp_path)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_kind_of_input(alfa: Project, case: Case) -> None:
    """A fault is told with its place and what to do, and ends with its code; what is sound is told of by nothing."""
    case.plant(alfa)
    done = CliRunner().invoke(cli, ["check", "--all", "--project", str(alfa.root)])
    assert done.exit_code == case.code, done.output
    for text in case.says:
        assert text in done.output
    told = [
        line for line in done.output.splitlines() if line.startswith("  ") and not any(one in line for one in QUIET)
    ]
    if not case.says:
        assert told == []
    assert ("1 ready to build" in done.output) is (case.code == 0)
    assert "did not expect" not in done.output
