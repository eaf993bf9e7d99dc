"""One look for every figure: colours, symbols, lettering, and axes with round numbers in the language's own signs.

Comes in: an indicator's numbers. Goes out: constants and axis parameters of Vega-Lite. Every colour is one of the
page's own, with a fallback where there is no page, so figures follow dark mode and print. It draws nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt

from kvalreg.inputs.descriptor import Indicator
from kvalreg.report.wording import Words

INK, QUIET = "var(--kv-ink,#1c2329)", "var(--kv-quiet,#4a5660)"
LINE, PAPER = "var(--kv-line,#d6dde3)", "var(--kv-paper,#fff)"
ACCENT = "var(--kv-accent,#0b5c8f)"
CHOSEN = "var(--kv-chosen,#b3400d)"
"""The reader's own unit: orange beside blue is told apart by the colour-blind too, and it has a symbol of its own."""
LEVEL_COLOURS = {
    "high": "var(--kv-high,#0d6148)",
    "moderate": "var(--kv-moderate,#7a5300)",
    "low": "var(--kv-low,#9c2f22)",
    "": QUIET,
}
HALF = "M0,-1A1,1,0,0,0,0,1Z M0,-1A1,1,0,0,1,0,1L0,.86A.86,.86,0,0,0,0,-.86Z"
LEVEL_SHAPES = {"high": "circle", "moderate": HALF, "low": "circle", "": "square"}
"""Filled, half and empty circle, as in tables; a square where there is no target."""
LEVEL_FILLS = {**LEVEL_COLOURS, "low": PAPER}
ONCE = "once"
"""A dataset of one empty row: what is drawn once, not per row."""
FONT_SIZE = 13
CONFIG = {
    "aria": False,
    "font": "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Arial, sans-serif",
    "padding": {"left": 2, "right": 4, "top": 4, "bottom": 2},
    "axis": {
        "labelFontSize": FONT_SIZE,
        "labelColor": QUIET,
        "domainColor": LINE,
        "gridColor": LINE,
        "ticks": False,
        "labelPadding": 6,
    },
    "text": {"color": INK, "fontSize": FONT_SIZE},
    "view": {"stroke": None},
    "legend": {"disable": True},
}
_TICKS = 5
"""About so many lines across a figure."""
_DIGITS = 4
"""Significant digits of a number in a chart: more than a reader can see."""


@dataclass(frozen=True)
class ValueAxis:
    """The ticks of an axis of values, which begins and ends with one, and words for them and for some beyond."""

    ticks: list[float]
    labels: dict[str, str]

    @property
    def lowest(self) -> float:
        """Where the axis begins."""
        return self.ticks[0]

    @property
    def highest(self) -> float:
        """Where the axis ends."""
        return self.ticks[-1]

    @property
    def params(self) -> list[dict[str, Any]]:
        """The parameters that `value_scale` and `value_labels` refer to."""
        given = {"lowest": self.lowest, "highest": self.highest, "ticks": self.ticks, "labels": self.labels}
        return [{"name": name, "value": value} for name, value in given.items()]


def value_axis(indicator: Indicator, numbers: Iterable[float], words: Words, reach: Iterable[float] = ()) -> ValueAxis:
    """An axis around everything drawn, from one round number to another: ``80 %``, ``1,5``.

    Parameters
    ----------
    numbers
        What is drawn.
    reach
        What the page may draw later: there are words for ticks as far as these go.
    """
    drawn = [float(number) for number in numbers if not math.isnan(number)]
    lowest, highest = min(drawn), max(drawn)
    if not indicator.type.share:
        lowest = min(0.0, lowest)
    ticks = round_ticks(lowest, highest)
    step = ticks[1] - ticks[0]
    far = [*ticks, *reach]
    first, last = math.floor(min(far) / step + 1e-9), math.ceil(max(far) / step - 1e-9)
    known = [_tidy(place * step) for place in range(first, last + 1)]
    return ValueAxis(ticks, {_key(tick): _tick_text(tick, step, indicator, words) for tick in known})


def round_ticks(lowest: float, highest: float) -> list[float]:
    """Round numbers around two: 0.76 and 0.91 give 0.75, 0.8, 0.85, 0.9, 0.95."""
    step = _round_step((highest - lowest) or abs(highest) or 1.0)
    first, last = math.floor(lowest / step + 1e-9), math.ceil(highest / step - 1e-9)
    return [_tidy(place * step) for place in range(first, max(last, first + 1) + 1)]


