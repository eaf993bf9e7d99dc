"""A chart's rows are told once: what the figure's file and table tell, its spec does not, and nothing is lost."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from kvalreg.report.figures import FIGURES, component
from kvalreg.report.figures.chart_data import compact_data, to_columns
from kvalreg.report.figures.component import FigureCell, FigureRow
from report_example import report, spec_of

FILE: list[dict[str, Any]] = [
    {"orgnr": "1", "unit": "Vik", "value": 0.5, "low": 0.4, "shown": "true"},
    {"orgnr": "2", "unit": "Li", "value": None, "low": None, "shown": "false"},
    {"orgnr": "3", "unit": "Å", "value": 1, "low": 0.9, "shown": "true"},
]
LINES = [
    FigureRow((FigureCell("Å"), FigureCell("100 av 100", 1), FigureCell("Sikkert høy", 0)), "3"),
    FigureRow((FigureCell("Vik"), FigureCell("50 av 100", 0.5), FigureCell("Lav", 4)), "1"),
]


def rows(**more: tuple[Any, Any]) -> list[dict[str, Any]]:
    """The two shown units, with further fields."""
    own = [{"orgnr": "1", "unit": "Vik", "value": 0.5}, {"orgnr": "3", "unit": "Å", "value": 1}]
    return [row | {name: values[at] for name, values in more.items()} for at, row in enumerate(own)]


def test_what_file_and_table_tell_is_not_told_again() -> None:
    """Value and limit stand in the file, text and order in the table's columns, whichever way its lines are sorted."""
    told = compact_data(rows(low=(0.4, 0.9), text=("50 av 100", "100 av 100"), rank=(4, 0)), FILE, LINES)
    assert told == {"table": {"text": 1}, "sorts": {"rank": 2}}


def test_what_differs_is_told_in_full() -> None:
    """One digit, one letter, or a number for a text: the whole column stands in the spec, with its units."""
    told = compact_data(rows(low=(0.41, 0.9), text=("50 av 100", "99 av 100"), rank=("4", "0")), FILE, LINES)
    own = {"orgnr": ["1", "3"], "low": [0.41, 0.9], "text": ["50 av 100", "99 av 100"], "rank": ["4", "0"]}
    assert told == {"table": {}, "sorts": {}, "columns": own}


@pytest.mark.parametrize(
    "file",
    [FILE[::-1], FILE[:1], [*FILE, FILE[0]], [{**row, "unit": "Vik\nsykehus"} for row in FILE]],
    ids=["other order", "one missing", "one twice", "a name of two lines"],
)
def test_a_file_with_other_rows_tells_nothing(file: list[dict[str, Any]]) -> None:
    """Then every field stands in the spec."""
    told = compact_data([*rows(), {"orgnr": "4", "unit": "Nes"}, {"orgnr": "5", "unit": "Elv"}], file, LINES)
    assert list(told) == ["columns"]
    assert list(told["columns"]) == ["orgnr", "unit", "value"]


def test_a_few_rows_stay_rows() -> None:
    """Three zones are as short with their names."""
    assert to_columns(rows()) == rows()
    assert to_columns(rows() * 2)["orgnr"] == ["1", "3", "1", "3"]  # type: ignore[call-overload]


@pytest.mark.parametrize("kind", sorted(FIGURES))
def test_no_figure_loses_a_row(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put together by another reader, the rows are the chart's own."""
    given: list[dict[str, Any]] = []

    def seen(rows: list[dict[str, Any]], *beside: Any) -> dict[str, Any]:
        given.extend(rows)
        return compact_data(rows, *beside)

    monkeypatch.setattr(component, "compact_data", seen)
    html = (report().coverage("a_hjelp") if kind == "coverage" else report().figure(kind, "a_hjelp")).markdown
    wanted = [{name: value for name, value in row.items() if value is not None} for row in given]
    whole = spec_of(html)["data"]["values"]
    assert [{name: row[name] for name in want} for row, want in zip(whole, wanted, strict=True)] == wanted
    assert len(wanted) > 3
    told = re.search(r'class="kv-spec">(.*?)</script>', html, re.DOTALL)
    assert told is not None
    assert "values" not in json.loads(told[1])["data"]
