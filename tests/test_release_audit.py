"""The audit of a published site: it must be able to fail."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from audit_example import HEADER, SMALL, kinds, leaks, project_in
from kvalreg.disclosure.cells import Now
from kvalreg.disclosure.protection import Protected
from kvalreg.errors import UsageError
from kvalreg.pipeline import Request, build
from kvalreg.project import Project
from kvalreg.release.audit import FindingKind, audit
from small_project import Silence

PAGE = Path("registre", "alfa", "2024", "index.html")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small project with its site, built once."""
    project = project_in(tmp_path_factory.mktemp("small"), SMALL)
    account = build(project, Request(renderer="pandoc", workers=2), Silence())
    assert account.exit_code == 0
    return project


@pytest.fixture
def site(built: Project, tmp_path: Path) -> Path:
    """A copy of the site, to be spoiled."""
    return Path(shutil.copytree(built.site, tmp_path / "site"))


def change(site: Path, edit: Callable[[str], str], page: Path = PAGE) -> None:
    """Edit a page; an edit that changes nothing tests nothing."""
    before = (site / page).read_text(encoding="utf-8")
    after = edit(before)
    assert after != before
    (site / page).write_text(after, encoding="utf-8")


NES = ("Nes sykehus (121)", 2024)


# --- the site as it is built -----------------------------------------------------------------------------------------
def test_untouched_site_passes(built: Project) -> None:
    """A site whose hidden counts are safe passes, and the audit has read its cells and its hidden cells."""
    found = audit(built.site, Project.open(built.root))
    assert found.findings == ()
    assert found.passed
    # alfa and beta: a nation and four hospitals in each of two years; two hospitals of alfa hidden in each year
    assert found.cells_read >= 20
    assert found.hidden_read >= 4
    assert "passes" in found.report_text()


# --- leaks -----------------------------------------------------------------------------------------------------------
def test_number_in_a_tooltip_is_found(site: Path, built: Project) -> None:
    """A row of a chart's data that names a hidden unit is a leak."""

    def plant(page: str) -> str:
        def with_row(match: re.Match[str]) -> str:
            spec = json.loads(match[1])
            rows = next(iter(spec["datasets"].values())) if "datasets" in spec else spec["data"]["values"]
            rows.append({"unit": "Nes", "year": 2024, "text": "50 av 100"})
            return match[0].replace(match[1], json.dumps(spec))

        start = page.index('id="enheter-ind-alfa_a')
        return page[:start] + re.sub(r'kv-spec">(.*?)</script>', with_row, page[start:], count=1, flags=re.DOTALL)

    change(site, plant)
    found = audit(site, Project.open(built.root))
    assert leaks(found) == {NES}
    assert not found.passed


def test_number_in_a_download_is_found(site: Path, built: Project) -> None:
    """A CSV inside the page is read like a file."""

    def plant(page: str) -> str:
        def with_row(match: re.Match[str]) -> str:
            return f"{match[0]}121;Nes;2024;0,5;;;4;low;true%0D%0A"

        start = page.index('id="enheter-ind-alfa_a')
        return page[:start] + re.sub(r"data:text/csv[^\"]*", with_row, page[start:], count=1)

    change(site, plant)
    assert leaks(audit(site, Project.open(built.root))) == {NES}


@pytest.mark.parametrize(
    "markup",
    [
        '<table><tr><th>Sted</th></tr><tr><td data-label="{}">Vik</td></tr></table>',
        '<svg viewBox="0 0 9 9"><rect fill="{}" width="1"/></svg>',
    ],
    ids=["label", "drawing"],
)
def test_number_in_a_download_of_plain_markup_is_found(site: Path, built: Project, markup: str) -> None:
    """A file that stands where a plain cell has its label, or a drawing its colour, is read like any other."""
    file = "data:text/csv,ind_id;year;orgnr;denominator%0Aalfa_a;2024;121;4"
    change(site, lambda page: page.replace("</main>", f"{markup.format(file)}</main>", 1))
    assert leaks(audit(site, Project.open(built.root))) == {NES}


