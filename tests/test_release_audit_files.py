"""The audit of data files and of editions, without a renderer: a site is a CSV file, and what stands beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit_example import SMALL, kinds, leaks, project_in
from kvalreg.project import Project
from kvalreg.release.audit import FindingKind, audit
from small_project import UNITS


def data_site(folder: Path, rows: dict[str, str], level: str = "hospital") -> Path:
    """A site that is one CSV file: ``x;n`` per hospital, ``;`` for a hidden one, and the nation's."""
    folder.mkdir(parents=True)
    lines = ["ind_id;context;year;level;orgnr;var;denominator"]
    lines += [
        f"alfa_a;caregiver;2024;{'nation' if orgnr == '0' else level};{orgnr};{numbers}"
        for orgnr, numbers in rows.items()
    ]
    (folder / "alfa.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that has published nothing yet; only its units and definitions are read."""
    return project_in(tmp_path / "project", SMALL)


def test_quartos_search_list_is_read_where_it_is_no_copy(tmp_path: Path, project: Project) -> None:
    """The text of a page of the site, tables run together, is that page; a text that leads nowhere is read."""
    site = data_site(tmp_path / "s", {"0": "128;157", "111": "80;100", "112": "45;50", "121": ";", "122": ";"})
    (site / "a.html").write_text("<p>Nes sykehus</p><p>Vik sykehus: 80</p>", encoding="utf-8")
    entry = {"objectID": "a.html", "href": "a.html", "title": "A", "text": "Vik sykehus 80 Nes sykehus 80"}
    (site / "search.json").write_text(json.dumps([entry]), encoding="utf-8")
    assert audit(site, project).passed
    more = entry | {"href": "b.html", "text": "Nes sykehus: 4 pasienter i 2024"}
    (site / "search.json").write_text(json.dumps([entry, more]), encoding="utf-8")
    found = audit(site, project)
    assert {(f.kind, f.file) for f in found.findings} == {(FindingKind.LEAK, "search.json")}


def test_hidden_cell_shown_in_another_file_is_found(tmp_path: Path, project: Project) -> None:
    """One rule for every file: a cell that is hidden in one may not be shown in another."""
    site = data_site(tmp_path / "s", {"0": "128;157", "111": "80;100", "112": "45;50", "121": ";", "122": ";"})
    data_site(site / "more", {"121": "2;4"})
    assert FindingKind.LEAK in kinds(audit(site, project))


def test_year_in_a_name_is_no_year(tmp_path: Path, project: Project) -> None:
    """``Å sykehus, lagt ned i 2021: 1 av 3`` on a page of 2024 is a number of 2024."""
    units = UNITS.replace("Å sykehus;", "Å sykehus, lagt ned i 2021;")
    (project.root / "registries" / "units.csv").write_text(units, encoding="utf-8")
    site = data_site(tmp_path / "s", {"0": "128;157", "111": "80;100", "112": "45;50", "121": ";", "122": ";"})
    (site / "registre" / "alfa" / "2024").mkdir(parents=True)
    page = "<p>Å sykehus, lagt ned i 2021: 1 av 3.</p>"
    (site / "registre" / "alfa" / "2024" / "om.html").write_text(page, encoding="utf-8")
    assert leaks(audit(site, project)) == {("Å sykehus, lagt ned i 2021 (122)", 2024)}


def test_date_beside_a_hidden_unit_is_no_result(tmp_path: Path, project: Project) -> None:
    """A page says when it was changed and names its unit; a number in the same sentence is a result all the same."""
    site = data_site(tmp_path / "s", {"0": "128;157", "111": "80;100", "112": "45;50", "121": ";", "122": ";"})
    page = site / "about.html"
    page.write_text("<p>Nes sykehus, sist endret 25. november 2024.</p>", encoding="utf-8")
    assert audit(site, project).passed
    page.write_text("<p>Nes sykehus, sist endret 25. november 2024: 3 av 4.</p>", encoding="utf-8")
    assert {one.file for one in audit(site, project).findings} == {"about.html"}
