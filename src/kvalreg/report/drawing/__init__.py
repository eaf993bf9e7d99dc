"""Static SVG of charts, so that a page displays them immediately and without JavaScript.

Input: a page's text whose figures have a Vega-Lite spec and a placeholder. Output: the same text with an SVG instead of
each placeholder. Charts within the supported subset of Vega-Lite, such as all of our own, are rendered here in about a
millisecond; others are rendered by Vega, which takes a hundred (docs/decisions/007).
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
DEFER_CHARTS = "KVALREG_DEFER_CHARTS"
"""Environment variable that a build sets for its kernels: it renders the remaining charts itself."""
STATIC_WIDTH = 400
"""Width of an SVG in pixels; on the page it scales with its column."""

_SPEC_SCRIPT = re.compile(r'<script[^>]*class="kv-spec">')


def render_charts(text: str) -> str:
    """A page's text with every chart rendered."""
    # The placeholder precedes the spec of its figure, so each part after a split begins with its own figure's rest.
    head, *figures = text.split(CHART_PLACEHOLDER)
    return "".join((head, *(_figure_svg(figure) + figure for figure in figures)))


def _figure_svg(figure: str) -> str:
    """The SVG of a figure whose text after the placeholder this is; the placeholder again when it has no spec."""
    # The search ends at this figure's end, so that a figure without a spec does not get the next one's chart.
    spec = _SPEC_SCRIPT.search(figure, 0, figure.find("</figure>") + 1 or len(figure))
    end = figure.find("</script>", spec.end()) if spec else -1
    return _svg_from_json(figure[spec.end() : end]) if spec and end >= 0 else CHART_PLACEHOLDER


def svg_or_placeholder(chart: Mapping[str, Any]) -> str:
    """The SVG of a chart within the supported subset; the placeholder for any other, which Vega renders later."""
    try:
        return render_svg(chart, STATIC_WIDTH)
    except UnsupportedError:
        return CHART_PLACEHOLDER


def render_unless_deferred(text: str) -> str:
    """The text with every chart rendered, unless the build does it."""
    return text if os.environ.get(DEFER_CHARTS) else render_charts(text)


@lru_cache(maxsize=512)
def _svg_from_json(spec: str) -> str:
    """The SVG of a spec: scalable, without script or external URL."""
    # Cached: a page in several languages often has the same chart, and so have a preview's renderings.
    chart = json.loads(spec)
    try:
        return render_svg(chart, STATIC_WIDTH)
    except UnsupportedError:
        return _render_with_vega(chart)


def _render_with_vega(chart: dict[str, object]) -> str:
    # vl-convert starts threads of a JavaScript engine, and a process with threads cannot be forked safely: it is
    # imported only when it is needed, and never in the process that kernels are forked from.
    import vl_convert

    svg = str(vl_convert.vegalite_to_svg({**chart, "width": STATIC_WIDTH}))
    # Without a fixed size the SVG scales with its viewBox.
    return re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"', r"<svg \1", svg, count=1)
