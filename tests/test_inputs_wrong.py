"""Wrong inputs by the hundred, put together by rule: no traceback, no place that is not there, no untrue sentence."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from input_cases import HEADER, SOUND
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.project import Project
from kvalreg.workbench.check import CheckReport, CheckRequest, check_project
from kvalreg.workbench.check_report import FORMATS
from small_project import UNITS, write_registry

TODAY = date(2025, 3, 15)
ODD_VALUES = (
    "",
    "~",
    "[]",
    "[a, [b]]",
    "{a: 1}",
    "0",
    "-1",
    "1e400",
    ".nan",
    "yes",
    "2024-02-30",
    "2024-03-01T10:00:00",
    "'1'",
    "'\u202eabc'",
    '"\\x1b[31m"',
    "!!binary aGVp",
    "*anchor",
    "|\n    two\n    lines",
    "'<script>alert(1)</script>'",
    "../../etc/passwd",
    "😀",
    "'" + "æ" * 5000 + "'",
)
KEYS = {
    "id": "alfa",
    "name": "Register for alfa",
    "language": "nb",
    "medical_fields": "[Prøver]",
    "synthetic": "true",
    "title": "Andel som fikk hjelp",
    "type": "andel",
    "level_green": "0.9",
    "level_direction": "1",
}
"""Keys of the small project's descriptor and their values."""
ODD_CELLS = (
    "",
    " ",
    "NA",
    "NULL",
    "1.000",
    "1,5",
    "1 000",
    "-1",
    "1e3",
    "1e400",
    "0x10",
    "١٢",
    "½",
    "inf",
    "TRUE",
    "01.01.2024",
    "=1+1",
    "'80",
    '"80',
    "8\t0",
    "å" * 3000,
    "\x1b[31m",
    "#REF!",
)
COLUMNS = HEADER.strip().split(";")
ROW = ["caregiver", "2024", "111", "alfa_a", "80", "100"]
ODD_LINES = (
    "\x00",
    ";",
    ";;;;;;;",
    "caregiver;2024;111",
    "caregiver,2024,111,alfa_a,80,100",
    "caregiver;2024;111;alfa_a;80;100;extra",
    HEADER.strip(),
    '"caregiver;2024;111;alfa_a;80;100"',
    "# a comment",
    "-----",
)


