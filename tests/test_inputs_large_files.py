"""Tests of `kvalreg.inputs.table_stream`, `csv_lines` and `distinct_rows`: files of millions of rows, and of none."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import DeliveryError
from kvalreg.inputs import csv_lines, distinct_rows, table_stream
from kvalreg.inputs.delivery import DELIVERY_LAYOUT, Delivery, UnknownUnitPolicy, read_delivery
from kvalreg.inputs.distinct_rows import RowNumbers
from kvalreg.inputs.table_file import read_distinct_rows, read_table
from test_inputs_delivery import COLUMNS, HEADER, REGISTRY, UNITS

PATIENT = "caregiver;2020;874632562;share;1;1\n"


def read(path: Path) -> Delivery:
    """A delivery."""
    return read_delivery(path, path.name, REGISTRY, UNITS, UnknownUnitPolicy.REFUSE)


def refused(path: Path) -> tuple[DiagnosticCode | None, str]:
    """The only fault of a delivery: its kind and what is wrong."""
    with pytest.raises(DeliveryError) as caught:
        read(path)
    (fault,) = caught.value.diagnostics
    return fault.code, fault.message


CELLS = st.tuples(
    st.sampled_from(["caregiver", " caregiver", "resident", ""]),
    st.sampled_from(["2020", "2021", ""]),
    st.sampled_from(["874632562", "974116804"]),
    st.sampled_from(["share", "mean"]),
    st.sampled_from(["0", "1", "1,0", '"1"', "æ"]),
    st.sampled_from(["1", " 1 ", ""]),
)
LINES = st.lists(CELLS.map(";".join) | st.sampled_from(["", ";;;;;"]), min_size=1, max_size=60)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=LINES,
    piece=st.integers(60, 400),
    encoding=st.sampled_from(["utf-8", "latin-1", "cp1252", "utf-16", "utf-32", "utf-8-sig"]),
)
def test_every_row_counts_once_wherever_pieces_end(tmp_path: Path, lines: list[str], piece: int, encoding: str) -> None:
    """Python's own reader of CSV, line by line, gives the same cells, how often each stands, and its first ten rows."""
    expected: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, line in enumerate(lines, 2):
        cells = tuple(cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=";"), ()))
        if any(cells):
            expected[cells].append(number)
    path = tmp_path / "a.csv"
    path.write_bytes((HEADER + "\n".join(lines) + "\n").encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_stream, "LONGEST_LINE", piece)
        patch.setattr(table_stream, "_PIECE", 1)
        patch.setattr(distinct_rows, "_WAITING", 3)
        if not expected:
            with pytest.raises(DeliveryError):
                read_distinct_rows(path, "a.csv", DELIVERY_LAYOUT)
            return
        table = read_distinct_rows(path, "a.csv", DELIVERY_LAYOUT)
        whole = read_table(path, "a.csv", DELIVERY_LAYOUT).cells
    distinct = pd.DataFrame(table.cells)
    found = {
        tuple(row): table.occurrences.of(distinct.index[at : at + 1]) for at, row in enumerate(distinct.to_numpy())
    }
    assert found == {row: RowNumbers.of(rows) for row, rows in expected.items()}
    assert list(distinct.index) == sorted(rows[0] for rows in expected.values())
    every = RowNumbers.of(sorted(row for rows in expected.values() for row in rows))
    assert table.occurrences.of(distinct.index) == every
    assert list(whole.index) == sorted(row for rows in expected.values() for row in rows)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.sampled_from([0, 1]), min_size=1, max_size=300), batch=st.integers(1, 100))
def test_patients_in_parquet_sum_to_what_they_are(tmp_path: Path, values: list[int], batch: int) -> None:
    """The numerators and denominators of a Parquet file's patients are those of its rows, whatever a batch holds."""
    rows = [("caregiver", 2020, "874632562", "share", value, 1) for value in values]
    pd.DataFrame(rows, columns=COLUMNS).to_parquet(tmp_path / "a.parquet", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_stream, "_BATCH", batch)
        delivery = read(tmp_path / "a.parquet")
    assert (delivery.rows["var"].sum(), delivery.rows["denominator"].sum()) == (sum(values), len(values))
    assert delivery.count == len(values)


