"""Results that are not reliable, on every page and in every file: the reason and the patients, and nothing else."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import html5lib
import jsonschema
import pytest

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.disclosure.published import PublishedResults, load_published
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.release.audit import audit_site
from kvalreg.site.api_schema import SCHEMAS
from report_example import csv_of, spec_of
from small_project import UNITS, Silence, write_registry

ROWS = "context;year;orgnr;ind_id;var;denominator\n" + "".join(
    f"caregiver;{year};{orgnr};alfa_a;{x};{n}\ncaregiver;{year};{orgnr};alfa_n;{n};{n}\n"
    f"caregiver;{year};{orgnr};alfa_dg;{n};{all_}\n"
    for year in (2023, 2024)
    for orgnr, x, n, all_ in (
        ("111", 970, 1000, 1100),
        ("112", 9, 12, 15),
        ("113", 40, 60, 120),
        ("121", 150, 203, 220),
        ("122", 180, 200, 210),
        ("123", 1, 3, 5),
        ("124", 30, 40, 45),
    )
)
"""Li (112) has 12 patients of the 30 that are needed; Øy (113) a coverage of 60/120 = 50 %; Elv (123) has 3, and is
secret, with one more to protect it."""
INDICATORS = """\
  - {id: alfa_n, title: Behandlede pasienter, type: antall, sformat: ",.0f", min_denominator: 30}
  - {id: alfa_dg, title: Dekningsgrad, type: dg_andel, include: false}
"""
FEW_NOTE = "Vises ikke: færre enn 30 pasienter er for få til å si noe sikkert."
LOW_NOTE = "Vises ikke: færre enn 60 av 100 pasienter herfra er med i registeret."
SECRET_NOTE = "Vises ikke: færre enn 5 pasienter, eller skjult for å verne et slikt tall."
YEAR, INDICATOR = "registre/alfa/2024/index.html", "registre/alfa/indikator/alfa_a/index.html"
CELL, LIMIT = ' data-kv-cell="alfa/alfa_a/caregiver/2024/112"', ' data-kv-role="limit"'
DATA = '<data value="12" data-kv-role="n">12</data>'
LI, OY, ELV = ("sykehus/li-sykehus", "sykehus/oy-sykehus", "sykehus/elv-sykehus")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A whole site of one registry."""
    root = tmp_path_factory.mktemp("reliable")
    write_registry(root, "alfa", ROWS)
    path = root / "registries" / "alfa" / "registry.yml"
    text = path.read_text("utf-8").replace("type: andel", "type: andel\n    min_denominator: 30\n    dg_id: alfa_dg")
    path.write_text(text + INDICATORS, encoding="utf-8")
    more = "113;Øy sykehus;Øy;hospital;11;Vestfylke\n123;Elv sykehus;Elv;hospital;12;Østfylke\n"
    more += "124;Dal sykehus;Dal;hospital;12;Østfylke\n"
    (root / "registries" / "units.csv").write_text(UNITS + more, encoding="utf-8")
    project = Project(root)
    account = build(project, BuildRequest(renderer="pandoc", workers=2), Silence())
    assert account.exit_code == 0
    return project


@pytest.fixture(scope="module")
def published(built: Project) -> PublishedResults:
    """What the registry has published."""
    return load_published("alfa", built.published)


def tree(project: Project, address: str) -> Any:
    """A page."""
    return html5lib.parse((project.site / address).read_text("utf-8"), namespaceHTMLElements=False)


def words(element: Any) -> str:
    """An element's text."""
    return " ".join("".join(element.itertext()).split())


def notes(page: Any) -> list[str]:
    """The notes that cells lead to."""
    leads = {a.get("href", "").removeprefix("#") for a in page.iter("a") if (a.text or "") in ("*", "†", "‡")}
    return sorted(words(p) for p in page.iter("p") if p.get("id") in leads)


def lines(page: Any) -> dict[str, list[str]]:
    """The first table of results, by the name of each line."""
    table = next(t for t in page.iter("table") if "kv-stack" in t.get("class", ""))
    return {words(row[0]): [words(cell) for cell in row[1:]] for row in table.find("tbody")}


def test_every_status_is_there(published: PublishedResults) -> None:
    """What the other tests look at."""
    cells = published.cells[(published.cells["year"] == 2024) & (published.cells["ind_id"] == "alfa_a")]
    status = cells.set_index("orgnr")["status"]
    assert [status[orgnr] for orgnr in ("111", "112", "113", "123")] == [
        "shown",
        "few_patients",
        "low_coverage",
        "secret",
    ]
    assert (status == "secret").sum() >= 2


