"""The revision log: what changed since the last edition and why, read by the audit like every other page."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import DisclosureError
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.release.audit import audit_site
from kvalreg.release.publish import publish_edition, roll_back
from kvalreg.site.revisions import EDITION_LIST
from small_project import Silence
from unmarked import unmarked

PANDOC = BuildRequest(("alfa",), renderer="pandoc")
ATOM = "{http://www.w3.org/2005/Atom}"
JUNE = {"111": (80, 100), "112": (45, 50), "121": (190, 200), "122": (30, 60)}
AFTER = {"111": (1, 3), "112": (47, 52), "121": (180, 195), "122": (33, 64)}
"""111 is secret for its 3 patients and 112 to protect it; everything else has changed too."""
LOG = "endringer/index.html"
HIDDEN = "<td>Vises ikke lenger</td>"

pytestmark = pytest.mark.usefixtures("instant")


def deliver(project: Project, years: dict[int, dict[str, tuple[int, int]]], remark: str = "") -> None:
    """Registry alfa's only delivery, with a remark."""
    rows = [f"caregiver;{year};{orgnr};alfa_a;{x};{n}" for year in years for orgnr, (x, n) in years[year].items()]
    text = "\n".join(["context;year;orgnr;ind_id;var;denominator", *rows])
    (project.data("alfa") / "a.csv").write_text(text, encoding="utf-8")
    listed = f"- file: a.csv\n  latest_update: 2025-02-01\n  latest_affirm: 2024-12-31\n  remark: '{remark}'\n"
    project.delivery_list("alfa").write_text(listed, encoding="utf-8")


def words_of(page: str) -> str:
    """A page's text."""
    return " ".join(re.sub(r"<[^>]+>", " ", unmarked(page[page.index("<main") :])).split())


def editions_of(project: Project) -> dict[str, Any]:
    """The list of editions as scripts read it."""
    document: dict[str, Any] = json.loads((project.site / EDITION_LIST).read_text(encoding="utf-8"))
    return document


