"""Bad input from file to gate: each kind has a defined outcome, stated in `docs/methods/aggregation.md`."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.gate import apply_gate
from kvalreg.disclosure.published import SHOWN_COLUMNS, RegistrySource
from kvalreg.errors import ConfigurationError, DeliveryError, Diagnostic
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.registry_deliveries import RegistryDeliveries, read_deliveries
from kvalreg.inputs.units import Units, read_units
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.statistics.aggregation import aggregate
from kvalreg.workbench.check import CheckRequest as CheckRequest
from kvalreg.workbench.check import check_project
from small_project import Silence

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "methods" / "aggregation.md"
UNITS = """\
orgnr;name;short_name;level;parent;county
0;Nasjonen;Nasjonen;nation;;
1;Nord RHF;Nord;rhf;0;
2;Sør RHF;Sør;rhf;0;
11;Vik HF;Vik HF;hf;1;
12;Nes HF;Nes HF;hf;1;
21;Li HF;Li HF;hf;2;
111;Vik sykehus;Vik;hospital;11;Vestfylke
112;Ås sykehus;Ås;hospital;11;Vestfylke
121;Nes sykehus;Nes;hospital;12;Østfylke
122;Å sykehus;Å;hospital;12;
211;Li sykehus;Li;hospital;21;Østfylke
"""
DESCRIPTOR = """\
id: r
name: Register
short_name: R
language: nb
medical_fields: [Prøver]
about: {purpose: Vi prøver.}
indicators:
  - {id: a, title: A, type: andel, level_green: 0.9, level_yellow: 0.8, level_direction: 1, dg_id: dg}
  - {id: dg, title: DG, type: dg_andel, include: false}
  - {id: b, title: B, type: andel}
  - {id: m, title: M, type: gjennomsnitt, level_green: 10, level_direction: 0}
