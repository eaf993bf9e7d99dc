"""Where a number comes from, without scripts: every link from numbers leads to a row of open data that is there."""

from __future__ import annotations

import json
import posixpath
from pathlib import Path
from urllib.parse import unquote

import pytest
from lxml import html

from kvalreg.pipeline import RunResult
from kvalreg.project import Project
from kvalreg.report.cell_markup import source_link
from kvalreg.report.translation import LANGUAGES, get_translator
from kvalreg.site.number_translations import texts_by_language


@pytest.fixture(scope="module")
def pages(demo: tuple[Project, RunResult]) -> dict[str, html.HtmlElement]:
    """Every page of the demo's site."""
    site = demo[0].site.resolve()
    return {path.relative_to(site).as_posix(): html.parse(str(path)).getroot() for path in site.rglob("*.html")}


def test_every_link_from_numbers_leads_to_a_row_that_is_there(pages: dict[str, html.HtmlElement]) -> None:
    """On pages of years, indicators, hospitals and fields, in every language."""
    ids = {page: set(root.xpath("//@id")) for page, root in pages.items()}
    folders = []
    for page, root in pages.items():
        for address in root.xpath("//a[@class='kv-source']/@href"):
            path, _, part = address.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
            assert part in ids.get(target, set()), f"{page}: {address}"
            folders.append(page.split("/")[0])
    assert set(folders) == {"registre", "sykehus", "fagomrade", "en", "nn"} & set(folders) | {"registre", "sykehus"}


def test_every_table_of_results_has_a_link(pages: dict[str, html.HtmlElement]) -> None:
    """Beside or below it; the log of changes leads to its own file, and the list of registries to their pages."""
    for page, root in pages.items():
        for table in root.xpath("//table[.//th[@data-kv-role='value']]"):
            ancestors = table.xpath("ancestor::figure | ancestor::section | ancestor::div[@data-kv-cell]")
            if page.startswith("endringer"):
                continue
            assert any(element.xpath(".//a[@class='kv-source']") for element in ancestors), page


def test_every_indicator_has_a_row_with_its_rows_of_open_data(
    demo: tuple[Project, RunResult], pages: dict[str, html.HtmlElement]
) -> None:
    """The row names the indicator and leads to a file."""
    site: Path = demo[0].site
    for registry in ("slag", "kols"):
        rows = pages[f"data/{registry}/index.html"].xpath("//tr[starts-with(@id, 'ind-')]")
        files = [row.xpath(".//td/a/@href")[0] for row in rows]
        assert len(files) == len(list((site / "api/v1/data" / registry / "indicators").iterdir()))
        assert all((site / "data" / registry / file).resolve().is_file() for file in files)


def test_a_units_page_leads_to_a_file_with_the_row_of_each_of_its_results(
    demo: tuple[Project, RunResult], pages: dict[str, html.HtmlElement]
) -> None:
    """Every row of its tables, also where the registry has newer, provisional numbers; no scripts are needed."""
    site = demo[0].site.resolve()
    page_count = 0
    for page, root in pages.items():
        rows = root.xpath("//tbody/tr/@data-kv-cell")
        if not page.startswith("sykehus/") or not rows:
            continue
        (link,) = root.xpath("//a[contains(@href, '/units/')]/@href")
        document = json.loads((site / posixpath.dirname(page) / link).read_text("utf-8"))
        names = ("registry_name", "ind_id", "context", "year")
        keys = {"/".join([*(str(row[name]) for name in names), document["orgnr"]]) for row in document["data"]}
        assert {unquote(row) for row in rows} <= keys, page
        page_count += 1
    assert page_count > 20


def test_a_link_names_the_indicator_or_all() -> None:
    """Ids with signs that addresses cannot carry are written as everywhere else."""
    assert 'href="/data/slag/index.qmd#ind-a-b"' in source_link("Kilde", "slag", "a:b")
    assert 'href="/data/slag/index.qmd#indikatorer"' in source_link("Kilde", "slag")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_of_an_explanation_are_complete(language: str) -> None:
    """Every text of the explanation, and each reason why a result is not shown, in each language."""
    texts = texts_by_language()[language]
    assert set(get_translator(language).catalogue["number"]) <= set(texts)
    assert {"secret", "secret_note", "few_patients_note", "low_coverage_note", "caregiver", "nation"} <= set(texts)
    assert all(texts.values())
