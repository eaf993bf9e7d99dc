"""Quality improvement work on a trend: when it went on, told by letter, text and table, and never that it worked."""

from __future__ import annotations

import re
from dataclasses import replace

from kvalreg.inputs.descriptor_texts import QualityImprovement
from kvalreg.report import Report
from kvalreg.report.drawing import STATIC_WIDTH, render_charts
from kvalreg.report.drawing.svg_renderer import render_svg
from kvalreg.report.figures.improvement_projects import letters_in_year, project_bars
from kvalreg.report.translation import get_translator
from report_example import example, spec_of
from unmarked import unmarked


def work(title: str, period: str) -> QualityImprovement:
    """A piece of work that concerns the example's indicator."""
    told = {"title": title, "description": "Vi gjør noe.", "status": "ongoing", "initiated_by": "Registeret"}
    return QualityImprovement.model_validate({**told, "period": period, "indicators": ["a_hjelp"]})


def report_with(*works: QualityImprovement) -> Report:
    """The example of 2019-2024, with this work."""
    published = example()
    registry = published.registry.model_copy(update={"quality_improvement": works})
    source = replace(published.source, registry=registry)
    return Report(replace(published, source=source), 2024, "final", get_translator("nb"))


def test_work_is_named_in_the_order_in_which_it_began() -> None:
    """A began first; work that overlaps stands in a lane of its own, and a lane is used again when it is free."""
    found = project_bars([work("to", "2021-2022"), work("en", "2020-2021"), work("tre", "2022-")], range(2019, 2025))
    assert [(one.letter, one.project.title, one.first, one.last, one.lane) for one in found] == [
        ("A", "en", 2020, 2021, 0),
        ("B", "to", 2021, 2022, 1),
        ("C", "tre", 2022, 2024, 0),
    ]
    assert letters_in_year(found, 2021) == "A, B"
    assert letters_in_year(found, 2019) == ""


def test_only_years_of_the_figure_are_drawn() -> None:
    """A period is cut at the edges; one outside of them, or without years, is not drawn."""
    works = [work("før", "2010-2015"), work("delvis", "2015-2020"), work("planlagt", "2027"), work("uklart", "i fjor")]
    assert [(one.project.title, one.first, one.last) for one in project_bars(works, range(2019, 2025))] == [
        ("delvis", 2019, 2020)
    ]


def test_the_trend_tells_of_work_in_drawing_text_and_table() -> None:
    """The letter is in the chart, its drawing, the alternative text, the table and the note below."""
    html = report_with(work("Egen plass <her>", "2021-2022")).trend("a_hjelp").markdown
    assert spec_of(html)["datasets"]["works"] == [{"year": 2021, "to": 2022, "lane": 0, "letter": "A"}]
    assert ">A</text>" in render_charts(html)
    assert "viser når det ble jobbet med å bli bedre: A 2021-2022." in html
    assert html.count("<td>A</td>") == 2
    assert html.count("<td></td></tr>") == 4
    assert "A: Egen plass &lt;her&gt; (2021-2022)" in unmarked(html)
    assert "De sier ikke om arbeidet har virket." in html


def test_a_trend_without_work_says_nothing_of_it() -> None:
    """No column, no note, no room above the figure."""
    html = report_with().trend("a_hjelp").markdown
    assert "Arbeid" not in html
    assert "jobbet" not in html


def test_the_still_drawing_has_the_bars() -> None:
    """Without JavaScript too: a bar per lane with square ends, above the plot, whose room grows with the lanes."""
    works = [work("en", "2020-2021"), work("to", "2021-2022")]
    spec = spec_of(report_with(*works).trend("a_hjelp").markdown)
    drawn = render_svg(spec, STATIC_WIDTH)
    assert drawn.count('stroke-linecap="square"') == 2
    lanes = re.findall(r'stroke-linecap="square"[^>]*><path d="M[\d.]+,([-\d.]+)H', drawn)
    assert [float(lane) < 0 for lane in lanes] == [True, True]
    plain = render_svg(spec_of(report_with().trend("a_hjelp").markdown), STATIC_WIDTH)

    def height(svg: str) -> float:
        return float(svg.split('viewBox="0 0 ')[1].split('"')[0].split()[1])

    room, target = 37, 18  # two lanes; the target's word, which stands on the upper edge here and needs room anyhow
    assert height(drawn) - height(plain) == room - target
