"""The marks of a still drawing as SVG elements: rectangle, rule, line, area, point, text.

Comes in: places in pixels, and each row's colours, symbol or text. Goes out: SVG text, with what all marks of a layer
share written once, on their group.
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

from kvalreg.report.drawing.expressions import UnsupportedError, value_of

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


Column = Sequence[Any]
"""One value for each row."""


@dataclass(frozen=True)
class Places:
    """Where the rows' marks stand, column by column; None for what is not told. A band is its beginning and width."""

    x: Column
    x2: Column
    y: Column
    y2: Column
    band_x: Column
    band_y: Column


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

    @property
    def see_through(self) -> bool:
        """Whether marks that lie over each other look darker there."""
        return any("opacity" in name for name in self.attributes)

    def group(self, elements: Iterable[Element], told: str = "") -> str:
        """The marks of a layer; `told` is the attribute that says what they are."""
        shared = "".join(f' {name}="{escape(value)}"' for name, value in self.attributes.items()) + told
        runs = ((own, "".join(one for _, one in run)) for own, run in groupby(elements, key=itemgetter(0)))
        inside = "".join(f"<g{own}>{drawn}</g>" if own else drawn for own, drawn in runs)
        return f"<g{shared}>{inside}</g>" if inside else ""


Element = tuple[str, str]
"""The attributes that differ from row to row, and the element: neighbours with the same share a group."""
Channels = Mapping[str, Column]
Size = tuple[float, float]


@lru_cache(maxsize=1 << 14)
def number(value: float) -> str:
    """A number of pixels, to a tenth."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def line(x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight line, as a part of a path."""
    left, top, across, down = number(x1), number(y1), number(x2), number(y2)
    if top == down:
        return f"M{left},{top}H{across}"
    return f"M{left},{top}V{down}" if left == across else f"M{left},{top}L{across},{down}"


def path(parts: Iterable[str]) -> str:
    """Parts of a path as one element."""
    return f'<path d="{"".join(parts)}"/>'


def texts(placed: Sequence[tuple[float, float, str]], anchor: str) -> str:
    """Words at their places; what all of them share is said once."""
    drawn = [(f"{x:.0f}", f"{y:.0f}", escape(word, quote=False)) for x, y, word in placed]
    shared = [column[0] if len(set(column)) == 1 else "" for column in list(zip(*drawn, strict=True))[:2]]
    told = [f' {name}="{{}}"' if not same else "" for name, same in zip("xy", shared, strict=True)]
    at = f' transform="translate({shared[0] or 0},{shared[1] or 0})"' if any(shared) else ""
    words = "".join(f"<text{told[0].format(x)}{told[1].format(y)}>{word}</text>" for x, y, word in drawn)
    around = at + (f' text-anchor="{anchor}"' if anchor != "start" else "")
    return f"<g{around}>{words}</g>" if around else words


def _rects(places: Places, channels: Channels, style: Style, size: Size) -> list[Element]:
    found: list[Element] = []
    radius = f' rx="{number(style.mark["cornerRadius"])}"' if "cornerRadius" in style.mark else ""
    rows = zip(*(getattr(places, name) for name in ("band_x", "x", "x2", "band_y", "y", "y2")), strict=True)
    for (band_x, x, x2, band_y, y, y2), own, hidden in zip(rows, *_owns(places, channels), strict=True):
        if hidden:
            continue
        left, right = _extent(band_x, x, x2, size[0])
        top, bottom = _extent(band_y, y, y2, size[1])
        if left is None or top is None:
            continue
        box = f'x="{number(left)}" y="{number(top)}" width="{number(right - left)}" height="{number(bottom - top)}"'
        found.append((own, f"<rect {box}{radius}/>"))
    return found


def _rules(places: Places, channels: Channels, style: Style, size: Size) -> list[Element]:
    found: list[Element] = []
    rows = zip(places.x, places.x2, places.y, places.y2, strict=True)
    for (x, x2, y, y2), own, hidden in zip(rows, *_owns(places, channels, "stroke"), strict=True):
        if not hidden and not (x is None and y is None):
            (left, right), (top, bottom) = _ends(x, x2, size[0]), _ends(y, y2, size[1])
            found.append((own, line(left, top, right, bottom)))
    if style.see_through:
        return [(own, path([part])) for own, part in found]
    return [(own, path(part for _, part in run)) for own, run in groupby(found, key=itemgetter(0))]


def _lines(places: Places, channels: Channels, _style: Style, _size: Size) -> list[Element]:
    found: list[Element] = []
    series = channels.get("detail", [None] * len(places.x))
    for _, one in groupby(zip(series, places.x, places.y, strict=True), key=itemgetter(0)):
        for there, run in groupby(one, key=lambda row: row[1] is not None and row[2] is not None):
            if there:
                found.append(("", path(["M", "L".join(f"{number(x)},{number(y)}" for _, x, y in run)])))
    return found


def _areas(places: Places, _channels: Channels, _style: Style, _size: Size) -> list[Element]:
    found: list[Element] = []
    rows = zip(places.x, places.y, places.y2, strict=True)
    for there, run in groupby(rows, key=lambda row: None not in row):
        if there:
            points = list(run)
            edge = [f"{number(x)},{number(y)}" for x, y, _ in points]
            edge += [f"{number(x)},{number(y2)}" for x, _, y2 in reversed(points)]
            found.append(("", path(["M", "L".join(edge), "Z"])))
    return found


