"""Charts drawn once as SVG, so that a page shows them at once and without JavaScript.

Comes in: a page's text with figures that hold a Vega-Lite spec and are not drawn yet. Goes out: the same text with
each drawing in its place. A notebook shows its figures drawn; on the way to a page the batch draws them, in a process
that has Vega at hand and draws many: starting it takes longer than a drawing.
"""

from __future__ import annotations

import json
import os
import re
from functools import lru_cache

import vl_convert

UNDRAWN = "<!-- not drawn yet -->"
DRAW_LATER = "KVALREG_DRAW_LATER"
"""Environment variable that the batch sets for its kernels: it draws the figures itself."""
STATIC_WIDTH = 440
"""Pixels inside the axes; the drawing scales with its column."""

_FIGURE = re.compile(
    re.escape(UNDRAWN) + r"(?P<between>(?:(?!</figure>).)*?<script[^>]*class=\"kv-spec\">)(?P<spec>.*?)</script>",
    re.DOTALL,
)


def draw(text: str) -> str:
    """A page's text with every figure drawn."""
    return _FIGURE.sub(lambda m: f"{_svg(m['spec'])}{m['between']}{m['spec']}</script>", text)


def draw_now(text: str) -> str:
    """The text drawn, unless the batch will do it."""
    return text if os.environ.get(DRAW_LATER) else draw(text)


@lru_cache(maxsize=512)
def _svg(spec: str) -> str:
    """The chart of a spec, scalable: without a fixed size, script or foreign address."""
    svg = vl_convert.vegalite_to_svg({**json.loads(spec), "width": STATIC_WIDTH})
    return re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"', r"<svg \1", svg, count=1)
