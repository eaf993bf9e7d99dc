"""The marks of a static SVG as elements: rectangle, rule, line, area, point, text.

Input: positions in pixels, and each row's colours, symbol or text. Output: SVG, with the attributes that all marks of a
layer share written once, on their group.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import Any

from kvalreg.report.drawing.expressions import UnsupportedError, resolve_value

LETTER_WIDTH = 0.53
"""A letter's width relative to the font size: an estimate that is enough for most words in a sans-serif font."""
_SVG_ATTRIBUTES = {
    "fill": "fill",
    "stroke": "stroke",
    "strokeWidth": "stroke-width",
    "fillOpacity": "fill-opacity",
    "strokeOpacity": "stroke-opacity",
    "fontSize": "font-size",
    "fontWeight": "font-weight",
    "opacity": "opacity",
    "strokeCap": "stroke-linecap",
}
_SUPPORTED_PROPERTIES = {
    *_SVG_ATTRIBUTES,
    "type",
    "color",
    "filled",
    "strokeDash",
    "size",
    "shape",
    "align",
    "baseline",
    "dx",
    "dy",
    "limit",
}
_SUPPORTED_PROPERTIES |= {"lineBreak", "lineHeight", "cornerRadius", "aria", "description", "clip"}
_TEXT_ANCHORS = {"left": "start", "center": "middle", "right": "end"}
# The distance from the given position down to the alphabetic baseline, relative to the font size. SVG's own attribute,
# dominant-baseline, is interpreted differently by browsers and image editors.
_BASELINES = {"middle": 0.35, "bottom": 0.0, "top": 0.8}
# Marks without an area: their colour is the stroke's.
_STROKED_MARKS = ("rule", "line")


RowValues = Sequence[Any]
"""One value for each row."""


@dataclass(frozen=True)
class MarkPositions:
    """The positions of the rows' marks, column by column; None when not specified. A band is its start and width."""

    x: RowValues
    x2: RowValues
    y: RowValues
    y2: RowValues
    band_x: RowValues
    band_y: RowValues


@dataclass(frozen=True)
class MarkStyle:
    """What all marks of a layer share."""

    mark: Mapping[str, Any]
    attributes: Mapping[str, str]

    @classmethod
    def from_mark(cls, mark: Mapping[str, Any], config: Mapping[str, Any], params: Mapping[str, Any]) -> MarkStyle:
        """The style of a mark, with its expressions evaluated."""
        if not set(mark) <= _SUPPORTED_PROPERTIES:
            raise UnsupportedError(f"mark {sorted(set(mark) - _SUPPORTED_PROPERTIES)}")
        properties = {
            key: resolve_value(value, params) for key, value in mark.items() if key not in ("description", "aria")
        }
        mark_type = mark["type"]
        properties = {**(config.get("text", {}) if mark_type == "text" else {}), **properties}
        attributes = {
            _SVG_ATTRIBUTES[key]: _attribute_value(value) for key, value in properties.items() if key in _SVG_ATTRIBUTES
        }
        # The rules of Vega-Lite: `color` fills areas and strokes lines; lines, and marks with filled=False, have no
        # fill.
        if "color" in properties:
            attributes["stroke" if mark_type in _STROKED_MARKS else "fill"] = _attribute_value(properties["color"])
        if mark_type in _STROKED_MARKS or properties.get("filled") is False:
            attributes.setdefault("fill", "none")
        dash = properties.get("strokeDash")
        if dash and dash != [1, 0]:
            attributes["stroke-dasharray"] = " ".join(pixels(length) for length in dash)
        if attributes.get("opacity") == "1":
            del attributes["opacity"]
        return cls(properties, attributes)

    @property
    def is_translucent(self) -> bool:
        """Whether overlapping marks look darker where they overlap."""
        return any("opacity" in name for name in self.attributes)

    def group(self, elements: Iterable[SvgElement], role_attribute: str = "") -> str:
        """The marks of a layer as a group; `role_attribute` states their role."""
        style_attributes = "".join(f' {name}="{escape(value)}"' for name, value in self.attributes.items())
        group_attributes = style_attributes + role_attribute
        # Only neighbours are grouped: the order of elements is the order of rows, and who covers whom.
        runs = (
            (row_attributes, "".join(element for _, element in run))
            for row_attributes, run in groupby(elements, key=itemgetter(0))
        )
        content = "".join(f"<g{row_attributes}>{svg}</g>" if row_attributes else svg for row_attributes, svg in runs)
        return f"<g{group_attributes}>{content}</g>" if content else ""