def test_faults_far_apart_are_told_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row with too many cells near the end is told beside one near the beginning, with the lines of the file."""
    monkeypatch.setattr(table_stream, "LONGEST_LINE", 100)
    monkeypatch.setattr(table_stream, "_PIECE", 1)
    odd = "caregiver;2020;874632562;share;1\n"
    path = tmp_path / "a.csv"
    path.write_text(HEADER + odd + PATIENT * 500 + odd)
    assert refused(path) == (
        DiagnosticCode.MISALIGNED_CELLS,
        "More or fewer cells than the 6 columns of the header in rows 2, 503.",
    )


def test_equal_faulty_rows_are_all_named(tmp_path: Path) -> None:
    """Equal rows are looked at once, and each of them is counted and named."""
    path = tmp_path / "a.csv"
    path.write_text(HEADER + (PATIENT + PATIENT.replace(";1;1", ";x;1")) * 30)
    numbers = "3, 5, 7, 9, 11, 13, 15, 17, 19, 21"
    assert refused(path) == (DiagnosticCode.NOT_A_NUMBER, f"The cell is not a number in rows {numbers} and 20 more.")


def test_a_sum_that_stands_often_is_named_without_its_first_row(tmp_path: Path) -> None:
    """Fifteen equal rows of 2 of 3, and one written otherwise: 15 rows repeat the first, and all make 32 of 48."""
    row = "caregiver;2020;874632562;share;2;3\n"
    path = tmp_path / "a.csv"
    path.write_text(HEADER + row * 15 + row.replace(";2;3", ";+2;3"))
    delivery = read(path)
    (warning,) = delivery.warnings
    assert (warning.code, warning.line) == (DiagnosticCode.ROW_REPEATED, 3)
    assert warning.message.endswith("in rows 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 5 more.")
    assert (delivery.rows["var"].sum(), delivery.rows["denominator"].sum()) == (32, 48)


def test_patients_that_all_stand_twice_are_told_of(tmp_path: Path) -> None:
    """A file of patients put together twice, as equal rows; with one patient more it is no such file."""
    path = tmp_path / "a.csv"
    half = "".join(f"caregiver;{year};874632562;share;{value};1\n" for year in range(2015, 2020) for value in (0, 1))
    path.write_text(HEADER + half * 2)
    (warning,) = read(path).warnings
    assert (warning.code, warning.line) == (DiagnosticCode.ROW_REPEATED, 12)
    assert warning.message.endswith("twice: rows 12, 13, 14, 15, 16, 17, 18, 19, 20, 21.")
    path.write_text(HEADER + half * 2 + half.splitlines()[0])
    assert read(path).warnings == ()


def test_a_total_is_compared_with_all_patients_below_it(tmp_path: Path) -> None:
    """Five equal rows of a hospital's patients are five patients: an HF's own four are fewer, and six are not."""
    path = tmp_path / "a.csv"
    above = "caregiver;2020;30;share;1;{}\n"
    path.write_text(HEADER + PATIENT * 5 + above.format(4))
    assert read(path).warnings == ()
    path.write_text(HEADER + PATIENT * 5 + above.format(6))
    assert [(one.code, one.line) for one in read(path).warnings] == [(DiagnosticCode.MIXED_LEVELS, 7)]


def test_a_mean_that_stands_twice_is_refused_also_when_it_is_the_same(tmp_path: Path) -> None:
    """Only rows of proportions are summed: two equal rows of a mean are one too many."""
    path = tmp_path / "a.csv"
    path.write_text(HEADER + "caregiver;2020;874632562;mean;1,5;2\n" * 2)
    what = "The same indicator, context, year and unit stands more than once in rows 2, 3."
    assert refused(path) == (DiagnosticCode.DUPLICATE_ROW, what)


@pytest.mark.parametrize("longer", [0, 1])
def test_a_line_has_a_greatest_length(tmp_path: Path, longer: int) -> None:
    """A line of a million characters is read (and is no row), and one of a character more is refused by its limit."""
    path = tmp_path / "a.csv"
    path.write_text(HEADER + PATIENT + "x" * (1_000_000 + longer) + "\n" + PATIENT)
    what = (
        "Line 3 has more than 1,000,000 characters, which is the limit."
        if longer
        else "More or fewer cells than the 6 columns of the header in row 3."
    )
    assert refused(path) == (DiagnosticCode.TOO_LARGE if longer else DiagnosticCode.MISALIGNED_CELLS, what)


def test_a_file_without_line_ends_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """Of 300 MB without a line end, no more is read as text than the limit."""
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(HEADER.encode())
        for _ in range(300):
            file.write(b"x" * 1_000_000)
    told = measured(path)
    assert "Line 2 has more than 1,000,000 characters" in told
    assert int(told.split()[-1]) < 400


def test_limits_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, rows that differ, and bytes of a file: what is beyond a limit is refused with the limit in the message."""
    path = tmp_path / "a.csv"
    path.write_text(HEADER + "".join(f"caregiver;{2000 + n};874632562;share;1;1\n" for n in range(20)))
    monkeypatch.setattr(table_stream, "MOST_DIFFERENT", 19)
    assert refused(path)[1].startswith("The file has more than 19 rows that differ from each other")
    monkeypatch.setattr(table_stream, "MOST_ROWS", 19)
    assert refused(path) == (DiagnosticCode.TOO_LARGE, "The file has more than 19 rows, which is the limit.")
    monkeypatch.setattr(table_stream, "LARGEST_FILE", 100)
    assert refused(path)[1].endswith("GB is the limit.")


