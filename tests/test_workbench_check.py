"""`kvalreg check`: every fault in one pass, in three formats, and nothing is run or written."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import nbformat
import pytest

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import UsageError
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.registry_deliveries import RegistryDeliveries
from kvalreg.inputs.units import Units
from kvalreg.project import Project
from kvalreg.statistics.aggregation import aggregate
from kvalreg.statistics.results import Results
from kvalreg.workbench.check import CheckReport, CheckRequest, check_project
from kvalreg.workbench.check_report import FORMATS
from small_project import write_notebook

TODAY = date(2025, 3, 1)
"""The small project's deliveries are complete up to 2024-12-31, so nothing is late."""


def told(found: CheckReport) -> list[str]:
    """The findings as they are printed; that the small project's texts have gaps is not what is asked here."""
    return [
        str(finding.diagnostic)
        for finding in found.findings
        if finding.diagnostic.code is not DiagnosticCode.TEXT_MISSING
    ]


def change(path: Path, old: str, new: str) -> None:
    """Replace a text in a file that has it."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_good_project_has_no_findings_and_nothing_is_written(project: Project) -> None:
    """No news is good news, and a check leaves no trace."""
    found = check_project(project, CheckRequest(TODAY))
    assert (told(found), found.registries, found.blocked_registries, found.exit_code) == (
        [],
        ("alfa", "beta"),
        frozenset(),
        0,
    )
    assert not project.build_folder.exists()


def test_one_pass_finds_faults_of_every_sort(project: Project) -> None:
    """A descriptor, a delivery, a unit-less project and a notebook are wrong at once: all of it is told at once."""
    change(project.descriptor("beta"), "language: nb", "language: sv")
    change(project.data("alfa") / "a.csv", "2024;122", "2024;999999999")
    own = project.root / "notebooks" / "report" / "alfa"
    own.mkdir(parents=True)
    path = write_notebook(own / "year.ipynb", ["for n in (1, 2):\n    n"])
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="4711")]
    nbformat.write(notebook, path)
    found = check_project(project, CheckRequest(TODAY))
    assert {finding.diagnostic.code for finding in found.findings if finding.is_blocking} == {
        DiagnosticCode.INVALID_VALUE,
        DiagnosticCode.UNIT_UNKNOWN,
        DiagnosticCode.LOGIC_IN_REPORT,
        DiagnosticCode.OUTPUTS_SAVED,
    }
    assert "registries/beta/registry.yml:4: language" in " ".join(told(found))
    assert "notebooks/report/alfa/year.ipynb: cell 2: The cell holds a loop." in " ".join(told(found))
    assert "4711" not in " ".join(told(found))
    assert found.blocked_registries == {"alfa", "beta"}
    assert found.exit_code == 2
    assert not project.build_folder.exists()


@pytest.mark.parametrize("content", [None, "context;year;orgnr;ind_id;var;denominator\ncaregiver;2024;9;alfa_a;1;9\n"])
def test_a_registry_without_rows_is_stopped_as_a_build_stops_it(project: Project, content: str | None) -> None:
    """No delivery, or one whose every row is left out: check and build name the folder and the same kind."""
    file = project.data("alfa") / "a.csv"
    project.delivery_list("alfa").unlink()
    file.write_text(content, encoding="utf-8") if content else file.unlink()
    found = check_project(project, CheckRequest(TODAY, unknown_units=UnknownUnitPolicy.SKIP))
    assert [
        (finding.diagnostic.code, finding.diagnostic.file) for finding in found.findings if finding.is_blocking
    ] == [(DiagnosticCode.NO_DELIVERY, "data/alfa")]
    assert (found.blocked_registries, found.exit_code) == (frozenset({"alfa"}), 1)


def test_faulty_units_hide_no_other_fault(project: Project) -> None:
    """Without units nothing can be built; the descriptor's fault is told all the same."""
    change(project.units, "0;Nasjonen;Nasjonen;nation;;\n", "")
    change(project.descriptor("beta"), "language: nb", "language: sv")
    found = check_project(project, CheckRequest(TODAY))
    assert {DiagnosticCode.NATION_COUNT, DiagnosticCode.INVALID_VALUE} <= {
        finding.diagnostic.code for finding in found.findings
    }
    assert found.blocked_registries == {"alfa", "beta"}