def test_the_log_lists_what_changed_and_why(project: Project) -> None:
    """111 goes from 80 to 82 of 100, and 2025 is new: both values, the registry's own words, one line for the year."""
    deliver(project, {2023: JUNE})
    build(project, PANDOC, Silence())
    assert "Dette er den første utgaven." in words_of((project.site / LOG).read_text(encoding="utf-8"))
    assert editions_of(project) == {"since": "", "changed": [], "editions": []}
    publish_edition("2026-06", project)
    remark = "Vik leverte på nytt; <b>to</b> pasienter manglet."
    deliver(project, {2023: JUNE | {"111": (82, 100)}, 2024: JUNE}, remark)
    build(project, PANDOC, Silence())
    page = (project.site / LOG).read_text(encoding="utf-8")
    text = words_of(page)
    assert "Endret siden juni 2026" in text
    first = {"name": "2026-06", "since": "", "changed": []}
    assert editions_of(project) == {"since": "2026-06", "changed": ["alfa"], "editions": [first]}
    assert "Nye tall for 2024. 5 tall er endret." in " ".join(text.split()).replace("</li>", "")
    assert "Vik leverte på nytt; &lt;b&gt;to&lt;/b&gt; pasienter manglet." in text
    assert "Vik Andel som fikk hjelp (etter behandlingssted) 2023 80 av 100 100 82 av 100 100" in text
    assert "(1. februar 2025)" in text
    rows = list(csv.DictReader((project.site / "endringer/alfa.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["orgnr"] for row in rows} == {"0", "1", "11", "111", "Vestfylke"}
    assert audit_site(project.site, project).passed

    # the feed has one entry for it, with an id that stays when the next edition comes
    entry = ET.parse(project.site / "endringer.xml").find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == "Register for alfa"
    assert "5 tall er endret. Nye tall for 2024." in str(entry.findtext(f"{ATOM}summary"))
    publish_edition("2026-12", project)
    build(project, PANDOC, Silence())
    after = ET.parse(project.site / "endringer.xml").find(f"{ATOM}entry")
    assert after is not None
    assert after.findtext(f"{ATOM}id") == entry.findtext(f"{ATOM}id")
    text = words_of((project.site / LOG).read_text(encoding="utf-8"))
    assert "Ingen tall er endret." in text
    assert "Fra juni 2026 til desember 2026 : tall fra 1 register er endret" in text

    # the address of a withdrawn edition has a page that says so
    roll_back(project)
    build(project, PANDOC, Silence())
    page = (project.site / "utgaver/2026-12/index.html").read_text(encoding="utf-8")
    assert "Utgaven fra desember 2026 er trukket tilbake" in page
    assert "Vik leverte på nytt" not in page


def test_a_number_that_is_secret_now_is_listed_safely(project: Project) -> None:
    """111 falls to 3 patients: its row says that it is no longer shown, and neither value is anywhere."""
    deliver(project, {2024: JUNE | {"111": (73, 90)}})
    build(project, PANDOC, Silence())
    publish_edition("2026-06", project)
    deliver(project, {2024: AFTER})
    build(project, PANDOC, Silence())
    page = (project.site / LOG).read_text(encoding="utf-8")
    row = next(row for row in re.findall(r"<tr .*?</tr>", page) if '/2024/111"' in row)
    assert re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", row)[-4:] == ["", "", "Vises ikke lenger", ""]
    assert "81 av 100" not in words_of(page)
    rows = csv.DictReader((project.site / "endringer/alfa.csv").read_text(encoding="utf-8").splitlines())
    row_111 = {row["orgnr"]: row for row in rows}["111"]
    numbers = [row_111[f"{name}{when}"] for name in ("value", "denominator") for when in ("_before", "")]
    assert (row_111["what"], row_111["footnote_before"], row_111["footnote"], numbers) == (
        "hidden",
        "",
        "hidden",
        [""] * 4,
    )


def test_a_number_that_is_not_reliable_now_is_listed_with_its_patients(project: Project) -> None:
    """Where 60 patients are needed, 122 had 90 and has 50; 112 had 50 and has 70: the patients stand there, and the
    result of 122 is given neither as it was nor as it is."""
    path = project.descriptor("alfa")
    path.write_text(path.read_text("utf-8").replace("type: andel", "type: andel\n    min_denominator: 60"), "utf-8")
    deliver(project, {2024: JUNE | {"122": (73, 90)}})
    build(project, PANDOC, Silence())
    publish_edition("2026-06", project)
    deliver(project, {2024: JUNE | {"122": (40, 50), "112": (60, 70)}})
    build(project, PANDOC, Silence())
    page = (project.site / LOG).read_text(encoding="utf-8")
    rows = {
        orgnr: re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", row)[-4:]
        for row, orgnr in re.findall(r'(<tr [^>]*data-kv-cell="[^"]*/(\w+)".*?</tr>)', page)
    }
    assert rows["122"] == ["", "90", "Få pasienter", "50"]
    assert rows["112"] == ["Få pasienter", "50", "86 av 100", "70"]
    text = (project.site / "endringer/alfa.csv").read_text(encoding="utf-8")
    row_by_orgnr = {row["orgnr"]: row for row in csv.DictReader(text.splitlines())}
    assert [row_by_orgnr["122"][name] for name in ("what", "value_before", "value", "footnote")] == [
        "hidden", "", "", "few_patients",
    ]  # fmt: skip
    assert (row_by_orgnr["122"]["denominator_before"], row_by_orgnr["122"]["denominator"]) == ("90", "50")
    assert audit_site(project.site, project).findings == ()


@pytest.mark.parametrize(
    ("file", "original", "planted"),
    [
        (LOG, f"<td></td><td></td>{HIDDEN}", f"<td>81 av 100</td><td>90</td>{HIDDEN}"),
        (LOG, f"{HIDDEN}<td></td>", "<td>33 av 100</td><td>3</td>"),
        ("endringer/alfa.csv", ",hidden,,,,,,hidden", ",hidden,0.8111,90,,,,hidden"),
    ],
)
def test_the_audit_reads_the_log(project: Project, file: str, original: str, planted: str) -> None:
    """An old or a new result beside a number that is hidden now is found, on the page and in the file."""
    deliver(project, {2024: JUNE | {"111": (73, 90)}})
    build(project, PANDOC, Silence())
    publish_edition("2026-06", project)
    deliver(project, {2024: AFTER})
    build(project, PANDOC, Silence())
    path = project.site / file
    lines = path.read_text(encoding="utf-8").replace("<tr ", "\n<tr ").split("\n")
    index = next(n for n, line in enumerate(lines) if "111" in line and original in line)
    lines[index] = lines[index].replace(original, planted)
    path.write_text("\n".join(lines), encoding="utf-8")
    findings = audit_site(project.site, project).findings
    codes = {(finding.file, finding.code) for finding in findings if "/111" in finding.message}
    assert codes & {(file, DiagnosticCode.CELL_SUPPRESSED)}
    with pytest.raises(DisclosureError):
        publish_edition("2026-12", project)


def test_many_changes_stand_in_the_file(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page shows the widest levels first and so many rows; the file has all."""
    monkeypatch.setattr("kvalreg.site.revisions._MAX_ROWS", 3)
    deliver(project, {2024: JUNE})
    build(project, PANDOC, Silence())
    publish_edition("2026-06", project)
    deliver(project, {2024: JUNE | {"111": (60, 100), "121": (120, 200)}})
    build(project, PANDOC, Silence())
    page = (project.site / LOG).read_text(encoding="utf-8")
    assert re.findall(r'<tr data-kv-cell="[^"]*/(\w+)"', page) == ["0", "1", "11"]
    assert "Tabellen viser de første 3. Resten står i filen." in words_of(page)
    assert len((project.site / "endringer/alfa.csv").read_text(encoding="utf-8").splitlines()) == 9


def test_a_large_number_is_whole_in_the_file(project: Project) -> None:
    """A count of 12345 that becomes 12346 stands as such, and the audit finds nothing wrong with it."""
    descriptor = project.descriptor("alfa")
    count = "  - id: alfa_n\n    title: Behandlede\n    type: antall\n    sformat: ',.0f'\n"
    descriptor.write_text(descriptor.read_text(encoding="utf-8") + count, encoding="utf-8")
    for number in (12345, 12346):
        deliver(project, {2024: JUNE})
        delivery = project.data("alfa") / "a.csv"
        counted = f"\ncaregiver;2024;111;alfa_n;{number};1\ncaregiver;2024;121;alfa_n;900;1"
        delivery.write_text(delivery.read_text(encoding="utf-8") + counted, encoding="utf-8")
        build(project, PANDOC, Silence())
        if number == 12345:
            publish_edition("2026-06", project)
    rows = csv.DictReader((project.site / "endringer/alfa.csv").read_text(encoding="utf-8").splitlines())
    assert [(row["value_before"], row["value"]) for row in rows if row["orgnr"] == "111"] == [("12345", "12346")]
    assert audit_site(project.site, project).findings == ()
