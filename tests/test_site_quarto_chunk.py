"""Links that lead out of a chunk, and the search index, as one Quarto for all pages would have made them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kvalreg.site.quarto_chunk import merge_chunk, resolve_links, reuse_pages


@pytest.mark.parametrize(
    ("page", "link", "resolved"),
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
def test_a_link_out_of_the_chunk_is_resolved(page: str, link: str, resolved: str) -> None:
    """It leads to the rendered page, by way of the site's root; a link to anything but a page's source stays."""
    html = '<p>{}</p><a class="a > b"\n href="{}" title="x.qmd">x</a>'
    text = '"se href="om/index.qmd" og a.qmd'
    assert resolve_links(page, html.format(text, link)) == html.format(text, resolved)


def _write_files(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def _entries(*links: str) -> str:
    return json.dumps([{"objectID": link, "href": link, "text": f"{link} ø"} for link in links])


def test_a_chunk_is_merged_into_the_site(tmp_path: Path) -> None:
    """Its pages, the library and its entries are merged; Quarto's own front page and copies are not."""
    files = {
        "om/index.html": "om",
        "index.html": "a way to the first page",
        "site_libs/a/a.js": "a",
        "_extensions/kvalreg/a.js": "a",
        "search.json": _entries("om/index.html", "om/index.html#b", "om/index.html#a"),
    }
    _write_files(tmp_path / "work" / "_site", files)
    site = _write_files(tmp_path / "site", {"search.json": _entries("z/index.html", "a/index.html"), "om/tall.csv": ""})
    assert merge_chunk(tmp_path / "work", ["om/index.qmd"], site) == []
    files_after = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert files_after == {"om/index.html", "om/tall.csv", "site_libs/a/a.js", "search.json"}
    links = [entry["href"] for entry in json.loads((site / "search.json").read_text("utf-8"))]
    assert links == ["a/index.html", "om/index.html", "om/index.html#b", "om/index.html#a", "z/index.html"]


def test_an_unexpected_file_is_reported(tmp_path: Path) -> None:
    """A file that Quarto made for some page is merged, and its address is returned."""
    _write_files(tmp_path / "work" / "_site", {"index.html": "", "index_files/a.png": "png"})
    site = _write_files(tmp_path / "site", {})
    site.mkdir()
    assert merge_chunk(tmp_path / "work", ["index.qmd"], site) == ["index_files/a.png"]
    assert (site / "index_files" / "a.png").read_text() == "png"


def test_pages_are_reused_with_their_entries(tmp_path: Path) -> None:
    """Only these pages, and only their entries; sections of other pages are left behind."""
    pages = {name: f'<script src="../site_libs/a.js?x">{name}' for name in ("a/index.html", "b/index.html")}
    previous_entries = _entries("a/index.html", "b/index.html", "b/index.html#c")
    previous_site = _write_files(tmp_path / "before", pages | {"search.json": previous_entries})
    site = _write_files(tmp_path / "site", {"site_libs/a.js": "", "b/tall.csv": ""})
    assert reuse_pages(["b/index.qmd"], previous_site, site)
    assert not (site / "a").exists()
    links = [entry["href"] for entry in json.loads((site / "search.json").read_text("utf-8"))]
    assert links == ["b/index.html", "b/index.html#c"]


def test_a_page_without_its_library_is_not_reused(tmp_path: Path) -> None:
    """A page that needs a library file which no newly rendered page has must be rendered itself."""
    previous_site = _write_files(tmp_path / "before", {"a/index.html": '<script src="../site_libs/b.js">'})
    site = _write_files(tmp_path / "site", {"site_libs/a.js": "", "a/tall.csv": ""})
    assert not reuse_pages(["a/index.qmd"], previous_site, site)
    assert not (site / "a" / "index.html").exists()
