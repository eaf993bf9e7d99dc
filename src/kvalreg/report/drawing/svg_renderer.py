"""Renders a chart as SVG without Vega: layers of rectangles, rules, lines, areas, points and texts on given scales.

Input: a Vega-Lite spec within the supported subset. Output: a small SVG in the page's own colours. Anything else raises
`UnsupportedError`, and is rendered by Vega. A test compares every kind of figure with Vega's rendering of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import compress
from typing import Any

from kvalreg.report.drawing.expressions import Datum, UnsupportedError, predicate_mask, resolve_value
from kvalreg.report.drawing.marks import (
    LETTER_WIDTH,
    MARK_RENDERERS,
    MarkPositions,
    MarkStyle,
    RowValues,
    line_path,
    path_element,
    pixels,
    text_elements,
)
from kvalreg.report.drawing.scales import DiscreteScale, Scale, continuous_scale, discrete_scale, range_by_value

_DIGIT_WIDTH, _PERCENT_WIDTH = 0.64, 1.0
"""The widths of a digit and of a per cent sign relative to the font size: wide, since labels must never be cut."""
_AXIS_HEIGHT, _TITLE_HEIGHT, _LABEL_HEIGHT = 22, 20, 18
_RIGHT_MARGIN, _LABEL_GAP = 4, 10
_ROW_MARKS = ("point", "rect")
"""Marks with one element per row, in the order of the rows: `number_drawn.js` finds a row by its element's index."""
_POSITION_CHANNELS = ("x", "x2", "y", "y2")
_SPEC_KEYS = {"width", "height", "background", "params", "data", "datasets", "layer", "config"}
_CHANNEL_KEYS = {"field", "type", "datum", "value", "condition", "scale", "axis", "sort", "title"}
_LAYER_KEYS = {"data", "mark", "encoding", "transform"}


def render_svg(spec: Mapping[str, Any], width: int) -> str:
    """The chart as SVG, `width` pixels across; its height follows.

    Raises
    ------
    UnsupportedError
        When the chart has a part outside the supported subset.
    """
    if not set(spec) <= _SPEC_KEYS or "layer" not in spec:
        raise UnsupportedError(f"chart {sorted(set(spec) - _SPEC_KEYS)}")
    return _SvgRenderer(spec, width).svg()


