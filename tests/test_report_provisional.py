"""Results so far this year: no level of achievement is said or drawn without the mark that it is provisional."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import html5lib
import pytest

from kvalreg.pipeline import RunResult
from kvalreg.project import Project
from kvalreg.report import Report
from kvalreg.report.markup import html_parts
from kvalreg.report.translation import get_translator
from report_example import example

YEAR = 2026
MARK = re.compile("foreløpig", re.IGNORECASE)
LEVEL = re.compile(
    r"(?:høy|middels|lav) måloppnåelse|sikkert (?:høy|middels|lav)|(?:høy|middels|lav), (?:men|usikkerheten)"
    "|nådde målet",
    re.IGNORECASE,
)
CODES = re.compile(r'"(?:achievement|at|level)": ?"(?:high|moderate|low)"')


def text_of(element: Any) -> str:
    """The words of an element, without those of scripts and styles."""
    own = "" if element.tag in ("script", "style") else element.text or ""
    return own + "".join(text_of(child) + (child.tail or "") for child in element if isinstance(child.tag, str))


def levels_in(tree: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Every element that says or draws a level, and the elements around it from the outside in."""

    def walk(element: Any, around: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
        own = " ".join([element.text or "", element.get("aria-label") or "", element.get("title") or ""])
        symbol = "kv-level" in (element.get("class") or "").split()
        data = element.tag == "script" and CODES.search(element.text or "")
        words_ = element.tag not in ("style", "script") and (LEVEL.search(own) or symbol)
        if words_ or data:
            yield element, around
        for child in element:
            if isinstance(child.tag, str):
                yield from walk(child, [*around, element])

    yield from walk(tree, [])


def is_marked(element: Any, around: list[Any]) -> bool:
    """Whether the element, or the nearest thing around it that stands for itself, says that it is provisional.

    In tables over the years, a row of an earlier year needs no mark: its first cell is that year.
    """
    if MARK.search(text_of(element) + (element.get("aria-label") or "")):
        return True
    for holder in reversed(around):
        if holder.tag == "tr":
            year = re.match(r"\s*(20\d\d)", text_of(holder[0]))
            if year and int(year[1]) < YEAR:
                return True
            if MARK.search(text_of(holder)):
                return True
        if holder.tag == "table":
            captions = [child for child in holder if child.tag == "caption"]
            if any(MARK.search(text_of(caption)) for caption in captions):
                return True
        if holder.tag == "figure":
            caption = next(child for child in holder if child.tag == "figcaption")
            return bool(MARK.search(text_of(caption)))
        if holder.tag in ("li", "p") and MARK.search(text_of(holder)):
            return True
    return False


def explains(element: Any) -> bool:
    """Whether the element tells what levels are, not which level a result has: a legend, a method, a filter."""
    classes = (element.get("class") or "").split()
    return element.tag in ("option", "label", "button", "legend") or bool({"kv-legend", "kv-method"} & set(classes))


def test_no_level_of_an_interim_page_is_without_the_mark(demo: tuple[Project, RunResult]) -> None:
    """Messages, texts, tables, figures and their data, on the page of 2026 so far."""
    page = demo[0].site / "registre" / "slag" / "2026-forelopig" / "index.html"
    tree = html5lib.parse(page.read_bytes(), namespaceHTMLElements=False)
    main = next(element for element in tree.iter() if element.tag == "main")
    found = [(element, around) for element, around in levels_in(main) if not explains(element)]
    assert len(found) >= 50
    bare = [(element.tag, " ".join(text_of(element).split())[:90]) for element, around in found
            if not is_marked(element, around)]  # fmt: skip
    assert bare == []


def test_what_a_reader_is_told_of_their_own_hospital_is_marked(demo: tuple[Project, RunResult]) -> None:
    """The sentences and levels that the page fills in, wherever they lie: in the page or in a file beside it."""
    folder = demo[0].site / "registre" / "slag" / "2026-forelopig"
    beside = folder / "enheter.json"
    blocks = json.loads(beside.read_text("utf-8")) if beside.exists() else []
    assert blocks
    told = [unit for block in blocks for unit in block["units"].values() if unit["shown"] and unit["level"]]
    assert told
    assert all(MARK.search(unit["levelText"]) and MARK.search(unit["text"]) for unit in told)


def test_a_final_page_has_no_such_mark(demo: tuple[Project, RunResult]) -> None:
    """2025 is final: a mark there would make readers doubt it."""
    page = demo[0].site / "registre" / "slag" / "2025" / "index.html"
    tree = html5lib.parse(page.read_bytes(), namespaceHTMLElements=False)
    main = next(element for element in tree.iter() if element.tag == "main")
    assert not MARK.search(text_of(main))


@pytest.mark.parametrize(("language", "mark"), [("nb", "foreløpig"), ("nn", "førebels"), ("en", "provisional")])
def test_every_figure_with_provisional_numbers_says_so(language: str, mark: str) -> None:
    """In its caption and in the text for those who do not see it, in every language."""
    report = Report(example("2023-12-31"), 2024, "interim", get_translator(language, "nb"))
    for kind in ("trend", "compare", "funnel", "levels"):
        figure = report.figure(kind, "a_hjelp").markdown
        caption = re.search("<figcaption>(.*?)</figcaption>", figure)
        label = re.search('aria-label="([^"]*)"', figure)
        assert caption is not None
        assert label is not None
        assert mark in caption[1], kind
        assert mark in label[1], kind


def test_the_figures_files_say_which_rows_are_provisional() -> None:
    """A level in a downloaded file stands beside its mark too."""
    report = Report(example("2023-12-31"), 2024, "interim", get_translator("nb"))
    for kind in ("trend", "compare", "levels"):
        address = re.search(r'href="(data:text/csv[^"]*)"', report.figure(kind, "a_hjelp").markdown)
        assert address is not None
        rows = list(csv.DictReader(io.StringIO(unquote(address[1]).partition(",")[2].lstrip("\ufeff")), delimiter=";"))
        assert {row["year"]: row["provisional"] for row in rows}["2024"] == "true", kind


def test_a_registry_without_final_results_says_so_at_the_top() -> None:
    """Its own page tells of results so far, and begins with the mark."""
    report = Report(example("2018-12-31"), 2024, "interim", get_translator("nb"))
    assert "kv-provisional" in report.introduction().markdown
    assert all(MARK.search(part) for part in html_parts(report.message().markdown))
