"""Tests of `kvalreg.inputs.units`."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvalreg.errors import ConfigurationError
from kvalreg.inputs.units import Level, Units, read_units, write_units

HEADER = "orgnr;name;short_name;level;parent;county\n"
TREE = """\
1;Landet;Landet;nation;;
20;Helse Øst RHF;Øst;rhf;1;
30;Bærum HF;Bærum;hf;20;
31;Asker HF;Asker;hf;20;
40;Sykehus A;A;hospital;30;Fjordland
41;Sykehus B;B;hospital;30;Dalom
42;Sykehus C;B;hospital;31;
"""


def read(folder: Path, text: str, encoding: str = "utf-8") -> Units:
    """Units from the text of a file."""
    path = folder / "units.csv"
    path.write_bytes(text.encode(encoding))
    return read_units(path, "registries/units.csv")


def faults(folder: Path, text: str) -> list[tuple[int | None, str, str]]:
    """Line, key and what of every fault."""
    with pytest.raises(ConfigurationError) as caught:
        read(folder, text)
    return [(fault.line, fault.key, fault.message) for fault in caught.value.diagnostics]


def test_the_tree_is_walked_both_ways(tmp_path: Path) -> None:
    """Ancestors come nearest first, children and levels in the order of the file, counties sorted."""
    units = read(tmp_path, "# Syntetisk\n\n" + HEADER + TREE)
    assert len(units) == 7
    assert units.nation.orgnr == "1"
    assert [unit.orgnr for unit in units.ancestors("41")] == ["30", "20", "1"]
    assert units.ancestors("1") == ()
    assert [unit.orgnr for unit in units.children("30")] == ["40", "41"]
    assert units.children("40") == ()
    assert [unit.orgnr for unit in units.at_level(Level.HF)] == ["30", "31"]
    assert units.at_level(Level.COUNTY) == ()
    assert units.counties == ("Dalom", "Fjordland")
    assert [unit.orgnr for unit in units] == ["1", "20", "30", "31", "40", "41", "42"]
    assert "42" in units
    assert "43" not in units
    with pytest.raises(KeyError):
        units["43"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_encodings_give_the_same_units(tmp_path: Path, encoding: str) -> None:
    """UTF-8, with or without byte order mark, and Latin-1 are read."""
    assert read(tmp_path, HEADER + TREE, encoding)["20"].name == "Helse Øst RHF"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Writing and reading gives the same units, also for names that hold separators and quotation marks."""
    units = read(tmp_path, HEADER + TREE.replace("Sykehus A;A", '"Sykehus; ""A""";A'))
    assert units["40"].name == 'Sykehus; "A"'
    write_units(units, tmp_path / "copy.csv", "Første linje\nandre linje")
    assert (tmp_path / "copy.csv").read_text(encoding="utf-8").startswith("# Første linje\n# andre linje\norgnr;")
    assert read_units(tmp_path / "copy.csv", "copy.csv") == units


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    """Each row's faults and those between rows come together, by row."""
    rows = (
        "1;Landet;Landet;nation;;\n"
        "2;Landet;Landet;nation;1;\n"
        "20;;Øst;rhf;1;\n"
        "20;Vest;Vest;rhf;1;\n"
        "30;HF;HF;foretak;20;\n"
        "40;A;A;hospital;20;\n"
        "41;B;B;hospital;99;\n"
        "42;C;C;hospital;;\n"
        "4 3;D;D;hf;20;\n"
    )
    assert [(line, key) for line, key, _ in faults(tmp_path, HEADER + rows)] == [
        (3, "level"),
        (3, "parent"),
        (4, "name"),
        (5, "orgnr"),
        (6, "level"),
        (7, "parent"),
        (8, "parent"),
        (9, "parent"),
        (10, "orgnr"),
    ]


def test_a_cycle_is_named_once(tmp_path: Path) -> None:
    """Units that are above themselves are one fault, with every row of the circle."""
    found = faults(tmp_path, HEADER + "1;N;N;nation;;\n2;A;A;hf;3;\n3;B;B;hf;4;\n4;C;C;hf;2;\n5;D;D;hf;2;\n")
    assert [what for _, _, what in found if "above themselves" in what] == ["Units are above themselves: rows 3, 4, 5."]


def test_a_tree_needs_a_nation(tmp_path: Path) -> None:
    """Without a nation there is nothing to sum to."""
    assert (None, "level", "There is no nation.") in faults(tmp_path, HEADER + "20;A;A;rhf;1;\n")


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ("orgnr;name;short_name;level;county", "The column 'parent' is missing."),
        ("orgnr;name;short_name;level;Parent;county", "The column 'Parent' is misspelt."),
        ("orgnr;name;short_name;level;parent;fylke", "The column 'fylke' is unknown."),
    ],
)
def test_the_header_is_checked(tmp_path: Path, header: str, what: str) -> None:
    """Missing, misspelt and unknown columns are named."""
    assert what in [said for _, _, said in faults(tmp_path, header + "\n1;2;3;4;5;6\n")]


def test_the_county_column_may_be_left_out(tmp_path: Path) -> None:
    """A project without counties has none to show."""
    units = read(tmp_path, "orgnr;name;short_name;level;parent\n1;N;N;nation;\n")
    assert units["1"].county is None
    assert units.counties == ()


def test_a_unit_may_be_closed(tmp_path: Path) -> None:
    """The column is a year or a date, may be empty or left out, and what is written is read again."""
    rows = TREE.replace("Fjordland\n", "Fjordland;2021\n").replace("Dalom\n", "Dalom;2022-06-30\n")
    rows = "".join(line if line.count(";") == 6 else line[:-1] + ";\n" for line in rows.splitlines(keepends=True))
    units = read(tmp_path, HEADER.replace("county", "county;closed") + rows)
    assert [unit.closed for unit in units.at_level(Level.HOSPITAL)] == [2021, 2022, None]
    write_units(units, tmp_path / "again.csv")
    assert read_units(tmp_path / "again.csv", "again.csv") == units
    assert read(tmp_path, HEADER + TREE)["40"].closed is None


@pytest.mark.parametrize("closed", ["i fjor", "21", "2021-13-01"])
def test_a_unit_is_closed_in_a_year(tmp_path: Path, closed: str) -> None:
    """Anything but a year or a date is told with its row."""
    header = HEADER.replace("county", "county;closed")
    found = faults(tmp_path, header + f"1;Landet;Landet;nation;;;{closed}\n")
    assert found == [(2, "closed", f"'{closed}' is no year.")]
