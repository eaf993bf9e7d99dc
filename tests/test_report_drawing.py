"""Still drawings: the same places as Vega's own, small, in the page's colours, and a way out for other charts."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
import vl_convert

from kvalreg.report.drawing import CHART_PLACEHOLDER, render_charts
from kvalreg.report.drawing.expressions import UnsupportedError
from kvalreg.report.drawing.svg_renderer import render_svg
from kvalreg.report.figures import FIGURES
from kvalreg.report.figures.theme import FONT_SIZE
from report_example import report, spec_of

WIDTH = 400


def spec(kind: str) -> dict[str, object]:
    """The chart of one kind of figure."""
    made = report().coverage("a_hjelp") if kind == "coverage" else report().figure(kind, "a_hjelp")
    return spec_of(made.markdown)


def points_by_us(svg: str) -> list[tuple[float, float]]:
    """Where circles and other symbols stand inside the axes, in the order drawn."""
    found = re.findall(r'<circle cx="([\d.-]+)" cy="([\d.-]+)"|<path d="M([\d.-]+),([\d.-]+)m', svg)
    return [(float(a or c), float(b or d)) for a, b, c, d in found]


def points_by_vega(chart: dict[str, object], width: float) -> list[tuple[float, float]]:
    """The same of Vega's drawing, with as much room inside the axes."""
    svg = vl_convert.vegalite_to_svg({**chart, "width": width})
    found = []
    for group in re.findall(r'<g class="mark-symbol[^>]*>(.*?)</g>', svg, re.DOTALL):
        for path in re.findall(r"<path[^>]*>", group):
            place = re.search(r"translate\(([\d.-]+),([\d.-]+)\)", path)
            if place and 'stroke-opacity="0"' not in path:
                found.append((float(place[1]), float(place[2])))
    return found


@pytest.mark.parametrize("kind", ["trend", "compare", "funnel", "change"])
def test_symbols_stand_where_vega_puts_them(kind: str) -> None:
    """To half a pixel: the still drawing and the live one are the same picture."""
    chart = spec(kind)
    ours = render_svg(chart, WIDTH)
    offset = re.search(r'<g transform="translate\(([\d.]+)', ours)
    assert offset is not None
    inside = WIDTH - float(offset[1]) - 4
    mine, vegas = points_by_us(ours), points_by_vega(chart, inside)
    assert len(mine) == len(vegas) > 3
    for one, other in zip(mine, vegas, strict=True):
        assert one == pytest.approx(other, abs=0.5)


@pytest.mark.parametrize("kind", sorted(FIGURES))
def test_every_kind_of_figure_is_drawn_without_vega(kind: str) -> None:
    """A drawing is well-formed, scales with its column, names no script or address, and stays small."""
    svg = render_svg(spec(kind), WIDTH)
    root = ElementTree.fromstring(svg)
    assert root.get("width") is None
    assert root.get("viewBox", "").startswith(f"0 0 {WIDTH} ")
    assert "http" not in svg
    assert "<script" not in svg
    assert len(svg) < 15_000


@pytest.mark.parametrize("kind", sorted(FIGURES))
def test_colours_are_the_pages_own(kind: str) -> None:
    """Every colour is a variable of the page with a fallback, so that it follows dark mode and print."""
    colours = re.findall(r'(?:fill|stroke)="([^"]+)"', render_svg(spec(kind), WIDTH))
    assert colours
    assert all(re.fullmatch(r"var\(--kv-[\w-]+,#[0-9a-f]+\)|none", colour) for colour in colours)


def test_words_stay_inside_the_drawing() -> None:
    """A wide letter is about six tenths of its size: no word of an axis begins left of the edge."""
    svg = render_svg(spec("trend"), WIDTH)
    left = float(re.search(r'<g transform="translate\(([\d.]+)', svg)[1])  # type: ignore[index]
    axis = re.search(r'<g transform="translate\((-?\d+),0\)" text-anchor="end">(.*?)</g>', svg)
    assert axis is not None
    words = re.findall(r">([^<]+)</text>", axis[2])
    assert len(words) > 3
    assert all(left + float(axis[1]) - len(word) * 0.6 * FONT_SIZE >= -1 for word in words)


def test_a_chart_of_other_parts_is_refused_and_drawn_by_vega() -> None:
    """A registry's own Altair chart may hold anything: what we do not know, Vega draws."""
    other = {
        "data": {"values": [{"a": "x", "b": 1}, {"a": "y", "b": 2}]},
        "layer": [{"mark": "arc", "encoding": {"theta": {"field": "b", "type": "quantitative"}}}],
        "height": 100,
    }
    with pytest.raises(UnsupportedError):
        render_svg(other, WIDTH)
    text = f'<figure>{CHART_PLACEHOLDER}<script class="kv-spec">{json.dumps(other)}</script></figure>'
    assert render_charts(text).count("<svg") == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"transform": [{"calculate": "1", "as": "x"}]},
        {"mark": {"type": "point", "shape": "star"}},
        {"encoding": {"x": {"field": "a", "type": "quantitative"}}},
        {"mark": {"type": "point", "tooltip": True}},
        {"encoding": {"x": {"aggregate": "count"}}},
        {"mark": {"type": "text", "limit": {"expr": "width>200 ? 80 : 40"}}},
        {"layer": []},
    ],
    ids=["transform", "symbol", "scale", "mark", "count", "expression", "nested"],
)
def test_every_unknown_part_is_refused_by_name(broken: dict[str, object]) -> None:
    """Nothing is drawn wrongly in silence."""
    layer = {"mark": {"type": "point"}, "encoding": {"x": {"value": 1}, "y": {"value": 1}}}
    chart = {"data": {"values": [{"a": 1}]}, "height": 10, "layer": [layer | broken]}
    with pytest.raises(UnsupportedError):
        render_svg(chart, WIDTH)
