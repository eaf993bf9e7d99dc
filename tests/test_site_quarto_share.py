"""Links that lead out of a share, and the list for searching, as one Quarto for all pages would have made them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kvalreg.site.quarto_chunk import merge_chunk, resolve_links, reuse_pages


@pytest.mark.parametrize(
    ("page", "link", "finished"),
    [
        ("index.qmd", "om/index.qmd", "./om/index.html"),
        ("om/index.qmd", "trakt/index.qmd#les", "../om/trakt/index.html#les"),
        ("om/trakt/index.qmd", "../index.qmd", "../../om/index.html"),
        ("om/trakt/index.qmd", "/index.qmd", "../../index.html"),
        ("404.qmd", "/stien/index.qmd", "/stien/index.html"),
        ("om/index.qmd", "https://example.org/a.qmd", "https://example.org/a.qmd"),
        ("om/index.qmd", "//example.org/a.qmd", "//example.org/a.qmd"),
        ("om/index.qmd", "index.qmd?sykehus=1", "index.qmd?sykehus=1"),
        ("om/index.qmd", "tall.csv", "tall.csv"),
    ],
)
def test_a_link_out_of_the_share_is_finished(page: str, link: str, finished: str) -> None:
    """It leads to the page that the source becomes, from the site's root; what is no source of ours stays."""
    html = '<p>{}</p><a class="a > b"\n href="{}" title="x.qmd">x</a>'
    text = '"se href="om/index.qmd" og a.qmd'
    assert resolve_links(page, html.format(text, link)) == html.format(text, finished)


def _made(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def _entries(*links: str) -> str:
    return json.dumps([{"objectID": link, "href": link, "text": f"{link} ø"} for link in links])


def test_a_share_is_taken_into_the_site(tmp_path: Path) -> None:
    """Its pages, the library and its entries come along; Quarto's own front page and copies do not."""
    files = {
        "om/index.html": "om",
        "index.html": "a way to the first page",
        "site_libs/a/a.js": "a",
        "_extensions/kvalreg/a.js": "a",
        "search.json": _entries("om/index.html", "om/index.html#b", "om/index.html#a"),
    }
    _made(tmp_path / "work" / "_site", files)
    site = _made(tmp_path / "site", {"search.json": _entries("z/index.html", "a/index.html"), "om/tall.csv": ""})
    assert merge_chunk(tmp_path / "work", ["om/index.qmd"], site) == []
    found = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert found == {"om/index.html", "om/tall.csv", "site_libs/a/a.js", "search.json"}
    links = [entry["href"] for entry in json.loads((site / "search.json").read_text("utf-8"))]
    assert links == ["a/index.html", "om/index.html", "om/index.html#b", "om/index.html#a", "z/index.html"]


def test_what_nobody_knows_is_told(tmp_path: Path) -> None:
    """A file that Quarto made for some page comes along, and the renderer is told that there is such a file."""
    _made(tmp_path / "work" / "_site", {"index.html": "", "index_files/a.png": "png"})
    site = _made(tmp_path / "site", {})
    site.mkdir()
    assert merge_chunk(tmp_path / "work", ["index.qmd"], site) == ["index_files/a.png"]
    assert (site / "index_files" / "a.png").read_text() == "png"


def test_pages_are_taken_over_with_their_entries(tmp_path: Path) -> None:
    """Only the pages asked for, and only their entries; sections of others are left behind."""
    pages = {name: f'<script src="../site_libs/a.js?x">{name}' for name in ("a/index.html", "b/index.html")}
    list_before = _entries("a/index.html", "b/index.html", "b/index.html#c")
    before = _made(tmp_path / "before", pages | {"search.json": list_before})
    site = _made(tmp_path / "site", {"site_libs/a.js": "", "b/tall.csv": ""})
    assert reuse_pages(["b/index.qmd"], before, site)
    assert not (site / "a").exists()
    links = [entry["href"] for entry in json.loads((site / "search.json").read_text("utf-8"))]
    assert links == ["b/index.html", "b/index.html#c"]


def test_a_page_without_its_library_is_not_taken_over(tmp_path: Path) -> None:
    """A page that asks for a file which no newly rendered page brought must be rendered itself."""
    before = _made(tmp_path / "before", {"a/index.html": '<script src="../site_libs/b.js">'})
    site = _made(tmp_path / "site", {"site_libs/a.js": "", "a/tall.csv": ""})
    assert not reuse_pages(["a/index.qmd"], before, site)
    assert not (site / "a" / "index.html").exists()