"""
HEADER = "context;year;orgnr;ind_id;var;denominator\n"
LARGE = {"111": 200, "112": 300, "121": 150, "122": 250, "211": 400}
"""Patients of each hospital, all of them many."""


def project_of(root: Path, *deliveries: str, units: str = UNITS) -> Project:
    """A project with one registry and these deliveries, in order."""
    folders = (root / "registries" / "r", root / "data" / "r")
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    (root / "registries" / "units.csv").write_text(units, encoding="utf-8")
    (folders[0] / "registry.yml").write_text(DESCRIPTOR, encoding="utf-8")
    for number, text in enumerate(deliveries):
        (folders[1] / f"{number}.csv").write_text(HEADER + text, encoding="utf-8")
    listed = "".join(f"- file: {number}.csv\n  latest_affirm: 2024-12-31\n" for number in range(len(deliveries)))
    if listed:
        (folders[1] / "deliveries.yml").write_text(listed, encoding="utf-8")
    return Project(root)


def rows_of(patients: dict[str, int], year: int = 2024, ind_id: str = "a") -> str:
    """A row for each unit: four of five patients have what the indicator asks for."""
    return "".join(f"caregiver;{year};{orgnr};{ind_id};{n * 4 // 5};{n}\n" for orgnr, n in patients.items())


def read(project: Project) -> tuple[RegistryDeliveries, Registry, Units]:
    """Everything that is read of the project."""
    units = read_units(project.units, "registries/units.csv")
    (registry,) = read_descriptors(project)[0].values()
    return read_deliveries(project, registry, units, UnknownUnitPolicy.REFUSE), registry, units


def true_cells(project: Project) -> pd.DataFrame:
    """Every cell before the gate, by key."""
    cells = pd.DataFrame(aggregate(*read(project)).secret)
    return cells.set_index(["ind_id", "context", "year", "level", "orgnr"]).sort_index()


def published_cells(project: Project) -> pd.DataFrame:
    """The cells after the gate, by indicator, year, level and unit."""
    delivered, registry, units = read(project)
    gated = apply_gate(aggregate(delivered, registry, units), RegistrySource(registry, units, delivered.deliveries))
    return gated.published.cells.set_index(["ind_id", "year", "level", "orgnr"]).sort_index()


def shown_units(cells: pd.DataFrame) -> set[str]:
    """The units of which anything is shown."""
    return set(cells[cells["shown"]].index.get_level_values("orgnr"))


def faults_of(project: Project) -> tuple[Diagnostic, ...]:
    """Why the deliveries are refused."""
    with pytest.raises(DeliveryError) as caught:
        read(project)
    return caught.value.diagnostics


def one(cells: pd.DataFrame, *key: str | int) -> pd.Series[Any]:
    """The cell of a key."""
    (cell,) = (row for place, row in cells.iterrows() if place == key)
    return cell


def counts(cells: pd.DataFrame, *key: str | int) -> tuple[float, float]:
    """Numerator and denominator of one cell."""
    cell = one(cells, *key)
    return cell["var"], cell["denominator"]


# --- what is refused -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("ind_id", ["a", "dg", "m"])
def test_a_denominator_of_zero_or_none_is_refused(tmp_path: Path, ind_id: str) -> None:
    """Of every type: the fault has file, row and column, and nothing of the registry is published."""
    text = f"caregiver;2024;111;{ind_id};0;0\ncaregiver;2024;112;{ind_id};0;\ncaregiver;2024;121;{ind_id};1;9\n"
    project = project_of(tmp_path, rows_of(LARGE, 2023), text)
    found = [(fault.file, fault.line, fault.key) for fault in faults_of(project)]
    assert sorted(found) == [("data/r/1.csv", 2, "denominator"), ("data/r/1.csv", 3, "denominator")]
    assert check_project(project, CheckRequest(date(2025, 3, 1))).blocked_registries == {"r"}


def test_each_level_adds_its_own_rows(tmp_path: Path) -> None:
    """As imongr: an HF's own row counts in the HF and above, and in no hospital and no county.

    Vik HF has hospitals with 10 and 20 patients and 8 of its own, 38; Nes HF, 30 of its own alone. The nation has 68.
    """
    text = rows_of({"111": 10, "112": 20, "11": 8, "12": 30})
    cells = true_cells(project_of(tmp_path, text))
    found = {
        place: counts(cells, "a", "caregiver", 2024, *place)[1]
        for place in (("hf", "11"), ("hf", "12"), ("nation", "0"))
    }
    assert found == {("hf", "11"): 38, ("hf", "12"): 30, ("nation", "0"): 68}
    assert "12" not in {unit for *_, level, unit in cells.index if level == "hospital"}


def test_an_own_row_that_may_be_the_total_is_named(tmp_path: Path) -> None:
    """Coverage is added up as well; an RHF's 10 beside its hospital's 10 may be the total."""
    text = rows_of({"111": 10, "1": 10}, ind_id="dg") + "resident;2024;11;dg;5;9\n"
    warnings = [one for one in read(project_of(tmp_path, text))[0].warnings if one.code is DiagnosticCode.MIXED_LEVELS]
    assert [(one.file, one.line) for one in warnings] == [("data/r/0.csv", 3)]


def test_few_patients_of_no_hospital_hide_their_trust(tmp_path: Path) -> None:
    """Hospitals with 40 and 20 patients beside an HF with 63: 3 are nobody's that is listed, and cannot be worked out.

    With 8 of its own, the HF is shown.
    """
    for own, is_shown in ((3, False), (8, True)):
        text = rows_of({"111": 40, "112": 20, "11": own, "121": 50, "122": 30})
        cells = published_cells(project_of(tmp_path / str(own), text))
        assert ("11" in shown_units(cells)) is is_shown
        assert {"111", "112"} <= shown_units(cells)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ("11;Vik HF;Vik HF;hf;111;", "Units are above themselves: rows 5, 8."),
        ("11;Vik HF;Vik HF;hf;0;", "The parent (row 2) has the level 'nation'."),
    ],
)
def test_a_tree_with_a_cycle_stops_everything(tmp_path: Path, wrong: str, what: str) -> None:
    """The units' faults have their rows, and nothing is published or built."""
    project = project_of(tmp_path, rows_of(LARGE), units=UNITS.replace("11;Vik HF;Vik HF;hf;1;", wrong))
    with pytest.raises(ConfigurationError) as caught:
        build(project, BuildRequest(renderer="pandoc"), Silence())
    assert what in [fault.message for fault in caught.value.diagnostics]
    assert not [*project.published.glob("*")]
    assert not project.site.exists()


