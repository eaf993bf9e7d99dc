"""What a renderer has to do: files that are passed on, and pages dealt out to its processes."""

from __future__ import annotations

from pathlib import Path

from kvalreg.site.render_chunks import copy_static, split_pages


def test_files_are_passed_on_and_pages_named(tmp_path: Path) -> None:
    """All that is served as it is comes along, nothing hidden or of a renderer's own; pages are only named."""
    staged, aside = tmp_path / "staged", tmp_path / "aside"
    names = "b/index.qmd", "index.qmd", "b/tall.csv", "robots.txt", "_quarto.yml", ".quarto/x.json", "site_libs/x.js"
    for name in names:
        (staged / name).parent.mkdir(parents=True, exist_ok=True)
        (staged / name).write_text(name, encoding="utf-8")
    aside.mkdir()
    assert copy_static(staged, aside) == ["b/index.qmd", "index.qmd"]
    put = {path.relative_to(aside).as_posix() for path in aside.rglob("*") if path.is_file()}
    assert put == {"b/tall.csv", "robots.txt"}


def test_shares_weigh_about_the_same() -> None:
    """The heaviest pages are dealt first, each to the lightest share: 5 and 1 against 3 and 2."""
    assert split_pages({"a": 1, "b": 3, "c": 5, "d": 2}, 2) == [["a", "c"], ["b", "d"]]


def test_no_share_is_empty() -> None:
    """Fewer pages than processes make fewer shares, and no page none."""
    assert split_pages({"a": 1}, 4) == [["a"]]
    assert split_pages({}, 4) == []