def test_a_defect_met_by_one_registry_stops_no_other(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error is told by type and place, never by its message; the neighbour is checked all the same."""

    def aggregate_or_fail(delivered: RegistryDeliveries, registry: Registry, units: Units) -> Results:
        if registry.id == "alfa":
            raise KeyError("8741 of 9000")
        return aggregate(delivered, registry, units)

    monkeypatch.setattr("kvalreg.workbench.check.aggregate", aggregate_or_fail)
    found = check_project(project, CheckRequest(TODAY))
    assert (found.exit_code, found.blocked_registries) == (3, frozenset({"alfa"}))
    assert "KeyError" in told(found)[0]
    assert "8741" not in told(found)[0]


def test_an_unknown_registry_names_those_there_are(project: Project) -> None:
    """A slip of the keyboard is answered with the ids there are."""
    with pytest.raises(UsageError, match=r"gamma.*alfa, beta"):
        check_project(project, CheckRequest(TODAY, ("gamma",)))


# --- sums that are known from elsewhere ------------------------------------------------------------------------------
def expect(project: Project, row: str) -> list[str]:
    """What the check says when this row is expected of alfa."""
    folder = project.expected_sums("alfa")
    folder.mkdir(exist_ok=True)
    text = f"# from the annual report\ncontext;year;orgnr;ind_id;var;denominator\n{row}\n"
    (folder / "report.csv").write_text(text, encoding="utf-8")
    return told(check_project(project, CheckRequest(TODAY, ("alfa",))))


def test_sums_that_come_out_as_expected_are_no_finding(project: Project) -> None:
    """By hand: 80 + 45 + 190 + 30 = 345 of 100 + 50 + 200 + 60 = 410 in the nation, 125 of 150 in the HF 11."""
    assert expect(project, "caregiver;2024;0;alfa_a;345;410\ncaregiver;2024;11;alfa_a;125;150") == []


def test_a_sum_that_differs_is_told_without_a_number(project: Project) -> None:
    """346 is not 345: the row is named, and neither number."""
    (fault,) = expect(project, "caregiver;2024;0;alfa_a;346;410")
    assert fault.startswith(
        "data/alfa/expected/report.csv:3: The deliveries give other numbers than expected in row 3."
    )
    assert not any(number in fault for number in ("345", "346", "410"))


def test_a_result_that_is_not_there_is_told(project: Project) -> None:
    """Nothing was delivered for 2019."""
    (fault,) = expect(project, "caregiver;2019;0;alfa_a;345;410")
    assert "There are no results for what is expected in row 3." in fault


# --- dates and unfinished texts --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 4, 30), []),
        (date(2026, 5, 2), ["Final results of 2025 are due by 2026-06-15"]),
        (date(2026, 6, 16), ["Final results of 2025 were due by 2026-06-15"]),
        (
            date(2026, 11, 1),
            ["Final results of 2025 were due by 2026-06-15", "Results so far of 2026 are due by 2026-12-15"],
        ),
    ],
)
def test_deadlines_are_told_45_days_ahead(project: Project, today: date, said: list[str]) -> None:
    """Alfa's data is complete up to 2024-12-31: 45 days before 15 June is 1 May, before 15 December 31 October."""
    found = check_project(project, CheckRequest(today, ("alfa",)))
    assert [text.split(": ")[1].split(",")[0] for text in told(found)] == said
    assert found.exit_code == 0


@pytest.mark.parametrize(("day", "count"), [("2024-03-01", 0), ("2024-02-29", 1)])
def test_a_review_is_due_after_a_year(project: Project, day: str, count: int) -> None:
    """365 days before 2025-03-01 is 2024-03-01: 29 February lies before it."""
    change(project.descriptor("alfa"), "    type: andel\n", f"    type: andel\n    reviewed: {day}\n")
    found = check_project(project, CheckRequest(TODAY, ("alfa",)))
    assert [text[-7:] for text in told(found)] == ["(KV507)"] * count


def test_a_text_of_the_template_is_remarked_with_its_line(project: Project) -> None:
    """A registry that forgets to write its purpose is told where."""
    change(project.descriptor("alfa"), "purpose: Vi prøver.", "purpose: (Fyll ut) Hva er målet?")
    (fault,) = told(check_project(project, CheckRequest(TODAY, ("alfa",))))
    assert fault.startswith("registries/alfa/registry.yml:8: about.purpose: The template's text is still here")


# --- formats ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def faulty(project: Project) -> CheckReport:
    """One fault that stops alfa."""
    change(project.descriptor("alfa"), "language: nb", "language: sv")
    return check_project(project, CheckRequest(TODAY))


def test_text_ends_in_a_summary(faulty: CheckReport, project: Project) -> None:
    """Who is ready, who is stopped, and where to read more."""
    text = FORMATS["text"](faulty, project)
    assert text.startswith("Stops publication (1):\n  registries/alfa/registry.yml:4: language: 'sv' is not")
    assert text.endswith(
        "2 registries checked, 1 ready to build. Stopped: alfa. More about a message: kvalreg explain KV110"
    )


def test_json_has_every_part_of_a_finding(faulty: CheckReport, project: Project) -> None:
    """A program reads file, line, key, number and whether it stops."""
    read = json.loads(FORMATS["json"](faulty, project))
    assert read["registries"] == [{"id": "alfa", "ready": False}, {"id": "beta", "ready": True}]
    finding = read["findings"][0]
    assert {key: finding[key] for key in ("number", "stops", "file", "line", "key")} == {
        "number": "KV110",
        "stops": True,
        "file": "registries/alfa/registry.yml",
        "line": 4,
        "key": "language",
    }


def test_github_shows_a_finding_beside_its_line(
    faulty: CheckReport, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is named as seen from the repository's root, and signs that would end the command are encoded."""
    monkeypatch.chdir(project.root.parent)
    line = FORMATS["github"](faulty, project).splitlines()[0]
    assert line.startswith(
        f"::error title=KV110,file={project.root.name}/registries/alfa/registry.yml,line=4::language: "
    )
