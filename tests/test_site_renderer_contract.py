"""One staged project, two renderers: a reader cannot tell which of them made the site."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from kvalreg.site import pandoc, quarto
from kvalreg.site.staging import stage
from site_example import ADDRESSES, PAGES, RESOURCES, ReadPage, example_project, foreign_requests, read_page, site_pages

pytestmark = pytest.mark.xdist_group("quarto")


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The example rendered by Quarto and by the embedded Pandoc."""
    by_quarto, reason = quarto.find()
    if by_quarto is None:
        pytest.skip(f"needs Quarto, and {reason}")
    by_pandoc, _ = pandoc.find()
    assert by_pandoc is not None
    root = tmp_path_factory.mktemp("contract")
    staged = stage(example_project(root), PAGES, RESOURCES)
    by_quarto.render(staged, root / "quarto")
    by_pandoc.render(staged, root / "pandoc")
    return root / "quarto", root / "pandoc"


def test_both_make_the_same_pages_and_files(sites: tuple[Path, Path]) -> None:
    """The addresses of pages and downloads are the same; nothing else of the project is published."""
    for site in sites:
        assert site_pages(site) == ADDRESSES
        assert {path.name for path in (site / "data").iterdir()} == {"index.html", "slag.csv"}
        assert (site / "data" / "slag.csv").read_bytes() == RESOURCES["data/slag.csv"]


@pytest.mark.parametrize("address", sorted(ADDRESSES))
@pytest.mark.parametrize("part", [field.name for field in fields(ReadPage)])
def test_both_show_the_same(sites: tuple[Path, Path], address: str, part: str) -> None:
    """Title, language, banner, navigation, breadcrumb, headings, figures, tables, links and text are equal."""
    by_quarto, by_pandoc = (getattr(read_page(site, address), part) for site in sites)
    assert by_pandoc == by_quarto


def test_neither_requests_another_host(sites: tuple[Path, Path]) -> None:
    """No page and no style sheet of either renderer loads anything from outside the site."""
    for site in sites:
        assert foreign_requests(site) == []


def test_the_staged_project_renders_by_hand(sites: tuple[Path, Path]) -> None:
    """What is staged is a whole Quarto project: its own output folder, no leftovers of ours beside the site."""
    staged = sites[0].parent / "_build" / "site"
    assert (staged / "_quarto.yml").read_text("utf-8").count("type: website") == 1
    assert not (staged / "_site").exists()
    assert not list(sites[0].parent.glob(".*.making"))