@pytest.mark.parametrize(
    "text",
    [
        "ind_id;context;year;level;orgnr;var;denominator\nalfa_a;caregiver;2024;hospital;121;2;4\n",
        "Enhet;Resultat;Pasienter\nVik;80 av 100;100\nNes;50 av 100;4\n",
        "unit,share\nNes sykehus,0.5\n",
        "year;Vik;Nes\n2024;80;50\n",
    ],
    ids=["program", "reader", "unknown column", "units as columns"],
)
def test_number_in_a_csv_file_is_found(site: Path, built: Project, text: str) -> None:
    """Whatever its columns are called, a row or column of a CSV file that names a hidden unit may hold no number."""
    (site / "data" / "alfa" / "2024").mkdir(parents=True)
    (site / "data" / "alfa" / "2024" / "alfa_a.csv").write_text(text, encoding="utf-8")
    assert NES in leaks(audit(site, Project.open(built.root)))


@pytest.mark.parametrize(
    "data",
    [
        [{"ind_id": "alfa_a", "context": "caregiver", "year": 2024, "orgnr": "121", "denominator": 4}],
        {"registry": "alfa", "years": {"2024": {"alfa_a": {"caregiver": {"121": {"value": 0.5, "n": 4}}}}}},
        {"registry": "alfa", "year": 2024, "alfa_a": {"Nes": 4}},
        {"ind_id": "alfa_a", "year": 2024, "unit": ["Vik", "Nes"], "n": [100, 4]},
        {"ind_id": "alfa_a", "year": 2024, "rows": [{"orgnr": "121", "achievement": "low"}]},
        {"ind_id": "alfa_a", "year": 2024, "note": "Nes sykehus: 2 av 4."},
    ],
    ids=["records", "nested", "by name", "columns", "verdict", "text"],
)
def test_number_in_json_is_found(site: Path, built: Project, data: object) -> None:
    """Records, nested objects, columns and texts of JSON are read; a verdict tells of the result as well."""
    (site / "api.json").write_text(json.dumps(data), encoding="utf-8")
    assert leaks(audit(site, Project.open(built.root))) == {NES}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('aria-label="Punktfigur:', 'aria-label="Nes: 2 av 4. Punktfigur:'),
        ("<h3>Andel som fikk hjelp</h3>", "<h3>Andel som fikk hjelp</h3><p>Ved Nes sykehus fikk 2 av 4 hjelp.</p>"),
        ("<h3>Andel som fikk hjelp</h3>", "<h3>Andel som fikk hjelp</h3><p>Ved Nes fikk <b>to av fire</b> hjelp.</p>"),
        ("<h3>Andel som fikk hjelp</h3>", "<h3>Andel som fikk hjelp</h3><p>Nes: Sikkert lav.</p>"),
        ("<h3>Andel som fikk hjelp</h3>", "<h3>Andel som fikk hjelp</h3><p>Nes: Lav måloppnåelse (foreløpig).</p>"),
        (
            "</main>",
            "<table><tr><th>Sted</th><th>Nivå</th></tr>"
            "<tr><td>Nes</td><td>Sikkert lav (foreløpig)</td></tr></table></main>",
        ),
        ("</main>", "<p>I 2024 hadde Nes 4 pasienter.</p></main>"),
        ("</main>", '<div data-ind="gamma"><p>Nes hadde 4 pasienter i 2024.</p></div></main>'),
        ("</main>", "<!-- Nes: 4 --></main>"),
        ("<head>", '<head><meta name="description" content="Nes sykehus hadde 4 pasienter.">'),
        ("</main>", "<table><tr><th>Sted</th><th>Tall</th></tr><tr><td>Nes</td><td>4</td></tr></table></main>"),
        ("</main>", '<svg viewBox="0 0 9 9"><text>Nes</text></svg></main>'),
        ("</main>", '<svg viewBox="0 0 9 9"><path aria-label="Enhet: Nes; Resultat: 50 av 100"/></svg></main>'),
        ("</main>", "<script>var told = 'Nes: 4';</script></main>"),
    ],
    ids=[
        "alt",
        "prose",
        "words",
        "verdict",
        "provisional",
        "provisional-cell",
        "elsewhere",
        "unknown indicator",
        "comment",
        "meta",
        "table",
        "drawing",
        "mark",
        "script",
    ],
)
def test_number_in_a_text_is_found(site: Path, built: Project, before: str, after: str) -> None:
    """A sentence, attribute, comment, table or drawing that names a hidden unit beside a number is a leak."""
    change(site, lambda page: page.replace(before, after, 1))
    found = audit(site, Project.open(built.root))
    assert leaks(found) == {NES}
    assert kinds(found) == {FindingKind.LEAK}
    assert {finding.file for finding in found.findings} == {PAGE.as_posix()}


