"""The marks of a still drawing as SVG elements: rectangle, rule, line, area, point, text.

Comes in: places in pixels, and each row's colours, symbol or text. Goes out: SVG text, with what all marks of a layer
share written once, on their group.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

from kvalreg.report.drawing.expressions import Row, UnsupportedError, value_of

LETTER = 0.53
"""A letter's width, in its size: wide enough for most words in a sans-serif face."""
_ATTRIBUTES = {
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
_KNOWN = {
    *_ATTRIBUTES,
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
_KNOWN |= {"lineBreak", "lineHeight", "cornerRadius", "aria", "description", "clip"}
_ANCHORS = {"left": "start", "center": "middle", "right": "end"}
_BASELINES = {"middle": 0.35, "bottom": 0.0, "top": 0.8}
_STROKED = ("rule", "line")


@dataclass(frozen=True)
class Place:
    """Where a row's mark stands; None for what is not told. A band is its beginning and its width."""

    row: Row
    x: float | None
    x2: float | None
    y: float | None
    y2: float | None
    band_x: tuple[float, float] | None
    band_y: tuple[float, float] | None


@dataclass(frozen=True)
class Style:
    """What all marks of a layer share."""

    mark: Mapping[str, Any]
    attributes: Mapping[str, str]

    @classmethod
    def of(cls, mark: Mapping[str, Any], config: Mapping[str, Any], params: Mapping[str, Any]) -> Style:
        """The style of a mark, with its expressions worked out."""
        if not set(mark) <= _KNOWN:
            raise UnsupportedError(f"mark {sorted(set(mark) - _KNOWN)}")
        settled = {key: value_of(value, params) for key, value in mark.items() if key not in ("description", "aria")}
        kind = mark["type"]
        settled = {**(config.get("text", {}) if kind == "text" else {}), **settled}
        found = {_ATTRIBUTES[key]: _text(value) for key, value in settled.items() if key in _ATTRIBUTES}
        if "color" in settled:
            found["stroke" if kind in _STROKED else "fill"] = _text(settled["color"])
        if kind in _STROKED or settled.get("filled") is False:
            found.setdefault("fill", "none")
        dash = settled.get("strokeDash")
        if dash and dash != [1, 0]:
            found["stroke-dasharray"] = " ".join(number(part) for part in dash)
        if found.get("opacity") == "1":
            del found["opacity"]
        return cls(settled, found)

    def group(self, elements: Sequence[Element]) -> str:
        """The marks of a layer."""
        shared = "".join(f' {name}="{escape(value)}"' for name, value in self.attributes.items())
        runs = ((own, "".join(one for _, one in run)) for own, run in groupby(elements, key=lambda element: element[0]))
        inside = "".join(f"<g{own}>{drawn}</g>" if own else drawn for own, drawn in runs)
        return f"<g{shared}>{inside}</g>" if inside else ""


Element = tuple[str, str]
"""The attributes that differ from row to row, and the element: neighbours with the same share a group."""
Channels = Sequence[Mapping[str, Any]]
Size = tuple[float, float]


def number(value: float) -> str:
    """A number of pixels, to a tenth."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def line(x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight line."""
    return f'<path d="M{number(x1)},{number(y1)}L{number(x2)},{number(y2)}"/>'


def texts(y: float, x: float, word: str, anchor: str) -> str:
    """A word."""
    at = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.0f}" y="{y:.0f}"{at}>{escape(word, quote=False)}</text>'


def _rects(places: Sequence[Place], channels: Channels, style: Style, size: Size) -> list[Element]:
    found: list[Element] = []
    radius = f' rx="{number(style.mark["cornerRadius"])}"' if "cornerRadius" in style.mark else ""
    for place, own in zip(places, channels, strict=True):
        left, right = _extent(place.band_x, place.x, place.x2, size[0])
        top, bottom = _extent(place.band_y, place.y, place.y2, size[1])
        if _hidden(own) or left is None or top is None:
            continue
        box = f'x="{number(left)}" y="{number(top)}" width="{number(right - left)}" height="{number(bottom - top)}"'
        found.append((_own(own), f"<rect {box}{radius}/>"))
    return found


def _rules(places: Sequence[Place], channels: Channels, _style: Style, size: Size) -> list[Element]:
    found: list[Element] = []
    for place, own in zip(places, channels, strict=True):
        if (place.x is None and place.y is None) or _hidden(own):
            continue
        x1, x2 = _ends(place.x, place.x2, size[0])
        y1, y2 = _ends(place.y, place.y2, size[1])
        found.append((_own(own, "stroke"), line(x1, y1, x2, y2)))
    return found


def _lines(places: Sequence[Place], channels: Channels, _style: Style, _size: Size) -> list[Element]:
    found: list[Element] = []
    series = zip(places, channels, strict=True)
    for _, one in groupby(series, key=lambda pair: pair[1].get("detail")):
        for there, run in groupby(one, key=lambda pair: pair[0].y is not None and pair[0].x is not None):
            if there:
                path = "L".join(f"{number(p.x or 0)},{number(p.y or 0)}" for p, _ in run)
                found.append(("", f'<path d="M{path}"/>'))
    return found


def _areas(places: Sequence[Place], _channels: Channels, _style: Style, _size: Size) -> list[Element]:
    found: list[Element] = []
    for there, run in groupby(places, key=lambda place: None not in (place.x, place.y, place.y2)):
        points = [(place.x or 0.0, place.y or 0.0, place.y2 or 0.0) for place in run]
        if there:
            edge = [f"{number(x)},{number(y)}" for x, y, _ in points]
            edge += [f"{number(x)},{number(y2)}" for x, _, y2 in reversed(points)]
            found.append(("", f'<path d="M{"L".join(edge)}Z"/>'))
    return found


def _points(places: Sequence[Place], channels: Channels, style: Style, _size: Size) -> list[Element]:
    found: list[Element] = []
    radius = math.sqrt(float(style.mark.get("size", 30))) / 2
    for place, own in zip(places, channels, strict=True):
        if place.x is not None and place.y is not None and not _hidden(own):
            shape = str(own.get("shape", style.mark.get("shape", "circle")))
            found.append((_own(own), _symbol(shape, place.x, place.y, radius)))
    return found


def _texts(places: Sequence[Place], channels: Channels, style: Style, size: Size) -> list[Element]:
    mark = style.mark
    height = float(mark.get("fontSize", 11))
    anchor = _ANCHORS[mark.get("align", "center")]
    drop = _BASELINES[mark.get("baseline", "middle")] * height + float(mark.get("dy", 0))
    found: list[Element] = []
    for place, own in zip(places, channels, strict=True):
        word = own.get("text")
        if word is None or word == "" or (place.x is None and place.y is None):
            continue
        x = (size[0] / 2 if place.x is None else place.x) + float(mark.get("dx", 0))
        y = (size[1] / 2 if place.y is None else place.y) + drop
        parts = str(word).split(mark["lineBreak"]) if "lineBreak" in mark else [str(word)]
        for at, part in enumerate(parts):
            shown = _cut(part, mark.get("limit"), height)
            found.append((_own(own), texts(y + at * float(mark.get("lineHeight", height + 2)), x, shown, anchor)))
    return found


MARKS: Mapping[str, Callable[[Sequence[Place], Channels, Style, Size], list[Element]]] = {
    "rect": _rects,
    "rule": _rules,
    "line": _lines,
    "area": _areas,
    "point": _points,
    "text": _texts,
}


def _symbol(shape: str, x: float, y: float, radius: float) -> str:
    """A symbol of Vega's, in the size that Vega gives it."""
    if shape == "circle":
        return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"/>'
    paths = {
        "square": "M-1,-1H1V1H-1Z",
        "diamond": "M0,-1L1,0L0,1L-1,0Z",
        "triangle-up": "M0,-.87L1,.87H-1Z",
        "triangle-down": "M0,.87L1,-.87H-1Z",
    }
    path = paths.get(shape, shape)
    if not re.match(r"M[-\d.,\sA-Z]*Z$", path):
        raise UnsupportedError(f"symbol {shape}")
    at = f"translate({number(x)},{number(y)})scale({number(radius)})"
    return f'<path d="{path}" transform="{at}" vector-effect="non-scaling-stroke"/>'


def _extent(band: tuple[float, float] | None, one: float | None, two: float | None, whole: float) -> tuple[Any, float]:
    """A rectangle's beginning and end along an axis."""
    if band is not None and two is None:
        return band[0], band[0] + band[1]
    if one is None and two is None:
        return 0.0, whole
    if one is None or two is None:
        return None, 0.0
    return min(one, two), max(one, two)


def _ends(one: float | None, two: float | None, whole: float) -> tuple[float, float]:
    """A rule's two ends along an axis: across the whole of it where nothing is told."""
    if one is None:
        return 0.0, whole
    return one, one if two is None else two


def _hidden(own: Mapping[str, Any]) -> bool:
    return own.get("strokeOpacity") == 0


def _own(own: Mapping[str, Any], colour: str = "fill") -> str:
    """The attributes that differ from row to row."""
    named = {_ATTRIBUTES.get(key, colour if key == "color" else ""): value for key, value in own.items()}
    return "".join(f' {name}="{escape(_text(value))}"' for name, value in named.items() if name)


def _cut(word: str, limit: float | None, height: float) -> str:
    """A word that fits into so many pixels, as far as can be told without measuring."""
    room = len(word) if limit is None else int(limit / (height * LETTER))
    return word if len(word) <= room else word[: max(1, room - 1)].rstrip() + "…"


def _text(value: Any) -> str:
    return number(value) if isinstance(value, float) and value.is_integer() else str(value)