def _points(places: Places, channels: Channels, style: Style, _size: Size) -> list[Element]:
    found: list[Element] = []
    radius = math.sqrt(float(style.mark.get("size", 30))) / 2
    shapes = channels.get("shape", [str(style.mark.get("shape", "circle"))] * len(places.x))
    rows = zip(places.x, places.y, shapes, *_owns(places, channels), strict=True)
    for x, y, shape, own, hidden in rows:
        if x is None or y is None or hidden:
            continue
        if shape == "circle":
            found.append((own, f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"/>'))
        else:
            found.append((own, path([f"M{number(x)},{number(y)}", _symbol(str(shape), radius)])))
    return found


def _texts(places: Places, channels: Channels, style: Style, size: Size) -> list[Element]:
    mark = style.mark
    height = float(mark.get("fontSize", 11))
    drop = _BASELINES[mark.get("baseline", "middle")] * height + float(mark.get("dy", 0))
    found: list[tuple[str, tuple[float, float, str]]] = []
    rows = zip(places.x, places.y, channels.get("text", [None] * len(places.x)), *_owns(places, channels), strict=True)
    for x, y, word, own, _ in rows:
        if word is None or word == "" or (x is None and y is None):
            continue
        across = (size[0] / 2 if x is None else x) + float(mark.get("dx", 0))
        down = (size[1] / 2 if y is None else y) + drop
        parts = str(word).split(mark["lineBreak"]) if "lineBreak" in mark else [str(word)]
        for at, part in enumerate(parts):
            placed = (
                across,
                down + at * float(mark.get("lineHeight", height + 2)),
                _cut(part, mark.get("limit"), height),
            )
            found.append((own, placed))
    anchor = _ANCHORS[mark.get("align", "center")]
    return [(own, texts([one for _, one in run], anchor)) for own, run in groupby(found, key=itemgetter(0))]


MARKS: Mapping[str, Callable[[Places, Channels, Style, Size], list[Element]]] = {
    "rect": _rects,
    "rule": _rules,
    "line": _lines,
    "area": _areas,
    "point": _points,
    "text": _texts,
}


@lru_cache(maxsize=64)
def _symbol(shape: str, radius: float) -> str:
    """A symbol of Vega's around the place that the path has come to, in the size that Vega gives it."""
    paths = {
        "square": "M-1,-1H1V1H-1Z",
        "diamond": "M0,-1L1,0L0,1L-1,0Z",
        "triangle-up": "M0,-.87L1,.87H-1Z",
        "triangle-down": "M0,.87L1,-.87H-1Z",
    }
    given = paths.get(shape, shape)
    if not re.fullmatch(r"M[-\d.,\sMLHVAZ]*Z", given):
        raise UnsupportedError(f"symbol {shape}")
    drawn, start, here = "", (0.0, 0.0), (0.0, 0.0)
    for command, told in re.findall(r"([MLHVAZ])([^MLHVAZ]*)", given):
        numbers = [float(one) for one in re.findall(r"-?[\d.]+", told)]
        if command == "Z":
            drawn, here = drawn + "z", start
            continue
        there = {"H": (*numbers[:1], here[1]), "V": (here[0], *numbers[-1:])}.get(command, tuple(numbers[-2:]))
        arc = [*(radius * one for one in numbers[:2]), *numbers[2:5]] if command == "A" else []
        steps = [radius * (to - of) for to, of in zip(there, here, strict=True)]
        steps = {"H": steps[:1], "V": steps[1:]}.get(command, steps)
        if command != "M" or any(steps):
            drawn += command.lower() + ",".join(f"{one:.2f}".rstrip("0").rstrip(".") or "0" for one in [*arc, *steps])
        here = (there[0], there[1])
        start = here if command == "M" else start
    return drawn


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


def _owns(places: Places, channels: Channels, colour: str = "fill") -> tuple[list[str], list[bool]]:
    """The attributes that differ from row to row, and whether that hides the row's mark."""
    named = {_ATTRIBUTES.get(key, colour if key == "color" else ""): key for key in channels}
    names = {name: key for name, key in named.items() if name}
    if not names:
        return [""] * len(places.x), [False] * len(places.x)
    told: dict[tuple[Any, ...], tuple[str, bool]] = {}
    for values in (rows := list(zip(*(channels[key] for key in names.values()), strict=True))):
        if values not in told:
            pairs = list(zip(names, values, strict=True))
            text = "".join(f' {name}="{escape(_text(value))}"' for name, value in pairs)
            told[values] = text, ("stroke-opacity", 0) in pairs
    return [told[values][0] for values in rows], [told[values][1] for values in rows]


def _cut(word: str, limit: float | None, height: float) -> str:
    """A word that fits into so many pixels, as far as can be told without measuring."""
    room = len(word) if limit is None else int(limit / (height * LETTER))
    return word if len(word) <= room else word[: max(1, room - 1)].rstrip() + "…"


def _text(value: Any) -> str:
    return number(value) if isinstance(value, float) and value.is_integer() else str(value)
