"""Scales of a static SVG: from a row's value to a position, a colour or a symbol, as in Vega-Lite.

Input: a scale's definition and its domain. Output: a `ContinuousScale` or `DiscreteScale` in pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kvalreg.report.drawing.expressions import UnsupportedError, resolve_value

_POINT_PADDING = 0.5
"""Vega-Lite's padding on both sides of a point scale, in steps."""


@dataclass(frozen=True)
class ContinuousScale:
    """A linear map from a domain to pixels."""

    domain: tuple[float, float]
    range: tuple[float, float]

    def position(self, value: float) -> float:
        """The position of a value, in pixels."""
        # y's range is (height, 0), since SVG counts downwards; a domain of one value is all at the start.
        domain_start, domain_end = self.domain
        start, end = self.range
        return start + (value - domain_start) / ((domain_end - domain_start) or 1.0) * (end - start)


@dataclass(frozen=True)
class DiscreteScale:
    """Bands next to each other: `step` from one to the next, of which `bandwidth` is the band and the rest padding."""

    values: tuple[Any, ...]
    start: float
    step: float
    bandwidth: float

    def position(self, value: Any) -> float:
        """The middle of a value's band."""
        return self.band_start(value) + self.bandwidth / 2

    def band_start(self, value: Any) -> float:
        """The start of a value's band."""
        return self.start + self._index_by_value[value] * self.step

    @cached_property
    def _index_by_value(self) -> dict[Any, int]:
        return {value: index for index, value in enumerate(self.values)}


Scale = ContinuousScale | DiscreteScale


def continuous_scale(
    scale: Mapping[str, Any], pixel_range: tuple[float, float], params: Mapping[str, Any]
) -> ContinuousScale:
    """A quantitative scale; its domain must be given, since only Vega chooses a domain from the data."""
    domain = [resolve_value(end, params) for end in scale.get("domain", ())]
    if len(domain) != 2 or scale.get("type", "linear") != "linear" or scale.get("nice"):
        raise UnsupportedError(f"quantitative scale {sorted(scale)}")
    range_ends = [resolve_value(end, params) for end in scale.get("range", pixel_range)]
    return ContinuousScale((float(domain[0]), float(domain[1])), (float(range_ends[0]), float(range_ends[1])))


def discrete_scale(scale: Mapping[str, Any], values: Sequence[Any], length: float, *, is_band: bool) -> DiscreteScale:
    """An ordinal or nominal scale: bands, or points when no band is required."""
    # As d3-scale, which Vega uses (https://d3js.org/d3-scale/band): n bands of width s(1 - i), with i * s between them
    # and o * s at both ends, fill the length: L = s(n - i + 2o). Worked, L = 100, n = 3, i = 0.1, o = 0.05:
    #   step 100 / (3 - 0.1 + 0.1) = 33.3, band 30, the first from 1.67 to 31.67
    # A point scale is one without width, its padding in steps: L = s(n - 1 + 2 * 0.5).
    count = max(1, len(values))
    if is_band or scale.get("type") == "band":
        inner_padding = float(scale.get("paddingInner", scale.get("padding", 0.1)))
        outer_padding = float(scale.get("paddingOuter", scale.get("padding", inner_padding / 2)))
        step = length / (count - inner_padding + 2 * outer_padding)
        return DiscreteScale(tuple(values), outer_padding * step, step, step * (1 - inner_padding))
    step = length / (count - 1 + 2 * _POINT_PADDING)
    return DiscreteScale(tuple(values), 0.0, step, step)


def range_by_value(scale: Mapping[str, Any]) -> dict[Any, Any]:
    """The colour or symbol of each value of a discrete scale."""
    domain, range_values = scale.get("domain"), scale.get("range")
    if domain is None or range_values is None:
        raise UnsupportedError("a colour or symbol scale without domain and range")
    return dict(zip(domain, range_values, strict=True))