def test_pages_show_each_reason_and_the_patients(built: Project) -> None:
    """An indicator's page has three words and three notes; the patients of what is not secret stand in their column."""
    page = tree(built, INDICATOR)
    table = lines(page)
    assert table["Li"] == ["Få pasienter †", "12", "", ""]
    assert table["Øy"] == ["Lav dekningsgrad ‡", "60", "", ""]
    assert table["Elv"] == ["Vises ikke *", "", "", ""]
    assert notes(page) == [f"* {SECRET_NOTE}", f"† {FEW_NOTE}", f"‡ {LOW_NOTE}"]


def test_a_note_stands_only_where_its_cell_is(built: Project) -> None:
    """A unit's page has the note of that unit's own cells."""
    assert notes(tree(built, f"{LI}/index.html")) == [f"† {FEW_NOTE}"]
    assert notes(tree(built, f"{OY}/index.html")) == [f"‡ {LOW_NOTE}"]
    assert notes(tree(built, f"{ELV}/index.html")) == [f"* {SECRET_NOTE}"]
    assert notes(tree(built, "sykehus/vik-sykehus/index.html")) == []


def test_a_count_is_its_own_number_of_patients(built: Project, published: PublishedResults) -> None:
    """Of 12 patients where 30 are needed no number is shown, since the number is the result."""
    cells = published.cells[(published.cells["ind_id"] == "alfa_n") & (published.cells["orgnr"] == "112")]
    assert set(cells["status"]) == {"few_patients"}
    assert cells["denominator"].isna().all()
    assert lines(tree(built, f"{LI}/index.html"))["Behandlede pasienter"] == ["Få pasienter †", "", "", "", ""]


def test_the_selected_unit_has_the_reason(built: Project) -> None:
    """The file beside the year's page has each unit's texts for scripts."""
    blocks = json.loads((built.site / "registre/alfa/2024/enheter.json").read_text("utf-8"))
    units = next(block["units"] for block in blocks if block["ind_id"] == "alfa_a")
    assert units["112"]["text"] == "Li: 12 pasienter i 2024."
    assert (units["112"]["cell"], units["112"]["note"]) == ("Få pasienter", FEW_NOTE)
    assert (units["113"]["patients"], units["113"]["note"]) == ("60", LOW_NOTE)
    assert set(units["123"]) == {"name", "cell", "text", "note", "shown"}


def test_open_data_have_a_code_for_each_reason(built: Project) -> None:
    """The number of patients stands beside the code, and the coverage where its own cell is shown, and no more."""
    text = (built.site / "data/alfa/resultater.csv").read_text("utf-8-sig")
    rows = [
        {name: value for name, value in row.items() if value}
        for row in csv.DictReader(io.StringIO(text), delimiter=";")
        if (row["ind_id"], row["year"]) == ("alfa_a", "2024")
    ]
    row_by_orgnr = {row["orgnr"]: row for row in rows}
    key = {"context", "year", "unit_level", "orgnr", "unit_name", "ind_id", "footnote"}
    assert set(row_by_orgnr["123"]) == key
    assert row_by_orgnr["123"]["footnote"] == "hidden"
    assert (row_by_orgnr["112"]["footnote"], row_by_orgnr["112"]["denominator"]) == ("few_patients", "12")
    assert (row_by_orgnr["113"]["footnote"], row_by_orgnr["113"]["denominator"], row_by_orgnr["113"]["dg"]) == (
        "low_coverage",
        "60",
        "0,5",
    )
    for orgnr in ("112", "113"):
        assert set(row_by_orgnr[orgnr]) <= key | {"denominator", "dg", "dg_year"}


def test_every_response_follows_its_schema_which_refuses_a_result(built: Project) -> None:
    """A number of patients and a coverage may stand; any part of a result, or any number of a secret cell, may not."""
    jsonschema.validate(json.loads((built.site / "data/alfa/resultater.json").read_text("utf-8")), SCHEMAS["results"])
    for path in (built.site / "api/v1/units").glob("*.json"):
        jsonschema.validate(json.loads(path.read_text("utf-8")), SCHEMAS["unit"])
    response = json.loads((built.site / "api/v1/data/alfa/indicators/alfa_a.json").read_text("utf-8"))
    jsonschema.validate(response, SCHEMAS["indicator"])
    for orgnr, more in (
        ("112", {"value": 0.75}),
        ("112", {"achievement": "low"}),
        ("113", {"var": 40}),
        ("123", {"denominator": 3}),
        ("123", {"dg": 0.6}),
    ):
        cells = [cell | (more if cell["orgnr"] == orgnr else {}) for cell in response["data"]]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(response | {"data": cells}, SCHEMAS["indicator"])


