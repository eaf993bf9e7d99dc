"""Figures: published cells only, the component's parts, valid Vega-Lite, words and numbers that agree."""

from __future__ import annotations

import re
from pathlib import Path

import altair as alt
import pytest

from kvalreg.report import Report
from kvalreg.report.figures import FIGURES
from kvalreg.report.figures.theme import round_ticks
from kvalreg.report.translation import get_translator
from report_example import SHARES, csv_of, example, report, spec_of
from unmarked import unmarked

HIDDEN = {"122"}
"""Too few patients in 2024. With it, one more must be hidden, since the nation and the HF are shown."""


def figure(kind: str, ind_id: str = "a_hjelp", **options: object) -> str:
    """A figure of 2024 as Markdown."""
    if kind == "coverage":
        return report().coverage(ind_id).markdown
    return report().figure(kind, ind_id, "caregiver", **options).markdown


def hidden_units() -> set[str]:
    """The units whose cell of 2024 is not shown."""
    return {
        cell["orgnr"] for cell in report().view(report().indicators[0], "caregiver").current_units if not cell["shown"]
    }


@pytest.mark.parametrize("kind", sorted(FIGURES))
def test_a_figure_has_every_part_of_the_component(kind: str) -> None:
    """Address, identity, caption, words for the blind, a place for the drawing, table, file, link to itself, chart."""
    html = figure(kind)
    anchor = re.search(r'<figure class="kv-figure" id="([^"]+)"', html)
    assert anchor is not None
    for part in (
        f'data-figure="{kind}"',
        'data-ind="a_',
        'data-context="caregiver"',
        'data-png="Last ned',
        'data-svg="Last ned',
        "<figcaption>",
        'role="img" aria-label="',
        "<svg viewBox",
        "<summary>Vis tallene i en tabell</summary>",
        "data-sortable",
        'class="kv-csv" download="',
        f'<a class="kv-address" href="#{anchor[1]}"',
        'class="kv-spec">',
    ):
        assert part in html


@pytest.mark.parametrize("kind", sorted(FIGURES))
def test_a_chart_is_valid_vega_lite(kind: str) -> None:
    """Charts are made without Altair's checks, for speed; here the whole of each is checked against its schema."""
    spec = spec_of(figure(kind))
    alt.LayerChart.from_dict(spec).to_dict()
    assert spec["params"][0] == {"name": "chosen", "value": ""}


def test_a_trend_may_hold_units_from_the_start() -> None:
    """Units asked for stand beside the nation, each with its own rows; such a chart is valid too."""
    spec = spec_of(report().trend("a_hjelp", units=["111", "123"]).markdown)
    assert {row["unit"] for row in spec["datasets"]["units"]} == {"Vik", "Elv"}
    alt.LayerChart.from_dict(spec).to_dict()


@pytest.mark.parametrize("kind", ["compare", "funnel", "change"])
def test_a_hidden_unit_is_in_no_chart(kind: str) -> None:
    """It stands in the table with the word and the sign of its note, or nowhere; its file row holds no number."""
    hidden = hidden_units()
    assert hidden >= HIDDEN
    html = figure(kind)
    spec = spec_of(html)
    assert {row["orgnr"] for row in spec["data"]["values"]}.isdisjoint(hidden)
    for row in csv_of(html):
        if row["orgnr"] in hidden:
            assert [row[name] for name in ("value", "low", "high", "denominator", "achievement")] == [""] * 5
            assert (row["shown"], row["footnote"]) == ("false", "hidden")
    for orgnr in hidden if kind == "compare" else ():
        line = re.search(rf'<tr data-unit="{orgnr}">(.*?)</tr>', html)
        assert line is not None
        assert re.findall(r"<td[^>]*>(.*?)</td>", line[1]) == ["Vises ikke\xa0*", "", "", ""]
    assert ("* Vises ikke: færre enn 5 pasienter" in html) == (kind == "compare")


def test_a_hidden_year_leaves_a_gap() -> None:
    """Vik's 2021 has no value in the chart, so that no line is drawn across it."""
    rows = spec_of(report().trend("a_hjelp", units=["111"]).markdown)["datasets"]["units"]
    by_year = {row["year"]: row for row in rows}
    assert by_year[2021] == {"year": 2021, "unit": "Vik"}
    assert by_year[2020]["value"] == 0.92
    assert by_year[2024]["last"] == 1


def test_provisional_years_are_marked() -> None:
    """Complete until 2023-12-31: 2024 is provisional, in the chart and in the table."""
    html = Report(example("2023-12-31"), 2024, "interim", get_translator("nb")).trend("a_hjelp").markdown
    rows = spec_of(html)["data"]["values"]
    assert [row["year"] for row in rows if row["provisional"]] == [2024]
    assert "2024 (foreløpig)" in html


