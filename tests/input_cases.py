"""Inputs of every kind that statisticians have sent wrong, by name: how each is planted, and what `check` must say.

Each goes into a sound project of one registry, alfa, on 15 March 2025. `test_inputs_table.py` checks it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from kvalreg.project import Project
from small_project import UNITS, delivery_of

Plant = Callable[[Project], object]
HEADER = "context;year;orgnr;ind_id;var;denominator\n"
SOUND = delivery_of("alfa")
A = "caregiver;2024;111;alfa_a;80;100"
B = "caregiver;2024;112;alfa_a;45;50"


@dataclass(frozen=True)
class Case:
    """One input: how it is planted, the exit code of `check`, and what its text must hold; of a sound one, nothing."""

    plant: Plant
    code: int
    says: tuple[str, ...] = ()


# --- how things are planted ------------------------------------------------------------------------------------------
def file(content: str | bytes, name: str = "a.csv", encoding: str = "utf-8") -> Plant:
    """A delivery with this content."""
    raw = content.encode(encoding) if isinstance(content, str) else content
    return lambda project: (project.data("alfa") / name).write_bytes(raw)


def rows(*lines: str, header: str = HEADER) -> Plant:
    """A delivery with these rows."""
    return file(header + "".join(f"{line}\n" for line in lines))


def descriptor(old: str, new: str) -> Plant:
    """A change of `registry.yml`."""
    return lambda project: _replace(project, old, new)


def _replace(project: Project, old: str, new: str) -> None:
    path = project.descriptor("alfa")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def more(text: str) -> Plant:
    """A text at the end of `registry.yml`."""
    return lambda project: _append(project, text)


def _append(project: Project, text: str) -> None:
    path = project.descriptor("alfa")
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def dates(**given: str) -> Plant:
    """The list of deliveries with these dates."""
    text = "- file: a.csv\n" + "".join(f"  {key}: {day}\n" for key, day in given.items())
    return lambda project: project.delivery_list("alfa").write_text(text, encoding="utf-8")


def units(old: str, new: str, encoding: str = "utf-8") -> Plant:
    """A change of `units.csv`."""
    assert old in UNITS
    return lambda project: project.units.write_bytes(UNITS.replace(old, new).encode(encoding))


def both(*plants: Plant) -> Plant:
    """One after the other."""
    return lambda project: [plant(project) for plant in plants]


def of_type(kind: str, *lines: str) -> Plant:
    """The indicator is of another type, without targets."""
    levels = "    level_green: 0.9\n    level_yellow: 0.8\n    level_direction: 1\n"
    return both(descriptor(levels, ""), descriptor("type: andel", f"type: {kind}\n    sformat: ',.1f'"), rows(*lines))


def _no_data(project: Project) -> None:
    shutil.rmtree(project.data("alfa"))


def _only(*names: str) -> Plant:
    def plant(project: Project) -> None:
        for path in project.data("alfa").iterdir():
            path.unlink()
        for name in names:
            (project.data("alfa") / name).write_bytes(b"PK\x03\x04")

    return plant


def _beside(path: str, content: bytes = b"x") -> Plant:
    def plant(project: Project) -> None:
        target = project.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    return plant


def _strange_name(project: Project) -> None:
    with open(os.path.join(os.fsencode(project.data("alfa")), b"l\xe5r.csv"), "wb") as stream:  # noqa: PTH118, PTH123
        stream.write(SOUND.encode())


def _closed_later(project: Project) -> None:
    head, *lines = UNITS.splitlines()
    text = "\n".join([f"{head};closed", *(f"{line};{'2062' if line.startswith('122') else ''}" for line in lines)])
    project.units.write_text(text + "\n", encoding="utf-8")


ZEROS = both(units("\n111;", "\n000000111;"), file(SOUND))
_GROUPED = "which may be a thousand separator, in row 2."
_WHOLE = "is not a whole number of at least 0 in row 2."

NUMBERS = {
    "thousands with a point": Case(rows("caregiver;2024;111;alfa_a;1.000;2.000", B), 1, ("a.csv:2: var", _GROUPED)),
    "thousands with a comma": Case(rows("caregiver;2024;111;alfa_a;1,000;2,000", B), 1, (_GROUPED,)),
    "thousands in every row": Case(rows("caregiver;2024;111;alfa_a;1.000;2.000"), 1, (_GROUPED,)),
    "thousands of patients alone": Case(rows("caregiver;2024;111;alfa_a;800;2.000", B), 1, ("denominator", _GROUPED)),
    "two thousand separators": Case(rows("caregiver;2024;111;alfa_a;8;1.234.567", B), 1, ("is not a number in row 2",)),
    "a space in a number": Case(rows("caregiver;2024;111;alfa_a;8;2 000", B), 1, ("is not a number in row 2",)),
    "whole numbers with a decimal": Case(rows("caregiver;2024;111;alfa_a;80.0;100.0", B), 0),
    "powers of ten, as R writes": Case(rows("caregiver;2024;111;alfa_a;8e1;1e+02", B), 0),
    "a share for a number": Case(rows("caregiver;2024;111;alfa_a;0,8;1", B), 1, (_WHOLE,)),
    "a percentage": Case(rows("caregiver;2024;111;alfa_a;80 %;100", B), 1, ("is not a number in row 2",)),
    "a count of 1.234": Case(of_type("antall", "caregiver;2024;111;alfa_a;1.234;1"), 1, (_GROUPED, _WHOLE)),
    "a count below 0": Case(of_type("antall", "caregiver;2024;111;alfa_a;-5;1"), 1, (f"The count (var) {_WHOLE}",)),
    "half a count": Case(of_type("antall", "caregiver;2024;111;alfa_a;1,5;1"), 1, (_WHOLE,)),
    "a huge count": Case(of_type("antall", "caregiver;2024;111;alfa_a;1e300;1"), 1, (_WHOLE,)),
    "a huge mean": Case(of_type("gjennomsnitt", "caregiver;2024;111;alfa_a;1e300;9"), 1, ("larger than any", "row 2")),
    "a total below its part": Case(
        of_type("antall", "caregiver;2024;11;alfa_a;5;1", "caregiver;2024;111;alfa_a;9;1"),
        1,
        ("The count in row 2 is less than that of a unit in it, row 3.", "KV325"),
    ),
    "means with three decimals beside whole ones": Case(
        of_type("gjennomsnitt", "caregiver;2024;111;alfa_a;1.012;9", "caregiver;2024;112;alfa_a;987;9"),
        0,
        ("three decimals, beside whole numbers of the same indicator, in row 2", "KV323"),
    ),
    "a numerator above its denominator": Case(
        rows("caregiver;2024;111;alfa_a;70;60", B), 0, ("larger than the denominator in row 2", "KV321")
    ),
    "a denominator of 0": Case(rows("caregiver;2024;111;alfa_a;0;0"), 1, ("not a whole number above 0 in row 2",)),
    "no number": Case(rows("caregiver;2024;111;alfa_a;;9"), 1, ("The cell has no value in row 2.",)),
    "two decimal signs": Case(
        rows("caregiver;2024;111;alfa_a;8,0;9", "caregiver;2024;112;alfa_a;8.0;9"), 1, ("elsewhere in the file",)
    ),
}
ROWS = {
    "all rows twice": Case(file(SOUND + SOUND.split("\n", 1)[1]), 0, ("in rows 10, 11, 12, 13", "KV324")),
    "one sum twice": Case(file(SOUND + A + "\n"), 0, ("stands more than once, and counts each time, in row 10.",)),
    "equal patients": Case(rows(*["caregiver;2024;111;alfa_a;1;1"] * 30, B), 0),
    "a file of patients twice": Case(
        rows(*[f"caregiver;{year};{unit};alfa_a;1;1" for year in range(2015, 2020) for unit in (111, 112)] * 2),
        0,
        ("stands an even number of times", "rows 12, 13"),
    ),
    "no denominators": Case(
        file("context;year;orgnr;ind_id;var\ncaregiver;2024;111;alfa_a;1\n"),
        0,
        ("counts as one patient: row 2", "KV326"),
    ),
    "no denominators and 7": Case(
        file("context;year;orgnr;ind_id;var\ncaregiver;2024;111;alfa_a;7\n"), 1, ("more than one stands in row 2",)
    ),
    "an HF beside its hospitals": Case(file(SOUND + "caregiver;2024;11;alfa_a;8;9\n"), 0),
    "an HF's total beside its hospitals": Case(
        file(SOUND + "caregiver;2024;11;alfa_a;125;150\n"), 0, ("probably their total", "in row 10.", "KV320")
    ),
    "an HF without hospitals beside others' hospitals": Case(rows(A, "caregiver;2024;12;alfa_a;8;9"), 0),
    "a mean twice": Case(
        of_type("median", "caregiver;2024;111;alfa_a;1;9", "caregiver;2024;111;alfa_a;1;9"), 1, ("rows 2, 3", "KV319")
    ),
    "zeros of a unit that a spreadsheet took": Case(
        ZEROS, 1, ("has lost the zeros that it begins with, in rows 2, 6.",)
    ),
    "a unit as a power of ten": Case(
        rows("caregiver;2024;9,74632562E+08;alfa_a;1;9"), 1, ("power of ten, whose last digits are lost, in row 2",)
    ),
    "a unit with spaces": Case(
        both(units("\n111;", "\n974632562;"), rows("caregiver;2024;974 632 562;alfa_a;8;9")), 1, ("has spaces in it",)
    ),
    "an unknown unit": Case(
        rows("caregiver;2024;999999999;alfa_a;8;9"), 1, ("The unit '999999999' is unknown in row 2",)
    ),
    "an unknown indicator": Case(rows("caregiver;2024;111;alfa_b;8;9"), 1, ("Did you mean 'alfa_a'?",)),
    "an unknown context": Case(rows("Caregiver;2024;111;alfa_a;8;9"), 1, ("Did you mean 'caregiver'?",)),
}
DATES = {
    "a year to come": Case(
        file(SOUND + "caregiver;2062;111;alfa_a;8;9\n"), 1, ("later than this year, 2025, in row 10",)
    ),
    "a year of three digits": Case(rows("caregiver;202;111;alfa_a;8;9"), 1, ("from 1900 on in row 2",)),
    "a date for a year": Case(
        rows("caregiver;01.01.2024;111;alfa_a;8;9"), 1, ("year: The cell is not a number in row 2",)
    ),
    "complete after it was updated": Case(
        dates(latest_update="2024-01-01", latest_affirm="2024-12-31"),
        1,
        ("latest_affirm (2024-12-31) is later than latest_update (2024-01-01)", "deliveries.yml:3"),
    ),
    "a delivery of a year to come": Case(
        dates(latest_update="2062-01-01", latest_affirm="2061-12-31"), 1, ("latest_update lies in a year to come",)
    ),
    "the last day of all": Case(dates(latest_affirm="9999-12-31"), 1, ("latest_affirm lies in a year to come",)),
    "this year complete already": Case(dates(latest_affirm="2025-12-31"), 1, ("2025 is complete, which is not over",)),
    "updated later this year": Case(
        dates(latest_update="2025-11-01", latest_affirm="2024-12-31"), 0, ("still to come: 2025-11-01", "KV339")
    ),
    "rows of later years than the file": Case(
        dates(latest_update="2023-02-01", latest_affirm="2022-12-31"), 0, ("a later year stands in rows 6, 7, 8, 9",)
    ),
    "a day that there is not": Case(dates(latest_affirm="2024-13-45"), 1, ("'2024-13-45' is not a date",)),
    "a review to come": Case(descriptor("Vi prøver.", "x\n  reviewed: 2062-01-01"), 0, ("still to come: 2062-01-01",)),
    "a judgement to come": Case(more("evaluations:\n  - {year: 2062, stage: 3}\n"), 0, ("still to come: 2062",)),
    "completed work to come": Case(
        more(
            "quality_improvement:\n"
            "  - {title: a, description: b, status: completed, initiated_by: c, period: '2060-2062'}\n"
        ),
        0,
        ("The work is completed, and its last year is still to come: 2062.",),
    ),
    "a unit that will be closed": Case(_closed_later, 0, ("is closed in a year that is still to come: 2062",)),
}
FILES = {
    "sep=; as the first line": Case(file("sep=;\n" + SOUND), 0),
    "sep=, as the first line": Case(file("sep=,\n" + SOUND.replace(";", ",")), 0),
    "a mark and sep=;": Case(file("\ufeffsep=;\r\n" + SOUND.replace("\n", "\r\n")), 0),
    "another separator": Case(file("sep=|\n" + SOUND.replace(";", "|")), 1, ("separated by '|'",)),
    "UTF-16": Case(file(SOUND, encoding="utf-16"), 0),
    "UTF-32": Case(file(SOUND, encoding="utf-32"), 0),
    "UTF-16 without its mark": Case(file(SOUND, encoding="utf-16-le"), 1, ("in UTF-16 without its mark",)),
    "the mark of UTF-8 and Latin-1": Case(
        file(b"\xef\xbb\xbf" + HEADER.encode() + "ål\n".encode("latin-1")), 1, ("begins with the mark of UTF-8",)
    ),
    "units in Latin-1": Case(units("Vik", "Vik", "latin-1"), 0),
    "units in Windows-1252 with dashes": Case(units("Vik sykehus", "Vik – “sykehus”", "cp1252"), 0),
    "units in UTF-16": Case(units("Vik", "Vik", "utf-16"), 0),
    "units read in another encoding": Case(units("Østfylke", "Ã˜stfylke"), 2, ("units.csv:8: county: 'Ã˜stfylke'",)),
    "units with a lost letter": Case(units("Å sykehus", "\ufffd sykehus"), 2, ("read in another encoding",)),
    "a descriptor in Latin-1": Case(
        lambda project: project.descriptor("alfa").write_bytes("name: Prøver\n".encode("latin-1")),
        2,
        ("it has a letter (such as æ, ø or å) in another encoding",),
    ),
    "a descriptor in UTF-16": Case(
        lambda project: project.descriptor("alfa").write_bytes("name: Prøver\n".encode("utf-16")),
        2,
        ("it is in UTF-16",),
    ),
    "a text read in another encoding": Case(
        descriptor("Vi prøver.", "Vi prÃ¸ver."), 0, ("about.purpose", "'Ã¸'", "KV117")
    ),
    "a name that is no UTF-8": Case(_strange_name, 1, (r"l\udce5r.csv' is not in UTF-8. Rename it",)),
    "a workbook beside the delivery": Case(
        _beside("data/alfa/ny.xlsx"), 0, ("ny.xlsx: The file is no delivery", "CSV UTF-8")
    ),
    "SPSS beside the delivery": Case(_beside("data/alfa/ny.sav"), 0, ("ny.sav: The file is no delivery",)),
    "a workbook alone": Case(_only("ny.xlsx"), 1, ("no delivery with rows. These files are none: ny.xlsx.",)),
    "a workbook called CSV": Case(file(b"PK\x03\x04" + bytes(99)), 1, ("an Excel workbook or a zip file",)),
    "an old workbook called CSV": Case(file(b"\xd0\xcf\x11\xe0" + bytes(99)), 1, ("an old Excel workbook",)),
    "SPSS called CSV": Case(file(b"$FL2@(#) SPSS"), 1, ("an SPSS file (.sav)",)),
    "Parquet called CSV": Case(file(b"PAR1xxxx"), 1, ("a Parquet file with the ending of another format",)),
    "a damaged Parquet file": Case(file(b"PAR1junk", "b.parquet"), 1, ("b.parquet: This is not a Parquet file",)),
    "no folder of data": Case(_no_data, 1, ("data/alfa: There is no delivery with rows.",)),
    "an empty folder of data": Case(_only(), 1, ("data/alfa: There is no delivery with rows.",)),
    "deliveries.yaml": Case(_beside("data/alfa/deliveries.yaml"), 0, ("Rename it to deliveries.yml.",)),
    "a folder of deliveries": Case(
        _beside("data/alfa/2024/a.csv"), 0, ("data/alfa/2024: The folder is not looked into.",)
    ),
    "a delivery outside its folder": Case(_beside("data/ny.csv"), 0, ("data/ny.csv: The file is not read.",)),
    "data of no registry": Case(_beside("data/gamma/a.csv"), 0, ("data/gamma: The folder is not read.",)),
    "a notebook of no registry": Case(_beside("notebooks/report/gamma/year.ipynb"), 0, ("report/gamma: The folder",)),
    "a notebook of another name": Case(
        _beside("notebooks/report/alfa/yera.ipynb"), 0, ("yera.ipynb: The file is not",)
    ),
    "a stray page": Case(_beside("registries/alfa/side.qmd"), 0, ("side.qmd: The file is not read.",)),
    "a stray notebook": Case(_beside("analyse.ipynb"), 0, ("analyse.ipynb: The file is not read.",)),
    "an office program's lock": Case(_beside("data/alfa/.~lock.a.csv#"), 0),
    "a note for people": Case(_beside("data/alfa/README.txt"), 0),
}
LIMITS = {
    "two units of one name and parent": Case(
        units("Li sykehus;Li", "Vik sykehus;Vik"), 2, ("units.csv:7: name", "KV205")
    ),
    "an id of signs only": Case(descriptor("id: alfa_a", "id: '-.-'"), 2, ("registry.yml:10", "begin with a letter")),
    "a field of 300 letters": Case(descriptor("[Prøver]", f"[{'a' * 300}]"), 2, ("registry.yml:5", "at most 100")),
    "300 decimals": Case(more("    sformat: ',.300%'\n"), 2, ("registry.yml:16", "9 at most")),
    "a title of 3 MB": Case(descriptor("Andel som", "a" * 3_000_000), 2, ("more than 2 MB",)),
    "a title of 2,000 letters": Case(descriptor("Andel som", "a" * 2000), 2, ("at most 1000 characters",)),
    "a purpose of 60,000 letters": Case(descriptor("Vi prøver.", "a " * 30_000), 2, ("at most 50000 characters",)),
    "a unit's name of 300 letters": Case(units("Vik sykehus", "V" * 300), 2, ("units.csv:6: name", "at most 200")),
    "a county of 300 letters": Case(units("Vestfylke", "V" * 300), 2, ("county", "at most 100")),
    "an orgnr of 60 digits": Case(units("\n111;", f"\n{'1' * 60};"), 2, ("orgnr", "at most 50")),
    "lists in lists in lists": Case(more(f"keywords: {'[' * 3000}{']' * 3000}\n"), 2, ("nested too deeply",)),
    "10,000 unknown keys": Case(more("".join(f"k{n}: 1\n" for n in range(10_000))), 2, ("9900 more faults",)),
    "a link without a scheme": Case(
        descriptor("Vi prøver.", "'[a](www.example.org)'"), 0, ("'www.example.org' leads nowhere",)
    ),
    "fences, cells and addresses in styles": Case(
        descriptor("Vi prøver.", "|-\n    ::: {.a}\n    ```{r}\n    url(//example.org/a)\n    ```"), 0
    ),
}
DEFINITIONS = {
    "no type, and rows": Case(
        descriptor("    type: andel\n", ""), 1, ("'alfa_a' (type missing, registries/alfa/", "rows 2, 3")
    ),
    "no direction, and rows": Case(
        descriptor("    level_direction: 1\n", ""), 1, ("'alfa_a' (level_direction missing", "KV118")
    ),
    "no direction, and nobody sees it": Case(descriptor("    level_direction: 1\n", "    include: false\n"), 0),
    "no type, and no rows": Case(
        more("  - {id: b, title: B}\n"), 0, ("'b' (type missing, registries/alfa/registry.yml:16)",)
    ),
    "a direction without a target": Case(descriptor("    level_green: 0.9\n    level_yellow: 0.8\n", ""), 0),
    "a quoted number": Case(
        descriptor("level_direction: 1", "level_direction: '1'"),
        2,
        ("'1' is read as a text. Write 1 without quotation",),
    ),
    "another folder's id": Case(descriptor("id: alfa\n", "id: P\n"), 2, ("Write 'id: alfa', or rename the folder.",)),
    "a folder whose name is no id": Case(
        lambda project: (
            project.descriptor("alfa").parent.rename(project.registries / "P"),
            project.data("alfa").rename(project.data("P")),
        ),
        2,
        ("The id 'alfa' differs from the folder's name. Rename the folder as the id.",),
    ),
}
CASES = NUMBERS | ROWS | DATES | FILES | LIMITS | DEFINITIONS
