"""A file of all registries, read piece by piece, tells what it tells as a whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kvalreg.project import Project
from kvalreg.release import audit_pieces
from kvalreg.release.audit import FindingKind, audit
from kvalreg.release.audit_files import File
from kvalreg.release.audit_pages import read_piece
from kvalreg.release.audit_pieces import dump_book, load_book, read_pieces
from kvalreg.release.audit_public import Public
from kvalreg.release.audit_readings import Reader
from kvalreg.release.audit_rows import Rows
from kvalreg.release.audit_tables import Fragment
from kvalreg.release.audit_work import Auditor, Work
from kvalreg.release.digests import Recall

HEAD = '<html lang="nb"><body><h1>Å sykehus</h1>'
WHERE = 'data-kv-indicator="{id}_a" data-kv-context="caregiver" data-kv-year="2024"'
ROW = '<tr><th scope="row">Å</th><td>{told}</td><td>{told}</td></tr>'


def table(registry: str, told: str) -> str:
    """A registry's table on a unit's page."""
    head = "<thead><tr><th>Sykehus</th><th>Resultat</th><th>Pasienter</th></tr></thead>"
    where = WHERE.replace("{id}", registry)
    row = ROW.replace("{told}", told)
    return f'<table class="kv-table" data-kv-registry="{registry}" {where}>{head}<tbody>{row}</tbody></table>'


def entry(registry: str, text: str) -> str:
    """An entry of the list above the tables."""
    return f'<li data-kv-registry="{registry}" {WHERE.replace("{id}", registry)}>{text}</li>'


def page(beta: str = "88") -> str:
    """A unit's page: alfa hides its result, beta shows it."""
    entries = entry("alfa", "Vises ikke") + entry("beta", f"{beta} av 100")
    tables = f"<div>{table('alfa', 'Vises ikke')}</div><div>{table('beta', beta)}</div>"
    return f"{HEAD}<ul>{entries}</ul>{tables}</body></html>"


@pytest.fixture(autouse=True)
def _pieces_of_small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_pieces, "PIECEWISE", 0)


@pytest.fixture
def file(tmp_path: Path) -> File:
    """A unit's page in a site of its own."""
    path = tmp_path / "site" / "sykehus" / "a" / "index.html"
    path.parent.mkdir(parents=True)
    path.write_text(page(), encoding="utf-8")
    return File(path, "sykehus/a/index.html")


def test_pieces_that_have_not_changed_are_not_read(
    project: Project, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a page on which one registry has changed, its entry and its table alone are read, and nothing else."""
    reader = Reader(Public.read(project.root))
    first = read_pieces(Rows(reader), file, page().encode(), {})
    assert first is not None
    assert len(first) == 5  # the frame, two entries, two tables
    read: list[str] = []

    def noting(*given: object) -> list[Fragment] | None:
        read.append(str(given[2]))
        return read_piece(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(audit_pieces, "read_piece", noting)
    kept = load_book(dump_book(first))
    assert read_pieces(Rows(reader), file, page().encode(), kept) == first
    assert read == []
    assert read_pieces(Rows(reader), file, page("89").encode(), kept) is not None
    assert read == [entry("beta", "89 av 100"), table("beta", "89")]


@pytest.mark.parametrize(
    "plant",
    [
        lambda text: text.replace("<ul>", "<ul><li>Å sykehus: 3 av 4 i 2024.</li>"),
        lambda text: text.replace("Vises ikke</li>", "3 av 4</li>"),
        lambda text: text.replace("<td>Vises ikke</td>", "<td>3 av 4</td>", 1),
        lambda text: text.replace("</body>", "<!-- Å sykehus: 3 av 4 i 2024. --></body>"),
        lambda text: text.replace("</tbody>", "</tbody></div>", 1).replace("Vises ikke</li>", "3 av 4</li>"),
        lambda text: text.replace("</body>", "<!--kv:piece--></body>").replace("Vises ikke</li>", "3 av 4</li>"),
        lambda text: text.replace("<ul>", "<b><ul>").replace("Vises ikke</li>", "3 av 4</li>"),
    ],
    ids=["frame", "entry", "cell", "comment", "crooked", "marker", "inline"],
)
def test_a_leak_in_any_piece_is_found(project: Project, file: File, plant: object) -> None:
    """Piece by piece, remembered or not, is found what a reading of the whole file finds, at the same place."""
    site, memory = file.path.parents[2], project.root / "memory"
    audit(site, project, Recall(memory))
    text = plant(page())  # type: ignore[operator]
    assert text != page()
    file.path.write_text(text, encoding="utf-8")
    found = [audit(site, project, Recall(memory)) for _ in range(2)]
    assert {(one.kind, one.file, one.registry) for one in found[0].findings} == {
        (FindingKind.LEAK, file.address, "alfa")
    }
    assert found[0] == found[1] == audit(site, project)


def test_a_leak_in_a_list_of_all_registries_is_found(project: Project, file: File) -> None:
    """So it is in JSON, as a list and inside an object."""
    rows = [
        {"ind_id": f"{registry}_a", "context": "caregiver", "year": 2024, "orgnr": "122", "denominator": told}
        for registry, told in (("alfa", 4), ("beta", 88))
    ]
    reader = Reader(Public.read(project.root))
    for document in (rows, {"orgnr": "122", "data": rows}):
        other = File(file.path.with_name("tall.json"), "sykehus/a/tall.json")
        other.path.write_text(json.dumps(document), encoding="utf-8")
        book = read_pieces(Rows(reader), other, other.path.read_bytes(), {})
        assert book is not None
        assert len(book) == 2
        found = audit(file.path.parents[2], project)
        assert (FindingKind.LEAK, other.address, "alfa") in {(f.kind, f.file, f.registry) for f in found.findings}


def test_where_another_registry_stands_changes_nothing_of_what_is_told(project: Project, file: File) -> None:
    """Beta's entries stand together, or alfa's between them: beta's part has the same name, so beta is not attacked."""
    public = Public.read(project.root)
    some, others = entry("beta", "88 av 100"), entry("beta", "12 av 100")
    names = []
    for number, entries in enumerate([some + others, some + entry("alfa", "Vises ikke") + others, others + some]):
        file.path.write_text(f"{HEAD}<ul>{entries}</ul>{table('beta', '88')}</body></html>", encoding="utf-8")
        shelf = project.root / f"shelf{number}"
        names.append(Auditor(Work(public, "known", shelf, project)).read(file).parts["beta"])
    assert names[0] == names[1] == names[2]


def test_what_cannot_be_cut_is_read_as_a_whole(project: Project, file: File) -> None:
    """A page of one registry, one that is crooked, and a file that is no text."""
    reader = Reader(Public.read(project.root))
    assert read_pieces(Rows(reader), File(file.path, "registre/alfa/index.html"), page().encode(), {}) is None
    assert read_pieces(Rows(reader), file, page().replace("</tbody>", "</tbody></div>", 1).encode(), {}) is None
    assert read_pieces(Rows(reader), file, page().encode() + b"\0", {}) is None
    assert read_pieces(Rows(reader), file, b"<p>3 < 7</p>" + page().encode(), {}) is None
