"""The units' years: one file per indicator and language, with the numbers of the cells and nothing of a hidden one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pandas as pd

from kvalreg.disclosure.published import PublishedResults
from kvalreg.report.drawing import render_charts
from kvalreg.report.report import Report
from kvalreg.report.selected_unit import SERIES_FIELDS
from kvalreg.report.translation import get_translator
from kvalreg.site.latest_results import LatestResults
from kvalreg.site.lazy_data import extract_lazy_data
from kvalreg.site.series import series_files
from kvalreg.site.staging import Page
from report_example import report

FILE = "registre/alfa/indikator/a_hjelp/utvikling.json"


def rows(published: PublishedResults, language: str = "nb", address: str = FILE) -> list[list[Any]]:
    """The rows of the first indicator's file."""
    (block,) = json.loads(series_files(LatestResults(published), language)[address])
    assert (block["ind_id"], block["context"]) == ("a_hjelp", "caregiver")
    series: list[list[Any]] = block["series"]
    return series


def test_years_have_the_numbers_of_their_cells() -> None:
    """Li in 2019 had 85 of 100, with Wilson's interval 76.7 to 90.7 %."""
    row = next(row for row in rows(report().published) if row[:2] == ["112", 2019])
    assert dict(zip(SERIES_FIELDS, row, strict=True)) == {
        "orgnr": "112",
        "year": 2019,
        "value": 0.85,
        "low": 0.7672,
        "high": 0.9069,
        "provisional": 0,
        "text": "85 av 100",
    }


def test_every_shown_year_of_every_unit_is_there_and_no_hidden_one() -> None:
    """Nine hospitals, two HFs and the RHF over six years, but for Å in 2024 and Vik in 2021, and what protects them."""
    published = report().published
    cells = published.cells[(published.cells["ind_id"] == "a_hjelp") & published.cells["shown"]]
    keys = [(orgnr, year) for orgnr, year, *_ in rows(published)]
    assert keys == sorted(keys)
    for level in ("hospital", "hf", "rhf"):
        assert set(keys) >= set(cells[cells["level"] == level][["orgnr", "year"]].itertuples(index=False, name=None))
    assert ("122", 2024) not in keys
    assert ("111", 2021) not in keys
    assert "0" not in {orgnr for orgnr, _ in keys}


def test_only_indicators_that_are_shown_have_a_file() -> None:
    """The coverage that others refer to has no page of its own, and no file."""
    names = {address.split("/")[3] for address in series_files(LatestResults(report().published), "nb")}
    assert names == {"a_hjelp", "a_dager"}


def test_another_language_has_files_of_its_own() -> None:
    """In that language's folder, in its words."""
    row = next(row for row in rows(report().published, "en", f"en/{FILE}") if row[:2] == ["112", 2019])
    assert row[-1] == "85 of 100"


def test_pages_of_every_kind_and_language_lead_to_the_file() -> None:
    """A year's page, the registry's own, an indicator's, and an English one: the same cells, seen from each."""
    source_by_page = {}
    for address, language in [
        ("registre/alfa/2024/index.qmd", "nb"),
        ("registre/alfa/index.qmd", "nb"),
        ("registre/alfa/indikator/a_hjelp/index.qmd", "nb"),
        ("en/registre/alfa/2024/index.qmd", "en"),
    ]:
        page = Page(address, "Alfa", report().units("a_hjelp").markdown, language)
        (page_without_data,), files = extract_lazy_data([page])
        assert [name.removeprefix(address.removesuffix("index.qmd")) for name in files] == ["enheter.json"]
        source_by_page[address] = page_without_data.body.split('data-src="')[2].split('"')[0]
    assert list(source_by_page.values()) == [
        "../indikator/a_hjelp/utvikling.json",
        "indikator/a_hjelp/utvikling.json",
        "utvikling.json",
        "../indikator/a_hjelp/utvikling.json",
    ]


def test_a_template_stands_once_on_a_page() -> None:
    """The layers stand with the first of two figures of a kind; put together again, every chart is what it was."""
    charts = [
        report().trend("a_hjelp"),
        report().compare("a_hjelp"),
        report().trend("a_hjelp"),
        report().levels("a_hjelp"),
    ]
    body = "\n\n".join(render_charts(chart.markdown) for chart in charts)
    (page_without_data,), _ = extract_lazy_data([Page("registre/alfa/2024/index.qmd", "Alfa", body, "nb")])
    specs = [json.loads(original) for original in re.findall(r'class="kv-spec">(.*?)</script>', page_without_data.body)]
    shared = dict(re.findall(r'class="kv-template" id="([\w-]+)">(.*?)</script>', page_without_data.body))
    assert [spec.get("template") for spec in specs] == ["kv-template-1", None, "kv-template-1", None]
    assert list(shared) == ["kv-template-1"]
    whole = [spec | json.loads(shared.get(spec.pop("template", ""), "{}")) for spec in specs]
    assert whole == [json.loads(original) for original in re.findall(r'class="kv-spec">(.*?)</script>', body)]
    assert re.sub(
        r'<script type="application/json" class="kv-(?:spec|template)".*?</script>\n?', "", page_without_data.body
    ) == (re.sub(r'<script type="application/json" class="kv-spec".*?</script>\n?', "", body))


def test_indicators_that_read_the_same_in_an_address_keep_apart() -> None:
    """``a.hjelp`` and ``a hjelp``: each page leads to the file that its own indicator has."""
    whole, ids = report().published, ("a.hjelp", "a hjelp")
    twins = tuple(whole.registry.indicators[0].model_copy(update={"id": name}) for name in ids)
    source = replace(whole.source, registry=whole.registry.model_copy(update={"indicators": twins}))
    cells = whole.cells[whole.cells["ind_id"] == "a_hjelp"]
    shown = [presentation for presentation in whole.presentations if presentation.ind_id == "a_hjelp"]
    published = PublishedResults(
        source,
        pd.concat([cells.assign(ind_id=name) for name in ids], ignore_index=True),
        tuple(replace(presentation, ind_id=name) for presentation in shown for name in ids),
    )
    twin_report = Report(published, 2024, "final", get_translator("nb"))
    body = (twin_report.units("a.hjelp") + twin_report.units("a hjelp")).markdown
    (page_without_data,), files = extract_lazy_data([Page("registre/alfa/2024/index.qmd", "Alfa", body, "nb")])
    assert [presentation["ind_id"] for presentation in json.loads(files["registre/alfa/2024/enheter.json"])] == [
        "a.hjelp",
        "a hjelp",
    ]
    linked_files = {part.split('"')[0] for part in page_without_data.body.split('data-src="')[1:]} - {"enheter.json"}
    existing_files = {
        address.replace("registre/alfa/", "../") for address in series_files(LatestResults(published), "nb")
    }
    assert len(linked_files) == 2
    assert linked_files == existing_files
