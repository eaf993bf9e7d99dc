"""The staged project: what is written, what is left alone, and that plain text stays plain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from kvalreg.errors import ConfigurationError
from kvalreg.site.staging import Page, _page_source, stage
from site_example import example_project

PAGE = Page("index.qmd", "Forside", "Tekst.", "nb")


def test_a_staged_project_is_a_whole_quarto_project(tmp_path: Path) -> None:
    """`_quarto.yml`, the extension with Vega, the pages and the files lie where Quarto looks for them."""
    staged = stage(example_project(tmp_path), [PAGE], {"data/slag.csv": b"a"})
    assert staged == tmp_path / "_build" / "site"
    extension = staged / "_extensions" / "kvalreg"
    names = {path.name for path in extension.iterdir()}
    assert names == {
        "_extension.yml", "cells.js", "choice.js", "chooser.js", "figures.js", "filters.js", "fold.js", "kvalreg.css",
        "kvalreg.js", "kvalreg.lua", "kvalreg.scss", "number.js", "number_answer.js", "number_drawn.js", "page.html",
        "page.js", "rows.js", "search.js", "social.html", "tables.js", "title-block.html", "vega.js", "yours.js",
    }  # fmt: skip
    assert "vegaEmbed" in (extension / "vega.js").read_text("utf-8")
    assert (staged / "index.qmd").read_text("utf-8") == '---\ntitle: "Forside"\nlang: nb\n---\n\nTekst.\n'
    assert (staged / "data" / "slag.csv").read_bytes() == b"a"


def test_quarto_copies_the_files_by_folder_and_ending(tmp_path: Path) -> None:
    """Quarto is told of the published files in the staged project only: the source tree's `data/` holds deliveries."""
    staged = stage(example_project(tmp_path), [PAGE], {"data/a.csv": b"", "data/b.csv": b"", "api/v1/slag.json": b""})
    listed = YAML(typ="safe").load(staged / "_quarto.yml.local")
    assert listed == {"project": {"resources": ["/api/v1/*.json", "/data/*.csv"]}}
    shared = YAML(typ="safe").load(staged / "_quarto.yml")
    assert "resources" not in shared["project"]


def test_only_what_has_changed_is_written(tmp_path: Path) -> None:
    """A file whose bytes are the same keeps its time stamp; a changed one is written."""
    project = example_project(tmp_path)
    other = Page("om/index.qmd", "Om", "Tekst.", "nb")
    staged = stage(project, [PAGE, other], {})
    before = {path: path.stat().st_mtime_ns for path in staged.rglob("*") if path.is_file()}
    stage(project, [PAGE, replace(other, body="Ny tekst.")], {})
    after = {path: path.stat().st_mtime_ns for path in staged.rglob("*") if path.is_file()}
    assert {path for path in after if after[path] != before[path]} == {staged / "om" / "index.qmd"}


def test_what_is_no_longer_there_goes(tmp_path: Path) -> None:
    """Pages, files and empty folders of yesterday are removed; Quarto's own cache stays."""
    project = example_project(tmp_path)
    staged = stage(project, [PAGE, Page("registre/slag/index.qmd", "Slag", "", "nb")], {"data/slag.csv": b"a"})
    (staged / ".quarto").mkdir()
    (staged / ".quarto" / "cache").touch()
    stage(project, [PAGE], {})
    assert not (staged / "registre").exists()
    assert not (staged / "data").exists()
    assert not (staged / "_quarto.yml.local").exists()
    assert (staged / ".quarto" / "cache").exists()


@pytest.mark.parametrize("address", ["../x.qmd", "/x.qmd", "_x/index.qmd", "a/.b.qmd", "a//b.qmd", "a b.qmd", ""])
def test_an_address_outside_the_site_is_refused(tmp_path: Path, address: str) -> None:
    """No page can be written outside the staged folder, or where Quarto does not look."""
    with pytest.raises(ConfigurationError, match="cannot be published"):
        stage(example_project(tmp_path), [replace(PAGE, address=address)], {})


def test_two_with_one_address_are_refused(tmp_path: Path) -> None:
    """One page cannot silently replace another."""
    with pytest.raises(ConfigurationError, match=r"index\.qmd: Two pages or files have this address"):
        stage(example_project(tmp_path), [PAGE, PAGE], {})


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    """A page is in one of the languages that the site has words for."""
    with pytest.raises(ConfigurationError, match="'sv'"):
        stage(example_project(tmp_path), [replace(PAGE, language="sv")], {})


def test_shortcodes_in_a_body_are_inert() -> None:
    """Neither a shortcode nor the mark that Quarto carries shortcodes with survives in a page's source."""
    mark = "b58fc729-690b-4000-b19f-365a4093b2ff"
    source = _page_source(
        replace(PAGE, body=f"{{{{< include x >}}}} {mark};00; {mark.replace('-', chr(92) + '-')};00;")
    )
    assert "{{<" not in source
    assert "b58fc729" not in source


@given(st.text(max_size=60))
def test_plain_text_survives_yaml(text: str) -> None:
    """Any title is one line of valid front matter, and no doubled brace of it is left for a shortcode."""
    front = _page_source(Page("index.qmd", text, "", "nb", text, ((text, "index.qmd"),), synthetic=True)).split(
        "---\n"
    )[1]
    read = YAML(typ="safe").load(front)
    assert set(read) == {"title", "lang", "description", "kv-breadcrumb", "synthetic"} - (
        set() if text else {"description"}
    )
    assert "{{" not in read["title"].replace("\\", "")
    assert "}}" not in read["title"].replace("\\", "")
