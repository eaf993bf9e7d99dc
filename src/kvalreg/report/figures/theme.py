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
from kvalreg.report.translation import Translator

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
HALF_CIRCLE = "M0,-1A1,1,0,0,0,0,1Z M0,-1A1,1,0,0,1,0,1L0,.86A.86,.86,0,0,0,0,-.86Z"
LEVEL_SHAPES = {"high": "circle", "moderate": HALF_CIRCLE, "low": "circle", "": "square"}
"""Filled, half and empty circle, as in tables; a square where there is no target."""
LEVEL_FILLS = {**LEVEL_COLOURS, "low": PAPER}
SINGLE_ROW = "once"
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
_TICK_COUNT = 5
"""About so many lines across a figure."""
_SIGNIFICANT_DIGITS = 4
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
        values = {"lowest": self.lowest, "highest": self.highest, "ticks": self.ticks, "labels": self.labels}
        return [{"name": name, "value": value} for name, value in values.items()]


def value_axis(
    indicator: Indicator, numbers: Iterable[float], translator: Translator, extent: Iterable[float] = ()
) -> ValueAxis:
    """An axis around everything drawn, from one round number to another: ``80 %``, ``1,5``.

    Parameters
    ----------
    numbers
        What is drawn.
    reach
        What the page may draw later: there are words for ticks as far as these go.
    """
    known_numbers = [float(number) for number in numbers if not math.isnan(number)]
    lowest, highest = min(known_numbers), max(known_numbers)
    if not indicator.type.is_share:
        lowest = min(0.0, lowest)
    ticks = round_ticks(lowest, highest)
    step = ticks[1] - ticks[0]
    extended = [*ticks, *extent]
    first, last = math.floor(min(extended) / step + 1e-9), math.ceil(max(extended) / step - 1e-9)
    labelled_ticks = [_round_float(index * step) for index in range(first, last + 1)]
    return ValueAxis(
        ticks, {_label_key(tick): _tick_label(tick, step, indicator, translator) for tick in labelled_ticks}
    )


def round_ticks(lowest: float, highest: float) -> list[float]:
    """Round numbers around two: 0.76 and 0.91 give 0.75, 0.8, 0.85, 0.9, 0.95."""
    step = _round_step((highest - lowest) or abs(highest) or 1.0)
    first, last = math.floor(lowest / step + 1e-9), math.ceil(highest / step - 1e-9)
    return [_round_float(index * step) for index in range(first, max(last, first + 1) + 1)]


def value_scale(**options: Any) -> alt.Scale:
    """The scale of values, whose ends are parameters: one template serves every indicator."""
    return alt.Scale(domain=[alt.ExprRef("lowest"), alt.ExprRef("highest")], nice=False, zero=False, **options)


_LABEL_SPACING: dict[str, Any] = {"labelOverlap": "greedy", "labelSeparation": 10}
"""Words of an axis never touch: those without room are left out."""


def value_labels(**options: Any) -> alt.Axis:
    """The axis of values, whose ticks and words are parameters."""
    return alt.Axis(
        values=alt.ExprRef("ticks"),
        labelExpr="labels[datum.value]",
        domain=False,
        title=None,
        **_LABEL_SPACING,
        **options,
    )


def target_rule(label_text: str, axis_channel: str, **options: Any) -> list[alt.Chart]:
    """The target, a parameter, as a dotted line across the axis `along`, with its word; drawn once, not per row."""
    single_row = alt.Chart(alt.NamedData(name=SINGLE_ROW))
    rule = single_row.mark_rule(color=LEVEL_COLOURS["high"], strokeWidth=1.5, strokeDash=[2, 3])
    datum = (alt.YDatum if axis_channel == "y" else alt.XDatum)(alt.ExprRef("target"), type="quantitative", **options)
    text_options: dict[str, Any] = {
        "color": LEVEL_COLOURS["high"],
        "fontWeight": "bold",
        "baseline": "bottom",
        "dy": -3,
    }
    label = single_row.mark_text(**text_options, align="left" if axis_channel == "y" else "center")
    position: dict[str, Any] = {"x": alt.value(2)} if axis_channel == "y" else {"y": alt.value(0)}
    return [
        rule.encode(**{axis_channel: datum}),
        label.encode(**{axis_channel: datum}, **position, text=alt.value(label_text)),
    ]


@lru_cache(maxsize=1 << 16)
def chart_number(value: float) -> float | int | None:
    """A number as charts hold it: four digits; None for what is not known."""
    if math.isnan(value):
        return None
    rounded = float(f"{value:.{_SIGNIFICANT_DIGITS}g}") if abs(value) < 10**_SIGNIFICANT_DIGITS else float(round(value))
    return int(rounded) if rounded.is_integer() else rounded


def level_encodings() -> dict[str, Any]:
    """Symbol and colour of a point by its row's level of achievement."""
    ranges_by_channel = {
        "shape": (alt.Shape, LEVEL_SHAPES),
        "fill": (alt.Fill, LEVEL_FILLS),
        "stroke": (alt.Stroke, LEVEL_COLOURS),
    }
    domain = list(LEVEL_SHAPES)
    return {
        name: channel("achievement:N", scale=alt.Scale(domain=domain, range=list(range_by_level.values())))
        for name, (channel, range_by_level) in ranges_by_channel.items()
    }


def layer_specs(charts: Iterable[alt.Chart]) -> list[dict[str, Any]]:
    """The charts as layers of one: Altair's own layering copies everything several times.

    Layers share their scales and axes, so what the first says of one is left out of the others.
    """
    layer_keys = ("data", "mark", "encoding", "transform")
    specs = [chart.to_dict(validate=False) for chart in charts]
    seen: set[tuple[str, str, str]] = set()
    for spec in specs:
        for channel, definition in spec.get("encoding", {}).items():
            for part in ("axis", "scale", "legend") if isinstance(definition, dict) else ():
                if part in definition:
                    signature = (channel, part, json.dumps(definition[part], sort_keys=True))
                    if signature in seen or part == "legend":
                        del definition[part]
                    seen.add(signature)
    # Altair calls the data of a chart without any "empty"; left out, the layer draws the whole chart's rows.
    return [
        {key: spec[key] for key in layer_keys if spec.get(key) and spec[key] != {"name": "empty"}} for spec in specs
    ]


def _round_step(width: float) -> float:
    """The round number nearest below a fifth of the width: 1, 2 or 5 of a power of ten."""
    rough = width / _TICK_COUNT
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))


def _round_float(number: float) -> float:
    return float(f"{number:.10g}")


def _label_key(tick: float) -> str:
    """A number as JavaScript writes it, since it looks the label up by that."""
    return str(int(tick)) if tick.is_integer() else repr(tick)


def _tick_label(tick: float, step: float, indicator: Indicator, translator: Translator) -> str:
    scale = 100 if indicator.type.is_share else 1
    decimals = max(0, -math.floor(math.log10(step * scale) + 1e-9))
    return translator.format_number(tick * scale, decimals) + (
        translator.format_percent(0).removeprefix("0") if indicator.type.is_share else ""
    )