# --- what is counted -------------------------------------------------------------------------------------------------
def test_a_later_delivery_may_have_another_level(tmp_path: Path) -> None:
    """Hospitals first, their HF later: the later rows stand alone, and nobody is counted twice."""
    cells = true_cells(project_of(tmp_path, rows_of({"111": 10, "112": 20}), rows_of({"11": 35})))
    assert counts(cells, "a", "caregiver", 2024, "nation", "0") == (28, 35)
    assert "hospital" not in cells.index.get_level_values("level")


def test_contexts_are_never_added_together(tmp_path: Path) -> None:
    """The same hospital by treatment (8 of 10) and by residence (40 of 50) gives two nations, found by orgnr."""
    text = rows_of({"111": 10}) + rows_of({"111": 50}).replace("caregiver", "resident")
    cells = true_cells(project_of(tmp_path, text))
    for level, orgnr in (("hospital", "111"), ("hf", "11"), ("nation", "0"), ("county", "Vestfylke")):
        assert counts(cells, "a", "caregiver", 2024, level, orgnr) == (8, 10)
        assert counts(cells, "a", "resident", 2024, level, orgnr) == (40, 50)


def test_a_unit_that_moved_counts_in_its_new_trust_in_all_years(tmp_path: Path) -> None:
    """112 (300 patients) moves from 11 to 12: also the year before counts there, and the nation stays 1300."""
    deliveries = (rows_of(LARGE, 2023), rows_of(LARGE, 2024))
    for parent, trusts in (("11", {"11": 500, "12": 400}), ("12", {"11": 200, "12": 700})):
        units = UNITS.replace("112;Ås sykehus;Ås;hospital;11;", f"112;Ås sykehus;Ås;hospital;{parent};")
        cells = true_cells(project_of(tmp_path, *deliveries, units=units))
        for year in (2023, 2024):
            assert counts(cells, "a", "caregiver", year, "nation", "0")[1] == 1300
            for orgnr, patients in trusts.items():
                assert counts(cells, "a", "caregiver", year, "hf", orgnr)[1] == patients


def test_a_hospital_without_county_counts_in_none(tmp_path: Path) -> None:
    """122 (250 patients) is in HF 12, and in neither county: 500 and 550 of 1300."""
    cells = true_cells(project_of(tmp_path, rows_of(LARGE)))
    assert counts(cells, "a", "caregiver", 2024, "hf", "12")[1] == 400
    counties = cells.xs("county", level="level")["denominator"]
    assert counties.droplevel(["ind_id", "context", "year"]).to_dict() == {"Vestfylke": 500, "Østfylke": 550}


def test_no_rows_give_no_cells(tmp_path: Path) -> None:
    """A registry without deliveries has no cells, and that is no error."""
    assert published_cells(project_of(tmp_path)).empty


# --- what is shown ---------------------------------------------------------------------------------------------------
def test_a_numerator_above_its_denominator_is_warned_of_and_hidden(tmp_path: Path) -> None:
    """210 of 200 in 111: a warning with the row, no cell; HF 11 counts it, 450 of 500. 401 of 400 hides HF 21 too."""
    text = rows_of(LARGE).replace("111;a;160;200", "111;a;210;200").replace("211;a;320;400", "211;a;401;400")
    project = project_of(tmp_path, text)
    (warning,) = read(project)[0].warnings
    assert "The numerator is larger than the denominator in rows 2, 6." in warning.message
    assert counts(true_cells(project), "a", "caregiver", 2024, "hf", "11") == (450, 500)
    assert not shown_units(published_cells(project)) & {"111", "211", "21", "2"}


