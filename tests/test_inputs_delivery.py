"""Tests of `kvalreg.inputs.delivery`, with the table reader and the rules of rows behind it."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import DeliveryError, Diagnostic
from kvalreg.inputs.delivery import Delivery, DeliveryRules, UnknownUnitPolicy, check_delivery, read_delivery
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.distinct_rows import RowNumbers
from kvalreg.inputs.units import Level, Unit, Units

HEADER = "context;year;orgnr;ind_id;var;denominator\n"
COLUMNS = ["context", "year", "orgnr", "ind_id", "var", "denominator"]
UNITS = Units(
    {
        unit.orgnr: unit
        for unit in (
            Unit("1", "Landet", "Landet", Level.NATION, None),
            Unit("20", "RHF", "RHF", Level.RHF, "1"),
            Unit("30", "HF", "HF", Level.HF, "20"),
            Unit("874632562", "A", "A", Level.HOSPITAL, "30"),
            Unit("974116804", "B", "B", Level.HOSPITAL, "30"),
        )
    }
)
TYPES = {
    "share": "andel",
    "barne diabetes_hba1c_lt_7.5": "andel",
    "coverage": "dg_andel",
    "computed": "beregnet_andel",
    "mean": "gjennomsnitt",
}
REGISTRY = Registry.model_validate(
    {
        "id": "r",
        "name": "R",
        "short_name": "R",
        "language": "nb",
        "medical_fields": ["x"],
        "about": {},
        "indicators": [{"id": key, "title": key, "type": kind} for key, kind in TYPES.items()],
    }
)


def write(folder: Path, raw: str | bytes, name: str = "a.csv") -> Path:
    """A file with these contents."""
    path = folder / name
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return path


def read(folder: Path, raw: str | bytes, unknown: UnknownUnitPolicy = UnknownUnitPolicy.REFUSE) -> Delivery:
    """The delivery of a CSV file."""
    return read_delivery(write(folder, raw), "data/r/a.csv", REGISTRY, UNITS, unknown)


def faults(folder: Path, raw: str | bytes) -> tuple[Diagnostic, ...]:
    """Every fault of a CSV file."""
    with pytest.raises(DeliveryError) as caught:
        read(folder, raw)
    return caught.value.diagnostics


def one(folder: Path, raw: str | bytes) -> Diagnostic:
    """The only fault of a CSV file."""
    found = faults(folder, raw)
    assert len(found) == 1, [str(fault) for fault in found]
    return found[0]


def test_rows_have_their_types_and_numbers(tmp_path: Path) -> None:
    """Columns come in one order with fixed types, and each row knows its row in the file, where the header is row 1."""
    text = HEADER + "caregiver;2020;874632562;share;1;2\n\n;;;;;\nresident;2021;974116804;mean;1,5;7\n"
    delivery = read(tmp_path, text)
    assert delivery.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert {column: str(dtype) for column, dtype in delivery.rows.dtypes.items()} == {
        "context": "str",
        "year": "int64",
        "orgnr": "str",
        "ind_id": "str",
        "var": "float64",
        "denominator": "int64",
        "row": "int64",
    }
    assert delivery.rows.to_numpy().tolist() == [
        ["caregiver", 2020, "874632562", "share", 1.0, 2, 2],
        ["resident", 2021, "974116804", "mean", 1.5, 7, 5],
    ]


@dataclass(frozen=True)
class Dialect:
    """One way of writing a CSV file."""

    separator: str
    decimal: str
    encoding: str
    line_end: str
    quoted: bool
    order: tuple[str, ...]
    with_empty_rows: bool

    def write(self, rows: list[tuple[str, int, str, str, float, int]]) -> bytes:
        """The rows in this dialect."""
        lines = [self.separator.join(self.cell(column) for column in self.order)]
        for row in rows:
            cells = dict(zip(COLUMNS, row, strict=True))
            lines.append(self.separator.join(self.cell(self.text(cells[column])) for column in self.order))
            if self.with_empty_rows:
                lines += ["", self.separator * (len(COLUMNS) - 1), "  "]
        return (self.line_end.join(lines) + self.line_end).encode(self.encoding)

    def text(self, value: object) -> str:
        """A value as text, numbers with this dialect's decimal sign."""
        return repr(value).replace(".", self.decimal) if isinstance(value, float) else str(value)

    def cell(self, text: str) -> str:
        """A cell, in quotation marks where all are or where it holds the separator."""
        return f'"{text}"' if self.quoted or self.separator in text else text