def value_scale(**more: Any) -> alt.Scale:
    """The scale of values, whose ends are parameters: one template serves every indicator."""
    return alt.Scale(domain=[alt.ExprRef("lowest"), alt.ExprRef("highest")], nice=False, zero=False, **more)


_APART: dict[str, Any] = {"labelOverlap": "greedy", "labelSeparation": 10}
"""Words of an axis never touch: those without room are left out."""


def value_labels(**more: Any) -> alt.Axis:
    """The axis of values, whose ticks and words are parameters."""
    return alt.Axis(
        values=alt.ExprRef("ticks"), labelExpr="labels[datum.value]", domain=False, title=None, **_APART, **more
    )


def target_rule(word: str, along: str, **channel: Any) -> list[alt.Chart]:
    """The target, a parameter, as a dotted line across the axis `along`, with its word; drawn once, not per row."""
    once = alt.Chart(alt.NamedData(name=ONCE))
    rule = once.mark_rule(color=LEVEL_COLOURS["high"], strokeWidth=1.5, strokeDash=[2, 3])
    datum = (alt.YDatum if along == "y" else alt.XDatum)(alt.ExprRef("target"), type="quantitative", **channel)
    text: dict[str, Any] = {"color": LEVEL_COLOURS["high"], "fontWeight": "bold", "baseline": "bottom", "dy": -3}
    label = once.mark_text(**text, align="left" if along == "y" else "center")
    place: dict[str, Any] = {"x": alt.value(2)} if along == "y" else {"y": alt.value(0)}
    return [rule.encode(**{along: datum}), label.encode(**{along: datum}, **place, text=alt.value(word))]


@lru_cache(maxsize=1 << 16)
def drawn(value: float) -> float | int | None:
    """A number as charts hold it: four digits; None for what is not known."""
    if math.isnan(value):
        return None
    rounded = float(f"{value:.{_DIGITS}g}") if abs(value) < 10**_DIGITS else float(round(value))
    return int(rounded) if rounded.is_integer() else rounded


def level_scales() -> dict[str, Any]:
    """Symbol and colour of a point by its row's level of achievement."""
    looks = {"shape": (alt.Shape, LEVEL_SHAPES), "fill": (alt.Fill, LEVEL_FILLS), "stroke": (alt.Stroke, LEVEL_COLOURS)}
    domain = list(LEVEL_SHAPES)
    return {
        name: channel("achievement:N", scale=alt.Scale(domain=domain, range=list(look.values())))
        for name, (channel, look) in looks.items()
    }


def layers(charts: Iterable[alt.Chart]) -> list[dict[str, Any]]:
    """The charts as layers of one: Altair's own layering copies everything several times.

    Layers share their scales and axes, so what the first says of one is left out of the others.
    """
    kept = ("data", "mark", "encoding", "transform")
    specs = [chart.to_dict(validate=False) for chart in charts]
    said: set[tuple[str, str, str]] = set()
    for spec in specs:
        for channel, definition in spec.get("encoding", {}).items():
            for part in ("axis", "scale", "legend") if isinstance(definition, dict) else ():
                if part in definition:
                    told = (channel, part, json.dumps(definition[part], sort_keys=True))
                    if told in said or part == "legend":
                        del definition[part]
                    said.add(told)
    # Altair calls the data of a chart without any "empty"; left out, the layer draws the whole chart's rows.
    return [{key: spec[key] for key in kept if spec.get(key) and spec[key] != {"name": "empty"}} for spec in specs]


def _round_step(width: float) -> float:
    """The round number nearest below a fifth of the width: 1, 2 or 5 of a power of ten."""
    rough = width / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))


def _tidy(number: float) -> float:
    return float(f"{number:.10g}")


def _key(tick: float) -> str:
    """A number as JavaScript writes it, since it looks the label up by that."""
    return str(int(tick)) if tick.is_integer() else repr(tick)


def _tick_text(tick: float, step: float, indicator: Indicator, words: Words) -> str:
    scale = 100 if indicator.type.share else 1
    decimals = max(0, -math.floor(math.log10(step * scale) + 1e-9))
    return words.number(tick * scale, decimals) + (words.percent(0).removeprefix("0") if indicator.type.share else "")
