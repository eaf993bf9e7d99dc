"""The theme that all figures share: colours, symbols, typography, and axes with nice ticks and localized labels.

Input: an indicator's numbers. Output: constants, and parts and parameters of Vega-Lite charts. Every colour is a CSS
variable of the page, with a fallback outside it, so that figures follow dark mode and print.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
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
"""The selected unit: orange next to blue, which the colour-blind can distinguish, and it has its own symbol too."""
LEVEL_COLOURS = {
    "high": "var(--kv-high,#0d6148)",
    "moderate": "var(--kv-moderate,#7a5300)",
    "low": "var(--kv-low,#9c2f22)",
    "": QUIET,
}
# A filled half disc, and the inner edge of the other half as a thin ring.
HALF_CIRCLE = "M0,-1A1,1,0,0,0,0,1Z M0,-1A1,1,0,0,1,0,1L0,.86A.86,.86,0,0,0,0,-.86Z"
LEVEL_SHAPES = {"high": "circle", "moderate": HALF_CIRCLE, "low": "circle", "": "square"}
"""Filled, half and empty circle, as in tables; a square when there is no target."""
LEVEL_FILLS = {**LEVEL_COLOURS, "low": PAPER}
SINGLE_ROW = "once"
"""A dataset of one empty row, for marks that are drawn once and not per row."""
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
"""The approximate number of intervals between ticks."""
_SIGNIFICANT_DIGITS = 4
"""Significant digits of a number in a chart: more than are visible."""
_ROUNDING = 1e-9
"""Tolerance of a quotient that is meant to be whole: 0.3 / 0.1 is 2.9999999999999996."""


@dataclass(frozen=True)
class ValueAxis:
    """The ticks of an axis of values, which begins and ends with a tick, and labels for them and for some beyond."""

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
    """An axis that contains all numbers of a chart, from one nice tick to another: ``80 %``, ``1,5``.

    Parameters
    ----------
    numbers
        The numbers of the chart.
    extent
        The extent of what the page may add later: ticks are labelled as far as this.
    """
    known_numbers = [float(number) for number in numbers if not math.isnan(number)]
    lowest, highest = min(known_numbers), max(known_numbers)
    # Counts, days and other quantities have a natural zero; shares are close together, and would be flattened by it.
    if not indicator.type.is_share:
        lowest = min(0.0, lowest)
    ticks = round_ticks(lowest, highest)
    # JavaScript may widen the axis for a selected unit, but has no translations: it finds the labels of further ticks
    # of the same step here.
    step = ticks[1] - ticks[0]
    extended = [*ticks, *extent]
    first, last = math.floor(min(extended) / step + _ROUNDING), math.ceil(max(extended) / step - _ROUNDING)
    labelled_ticks = [_round_float(index * step) for index in range(first, last + 1)]
    return ValueAxis(
        ticks, {_label_key(tick): _tick_label(tick, step, indicator, translator) for tick in labelled_ticks}
    )


def round_ticks(lowest: float, highest: float) -> list[float]:
    """Nice ticks around two numbers: 0.76 and 0.91 give 0.75, 0.8, 0.85, 0.9, 0.95."""
    # Ticks are the multiples of a nice step s from floor(lowest / s) to ceil(highest / s), after Heckbert PS. Nice
    # numbers for graph labels. In: Graphics Gems. Academic Press; 1990: 61-63. Worked, 0.76 to 0.91:
    #   width 0.15, a fifth of it 0.03, nice step 0.05 (1, 2 or 5 times a power of ten, at least 0.03)
    #   first 0.76 / 0.05 = 15.2 down to 15, last 0.91 / 0.05 = 18.2 up to 19: the ticks 0.75 ... 0.95
    step = _round_step((highest - lowest) or abs(highest) or 1.0)
    first, last = math.floor(lowest / step + _ROUNDING), math.ceil(highest / step - _ROUNDING)
    return [_round_float(index * step) for index in range(first, max(last, first + 1) + 1)]


def value_scale(**options: Any) -> alt.Scale:
    """The scale of values, whose ends are parameters: one template serves every indicator."""
    return alt.Scale(domain=[alt.ExprRef("lowest"), alt.ExprRef("highest")], nice=False, zero=False, **options)


def discrete_scale(range_by_value: Mapping[str, str]) -> alt.Scale:
    """A scale from values to colours or symbols."""
    return alt.Scale(domain=list(range_by_value), range=list(range_by_value.values()))


def selected_opacity() -> Any:
    """The opacity of marks that only the selected unit has: the parameter `chosen` is its orgnr."""
    return alt.condition("datum.orgnr===chosen", alt.value(1), alt.value(0))


def selection_ring(size: int) -> alt.Chart:
    """The ring around the selected unit's point, of `size` square pixels."""
    ring: alt.Chart = alt.Chart().mark_point(
        shape="circle", size=size, opacity=1, strokeWidth=2.5, stroke=CHOSEN, filled=False
    )
    return ring