SvgElement = tuple[str, str]
"""The attributes that differ from row to row, and the element; neighbours with equal attributes share a group."""
Channels = Mapping[str, RowValues]
PlotSize = tuple[float, float]


@lru_cache(maxsize=1 << 14)
def pixels(value: float) -> str:
    """A number of pixels, to a tenth."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def line_path(x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight line, as a segment of a path; H and V are shorter than L."""
    left, top, right, bottom = pixels(x1), pixels(y1), pixels(x2), pixels(y2)
    if top == bottom:
        return f"M{left},{top}H{right}"
    return f"M{left},{top}V{bottom}" if left == right else f"M{left},{top}L{right},{bottom}"


def path_element(segments: Iterable[str]) -> str:
    """Segments of a path as one element."""
    return f'<path d="{"".join(segments)}"/>'


def text_elements(labels: Sequence[tuple[float, float, str]], anchor: str) -> str:
    """Texts at their positions; a coordinate that all of them share is written once, on a group."""
    # The labels of an axis share a coordinate. Worked, for (0, 20, "a") and (30, 20, "b"):
    #   <g transform="translate(0,20)"><text x="0">a</text><text x="30">b</text></g>
    formatted = [(f"{x:.0f}", f"{y:.0f}", escape(text, quote=False)) for x, y, text in labels]
    shared = [column[0] if len(set(column)) == 1 else "" for column in list(zip(*formatted, strict=True))[:2]]
    attributes = [
        f' {name}="{{}}"' if not shared_value else "" for name, shared_value in zip("xy", shared, strict=True)
    ]
    transform = f' transform="translate({shared[0] or 0},{shared[1] or 0})"' if any(shared) else ""
    elements = "".join(
        f"<text{attributes[0].format(x)}{attributes[1].format(y)}>{text}</text>" for x, y, text in formatted
    )
    group_attributes = transform + (f' text-anchor="{anchor}"' if anchor != "start" else "")
    return f"<g{group_attributes}>{elements}</g>" if group_attributes else elements


def _rects(positions: MarkPositions, channels: Channels, style: MarkStyle, size: PlotSize) -> list[SvgElement]:
    elements: list[SvgElement] = []
    radius = f' rx="{pixels(style.mark["cornerRadius"])}"' if "cornerRadius" in style.mark else ""
    rows = zip(*(getattr(positions, name) for name in ("band_x", "x", "x2", "band_y", "y", "y2")), strict=True)
    for (band_x, x, x2, band_y, y, y2), attributes, is_hidden in zip(
        rows, *_row_attributes(positions, channels), strict=True
    ):
        if is_hidden:
            continue
        left, right = _extent(band_x, x, x2, size[0])
        top, bottom = _extent(band_y, y, y2, size[1])
        if left is None or top is None:
            continue
        box = f'x="{pixels(left)}" y="{pixels(top)}" width="{pixels(right - left)}" height="{pixels(bottom - top)}"'
        elements.append((attributes, f"<rect {box}{radius}/>"))
    return elements


def _rules(positions: MarkPositions, channels: Channels, style: MarkStyle, size: PlotSize) -> list[SvgElement]:
    elements: list[SvgElement] = []
    rows = zip(positions.x, positions.x2, positions.y, positions.y2, strict=True)
    for (x, x2, y, y2), attributes, is_hidden in zip(
        rows, *_row_attributes(positions, channels, "stroke"), strict=True
    ):
        if not is_hidden and not (x is None and y is None):
            (left, right), (top, bottom) = _rule_extent(x, x2, size[0]), _rule_extent(y, y2, size[1])
            elements.append((attributes, line_path(left, top, right, bottom)))
    # One path for many rules is shorter, but a path is painted once: translucent rules must darken where they overlap,
    # as Vega's do.
    if style.is_translucent:
        return [(attributes, path_element([segment])) for attributes, segment in elements]
    return [
        (attributes, path_element(segment for _, segment in run))
        for attributes, run in groupby(elements, key=itemgetter(0))
    ]


