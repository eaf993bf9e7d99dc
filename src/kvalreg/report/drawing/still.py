"""A chart as SVG without Vega: layers of rectangles, rules, lines, areas, points and texts on given scales.

Comes in: a Vega-Lite spec that keeps to these. Goes out: a small SVG in the page's own colours. Everything else is
refused by name, and drawn by Vega. A test compares every kind of figure with Vega's drawing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import compress
from typing import Any

from kvalreg.report.drawing.expressions import Row, UnsupportedError, holding, value_of
from kvalreg.report.drawing.marks import LETTER, MARKS, Column, Places, Style, line, number, path, texts
from kvalreg.report.drawing.scales import Discrete, Scale, continuous, discrete, looked_up

_WIDE_LETTER, _WIDE_SIGN = 0.64, 1.0
"""The width of a digit, and of a per cent sign, in their size: words of an axis must never be cut."""
_AXIS_ROOM, _TITLE_ROOM, _WORD_ROOM = 22, 20, 18
_EDGE, _GAP = 4, 10
_APART = ("point", "rect")
"""Marks that are drawn one by one, in the order of their rows: `number_drawn.js` finds a row by its place."""
_POSITIONS = ("x", "x2", "y", "y2")
_TOP = {"width", "height", "background", "params", "data", "datasets", "layer", "config"}
_CHANNEL = {"field", "type", "datum", "value", "condition", "scale", "axis", "sort", "title"}
_LAYER = {"data", "mark", "encoding", "transform"}


def still(spec: Mapping[str, Any], width: int) -> str:
    """The chart as SVG, `width` pixels across; its height follows.

    Raises
    ------
    UnsupportedError
        When the chart holds a part that is not known here.
    """
    if not set(spec) <= _TOP or "layer" not in spec:
        raise UnsupportedError(f"chart {sorted(set(spec) - _TOP)}")
    return _Still(spec, width).svg()


class _Still:
    """One chart while it is drawn."""

    def __init__(self, spec: Mapping[str, Any], width: int) -> None:
        self.spec, self.total = spec, width
        self.layers = [layer for layer in spec["layer"] if self._checked(layer)]
        self.params = {param["name"]: param.get("value") for param in spec.get("params", ())}
        self.size = float(spec.get("config", {}).get("axis", {}).get("labelFontSize", 11))
        self.left = self._left()
        self.width, self.height = float(width) - self.left - _EDGE, float(spec["height"])
        self.params |= {"width": self.width, "height": self.height}
        self.scales = {channel: self._scale(channel) for channel in ("x", "y") if self._definitions(channel)}

    def _checked(self, layer: Mapping[str, Any]) -> bool:
        """Refuse what is not known: nested layers, other marks, and channels that count, bin or stack."""
        mark, encoding = layer.get("mark"), layer.get("encoding")
        if not set(layer) <= _LAYER or not isinstance(mark, dict) or not isinstance(encoding, dict):
            raise UnsupportedError(f"layer {sorted(layer)}")
        if mark["type"] not in MARKS:
            raise UnsupportedError(f"mark {mark['type']}")
        for channel, definition in encoding.items():
            if channel == "tooltip":
                continue
            told = set(definition) if isinstance(definition, dict) else set()
            if not (told <= _CHANNEL and told & {"field", "datum", "value"}):
                raise UnsupportedError(f"channel {channel}")
        return True

    def svg(self) -> str:
        """The whole drawing."""
        top = max(_WORD_ROOM if self._words_above() else 8, self._room_above(), self._room_for_target())
        below = (_AXIS_ROOM if self._axis("x") else 2) + (_TITLE_ROOM if (self._axis("x") or {}).get("title") else 0)
        config = self.spec.get("config", {})
        font = escape(str(config.get("font", "sans-serif")))
        parts = [*self._grid(), *(self._layer(layer) for layer in self.layers), *self._labels()]
        return (
            f'<svg viewBox="0 0 {self.total} {number(self.height + top + below)}" font-family="{font}" '
            f'font-size="{number(self.size)}"><g transform="translate({number(self.left)},{top})">'
            f"{''.join(parts)}</g></svg>"
        )

    # --- scales and axes ---------------------------------------------------------------------------------------------
    def _definitions(self, channel: str) -> list[Mapping[str, Any]]:
        """What the layers say about a channel, where it is a field or a datum."""
        found = [layer["encoding"].get(channel) for layer in self.layers]
        return [one for one in found if one and ("field" in one or "datum" in one)]

    def _scale(self, channel: str) -> Scale:
        given = self._definitions(channel)
        scale: Mapping[str, Any] = next((one["scale"] for one in given if one.get("scale")), {})
        length = self.width if channel == "x" else self.height
        if any(one.get("type") == "quantitative" for one in given):
            return continuous(scale, (0.0, length) if channel == "x" else (length, 0.0), self.params)
        banded = any(
            layer["mark"]["type"] == "rect" and "field" in layer["encoding"].get(channel, ()) for layer in self.layers
        )
        return discrete(scale, self._values(channel), length, banded=banded)

    def _shared_scale(self, channel: str) -> Mapping[str, Any]:
        """A scale of colours or symbols: what the first layer says holds for all."""
        given = (layer["encoding"].get(channel, {}) for layer in self.layers)
        return next((one["scale"] for one in given if "scale" in one), {})

    def _values(self, channel: str) -> list[Any]:
        """The values of a discrete axis: in order for years, as they come where the chart says so."""
        found: dict[Any, None] = {}
        as_given = False
        for layer in self.layers:
            definition = layer["encoding"].get(channel, {})
            if "field" in definition:
                as_given = as_given or ("sort" in definition and definition["sort"] is None)
                found.update((row.get(definition["field"]), None) for row in self._rows(layer))
        return list(found) if as_given else sorted(found)

    def _axis(self, channel: str) -> Mapping[str, Any] | None:
        axes = [one["axis"] for one in self._definitions(channel) if "axis" in one]
        return next((axis for axis in axes if axis), None)

    def _ticks(self, channel: str) -> list[tuple[Any, str]]:
        """The ticks of an axis and their words."""
        axis = self._axis(channel)
        if axis is None:
            return []
        if "values" not in axis:
            scale = self.scales[channel]
            if not isinstance(scale, Discrete):
                raise UnsupportedError("a quantitative axis without values")
            return [(value, str(value)) for value in scale.values]
        table = str(axis.get("labelExpr", "")).removesuffix("[datum.value]")
        if table not in self.params:
            raise UnsupportedError(f"labels {axis.get('labelExpr')}")
        words = self.params[table]
        return [(tick, words[str(int(tick)) if float(tick).is_integer() else repr(tick)])
                for tick in value_of(axis["values"], self.params)]  # fmt: skip

    def _left(self) -> float:
        """The room that the words of the axis on the left need."""
        widths = (sum(_WIDE_SIGN if sign == "%" else _WIDE_LETTER for sign in word) for _, word in self._ticks("y"))
        longest = max(widths, default=0.0)
        return longest * self.size + 10 if longest else 2.0

    def _words_above(self) -> bool:
        """Whether a word stands on the upper edge."""
        return any(
            layer["encoding"].get("y") == {"value": 0} and layer["mark"]["type"] == "text" for layer in self.layers
        )

    def _room_above(self) -> int:
        """The room that marks above the figure need: their place is told as a negative number of pixels."""
        given = [layer["encoding"].get("y", {}).get("value", 0) for layer in self.layers]
        return round(max((-place for place in given if isinstance(place, int | float)), default=0)) + 8

    def _room_for_target(self) -> int:
        """The room that the target's word needs, where its line is the upper edge."""
        return _WORD_ROOM if any("datum" in one and self._at_top(one) for one in self._definitions("y")) else 0

    def _at_top(self, definition: Mapping[str, Any]) -> bool:
        value = value_of(definition["datum"], self.params)
        return value is not None and self.scales["y"].place(value) < self.size

    def _grid(self) -> list[str]:
        colour = escape(str(self.spec.get("config", {}).get("axis", {}).get("gridColor", "#ddd")))
        lines = []
        for channel in ("x", "y"):
            if (self._axis(channel) or {}).get("grid"):
                for tick, _ in self._ticks(channel):
                    at = self.scales[channel].place(tick)
                    lines.append(line(at, 0, at, self.height) if channel == "x" else line(0, at, self.width, at))
        return [f'<g stroke="{colour}">{path(lines)}</g>'] if lines else []

    def _labels(self) -> list[str]:
        colour = escape(str(self.spec.get("config", {}).get("axis", {}).get("labelColor", "#000")))
        beside = [(-8.0, self.scales["y"].place(tick) + self.size * 0.35, word) for tick, word in self._ticks("y")]
        below = self.height + 6 + self.size * 0.8
        under: list[tuple[float, float, str]] = []
        free = -1e9
        for tick, word in self._ticks("x"):
            half = len(word) * self.size * LETTER / 2
            at = min(max(self.scales["x"].place(tick), half - self.left), self.width + _EDGE - half)
            if at - half > free:
                under.append((at, below, word))
                free = at + half + _GAP
        title = (self._axis("x") or {}).get("title")
        if title:
            under.append((self.width / 2, below + _TITLE_ROOM, str(title)))
        words = [texts(placed, anchor) for placed, anchor in ((beside, "end"), (under, "middle")) if placed]
        return [f'<g fill="{colour}" data-kv-role="axis">{"".join(words)}</g>'] if words else []

    # --- layers ------------------------------------------------------------------------------------------------------
    def _rows(self, layer: Mapping[str, Any]) -> list[Row]:
        data = layer.get("data") or self.spec["data"]
        rows: Sequence[Row] = data["values"] if "values" in data else self.spec.get("datasets", {})[data["name"]]
        for step in layer.get("transform", ()):
            if set(step) != {"filter"}:
                raise UnsupportedError(f"transform {sorted(step)}")
            rows = [*compress(rows, holding(step["filter"], rows, self.params))]
        return list(rows)

    def _layer(self, layer: Mapping[str, Any]) -> str:
        rows, mark = self._rows(layer), layer["mark"]
        if not rows:
            return ""
        style = Style.of(mark, self.spec.get("config", {}), self.params)
        places = Places(
            *(self._positions(layer, channel, rows) for channel in _POSITIONS),
            *(self._bands(layer, channel, rows) for channel in ("x", "y")),
        )
        drawn = MARKS[mark["type"]](places, self._channels(layer, rows), style, (self.width, self.height))
        return style.group(drawn, self._told(layer))

    def _told(self, layer: Mapping[str, Any]) -> str:
        """What the texts of a layer are: units' names, values, limits; and which marks each stand for one row."""
        kind, encoding = layer["mark"]["type"], layer["encoding"]
        if kind != "text":
            return ' class="kv-marks"' if kind in _APART and "tooltip" in encoding else ""
        field = encoding.get("text", {}).get("field")
        role = {"unit": "unit", "text": "value", "count": "units", None: "limit"}.get(field, "text")
        return f' data-kv-role="{role}"'

    def _positions(self, layer: Mapping[str, Any], channel: str, rows: Sequence[Row]) -> Column:
        """Where each row stands along an axis."""
        definition = layer["encoding"].get(channel)
        if definition is None:
            return [None] * len(rows)
        if "value" in definition:
            whole = {"width": self.width, "height": self.height}
            return [float(whole.get(definition["value"], definition["value"]))] * len(rows)
        place = self.scales[channel[0]].place
        if "field" in definition:
            field = definition["field"]
            return [None if (value := row.get(field)) is None else place(value) for row in rows]
        datum = value_of(definition["datum"], self.params)
        return [None if datum is None else place(datum)] * len(rows)

    def _bands(self, layer: Mapping[str, Any], channel: str, rows: Sequence[Row]) -> Column:
        """Where each row's place begins and how wide it is, along an axis that has bands."""
        field, scale = layer["encoding"].get(channel, {}).get("field"), self.scales.get(channel)
        if field is None or not isinstance(scale, Discrete) or layer["mark"]["type"] != "rect":
            return [None] * len(rows)
        return [(scale.edge(row.get(field)), scale.band) for row in rows]

    def _channels(self, layer: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, Column]:
        """Each row's colour, symbol, text, by channel."""
        found: dict[str, Column] = {}
        for channel, definition in layer["encoding"].items():
            if channel in (*_POSITIONS, "tooltip"):
                continue
            field = definition.get("field")
            if "condition" in definition:
                condition = definition["condition"]
                tests = holding(condition["test"], rows, self.params)
                found[channel] = [(condition if test else definition)["value"] for test in tests]
            elif field is None:
                found[channel] = [definition["value"]] * len(rows)
            elif channel in ("text", "detail"):
                found[channel] = [row.get(field) for row in rows]
            else:
                looks = looked_up(self._shared_scale(channel))
                found[channel] = [looks[row.get(field)] for row in rows]
        return found
