"""Deliveries as spreadsheets and scripts mangle them: what is accepted is what was meant, or it is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from kvalreg.errors import DeliveryError, Diagnostic
from kvalreg.inputs.delivery import UnknownUnitPolicy, read_delivery
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.units import Level, Unit, Units

REGISTRY = Registry.model_validate(
    {
        "id": "r",
        "name": "R",
        "short_name": "R",
        "language": "nb",
        "medical_fields": ["x"],
        "about": {},
        "indicators": [{"id": "share", "title": "A", "type": "andel"}, {"id": "count", "title": "B", "type": "antall"}],
    }
)
UNITS = Units(
    {
        "1": Unit("1", "Landet", "Landet", Level.NATION, None),
        "10": Unit("10", "RHF", "RHF", Level.RHF, "1"),
        "20": Unit("20", "HF", "HF", Level.HF, "10"),
        **{
            orgnr: Unit(orgnr, orgnr, orgnr, Level.HOSPITAL, "20")
            for orgnr in ("000010101", "000010102", "974632562", "974632563")
        },
    }
)
COLUMNS = ("context", "year", "orgnr", "ind_id", "var", "denominator")
Row = tuple[str, int, str, str, int, int]


@dataclass(frozen=True)
class Mangling:
    """How a file was written, and what went wrong with it."""

    number: str
    orgnr: str
    encoding: str
    first_line: str
    separator: str
    repeated: str
    column: str
    year: int

    def file(self, rows: list[Row]) -> bytes:
        """The rows as a file."""
        columns = [one for one in COLUMNS if one != self.column]
        lines = [self.separator.join(columns)]
        for row in rows:
            cells = dict(zip(COLUMNS, self._cells(row), strict=True))
            lines.append(self.separator.join(self._quoted(cells[one]) for one in columns))
        body = lines[1:]
        lines += {"none": [], "all": body, "one": body[:1]}[self.repeated]
        text = "\n".join(lines) + "\n"
        first = f"sep={self.separator}\n" if self.first_line else ""
        return (first + text).encode(self.encoding)

    def _quoted(self, cell: str) -> str:
        return f'"{cell}"' if self.separator in cell else cell

    def _cells(self, row: Row) -> tuple[str, ...]:
        context, year, orgnr, ind_id, var, denominator = row
        return (context, str(year + self.year), self._orgnr(orgnr), ind_id, self._count(var), self._count(denominator))

    def _count(self, value: int) -> str:
        grouped = f"{value:,}"
        return {
            "plain": str(value),
            "decimal point": f"{value}.0",
            "decimal comma": f"{value},00",
            "thousands .": grouped.replace(",", "."),
            "thousands ,": grouped,
            "thousands space": grouped.replace(",", " "),
            "thousands nbsp": grouped.replace(",", "\u00a0"),
            "power": f"{value:e}",
        }[self.number]

    def _orgnr(self, orgnr: str) -> str:
        return {
            "text": orgnr,
            "number": orgnr.lstrip("0"),
            "decimal": f"{orgnr}.0",
            "power": f"{int(orgnr):.2E}",
            "spaces": f"{orgnr[:3]} {orgnr[3:6]} {orgnr[6:]}",
        }[self.orgnr]


MANGLINGS = st.builds(
    Mangling,
    number=st.sampled_from(
        (
            "plain",
            "plain",
            "decimal point",
            "decimal comma",
            "thousands .",
            "thousands ,",
            "thousands space",
            "thousands nbsp",
            "power",
        )
    ),
    orgnr=st.sampled_from(["text", "text", "text", "number", "decimal", "power", "spaces"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"]),
    first_line=st.sampled_from(["", "sep"]),
    separator=st.sampled_from([";", "\t", ","]),
    repeated=st.sampled_from(["none", "none", "all", "one"]),
    column=st.sampled_from(["", "", "", "denominator"]),
    year=st.sampled_from([0, 0, 0, 0, 100]),
)
ROWS = st.lists(
    st.tuples(
        st.just("caregiver"),
        st.integers(2010, 2024),
        st.sampled_from(["000010101", "000010102", "974632562", "974632563"]),
        st.sampled_from(["share", "share", "count"]),
        st.integers(0, 5000),
        st.integers(2, 5000),
    ).map(lambda row: (*row[:4], min(row[4], row[5]), row[5])),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row[:4],
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, mangling=MANGLINGS)
def test_what_is_accepted_is_what_was_meant_or_is_told(tmp_path: Path, rows: list[Row], mangling: Mangling) -> None:
    """A file is refused, or its rows are those that were written, or a warning names what was read otherwise."""
    path = tmp_path / "a.csv"
    path.write_bytes(mangling.file(rows))
    faults: tuple[Diagnostic, ...] = ()
    try:
        delivery = read_delivery(path, "a.csv", REGISTRY, UNITS, UnknownUnitPolicy.REFUSE)
    except DeliveryError as error:
        faults = error.diagnostics
    if faults:
        event("refused")
        assert all(fault.message and fault.hint and fault.file == "a.csv" for fault in faults)
        return
    if mangling.column:  # a count is its own number of patients
        rows = [(*row[:5], 1) if row[3] == "count" else row for row in rows]
    read = Counter(delivery.rows[list(COLUMNS)].itertuples(index=False, name=None))
    if read == Counter(rows):
        event("as it was meant")
        return
    event("told")
    assert delivery.warnings, f"{mangling} was read as {read} in place of {rows}"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, encoding=st.sampled_from(["utf-8", "utf-16", "cp1252"]), separator=st.sampled_from([";", "\t", ","]))
def test_a_sound_file_is_accepted_without_a_word(
    tmp_path: Path, rows: list[Row], encoding: str, separator: str
) -> None:
    """Whatever it is written with: the checks of mangled files find nothing in it."""
    sound = Mangling("plain", "text", encoding, "", separator, "none", "", 0)
    path = tmp_path / "a.csv"
    path.write_bytes(sound.file(rows))
    delivery = read_delivery(path, "a.csv", REGISTRY, UNITS, UnknownUnitPolicy.REFUSE)
    assert Counter(delivery.rows[list(COLUMNS)].itertuples(index=False, name=None)) == Counter(rows)
    assert delivery.warnings == ()
