"""Charts drawn once as SVG, so that a page shows them at once and without JavaScript.

Comes in: a page's text with figures that hold a Vega-Lite spec and are not drawn yet. Goes out: the same text with
each drawing in its place. Charts that keep to a few plain parts of Vega-Lite, as all of our own do, are drawn here in
about a millisecond; others are drawn by Vega itself, which takes a hundred (docs/decisions/007).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from kvalreg.report.drawing.expressions import UnsupportedError
from kvalreg.report.drawing.svg_renderer import render_svg

CHART_PLACEHOLDER = "<!-- not drawn yet -->"
DEFER_CHARTS = "KVALREG_DRAW_LATER"
"""Environment variable that the batch sets for its kernels: it draws the figures itself."""
STATIC_WIDTH = 400
"""Pixels across a drawing, which scales with its column."""

_SPEC_SCRIPT = re.compile(r'<script[^>]*class="kv-spec">')


def render_charts(text: str) -> str:
    """A page's text with every figure drawn."""
    head, *figures = text.split(CHART_PLACEHOLDER)
    return "".join((head, *(_figure_svg(figure) + figure for figure in figures)))


def _figure_svg(figure: str) -> str:
    """The drawing of the spec that stands in the figure whose rest this is; its place again where there is none."""
    spec = _SPEC_SCRIPT.search(figure, 0, figure.find("</figure>") + 1 or len(figure))
    end = figure.find("</script>", spec.end()) if spec else -1
    return _svg_from_json(figure[spec.end() : end]) if spec and end >= 0 else CHART_PLACEHOLDER


def svg_or_placeholder(chart: Mapping[str, Any]) -> str:
    """The drawing of a chart that keeps to the plain parts; the place for Vega's of any other."""
    try:
        return render_svg(chart, STATIC_WIDTH)
    except UnsupportedError:
        return CHART_PLACEHOLDER


def render_unless_deferred(text: str) -> str:
    """The text drawn, unless the batch will do it."""
    return text if os.environ.get(DEFER_CHARTS) else render_charts(text)


@lru_cache(maxsize=512)
def _svg_from_json(spec: str) -> str:
    """The chart of a spec, scalable: without a fixed size, script or foreign address."""
    chart = json.loads(spec)
    try:
        return render_svg(chart, STATIC_WIDTH)
    except UnsupportedError:
        return _render_with_vega(chart)


def _render_with_vega(chart: dict[str, object]) -> str:
    import vl_convert  # a process that has used it cannot be forked, so it is loaded only where it is needed

    svg = str(vl_convert.vegalite_to_svg({**chart, "width": STATIC_WIDTH}))
    return re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"', r"<svg \1", svg, count=1)
