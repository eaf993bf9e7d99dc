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
from kvalreg.report.drawing.still import still

UNDRAWN = "<!-- not drawn yet -->"
DRAW_LATER = "KVALREG_DRAW_LATER"
"""Environment variable that the batch sets for its kernels: it draws the figures itself."""
STATIC_WIDTH = 400
"""Pixels across a drawing, which scales with its column."""

_SPEC = re.compile(r'<script[^>]*class="kv-spec">')


def draw(text: str) -> str:
    """A page's text with every figure drawn."""
    before, *figures = text.split(UNDRAWN)
    return "".join((before, *(_drawn(figure) + figure for figure in figures)))


def _drawn(figure: str) -> str:
    """The drawing of the spec that stands in the figure whose rest this is; its place again where there is none."""
    spec = _SPEC.search(figure, 0, figure.find("</figure>") + 1 or len(figure))
    end = figure.find("</script>", spec.end()) if spec else -1
    return _svg(figure[spec.end() : end]) if spec and end >= 0 else UNDRAWN


def drawing(chart: Mapping[str, Any]) -> str:
    """The drawing of a chart that keeps to the plain parts; the place for Vega's of any other."""
    try:
        return still(chart, STATIC_WIDTH)
    except UnsupportedError:
        return UNDRAWN


def draw_now(text: str) -> str:
    """The text drawn, unless the batch will do it."""
    return text if os.environ.get(DRAW_LATER) else draw(text)


@lru_cache(maxsize=512)
def _svg(spec: str) -> str:
    """The chart of a spec, scalable: without a fixed size, script or foreign address."""
    chart = json.loads(spec)
    try:
        return still(chart, STATIC_WIDTH)
    except UnsupportedError:
        return _by_vega(chart)


def _by_vega(chart: dict[str, object]) -> str:
    import vl_convert  # a process that has used it cannot be forked, so it is loaded only where it is needed

    svg = str(vl_convert.vegalite_to_svg({**chart, "width": STATIC_WIDTH}))
    return re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"', r"<svg \1", svg, count=1)