DIALECTS = st.builds(
    Dialect,
    st.sampled_from([";", ",", "\t"]),
    st.sampled_from([",", "."]),
    st.sampled_from(["utf-8", "utf-8-sig", "latin-1"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.permutations(COLUMNS).map(tuple),
    st.booleans(),
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["caregiver", "resident"]),
        st.integers(1900, 2025),
        st.sampled_from(["874632562", "974116804"]),
        st.just("mean"),
        st.floats(-1e6, 1e6, allow_nan=False),
        st.integers(1, 10**6),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[:4],
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dialect=DIALECTS, rows=ROWS)
def test_every_dialect_reads_to_the_same_rows(
    tmp_path: Path, dialect: Dialect, rows: list[tuple[str, int, str, str, float, int]]
) -> None:
    """Separator, decimal sign, encoding, line ends, quotation marks and the order of columns do not change a row."""
    delivery = read(tmp_path, dialect.write(rows))
    assert delivery.rows[COLUMNS].to_numpy().tolist() == [list(row) for row in rows]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_parquet_and_csv_hold_the_same_rows(tmp_path: Path, rows: list[tuple[str, int, str, str, float, int]]) -> None:
    """The same columns as Parquet give the same rows."""
    path = tmp_path / "a.parquet"
    pd.DataFrame(rows, columns=COLUMNS).to_parquet(path, index=False)
    delivery = read_delivery(path, "a.parquet", REGISTRY, UNITS, UnknownUnitPolicy.REFUSE)
    assert delivery.rows[COLUMNS].to_numpy().tolist() == [list(row) for row in rows]
    assert list(delivery.rows["row"]) == list(range(2, len(rows) + 2))


@pytest.mark.parametrize("kind", ["int64", "float64", "str", "category"])
def test_an_orgnr_may_be_a_number_in_parquet(tmp_path: Path, kind: str) -> None:
    """What pandas stores as 874632562.0 is the unit 874632562; an empty row is dropped."""
    table = pd.DataFrame(
        {
            "context": ["caregiver", None],
            "year": [2020.0, np.nan],
            "orgnr": [874632562.0, np.nan],
            "ind_id": ["share", None],
            "var": [1.0, np.nan],
        }
    )
    if kind != "float64":
        table = table.head(1).assign(
            orgnr=pd.Series(np.array([874632562]), dtype="int64").astype(pd.api.types.pandas_dtype(kind))
        )
    table.to_parquet(tmp_path / "a.parquet", index=False)
    delivery = read_delivery(tmp_path / "a.parquet", "a.parquet", REGISTRY, UNITS, UnknownUnitPolicy.REFUSE)
    assert delivery.rows.to_numpy().tolist() == [["caregiver", 2020, "874632562", "share", 1.0, 1, 2]]


def test_a_missing_denominator_column_means_one(tmp_path: Path) -> None:
    """One row is one patient where nothing else is said."""
    delivery = read(tmp_path, "context;year;orgnr;ind_id;var\ncaregiver;2020;874632562;share;1\n")
    assert list(delivery.rows["denominator"]) == [1]


def test_a_legacy_id_keeps_its_inner_spaces(tmp_path: Path) -> None:
    """Ids hold dots and spaces; spaces around a cell do not belong to it."""
    delivery = read(tmp_path, HEADER + " caregiver ;2020; 874632562; barne diabetes_hba1c_lt_7.5 ; 1 ;2\n")
    assert list(delivery.rows["ind_id"]) == ["barne diabetes_hba1c_lt_7.5"]


def test_equal_rows_of_proportions_are_summed(tmp_path: Path) -> None:
    """Several rows of one key are patients or part sums of a proportion. Equal ones are summed; none is lost.

    Three of 1/1 and one of 0/1, then one of 1/1: the row 4/4 that begins in row 2, and the row 0/1 in row 5.
    """
    one_of_one = "caregiver;2020;874632562;share;1;1\n"
    delivery = read(tmp_path, HEADER + one_of_one * 3 + one_of_one.replace(";1;1", ";0;1") + one_of_one)
    assert delivery.rows[["var", "denominator", "row"]].to_numpy().tolist() == [[4, 4, 2], [0, 1, 5]]
    assert delivery.count == 5


@pytest.mark.parametrize("number", ["1e+02", "1E2", "100", "100,0", "100.", "+100"])
def test_numbers_as_programs_write_them(tmp_path: Path, number: str) -> None:
    """R writes 1e+05 for 100000: a number with an exponent is a number."""
    delivery = read(tmp_path, HEADER + f"caregiver;2020;874632562;share;{number};100\n")
    assert list(delivery.rows["var"]) == [100.0]


@pytest.mark.parametrize(
    ("row", "key", "what"),
    [
        ("caregivr;2020;874632562;share;1;2", "context", "The context 'caregivr' is unknown in row 2."),
        ("caregiver;2020;874632562;shar;1;2", "ind_id", "The indicator 'shar' is unknown in row 2."),
        ("caregiver;2020;999999999;share;1;2", "orgnr", "The unit '999999999' is unknown in row 2."),
        ("caregiver;2020;;share;1;2", "orgnr", "The cell has no value in row 2."),
        ("caregiver;;874632562;share;1;2", "year", "The cell has no value in row 2."),
        ("caregiver;2020;874632562;share;;2", "var", "The cell has no value in row 2."),
        ("caregiver;2020;874632562;share;NA;2", "var", "The cell has no value in row 2."),
        ("caregiver;2020;874632562;share;NaN;2", "var", "The cell has no value in row 2."),
        ("caregiver;2020;874632562;share;1;", "denominator", "The cell has no value in row 2."),
        ("caregiver;2020;874632562;share;inf;2", "var", "The cell is not a number in row 2."),
        ("caregiver;2020;874632562;mean;1e400;2", "var", "The cell is not a number in row 2."),
        ("caregiver;2020;874632562;mean;0x1F;2", "var", "The cell is not a number in row 2."),
        ("caregiver;2020;874632562;mean;1 234;2", "var", "The cell is not a number in row 2."),
        ("caregiver;2020;874632562;mean;1\u00a0234;2", "var", "The cell is not a number in row 2."),
        ("caregiver;2020;874632562;mean;1.234,5;2", "var", "The cell is not a number in row 2."),
        ("caregiver;2020;874632562;mean;1_000;2", "var", "The cell is not a number in row 2."),
        ("caregiver;2020;874632562;mean;٣;2", "var", "The cell is not a number in row 2."),
        ("caregiver;2020;874632562;mean;87 %;2", "var", "The cell is not a number in row 2."),
        ("caregiver;20x0;874632562;share;1;2", "year", "The cell is not a number in row 2."),
        ("caregiver;2020,5;874632562;share;1;2", "year", "not a whole number from 1900 on in row 2."),
        ("caregiver;20200;874632562;share;1;2", "year", "not a whole number from 1900 on in row 2."),
        ("caregiver;2020;874632562;share;0,5;2", "var", "not a whole number of at least 0 in row 2."),
        ("caregiver;2020;874632562;coverage;-1;2", "var", "not a whole number of at least 0 in row 2."),
        ("caregiver;2020;874632562;share;1;0", "denominator", "not a whole number above 0 in row 2."),
        ("caregiver;2020;874632562;mean;1;2,5", "denominator", "not a whole number above 0 in row 2."),
        ("caregiver;2020;874632562;mean;1;1e300", "denominator", "not a whole number above 0 in row 2."),
        ("caregiver;2020;874632562;computed;1,01;2", "var", "does not lie between 0 and 1 in row 2."),
        ("caregiver;2020;874632562;computed;-0,01;2", "var", "does not lie between 0 and 1 in row 2."),
    ],
)
def test_each_wrong_cell_blocks(tmp_path: Path, row: str, key: str, what: str) -> None:
    """Every kind of wrong cell is one fault with its file, row, column and advice."""
    fault = one(tmp_path, HEADER + row + "\n")
    assert (fault.file, fault.line, fault.key) == ("data/r/a.csv", 2, key)
    assert what in fault.message
    assert fault.hint


def test_a_close_id_is_suggested(tmp_path: Path) -> None:
    """A misspelt indicator is answered with the one that was probably meant."""
    assert "Did you mean 'share'?" in one(tmp_path, HEADER + "caregiver;2020;874632562;shar;1;2\n").hint


def test_all_kinds_of_faults_come_at_once(tmp_path: Path) -> None:
    """One pass over a file finds everything, each kind once with its rows."""
    text = (
        HEADER
        + "nobody;2020;874632562;share;1;2\n"
        + "caregiver;1;874632562;share;1;2\n"
        + "caregiver;2020;99;share;x;2\n"
        + "caregiver;2020;874632562;none;1;0\n"
        + "nobody;2020;874632562;share;y;2\n"
        + "caregiver;2020;874632562;mean;1;2\n" * 2
    )
    found = {(fault.key, fault.message.split(" in row")[-1]) for fault in faults(tmp_path, text)}
    assert found == {
        ("context", "s 2, 6."),
        ("year", " 3."),
        ("orgnr", " 4."),
        ("var", "s 4, 6."),
        ("ind_id", " 5."),
        ("denominator", " 5."),
        ("ind_id", "s 7, 8."),
    }


def test_a_million_bad_rows_give_a_readable_message(tmp_path: Path) -> None:
    """A kind of fault names its first ten rows and how many more there are; unknown names likewise."""
    text = HEADER + "".join(f"caregiver;2020;874632562;id_{number};x;2\n" for number in range(1000))
    found = faults(tmp_path, text)
    assert len(found) == 12
    assert found[-2].message == "990 more unknown, in rows 12, 13, 14, 15, 16, 17, 18, 19, 20, 21 and 980 more."
    assert found[-1].message == "The cell is not a number in rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 990 more."


def test_no_message_holds_a_result(tmp_path: Path) -> None:
    """Values that stand in a wrong column, because a header is missing or mixed up, are not repeated in a message."""
    rows = "caregiver;2020;874632562;share;417;523\n"
    mixed = "context;year;var;ind_id;orgnr;denominator\n" + rows
    shifted = "ind_id;year;orgnr;var;context;denominator\n" + rows
    for text in (
        rows,
        mixed,
        shifted,
        HEADER.replace("denominator", "523") + rows,
        HEADER + rows.replace("523", "5;2;3"),
    ):
        with pytest.raises(DeliveryError) as caught:
            read(tmp_path, text)
        assert "417" not in str(caught.value)
        assert "523" not in str(caught.value)


def test_a_file_has_one_decimal_sign(tmp_path: Path) -> None:
    """With both signs in a file one of them may separate thousands, so the rows of the rarer one are named."""
    values = {2020: "1,5", 2021: "1,5", 2022: "1.234"}
    rows = "".join(f"caregiver;{year};874632562;mean;{value};2\n" for year, value in values.items())
    fault = one(tmp_path, HEADER + rows)
    assert fault.message == "Decimal point in row 4, but decimal comma elsewhere in the file."


def test_a_key_stands_once_outside_proportions(tmp_path: Path) -> None:
    """Means cannot be summed, so two rows of one key contradict each other; another context is another key."""
    rows = "caregiver;2020;874632562;mean;1;2\nresident;2020;874632562;mean;1;2\ncaregiver;2020;874632562;mean;2;2\n"
    assert "more than once in rows 2, 4." in one(tmp_path, HEADER + rows).message


def test_rows_of_several_levels_are_read(tmp_path: Path) -> None:
    """An HF's own rows are of further patients; one that is not less than its hospitals' sum may be that sum.

    2020: the hospitals have 2 + 2 patients, the HF 4 of its own, which are named. The HF stands alone otherwise.
    """
    rows = (
        "caregiver;2020;874632562;share;1;2\n"
        "caregiver;2020;974116804;share;1;2\n"
        "caregiver;2020;30;share;2;4\n"
        "caregiver;2021;30;share;2;4\n"
        "resident;2020;30;share;2;4\n"
    )
    delivery = read(tmp_path, HEADER + rows)
    (warning,) = delivery.warnings
    assert (warning.code, warning.line, len(delivery.rows)) == (DiagnosticCode.MIXED_LEVELS, 4, 5)
    assert warning.message.endswith("in row 4.")
    assert (
        read(tmp_path, HEADER + rows.replace("caregiver;2020;30;share;2;4", "caregiver;2020;30;share;2;3")).warnings
        == ()
    )


def test_levels_may_stand_side_by_side_where_nothing_is_summed(tmp_path: Path) -> None:
    """A mean exists at the levels that were delivered, so several levels are no contradiction."""
    rows = "caregiver;2020;874632562;mean;1;2\ncaregiver;2020;30;mean;2;4\n"
    assert len(read(tmp_path, HEADER + rows).rows) == 2


def test_a_numerator_above_its_denominator_is_a_warning(tmp_path: Path) -> None:
    """The field's rule: it is reported with its rows and does not block."""
    rows = "caregiver;2020;874632562;share;3;2\ncaregiver;2020;974116804;share;2;2\ncaregiver;2020;974116804;mean;9;2\n"
    (warning,) = read(tmp_path, HEADER + rows).warnings
    assert (warning.line, warning.key) == (2, "var")
    assert warning.message.endswith("in row 2.")


def test_unknown_units_are_skipped_only_when_asked(tmp_path: Path) -> None:
    """With SKIP the rows are left out and named; other rules hold for the rows that stay."""
    rows = (
        HEADER
        + "caregiver;2020;444444444;share;3;2\ncaregiver;2020;874632562;share;1;2\ncaregiver;2021;444444444;share;x;2\n"
    )
    delivery = read(tmp_path, rows, UnknownUnitPolicy.SKIP)
    assert delivery.skipped == {"444444444": RowNumbers((2, 4), 2)}
    assert list(delivery.rows["row"]) == [3]
    (warning,) = delivery.warnings
    assert warning.message == "The unit '444444444' is unknown, and its rows are left out: rows 2, 4."
    assert {fault.key for fault in faults(tmp_path, rows)} == {"orgnr", "var"}


def test_some_unknown_units_may_be_left_out_by_decision(tmp_path: Path) -> None:
    """A named unit is left out even where unknown units are refused; the others still block."""
    path = write(tmp_path, HEADER + "caregiver;2020;444444444;share;1;2\ncaregiver;2020;555555555;share;1;2\n")
    terms = DeliveryRules(REGISTRY, UNITS, UnknownUnitPolicy.REFUSE, frozenset({"444444444"}))
    with pytest.raises(DeliveryError) as caught:
        check_delivery(path, "a.csv", terms)
    assert [fault.line for fault in caught.value.diagnostics] == [3]


def test_a_file_with_only_skipped_rows_is_an_empty_delivery(tmp_path: Path) -> None:
    """Leaving out everything leaves nothing, with the same columns."""
    delivery = read(tmp_path, HEADER + "caregiver;2020;444444444;share;1;2\n", UnknownUnitPolicy.SKIP)
    assert delivery.rows.empty
    assert str(delivery.rows["denominator"].dtype) == "int64"


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "The file is empty."),
        (b"\n\n;;\n", "The file is empty."),
        (HEADER.encode(), "The file has a header and no rows."),
        (HEADER.encode() + b";;;;;\n\n", "The file has a header and no rows."),
        (b"PK\x03\x04\x00", "This is an Excel workbook or a zip file"),
        (HEADER.encode("utf-16-le"), "The file is in UTF-16 without its mark."),
        (b"\x00\x01\x02", "This is not a text file."),
        (b"caregiver;2020;874632562;share;1;2\n", "The first line is no header."),
        (HEADER.encode() + b"caregiver;2020;874632562;share;1\n", "More or fewer cells than the 6 columns"),
        (HEADER.encode() + b"caregiver;2020;874632562;share;1;2;3\n", "More or fewer cells than the 6 columns"),
        (HEADER.encode() + b'"caregiver;2020;874632562;share;1;2\n' * 2, "A quotation mark is opened and not closed"),
        (HEADER.replace("\n", ";;\n").encode() + b"a;b;c;d;e;f;g;\n", "Cells to the right of the header's last column"),
    ],
)
def test_what_is_no_table_gets_one_clear_sentence(tmp_path: Path, raw: bytes, what: str) -> None:
    """A file that cannot be read as a table has one fault, which says what it seems to be."""
    assert what in one(tmp_path, raw).message