def _lines(positions: MarkPositions, channels: Channels, _style: MarkStyle, _size: PlotSize) -> list[SvgElement]:
    elements: list[SvgElement] = []
    # A line per series (`detail`), broken where a value is missing.
    series_keys = channels.get("detail", [None] * len(positions.x))
    for _, series_rows in groupby(zip(series_keys, positions.x, positions.y, strict=True), key=itemgetter(0)):
        for is_defined, run in groupby(series_rows, key=lambda row: row[1] is not None and row[2] is not None):
            if is_defined:
                elements.append(("", path_element(["M", "L".join(f"{pixels(x)},{pixels(y)}" for _, x, y in run)])))
    return elements


def _areas(positions: MarkPositions, _channels: Channels, _style: MarkStyle, _size: PlotSize) -> list[SvgElement]:
    elements: list[SvgElement] = []
    rows = zip(positions.x, positions.y, positions.y2, strict=True)
    for is_defined, run in groupby(rows, key=lambda row: None not in row):
        if is_defined:
            # Forward along the upper limit, back along the lower one.
            points = list(run)
            outline = [f"{pixels(x)},{pixels(y)}" for x, y, _ in points]
            outline += [f"{pixels(x)},{pixels(y2)}" for x, _, y2 in reversed(points)]
            elements.append(("", path_element(["M", "L".join(outline), "Z"])))
    return elements


def _points(positions: MarkPositions, channels: Channels, style: MarkStyle, _size: PlotSize) -> list[SvgElement]:
    elements: list[SvgElement] = []
    # Vega's `size` is the area of the square around a symbol, so half its side is sqrt(size) / 2.
    radius = math.sqrt(float(style.mark.get("size", 30))) / 2
    shapes = channels.get("shape", [str(style.mark.get("shape", "circle"))] * len(positions.x))
    rows = zip(positions.x, positions.y, shapes, *_row_attributes(positions, channels), strict=True)
    for x, y, shape, attributes, is_hidden in rows:
        if x is None or y is None or is_hidden:
            continue
        if shape == "circle":
            elements.append((attributes, f'<circle cx="{pixels(x)}" cy="{pixels(y)}" r="{pixels(radius)}"/>'))
        else:
            elements.append((attributes, path_element([f"M{pixels(x)},{pixels(y)}", _symbol(str(shape), radius)])))
    return elements


def _texts(positions: MarkPositions, channels: Channels, style: MarkStyle, size: PlotSize) -> list[SvgElement]:
    mark = style.mark
    font_size = float(mark.get("fontSize", 11))
    baseline_shift = _BASELINES[mark.get("baseline", "middle")] * font_size + float(mark.get("dy", 0))
    labels: list[tuple[str, tuple[float, float, str]]] = []
    rows = zip(
        positions.x,
        positions.y,
        channels.get("text", [None] * len(positions.x)),
        *_row_attributes(positions, channels),
        strict=True,
    )
    for x, y, text, attributes, _ in rows:
        if text is None or text == "" or (x is None and y is None):
            continue
        # Without a position, a text is in the middle of the plot, as in Vega-Lite.
        text_x = (size[0] / 2 if x is None else x) + float(mark.get("dx", 0))
        text_y = (size[1] / 2 if y is None else y) + baseline_shift
        text_lines = str(text).split(mark["lineBreak"]) if "lineBreak" in mark else [str(text)]
        for line_index, text_line in enumerate(text_lines):
            label = (
                text_x,
                text_y + line_index * float(mark.get("lineHeight", font_size + 2)),
                _truncate(text_line, mark.get("limit"), font_size),
            )
            labels.append((attributes, label))
    anchor = _TEXT_ANCHORS[mark.get("align", "center")]
    return [
        (attributes, text_elements([text_label for _, text_label in run], anchor))
        for attributes, run in groupby(labels, key=itemgetter(0))
    ]


MARK_RENDERERS: Mapping[str, Callable[[MarkPositions, Channels, MarkStyle, PlotSize], list[SvgElement]]] = {
    "rect": _rects,
    "rule": _rules,
    "line": _lines,
    "area": _areas,
    "point": _points,
    "text": _texts,
}


