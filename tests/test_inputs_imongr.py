"""Tests of `kvalreg.inputs.imongr` and `kvalreg.inputs.imongr_definitions`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from kvalreg.cli import cli
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import ConfigurationError, DeliveryError, UsageError
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.imongr import ImportedDelivery, ImportReport, import_imongr
from kvalreg.inputs.imongr_definitions import ImongrDefinitions, descriptor_yaml
from kvalreg.inputs.registry_deliveries import read_deliveries
from kvalreg.inputs.units import Level, Units, read_units
from kvalreg.project import Project

UNITS = """\
OrgNr;OrgNavnEnhetsreg;Kortnavn;Nivaa;NivaaOpp
1;Nasjonalt;Nasjonalt;0;0
20;HELSE ØST RHF;Helse Øst;1;1
30;BÆRUM HF;Bærum;2;20
40;BÆRUM SYKEHUS;Bærum;3;30
"""
HEADER = "context;year;orgnr;ind_id;var;denominator\n"


def record(ind_id: str, **values: Any) -> dict[str, Any]:
    """A definition as imongr has it."""
    known = {
        "id": ind_id,
        "dg_id": None,
        "include": 1,
        "title": f"Tittel på {ind_id}",
        "name": "x",
        "type": "andel",
        "min_denominator": 10,
        "level_green": 0.9,
        "level_yellow": None,
        "level_direction": 1,
        "short_description": "Kort.",
        "long_description": None,
        "registry_id": 1,
        "rname": "slag",
        "sformat": ",.0%",
        "max_value": None,
        "min_value": None,
        "full_name": "Norsk slagregister",
    }
    return known | values


def export(folder: Path, records: list[dict[str, Any]], **files: str) -> Path:
    """An imongr export: units, definitions, and files by name without ending."""
    source = folder / "export"
    source.mkdir()
    (source / "units.csv").write_text(UNITS, encoding="utf-8")
    (source / "indicators.json").write_text(json.dumps(records), encoding="utf-8")
    for name, text in files.items():
        (source / f"{name}.csv").write_text(text, encoding="utf-8")
    return source


def opened(target: Path) -> tuple[Project, dict[str, Registry], Units]:
    """A project as a build reads it; its descriptors have no faults."""
    project = Project.open(target)
    registries, faulty = read_descriptors(project)
    assert faulty == {}
    return project, registries, read_units(project.units, "registries/units.csv")


def imported(folder: Path, source: Path, unknown: UnknownUnitPolicy = UnknownUnitPolicy.SKIP) -> ImportReport:
    """The report of an import into the folder `new`."""
    return import_imongr(source, folder / "new", unknown)


def test_an_export_becomes_a_project(tmp_path: Path) -> None:
    """Units, definitions and deliveries are read back by a build as they were, and deliveries byte for byte."""
    rows = HEADER + "caregiver;2019;40;slag_a;7;9\ncaregiver;2020;40;slag_a;8;9\n"
    source = export(tmp_path, [record("slag_a")], slag=rows)
    report = imported(tmp_path, source)
    assert (report.registries, report.units) == (("slag",), 4)
    assert report.deliveries == (ImportedDelivery("slag", "slag.csv", 2),)
    assert report.diagnostics == ()
    project, registries, units = opened(tmp_path / "new")
    assert (project.data("slag") / "slag.csv").read_bytes() == (source / "slag.csv").read_bytes()
    assert units["40"].level is Level.HOSPITAL
    assert [unit.orgnr for unit in units.ancestors("40")] == ["30", "20", "1"]
    registry = registries["slag"]
    assert (registry.name, registry.language, registry.medical_fields) == (
        "Norsk slagregister",
        "nb",
        ("Uten fagområde",),
    )
    indicator = registry.indicator("slag_a")
    assert (indicator.min_denominator, indicator.level_green, indicator.level_yellow) == (10, 0.9, None)
    assert (indicator.short_description, indicator.long_description, indicator.include) == ("Kort.", "", True)
    delivered = read_deliveries(project, registry, units, UnknownUnitPolicy.REFUSE)
    assert len(delivered.rows) == 2
    assert not delivered.rows["provisional"].any()
    assert [str(info.latest_affirm) for info in delivered.deliveries] == ["2020-12-31"]


@pytest.mark.parametrize("mask", [0o000, 0o022])
def test_imported_deliveries_are_for_their_owner_alone(mask: int, tmp_path: Path) -> None:
    """They count patients, whatever rights the export had and whatever the umask; descriptors and units do not."""
    source = export(tmp_path, [record("slag_a")], slag=HEADER + "caregiver;2019;40;slag_a;7;9\n")
    before = os.umask(mask)
    try:
        imported(tmp_path, source)
    finally:
        os.umask(before)
    data = tmp_path / "new" / "data"
    rights = {path.relative_to(data).as_posix(): path.stat().st_mode & 0o777 for path in (data, *data.rglob("*"))}
    assert rights == {".": 0o700, "slag": 0o700, "slag/slag.csv": 0o600, "slag/deliveries.yml": 0o600}


def test_editors_find_the_schema(tmp_path: Path) -> None:
    """A descriptor's first line names the schema, which lies where the line says."""
    imported(tmp_path, export(tmp_path, [record("slag_a")]))
    descriptor = tmp_path / "new" / "registries" / "slag" / "registry.yml"
    first = descriptor.read_text(encoding="utf-8").split("\n")[0]
    assert first == "# yaml-language-server: $schema=../registry.schema.json"
    schema = json.loads((descriptor.parent / "../registry.schema.json").read_text(encoding="utf-8"))
    assert schema["title"] == "kvalreg registry"