def tooltips(translator: Translator, **label_keys: str) -> list[alt.Tooltip]:
    """A tooltip row for each field, with the message key of its column's label: ``unit="unit", text="value"``."""
    return [
        alt.Tooltip(f"{field}:{'O' if field == 'year' else 'N'}", title=translator(f"table.{key}"))
        for field, key in label_keys.items()
    ]


_LABEL_SPACING: dict[str, Any] = {"labelOverlap": "greedy", "labelSeparation": 10}
"""Labels of an axis never overlap: those without room are omitted."""


def value_labels(**options: Any) -> alt.Axis:
    """The axis of values, whose ticks and labels are parameters."""
    return alt.Axis(
        values=alt.ExprRef("ticks"),
        labelExpr="labels[datum.value]",
        domain=False,
        title=None,
        **_LABEL_SPACING,
        **options,
    )


def target_rule(label_text: str, axis_channel: str, **options: Any) -> list[alt.Chart]:
    """The target, a parameter, as a dotted line across an axis, with its label; drawn once and not per row."""
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
    """A number as charts store it: four significant digits; None when unknown."""
    if math.isnan(value):
        return None
    # Numbers of more than four digits are rounded to whole ones, and whole numbers have no ".0": both save bytes.
    rounded = float(f"{value:.{_SIGNIFICANT_DIGITS}g}") if abs(value) < 10**_SIGNIFICANT_DIGITS else float(round(value))
    return int(rounded) if rounded.is_integer() else rounded


def level_encodings() -> dict[str, Any]:
    """Symbol and colour of a point by its row's level of achievement."""
    ranges_by_channel = {
        "shape": (alt.Shape, LEVEL_SHAPES),
        "fill": (alt.Fill, LEVEL_FILLS),
        "stroke": (alt.Stroke, LEVEL_COLOURS),
    }
    return {
        name: channel("achievement:N", scale=discrete_scale(range_by_level))
        for name, (channel, range_by_level) in ranges_by_channel.items()
    }


def layer_specs(charts: Iterable[alt.Chart]) -> list[dict[str, Any]]:
    """The charts as layers of one chart: Altair's own layering copies everything several times.

    Layers share their scales and axes, so a definition that an earlier layer has is removed from the later ones.
    """
    # Invariant: Vega-Lite merges the scales of all layers per channel, so only the first equal definition is needed. An
    # axis that differs, such as one with a title, is kept. Templates are cached, so this does not slow pages down.
    # Without Altair's validation against its schema, which takes longer than a page; a test validates every figure.
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
    # Altair names the data of a chart without any "empty"; without it, a layer uses the rows of the whole chart.
    return [
        {key: spec[key] for key in layer_keys if spec.get(key) and spec[key] != {"name": "empty"}} for spec in specs
    ]


def _round_step(width: float) -> float:
    """The least nice step that is at least a fifth of the width: 1, 2 or 5 times a power of ten."""
    rough = width / _TICK_COUNT
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - _ROUNDING))


def _round_float(number: float) -> float:
    return float(f"{number:.10g}")


def _label_key(tick: float) -> str:
    """A number as JavaScript writes it, since that is the key by which Vega looks up the label."""
    return str(int(tick)) if tick.is_integer() else repr(tick)


def _tick_label(tick: float, step: float, indicator: Indicator, translator: Translator) -> str:
    scale = 100 if indicator.type.is_share else 1
    # As many decimals as the step has: 0.05 as a share is 5 %, no decimals; 0.5 days needs one.
    decimals = max(0, -math.floor(math.log10(step * scale) + _ROUNDING))
    return translator.format_number(tick * scale, decimals) + (
        translator.format_percent(0).removeprefix("0") if indicator.type.is_share else ""
    )