def test_separators_at_the_end_of_every_line_are_tolerated(tmp_path: Path) -> None:
    """A spreadsheet may end every line with separators: columns without a name and without a cell."""
    text = (HEADER + "caregiver;2020;874632562;share;1;2\n").replace("\n", ";;\n")
    assert len(read(tmp_path, text).rows) == 1


def test_the_header_is_checked_at_once(tmp_path: Path) -> None:
    """Misspelt, unknown, double and missing columns are all named; a wrong case is answered with the right one."""
    found = faults(tmp_path, "Context;year;year;orgnr;alder;ind_id\nx\n")
    assert [fault.message for fault in found] == [
        "The column 'Context' is misspelt.",
        "The column 'year' stands twice.",
        "The column 'alder' is unknown.",
        "The column 'var' is missing.",
    ]
    assert found[0].hint == "Write it 'context'."


def test_a_file_that_cannot_be_opened_is_a_fault(tmp_path: Path) -> None:
    """A folder, a missing file and a damaged Parquet file are reported like any other fault."""
    (tmp_path / "folder.csv").mkdir()
    for path in (
        tmp_path / "folder.csv",
        tmp_path / "none.csv",
        write(tmp_path, "x", "a.parquet"),
        write(tmp_path, "", "b.parquet"),
    ):
        with pytest.raises(DeliveryError) as caught:
            read_delivery(path, path.name, REGISTRY, UNITS, UnknownUnitPolicy.REFUSE)
        assert len(caught.value.diagnostics) == 1


