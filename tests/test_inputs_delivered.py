"""Tests of `kvalreg.inputs.registry_deliveries` and `kvalreg.inputs.delivery_list`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kvalreg.errors import DeliveryError, Diagnostic
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.registry_deliveries import RegistryDeliveries, last_complete_year, read_deliveries
from kvalreg.inputs.units import Level, Unit, Units
from kvalreg.project import Project

HEADER = "context;year;orgnr;ind_id;var;denominator\n"
UNITS = Units(
    {
        "1": Unit("1", "Landet", "Landet", Level.NATION, None),
        "20": Unit("20", "RHF", "RHF", Level.RHF, "1"),
        "21": Unit("21", "RHF 2", "RHF 2", Level.RHF, "1"),
    }
)
REGISTRY = Registry.model_validate(
    {
        "id": "r",
        "name": "R",
        "short_name": "R",
        "language": "nb",
        "medical_fields": ["x"],
        "about": {},
        "indicators": [{"id": "a", "title": "A", "type": "andel"}, {"id": "b", "title": "B", "type": "andel"}],
    }
)


def deliver(root: Path, **files: str) -> Path:
    """Deliveries by name (``_csv`` stands for ``.csv``), and perhaps their list; returns their folder."""
    folder = root / "data" / "r"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        suffix = name.rsplit("_", 1)[1]
        rows = text if suffix == "yml" else HEADER + text
        (folder / f"{name.rsplit('_', 1)[0]}.{suffix}").write_text(rows, encoding="utf-8")
    return folder


def dated(file: str, year: int) -> str:
    """An entry of the list: a file that is complete to the end of a year."""
    return f"- file: {file}\n  latest_affirm: {year}-12-31\n"


def read(root: Path, unknown: UnknownUnitPolicy = UnknownUnitPolicy.REFUSE) -> RegistryDeliveries:
    """All deliveries of the registry."""
    return read_deliveries(Project(root), REGISTRY, UNITS, unknown)


def faults(root: Path) -> tuple[Diagnostic, ...]:
    """Every fault of the registry's deliveries."""
    with pytest.raises(DeliveryError) as caught:
        read(root)
    return caught.value.diagnostics