def test_coverage_of_which_only_shares_are_known(tmp_path: Path) -> None:
    """A coverage file becomes a delivery of the registry's coverage indicator, as a computed proportion."""
    records = [record("slag_a", dg_id="slag_dg"), record("slag_dg", include=0)]
    coverage = "orgnr;year;coverage\n40;2019;0.578\n40;2020;0.8\n"
    report = imported(tmp_path, export(tmp_path, records, slag_coverage=coverage))
    assert report.deliveries == (ImportedDelivery("slag", "slag_coverage.csv", 2),)
    assert (report.diagnostics, report.warnings) == ((), ())
    project, registries, units = opened(tmp_path / "new")
    assert registries["slag"].indicator("slag_dg").type is IndicatorType.BEREGNET_ANDEL
    assert not registries["slag"].indicator("slag_dg").include
    rows = read_deliveries(project, registries["slag"], units, UnknownUnitPolicy.REFUSE).rows
    assert rows[["context", "year", "orgnr", "ind_id", "var", "denominator"]].to_numpy().tolist() == [
        ["caregiver", 2019, "40", "slag_dg", 0.578, 1],
        ["caregiver", 2020, "40", "slag_dg", 0.8, 1],
    ]
    text = project.descriptor("slag").read_text(encoding="utf-8")
    assert "type: beregnet_andel  # 'andel' in imongr. Only shares are known, without numbers of patients." in text


def test_with_several_coverage_indicators_the_most_used_is_taken(tmp_path: Path) -> None:
    """The choice is reported; the other one keeps its numbers and becomes a coverage indicator."""
    records = [
        record("a", dg_id="dg_rare"),
        record("b", dg_id="dg_often"),
        record("c", dg_id="dg_often"),
        record("dg_rare"),
        record("dg_often"),
    ]
    report = imported(tmp_path, export(tmp_path, records, slag_coverage="orgnr;year;coverage\n40;2019;0.5\n"))
    assert ["'dg_often'" in warning.hint for warning in report.warnings] == [True]
    _, registries, _ = opened(tmp_path / "new")
    assert registries["slag"].indicator("dg_often").type is IndicatorType.BEREGNET_ANDEL
    assert registries["slag"].indicator("dg_rare").type is IndicatorType.DG_ANDEL


def test_unknown_units_are_skipped_and_every_build_says_so(tmp_path: Path) -> None:
    """SKIP names the unit in deliveries.yml, so that the build leaves its rows out and warns by row."""
    rows = HEADER + "caregiver;2019;444444444;slag_a;7;9\ncaregiver;2019;40;slag_a;8;9\n"
    records = [record("slag_a", dg_id="slag_dg"), record("slag_dg")]
    coverage = "orgnr;year;coverage\n444444444;2019;0.5\n40;2019;0.5\n"
    report = imported(tmp_path, export(tmp_path, records, slag=rows, slag_coverage=coverage))
    assert [(warning.file, warning.line) for warning in report.warnings] == [
        ("data/slag/slag.csv", 2),
        ("data/slag/slag_coverage.csv", 2),
    ]
    project, registries, units = opened(tmp_path / "new")
    delivered = read_deliveries(project, registries["slag"], units, UnknownUnitPolicy.REFUSE)
    assert len(delivered.rows) == 2
    assert sum("'444444444' is unknown" in warning.message for warning in delivered.warnings) == 2


