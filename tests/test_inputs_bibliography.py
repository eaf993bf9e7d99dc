"""Publications from BibTeX and CSL-JSON, through Pandoc's citation library: safe, and never in the way of results."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.bibliography import read_bibliography
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_file import complete_descriptor, read_descriptor
from kvalreg.project import Project
from test_inputs_descriptor_gaps import FULL

EXAMPLES = Path(__file__).parent / "bibliographies"
"""Lists as reference managers export them, all of them invented."""
BIB = """\
@article{eldst, author = {Nordmann, Ola and Hansen, Kari Anne}, title = {F{\\o}rste \\emph{artikkel}},
  journal = {Bladet}, year = 2019, volume = 3, number = 2, pages = {10--12}, doi = {10.5555/abc}}
@article{nyest, author = {Hansen, Kari}, title = {Andre artikkel}, journal = {Bladet}, year = 2024,
  url = {https://example.org/b}}
"""
JSON = """[{"id": "a", "type": "article-journal", "title": "En <b>fet</b> tittel", "DOI": "10.5555/x",
  "author": [{"family": "Nordmann", "given": "Ola"}], "issued": {"date-parts": [[2020]]}}]"""


def with_list(folder: Path, name: str, text: str | None, more: str = "") -> tuple[Registry, list[Diagnostic]]:
    """A registry with a bibliography, and what its owner is told."""
    path = folder / "registries" / "slag" / "registry.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    named = f"bibliography: {name}" + (f"\n  {more}" if more else "")
    path.write_text(FULL.replace("publications: [En artikkel.]", named), encoding="utf-8")
    if text is not None:
        (path.parent / name).write_text(text, encoding="utf-8")
    project = Project(folder)
    return complete_descriptor(read_descriptor(path, project.display_path(path)), project)


def told(registry: Registry) -> list[tuple[str, str]]:
    """Text and address of each publication."""
    return [(one.text, one.url) for one in registry.research.publications]


def test_bibtex_is_cited_with_the_newest_first(tmp_path: Path) -> None:
    """Author, title, journal, year and pages; the DOI is the address, else the web address."""
    registry, warnings = with_list(tmp_path, "a.bib", BIB)
    assert warnings == []
    assert told(registry) == [
        ("Hansen K. Andre artikkel. Bladet. 2024.", "https://example.org/b"),
        ("Nordmann O, Hansen KA. Første artikkel. Bladet. 2019;3(2):10–12.", "https://doi.org/10.5555/abc"),
    ]


def test_csl_json_is_cited_too(tmp_path: Path) -> None:
    """Its few marks of emphasis become plain text."""
    registry, warnings = with_list(tmp_path, "a.json", JSON)
    assert warnings == []
    assert told(registry) == [("Nordmann O. En fet tittel. 2020.", "https://doi.org/10.5555/x")]


def test_selected_publications_alone_are_shown(tmp_path: Path) -> None:
    """By their keys; a key that is not there is told with its line."""
    registry, (warning,) = with_list(tmp_path, "a.bib", BIB, "selected: [eldst, borte]")
    assert [text.split(".")[1].strip() for text, _ in told(registry)] == ["Første artikkel"]
    assert (warning.line, warning.key, warning.code) == (30, "research.selected[1]", DiagnosticCode.ID_UNKNOWN)


def test_nothing_in_a_bibliography_is_run_or_read(tmp_path: Path) -> None:
    """LaTeX that reads files, HTML and addresses of scripts are words at most."""
    secret = tmp_path / "secret.tex"
    secret.write_text("HEMMELIG", encoding="utf-8")
    nasty = (
        f"@article{{a, title = {{Et <script>alert(1)</script> \\input{{{secret}}} "
        "\\href{javascript:alert(1)}{her}}, year = 2020, url = {javascript:alert(2)}}"
    )
    registry, _ = with_list(tmp_path, "a.bib", nasty)
    ((text, url),) = told(registry)
    assert "HEMMELIG" not in text
    assert "javascript" not in text
    assert url == ""


def test_a_publication_without_a_title_is_shown_with_what_it_has(tmp_path: Path) -> None:
    """The owner is told which, and in which line."""
    registry, (warning,) = with_list(tmp_path, "a.bib", BIB + "@article{tom, author={Nes, Per}, year=2018}\n")
    assert told(registry)[-1] == ("Nes P. 2018.", "")
    assert (warning.file, warning.line, warning.key) == ("registries/slag/a.bib", 5, "tom")
    assert warning.code is DiagnosticCode.INCOMPLETE_PUBLICATION


@pytest.mark.parametrize(
    ("name", "text", "line", "what"),
    [
        ("a.bib", "@article{a,\n  title = {x},\n  author = {y\n", 3, "no valid BibTeX"),
        ("a.bib", "@article{a,\n  title = {x}}\n@article{b,\n  title y}\n", 4, "no valid BibTeX"),
        ("a.json", '[{"id": "a"', 1, "no valid CSL-JSON"),
        ("a.bib", "Bare tekst.", 1, "holds no publication"),
    ],
)
def test_a_broken_list_stops_nothing(tmp_path: Path, name: str, text: str, line: int, what: str) -> None:
    """Results are published without it; the owner is told the line where reading stopped."""
    registry, (warning,) = with_list(tmp_path, name, text)
    assert told(registry) == []
    assert (warning.file, warning.line, warning.code) == (
        f"registries/slag/{name}",
        line,
        DiagnosticCode.BIBLIOGRAPHY_UNREADABLE,
    )
    assert what in warning.message


@pytest.mark.parametrize(
    ("name", "what"),
    [("borte.bib", "does not exist"), ("../a.bib", "outside"), ("a.docx", "no .bib or .json file")],
)
def test_a_list_that_is_not_there_stops_nothing(tmp_path: Path, name: str, what: str) -> None:
    """The key that names it is told."""
    (tmp_path / "registries").mkdir()
    (tmp_path / "registries" / "a.bib").write_text(BIB, encoding="utf-8")
    registry, (warning,) = with_list(tmp_path, name, None)
    assert told(registry) == []
    assert (warning.key, warning.code) == ("research.bibliography", DiagnosticCode.BIBLIOGRAPHY_UNREADABLE)
    assert what in warning.message


def shown(file: str) -> dict[str, tuple[str, str]]:
    """What readers are to see of each publication of a file, by its key: text and address."""
    lines = (EXAMPLES / "expected.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line.startswith(f"{file}\t")]
    return {key: (text, address) for _, key, text, address in rows}


@pytest.mark.parametrize("file", ["zotero.bib", "betterbibtex.bib", "endnote.bib", "mendeley.bib", "zotero.json"])
def test_reference_managers_are_read_as_they_write(file: str) -> None:
    """40 publications: capitals of titles and names stay, particles stand first, dates of BibLaTeX give the year.

    Emphasis becomes plain text, quotation marks Norwegian, and LaTeX's signs the letters that they stand for.
    """
    found = read_bibliography(EXAMPLES / file, EXAMPLES, "nb")
    assert {one.key: (one.publication.text, one.publication.url) for one in found} == shown(file)
    assert len(found) == 8
    assert all(one.has_title for one in found)
    years = [int(re.findall(r"\. ((?:19|20)\d\d)", one.publication.text)[-1]) for one in found]
    assert years == sorted(years, reverse=True)


def test_the_mark_of_another_encoding_is_told(tmp_path: Path) -> None:
    """A file that begins as UTF-8 and goes on in another encoding is broken; one in Windows-1252 is read."""
    registry, (warning,) = with_list(tmp_path, "a.bib", None, "")
    path = tmp_path / "registries" / "slag" / "a.bib"
    path.write_bytes(b"\xef\xbb\xbf" + "@book{a, title = {Ål}, year = 2020}".encode("latin-1"))
    project = Project(tmp_path)
    descriptor = path.parent / "registry.yml"
    registry, (warning,) = complete_descriptor(read_descriptor(descriptor, project.display_path(descriptor)), project)
    assert "mark of UTF-8" in warning.message
    path.write_bytes("@book{a, title = {Ål – “i vann”}, year = 2020}".encode("cp1252"))
    registry, warnings = complete_descriptor(read_descriptor(descriptor, project.display_path(descriptor)), project)
    assert (told(registry), warnings) == ([("Ål – «i vann». 2020.", "")], [])
