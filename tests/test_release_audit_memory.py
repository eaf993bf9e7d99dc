"""What audits remember: nothing that has not changed is read again, and nothing wrong is believed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kvalreg.project import Project
from kvalreg.release import audit_work
from kvalreg.release.audit import Audit, FindingKind, audit
from kvalreg.release.audit_files import File, fragments_of
from kvalreg.release.audit_memory import Shelf, knowledge
from kvalreg.release.audit_public import Public
from kvalreg.release.audit_work import Auditor, Work
from kvalreg.release.digests import Recall

PAGES = ("alfa", "beta")


def table(rows: str) -> str:
    """A page of results with one table."""
    head = "<tr><th>Sykehus</th><th>Resultat</th><th>Pasienter</th></tr>"
    where = 'data-kv-indicator="{id}_a" data-kv-context="caregiver" data-kv-year="2024" data-kv-level="hospital"'
    return f'<html lang="nb"><body><table class="kv-table" {where}><thead>{head}</thead>{rows}</table></body></html>'


def row(name: str, result: str, patients: str) -> str:
    """A row of the table."""
    return f'<tr><th scope="row">{name}</th><td>{result}</td><td>{patients}</td></tr>'


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two registries with a page each; one hospital of `alfa` is hidden."""
    root = tmp_path_factory.mktemp("site")
    for registry in PAGES:
        last = row("Å", "Vises ikke", "Vises ikke") if registry == "alfa" else row("Å", "50 av 100", "60")
        page = root / "registre" / registry / "2024" / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(table(row("Vik", "80 av 100", "100") + last).replace("{id}", registry), encoding="utf-8")
    return root


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of the files that are read, as they are."""
    seen: list[str] = []

    def noting(public: Public, file: File) -> object:
        seen.append(file.address)
        return fragments_of(public, file)

    monkeypatch.setattr(audit_work, "fragments_of", noting)
    return seen


def page_of(site: Path, registry: str) -> Path:
    """A registry's page."""
    return site / "registre" / registry / "2024" / "index.html"


def audited(site: Path, project: Project) -> Audit:
    """An audit that remembers."""
    return audit(site, project, Recall(project.root / "memory"))


def test_a_page_that_has_not_changed_is_not_read_again(project: Project, site: Path, read: list[str]) -> None:
    """The second audit reads nothing; after a change it reads that page alone, and finds what a fresh one finds."""
    first = audited(site, project)
    assert (first.cells_read, first.hidden_read, first.passed) == (4, 1, True)
    assert len(read) == 2
    assert audited(site, project) == first
    assert len(read) == 2
    page = page_of(site, "beta")
    page.write_text(page.read_text(encoding="utf-8").replace("80 av 100", "81 av 100"), encoding="utf-8")
    assert audited(site, project) == audit(site, project)
    assert read[2:3] == ["registre/beta/2024/index.html"]


def test_a_leak_on_a_remembered_page_is_found_at_each_audit(project: Project, site: Path) -> None:
    """What is wrong is never remembered as right: the same finding, with its place, every time."""
    (site / "nytt.html").write_text("<p>Å sykehus: 3 av 4 pasienter i 2024.</p>", encoding="utf-8")
    found = [audited(site, project).findings for _ in range(2)]
    assert found[0] == found[1] == audit(site, project).findings
    assert [(one.kind, one.file, one.registry) for one in found[0]] == [(FindingKind.LEAK, "nytt.html", "alfa")]


def test_a_damaged_entry_is_read_anew(project: Project, site: Path, read: list[str]) -> None:
    """Entries cut short, swapped or emptied change no answer: they are as good as none."""
    first = audited(site, project)
    entries = sorted((project.root / "memory").iterdir())
    for at, entry in enumerate(entries):
        content = entry.read_bytes()
        entry.write_bytes((b"", content[:-3], entries[at - 1].read_bytes()[:40])[at % 3])
    assert audited(site, project) == first
    assert len(read) >= 4


def test_a_damaged_index_is_as_good_as_none(project: Project, site: Path, read: list[str]) -> None:
    """What files told is one entry; where a byte of it is another, every file is read anew, and the index is mended."""
    first = audited(site, project)
    public = Public.read(project.root)
    index = Auditor(Work(public, knowledge(public), project.root / "memory", project)).index
    path = project.root / "memory" / index
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert audited(site, project) == first
    assert len(read) == 4
    assert audited(site, project) == first
    assert len(read) == 4


def test_other_knowledge_makes_other_readings(project: Project, site: Path, read: list[str]) -> None:
    """A unit with another name is read anew: what a page tells depends on what everybody knows."""
    audited(site, project)
    units = project.root / "registries" / "units.csv"
    units.write_text(units.read_text(encoding="utf-8").replace("Å sykehus", "Ås sykehus"), encoding="utf-8")
    audited(site, project)
    assert len(read) == 4


def test_entries_that_no_page_needs_any_longer_are_dropped(project: Project, site: Path) -> None:
    """The folder holds what the last audit needed, so that it does not grow for ever."""
    audited(site, project)
    before = len(list((project.root / "memory").iterdir()))
    for at in range(3):
        page_of(site, "beta").write_text(table(row("Vik", f"8{at} av 100", "100")).replace("{id}", "beta"))
        audited(site, project)
    assert len(list((project.root / "memory").iterdir())) == before


def test_processes_find_what_one_process_finds(project: Project, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large site is read by several processes; what they find is the same, also from memory and of a changed file."""
    (site / "data.json").write_text(json.dumps([{"unit": "Å", "value": 0.75, "year": 2024}]), encoding="utf-8")
    alone = audit(site, project)
    monkeypatch.setattr(audit_work, "WORTHWHILE", 0)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert not alone.passed
    assert audit(site, project) == alone
    memory = project.root / "memory"
    assert [audit(site, project, memory=Recall(memory)) for _ in range(2)] == [alone, alone]
    (site / "data.json").unlink()
    assert audit(site, project, memory=Recall(memory)) == audit(site, project) != alone


def test_an_entry_is_whole_or_not_there(tmp_path: Path) -> None:
    """What was kept comes back; anything else is None."""
    shelf = Shelf(tmp_path / "shelf")
    shelf.put("a", b"x")
    assert shelf.get("a") == b"x"
    assert shelf.get("b") is None
    (tmp_path / "shelf" / "a").write_bytes(b"x")
    assert shelf.get("a") is None