def test_a_parquet_column_of_lists_is_a_fault(tmp_path: Path) -> None:
    """A column that is neither text nor numbers is named."""
    table = pd.DataFrame([("caregiver", 2020, "874632562", "share", [1], 2)], columns=COLUMNS)
    table.to_parquet(tmp_path / "a.parquet", index=False)
    with pytest.raises(DeliveryError) as caught:
        read_delivery(tmp_path / "a.parquet", "a.parquet", REGISTRY, UNITS, UnknownUnitPolicy.REFUSE)
    assert [fault.key for fault in caught.value.diagnostics] == ["var"]


def test_control_characters_do_not_reach_a_message(tmp_path: Path) -> None:
    """Names of files and ids in them are chosen by others: no escape sequence of theirs is printed."""
    path = write(tmp_path, HEADER + "caregiver;2020;874632562;\x1b[2Jx\u202e;1;2\n")
    with pytest.raises(DeliveryError) as caught:
        read_delivery(path, "data/r/\x1b[31ma.csv", REGISTRY, UNITS, UnknownUnitPolicy.REFUSE)
    assert all(line.isprintable() for line in str(caught.value).split("\n"))


def test_a_large_file_is_read_quickly(tmp_path: Path) -> None:
    """Rules work on whole columns: 200,000 rows cost seconds, not minutes, on any machine."""
    row = "caregiver;2020;874632562;share;1;2\n"
    started = time.perf_counter()
    assert read(tmp_path, HEADER + row * 200_000).count == 200_000
    assert time.perf_counter() - started < 20


def test_rows_are_lines_of_the_file(tmp_path: Path) -> None:
    """Empty lines above the header count, so that a row in a message is the line in an editor."""
    assert one(tmp_path, "\n;;\n" + HEADER + "\ncaregiver;2020;874632562;share;x;2\n").line == 5