def test_a_figures_file_has_the_same_codes(built: Project) -> None:
    """The comparison on the indicator's page; its chart has none of them."""
    html = (built.site / INDICATOR).read_text("utf-8")
    figure = html[html.index('<figure class="kv-figure" id="enheter-') :].split("</figure>")[0]
    row_by_orgnr = {row["orgnr"]: row for row in csv_of(figure)}
    assert {
        orgnr: (row_by_orgnr[orgnr]["footnote"], row_by_orgnr[orgnr]["denominator"]) for orgnr in ("112", "113", "123")
    } == {
        "112": ("few_patients", "12"),
        "113": ("low_coverage", "60"),
        "123": ("hidden", ""),
    }
    assert {row["orgnr"] for row in spec_of(figure)["data"]["values"]}.isdisjoint({"112", "113", "123"})
    assert [words(p) for p in html5lib.parse(figure, namespaceHTMLElements=False).iter("p")][-5:-2] == [
        f"* {SECRET_NOTE}",
        f"† {FEW_NOTE}",
        f"‡ {LOW_NOTE}",
    ]


def test_indicators_have_their_secrecy_limit(built: Project) -> None:
    """The registry's own number where the indicator has none."""
    text = (built.site / "data/alfa/indikatorer.csv").read_text("utf-8-sig")
    row_by_id = {row["ind_id"]: row for row in csv.DictReader(io.StringIO(text), delimiter=";")}
    assert (row_by_id["alfa_a"]["min_denominator"], row_by_id["alfa_a"]["secret_below"]) == ("30", "5")


def test_the_site_passes_the_audit(built: Project) -> None:
    """A number of patients beside a reason is no leak, and contradicts nothing."""
    result = audit_site(built.site, built)
    assert result.findings == ()


@pytest.mark.parametrize(
    ("address", "before", "after"),
    [
        # the result itself, in place of the word or beside the code
        (INDICATOR, r"(>Li</a></th><td[^>]*>)(<span>Få)", r"\1<b>75 av 100</b> \2"),
        (INDICATOR, r'(>Li</a></th>.*?data-sort="12">12</td><td[^>]*>)', r"\1Sikkert lav"),
        ("data/alfa/resultater.csv", r"(2024;hospital;112;Li;alfa_a);;12;;", r"\1;9;12;;"),
        ("data/alfa/resultater.csv", r"(2024;hospital;113;Øy;alfa_a);;60;;", r"\1;;60;0,6667;"),
        ("api/v1/units/113.json", r'("denominator":60)', r'\1,"value":0.6667'),
        # a number in words
        (YEAR, r"(</h1>)", r"\1<p>Li: 75 av 100 pasienter i 2024.</p>"),
        (f"{LI}/index.html", r"(</h1>)", r"\1<p>Her fikk 9 av 12 pasienter hjelp i 2024.</p>"),
        ("registre/alfa/2024/enheter.json", r"Li: 12 pasienter i 2024\.", "Li: 9 pasienter i 2024."),
        # another number of patients than elsewhere
        (INDICATOR, r"(</h1>)", r"\1<p>Li sykehus: 13 pasienter i 2024.</p>"),
        # a count, whose patients are its result
        (f"{LI}/tall.json", r'("cell":"Få pasienter",)("text":"Li sykehus i 2024)', r'\1"patients":"12",\2'),
    ],
)
def test_anything_else_of_such_a_cell_is_found(
    built: Project, tmp_path: Path, address: str, before: str, after: str
) -> None:
    """More than the number of patients stops the release."""
    site = tmp_path / "site"
    shutil.copytree(built.site, site, symlinks=True)
    text = (site / address).read_text("utf-8")
    spoiled = re.sub(before, after, text, count=1, flags=re.DOTALL)
    assert spoiled != text
    (site / address).write_text(spoiled, encoding="utf-8")
    findings = audit_site(site, built).findings
    assert {finding.code for finding in findings} & {
        DiagnosticCode.CELL_SUPPRESSED,
        DiagnosticCode.CELL_ADDRESS_MISSING,
        DiagnosticCode.WRONG_NUMBER,
    }, findings
    assert {finding.file for finding in findings} == {address}


@pytest.mark.parametrize(
    ("address", "after"),
    [
        (INDICATOR, f"<p{CELL}>Li sykehus: {DATA} pasienter i <time>2024</time>.</p>"),
        (f"{LI}/index.html", f"<div{CELL}><p{LIMIT}>† {FEW_NOTE}</p><p{LIMIT}>* {SECRET_NOTE}</p></div>"),
    ],
)
def test_what_may_be_shown_is_no_finding(built: Project, tmp_path: Path, address: str, after: str) -> None:
    """The number of patients in a sentence of its own, and the notes, whose limits everybody knows."""
    site = tmp_path / "site"
    shutil.copytree(built.site, site, symlinks=True)
    text = (site / address).read_text("utf-8")
    (site / address).write_text(text.replace("</h1>", f"</h1>{after}", 1), encoding="utf-8")
    assert audit_site(site, built).findings == ()