def test_an_indicator_without_targets_has_no_level(tmp_path: Path) -> None:
    """50 % to 80 % of 1300: value and interval stand, the level is empty, and more is neither better nor worse."""
    before = "".join(f"caregiver;2023;{orgnr};b;{n // 2};{n}\n" for orgnr, n in LARGE.items())
    cells = published_cells(project_of(tmp_path, before + rows_of(LARGE, ind_id="b")))
    cell = one(cells, "b", 2024, "nation", "0")
    assert (cell["value"], cell["achievement"], cell["certainty"]) == (0.8, "", "")
    assert cell["low"] < 0.8 < cell["high"]
    assert (cell["change"], cell["change_from"]) == ("increased", 2023)


def test_a_mean_without_spread_claims_nothing(tmp_path: Path) -> None:
    """A mean of 9 days against a target of 10 is high; how certain, and whether 12 became 9, is not known."""
    text = "caregiver;2023;0;m;12;900\ncaregiver;2024;0;m;9;900\n"
    cell = one(published_cells(project_of(tmp_path, text)), "m", 2024, "nation", "0")
    assert (cell["value"], cell["achievement"], cell["certainty"], cell["change"]) == (9, "high", "", "")
    assert cell[["low", "high", "change_from"]].isna().all()


def test_one_hospital_under_a_trust_is_shown_or_hidden_with_it(tmp_path: Path) -> None:
    """211 is all of HF 21 and of RHF 2: with 400 patients all three are shown alike, with 4 none of them is."""
    alone = {"hospital": "211", "hf": "21", "rhf": "2"}
    cells = published_cells(project_of(tmp_path, rows_of(LARGE)))
    for level, orgnr in alone.items():
        assert counts(cells, "a", 2024, level, orgnr) == (320, 400)
    cells = published_cells(project_of(tmp_path, rows_of({**LARGE, "211": 4})))
    assert not shown_units(cells) & set(alone.values())
    assert "0" in shown_units(cells)
    assert counts(cells, "a", 2024, "nation", "0") == (723, 904)


def test_all_hospitals_too_small_leaves_the_totals(tmp_path: Path) -> None:
    """4 patients in each of four hospitals: none of them is shown; their HFs have 6 of 8, the nation 12 of 16."""
    cells = published_cells(project_of(tmp_path, rows_of(dict.fromkeys(("111", "112", "121", "122"), 4))))
    assert not shown_units(cells) & set(LARGE)
    for level, orgnr, expected in (("hf", "11", (6, 8)), ("hf", "12", (6, 8)), ("nation", "0", (12, 16))):
        assert counts(cells, "a", 2024, level, orgnr) == expected


def test_a_nation_that_is_too_small_shows_nothing(tmp_path: Path) -> None:
    """Three patients in all: every cell is hidden, and a hidden cell has its key and nothing else."""
    cells = published_cells(project_of(tmp_path, rows_of({"111": 1, "121": 2})))
    assert len(cells) > 0
    assert not cells["shown"].any()
    assert all((cells[name].isna() | (cells[name].astype("str") == "")).all() for name in SHOWN_COLUMNS)


def test_unknown_coverage_is_not_low_coverage(tmp_path: Path) -> None:
    """Coverage is measured for 111 (80 %) only: the others have none and are shown all the same."""
    text = rows_of(LARGE) + rows_of({"111": 250}, ind_id="dg")
    cells = published_cells(project_of(tmp_path, text)).xs(("a", 2024, "hospital"))
    assert cells["shown"].all()
    assert cells["coverage"].dropna().to_dict() == {"111": 0.8}
    assert cells["coverage_year"].dropna().to_dict() == {"111": 2024}


# --- what is documented ----------------------------------------------------------------------------------------------
def test_every_stated_outcome_names_a_test_that_exists() -> None:
    """The last column of the page's table names tests, and each of them is a test of this project."""
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text(encoding="utf-8")))
    defined = {
        name for path in TESTS.glob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))
    }
    assert len(named) >= 15
    assert named <= defined