def test_unknown_units_may_be_left_for_the_build_to_refuse(tmp_path: Path) -> None:
    """REFUSE reports them as faults and records no decision."""
    rows = HEADER + "caregiver;2019;444444444;slag_a;7;9\ncaregiver;2019;40;slag_a;8;9\n"
    report = imported(tmp_path, export(tmp_path, [record("slag_a")], slag=rows), UnknownUnitPolicy.REFUSE)
    assert [(fault.line, fault.key) for fault in report.diagnostics] == [(2, "orgnr")]
    assert report.warnings == ()
    project, registries, units = opened(tmp_path / "new")
    with pytest.raises(DeliveryError):
        read_deliveries(project, registries["slag"], units, UnknownUnitPolicy.REFUSE)


def test_indicators_without_a_definition_are_reported(tmp_path: Path) -> None:
    """A delivery that names an indicator which nobody has defined is imported, and its rows are named."""
    rows = HEADER + "caregiver;2019;40;slag_x;7;9\n"
    report = imported(tmp_path, export(tmp_path, [record("slag_a")], slag=rows))
    assert [(fault.line, fault.key) for fault in report.diagnostics] == [(2, "ind_id")]
    assert report.deliveries == (ImportedDelivery("slag", "slag.csv", 0),)
    assert (tmp_path / "new" / "data" / "slag" / "slag.csv").is_file()


def test_gaps_in_the_definitions_are_tolerated(tmp_path: Path) -> None:
    """Missing keys, targets without direction, an unknown format and an unknown coverage id stop nothing, and stay.

    What cannot be used is in the descriptor all the same, as keys or as a comment.
    """
    records = [
        {"id": "bare", "rname": "slag", "type": "median"},
        record("targets", level_direction=None, level_yellow=0.8),
        record("format", sformat="d", min_denominator=30.0),
        record("coverage", dg_id="nowhere", max_value=7),
        record("direction", level_green=None),
        record("no_type", type=None),
    ]
    rows = HEADER + "caregiver;2019;40;direction;7;9\n"
    report = imported(tmp_path, export(tmp_path, records, slag=rows))
    assert (report.diagnostics, report.not_ready) == ((), {})
    assert [warning.key for warning in report.warnings] == [
        "indicators[0].title",
        "indicators[2].sformat",
        "indicators[3].dg_id",
    ]
    project, registries, _ = opened(tmp_path / "new")
    registry = registries["slag"]
    assert registry.indicator("bare").title == "bare"
    assert registry.indicator("format").min_denominator == 30
    assert registry.indicator("coverage").dg_id is None
    assert (registry.indicator("direction").level_green, registry.indicator("direction").level_direction) == (None, 1)
    assert [(one.ind_id, one.missing) for one in registry.incomplete] == [
        ("targets", ("level_direction",)),
        ("no_type", ("type",)),
    ]
    text = project.descriptor("slag").read_text(encoding="utf-8")
    assert "# in imongr also dg_id: nowhere, name: x, max_value: 7" in text
    assert "# in imongr also sformat: d, name: x" in text
    written = YAML(typ="safe", pure=True).load(text)["indicators"]
    assert (written[1]["level_green"], written[1]["level_yellow"]) == (0.9, 0.8)


@pytest.mark.parametrize(
    ("values", "missing"), [({"type": None}, "type"), ({"level_direction": None}, "level_direction")]
)
def test_an_incomplete_definition_stops_where_it_is_used(tmp_path: Path, values: dict[str, Any], missing: str) -> None:
    """With rows of it, the registry is not ready, and the message names the descriptor's line; others are ready."""
    records = [record("slag_a", **values), record("hofte_a", rname="hofte")]
    row = HEADER + "caregiver;2019;40;{};7;9\n"
    report = imported(tmp_path, export(tmp_path, records, slag=row.format("slag_a"), hofte=row.format("hofte_a")))
    ((fault,),) = report.not_ready.values()
    assert list(report.not_ready) == ["slag"]
    assert (fault.code, fault.file, fault.line) == (DiagnosticCode.INDICATOR_INCOMPLETE, "data/slag/slag.csv", 2)
    assert f"'slag_a' ({missing} missing, registries/slag/registry.yml:" in fault.message


def test_an_indicator_that_readers_do_not_see_needs_no_direction(tmp_path: Path) -> None:
    """A coverage with a target and without direction, include 0, counts as coverage."""
    records = [record("slag_a", dg_id="dg"), record("dg", include=0, level_direction=None)]
    rows = HEADER + "caregiver;2019;40;slag_a;7;9\ncaregiver;2019;40;dg;7;9\n"
    report = imported(tmp_path, export(tmp_path, records, slag=rows))
    assert (report.not_ready, report.warnings) == ({}, ())