def test_name_of_one_letter_is_found_before_a_number(site: Path, built: Project) -> None:
    """Å is a hospital in ``Å: 3`` and a word in ``Å vente i 30 dager``."""
    words = "<p>Å vente i 30 dager er lenge.</p></main>"
    change(site, lambda page: page.replace("</main>", words))
    assert audit(site, Project.open(built.root)).passed
    change(site, lambda page: page.replace("</main>", "<p>Å: 3 pasienter.</p></main>"))
    assert leaks(audit(site, Project.open(built.root))) == {("Å sykehus (122)", 2024)}


def test_svg_file_is_read(site: Path, built: Project) -> None:
    """A drawing published as a file may not show a hidden unit: its mark stands beside its name."""
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><text x="1">Vik</text><text x="1">Nes</text></svg>'
    (site / "enheter-ind-alfa_a-caregiver-2024.svg").write_text(drawing, encoding="utf-8")
    assert leaks(audit(site, Project.open(built.root))) == {NES}


def test_number_on_another_years_page_is_found(site: Path, built: Project) -> None:
    """A result hidden on its own year's page may not stand on another's."""
    text = "<p>I 2023 fikk 2 av 4 hjelp ved Nes.</p></main>"
    change(site, lambda page: page.replace("</main>", text))
    assert leaks(audit(site, Project.open(built.root))) == {("Nes sykehus (121)", 2023)}


def test_shown_units_and_other_indicators_are_no_leaks(site: Path, built: Project) -> None:
    """Numbers of a unit that is shown, of the HF, and of a registry where the hospital is shown, may stand anywhere."""
    text = "<p>Vik: 80 av 100. Nes HF: 3 av 7. Nes vises ikke.</p></main>"
    change(site, lambda page: page.replace("</main>", text))
    beta = "<p>Nes: 95 av 100.</p></main>"
    change(site, lambda page: page.replace("</main>", beta), Path("registre", "beta", "2024", "index.html"))
    assert audit(site, Project.open(built.root)).passed


@pytest.mark.parametrize(("told", "leaks_there"), [("Register for type 1", False), ("Register for type 12", True)])
def test_a_number_in_a_registrys_name_is_no_result(
    site: Path, built: Project, tmp_path: Path, told: str, leaks_there: bool
) -> None:
    """A name such as diabetes type 1 may stand beside a hidden hospital; a longer number there is another one."""
    root = Path(shutil.copytree(built.root, tmp_path / "project", symlinks=True, ignore=lambda *_: ["_build", "_site"]))
    descriptor = root / "registries" / "alfa" / "registry.yml"
    descriptor.write_text(descriptor.read_text("utf-8").replace("Register for alfa", "Register for type 1"), "utf-8")
    change(site, lambda page: page.replace("</main>", f"<p>Nes: {told}.</p></main>"))
    assert bool(leaks(audit(site, Project.open(root)))) is leaks_there


