"""Scales of a still drawing: from a row's value to a place, a colour or a symbol, as Vega-Lite would have it.

Comes in: a scale's definition and the values it must hold. Goes out: `Continuous` and `Discrete` scales in pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kvalreg.report.drawing.expressions import UnsupportedError, resolve_value

_POINT_PADDING = 0.5
"""Vega-Lite's room on both sides of a point scale, in steps."""


@dataclass(frozen=True)
class ContinuousScale:
    """A straight line from a domain to pixels."""

    domain: tuple[float, float]
    range: tuple[float, float]

    def position(self, value: float) -> float:
        """Where a value lies."""
        domain_start, domain_end = self.domain
        start, end = self.range
        return start + (value - domain_start) / ((domain_end - domain_start) or 1.0) * (end - start)


@dataclass(frozen=True)
class DiscreteScale:
    """Places one beside the other, each `step` wide of which `band` is filled."""

    values: tuple[Any, ...]
    start: float
    step: float
    bandwidth: float

    def position(self, value: Any) -> float:
        """The middle of a value's place."""
        return self.band_start(value) + self.bandwidth / 2

    def band_start(self, value: Any) -> float:
        """Where a value's place begins."""
        return self.start + self._index_by_value[value] * self.step

    @cached_property
    def _index_by_value(self) -> dict[Any, int]:
        return {value: index for index, value in enumerate(self.values)}


Scale = ContinuousScale | DiscreteScale


def continuous_scale(
    scale: Mapping[str, Any], pixel_range: tuple[float, float], params: Mapping[str, Any]
) -> ContinuousScale:
    """A quantitative scale; its domain must be given, since only Vega finds round ends by itself."""
    domain = [resolve_value(end, params) for end in scale.get("domain", ())]
    if len(domain) != 2 or scale.get("type", "linear") != "linear" or scale.get("nice"):
        raise UnsupportedError(f"quantitative scale {sorted(scale)}")
    range_ends = [resolve_value(end, params) for end in scale.get("range", pixel_range)]
    return ContinuousScale((float(domain[0]), float(domain[1])), (float(range_ends[0]), float(range_ends[1])))


def discrete_scale(scale: Mapping[str, Any], values: Sequence[Any], length: float, *, is_band: bool) -> DiscreteScale:
    """An ordinal or nominal scale: bands, or points when nothing asks for bands."""
    count = max(1, len(values))
    if is_band or scale.get("type") == "band":
        inner_padding = float(scale.get("paddingInner", scale.get("padding", 0.1)))
        outer_padding = float(scale.get("paddingOuter", scale.get("padding", inner_padding / 2)))
        step = length / (count - inner_padding + 2 * outer_padding)
        return DiscreteScale(tuple(values), outer_padding * step, step, step * (1 - inner_padding))
    step = length / (count - 1 + 2 * _POINT_PADDING)
    return DiscreteScale(tuple(values), 0.0, step, step)


def range_by_value(scale: Mapping[str, Any]) -> dict[Any, Any]:
    """What a scale of colours or symbols gives each value."""
    domain, range_values = scale.get("domain"), scale.get("range")
    if domain is None or range_values is None:
        raise UnsupportedError("a colour or symbol scale without domain and range")
    return dict(zip(domain, range_values, strict=True))