class _SvgRenderer:
    """The state of rendering one chart."""

    def __init__(self, spec: Mapping[str, Any], width: int) -> None:
        # The order matters: the labels of the y axis need the parameters, the plot's width needs the labels, and scales
        # and expressions need the width.
        self.spec, self.total_width = spec, width
        self.layers = [layer for layer in spec["layer"] if self._validate_layer(layer)]
        self.params = {param["name"]: param.get("value") for param in spec.get("params", ())}
        self.font_size = float(spec.get("config", {}).get("axis", {}).get("labelFontSize", 11))
        self.left_margin = self._axis_label_width()
        self.width, self.height = float(width) - self.left_margin - _RIGHT_MARGIN, float(spec["height"])
        self.params |= {"width": self.width, "height": self.height}
        self.scales = {channel: self._position_scale(channel) for channel in ("x", "y") if self._definitions(channel)}

    def _validate_layer(self, layer: Mapping[str, Any]) -> bool:
        """Raise UnsupportedError for nested layers, other marks, and channels that count, bin or stack."""
        # Allowed keys and not forbidden ones: what a later version of Vega-Lite adds is left to Vega, never ignored.
        mark, encoding = layer.get("mark"), layer.get("encoding")
        if not set(layer) <= _LAYER_KEYS or not isinstance(mark, dict) or not isinstance(encoding, dict):
            raise UnsupportedError(f"layer {sorted(layer)}")
        if mark["type"] not in MARK_RENDERERS:
            raise UnsupportedError(f"mark {mark['type']}")
        for channel, definition in encoding.items():
            if channel == "tooltip":
                continue
            keys = set(definition) if isinstance(definition, dict) else set()
            if not (keys <= _CHANNEL_KEYS and keys & {"field", "datum", "value"}):
                raise UnsupportedError(f"channel {channel}")
        return True

    def svg(self) -> str:
        """The complete SVG."""
        # Above the plot: a label on the upper edge, project bars, or the target's label, whichever needs most. Below:
        # labels and title of the x axis.
        top = max(_LABEL_HEIGHT if self._has_label_above() else 8, self._height_above(), self._target_label_height())
        bottom = (_AXIS_HEIGHT if self._axis("x") else 2) + (
            _TITLE_HEIGHT if (self._axis("x") or {}).get("title") else 0
        )
        config = self.spec.get("config", {})
        font = escape(str(config.get("font", "sans-serif")))
        # From back to front: grid, layers in their order, labels.
        parts = [*self._grid_lines(), *(self._render_layer(layer) for layer in self.layers), *self._axis_labels()]
        return (
            f'<svg viewBox="0 0 {self.total_width} {pixels(self.height + top + bottom)}" font-family="{font}" '
            f'font-size="{pixels(self.font_size)}"><g transform="translate({pixels(self.left_margin)},{top})">'
            f"{''.join(parts)}</g></svg>"
        )

    # --- scales and axes ---------------------------------------------------------------------------------------------
    def _definitions(self, channel: str) -> list[Mapping[str, Any]]:
        """The layers' definitions of a channel that are a field or a datum."""
        definitions = [layer["encoding"].get(channel) for layer in self.layers]
        return [
            definition for definition in definitions if definition and ("field" in definition or "datum" in definition)
        ]

    def _position_scale(self, channel: str) -> Scale:
        definitions = self._definitions(channel)
        scale: Mapping[str, Any] = next(
            (definition["scale"] for definition in definitions if definition.get("scale")), {}
        )
        length = self.width if channel == "x" else self.height
        if any(definition.get("type") == "quantitative" for definition in definitions):
            return continuous_scale(scale, (0.0, length) if channel == "x" else (length, 0.0), self.params)
        # Vega-Lite gives an ordinal axis bands as soon as a rectangle is on it, else points.
        is_band = any(
            layer["mark"]["type"] == "rect" and "field" in layer["encoding"].get(channel, ()) for layer in self.layers
        )
        return discrete_scale(scale, self._discrete_domain(channel), length, is_band=is_band)

    def _shared_scale(self, channel: str) -> Mapping[str, Any]:
        """A scale of colours or symbols: the first layer's holds for all (see `theme.layer_specs`)."""
        definitions = (layer["encoding"].get(channel, {}) for layer in self.layers)
        return next((definition["scale"] for definition in definitions if "scale" in definition), {})

    def _discrete_domain(self, channel: str) -> list[Any]:
        """The values of a discrete axis: sorted, or in the order of the rows when the chart says ``sort: null``."""
        # A dictionary and not a set, which would lose the order of the rows.
        values: dict[Any, None] = {}
        is_unsorted = False
        for layer in self.layers:
            definition = layer["encoding"].get(channel, {})
            if "field" in definition:
                is_unsorted = is_unsorted or ("sort" in definition and definition["sort"] is None)
                values.update((row.get(definition["field"]), None) for row in self._layer_rows(layer))
        return list(values) if is_unsorted else sorted(values)

    def _axis(self, channel: str) -> Mapping[str, Any] | None:
        axes = [definition["axis"] for definition in self._definitions(channel) if "axis" in definition]
        return next((axis for axis in axes if axis), None)

    def _ticks(self, channel: str) -> list[tuple[Any, str]]:
        """The ticks of an axis and their labels."""
        axis = self._axis(channel)
        if axis is None:
            return []
        if "values" not in axis:
            scale = self.scales[channel]
            if not isinstance(scale, DiscreteScale):
                raise UnsupportedError("a quantitative axis without values")
            return [(value, str(value)) for value in scale.values]
        labels_param = str(axis.get("labelExpr", "")).removesuffix("[datum.value]")
        if labels_param not in self.params:
            raise UnsupportedError(f"labels {axis.get('labelExpr')}")
        # Labels are looked up as in Vega, by the number as JavaScript writes it: 1 and not 1.0.
        labels = self.params[labels_param]
        return [(tick, labels[str(int(tick)) if float(tick).is_integer() else repr(tick)])
                for tick in resolve_value(axis["values"], self.params)]  # fmt: skip

    def _axis_label_width(self) -> float:
        """The width of the labels of the y axis."""
        widths = (
            sum(_PERCENT_WIDTH if character == "%" else _DIGIT_WIDTH for character in label)
            for _, label in self._ticks("y")
        )
        longest = max(widths, default=0.0)
        return longest * self.font_size + 10 if longest else 2.0

    def _has_label_above(self) -> bool:
        """Whether a label is on the upper edge."""
        return any(
            layer["encoding"].get("y") == {"value": 0} and layer["mark"]["type"] == "text" for layer in self.layers
        )

    def _height_above(self) -> int:
        """The height of marks above the plot, whose position is a negative number of pixels."""
        values = [layer["encoding"].get("y", {}).get("value", 0) for layer in self.layers]
        return round(max((-value for value in values if isinstance(value, int | float)), default=0)) + 8

    def _target_label_height(self) -> int:
        """The height of the target's label when its line is at the upper edge, else 0."""
        return (
            _LABEL_HEIGHT
            if any("datum" in definition and self._is_at_top(definition) for definition in self._definitions("y"))
            else 0
        )

    def _is_at_top(self, definition: Mapping[str, Any]) -> bool:
        value = resolve_value(definition["datum"], self.params)
        return value is not None and self.scales["y"].position(value) < self.font_size

    def _grid_lines(self) -> list[str]:
        colour = escape(str(self.spec.get("config", {}).get("axis", {}).get("gridColor", "#ddd")))
        line_paths = []
        for channel in ("x", "y"):
            if (self._axis(channel) or {}).get("grid"):
                for tick, _ in self._ticks(channel):
                    position = self.scales[channel].position(tick)
                    line_paths.append(
                        line_path(position, 0, position, self.height)
                        if channel == "x"
                        else line_path(0, position, self.width, position)
                    )
        return [f'<g stroke="{colour}">{path_element(line_paths)}</g>'] if line_paths else []

    def _axis_labels(self) -> list[str]:
        colour = escape(str(self.spec.get("config", {}).get("axis", {}).get("labelColor", "#000")))
        y_labels = [
            (-8.0, self.scales["y"].position(tick) + self.font_size * 0.35, label) for tick, label in self._ticks("y")
        ]
        # Greedy from the left, as Vega's labelOverlap: a label that would touch the previous one is omitted. Labels at
        # the ends are moved inwards, so that they are not cut.
        baseline = self.height + 6 + self.font_size * 0.8
        x_labels: list[tuple[float, float, str]] = []
        next_free = -1e9
        for tick, label in self._ticks("x"):
            half_width = len(label) * self.font_size * LETTER_WIDTH / 2
            position = min(
                max(self.scales["x"].position(tick), half_width - self.left_margin),
                self.width + _RIGHT_MARGIN - half_width,
            )
            if position - half_width > next_free:
                x_labels.append((position, baseline, label))
                next_free = position + half_width + _LABEL_GAP
        title = (self._axis("x") or {}).get("title")
        if title:
            x_labels.append((self.width / 2, baseline + _TITLE_HEIGHT, str(title)))
        groups = [
            text_elements(labels, anchor) for labels, anchor in ((y_labels, "end"), (x_labels, "middle")) if labels
        ]
        return [f'<g fill="{colour}" data-kv-role="axis">{"".join(groups)}</g>'] if groups else []

    # --- layers ------------------------------------------------------------------------------------------------------
    def _layer_rows(self, layer: Mapping[str, Any]) -> list[Datum]:
        data = layer.get("data") or self.spec["data"]
        rows: Sequence[Datum] = data["values"] if "values" in data else self.spec.get("datasets", {})[data["name"]]
        for transform in layer.get("transform", ()):
            if set(transform) != {"filter"}:
                raise UnsupportedError(f"transform {sorted(transform)}")
            rows = [*compress(rows, predicate_mask(transform["filter"], rows, self.params))]
        return list(rows)

    def _render_layer(self, layer: Mapping[str, Any]) -> str:
        rows, mark = self._layer_rows(layer), layer["mark"]
        if not rows:
            return ""
        style = MarkStyle.from_mark(mark, self.spec.get("config", {}), self.params)
        positions = MarkPositions(
            *(self._positions(layer, channel, rows) for channel in _POSITION_CHANNELS),
            *(self._bands(layer, channel, rows) for channel in ("x", "y")),
        )
        elements = MARK_RENDERERS[mark["type"]](
            positions, self._channels(layer, rows), style, (self.width, self.height)
        )
        return style.group(elements, self._role_attribute(layer))

    def _role_attribute(self, layer: Mapping[str, Any]) -> str:
        """The role of a layer's texts, such as unit, value or limit; or the class of marks with one element per row."""
        mark_type, encoding = layer["mark"]["type"], layer["encoding"]
        if mark_type != "text":
            return ' class="kv-marks"' if mark_type in _ROW_MARKS and "tooltip" in encoding else ""
        # The audit checks numbers in an SVG by these roles. A text without a field is the label of a limit or target.
        field = encoding.get("text", {}).get("field")
        role = {"unit": "unit", "text": "value", "count": "units", None: "limit"}.get(field, "text")
        return f' data-kv-role="{role}"'

    def _positions(self, layer: Mapping[str, Any], channel: str, rows: Sequence[Datum]) -> RowValues:
        """Each row's position along an axis."""
        # By the three kinds of definition: a fixed number of pixels, a field of the row, one datum for all rows.
        definition = layer["encoding"].get(channel)
        if definition is None:
            return [None] * len(rows)
        if "value" in definition:
            lengths = {"width": self.width, "height": self.height}
            return [float(lengths.get(definition["value"], definition["value"]))] * len(rows)
        position = self.scales[channel[0]].position
        if "field" in definition:
            field = definition["field"]
            return [None if (value := row.get(field)) is None else position(value) for row in rows]
        datum = resolve_value(definition["datum"], self.params)
        return [None if datum is None else position(datum)] * len(rows)

    def _bands(self, layer: Mapping[str, Any], channel: str, rows: Sequence[Datum]) -> RowValues:
        """Each row's band start and width, along an axis that has bands."""
        field, scale = layer["encoding"].get(channel, {}).get("field"), self.scales.get(channel)
        if field is None or not isinstance(scale, DiscreteScale) or layer["mark"]["type"] != "rect":
            return [None] * len(rows)
        return [(scale.band_start(row.get(field)), scale.bandwidth) for row in rows]

    def _channels(self, layer: Mapping[str, Any], rows: Sequence[Datum]) -> dict[str, RowValues]:
        """Each row's colour, symbol or text, by channel."""
        values_by_channel: dict[str, RowValues] = {}
        for channel, definition in layer["encoding"].items():
            if channel in (*_POSITION_CHANNELS, "tooltip"):
                continue
            # A test decides between two values; a value is the same for all rows; a text is the field itself; a colour
            # or a symbol comes from the channel's scale.
            field = definition.get("field")
            if "condition" in definition:
                condition = definition["condition"]
                mask = predicate_mask(condition["test"], rows, self.params)
                values_by_channel[channel] = [(condition if is_match else definition)["value"] for is_match in mask]
            elif field is None:
                values_by_channel[channel] = [definition["value"]] * len(rows)
            elif channel in ("text", "detail"):
                values_by_channel[channel] = [row.get(field) for row in rows]
            else:
                range_values = range_by_value(self._shared_scale(channel))
                values_by_channel[channel] = [range_values[row.get(field)] for row in rows]
        return values_by_channel