def cells(delivered: RegistryDeliveries) -> list[tuple[object, ...]]:
    """Year, unit, indicator, numerator and number of the delivery of every row."""
    return list(delivered.rows[["year", "orgnr", "ind_id", "var", "delivery"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("affirmed", "year"),
    [
        # + 2 days: 2024-01-02, 2024-01-01, 2023-12-31, 2024-03-01 (a leap year), 2025-01-01
        (date(2023, 12, 31), 2023),
        (date(2023, 12, 30), 2023),
        (date(2023, 12, 29), 2022),
        (date(2024, 2, 28), 2023),
        (date(2024, 12, 30), 2024),
    ],
)
def test_the_last_complete_year(affirmed: date, year: int) -> None:
    """The field's rule: year(latest_affirm + 2 days) - 1."""
    assert last_complete_year(affirmed) == year


def test_no_delivery_is_no_fault(tmp_path: Path) -> None:
    """A registry without data has empty rows in the right columns."""
    delivered = read(tmp_path)
    assert delivered.rows.empty
    assert delivered.deliveries == ()
    assert delivered.warnings == ()
    assert {column: str(dtype) for column, dtype in delivered.rows.dtypes.items()} == {
        "context": "str",
        "year": "int64",
        "orgnr": "str",
        "ind_id": "str",
        "var": "float64",
        "denominator": "int64",
        "row": "int64",
        "provisional": "bool",
        "delivery": "int64",
    }


def test_a_later_delivery_replaces_whole_years(tmp_path: Path) -> None:
    """Every row of the same indicator, context and year is replaced, also of units that the later one lacks."""
    deliver(
        tmp_path,
        first_csv="caregiver;2020;20;a;1;9\ncaregiver;2020;21;a;2;9\ncaregiver;2020;20;b;3;9\nresident;2020;20;a;4;9\n",
        second_csv="caregiver;2020;20;a;5;9\ncaregiver;2021;20;a;6;9\n",
        deliveries_yml=dated("first.csv", 2020) + dated("second.csv", 2021),
    )
    assert cells(read(tmp_path)) == [
        (2020, "20", "b", 3.0, 0),
        (2020, "20", "a", 4.0, 0),
        (2020, "20", "a", 5.0, 1),
        (2021, "20", "a", 6.0, 1),
    ]


def test_the_list_gives_the_order_and_unlisted_files_follow_by_name(tmp_path: Path) -> None:
    """Listed files come first, in the order of the list; the others are used too, with a warning."""
    row = "caregiver;2020;20;a;{};9\n"
    deliver(
        tmp_path,
        a_csv=row.format(1),
        b_csv=row.format(2),
        c_csv=row.format(3),
        d_csv=row.format(4),
        deliveries_yml=dated("d.csv", 2020) + "  latest_update: 2021-02-01\n  remark: Rettet\n" + dated("b.csv", 2020),
    )
    delivered = read(tmp_path)
    assert [info.shown for info in delivered.deliveries] == [f"data/r/{name}.csv" for name in "dbac"]
    assert (delivered.deliveries[0].latest_update, delivered.deliveries[0].remark) == (date(2021, 2, 1), "Rettet")
    assert cells(delivered) == [(2020, "20", "a", 3.0, 3)]
    assert [warning.file for warning in delivered.warnings] == ["data/r/a.csv", "data/r/c.csv"]


def test_years_after_the_last_complete_one_are_provisional(tmp_path: Path) -> None:
    """A year that was not complete when it was delivered is provisional; without a date no year is."""
    rows = "caregiver;2020;20;a;1;9\ncaregiver;2021;20;a;1;9\n"
    folder = deliver(tmp_path, a_csv=rows, deliveries_yml="- file: a.csv\n  latest_affirm: 2021-10-31\n")
    assert list(read(tmp_path).rows["provisional"]) == [False, True]
    (folder / "deliveries.yml").unlink()
    assert list(read(tmp_path).rows["provisional"]) == [False, False]


def test_an_identical_file_is_a_warning(tmp_path: Path) -> None:
    """The same bytes twice change nothing, but somebody should know."""
    rows = "caregiver;2020;20;a;1;9\n"
    deliver(tmp_path, a_csv=rows, b_csv=rows)
    whats = [warning.message for warning in read(tmp_path).warnings]
    assert "The file is identical to data/r/a.csv." in whats


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    """One faulty delivery refuses the registry, and every other faulty one is named with it."""
    deliver(
        tmp_path,
        a_csv="caregiver;2020;20;a;x;9\n",
        b_csv="caregiver;2020;20;a;1;9\n",
        c_csv="caregiver;2020;20;zz;1;9\n",
        deliveries_yml="- file: a.csv\n- file: none.csv\n  latest_affirm: 2020\n",
    )
    assert [(fault.file, fault.line, fault.key) for fault in faults(tmp_path)] == [
        ("data/r/deliveries.yml", 3, "[1].latest_affirm"),
        ("data/r/a.csv", 2, "var"),
        ("data/r/c.csv", 2, "ind_id"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "key", "what"),
    [
        ("- file: none.csv\n", 1, "[0].file", "'none.csv' does not exist."),
        ("- file: ../other/a.csv\n", 1, "[0].file", "'../other/a.csv' lies outside the folder."),
        ("- file: /etc/a.csv\n", 1, "[0].file", "'/etc/a.csv' lies outside the folder."),
        ("- file: deliveries.txt\n", 1, "[0].file", "'deliveries.txt' is no .csv or .parquet file."),
        ("- file: a.csv\n- file: ./a.csv\n", 2, "[1].file", "'./a.csv' is in line 1 already."),
        ("- file: a.csv\n  lates_affirm: 2020-12-31\n", 2, "[0].lates_affirm", "This key is unknown."),
        ("- latest_affirm: 2020-12-31\n", 1, "[0].file", "The key is missing."),
        ("file: a.csv\n", 1, "", "A list or mapping stands where a list should be."),
        ("- file: a.csv\n\tremark: x\n", 2, "", "The line is indented with a tab."),
    ],
)
def test_the_list_is_checked(tmp_path: Path, text: str, line: int, key: str, what: str) -> None:
    """Faults of the list have their line and key, as those of a descriptor have."""
    folder = deliver(tmp_path, a_csv="caregiver;2020;20;a;1;9\n", deliveries_yml=text)
    (folder / "deliveries.txt").write_text("x")
    (fault,) = faults(tmp_path)
    assert (fault.file, fault.line, fault.key, fault.message) == ("data/r/deliveries.yml", line, key, what)


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    """A file that is a link to a file elsewhere lies outside the folder, listed or not."""
    folder = deliver(tmp_path, deliveries_yml="- file: a.csv\n")
    (tmp_path / "secret.csv").write_text(HEADER + "caregiver;2020;20;a;1;9\n")
    (folder / "a.csv").symlink_to(tmp_path / "secret.csv")
    assert "lies outside the folder" in str(faults(tmp_path)[0])
    (folder / "deliveries.yml").unlink()
    assert [fault.file for fault in faults(tmp_path)] == ["data/r/a.csv"]


def test_units_are_left_out_by_decision(tmp_path: Path) -> None:
    """A unit in skip_units, with or without quotation marks, is left out of that delivery and named by row."""
    rows = "caregiver;2020;444444444;a;1;9\ncaregiver;2020;20;a;2;9\n"
    listed = "- file: a.csv\n  latest_affirm: 2020-12-31\n  skip_units: [444444444]\n"
    deliver(tmp_path, a_csv=rows, deliveries_yml=listed)
    delivered = read(tmp_path)
    assert cells(delivered) == [(2020, "20", "a", 2.0, 0)]
    assert [warning.message for warning in delivered.warnings] == [
        "The unit '444444444' is unknown, and its rows are left out: row 2."
    ]
    deliver(tmp_path, b_csv=rows)
    assert [fault.file for fault in faults(tmp_path)] == ["data/r/b.csv"]


def test_a_unit_that_is_known_by_now_is_used(tmp_path: Path) -> None:
    """A decision to leave a unit out lapses with a warning once the unit is in units.csv."""
    listed = "- file: a.csv\n  latest_affirm: 2020-12-31\n  skip_units: ['20']\n"
    deliver(tmp_path, a_csv="caregiver;2020;20;a;2;9\n", deliveries_yml=listed)
    delivered = read(tmp_path)
    assert len(delivered.rows) == 1
    assert "is known by now" in delivered.warnings[0].message


def test_what_an_office_program_leaves_is_no_delivery(tmp_path: Path) -> None:
    """Lock files of an open spreadsheet, hidden files and other formats are not read."""
    folder = deliver(tmp_path)
    for name in (".~lock.a.csv", "~$a.csv", "a.xlsx", "README.md"):
        (folder / name).write_text("x")
    assert read(tmp_path).deliveries == ()


def test_left_out_rows_are_told_of_deliveries_that_count(tmp_path: Path) -> None:
    """Rows of the unknown unit 9 are left out of two deliveries; the first is replaced, so only the second tells.

    It tells whether, never how many: one row may be one patient.
    """
    listed = dated("a.csv", 2023) + dated("b.csv", 2023) + dated("c.csv", 2023)
    rows = "caregiver;2022;20;a;1;2\ncaregiver;2022;9;a;1;2\n"
    other = "caregiver;2022;20;b;1;2\n"
    deliver(tmp_path, a_csv=rows, b_csv=rows, c_csv=other, deliveries_yml=listed)
    infos = read(tmp_path, UnknownUnitPolicy.SKIP).deliveries
    assert [info.rows_left_out for info in infos] == [False, True, False]