@pytest.fixture
def alfa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A sound project of one registry."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1742000000")
    write_registry(tmp_path, "alfa", SOUND)
    (tmp_path / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    return Project(tmp_path)


def looked_at(project: Project, what: str) -> CheckReport:
    """A check, every finding of which is as a finding must be."""
    found = check_project(project, CheckRequest(TODAY))
    assert found.exit_code in (0, 1, 2), f"{what}: {[str(one.diagnostic) for one in found.findings]}"
    for finding in found.findings:
        assert finding.diagnostic.code is not DiagnosticCode.INTERNAL_ERROR, f"{what}: {finding.diagnostic}"
        is_true(finding.diagnostic, project, what)
    stops = any(finding.is_blocking for finding in found.findings)
    assert stops == bool(found.blocked_registries), what
    for form in FORMATS.values():
        text = form(found, project)
        assert "Traceback" not in text, what
        assert "\x1b" not in text, what
        assert ("1 ready to build" in text) is not stops or form is FORMATS["json"], what
    return found


def is_true(fault: Diagnostic, project: Project, what: str) -> None:
    """The place is there, and what is said to stand there does; it says what to do, in a sentence."""
    path = project.root / fault.file
    assert fault.file, f"{what}: {fault}"
    assert path.exists() or fault.code in (
        DiagnosticCode.NO_DELIVERY,
        DiagnosticCode.SLUG_MISSING,
        DiagnosticCode.UNSUPPORTED_QUARTO_YML,
    ), f"{what}: {fault}"
    assert fault.message.endswith((".", "…")), f"{what}: {fault}"
    assert fault.hint.endswith((".", "meanwhile.", ".)")) or not fault.hint, f"{what}: {fault}"
    if not path.is_file():
        return
    text = path.read_bytes().decode("utf-8", "replace")
    lines = text.replace("\r\n", "\n").count("\n") + 1
    assert fault.line is None or 1 <= fault.line <= lines, f"{what}: {fault}"
    for row in re.findall(r"\brows? ((?:\d+, )*\d+)", fault.message):
        assert all(int(one) <= lines for one in row.split(", ")), f"{what}: {fault}"
    given = re.match(r"'([^'…\\]{2,50})(?:'|…)", fault.message)
    if given:
        assert " ".join(given[1].split()).lower() in " ".join(text.split()).lower() or "/" in given[1], (
            f"{what}: {fault}"
        )
    for suggested in re.findall(r"Did you mean '([^']+)'", fault.hint):
        assert f"'{suggested}'" not in fault.message, f"{what}: {fault}"


@pytest.mark.parametrize("key", KEYS)
def test_odd_values_of_a_descriptor(alfa: Project, key: str) -> None:
    """22 values of each key that has another form, or hides something."""
    path = alfa.descriptor("alfa")
    sound = path.read_text(encoding="utf-8")
    for value in ODD_VALUES:
        old, new = f"{key}: {KEYS[key]}\n", f"{key}: {value}\n"
        assert old in sound
        path.write_text(sound.replace(old, new, 1), encoding="utf-8")
        looked_at(alfa, f"{key}: {value[:40]!r}")


@pytest.mark.parametrize("column", COLUMNS)
def test_odd_cells_of_a_delivery(alfa: Project, column: str) -> None:
    """23 cells of each column; the result of the row is never told."""
    for cell in ODD_CELLS:
        row = list(ROW)
        row[COLUMNS.index(column)] = cell
        (alfa.data("alfa") / "a.csv").write_text(SOUND + ";".join(row) + "\n", encoding="utf-8")
        found = looked_at(alfa, f"{column}: {cell[:40]!r}")
        if found.blocked_registries:
            assert all(one.diagnostic.line in (None, 10) for one in found.findings if one.is_blocking), (
                f"{column}: {cell[:40]!r}"
            )


def test_odd_lines_and_headers_of_a_delivery(alfa: Project) -> None:
    """Ten lines that are no rows, at the end and in the place of the header, and every column left out or renamed."""
    path = alfa.data("alfa") / "a.csv"
    body = SOUND.split("\n", 1)[1]
    texts = [*(SOUND + f"{line}\n" for line in ODD_LINES), *(f"{line}\n{body}" for line in ODD_LINES)]
    for column in COLUMNS:
        renamed = (column.upper(), f"{column}_", f" {column} ", f'"{column}"', "")
        texts += [HEADER.replace(column, name, 1) + body for name in renamed]
    for text in texts:
        path.write_text(text, encoding="utf-8")
        looked_at(alfa, repr(text[:60]))


def test_odd_units(alfa: Project) -> None:
    """Every cell of a hospital's line is odd in a dozen ways."""
    hospital = "111;Vik sykehus;Vik;hospital;11;Vestfylke"
    for at in range(6):
        for cell in ("", "0", "11", "111", "hospital", "nation", "Ã¸", "\ufffd", "a" * 3000, "../x", "=1", '"'):
            cells = hospital.split(";")
            cells[at] = cell
            alfa.units.write_text(UNITS.replace(hospital, ";".join(cells)), encoding="utf-8")
            looked_at(alfa, f"{at}: {cell[:40]!r}")


def test_odd_lists_of_deliveries(alfa: Project) -> None:
    """What `deliveries.yml` and `approved.yml` may hold instead."""
    for path in (alfa.delivery_list("alfa"), alfa.approvals_file("alfa")):
        for text in (
            "",
            "a",
            "- a.csv",
            "- {}",
            "- file:",
            "- file: [a.csv]",
            "- file: .",
            "- file: a.csv\n  skip_units: 5",
            "- file: a.csv\n  skip_units: [true, 1.5]",
            "- file: a.csv\n  latest_affirm: true",
            "- file: a.csv\n  latest_affirm: 20241231",
            "- file: a.csv\n  remark: {a: b}",
            "- sha256: zz\n  by: a\n  on: 2024-01-01",
            "\t- file: a.csv",
            "- file: a.csv\n- file: a.csv",
            "- file: 'a.csv'\n  latest_update: 2024-12-32",
        ):
            path.write_text(text, encoding="utf-8")
            looked_at(alfa, f"{path.name}: {text!r}")
        path.unlink()