def test_the_file_the_table_and_the_chart_agree() -> None:
    """Li had 90 of 100: the same number in all three places."""
    html = figure("compare")
    row = next(row for row in csv_of(html) if row["orgnr"] == "112")
    assert (row["value"], row["denominator"], row["shown"]) == ("0,9", "100", "true")
    drawn = next(row for row in spec_of(html)["data"]["values"] if row["orgnr"] == "112")
    assert (drawn["value"], drawn["text"]) == (0.9, "90 av 100")
    assert '<td data-sort="0.9">90 av 100</td>' in html


def test_units_are_ordered_by_value_name_or_certainty() -> None:
    """The nation leads. By value the best is first; by name as written; by certainty the surely high before others."""
    units = {
        order: [row["unit"] for row in spec_of(figure("compare", order=order))["data"]["values"]]
        for order in ("value", "name", "certainty")
    }
    assert {names[0] for names in units.values()} == {"Hele landet"}
    assert units["value"][1] == "Vik"
    assert units["value"][-1] == "Elv"
    assert units["name"][1:] == sorted(units["name"][1:])
    assert units["certainty"][-1] == "Elv"
    with pytest.raises(ValueError, match="value, name, certainty"):
        figure("compare", order="luck")


def test_a_median_without_spread_has_no_interval_and_no_funnel() -> None:
    """No uncertainty is claimed where the delivery holds none."""
    spec = spec_of(figure("compare", "a_dager"))
    assert all("low" not in row for row in spec["data"]["values"])
    assert figure("funnel", "a_dager") == ""


def test_a_funnel_says_what_it_shows_in_numbers() -> None:
    """Every unit that is shown has a verdict in words, and the alternative text counts them."""
    html = figure("funnel")
    counted = re.search(r"Som forventet: (\d+)\. Mulig avvik: (\d+)\. Avvik: (\d+)\.", html)
    assert counted is not None
    said = [row["said"] for row in spec_of(html)["data"]["values"]]
    words = ("Som forventet", "Mulig avvik", "Avvik som bør undersøkes")
    assert [int(count) for count in counted.groups()] == [said.count(word) for word in words]
    assert len(said) == len(SHARES) - len(hidden_units())


def test_levels_count_the_shown_units_of_each_year() -> None:
    """2019: shares are five lower, so 91 (Vik), 85, 80, 73, 87, 86, 55, 83 and 88: one high, six moderate, two low."""
    html = unmarked(figure("levels"))
    assert '<tr><th scope="row">2019</th><td>1</td>' in html
    row = csv_of(html)[0]
    assert row == {"year": "2019", "provisional": "false", "units_high": "1", "units_moderate": "6", "units_low": "2"}
    assert sum(SHARES[orgnr] - 5 >= 90 for orgnr in SHARES) == 1


def test_change_takes_units_with_both_years() -> None:
    """Every shown unit has gained one of 100 since 2023, which is no sure change."""
    html = figure("change")
    values = spec_of(html)["data"]["values"]
    assert {row["orgnr"] for row in values} == set(SHARES) - hidden_units()
    assert {row["change"] for row in values} == {"unclear"}
    assert f"Ingen sikker endring: {len(values)}." in html


def test_coverage_is_of_the_year_in_which_it_was_measured() -> None:
    """2023 is the newest year with coverage, seen from 2024."""
    html = figure("coverage")
    assert "Dekningsgrad for sykehus i 2023" in html
    assert 'data-ind="a_dg"' in html


def test_a_registrys_words_are_escaped() -> None:
    """A title with signs of HTML is text in attributes and in the chart's JSON."""
    html = figure("compare")
    assert "Fikk &lt;hjelp&gt; &amp; støtte" in html
    assert "<hjelp>" not in html


def test_too_little_to_show_is_nothing() -> None:
    """In the first year there is no trend, no change and no levels over time."""
    first = report(2019)
    assert [first.figure(kind, "a_hjelp").markdown for kind in ("trend", "change", "levels")] == ["", "", ""]


@pytest.mark.parametrize(
    ("ends", "ticks"),
    [
        ((0.76, 0.91), [0.75, 0.8, 0.85, 0.9, 0.95]),
        ((0, 3.2), [0, 1, 2, 3, 4]),
        ((5, 5), [5, 6]),
        ((-0.08, 0.075), [-0.1, -0.05, 0, 0.05, 0.1]),
    ],
)
def test_axes_run_between_round_numbers(ends: tuple[float, float], ticks: list[float]) -> None:
    """About five steps of 1, 2 or 5, from the round number below to the one above."""
    assert round_ticks(*ends) == ticks


@pytest.mark.parametrize("kind", sorted(FIGURES))
def test_every_figure_is_documented(kind: str) -> None:
    """A figure has its line in docs/figures.md."""
    text = (Path(__file__).parents[1] / "docs" / "figures.md").read_text("utf-8")
    assert f"| `{kind}` | `report.{kind}(" in text