@pytest.mark.parametrize(("registry", "leaks_there"), [("alfa", True), ("beta", False)])
def test_an_entry_of_a_feed_is_about_what_it_leads_to(
    site: Path, built: Project, registry: str, leaks_there: bool
) -> None:
    """Of two registries with an indicator of one name, an entry tells of the one whose page it leads to."""
    link = f'<link href="https://example.org/registre/{registry}/2024/"/>'
    told = f"<feed><entry>{link}<summary>Nes sykehus: Andel som fikk hjelp: 50 av 100.</summary></entry></feed>"
    (site / "feed.xml").write_text(told, encoding="utf-8")
    assert bool(leaks(audit(site, Project.open(built.root)))) is leaks_there


def test_findings_repeat_no_number(site: Path, built: Project) -> None:
    """A finding names file, place, cell and unit, but never what it found."""
    change(site, lambda page: page.replace("</main>", "<p>Ved Nes sykehus var det 987654 av 987655.</p></main>"))
    text = audit(site, Project.open(built.root)).report_text()
    assert "Nes sykehus (121)" in text
    assert PAGE.as_posix() in text
    assert "98765" not in text


# --- the attack on pages ---------------------------------------------------------------------------------------------
def unhide(page: str, name: str, cells: str) -> str:
    """A page on which one hidden row of the hospitals' table is shown, and the downloads are taken away."""
    start = page.index('id="enheter-ind-alfa_a')
    shown = re.sub(
        rf"(<tr[^>]*><th[^>]*>{name}</th>).*?</tr>", rf"\1{cells}</tr>", page[start:], count=1, flags=re.DOTALL
    )
    assert shown != page[start:]
    return page[:start] + re.sub(r'href="data:[^"]*"', 'href="#"', shown)


def _only_primary(table: pd.DataFrame, now: Now, *_rest: object) -> Protected:
    return Protected(now.primary, table.iloc[:0][["ind_id", "context", "year", "level", "orgnr"]])


def test_primary_suppression_alone_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only too small cells are hidden, every hidden count is found, and the registry is not released."""
    monkeypatch.setattr("kvalreg.disclosure.gate.protect", _only_primary)
    small = {2022: "111", 2023: "112", 2024: "122"}
    rows = [
        f"caregiver;{year};{orgnr};alfa_a;{(2, 30)[orgnr != one]};{(4, 40)[orgnr != one]}\n"
        for year, one in small.items()
        for orgnr in ("111", "112", "121", "122")
    ]
    project = project_in(tmp_path, HEADER + "".join(rows))
    account = build(project, Request(renderer="pandoc", workers=2), Silence())
    (failed,) = [entry for entry in account.entries if not entry.ok]
    findings = failed.error.split("\n")
    told = {re.sub(r"^(\w+) .* alfa_a caregiver (\d+), .*\((\d+)\) .*", r"\1 \2 \3", finding) for finding in findings}
    assert told == {f"EXPOSED {year} {orgnr}" for year, orgnr in small.items()}
    assert not (project.site / "registre/alfa").exists()


# --- nothing to check ------------------------------------------------------------------------------------------------
def test_site_without_results_fails(tmp_path: Path, built: Project) -> None:
    """An audit that found nothing to check fails, unless the project has published nothing."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "index.html").write_text("<h1>Resultater</h1>", encoding="utf-8")
    assert kinds(audit(tmp_path / "empty", Project.open(built.root))) == {FindingKind.NOTHING}
    assert audit(tmp_path / "empty", project_in(tmp_path / "new", SMALL)).passed


def test_registry_whose_pages_cannot_be_read_fails(site: Path, built: Project) -> None:
    """A registry with pages of results but no result on them fails, even beside one that can be read."""
    for page in (site / "registre" / "beta").rglob("*.html"):
        page.write_text("<p>87 av 100</p>", encoding="utf-8")
    found = audit(site, Project.open(built.root))
    assert {(f.kind, f.registry) for f in found.findings} == {(FindingKind.NOTHING, "beta")}


