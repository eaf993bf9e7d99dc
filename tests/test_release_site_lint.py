"""A finished site is whole, or is not put in place: pages, links, and no other host."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kvalreg.errors import Diagnostic
from kvalreg.release.site_lint import lint_site

PAGE = '<!DOCTYPE html><html lang="nb"><title>T</title><body><main><h1>T</h1>{body}</main></body></html>'
FOREIGN = "The page fetches something from another host, 'a.example'."


def write(site: Path, file: str, body: str = "") -> None:
    """A whole page."""
    (site / file).parent.mkdir(parents=True, exist_ok=True)
    (site / file).write_text(PAGE.format(body=body), encoding="utf-8")


def told(site: Path, *pages: str) -> list[str]:
    """The faults of a site that must have these pages."""
    return [f"{fault.code}: {fault.file}: {fault.message}" for fault in lint_site(site, pages)]


def test_a_whole_site_has_no_faults(tmp_path: Path) -> None:
    """Links to pages, folders, parts of pages, files, other sites and people are all right."""
    links = (
        "b/",
        "b/index.html#ind-x",
        "#here",
        "/b/index.html",
        "t.csv",
        "https://example.org/",
        "mailto:a@b.no",
        "?x=1",
    )
    write(tmp_path, "index.html", '<p id="here"></p>' + "".join(f'<a href="{link}">x</a>' for link in links))
    write(tmp_path, "b/index.html", '<section id="ind-x"></section><a class="k" href="../index.html#here">x</a>')
    (tmp_path / "t.csv").touch()
    assert told(tmp_path, "index.html", "b/index.html") == []


def test_an_earlier_edition_can_be_linked_to(tmp_path: Path) -> None:
    """It lies elsewhere, behind a link."""
    write(tmp_path / "kept", "index.html", '<a href="gone.html">x</a>')
    write(tmp_path / "site", "index.html", '<a href="utgaver/2026-06/index.html">x</a>')
    (tmp_path / "site" / "utgaver").mkdir()
    (tmp_path / "site" / "utgaver" / "2026-06").symlink_to(tmp_path / "kept")
    assert told(tmp_path / "site", "index.html") == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('<a href="gone.html">x</a>', "KV812: index.html: A link leads to 'gone.html', which is not there."),
        ('<a href="../index.html">x</a>', "KV812: index.html: A link leads to '../index.html', which is not there."),
        ('<a href="#gone">x</a>', "KV812: index.html: A link leads to '#gone' of index.html, which is not there."),
        ('<img alt="" src="gone.png">', "KV812: index.html: A link leads to 'gone.png', which is not there."),
        ('<div data-src="gone.json"></div>', "KV812: index.html: A link leads to 'gone.json', which is not there."),
        ('<img src="https://a.example/x.png">', f"KV813: index.html: {FOREIGN}"),
        ("<img src=//a.example/x.png>", f"KV813: index.html: {FOREIGN}"),
        ("<p>{{< video x >}}</p>", "KV811: index.html: The page shows source that should have become something else."),
    ],
)
def test_each_fault_is_named(tmp_path: Path, body: str, said: str) -> None:
    """With the page and what is wrong on it."""
    write(tmp_path, "index.html", body)
    assert told(tmp_path, "index.html") == [said]


def test_what_is_remembered_holds_no_download(tmp_path: Path) -> None:
    """An address that holds its file itself leads nowhere, and is not kept: a nation's pages have 100 MB of them."""
    write(tmp_path / "site", "index.html", f'<a href="data:text/csv,{"x" * 9999}">x</a><a href="index.html">x</a>')
    assert lint_site(tmp_path / "site", [], cache_folder=tmp_path / "cache") == []
    (entry,) = (tmp_path / "cache").iterdir()
    assert entry.stat().st_size < 999


def test_a_style_sheet_asks_no_other_host(tmp_path: Path) -> None:
    """A font from elsewhere tells that host who reads."""
    (tmp_path / "a.css").write_text("@import url('https://fonts.example/f.css');", encoding="utf-8")
    assert told(tmp_path) == ["KV813: a.css: The page fetches something from another host, 'fonts.example'."]


def test_a_missing_and_a_half_page_are_found(tmp_path: Path) -> None:
    """A page that a renderer left out, and one that it did not write to its end."""
    write(tmp_path, "index.html")
    (tmp_path / "index.html").write_text((tmp_path / "index.html").read_text(encoding="utf-8")[:50], encoding="utf-8")
    found = told(tmp_path, "index.html", "om/index.html")
    assert found[0] == "KV811: om/index.html: The page is missing."
    assert found[1] == "KV811: index.html: The page has no heading and no main part and no end."


def test_a_part_of_another_page_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The page that links is named, and the page that lacks the part."""
    write(tmp_path, "index.html", '<a href="b.html#ind-y">x</a>')
    write(tmp_path, "b.html", '<p id="ind-x"></p>')
    assert told(tmp_path) == ["KV812: index.html: A link leads to '#ind-y' of b.html, which is not there."]


def test_what_is_remembered_of_a_page_changes_no_answer(tmp_path: Path) -> None:
    """The second look finds the same faults, a changed page and a damaged memory are seen, and nothing piles up."""
    site, cache = tmp_path / "site", tmp_path / "cache"
    write(site, "index.html", '<a href="b.html#x">x</a><img alt="" src="https://a.example/p.png">')
    write(site, "b.html", '<p id="x"></p>')

    def look() -> list[Diagnostic]:
        found = lint_site(site, [], cache_folder=cache)
        assert found == lint_site(site, [])
        return found

    first = look()
    assert [fault.message for fault in first] == [FOREIGN]
    assert look() == first
    write(site, "b.html")
    changed = look()
    assert len(changed) == 2
    for entry in cache.iterdir():
        entry.write_bytes(entry.read_bytes()[:-2])
    assert look() == changed
    assert len(list(cache.iterdir())) == 1


def test_a_file_is_not_recognized_by_its_time(tmp_path: Path) -> None:
    """A page that has changed is seen though it has the size and the time of before."""
    site, page = tmp_path / "site", tmp_path / "site" / "index.html"

    def broken_links() -> list[str]:
        return [fault.message for fault in lint_site(site, [], cache_folder=tmp_path / "cache")]

    write(site, "c.html")
    write(site, "index.html", '<a href="c.html">x</a>')
    before = page.stat()
    assert broken_links() == []
    write(site, "index.html", '<a href="d.html">x</a>')
    os.utime(page, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert broken_links() == ["A link leads to 'd.html', which is not there."]