def test_units_of_other_levels_are_left_out(tmp_path: Path) -> None:
    """A department (Nivaa 4) is no unit here: it and its rows are left out with a message, and all else is there."""
    source = export(
        tmp_path, [record("slag_a")], slag=HEADER + "caregiver;2019;40;slag_a;7;9\ncaregiver;2019;50;slag_a;7;9\n"
    )
    (source / "units.csv").write_text(UNITS + "50;AVDELING;Avdeling;4;40\n", encoding="utf-8")
    report = imported(tmp_path, source)
    assert report.units == 4
    assert [(one.file, one.line) for one in report.warnings] == [("units.csv", 6), ("data/slag/slag.csv", 3)]
    assert report.not_ready == {}


def nation(folder: Path) -> Path:
    """An export of 33 registries as real ones are: with gaps, and with coverage that a registry `dummy` defines."""
    records, files = [record("dummy_dg", rname="dummy", include=0)], {}
    for number in range(32):
        name = f"reg{number:02}"
        records += [record(f"{name}_a", rname=name, dg_id="dummy_dg", level_green=None)]
        records += [record(f"{name}_b", rname=name, type=None, include=0, title=None, dg_id="dummy_dg")]
        if number % 4:
            unit = "50" if number == 1 else "40"
            files[name] = HEADER + f"caregiver;2019;{unit};{name}_a;7;9\n"
        if number in (5, 6):
            files[name] += f"caregiver;2019;40;{name}_b;7;9\n"
    return export(folder, records, **files)


def test_the_end_of_an_import_tells_what_is_ready_and_what_is_not(tmp_path: Path) -> None:
    """33 registries, of which 9 have no delivery, 2 use a definition without a type, and 1 has rows of no known unit.

    One line a kind; the code is 1. No key is lost: every direction is there. A check of them fits a screen.
    """
    done = CliRunner().invoke(cli, ["import", "imongr", str(nation(tmp_path)), str(tmp_path / "new")])
    assert done.exit_code == 1
    assert "Imported 33 registries and 4 units." in done.output
    assert "Ready to build (21): reg02, reg03, reg07" in done.output
    assert "Not ready (12): dummy, reg00, reg01, reg04, reg05, reg06, reg08" in done.output
    assert "  10 x KV338 A registry has no delivery in dummy, reg00, reg01" in done.output
    assert "  2 x KV118 An indicator is not complete in reg05, reg06. The first: data/reg05/reg05.csv:3" in done.output
    assert "  64 x KV902 A definition was changed by the import in reg00, reg01" in done.output
    assert len(done.output.splitlines()) < 15
    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "new").rglob("registry.yml")]
    assert sum(text.count("level_direction: 1") for text in written) == 65
    assert sum(text.count("dg_id: dummy_dg") for text in written) == 64
    checked = CliRunner().invoke(cli, ["check", "--project", str(tmp_path / "new")])
    assert len(checked.output.splitlines()) < 25
    assert "33 registries checked, 21 ready to build." in checked.output
    every = CliRunner().invoke(cli, ["check", "--all", "--project", str(tmp_path / "new")])
    assert len(every.output.splitlines()) > 60


def test_definitions_that_do_not_fit_are_reported_not_lost(tmp_path: Path) -> None:
    """A registry whose definitions are wrong is written, so that it can be corrected, and its faults are reported."""
    report = imported(tmp_path, export(tmp_path, [record("slag_a", type="rate"), record("slag_b", level_green=90)]))
    assert {fault.key for fault in report.diagnostics} == {"indicators[0].type", "indicators[1].level_green"}
    assert (tmp_path / "new" / "registries" / "slag" / "registry.yml").is_file()


def test_a_registry_name_cannot_lead_out_of_the_project(tmp_path: Path) -> None:
    """A name that is no folder's name, or a missing one, leaves the indicator out with a warning."""
    records = [record("a", rname="../../etc"), record("b", rname=None), record("c")]
    report = imported(tmp_path, export(tmp_path, records))
    assert report.registries == ("slag",)
    assert [warning.key for warning in report.warnings] == ["[0].rname", "[1].rname"]