def test_row_that_cannot_be_attached_fails(site: Path, built: Project) -> None:
    """A row of one of our tables whose unit is not known is named: its numbers were not checked."""
    change(site, lambda page: re.sub(r'<tr data-unit="111"><th scope="row">Vik<', '<tr><th scope="row">Vikka<', page))
    assert kinds(audit(site, Project.open(built.root))) == {FindingKind.UNREADABLE}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<td data-sort="">', '<td data-sort="0.5">'),
        ("</td><td></td><td></td>", '</td><td></td><td data-sort="4"></td>'),
    ],
    ids=["value", "patients"],
)
def test_number_that_a_hidden_cell_is_sorted_by_is_found(site: Path, built: Project, before: str, after: str) -> None:
    """What a table is sorted by stands in the page's source: a hidden cell may not have it."""

    def plant(page: str) -> str:
        start = page.index('<tr data-unit="121">')
        return page[:start] + page[start:].replace(before, after, 1)

    change(site, plant)
    assert NES in leaks(audit(site, Project.open(built.root)))


@pytest.mark.parametrize(
    "plant",
    [
        lambda block: block["units"]["121"].update({"value": "50 av 100"}),
        lambda block: block["units"]["121"].update({"level": "low"}),
        lambda block: block["units"]["121"].update({"text": "Nes: 50 av 100 pasienter i 2024."}),
    ],
    ids=["value", "level", "sentence"],
)
def test_number_among_the_cells_of_the_units_is_found(
    site: Path, built: Project, plant: Callable[[dict[str, Any]], None]
) -> None:
    """The file that a page fetches once a unit is chosen tells nothing of a hidden one."""
    path = site / PAGE.parent / "enheter.json"
    blocks = json.loads(path.read_text("utf-8"))
    plant(blocks[0])
    path.write_text(json.dumps(blocks), encoding="utf-8")
    assert NES in leaks(audit(site, Project.open(built.root)))


@pytest.mark.parametrize(
    "row", [["121", 2024, 0.5, None, None, 0, "50 av 100"], ["121", 2024, 0.5]], ids=["row", "cut"]
)
def test_number_among_the_years_of_the_units_is_found(site: Path, built: Project, row: list[Any]) -> None:
    """Nor does the file with all units' years, which all the pages of its indicator share."""
    path = site / "registre/alfa/indikator/alfa_a/utvikling.json"
    blocks = json.loads(path.read_text("utf-8"))
    assert {"112", "111"} <= {of for of, *_ in blocks[0]["series"]}
    blocks[0]["series"].append(row)
    path.write_text(json.dumps(blocks), encoding="utf-8")
    assert NES in leaks(audit(site, Project.open(built.root)))


def test_verdict_of_a_hidden_unit_is_found(site: Path, built: Project) -> None:
    """A word of the funnel beside a hidden unit tells of its result."""
    row = '<table class="kv-table"><tr><th scope="row">Nes</th><td>Mulig avvik</td></tr></table></main>'
    change(site, lambda page: page.replace("</main>", row))
    assert NES in leaks(audit(site, Project.open(built.root)))


def test_file_that_cannot_be_read_fails(site: Path, built: Project) -> None:
    """A file that is neither text nor picture is named, not passed over."""
    (site / "tall.zip").write_bytes(b"PK\x03\x04\x00\x00")
    found = audit(site, Project.open(built.root))
    assert [(f.kind, f.file) for f in found.findings] == [(FindingKind.UNREADABLE, "tall.zip")]


def test_missing_folder_is_a_usage_error(tmp_path: Path, built: Project) -> None:
    """A folder that is not there is no clean site."""
    with pytest.raises(UsageError):
        audit(tmp_path / "nowhere", Project.open(built.root))
