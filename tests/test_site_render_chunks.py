"""The input of renderers: static files, which are copied unchanged, and chunks of pages for their processes."""

from __future__ import annotations

from pathlib import Path

from kvalreg.site.render_chunks import copy_static, split_pages


def test_static_files_are_copied_and_pages_named(tmp_path: Path) -> None:
    """Static files are copied, and nothing hidden or of a renderer's own; pages are only named."""
    staged, new_site = tmp_path / "staged", tmp_path / "aside"
    names = "b/index.qmd", "index.qmd", "b/tall.csv", "robots.txt", "_quarto.yml", ".quarto/x.json", "site_libs/x.js"
    for name in names:
        (staged / name).parent.mkdir(parents=True, exist_ok=True)
        (staged / name).write_text(name, encoding="utf-8")
    new_site.mkdir()
    assert copy_static(staged, new_site) == ["b/index.qmd", "index.qmd"]
    copied = {path.relative_to(new_site).as_posix() for path in new_site.rglob("*") if path.is_file()}
    assert copied == {"b/tall.csv", "robots.txt"}


def test_chunks_weigh_about_the_same() -> None:
    """The heaviest pages go first, each to the lightest chunk: 5 and 1 against 3 and 2."""
    assert split_pages({"a": 1, "b": 3, "c": 5, "d": 2}, 2) == [["a", "c"], ["b", "d"]]


def test_no_chunk_is_empty() -> None:
    """Fewer pages than processes make fewer chunks, and no pages none."""
    assert split_pages({"a": 1}, 4) == [["a"]]
    assert split_pages({}, 4) == []