@pytest.mark.parametrize("in_dictionary", [True, False])
def test_a_parquet_file_that_unpacks_to_gigabytes_is_refused(tmp_path: Path, in_dictionary: bool) -> None:
    """Four thousand cells of a megabyte are some kilobytes of Parquet; they are refused before they are unpacked."""
    rows = 4000
    path = tmp_path / "a.parquet"
    row = {"context": "caregiver", "year": 2020, "orgnr": "874632562", "ind_id": "s" * 1_000_000, "var": 1}
    codes = pa.array(np.zeros(rows, dtype=np.int32))
    table = pa.table({key: pa.DictionaryArray.from_arrays(codes, pa.array([value])) for key, value in row.items()})
    if in_dictionary:
        pq.write_table(table, path)
    else:
        schema = pa.schema([(key, pa.array([value]).type) for key, value in row.items()])
        with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False) as file:
            for start in range(0, rows, 100):
                part = table.slice(start, 100)
                file.write_table(pa.table({key: part.column(key).combine_chunks().dictionary_decode() for key in row}))
    assert path.stat().st_size < 10_000_000
    told = measured(path)
    limit = "A cell has 1,000,000 characters, and 10,000 is the limit." if in_dictionary else "4 GB is the limit."
    assert limit in told
    assert int(told.split()[-1]) < 400


def test_a_million_patients_take_little_memory(tmp_path: Path) -> None:
    """A million patients are 35 MB of text; all of it in memory as text and numbers took 320 MB more than this."""
    path = tmp_path / "a.csv"
    with path.open("w") as file:
        file.write(HEADER)
        for number in range(100):
            file.write((PATIENT + PATIENT.replace("2020", str(2000 + number % 20))) * 5000)
    told = measured(path)
    assert told.startswith("1000000\n")
    assert int(told.split()[-1]) < 400


def measured(path: Path) -> str:
    """How many rows count or what is wrong, and the megabytes of memory that a process took to say so."""
    code = (
        "import re, sys; from pathlib import Path; from test_inputs_large_files import read, DeliveryError\n"
        "try: print(read(Path(sys.argv[1])).count)\n"
        "except DeliveryError as error: print(error)\n"
        "print(int(re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1]) // 1000)"
    )
    paths = {"PYTHONPATH": ":".join([str(Path(__file__).parent), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], env=paths, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checksum by which a delivery is approved is of the very rows that were read."""
    path = tmp_path / "a.csv"
    path.write_text(HEADER + PATIENT)
    parsed = csv_lines._parsed

    def meanwhile(*arguments: object) -> object:
        path.write_text(HEADER + PATIENT * 2)
        return parsed(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(csv_lines, "_parsed", meanwhile)
    assert refused(path) == (
        DiagnosticCode.FILE_UNREADABLE,
        "The file cannot be read: it was changed while it was read.",
    )