@lru_cache(maxsize=64)
def _symbol(shape: str, radius: float) -> str:
    """A symbol around the current point of a path, in the size that Vega gives it."""
    # A shape is a path in a square from -1 to 1. It becomes relative commands, scaled by the radius, so that one text
    # serves for every position. Worked, a diamond of radius 5 after "M40,60":
    #   M0,-1    begins above the centre        m0,-5
    #   L1,0     to the right corner            l5,5
    #   L0,1     to the lower, L-1,0 the left   l-5,5 l-5,-5
    #   Z        back to the beginning          z
    paths = {
        "square": "M-1,-1H1V1H-1Z",
        "diamond": "M0,-1L1,0L0,1L-1,0Z",
        "triangle-up": "M0,-.87L1,.87H-1Z",
        "triangle-down": "M0,.87L1,-.87H-1Z",
    }
    path = paths.get(shape, shape)
    if not re.fullmatch(r"M[-\d.,\sMLHVAZ]*Z", path):
        raise UnsupportedError(f"symbol {shape}")
    # `point` is the current point and `start` the beginning of the current subpath, to which Z returns.
    svg_path, start, point = "", (0.0, 0.0), (0.0, 0.0)
    for command, arguments in re.findall(r"([MLHVAZ])([^MLHVAZ]*)", path):
        numbers = [float(coordinate) for coordinate in re.findall(r"-?[\d.]+", arguments)]
        if command == "Z":
            svg_path, point = svg_path + "z", start
            continue
        # H and V give one coordinate and keep the other; an arc has radii, rotation and flags before its end.
        target = {"H": (*numbers[:1], point[1]), "V": (point[0], *numbers[-1:])}.get(command, tuple(numbers[-2:]))
        arc = [*(radius * coordinate for coordinate in numbers[:2]), *numbers[2:5]] if command == "A" else []
        deltas = [radius * (end - begin) for end, begin in zip(target, point, strict=True)]
        deltas = {"H": deltas[:1], "V": deltas[1:]}.get(command, deltas)
        if command != "M" or any(deltas):
            svg_path += command.lower() + ",".join(
                f"{coordinate:.2f}".rstrip("0").rstrip(".") or "0" for coordinate in [*arc, *deltas]
            )
        point = (target[0], target[1])
        start = point if command == "M" else start
    return svg_path


def _extent(
    band: tuple[float, float] | None, first: float | None, second: float | None, length: float
) -> tuple[Any, float]:
    """A rectangle's start and end along an axis: its band, the whole axis, or between two positions."""
    if band is not None and second is None:
        return band[0], band[0] + band[1]
    if first is None and second is None:
        return 0.0, length
    if first is None or second is None:
        return None, 0.0
    return min(first, second), max(first, second)


def _rule_extent(first: float | None, second: float | None, length: float) -> tuple[float, float]:
    """A rule's two ends along an axis: across the whole of it when no position is given."""
    if first is None:
        return 0.0, length
    return first, first if second is None else second


def _row_attributes(
    positions: MarkPositions, channels: Channels, colour_attribute: str = "fill"
) -> tuple[list[str], list[bool]]:
    """The attributes that differ from row to row, and whether they make the row's mark invisible."""
    # A ring or frame exists for every row and is visible for the selected unit only. The static SVG has no selected
    # unit, so those with stroke opacity 0 are left out.
    all_channels = {_SVG_ATTRIBUTES.get(key, colour_attribute if key == "color" else ""): key for key in channels}
    channel_by_attribute = {attribute: key for attribute, key in all_channels.items() if attribute}
    if not channel_by_attribute:
        return [""] * len(positions.x), [False] * len(positions.x)
    # Rows have few different combinations of colour and symbol: each is formatted once.
    cached: dict[tuple[Any, ...], tuple[str, bool]] = {}
    for values in (rows := list(zip(*(channels[key] for key in channel_by_attribute.values()), strict=True))):
        if values not in cached:
            pairs = list(zip(channel_by_attribute, values, strict=True))
            text = "".join(f' {attribute}="{escape(_attribute_value(value))}"' for attribute, value in pairs)
            cached[values] = text, ("stroke-opacity", 0) in pairs
    return [cached[values][0] for values in rows], [cached[values][1] for values in rows]


def _truncate(text: str, limit: float | None, font_size: float) -> str:
    """A text truncated to a width in pixels, as estimated from the number of its letters."""
    max_length = len(text) if limit is None else int(limit / (font_size * LETTER_WIDTH))
    return text if len(text) <= max_length else text[: max(1, max_length - 1)].rstrip() + "…"


def _attribute_value(value: Any) -> str:
    return pixels(value) if isinstance(value, float) and value.is_integer() else str(value)
