"""Scales of a still drawing: from a row's value to a place, a colour or a symbol, as Vega-Lite would have it.

Comes in: a scale's definition and the values it must hold. Goes out: `Continuous` and `Discrete` scales in pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kvalreg.report.drawing.expressions import UnsupportedError, value_of

_POINT_PADDING = 0.5
"""Vega-Lite's room on both sides of a point scale, in steps."""


@dataclass(frozen=True)
class Continuous:
    """A straight line from a domain to pixels."""

    domain: tuple[float, float]
    range: tuple[float, float]

    def place(self, value: float) -> float:
        """Where a value lies."""
        first, last = self.domain
        start, end = self.range
        return start + (value - first) / ((last - first) or 1.0) * (end - start)


@dataclass(frozen=True)
class Discrete:
    """Places one beside the other, each `step` wide of which `band` is filled."""

    values: tuple[Any, ...]
    start: float
    step: float
    band: float

    def place(self, value: Any) -> float:
        """The middle of a value's place."""
        return self.edge(value) + self.band / 2

    def edge(self, value: Any) -> float:
        """Where a value's place begins."""
        return self.start + self._order[value] * self.step

    @cached_property
    def _order(self) -> dict[Any, int]:
        return {value: at for at, value in enumerate(self.values)}


Scale = Continuous | Discrete


def continuous(scale: Mapping[str, Any], length: tuple[float, float], params: Mapping[str, Any]) -> Continuous:
    """A quantitative scale; its domain must be given, since only Vega finds round ends by itself."""
    domain = [value_of(end, params) for end in scale.get("domain", ())]
    if len(domain) != 2 or scale.get("type", "linear") != "linear" or scale.get("nice"):
        raise UnsupportedError(f"quantitative scale {sorted(scale)}")
    ends = [value_of(end, params) for end in scale.get("range", length)]
    return Continuous((float(domain[0]), float(domain[1])), (float(ends[0]), float(ends[1])))


def discrete(scale: Mapping[str, Any], values: Sequence[Any], length: float, *, banded: bool) -> Discrete:
    """An ordinal or nominal scale: bands, or points when nothing asks for bands."""
    count = max(1, len(values))
    if banded or scale.get("type") == "band":
        inner = float(scale.get("paddingInner", scale.get("padding", 0.1)))
        outer = float(scale.get("paddingOuter", scale.get("padding", inner / 2)))
        step = length / (count - inner + 2 * outer)
        return Discrete(tuple(values), outer * step, step, step * (1 - inner))
    step = length / (count - 1 + 2 * _POINT_PADDING)
    return Discrete(tuple(values), 0.0, step, step)


def looked_up(scale: Mapping[str, Any]) -> dict[Any, Any]:
    """What a scale of colours or symbols gives each value."""
    domain, given = scale.get("domain"), scale.get("range")
    if domain is None or given is None:
        raise UnsupportedError("a colour or symbol scale without domain and range")
    return dict(zip(domain, given, strict=True))