def test_files_go_to_the_registry_with_the_longest_name(tmp_path: Path) -> None:
    """`slag_ny.csv` is a delivery of the registry `slag`, unless there is a registry `slag_ny`."""
    records = [record("a"), record("b", rname="slag_ny")]
    row = HEADER + "caregiver;2019;40;{};7;9\n"
    report = imported(
        tmp_path, export(tmp_path, records, slag_2019=row.format("a"), slag_ny=row.format("b"), hofte=row.format("a"))
    )
    assert report.deliveries == (
        ImportedDelivery("slag", "slag_2019.csv", 1),
        ImportedDelivery("slag_ny", "slag_ny.csv", 1),
    )
    assert [warning.file for warning in report.warnings] == ["hofte.csv"]


@pytest.mark.parametrize("existing", ["nothing", "empty", "other"])
def test_the_target_may_exist_without_a_project(tmp_path: Path, existing: str) -> None:
    """A new folder, an empty one, and one with other files are all good targets, and nothing temporary is left."""
    source = export(tmp_path, [record("slag_a")])
    if existing != "nothing":
        (tmp_path / "new").mkdir()
    if existing == "other":
        (tmp_path / "new" / "README.md").write_text("x")
    imported(tmp_path, source)
    opened(tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export", "new"]


@pytest.mark.parametrize("taken", ["registries", "data"])
def test_a_project_is_never_overwritten(tmp_path: Path, taken: str) -> None:
    """A target that holds registries or data is refused and stays as it was."""
    source = export(tmp_path, [record("slag_a")])
    (tmp_path / "new" / taken).mkdir(parents=True)
    with pytest.raises(UsageError, match=f"holds {taken} already"):
        imported(tmp_path, source)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [taken]


def test_a_source_that_lacks_files_is_named(tmp_path: Path) -> None:
    """The message says what was looked for."""
    (tmp_path / "export").mkdir()
    with pytest.raises(UsageError, match=r"units\.csv and indicators\.json not found"):
        imported(tmp_path, tmp_path / "export")


@pytest.mark.parametrize(
    ("file", "text", "error"),
    [
        ("units.csv", "OrgNr;Navn\n1;x\n", ConfigurationError),
        ("units.csv", UNITS.replace("3;30", "3;20"), ConfigurationError),
        ("indicators.json", "{", UsageError),
        ("indicators.json", '{"id": 1}', UsageError),
        ("indicators.json", "[1]", UsageError),
    ],
)
def test_a_failed_import_leaves_nothing(tmp_path: Path, file: str, text: str, error: type[Exception]) -> None:
    """What cannot be imported is refused whole: no target, no temporary folder."""
    source = export(tmp_path, [record("slag_a")])
    (source / file).write_text(text, encoding="utf-8")
    with pytest.raises(error):
        imported(tmp_path, source)
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]) | st.sampled_from("\n :#-'\"|>% ")
    ).map(lambda text: text * 3)
)
def test_texts_come_through_yaml_as_they_were(text: str) -> None:
    """Whatever a description holds (lines, double spaces, quotation marks, colons), a descriptor gives it back."""
    made, _ = descriptor_yaml(
        ImongrDefinitions("slag", "Slag", (record("a", long_description=text),)), None, "registry.yml"
    )
    read = YAML(typ="safe", pure=True).load(made)["indicators"][0].get("long_description", "")
    assert read == text.strip()


def test_the_real_export(tmp_path: Path, shared: Path) -> None:
    """The real export becomes a project whose rows are the source's, less those of the undefined unit 444444444.

    Counted by hand in the source: 2,518 and 3,512 rows, of which 10 and 54 are of that unit; 281 rows of coverage, of
    which one is.
    """
    source = shared / "data" / "real"
    report = imported(tmp_path, source)
    assert report.diagnostics == ()
    assert report.units == 199
    assert report.deliveries == (
        ImportedDelivery("hjerneslag", "hjerneslag.csv", 2518 - 10),
        ImportedDelivery("hjerneslag", "hjerneslag_coverage.csv", 281 - 1),
        ImportedDelivery("hoftebrudd", "hoftebrudd.csv", 3512 - 54),
    )
    project, registries, units = opened(tmp_path / "new")
    assert (project.data("hoftebrudd") / "hoftebrudd.csv").read_bytes() == (source / "hoftebrudd.csv").read_bytes()
    texts = {each["id"]: each["long_description"] for each in json.loads((source / "indicators.json").read_bytes())}
    for registry in registries.values():
        assert len(registry.indicators) == {"hjerneslag": 11, "hoftebrudd": 11}[registry.id]
        for indicator in registry.indicators:
            assert indicator.long_description == texts[indicator.id].strip()
        delivered = read_deliveries(project, registry, units, UnknownUnitPolicy.REFUSE)
        assert all("'444444444' is unknown" in warning.message for warning in delivered.warnings)
        assert delivered.warnings
